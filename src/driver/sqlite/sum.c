/*
 * sum.c - reading back: the sum of the hashes of a range, by one aggregate function inside of SQLite.
 *
 * No row leaves the store and nothing is copied per cell. That holds for cells that are as we write them;
 * at the first other one (a date in another form) the answer is INVALID, and the caller reads row by row,
 * which knows what converts and what has to be refused.
 */
#include "driver/sqlite/sqlite.h"

#include "base/limits.h"

#define ARGUMENTS_MAX 100 /* SQLITE_MAX_FUNCTION_ARG as built by default */

typedef struct {
    SqliteConn *conn;
    const Schema *schema;
    RowHasher hasher;
    GString *scratch;
    HashSum sum;
    int64_t rows_before;
    bool is_refused;
} Summer;

static void
summer_clear(Summer *summer)
{
    row_hasher_clear(&summer->hasher);
    if (summer->scratch != NULL)
        g_string_free(summer->scratch, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Summer, summer_clear)

static void
sum_row(sqlite3_context *context, int count, sqlite3_value **cells)
{
    Summer *summer = sqlite3_user_data(context);
    if (summer->is_refused)
        return;
    row_hasher_begin(&summer->hasher);
    for (int i = 0; i < count; i++) {
        ColumnType type = schema_column(summer->schema, (size_t) i)->type;
        if (cell_hash(cells[i], type, true, &summer->hasher, summer->scratch))
            continue;
        summer->is_refused = true;
        sqlite3_result_error(context, "a cell is not as it would be written", -1);
        return;
    }
    hash_sum_add(&summer->sum, row_hasher_end(&summer->hasher));
    summer->conn->rows_done = summer->rows_before + summer->sum.rows;
}

static void
sum_end(sqlite3_context *context)
{
    Summer *summer = sqlite3_user_data(context);
    sqlite3_result_int64(context, summer->sum.rows);
}

static bool
run(SqliteConn *conn, const SqliteObject *object, const ScanSpec *spec, const Schema *schema,
    GError **error)
{
    g_autofree char *from_where = NULL;
    if (!sqlite_from_where(object, "main", spec, &from_where, error))
        return false;
    g_autofree char *items = sqlite_item_list(spec, schema);
    int64_t rows = 0;
    sqlite_strict_names(conn, object->kind != OBJECT_VIEW);
    bool done = sq_int(conn, &rows, error, "SELECT honk_sum(%s) %s", items, from_where);
    sqlite_strict_names(conn, false);
    return done;
}

bool
sqlite_sum(Conn *base, const ScanSpec *spec, HashSum *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    g_autoptr(Schema) described = NULL;
    g_auto(Summer) summer = {.conn = conn, .schema = spec->output, .rows_before = conn->rows_done};
    row_hasher_init(&summer.hasher);
    summer.scratch = g_string_new(NULL);
    if (!sqlite_object_need(conn, spec->object, &object, error) ||
        (spec->output == NULL && !sqlite_describe(base, spec->object, &described, error)))
        return false;
    if (spec->output == NULL)
        summer.schema = described;
    if (schema_count(summer.schema) > ARGUMENTS_MAX || !conn->is_utf8)
        return fail(error, ERR_INVALID, "the rows have to be read one by one");
    sqlite3_create_function(conn->db, "honk_sum", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, &summer,
                            NULL, sum_row, sum_end);
    bool done = run(conn, object, spec, summer.schema, error);
    sqlite3_create_function(conn->db, "honk_sum", -1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    if (done)
        *ret = summer.sum;
    return done;
}
