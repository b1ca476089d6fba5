/* libmariadb.c - see libmariadb.h. */
#include "driver/mariadb/libmariadb.h"

#include "base/lazy.h"

#include <pthread.h>

static LazyLibrary library = {.file = "libmariadb.so.3"};

static void
begin_library(void)
{
    mysql_server_init(0, NULL, NULL); /* before any thread uses it */
}

bool
libmariadb_load(GError **error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!lazy_load(&library, error))
        return false;
    pthread_once(&once, begin_library);
    return true;
}

/* clang-format off */
LAZY_FUNCTION(library, int, mysql_server_init, (int argc, char **argv, char **groups), (argc, argv, groups))
LAZY_FUNCTION(library, const char *, mysql_get_client_info, (void), ())
LAZY_FUNCTION(library, MYSQL *, mysql_init, (MYSQL *db), (db))
LAZY_FUNCTION(library, int, mysql_options, (MYSQL *db, enum mysql_option option, const void *value), (db, option, value))
LAZY_FUNCTION(library, int, mysql_options4,
    (MYSQL *db, enum mysql_option option, const void *name, const void *value), (db, option, name, value))
LAZY_FUNCTION(library, MYSQL *, mysql_real_connect,
    (MYSQL *db, const char *host, const char *user, const char *password, const char *database, unsigned port,
     const char *path, unsigned long flags), (db, host, user, password, database, port, path, flags))
LAZY_PROCEDURE(library, mysql_close, (MYSQL *db), (db))
LAZY_PROCEDURE(library, mysql_set_local_infile_handler,
    (MYSQL *db, int (*begin)(void **, const char *, void *), int (*read)(void *, char *, unsigned), void (*end)(void *),
     int (*error)(void *, char *, unsigned), void *data), (db, begin, read, end, error, data))
LAZY_FUNCTION(library, my_socket, mysql_get_socket, (MYSQL *db), (db))
LAZY_FUNCTION(library, unsigned long, mysql_thread_id, (MYSQL *db), (db))
LAZY_FUNCTION(library, char *, mysql_get_server_info, (MYSQL *db), (db))
LAZY_FUNCTION(library, unsigned long, mysql_get_server_version, (MYSQL *db), (db))
LAZY_FUNCTION(library, unsigned, mysql_errno, (MYSQL *db), (db))
LAZY_FUNCTION(library, const char *, mysql_error, (MYSQL *db), (db))
LAZY_FUNCTION(library, const char *, mysql_sqlstate, (MYSQL *db), (db))
LAZY_FUNCTION(library, unsigned, mysql_warning_count, (MYSQL *db), (db))
LAZY_FUNCTION(library, my_ulonglong, mysql_affected_rows, (MYSQL *db), (db))
LAZY_FUNCTION(library, int, mysql_real_query, (MYSQL *db, const char *sql, unsigned long bytes), (db, sql, bytes))
LAZY_FUNCTION(library, int, mysql_send_query_start,
    (int *ret, MYSQL *db, const char *sql, unsigned long bytes), (ret, db, sql, bytes))
LAZY_FUNCTION(library, int, mysql_send_query_cont, (int *ret, MYSQL *db, int ready), (ret, db, ready))
LAZY_FUNCTION(library, int, mysql_read_query_result_start, (my_bool *ret, MYSQL *db), (ret, db))
LAZY_FUNCTION(library, int, mysql_read_query_result_cont, (my_bool *ret, MYSQL *db, int ready), (ret, db, ready))
LAZY_FUNCTION(library, int, mysql_store_result_start, (MYSQL_RES **ret, MYSQL *db), (ret, db))
LAZY_FUNCTION(library, int, mysql_store_result_cont, (MYSQL_RES **ret, MYSQL *db, int ready), (ret, db, ready))
LAZY_FUNCTION(library, int, mysql_fetch_row_start, (MYSQL_ROW *ret, MYSQL_RES *rows), (ret, rows))
LAZY_FUNCTION(library, int, mysql_fetch_row_cont, (MYSQL_ROW *ret, MYSQL_RES *rows, int ready), (ret, rows, ready))
LAZY_FUNCTION(library, my_bool, mysql_commit, (MYSQL *db), (db))
LAZY_FUNCTION(library, my_bool, mysql_rollback, (MYSQL *db), (db))
LAZY_FUNCTION(library, unsigned, mysql_field_count, (MYSQL *db), (db))
LAZY_FUNCTION(library, MYSQL_RES *, mysql_store_result, (MYSQL *db), (db))
LAZY_FUNCTION(library, MYSQL_RES *, mysql_use_result, (MYSQL *db), (db))
LAZY_PROCEDURE(library, mysql_free_result, (MYSQL_RES *rows), (rows))
LAZY_FUNCTION(library, MYSQL_ROW, mysql_fetch_row, (MYSQL_RES *rows), (rows))
LAZY_FUNCTION(library, unsigned long *, mysql_fetch_lengths, (MYSQL_RES *rows), (rows))
LAZY_FUNCTION(library, MYSQL_FIELD *, mysql_fetch_fields, (MYSQL_RES *rows), (rows))
LAZY_FUNCTION(library, unsigned, mysql_num_fields, (MYSQL_RES *rows), (rows))
LAZY_FUNCTION(library, MYSQL_STMT *, mysql_stmt_init, (MYSQL *db), (db))
LAZY_FUNCTION(library, int, mysql_stmt_prepare,
    (MYSQL_STMT *statement, const char *sql, unsigned long bytes), (statement, sql, bytes))
LAZY_FUNCTION(library, unsigned long, mysql_stmt_param_count, (MYSQL_STMT *statement), (statement))
LAZY_FUNCTION(library, unsigned, mysql_stmt_field_count, (MYSQL_STMT *statement), (statement))
LAZY_FUNCTION(library, const char *, mysql_stmt_error, (MYSQL_STMT *statement), (statement))
LAZY_FUNCTION(library, my_bool, mysql_stmt_close, (MYSQL_STMT *statement), (statement))
