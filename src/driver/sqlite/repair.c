/*
 * repair.c - single rows of a table put right in their place, all in one transaction.
 *
 * Each is named by its key, and each statement must meet exactly one row: what somebody else changed meanwhile is not
 * changed over, and nothing is.
 */
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

typedef struct {
    SqliteConn *conn;
    const char *object;
    const Schema *schema;
    CellGuard *guards; /* of the schema's columns */
    size_t *bound;     /* columns of the batch in order of the parameters */
    size_t bound_count;
    sqlite3_stmt *statement;
    GString *scratch;
} Repair;

static void
repair_clear(Repair *repair)
{
    sqlite3_finalize(repair->statement);
    g_free(repair->guards);
    g_free(repair->bound);
    if (repair->scratch != NULL)
        g_string_free(repair->scratch, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repair, repair_clear)

static bool
repair_init(Repair *repair, SqliteConn *conn, const char *object, const Schema *schema,
            GError **error)
{
    g_autoptr(Schema) real = NULL;
    size_t count = schema_count(schema);
    *repair = (Repair){.conn = conn, .object = object, .schema = schema};
    if (!sqlite_describe(&conn->base, object, &real, error))
        return false;
    repair->guards = g_new0(CellGuard, count);
    repair->bound = g_new0(size_t, 2 * count);
    repair->scratch = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        const Column *column = schema_find(real, schema_column(schema, i)->name, NULL);
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", object,
                        schema_column(schema, i)->name);
        repair->guards[i] = cell_guard(column);
    }
    return true;
}

/* "a IS ? AND b IS ?" of the key, whose columns are bound behind what is bound already. */
static char *
key_condition(Repair *repair)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < repair->schema->key->len; i++) {
        const char *name = repair->schema->key->pdata[i];
        g_autofree char *quoted = sql_quote(name);
        g_string_append_printf(text, "%s%s IS ?", i > 0 ? " AND " : "", quoted);
        schema_find(repair->schema, name, &repair->bound[repair->bound_count++]);
    }
    return g_string_free(text, FALSE);
}

/* Each written column through `format`, which has its name in it; they are bound from the first parameter on. */
static char *
written_columns(Repair *repair, const char *behind)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(repair->schema); i++) {
        g_autofree char *quoted = sql_quote(schema_column(repair->schema, i)->name);
        if (schema_column(repair->schema, i)->is_generated)
            continue;
        g_string_append_printf(text, "%s%s%s", text->len > 0 ? ", " : "", quoted, behind);
        repair->bound[repair->bound_count++] = i;
    }
    return g_string_free(text, FALSE);
}

static bool
prepare(Repair *repair, RepairKind kind, GError **error)
{
    g_autofree char *table = sql_quote(repair->object);
    sq_done(&repair->statement);
    repair->bound_count = 0;
    bool is_update = kind == REPAIR_CHANGE || kind == REPAIR_YIELD;
    if (kind == REPAIR_REMOVE) {
        g_autofree char *key = key_condition(repair);
        return sq_prepare(repair->conn, &repair->statement, error, "DELETE FROM main.%s WHERE %s",
                          table, key);
    }
    g_autofree char *columns = written_columns(repair, is_update ? " = ?" : "");
    if (is_update) {
        g_autofree char *key = key_condition(repair);
        return sq_prepare(repair->conn, &repair->statement, error, "UPDATE main.%s SET %s WHERE %s",
                          table, columns, key);
    }
    g_autoptr(GString) values = g_string_new("?");
    for (size_t i = 1; i < repair->bound_count; i++)
        g_string_append(values, ", ?");
    return sq_prepare(repair->conn, &repair->statement, error,
                      "INSERT INTO main.%s (%s) VALUES (%s)", table, columns, values->str);
}

static bool
repair_row(Repair *repair, const Batch *batch, size_t row, GError **error)
{
    for (size_t i = 0; i < repair->bound_count; i++) {
        g_autofree char *reason = NULL;
        size_t column = repair->bound[i];
        if (!cell_bind(repair->statement, (int) i + 1, batch, column, row, repair->guards[column],
                       repair->scratch, &reason))
            return fail(error, ERR_INVALID, "row %" G_GINT64_FORMAT ", %s: %s", batch->row_ids[row],
                        schema_column(repair->schema, column)->name, reason);
    }
    if (!sq_run(repair->conn, repair->statement, error))
        return fail_in(error, "row %" G_GINT64_FORMAT, batch->row_ids[row]);
    sqlite3_reset(repair->statement);
    int changed = sqlite3_changes(repair->conn->db);
    return changed == 1 ||
           fail(error, ERR_TRANSIENT,
                "row %" G_GINT64_FORMAT " is there %d times by now: somebody else changes '%s'",
                batch->row_ids[row], changed, repair->object);
}

/* Away, changed, new: in this order, so that what is unique stays so. */
static bool
repair_all(Repair *repair, GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    for (int kind = 0; kind < REPAIR_KINDS; kind++) {
        if (batches[kind]->len > 0 && !prepare(repair, (RepairKind) kind, error))
            return false;
        for (guint i = 0; i < batches[kind]->len; i++) {
            const Batch *batch = batches[kind]->pdata[i];
            for (size_t row = 0; row < batch->row_count; row++)
                if (!repair_row(repair, batch, row, error))
                    return false;
        }
    }
    sq_done(&repair->statement);
    return true;
}

/* In the open transaction, which nobody else sees the middle of: the triggers of the freeze go, and come back. */
static bool
repair_frozen(Repair *repair, GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    SqliteConn *conn = repair->conn;
    g_autoptr(GPtrArray) triggers = NULL;
    if (!sqlite_lift_freeze(conn, repair->object, &triggers, error) ||
        !repair_all(repair, batches, error))
        return false;
    for (guint i = 0; i < triggers->len; i++)
        if (!sq_exec(conn, error, "%s", (const char *) triggers->pdata[i]))
            return false;
    return true;
}

bool
sqlite_unique_columns(Conn *base, const char *object, GPtrArray **ret, GError **error)
{
    return sq_texts(sqlite_conn(base), ret, error,
                    "SELECT i.name FROM pragma_index_list(%Q, 'main') l, "
                    "pragma_index_info(l.name, 'main') i WHERE l.\"unique\" AND i.name IS NOT NULL "
                    "UNION SELECT name FROM pragma_table_info(%Q, 'main') WHERE pk > 0 ORDER BY 1",
                    object, object);
}

bool
sqlite_repair(Conn *base, const char *object, const Schema *schema,
              GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_auto(Repair) repair;
    if (!repair_init(&repair, conn, object, schema, error) || !sq_begin(conn, error))
        return false;
    if ((base->passes_freeze ? repair_frozen : repair_all)(&repair, batches, error) &&
        sq_commit(conn, error))
        return true;
    sq_done(&repair.statement);
    sq_rollback(conn);
    return false;
}
