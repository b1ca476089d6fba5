/*
 * query.c - a query that somebody else wrote, run where it can change and reach nothing.
 *
 * In a session of its own, which is closed behind it. The names of the spec are tables of that session, which hide others of
 * their names (there are no views of a session here): so each costs its rows once, which the spec bounds. Then the texts of the
 * query mean what the server's own settings say, and not ours. It is prepared as a table of WITH before it is run: the server
 * itself says that it is one query that goes nowhere. It runs in a transaction that only reads.
 *
 * No catalog says which functions answer anew each time; whoever compares sees that one does.
 */
#include "driver/query.h"
#include "driver/mariadb/mariadb.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

#define LOCK_S 2      /* a query that waits longer is not worth it: whoever writes goes first */
#define BINARY_SET 63 /* charset of what is no text */
#define TIME_IS_UP 1969

typedef struct {
    MariaConn *conn;
    MYSQL *db;
    const QuerySpec *spec;
    int64_t until_ms;
} Session;

static void
session_clear(Session *session)
{
    if (session->db != NULL)
        mysql_close(session->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

static bool
session_fail(const Session *session, GError *take_broken, GError **error)
{
    if (session->conn->code == TIME_IS_UP) {
        g_error_free(take_broken);
        return query_fail_late(session->spec, error);
    }
    g_propagate_error(error, take_broken);
    return false;
}

static bool
run(Session *session, const char *sql, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (clock_monotonic_ms() > session->until_ms)
        return query_fail_late(session->spec, error);
    return maria_run_on(session->conn, session->db, sql, &broken) ||
           session_fail(session, g_steal_pointer(&broken), error);
}

/* ---- the names of the spec ---- */

/* NULL: SQL does not say them all. Caller frees. */
static char *
view_items(Session *session, const MariaObject *object, const Program *program)
{
    if (program == NULL)
        return g_strdup("*");
    return maria_check_expressions(session->conn, object, program, NULL)
               ? query_items(program, TYPED_MARIADB, maria_name)
               : NULL;
}

static bool
table_make(Session *session, const QueryView *view, GError **error)
{
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(session->conn, view->object, &object, error))
        return false;
    g_autofree char *items = view_items(session, object, view->program);
    if (items == NULL)
        return maria_query_fill(session->conn, session->db, view, error);
    g_autofree char *name = maria_name(view->name);
    g_autofree char *sql =
        g_strdup_printf("CREATE TEMPORARY TABLE %s AS SELECT %s FROM %s WHERE (%s\n)", name, items,
                        object->sql, view->where != NULL ? view->where : "TRUE");
    return run(session, sql, error);
}

static bool
session_begin(Session *session, GError **error)
{
    g_autofree char *limits =
        g_strdup_printf("SET SESSION max_statement_time = %.3f, lock_wait_timeout = %d, "
                        "innodb_lock_wait_timeout = %d",
                        (double) session->spec->time_ms_max / 1000, LOCK_S, LOCK_S);
    session->until_ms = clock_monotonic_ms() + session->spec->time_ms_max;
    if (!maria_connect(session->conn, false, &session->db, error) || !run(session, limits, error))
        return false;
    for (size_t i = 0; i < session->spec->view_count; i++)
        if (!table_make(session, &session->spec->views[i], error))
            return false;
    return run(session, "SET SESSION sql_mode = @@GLOBAL.sql_mode", error) &&
           run(session, "START TRANSACTION READ ONLY", error);
}

/* ---- what it may do ---- */

/* How many columns it gives. INVALID: the server does not understand it. */
static bool
prepare(Session *session, const char *sql, unsigned *ret_columns, unsigned *ret_parameters,
        GError **error)
{
    MYSQL_STMT *statement = mysql_stmt_init(session->db);
    bool done = mysql_stmt_prepare(statement, sql, strlen(sql)) == 0;
    *ret_columns = done ? mysql_stmt_field_count(statement) : 0;
    *ret_parameters = done ? (unsigned) mysql_stmt_param_count(statement) : 0;
    if (!done)
        fail(error, ERR_INVALID, "%s", mysql_stmt_error(statement));
    mysql_stmt_close(statement);
    return done;
}

/* Whatever is no plain query, or goes into a file or a variable, cannot stand there. */
static bool
is_plain_query(Session *session, unsigned columns)
{
    g_autoptr(GString) sql = g_string_new("WITH honk_query (");
    unsigned one, none;
    for (unsigned i = 0; i < columns; i++)
        g_string_append_printf(sql, "%sc%u", i > 0 ? ", " : "", i);
    g_string_append_printf(sql, ") AS (\n%s\n) SELECT 1 FROM honk_query", session->spec->sql);
    return prepare(session, sql->str, &one, &none, NULL);
}

static bool
check(Session *session, GError **error)
{
    unsigned columns, parameters;
    if (!prepare(session, session->spec->sql, &columns, &parameters, error))
        return false;
    if (parameters > 0)
        return query_fail_parameters(error);
    return (columns > 0 && is_plain_query(session, columns)) || query_fail_writes(error);
}

/* ---- the rows ---- */

static QueryCell
int_cell(const char *text, size_t size)
{
    char *end = NULL;
    errno = 0;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    return errno == 0 && end == text + size
               ? (QueryCell){.kind = QUERY_INT, .integer = value}
               : (QueryCell){.kind = QUERY_TEXT, .bytes = text, .size = size};
}

static QueryCell
cell_of(const MYSQL_FIELD *field, const char *text, size_t size)
{
    if (text == NULL)
        return (QueryCell){.kind = QUERY_NULL};
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return int_cell(text, size);
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return (QueryCell){.kind = QUERY_FLOAT, .real = g_ascii_strtod(text, NULL)};
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return query_decimal(text, size);
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BIT:
        return (QueryCell){.kind = field->charsetnr == BINARY_SET ? QUERY_BYTES : QUERY_TEXT,
                           .bytes = text,
                           .size = size};
    default:
        return (QueryCell){.kind = QUERY_TEXT, .bytes = text, .size = size};
    }
}

static bool
give_rows(Session *session, MYSQL_RES *result, QueryRowFn *row, void *data, GError **error)
{
    unsigned count = mysql_num_fields(result);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    g_autofree QueryCell *cells = g_new(QueryCell, count);
    g_autoptr(GError) broken = NULL;
    for (int64_t rows = 0;; rows++) {
        MYSQL_ROW got = NULL;
        if (!maria_next(session->conn, session->db, result, &got, &broken))
            return session_fail(session, g_steal_pointer(&broken), error);
        if (got == NULL)
            return true;
        if (rows == session->spec->rows_max)
            return query_fail_many(session->spec, error);
        const unsigned long *sizes = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < count; i++)
            cells[i] = cell_of(&fields[i], got[i], sizes[i]);
        row(cells, count, data);
    }
}

static bool
send(Session *session, MYSQL_RES **ret, GPtrArray **ret_names, GError **error)
{
    g_autoptr(GError) broken = NULL;
    const char *sql = session->spec->sql;
    if (!maria_send(session->conn, session->db, sql, strlen(sql), &broken))
        return session_fail(session, g_steal_pointer(&broken), error);
    *ret = mysql_use_result(session->db);
    if (*ret == NULL)
        return maria_fail(session->conn, session->db, error);
    *ret_names = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < mysql_num_fields(*ret); i++)
        g_ptr_array_add(*ret_names, g_strdup(mysql_fetch_fields(*ret)[i].name));
    return true;
}

static bool
query(Conn *base, const QuerySpec *spec, QueryRowFn *row, void *data, GPtrArray **ret_names,
      GError **error)
{
    g_auto(Session) session = {.conn = maria_conn(base), .spec = spec};
    MYSQL_RES *result = NULL;
    if (!session_begin(&session, error) || !check(&session, error) ||
        !send(&session, &result, ret_names, error))
        return false;
    bool done = give_rows(&session, result, row, data, error);
    if (done)
        mysql_free_result(result);
    else
        maria_abandon(session.db, result);
    return done;
}

/* ---- which rows ---- */

/* A value of the key as SQL, in any mode and collation, by SQL; NULL: not of this type. */
static char *
literal_sql(const char *name, ColumnType type)
{
    switch (type) {
    case TYPE_INT:
        return g_strdup(name);
    case TYPE_TEXT:
        return g_strdup_printf("CONCAT('CONVERT(0x', HEX(CONVERT(%s USING utf8mb4)), ' USING "
                               "utf8mb4)')",
                               name);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_DECIMAL:
        return g_strdup_printf("CONCAT(, %s, )", name);
    default:
        return NULL;
    }
}

/* By the first column of the key. */
static bool
sample(Conn *base, const char *object_name, int64_t rows, char **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    AUTO_ROWS *bound = NULL;
    if (!maria_object_need(conn, object_name, &object, error))
        return false;
    if (object->key->len == 0)
        return true;
    g_autofree char *name = maria_name(object->key->pdata[0]);
    g_autofree char *literal = literal_sql(name, g_array_index(object->key_types, ColumnType, 0));
    if (literal == NULL)
        return true;
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %" G_GINT64_FORMAT, literal,
                        object->sql, name, rows - 1);
    if (!maria_rows_on(conn, conn->db, sql, &bound, error))
        return false;
    MYSQL_ROW row = mysql_fetch_row(bound);
    if (row != NULL && row[0] != NULL)
        *ret = g_strdup_printf("%s <= %s", name, row[0]);
    return true;
}

static bool
rows_are(Conn *base, const char *name, const int64_t *ids, size_t count, char **ret, GError **error)
{
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(maria_conn(base), name, &object, error))
        return false;
    if (object->int_key == NULL)
        return query_fail_rows(name, error);
    g_autofree char *id = maria_name(object->int_key);
    *ret = query_ids(id, ids, count);
    return true;
}

const QueryOps maria_query_ops = {.run = query, .sample = sample, .rows_are = rows_are};
