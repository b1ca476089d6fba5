/*
 * batch_table.c - a batch as a virtual table, so that one INSERT … SELECT takes all of its rows.
 *
 * A statement for each row opens the target, walks down its tree, and closes it again; in SQLite's own loop the cursor stays
 * where the last row went in. Cells are read where they lie in the batch.
 */
#include "driver/sqlite/sqlite.h"

#define SCAN_COST 1000

typedef struct {
    sqlite3_vtab base;
    BatchTable *table;
} Table;

typedef struct {
    sqlite3_vtab_cursor base;
    const BatchTable *table;
    size_t row;
} Cursor;

static int
connect_table(sqlite3 *db, void *data, int count, const char *const *words, sqlite3_vtab **ret,
              char **ret_error)
{
    BatchTable *table = data;
    g_autoptr(GString) sql = g_string_new("CREATE TABLE x(");
    for (size_t i = 0; i < table->column_count; i++)
        g_string_append_printf(sql, "%sc%zu", i > 0 ? ", " : "", i);
    g_string_append_c(sql, ')');
    int status = sqlite3_declare_vtab(db, sql->str);
    if (status != SQLITE_OK)
        return status;
    Table *made = g_new0(Table, 1);
    made->table = table;
    *ret = &made->base;
    return SQLITE_OK;
}

static int
disconnect_table(sqlite3_vtab *base)
{
    g_free(base);
    return SQLITE_OK;
}

static int
plan_reading(sqlite3_vtab *base, sqlite3_index_info *info)
{
    info->estimatedCost = SCAN_COST;
    return SQLITE_OK;
}

static int
open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
    Cursor *cursor = g_new0(Cursor, 1);
    cursor->table = ((Table *) base)->table;
    *ret = &cursor->base;
    return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *base)
{
    g_free(base);
    return SQLITE_OK;
}

static int
begin_reading(sqlite3_vtab_cursor *base, int plan, const char *plan_text, int count,
              sqlite3_value **values)
{
    Cursor *cursor = (Cursor *) base;
    cursor->row = cursor->table->from;
    return SQLITE_OK;
}

static int
next_row(sqlite3_vtab_cursor *base)
{
    ((Cursor *) base)->row++;
    return SQLITE_OK;
}

static int
is_at_end(sqlite3_vtab_cursor *base)
{
    const Cursor *cursor = (const Cursor *) base;
    return cursor->row >= cursor->table->batch->row_count;
}

static int
read_cell(sqlite3_vtab_cursor *base, sqlite3_context *context, int index)
{
    const Cursor *cursor = (const Cursor *) base;
    const BatchTable *table = cursor->table;
    g_autofree char *reason = NULL;
    if (!cell_result(context, table->batch, table->columns[index], cursor->row,
                     table->guards[index], table->scratch, &reason))
        sqlite3_result_error(context, reason, -1);
    return SQLITE_OK;
}

static int
read_row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64) ((const Cursor *) base)->row;
    return SQLITE_OK;
}

/* Without xCreate it is there under its module's name, and nothing is written to the schema. */
static const sqlite3_module module = {
    .xConnect = connect_table,
    .xBestIndex = plan_reading,
    .xDisconnect = disconnect_table,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = begin_reading,
    .xNext = next_row,
    .xEof = is_at_end,
    .xColumn = read_cell,
    .xRowid = read_row_id,
};

bool
sqlite_batch_table(SqliteConn *conn, BatchTable *table, GError **error)
{
    if (sqlite3_create_module(conn->db, BATCH_TABLE, &module, table) != SQLITE_OK)
        return sq_fail(conn, error);
    table->db = conn->db;
    return true;
}

void
sqlite_batch_table_clear(BatchTable *table)
{
    if (table->db != NULL)
        sqlite3_create_module(table->db, BATCH_TABLE, NULL, NULL);
    table->db = NULL;
}
