/* store.c - the stores of this process, their tables and rows. */
#include "driver/memory/store.h"

#include "base/text.h"

#include <string.h>

/* --- stores --- */

static pthread_mutex_t stores_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *stores; /* name → MemoryStore */

static void
table_free(void *data)
{
    Table *table = data;
    schema_free(table->schema);
    g_ptr_array_unref(table->rows);
    g_hash_table_unref(table->keys);
    g_free(table->frozen);
    g_free(table);
}

static void
ledger_row_free(void *data)
{
    LedgerRow *row = data;
    g_free(row->range);
    g_free(row);
}

void
memory_swap_free(Swap *swap)
{
    if (swap == NULL)
        return;
    g_free(swap->stage);
    g_free(swap->target);
    g_free(swap->kept);
    g_hash_table_unref(swap->written);
    g_free(swap);
}

static void
book_free(void *data)
{
    Book *book = data;
    g_hash_table_unref(book->tasks);
    g_ptr_array_unref(book->ledger);
    memory_swap_free(book->swap);
    g_free(book);
}

static void
store_free(void *data)
{
    MemoryStore *store = data;
    g_hash_table_unref(store->tables);
    g_hash_table_unref(store->books);
    g_hash_table_unref(store->aside);
    pthread_mutex_destroy(&store->lock);
    g_free(store->name);
    g_free(store);
}

static void
json_unref(void *json)
{
    json_decref(json);
}

static MemoryStore *
store_new(const char *name)
{
    MemoryStore *store = g_new0(MemoryStore, 1);
    store->name = g_strdup(name);
    pthread_mutexattr_t again; /* who holds it may look at tables: conn_last_look() */
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&store->lock, &again);
    pthread_mutexattr_destroy(&again);
    store->tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, table_free);
    store->books = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, book_free);
    store->aside = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_unref);
    return store;
}

MemoryStore *
memory_store(const char *name)
{
    pthread_mutex_lock(&stores_lock);
    if (stores == NULL)
        stores = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, store_free);
    MemoryStore *store = g_hash_table_lookup(stores, name);
    if (store == NULL) {
        store = store_new(name);
        g_hash_table_insert(stores, store->name, store);
    }
    pthread_mutex_unlock(&stores_lock);
    return store;
}

void
memory_forget(const char *name)
{
    pthread_mutex_lock(&stores_lock);
    if (stores != NULL)
        g_hash_table_remove(stores, name);
    pthread_mutex_unlock(&stores_lock);
}

/* --- tables --- */

Table *
memory_table_new(const Schema *schema)
{
    static int tables_made;
    Table *table = g_new0(Table, 1);
    table->serial = g_atomic_int_add(&tables_made, 1);
    table->schema = schema_new(schema->dataset);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        schema_add(table->schema, column->name, column->type, "", column->is_nullable);
    }
    for (guint i = 0; i < schema->key->len; i++)
        schema_add_key(table->schema, schema->key->pdata[i]);
    table->rows = g_ptr_array_new_with_free_func(memory_row_unref);
    table->keys =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
    table->next_id = 1;
    return table;
}

Table *
memory_table_find(MemoryStore *store, const char *name)
{
    return g_hash_table_lookup(store->tables, name);
}

bool
memory_table_need(MemoryStore *store, const char *name, Table **ret, GError **error)
{
    *ret = memory_table_find(store, name);
    if (*ret != NULL)
        return true;
    g_autofree char **names = (char **) g_hash_table_get_keys_as_array(store->tables, NULL);
    const char *near = text_nearest(name, (const char *const *) names);
    return fail(error, ERR_NOT_FOUND, "there is no table '%s'%s%s%s", name,
                near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?)" : "");
}

void
memory_table_rename(MemoryStore *store, const char *from, const char *to)
{
    void *name = NULL, *table = NULL;
    g_assert(memory_table_find(store, to) == NULL);
    bool found = g_hash_table_steal_extended(store->tables, from, &name, &table);
    g_assert(found);
    g_free(name);
    g_free(((Table *) table)->schema->dataset);
    ((Table *) table)->schema->dataset = g_strdup(to);
    g_hash_table_insert(store->tables, g_strdup(to), table);
}

/* --- rows --- */

static bool
has_bytes(const Value *value)
{
    return !value->is_null &&
           (value->type == TYPE_TEXT || value->type == TYPE_DECIMAL || value->type == TYPE_BYTES);
}

Row *
memory_row_new(const Schema *schema, const Batch *batch, const size_t *columns, size_t row)
{
    size_t count = schema_count(schema), bytes = 0;
    g_autofree Value *values = g_new0(Value, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = (Value){.is_null = true, .type = schema_column(schema, i)->type};
        if (columns[i] != SIZE_MAX)
            values[i] = batch_value(batch, columns[i], row);
        bytes += has_bytes(&values[i]) ? values[i].s.bytes : 0;
    }
    Row *made = g_atomic_rc_box_alloc0(sizeof *made + count * sizeof *values + bytes);
    char *behind = (char *) &made->values[count];
    for (size_t i = 0; i < count; i++) {
        made->values[i] = values[i];
        if (!has_bytes(&values[i]) || values[i].s.bytes == 0)
            continue;
        made->values[i].s.data = memcpy(behind, values[i].s.data, values[i].s.bytes);
        behind += values[i].s.bytes;
    }
    return made;
}

Row *
memory_row_ref(Row *row)
{
    return g_atomic_rc_box_acquire(row);
}

void
memory_row_unref(void *row)
{
    g_atomic_rc_box_release(row);
}

static json_t *
value_to_json(const Value *value)
{
    if (value->is_null)
        return json_null();
    if (value->type == TYPE_BOOL)
        return json_boolean(value->i);
    if (value->type == TYPE_INT)
        return json_integer(value->i);
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    json_t *json = value->type != TYPE_BYTES ? json_stringn(text->str, text->len) : NULL;
    if (json != NULL)
        return json;
    g_autoptr(GString) hex = g_string_new(NULL);
    for (size_t i = 0; i < text->len; i++)
        g_string_append_printf(hex, "%02x", (guchar) text->str[i]);
    return json_pack("{ss}", "hex", hex->str);
}

json_t *
memory_row_json(const Schema *schema, const Row *row)
{
    json_t *json = json_object();
    for (size_t i = 0; i < schema_count(schema); i++)
        json_object_set_new(json, schema_column(schema, i)->name, value_to_json(&row->values[i]));
    return json;
}

/* The key as bytes that are equal for equal keys; NULL without a key, or with a NULL in it, which
 * is equal to nothing. */
static GBytes *
key_of(const Table *table, const Row *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < table->schema->key->len; i++) {
        size_t column = 0;
        schema_find(table->schema, table->schema->key->pdata[i], &column);
        if (row->values[column].is_null)
            return NULL;
        size_t begin = text->len;
        value_append_text(&row->values[column], text);
        guint64 bytes = text->len - begin;
        g_string_append_len(text, (const char *) &bytes, sizeof bytes);
    }
    return text->len > 0 ? g_bytes_new(text->str, text->len) : NULL;
}

static char *
words_for_taken(const Table *table, const Row *row)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) values = g_string_new(NULL);
    for (guint i = 0; i < table->schema->key->len; i++) {
        size_t column = 0;
        const char *name = table->schema->key->pdata[i];
        schema_find(table->schema, name, &column);
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", name);
        g_string_append(values, i > 0 ? ", " : "");
        value_append_quoted(&row->values[column], values);
    }
    return g_strdup_printf("'%s' is already taken: %s", names->str, values->str);
}

char *
memory_table_refuses(const Table *table, const Row *row, GHashTable *pending, GBytes **ret_key)
{
    for (size_t i = 0; i < schema_count(table->schema); i++) {
        const Column *column = schema_column(table->schema, i);
        if (row->values[i].is_null && !column->is_nullable)
            return g_strdup_printf("'%s' must not be NULL", column->name);
    }
    g_autoptr(GBytes) key = key_of(table, row);
    if (key != NULL && (memory_table_has_key(table, key) || g_hash_table_contains(pending, key)))
        return words_for_taken(table, row);
    *ret_key = g_steal_pointer(&key);
    return NULL;
}

bool
memory_table_has_key(const Table *table, GBytes *key)
{
    return g_hash_table_contains(table->keys, key);
}

void
memory_table_add(Table *table, Row *row, GBytes *key)
{
    row->id = table->next_id++;
    g_ptr_array_add(table->rows, row);
    if (key != NULL)
        g_hash_table_add(table->keys, key);
}

void
memory_table_remove(Table *table, guint index)
{
    g_autoptr(GBytes) key = key_of(table, table->rows->pdata[index]);
    if (key != NULL)
        g_hash_table_remove(table->keys, key);
    g_ptr_array_remove_index(table->rows, index);
}

/* --- books --- */

Book *
memory_book_find(MemoryStore *store, const char *plan)
{
    return g_hash_table_lookup(store->books, plan);
}

Book *
memory_book_make(MemoryStore *store, const char *plan)
{
    Book *book = g_new0(Book, 1);
    book->tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    book->ledger = g_ptr_array_new_with_free_func(ledger_row_free);
    g_hash_table_insert(store->books, g_strdup(plan), book);
    return book;
}

bool
memory_book_passes(MemoryStore *store, const Writer *writer, Book **ret, GError **error)
{
    Book *book = memory_book_find(store, writer->plan);
    const int64_t *of_task = book != NULL ? g_hash_table_lookup(book->tasks, writer->task) : NULL;
    if (book != NULL && book->token > writer->token)
        return fail_fenced("plan", writer->plan, book->token, writer, error);
    if (of_task != NULL && *of_task > writer->token)
        return fail_fenced("task", writer->task, *of_task, writer, error);
    *ret = book;
    return true;
}

bool
memory_book_need(MemoryStore *store, const Writer *writer, Book **ret, GError **error)
{
    if (!memory_book_passes(store, writer, ret, error))
        return false;
    return *ret != NULL ||
           fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan);
}

const LedgerRow *
memory_book_range(const Book *book, const char *range)
{
    for (guint i = 0; i < book->ledger->len; i++) {
        const LedgerRow *row = book->ledger->pdata[i];
        if (strcmp(row->range, range) == 0)
            return row;
    }
    return NULL;
}
