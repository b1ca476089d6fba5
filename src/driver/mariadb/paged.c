/*
 * paged.c - rows whose SQL may warn, read in pages by their key.
 *
 * A warning belongs to a statement, not to a row. So a page counts only if its statement did not warn; else it is asked for
 * again with half as many rows, until one is left: that one is put aside with what the server says. A condition that warns
 * says of no row whether it is wanted, which ends the range. All pages see the same snapshot.
 */
#include "driver/mariadb/scan.h"

#include <string.h>

#define PAGE_ROWS 4096

static void
reject_clear(void *data)
{
    g_free(((MariaReject *) data)->reason);
}

/* One page, into the batch and `refused`; `*ret_last` is the key of its last row, NULL when it had none. */
static bool
read_page(MariaScan *scan, size_t rows, Batch *batch, GArray *refused, char **ret_last,
          GError **error)
{
    g_autofree char *key = maria_name(scan->object->int_key);
    g_autofree char *after =
        scan->last != NULL ? g_strdup_printf(" AND %s > %s", key, scan->last) : g_strdup("");
    g_autofree char *more = g_strdup_printf("%s ORDER BY %s LIMIT %zu", after, key, rows);
    g_autofree char *last = NULL;
    if (!maria_scan_send(scan, more, error))
        return false;
    for (;;) {
        MYSQL_ROW row = NULL;
        MariaReject one = {0};
        if (!maria_next(scan->conn, scan->db, scan->rows, &row, error))
            return false;
        if (row == NULL)
            break;
        if (batch_is_full(batch)) /* the rest is asked for again */
            continue;
        g_free(last);
        last = g_strdup(row[0]);
        if (!maria_scan_take(scan, row, batch, &one))
            g_array_append_val(refused, one);
    }
    g_clear_pointer(&scan->rows, mysql_free_result);
    *ret_last = g_steal_pointer(&last);
    return true;
}

/* The one row that is left warns: is it its own expression, and of which column? */
static bool
blame(MariaScan *scan, const char *key, const char *warning, const char **ret_column,
      GError **error)
{
    g_autofree char *name = maria_name(scan->object->int_key);
    for (guint i = 0; i < scan->items->len; i++) {
        AUTO_ROWS *row = NULL;
        g_autofree char *sql =
            g_strdup_printf("SELECT %s FROM %s WHERE %s = %s", (char *) scan->items->pdata[i],
                            scan->from, name, key);
        if (!maria_rows_on(scan->conn, scan->db, sql, &row, error))
            return false;
        g_autofree char *own = maria_warning(scan->conn, scan->db);
        if (own == NULL)
            continue;
        *ret_column = schema_column(scan->output, i)->name;
        return true;
    }
    return fail(error, ERR_INVALID, "the condition changes values in silence: %s", warning);
}

static void
pass_on(GArray *refused, RejectFn *reject, void *data)
{
    for (guint i = 0; i < refused->len; i++) {
        const MariaReject *one = &g_array_index(refused, MariaReject, i);
        reject(one->row_id, SIZE_MAX, one->column, one->reason, data);
    }
}

/* A page that counts, or one row that is put aside. */
static bool
try_page(MariaScan *scan, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(MariaReject));
    g_autofree char *last = NULL;
    const char *column = NULL;
    g_array_set_clear_func(refused, reject_clear);
    if (!read_page(scan, scan->page, batch, refused, &last, error))
        return false;
    g_autofree char *warning = maria_warning(scan->conn, scan->db);
    if (warning != NULL && (scan->page > 1 || last == NULL)) {
        if (last == NULL)
            return fail(error, ERR_INVALID, "the condition changes values in silence: %s", warning);
        batch_reset(batch);
        scan->page /= 2;
        return true;
    }
    if (warning != NULL) {
        if (!blame(scan, last, warning, &column, error))
            return false;
        batch_reset(batch);
        reject((int64_t) g_ascii_strtoull(last, NULL, 10), SIZE_MAX, column, warning, data);
    } else {
        pass_on(refused, reject, data);
        scan->page = MIN(scan->page * 2, PAGE_ROWS);
    }
    scan->is_over = last == NULL;
    if (last != NULL) {
        g_free(scan->last);
        scan->last = g_steal_pointer(&last);
    }
    return true;
}

bool
maria_scan_paged(MariaScan *scan, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    if (scan->page == 0)
        scan->page = PAGE_ROWS;
    while (!scan->is_over && batch->row_count == 0)
        if (!try_page(scan, batch, reject, data, error))
            return false;
    return true;
}
