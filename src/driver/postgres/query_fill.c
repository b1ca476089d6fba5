/*
 * query_fill.c - what a mapping makes of rows, as a table of one session, for mappings that SQL says differently: rows are read,
 * mapped here, and written by COPY.
 */
#include "driver/postgres/postgres.h"
#include "driver/query.h"

typedef struct {
    PgConn *conn;
    PGconn *db;
    GArray *targets; /* PgTarget */
    bool is_binary;
    GString *buffer;
} Fill;

static void
fill_clear(Fill *fill)
{
    g_clear_pointer(&fill->targets, g_array_unref);
    g_string_free(fill->buffer, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fill, fill_clear)

static bool
send_buffer(Fill *fill, GError **error)
{
    bool is_sent = fill->buffer->len == 0 || pg_put(fill->conn, fill->db, fill->buffer, error);
    g_string_truncate(fill->buffer, 0);
    return is_sent;
}

static bool
put(const Batch *rows, void *data, GError **error)
{
    Fill *fill = data;
    PgTarget *targets = (PgTarget *) (void *) fill->targets->data;
    encode_look(targets, fill->targets->len, rows);
    for (size_t row = 0; row < rows->row_count; row++) {
        size_t target = 0;
        g_autofree char *reason = NULL;
        if (!encode_row(fill->buffer, fill->is_binary, targets, fill->targets->len, rows, row,
                        &target, &reason))
            return fail(error, ERR_UNSUPPORTED, "the new table would refuse a row (%s: %s)",
                        targets[target].name, reason);
    }
    return send_buffer(fill, error);
}

static bool
copy_in(Fill *fill, const QueryView *view, GError **error)
{
    AUTO_RESULT *done = NULL;
    AUTO_RESULT *none = NULL;
    encode_begin(fill->buffer, fill->is_binary);
    if (!query_fill(&fill->conn->base, view, put, fill, error)) {
        pg_give_up(fill->db);
        return false;
    }
    encode_end(fill->buffer, fill->is_binary);
    if (!send_buffer(fill, error))
        return false;
    if (PQputCopyEnd(fill->db, NULL) != 1)
        return pg_fail(fill->conn, fill->db, NULL, error);
    return pg_next_result(fill->conn, fill->db, &done, error) &&
           pg_next_result(fill->conn, fill->db, &none, error);
}

static bool
make_table(PgConn *conn, PGconn *db, const char *name, const Schema *schema, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TEMP TABLE %s (", name);
    for (size_t i = 0; i < schema_count(schema); i++) {
        g_autofree char *type = NULL;
        g_autofree char *column = pg_name(schema_column(schema, i)->name);
        if (!pg_made_type(conn, schema_column(schema, i), &type, error))
            return false;
        g_string_append_printf(sql, "%s%s %s", i > 0 ? ", " : "", column, type);
    }
    g_string_append_c(sql, ')');
    return pg_run_on(conn, db, sql->str, NULL, error);
}

bool
pg_query_fill(PgConn *conn, PGconn *db, const QueryView *view, GError **error)
{
    const Schema *schema = program_target(view->program);
    g_auto(Fill) fill = {.conn = conn, .db = db, .buffer = g_string_new(NULL)};
    g_autofree char *name = pg_name(view->name);
    if (!pg_targets(conn, NULL, schema, &fill.targets, error) ||
        !make_table(conn, db, name, schema, error))
        return false;
    fill.is_binary = encode_is_binary((PgTarget *) (void *) fill.targets->data, fill.targets->len);
    g_autofree char *columns = pg_target_list(fill.targets);
    g_autofree char *copy = g_strdup_printf("COPY pg_temp.%s (%s) FROM STDIN%s", name, columns,
                                            fill.is_binary ? " (FORMAT binary)" : "");
    return pg_run_on(conn, db, copy, NULL, error) && copy_in(&fill, view, error);
}
