/*
 * project_keys.c - keys of dbt_project.yml that are called like the dataset.
 *
 * Under `models`, `seeds` and the like they are paths of folders and files, which stay unless the file is called otherwise; under `vars` they are the names of
 * variables. Under `sources` they are sources and their tables. What is said of the columns of a seed changes with it.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

static bool
is_called_so(const Work *work, const char *key)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && strcmp(rename->dbt->from.name, key) == 0)
            return true;
        for (guint s = 0; s < rename->spellings->len; s++)
            if (strcmp(((const Spelling *) g_ptr_array_index(rename->spellings, s))->last, key) ==
                0)
                return true;
    }
    return false;
}

/* The table of that name in the source `parent`. */
static const DbtRename *
rename_of(const Work *work, const char *parent, const char *key)
{
    for (guint i = 0; parent != NULL && i < work->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(work->renames->list, i))->dbt;
        if (dbt != NULL && dbt->is_source && dbt->doubt == NULL &&
            strcmp(dbt->from.name, key) == 0 && g_strcmp0(dbt->from.package, parent) == 0 &&
            g_strcmp0(dbt->to.package, parent) == 0)
            return dbt;
    }
    return NULL;
}

/* Is it said which source the dataset is? */
static bool
has_source(const Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(work->renames->list, i))->dbt;
        if (dbt != NULL && dbt->is_source && dbt->doubt == NULL)
            return true;
    }
    return false;
}

static bool
is_source_of(const Work *work, const char *key)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(work->renames->list, i))->dbt;
        if (dbt != NULL && dbt->is_source && g_strcmp0(dbt->from.package, key) == 0)
            return true;
    }
    return false;
}

/* Of a source some of whose tables go to another one, or NULL: which one. */
static const char *
moves_to(const Renames *renames, const char *key)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(renames->list, i))->dbt;
        if (dbt != NULL && dbt->is_source && dbt->doubt == NULL &&
            g_strcmp0(dbt->from.package, key) == 0 && g_strcmp0(dbt->to.package, key) != 0)
            return dbt->to.package;
    }
    return NULL;
}

typedef struct {
    Work *work;
    bool is_sources;
} Part;

/* `sources: { shop: { crm: … } }`: what is said of a source that goes elsewhere would be said of nothing. */
static void
check_source(const Part *part, const YamlNode *key, const char *parent)
{
    const char *to =
        part->is_sources && parent != NULL ? moves_to(part->work->renames, key->text) : NULL;
    if (to != NULL && !site_covers(part->work, key->begin, key->end))
        site_refuse(part->work, SITE_TABLE, key->begin, key->end, "makes-source", NULL,
                    "tables of this source are those of '%s' then: say it there", to);
}

static void
visit_key(const Part *part, const YamlNode *key, const char *parent)
{
    Work *work = part->work;
    const DbtRename *dbt = part->is_sources ? rename_of(work, parent, key->text) : NULL;
    bool is_plain = key->end - key->begin == strlen(key->text);
    bool is_other = part->is_sources && dbt == NULL && parent != NULL && has_source(work) &&
                    !is_source_of(work, parent);
    if (!is_called_so(work, key->text) ||
        (part->is_sources && !is_other && (dbt == NULL || !is_plain)))
        return;
    sites_drop(work, key->begin, key->end);
    if (dbt != NULL) {
        site_edit(work, SITE_TABLE, key->begin, key->end, dbt->to.name);
        return;
    }
    Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, key->begin, key->end);
    site->reason = is_other ? "this is a table of another source"
                            : "this is the name of a model, a folder or a variable of the project";
}

static void
visit_map(const Part *part, const YamlNode *map, const char *parent)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        const YamlNode *key = map->items[2 * i];
        if (key->kind != YAML_SCALAR)
            continue;
        visit_key(part, key, parent);
        check_source(part, key, parent);
        visit_map(part, map->items[2 * i + 1], key->text);
    }
}

/* ---- seeds ---- */

/* `keys`: shop, money, tiers, down to what is said of this seed alone. */
static void
visit_types(Work *work, const Rename *seed, const YamlNode *map, char *const *keys)
{
    const YamlNode *inner = keys[0] != NULL ? yaml_get(map, keys[0]) : NULL;
    yaml_column_types(work, map, seed, keys[0] == NULL);
    if (inner != NULL && inner->kind == YAML_MAP)
        visit_types(work, seed, inner, keys + 1);
}

static void
visit_seeds(Work *work, const YamlNode *root)
{
    const YamlNode *map = yaml_get(root, "seeds");
    for (guint i = 0; map != NULL && map->kind == YAML_MAP && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && rename->dbt->seed != NULL)
            visit_types(work, rename, map, rename->dbt->seed_keys);
    }
}

/* ---- files that are called otherwise ---- */

/* What is said of this file alone. */
static void
rename_file(Work *work, const YamlNode *map, char *const *keys, const char *to)
{
    for (; keys[1] != NULL; keys++) {
        map = map->kind == YAML_MAP ? yaml_get(map, keys[0]) : NULL;
        if (map == NULL)
            return;
    }
    const YamlNode *key = map->kind == YAML_MAP ? yaml_get_key(map, keys[0]) : NULL;
    if (key == NULL)
        return;
    sites_drop(work, key->begin, key->end);
    yaml_rename(work, key, SITE_MENTION, to);
}

static void
visit_files(Work *work, const YamlNode *root)
{
    static const char *const parts[] = {"models", "seeds"};
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        char *const *keys = dbt_renamed_keys(work, rename);
        for (size_t p = 0; keys != NULL && p < G_N_ELEMENTS(parts); p++) {
            const YamlNode *map = yaml_get(root, parts[p]);
            if (map != NULL)
                rename_file(work, map, keys, rename->dbt->to.name);
        }
    }
}

/* ---- conditions of tests ---- */

/* `+where` of a folder: its tests are those of several tables. */
static void
check_condition(Work *work, const YamlNode *value)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt == NULL || !yaml_names_change(rename, value->text))
            continue;
        yaml_refuse(work, value, "ambiguous", NULL,
                    "tests of all tables in this folder are filtered by this, and the column of "
                    "one is renamed");
        return;
    }
}

static void
visit_tests(Work *work, const YamlNode *map)
{
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        bool is_condition =
            g_strcmp0(key->text, "where") == 0 || g_strcmp0(key->text, "+where") == 0;
        if (is_condition && value->kind == YAML_SCALAR && value->text != NULL)
            check_condition(work, value);
        visit_tests(work, value);
    }
}

void
dbt_project_keys(Work *work)
{
    static const char *const parts[] = {"models", "seeds",      "snapshots", "vars",
                                        "tests",  "data_tests", "sources"};
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    if (!yaml_parse(work->text, work->bytes, "", diags, &file, NULL) ||
        yaml_document_count(file) == 0)
        return;
    const YamlNode *root = yaml_document(file, 0);
    for (size_t i = 0; root != NULL && root->kind == YAML_MAP && i < G_N_ELEMENTS(parts); i++) {
        const YamlNode *map = yaml_get(root, parts[i]);
        const Part part = {work, strcmp(parts[i], "sources") == 0};
        if (map != NULL)
            visit_map(&part, map, NULL);
    }
    if (root == NULL || root->kind != YAML_MAP)
        return;
    visit_seeds(work, root);
    visit_files(work, root);
    visit_tests(work, yaml_get(root, "tests"));
    visit_tests(work, yaml_get(root, "data_tests"));
}

bool
dbt_project_filters_tests(const char *path, const char *text)
{
    size_t at = 0;
    return g_str_has_suffix(path, "dbt_project.yml") && strstr(text, "tests:") != NULL &&
           find_word(text, strlen(text), "where", &at);
}

bool
dbt_project_may_filter(const Renames *renames, const char *path, const char *text)
{
    for (guint i = 0; dbt_project_filters_tests(path, text) && i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->dbt != NULL && yaml_names_change(rename, text))
            return true;
    }
    return false;
}

bool
dbt_project_has_moved(const Renames *renames, const char *path, const char *text)
{
    size_t at = 0;
    if (!g_str_has_suffix(path, "dbt_project.yml") || strstr(text, "sources:") == NULL)
        return false;
    for (guint i = 0; i < renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(renames->list, i))->dbt;
        if (dbt != NULL && dbt->is_source && moves_to(renames, dbt->from.package) != NULL &&
            find_word(text, strlen(text), dbt->from.package, &at))
            return true;
    }
    return false;
}
