/*
 * outputs.c - the names that a select list gives, to be looked up: lists of thousands of columns are asked about each
 * of them.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/work.h"

#include <string.h>

typedef struct {
    const SqlItem *first;
    guint count;
} Output;

/* So few are looked through: a table of them costs more. */
#define ITEMS_FEW 16

static bool
is_key(const Work *work, const char *name, const char *key)
{
    return name != NULL &&
           (work->sql->dialect->column_case == CASE_KEPT ? strcmp(name, key) == 0
                                                         : text_same_folded(name, key));
}

static char *
key_of(const Work *work, const char *name)
{
    return work->sql->dialect->column_case == CASE_KEPT ? g_strdup(name)
                                                        : g_ascii_strdown(name, -1);
}

static GHashTable *
outputs_of(Work *work, const SqlBlock *block)
{
    if (work->outputs == NULL)
        work->outputs =
            g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
    GHashTable *outputs = g_hash_table_lookup(work->outputs, block);
    if (outputs != NULL)
        return outputs;
    outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        g_autofree char *key = item->name != NULL ? key_of(work, item->name) : NULL;
        Output *known = key != NULL ? g_hash_table_lookup(outputs, key) : NULL;
        if (key != NULL && known == NULL) {
            known = g_new0(Output, 1);
            known->first = item;
            g_hash_table_insert(outputs, g_steal_pointer(&key), known);
        }
        if (known != NULL)
            known->count++;
    }
    g_hash_table_insert(work->outputs, (void *) block, outputs);
    return outputs;
}

bool
is_output_beside(Work *work, const SqlItem *item, const char *name)
{
    const ArenaList *items = item->block->items;
    for (guint i = 0; items->len <= ITEMS_FEW && i < items->len; i++) {
        const SqlItem *other = g_ptr_array_index(items, i);
        if (other != item && is_key(work, other->name, name))
            return true;
    }
    if (items->len <= ITEMS_FEW)
        return false;
    g_autofree char *key = key_of(work, name);
    const Output *output = g_hash_table_lookup(outputs_of(work, item->block), key);
    return output != NULL && (output->count > 1 || output->first != item);
}

const SqlItem *
output_called(Work *work, const SqlBlock *block, const char *name)
{
    for (guint i = 0; block->items->len <= ITEMS_FEW && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (is_key(work, item->name, name))
            return item;
    }
    if (block->items->len <= ITEMS_FEW)
        return NULL;
    g_autofree char *key = key_of(work, name);
    const Output *output = g_hash_table_lookup(outputs_of(work, block), key);
    return output != NULL ? output->first : NULL;
}

/* Of one table no two columns become one name. */
static bool
is_of_several(const SqlBlock *block)
{
    const SqlSource *source = NULL;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlRef *plain = ((const SqlItem *) g_ptr_array_index(block->items, i))->plain;
        if (plain == NULL || plain->source == NULL || plain->source == source)
            continue;
        if (source != NULL)
            return true;
        source = plain->source;
    }
    return false;
}

bool
outputs_keep_apart(Work *work, const SqlBlock *block)
{
    bool is_new = false;
    if (work->renames->list->len < 2 || !is_of_several(block))
        return false;
    g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        const char *name = item->is_star ? NULL : item_new_name(work, item);
        g_autofree char *key = name != NULL ? key_of(work, name) : NULL;
        SqlItem *other = key != NULL ? g_hash_table_lookup(named, key) : NULL;
        if (key != NULL && other == NULL)
            g_hash_table_insert(named, g_steal_pointer(&key), item);
        if (other == NULL || is_key(work, other->name, item->name))
            continue;
        is_new |= !item->is_kept_apart || !other->is_kept_apart; /* some cannot be: EXISTS (…) */
        item->is_kept_apart = other->is_kept_apart = true;
    }
    return is_new;
}
