/* query_names.c - see query_names.h. */
#include "change/query_names.h"

#include <string.h>

static guint
parts_of(const char *name)
{
    guint count = 1;
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        count++;
    return count;
}

/* Also as a store has it whose names take no dashes. */
static void
add(GPtrArray *names, char *take_name)
{
    g_ptr_array_remove_index(names, names->len - 1); /* the NULL */
    g_ptr_array_add(names, take_name);
    if (strchr(take_name, '-') != NULL)
        g_ptr_array_add(names, g_strdelimit(g_strdup(take_name), "-", '_'));
    g_ptr_array_add(names, NULL);
}

/* "acme." of "acme.shop.users", where the source is "shop.users"; NULL: it has no more parts. */
static char *
parts_before(const char *alias, const char *source)
{
    guint more = parts_of(alias), own = parts_of(source);
    const char *end = alias;
    if (more <= own)
        return NULL;
    for (guint i = own; i < more; i++)
        end = strchr(end, '.') + 1;
    return g_strndup(alias, (gsize) (end - alias));
}

void
query_names_init(QueryNames *names, const char *source, const char *target,
                 const GPtrArray *aliases)
{
    names->old = g_ptr_array_new_with_free_func(g_free);
    names->new = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(names->old, NULL);
    g_ptr_array_add(names->new, NULL);
    add(names->old, g_strdup(source));
    add(names->new, g_strdup(target));
    for (guint i = 0; aliases != NULL && i < aliases->len; i++) {
        g_autofree char *before = parts_before(aliases->pdata[i], source);
        add(names->old, g_strdup(aliases->pdata[i]));
        if (before != NULL)
            add(names->new, g_strconcat(before, target, NULL));
    }
}

void
query_names_add_old(QueryNames *names, const char *name)
{
    add(names->old, g_strdup(name));
}

void
query_names_clear(QueryNames *names)
{
    g_clear_pointer(&names->old, g_ptr_array_unref);
    g_clear_pointer(&names->new, g_ptr_array_unref);
}
