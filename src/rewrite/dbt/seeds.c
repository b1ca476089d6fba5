/*
 * seeds.c - models of the mapping that are seeds: their columns are the header of a CSV file.
 *
 * Where such a seed keeps its name and its columns are only renamed, header, types, tests and readers change at once
 * (seed_file.c, project/hold.c). Where more becomes of them, or the file is not at hand, a person does that.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/sql/parts.h"

#include <string.h>

static const char ending[] = ".csv";

/* The mapping's model is this very seed, after it as before, by whichever name. */
static bool
is_of_seed(const DbtRoot *root, const Rename *rename)
{
    const RewriteOptions options = {.made = root->made, .home = dbt_home(root)};
    bool is_same =
        rename_keeps_model(rename) || (rename->dbt != NULL && rename_changes_columns(rename) &&
                                       dbt_is_renamed(root->renames, &options, rename));
    return is_same && g_hash_table_contains(root->seeds, rename->dbt->from.name) &&
           (rename->dbt->from.package == NULL ||
            g_strcmp0(rename->dbt->from.package, root->name) == 0);
}

DbtDoubt *
dbt_seed_doubt(void)
{
    DbtDoubt *doubt = g_new0(DbtDoubt, 1);
    *doubt =
        (DbtDoubt){"seed", g_strdup("this is a seed, whose columns are the header of its CSV file: "
                                    "header, types and readers have to change at once; or say "
                                    "another target under `dbt:` in the mapping")};
    return doubt;
}

/* What the path may make: its last part without this ending; or NULL. Caller frees. */
static char *
name_of(const char *path, const char *its_ending)
{
    if (!g_str_has_suffix(path, its_ending))
        return NULL;
    g_autofree char *base = g_path_get_basename(path);
    return g_strndup(base, strlen(base) - strlen(its_ending));
}

static bool
is_called(const Rename *rename, const char *name)
{
    const char *dot = strrchr(name, '.'); /* which may belong to it, or end a package */
    return strcmp(rename->dbt->from.name, name) == 0 ||
           (dot != NULL && strcmp(rename->dbt->from.name, dot + 1) == 0);
}

bool
dbt_files_concern(const Renames *renames, const char *path)
{
    g_autofree char *seed = name_of(path, ending), *model = name_of(path, ".sql"),
                    *python = name_of(path, ".py");
    const char *name = seed != NULL ? seed : model != NULL ? model : python;
    for (guint i = 0; name != NULL && i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if ((rename_keeps_model(rename) || dbt_moves(rename->dbt)) && is_called(rename, name))
            return true;
    }
    return false;
}

void
dbt_seeds_add(const GPtrArray *roots, const char *path, bool is_read)
{
    DbtRoot *root = dbt_root_of(roots, path);
    g_autofree char *name = name_of(path, ending);
    if (root == NULL || name == NULL || !dbt_is_below(root, path, root->seed_folders))
        return;
    void *before = NULL;
    bool is_there = g_hash_table_lookup_extended(root->seeds, name, NULL, &before);
    bool is_same = is_there && before != NULL && strcmp(before, path) == 0;
    if (!is_same) /* of two files nobody knows which one it is */
        g_hash_table_insert(root->seeds, g_steal_pointer(&name),
                            is_there || !is_read ? NULL : g_strdup(path));
}

const Rename *
dbt_seed_at(const Renames *renames, const char *path)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->dbt != NULL && g_strcmp0(rename->dbt->seed, path) == 0)
            return rename;
    }
    return NULL;
}

bool
dbt_seeds_have_types(const Renames *renames, const char *path, const char *text)
{
    bool is_said =
        g_str_has_suffix(path, "dbt_project.yml") && strstr(text, "column_types") != NULL;
    for (guint i = 0; is_said && i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->dbt != NULL && rename->dbt->seed != NULL)
            return true;
    }
    return false;
}

void
dbt_seeds_know(DbtRoot *root)
{
    GPtrArray *list = root->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!is_of_seed(root, rename))
            continue;
        DbtRename *dbt = dbt_rename_copy(rename->dbt);
        if (rename_only_renames(rename))
            dbt->seed = g_strdup(g_hash_table_lookup(root->seeds, dbt->from.name));
        if (dbt->seed != NULL)
            dbt->seed_keys = dbt_keys_of(root, dbt->seed, root->seed_folders);
        else
            dbt->doubt = dbt_seed_doubt();
        dbt_root_knows(root, i, dbt);
    }
}
