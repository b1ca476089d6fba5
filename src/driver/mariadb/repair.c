/*
 * repair.c - single rows of a table put right in their place, all in one transaction.
 *
 * Each is named by its key, and each statement must meet exactly one row: what somebody else changed meanwhile is not changed
 * over, and nothing is.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

typedef struct {
    MariaConn *conn;
    const char *object, *table; /* the table quoted */
    const Schema *schema;
    const GArray *targets; /* MariaTarget: what is written */
    const Batch *batch;
    size_t row;
} Repair;

static bool
append_row(const Repair *repair, const GArray *targets, GString *sql, GError **error)
{
    g_autofree char *reason = NULL;
    size_t at = 0;
    return maria_encode_row(sql, targets, repair->batch, repair->row, &at, &reason) ||
           fail(error, ERR_INVALID, "row %" G_GINT64_FORMAT ", %s: %s",
                repair->batch->row_ids[repair->row],
                g_array_index(targets, MariaTarget, at).of->name, reason);
}

/* "a" = ('1') AND "b" = ('2'), of the columns of the key, or of the others. */
static bool
append_columns(const Repair *repair, bool of_key, const char *between, GString *sql, GError **error)
{
    bool is_first = true;
    for (guint i = 0; i < repair->targets->len; i++) {
        const MariaTarget *target = &g_array_index(repair->targets, MariaTarget, i);
        if (schema_is_key(repair->schema, target->of->name) != of_key)
            continue;
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(MariaTarget));
        g_autofree char *name = maria_name(target->of->name);
        g_array_append_val(one, *target);
        g_string_append_printf(sql, "%s%s = ", is_first ? "" : between, name);
        is_first = false;
        if (!append_row(repair, one, sql, error))
            return false;
    }
    return true;
}

static bool
say(const Repair *repair, RepairKind kind, GString *sql, GError **error)
{
    if (kind == REPAIR_INSERT) {
        g_autofree char *columns = maria_target_list(repair->targets);
        g_string_printf(sql, "INSERT INTO %s (%s) VALUES ", repair->table, columns);
        return append_row(repair, repair->targets, sql, error);
    }
    if (kind == REPAIR_REMOVE) {
        g_string_printf(sql, "DELETE FROM %s WHERE ", repair->table);
        return append_columns(repair, true, " AND ", sql, error);
    }
    g_string_printf(sql, "UPDATE %s SET ", repair->table);
    if (!append_columns(repair, false, ", ", sql, error))
        return false;
    g_string_append(sql, " WHERE ");
    return append_columns(repair, true, " AND ", sql, error);
}

static bool
repair_row(void *data, RepairKind kind, const Batch *batch, size_t row, GError **error)
{
    Repair *repair = data;
    g_autoptr(GString) sql = g_string_new(NULL);
    int64_t row_id = batch->row_ids[row];
    repair->batch = batch;
    repair->row = row;
    if (!say(repair, kind, sql, error))
        return false;
    if (!maria_send(repair->conn, repair->conn->db, sql->str, sql->len, error))
        return fail_in(error, "row %" G_GINT64_FORMAT, row_id);
    int64_t met = (int64_t) mysql_affected_rows(repair->conn->db);
    return met == 1 || fail(error, ERR_TRANSIENT,
                            "row %" G_GINT64_FORMAT " is there %" G_GINT64_FORMAT
                            " times by now: somebody else changes '%s'",
                            row_id, met, repair->object);
}

/* A session's variable, and in no transaction: it is taken away in any case. */
static bool
pass_freeze(MariaConn *conn, const MariaObject *table, GError **error)
{
    g_autofree char *name = maria_repaired_name(table);
    return !conn->base.passes_freeze || maria_run(conn, error, "SET " MARIA_REPAIRS " = %Q", name);
}

static bool
repair_all(Repair *repair, GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    MariaConn *conn = repair->conn;
    if (!maria_begin(conn, error))
        return false;
    if (repair_each_row(batches, repair_row, repair, error) && maria_commit(conn, error))
        return true;
    maria_rollback(conn);
    return false;
}

bool
maria_repair(Conn *base, const char *object, const Schema *schema,
             GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) table = NULL;
    g_autoptr(GArray) targets = NULL;
    if (!maria_object_need(conn, object, &table, error) ||
        !maria_targets(conn, object, schema, &targets, error))
        return false;
    if (table->is_view || g_strcmp0(table->engine, "InnoDB") != 0)
        return fail(error, ERR_INVALID,
                    "'%s' is no InnoDB table: what is changed there could not be taken back",
                    object);
    Repair repair = {
        .conn = conn, .object = object, .table = table->sql, .schema = schema, .targets = targets};
    bool done = pass_freeze(conn, table, error) && repair_all(&repair, batches, error);
    g_autoptr(GError) ignored = NULL;
    if (base->passes_freeze && !maria_run(conn, &ignored, "SET " MARIA_REPAIRS " = NULL"))
        g_assert(ignored != NULL); /* the session is gone, and the variable with it */
    return done;
}
