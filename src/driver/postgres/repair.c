/*
 * repair.c - single rows of a table put right in their place, all in one transaction.
 *
 * Each is named by its key, and each statement must meet exactly one row: what somebody else changed meanwhile is not changed
 * over, and nothing is. Values stand in the statements as texts, which the columns' own types read.
 */
#include "driver/postgres/postgres.h"

#include <string.h>

typedef struct {
    PgConn *conn;
    const char *object;
    const PgObject *table;
    const Schema *schema;
    const GArray *targets; /* PgTarget: what is written */
    const Batch *batch;
    size_t row;
} Repair;

void
pg_append_literal(GString *sql, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null) {
        g_string_append(sql, "NULL");
        return;
    }
    if (value->type == TYPE_BYTES) {
        g_string_append(text, "\\x");
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(text, "%02x", (unsigned char) value->s.data[i]);
    } else if (value->type == TYPE_DECIMAL) { /* with its zeros */
        g_string_append_len(text, value->s.data, (gssize) value->s.bytes);
    } else {
        value_append_text(value, text);
    }
    g_autofree char *quoted = pg_sql("%Q", text->str);
    g_string_append(sql, quoted);
}

static bool
append_literal(const Repair *repair, GString *sql, const PgTarget *target, GError **error)
{
    Value value = batch_value(repair->batch, target->column, repair->row);
    g_autofree char *reason = NULL;
    if (!value.is_null && !pg_keeps(target, &value, &reason))
        return fail(error, ERR_INVALID, "row %" G_GINT64_FORMAT ", %s: %s",
                    repair->batch->row_ids[repair->row], target->name, reason);
    pg_append_literal(sql, &value);
    return true;
}

typedef enum { COLUMNS_KEY, COLUMNS_REST, COLUMNS_ALL } ColumnsWanted;

/* "a" = '1' AND "b" = '2', or the values alone where they stand behind VALUES. */
static bool
append_columns(const Repair *repair, GString *sql, ColumnsWanted wanted, const char *between,
               GError **error)
{
    bool is_first = true;
    for (guint i = 0; i < repair->targets->len; i++) {
        const PgTarget *target = &g_array_index(repair->targets, PgTarget, i);
        if (wanted != COLUMNS_ALL &&
            schema_is_key(repair->schema, target->name) != (wanted == COLUMNS_KEY))
            continue;
        g_autofree char *name = pg_name(target->name);
        g_string_append_printf(sql, "%s%s%s", is_first ? "" : between,
                               wanted == COLUMNS_ALL ? "" : name,
                               wanted == COLUMNS_ALL ? "" : " = ");
        is_first = false;
        if (!append_literal(repair, sql, target, error))
            return false;
    }
    return true;
}

static bool
say(const Repair *repair, RepairKind kind, GString *sql, GError **error)
{
    const char *table = repair->table->sql;
    if (kind == REPAIR_INSERT) {
        g_autofree char *columns = pg_target_list(repair->targets);
        g_string_printf(sql, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (", table,
                        columns);
        bool done = append_columns(repair, sql, COLUMNS_ALL, ", ", error);
        g_string_append_c(sql, ')');
        return done;
    }
    if (kind == REPAIR_REMOVE) {
        g_string_printf(sql, "DELETE FROM %s WHERE ", table);
        return append_columns(repair, sql, COLUMNS_KEY, " AND ", error);
    }
    g_string_printf(sql, "UPDATE %s SET ", table);
    if (!append_columns(repair, sql, COLUMNS_REST, ", ", error))
        return false;
    g_string_append(sql, " WHERE ");
    return append_columns(repair, sql, COLUMNS_KEY, " AND ", error);
}

static bool
repair_row(void *data, RepairKind kind, const Batch *batch, size_t row, GError **error)
{
    Repair *repair = data;
    g_autoptr(GString) sql = g_string_new(NULL);
    AUTO_RESULT *result = NULL;
    int64_t row_id = batch->row_ids[row];
    repair->batch = batch;
    repair->row = row;
    if (!say(repair, kind, sql, error))
        return false;
    if (!pg_run_on(repair->conn, repair->conn->db, sql->str, &result, error))
        return fail_in(error, "row %" G_GINT64_FORMAT, row_id);
    return strcmp(PQcmdTuples(result), "1") == 0 ||
           fail(error, ERR_TRANSIENT,
                "row %" G_GINT64_FORMAT " is there %s times by now: somebody else changes '%s'",
                row_id, PQcmdTuples(result), repair->object);
}

bool
pg_repair(Conn *base, const char *object, const Schema *schema,
          GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    PgConn *conn = pg_conn(base);
    g_auto(PgDescription) table = {0};
    g_autoptr(GArray) targets = NULL;
    if (!pg_describe_columns(conn, object, &table, error) ||
        !pg_targets_of(&table, schema, &targets, error))
        return false;
    pg_begin(conn);
    pg_later(conn,
             "SET CONSTRAINTS ALL DEFERRED"); /* rows that refer to each other come one by one */
    if (base->passes_freeze)
        pg_later(conn, "SET LOCAL \"honk.repairs\" = '%lld'", (long long) table.object->oid);
    Repair repair = {.conn = conn,
                     .object = object,
                     .table = table.object,
                     .schema = schema,
                     .targets = targets};
    if (repair_each_row(batches, repair_row, &repair, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}
