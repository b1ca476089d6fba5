/*
 * conn.c - a connection to an SQLite file: how it is opened, how statements run, how they fail.
 *
 * The file's journal mode and the size of its pages stay what its owner chose. A file that is made here has large pages, and a
 * rollback journal: nobody reads it yet, and each page is written once. Writes are synced in full before they count as
 * done. Whoever else holds the file is waited for (`timeout_ms`), then it is TRANSIENT.
 */
#include "driver/sqlite/sqlite.h"

#include "base/text.h"

#include <glib/gstdio.h>
#include <string.h>

#define TIMEOUT_MS_DEFAULT 10000 /* longer than any commit of a range, shorter than a lease */
#define CACHE_KIB                                                                                  \
    8192 /* rows are appended: more is memory to be cleared, and slower (bench/rows) */
#define CACHE_ONCE_KIB 1024 /* new pages are memory to be got and cleared, as above */
/* Of a file that is made here. SQLite's own 4 KiB are a call to the system and a lock each: filling takes a fifth less of a processor
 * with 16, and hardly less with 32 (bench/rows). A small change somewhere writes a whole page, so it writes four times as much. */
#define PAGE_BYTES 16384
#define PROGRESS_OPS 50000 /* steps of SQLite's machine between two ticks: about a millisecond */

SqliteConn *
sqlite_conn(Conn *conn)
{
    g_assert(conn->driver->open == sqlite_open);
    return (SqliteConn *) conn;
}

ErrorCode
sq_code(int extended)
{
    switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
    case SQLITE_IOERR:
        return ERR_TRANSIENT;
    case SQLITE_FULL:
        return ERR_NO_SPACE;
    case SQLITE_INTERRUPT:
        return ERR_STOPPED;
    case SQLITE_CORRUPT:
        return ERR_CORRUPT;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ERR_FORBIDDEN;
    case SQLITE_NOMEM:
    case SQLITE_INTERNAL:
    case SQLITE_MISUSE:
        return ERR_INTERNAL;
    default:
        return ERR_INVALID;
    }
}

static bool
is_locked_for_readers(const char *path)
{
    sqlite3 *db = NULL;
    bool is_busy = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                   sqlite3_exec(db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_BUSY;
    sqlite3_close_v2(db);
    return is_busy;
}

/* Two files may be open here, of which SQLite does not say which one it was. The other one is only ever read. */
static bool
fail_locked(const SqliteConn *conn, GError **error)
{
    bool is_other = conn->attached != NULL && is_locked_for_readers(conn->attached);
    const char *path = is_other ? conn->attached : conn->path;
    g_autofree char *waited = text_duration(conn->timeout_ms);
    g_autofree char *holder = sqlite_holder(path);
    return fail(
        error, ERR_TRANSIENT,
        "'%s' is locked by another program%s%s, and was so for %s: end the transaction that "
        "is open there (or the program), and try again",
        path, holder != NULL ? ": " : "", holder != NULL ? holder : "", waited);
}

bool
sq_fail(SqliteConn *conn, GError **error)
{
    int extended = sqlite3_extended_errcode(conn->db);
    switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL: /* in the middle of recovering it */
        return fail_locked(conn, error);
    case SQLITE_INTERRUPT:
        return fail(error, ERR_STOPPED, "asked to stop");
    case SQLITE_CANTOPEN:
        return fail(error, ERR_INVALID, "cannot open '%s' as a database file", conn->path);
    case SQLITE_NOTADB:
        return fail(error, ERR_INVALID, "'%s' is not an SQLite database", conn->path);
    case SQLITE_FULL:
        return fail(error, ERR_NO_SPACE, "no space left for '%s'", conn->path);
    default:
        return fail(error, sq_code(extended), "%s", sqlite3_errmsg(conn->db));
    }
}

void
sq_done(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

static bool
prepare_v(SqliteConn *conn, sqlite3_stmt **ret, GError **error, const char *format, va_list args)
{
    char *sql = sqlite3_vmprintf(format, args);
    g_assert(sql != NULL);
    sqlite3_stmt *statement = NULL;
    const char *tail = NULL;
    int status = sqlite3_prepare_v2(conn->db, sql, -1, &statement, &tail);
    g_assert(status != SQLITE_OK || tail[strspn(tail, " \n;")] == '\0');
    sqlite3_free(sql);
    if (status != SQLITE_OK)
        return sq_fail(conn, error);
    *ret = statement;
    return true;
}

bool
sq_prepare(SqliteConn *conn, sqlite3_stmt **ret, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool done = prepare_v(conn, ret, error, format, args);
    va_end(args);
    return done;
}

bool
sq_step(SqliteConn *conn, sqlite3_stmt *statement, bool *ret_row, GError **error)
{
    int status = sqlite3_step(statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return sq_fail(conn, error);
    *ret_row = status == SQLITE_ROW;
    return true;
}

bool
sq_texts(SqliteConn *conn, GPtrArray **ret, GError **error, const char *format, ...)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    AUTO_STMT *all = NULL;
    va_list args;
    va_start(args, format);
    bool row = true, done = prepare_v(conn, &all, error, format, args);
    va_end(args);
    while (done && (done = sq_step(conn, all, &row, error)) && row)
        g_ptr_array_add(texts, sq_text(all, 0));
    if (done)
        *ret = g_steal_pointer(&texts);
    return done;
}

bool
sq_run(SqliteConn *conn, sqlite3_stmt *statement, GError **error)
{
    for (bool row = true; row;)
        if (!sq_step(conn, statement, &row, error))
            return false;
    sqlite3_reset(statement);
    return true;
}

bool
sq_exec(SqliteConn *conn, GError **error, const char *format, ...)
{
    AUTO_STMT *statement = NULL;
    va_list args;
    va_start(args, format);
    bool done = prepare_v(conn, &statement, error, format, args);
    va_end(args);
    return done && sq_run(conn, statement, error);
}

bool
sq_int(SqliteConn *conn, int64_t *ret, GError **error, const char *format, ...)
{
    AUTO_STMT *statement = NULL;
    bool row = false;
    va_list args;
    va_start(args, format);
    bool done = prepare_v(conn, &statement, error, format, args);
    va_end(args);
    if (!done || !sq_step(conn, statement, &row, error))
        return false;
    *ret = row ? sqlite3_column_int64(statement, 0) : 0;
    return true;
}

void
sq_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

char *
sq_text(sqlite3_stmt *statement, int column)
{
    return g_strdup((const char *) sqlite3_column_text(statement, column));
}

bool
sq_begin(SqliteConn *conn, GError **error)
{
    g_assert(sqlite3_get_autocommit(conn->db) != 0);
    return sq_exec(conn, error, "BEGIN IMMEDIATE");
}

bool
sq_commit(SqliteConn *conn, GError **error)
{
    return conn_confirm(&conn->base, error) && sq_exec(conn, error, "COMMIT");
}

void
sq_rollback(SqliteConn *conn)
{
    if (sqlite3_get_autocommit(conn->db) == 0)
        sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
}

static int
progress(void *data)
{
    SqliteConn *conn = data;
    if (conn->base.tick == NULL)
        return 0;
    return !conn->base.tick(conn->rows_done, conn->base.tick_data);
}

void
sqlite_keep_pages(SqliteConn *conn, bool is_wanted)
{
    g_autofree char *sql =
        g_strdup_printf("PRAGMA cache_size = -%d", is_wanted ? CACHE_KIB : CACHE_ONCE_KIB);
    sqlite3_exec(conn->db, sql, NULL, NULL, NULL); /* failed: it is slower */
}

/* Not there, or nothing is in it. One that has pages keeps them as they are. */
static bool
is_to_be_made(const char *path)
{
    GStatBuf seen;
    return g_stat(path, &seen) != 0 || seen.st_size == 0;
}

/* What differs from SQLite's defaults, once the file is open; the first one also reads its head. */
static bool
sqlite_settle(SqliteConn *conn, int timeout_ms, GError **error)
{
    sqlite3_extended_result_codes(conn->db, 1);
    conn->timeout_ms = timeout_ms;
    sqlite3_busy_timeout(conn->db, timeout_ms);
    sqlite3_progress_handler(conn->db, PROGRESS_OPS, progress, conn);
    int64_t tables = 0;
    AUTO_STMT *encoding = NULL;
    bool row = false;
    if (!sq_int(conn, &tables, error, "SELECT count(*) FROM sqlite_schema") ||
        !sq_exec(conn, error, "PRAGMA synchronous = FULL") ||
        !sq_exec(conn, error, "PRAGMA foreign_keys = OFF") ||
        !sq_prepare(conn, &encoding, error, "PRAGMA encoding") ||
        !sq_step(conn, encoding, &row, error))
        return false;
    sqlite_keep_pages(conn, true);
    const char *name = (const char *) sqlite3_column_text(encoding, 0);
    conn->is_utf8 = row && g_strcmp0(name, "UTF-8") == 0;
    return true;
}

void
sqlite_close(Conn *base)
{
    SqliteConn *conn = sqlite_conn(base);
    conn_rollback(base);
    sq_rollback(conn);
    sqlite3_close_v2(conn->db);
    g_free(conn->path);
    g_free(conn->attached);
    g_free(conn->base.store);
    g_free(conn);
}

bool
sqlite_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    const char *path = json_get_string(store->settings, "path", NULL);
    if (path == NULL)
        return fail(error, ERR_INVALID, "the settings lack 'path', the database file");
    bool may_create = json_get_bool(store->settings, "create", false);
    bool is_read_only = json_get_bool(store->settings, "read_only", false);
    if (!may_create && !g_file_test(path, G_FILE_TEST_EXISTS))
        return fail(error, ERR_NOT_FOUND,
                    "there is no file '%s' ('create: true' in the store's settings makes it)",
                    path);

    if (json_get_bool(store->settings, "look", false) && !g_file_test(path, G_FILE_TEST_EXISTS))
        path = ":memory:"; /* as empty as the file that a move would make */

    SqliteConn *conn = g_new0(SqliteConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->base.book = &sqlite_book;
    conn->base.book_place = "main";
    conn->path = g_strdup(path);
    g_autoptr(Conn) owned = &conn->base;
    int access = is_read_only ? SQLITE_OPEN_READONLY
                              : SQLITE_OPEN_READWRITE | (may_create ? SQLITE_OPEN_CREATE : 0);
    int timeout_ms =
        (int) CLAMP(json_get_int(store->settings, "timeout_ms", TIMEOUT_MS_DEFAULT), 0, 600000);
    bool is_new = !is_read_only && is_to_be_made(path);
    /* one connection belongs to one thread at a time: no lock on each call */
    if (sqlite3_open_v2(path, &conn->db, access | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return sq_fail(conn, error);
    if (is_new && !sq_exec(conn, error, "PRAGMA page_size = %d", PAGE_BYTES))
        return false;
    if (!sqlite_settle(conn, timeout_ms, error))
        return false;
    *ret = g_steal_pointer(&owned);
    return true;
}
