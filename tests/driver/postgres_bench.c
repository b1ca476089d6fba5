/* postgres_bench.c - see postgres_bench.h. */
#include "postgres_bench.h"

#include "server.h"

#include <libpq-fe.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static bool answers(void);
static void unlock(void);

static TestServer server = {.name = "PostgreSQL",
                            .variable = "HONK_TEST_POSTGRES",
                            .stop_signal = SIGQUIT,
                            .answers = answers,
                            .stopped = unlock};

static char *
url_of(const char *database)
{
    return g_strdup_printf("host=%s user=postgres dbname=%s", server.folder, database);
}

static bool
answers(void)
{
    g_autofree char *url = url_of("postgres");
    return PQping(url) == PQPING_OK;
}

static void
unlock(void)
{
    g_autofree char *lock = g_strdup_printf("%s/data/postmaster.pid", server.folder);
    unlink(lock);
}

void
test_pg_restart(void)
{
    test_server_restart(&server);
}

char *
test_pg_database(void)
{
    static int count;
    test_server_need(&server);
    g_autofree char *name = g_strdup_printf("test_%d", ++count);
    g_autofree char *admin = url_of("postgres");
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE %s", name);
    test_pg_exec(admin, sql);
    return url_of(name);
}

char *
test_pg_try(const char *url, const char *sql)
{
    PGconn *db = PQconnectdb(url);
    g_assert_cmpint(PQstatus(db), ==, CONNECTION_OK);
    PGresult *result = PQexec(db, sql);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    char *message = done ? NULL : g_strdup(PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(db);
    return message;
}

void
test_pg_exec(const char *url, const char *sql)
{
    g_autofree char *message = test_pg_try(url, sql);
    if (message != NULL)
        g_error("%s: %s", message, sql);
}

char *
test_pg_query(const char *url, const char *sql)
{
    PGconn *db = PQconnectdb(url);
    PGresult *rows = PQexec(db, sql);
    GString *text = g_string_new(NULL);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK)
        g_error("%s: %s", PQresultErrorMessage(rows), sql);
    for (int row = 0; row < PQntuples(rows); row++) {
        g_string_append(text, row > 0 ? "\n" : "");
        for (int i = 0; i < PQnfields(rows); i++)
            g_string_append_printf(text, "%s%s", i > 0 ? "|" : "",
                                   PQgetisnull(rows, row, i) ? "NULL" : PQgetvalue(rows, row, i));
    }
    PQclear(rows);
    PQfinish(db);
    return g_string_free(text, FALSE);
}

char *
test_pg_ask(const char *setup, const char *sql)
{
    static PGconn *db;
    if (db == NULL) {
        g_autofree char *url = test_pg_database();
        test_pg_exec(url, setup);
        db = PQconnectdb(url);
        PQclear(PQexec(db, "SET client_min_messages = error; SET TimeZone = 'UTC'"));
    }
    PGresult *rows = PQexec(db, sql);
    char *answer =
        PQresultStatus(rows) == PGRES_TUPLES_OK && PQntuples(rows) > 0 && !PQgetisnull(rows, 0, 0)
            ? g_strdup(PQgetvalue(rows, 0, 0))
            : NULL;
    PQclear(rows);
    return answer;
}

char *
test_pg_dump(const char *url)
{
    g_autofree char *text = NULL;
    g_autofree char *command = g_strdup_printf(
        "sh -c \"pg_dump -d '%s' | grep -v -e '^--' -e '^.restrict' -e '^.unrestrict'\"", url);
    int status = 0;
    g_autoptr(GError) error = NULL;
    g_spawn_command_line_sync(command, &text, NULL, &status, &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    return g_steal_pointer(&text);
}

TestDb *
test_pg_db(const char *sql)
{
    TestDb *db = g_new0(TestDb, 1);
    db->path = test_pg_database();
    test_pg_exec(db->path, sql);
    db->store.name = g_strdup("store");
    db->store.driver = g_strdup("postgres");
    db->store.settings = json_pack("{sssi}", "url", db->path, "lock_timeout_ms", 200);
    ASSERT_OK(conn_open(&db->store, &db->conn, &ERR));
    return db;
}
