/*
 * keys.c - which keys of the target can be made when all rows are in?
 *
 * The source's store sees to it that no two of its rows have the same key. Where each column of that key is, as it is and of the same type, a
 * column of the target, no two rows that come have the same values there; so no key over these columns, and maybe more, ever refuses
 * one. Whether the target keeps apart what is apart as a value of ours is its store's to say.
 */
#include "transfer/inside.h"

#include <string.h>

/* Equal values of these are equal bytes, in every store. */
static bool
is_exact(ColumnType type)
{
    return type == TYPE_INT || type == TYPE_TEXT || type == TYPE_BYTES || type == TYPE_DATE;
}

/* The target's column that is the source's `name`, as it is; or NULL. */
static const char *
column_that_is(const Program *program, const Schema *source, const char *name)
{
    const Schema *target = program_target(program);
    const Column *from = schema_find(source, name, NULL);
    for (size_t i = 0; i < schema_count(target); i++) {
        const Column *column = schema_column(target, i);
        if (column->type == from->type && is_exact(column->type) &&
            g_strcmp0(program_source_of(program, i), name) == 0)
            return column->name;
    }
    return NULL;
}

bool
transfer_unique(Transfer *transfer, GPtrArray **ret, GError **error)
{
    g_autoptr(Schema) source = NULL;
    g_autoptr(GPtrArray) unique = g_ptr_array_new_with_free_func(g_free);
    bool is_kept = false;
    *ret = NULL;
    if (!conn_keeps_key(transfer->source, transfer->spec.source, &is_kept, error) ||
        (is_kept && !conn_outline(transfer->source, transfer->spec.source, &source, error)))
        return false;
    for (guint i = 0; is_kept && i < source->key->len; i++) {
        const char *name = column_that_is(transfer->program, source, source->key->pdata[i]);
        if (name == NULL)
            return true;
        g_ptr_array_add(unique, g_strdup(name));
    }
    if (unique->len > 0)
        *ret = g_steal_pointer(&unique);
    return true;
}

bool
transfer_put_off_keys(Transfer *transfer, GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    Writer writer = {.plan = spec->plan, .task = spec->task, .token = spec->token};
    g_autoptr(GPtrArray) unique = NULL;
    return transfer_unique(transfer, &unique, error) &&
           (unique == NULL ||
            conn_put_off_keys(transfer->target, spec->stage, unique, &writer, error));
}
