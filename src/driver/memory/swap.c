/*
 * swap.c - one table in the place of another, and back; and stopping those who write.
 *
 * What a swap did is noted in the plan's book, so whether it happened is read and never guessed.
 */
#include "driver/memory/store.h"

#include <string.h>

/* --- swap --- */

static Swap *
swap_new(const char *stage, const char *target, const char *kept, int serial)
{
    Swap *swap = g_new0(Swap, 1);
    swap->stage = g_strdup(stage);
    swap->target = g_strdup(target);
    swap->kept = g_strdup(kept);
    swap->serial = serial;
    swap->written = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return swap;
}

static bool
is_for(const Swap *swap, const char *stage, const char *target)
{
    return strcmp(swap->stage, stage) == 0 && strcmp(swap->target, target) == 0;
}

/* Is the table in the target's place still the one that was put there, and the old one kept? */
static bool
is_in_force(MemoryStore *store, const Swap *swap)
{
    const Table *target = memory_table_find(store, swap->target);
    return target != NULL && target->serial == swap->serial &&
           (swap->kept == NULL || memory_table_find(store, swap->kept) != NULL);
}

static bool
memory_swap(Conn *base, const char *stage, const char *target, const char *kept,
            const Writer *writer, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Book *book = NULL;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_book_need(store, writer, &book, error))
        return false;
    if (book->swap != NULL)
        return is_for(book->swap, stage, target) ||
               fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    book->swap->stage, book->swap->target);
    if (!memory_table_need(store, stage, &table, error))
        return false;
    bool has_target = memory_table_find(store, target) != NULL;
    if (has_target && memory_table_find(store, kept) != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s', the name for the old table, is taken", kept);
    if (!conn_last_look(base, error) || !conn_confirm(base, error))
        return false;
    if (has_target)
        memory_table_rename(store, target, kept);
    memory_table_rename(store, stage, target);
    book->swap = swap_new(stage, target, has_target ? kept : NULL, table->serial);
    return true;
}

static bool
check_way_back(MemoryStore *store, const Swap *swap, const char *new_name, bool give_up,
               GError **error)
{
    guint rows = g_hash_table_size(swap->written);
    if (!is_in_force(store, swap))
        return fail(error, ERR_WRONG_STATE,
                    "'%s' is no longer the table that was swapped in, or '%s' is gone",
                    swap->target, swap->kept != NULL ? swap->kept : "it");
    if (rows > 0 && !give_up)
        return fail(error, ERR_MISMATCH, "%u rows of '%s' were written since the swap", rows,
                    swap->target);
    if (memory_table_find(store, new_name) != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s', the name for the new table, is taken", new_name);
    return true;
}

static bool
memory_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
            bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Book *book = NULL;
    LOCK_STORE(store);
    if (!memory_book_passes(store, writer, &book, error))
        return false;
    *ret_rows = 0;
    if (book == NULL || book->swap == NULL) /* never swapped, or back already */
        return true;
    const Swap *swap = book->swap;
    guint rows = g_hash_table_size(swap->written);
    const char *new_name = rows > 0 ? lost : stage;
    if (!check_way_back(store, swap, new_name, give_up, error) || !conn_confirm(base, error))
        return false;
    memory_table_rename(store, swap->target, new_name);
    if (swap->kept != NULL)
        memory_table_rename(store, swap->kept, swap->target);
    g_clear_pointer(&book->swap, memory_swap_free);
    book->token = writer->token;
    *ret_rows = rows;
    return true;
}

static bool
memory_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                  const char *plan, SwapState *ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    const Book *book = memory_book_find(store, plan);
    if (book == NULL || book->swap == NULL)
        *ret = SWAP_BEFORE;
    else
        *ret = is_in_force(store, book->swap) && is_for(book->swap, stage, target) ? SWAP_AFTER
                                                                                   : SWAP_OTHER;
    return true;
}

static bool
memory_written(Conn *base, const char *plan, int64_t *ret_rows, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    const Book *book = memory_book_find(store, plan);
    *ret_rows = book != NULL && book->swap != NULL ? g_hash_table_size(book->swap->written) : 0;
    return true;
}

/* What was put aside stays: it is nowhere else. */
static bool
memory_settle(Conn *base, const char *plan, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    if (!conn_confirm(base, error))
        return false;
    g_hash_table_remove(store->books, plan);
    return true;
}

/* Nothing depends on a table here. */
static bool
memory_drop(Conn *base, const char *object, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    if (!conn_confirm(base, error))
        return false;
    g_hash_table_remove(store->tables, object);
    return true;
}

/* --- freeze --- */

static bool
memory_freeze(Conn *base, const char *object, const char *why, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error) || !conn_confirm(base, error))
        return false;
    g_free(table->frozen);
    table->frozen = g_strdup(why != NULL ? why : "");
    return true;
}

static bool
memory_thaw(Conn *base, const char *object, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    LOCK_STORE(store);
    Table *table = memory_table_find(store, object);
    if (!conn_confirm(base, error))
        return false;
    if (table != NULL)
        g_clear_pointer(&table->frozen, g_free);
    return true;
}

static bool
memory_is_frozen(Conn *base, const char *object, bool *ret, GError **error)
{
    MemoryStore *store = memory_conn(base)->store;
    Table *table = NULL;
    LOCK_STORE(store);
    if (!memory_table_need(store, object, &table, error))
        return false;
    *ret = table->frozen != NULL;
    return true;
}

const FreezeOps memory_freeze_ops = {
    .freeze = memory_freeze,
    .thaw = memory_thaw,
    .is_frozen = memory_is_frozen,
};

const SwapOps memory_swap_ops = {
    .swap = memory_swap,
    .back = memory_back,
    .state = memory_swap_state,
    .written = memory_written,
    .settle = memory_settle,
    .drop = memory_drop,
};
