/*
 * scan.c - reading tables and views: rows, single records, counts, expressions. How tables are divided says split.c.
 *
 * Rows are told by their rowid; where there is none, by their number in the scan, from 1.
 */
#include "driver/sqlite/scan.h"
#include "base/text.h"
#include "driver/sqlite/text.h"

/* --- statements --- */

void
sqlite_strict_names(SqliteConn *conn, bool strict)
{
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, strict ? 0 : 1, NULL);
}

bool
sqlite_from_where(const SqliteObject *object, const char *schema, const ScanSpec *spec, char **ret,
                  GError **error)
{
    g_autofree char *table = sql_quote(object->name);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "FROM %s.%s WHERE 1", schema, table);
    if (spec->range != NULL && !sqlite_append_range(sql, object, spec->range, error))
        return false;
    if (spec->where != NULL) /* the line ends a comment in it */
        g_string_append_printf(sql, " AND (%s\n)", spec->where);
    *ret = g_string_free(g_steal_pointer(&sql), FALSE);
    return true;
}

/* --- scans --- */

static void
sqlite_scan_close(Scan *base)
{
    SqliteScan *scan = (SqliteScan *) base;
    sqlite3_finalize(scan->statement);
    sqlite3_finalize(scan->record);
    if (scan->reads_once)
        sqlite_keep_pages(sqlite_conn(base->conn), true);
    sqlite_object_free(scan->object);
    schema_free(scan->output);
    g_clear_pointer(&scan->items, g_ptr_array_unref);
    g_free(scan->where);
    g_free(scan->range);
    g_free(scan->from_where);
    g_free(scan->order);
    g_string_free(scan->scratch, TRUE);
    g_free(scan);
}

static void
scan_drop(SqliteScan **scan)
{
    if (*scan != NULL)
        sqlite_scan_close(&(*scan)->base);
}

static GPtrArray *
item_texts(const ScanSpec *spec, const Schema *output)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    size_t count = spec->items != NULL ? spec->item_count : schema_count(output);
    for (size_t i = 0; i < count; i++) {
        const char *sql = spec->items != NULL ? spec->items[i].sql : NULL;
        const char *name =
            spec->items != NULL ? spec->items[i].name : schema_column(output, i)->name;
        g_ptr_array_add(items, sql != NULL ? g_strdup_printf("(%s\n)", sql) : sql_quote(name));
    }
    return items;
}

char *
sqlite_item_list(const ScanSpec *spec, const Schema *output)
{
    g_autoptr(GPtrArray) items = item_texts(spec, output);
    return text_join(items, ", ");
}

bool
sqlite_scan_prepare(SqliteScan *scan, const char *condition, const char *limit, GError **error)
{
    SqliteConn *conn = sqlite_conn(scan->base.conn);
    g_autofree char *items = text_join(scan->items, ", ");
    sq_done(&scan->statement);
    sqlite_strict_names(conn, scan->object->kind != OBJECT_VIEW);
    bool prepared =
        sq_prepare(conn, &scan->statement, error, "SELECT %s, %s FROM main.\"%w\" WHERE %s%s%s",
                   scan->object->rowid != NULL ? scan->object->rowid : "0", items,
                   scan->object->name, condition, scan->order, limit);
    sqlite_strict_names(conn, false);
    return prepared;
}

/* A table in the order of its tree: no page of it is asked for a second time, unless an expression reads other tables. */
static bool
reads_once(const SqliteScan *scan)
{
    if (scan->object->kind != OBJECT_TABLE || sqlite_conn(scan->base.conn)->loader != NULL ||
        (scan->where != NULL && sql_has_word(scan->where, "SELECT")))
        return false;
    for (guint i = 0; i < scan->items->len; i++)
        if (sql_has_word(scan->items->pdata[i], "SELECT"))
            return false;
    return true;
}

static bool
sqlite_scan_open(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    __attribute__((cleanup(scan_drop))) SqliteScan *scan = g_new0(SqliteScan, 1);
    scan->scratch = g_string_new(NULL);
    if (!sqlite_object_need(conn, spec->object, &scan->object, error))
        return false;
    if (spec->output != NULL)
        scan->output = schema_copy(spec->output);
    else if (!sqlite_describe(base, spec->object, &scan->output, error))
        return false;
    scan->base.conn = base;
    scan->items = item_texts(spec, scan->output);
    scan->where = g_strdup(spec->where);
    g_autoptr(GString) range = g_string_new("1");
    if ((spec->range != NULL && !sqlite_append_range(range, scan->object, spec->range, error)) ||
        !sqlite_from_where(scan->object, "main", spec, &scan->from_where, error))
        return false;
    scan->range = g_strdup(range->str);
    g_autofree char *condition = spec->where != NULL
                                     ? g_strdup_printf("%s AND (%s\n)", scan->range, spec->where)
                                     : g_strdup(scan->range);
    g_autoptr(GPtrArray) positions = sqlite_position_columns(scan->object);
    g_autofree char *order = text_join(positions, ", ");
    scan->order = positions->len > 0 ? g_strconcat(" ORDER BY ", order, NULL) : g_strdup("");
    if (!sqlite_scan_prepare(scan, condition, "", error))
        return false;
    scan->reads_once = reads_once(scan);
    if (scan->reads_once)
        sqlite_keep_pages(conn, false);
    *ret = &g_steal_pointer(&scan)->base;
    return true;
}

/* The row at the statement into the batch; false when it was rejected. */
static bool
take_row(SqliteScan *scan, Batch *batch, int64_t row_id, RejectFn *reject, void *data)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        g_autofree char *reason = NULL;
        if (cell_read(scan->statement, (int) i + 1, batch, i, scan->scratch, &reason))
            continue;
        batch_drop_row(batch);
        reject(row_id, SIZE_MAX, schema_column(scan->output, i)->name, reason, data);
        return false;
    }
    batch_commit_row(batch, row_id);
    return true;
}

static bool
sqlite_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    SqliteScan *scan = (SqliteScan *) base;
    SqliteConn *conn = sqlite_conn(base->conn);
    g_assert(batch->column_count == schema_count(scan->output));
    while (scan->statement != NULL && !batch_is_full(batch)) {
        bool row = false;
        g_autoptr(GError) broken = NULL;
        if (!sq_step(conn, scan->statement, &row, &broken)) {
            if (!sqlite_scan_rescue(scan, g_steal_pointer(&broken), reject, data, error))
                return false;
            continue;
        }
        if (!row) {
            sq_done(&scan->statement);
            break;
        }
        scan->rows++;
        conn->rows_done++;
        int64_t row_id =
            scan->object->rowid != NULL ? sqlite3_column_int64(scan->statement, 0) : scan->rows;
        scan->last_id = row_id;
        take_row(scan, batch, row_id, reject, data);
    }
    return true;
}

static bool
sqlite_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    SqliteScan *scan = (SqliteScan *) base;
    SqliteConn *conn = sqlite_conn(base->conn);
    bool row = false;
    if (scan->record == NULL) {
        g_autofree char *table = sql_quote(scan->object->name);
        bool done =
            scan->object->rowid != NULL
                ? sq_prepare(conn, &scan->record, error, "SELECT * FROM main.%s WHERE %s = ?1",
                             table, scan->object->rowid)
                : sq_prepare(conn, &scan->record, error, "SELECT * %s%s LIMIT 1 OFFSET ?1 - 1",
                             scan->from_where, scan->order);
        if (!done)
            return false;
    }
    sqlite3_bind_int64(scan->record, 1, row_id);
    if (!sq_step(conn, scan->record, &row, error))
        return false;
    if (row)
        *ret = row_to_json(scan->record, 0);
    sqlite3_reset(scan->record);
    return row || fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
}

static bool
sqlite_scan_count(Conn *base, const char *name, const char *where, int64_t *ret_rows,
                  GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    ScanSpec spec = {.object = name, .where = where};
    g_autofree char *from_where = NULL;
    if (!sqlite_object_need(conn, name, &object, error) ||
        !sqlite_from_where(object, "main", &spec, &from_where, error))
        return false;
    return sq_int(conn, ret_rows, error, "SELECT count(*) %s", from_where);
}

/* In the WHERE clause an aggregate is refused, which would make one row of all. */
static bool
sqlite_check_expr(Conn *base, const char *name, const char *sql, char **ret_message)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(GError) error = NULL;
    g_autoptr(SqliteObject) object = NULL;
    if (!sql_check_expression(sql, ret_message))
        return false;
    AUTO_STMT *statement = NULL;
    bool found = sqlite_object_need(conn, name, &object, &error);
    g_autofree char *table = found ? sql_quote(object->name) : NULL;
    sqlite_strict_names(conn, found && object->kind != OBJECT_VIEW);
    bool is_good = found && sq_prepare(conn, &statement, &error,
                                       "SELECT 1 FROM main.%s WHERE (%s\n)", table, sql);
    sqlite_strict_names(conn, false);
    if (!is_good)
        *ret_message = g_strdup(error->message);
    return is_good;
}

const ScanOps sqlite_scan_ops = {
    .split = sqlite_split,
    .open = sqlite_scan_open,
    .next = sqlite_scan_next,
    .close = sqlite_scan_close,
    .record = sqlite_scan_record,
    .count = sqlite_scan_count,
    .sum = sqlite_sum,
    .keeps_key = sqlite_keeps_key,
    .has_sql = true,
    .check_expr = sqlite_check_expr,
};
