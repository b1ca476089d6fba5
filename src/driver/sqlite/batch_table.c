/*
 * batch_table.c - a batch as a virtual table, so that one INSERT … SELECT takes all of its rows.
 *
 * A statement for each row opens the target, walks down its tree, and closes it again; in SQLite's own loop the cursor stays
 * where the last row went in. Cells are read where they lie in the batch.
 *
 * A whole number that is the rowid is looked for in the tree before it goes in, from its root, for each row; one that SQLite makes
 * itself is known to be the largest, and goes where the last one went. It makes the largest one and one more, which is what most
 * rows of most tables have: for them it is asked to (NULL), and afterwards held to it.
 */
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#define SCAN_COST 1000
#define LEAST_ID 1 /* what SQLite makes where there is none, or none as large, is not relied on */

typedef struct {
    sqlite3_vtab base;
    BatchTable *table;
} Table;

/* How the cells of a column are given. */
typedef enum { WAY_ASKED, WAY_TEXT, WAY_INT, WAY_KEY } Way;

typedef struct {
    const BatchColumn *cells;
    Way way;
} Source;

typedef struct {
    sqlite3_vtab_cursor base;
    BatchTable *table;
    size_t row;
    bool is_next;    /* the row's number is the one that SQLite would make */
    Source *sources; /* of the columns */
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
    cursor->sources = g_new0(Source, cursor->table->column_count);
    *ret = &cursor->base;
    return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *base)
{
    g_free(((Cursor *) base)->sources);
    g_free(base);
    return SQLITE_OK;
}

static bool
is_at_row(const Cursor *cursor)
{
    return cursor->row < cursor->table->batch->row_count;
}

/* Would SQLite make the row's number? Rows before it are in. */
static void
look_at_key(Cursor *cursor)
{
    BatchTable *table = cursor->table;
    if (table->next_id == 0 || !is_at_row(cursor))
        return;
    size_t column = table->columns[table->key];
    int64_t id = batch_int(table->batch, column, cursor->row);
    bool is_null = batch_is_null(table->batch, column, cursor->row);
    cursor->is_next = !is_null && id > LEAST_ID && id == table->next_id;
    if (is_null || id == INT64_MAX)
        table->next_id = 0; /* then it is not known any more */
    else
        table->next_id = MAX(table->next_id, id + 1);
}

static Way
way_of(const BatchTable *table, size_t index)
{
    ColumnType type = table->batch->columns[table->columns[index]].type;
    if (table->guards[index] != GUARD_NONE)
        return WAY_ASKED;
    if (type == TYPE_INT)
        return table->next_id > 0 && index == table->key ? WAY_KEY : WAY_INT;
    return type == TYPE_TEXT ? WAY_TEXT : WAY_ASKED;
}

static int
begin_reading(sqlite3_vtab_cursor *base, int plan, const char *plan_text, int count,
              sqlite3_value **values)
{
    Cursor *cursor = (Cursor *) base;
    const BatchTable *table = cursor->table;
    cursor->row = table->from;
    for (size_t i = 0; i < table->column_count; i++)
        cursor->sources[i] =
            (Source){.cells = &table->batch->columns[table->columns[i]], .way = way_of(table, i)};
    look_at_key(cursor);
    return SQLITE_OK;
}

static int
next_row(sqlite3_vtab_cursor *base)
{
    Cursor *cursor = (Cursor *) base;
    cursor->row++;
    cursor->is_next = false;
    look_at_key(cursor);
    return SQLITE_OK;
}

static int
is_at_end(sqlite3_vtab_cursor *base)
{
    return !is_at_row((const Cursor *) base);
}

static int
ask_for_cell(const Cursor *cursor, sqlite3_context *context, int index)
{
    const BatchTable *table = cursor->table;
    g_autofree char *reason = NULL;
    if (!cell_result(context, table->batch, table->columns[index], cursor->row,
                     table->guards[index], table->scratch, &reason))
        sqlite3_result_error(context, reason, -1);
    return SQLITE_OK;
}

/* Of most cells of many tables nothing is asked. What is not given is NULL. */
static int
read_cell(sqlite3_vtab_cursor *base, sqlite3_context *context, int index)
{
    const Cursor *cursor = (const Cursor *) base;
    const BatchColumn *cells = cursor->sources[index].cells;
    Way way = cursor->sources[index].way;
    size_t row = cursor->row;
    if (G_UNLIKELY(way == WAY_ASKED))
        return ask_for_cell(cursor, context, index);
    if ((cells->valid[row / 8] >> (row % 8) & 1) == 0 || (way == WAY_KEY && cursor->is_next))
        return SQLITE_OK;
    if (way == WAY_TEXT) /* a heap may not be there, but a text is */
        sqlite3_result_text(context, cells->heap != NULL ? cells->heap + cells->offsets[row] : "",
                            (int) (cells->offsets[row + 1] - cells->offsets[row]), SQLITE_STATIC);
    else
        sqlite3_result_int64(context, cells->ints[row]);
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

/* A number that the target gives by other rules, or that triggers may give away, is not made. */
static bool
find_key(SqliteConn *conn, BatchTable *table, const SqliteObject *target, size_t key,
         GError **error)
{
    int64_t is_rowid = 0;
    if (key == SIZE_MAX || target->rowid == NULL || sql_has_word(target->sql, "AUTOINCREMENT"))
        return true;
    if (!sq_int(conn, &is_rowid, error,
                "SELECT NOT EXISTS (SELECT 1 FROM pragma_index_list(%Q, 'main') WHERE origin = "
                "'pk') AND NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND "
                "tbl_name = %Q COLLATE NOCASE)",
                target->name, target->name))
        return false;
    table->key = key;
    return is_rowid == 0 || sq_prepare(conn, &table->last, error, "SELECT max(%s) FROM main.\"%w\"",
                                       target->rowid, target->name);
}

bool
sqlite_batch_table(SqliteConn *conn, BatchTable *table, const SqliteObject *target, size_t key,
                   GError **error)
{
    if (sqlite3_create_module(conn->db, BATCH_TABLE, &module, table) != SQLITE_OK)
        return sq_fail(conn, error);
    table->db = conn->db;
    return find_key(conn, table, target, key, error);
}

static bool
find_last(SqliteConn *conn, BatchTable *table, GError **error)
{
    bool row = false;
    table->next_id = 0;
    if (table->last == NULL)
        return true;
    if (!sq_step(conn, table->last, &row, error))
        return false;
    int64_t last = row ? sqlite3_column_int64(table->last, 0) : 0;
    sqlite3_reset(table->last);
    table->next_id = last == INT64_MAX ? 0 : MAX(last + 1, LEAST_ID);
    return true;
}

static bool
last_is_right(const BatchTable *table, const Batch *batch)
{
    return table->next_id == 0 || batch->row_count <= table->from ||
           sqlite3_last_insert_rowid(table->db) ==
               batch_int(batch, table->columns[table->key], batch->row_count - 1);
}

bool
sqlite_batch_table_put(SqliteConn *conn, BatchTable *table, sqlite3_stmt *insert,
                       const Batch *batch, size_t from, GError **error)
{
    table->batch = batch;
    table->from = from;
    if (!find_last(conn, table, error))
        return false;
    bool done = sq_run(conn, insert, error);
    sqlite3_reset(insert);
    return done && (last_is_right(table, batch) ||
                    fail(error, ERR_INTERNAL, "SQLite has numbered a row otherwise"));
}

void
sqlite_batch_table_clear(BatchTable *table)
{
    sq_done(&table->last);
    if (table->db != NULL)
        sqlite3_create_module(table->db, BATCH_TABLE, NULL, NULL);
    table->db = NULL;
}
