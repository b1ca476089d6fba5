/*
 * rescue.c - a row in which the mapping's own SQL fails (a cast of 'x', a division by zero) is put aside alone.
 *
 * The server says what failed, but not where, and has given up the whole statement. So the rows of the range are listed by
 * their ids, those already given are left out, and the rest is read in slices. A slice that fails is halved until one row is
 * left; that one's items are tried one by one, for the column's name.
 */
#include "driver/postgres/scan.h"

#include <string.h>

#define SLICE_ROWS 512
#define LEFT_MAX 20000000 /* ids of a range, 8 bytes each */

/* Only what a row's values can do: class 22. */
static bool
is_about_a_row(const PgScan *scan, const GError *broken)
{
    return scan->has_sql && scan->row_id != NULL && error_is(broken, ERR_INVALID) &&
           pg_state_is(scan->conn, "22");
}

static bool
list_rows(PgScan *scan, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("COPY (SELECT %s FROM %s WHERE true%s) TO STDOUT (FORMAT binary)",
                        scan->row_id, scan->object->sql, scan->condition);
    WireReader reader = {0};
    char *row = NULL;
    size_t bytes = 0, count = 0;
    WireCell cell;
    scan->left = g_array_new(FALSE, FALSE, sizeof(int64_t));
    bool done = pg_read_on(scan->conn, scan->db, error) &&
                pg_run_on(scan->conn, scan->db, sql, NULL, error);
    while (done && (done = pg_copied(scan->conn, scan->db, &row, &bytes, error)) && row != NULL) {
        done = wire_row(&reader, row, bytes, &cell, 1, &count) ||
               fail(error, ERR_INTERNAL, "the server sent what is not COPY's binary form");
        int64_t row_id = done && count > 0 ? pg_row_id(scan, &cell) : 0;
        if (done && count > 0 && !g_hash_table_contains(scan->given, &row_id))
            g_array_append_val(scan->left, row_id);
        PQfreemem(row);
        if (done && scan->left->len > LEFT_MAX)
            done =
                fail(error, ERR_TOO_LARGE, "a row fails in a range of more than %d rows", LEFT_MAX);
    }
    return done;
}

bool
pg_scan_rescue(PgScan *scan, GError *take_broken, GError **error)
{
    g_autoptr(GError) broken = take_broken;
    scan->is_copying = false;
    if (is_about_a_row(scan, broken) && scan->left == NULL)
        return list_rows(scan, error);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

/* " AND id IN (…)" of a slice. */
static char *
slice_condition(const PgScan *scan, guint from, guint to)
{
    GString *sql = g_string_new(" AND (false");
    for (guint i = from; i < to; i++) {
        g_autofree char *is = pg_row_id_is(scan->object, g_array_index(scan->left, int64_t, i));
        g_string_append_printf(sql, " OR %s", is);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* Which of the items fails; NULL: the condition. */
static const char *
failing_item(PgScan *scan, const char *condition)
{
    for (guint i = 0; i < scan->items->len; i++) {
        g_autoptr(GError) ignored = NULL;
        g_autofree char *sql =
            g_strdup_printf("SELECT %s FROM %s WHERE true%s", (char *) scan->items->pdata[i],
                            scan->object->sql, condition);
        if (!pg_read_on(scan->conn, scan->db, &ignored) ||
            !pg_run_on(scan->conn, scan->db, sql, NULL, &ignored))
            return scan->names->pdata[i];
    }
    return "where";
}

/* All rows of the slice into the batch, which has room; false with INVALID when one of them fails: then none is. */
static bool
read_slice(PgScan *scan, const char *condition, Batch *batch, RejectFn *reject, void *data,
           GError **error)
{
    bool is_row = true;
    g_autofree char *proof = g_strdup(condition);
    if (!pg_scan_start(scan, proof, scan->where, error))
        return false;
    while (is_row)
        if (!pg_scan_step(scan, batch, &is_row, reject, data, error)) {
            scan->is_copying = false;
            return false;
        }
    return true;
}

/* First without taking anything, so that what is taken need not be given back. */
static bool
try_slice(PgScan *scan, guint from, guint to, Batch *batch, RejectFn *reject, void *data,
          GError **error)
{
    g_autofree char *condition = slice_condition(scan, from, to);
    g_autoptr(GString) items = g_string_new(NULL);
    for (guint i = 0; i < scan->items->len; i++)
        g_string_append_printf(items, "%s%s", i > 0 ? ", " : "", (char *) scan->items->pdata[i]);
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s WHERE true%s%s%s%s", items->str, scan->object->sql,
                        condition, scan->where != NULL ? " AND (" : "",
                        scan->where != NULL ? scan->where : "", scan->where != NULL ? "\n)" : "");
    g_autoptr(GError) broken = NULL;
    if (pg_read_on(scan->conn, scan->db, &broken) &&
        pg_run_on(scan->conn, scan->db, sql, NULL, &broken))
        return read_slice(scan, condition, batch, reject, data, error);
    if (!error_is(broken, ERR_INVALID) || !pg_state_is(scan->conn, "22")) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    if (to - from == 1) {
        reject(g_array_index(scan->left, int64_t, from), SIZE_MAX, failing_item(scan, condition),
               broken->message, data);
        return true;
    }
    guint middle = from + (to - from) / 2;
    return try_slice(scan, from, middle, batch, reject, data, error) &&
           try_slice(scan, middle, to, batch, reject, data, error);
}

bool
pg_scan_careful(PgScan *scan, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    while (scan->left_at < scan->left->len && batch->row_count == 0) {
        guint to = MIN(scan->left_at + SLICE_ROWS, scan->left->len);
        if (!try_slice(scan, scan->left_at, to, batch, reject, data, error))
            return false;
        scan->left_at = to;
    }
    return true;
}
