/*
 * mapping.c - any text as a mapping: what parses is checked against two fixed schemas, and what checks is run over a few
 * fixed rows, as from a table and as from a file.
 */
#include "target.h"

#include "mapping/mapping.h"

#include <sqlite3.h>
#include <string.h>

static Schema *
source_new(void)
{
    Schema *schema = schema_new("a");
    for (ColumnType type = 0; type < TYPE_COUNT; type++)
        schema_add(schema, column_type_name(type), type, "", true);
    schema_add(schema, "x", TYPE_TEXT, "TEXT", true);
    schema_add(schema, "Cost Total $", TYPE_TEXT, "TEXT", false);
    schema_add(schema, "id", TYPE_INT, "INTEGER", false);
    schema_add_key(schema, "id");
    return schema;
}

static Schema *
target_new(void)
{
    Schema *schema = schema_new("b");
    schema_add(schema, "id", TYPE_INT, "INTEGER", false);
    schema_add(schema, "x", TYPE_TEXT, "TEXT", true);
    schema_add(schema, "y", TYPE_FLOAT, "REAL", true);
    schema_add(schema, "day", TYPE_DATE, "DATE", true);
    schema_add_key(schema, "id");
    return schema;
}

/* Rows of each type's likely and unlikely values, NULL among them. */
static Batch *
rows_of(const Schema *schema)
{
    static const char *const texts[] = {"Jun 12 1998", "12", "", "a b c", "1998-06-12"};
    static const int64_t ints[] = {0, 1, -1, G_MAXINT64, G_MININT64};
    static const double floats[] = {0.5, -0.0, 1e300, 3.0, 1.0 / 3};
    Batch *batch = batch_new_for(schema);
    for (size_t row = 0; row < G_N_ELEMENTS(texts) + 1; row++) {
        for (size_t i = 0; i < schema_count(schema); i++) {
            const Column *column = schema_column(schema, i);
            if (row == G_N_ELEMENTS(texts) && column->is_nullable)
                batch_put_null(batch, i);
            else if (column->type == TYPE_FLOAT)
                batch_put_float(batch, i, floats[row % 5]);
            else if (column->type == TYPE_DECIMAL)
                batch_put_bytes(batch, i, "-12.5", 5);
            else if (column->type == TYPE_TEXT || column->type == TYPE_BYTES)
                batch_put_bytes(batch, i, texts[row % 5], strlen(texts[row % 5]));
            else
                batch_put_int(batch, i,
                              column->type == TYPE_BOOL ? (int64_t) row % 2 : ints[row % 5]);
        }
        batch_commit_row(batch, (int64_t) row + 1);
    }
    return batch;
}

static void
count_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    g_assert(column != NULL && reason != NULL && reason[0] != '\0');
    ++*(size_t *) data;
}

/* Every item must be SQL that SQLite can prepare, whatever the names and texts in the mapping. An expression in the file
 * may well be no SQL, so mappings with one are left out by the caller. */
static void
prepare_select(const Program *program)
{
    const SourceItem *items = NULL;
    sqlite3 *db = NULL;
    sqlite3_open(":memory:", &db);
    sqlite3_exec(db,
                 "CREATE TABLE a(bool, int, float, decimal, text, date, timestamp, bytes, x TEXT, "
                 "\"Cost Total $\" TEXT, id INTEGER PRIMARY KEY)",
                 NULL, NULL, NULL);
    bool registered = program_register(program, db, NULL);
    g_assert(registered);
    for (size_t i = 0; i < program_select_sqlite(program, SELECT_GUARDED, &items); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT %s FROM a", items[i].sql);
        sqlite3_stmt *statement = NULL;
        int status = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
        g_assert(status == SQLITE_OK);
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

static void
run(const Mapping *mapping, const Schema *source, const Schema *target, bool source_sql)
{
    g_autoptr(Program) program = NULL;
    const SourceItem *items = NULL;
    size_t rejected = 0;
    if (!program_new(mapping, source, target, source_sql, &program, NULL))
        return;
    bool has_sql = false;
    for (size_t i = 0; i < program_items(program, &items); i++)
        has_sql = has_sql || items[i].sql != NULL;
    if (source_sql && !has_sql)
        prepare_select(program);
    g_autoptr(Batch) in = rows_of(program_input(program));
    g_autoptr(Batch) out = batch_new_for(program_target(program));
    bool applied = program_apply(program, in, out, count_reject, &rejected, NULL);
    g_assert(!applied || out->row_count + rejected <= in->row_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MappingSet) set = NULL;
    if (!mapping_parse((const char *) data, bytes, "input", diags, &set, &error)) {
        g_assert(error != NULL && set == NULL);
        return 0;
    }
    g_autoptr(Schema) source = source_new(), target = target_new();
    for (size_t i = 0; i < mapping_count(set); i++) {
        const Mapping *mapping = mapping_get(set, i);
        mapping_check(mapping, source, target, mapping_expr_check_embedded, source, diags);
        run(mapping, source, NULL, true);
        run(mapping, source, NULL, false);
        run(mapping, source, target, true);
    }
    g_autofree char *text = diags_text(diags);
    return text == NULL;
}
