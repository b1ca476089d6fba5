/*
 * scan.c - reading tables and views: ranges, rows, single records, counts, expressions.
 *
 * A table with a rowid is cut at quantiles of the rowid, one WITHOUT ROWID at quantiles of its key: the
 * index is walked once, `rows` entries at a time, so gaps and negative numbers make no difference (rowids
 * without any gap are counted, which is quicker). The
 * first range has no beginning and the last no end, so rows that come later are somewhere, too. Views, and
 * tables whose columns hide every name of the rowid, are one range.
 *
 * Rows are told by their rowid; where there is none, by their number in the scan, from 1.
 */
#include "driver/sqlite/scan.h"
#include "base/limits.h"
#include "driver/sqlite/text.h"

#include <string.h>

/* --- ranges --- */

/* What positions are made of: the rowid, or the columns of the key. Quoted. NULL: nothing. */
static GPtrArray *
position_columns(const SqliteObject *object)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(g_free);
    if (object->rowid != NULL)
        g_ptr_array_add(columns, g_strdup(object->rowid));
    else if (object->kind == OBJECT_TABLE && !object->has_rowid)
        for (guint i = 0; i < object->key->len; i++)
            g_ptr_array_add(columns, sql_quote(object->key->pdata[i]));
    return columns;
}

static char *
join(const GPtrArray *parts, const char *between)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? between : "", (char *) parts->pdata[i]);
    return g_string_free(text, FALSE);
}

/* A cell of a key as JSON that says its class. */
static json_t *
position_to_json(sqlite3_stmt *statement, int index)
{
    g_autofree char *text = NULL;
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, index));
    case SQLITE_FLOAT: /* as text: plans hold no floating-point numbers */
        text = g_strdup_printf("%.17g", sqlite3_column_double(statement, index));
        return json_pack("{ss}", "real", text);
    case SQLITE_TEXT: {
        json_t *json = json_stringn((const char *) sqlite3_column_text(statement, index),
                                    (size_t) sqlite3_column_bytes(statement, index));
        if (json != NULL && memchr(sqlite3_column_text(statement, index), '\0',
                                   (size_t) sqlite3_column_bytes(statement, index)) == NULL)
            return json;
        json_decref(json);
        break;
    }
    default:
        break;
    }
    GString *hex = g_string_new(NULL);
    const unsigned char *data = sqlite3_column_blob(statement, index);
    for (int i = 0; i < sqlite3_column_bytes(statement, index); i++)
        g_string_append_printf(hex, "%02x", data[i]);
    const char *kind = sqlite3_column_type(statement, index) == SQLITE_TEXT ? "text" : "blob";
    json_t *object = json_pack("{ss}", kind, hex->str);
    g_string_free(hex, TRUE);
    return object;
}

/* The same as an SQL literal; NULL when it is none of ours. */
static char *
position_to_sql(const json_t *position)
{
    if (json_is_integer(position))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(position));
    if (json_is_string(position)) {
        char *quoted = sqlite3_mprintf("%Q", json_string_value(position));
        char *copy = g_strdup(quoted);
        sqlite3_free(quoted);
        return copy;
    }
    const char *real = json_get_string(position, "real", NULL);
    const char *text = json_get_string(position, "text", NULL);
    const char *hex = text != NULL ? text : json_get_string(position, "blob", NULL);
    if (real != NULL && real[strspn(real, "0123456789+-.e")] == '\0')
        return g_strdup(real);
    if (hex == NULL || hex[strspn(hex, "0123456789abcdef")] != '\0' || strlen(hex) % 2 != 0)
        return NULL;
    return g_strdup_printf(text != NULL ? "CAST(x'%s' AS TEXT)" : "x'%s'", hex);
}

/* A boundary: one literal, or "(a, b)" of them. NULL when it does not fit the columns. */
static char *
boundary_to_sql(const json_t *boundary, guint columns)
{
    if (columns == 1 && !json_is_array(boundary))
        return position_to_sql(boundary);
    if (json_array_size(boundary) != columns)
        return NULL;
    GString *sql = g_string_new("(");
    for (guint i = 0; i < columns; i++) {
        g_autofree char *literal = position_to_sql(json_array_get(boundary, i));
        if (literal == NULL)
            return g_string_free(sql, TRUE);
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", literal);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static void
add_range(json_t *ranges, json_t *from, json_t *to, int64_t rows)
{
    json_t *range = json_object();
    json_object_set(range, "from", from);
    json_object_set(range, "to", to);
    json_object_set_new(range, "rows", json_integer(rows));
    json_array_append_new(ranges, range);
}

/* The position `rows` rows after `*boundary`, which it replaces; NULL at the end. */
static bool
next_boundary(SqliteConn *conn, const char *table, const GPtrArray *columns, int64_t rows,
              json_t **boundary, GError **error)
{
    g_autofree char *list = join(columns, ", ");
    g_autofree char *literal =
        json_is_null(*boundary) ? g_strdup("") : boundary_to_sql(*boundary, columns->len);
    g_assert(literal != NULL);
    const char *open = columns->len > 1 ? "(" : "", *close = columns->len > 1 ? ")" : "";
    AUTO_STMT *find = NULL;
    bool row = false;
    if (!sq_prepare(conn, &find, error,
                    "SELECT %s FROM main.%s %s%s%s%s%s%s ORDER BY %s LIMIT 1 OFFSET %lld", list,
                    table, literal[0] != '\0' ? "WHERE " : "", literal[0] != '\0' ? open : "",
                    literal[0] != '\0' ? list : "", literal[0] != '\0' ? close : "",
                    literal[0] != '\0' ? " >= " : "", literal, list, (long long) rows) ||
        !sq_step(conn, find, &row, error))
        return false;
    json_decref(*boundary);
    *boundary = NULL;
    if (row && columns->len == 1)
        *boundary = position_to_json(find, 0);
    else if (row)
        *boundary = json_array();
    for (guint i = 0; row && columns->len > 1 && i < columns->len; i++)
        json_array_append_new(*boundary, position_to_json(find, (int) i));
    return true;
}

/* Rowids without a gap between them need not be walked to find the quantiles. */
static bool
split_dense(SqliteConn *conn, const SqliteObject *object, const RangeSize *size, json_t *ranges,
            bool *ret_done, GError **error)
{
    g_autofree char *table = sql_quote(object->name);
    const char *rowid = object->rowid;
    int64_t first = 0, last = 0, count = 0;
    *ret_done = false;
    if (rowid == NULL)
        return true;
    if (!sq_int(conn, &first, error, "SELECT min(%s) FROM main.%s", rowid, table) ||
        !sq_int(conn, &last, error, "SELECT max(%s) FROM main.%s", rowid, table) ||
        !sq_int(conn, &count, error, "SELECT count(*) FROM main.%s", table))
        return false;
    /* unsigned: the first may be far below zero */
    if (count == 0 || (uint64_t) last - (uint64_t) first != (uint64_t) count - 1)
        return true;
    int64_t rows = range_size_of(size, count);
    for (int64_t done = 0; done < count; done += rows) {
        int64_t left = count - done;
        g_autoptr(json_t) from = done == 0 ? json_null() : json_integer(first + done);
        g_autoptr(json_t) to = left <= rows ? json_null() : json_integer(first + done + rows);
        add_range(ranges, from, to, MIN(rows, left));
        if (left <= rows)
            break;
    }
    *ret_done = true;
    return true;
}

bool
sqlite_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges,
             GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(conn, name, &object, error))
        return false;
    g_autoptr(GPtrArray) columns = position_columns(object);
    g_autofree char *table = sql_quote(object->name);
    g_autoptr(json_t) ranges = json_array();
    g_autoptr(json_t) from = json_null();
    g_autoptr(json_t) to = json_null();
    bool done = false;
    if (!split_dense(conn, object, size, ranges, &done, error))
        return false;
    if (done) {
        *ret_ranges = g_steal_pointer(&ranges);
        return true;
    }
    while (columns->len > 0) {
        if (!next_boundary(conn, table, columns, size->rows, &to, error))
            return false;
        if (to == NULL)
            break;
        add_range(ranges, from, to, size->rows);
        json_decref(from);
        from = json_incref(to);
    }
    json_decref(to);
    to = json_null();
    int64_t last = 0;
    g_autofree char *list = join(columns, ", ");
    g_autofree char *literal =
        json_is_null(from) ? g_strdup("") : boundary_to_sql(from, columns->len);
    const char *open = columns->len > 1 ? "(" : "", *close = columns->len > 1 ? ")" : "";
    bool counted =
        literal[0] == '\0'
            ? sq_int(conn, &last, error, "SELECT count(*) FROM main.%s", table)
            : sq_int(conn, &last, error, "SELECT count(*) FROM main.%s WHERE %s%s%s >= %s", table,
                     open, list, close, literal);
    if (!counted)
        return false;
    add_range(ranges, from, to, last);
    *ret_ranges = g_steal_pointer(&ranges);
    return true;
}

/* --- statements --- */

void
sqlite_strict_names(SqliteConn *conn, bool strict)
{
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, strict ? 0 : 1, NULL);
}

static bool
append_range(GString *sql, const SqliteObject *object, const json_t *range, GError **error)
{
    g_autoptr(GPtrArray) columns = position_columns(object);
    g_autofree char *list = join(columns, ", ");
    static const char *const sides[] = {"from", "to"};
    static const char *const signs[] = {">=", "<"};
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        const json_t *boundary = json_object_get(range, sides[i]);
        if (boundary == NULL || json_is_null(boundary))
            continue;
        g_autofree char *literal =
            columns->len > 0 ? boundary_to_sql(boundary, columns->len) : NULL;
        if (literal == NULL) {
            g_autofree char *shown = json_compact(boundary);
            return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object->name);
        }
        bool is_row = columns->len > 1;
        g_string_append_printf(sql, " AND %s%s%s %s %s", is_row ? "(" : "", list, is_row ? ")" : "",
                               signs[i], literal);
    }
    return true;
}

bool
sqlite_from_where(const SqliteObject *object, const char *schema, const ScanSpec *spec, char **ret,
                  GError **error)
{
    g_autofree char *table = sql_quote(object->name);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "FROM %s.%s WHERE 1", schema, table);
    if (spec->range != NULL && !append_range(sql, object, spec->range, error))
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
    return join(items, ", ");
}

bool
sqlite_scan_prepare(SqliteScan *scan, const char *condition, const char *limit, GError **error)
{
    SqliteConn *conn = sqlite_conn(scan->base.conn);
    g_autofree char *items = join(scan->items, ", ");
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
    if ((spec->range != NULL && !append_range(range, scan->object, spec->range, error)) ||
        !sqlite_from_where(scan->object, "main", spec, &scan->from_where, error))
        return false;
    scan->range = g_strdup(range->str);
    g_autofree char *condition = spec->where != NULL
                                     ? g_strdup_printf("%s AND (%s\n)", scan->range, spec->where)
                                     : g_strdup(scan->range);
    g_autoptr(GPtrArray) positions = position_columns(scan->object);
    g_autofree char *order = join(positions, ", ");
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
