/* postgres_snapshot.c - connections that share one state of the database, and what they say when it is gone. */
#include "postgres_bench.h"

#include <string.h>

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people SELECT i, i::text "   \
    "FROM generate_series(1, 6) i;"
#define AS_IT_WAS "1:1\n2:2\n3:3\n4:4\n5:5\n6:6"

static Conn *
another(const TestDb *db, const Conn *with)
{
    Conn *conn = NULL;
    ASSERT_OK(conn_open(&db->store, &conn, &ERR));
    ASSERT_OK(conn_hold(conn, with, &ERR));
    return conn;
}

/* The database's own sum of what there is, by a scan of ours. */
static char *
names(Conn *conn, const char *expr)
{
    SourceItem items[] = {{.name = (char *) "name", .sql = (char *) expr}};
    g_autoptr(Schema) output = schema_new("people");
    schema_add(output, "name", TYPE_TEXT, "text", true);
    ScanSpec spec = {.object = "people", .items = items, .item_count = 1, .output = output};
    return test_scan(conn, &spec);
}

static void
all_read_what_was_there_when_it_began(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    g_autofree char *why = NULL;
    int64_t rows = 0;
    ASSERT_OK(conn_can_hold(db->conn, "people", &why, &ERR));
    g_assert_null(why);
    g_autoptr(Conn) first = another(db, NULL);
    test_pg_exec(db->path, "DELETE FROM people WHERE id > 2; UPDATE people SET name = 'late'");
    g_autoptr(Conn) second = another(db, first);
    Conn *both[] = {first, second};
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autofree char *seen = names(both[i], "name");
        g_assert_cmpstr(seen, ==, AS_IT_WAS);
        ASSERT_OK(conn_count(both[i], "people", "name <> 'late'", &rows, &ERR));
        g_assert_cmpint(rows, ==, 6);
    }
    ASSERT_OK(conn_count(db->conn, "people", NULL, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
}

/* The failure ends the session's transaction, and what is read afterwards is of the same state all the same. */
static void
a_row_in_which_sql_fails_is_put_aside_and_the_others_are_as_they_were(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE "UPDATE people SET name = 'x' WHERE id = 4");
    g_autoptr(Conn) held = another(db, NULL);
    test_pg_exec(db->path, "DELETE FROM people WHERE id <> 4; UPDATE people SET name = '7'");
    g_autofree char *seen = names(held, "(name::int + 1)::text");
    g_assert_nonnull(strstr(seen, "!4 name: invalid input syntax"));
    static const char *const rows[] = {"1:2", "2:3", "3:4", "5:6", "6:7"};
    g_auto(GStrv) lines = g_strsplit(seen, "\n", -1);
    g_assert_cmpint(g_strv_length(lines), ==, G_N_ELEMENTS(rows) + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_true(g_strv_contains((const char *const *) lines, rows[i]));
}

static void
whoever_comes_after_its_session_ended_is_told_so(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    g_autoptr(Conn) first = another(db, NULL);
    g_autoptr(Conn) second = another(db, first);
    g_autoptr(Conn) third = NULL;
    g_autofree char *seen = names(second, "name");
    g_assert_cmpstr(seen, ==, AS_IT_WAS);
    test_pg_exec(db->path, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                           "query LIKE '%pg_export_snapshot()' AND pid <> pg_backend_pid()");
    ASSERT_OK(conn_open(&db->store, &third, &ERR));
    ASSERT_FAILS(conn_hold(third, first, &ERR), ERR_TRANSIENT,
                 "the session that held the snapshot has ended");
}

static void
what_lies_elsewhere_cannot_be_held(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; "
        "CREATE FOREIGN TABLE away (id int) SERVER far; CREATE TABLE parts (id int) PARTITION BY "
        "RANGE (id); CREATE FOREIGN TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9) "
        "SERVER "
        "far");
    static const char *const objects[][2] = {{"away", "'away' lies on another server"},
                                             {"parts", "a part of 'parts' lies on another server"}};
    for (size_t i = 0; i < G_N_ELEMENTS(objects); i++) {
        g_autofree char *why = NULL;
        ASSERT_OK(conn_can_hold(db->conn, objects[i][0], &why, &ERR));
        g_assert_cmpstr(why, ==, objects[i][1]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/postgres_snapshot/all_read_what_was_there_when_it_began",
                    all_read_what_was_there_when_it_began);
    g_test_add_func("/postgres_snapshot/a_row_in_which_sql_fails_is_put_aside",
                    a_row_in_which_sql_fails_is_put_aside_and_the_others_are_as_they_were);
    g_test_add_func("/postgres_snapshot/whoever_comes_after_its_session_ended_is_told_so",
                    whoever_comes_after_its_session_ended_is_told_so);
    g_test_add_func("/postgres_snapshot/what_lies_elsewhere_cannot_be_held",
                    what_lies_elsewhere_cannot_be_held);
    return g_test_run();
}
