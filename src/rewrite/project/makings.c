/*
 * makings.c - what the files of a project make, whose columns change their names, and by which names others may ask
 * for it.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"

#include <string.h>

/* ---- names ---- */

void
making_free(void *data)
{
    Making *making = data;
    if (making == NULL)
        return;
    g_free(making->key);
    g_free(making);
}

char *
model_key(const DbtPlace *place)
{
    return g_strdup_printf("ref %s %s %s", place->root->folder, place->model,
                           place->version != NULL ? place->version : "");
}

#define OF_SESSION "session "

char *
made_key(const Project *project, const Entry *entry, const Made *made)
{
    if (made->name == NULL)
        return entry->place.model != NULL ? model_key(&entry->place) : NULL;
    g_autofree char *small = g_ascii_strdown(made->name, -1);
    bool is_own = session_names(small) && !g_hash_table_contains(project->lent, small);
    return is_own ? g_strdup_printf(OF_SESSION "%u %s", entry->number, small)
                  : g_strdup_printf("sql %s", small);
}

bool
making_is_seen(const Making *making, const Entry *from)
{
    return making->entry == from || !g_str_has_prefix(making->key, OF_SESSION);
}

static void
add_names(Names *names, const Making *making, guint index)
{
    const Rename *rename = making->rename;
    names_add(names, making->name, index);
    if (rename->alias != NULL)
        names_add(names, rename->alias, index);
    for (guint i = 0; i < rename->spellings->len; i++)
        names_add(names, ((const Spelling *) g_ptr_array_index(rename->spellings, i))->last, index);
}

static bool
changes(const Made *made)
{
    for (guint i = 0; i < made->columns->len; i++)
        if (((const MadeColumn *) g_ptr_array_index(made->columns, i))->change != NULL)
            return true;
    return false;
}

static DbtRename *
dbt_of(const DbtPlace *place)
{
    /* a dot in the file's name is no package and no version */
    const DbtName name = {place->root->name, place->model, place->version};
    const DbtRename of_file = {.from = name, .to = name};
    DbtRename *dbt = dbt_rename_copy(&of_file);
    dbt->is_latest = place->is_latest;
    return dbt;
}

/* Where dbt says that the model's table is: who names it there reads it. */
static void
add_relation(const Project *project, const DbtPlace *place, Rename *rename)
{
    const DbtManifests *manifests = project->options->manifests;
    DbtHome home = dbt_home(place->root);
    char *const *parts =
        manifests != NULL ? dbt_manifests_relation(manifests, &home, place->model, place->version)
                          : NULL;
    if (parts != NULL)
        rename_add_relation(rename, parts);
}

static Rename *
derive(Project *project, const Making *making, bool needs_package)
{
    const DbtPlace *place = &making->entry->place;
    bool is_model = making->made->name == NULL;
    Rename *rename = rename_derive(making->made, is_model ? dbt_of(place) : NULL);
    rename->key = g_strdup(making->key);
    rename->alias = is_model ? g_strdup(place->alias) : NULL;
    if (is_model) {
        rename->dbt->needs_package = needs_package;
        add_relation(project, place, rename);
    }
    g_ptr_array_add(project->renamed, rename);
    return rename;
}

static Making *
add_making(Project *project, GPtrArray *list, const Entry *entry, const Made *made)
{
    bool is_model = made->name == NULL;
    Making *making = g_new0(Making, 1);
    making->key = made_key(project, entry, made);
    making->entry = entry;
    making->made = made;
    making->rename = derive(project, making, false);
    if (is_model && project->roots->len > 2)
        making->foreign = derive(project, making, true);
    char **parts =
        is_model ? NULL
                 : ((const Spelling *) g_ptr_array_index(making->rename->spellings, 0))->source;
    making->name = is_model ? entry->place.model : parts[g_strv_length(parts) - 1];
    g_ptr_array_add(list, making);
    return making;
}

/* `foresight`: NULL where they are what the files make as they are rewritten now. */
static void
find_of(Project *project, Entry *entry, Foresight *foresight, GPtrArray *list)
{
    const Rewrite *rewrite = entry->file->rewrite;
    bool is_written = project->options->propagates && /* else all keep their names */
                      rewrite != NULL && !entry->file->is_held && rewrite_is_decided(rewrite);
    for (guint m = 0; is_written && m < rewrite->made->len; m++) {
        const Made *made = g_ptr_array_index(rewrite->made, m);
        made = foresight != NULL ? foresee(foresight, entry, made) : made;
        if (made->is_snapshot || !(made->is_unclear || changes(made)))
            continue;
        Making *making = add_making(project, list, entry, made);
        making->place = m;
        if (foresight != NULL)
            foresight_note(foresight, making);
    }
}

GPtrArray *
makings_find(Project *project, Foresight *foresight)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(making_free);
    for (guint i = 0; i < project->entries->len; i++)
        find_of(project, g_ptr_array_index(project->entries, i), foresight, list);
    return list;
}

/* ---- all of them, to be asked by name ---- */

static void
note(Project *project, Making *making)
{
    making->index = project->makings->len;
    g_ptr_array_add(project->makings, making);
    add_names(project->names, making, making->index);
    g_ptr_array_add(((Entry *) making->entry)->makings, making);
}

void
makings_take(Project *project, GPtrArray *makings)
{
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        g_ptr_array_set_size(entry->makings, 0);
        entry->is_new = false;
    }
    g_ptr_array_set_size(project->makings, 0);
    g_clear_pointer(&project->names, names_free);
    project->names = names_new();
    g_hash_table_remove_all(project->by_key);
    g_autoptr(GPtrArray) all = makings;
    g_ptr_array_set_free_func(all, NULL);
    for (guint i = 0; i < all->len; i++)
        note(project, g_ptr_array_index(all, i));
    for (guint i = project->makings->len; i-- > 0;) {
        Making *making = g_ptr_array_index(project->makings, i);
        g_hash_table_insert(project->by_key, making->key, making);
    }
}

/* Those of before leave a gap, until all are taken anew. */
void
makings_renew(Project *project, Entry *entry)
{
    g_autoptr(GPtrArray) now = g_ptr_array_new();
    for (guint i = 0; i < entry->makings->len; i++) {
        Making *making = g_ptr_array_index(entry->makings, i);
        project->makings->pdata[making->index] = NULL;
        making_free(making);
    }
    g_ptr_array_set_size(entry->makings, 0);
    entry->is_new = false;
    find_of(project, entry, NULL, now);
    for (guint i = 0; i < now->len; i++)
        note(project, g_ptr_array_index(now, i));
}

char *
makings_signature(const GPtrArray *makings)
{
    g_autoptr(GHashTable) nothing = g_hash_table_new(NULL, NULL);
    Entry nobody = {.kept = nothing};
    return signature_of(&nobody, makings);
}

GHashTable *
makings_said(const GPtrArray *makings)
{
    GHashTable *said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    for (guint i = 0; i < makings->len; i++) {
        const Making *making = g_ptr_array_index(makings, i);
        g_ptr_array_set_size(one, 0);
        g_ptr_array_add(one, (void *) making);
        g_hash_table_insert(said, g_strdup(making->key), makings_signature(one));
    }
    return said;
}

int
makings_compare(const void *a, const void *b)
{
    const Making *one = *(Making *const *) a, *other = *(Making *const *) b;
    if (one->entry->number != other->entry->number)
        return one->entry->number < other->entry->number ? -1 : 1;
    return one->place < other->place ? -1 : one->place > other->place;
}
