/* mariadb_bench.c - see mariadb_bench.h. */
#include "mariadb_bench.h"

#include "server.h"

#include <mysql.h>
#include <signal.h>
#include <string.h>

static bool answers(void);

static TestServer server = {
    .name = "MariaDB", .variable = "HONK_TEST_MARIADB", .stop_signal = SIGKILL, .answers = answers};

static char *
socket_path(void)
{
    return g_build_filename(server.folder, "mariadb.sock", NULL);
}

/* NULL: it does not answer. */
static MYSQL *
session(const char *database)
{
    g_autofree char *path = socket_path();
    MYSQL *db = mysql_init(NULL);
    mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(db, "localhost", "root", NULL, database, 0, path,
                           CLIENT_MULTI_STATEMENTS) != NULL)
        return db;
    mysql_close(db);
    return NULL;
}

static bool
answers(void)
{
    MYSQL *db = session(NULL);
    if (db == NULL)
        return false;
    mysql_close(db);
    return true;
}

void
test_maria_restart(void)
{
    test_server_restart(&server);
}

static char *
name_of(const char *url)
{
    const char *begin = strrchr(url, '?');
    while (begin > url && begin[-1] != '/')
        begin--;
    return g_strndup(begin, strcspn(begin, "?"));
}

void
test_maria_clear(const char *url)
{
    g_autofree char *name = name_of(url);
    g_autofree char *sql = g_strdup_printf("DROP DATABASE IF EXISTS %s;CREATE DATABASE %s "
                                           "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
                                           name, name);
    test_maria_exec(url, sql);
}

char *
test_maria_database(void)
{
    static int count;
    test_server_need(&server);
    g_autofree char *path = socket_path();
    char *url = g_strdup_printf("mariadb://root@localhost/test_%d?socket=%s", ++count, path);
    MYSQL *db = session(NULL);
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE test_%d", count);
    g_assert_cmpint(mysql_query(db, sql), ==, 0);
    mysql_close(db);
    test_maria_clear(url);
    return url;
}

char *
test_maria_try(const char *url, const char *sql, size_t bytes)
{
    g_autofree char *name = name_of(url);
    char *message = NULL;
    MYSQL *db = session(name);
    g_assert_nonnull(db);
    int status = mysql_real_query(db, sql, bytes);
    do {
        mysql_free_result(mysql_store_result(db));
    } while (status == 0 && (status = mysql_next_result(db)) == 0);
    if (mysql_errno(db) != 0)
        message = g_strdup(mysql_error(db));
    mysql_close(db);
    return message;
}

void
test_maria_exec(const char *url, const char *sql)
{
    g_autofree char *message = test_maria_try(url, sql, strlen(sql));
    if (message != NULL)
        g_error("%s: %s", message, sql);
}

char *
test_maria_query(const char *url, const char *sql)
{
    g_autofree char *name = name_of(url);
    MYSQL *db = session(name);
    GString *text = g_string_new(NULL);
    if (mysql_query(db, sql) != 0)
        g_error("%s: %s", mysql_error(db), sql);
    MYSQL_RES *rows = mysql_store_result(db);
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        g_string_append(text, text->len > 0 ? "\n" : "");
        for (unsigned i = 0; i < mysql_num_fields(rows); i++)
            g_string_append_printf(text, "%s%s", i > 0 ? "|" : "",
                                   row[i] != NULL ? row[i] : "NULL");
    }
    mysql_free_result(rows);
    mysql_close(db);
    return g_string_free(text, FALSE);
}

static MYSQL *
lasting_session(void)
{
    static MYSQL *db;
    if (db == NULL) {
        g_autofree char *url = test_maria_database();
        g_autofree char *name = name_of(url);
        db = session(name);
        g_assert_cmpint(mysql_query(db, "SET time_zone = '+00:00'"), ==, 0);
    }
    return db;
}

char *
test_maria_ask(const char *sql)
{
    MYSQL *db = lasting_session();
    char *answer = NULL;
    int status = mysql_query(db, sql);
    for (; status == 0; status = mysql_next_result(db)) {
        MYSQL_RES *rows = mysql_store_result(db);
        MYSQL_ROW row = rows != NULL ? mysql_fetch_row(rows) : NULL;
        g_free(answer);
        answer = row != NULL ? g_strdup(row[0]) : NULL;
        mysql_free_result(rows);
    }
    if (mysql_errno(db) != 0)
        g_clear_pointer(&answer, g_free);
    return answer;
}

TestDb *
test_maria_db(const char *sql)
{
    TestDb *db = g_new0(TestDb, 1);
    db->path = test_maria_database();
    test_maria_exec(db->path, sql);
    db->store.name = g_strdup("store");
    db->store.driver = g_strdup("mariadb");
    db->store.settings = json_pack("{sssi}", "url", db->path, "lock_timeout_ms", 1000);
    ASSERT_OK(conn_open(&db->store, &db->conn, &ERR));
    return db;
}
