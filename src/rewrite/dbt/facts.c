/* facts.c - what a project's YAML says of its models: how they are made, what they are called, their versions. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"

#include <string.h>

static void
version_free(void *data)
{
    DbtVersion *version = data;
    g_free(version->version);
    g_free(version->file);
    g_free(version);
}

void
dbt_facts_free(void *data)
{
    DbtFacts *facts = data;
    g_free(facts->materialized);
    g_free(facts->alias);
    g_free(facts->latest);
    g_ptr_array_unref(facts->versions);
    g_free(facts);
}

static const YamlNode *
setting(const YamlNode *entry, const char *key)
{
    const YamlNode *config = yaml_get(entry, "config"),
                   *found =
                       config != NULL && config->kind == YAML_MAP ? yaml_get(config, key) : NULL;
    return found != NULL ? found : yaml_get(entry, key);
}

static char *
setting_text(const YamlNode *entry, const char *key)
{
    const YamlNode *node = setting(entry, key);
    return node != NULL && node->kind == YAML_SCALAR ? g_strdup(node->text) : NULL;
}

static void
read_versions(DbtFacts *facts, const char *name, const YamlNode *list)
{
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *entry = list->items[i];
        const char *number = entry->kind == YAML_MAP ? yaml_get_text(entry, "v") : NULL;
        const char *file = number != NULL ? yaml_get_text(entry, "defined_in") : NULL;
        if (number == NULL)
            continue;
        DbtVersion *version = g_new0(DbtVersion, 1);
        *version = (DbtVersion){.version = g_strdup(number),
                                .file = file != NULL ? g_strdup(file)
                                                     : g_strdup_printf("%s_v%s", name, number)};
        g_ptr_array_add(facts->versions, version);
        if (facts->latest == NULL ||
            g_ascii_strtod(number, NULL) > g_ascii_strtod(facts->latest, NULL)) {
            g_free(facts->latest);
            facts->latest = g_strdup(number);
        }
    }
}

void
dbt_facts_read(DbtRoot *root, const YamlNode *model)
{
    const char *name = yaml_get_text(model, "name");
    if (name == NULL || g_hash_table_contains(root->facts, name))
        return;
    DbtFacts *facts = g_new0(DbtFacts, 1);
    *facts = (DbtFacts){.materialized = setting_text(model, "materialized"),
                        .alias = setting_text(model, "alias"),
                        .versions = g_ptr_array_new_with_free_func(version_free)};
    read_versions(facts, name, yaml_get(model, "versions"));
    if (yaml_get_text(model, "latest_version") != NULL) {
        g_free(facts->latest);
        facts->latest = g_strdup(yaml_get_text(model, "latest_version"));
    }
    g_hash_table_insert(root->facts, g_strdup(name), facts);
}

bool
dbt_is_described(const RewriteOptions *options, const char *path, const char *model)
{
    const DbtRoot *root = options->roots != NULL ? dbt_root_of(options->roots, path) : NULL;
    return root != NULL && g_hash_table_contains(root->facts, model);
}

const char *
dbt_latest(const RewriteOptions *options, const char *path, const char *model)
{
    const DbtRoot *root = options->roots != NULL ? dbt_root_of(options->roots, path) : NULL;
    const DbtFacts *facts = root != NULL ? g_hash_table_lookup(root->facts, model) : NULL;
    return facts != NULL ? facts->latest : NULL;
}

/* ---- which version the mapping means ---- */

/* Another model of the project, which is there, is read instead: which version it was before is not asked. */
static bool
goes_elsewhere(const DbtRoot *root, const DbtRename *dbt)
{
    return strcmp(dbt->from.name, dbt->to.name) != 0 &&
           g_hash_table_contains(root->made, dbt->to.name);
}

static bool
lacks_version(const DbtRoot *root, const DbtRename *dbt)
{
    if (dbt == NULL || dbt->is_source || dbt->doubt != NULL || dbt->from.version != NULL ||
        (dbt->from.package != NULL && g_strcmp0(dbt->from.package, root->name) != 0))
        return false;
    const DbtFacts *facts = g_hash_table_lookup(root->facts, dbt->from.name);
    return facts != NULL && facts->versions->len > 0 && !goes_elsewhere(root, dbt);
}

void
dbt_versions_know(DbtRoot *root)
{
    GPtrArray *list = root->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!lacks_version(root, rename->dbt))
            continue;
        DbtRename *dbt = dbt_rename_copy(rename->dbt);
        dbt->doubt = g_new0(DbtDoubt, 1);
        *dbt->doubt =
            (DbtDoubt){"version", g_strdup("the model has versions, and the mapping does not say "
                                           "which one is meant")};
        dbt_root_knows(root, i, dbt);
    }
}
