/*
 * sum.c - the sum of the hashes of a range's rows, taken from the wire.
 *
 * Rows have to come here, since the server knows no hash that other stores know; but no value is copied for it. A row with a value
 * that is not ours makes the answer INVALID, and the caller reads row by row, which tells such rows apart.
 */
#include "driver/postgres/scan.h"

#define TICK_ROWS 4096

bool
pg_hash_cells(const WireCell *cells, const WireType *types, size_t count, GString *scratch,
              RowHasher *hasher, RowHash *ret, size_t *ret_column, char **ret_reason)
{
    row_hasher_begin(hasher);
    for (size_t i = 0; i < count; i++) {
        Value value;
        *ret_column = i;
        if (!wire_value(&cells[i], types[i], scratch, &value, ret_reason))
            return false;
        value_hash(&value, hasher);
    }
    *ret = row_hasher_end(hasher);
    return true;
}

static bool
add_row(PgScan *scan, const char *row, size_t bytes, RowHasher *hasher, HashSum *sum,
        GError **error)
{
    size_t count = 0, column = 0;
    g_autofree char *reason = NULL;
    RowHash hash;
    if (!wire_row(&scan->reader, row, bytes, scan->cells, scan->items->len, &count))
        return fail(error, ERR_INTERNAL, "the server sent what is not COPY's binary form");
    if (count == 0)
        return true;
    if (!pg_hash_cells(scan->cells, scan->types, count, scan->scratch, hasher, &hash, &column,
                       &reason))
        return fail(error, ERR_INVALID, "%s: %s", (const char *) scan->names->pdata[column],
                    reason);
    hash_sum_add(sum, hash);
    return true;
}

static bool
add_rows(PgScan *scan, RowHasher *hasher, HashSum *sum, GError **error)
{
    PgConn *conn = scan->conn;
    for (;;) {
        char *row = NULL;
        size_t bytes = 0;
        if (!pg_copied(conn, scan->db, &row, &bytes, error))
            return false;
        scan->is_copying = row != NULL;
        if (row == NULL)
            return true;
        bool done = add_row(scan, row, bytes, hasher, sum, error);
        PQfreemem(row);
        conn->rows_done = sum->rows;
        if (!done || (sum->rows % TICK_ROWS == 0 && !pg_ticks(conn, error)))
            return false;
    }
}

bool
pg_check_types(const PgScan *scan, GError **error)
{
    for (guint i = 0; i < scan->items->len; i++)
        if (pg_type_of(scan->types[i].oid) != schema_column(scan->output, i)->type)
            return fail(error, ERR_INVALID, "a column is read as another type");
    return !scan->conn->is_ascii || fail(error, ERR_INVALID, "texts are of no encoding");
}

bool
pg_sum(Conn *base, const ScanSpec *spec, HashSum *ret, GError **error)
{
    PgScan *scan = pg_scan_new(pg_conn(base));
    g_auto(RowHasher) hasher;
    HashSum sum = {0};
    row_hasher_init(&hasher);
    scan->is_bare = true;
    bool done = pg_scan_prepare(scan, spec, error) && pg_check_types(scan, error) &&
                pg_scan_start(scan, scan->condition, scan->where, error) &&
                add_rows(scan, &hasher, &sum, error);
    pg_scan_free(scan);
    if (done)
        *ret = sum;
    return done;
}
