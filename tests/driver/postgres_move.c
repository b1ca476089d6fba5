/* postgres_move.c - rows on their ways into PostgreSQL: by its own statement, from session to session, taken apart: the same. */
#include "postgres_bench.h"

#include "base/limits.h"
#include "transfer/transfer.h"

#include <string.h>

static char *
moved_to(TestDb *db, TestDb *to, const char *mapping, bool may_push, const char *stage,
         RangeResult *ret)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(Schema) source = NULL, made = NULL;
    g_autoptr(json_t) range = json_pack("{ss}", "name", stage);
    Writer writer = {.plan = stage, .task = "t", .token = 5};
    ASSERT_OK(mapping_parse(mapping, strlen(mapping), "m.yaml", diags, &set, &ERR));
    ASSERT_OK(conn_describe(db->conn, "s", &source, &ERR));
    ASSERT_OK(mapping_target_schema(mapping_get(set, 0), source, stage, &made, &ERR));
    ASSERT_OK(conn_stage(to->conn, stage, "t", made, &writer, &ERR));
    TransferSpec spec = {.source_store = &db->store,
                         .source = "s",
                         .target_store = &to->store,
                         .target = "t",
                         .stage = stage,
                         .mapping = mapping_get(set, 0),
                         .plan = stage,
                         .task = "t",
                         .token = 5,
                         .hash = true,
                         .push_allowed = may_push};
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, ret, &ERR));
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1", stage);
    return test_pg_query(to->path, sql);
}

static char *
moved(TestDb *db, const char *mapping, bool may_push, const char *stage, RangeResult *ret)
{
    return moved_to(db, db, mapping, may_push, stage, ret);
}

/* Were all rows of the stage written by one statement, with the ledger row? The row-by-row way never does that, behind its
 * savepoints. */
static bool
is_by_one(TestDb *db, const char *stage)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(DISTINCT xmin::text) = 1 AND min(xmin::text) = (SELECT min(xmin::text) FROM "
        "_honk._honk_ledger WHERE plan = '%s') FROM %s",
        stage, stage);
    g_autofree char *answer = test_pg_query(db->path, sql);
    return strcmp(answer, "t") == 0;
}

/* What the server does by itself is what the evaluator does row by row, and is done by it where it may. */
static void
inside_of_the_server_the_rows_are_the_same(void)
{
    static const char mapping[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], where: 'id <> 7', "
        "columns: {k: id, name: {concat: [a, {text: "
        "\" \"}, id]}, land: {from: c, values: {UK: GB, uk: lower}}, old: {from: c, values: {UK: "
        "x}, others: 'null'}, n: {from: f, default: "
        "0.25}, twice: {expr: 'id * 2', type: int}, at: at}}";
    g_autoptr(TestDb) db =
        test_pg_db("CREATE COLLATION anyhow (provider = icu, locale = 'und-u-ks-level2', "
                   "deterministic = false);"
                   "CREATE TABLE s (id int PRIMARY KEY, a varchar(9), c text COLLATE anyhow, f "
                   "float8, at timestamptz); INSERT INTO s SELECT i, 'a' || i, "
                   "(ARRAY['UK', 'uk', 'Uk', NULL])[i % 4 + 1], CASE WHEN i % 3 > 0 THEN i / 7.0 "
                   "END, now() FROM generate_series(1, 500) i");
    RangeResult inside = {0}, outside = {0};
    g_autofree char *pushed = moved(db, mapping, true, "stage_1", &inside);
    g_autofree char *by_rows = moved(db, mapping, false, "stage_2", &outside);
    g_assert_cmpstr(pushed, ==, by_rows);
    g_assert_true(hash_sum_equal(&inside.hash, &outside.hash));
    g_assert_cmpint(inside.rows_out, ==, 499);
    g_assert_true(is_by_one(db, "stage_1"));
}

/* --- what no other store has a word for --- */

#define ODD_ROWS                                                                                   \
    "INSERT INTO s VALUES (1, 'infinity', '-infinity', 'infinity', 'NaN', 'NaN', '-infinity'), "   \
    "(2, "                                                                                         \
    "'0044-03-15 BC', '0044-03-15 12:00:00.5 BC', '10000-01-01', '100.00', 0, NULL), (3, "         \
    "'5874897-12-31', '290000-01-01', '-infinity', 'Infinity', 1, '20000-06-01'), (4, NULL, "      \
    "NULL, "                                                                                       \
    "'4713-11-24 BC', '-Infinity', NULL, '2024-02-29'), (5, '2024-02-29', '2024-02-29 12:00', "    \
    "'9999-12-31', 1.50, 1.5, '0001-01-01');"
#define ODD_COLUMNS "d date, ts timestamp, tz timestamptz, n numeric, p numeric(8,2), late date)"
#define ODD_TARGET "CREATE TABLE t (k int PRIMARY KEY, " ODD_COLUMNS

static const char odd_mapping[] =
    "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], columns: {k: id, d: d, "
    "ts: ts, tz: tz, n: n, p: p, late: late}}";
static const char beside_an_interval[] =
    "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], columns: {k: id, d: d, "
    "ts: ts, tz: tz, n: n, p: p, late: late, i: {const: '01:00:00'}}}";

/* By one statement, from session to session, row by row, and, beside a column that only its own type reads, as text. */
static void
what_only_postgres_has_a_word_for_goes_to_postgres_as_it_is(void)
{
    g_autoptr(TestDb) from =
        test_pg_db("CREATE TABLE s (id int PRIMARY KEY, " ODD_COLUMNS ";" ODD_ROWS ODD_TARGET);
    g_autoptr(TestDb) to = test_pg_db(ODD_TARGET);
    g_autoptr(TestDb) texts =
        test_pg_db("CREATE TABLE t (k int PRIMARY KEY, i interval DEFAULT '1 h', " ODD_COLUMNS);
    g_autofree char *rows = test_pg_query(from->path, "SELECT * FROM s ORDER BY 1");
    RangeResult results[4] = {0};
    g_autofree char *inside = moved(from, odd_mapping, true, "stage_1", &results[0]);
    g_autofree char *relayed = moved_to(from, to, odd_mapping, true, "stage_1", &results[1]);
    g_autofree char *apart = moved_to(from, to, odd_mapping, false, "stage_2", &results[2]);
    g_assert_cmpstr(inside, ==, rows);
    g_assert_cmpstr(relayed, ==, rows);
    g_assert_cmpstr(apart, ==, rows);
    g_free(moved_to(from, texts, beside_an_interval, false, "stage_3", &results[3]));
    g_autofree char *printed =
        test_pg_query(texts->path, "SELECT k, d, ts, tz, n, p, late FROM stage_3 ORDER BY 1");
    g_assert_cmpstr(printed, ==, rows);
    for (size_t i = 0; i < G_N_ELEMENTS(results); i++) {
        g_assert_cmpint(results[i].rejected, ==, 0);
        g_assert_true(i == 3 || hash_sum_equal(&results[i].hash, &results[0].hash));
    }
}

/* Of a key, and where something is made of it, it has no meaning: there it is put aside as for every other store. */
static void
what_only_postgres_has_a_word_for_is_put_aside_where_anything_is_made_of_it(void)
{
    static const char computed[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], columns: {k: id, d: "
        "d, shown: {concat: [{text: 'on '}, d]}, tz: tz}}";
    static const char keyed[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [d], columns: {k: id, d: "
        "d, tz: tz}}";
    g_autoptr(TestDb) from = test_pg_db("CREATE TABLE s (id int PRIMARY KEY, " ODD_COLUMNS
                                        ";" ODD_ROWS "DELETE FROM s WHERE d IS NULL");
    g_autoptr(TestDb) to = test_pg_db("SELECT 1");
    RangeResult result = {0};
    g_free(moved_to(from, to, computed, true, "stage_1", &result));
    g_assert_cmpint(result.rows_out, ==, 1);
    g_assert_cmpint(result.rejected, ==, 3);
    g_free(moved_to(from, to, keyed, true, "stage_2", &result));
    g_assert_cmpint(result.rows_out, ==, 1);
    g_assert_cmpint(result.rejected, ==, 3);
}

/* A numeric with a length has no room for infinity. */
static void
what_the_column_has_no_room_for_is_put_aside_as_ever(void)
{
    g_autoptr(TestDb) from =
        test_pg_db("CREATE TABLE s (id int PRIMARY KEY, " ODD_COLUMNS ";" ODD_ROWS);
    g_autoptr(TestDb) to = test_pg_db("CREATE TABLE t (k int PRIMARY KEY, d date, ts timestamp(0), "
                                      "tz timestamptz, n numeric(10,4), p numeric, late date)");
    RangeResult result = {0};
    g_autofree char *rows = moved_to(from, to, odd_mapping, true, "stage_1", &result);
    g_assert_cmpint(result.rejected, ==, 3); /* half a second, and two infinities */
    g_assert_nonnull(strstr(rows, "NaN"));
}

/* Handed on, computed on the way, and taken apart: the same rows, and the same hashes. */
static void
from_one_database_to_another_the_rows_are_the_same(void)
{
    static const char mapping[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], where: 'id <> 7', "
        "columns: {k: id, name: {concat: [a, {text: \" \"}, id]}, land: {from: c, values: {UK: "
        "GB}}, j: j, u: u, at: at, day: day, price: price, raw: raw, small: small, ok: ok, seen: "
        "{from: seen, type: timestamp}, code: code, doc: doc}}";
    g_autoptr(TestDb) from = test_pg_db(
        "CREATE TABLE s (id int PRIMARY KEY, a varchar(9), c text, j jsonb, u uuid, at "
        "timestamptz, "
        "day date, price numeric, raw bytea, small real, ok boolean, seen text, code text, doc "
        "text); INSERT INTO s SELECT i, 'a' || i, (ARRAY['UK', 'uk', NULL])[i % 3 + 1], "
        "jsonb_build_object('n', i, 'a', i / 7.0), md5(i::text)::uuid, now() - i * interval '1 s', "
        "date '2020-02-28' + i, i / 8.0, decode(md5(i::text), 'hex'), i / 4.0, i % 3 = 0, "
        "'2024-02-29 00:00:0' || i % 10, 'c' || i % 9, CASE WHEN i % 5 > 0 THEN '{\"z\":1,\"y\":' "
        "|| i || '}' END FROM generate_series(1, 500) i");
    g_autoptr(TestDb) to = test_pg_db(
        "CREATE TABLE t (k int8 PRIMARY KEY, name text, land text, j jsonb, u uuid, at "
        "timestamptz, "
        "day date, price numeric(8,3), raw bytea, small real, ok boolean, seen timestamp, code "
        "char(3), doc jsonb)");
    RangeResult relayed = {0}, apart = {0}, refused = {0};
    g_autofree char *pushed = moved_to(from, to, mapping, true, "stage_1", &relayed);
    g_autofree char *by_rows = moved_to(from, to, mapping, false, "stage_2", &apart);
    g_assert_cmpstr(pushed, ==, by_rows);
    g_assert_true(hash_sum_equal(&relayed.hash, &apart.hash));
    g_assert_cmpint(relayed.rows_out, ==, 499);
    g_assert_true(is_by_one(to, "stage_1"));
    /* one row that the column would bend, one that its type refuses: these are put aside, the rest is there */
    test_pg_exec(from->path, "UPDATE s SET price = 1.23456 WHERE id = 3; UPDATE s SET doc = '{' "
                             "WHERE id = 400");
    g_free(moved_to(from, to, mapping, true, "stage_3", &refused));
    g_assert_cmpint(refused.rows_out, ==, 497);
    g_assert_cmpint(refused.rejected, ==, 2);
    g_assert_false(is_by_one(to, "stage_3"));
}

/* What a text means, and how a value is told, hangs on settings of the session, which databases and roles have defaults of. */
static void
whatever_a_database_is_set_to_the_values_are_the_same(void)
{
    static const char mapping[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [id], columns: {id: id, "
        "iv: iv, tz: tz, by: by, f: f, ns: ns, ts: ts, x: x, mo: mo}}";
    static const char set[] =
        "DO $$DECLARE one text; BEGIN FOREACH one IN ARRAY ARRAY['IntervalStyle = iso_8601', "
        "'DateStyle = \"SQL, DMY\"', 'TimeZone = \"Asia/Kathmandu\"', 'bytea_output = escape', "
        "'extra_float_digits = 0', 'array_nulls = off', 'xmloption = document', "
        "'standard_conforming_strings = off', 'default_transaction_isolation = serializable'] "
        "LOOP EXECUTE format('ALTER DATABASE %I SET %s', current_database(), one); END LOOP; "
        "END$$";
    static const char shape[] =
        "CREATE TABLE %s (id int PRIMARY KEY, iv interval, tz timestamptz, by bytea, f float8, ns "
        "int[], ts text[], x xml, mo money)";
    g_autofree char *source = g_strdup_printf(shape, "s"), *target = g_strdup_printf(shape, "t");
    g_autoptr(TestDb) from = test_pg_db(source), to = test_pg_db(target);
    test_pg_exec(from->path,
                 "INSERT INTO s VALUES (1, '1 mon -2 days 03:04:05.6', '2024-02-01 12:00+02', "
                 "'\\x005c27ff', 0.1::float8 + 0.2, '{1,NULL,3}', '{NULL,\"NULL\",\"\\\\\"}', "
                 "'a<b/>', '12.34')");
    test_pg_exec(to->path, set);
    for (int i = 0; i < 2; i++) { /* the target alone, and both */
        RangeResult result = {0};
        g_autofree char *stage = g_strdup_printf("stage_%d", i + 1);
        g_free(moved_to(from, to, mapping, true, stage, &result));
        g_assert_cmpint(result.rows_out, ==, 1);
        g_autofree char *sql = g_strdup_printf(
            "SET IntervalStyle = postgres; SET DateStyle = ISO; SET TimeZone = UTC; SET "
            "bytea_output = hex; SET extra_float_digits = 1; SELECT * FROM %s",
            stage);
        g_autofree char *there = test_pg_query(to->path, sql);
        g_assert_cmpstr(there, ==,
                        "1|1 mon -2 days +03:04:05.6|2024-02-01 10:00:00+00|\\x005c27ff|"
                        "0.30000000000000004|{1,NULL,3}|{NULL,\"NULL\",\"\\\\\"}|a<b/>|$12.34");
        test_pg_exec(from->path, set);
    }
}

static TransferSpec
from_s_to_t(const TestDb *from, const TestDb *to, bool may_push)
{
    return (TransferSpec){.source_store = &from->store,
                          .source = "s",
                          .target_store = &to->store,
                          .target = "t",
                          .stage = "t__stage",
                          .plan = "p",
                          .task = "t",
                          .token = 5,
                          .hash = true,
                          .push_allowed = may_push};
}

/* Whatever ends a range in the middle of its rows: none is there then, and later all are, once. The sequence is not rolled back, so the
 * second try passes. */
static void
a_range_that_breaks_leaves_nothing_and_is_done_again(void)
{
    static const struct {
        const char *state;
        int code;
    } troubles[] = {
        {"40001", ERR_TRANSIENT},   /* serialization */
        {"40P01", ERR_TRANSIENT},   /* deadlock */
        {"57014", ERR_TRANSIENT},   /* statement timeout */
        {"55P03", ERR_TRANSIENT},   /* lock timeout */
        {"53100", ERR_NO_SPACE},    /* full disk */
        {"57P01", ERR_UNREACHABLE}, /* the server shuts down */
    };
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(troubles); i++) {
        const char *state = troubles[i / 2].state;
        bool may_push = i % 2 == 0; /* from session to session, and in bulk */
        g_autofree char *trigger = g_strdup_printf(
            "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE SEQUENCE tries; CREATE "
            "FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN IF nextval(''tries'') = 250 THEN RAISE EXCEPTION ''trouble'' USING ERRCODE "
            "= ''%s''; END IF; RETURN NEW; END'",
            state);
        g_autoptr(TestDb) from =
            test_pg_db("CREATE TABLE s (id int PRIMARY KEY, a text); INSERT "
                       "INTO s SELECT i, 'a' || i FROM generate_series(1, 400) i");
        g_autoptr(TestDb) to = test_pg_db(trigger);
        g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
        Writer writer = {.plan = "p", .task = "t", .token = 5};
        TransferSpec spec = from_s_to_t(from, to, may_push);
        ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
        test_pg_exec(to->path, "CREATE TRIGGER trouble BEFORE INSERT ON t__stage FOR EACH ROW "
                               "EXECUTE FUNCTION trouble()");
        for (int try = 0; try < 2; try++) {
            g_autoptr(Transfer) transfer = NULL;
            g_autoptr(GError) broken = NULL;
            g_auto(Comparison) seen = {0};
            RangeResult result = {0};
            ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
            bool done = transfer_range(transfer, range, NULL, NULL, &result, &broken);
            g_assert_true(done == (try == 1));
            g_autofree char *rows =
                test_pg_query(to->path, "SELECT (SELECT count(*) FROM t__stage), (SELECT count(*) "
                                        "FROM _honk._honk_ledger)");
            g_assert_cmpstr(rows, ==, done ? "400|1" : "0|0");
            if (!done) {
                g_assert_error(broken, error_quark(), troubles[i / 2].code);
                continue;
            }
            ASSERT_OK(transfer_compare(transfer, "t__stage", 5, NULL, NULL, &seen, &ERR));
            g_assert_true(seen.equal);
        }
    }
}

/* Each row of the source takes its time, and both servers have a limit for a statement. */
static void
a_range_whose_source_is_too_slow_for_its_limit_is_done_again(void)
{
    g_autoptr(TestDb) from = test_pg_db(
        "CREATE TABLE rows (id int PRIMARY KEY, a text); INSERT INTO rows SELECT i, 'a' || i FROM "
        "generate_series(1, 400) i; CREATE VIEW s AS SELECT id, a || pg_sleep(0.05) AS a FROM "
        "rows");
    g_autoptr(TestDb) to = test_pg_db("CREATE TABLE t (id int PRIMARY KEY, a text)");
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    Writer writer = {.plan = "p", .task = "t", .token = 5};
    TransferSpec spec = from_s_to_t(from, to, true);
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    json_object_set_new(from->store.settings, "statement_timeout_ms", json_integer(300));
    for (int try = 0; try < 2; try++) {
        g_autoptr(Transfer) transfer = NULL;
        g_autoptr(GError) broken = NULL;
        RangeResult result = {0};
        ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
        g_assert_true(transfer_range(transfer, range, NULL, NULL, &result, &broken) == (try == 1));
        g_autofree char *rows =
            test_pg_query(to->path, "SELECT (SELECT count(*) FROM t__stage), (SELECT count(*) FROM "
                                    "_honk._honk_ledger)");
        g_assert_cmpstr(rows, ==, try == 1 ? "400|1" : "0|0");
        if (try == 0)
            g_assert_error(broken, error_quark(), ERR_TRANSIENT);
        test_pg_exec(from->path, "CREATE OR REPLACE VIEW s AS SELECT id, a FROM rows");
    }
}

/* The stage of `t` with what fits of `s`; what was put aside. Caller frees. */
static json_t *
fill_stage(const TestDb *from, const TestDb *to, bool may_push, const Writer *writer,
           RangeResult *ret)
{
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    g_autoptr(Transfer) transfer = NULL;
    json_t *aside = NULL;
    TransferSpec spec = from_s_to_t(from, to, may_push);
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, writer, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, ret, &ERR));
    ASSERT_OK(conn_quarantined(to->conn, writer->plan, 10, &aside, &ERR));
    return aside;
}

/* A foreign key is looked at when all rows are in. */
static void
what_constraints_refuse_is_put_aside(void)
{
    static const char *const reasons[] = {"breaks the check", "NULL", "letters", "taken",
                                          "one_at_a_time"};
    for (int may_push = 0; may_push < 2; may_push++) {
        g_autoptr(TestDb) from = test_pg_db(
            "CREATE TABLE s (id int PRIMARY KEY, a text, n int, p int); INSERT INTO s VALUES (1, "
            "'ok', 1, 1), (2, 'bad', 2, 1), (3, NULL, 3, 1), (4, 'too long', 4, 1), (5, 'ok', 1, "
            "1), (6, 'ok', 101, 1), (7, 'ok', 7, 9)");
        g_autoptr(TestDb) to = test_pg_db(
            "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1); CREATE "
            "TABLE t (id int PRIMARY KEY, a varchar(5) NOT NULL CHECK (a <> 'bad'), n int UNIQUE, "
            "p int CONSTRAINT of_parent REFERENCES parents, CONSTRAINT one_at_a_time EXCLUDE "
            "USING gist (int4range(n % 100, n % 100 + 1) WITH &&))");
        RangeResult result = {0};
        Writer writer = {.plan = "p", .task = "t", .token = 5};
        g_autoptr(json_t) aside = fill_stage(from, to, may_push, &writer, &result);
        g_assert_cmpint(result.rows_out, ==, 2);
        g_assert_cmpuint(json_array_size(aside), ==, G_N_ELEMENTS(reasons));
        g_autofree char *text = json_dumps(aside, JSON_COMPACT);
        for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
            if (strstr(text, reasons[i]) == NULL)
                g_error("expected '%s' in: %s", reasons[i], text);
        ASSERT_FAILS(conn_finish(to->conn, "t__stage", "t", NULL, &writer, &ERR), ERR_MISMATCH,
                     "foreign key");
    }
}

/* The server takes no more, and says so while we are in the middle of a message: what it hears then is the rest of that one. */
static void
a_range_that_is_refused_while_more_is_being_sent_is_told_and_done_again(void)
{
    g_autoptr(TestDb) from =
        test_pg_db("CREATE TABLE s (id int PRIMARY KEY, a text); INSERT INTO s "
                   "SELECT i, repeat('a', 1000) FROM generate_series(1, 6000) i");
    for (int may_push = 0; may_push < 2; may_push++) {
        g_autoptr(TestDb) to = test_pg_db("CREATE TABLE t (id int PRIMARY KEY, a text)");
        g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
        g_autoptr(Transfer) transfer = NULL;
        g_autoptr(GError) broken = NULL;
        RangeResult result = {0};
        Writer writer = {.plan = "p", .task = "t", .token = 5};
        TransferSpec spec = from_s_to_t(from, to, may_push);
        ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
        test_pg_exec(
            to->path,
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE "
            "EXCEPTION ''no room'' USING ERRCODE = ''53100''; END'; CREATE TRIGGER no_room "
            "BEFORE INSERT ON t__stage FOR EACH ROW EXECUTE FUNCTION no_room()");
        ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
        g_assert_false(transfer_range(transfer, range, NULL, NULL, &result, &broken));
        g_assert_error(broken, error_quark(), ERR_NO_SPACE);
        test_pg_exec(to->path, "DROP TRIGGER no_room ON t__stage");
        ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
        g_assert_cmpint(result.rows_out, ==, 6000);
    }
}

/* Somebody who is more patient than we are, and so is not the one who finds it out. */
/* Batch by batch, while the rows before them are on their way in one COPY; the server is asked about intervals by another session. */
static void
rows_of_many_batches_are_brought_into_the_forms_of_their_columns(void)
{
    static const char mapping[] =
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], columns: {k: k, "
        "doc: doc, id: id, long: long}}";
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE s (k int PRIMARY KEY, doc text, id text, long text); INSERT INTO s SELECT i, "
        "'{\"b\":' || i || ',\"a\":1}', upper(md5(i::text)), i || ' minutes' FROM "
        "generate_series(1, %d) i",
        2 * BATCH_ROWS_MAX + 1);
    g_autoptr(TestDb) db = test_pg_db(sql);
    g_autoptr(TestDb) to =
        test_pg_db("CREATE TABLE t (k int PRIMARY KEY, doc jsonb, id uuid, long interval)");
    RangeResult result = {0};
    g_autofree char *seen = moved_to(db, to, mapping, false, "stage_1", &result);
    g_autofree char *cast =
        test_pg_query(db->path, "SELECT k, doc::jsonb, id::uuid, long::interval FROM s ORDER BY k");
    g_assert_cmpstr(seen, ==, cast);
    g_assert_cmpint(result.rows_out, ==, 2 * BATCH_ROWS_MAX + 1);
    g_assert_cmpint(result.rejected, ==, 0);
    g_assert_true(is_by_one(to, "stage_1"));
}

static void *
want_both_locks(void *url)
{
    test_pg_exec(url,
                 "BEGIN; SET LOCAL deadlock_timeout = '1min'; SELECT pg_advisory_xact_lock(2); DO "
                 "$$BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' "
                 "AND classid = 0 AND objid = 1) LOOP PERFORM pg_sleep(0.01); END LOOP; END$$; "
                 "SELECT pg_advisory_xact_lock(1); COMMIT");
    return NULL;
}

static void
a_range_that_meets_a_deadlock_is_done_again(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE s (id int PRIMARY KEY, a text); INSERT INTO s SELECT i, 'a' || i FROM "
        "generate_series(1, 400) i; CREATE TABLE t (id int PRIMARY KEY, a text); CREATE SEQUENCE "
        "tries; "
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE i int := "
        "nextval(''tries''); BEGIN IF i = 1 OR i = 250 THEN PERFORM pg_advisory_xact_lock(CASE i "
        "WHEN 1 "
        "THEN 1 ELSE 2 END); END IF; RETURN NEW; END'");
    Writer writer = {.plan = "p", .task = "t", .token = 5};
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    TransferSpec spec = from_s_to_t(db, db, true);
    ASSERT_OK(conn_stage(db->conn, "t__stage", "t", NULL, &writer, &ERR));
    test_pg_exec(db->path, "CREATE TRIGGER trouble BEFORE INSERT ON t__stage FOR EACH ROW EXECUTE "
                           "FUNCTION trouble()");
    GThread *other = g_thread_new("other", want_both_locks, db->path);
    g_autofree char *held = NULL;
    do {
        g_free(held);
        held =
            test_pg_query(db->path, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
                                    "classid = 0 AND objid = 2");
    } while (strcmp(held, "1") != 0);
    for (int try = 0; try < 2; try++) {
        g_autoptr(Transfer) transfer = NULL;
        g_autoptr(GError) broken = NULL;
        RangeResult result = {0};
        ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
        bool done = transfer_range(transfer, range, NULL, NULL, &result, &broken);
        g_assert_true(done == (try == 1));
        if (!done)
            g_assert_error(broken, error_quark(), ERR_TRANSIENT);
        g_autofree char *rows = test_pg_query(
            db->path,
            "SELECT (SELECT count(*) FROM t__stage), (SELECT count(*) FROM _honk._honk_ledger)");
        g_assert_cmpstr(rows, ==, done ? "400|1" : "0|0");
    }
    g_thread_join(other);
}

/* What is too long for an index that is there, and what a type calls a syntax error, or unknown. */
static void
what_an_index_or_a_type_refuses_in_its_own_words_is_put_aside(void)
{
    for (int may_push = 0; may_push < 2; may_push++) {
        g_autoptr(TestDb) from = test_pg_db(
            "CREATE TABLE s (id int PRIMARY KEY, a text, b text, c text); INSERT INTO s VALUES "
            "(1, 'one', 'a b', 's'), (2, 'two', '10:11:12', 's'), (3, 'three', 'a', 'nowhere'), "
            "(4, (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i), 'a', 's'), "
            "(5, 'five', 'b a', 's')");
        g_autoptr(TestDb) to =
            test_pg_db("CREATE TABLE s (); CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE, b "
                       "tsvector, c regclass)");
        RangeResult result = {0};
        Writer writer = {.plan = "p", .task = "t", .token = 5};
        g_autoptr(json_t) aside = fill_stage(from, to, may_push, &writer, &result);
        g_autofree char *reasons = json_dumps(aside, JSON_COMPACT);
        g_autofree char *rows =
            test_pg_query(to->path, "SELECT id, b, c FROM t__stage ORDER BY id");
        g_assert_cmpstr(rows, ==, "1|'a' 'b'|s\n5|'a' 'b'|s");
        g_assert_cmpuint(json_array_size(aside), ==, 3);
        g_assert_nonnull(strstr(reasons, "syntax error in tsvector"));
        g_assert_nonnull(strstr(reasons, "does not exist"));
        g_assert_nonnull(strstr(reasons, "index row"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/move/inside of the server the rows are the same",
                    inside_of_the_server_the_rows_are_the_same);
    g_test_add_func("/move/from one database to another the rows are the same",
                    from_one_database_to_another_the_rows_are_the_same);
    g_test_add_func("/move/what only PostgreSQL has a word for goes to PostgreSQL as it is",
                    what_only_postgres_has_a_word_for_goes_to_postgres_as_it_is);
    g_test_add_func(
        "/move/what only PostgreSQL has a word for is put aside where anything is made of it",
        what_only_postgres_has_a_word_for_is_put_aside_where_anything_is_made_of_it);
    g_test_add_func("/move/what the column has no room for is put aside as ever",
                    what_the_column_has_no_room_for_is_put_aside_as_ever);
    g_test_add_func("/move/whatever a database is set to the values are the same",
                    whatever_a_database_is_set_to_the_values_are_the_same);
    g_test_add_func("/move/rows of many batches are brought into the forms of their columns",
                    rows_of_many_batches_are_brought_into_the_forms_of_their_columns);
    g_test_add_func("/move/a range that breaks leaves nothing and is done again",
                    a_range_that_breaks_leaves_nothing_and_is_done_again);
    g_test_add_func("/move/a range that is refused while more is being sent is told and done again",
                    a_range_that_is_refused_while_more_is_being_sent_is_told_and_done_again);
    g_test_add_func("/move/a range whose source is too slow for its limit is done again",
                    a_range_whose_source_is_too_slow_for_its_limit_is_done_again);
    g_test_add_func("/move/what constraints refuse is put aside",
                    what_constraints_refuse_is_put_aside);
    g_test_add_func("/move/what an index or a type refuses in its own words is put aside",
                    what_an_index_or_a_type_refuses_in_its_own_words_is_put_aside);
    g_test_add_func("/move/a range that meets a deadlock is done again",
                    a_range_that_meets_a_deadlock_is_done_again);
    return g_test_run();
}
