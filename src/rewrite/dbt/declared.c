/* declared.c - which files of a project declare its sources: source('a', 'b') works while one of them does. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"

#include <string.h>

static void
add_table(DbtRoot *root, const char *path, const char *source, const YamlNode *table)
{
    const char *name = table->kind == YAML_MAP ? yaml_get_text(table, "name") : NULL;
    if (source == NULL || name == NULL)
        return;
    DbtDeclared *declared = g_new0(DbtDeclared, 1);
    *declared = (DbtDeclared){.path = path,
                              .source = g_strdup(source),
                              .name = g_strdup(name),
                              .has_identifier = yaml_get(table, "identifier") != NULL};
    g_ptr_array_add(root->declared, declared);
}

void
dbt_declared_add(DbtRoot *root, const char *path, const YamlNode *map)
{
    const YamlNode *sources = yaml_get(map, "sources");
    for (size_t i = 0; sources != NULL && sources->kind == YAML_LIST && i < sources->count; i++) {
        const YamlNode *source = sources->items[i],
                       *tables = source->kind == YAML_MAP ? yaml_get(source, "tables") : NULL;
        for (size_t t = 0; tables != NULL && tables->kind == YAML_LIST && t < tables->count; t++)
            add_table(root, path, yaml_get_text(source, "name"), tables->items[t]);
    }
}

void
dbt_declared_free(void *data)
{
    DbtDeclared *declared = data;
    g_free(declared->source);
    g_free(declared->name);
    g_free(declared);
}

const DbtDeclared *
dbt_declared_find(const DbtRoot *root, const DbtName *name)
{
    for (guint i = 0; i < root->declared->len; i++) {
        const DbtDeclared *declared = g_ptr_array_index(root->declared, i);
        if (g_strcmp0(declared->source, name->package) == 0 &&
            strcmp(declared->name, name->name) == 0)
            return declared;
    }
    return NULL;
}

void
dbt_declared_know(DbtRoot *root)
{
    for (guint i = 0; i < root->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(root->renames->list, i))->dbt;
        if (dbt == NULL || !dbt->is_source || dbt->doubt != NULL ||
            g_strcmp0(dbt->from.package, dbt->to.package) == 0 ||
            dbt_declared_find(root, &dbt->to) == NULL)
            continue;
        DbtRename *own = dbt_rename_copy(dbt);
        own->is_there = true;
        dbt_root_knows(root, i, own);
    }
}
