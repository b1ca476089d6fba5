/* remove.c - rows of a stage taken out by their key, while a range is being written. */
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

static bool
remove_row(SqliteConn *conn, sqlite3_stmt *statement, const CellGuard *guards, const Batch *keys,
           size_t row, GString *scratch, GError **error)
{
    for (size_t i = 0; i < keys->column_count; i++) {
        g_autofree char *reason = NULL;
        if (!cell_bind(statement, (int) i + 1, keys, i, row, guards[i], scratch, &reason))
            return fail(error, ERR_INVALID, "a key cannot be written: %s", reason);
    }
    if (!sq_run(conn, statement, error))
        return false;
    sqlite3_reset(statement);
    return true;
}

bool
sqlite_remove(Conn *base, const char *stage, const Schema *key, const Batch *keys,
              int64_t *ret_rows, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(Schema) real = NULL;
    g_autoptr(GString) condition = g_string_new(NULL), scratch = g_string_new(NULL);
    g_autofree CellGuard *guards = g_new0(CellGuard, schema_count(key));
    g_autofree char *table = sql_quote(stage);
    AUTO_STMT *statement = NULL;
    int before = sqlite3_total_changes(conn->db);
    g_assert(conn->loader != NULL && keys->column_count == schema_count(key));
    if (!sqlite_describe(base, stage, &real, error))
        return false;
    for (size_t i = 0; i < schema_count(key); i++) {
        const char *name = schema_column(key, i)->name;
        g_autofree char *quoted = sql_quote(name);
        const Column *column = schema_find(real, name, NULL);
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", stage, name);
        guards[i] = cell_guard(column);
        g_string_append_printf(condition, "%s%s IS ?", i > 0 ? " AND " : "", quoted);
    }
    if (!sq_prepare(conn, &statement, error, "DELETE FROM main.%s WHERE %s", table, condition->str))
        return false;
    for (size_t row = 0; row < keys->row_count; row++)
        if (!remove_row(conn, statement, guards, keys, row, scratch, error))
            return false;
    *ret_rows = sqlite3_total_changes(conn->db) - before;
    return true;
}
