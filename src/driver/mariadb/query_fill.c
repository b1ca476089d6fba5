/*
 * query_fill.c - what a mapping makes of rows, as a table of one session, for mappings that SQL says differently: rows are read,
 * mapped here, and inserted.
 */
#include "driver/mariadb/mariadb.h"
#include "driver/query.h"

#define STATEMENT_BYTES (256 * 1024) /* of one INSERT, about */

typedef struct {
    MariaConn *conn;
    MYSQL *db;
    GArray *targets; /* MariaTarget */
    char *insert;
} Fill;

static void
fill_clear(Fill *fill)
{
    g_clear_pointer(&fill->targets, g_array_unref);
    g_free(fill->insert);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fill, fill_clear)

static bool
append_row(const Fill *fill, GString *sql, const Batch *rows, size_t row, GError **error)
{
    size_t target = 0;
    g_autofree char *reason = NULL;
    return maria_encode_row(sql, fill->targets, rows, row, &target, &reason) ||
           fail(error, ERR_UNSUPPORTED, "the new table would refuse a row (%s: %s)",
                g_array_index(fill->targets, MariaTarget, target).of->name, reason);
}

static bool
put(const Batch *rows, void *data, GError **error)
{
    const Fill *fill = data;
    g_autoptr(GString) sql = g_string_new(NULL);
    for (size_t row = 0; row < rows->row_count; row++) {
        g_string_append(sql, sql->len == 0 ? fill->insert : ", ");
        if (!append_row(fill, sql, rows, row, error))
            return false;
        if (sql->len < STATEMENT_BYTES && row + 1 < rows->row_count)
            continue;
        if (!maria_send(fill->conn, fill->db, sql->str, sql->len, error))
            return false;
        g_string_truncate(sql, 0);
    }
    return true;
}

bool
maria_query_fill(MariaConn *conn, MYSQL *db, const QueryView *view, GError **error)
{
    const Schema *schema = program_target(view->program);
    g_auto(Fill) fill = {.conn = conn, .db = db};
    g_autofree char *name = maria_name(view->name);
    g_autofree char *make = maria_table_text(name, schema, true);
    if (!maria_targets(conn, NULL, schema, &fill.targets, error) ||
        !maria_run_on(conn, db, make, error))
        return false;
    g_autofree char *columns = maria_target_list(fill.targets);
    fill.insert = g_strdup_printf("INSERT INTO %s (%s) VALUES ", name, columns);
    return query_fill(&conn->base, view, put, &fill, error);
}
