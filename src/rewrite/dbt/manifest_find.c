/*
 * manifest_find.c - looking up in manifests: see manifest.h.
 *
 * A table is looked up by what dbt calls it and by what the store calls it. Where two could be meant, none is: two packages
 * may have a model of one name, and a model may have versions.
 */
#include "rewrite/dbt/manifest_parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_visible(const DbtTable *table, const DbtHome *home)
{
    const DbtFile *file = table->file;
    if (file->folder != NULL)
        return g_strcmp0(file->folder, home->folder) == 0;
    return home->package == NULL || g_hash_table_contains(file->packages, home->package);
}

/* ref('model'), source('source', 'table'): of a path of one or two parts. */
static const DbtTable *
find_called(const DbtManifests *manifests, const DbtHome *home, const SqlPath *path)
{
    const char *name = path->parts[path->count - 1].text,
               *source = path->count > 1 ? path->parts[0].text : NULL;
    const GPtrArray *list = g_hash_table_lookup(manifests->named, name);
    const DbtTable *found = NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const DbtTable *table = g_ptr_array_index(list, i);
        if (!is_visible(table, home) || g_strcmp0(table->source, source) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = table;
    }
    return found;
}

static bool
is_named(const DbtTable *table, const Dialect *dialect, char *const *default_path,
         const SqlPath *path)
{
    guint length = g_strv_length(table->parts);
    if (path->count > length)
        return false;
    guint missing = length - path->count;
    for (guint i = 0; i < missing; i++)
        if (g_strcmp0(default_part(default_path, i, length - 1), table->parts[i]) != 0)
            return false;
    for (guint i = missing; i < length; i++) {
        const SqlPart *part = &path->parts[i - missing];
        if (!sql_same_table(dialect, part->text, part->quote, table->parts[i]))
            return false;
    }
    return true;
}

/* Another project may have the model of this one as its source: then both are the same table. */
static const DbtTable *
find_there(const DbtManifests *manifests, const Dialect *dialect, char *const *default_path,
           const SqlPath *path)
{
    g_autofree char *small = g_ascii_strdown(path->parts[path->count - 1].text, -1);
    const GPtrArray *list = g_hash_table_lookup(manifests->there, small);
    const DbtTable *found = NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const DbtTable *table = g_ptr_array_index(list, i);
        if (is_named(table, dialect, default_path, path) && (found == NULL || table->is_complete))
            found = table;
    }
    return found;
}

/* Do all of them mean themselves without quotes? Else a list of them is no list of names that can be written. */
static bool
are_plain(const Dialect *dialect, char *const *columns)
{
    for (; *columns != NULL; columns++)
        if (!sql_is_plain_column(dialect, *columns))
            return false;
    return true;
}

const char *const *
dbt_manifests_columns(const DbtManifests *manifests, const DbtHome *home, const Dialect *dialect,
                      char *const *default_path, const SqlSource *source, bool *ret_is_open)
{
    const DbtTable *table = NULL;
    if (source->path.count > 0)
        table = source->is_template ? find_called(manifests, home, &source->path)
                                    : find_there(manifests, dialect, default_path, &source->path);
    *ret_is_open = table == NULL || !table->is_complete || !are_plain(dialect, table->columns);
    return table != NULL && table->columns[0] != NULL ? (const char *const *) table->columns : NULL;
}

char *const *
dbt_manifests_relation(const DbtManifests *manifests, const DbtHome *home, const char *model,
                       const char *version)
{
    const GPtrArray *list = g_hash_table_lookup(manifests->named, model);
    const DbtTable *found = NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const DbtTable *table = g_ptr_array_index(list, i);
        if (!table->is_model || !is_visible(table, home) ||
            g_strcmp0(table->version, version) != 0 ||
            (home->package != NULL && strcmp(table->package, home->package) != 0))
            continue;
        if (found != NULL)
            return NULL;
        found = table;
    }
    return found != NULL ? found->parts : NULL;
}

char *const *
dbt_manifests_source(const DbtManifests *manifests, const DbtHome *home, const char *source,
                     const char *name)
{
    SqlPart parts[] = {{.text = (char *) source}, {.text = (char *) name}};
    SqlPath path = {.parts = parts, .count = 2};
    const DbtTable *table = find_called(manifests, home, &path);
    return table != NULL ? table->parts : NULL;
}

void
dbt_manifests_models(const DbtManifests *manifests, const DbtHome *home, DbtModelFn *each,
                     void *data)
{
    for (guint i = 0; i < manifests->tables->len; i++) {
        const DbtTable *table = g_ptr_array_index(manifests->tables, i);
        if (table->source != NULL || table->parts == NULL || !is_visible(table, home))
            continue;
        const DbtModel model = {table->package, table->name, table->version, table->parts};
        each(&model, data);
    }
}
