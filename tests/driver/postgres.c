/* postgres.c - what only the driver of PostgreSQL does: its types, its refusals, its locks, its server that goes away. */
#include "postgres_bench.h"

#include "driver/book.h"
#include "driver/postgres/postgres.h"
#include "transfer/transfer.h"

#include <string.h>

static const Writer one = {.plan = "p", .task = "t", .range = "0001", .token = 5};

/* --- reading --- */

static void
every_type_is_one_of_ours_or_text(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE DOMAIN money2 AS numeric(10,2) CHECK (VALUE >= 0); CREATE TYPE mood AS ENUM "
        "('sad', 'so so');"
        "CREATE TABLE t (id int2 PRIMARY KEY, big int4, small real, price money2 NOT NULL, label "
        "char(4), at timestamptz, clock time,"
        "u uuid, j jsonb, ids int[], m mood, span interval, addr inet, raw bytea, net numeric, d "
        "date GENERATED ALWAYS AS "
        "('2024-02-29'::date) STORED);"
        "INSERT INTO t VALUES (1, -7, 0.1, 12.50, 'ab', '2024-01-02 03:04:05.67+02', '01:02:03', "
        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{\"b\":1,\"a\":[1, null]}', '{1,NULL,3}', 'so "
        "so', '1 mon 02:00', '10.0.0.0/8', "
        "'\\x00ff', 1e20)");
    g_autoptr(Schema) schema = NULL;
    ScanSpec spec = {.object = "t"};
    ASSERT_OK(conn_describe(db->conn, "t", &schema, &ERR));
    g_assert_cmpstr(schema_column(schema, 0)->declared, ==, "int2");
    g_assert_cmpint(schema_column(schema, 3)->type, ==, TYPE_DECIMAL);
    g_assert_false(schema_column(schema, 3)->is_nullable);
    g_assert_true(schema_find(schema, "d", NULL)->is_generated);
    g_autofree char *rows = test_scan(db->conn, &spec);
    g_assert_cmpstr(rows, ==,
                    "1:1|-7|0.10000000149011612|12.5|ab|2024-01-02 "
                    "01:04:05.67|01:02:03|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|"
                    "{\"a\": [1, null], \"b\": 1}|{1,NULL,3}|so so|1 mon 02:00:00|10.0.0.0/8|2 "
                    "bytes|100000000000000000000|"
                    "2024-02-29");
}

static void
what_has_no_value_of_ours_is_told_row_by_row(void)
{
    g_autoptr(TestDb) db =
        test_pg_db("CREATE TABLE t (id int PRIMARY KEY, n numeric, d date, at timestamp, f float8);"
                   "INSERT INTO t (id, n) VALUES (1, 'NaN'), (2, 0); INSERT INTO t (id, at) VALUES "
                   "(3, 'infinity');"
                   "INSERT INTO t (id, n, d) VALUES (4, -0.0010, '0044-03-15 BC'); INSERT INTO t "
                   "(id, at) VALUES (5, '-infinity');"
                   "INSERT INTO t (id, d, f) VALUES (6, '10000-01-01', 0), (7, 'infinity', 1), (8, "
                   "NULL, 'NaN'), (9, '0001-01-01', '-Infinity');"
                   "INSERT INTO t (id, n) VALUES (10, -10000.00010)");
    ScanSpec spec = {.object = "t"};
    g_autofree char *rows = test_scan(db->conn, &spec);
    g_assert_cmpstr(rows, ==,
                    "!1 n: NaN is no decimal number\n!3 at: infinity is no timestamp\n"
                    "!4 d: the year is outside of 1 to 9999\n!5 at: infinity is no timestamp\n"
                    "!6 d: the year is outside of 1 to 9999\n!7 d: infinity is no date\n"
                    "2:2|0|NULL|NULL|NULL\n8:8|NULL|NULL|NULL|NaN\n"
                    "9:9|NULL|0001-01-01|NULL|-Infinity\n10:10|-10000.0001|NULL|NULL|NULL");
}

static void
a_row_in_which_the_sql_fails_is_left_out_alone(void)
{
    g_autoptr(TestDb) db =
        test_pg_db("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, i FROM "
                   "generate_series(1, 9000) i; UPDATE t SET a = 'x' WHERE id IN (2, 5000, 9000)");
    g_autoptr(Schema) output = schema_new("t");
    const SourceItem items[] = {{.name = (char *) "expr:n", .sql = (char *) "a::int * 2"}};
    schema_add(output, "expr:n", TYPE_INT, "", true);
    ScanSpec spec = {
        .object = "t", .items = items, .item_count = 1, .output = output, .where = "id <> 3"};
    g_autofree char *text = test_scan(db->conn, &spec);
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    guint refused = 0;
    for (char **row = rows; *row != NULL; row++) {
        refused += **row == '!';
        if (**row == '!')
            g_assert_nonnull(strstr(*row, " expr:n: invalid input syntax"));
    }
    g_assert_cmpuint(refused, ==, 3);
    g_assert_cmpuint(g_strv_length(rows), ==, 8999);
}

static void
ranges_of_any_key_and_of_none_cover_every_row_once(void)
{
    static const char *const tables[] = {"two", "words", "keyless", "\"with.dot\"", "split.up"};
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE two (a text, b date, PRIMARY KEY (a, b)); INSERT INTO two "
        "SELECT 'é''' || i % 7, date '2020-01-01' + i FROM "
        "generate_series(1, 500) i; CREATE TABLE words AS SELECT chr(65 + i % 50) || i "
        "AS w FROM generate_series(1, 500) i; ALTER "
        "TABLE words ALTER w SET NOT NULL, ADD UNIQUE (w); CREATE TABLE keyless AS SELECT "
        "i % 3 AS x, repeat('y', 200) FROM "
        "generate_series(1, 500) i; CREATE TABLE \"with.dot\" AS SELECT i FROM "
        "generate_series(1, 500) i; CREATE SCHEMA split; "
        "CREATE TABLE split.up (k int, PRIMARY KEY (k)) PARTITION BY RANGE (k); CREATE "
        "TABLE split.low PARTITION OF split.up FOR VALUES "
        "FROM (0) TO (100); CREATE TABLE split.high PARTITION OF split.up DEFAULT; "
        "INSERT INTO split.up SELECT generate_series(1, 500)");
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        json_t *range;
        g_autoptr(json_t) ranges = NULL;
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        size_t n;
        guint rows = 0;
        ASSERT_OK(conn_split(db->conn, tables[i], &(RangeSize){.rows = 60}, &ranges, &ERR));
        json_array_foreach(ranges, n, range)
        {
            ScanSpec spec = {.object = tables[i], .range = range};
            g_autofree char *text = test_scan(db->conn, &spec);
            g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
            for (char **line = lines; *line != NULL && **line != '\0'; line++, rows++)
                g_hash_table_add(seen, g_strdup_printf("%s%s", i == 4 ? "" : *line,
                                                       i == 4 ? strchr(*line, ':') : ""));
        }
        g_assert_cmpuint(rows, ==, 500);
        g_assert_cmpuint(g_hash_table_size(seen), ==, 500);
        if (i < 3)
            g_assert_cmpuint(json_array_size(ranges), >, 3);
    }
}

/* Each range asks for it before and after: so a move stops, and never mixes rows of two shapes. */
static void
columns_that_come_or_go_change_what_a_table_is(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE TABLE t (a int PRIMARY KEY, b text)");
    static const char *const changes[] = {"ALTER TABLE t ADD c int", "ALTER TABLE t DROP b",
                                          "ALTER TABLE t ALTER a TYPE bigint",
                                          "ALTER TABLE t RENAME a TO d"};
    json_t *before = NULL;
    ASSERT_OK(conn_identity(db->conn, "t", &before, &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        json_t *after = NULL;
        test_pg_exec(db->path, changes[i]);
        ASSERT_OK(conn_identity(db->conn, "t", &after, &ERR));
        g_assert_false(json_equal(before, after));
        json_decref(before);
        before = after;
    }
    json_decref(before);
}

/* --- writing --- */

static char *
put_one(TestDb *db, const char *table, const Value *value)
{
    g_autoptr(Schema) schema = schema_new(table);
    g_autoptr(GError) refusal = NULL;
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    schema_add(schema, "x", value->type, "", true);
    g_autoptr(Batch) batch = batch_new_for(schema);
    batch_put_value(batch, 0, value);
    batch_commit_row(batch, 1);
    ASSERT_OK(conn_begin(db->conn, table, schema, &one, &is_done, &result, &ERR));
    bool done = conn_put(db->conn, batch, 0, &next, &refusal);
    conn_rollback(db->conn);
    if (!done)
        g_assert_error(refusal, error_quark(), ERR_INVALID);
    return g_strdup(done ? "" : refusal->message);
}

#define TEXT(type_of, text)                                                                        \
    {                                                                                              \
        .type = type_of, .s = { text, sizeof(text) - 1 }                                           \
    }

#define SIXTY "abcdefghijklmnopqrstabcdefghijklmnopqrstabcdefghijklmnopqrst"

static void
what_a_column_would_bend_is_refused(void)
{
    static const struct {
        const char *type;
        Value value;
        const char *refusal;
    } cases[] = {
        {"numeric(5,2)", TEXT(TYPE_DECIMAL, "123.45"), ""},
        {"numeric(5,2)", TEXT(TYPE_DECIMAL, "1.234"), "more digits than numeric(5,2)"},
        {"numeric(5,2)", TEXT(TYPE_DECIMAL, "1234"), "too large for numeric(5,2)"},
        {"numeric", TEXT(TYPE_DECIMAL, "-0.00000000000000000001"), ""},
        {"varchar(2)", TEXT(TYPE_TEXT, "éü"), ""},
        {"varchar(2)", TEXT(TYPE_TEXT, "ab "), "3 letters, the column takes 2"},
        {"char(4)", TEXT(TYPE_TEXT, "a "), "blanks at the end"},
        {"text", TEXT(TYPE_TEXT, "a\0b"), "NUL"},
        {"real", {.type = TYPE_FLOAT, .f = 0.5}, ""},
        {"real", {.type = TYPE_FLOAT, .f = 0.1}, "no exact value in a real"},
        {"smallint", {.type = TYPE_INT, .i = 40000}, "out of the column's range"},
        {"timestamp(3)", {.type = TYPE_TIMESTAMP, .i = 1000}, ""},
        {"timestamp(3)", {.type = TYPE_TIMESTAMP, .i = 1001}, "finer than the column"},
        {"int CHECK (x > 5)", {.type = TYPE_INT, .i = 5}, "breaks the check"},
        {"name", TEXT(TYPE_TEXT, SIXTY "abc"), ""},
        {"name", TEXT(TYPE_TEXT, SIXTY "abcd"), "64 bytes, a name keeps 63"},
    };
    g_autoptr(TestDb) db = test_pg_db("CREATE TABLE \"from\" (x int)");
    g_autoptr(Schema) schema = schema_new("s");
    schema_add(schema, "x", TYPE_INT, "", true);
    ASSERT_OK(conn_stage(db->conn, "s", NULL, schema, &one, &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sql = g_strdup_printf(
            "SET client_min_messages = error; DROP TABLE IF EXISTS s; CREATE TABLE s (x %s)",
            cases[i].type);
        test_pg_exec(db->path, sql);
        g_autofree char *said = put_one(db, "s", &cases[i].value);
        if (cases[i].refusal[0] == '\0')
            g_assert_cmpstr(said, ==, "");
        else if (strstr(said, cases[i].refusal) == NULL)
            g_error("%s: expected '%s' in: %s", cases[i].type, cases[i].refusal, said);
    }
}

/* Texts of a file become what the target's types make of them; the comparison knows that, and what no type takes is put aside. */
static void
texts_take_the_form_of_their_type(void)
{
    g_autoptr(TestDb) from =
        test_db("CREATE TABLE s (id INTEGER PRIMARY KEY, j TEXT, u TEXT, span TEXT, ids TEXT, m "
                "TEXT); INSERT INTO s VALUES (1, '{\"b\":1.0, "
                "\"a\":2}', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', '90 minutes', '{ 1, 2 }', 'sad'), "
                "(2, NULL, NULL, NULL, NULL, NULL), (3, '{', NULL, "
                "NULL, NULL, NULL), (4, '[]', 'no uuid', NULL, NULL, NULL), (5, '0', NULL, NULL, "
                "NULL, 'glad')");
    g_autoptr(TestDb) to = test_pg_db("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int "
                                      "PRIMARY KEY, j jsonb, u uuid, span interval, "
                                      "ids int[], m mood)");
    TransferSpec spec = {.source_store = &from->store,
                         .source = "s",
                         .target_store = &to->store,
                         .target = "t",
                         .stage = "t__honk_1",
                         .plan = "p",
                         .task = "t",
                         .token = 5,
                         .hash = true,
                         .push_allowed = true};
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    g_autoptr(json_t) aside = NULL;
    g_auto(Comparison) seen = {0};
    RangeResult result = {0};
    ASSERT_OK(conn_stage(to->conn, "t__honk_1", "t", NULL, &one, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(result.rows_out, ==, 2);
    g_assert_cmpint(result.rejected, ==, 3);
    ASSERT_OK(conn_quarantined(to->conn, "p", 10, &aside, &ERR));
    g_assert_nonnull(strstr(json_get_string(json_array_get(aside, 0), "reason", ""),
                            "j: invalid input syntax for type json"));
    ASSERT_OK(transfer_compare(transfer, "t__honk_1", 5, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
    g_autofree char *rows = test_pg_query(to->path, "SELECT * FROM t__honk_1 ORDER BY id");
    g_assert_cmpstr(
        rows, ==,
        "1|{\"a\": 2, \"b\": "
        "1.0}|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|01:30:00|{1,2}|sad\n2|NULL|NULL|NULL|NULL|NULL");
}

/* --- freezing, swapping --- */

static void
a_freeze_holds_for_superusers_and_partitions(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t DEFAULT");
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_OK(conn_freeze(db->conn, "t", "it moves", &ERR));
    static const char *const tries[] = {"INSERT INTO t VALUES (1)", "INSERT INTO t1 VALUES (1)",
                                        "TRUNCATE t1",
                                        "SET session_replication_role = replica; DELETE FROM t"};
    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
        g_autofree char *said = test_pg_try(db->path, tries[i]);
        g_assert_nonnull(said);
        g_assert_nonnull(strstr(said, "frozen by honk: it moves"));
    }
    ASSERT_OK(conn_thaw(db->conn, "t", &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

static bool
swap(TestDb *db, GError **error)
{
    return conn_swap(db->conn, "t__honk_1", "t", "t__honk_old", &one, error);
}

/* What is seen then holds until the swap is done: whoever wants to change the target waits. */
static bool
nobody_can_change_it(void *data, GError **error)
{
    const TestDb *db = data;
    g_autofree char *said =
        test_pg_try(db->path, "SET lock_timeout = '20ms'; ALTER TABLE t ADD late int");
    g_assert_nonnull(said);
    g_assert_nonnull(strstr(said, "lock timeout"));
    return fail(error, ERR_DRIFT, "it is as it is");
}

static void
the_last_look_of_a_swap_is_at_what_nobody_else_can_change(void)
{
    g_autoptr(TestDb) db =
        test_pg_db("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)");
    ASSERT_OK(conn_stage(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    ASSERT_OK(conn_finish(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    conn_set_last_look(db->conn, nobody_can_change_it, db);
    ASSERT_FAILS(swap(db, &ERR), ERR_DRIFT, "it is as it is");
    test_pg_exec(db->path, "ALTER TABLE t ADD late int"); /* nothing is held any more */
}

typedef struct {
    TestDb *db;
    Conn *conn;
    GThread *thread;
} SecondSwap;

static void *
swap_the_other(void *data)
{
    static const Writer two = {.plan = "p-2", .task = "t", .range = "0001", .token = 1};
    const SecondSwap *second = data;
    ASSERT_OK(conn_swap(second->conn, "u__honk_1", "u", "u__honk_old", &two, &ERR));
    return NULL;
}

/* The first swap is done, and not committed, when the second one comes as far as it can. */
static bool
begin_the_other(void *data, GError **error)
{
    SecondSwap *second = data;
    if (second->thread == NULL)
        second->thread = g_thread_new("swap", swap_the_other, second);
    for (;;) {
        g_autofree char *waiting = test_pg_query(
            second->db->path, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = "
                              "'Lock' AND datname = current_database()");
        if (strcmp(waiting, "0") != 0)
            return true;
    }
}

static void
two_swaps_at_once_are_both_done(void)
{
    static const Writer two = {.plan = "p-2", .task = "t", .range = "0001", .token = 1};
    g_autoptr(TestDb) db = test_pg_db("CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int "
                                      "PRIMARY KEY); INSERT INTO t VALUES (1)");
    g_autoptr(Conn) other = NULL;
    int64_t rows = -1;
    ASSERT_OK(conn_open(&db->store, &other, &ERR));
    ASSERT_OK(conn_stage(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    ASSERT_OK(conn_finish(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    ASSERT_OK(conn_stage(other, "u__honk_1", "u", NULL, &two, &ERR));
    ASSERT_OK(conn_finish(other, "u__honk_1", "u", NULL, &two, &ERR));
    SecondSwap second = {.db = db, .conn = other};
    conn_set_confirm(db->conn, begin_the_other, &second);
    ASSERT_OK(swap(db, &ERR));
    g_thread_join(second.thread);
    conn_set_confirm(db->conn, NULL, NULL);
    test_pg_exec(db->path, "INSERT INTO t VALUES (2); INSERT INTO u VALUES (1), (2)");
    ASSERT_OK(conn_swap_written(db->conn, one.plan, &rows, &ERR));
    g_assert_cmpint(rows, ==, 1);
    ASSERT_OK(conn_swap_written(other, two.plan, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
}

/* Another plan tidies up between the look for a table and the question to it. */
static struct {
    const char *path;
    BookSql book;
    bool is_dropped;
} hasty;

static bool
has_until_now(Conn *conn, const char *const *tables, size_t count, bool *ret, GError **error)
{
    if (!pg_book.has(conn, tables, count, ret, error))
        return false;
    if (!hasty.is_dropped)
        test_pg_exec(hasty.path,
                     "DROP TABLE _honk._honk_swap, _honk._honk_written, _honk._honk_quarantine");
    hasty.is_dropped = true;
    return true;
}

static void
bookkeeping_that_another_plan_drops_meanwhile_holds_nothing(void)
{
    for (int question = 0; question < 3; question++) {
        g_autoptr(TestDb) db = test_pg_db("CREATE TABLE t (a int PRIMARY KEY)");
        g_autoptr(json_t) aside = NULL;
        SwapState state = SWAP_AFTER;
        int64_t rows = -1;
        ASSERT_OK(conn_stage(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
        hasty.path = db->path;
        hasty.is_dropped = false;
        hasty.book = pg_book;
        hasty.book.has = has_until_now;
        db->conn->book = &hasty.book;
        if (question == 0)
            ASSERT_OK(conn_swap_state(db->conn, "t__honk_1", "t", "kept", one.plan, &state, &ERR));
        else if (question == 1)
            ASSERT_OK(conn_swap_written(db->conn, one.plan, &rows, &ERR));
        else
            ASSERT_OK(conn_quarantined(db->conn, one.plan, 10, &aside, &ERR));
        db->conn->book = &pg_book;
        g_assert_true(hasty.is_dropped);
        g_assert_true(question != 0 || state == SWAP_BEFORE);
        g_assert_true(question != 1 || rows == 0);
        g_assert_true(question != 2 || json_array_size(aside) == 0);
    }
}

static void
what_cannot_follow_is_named_and_nothing_is_done(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE "
        "child (a int REFERENCES t); "
        "INSERT INTO child VALUES (1); CREATE FUNCTION m(t) RETURNS int LANGUAGE sql AS 'SELECT "
        "1'");
    ASSERT_OK(conn_stage(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    ASSERT_OK(conn_finish(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "function m(t)");
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, after);
    test_pg_exec(db->path, "DROP FUNCTION m(t)");
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "foreign keys would not hold");
    test_pg_exec(
        db->path,
        "DROP TABLE child; CREATE VIEW v AS SELECT a FROM t; ALTER TABLE t__honk_1 RENAME a TO b");
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "no longer in order");
}

/* Names that break whoever puts texts together; and all that hangs on a table, there and back. */
static void
whatever_a_table_is_called_it_goes_there_and_back(void)
{
    g_autoptr(TestDb) db =
        test_pg_db("CREATE SCHEMA \"o'dd %s\"; SET search_path = \"o'dd %s\"; CREATE TABLE \"it's "
                   "100% \"\"x\"\"\" (\"i'd\" int GENERATED ALWAYS AS "
                   "IDENTITY PRIMARY KEY, \"%s\" serial, CONSTRAINT \"a'b\" CHECK (\"%s\" > 0)); "
                   "COMMENT ON TABLE \"it's 100% \"\"x\"\"\" IS 'it''s 5%'; "
                   "CREATE INDEX \"by %d\" ON \"it's 100% \"\"x\"\"\" (\"%s\"); GRANT SELECT ON "
                   "\"it's 100% \"\"x\"\"\" TO PUBLIC; "
                   "ALTER TABLE \"it's 100% \"\"x\"\"\" REPLICA IDENTITY FULL; CREATE POLICY "
                   "\"p'%s\" ON \"it's 100% \"\"x\"\"\" USING (true); "
                   "CREATE RULE \"r%s\" AS ON DELETE TO \"it's 100% \"\"x\"\"\" DO ALSO NOTHING; "
                   "INSERT INTO \"it's 100% \"\"x\"\"\" DEFAULT VALUES; "
                   "CREATE VIEW \"v'%s\" AS SELECT * FROM \"it's 100% \"\"x\"\"\"");
    static const char table[] = "o'dd %s.it's 100% \"x\"",
                      stage[] = "o'dd %s.it's 100% \"x\"__honk_1",
                      kept[] = "o'dd %s.it's 100% \"x\"__honk_old";
    int64_t rows = -1;
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_OK(conn_stage(db->conn, stage, table, NULL, &one, &ERR));
    ASSERT_OK(conn_finish(db->conn, stage, table, NULL, &one, &ERR));
    for (int round = 0; round < 2; round++) {
        ASSERT_OK(conn_swap(db->conn, stage, table, kept, &one, &ERR));
        g_autofree char *seen =
            test_pg_query(db->path, "SELECT obj_description(c.oid), relreplident, (SELECT count(*) "
                                    "FROM pg_policy WHERE polrelid = c.oid), (SELECT count(*) "
                                    "FROM pg_rewrite WHERE ev_class = c.oid), (SELECT count(*) "
                                    "FROM pg_index WHERE indrelid = c.oid), "
                                    "has_table_privilege('public', c.oid, 'SELECT'), (SELECT "
                                    "count(*) FROM \"o'dd %s\".\"v'%s\") FROM pg_class c WHERE "
                                    "relname = 'it''s 100% \"x\"'");
        g_assert_cmpstr(seen, ==, "it's 5%|f|1|1|2|t|0");
        ASSERT_OK(conn_swap_back(db->conn, stage, table, kept, "lost", false, &one, &rows, &ERR));
    }
    ASSERT_OK(conn_unstage(db->conn, stage, &one, &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

/* --- a server that is slow, locked or gone --- */

static void
locks_timeouts_and_lost_sessions_are_tried_again(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE TABLE t (a int PRIMARY KEY)");
    g_autoptr(Schema) schema = NULL;
    Conn *slow = NULL;
    int64_t rows = 0;
    json_object_set_new(db->store.settings, "statement_timeout_ms", json_integer(100));
    ASSERT_OK(conn_open(&db->store, &slow, &ERR));
    ASSERT_FAILS(conn_count(slow, "t", "(SELECT count(*) FROM generate_series(1, 1000000000)) > 0",
                            &rows, &ERR),
                 ERR_TRANSIENT, "statement timeout");
    conn_close(slow);
    test_pg_restart();
    ASSERT_FAILS(conn_describe(db->conn, "t", &schema, &ERR), ERR_UNREACHABLE, "ended");
    json_object_del(db->store.settings, "statement_timeout_ms");
    g_autoptr(Conn) again = NULL;
    ASSERT_OK(conn_open(&db->store, &again, &ERR));
    ASSERT_OK(conn_describe(again, "t", &schema, &ERR));
}

static void
names_that_would_be_cut_are_refused(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE TABLE t (a int PRIMARY KEY)");
    g_autoptr(Schema) schema = schema_new("t");
    g_autofree char *name = g_strnfill(64, 'n');
    schema_add(schema, "a", TYPE_INT, "", true);
    ASSERT_FAILS(conn_stage(db->conn, name, NULL, schema, &one, &ERR), ERR_INVALID,
                 "keeps 63 bytes");
    schema_add(schema, name, TYPE_INT, "", true);
    ASSERT_FAILS(conn_stage(db->conn, "s", NULL, schema, &one, &ERR), ERR_INVALID,
                 "a name of 64 bytes, of which PostgreSQL keeps 63");
    ASSERT_FAILS(conn_describe(db->conn, "a.b.c", &schema, &ERR), ERR_INVALID, "SCHEMA.TABLE");
}

static const struct {
    const char *path;
    void (*run)(void);
} tests[] = {
    {"every type is one of ours or text", every_type_is_one_of_ours_or_text},
    {"what has no value of ours is told row by row", what_has_no_value_of_ours_is_told_row_by_row},
    {"a row in which the SQL fails is left out alone",
     a_row_in_which_the_sql_fails_is_left_out_alone},
    {"ranges of any key and of none cover every row once",
     ranges_of_any_key_and_of_none_cover_every_row_once},
    {"columns that come or go change what a table is",
     columns_that_come_or_go_change_what_a_table_is},
    {"what a column would bend is refused", what_a_column_would_bend_is_refused},
    {"texts take the form of their type", texts_take_the_form_of_their_type},
    {"a freeze holds for superusers and partitions", a_freeze_holds_for_superusers_and_partitions},
    {"the last look of a swap is at what nobody else can change",
     the_last_look_of_a_swap_is_at_what_nobody_else_can_change},
    {"two swaps at once are both done", two_swaps_at_once_are_both_done},
    {"bookkeeping that another plan drops meanwhile holds nothing",
     bookkeeping_that_another_plan_drops_meanwhile_holds_nothing},
    {"what cannot follow is named and nothing is done",
     what_cannot_follow_is_named_and_nothing_is_done},
    {"whatever a table is called it goes there and back",
     whatever_a_table_is_called_it_goes_there_and_back},
    {"locks, timeouts and lost sessions are tried again",
     locks_timeouts_and_lost_sessions_are_tried_again},
    {"names that would be cut are refused", names_that_would_be_cut_are_refused},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/postgres/%s", tests[i].path);
        g_test_add_func(path, tests[i].run);
    }
    return g_test_run();
}
