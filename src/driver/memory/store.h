/*
 * store.h - tables in the memory of this process, and the bookkeeping beside them.
 *
 * A store is found by its name in honk.yaml, so that all connections to it, in all threads, see the
 * same tables. One lock guards all of it; whoever reads or writes tables or books holds it.
 *
 *   MemoryStore ── tables ── Table ── rows, ordered by id; keys that are taken
 *               ├─ books ─── Book, one for each plan: its fences, ledger and swap
 *               └─ aside ─── rows that a plan put aside: they outlive its book
 *
 * Rows never change once they are in a table: a scan takes references of those that it will read
 * and needs the lock no more.
 */
#pragma once

#include "driver/memory/memory.h"

#include <pthread.h>

typedef struct {
    int64_t id;     /* from 1, never used twice in a table */
    Value values[]; /* one for each column; their bytes lie behind */
} Row;

typedef struct {
    int serial; /* which table this is, whatever its name */
    Schema *schema;
    GPtrArray *rows;  /* Row *, by id */
    GHashTable *keys; /* GBytes: taken */
    int64_t next_id;
    int64_t version; /* counts writes: what identity() tells */
    char *frozen;    /* why, or NULL */
} Table;

/* How to go back from a swap, and whether one may. */
typedef struct {
    char *stage, *target, *kept; /* `kept` NULL: there was no target */
    int serial;                  /* of the table that was put there */
    GHashTable *written;         /* ids of its rows that others wrote since */
} Swap;

typedef struct {
    char *range;
    RangeResult result;
} LedgerRow;

/* What Honk knows about one plan. No book: the plan has nothing staged here. */
typedef struct {
    int64_t token;     /* the plan's fence */
    GHashTable *tasks; /* task → its fence, an int64_t */
    GPtrArray *ledger; /* LedgerRow * */
    Swap *swap;        /* or NULL */
} Book;

typedef struct {
    char *name;
    pthread_mutex_t lock;
    GHashTable *tables; /* name → Table */
    GHashTable *books;  /* plan → Book */
    GHashTable *aside;  /* plan → json_t: an array as quarantined() tells it */
} MemoryStore;

typedef struct Loader Loader; /* load.c: a range that is being written */

typedef struct {
    Conn base;
    MemoryStore *store;
    Loader *loader;
} MemoryConn;

static inline pthread_mutex_t *
memory_lock(MemoryStore *store)
{
    pthread_mutex_lock(&store->lock);
    return &store->lock;
}

static inline void
memory_unlock(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}

/* Held until the end of the scope. */
#define LOCK_STORE(store)                                                                          \
    __attribute__((cleanup(memory_unlock))) pthread_mutex_t *store_lock G_GNUC_UNUSED =            \
        memory_lock(store)

MemoryStore *memory_store(const char *name); /* made when there is none */
MemoryConn *memory_conn(Conn *conn);
CHECKED bool memory_tick(Conn *conn, int64_t rows_done, GError **error);

/* --- tables: under the lock --- */
Table *
memory_table_new(const Schema *schema); /* columns, types and key; nothing that stores compute */
Table *memory_table_find(MemoryStore *store, const char *name); /* NULL when there is none */
/* NOT_FOUND names near ones. */
CHECKED bool memory_table_need(MemoryStore *store, const char *name, Table **ret, GError **error);
void memory_table_rename(MemoryStore *store, const char *from, const char *to);

/* A row of the batch, whose column for the table's column i is columns[i] (SIZE_MAX: none, NULL). */
Row *memory_row_new(const Schema *schema, const Batch *batch, const size_t *columns, size_t row);
Row *memory_row_ref(Row *row);
void memory_row_unref(void *row);
json_t *memory_row_json(const Schema *schema, const Row *row);
/* Why the table does not take this row (caller frees), or NULL: then `*ret_key` is what it would
 * take of the keys, NULL without one. `pending` are keys of the same range. */
char *memory_table_refuses(const Table *table, const Row *row, GHashTable *pending,
                           GBytes **ret_key);
/* Takes the row and its key. */
void memory_table_add(Table *table, Row *row, GBytes *key);
bool memory_table_has_key(const Table *table, GBytes *key);
void memory_table_remove(Table *table, guint index);

/* --- books: under the lock --- */
Book *memory_book_find(MemoryStore *store, const char *plan); /* NULL when there is none */
/* FENCED unless plan and task let the token pass; a plan without a book passes: `*ret` NULL. */
CHECKED bool memory_book_passes(MemoryStore *store, const Writer *writer, Book **ret,
                                GError **error);
/* The same, and FENCED without a book. */
CHECKED bool memory_book_need(MemoryStore *store, const Writer *writer, Book **ret, GError **error);
Book *memory_book_make(MemoryStore *store, const char *plan);
const LedgerRow *memory_book_range(const Book *book, const char *range);
void memory_swap_free(Swap *swap);

extern const ScanOps memory_scan_ops;
extern const LoadOps memory_load_ops;
extern const FreezeOps memory_freeze_ops;
extern const SwapOps memory_swap_ops;
