/* postgres_statistics.c - extended statistics (CREATE STATISTICS) of a table that is replaced, and of what reads it. */
#include "postgres_bench.h"

#include <string.h>

static const Writer one = {.plan = "p", .task = "t", .range = "0001", .token = 5};
static const char stage[] = "t__honk_1", kept[] = "t__honk_old";

static const char setup[] =
    "DO 'BEGIN CREATE ROLE counter; EXCEPTION WHEN duplicate_object THEN END'; CREATE SCHEMA "
    "\"o'dd %s\"; CREATE TABLE t (id int, day date, \"select\" text, \"Big\" int, PRIMARY KEY (id, "
    "day)) PARTITION BY RANGE (day); CREATE TABLE y1 PARTITION OF t FOR VALUES FROM ('2024-01-01') "
    "TO ('2025-01-01'); CREATE TABLE rest PARTITION OF t DEFAULT; CREATE STATISTICS \"o'dd %s\".\""
    "both %d\" (dependencies, mcv) ON \"select\", \"Big\" FROM t; CREATE STATISTICS of_words ON "
    "lower(\"select\"), (\"Big\" % 7) FROM t; CREATE STATISTICS of_y1 (ndistinct) ON id, \"Big\" "
    "FROM y1; ALTER STATISTICS of_y1 SET STATISTICS 77; ALTER STATISTICS of_words OWNER TO "
    "counter; COMMENT ON STATISTICS of_words IS 'it''s 5%'; CREATE MATERIALIZED VIEW m AS SELECT "
    "id, \"Big\" FROM t; CREATE STATISTICS of_m ON id, \"Big\" FROM m; COMMENT ON STATISTICS of_m "
    "IS 'seen'; INSERT INTO t SELECT i, date '2024-06-01' + i, i % 5, i % 10 FROM "
    "generate_series(1, 900) i; ANALYZE";

/* All of a database: of which table each is, where it lies, what it says, whose it is, and whether the server has counted for it. */
static const char listed[] =
    "SELECT s.stxrelid::regclass, s.stxnamespace::regnamespace, s.stxname, "
    "pg_get_statisticsobjdef(s.oid), pg_get_userbyid(s.stxowner) = 'counter', s.stxstattarget, "
    "obj_description(s.oid, 'pg_statistic_ext'), d.stxoid IS NOT NULL OR s.stxname = 'of_m' FROM "
    "pg_statistic_ext s LEFT JOIN pg_statistic_ext_data d ON d.stxoid = s.oid WHERE "
    "s.stxrelid::regclass::text IN ('t', 'y1', 'rest', 'm') ORDER BY 1, 3";

static void
make_stage(TestDb *db)
{
    ASSERT_OK(conn_stage(db->conn, stage, "t", NULL, &one, &ERR));
    test_pg_exec(db->path, "INSERT INTO t__honk_1 SELECT * FROM t");
    ASSERT_OK(conn_finish(db->conn, stage, "t", NULL, &one, &ERR));
    ASSERT_OK(conn_finish(db->conn, stage, "t", NULL, &one, &ERR)); /* as after a crash */
}

static void
extended_statistics_keep_name_schema_owner_and_what_they_say(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    int64_t rows = -1;
    g_autofree char *dump = test_pg_dump(db->path);
    g_autofree char *before = test_pg_query(db->path, listed);
    make_stage(db);
    for (int round = 0; round < 2; round++) {
        ASSERT_OK(conn_swap(db->conn, stage, "t", kept, &one, &ERR));
        g_autofree char *seen = test_pg_query(db->path, listed);
        g_assert_cmpstr(seen, ==, before);
        ASSERT_OK(conn_swap_back(db->conn, stage, "t", kept, "lost", false, &one, &rows, &ERR));
        g_autofree char *back = test_pg_query(db->path, listed);
        g_assert_cmpstr(back, ==, before);
    }
    ASSERT_OK(conn_unstage(db->conn, stage, &one, &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(after, ==, dump);
}

/* What is left when the way back is over, and the old table is dropped, is as it was before. */
static void
nothing_of_the_old_ones_is_left_in_the_end(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    g_autofree char *before = test_pg_query(db->path, listed);
    make_stage(db);
    ASSERT_OK(conn_swap(db->conn, stage, "t", kept, &one, &ERR));
    ASSERT_OK(conn_settle(db->conn, "p", &ERR));
    ASSERT_OK(conn_drop(db->conn, kept, &ERR));
    g_autofree char *seen = test_pg_query(db->path, listed);
    g_assert_cmpstr(seen, ==, before);
    g_autofree char *all = test_pg_query(db->path, "SELECT count(*) FROM pg_statistic_ext");
    g_assert_cmpstr(all, ==, "4");
}

static void
those_that_came_changed_or_went_meanwhile_are_as_they_are_at_the_swap(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    int64_t rows = -1;
    make_stage(db);
    test_pg_exec(db->path, "DROP STATISTICS of_words; DROP STATISTICS of_y1; CREATE STATISTICS "
                           "of_y1 (mcv) ON id, \"Big\" FROM y1; CREATE STATISTICS late ON id, day "
                           "FROM rest; ANALYZE");
    g_autofree char *before = test_pg_query(db->path, listed);
    ASSERT_OK(conn_swap(db->conn, stage, "t", kept, &one, &ERR));
    test_pg_exec(db->path, "ANALYZE");
    g_autofree char *seen = test_pg_query(db->path, listed);
    g_assert_cmpstr(seen, ==, before);
    ASSERT_OK(conn_swap_back(db->conn, stage, "t", kept, "lost", false, &one, &rows, &ERR));
    g_autofree char *back = test_pg_query(db->path, listed);
    g_assert_cmpstr(back, ==, before);
}

static void
what_is_given_up_keeps_its_own_under_its_name(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    int64_t rows = -1;
    make_stage(db);
    ASSERT_OK(conn_swap(db->conn, stage, "t", kept, &one, &ERR));
    test_pg_exec(db->path, "INSERT INTO t VALUES (0, '2024-02-02')");
    ASSERT_OK(conn_swap_back(db->conn, stage, "t", kept, "lost", true, &one, &rows, &ERR));
    g_assert_cmpint(rows, ==, 1);
    g_autofree char *names = test_pg_query(
        db->path, "SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'lost'::regclass AND "
                  "stxname NOT LIKE 'lost\\_\\_%'");
    g_assert_cmpstr(names, ==, "");
}

static const struct {
    const char *path;
    void (*run)(void);
} tests[] = {
    {"extended statistics keep name, schema, owner and what they say",
     extended_statistics_keep_name_schema_owner_and_what_they_say},
    {"nothing of the old ones is left in the end", nothing_of_the_old_ones_is_left_in_the_end},
    {"those that came, changed or went meanwhile are as they are at the swap",
     those_that_came_changed_or_went_meanwhile_are_as_they_are_at_the_swap},
    {"what is given up keeps its own under its name",
     what_is_given_up_keeps_its_own_under_its_name},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/statistics/%s", tests[i].path);
        g_test_add_func(path, tests[i].run);
    }
    return g_test_run();
}
