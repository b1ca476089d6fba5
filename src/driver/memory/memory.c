/*
 * memory.c - the smallest driver: tables in the memory of this process. Read it before you write
 * your own.
 *
 * A driver is a const struct of what its store can do; what it cannot is NULL. This one can all but
 * compute (no SQL, no push):
 *
 *   memory.c   open, close, describe, identity, fingerprint: what every driver must have
 *   scan.c     reading, range by range
 *   load.c     staging; ranges that are in as a whole or not at all; fences, ledger, quarantine
 *   swap.c     one table in the place of another, and back; stopping writers
 *   store.c    the store itself, which others have on disk
 *
 * It keeps nothing when the process ends, and no other process sees it: workers of `honk serve` are
 * such. So it is for tests, and says so to whoever names it in honk.yaml.
 */
#include "driver/drivers.h"
#include "driver/memory/store.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

static bool
memory_open(const Driver *self, const StoreConfig *config, Conn **ret, GError **error)
{
    if (!json_get_bool(config->settings, "volatile", false))
        return fail(error, ERR_INVALID,
                    "driver 'memory' is for tests: it keeps nothing when the process ends, and no "
                    "other process sees it (`volatile: true` says that this is meant)");
    MemoryConn *conn = g_new0(MemoryConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(config->name);
    conn->store = memory_store(config->name);
    *ret = &conn->base;
    return true;
}

static void
memory_close(Conn *base)
{
    conn_rollback(base); /* as every store does when a client is gone */
    g_free(base->store);
    g_free(base);
}

MemoryConn *
memory_conn(Conn *conn)
{
    g_assert(conn->driver == &driver_memory);
    return (MemoryConn *) conn;
}

bool
memory_tick(Conn *conn, int64_t rows_done, GError **error)
{
    if (conn->tick == NULL || conn->tick(rows_done, conn->tick_data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

static bool
memory_describe(Conn *base, const char *object, Schema **ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    *ret = schema_copy(table->schema);
    return true;
}

static bool
memory_identity(Conn *base, const char *object, json_t **ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    *ret = json_object();
    json_set_int(*ret, "version", table->version);
    return true;
}

/* Whether it is frozen is no part of it: a freeze is taken off by whoever put it on. */
static bool
memory_fingerprint(Conn *base, const char *object, char **ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    HashSum sum = {0};
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    for (guint i = 0; i < table->rows->len; i++) {
        const Row *row = table->rows->pdata[i];
        row_hasher_begin(&hasher);
        row_hasher_int(&hasher, TYPE_INT, row->id);
        for (size_t j = 0; j < schema_count(table->schema); j++)
            value_hash(&row->values[j], &hasher);
        hash_sum_add(&sum, row_hasher_end(&hasher));
        if (i % BATCH_ROWS_MAX == 0 && !memory_tick(base, i, error))
            return false;
    }
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(table->schema);
    g_autofree char *all = g_strjoin("\n", columns, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}

const Driver driver_memory = {
    .name = "memory",
    .summary = "tables in the memory of this process, for tests",
    .open = memory_open,
    .close = memory_close,
    .describe = memory_describe,
    .identity = memory_identity,
    .fingerprint = memory_fingerprint,
    .scan = &memory_scan_ops,
    .load = &memory_load_ops,
    .freeze = &memory_freeze_ops,
    .swap = &memory_swap_ops,
};
