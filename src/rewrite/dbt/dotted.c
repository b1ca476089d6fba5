/*
 * dotted.c - models with dots in their names: `ref: crm.users` in a mapping is the package `crm` and its model `users`,
 * unless the project has a file `crm.users.sql`.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/made.h"

#include <string.h>

void
dbt_dotted_add(const GPtrArray *roots, const char *path)
{
    static const char *const endings[] = {".sql", ".py", ".csv"};
    DbtRoot *root = dbt_root_of(roots, path);
    g_autofree char *base = g_path_get_basename(path);
    for (size_t i = 0; root != NULL && i < G_N_ELEMENTS(endings); i++) {
        if (!g_str_has_suffix(base, endings[i]))
            continue;
        base[strlen(base) - strlen(endings[i])] = '\0';
        if (strchr(base, '.') != NULL)
            g_hash_table_add(root->dotted, g_strdup(base));
        return;
    }
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
dbt_root_knows(DbtRoot *root, guint index, DbtRename *dbt)
{
    const Rename *before = g_ptr_array_index(root->renames->list, index);
    Rename *own = rename_like(before, dbt);
    add_spellings(own, before);
    g_ptr_array_add(root->sources, own);
    root->renames->list->pdata[index] = own;
}

/* Its package is the beginning of its name. */
static void
join(DbtName *name)
{
    char *whole = name->package != NULL ? g_strconcat(name->package, ".", name->name, NULL)
                                        : g_strdup(name->name);
    g_clear_pointer(&name->package, g_free);
    g_free(name->name);
    name->name = whole;
}

void
dbt_dotted_know(DbtRoot *root)
{
    for (guint i = 0; i < root->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(root->renames->list, i))->dbt;
        if (dbt == NULL || dbt->is_source || dbt->from.package == NULL)
            continue;
        DbtRename *joined = dbt_rename_copy(dbt);
        join(&joined->from);
        join(&joined->to);
        dbt_rename_spell(joined);
        if (g_hash_table_contains(root->dotted, joined->from.name) ||
            g_hash_table_contains(root->dotted, joined->to.name))
            dbt_root_knows(root, i, joined);
        else
            dbt_rename_free(joined);
    }
}
