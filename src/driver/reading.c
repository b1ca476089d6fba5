/* reading.c - driver.h's wrappers about reading: ranges, scans, sums, queries, and what a store says of its load. */
#include "driver/wrapper.h"

#include "base/limits.h"

#define RANGES_AT_ONCE 2 /* as workers have it, unless they are told otherwise */
#define RANGES_WANTED 8  /* for two or three who do them at once */

/* Not one more than those who do them have hands for: it would be done by one alone, while the others look on. */
static int64_t
even_ranges(const RangeSize *size, int64_t total, int64_t ranges)
{
    int64_t odd = ranges % RANGES_AT_ONCE;
    if (ranges < RANGES_AT_ONCE || odd == 0)
        return ranges;
    bool may_be_larger = total / (ranges - odd) < size->rows;
    return may_be_larger ? ranges - odd : ranges + RANGES_AT_ONCE - odd;
}

int64_t
range_size_of(const RangeSize *size, int64_t total)
{
    if (size->rows_min == 0)
        return size->rows;
    int64_t most = MIN(size->rows, MAX(total / RANGES_WANTED + 1, size->rows_min));
    int64_t ranges = MAX(total / most + (total % most > 0), 1);
    ranges = even_ranges(size, total, ranges);
    return MAX(total / ranges + (total % ranges > 0), 1);
}

bool
conn_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
           GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, object, error))
        return false;
    g_assert(size->rows > 0);
    if (!scan->split(conn, object, size, ret_ranges, error))
        return fail_object(conn, "divide", object, error);
    g_assert(json_array_size(*ret_ranges) > 0);
    return true;
}

bool
conn_scan(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, spec->object, error))
        return false;
    if (!scan->has_sql && spec->where != NULL)
        return fail_role(conn, "evaluate a condition", error);
    g_assert((spec->items == NULL) == (spec->item_count == 0));
    g_assert(spec->items == NULL ||
             (spec->output != NULL && schema_count(spec->output) == spec->item_count));
    if (!scan->open(conn, spec, ret, error))
        return fail_object(conn, "read", spec->object, error);
    (*ret)->conn = conn;
    (*ret)->object = g_strdup(spec->object);
    return true;
}

bool
scan_next(Scan *scan, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    g_assert(batch->row_count == 0);
    if (!scan->conn->driver->scan->next(scan, batch, reject, data, error))
        return fail_object(scan->conn, "read", scan->object, error);
    g_assert(batch->row_count <= BATCH_ROWS_MAX);
    return true;
}

bool
scan_record(Scan *scan, int64_t row_id, json_t **ret, GError **error)
{
    return scan->conn->driver->scan->record(scan, row_id, ret, error) ||
           fail_object(scan->conn, "read a record of", scan->object, error);
}

char *
scan_row_text(const Scan *scan, int64_t row_id)
{
    return scan->ids_are_unsigned && row_id < 0
               ? g_strdup_printf("%" G_GUINT64_FORMAT, (uint64_t) row_id)
               : g_strdup_printf("%" G_GINT64_FORMAT, row_id);
}

void
scan_close(Scan *scan)
{
    if (scan == NULL)
        return;
    g_free(scan->object);
    scan->object = NULL;
    scan->conn->driver->scan->close(scan);
}

bool
conn_count(Conn *conn, const char *object, const char *where, int64_t *ret_rows, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, object, error))
        return false;
    if (!scan->has_sql && where != NULL)
        return fail_role(conn, "evaluate a condition", error);
    return scan->count(conn, object, where, ret_rows, error) ||
           fail_object(conn, "count the rows of", object, error);
}

bool
conn_can_sum(const Conn *conn)
{
    return conn->driver->scan != NULL && conn->driver->scan->sum != NULL;
}

bool
conn_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error)
{
    if (!conn_can_sum(conn))
        return fail_role(conn, "add up its rows", error);
    if (!check_object(conn, spec->object, error))
        return false;
    return conn->driver->scan->sum(conn, spec, ret, error) ||
           fail_object(conn, "add up the rows of", spec->object, error);
}

bool
conn_can_own_sum(const Conn *a, const Conn *b)
{
    return a->driver == b->driver && a->driver->scan != NULL && a->driver->scan->own_sum != NULL;
}

bool
conn_keeps_odd(const Conn *conn)
{
    return conn->driver->keeps_odd;
}

bool
conn_own_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error)
{
    if (!conn_can_own_sum(conn, conn))
        return fail_role(conn, "hash its rows itself", error);
    if (!check_object(conn, spec->object, error))
        return false;
    return conn->driver->scan->own_sum(conn, spec, ret, error) ||
           fail_object(conn, "hash the rows of", spec->object, error);
}

bool
conn_has_sql(const Conn *conn)
{
    return conn->driver->scan != NULL && conn->driver->scan->has_sql;
}

bool
conn_finds_columns(const Conn *conn)
{
    return conn->driver->finds_columns;
}

bool
conn_hides_nulls(const Conn *conn)
{
    return conn->driver->hides_nulls;
}

bool
conn_is_vague(const Conn *conn, const Column *column)
{
    const TypeOps *types = conn->driver->types;
    return column->type == TYPE_TEXT && types != NULL && types->is_vague != NULL &&
           types->is_vague(column->declared);
}

bool
conn_check_expr(Conn *conn, const char *object, const char *sql, char **ret_message)
{
    if (!conn_has_sql(conn))
        return true;
    return conn->driver->scan->check_expr(conn, object, sql, ret_message);
}

bool
conn_can_query(const Conn *conn)
{
    return conn->driver->query != NULL;
}

bool
conn_query(Conn *conn, const QuerySpec *spec, QueryRowFn *row, void *data, GPtrArray **ret_names,
           GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!conn_can_query(conn))
        return fail_role(conn, "run queries", error);
    g_assert(spec->time_ms_max > 0 && spec->rows_max > 0);
    /* no clause is added: the message is about the query, and stands beside its place */
    if (!conn->driver->query->run(conn, spec, row, data, &names, error))
        return false;
    *ret_names = g_steal_pointer(&names);
    return true;
}

bool
conn_query_sample(Conn *conn, const char *object, int64_t rows, char **ret, GError **error)
{
    if (!conn_can_query(conn))
        return fail_role(conn, "run queries", error);
    return conn->driver->query->sample(conn, object, rows, ret, error) ||
           fail_object(conn, "look at", object, error);
}

bool
conn_query_rows_are(Conn *conn, const char *object, const int64_t *ids, size_t count, char **ret,
                    GError **error)
{
    if (!conn_can_query(conn))
        return fail_role(conn, "run queries", error);
    g_assert(count > 0);
    return conn->driver->query->rows_are(conn, object, ids, count, ret, error);
}

bool
conn_can_gauge(const Conn *conn)
{
    return conn->driver->gauge != NULL;
}

bool
conn_gauge(Conn *conn, Gauge gauge, int64_t *ret, GError **error)
{
    if (!conn_can_gauge(conn))
        return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) does not tell how it does",
                    conn->store, conn->driver->name);
    return conn->driver->gauge(conn, gauge, ret, error) ||
           fail_in(error, "store '%s'", conn->store);
}

bool
conn_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    if (conn->driver->unique_columns != NULL)
        return conn->driver->unique_columns(conn, object, ret, error) ||
               fail_object(conn, "look at", object, error);
    *ret = g_ptr_array_new_with_free_func(g_free);
    return true;
}
