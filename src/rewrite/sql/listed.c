/*
 * listed.c - does a source have a column of this name? Of thousands of columns each would be looked at for each name.
 */
#include "rewrite/work.h"

#include <string.h>

/* So few are looked through: a table of them costs more. */
#define NAMES_FEW 16

typedef struct {
    const ArenaList *list;
    guint count;       /* of the list when it was read */
    GHashTable *names; /* in small letters -> as it stands there; or MANY */
} Names;

static char MANY[] = ""; /* several that differ in their letters' case */

static void
names_free(void *data)
{
    Names *names = data;
    g_hash_table_unref(names->names);
    g_free(names);
}

static Names *
names_read(const ArenaList *list)
{
    Names *names = g_new(Names, 1);
    *names = (Names){list, list->len, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; i < list->len; i++) {
        char *name = g_ptr_array_index(list, i);
        if (name == NULL)
            continue;
        char *key = g_ascii_strdown(name, -1);
        const char *known = g_hash_table_lookup(names->names, key);
        bool is_other = known != NULL && strcmp(known, name) != 0;
        g_hash_table_insert(names->names, key, is_other ? MANY : name);
    }
    return names;
}

static bool
is_same(const Work *work, const SqlPart *part, const char *name)
{
    return name != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name);
}

static bool
list_has(const Work *work, const ArenaList *list, const SqlPart *part)
{
    for (guint i = 0; i < list->len; i++)
        if (is_same(work, part, g_ptr_array_index(list, i)))
            return true;
    return false;
}

bool
source_has(Work *work, const SqlSource *source, const SqlPart *part)
{
    bool is_open = false;
    const ArenaList *list = sql_source_columns(work->sql, source, &is_open);
    if (list->len <= NAMES_FEW)
        return list_has(work, list, part);
    if (work->names == NULL)
        work->names = g_hash_table_new_full(NULL, NULL, NULL, names_free);
    Names *names = g_hash_table_lookup(work->names, source);
    if (names == NULL || names->list != list || names->count != list->len) {
        names = names_read(list);
        g_hash_table_insert(work->names, (void *) source, names);
    }
    g_autofree char *key = g_ascii_strdown(part->text, -1);
    const char *known = g_hash_table_lookup(names->names, key);
    return known == MANY ? list_has(work, list, part) : is_same(work, part, known);
}
