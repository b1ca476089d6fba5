/*
 * rescue.c - when an expression fails in one row: finding that row, and reading on behind it.
 *
 * SQLite ends the whole statement when json_extract() meets a text that is no JSON, or abs() overflows.
 * The row that did it stands behind the last one that was given, and is the first of those that fails
 * alone as well. It is told to `reject`, with the column whose expression failed, and the statement is
 * begun anew behind it. SQLite is free to ask the condition about rows before that one first; a CASE sees
 * to it that it does not.
 */
#include "driver/sqlite/scan.h"

#include <string.h>

/* Is it about values of a row, so that other rows may still be read? */
static bool
is_about_a_row(const GError *error)
{
    return error_is(error, ERR_INVALID) || error_is(error, ERR_TOO_LARGE);
}

/* Evaluate `items` in the row with this id; `*ret_reason` NULL when that goes well, or when the row
 * does not meet the condition. */
static bool
try_row(SqliteScan *scan, const char *items, const char *where, int64_t id, char **ret_reason,
        GError **error)
{
    SqliteConn *conn = sqlite_conn(scan->base.conn);
    g_autoptr(GError) broken = NULL;
    AUTO_STMT *one = NULL;
    bool row = false;
    sqlite_strict_names(conn, scan->object->kind != OBJECT_VIEW);
    bool prepared = sq_prepare(
        conn, &one, error, "SELECT %s FROM main.\"%w\" WHERE %s = %lld%s%s%s", items,
        scan->object->name, scan->object->rowid, (long long) id, where != NULL ? " AND (" : "",
        where != NULL ? where : "", where != NULL ? "\n)" : "");
    sqlite_strict_names(conn, false);
    if (!prepared)
        return false;
    if (sq_step(conn, one, &row, &broken))
        return true;
    if (!is_about_a_row(broken)) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    *ret_reason = g_strdup(broken->message);
    return true;
}

/* All that is read of a row: as one text. Caller frees. */
static char *
all_items(const SqliteScan *scan)
{
    g_ptr_array_add(scan->items, NULL);
    char *items = g_strjoinv(", ", (char **) scan->items->pdata);
    g_ptr_array_set_size(scan->items, (int) scan->items->len - 1);
    return items;
}

/* Those of the range behind the last one given. Caller frees. */
static char *
wanted_rows(const SqliteScan *scan)
{
    if (scan->rows == 0)
        return g_strdup(scan->range);
    return g_strdup_printf("%s AND %s > %" G_GINT64_FORMAT, scan->range, scan->object->rowid,
                           scan->last_id);
}

/* Go on behind the last row given. */
static bool
begin_anew(SqliteScan *scan, GError **error)
{
    g_autofree char *wanted = wanted_rows(scan);
    g_autofree char *condition =
        scan->where != NULL
            ? g_strdup_printf("%s AND CASE WHEN %s THEN (%s\n) END", wanted, wanted, scan->where)
            : g_strdup(wanted);
    return sqlite_scan_prepare(scan, condition, "", error);
}

/* The first row behind the last one given that fails alone; `*ret_reason` NULL when there is none. */
static bool
find_row(SqliteScan *scan, int64_t *ret_id, char **ret_reason, GError **error)
{
    SqliteConn *conn = sqlite_conn(scan->base.conn);
    const char *rowid = scan->object->rowid;
    g_autofree char *items = all_items(scan);
    g_autofree char *wanted = wanted_rows(scan);
    AUTO_STMT *ids = NULL;
    if (!sq_prepare(conn, &ids, error, "SELECT %s FROM main.\"%w\" WHERE %s ORDER BY %s", rowid,
                    scan->object->name, wanted, rowid))
        return false;
    for (bool row = true; *ret_reason == NULL;) {
        if (!sq_step(conn, ids, &row, error))
            return false;
        if (!row)
            return true;
        *ret_id = sqlite3_column_int64(ids, 0);
        if (!try_row(scan, items, scan->where, *ret_id, ret_reason, error))
            return false;
    }
    return true;
}

/* The column whose expression it is, or "where". */
static bool
find_column(SqliteScan *scan, int64_t id, const char **ret_column, GError **error)
{
    *ret_column = scan->where != NULL ? "where" : NULL;
    for (guint i = 0; i < scan->items->len; i++) {
        g_autofree char *reason = NULL;
        if (!try_row(scan, scan->items->pdata[i], NULL, id, &reason, error))
            return false;
        if (reason == NULL)
            continue;
        *ret_column = schema_column(scan->output, i)->name;
        return true;
    }
    return true;
}

static bool
rescue_by_id(SqliteScan *scan, bool *ret_found, RejectFn *reject, void *data, GError **error)
{
    int64_t id = 0;
    const char *column = NULL;
    g_autofree char *reason = NULL;
    if (!find_row(scan, &id, &reason, error))
        return false;
    *ret_found = reason != NULL;
    if (reason == NULL)
        return true;
    if (!find_column(scan, id, &column, error))
        return false;
    scan->rows++;
    scan->last_id = id;
    reject(id, SIZE_MAX, column, reason, data);
    return begin_anew(scan, error);
}

/* Without ids rows are told by their number, and skipping one does not evaluate it. A condition would
 * be evaluated, so with one there is no way around. */
static bool
rescue_by_number(SqliteScan *scan, const char *reason, bool *ret_found, RejectFn *reject,
                 void *data, GError **error)
{
    int64_t rows = 0;
    if (scan->where == NULL &&
        !sq_int(sqlite_conn(scan->base.conn), &rows, error, "SELECT count(*) %s", scan->from_where))
        return false;
    *ret_found = scan->rows < rows;
    if (!*ret_found)
        return true;
    scan->last_id = ++scan->rows;
    reject(scan->rows, SIZE_MAX, NULL, reason, data);
    g_autofree char *limit = g_strdup_printf(" LIMIT -1 OFFSET %" G_GINT64_FORMAT, scan->rows);
    return sqlite_scan_prepare(scan, scan->range, limit, error);
}

bool
sqlite_scan_rescue(SqliteScan *scan, GError *take_broken, RejectFn *reject, void *data,
                   GError **error)
{
    g_autoptr(GError) broken = take_broken;
    bool found = false;
    bool done = !is_about_a_row(broken) ||
                (scan->object->rowid != NULL
                     ? rescue_by_id(scan, &found, reject, data, error)
                     : rescue_by_number(scan, broken->message, &found, reject, data, error));
    if (!done || found)
        return done;
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}
