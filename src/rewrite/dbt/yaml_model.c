/* yaml_model.c - what dbt's YAML says of a model itself: columns, tests, versions, constraints, settings. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* A model that keeps its name, while columns of it change; `version` NULL: it has none. */
static const Rename *
rename_of_model(Work *work, const char *name, const char *version)
{
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && !rename->dbt->is_source &&
            strcmp(rename->dbt->from.name, name) == 0 && strcmp(rename->dbt->to.name, name) == 0 &&
            g_strcmp0(rename->dbt->from.version, rename->dbt->to.version) == 0 &&
            g_strcmp0(rename->dbt->from.version, version) == 0)
            return rename;
    }
    return NULL;
}

void
yaml_rename_list(Work *work, const YamlNode *node, const Rename *rename)
{
    if (node == NULL || rename == NULL)
        return;
    if (node->kind == YAML_SCALAR)
        yaml_rename_words(work, node, rename);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR)
            yaml_rename_words(work, node->items[i], rename);
}

/* `partition_by: { field: created, data_type: date }`, `indexes: [ { columns: [ id ] } ]` */
static void
visit_column_setting(Work *work, const YamlNode *node, const Rename *rename)
{
    static const char *const keys[] = {"field", "columns"};
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        if (node->items[i]->kind == YAML_MAP)
            visit_column_setting(work, node->items[i], rename);
    for (size_t k = 0; node->kind == YAML_MAP && k < G_N_ELEMENTS(keys); k++)
        yaml_rename_list(work, yaml_get(node, keys[k]), rename);
    if (node->kind != YAML_MAP)
        yaml_rename_list(work, node, rename);
}

static const char in_hook[] =
    "a statement that is run beside the model names a column that changes";

/* The name at these bytes of a hook, where it changes; `*ret_change` NULL: it does not. False: nobody follows it. */
static bool
follows_in_hook(const char *hook, size_t begin, size_t end, const Rename *rename,
                const ColumnChange **ret_change)
{
    g_autofree char *name = g_strndup(hook + begin, end - begin);
    SqlPart part = {.text = name};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    *ret_change = change != NULL && change->kind != CHANGE_NONE ? change : NULL;
    return *ret_change == NULL || (change->kind == CHANGE_NAME &&
                                   sql_is_plain_column(dialect_by_name("ansi"), change->to) &&
                                   dbt_hook_names_own(hook, begin, end));
}

/* All names of a hook that makes an index of the model or changes its table; `edits`: write them. False: one is not followed. */
static bool
visit_hook(Work *work, const YamlNode *node, const Rename *rename, bool edits)
{
    bool has_quote = node->begin < node->end && strchr("'\"", work->text[node->begin]) != NULL;
    size_t from = node->begin + has_quote, to = node->end - has_quote;
    g_autofree char *hook = g_strndup(work->text + from, to - from);
    if (strcmp(hook, node->text) != 0) /* written with escapes, or over several lines */
        return false;
    for (size_t at = 0, begin; hook[at] != '\0'; at += at == begin) {
        const ColumnChange *change = NULL;
        for (begin = at; is_identifier_byte(hook[at]); at++)
            ;
        if (at > begin && !follows_in_hook(hook, begin, at, rename, &change))
            return false;
        if (edits && change != NULL)
            site_edit(work, SITE_COLUMN, from + begin, from + at, change->to);
    }
    return true;
}

static void
visit_hooks(Work *work, const YamlNode *node, const Rename *rename)
{
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        visit_hooks(work, node->items[i], rename);
    if (node->kind != YAML_LIST && node->kind != YAML_SCALAR)
        yaml_check_words(work, node, rename, in_hook);
    else if (node->kind == YAML_SCALAR && node->text != NULL &&
             visit_hook(work, node, rename, false))
        visit_hook(work, node, rename, true);
    else if (node->kind == YAML_SCALAR)
        yaml_check_words(work, node, rename, in_hook);
}

void
yaml_visit_settings(Work *work, const YamlNode *map, const Rename *rename)
{
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        const char *name = key->text != NULL ? key->text + (key->text[0] == '+') : "";
        if (dbt_setting_names_columns(name))
            visit_column_setting(work, value, rename);
        else if (strcmp(name, "post_hook") == 0 || strcmp(name, "post-hook") == 0)
            visit_hooks(work, value, rename);
        else if (!dbt_setting_names_none(name) && !yaml_visit_elementary(work, value, name, rename))
            yaml_check_words(work, value, rename,
                             strstr(name, "hook") != NULL
                                 ? in_hook
                                 : "this setting of the model names a column that changes");
    }
}

/* ---- names of models ---- */

static const char stays_beside[] =
    "this describes the model of before, which stays beside the new one";

/* A model to which the mapping gives another name: what its entry says is about the new one only where it is the same model.
 * `*ret`: what is renamed of its columns; or NULL. False: it is no such model. */
static bool
visit_moved(Work *work, const YamlNode *name, const Rename **ret)
{
    const Rename *rename = name != NULL ? dbt_moved(work, name->text, NULL) : NULL;
    if (rename == NULL)
        return false;
    ModelFate fate = dbt_fate(work->renames, work->options, rename->dbt);
    *ret = fate == MODEL_RENAMED ? rename : NULL;
    if (fate == MODEL_RENAMED && dbt_is_described(work->options, work->path, rename->dbt->to.name))
        yaml_refuse(work, name, "name-taken", NULL,
                    "another entry describes a model of the new name, and dbt takes no two");
    else if (fate == MODEL_RENAMED)
        yaml_rename(work, name, SITE_TABLE, rename->dbt->to.name);
    else if (fate == MODEL_STAYS)
        site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, name->begin, name->end)->reason =
            stays_beside;
    else if (work->options->made != NULL)
        yaml_refuse(work, name, "model-file", NULL,
                    "the file that makes this model is not looked at: whether it is called "
                    "otherwise by now, or stays beside the new one, is not known");
    return true;
}

static void
visit_described(Work *work, const YamlNode *entry, const Rename *rename)
{
    const YamlNode *config = yaml_get(entry, "config"), *name = yaml_get(entry, "name");
    const DbtDoubt *doubt = rename != NULL ? rename->dbt->doubt : NULL;
    if (doubt != NULL && name != NULL)
        dbt_tell(work, doubt, name->begin, name->end);
    rename = doubt == NULL ? rename : NULL;
    if (rename != NULL)
        yaml_model_semantics(work, entry, rename);
    yaml_visit_table(work, entry, rename);
    if (rename != NULL && config != NULL && config->kind == YAML_MAP)
        yaml_visit_settings(work, config, rename);
}

/* One without versions. */
static void
visit_named(Work *work, const YamlNode *entry)
{
    const YamlNode *name = yaml_get(entry, "name");
    const Rename *rename = NULL;
    if (!visit_moved(work, name, &rename))
        rename = rename_of_model(work, yaml_get_text(entry, "name"), NULL);
    visit_described(work, entry, rename);
}

/* ---- versions ---- */

static bool
names_changed_column(const YamlNode *columns, const Rename *rename)
{
    for (size_t i = 0; columns != NULL && columns->kind == YAML_LIST && i < columns->count; i++) {
        const YamlNode *column = columns->items[i];
        const char *name = column->kind == YAML_MAP ? yaml_get_text(column, "name") : NULL;
        SqlPart part = {.text = (char *) name};
        const ColumnChange *change =
            name != NULL ? rename_column(rename, dialect_by_name("ansi"), &part) : NULL;
        if (change != NULL && change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

/* A version instead of which another model, or another version, is read by now: it stays. */
static void
check_version(Work *work, const char *model, const YamlNode *number)
{
    const Rename *rename = dbt_moved(work, model, number->text);
    if (rename == NULL || work->options->made == NULL)
        return;
    if (dbt_fate(work->renames, work->options, rename->dbt) == MODEL_STAYS)
        site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, number->begin, number->end)->reason =
            stays_beside;
    else
        yaml_refuse(work, number, "version", NULL,
                    "no file that is looked at makes what the mapping has instead of this version");
}

/* The mapping speaks of the model, and of none of its versions. */
static void
tell_version(Work *work, const YamlNode *name)
{
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(work->renames->list, i))->dbt;
        if (dbt != NULL && !dbt->is_source && dbt->from.version == NULL && dbt->doubt != NULL &&
            strcmp(dbt->from.name, name->text) == 0)
            dbt_tell(work, dbt->doubt, name->begin, name->end);
    }
}

/* What stands above the versions is said of all of them. */
static void
visit_versions(Work *work, const YamlNode *model, const YamlNode *versions)
{
    const YamlNode *columns = yaml_get(model, "columns");
    for (size_t i = 0; versions->kind == YAML_LIST && i < versions->count; i++) {
        const YamlNode *entry = versions->items[i];
        const char *number = entry->kind == YAML_MAP ? yaml_get_text(entry, "v") : NULL;
        const Rename *rename = rename_of_model(work, yaml_get_text(model, "name"), number);
        if (entry->kind == YAML_MAP)
            visit_described(work, entry, rename);
        if (number != NULL)
            check_version(work, yaml_get_text(model, "name"), yaml_get(entry, "v"));
        if (versions->count == 1)
            visit_described(work, model, rename);
        else if (rename != NULL && names_changed_column(columns, rename))
            yaml_refuse(work, yaml_get(model, "name"), "version", NULL,
                        "columns of one version change, and they are described for all of them");
    }
    if (versions->count != 1)
        visit_described(work, model, NULL);
    tell_version(work, yaml_get(model, "name"));
}

void
yaml_model(Work *work, const YamlNode *model)
{
    const YamlNode *versions = yaml_get(model, "versions");
    if (versions != NULL && versions->kind == YAML_LIST && versions->count > 0)
        visit_versions(work, model, versions);
    else
        visit_named(work, model);
}

static void
visit_type(Work *work, const YamlNode *name, const Rename *rename, bool is_own)
{
    SqlPart part = {.text = name->kind == YAML_SCALAR ? (char *) name->text : ""};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    if (change == NULL || change->kind == CHANGE_NONE)
        return;
    if (is_own)
        yaml_rename_column(work, name, change);
    else
        yaml_refuse(work, name, "seed", NULL,
                    "this is said of all seeds of the folder, and the column of one is renamed");
}

void
yaml_column_types(Work *work, const YamlNode *map, const Rename *rename, bool is_own)
{
    static const char *const keys[] = {"column_types", "+column_types"};
    for (size_t k = 0; map->kind == YAML_MAP && k < G_N_ELEMENTS(keys); k++) {
        const YamlNode *types = yaml_get(map, keys[k]);
        for (size_t i = 0; types != NULL && types->kind == YAML_MAP && i < types->count; i++)
            visit_type(work, types->items[2 * i], rename, is_own);
    }
}

/* Its columns are those of its file, which changes with them, or not at all. */
void
yaml_seed(Work *work, const YamlNode *seed)
{
    const YamlNode *name = yaml_get(seed, "name"), *config = yaml_get(seed, "config");
    const Rename *rename = NULL;
    if (visit_moved(work, name, &rename)) {
        visit_described(work, seed, rename);
        if (rename != NULL && config != NULL)
            yaml_column_types(work, config, rename, true);
        return;
    }
    rename = rename_of_model(work, yaml_get_text(seed, "name"), NULL);
    bool is_followed = rename != NULL && rename->dbt->seed != NULL;
    if (rename != NULL && !is_followed && rename_changes_columns(rename)) {
        DbtDoubt *doubt = dbt_seed_doubt();
        dbt_tell(work, doubt, name->begin, name->end);
        g_free((char *) doubt->reason);
        g_free(doubt);
    }
    visit_described(work, seed, is_followed ? rename : NULL);
    if (is_followed && config != NULL)
        yaml_column_types(work, config, rename, true);
}

/* A snapshot keeps all columns of what it is taken of, under their names. */
void
yaml_snapshot(Work *work, const YamlNode *snapshot)
{
    const YamlNode *relation = yaml_get(snapshot, "relation"), *name = yaml_get(snapshot, "name");
    const Rename *rename = NULL;
    if (visit_moved(work, name, &rename) && rename != NULL && rename_changes_columns(rename))
        yaml_refuse(work, name, "model-file", NULL,
                    "this snapshot gets another name, and its rows have columns under the names of "
                    "before");
    rename = yaml_follow_call(work, relation, false);
    if (rename != NULL && rename_changes_columns(rename))
        yaml_refuse(work, relation, "star", NULL,
                    "the snapshot keeps all columns under their names, and some are renamed");
    else
        yaml_follow_call(work, relation, true);
    yaml_visit_table(work, snapshot, NULL);
}
