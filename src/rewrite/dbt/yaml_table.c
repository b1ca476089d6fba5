/* yaml_table.c - what dbt's YAML says of a table: its columns and constraints, and what is left of the file. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

const ColumnChange *
yaml_change_of(const Rename *rename, const YamlNode *name)
{
    SqlPart part = {.text = name != NULL && name->kind == YAML_SCALAR ? (char *) name->text : ""};
    const ColumnChange *change =
        rename != NULL ? rename_column(rename, dialect_by_name("ansi"), &part) : NULL;
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* ---- constraints ---- */

static void
visit_constraints(Work *work, const YamlNode *owner, const Rename *rename)
{
    const YamlNode *list = yaml_get(owner, "constraints");
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *one = list->items[i];
        if (one->kind != YAML_MAP)
            continue;
        const Rename *theirs = yaml_follow_call(work, yaml_get(one, "to"), true);
        yaml_rename_list(work, yaml_get(one, "to_columns"), theirs);
        yaml_rename_list(work, yaml_get(one, "columns"), rename);
        if (g_strcmp0(yaml_get_text(one, "type"), "check") == 0)
            yaml_rename_list(work, yaml_get(one, "expression"), rename);
    }
}

/* ---- what is not followed ---- */

/* What a column says besides is checked. */
static const char *const of_columns[] = {
    "name", "description", "data_type",   "tests",   "data_tests", "constraints",
    "meta", "tags",        "quote",       "config",  "docs",       "granularity",
    "type", "codec",       "policy_tags", "exclude", "include",    NULL};

void
yaml_check_words(Work *work, const YamlNode *node, const Rename *rename, const char *reason)
{
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        yaml_check_words(work, node->items[i], rename, reason);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        yaml_check_words(work, node->items[2 * i + 1], rename, reason);
    if (node->kind == YAML_SCALAR && node->text != NULL &&
        !site_covers(work, node->begin, node->end) && yaml_names_change(rename, node->text))
        yaml_refuse(work, node, "language", NULL, reason);
}

static void
check_others(Work *work, const YamlNode *map, const Rename *rename, const char *const *known)
{
    for (size_t i = 0; rename != NULL && i < map->count; i++) {
        const char *key = map->items[2 * i]->text;
        if (key != NULL && !g_strv_contains(known, key))
            yaml_check_words(work, map->items[2 * i + 1], rename,
                             "a column that changes is named here, and this part of the file is "
                             "not understood");
    }
}

/* ---- columns ---- */

/* `dimension: { type: time }`: without a name it has the column's, by which metrics ask for it. */
static void
check_semantics(Work *work, const YamlNode *column, const ColumnChange *change)
{
    static const char *const keys[] = {"dimension", "entity"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const YamlNode *node = yaml_get(column, keys[i]);
        bool has_name = node != NULL && node->kind == YAML_MAP && yaml_get(node, "name") != NULL;
        if (node != NULL && !has_name)
            yaml_refuse(work, yaml_get_key(column, keys[i]), "language", change->link,
                        "this has the name of a column that changes, by which metrics ask for it: "
                        "say its `name`");
    }
}

/* `- *amount`: one place is said of several tables. Of names that stay it is noted where they begin; those that change have sites. */
static void
check_shared(Work *work, const YamlNode *table, const YamlNode *name, const ColumnChange *change)
{
    const void *place = GSIZE_TO_POINTER(name->begin + 1);
    bool is_elsewhere = name->begin < table->begin || name->begin >= table->end;
    bool has_changed = change == NULL && is_elsewhere && site_covers(work, name->begin, name->end);
    bool has_stayed = change != NULL && set_has(work->understood, place);
    if (change == NULL)
        set_add(&work->understood, place);
    if (has_changed || has_stayed)
        yaml_refuse(work, name, "ambiguous", NULL,
                    "an alias says this of several tables, and the column changes in one of them "
                    "only: write it out there");
}

typedef struct {
    const YamlNode *table;
    const Rename *rename;
    GHashTable *staying; /* names of its columns that stay */
} Columns;

static void
rename_column_name(Work *work, const Columns *columns, const YamlNode *column,
                   const ColumnChange *change)
{
    const YamlNode *name = yaml_get(column, "name");
    if (g_hash_table_contains(columns->staying, change->to))
        yaml_refuse(work, name, "name-taken", NULL,
                    "another column of the table, which stays, has the new name here");
    else if (yaml_get(column, "quote") != NULL) /* then letters of either case are not one name */
        yaml_rename(work, name, SITE_COLUMN, change->to);
    else
        yaml_rename_column(work, name, change);
}

static void
visit_column(Work *work, const Columns *columns, const YamlNode *column)
{
    const YamlNode *name = yaml_get(column, "name");
    const Rename *rename = columns->rename;
    const ColumnChange *change = yaml_change_of(rename, name);
    if (name != NULL)
        check_shared(work, columns->table, name, change);
    if (change != NULL && change->to != NULL &&
        (change->kind == CHANGE_NAME || change->kind == CHANGE_VALUES))
        rename_column_name(work, columns, column, change);
    else if (change != NULL)
        yaml_refuse(work, name, "dropped", change->link,
                    "the new table has no such column: what was said of it belongs elsewhere");
    yaml_visit_tests(work, column, rename, change);
    visit_constraints(work, column, rename);
    yaml_rename_list(work, yaml_get(column, "exclude"), rename); /* of a version */
    if (change != NULL)
        check_semantics(work, column, change);
    check_others(work, column, rename, of_columns);
}

static void
visit_columns(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *list = yaml_get(table, "columns");
    g_autoptr(GHashTable) staying = g_hash_table_new(g_str_hash, g_str_equal);
    const Columns columns = {table, rename, staying};
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *name =
            list->items[i]->kind == YAML_MAP ? yaml_get(list->items[i], "name") : NULL;
        if (name != NULL && name->kind == YAML_SCALAR && name->text != NULL &&
            yaml_change_of(rename, name) == NULL)
            g_hash_table_add(staying, (char *) name->text);
    }
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
        if (list->items[i]->kind == YAML_MAP)
            visit_column(work, &columns, list->items[i]);
}

/* What a table says besides is checked. */
static const char *const of_tables[] = {"name",
                                        "v",
                                        "description",
                                        "columns",
                                        "tests",
                                        "data_tests",
                                        "constraints",
                                        "versions",
                                        "config",
                                        "meta",
                                        "docs",
                                        "tags",
                                        "access",
                                        "group",
                                        "defined_in",
                                        "latest_version",
                                        "deprecation_date",
                                        "identifier",
                                        "relation",
                                        "quoting",
                                        "loader",
                                        "overrides",
                                        "freshness",
                                        "loaded_at_field",
                                        "loaded_at_query",
                                        NULL};

/* By which columns it is told how old the rows are. */
static void
visit_freshness(Work *work, const YamlNode *map, const Rename *rename)
{
    const YamlNode *freshness = yaml_get(map, "freshness"),
                   *query = yaml_get(map, "loaded_at_query");
    yaml_rename_list(work, yaml_get(map, "loaded_at_field"), rename);
    if (freshness != NULL && freshness->kind == YAML_MAP)
        yaml_rename_list(work, yaml_get(freshness, "filter"), rename);
    if (query != NULL && query->kind == YAML_SCALAR && yaml_names_change(rename, query->text))
        yaml_rewrite_query(work, query, rename);
}

/* A model of days. */
static void
visit_time_spine(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *spine = yaml_get(table, "time_spine");
    if (spine != NULL && spine->kind == YAML_MAP)
        yaml_rename_list(work, yaml_get(spine, "standard_granularity_column"), rename);
}

/* elementary: { timestamp_column: created }, under `config` or `meta`: what Elementary's tests of the table sort its rows by. */
bool
yaml_visit_elementary(Work *work, const YamlNode *node, const char *key, const Rename *rename)
{
    if (g_strcmp0(key, "elementary") != 0 || node->kind != YAML_MAP)
        return false;
    yaml_rename_list(work, yaml_get(node, "timestamp_column"), rename);
    return true;
}

void
yaml_visit_table(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *config = yaml_get(table, "config");
    yaml_visit_meta(work, table, rename);
    visit_columns(work, table, rename);
    yaml_visit_tests(work, table, rename, NULL);
    visit_constraints(work, table, rename);
    if (rename == NULL)
        return;
    visit_freshness(work, table, rename);
    visit_time_spine(work, table, rename);
    check_others(work, table, rename, of_tables);
    if (config != NULL && config->kind == YAML_MAP)
        visit_freshness(work, config, rename);
}

void
yaml_check_freshness(Work *work, const YamlNode *source, const Rename *rename)
{
    const YamlNode *freshness = yaml_get(source, "freshness");
    const YamlNode *said[] = {
        yaml_get(source, "loaded_at_field"), yaml_get(source, "loaded_at_query"),
        freshness != NULL && freshness->kind == YAML_MAP ? yaml_get(freshness, "filter") : NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
        if (said[i] != NULL && said[i]->kind == YAML_SCALAR &&
            yaml_names_change(rename, said[i]->text) &&
            !site_covers(work, said[i]->begin, said[i]->end))
            yaml_refuse(work, said[i], "ambiguous", NULL,
                        "this is said of all tables of the source, and the column of one is "
                        "renamed");
}

/* ---- what is left ---- */

static bool
is_among(const char *key, const char *const *keys)
{
    for (; key != NULL && *keys != NULL; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

static bool
names_dataset(Work *work, const YamlNode *node)
{
    size_t at = 0;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            g_autofree char *name = g_strjoinv(".", spelling->source);
            if (find_word(node->text, strlen(node->text), name, &at))
                return true;
        }
    }
    return false;
}

/* What a model calls its own table is not the dataset of that name, where that is a model, too. */
static bool
is_alias_of_model(const Work *work, const YamlNode *node)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (g_ascii_strcasecmp(spelling->last, node->text) == 0 &&
                (rename->dbt == NULL || rename->dbt->is_source))
                return false;
        }
    }
    return true;
}

/* Settings of a model whose word is no table, or the one that it makes itself. */
static bool
is_own_setting(Work *work, const YamlNode *node, const char *key)
{
    static const char *const words[] = {"tags",  "schema",       "database",
                                        "group", "materialized", NULL};
    if (is_among(key, words))
        return true;
    if (g_strcmp0(key, "alias") != 0 || !is_alias_of_model(work, node))
        return false;
    Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, node->begin, node->end);
    site->reason = "this is what a model calls its own table";
    return true;
}

void
yaml_check_rest(Work *work, const YamlNode *node, const char *key)
{
    static const char *const prose[] = {"description", "label", "name", "meta", NULL};
    if (is_among(key, prose))
        return;
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        const char *inner = node->items[2 * i]->text;
        yaml_check_rest(work, node->items[2 * i + 1], inner != NULL ? inner : "");
    }
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        yaml_check_rest(work, node->items[i], key);
    if (node->kind != YAML_SCALAR || site_covers(work, node->begin, node->end) ||
        set_has(work->understood, GSIZE_TO_POINTER(node->begin + 1)))
        return;
    yaml_rewrite_calls(work, node);
    if (site_covers(work, node->begin, node->end))
        return;
    bool is_named = names_dataset(work, node);
    if (is_named && is_own_setting(work, node, key))
        return;
    if (is_named || yaml_follow_call(work, node, false) != NULL)
        site_refuse(work, SITE_MENTION, node->begin, node->end, "language", NULL,
                    "the dataset is named here, and this part of the file is not understood");
}
