/*
 * scan.c - reading tables and views on a session of its own, in a snapshot of its own, that may only read.
 *
 * Rows stream: memory is one row. What the server calls an item decides how its text is read; a cell that is not of the
 * wanted type is cast by the one rule of value_cast(), or told to `reject`.
 *
 * An expression that fails is no error here but NULL, zero or half a value, with a warning. So where the mapping runs SQL of
 * its own, rows are read in pages (paged.c), and a row with a warning is put aside; where they cannot be (no key of one whole
 * number), a warning at the end is an error of the whole range.
 *
 * Rows are told by the key where it is one whole number, else by their number in the scan, from 1.
 */
#include "driver/mariadb/scan.h"

#include "base/limits.h"

#include <string.h>

static void
scan_free(MariaScan *scan)
{
    if (scan == NULL)
        return;
    if (scan->rows != NULL)
        maria_abandon(scan->db, scan->rows);
    if (scan->db != NULL) {
        bool is_clean = scan->rows == NULL && maria_end_reading(scan->conn, scan->db);
        maria_give_back(scan->conn, scan->db, is_clean);
    }
    maria_object_free(scan->object);
    schema_free(scan->output);
    g_clear_pointer(&scan->items, g_ptr_array_unref);
    g_free(scan->types);
    g_free(scan->from);
    g_free(scan->condition);
    g_free(scan->where);
    g_free(scan->last);
    g_string_free(scan->scratch, TRUE);
    g_free(scan);
}

/* --- opening --- */

static void
take_items(MariaScan *scan, const ScanSpec *spec)
{
    scan->items = g_ptr_array_new_with_free_func(g_free);
    size_t count = spec->items != NULL ? spec->item_count : schema_count(scan->output);
    for (size_t i = 0; i < count; i++) {
        const char *sql = spec->items != NULL ? spec->items[i].sql : NULL;
        const char *name =
            spec->items != NULL ? spec->items[i].name : schema_column(scan->output, i)->name;
        /* the line ends a comment in it */
        g_ptr_array_add(scan->items,
                        sql != NULL ? g_strdup_printf("(%s\n)", sql) : maria_name(name));
        scan->has_sql = scan->has_sql || sql != NULL;
    }
}

/* Rows of a table lie in the order of its primary key, but an index that has all columns would be read instead. */
static char *
from_of(const MariaObject *object)
{
    bool is_forced = object->key_is_primary && !object->is_view;
    return g_strdup_printf("%s%s", object->sql, is_forced ? " FORCE INDEX (PRIMARY)" : "");
}

bool
maria_scan_send(MariaScan *scan, const char *more, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    /* the condition leaves out none of them, but for notes of ours, which nobody counts */
    bool is_counted = scan->object->int_key == NULL && !scan->is_of_notes;
    g_autofree char *first = scan->object->int_key != NULL ? maria_name(scan->object->int_key)
                             : is_counted && scan->where != NULL
                                 ? g_strdup_printf("(%s\n) IS TRUE", scan->where)
                                 : g_strdup("1");
    g_string_append(sql, first);
    for (guint i = 0; i < scan->items->len; i++) {
        const char *item = scan->items->pdata[i];
        if (is_counted && scan->where != NULL)
            g_string_append_printf(sql, ", IF(%s, %s, NULL)", first, item);
        else
            g_string_append_printf(sql, ", %s", item);
    }
    g_string_append_printf(sql, " FROM %s WHERE TRUE%s", scan->from, scan->condition);
    if (scan->where != NULL && !is_counted)
        g_string_append_printf(sql, " AND (%s\n)", scan->where);
    g_string_append(sql, more);
    if (!maria_send(scan->conn, scan->db, sql->str, sql->len, error))
        return false;
    scan->rows = mysql_use_result(scan->db);
    return scan->rows != NULL || maria_fail(scan->conn, scan->db, error);
}

static bool
scan_prepare(MariaScan *scan, const ScanSpec *spec, GError **error)
{
    MariaConn *conn = scan->conn;
    g_autoptr(GString) condition = g_string_new(NULL);
    if (!maria_object_need(conn, spec->object, &scan->object, error))
        return false;
    scan->output = spec->output != NULL ? schema_copy(spec->output)
                                        : maria_outline(scan->object, spec->object);
    take_items(scan, spec);
    scan->from = from_of(scan->object);
    scan->where = g_strdup(spec->where);
    scan->has_sql = scan->has_sql || spec->where != NULL;
    scan->is_of_notes = spec->where != NULL && strstr(spec->where, MARIA_OF_NOTES) != NULL;
    scan->is_paged = scan->has_sql && scan->object->int_key != NULL && !scan->object->is_view;
    if (spec->range != NULL && !maria_append_range(condition, scan->object, spec->range, error))
        return false;
    scan->condition = g_string_free(g_steal_pointer(&condition), FALSE);
    g_autofree char *limit = spec->rows_max > 0
                                 ? g_strdup_printf(" LIMIT %" G_GINT64_FORMAT, spec->rows_max)
                                 : g_strdup("");
    return maria_borrow(conn, &scan->db, error) && maria_begin_reading(conn, scan->db, error) &&
           maria_look_at_items(conn, scan->db, scan->items, scan->from, &scan->types, error) &&
           (scan->is_paged || maria_scan_send(scan, limit, error));
}

static bool
open_scan(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    MariaScan *scan = g_new0(MariaScan, 1);
    scan->conn = maria_conn(base);
    scan->base.conn = base;
    scan->scratch = g_string_new(NULL);
    if (!scan_prepare(scan, spec, error)) {
        scan_free(scan);
        return false;
    }
    *ret = &scan->base;
    return true;
}

static void
close_scan(Scan *base)
{
    scan_free((MariaScan *) base);
}

/* --- rows --- */

static bool
put_cell(MariaScan *scan, Batch *batch, size_t column, const char *cell, unsigned long bytes,
         char **ret_reason)
{
    Value value, wanted;
    ColumnType type = batch->columns[column].type;
    if (!maria_value(cell, bytes, scan->types[column], scan->scratch, &value, ret_reason))
        return false;
    if (value.is_null || value.type == type) {
        value.type = type;
        batch_put_value(batch, column, &value);
        return true;
    }
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (!value_cast(&value, type, NULL, scratch, &wanted, ret_reason))
        return false;
    batch_put_value(batch, column, &wanted);
    return true;
}

bool
maria_scan_take(MariaScan *scan, MYSQL_ROW row, Batch *batch, MariaReject *ret)
{
    const unsigned long *bytes = mysql_fetch_lengths(scan->rows);
    scan->count++;
    if (scan->object->int_key == NULL && row[0][0] == '0')
        return true; /* not wanted */
    /* a key beyond 63 bits is still one of a kind */
    ret->row_id = scan->object->int_key == NULL ? scan->count
                  : row[0][0] == '-'            ? g_ascii_strtoll(row[0], NULL, 10)
                                                : (int64_t) g_ascii_strtoull(row[0], NULL, 10);
    scan->base.ids_are_unsigned |= ret->row_id < 0 && row[0][0] != '-';
    for (size_t i = 0; i < batch->column_count; i++) {
        if (put_cell(scan, batch, i, row[i + 1], bytes[i + 1], &ret->reason))
            continue;
        batch_drop_row(batch);
        ret->column = schema_column(scan->output, i)->name;
        return false;
    }
    batch_commit_row(batch, ret->row_id);
    return true;
}

static bool
end_of_rows(MariaScan *scan, GError **error)
{
    mysql_free_result(scan->rows);
    scan->rows = NULL;
    scan->is_over = true;
    g_autofree char *warning = scan->has_sql ? maria_warning(scan->conn, scan->db) : NULL;
    return warning == NULL ||
           fail(error, ERR_INVALID,
                "an expression changes values in silence, of rows that cannot be named: %s",
                warning);
}

static bool
next_rows(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    MariaScan *scan = (MariaScan *) base;
    g_assert(batch->column_count == schema_count(scan->output));
    if (scan->is_paged)
        return maria_scan_paged(scan, batch, reject, data, error);
    while (!scan->is_over && !batch_is_full(batch)) {
        MYSQL_ROW row = NULL;
        MariaReject refused = {0};
        if (!maria_next(scan->conn, scan->db, scan->rows, &row, error))
            return false;
        if (row == NULL)
            return end_of_rows(scan, error);
        if (maria_scan_take(scan, row, batch, &refused))
            continue;
        g_autofree char *reason = refused.reason;
        reject(refused.row_id, SIZE_MAX, refused.column, reason, data);
    }
    return true;
}

/* --- single records --- */

static json_t *
cell_json(const char *cell, unsigned long bytes, ColumnType type)
{
    if (cell == NULL)
        return json_null();
    if (type == TYPE_INT)
        return json_integer(g_ascii_strtoll(cell, NULL, 10));
    json_t *json = json_stringn(cell, MIN(bytes, RECORD_SHOWN_MAX));
    if (json != NULL)
        return json;
    g_autoptr(GString) hex = g_string_new(NULL);
    for (size_t i = 0; i < MIN(bytes, RECORD_SHOWN_MAX); i++)
        g_string_append_printf(hex, "%02x", (unsigned char) cell[i]);
    return json_pack("{ss}", "hex", hex->str);
}

static bool
read_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    MariaScan *scan = (MariaScan *) base;
    MariaConn *conn = scan->conn;
    AUTO_ROWS *rows = NULL;
    /* without such a key rows have no name: counted again, in the order that the same plan gives */
    g_autofree char *place =
        scan->object->int_key != NULL
            ? book_text(row_id < 0 ? " AND \"%w\" IN (%lld, %llu)" : " AND \"%w\" = %lld",
                        scan->object->int_key, (long long) row_id, (unsigned long long) row_id)
            : g_strdup_printf("%s%s%s%s LIMIT 1 OFFSET %" G_GINT64_FORMAT, scan->condition,
                              scan->is_of_notes ? " AND (" : "",
                              scan->is_of_notes ? scan->where : "", scan->is_of_notes ? "\n)" : "",
                              MAX(row_id, 1) - 1);
    if (!maria_rows(conn, &rows, error, "SELECT * FROM %s WHERE TRUE%s", scan->from, place))
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
    const unsigned long *bytes = mysql_fetch_lengths(rows);
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);
    *ret = json_object();
    for (unsigned i = 0; i < mysql_num_fields(rows); i++) {
        bool is_int =
            fields[i].type == MYSQL_TYPE_LONG || fields[i].type == MYSQL_TYPE_TINY ||
            fields[i].type == MYSQL_TYPE_SHORT || fields[i].type == MYSQL_TYPE_INT24 ||
            (fields[i].type == MYSQL_TYPE_LONGLONG && (fields[i].flags & UNSIGNED_FLAG) == 0);
        json_object_set_new(*ret, fields[i].name,
                            cell_json(row[i], bytes[i], is_int ? TYPE_INT : TYPE_TEXT));
    }
    return true;
}

/* --- questions --- */

/* In a session for scans: another one may see another state. */
static bool
count_in_snapshot(MariaConn *conn, const MariaObject *object, const char *condition,
                  int64_t *ret_rows, GError **error)
{
    AUTO_ROWS *rows = NULL;
    MYSQL *db = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s%s", object->sql, condition);
    if (!maria_borrow(conn, &db, error))
        return false;
    bool done = maria_rows_on(conn, db, sql, &rows, error);
    if (done)
        *ret_rows = maria_cell_int(mysql_fetch_row(rows)[0]);
    maria_give_back(conn, db, done);
    return done;
}

static bool
count_rows(Conn *base, const char *name, const char *where, int64_t *ret_rows, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *condition = g_strdup_printf(" WHERE (%s\n)", where != NULL ? where : "TRUE");
    return maria_object_need(conn, name, &object, error) &&
           count_in_snapshot(conn, object, condition, ret_rows, error);
}

/* As a parameter would stand there: one expression, no aggregate, which would make one row of all. */
static bool
check_expression(Conn *base, const char *name, const char *sql, char **ret_message)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(GError) error = NULL;
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, &error)) {
        *ret_message = g_strdup(error->message);
        return false;
    }
    g_autofree char *text =
        g_strdup_printf("SELECT 1 FROM %s WHERE ((%s\n) IS NULL)", object->sql, sql);
    /* prepared: several statements, and parameters without a value, are errors */
    MYSQL_STMT *statement = mysql_stmt_init(conn->db);
    bool is_good = mysql_stmt_prepare(statement, text, strlen(text)) == 0;
    if (!is_good)
        *ret_message = g_strdup(mysql_stmt_error(statement));
    else if (mysql_stmt_param_count(statement) > 0)
        *ret_message = g_strdup("parameters have no value here");
    is_good = is_good && mysql_stmt_param_count(statement) == 0;
    mysql_stmt_close(statement);
    return is_good;
}

const ScanOps maria_scan_ops = {
    .split = maria_split,
    .open = open_scan,
    .next = next_rows,
    .close = close_scan,
    .record = read_record,
    .count = count_rows,
    .has_sql = true,
    .check_expr = check_expression,
};
