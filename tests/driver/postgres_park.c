/* postgres_park.c - sessions that a closed connection leaves to the next one, in processes that ask for it. */
#include "postgres_bench.h"

#include <string.h>

#define OURS "SELECT pid FROM pg_stat_activity WHERE application_name = 'honk' ORDER BY pid"

/* A database with a table, and no connection of ours to it. */
static StoreConfig *
store_without_connection(char **ret_url)
{
    *ret_url = test_pg_database();
    test_pg_exec(*ret_url, "CREATE TABLE t (id int PRIMARY KEY)");
    StoreConfig *store = g_new0(StoreConfig, 1);
    *store = (StoreConfig){.name = g_strdup("parked"),
                           .driver = g_strdup("postgres"),
                           .settings = json_pack("{ss}", "url", *ret_url)};
    return store;
}

static void
store_free(StoreConfig *store)
{
    g_free(store->name);
    g_free(store->driver);
    json_decref(store->settings);
    g_free(store);
}

/* Whoever opens the store sees the table; returns the server's numbers of our sessions meanwhile. */
static char *
open_and_close(const StoreConfig *store, const char *url)
{
    g_autoptr(Conn) conn = NULL;
    bool exists = false;
    ASSERT_OK(conn_open(store, &conn, &ERR));
    ASSERT_OK(conn_exists(conn, "t", &exists, &ERR));
    g_assert_true(exists);
    return test_pg_query(url, OURS);
}

/* A session ends a moment after its client. */
static void
wait_until_there_are_none(const char *url)
{
    test_pg_exec(url, "DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_stat_clear_snapshot(); EXIT "
                      "WHEN NOT EXISTS (" OURS "); PERFORM pg_sleep(0.02); END LOOP; END $$");
    g_autofree char *left = test_pg_query(url, OURS);
    g_assert_cmpstr(left, ==, "");
}

static void
a_session_serves_the_next_connection_until_it_is_let_go_of(void)
{
    g_autofree char *url = NULL;
    StoreConfig *store = store_without_connection(&url);
    drivers_keep_sessions(true);
    g_autofree char *first = open_and_close(store, url);
    g_autofree char *second = open_and_close(store, url);
    g_assert_cmpstr(first, !=, "");
    g_assert_cmpstr(first, ==, second);
    drivers_keep_sessions(false);
    wait_until_there_are_none(url);
    g_autofree char *third = open_and_close(store, url);
    g_assert_cmpstr(third, !=, first);
    wait_until_there_are_none(url);
    store_free(store);
}

static void
another_setting_is_another_session(void)
{
    g_autofree char *url = NULL;
    StoreConfig *store = store_without_connection(&url);
    drivers_keep_sessions(true);
    g_autofree char *first = open_and_close(store, url);
    json_object_set_new(store->settings, "lock_timeout_ms", json_integer(77));
    g_autofree char *both = open_and_close(store, url);
    g_assert_cmpstr(both, !=, first);
    g_assert_nonnull(strchr(both, '\n'));
    drivers_keep_sessions(false);
    store_free(store);
}

static void
a_session_that_the_server_ended_is_not_used_again(void)
{
    g_autofree char *url = NULL;
    StoreConfig *store = store_without_connection(&url);
    drivers_keep_sessions(true);
    g_autofree char *first = open_and_close(store, url);
    test_pg_exec(url, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                      "application_name = 'honk'");
    g_autofree char *second = open_and_close(store, url);
    g_assert_cmpstr(second, !=, first);
    test_pg_restart();
    g_autofree char *third = open_and_close(store, url);
    g_assert_cmpstr(third, !=, "");
    drivers_keep_sessions(false);
    store_free(store);
}

/* What was not committed is nobody's: the session is ended, and its locks with it. */
static void
a_session_in_the_middle_of_a_range_is_not_kept(void)
{
    g_autofree char *url = NULL;
    StoreConfig *store = store_without_connection(&url);
    Writer writer = {.plan = "p", .task = "t", .range = "0001", .token = 5};
    bool is_done = false;
    RangeResult result;
    drivers_keep_sessions(true);
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_open(store, &conn, &ERR));
    ASSERT_OK(conn_describe(conn, "t", &schema, &ERR));
    ASSERT_OK(conn_stage(conn, "s", NULL, schema, &writer, &ERR));
    ASSERT_OK(conn_begin(conn, "s", schema, &writer, &is_done, &result, &ERR));
    g_clear_pointer(&conn, conn_close);
    g_autofree char *locks = test_pg_query(
        url, "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = "
             "'advisory' AND application_name = 'honk'");
    g_assert_cmpstr(locks, ==, "0");
    drivers_keep_sessions(false);
    store_free(store);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/postgres-park/a session serves the next connection until it is let go of",
                    a_session_serves_the_next_connection_until_it_is_let_go_of);
    g_test_add_func("/postgres-park/another setting is another session",
                    another_setting_is_another_session);
    g_test_add_func("/postgres-park/a session that the server ended is not used again",
                    a_session_that_the_server_ended_is_not_used_again);
    g_test_add_func("/postgres-park/a session in the middle of a range is not kept",
                    a_session_in_the_middle_of_a_range_is_not_kept);
    return g_test_run();
}
