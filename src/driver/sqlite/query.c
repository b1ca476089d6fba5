/*
 * query.c - a query that somebody else wrote, run where it can change and reach nothing.
 *
 * On a connection of its own, opened for reading, where the names of the spec stand for views (in the schema `temp`,
 * which SQLite looks into first). An authorizer lets nothing through but reading; what would answer differently the
 * next time, and what gets round a view by naming its schema, is refused.
 */
#include "driver/query.h"
#include "driver/sqlite/sqlite.h"

#include "base/clock.h"

#include <string.h>

#define BUSY_MS 2000   /* a query that waits longer is not worth it: whoever writes goes first */
#define TICK_OPS 20000 /* steps of SQLite's machine between two looks at the clock */

typedef struct {
    SqliteConn *conn; /* whose tick is asked */
    sqlite3 *db;
    const QuerySpec *spec;
    int64_t until_ms;
    bool is_late, is_stopped, is_locked; /* locked: views are there, from here on only reading */
    char *refused;                       /* what the authorizer did not let through */
} Session;

static void
session_clear(Session *session)
{
    sqlite3_close_v2(session->db);
    g_free(session->refused);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

static int
on_progress(void *data)
{
    Session *session = data;
    session->is_late = clock_monotonic_ms() > session->until_ms;
    TickFn *tick = session->conn->base.tick;
    session->is_stopped = tick != NULL && !tick(-1, session->conn->base.tick_data);
    return session->is_late || session->is_stopped;
}

/* ---- what it may do ---- */

static int
refuse(Session *session, char *take_reason)
{
    g_free(session->refused);
    session->refused = take_reason;
    return SQLITE_DENY;
}

static bool
changes_by_itself(const char *function)
{
    static const char *const names[] = {
        "random",         "randomblob", "changes", "total_changes", "last_insert_rowid",
        "load_extension", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (g_ascii_strcasecmp(function, names[i]) == 0)
            return true;
    return false;
}

static bool
is_viewed(const Session *session, const char *table)
{
    for (size_t i = 0; i < session->spec->view_count; i++)
        if (g_ascii_strcasecmp(session->spec->views[i].name, table) == 0)
            return true;
    return false;
}

/* SQLite also tells of a view's own table, as if nobody stood between, where GROUP BY or ORDER BY repeat an output by its
 * alias; so the text has to be able to say it. */
static bool
may_name_main(const Session *session)
{
    const size_t length = strlen("main");
    for (const char *at = session->spec->sql; *at != '\0'; at++)
        if (g_ascii_strncasecmp(at, "main", length) == 0)
            return true;
    return false;
}

/* Parameters as of sqlite3_set_authorizer(): `inside` is the view or trigger that the access comes from. */
static int
on_access(void *data, int action, const char *first, const char *second, const char *schema,
          const char *inside)
{
    Session *session = data;
    if (!session->is_locked)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        /* Without a column: nothing but rowids is read, or rows are counted, maybe in a view's place. */
        if (inside == NULL && *second != '\0' && g_strcmp0(schema, "main") == 0 &&
            is_viewed(session, first) && may_name_main(session))
            return refuse(session, g_strdup_printf("it names the schema of '%s'", first));
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (changes_by_itself(second))
            return refuse(session, g_strdup_printf("%s() gives something else each time", second));
        return SQLITE_OK;
    default:
        return refuse(session, g_strdup("it does more than read"));
    }
}

static bool
session_fail(const Session *session, GError **error)
{
    if (session->is_stopped)
        return fail(error, ERR_STOPPED, "asked to stop");
    if (session->is_late)
        return query_fail_late(session->spec, error);
    if (session->refused != NULL)
        return fail(error, ERR_UNSUPPORTED, "%s", session->refused);
    const char *message = sqlite3_errmsg(session->db);
    return fail(error,
                g_str_has_prefix(message, "no such table")
                    ? ERR_NOT_FOUND
                    : sq_code(sqlite3_extended_errcode(session->db)),
                "%s", message);
}

/* ---- the names of the spec ---- */

/* "a, b AS c" for a view: the mapping's items, named as the target's columns. NULL: the mapping cannot be said in SQL. */
static char *
view_items(Session *session, Program *program, GError **error)
{
    const SourceItem *items = NULL;
    if (program == NULL)
        return g_strdup("*");
    size_t count = program_select_sqlite(program, SELECT_GUARDED, &items);
    if (count == 0) {
        fail(error, ERR_UNSUPPORTED, "the mapping cannot be said in SQL");
        return NULL;
    }
    if (!program_register(program, session->db, error))
        return NULL;
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        char *item = sqlite3_mprintf("%s%s AS \"%w\"", i > 0 ? ", " : "", items[i].sql,
                                     schema_column(program_target(program), i)->name);
        g_string_append(list, item);
        sqlite3_free(item);
    }
    return g_string_free(list, FALSE);
}

static bool
view_make(Session *session, const QueryView *view, GError **error)
{
    g_autofree char *items = view_items(session, view->program, error);
    const char *where = view->where;
    if (items == NULL)
        return false;
    char *sql =
        sqlite3_mprintf("CREATE TEMP VIEW \"%w\" AS SELECT %s FROM main.\"%w\" WHERE (%s\n)",
                        view->name, items, view->object, where != NULL ? where : "1");
    int status = sqlite3_exec(session->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return status == SQLITE_OK || session_fail(session, error);
}

static bool
session_open(Session *session, GError **error)
{
    if (sqlite3_open_v2(session->conn->path, &session->db,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return session_fail(session, error);
    sqlite3_extended_result_codes(session->db, 1);
    sqlite3_busy_timeout(session->db, BUSY_MS);
    sqlite3_set_authorizer(session->db, on_access, session);
    session->until_ms = clock_monotonic_ms() + session->spec->time_ms_max;
    sqlite3_progress_handler(session->db, TICK_OPS, on_progress, session);
    for (size_t i = 0; i < session->spec->view_count; i++)
        if (!view_make(session, &session->spec->views[i], error))
            return false;
    session->is_locked = true;
    return true;
}

/* ---- the query ---- */

static QueryCell
cell_of(sqlite3_stmt *statement, int index)
{
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_NULL:
        return (QueryCell){.kind = QUERY_NULL};
    case SQLITE_INTEGER:
        return (QueryCell){.kind = QUERY_INT, .integer = sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
        return (QueryCell){.kind = QUERY_FLOAT, .real = sqlite3_column_double(statement, index)};
    case SQLITE_BLOB:
        return (QueryCell){.kind = QUERY_BYTES,
                           .bytes = sqlite3_column_blob(statement, index),
                           .size = (size_t) sqlite3_column_bytes(statement, index)};
    default:
        return (QueryCell){.kind = QUERY_TEXT,
                           .bytes = sqlite3_column_text(statement, index),
                           .size = (size_t) sqlite3_column_bytes(statement, index)};
    }
}

static bool
prepare(Session *session, sqlite3_stmt **ret, GError **error)
{
    const char *tail = NULL;
    if (sqlite3_prepare_v2(session->db, session->spec->sql, -1, ret, &tail) != SQLITE_OK)
        return session_fail(session, error);
    if (*ret == NULL || tail[strspn(tail, " \t\r\n;")] != '\0')
        return query_fail_statements(error);
    if (sqlite3_bind_parameter_count(*ret) > 0)
        return query_fail_parameters(error);
    if (!sqlite3_stmt_readonly(*ret) || sqlite3_column_count(*ret) == 0)
        return query_fail_writes(error);
    return true;
}

static bool
give_rows(Session *session, sqlite3_stmt *statement, QueryRowFn *row, void *data, GError **error)
{
    int count = sqlite3_column_count(statement), status;
    g_autofree QueryCell *cells = g_new(QueryCell, (size_t) count);
    int64_t rows = 0;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
        if (++rows > session->spec->rows_max)
            return query_fail_many(session->spec, error);
        for (int i = 0; i < count; i++)
            cells[i] = cell_of(statement, i);
        row(cells, (size_t) count, data);
    }
    return status == SQLITE_DONE || session_fail(session, error);
}

static bool
query(Conn *base, const QuerySpec *spec, QueryRowFn *row, void *data, GPtrArray **ret_names,
      GError **error)
{
    g_auto(Session) session = {.conn = sqlite_conn(base), .spec = spec};
    AUTO_STMT *statement = NULL;
    if (!session_open(&session, error) || !prepare(&session, &statement, error))
        return false;
    *ret_names = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        g_ptr_array_add(*ret_names, g_strdup(sqlite3_column_name(statement, i)));
    return give_rows(&session, statement, row, data, error);
}

/* ---- which rows ---- */

static bool
sample(Conn *base, const char *name, int64_t rows, char **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    AUTO_STMT *statement = NULL;
    if (!sqlite_object_need(conn, name, &object, error))
        return false;
    if (object->rowid == NULL)
        return true;
    if (!sq_prepare(conn, &statement, error,
                    "SELECT %s FROM main.\"%w\" ORDER BY 1 LIMIT 1 OFFSET %lld", object->rowid,
                    object->name, (long long) rows))
        return false;
    bool has_row = false;
    if (!sq_step(conn, statement, &has_row, error))
        return false;
    if (has_row)
        *ret = g_strdup_printf("%s < %" G_GINT64_FORMAT, object->rowid,
                               (int64_t) sqlite3_column_int64(statement, 0));
    return true;
}

static bool
rows_are(Conn *base, const char *name, const int64_t *ids, size_t count, char **ret, GError **error)
{
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(sqlite_conn(base), name, &object, error))
        return false;
    if (object->rowid == NULL)
        return query_fail_rows(name, error);
    *ret = query_ids(object->rowid, ids, count);
    return true;
}

const QueryOps sqlite_query_ops = {.run = query, .sample = sample, .rows_are = rows_are};
