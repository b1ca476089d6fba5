/*
 * dbt_seeds.c - models of the mapping that are seeds: their columns are the header of a CSV file, which is data.
 *
 * Where such a seed keeps its name and gets other columns, its file, its types and its readers would have to change at
 * once: a person does that.
 */
#include "rewrite/dbt_layout.h"

#include <string.h>

/* The mapping's model is this very seed, after it as before. */
static bool
is_of_seed(const DbtRoot *root, const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    return dbt != NULL && !dbt->is_source && dbt->doubt == NULL &&
           g_hash_table_contains(root->seeds, dbt->from.name) &&
           strcmp(dbt->from.name, dbt->to.name) == 0 &&
           (dbt->from.package == NULL || g_strcmp0(dbt->from.package, root->name) == 0) &&
           rename_changes_columns(rename);
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

static DbtRename *
doubted(const DbtRename *dbt)
{
    DbtRename *copy = dbt_rename_new(dbt->from.name, dbt->to.name, false);
    g_free(copy->from.package);
    g_free(copy->to.package);
    copy->from.package = g_strdup(dbt->from.package);
    copy->to.package = g_strdup(dbt->to.package);
    copy->doubt = dbt_seed_doubt();
    return copy;
}

/* In SQL it is called as before. */
static void
add_spellings(Rename *rename, const Rename *base)
{
    for (guint i = 0; i < base->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(base->spellings, i);
        g_autofree char *target = g_strjoinv(".", spelling->target);
        rename_add_spelling(rename, spelling->whole, target);
    }
}

void
dbt_seeds_add(const GPtrArray *roots, const char *path)
{
    DbtRoot *root = dbt_root_of(roots, path);
    if (root == NULL || !g_str_has_suffix(path, ".csv") ||
        !dbt_is_below(root, path, root->seed_folders))
        return;
    g_autofree char *base = g_path_get_basename(path);
    g_hash_table_add(root->seeds, g_strndup(base, strlen(base) - strlen(".csv")));
}

void
dbt_seeds_know(DbtRoot *root)
{
    GPtrArray *list = root->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!is_of_seed(root, rename))
            continue;
        Rename *own = rename_like(rename, doubted(rename->dbt));
        add_spellings(own, rename);
        g_ptr_array_add(root->sources, own);
        list->pdata[i] = own;
    }
}
