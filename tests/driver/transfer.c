/* transfer.c - rows from one table to another, range by range: by the store itself and row by row alike. */
#include "transfer/transfer.h"

#include "base/clock.h"
#include "bench.h"

#include <string.h>

#define STAGE "users_v2__honk_1"

static MappingSet *
mapping_of(const char *yaml)
{
    MappingSet *set = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    if (!mapping_parse(yaml, strlen(yaml), "test.yaml", diags, &set, &error)) {
        g_autofree char *text = diags_text(diags);
        g_error("%s\n%s", error->message, text);
    }
    return set;
}

static const char *const users_mapping =
    "apiVersion: honk/v1\nkind: Mapping\nsource: users_v1\ntarget: users_v2\nkey: [user_id]\n"
    "where: \"id <> 13\"\n"
    "columns:\n"
    "  user_id: { from: id }\n"
    "  full_name: { concat: [ first_name, { text: \" \" }, last_name ] }\n"
    "  country: { from: country_code, values: { UK: GB } }\n"
    "  signed_up: { from: created, type: timestamp }\n"
    "  score: { from: points, type: int }\n"
    "  balance: { from: balance }\n"
    "  shout: { expr: \"upper(first_name)\", type: text }\n"
    "  tier: { const: free }\n"
    "dropped:\n  legacy: { why: never filled }\n";

static const char *const users_tables =
    "CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, country_code "
    "TEXT, "
    "created TEXT, points TEXT, balance DECIMAL(12,2), legacy INT);"
    "CREATE TABLE users_v2 (user_id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, country TEXT, "
    "signed_up TIMESTAMP, score INTEGER CHECK (score < 1000), balance DECIMAL(12,2), shout TEXT, "
    "tier TEXT NOT NULL DEFAULT 'none', note TEXT DEFAULT 'new');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
    "INSERT INTO users_v1 SELECT i, 'First' || i, 'Läst' || (i % 71), CASE i % 5 WHEN 0 THEN 'UK' "
    "WHEN 1 "
    "THEN NULL ELSE 'SE' END, '2020-01-' || printf('%02d', 1 + i % 28) || ' 10:00:0' || (i % 10), "
    "i % 100, "
    "i * 1.25, i FROM n;";

typedef struct {
    TestDb *db;
    MappingSet *set;
    TransferSpec spec;
    Transfer *transfer;
} Move;

static void
move_begin(Move *move, const char *sql, const char *mapping, bool push)
{
    move->db = test_db(sql);
    move->set = mapping != NULL ? mapping_of(mapping) : NULL;
    move->spec = (TransferSpec){.source_store = &move->db->store,
                                .source = "users_v1",
                                .target_store = &move->db->store,
                                .target = "users_v2",
                                .stage = STAGE,
                                .mapping = mapping != NULL ? mapping_get(move->set, 0) : NULL,
                                .plan = "p-1",
                                .task = "t-1",
                                .token = 3,
                                .hash = true,
                                .push_allowed = push};
    Writer writer = {.plan = "p-1", .task = "t-1", .token = 3};
    ASSERT_OK(conn_stage(move->db->conn, STAGE, "users_v2", NULL, &writer, &ERR));
    ASSERT_OK(transfer_open(&move->spec, &move->transfer, &ERR));
}

static void
move_clear(Move *move)
{
    transfer_close(move->transfer);
    if (move->set != NULL)
        mapping_set_free(move->set);
    test_db_free(move->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Move, move_clear)

static json_t *
ranges_of(Move *move, int64_t rows)
{
    json_t *ranges = NULL, *range;
    size_t i;
    ASSERT_OK(conn_split(move->db->conn, "users_v1", &(RangeSize){.rows = rows}, &ranges, &ERR));
    json_array_foreach(ranges, i, range)
    {
        g_autofree char *name = g_strdup_printf("%04zu", i);
        json_set_string(range, "name", name);
    }
    return ranges;
}

static RangeResult
move_all(Move *move, int64_t rows)
{
    g_autoptr(json_t) ranges = ranges_of(move, rows);
    RangeResult sum = {0};
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        RangeResult one = {0};
        ASSERT_OK(
            transfer_range(move->transfer, json_array_get(ranges, i), NULL, NULL, &one, &ERR));
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
    }
    return sum;
}

static char *
stage_rows(Move *move)
{
    return test_query(move->db->path,
                      "SELECT *, typeof(user_id), typeof(full_name), typeof(country), "
                      "typeof(signed_up), typeof(score), typeof(balance), typeof(shout) FROM " STAGE
                      " ORDER BY user_id");
}

static void
assert_read_back(Move *move, const RangeResult *sum)
{
    HashSum back;
    Comparison seen = {0};
    ASSERT_OK(transfer_hash(move->transfer, STAGE, NULL, NULL, NULL, &back, &ERR));
    g_assert_true(hash_sum_equal(&back, &sum->hash));
    g_assert_cmpint(back.rows, ==, sum->rows_out);
    ASSERT_OK(transfer_compare(move->transfer, STAGE, 10, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
    g_assert_cmpint(seen.rows_source, ==, sum->rows_in);
    g_assert_cmpint(seen.rows_target, ==, sum->rows_out);
    g_assert_cmpint(seen.rows_quarantined, ==, sum->rejected);
    comparison_clear(&seen);
}

static void
both_ways_write_the_same_rows_with_the_same_sum(void)
{
    g_auto(Move) pushed, moved;
    move_begin(&pushed, users_tables, users_mapping, true);
    move_begin(&moved, users_tables, users_mapping, false);
    RangeResult a = move_all(&pushed, 700), b = move_all(&moved, 999);
    g_assert_cmpint(a.rows_in, ==, 4999);
    g_assert_cmpint(a.rows_out, ==, 4999);
    g_assert_cmpint(a.rejected, ==, 0);
    g_assert_true(hash_sum_equal(&a.hash, &b.hash));
    g_autofree char *rows_a = stage_rows(&pushed);
    g_autofree char *rows_b = stage_rows(&moved);
    g_assert_cmpstr(rows_a, ==, rows_b);
    g_assert_nonnull(
        strstr(rows_a, "5|First5 Läst5|GB|2020-01-06 10:00:05|5|6.25|FIRST5|free|new|"));
    assert_read_back(&pushed, &a);
    assert_read_back(&moved, &b);
}

/* What a trial says of the rows it read is what becomes of them; and it leaves no trace. */
static void
a_trial_says_what_would_become_of_the_rows_and_writes_nothing(void)
{
    static const char *const bad = "UPDATE users_v1 SET points = 'many' WHERE id % 100 = 5;"
                                   "UPDATE users_v1 SET first_name = NULL WHERE id = 100;";
    g_autofree char *sql = g_strconcat(users_tables, bad, NULL);
    g_auto(Move) move;
    move_begin(&move, sql, users_mapping, true);
    g_autofree char *before =
        test_query(move.db->path, "SELECT count(*), total(token) FROM _honk_fence");
    g_autoptr(json_t) trial = NULL;
    ASSERT_OK(transfer_try(move.transfer, NULL, NULL, &trial, &ERR));
    g_autofree char *after =
        test_query(move.db->path, "SELECT count(*), total(token) FROM _honk_fence");
    g_autofree char *rows = test_query(move.db->path, "SELECT count(*) FROM " STAGE);
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpstr(rows, ==, "0");
    g_assert_true(json_get_bool(trial, "whole", false));
    RangeResult sum = move_all(&move, 1000);
    g_assert_cmpint(json_get_int(trial, "rows", 0), ==, 4999);
    g_assert_cmpint(json_get_int(trial, "rows_out", 0), ==, sum.rows_out);
    g_assert_cmpint(json_get_int(trial, "rejected", 0), ==, sum.rejected);
    g_assert_cmpint(sum.rejected, ==, 51);
    const json_t *first = json_array_get(json_object_get(trial, "reasons"), 0);
    g_assert_cmpstr(json_get_string(first, "column", ""), ==, "score");
    g_assert_cmpint(json_get_int(first, "rows", 0), ==, 50);
}

static void
a_trial_of_many_rows_reads_some_of_many_places(void)
{
    static const char *const more =
        "WITH RECURSIVE n(i) AS (SELECT 5001 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) "
        "INSERT INTO users_v1 SELECT i, 'a', 'b', 'SE', '2020-01-01 10:00:00', 1, 1.5, i FROM n;"
        "UPDATE users_v1 SET points = 'many' WHERE id >= 149000;";
    g_autofree char *sql = g_strconcat(users_tables, more, NULL);
    g_auto(Move) move;
    move_begin(&move, sql, users_mapping, true);
    g_autoptr(json_t) trial = NULL;
    clock_set_for_tests(1000); /* what a slow machine would leave out is another matter */
    ASSERT_OK(transfer_try(move.transfer, NULL, NULL, &trial, &ERR));
    clock_set_for_tests(-1);
    g_assert_false(json_get_bool(trial, "whole", true));
    g_assert_cmpint(json_get_int(trial, "rows", 0), ==, 149999);
    g_assert_cmpuint(json_array_size(json_object_get(trial, "parts")), ==, 16);
    g_assert_cmpint(json_get_int(trial, "rows_read", 0), <, 16 * 4096 + 1);
    g_assert_cmpint(json_get_int(trial, "rejected", 0), >, 0); /* the last place is one of them */
}

static void
bad_rows_are_put_aside_with_a_reason_and_the_rest_goes_in(void)
{
    static const char *const bad =
        "UPDATE users_v1 SET created = 'Jun 12 1998' WHERE id = 7;"
        "UPDATE users_v1 SET first_name = NULL WHERE id = 100;"
        "UPDATE users_v1 SET points = 'many' WHERE id = 2000;"
        "UPDATE users_v1 SET points = 4000 WHERE id = 2001;"
        "UPDATE users_v1 SET last_name = CAST(x'ff' AS TEXT) WHERE id = 3000;"
        "UPDATE users_v1 SET first_name = x'00' WHERE id = 4999;";
    static const char *const expected =
        "7|signed_up|'Jun 12 1998' is not a timestamp (YYYY-MM-DD HH:MM:SS)\n"
        "100|full_name|the value is NULL, which column 'full_name' does not allow\n"
        "2000|score|'many' is not a whole number\n"
        "2001|NULL|it breaks the check 'score < 1000'\n"
        "3000|last_name|the text is not UTF-8\n"
        "4999|first_name|a blob is not of type text";
    g_autofree char *sql = g_strconcat(users_tables, bad, NULL);
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(&move, sql, users_mapping, push);
        RangeResult sum = move_all(&move, 1000);
        g_assert_cmpint(sum.rows_in, ==, 4999);
        g_assert_cmpint(sum.rejected, ==, 6);
        g_autofree char *seen = test_query(
            move.db->path,
            "SELECT row_id, target_column, reason FROM _honk_quarantine ORDER BY row_id");
        g_assert_cmpstr(seen, ==, expected);
        g_autofree char *row =
            test_query(move.db->path, "SELECT row FROM _honk_quarantine WHERE row_id = 2001");
        g_assert_cmpstr(row, ==,
                        "{\"id\":2001,\"first_name\":\"First2001\",\"last_name\":\"Läst13\","
                        "\"country_code\":null,"
                        "\"created\":\"2020-01-14 "
                        "10:00:01\",\"points\":\"4000\",\"balance\":2501.25,\"legacy\":2001}");
        assert_read_back(&move, &sum);
        g_autoptr(json_t) rows = NULL;
        ASSERT_OK(conn_quarantined(move.db->conn, "p-1", 3, &rows, &ERR));
        g_assert_cmpuint(json_array_size(rows), ==, 3);
        g_assert_cmpstr(json_get_string(json_at(json_array_get(rows, 0), "row"), "created", ""), ==,
                        "Jun 12 1998");
    }
}

/* An expression of the source's own SQL that fails in a row fails that row alone. */
static void
rows_whose_expression_fails_are_put_aside(void)
{
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(&move,
                   "CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, j TEXT);"
                   "CREATE TABLE users_v2 (id INTEGER PRIMARY KEY, plan TEXT);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                   "INSERT INTO users_v1 SELECT i, '{\"plan\":\"free\"}' FROM n;"
                   "UPDATE users_v1 SET j = 'no JSON' WHERE id IN (1, 2, 1700, 3000)",
                   "apiVersion: honk/v1\nkind: Mapping\nsource: users_v1\ntarget: users_v2\n"
                   "key: [id]\ncolumns:\n  id: id\n"
                   "  plan: { expr: \"json_extract(j, '$.plan')\", type: text }\n"
                   "dropped:\n  j: { why: taken apart }\n",
                   push);
        RangeResult sum = move_all(&move, 1000);
        g_autofree char *seen = test_query(
            move.db->path,
            "SELECT row_id, target_column, reason FROM _honk_quarantine ORDER BY row_id");
        g_assert_cmpstr(seen, ==,
                        "1|plan|malformed JSON\n2|plan|malformed JSON\n1700|plan|malformed JSON\n"
                        "3000|plan|malformed JSON");
        g_assert_cmpint(sum.rows_out, ==, 2996);
        assert_read_back(&move, &sum);
    }
}

/* A table may say for itself that the later of two rows takes the place of the earlier one, or goes nowhere. */
static void
no_row_is_lost_to_what_the_table_does_on_a_conflict(void)
{
    static const char *const conflicts[] = {"REPLACE", "IGNORE"};
    for (int i = 0; i < 4; i++) {
        g_auto(Move) move;
        g_autofree char *sql = g_strdup_printf(
            "CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, mail TEXT);"
            "CREATE TABLE users_v2 (id INTEGER PRIMARY KEY, mail TEXT UNIQUE ON CONFLICT %s);"
            "INSERT INTO users_v1 VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, 'c')",
            conflicts[i % 2]);
        move_begin(&move, sql, NULL, i < 2);
        RangeResult sum = move_all(&move, 1000);
        g_autofree char *aside = test_query(move.db->path, "SELECT row_id FROM _honk_quarantine");
        g_autofree char *rows = test_query(move.db->path, "SELECT group_concat(id) FROM " STAGE);
        g_assert_cmpint(sum.rows_out, ==, 3);
        g_assert_cmpint(sum.rejected, ==, 1);
        g_assert_cmpstr(aside, ==, "3");
        g_assert_cmpstr(rows, ==, "1,2,4");
    }
}

static void
more_rejects_than_are_allowed_undo_the_range(void)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        g_auto(Move) move;
        move_begin(
            &move,
            "CREATE TABLE users_v1 (id INTEGER PRIMARY KEY, n TEXT);"
            "CREATE TABLE users_v2 (id INTEGER PRIMARY KEY, n INT);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500) "
            "INSERT INTO users_v1 SELECT i, 'many' FROM n;",
            "apiVersion: honk/v1\nkind: Mapping\nsource: users_v1\ntarget: users_v2\n"
            "key: [id]\ncolumns:\n  id: id\n  n: { from: n, type: int }\n",
            true);
        transfer_close(move.transfer);
        move.spec.rejects_max = allowed ? 10500 : 0;
        ASSERT_OK(transfer_open(&move.spec, &move.transfer, &ERR));
        g_autoptr(json_t) range = json_pack("{ss}", "name", "all");
        RangeResult result = {0};
        if (allowed)
            ASSERT_OK(transfer_range(move.transfer, range, NULL, NULL, &result, &ERR));
        else
            ASSERT_FAILS(transfer_range(move.transfer, range, NULL, NULL, &result, &ERR),
                         ERR_BUDGET, "more than 10000 rows of one range are refused");
        g_autofree char *rows = test_query(move.db->path, "SELECT count(*) FROM _honk_quarantine");
        g_assert_cmpstr(rows, ==, allowed ? "10500" : "0");
    }
}

static void
a_key_that_comes_twice_goes_in_once(void)
{
    g_auto(Move) move;
    move_begin(
        &move,
        "CREATE TABLE users_v1 (a TEXT, b INT); CREATE TABLE users_v2 (a TEXT PRIMARY KEY, b INT);"
        "INSERT INTO users_v1 VALUES ('x', 1), ('y', 2), ('x', 3), ('z', 4)",
        NULL, true);
    RangeResult sum = move_all(&move, 1000);
    g_assert_cmpint(sum.rejected, ==, 1);
    g_autofree char *seen =
        test_query(move.db->path, "SELECT row_id, reason FROM _honk_quarantine");
    g_assert_cmpstr(seen, ==, "3|a ('x') is already taken by row 1");
    g_autofree char *rows = test_query(move.db->path, "SELECT * FROM " STAGE " ORDER BY 1");
    g_assert_cmpstr(rows, ==, "x|1\ny|2\nz|4");
}

static void
what_the_column_would_bend_is_refused(void)
{
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(
            &move,
            "CREATE TABLE users_v1 (zip TEXT, amount TEXT);"
            "CREATE TABLE users_v2 (zip STRING, amount NUMERIC);"
            "INSERT INTO users_v1 VALUES ('00501', '1.50'), ('501', '12345678901234.5'), ('5e3', "
            "'1'), "
            "('x', '0.30000000000000001'), ('-7', '123456789012345678'), "
            "('y', '-9223372036854775808'), ('z', '9223372036854775808'), ('w', '1e400'), "
            "('v', '1e-400'), ('u', '1e200')",
            "apiVersion: honk/v1\nkind: Mapping\nsource: users_v1\ntarget: users_v2\ncolumns:\n"
            "  zip: zip\n  amount: { from: amount, type: decimal }\n",
            push);
        RangeResult sum = move_all(&move, 1000);
        g_autofree char *seen =
            test_query(move.db->path, "SELECT reason FROM _honk_quarantine ORDER BY row_id");
        g_assert_cmpstr(
            seen, ==,
            "zip: SQLite would take '00501' for a number there: declare the column TEXT\n"
            "zip: SQLite would take '5e3' for a number there: declare the column TEXT\n"
            "amount: '0.30000000000000001' has more than 15 digits, which SQLite would cut: "
            "declare "
            "the column TEXT\n"
            "amount: '9223372036854775808' has more than 15 digits, which SQLite would cut: "
            "declare "
            "the column TEXT\n"
            "amount: '1000000000000000000000000000000000000000' has more than 15 digits, which "
            "SQLite would cut: declare the column TEXT\n"
            "amount: '0.00000000000000000000000000000000000000' has more than 15 digits, which "
            "SQLite would cut: declare the column TEXT");
        g_assert_cmpint(sum.rows_out, ==, 4);
        assert_read_back(&move, &sum);
    }
}

static void
a_range_done_twice_is_done_once(void)
{
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(&move, users_tables, users_mapping, push);
        RangeResult first = move_all(&move, 1500), second = move_all(&move, 1500);
        g_assert_true(hash_sum_equal(&first.hash, &second.hash));
        assert_read_back(&move, &first);
        g_autoptr(json_t) ranges = ranges_of(&move, 1500);
        RangeResult again = {0};
        bool applied = false;
        ASSERT_OK(transfer_probe(move.transfer, json_array_get(ranges, 0), &applied, &again, &ERR));
        g_assert_true(applied && again.was_there);
        g_assert_cmpint(again.rows_out, ==, 1499);
    }
}

static bool
stop_at_once(int64_t rows_done, void *data)
{
    return false;
}

static bool
never_stop(int64_t rows_done, void *data)
{
    int64_t *calls = data;
    (*calls)++;
    return true;
}

static void
asked_to_stop_it_undoes_the_range(void)
{
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(&move, users_tables, users_mapping, push);
        g_autoptr(json_t) ranges = ranges_of(&move, 100000);
        RangeResult result = {0};
        int64_t calls = 0;
        ASSERT_FAILS(transfer_range(move.transfer, json_array_get(ranges, 0), stop_at_once, NULL,
                                    &result, &ERR),
                     ERR_STOPPED, "asked to stop");
        g_autofree char *rows = test_query(move.db->path, "SELECT (SELECT count(*) FROM " STAGE
                                                          "), (SELECT count(*) FROM _honk_ledger)");
        g_assert_cmpstr(rows, ==, "0|0");
        ASSERT_OK(transfer_range(move.transfer, json_array_get(ranges, 0), never_stop, &calls,
                                 &result, &ERR));
        g_assert_cmpint(result.rows_out, ==, 4999);
        g_assert_cmpint(calls, >, 0);
    }
}

static void
an_old_token_writes_nothing(void)
{
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        move_begin(&move, users_tables, users_mapping, push);
        g_autoptr(json_t) ranges = ranges_of(&move, 100000);
        RangeResult result = {0};
        Writer sibling = {.plan = "p-1", .task = "t-2", .token = 4};
        Writer probe = {.plan = "p-1", .task = "t-1", .token = 4};
        ASSERT_OK(conn_fence(move.db->conn, &sibling, &ERR));
        ASSERT_OK(conn_fence(move.db->conn, &probe, &ERR));
        ASSERT_FAILS(
            transfer_range(move.transfer, json_array_get(ranges, 0), NULL, NULL, &result, &ERR),
            ERR_FENCED, "the fence of task 't-1' stands at 4, our token is 3");
        Writer late = {.plan = "p-1", .task = "t", .token = 9};
        ASSERT_OK(conn_unstage(move.db->conn, STAGE, &late, &ERR));
        ASSERT_FAILS(
            transfer_range(move.transfer, json_array_get(ranges, 0), NULL, NULL, &result, &ERR),
            ERR_FENCED, "nothing staged");
    }
}

/* In a row, with gaps, backwards, below 0, and the largest there is: SQLite numbers those itself that follow on the largest one. */
static void
rows_keep_their_numbers_however_they_are_spread(void)
{
    static const char *const forms[] = {
        "INTEGER PRIMARY KEY", "INTEGER NOT NULL PRIMARY KEY CHECK (id <> 0)",
        "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY DESC"};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(Move) move;
        g_autofree char *sql = g_strdup_printf(
            "CREATE TABLE users_v1 (n INTEGER PRIMARY KEY, id INT NOT NULL, name TEXT); CREATE "
            "TABLE users_v2 (id %s, name TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
            "i + 1 FROM n WHERE i < 20000) INSERT INTO users_v1 SELECT i, CASE WHEN i < 5 THEN i - "
            "10 WHEN i < 6000 THEN i - 4 WHEN i < 9000 THEN i + i / 7 WHEN i = 19000 THEN "
            "9223372036854775807 WHEN i < 12000 THEN -i ELSE 40000 - i END, 'n' || i FROM n",
            forms[i]);
        move_begin(&move, sql,
                   "apiVersion: honk/v1\nkind: Mapping\nsource: users_v1\ntarget: users_v2\n"
                   "key: [id]\ncolumns: { id: id, name: name }\ndropped:\n  n: { why: only an "
                   "order }\n",
                   false);
        RangeResult sum = move_all(&move, 7000);
        g_assert_cmpint(sum.rows_out, ==, 20000);
        g_assert_cmpint(sum.rejected, ==, 0);
        g_autofree char *same = test_query(
            move.db->path, "SELECT count(*) FROM users_v1 s JOIN " STAGE " t USING (id, name)");
        g_assert_cmpstr(same, ==, "20000");
    }
}

static void
two_files_give_what_one_gives(void)
{
    g_auto(Move) inside;
    move_begin(&inside, users_tables, users_mapping, true);
    RangeResult expected = move_all(&inside, 1000);
    g_autofree char *rows = stage_rows(&inside);
    for (int push = 0; push < 2; push++) {
        g_auto(Move) move;
        g_autoptr(TestDb) source = test_db(users_tables);
        /* the target has a table of the source's name, with nothing in it */
        g_autofree char *sql = g_strconcat(users_tables, "DELETE FROM users_v1;", NULL);
        move_begin(&move, sql, users_mapping, push);
        transfer_close(move.transfer);
        move.spec.source_store = &source->store;
        ASSERT_OK(transfer_open(&move.spec, &move.transfer, &ERR));
        RangeResult result = {0};
        g_autoptr(json_t) range = json_pack("{ss}", "name", "all");
        ASSERT_OK(transfer_range(move.transfer, range, NULL, NULL, &result, &ERR));
        g_assert_true(hash_sum_equal(&result.hash, &expected.hash));
        g_autofree char *seen = stage_rows(&move);
        g_assert_cmpstr(seen, ==, rows);
    }
}

/* The rows lie in another file than the target, so that they are read ahead: three batches and some. */
static void
move_ahead(Move *move, TestDb *source)
{
    g_autofree char *sql = g_strconcat(users_tables, "DELETE FROM users_v1;", NULL);
    move_begin(move, sql, users_mapping, false);
    transfer_close(move->transfer);
    move->spec.source_store = &source->store;
    ASSERT_OK(transfer_open(&move->spec, &move->transfer, &ERR));
}

static const char *const many_users =
    "INSERT INTO users_v1 SELECT id + 5000, first_name, last_name, country_code, created, points, "
    "balance, legacy FROM users_v1; INSERT INTO users_v1 SELECT id + 10000, first_name, last_name, "
    "country_code, created, points, balance, legacy FROM users_v1 WHERE id <= 5000;";

/* One that cannot be mapped, and one that the target refuses, far behind rows that are in by then. */
static void
rows_that_are_refused_while_others_are_read_ahead_are_put_aside(void)
{
    g_autofree char *sql = g_strconcat(users_tables, many_users,
                                       "UPDATE users_v1 SET points = 'many' WHERE id = 9000;"
                                       "UPDATE users_v1 SET points = 1000 WHERE id = 14000;",
                                       NULL);
    g_autoptr(TestDb) source = test_db(sql);
    g_auto(Move) move;
    RangeResult result = {0};
    g_autoptr(json_t) range = json_pack("{ss}", "name", "all");
    move_ahead(&move, source);
    ASSERT_OK(transfer_range(move.transfer, range, NULL, NULL, &result, &ERR));
    g_autofree char *aside =
        test_query(move.db->path, "SELECT row_id FROM _honk_quarantine ORDER BY row_id");
    g_assert_cmpstr(aside, ==, "9000\n14000");
    g_assert_cmpint(result.rows_out, ==, 14997);
    g_assert_cmpint(result.rejected, ==, 2);
    assert_read_back(&move, &result);
}

/* Counts down. */
static bool
stop_at_last(int64_t rows, void *data)
{
    int *left = data;
    return (*left)-- > 0;
}

static void
asked_to_stop_at_any_moment_it_undoes_what_was_read_ahead(void)
{
    g_autofree char *sql = g_strconcat(users_tables, many_users, NULL);
    g_autoptr(TestDb) source = test_db(sql);
    g_auto(Move) move;
    RangeResult result = {0};
    g_autoptr(json_t) range = json_pack("{ss}", "name", "all");
    bool done = false;
    move_ahead(&move, source);
    for (int ticks = 0; !done; ticks++) {
        g_autoptr(GError) stopped = NULL;
        int left = ticks;
        done = transfer_range(move.transfer, range, stop_at_last, &left, &result, &stopped);
        g_assert_true(done || error_is(stopped, ERR_STOPPED));
        g_autofree char *rows = test_query(move.db->path, "SELECT (SELECT count(*) FROM " STAGE
                                                          "), (SELECT count(*) FROM _honk_ledger)");
        g_assert_cmpstr(rows, ==, done ? "14999|1" : "0|0");
    }
    assert_read_back(&move, &result);
}

/* --- comparing --- */

static char *
differences_text(const json_t *differences)
{
    GString *text = g_string_new(NULL);
    json_t *one, *column;
    size_t i, c;
    json_array_foreach(differences, i, one)
    {
        g_autofree char *key = json_compact(json_object_get(one, "key"));
        g_string_append_printf(text, "%s%s %s", i > 0 ? "\n" : "", key,
                               json_get_string(one, "what", "?"));
        json_array_foreach(json_object_get(one, "columns"), c, column)
        {
            g_autofree char *source =
                json_dumps(json_object_get(column, "source"), JSON_ENCODE_ANY);
            g_autofree char *target =
                json_dumps(json_object_get(column, "target"), JSON_ENCODE_ANY);
            g_string_append_printf(text, " %s %s %s", json_get_string(column, "column", "-"),
                                   source, target);
        }
        const char *name = json_get_string(json_object_get(one, "row"), "full_name", NULL);
        if (name != NULL)
            g_string_append_printf(text, " %s", name);
    }
    return g_string_free(text, FALSE);
}

static void
what_differs_is_found_to_the_column(void)
{
    g_auto(Move) move;
    Comparison seen = {0};
    move_begin(&move, users_tables, users_mapping, true);
    test_exec(move.db->path, "UPDATE users_v1 SET created = 'broken' WHERE id = 9");
    move_all(&move, 1000);
    test_exec(move.db->path, "UPDATE " STAGE " SET full_name = 'Eve' WHERE user_id = 77;"
                             "UPDATE " STAGE " SET country = NULL, score = 5 WHERE user_id = 4000;"
                             "DELETE FROM " STAGE " WHERE user_id = 1234;"
                             "INSERT INTO " STAGE " (user_id, full_name) VALUES (999999, 'more');"
                             "UPDATE " STAGE " SET note = 'not of the mapping' WHERE user_id = 5");
    ASSERT_OK(transfer_compare(move.transfer, STAGE, 100, NULL, NULL, &seen, &ERR));
    g_assert_false(seen.equal);
    g_assert_cmpint(seen.rows_source, ==, 4999);
    g_assert_cmpint(seen.rows_target, ==, 4998);
    g_assert_cmpint(seen.rows_quarantined, ==, 1);
    g_autofree char *text = differences_text(seen.differences);
    g_assert_cmpstr(text, ==,
                    "{\"user_id\":\"77\"} differs full_name \"First77 Läst6\" \"Eve\"\n"
                    "{\"user_id\":\"4000\"} differs country \"GB\" null score \"0\" \"5\"\n"
                    "{\"user_id\":\"999999\"} extra more\n"
                    "{\"user_id\":\"1234\"} missing First1234 Läst27");
    g_assert_cmpint(seen.counts.rows_differing, ==, 2);
    g_assert_cmpint(seen.counts.rows_extra, ==, 1);
    g_assert_cmpint(seen.counts.rows_missing, ==, 1);
    g_assert_true(seen.counts.is_complete);
    comparison_clear(&seen);
    ASSERT_OK(transfer_compare(move.transfer, STAGE, 1, NULL, NULL, &seen, &ERR));
    g_assert_cmpuint(json_array_size(seen.differences), ==, 1);
    g_assert_cmpint(seen.counts.rows_differing, ==, 2);
    comparison_clear(&seen);
    /* a cell that is no timestamp any more is a difference too */
    test_exec(move.db->path, "UPDATE " STAGE " SET signed_up = 'never' WHERE user_id = 1");
    HashSum sum;
    ASSERT_FAILS(transfer_hash(move.transfer, STAGE, NULL, NULL, NULL, &sum, &ERR), ERR_MISMATCH,
                 "1 rows of '" STAGE
                 "' do not read as they should, the first is row 1: signed_up: 'never'");
}

static void
two_datasets_are_compared_without_a_ledger(void)
{
    g_autoptr(TestDb) db = test_db("CREATE TABLE a (k, v); CREATE TABLE b (k, v);"
                                   "INSERT INTO a VALUES (1, 'x'), (2, 'y'), (2, 'y'), (3, NULL);"
                                   "INSERT INTO b VALUES (3, NULL), (2, 'y'), (1, 'x'), (2, 'y')");
    TransferSpec spec = {
        .source_store = &db->store, .source = "a", .target_store = &db->store, .target = "b"};
    g_autoptr(Transfer) transfer = NULL;
    Comparison seen = {0};
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_compare(transfer, "b", 10, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
    comparison_clear(&seen);
    test_exec(db->path, "DELETE FROM b WHERE rowid = 4; INSERT INTO b VALUES ('4', '')");
    ASSERT_OK(transfer_compare(transfer, "b", 10, NULL, NULL, &seen, &ERR));
    g_assert_false(seen.equal);
    g_autofree char *text = differences_text(seen.differences);
    g_assert_cmpstr(text, ==,
                    "{\"k\":\"4\",\"v\":\"\"} extra\n"
                    "{\"k\":\"2\",\"v\":\"y\"} missing");
    comparison_clear(&seen);
    /* equal rows are met one by one: of three for two, one is left over */
    test_exec(db->path, "UPDATE b SET k = 2, v = 'y' WHERE k = '4'; INSERT INTO b VALUES (2, 'y')");
    ASSERT_OK(transfer_compare(transfer, "b", 10, NULL, NULL, &seen, &ERR));
    g_autofree char *more = differences_text(seen.differences);
    g_assert_cmpstr(more, ==, "{\"k\":\"2\",\"v\":\"y\"} extra");
    comparison_clear(&seen);
}

static void
ranges_are_named_and_sized_by_time(void)
{
    g_auto(Move) move;
    move_begin(&move, users_tables, users_mapping, true);
    g_autoptr(json_t) many = NULL;
    g_autoptr(json_t) one = NULL;
    ASSERT_OK(transfer_split(move.transfer, 1, &many, &ERR));
    ASSERT_OK(transfer_split(move.transfer, 60000, &one, &ERR));
    g_assert_cmpuint(json_array_size(one), ==, 1);
    g_assert_cmpuint(json_array_size(many), >, 3);
    g_assert_cmpstr(json_get_string(json_array_get(many, 1), "name", ""), ==, "0002");
    g_autoptr(json_t) back = NULL;
    ASSERT_OK(transfer_hash_split(move.transfer, STAGE, 1000, &back, &ERR));
    g_assert_cmpuint(json_array_size(back), ==, 1);
}

/* Few rows that fill a batch say as much about the rate as many small ones. */
static void
wide_rows_make_short_ranges(void)
{
    g_auto(Move) move;
    move_begin(&move,
               "CREATE TABLE users_v1 (a INTEGER PRIMARY KEY, b BLOB); CREATE TABLE users_v2 (a "
               "INTEGER PRIMARY KEY, b BLOB);"
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 48) "
               "INSERT INTO users_v1 SELECT i, zeroblob(500000) FROM n",
               NULL, true);
    g_autoptr(json_t) ranges = NULL;
    ASSERT_OK(transfer_split(move.transfer, 1, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), >, 1); /* 24 megabytes take longer than that */
}

static void
there_are_never_more_ranges_than_can_be_told(void)
{
    g_auto(Move) move;
    g_autoptr(json_t) ranges = NULL;
    move_begin(&move,
               "CREATE TABLE users_v1 (a INT); CREATE TABLE users_v2 (a INT);"
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000) "
               "INSERT INTO users_v1 SELECT i FROM n",
               NULL, true);
    ASSERT_OK(transfer_split(move.transfer, 0, &ranges, &ERR)); /* one row each, if that could be */
    g_assert_cmpuint(json_array_size(ranges), ==, 22500);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name, function) g_test_add_func("/transfer/" name, function)
    TEST("both ways write the same rows with the same sum",
         both_ways_write_the_same_rows_with_the_same_sum);
    TEST("a trial says what would become of the rows and writes nothing",
         a_trial_says_what_would_become_of_the_rows_and_writes_nothing);
    TEST("a trial of many rows reads some of many places",
         a_trial_of_many_rows_reads_some_of_many_places);
    TEST("bad rows are put aside with a reason and the rest goes in",
         bad_rows_are_put_aside_with_a_reason_and_the_rest_goes_in);
    TEST("rows whose expression fails are put aside", rows_whose_expression_fails_are_put_aside);
    TEST("no row is lost to what the table does on a conflict",
         no_row_is_lost_to_what_the_table_does_on_a_conflict);
    TEST("more rejects than are allowed undo the range",
         more_rejects_than_are_allowed_undo_the_range);
    TEST("a key that comes twice goes in once", a_key_that_comes_twice_goes_in_once);
    TEST("what the column would bend is refused", what_the_column_would_bend_is_refused);
    TEST("a range done twice is done once", a_range_done_twice_is_done_once);
    TEST("asked to stop, it undoes the range", asked_to_stop_it_undoes_the_range);
    TEST("an old token writes nothing", an_old_token_writes_nothing);
    TEST("rows keep their numbers however they are spread",
         rows_keep_their_numbers_however_they_are_spread);
    TEST("two files give what one gives", two_files_give_what_one_gives);
    TEST("rows that are refused while others are read ahead are put aside",
         rows_that_are_refused_while_others_are_read_ahead_are_put_aside);
    TEST("asked to stop at any moment, it undoes what was read ahead",
         asked_to_stop_at_any_moment_it_undoes_what_was_read_ahead);
    TEST("what differs is found to the column", what_differs_is_found_to_the_column);
    TEST("two datasets are compared without a ledger", two_datasets_are_compared_without_a_ledger);
    TEST("ranges are named and sized by time", ranges_are_named_and_sized_by_time);
    TEST("wide rows make short ranges", wide_rows_make_short_ranges);
    TEST("there are never more ranges than can be told",
         there_are_never_more_ranges_than_can_be_told);
    return g_test_run();
}
