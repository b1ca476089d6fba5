/* others.c - what is not Honk: programs that make tables and write to them, see memory.h. */
#include "driver/memory/store.h"

/* Each of the table's columns in the batch, by its place: rows of tests have them all. */
static size_t *
same_places(const Table *table)
{
    size_t count = schema_count(table->schema);
    size_t *places = g_new0(size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        places[i] = i;
    return places;
}

static bool
add_rows(Table *table, const Batch *rows, GHashTable *written, GError **error)
{
    g_autofree size_t *places = same_places(table);
    g_autoptr(GHashTable) none = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    for (size_t i = 0; i < rows->row_count; i++) {
        Row *row = memory_row_new(table->schema, rows, places, i);
        GBytes *key = NULL;
        g_autofree char *reason = memory_table_refuses(table, row, none, &key);
        if (reason != NULL) {
            memory_row_unref(row);
            return fail(error, ERR_INVALID, "%s", reason);
        }
        memory_table_add(table, row, key);
        if (written != NULL)
            g_hash_table_add(written, g_memdup2(&row->id, sizeof row->id));
        table->version++;
    }
    return true;
}

void
memory_make(const char *name, const Schema *schema, const Batch *rows)
{
    MemoryStore *store = memory_store(name);
    g_autoptr(GError) error = NULL;
    LOCK_STORE(store);
    Table *table = memory_table_new(schema);
    g_hash_table_insert(store->tables, g_strdup(schema->dataset), table);
    if (!add_rows(table, rows, NULL, &error))
        g_error("cannot make table '%s': %s", schema->dataset, error->message);
}

/* Where the swap that put the table in its place notes what is written; NULL: there was none. */
static GHashTable *
written_of(MemoryStore *store, const Table *table)
{
    GHashTableIter books;
    void *book = NULL;
    g_hash_table_iter_init(&books, store->books);
    while (g_hash_table_iter_next(&books, NULL, &book)) {
        const Swap *swap = ((Book *) book)->swap;
        if (swap != NULL && swap->serial == table->serial)
            return swap->written;
    }
    return NULL;
}

static bool
table_to_write(MemoryStore *store, const char *object, Table **ret, GError **error)
{
    if (!memory_table_need(store, object, ret, error))
        return false;
    return (*ret)->frozen == NULL ||
           fail(error, ERR_FORBIDDEN, "frozen by honk: %s", (*ret)->frozen);
}

bool
memory_insert(const char *name, const char *object, const Batch *rows, GError **error)
{
    MemoryStore *store = memory_store(name);
    Table *table = NULL;
    LOCK_STORE(store);
    return table_to_write(store, object, &table, error) &&
           add_rows(table, rows, written_of(store, table), error);
}

bool
memory_delete(const char *name, const char *object, int64_t row_id, GError **error)
{
    MemoryStore *store = memory_store(name);
    Table *table = NULL;
    LOCK_STORE(store);
    if (!table_to_write(store, object, &table, error))
        return false;
    GHashTable *written = written_of(store, table);
    for (guint i = 0; i < table->rows->len; i++) {
        Row *row = table->rows->pdata[i];
        if (row->id != row_id)
            continue;
        if (written != NULL)
            g_hash_table_add(written, g_memdup2(&row_id, sizeof row_id));
        memory_table_remove(table, i);
        table->version++;
        return true;
    }
    return fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
}
