/* postgres_watch.c - what is written to a table is noted, by whomever and however, and nobody who writes is the worse for it. */
#include "postgres_bench.h"

#include <libpq-fe.h>
#include <string.h>

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people SELECT i, 'Name ' "   \
    "|| "                                                                                          \
    "i FROM generate_series(1, 100) i;"

/* The keys that the oldest notes name, taken and done with. Caller frees. */
static char *
taken(TestDb *db, int64_t most)
{
    g_auto(WriteNotes) notes = {0};
    ASSERT_OK(conn_next_notes(db->conn, "people", most, &notes, &ERR));
    if (notes.last == 0)
        return g_strdup("none");
    g_autofree char *sql = g_strdup_printf(
        "SELECT string_agg(DISTINCT id::text, ' ' ORDER BY id::text) FROM %s WHERE %s",
        notes.object, notes.which);
    char *keys = test_pg_query(db->path, sql);
    ASSERT_OK(conn_forget_notes(db->conn, "people", notes.last, &ERR));
    return keys;
}

static void
assert_taken(TestDb *db, const char *expected)
{
    g_autofree char *keys = taken(db, 1000);
    g_assert_cmpstr(keys, ==, expected);
}

static PGconn *
session(const TestDb *db)
{
    PGconn *writer = PQconnectdb(db->path);
    g_assert_cmpint(PQstatus(writer), ==, CONNECTION_OK);
    return writer;
}

static void
say(PGconn *writer, const char *sql)
{
    PGresult *result = PQexec(writer, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
}

static void
every_kind_of_write_is_noted(void)
{
    static const struct {
        const char *sql, *keys;
    } writes[] = {
        {"INSERT INTO people VALUES (200, 'New')", "200"},
        {"UPDATE people SET name = 'x' WHERE id < 3", "1 2"},
        {"DELETE FROM people WHERE id = 5", "5"},
        {"UPDATE people SET id = 300 WHERE id = 6", "300 6"},
        {"INSERT INTO people VALUES (7, 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
         "7"},
        {"INSERT INTO people SELECT 400 + i FROM generate_series(1, 2) i", "401 402"},
        {"SET session_replication_role = replica; DELETE FROM people WHERE id = 8", "8"},
        {"BEGIN; DELETE FROM people WHERE id = 9; ROLLBACK", "none"},
        {"TRUNCATE people; INSERT INTO people VALUES (1, '')", NULL},
    };
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        g_autofree char *all = test_pg_query(
            db->path, "SELECT string_agg(id::text, ' ' ORDER BY id::text) FROM people");
        test_pg_exec(db->path, writes[i].sql);
        assert_taken(db, writes[i].keys != NULL ? writes[i].keys : all);
    }
}

/* Its note has the lower number, and comes to light after the higher one was done with. */
static void
a_writer_that_commits_late_is_not_missed(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    PGconn *late = session(db);
    say(late, "BEGIN");
    say(late, "UPDATE people SET name = 'late' WHERE id = 1");
    test_pg_exec(db->path, "UPDATE people SET name = 'early' WHERE id = 2");
    g_auto(WriteNotes) notes = {0};
    ASSERT_OK(conn_next_notes(db->conn, "people", 1000, &notes, &ERR));
    say(late, "COMMIT");
    ASSERT_OK(conn_forget_notes(db->conn, "people", notes.last, &ERR));
    PQfinish(late);
    assert_taken(db, "1");
    assert_taken(db, "none");
}

static void
rows_of_partitions_and_of_children_are_noted(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE people (id int PRIMARY KEY, name text) PARTITION BY RANGE (id); CREATE TABLE "
        "low PARTITION OF people FOR VALUES FROM (0) TO (100); CREATE TABLE high PARTITION OF "
        "people "
        "FOR VALUES FROM (100) TO (200)");
    bool is_watched = false;
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (1, ''), (101, '')");
    assert_taken(db, "1 101");
    test_pg_exec(db->path,
                 "INSERT INTO high VALUES (102, ''); UPDATE people SET id = 103 WHERE id = 1");
    assert_taken(db, "1 102 103");
    test_pg_exec(db->path,
                 "CREATE TABLE higher PARTITION OF people FOR VALUES FROM (200) TO (300)");
    ASSERT_OK(conn_is_watched(db->conn, "people", &is_watched, &ERR));
    g_assert_false(is_watched);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (201, '')");
    assert_taken(db, "201");
}

/* Whoever writes need not know of us, whatever path names are looked up on, and keys may be of any type. */
static void
writers_without_any_right_on_our_tables_go_on(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE TYPE \"a b\" AS ENUM ('x', 'y'); CREATE TABLE people "
                                      "(\"the \"\"id\"\"\" uuid, \"%s\" "
                                      "\"a b\", at timestamptz, PRIMARY KEY (\"the \"\"id\"\"\", "
                                      "\"%s\", at)); DO 'BEGIN CREATE ROLE "
                                      "scribe; EXCEPTION WHEN duplicate_object THEN END'; GRANT "
                                      "INSERT, UPDATE, SELECT ON people TO "
                                      "scribe");
    g_auto(WriteNotes) notes = {0};
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    test_pg_exec(db->path,
                 "SET ROLE scribe; SET search_path = ''; INSERT INTO public.people SELECT "
                 "gen_random_uuid(), 'x', now(); UPDATE public.people SET \"%s\" = 'y'");
    ASSERT_OK(conn_next_notes(db->conn, "people", 1000, &notes, &ERR));
    g_autofree char *sql =
        g_strdup_printf("SELECT (SELECT count(*) FROM %s WHERE %s), (SELECT count(*) FROM people "
                        "WHERE %s)",
                        notes.object, notes.which, notes.rows);
    g_autofree char *counts = test_pg_query(db->path, sql);
    g_assert_cmpstr(counts, ==, "3|1");
    test_pg_exec(db->path, "TRUNCATE people");
    int64_t behind = 0;
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind, ==, 4);
}

/* Our trigger waits for the one who writes, and for no longer than it was told: behind it, others would wait. */
static void
who_holds_the_table_is_waited_for_and_then_let_go_on(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    PGconn *slow = session(db);
    bool is_watched = true;
    say(slow, "BEGIN");
    say(slow, "UPDATE people SET name = 'slow' WHERE id = 1");
    ASSERT_FAILS(conn_watch(db->conn, "people", &ERR), ERR_TRANSIENT, "others hold a lock");
    ASSERT_OK(conn_is_watched(db->conn, "people", &is_watched, &ERR));
    g_assert_false(is_watched);
    test_pg_exec(db->path, "SET lock_timeout = 1000; UPDATE people SET name = 'x' WHERE id = 2");
    say(slow, "COMMIT");
    PQfinish(slow);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
}

static void
nothing_of_ours_is_left(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(after, ==, before);
    ASSERT_OK(conn_watch(db->conn, "people", &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (200, ''); DROP TABLE people");
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
    g_autofree char *left =
        test_pg_query(db->path, "SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'");
    g_assert_cmpstr(left, ==, "0");
}

static void
a_table_whose_writes_cannot_all_be_noted_is_refused(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE people (id int UNIQUE NOT NULL); CREATE VIEW seen AS SELECT * FROM people");
    ASSERT_FAILS(conn_watch(db->conn, "people", &ERR), ERR_INVALID, "has no primary key");
    ASSERT_FAILS(conn_watch(db->conn, "seen", &ERR), ERR_INVALID, "is a view");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/watch/every kind of write is noted", every_kind_of_write_is_noted);
    g_test_add_func("/watch/a writer that commits late is not missed",
                    a_writer_that_commits_late_is_not_missed);
    g_test_add_func("/watch/rows of partitions and of children are noted",
                    rows_of_partitions_and_of_children_are_noted);
    g_test_add_func("/watch/writers without any right on our tables go on",
                    writers_without_any_right_on_our_tables_go_on);
    g_test_add_func("/watch/who holds the table is waited for and then let go on",
                    who_holds_the_table_is_waited_for_and_then_let_go_on);
    g_test_add_func("/watch/nothing of ours is left", nothing_of_ours_is_left);
    g_test_add_func("/watch/a table whose writes cannot all be noted is refused",
                    a_table_whose_writes_cannot_all_be_noted_is_refused);
    return g_test_run();
}
