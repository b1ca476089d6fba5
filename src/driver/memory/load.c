/*
 * load.c - staging, and ranges that are in as a whole or not at all.
 *
 * A range is gathered beside the table. commit() then adds its rows, its ledger row and what it put
 * aside to the store in one go, under the lock, after a last look at the fences: that is all that a
 * transaction is. What another range did meanwhile (the same key, the same range) is TRANSIENT: done
 * anew, this one sees it.
 */
#include "driver/memory/store.h"

#include <string.h>

/* --- staging --- */

static bool
memory_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Book *book = NULL;
    LOCK_STORE(store);
    const Table *there = memory_table_find(store, stage);
    const Table *old = like != NULL ? memory_table_find(store, like) : NULL;
    if (!memory_book_passes(store, writer, &book, error))
        return false;
    if (there != NULL && book == NULL)
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    if (old == NULL && schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table '%s' to make it like", like);
    if (!conn_confirm(base, error))
        return false;
    if (book == NULL)
        book = memory_book_make(store, writer->plan);
    book->token = writer->token;
    if (there != NULL)
        return true;
    Table *table = memory_table_new(old != NULL ? old->schema : schema);
    g_hash_table_insert(store->tables, g_strdup(stage), table);
    g_free(table->schema->dataset);
    table->schema->dataset = g_strdup(stage);
    return true;
}

static bool
memory_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Book *book = NULL;
    LOCK_STORE(store);
    if (!memory_book_passes(store, writer, &book, error))
        return false;
    if (book == NULL)
        return memory_table_find(store, stage) == NULL ||
               fail(error, ERR_INVALID, "'%s' was not made by plan '%s'", stage, writer->plan);
    if (book->swap != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    if (!conn_confirm(base, error))
        return false;
    g_hash_table_remove(store->tables, stage);
    g_hash_table_remove(store->books, writer->plan);
    g_hash_table_remove(store->aside, writer->plan);
    return true;
}

static bool
memory_exists(Conn *base, const char *object, bool *ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    *ret = memory_table_find(store, object) != NULL;
    return true;
}

/* Its key is all the index that a table has, and it has it from the start. */
static bool
memory_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
              const Writer *writer, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Book *book = NULL;
    LOCK_STORE(store);
    return memory_book_need(store, writer, &book, error);
}

/* --- a range --- */

struct Loader {
    char *stage, *plan, *task, *range;
    Writer writer;     /* borrows the three above */
    size_t *columns;   /* of the batch, for each of the table; SIZE_MAX: none */
    GPtrArray *rows;   /* Row * */
    GPtrArray *keys;   /* GBytes * of each row, or NULL */
    GHashTable *taken; /* the same, to look up */
    json_t *aside;     /* rows put aside, an array */
};

static void
bytes_unref(void *bytes)
{
    if (bytes != NULL)
        g_bytes_unref(bytes);
}

static void
loader_free(Loader *loader)
{
    g_free(loader->stage);
    g_free(loader->plan);
    g_free(loader->task);
    g_free(loader->range);
    g_free(loader->columns);
    g_hash_table_unref(loader->taken);
    g_ptr_array_unref(loader->rows);
    g_ptr_array_unref(loader->keys);
    json_decref(loader->aside);
    g_free(loader);
}

static Loader *
loader_new(const char *stage, const Writer *writer)
{
    Loader *loader = g_new0(Loader, 1);
    loader->stage = g_strdup(stage);
    loader->plan = g_strdup(writer->plan);
    loader->task = g_strdup(writer->task);
    loader->range = g_strdup(writer->range);
    loader->writer = (Writer){
        .plan = loader->plan, .task = loader->task, .range = loader->range, .token = writer->token};
    loader->rows = g_ptr_array_new_with_free_func(memory_row_unref);
    loader->keys = g_ptr_array_new_with_free_func(bytes_unref);
    loader->taken = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    loader->aside = json_array();
    return loader;
}

/* The batch's columns by name; what the table has beyond them stays NULL. */
static bool
match_columns(const Table *table, const Schema *schema, size_t **ret, GError **error)
{
    size_t count = schema_count(table->schema);
    g_autofree size_t *columns = g_new(size_t, count);
    for (size_t i = 0; i < count; i++)
        if (schema_find(schema, schema_column(table->schema, i)->name, &columns[i]) == NULL)
            columns[i] = SIZE_MAX;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        const Column *found = schema_find(table->schema, column->name, NULL);
        if (found == NULL || found->type != column->type)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s' of type %s",
                        table->schema->dataset, column->name, column_type_name(column->type));
    }
    *ret = g_steal_pointer(&columns);
    return true;
}

static bool
memory_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
             bool *ret_done, RangeResult *ret_result, GError **error)
{
    MemoryConn *conn = memory_conn(base);
    Book *book = NULL;
    Table *table = NULL;
    g_autofree size_t *columns = NULL;
    g_assert(conn->loader == NULL);
    LOCK_STORE(conn->store);
    if (!memory_book_need(conn->store, writer, &book, error))
        return false;
    const LedgerRow *done = memory_book_range(book, writer->range);
    *ret_done = done != NULL;
    if (done != NULL) {
        *ret_result = done->result;
        ret_result->was_there = true;
        return true;
    }
    if (!memory_table_need(conn->store, stage, &table, error) ||
        !match_columns(table, schema, &columns, error))
        return false;
    conn->loader = loader_new(stage, writer);
    conn->loader->columns = g_steal_pointer(&columns);
    return true;
}

/* Has somebody else written the range since begin() looked? Its rows would be in the way of these. */
static bool
range_is_open(MemoryStore *store, const Loader *loader, Book **ret, GError **error)
{
    if (!memory_book_need(store, &loader->writer, ret, error))
        return false;
    return memory_book_range(*ret, loader->range) == NULL ||
           fail(error, ERR_TRANSIENT, "range '%s' has just been written", loader->range);
}

static bool
memory_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    MemoryConn *conn = memory_conn(base);
    Loader *loader = conn->loader;
    Book *book = NULL;
    Table *table = NULL;
    g_assert(loader != NULL);
    LOCK_STORE(conn->store);
    if (!memory_tick(base, -1, error) ||
        !memory_table_need(conn->store, loader->stage, &table, error))
        return false;
    for (*ret_next = from; *ret_next < batch->row_count; ++*ret_next) {
        Row *row = memory_row_new(table->schema, batch, loader->columns, *ret_next);
        GBytes *key = NULL;
        g_autofree char *reason = memory_table_refuses(table, row, loader->taken, &key);
        if (reason != NULL) {
            memory_row_unref(row);
            return range_is_open(conn->store, loader, &book, error) &&
                   fail(error, ERR_INVALID, "%s", reason);
        }
        g_ptr_array_add(loader->rows, row);
        g_ptr_array_add(loader->keys, key);
        if (key != NULL)
            g_hash_table_add(loader->taken, key);
    }
    return true;
}

static bool
memory_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                  const char *reason, GError **error)
{
    Loader *loader = memory_conn(base)->loader;
    g_assert(loader != NULL);
    json_t *reject = json_object();
    json_set_string(reject, "task", loader->task);
    json_set_int(reject, "row_id", row_id);
    json_object_set_new(reject, "row", record != NULL ? json_deep_copy(record) : json_null());
    json_set_string(reject, "column", column);
    json_set_string(reject, "reason", reason);
    json_array_append_new(loader->aside, reject);
    return true;
}

static void
memory_rollback(Conn *base)
{
    MemoryConn *conn = memory_conn(base);
    if (conn->loader != NULL)
        loader_free(conn->loader);
    conn->loader = NULL;
}

/* Did another range put a row with the same key in since put() looked? */
static bool
keys_are_free(const Table *table, const Loader *loader, GError **error)
{
    for (guint i = 0; i < loader->keys->len; i++) {
        GBytes *key = loader->keys->pdata[i];
        if (key != NULL && memory_table_has_key(table, key))
            return fail(error, ERR_TRANSIENT, "another range has just written the same key");
    }
    return true;
}

static void
add_all(Table *table, Book *book, Loader *loader, const RangeResult *result)
{
    LedgerRow *done = g_new0(LedgerRow, 1);
    done->range = g_strdup(loader->range);
    done->result = *result;
    g_ptr_array_add(book->ledger, done);
    for (guint i = 0; i < loader->rows->len; i++) {
        GBytes *key = loader->keys->pdata[i];
        memory_table_add(table, memory_row_ref(loader->rows->pdata[i]),
                         key != NULL ? g_bytes_ref(key) : NULL);
    }
    table->version++;
}

static void
put_aside(MemoryStore *store, const Loader *loader)
{
    json_t *before = g_hash_table_lookup(store->aside, loader->plan);
    if (before != NULL)
        json_array_extend(before, loader->aside);
    else if (json_array_size(loader->aside) > 0)
        g_hash_table_insert(store->aside, g_strdup(loader->plan), json_incref(loader->aside));
}

static bool
memory_commit(Conn *base, const RangeResult *result, GError **error)
{
    MemoryConn *conn = memory_conn(base);
    Loader *loader = conn->loader;
    Book *book = NULL;
    Table *table = NULL;
    g_assert(loader != NULL);
    LOCK_STORE(conn->store);
    if (!range_is_open(conn->store, loader, &book, error) ||
        !memory_table_need(conn->store, loader->stage, &table, error) ||
        !keys_are_free(table, loader, error) || !conn_confirm(base, error))
        return false;
    add_all(table, book, loader, result);
    put_aside(conn->store, loader);
    memory_rollback(base); /* nothing is left to take back but the loader itself */
    return true;
}

/* --- fences, ledger, quarantine --- */

static bool
memory_fence(Conn *base, const Writer *writer, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    Book *book = memory_book_find(store, writer->plan);
    if (!conn_confirm(base, error))
        return false;
    if (book == NULL)
        return true;
    const int64_t *now = g_hash_table_lookup(book->tasks, writer->task);
    if (now == NULL || *now < writer->token)
        g_hash_table_insert(book->tasks, g_strdup(writer->task),
                            g_memdup2(&writer->token, sizeof writer->token));
    return true;
}

static bool
memory_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found,
                   RangeResult *ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    const Book *book = memory_book_find(store, plan);
    const LedgerRow *row = book != NULL ? memory_book_range(book, range) : NULL;
    *ret_found = row != NULL;
    if (row != NULL) {
        *ret = row->result;
        ret->was_there = true;
    }
    return true;
}

static bool
memory_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                  GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    RangeResult sum = {0};
    LOCK_STORE(store);
    const Book *book = memory_book_find(store, plan);
    for (guint i = 0; book != NULL && i < book->ledger->len; i++) {
        const LedgerRow *row = book->ledger->pdata[i];
        sum.rows_in += row->result.rows_in;
        sum.rows_out += row->result.rows_out;
        sum.rejected += row->result.rejected;
        hash_sum_merge(&sum.hash, &row->result.hash);
    }
    *ret = sum;
    *ret_ranges = book != NULL ? book->ledger->len : 0;
    return true;
}

static bool
memory_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    const json_t *aside = g_hash_table_lookup(store->aside, plan);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(aside) && (int64_t) i < rows_max; i++)
        json_array_append_new(list, json_deep_copy(json_array_get(aside, i)));
    *ret = list;
    return true;
}

const LoadOps memory_load_ops = {
    .stage = memory_stage,
    .unstage = memory_unstage,
    .exists = memory_exists,
    .begin = memory_begin,
    .put = memory_put,
    .quarantine = memory_quarantine,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .fence = memory_fence,
    .ledger_find = memory_ledger_find,
    .ledger_sum = memory_ledger_sum,
    .quarantined = memory_quarantined,
    .finish = memory_finish,
};
