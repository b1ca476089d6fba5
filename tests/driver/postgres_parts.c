/* postgres_parts.c - partitioned tables as sources and targets, and materialized views that read what is swapped. */
#include "postgres_bench.h"

#include "transfer/transfer.h"

#include <string.h>

static const Writer one = {.plan = "p", .task = "t", .range = "0001", .token = 5};

/* A tree with everything that may hang on the whole or on one part of it, and beside it the same rows in a table that has no parts. */
static const char tree[] =
    "DO 'BEGIN CREATE ROLE part_reader; EXCEPTION WHEN duplicate_object THEN END'; CREATE SCHEMA "
    "past; CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(1, "
    "9); CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TABLE t (id serial, day date, label text DEFAULT 'x' CHECK (label <> ''), who int "
    "REFERENCES people, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
    "CREATE TABLE y2024 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
    "CREATE TABLE past.y2023 (label text, id int NOT NULL, gone int, day date NOT NULL, who int, "
    "CHECK (id > 0), CHECK (label <> '')) PARTITION BY RANGE (id); ALTER TABLE past.y2023 DROP "
    "gone; ALTER TABLE past.y2023 RENAME CONSTRAINT y2023_label_check TO t_label_check; ALTER "
    "TABLE t ATTACH PARTITION past.y2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');"
    "CREATE TABLE past.\"A's\" PARTITION OF past.y2023 FOR VALUES FROM (0) TO (200); CREATE TABLE "
    "past.others PARTITION OF past.y2023 DEFAULT;"
    "CREATE INDEX t_by_label ON t (lower(label)); CREATE INDEX only_here ON y2024 (who) WHERE who "
    "> "
    "3; CREATE UNIQUE INDEX \"I'd\" ON past.\"A's\" (id); ALTER TABLE y2024 ALTER label SET "
    "DEFAULT "
    "'here', ADD CHECK (who < 99); CREATE TABLE orders (a int, b date, FOREIGN KEY (a, b) "
    "REFERENCES t); CREATE VIEW v AS SELECT * FROM t; CREATE VIEW w AS SELECT id FROM past.y2023;"
    "CREATE TRIGGER kept BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep(); CREATE TRIGGER "
    "own AFTER INSERT ON y2024 FOR EACH ROW EXECUTE FUNCTION keep(); ALTER TABLE t ENABLE ALWAYS "
    "TRIGGER kept; COMMENT ON TABLE past.y2023 IS 'it''s over'; COMMENT ON COLUMN y2024.who IS "
    "'who'; GRANT SELECT ON t TO part_reader; GRANT SELECT (id) ON past.others TO part_reader;"
    "ALTER TABLE y2024 ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON y2024 USING (true);"
    "INSERT INTO t SELECT i, date '2023-01-01' + i % 700, chr(97 + i % 5), i % 9 + 1 FROM "
    "generate_series(1, 400) i; SELECT setval('t_id_seq', 400); INSERT INTO orders SELECT id, day "
    "FROM t WHERE id % 50 = 0; CREATE TABLE s AS SELECT * FROM t; ALTER TABLE s ADD PRIMARY KEY "
    "(id)";

static const char stage_name[] = "t__honk_1", kept_name[] = "t__honk_old";

/* All rows of `source` into the stage, range by range. */
static void
fill(TestDb *db, const char *source, int64_t *ret_rejected)
{
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) ranges = NULL;
    g_auto(Comparison) seen = {0};
    json_t *range;
    size_t i;
    TransferSpec spec = {.source_store = &db->store,
                         .source = source,
                         .target_store = &db->store,
                         .target = "t",
                         .stage = stage_name,
                         .plan = "p",
                         .task = "t",
                         .token = 5,
                         .hash = true,
                         .push_allowed = true};
    *ret_rejected = 0;
    ASSERT_OK(conn_stage(db->conn, stage_name, "t", NULL, &one, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_split(transfer, 1, &ranges, &ERR));
    json_array_foreach(ranges, i, range)
    {
        RangeResult result = {0};
        ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
        *ret_rejected += result.rejected;
    }
    ASSERT_OK(conn_finish(db->conn, stage_name, "t", NULL, &one, &ERR));
    ASSERT_OK(transfer_compare(transfer, stage_name, 5, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
}

static bool
swap(TestDb *db, GError **error)
{
    return conn_swap(db->conn, stage_name, "t", kept_name, &one, error);
}

static bool
back(TestDb *db, bool give_up, int64_t *rows, GError **error)
{
    return conn_swap_back(db->conn, stage_name, "t", kept_name, "t__honk_lost", give_up, &one, rows,
                          error);
}

static void
a_partitioned_table_is_replaced_with_all_that_hangs_on_its_parts(void)
{
    g_autoptr(TestDb) db = test_pg_db(tree);
    int64_t rejected = 0, rows = 0;
    g_autofree char *before = test_pg_dump(db->path);
    fill(db, "s", &rejected);
    g_assert_cmpint(rejected, ==, 0);
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(back(db, false, &rows, &ERR));
    ASSERT_OK(conn_unstage(db->conn, stage_name, &one, &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, after);
    /* the rows are the same, so what took the table's place must be the very same, too */
    fill(db, "s", &rejected);
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(conn_settle(db->conn, "p", &ERR));
    ASSERT_OK(conn_drop(db->conn, kept_name, &ERR));
    g_autofree char *now = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, now);
}

static void
a_partitioned_table_is_read_part_by_part(void)
{
    g_autoptr(TestDb) db = test_pg_db(tree);
    g_autoptr(json_t) ranges = NULL, whole = NULL;
    g_autoptr(Conn) reader = NULL;
    const SourceItem items[] = {{.name = (char *) "expr:n", .sql = (char *) "t.id * 2"}};
    g_autoptr(Schema) output = schema_new("t");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *range;
    size_t i;
    schema_add(output, "expr:n", TYPE_INT, "", true);
    ASSERT_OK(conn_split(db->conn, "t", &(RangeSize){.rows = 30}, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), >, 10);
    json_array_foreach(ranges, i, range)
    {
        /* SQL of people knows the whole by its name */
        ScanSpec spec = {
            .object = "t", .range = range, .items = items, .item_count = 1, .output = output};
        g_autofree char *text = test_scan(db->conn, &spec);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL && **line != '\0'; line++)
            g_assert_true(g_hash_table_add(seen, g_strdup(strchr(*line, ':'))));
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, 400);
    /* … and nothing else, which is told before anything is read */
    g_autofree char *message = NULL;
    g_assert_true(conn_check_expr(db->conn, "t", "t.id * 2", &message));
    g_assert_false(conn_check_expr(db->conn, "t", "public.t.id * 2", &message));
    g_assert_nonnull(strstr(message, "without a schema"));
    /* a part that goes is noticed, and is not taken for one without rows */
    test_pg_exec(db->path, "DELETE FROM orders; ALTER TABLE t DETACH PARTITION y2024");
    Scan *scan = NULL;
    ScanSpec spec = {.object = "t", .range = json_array_get(ranges, 0)};
    ASSERT_FAILS(conn_scan(db->conn, &spec, &scan, &ERR), ERR_DRIFT, "is no partition of 't'");
    /* who may not read the parts by themselves reads the whole */
    test_pg_exec(db->path,
                 "ALTER ROLE part_reader LOGIN; GRANT USAGE ON SCHEMA past TO part_reader");
    g_autofree char *url = g_strconcat(db->path, " user=part_reader", NULL);
    json_object_set_new(db->store.settings, "url", json_string(url));
    ASSERT_OK(conn_open(&db->store, &reader, &ERR));
    ASSERT_OK(conn_split(reader, "t", &(RangeSize){.rows = 30}, &whole, &ERR));
    g_assert_cmpuint(json_array_size(whole), ==, 1);
}

static void
rows_that_no_partition_takes_are_put_aside(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE t (id int PRIMARY KEY, a text) PARTITION BY RANGE (id); CREATE TABLE low "
        "PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE s AS SELECT i AS id, 'x' || i AS "
        "a FROM generate_series(1, 60) i");
    g_autoptr(json_t) aside = NULL;
    int64_t rejected = 0;
    fill(db, "s", &rejected);
    g_assert_cmpint(rejected, ==, 11);
    ASSERT_OK(conn_quarantined(db->conn, "p", 1, &aside, &ERR));
    g_assert_nonnull(strstr(json_get_string(json_array_get(aside, 0), "reason", ""), "partition"));
}

static void
writes_to_a_part_count_and_parts_that_came_or_went_are_refused(void)
{
    g_autoptr(TestDb) db = test_pg_db(tree);
    int64_t rejected = 0, rows = 0;
    test_pg_exec(db->path, "DROP TABLE orders");
    fill(db, "s", &rejected);
    test_pg_exec(db->path, "CREATE TABLE y2025 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO "
                           "('2026-01-01')");
    ASSERT_FAILS(swap(db, &ERR), ERR_DRIFT, "y2025\" came");
    test_pg_exec(db->path, "DROP TABLE y2025");
    ASSERT_OK(swap(db, &ERR));
    test_pg_exec(db->path, "UPDATE y2024 SET who = 5 WHERE id IN (370, 371); UPDATE t SET label = "
                           "'c' WHERE id IN (371, 1); TRUNCATE past.others");
    ASSERT_OK(conn_swap_written(db->conn, "p", &rows, &ERR));
    g_autofree char *counted = test_pg_query(
        db->path, "SELECT 3 + count(*) FROM s WHERE id >= 200 AND day < '2024-01-01'");
    g_assert_cmpint(rows, ==, g_ascii_strtoll(counted, NULL, 10));
    test_pg_exec(db->path, "CREATE TABLE y2025 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO "
                           "('2026-01-01')");
    ASSERT_FAILS(back(db, true, &rows, &ERR), ERR_WRONG_STATE, "y2025 became a partition");
    test_pg_exec(db->path, "ALTER TABLE t DETACH PARTITION y2025");
    ASSERT_OK(back(db, true, &rows, &ERR));
    g_autofree char *kept = test_pg_query(
        db->path, "SELECT count(*), count(*) FILTER (WHERE c.relname LIKE 't\\_\\_honk\\_lost%') "
                  "FROM pg_partition_tree('t__honk_lost') p JOIN pg_class c ON c.oid = p.relid");
    g_assert_cmpstr(kept, ==, "5|5");
    g_autofree char *all = test_pg_query(db->path, "SELECT count(*) FROM t");
    g_assert_cmpstr(all, ==, "400");
}

static void
what_has_no_partitions_takes_the_place_of_none_that_has(void)
{
    g_autoptr(TestDb) db = test_pg_db(tree);
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(db->conn, "s", &schema, &ERR));
    ASSERT_OK(conn_stage(db->conn, stage_name, NULL, schema, &one, &ERR));
    ASSERT_FAILS(swap(db, &ERR), ERR_UNSUPPORTED, "its partitions would be lost");
    ASSERT_OK(conn_unstage(db->conn, stage_name, &one, &ERR));
    ASSERT_FAILS(conn_stage(db->conn, stage_name, "y2024", NULL, &one, &ERR), ERR_UNSUPPORTED,
                 "part of a tree of tables");
}

/* --- materialized views --- */

static const char views[] =
    "DO 'BEGIN CREATE ROLE part_reader; EXCEPTION WHEN duplicate_object THEN END'; CREATE TABLE t "
    "(id int PRIMARY KEY, label text); INSERT INTO t SELECT i, 'old' FROM generate_series(1, 5) i;"
    "CREATE TABLE s AS SELECT i AS id, 'new' AS label FROM generate_series(1, 7) i;"
    "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, max(label) AS \"La bel\" FROM t; INSERT "
    "INTO t VALUES (6, 'late'); CREATE VIEW over AS SELECT n AS twice FROM m UNION ALL SELECT id "
    "FROM t; CREATE MATERIALIZED VIEW \"m'2\" WITH (fillfactor = 70) AS SELECT sum(twice) AS total "
    "FROM over; CREATE UNIQUE INDEX m_n ON m (n); CREATE INDEX ON \"m'2\" (total); ALTER "
    "MATERIALIZED VIEW m CLUSTER ON m_n; CREATE MATERIALIZED VIEW bare AS SELECT id FROM t WITH NO "
    "DATA; ALTER MATERIALIZED VIEW bare OWNER TO part_reader; COMMENT ON MATERIALIZED VIEW m IS "
    "'it''s counted'; COMMENT ON COLUMN m.n IS 'how many'; GRANT SELECT ON m TO part_reader; ALTER "
    "DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC";

static void
materialized_views_are_made_anew_and_come_back_as_they_were(void)
{
    static const char look[] = "SELECT (SELECT n || \"La bel\" FROM m), (SELECT total FROM "
                               "\"m'2\"), (SELECT sum(twice) FROM over)";
    g_autoptr(TestDb) db = test_pg_db(views);
    g_autoptr(Schema) schema = NULL;
    int64_t rejected = 0, rows = 0;
    guint told = 0;
    g_autofree char *before = test_pg_dump(db->path);
    g_autofree char *was = test_pg_query(db->path, look);
    ASSERT_OK(conn_describe(db->conn, "t", &schema, &ERR));
    for (guint i = 0; i < schema->dependents->len; i++)
        told += strcmp(((const Dependent *) schema->dependents->pdata[i])->kind,
                       "materialized_view") == 0;
    g_assert_cmpuint(told, ==, 3);
    for (int round = 0; round < 2; round++) {
        fill(db, "s", &rejected);
        ASSERT_OK(swap(db, &ERR));
        g_autofree char *now = test_pg_query(db->path, look);
        g_assert_cmpstr(now, ==, "7new|35|35");
        if (round == 0) {
            ASSERT_OK(back(db, false, &rows, &ERR));
            ASSERT_OK(conn_unstage(db->conn, stage_name, &one, &ERR));
            g_autofree char *after = test_pg_dump(db->path);
            g_autofree char *is = test_pg_query(db->path, look);
            g_assert_cmpstr(before, ==, after);
            g_assert_cmpstr(was, ==, is);
        }
    }
    /* what was kept of them goes with the way back, and nobody but the table's rows has changed */
    ASSERT_OK(conn_settle(db->conn, "p", &ERR));
    ASSERT_OK(conn_drop(db->conn, kept_name, &ERR));
    test_pg_exec(db->path,
                 "TRUNCATE t; INSERT INTO t SELECT i, 'old' FROM generate_series(1, 5) i; "
                 "INSERT INTO t VALUES (6, 'late')");
    g_autofree char *end = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, end);
}

static void
a_materialized_view_that_cannot_follow_stops_the_swap(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE s AS SELECT 1 AS id, 0 AS a; "
        "CREATE MATERIALIZED VIEW m AS SELECT 1 / a AS b FROM t");
    int64_t rejected = 0;
    fill(db, "s", &rejected);
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "division by zero");
    test_pg_exec(db->path, "CREATE FUNCTION f(m) RETURNS int LANGUAGE sql AS 'SELECT 1'");
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "what is bound to 'm'");
    test_pg_exec(db->path, "DROP FUNCTION f(m)");
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

static const struct {
    const char *path;
    void (*run)(void);
} tests[] = {
    {"a partitioned table is replaced with all that hangs on its parts",
     a_partitioned_table_is_replaced_with_all_that_hangs_on_its_parts},
    {"a partitioned table is read part by part", a_partitioned_table_is_read_part_by_part},
    {"rows that no partition takes are put aside", rows_that_no_partition_takes_are_put_aside},
    {"writes to a part count, and parts that came or went are refused",
     writes_to_a_part_count_and_parts_that_came_or_went_are_refused},
    {"what has no partitions takes the place of none that has",
     what_has_no_partitions_takes_the_place_of_none_that_has},
    {"materialized views are made anew, and come back as they were",
     materialized_views_are_made_anew_and_come_back_as_they_were},
    {"a materialized view that cannot follow stops the swap",
     a_materialized_view_that_cannot_follow_stops_the_swap},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/parts/%s", tests[i].path);
        g_test_add_func(path, tests[i].run);
    }
    return g_test_run();
}
