/* kept_key.c - is the key of the target that of the source, so that a row is found in both by the same values? */
#include "mapping/mapping.h"

#include <string.h>

static bool
has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return true;
    return false;
}

/* The column of the source that this part of the key is, as it is; or NULL. */
static const char *
kept_from(const Program *program, size_t index, const Schema *source)
{
    const Schema *target = program_target(program);
    const Column *column = schema_column(target, index);
    const char *from = program_source_of(program, index);
    const Column *origin = from != NULL ? schema_find(source, from, NULL) : NULL;
    return has_name(target->key, column->name) && origin != NULL && has_name(source->key, from) &&
                   origin->type == column->type
               ? from
               : NULL;
}

bool
program_kept_key(const Program *program, const Schema *source, Schema **ret_key,
                 GPtrArray **ret_from, GError **error)
{
    const Schema *target = program_target(program);
    g_autoptr(Schema) key = schema_new(target->dataset);
    g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < schema_count(target); i++) {
        const Column *column = schema_column(target, i);
        const char *name = kept_from(program, i, source);
        if (name == NULL)
            continue;
        schema_add(key, column->name, column->type, column->declared, false);
        g_ptr_array_add(from, g_strdup(name));
    }
    if (from->len == 0 || from->len != source->key->len || from->len != target->key->len)
        return fail(error, ERR_INVALID,
                    "the key of the target must be the primary key of '%s', as it is: only so a "
                    "row that changes meanwhile is found in both",
                    source->dataset);
    *ret_key = g_steal_pointer(&key);
    *ret_from = g_steal_pointer(&from);
    return true;
}
