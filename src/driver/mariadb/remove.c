/* remove.c - rows of a stage taken out by their key, while a range is being written. */
#include "driver/mariadb/mariadb.h"

/* "(…), (…)" of the keys from `*from` on that one statement takes; without those that no row of the table can have. */
static void
append_keys(GString *sql, const GArray *targets, const Batch *keys, size_t *from, size_t bytes_max)
{
    gsize begin = sql->len;
    for (; *from < keys->row_count && sql->len < bytes_max; ++*from) {
        g_autofree char *reason = NULL;
        size_t target = 0;
        gsize before = sql->len;
        g_string_append(sql, before > begin ? ", " : "");
        if (!maria_encode_row(sql, targets, keys, *from, &target, &reason))
            g_string_truncate(sql, before);
    }
}

bool
maria_remove(Conn *base, const char *stage, const Schema *key, const Batch *keys, int64_t *ret_rows,
             GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(GArray) targets = NULL;
    g_autofree char *table = NULL;
    g_assert(conn->loader != NULL && keys->column_count == schema_count(key));
    *ret_rows = 0;
    if (!maria_targets(conn, stage, key, &targets, error) ||
        !maria_sql_name(conn, stage, &table, error))
        return false;
    g_autofree char *columns = maria_target_list(targets);
    for (size_t from = 0; from < keys->row_count;) {
        g_autoptr(GString) sql = g_string_new(NULL);
        g_string_printf(sql, "DELETE FROM %s WHERE (%s) IN (", table, columns);
        gsize begin = sql->len;
        append_keys(sql, targets, keys, &from, conn->packet_bytes / 2);
        if (sql->len == begin)
            continue;
        g_string_append_c(sql, ')');
        if (!maria_send(conn, conn->db, sql->str, sql->len, error))
            return false;
        *ret_rows += (int64_t) mysql_affected_rows(conn->db);
    }
    return true;
}
