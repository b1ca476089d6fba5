/*
 * scan.c - reading: a position is the id of a row, a range all ids from one to before another.
 *
 * A scan sees the table as it was when it began, whatever happens to it meanwhile: it holds the rows
 * themselves. The scans of other stores do the same by their transactions.
 */
#include "driver/memory/store.h"

#include "base/limits.h"

typedef struct {
    Scan base;
    Schema *schema;  /* of the table, for whole records */
    GPtrArray *rows; /* Row *: those of the range */
    guint next;
    size_t *columns; /* of the row, for each column of the batch */
    size_t column_count;
} MemoryScan;

static void
memory_scan_close(Scan *base)
{
    MemoryScan *scan = (MemoryScan *) base;
    schema_free(scan->schema);
    g_ptr_array_unref(scan->rows);
    g_free(scan->columns);
    g_free(scan);
}

/* --- ranges --- */

static json_t *
id_or_null(const Table *table, guint row)
{
    const Row *at = row > 0 && row < table->rows->len ? table->rows->pdata[row] : NULL;
    return at != NULL ? json_integer(at->id) : json_null();
}

static bool
memory_split(Conn *base, const char *object, const RangeSize *size, json_t **ret_ranges,
             GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    guint count = table->rows->len;
    guint step = (guint) MIN(range_size_of(size, count), G_MAXINT32);
    json_t *ranges = json_array();
    for (guint from = 0; from == 0 || from < count; from += step) {
        json_t *range = json_object();
        json_object_set_new(range, "from", id_or_null(table, from));
        json_object_set_new(range, "to", id_or_null(table, from + step));
        json_set_int(range, "rows", MIN(step, count - from));
        json_array_append_new(ranges, range);
    }
    *ret_ranges = ranges;
    return true;
}

static bool
is_position(const json_t *position)
{
    return position == NULL || json_is_null(position) || json_is_integer(position);
}

static bool
take_rows(const Table *table, const json_t *range, GPtrArray *rows, GError **error)
{
    const json_t *from = json_object_get(range, "from"), *to = json_object_get(range, "to");
    if (!is_position(from) || !is_position(to))
        return fail(error, ERR_INVALID, "a position in '%s' is the id of a row, or null",
                    table->schema->dataset);
    for (guint i = 0; i < table->rows->len; i++) {
        Row *row = table->rows->pdata[i];
        if ((!json_is_integer(from) || row->id >= json_integer_value(from)) &&
            (!json_is_integer(to) || row->id < json_integer_value(to)))
            g_ptr_array_add(rows, memory_row_ref(row));
    }
    return true;
}

/* --- rows --- */

/* Where the columns that are wanted are; they must be what describe() says of them. */
static bool
find_columns(MemoryScan *scan, const ScanSpec *spec, GError **error)
{
    const Schema *output = spec->output != NULL ? spec->output : scan->schema;
    scan->column_count = schema_count(output);
    scan->columns = g_new0(size_t, scan->column_count);
    for (size_t i = 0; i < scan->column_count; i++) {
        const Column *wanted = schema_column(output, i);
        const char *name = spec->items != NULL ? spec->items[i].name : wanted->name;
        const Column *found = schema_find(scan->schema, name, &scan->columns[i]);
        if (found == NULL)
            return fail(error, ERR_DRIFT, "there is no column '%s'", name);
        if (found->type != wanted->type)
            return fail(error, ERR_DRIFT, "column '%s' is of type %s, expected %s", name,
                        column_type_name(found->type), column_type_name(wanted->type));
    }
    return true;
}

static bool
memory_scan_open(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, spec->object, &table, error))
        return false;
    MemoryScan *scan = g_new0(MemoryScan, 1);
    scan->schema = schema_copy(table->schema);
    scan->rows = g_ptr_array_new_with_free_func(memory_row_unref);
    if (find_columns(scan, spec, error) && take_rows(table, spec->range, scan->rows, error)) {
        *ret = &scan->base;
        return true;
    }
    memory_scan_close(&scan->base);
    return false;
}

/* Whatever is in a table is of its column's type: nothing is ever told to `reject`. */
static bool
memory_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    MemoryScan *scan = (MemoryScan *) base;
    g_assert(batch->column_count == scan->column_count);
    if (!memory_tick(base->conn, scan->next, error))
        return false;
    for (; scan->next < scan->rows->len && !batch_is_full(batch); scan->next++) {
        const Row *row = scan->rows->pdata[scan->next];
        for (size_t i = 0; i < scan->column_count; i++)
            batch_put_value(batch, i, &row->values[scan->columns[i]]);
        batch_commit_row(batch, row->id);
    }
    return true;
}

static bool
memory_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    const MemoryScan *scan = (MemoryScan *) base;
    for (guint i = 0; i < scan->rows->len; i++) {
        const Row *row = scan->rows->pdata[i];
        if (row->id != row_id)
            continue;
        *ret = memory_row_json(scan->schema, row);
        return true;
    }
    return fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
}

static bool
memory_count(Conn *base, const char *object, const char *where, int64_t *ret_rows, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    g_assert(where == NULL); /* has_sql is not set */
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    *ret_rows = table->rows->len;
    return true;
}

const ScanOps memory_scan_ops = {
    .split = memory_split,
    .open = memory_scan_open,
    .next = memory_scan_next,
    .close = memory_scan_close,
    .record = memory_scan_record,
    .count = memory_count,
};
