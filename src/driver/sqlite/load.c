/*
 * load.c - a range of rows into a stage, with its ledger row, in one transaction.
 *
 * In bulk a batch goes in by one INSERT … SELECT (batch_table.c), and whatever is wrong with a row is wrong with the range. Else rows
 * go in one by one through one prepared INSERT, so the store itself says which row it refuses; those before it stay, and the
 * caller goes on behind it.
 */
#include "driver/book.h"
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

struct Loader {
    sqlite3_stmt *insert;
    char *stage, *plan, *task, *range;
    Writer writer; /* borrows the three above */
    Schema *schema;
    size_t *written;   /* columns of the batch that are written, in order of the parameters */
    CellGuard *guards; /* for each of them */
    size_t written_count;
    size_t key;        /* of them, the one that is the stage's rowid; SIZE_MAX: none */
    bool has_deferred; /* foreign keys that SQLite would look at only at the end */
    BatchTable bulk;   /* what `insert` reads, where the writer is in bulk */
    GString *scratch;
};

static void
loader_free(Loader *loader)
{
    if (loader == NULL)
        return;
    sqlite3_finalize(loader->insert);
    sqlite_batch_table_clear(&loader->bulk);
    g_free(loader->stage);
    g_free(loader->plan);
    g_free(loader->task);
    g_free(loader->range);
    schema_free(loader->schema);
    g_free(loader->written);
    g_free(loader->guards);
    g_string_free(loader->scratch, TRUE);
    g_free(loader);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loader, loader_free)

char *
sqlite_column_list(const Schema *schema)
{
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_autofree char *quoted = sql_quote(column->name);
        if (!column->is_generated)
            g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", quoted);
    }
    return g_string_free(list, FALSE);
}

/* The schema says what the batch holds; what the stage's columns do to it is for the stage to say. */
static bool
loader_new(SqliteConn *conn, const char *stage, const Schema *schema, const Writer *writer,
           Loader **ret, GError **error)
{
    g_autoptr(Schema) real = NULL;
    if (!sqlite_describe(&conn->base, stage, &real, error))
        return false;
    g_autoptr(Loader) loader = g_new0(Loader, 1);
    loader->scratch = g_string_new(NULL);
    loader->stage = g_strdup(stage);
    loader->plan = g_strdup(writer->plan);
    loader->task = g_strdup(writer->task);
    loader->range = g_strdup(writer->range);
    loader->writer = (Writer){.plan = loader->plan,
                              .task = loader->task,
                              .range = loader->range,
                              .token = writer->token,
                              .in_bulk = writer->in_bulk};
    loader->schema = schema_copy(schema);
    loader->key = SIZE_MAX;
    loader->written = g_new0(size_t, schema_count(schema));
    loader->guards = g_new0(CellGuard, schema_count(schema));
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_find(real, schema_column(schema, i)->name, NULL);
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", stage,
                        schema_column(schema, i)->name);
        if (schema_column(schema, i)->is_generated)
            continue;
        loader->guards[loader->written_count] = cell_guard(column);
        if (column->is_rowid && schema_column(schema, i)->type == TYPE_INT)
            loader->key = loader->written_count;
        loader->written[loader->written_count++] = i;
    }
    *ret = g_steal_pointer(&loader);
    return true;
}

/* The rows of one batch after the other. What goes wrong ends the transaction, so no statement journal is needed. */
static bool
prepare_bulk(SqliteConn *conn, Loader *loader, const SqliteObject *object, const char *table,
             const char *columns, GError **error)
{
    g_autoptr(GString) cells = g_string_new("c0");
    for (size_t i = 1; i < loader->written_count; i++)
        g_string_append_printf(cells, ", c%zu", i);
    loader->bulk = (BatchTable){.column_count = loader->written_count,
                                .columns = loader->written,
                                .guards = loader->guards,
                                .scratch = loader->scratch};
    return sqlite_batch_table(conn, &loader->bulk, object, loader->key, error) &&
           sq_prepare(conn, &loader->insert, error,
                      "INSERT OR ROLLBACK INTO main.%s (%s) SELECT %s FROM " BATCH_TABLE, table,
                      columns, cells->str);
}

/* The table's own ON CONFLICT would drop or replace rows without a word. */
static bool
prepare_rows(SqliteConn *conn, Loader *loader, const char *table, const char *columns,
             GError **error)
{
    g_autoptr(GString) values = g_string_new("?");
    for (size_t i = 1; i < loader->written_count; i++)
        g_string_append(values, ", ?");
    return sq_prepare(conn, &loader->insert, error, "INSERT OR ABORT INTO main.%s (%s) VALUES (%s)",
                      table, columns, values->str);
}

static bool
loader_prepare(SqliteConn *conn, Loader *loader, GError **error)
{
    g_autofree char *table = sql_quote(loader->stage);
    g_autofree char *columns = sqlite_column_list(loader->schema);
    g_autoptr(SqliteObject) object = NULL;
    int64_t enforced = 0;
    if (!sqlite_object_need(conn, loader->stage, &object, error) ||
        !sq_int(conn, &enforced, error, "PRAGMA foreign_keys"))
        return false;
    loader->has_deferred = enforced != 0 && sql_has_word(object->sql, "DEFERRED");
    return loader->writer.in_bulk ? prepare_bulk(conn, loader, object, table, columns, error)
                                  : prepare_rows(conn, loader, table, columns, error);
}

static bool
load_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
           bool *ret_done, RangeResult *ret_result, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_assert(conn->loader == NULL);
    g_autoptr(Loader) loader = NULL;
    bool is_done = false, has_fence = false;
    if (!book_has(base, "_honk_fence", &has_fence, error) ||
        (has_fence && !sqlite_set_references(conn, stage, writer, error)) ||
        !book_begin_range(base, writer, &is_done, ret_result, error))
        return false;
    if (!is_done && (!loader_new(conn, stage, schema, writer, &loader, error) ||
                     !loader_prepare(conn, loader, error))) {
        sq_rollback(conn);
        return false;
    }
    if (is_done)
        sq_rollback(conn);
    conn->loader = g_steal_pointer(&loader);
    *ret_done = is_done;
    return true;
}

/* --- refusals in words --- */

/* "UNIQUE constraint failed: t.a, t.b" names the columns; a number of an earlier row with the same values
 * is told where that is in the same batch. */
static char *
words_for_unique(const Loader *loader, const Batch *batch, size_t row, const char *columns)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) values = g_string_new(NULL);
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(size_t));
    g_auto(GStrv) parts = g_strsplit(columns, ", ", -1);
    size_t prefix = strlen(loader->stage) + 1;
    for (char **part = parts; *part != NULL; part++) {
        const char *name = strlen(*part) > prefix ? *part + prefix : *part;
        size_t index = 0;
        if (schema_find(loader->schema, name, &index) == NULL)
            return g_strdup_printf("'%s' is already taken", name);
        g_array_append_val(indexes, index);
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
        Value value = batch_value(batch, index, row);
        g_string_append(values, values->len > 0 ? ", " : "");
        value_append_quoted(&value, values);
    }
    for (size_t other = 0; other < row; other++) {
        bool is_same = true;
        for (guint i = 0; i < indexes->len && is_same; i++) {
            Value a = batch_value(batch, g_array_index(indexes, size_t, i), row);
            Value b = batch_value(batch, g_array_index(indexes, size_t, i), other);
            is_same = value_equal(&a, &b);
        }
        if (is_same)
            return g_strdup_printf("%s (%s) is already taken by row %" G_GINT64_FORMAT, names->str,
                                   values->str, batch->row_ids[other]);
    }
    return g_strdup_printf("%s (%s) is already taken", names->str, values->str);
}

/* SQLite's message names the stage, which nobody knows. */
static char *
words_for_refusal(SqliteConn *conn, const Batch *batch, size_t row)
{
    const Loader *loader = conn->loader;
    const char *message = sqlite3_errmsg(conn->db);
    const char *colon = strstr(message, ": ");
    const char *what = colon != NULL ? colon + 2 : message;
    size_t prefix = strlen(loader->stage) + 1;
    bool names_stage = strlen(what) > prefix && strncmp(what, loader->stage, prefix - 1) == 0;
    switch (sqlite3_extended_errcode(conn->db)) {
    case SQLITE_CONSTRAINT_NOTNULL:
        return g_strdup_printf("'%s' must not be NULL", names_stage ? what + prefix : what);
    case SQLITE_CONSTRAINT_CHECK:
        return g_strdup_printf("it breaks the check '%s'", what);
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return words_for_unique(loader, batch, row, what);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return g_strdup("it refers to a row that is not there (foreign key)");
    default: {
        g_auto(GStrv) around = g_strsplit(message, loader->stage, -1);
        return g_strjoinv("stage", around);
    }
    }
}

/* --- rows --- */

typedef enum { PUT_DONE, PUT_REFUSED, PUT_FAILED } PutResult;

static PutResult
refuse_row(GError **error, char *take_reason)
{
    g_autofree char *reason = take_reason;
    fail(error, ERR_INVALID, "%s", reason);
    return PUT_REFUSED;
}

static PutResult
insert_row(SqliteConn *conn, const Batch *batch, size_t row, GError **error)
{
    Loader *loader = conn->loader;
    for (size_t i = 0; i < loader->written_count; i++) {
        char *reason = NULL;
        if (!cell_bind(loader->insert, (int) i + 1, batch, loader->written[i], row,
                       loader->guards[i], loader->scratch, &reason)) {
            g_autofree char *detail = reason;
            return refuse_row(
                error,
                g_strdup_printf("%s: %s", schema_column(loader->schema, loader->written[i])->name,
                                detail));
        }
    }
    int status = sqlite3_step(loader->insert);
    if (status == SQLITE_DONE) {
        sqlite3_reset(loader->insert);
        return PUT_DONE;
    }
    PutResult result = PUT_FAILED;
    if ((status & 0xff) == SQLITE_CONSTRAINT)
        result = refuse_row(error, words_for_refusal(conn, batch, row));
    else
        sq_fail(conn, error);
    sqlite3_reset(loader->insert);
    return result;
}

/* A deferred key is looked at after each row, in a savepoint that takes the row back. */
static PutResult
insert_row_deferred(SqliteConn *conn, const Batch *batch, size_t row, GError **error)
{
    if (!sq_exec(conn, error, "SAVEPOINT honk_row"))
        return PUT_FAILED;
    PutResult result = insert_row(conn, batch, row, error);
    int missing = 0, ignored = 0;
    sqlite3_db_status(conn->db, SQLITE_DBSTATUS_DEFERRED_FKS, &missing, &ignored, 0);
    if (result == PUT_DONE && missing > 0) {
        result = refuse_row(error, g_strdup("it refers to a row that is not there (foreign key)"));
        if (!sq_exec(conn, NULL, "ROLLBACK TO honk_row"))
            return PUT_FAILED;
    }
    return sq_exec(conn, result == PUT_DONE ? error : NULL, "RELEASE honk_row") ? result
                                                                                : PUT_FAILED;
}

/* All rows, or INVALID. */
static bool
put_in_bulk(SqliteConn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    Loader *loader = conn->loader;
    bool done = sqlite_batch_table_put(conn, &loader->bulk, loader->insert, batch, from, error);
    int missing = 0, ignored = 0;
    sqlite3_db_status(conn->db, SQLITE_DBSTATUS_DEFERRED_FKS, &missing, &ignored, 0);
    if (done && loader->has_deferred && missing > 0)
        done = fail(error, ERR_INVALID, "a row refers to one that is not there (foreign key)");
    *ret_next = done ? batch->row_count : from;
    return done;
}

static bool
load_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_assert(conn->loader != NULL && batch->column_count == schema_count(conn->loader->schema));
    if (conn->loader->writer.in_bulk)
        return put_in_bulk(conn, batch, from, ret_next, error);
    for (size_t row = from; row < batch->row_count; row++) {
        PutResult result = conn->loader->has_deferred ? insert_row_deferred(conn, batch, row, error)
                                                      : insert_row(conn, batch, row, error);
        *ret_next = row;
        if (result != PUT_DONE)
            return false;
    }
    *ret_next = batch->row_count;
    return true;
}

static bool
load_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                const char *reason, GError **error)
{
    const Loader *loader = sqlite_conn(base)->loader;
    g_assert(loader != NULL);
    if (loader->writer.in_bulk)
        return fail(error, ERR_INVALID, "%s", reason);
    return book_set_aside(base, &loader->writer, row_id, record, column, reason, error);
}

static void
load_rollback(Conn *base)
{
    SqliteConn *conn = sqlite_conn(base);
    if (conn->loader == NULL)
        return;
    loader_free(conn->loader);
    conn->loader = NULL;
    sq_rollback(conn);
}

static bool
load_commit(Conn *base, const RangeResult *result, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_assert(conn->loader != NULL);
    if (!book_write_range(base, &conn->loader->writer, result, error))
        return false;
    sq_done(&conn->loader->insert);
    if (!sq_commit(conn, error))
        return false;
    loader_free(conn->loader);
    conn->loader = NULL;
    return true;
}

/* Of rows that are not written. */
typedef struct {
    CellGuard *guards; /* by column of the schema */
    const Schema *schema;
    GString *scratch;
} SqliteLook;

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    g_autoptr(Schema) real = NULL;
    size_t count = schema_count(schema);
    if (is_there && !sqlite_describe(base, object, &real, error))
        return false;
    SqliteLook *look = g_new0(SqliteLook, 1);
    look->schema = schema;
    look->scratch = g_string_new(NULL);
    look->guards = g_new0(CellGuard, count + 1);
    for (size_t i = 0; i < count; i++) {
        const Column *column = schema_column(schema, i);
        const Column *found = is_there ? schema_find(real, column->name, NULL) : column;
        look->guards[i] = found != NULL ? cell_guard(found) : GUARD_NONE;
    }
    *ret = look;
    return true;
}

static char *
look_at_cell(void *data, const Batch *batch, size_t column, size_t row)
{
    SqliteLook *look = data;
    char *reason = NULL;
    bool is_written = !schema_column(look->schema, column)->is_generated;
    return !is_written ||
                   cell_is_kept(batch, column, row, look->guards[column], look->scratch, &reason)
               ? NULL
               : reason;
}

static void
look_end(void *data)
{
    SqliteLook *look = data;
    g_string_free(look->scratch, TRUE);
    g_free(look->guards);
    g_free(look);
}

static const LookOps look_ops = {.begin = look_begin, .cell = look_at_cell, .end = look_end};

const LoadOps sqlite_load_ops = {
    .locks_store = true,
    .names_fold = true,
    .stage = sqlite_stage,
    .unstage = sqlite_unstage,
    .exists = sqlite_exists,
    .begin = load_begin,
    .takes_bulk = true,
    .put = load_put,
    .quarantine = load_quarantine,
    .commit = load_commit,
    .remove = sqlite_remove,
    .rollback = load_rollback,
    .fence = book_fence,
    .ledger_find = book_ledger_find,
    .ledger_sum = book_ledger_sum,
    .quarantined = book_quarantined,
    .finish = sqlite_finish,
    .holds = sqlite_holds,
    .look = &look_ops,
};
