/* dbt_yaml_table.c - what dbt's YAML says of a table: columns with their tests, and tests of the whole table. */
#include "rewrite/dbt_yaml.h"

#include <string.h>

static const ColumnChange *
change_of(const Rename *rename, const YamlNode *name)
{
    SqlPart part = {.text = name != NULL && name->kind == YAML_SCALAR ? (char *) name->text : ""};
    const ColumnChange *change =
        rename != NULL ? rename_column(rename, dialect_by_name("ansi"), &part) : NULL;
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* ---- tests ---- */

static bool
is_among(const char *key, const char *const *keys)
{
    for (; key != NULL && *keys != NULL; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

/* accepted_values of a column whose values change. */
static void
map_values(Work *work, const YamlNode *values, const ColumnChange *change)
{
    for (size_t i = 0; values->kind == YAML_LIST && i < values->count; i++) {
        const YamlNode *value = values->items[i];
        const char *to = value->kind == YAML_SCALAR && change->values != NULL
                             ? json_get_string(change->values, value->text, NULL)
                             : NULL;
        if (change->values == NULL) {
            yaml_refuse(work, value, "values-changed", change->link,
                        "the column holds other values than before");
            return;
        }
        if (to != NULL)
            yaml_rename(work, value, SITE_COLUMN, to);
    }
}

static void visit_test(Work *work, const char *key, const YamlNode *node, const Rename *mine,
                       const Rename *theirs, const ColumnChange *change);

/* A test's arguments: `to` and `field` are of another table, the rest speaks of this one. */
static void
visit_arguments(Work *work, const YamlNode *map, const Rename *mine, const ColumnChange *change)
{
    static const char *const calls[] = {"to", "compare_model", "model", "compare_relation", NULL};
    const Rename *theirs = NULL;
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        const Rename *found =
            is_among(key->text, calls) ? yaml_follow_call(work, value, true) : NULL;
        theirs = found != NULL ? found : theirs;
    }
    for (size_t i = 0; i < map->count; i++)
        if (!is_among(map->items[2 * i]->text, calls))
            visit_test(work, map->items[2 * i]->text, map->items[2 * i + 1], mine, theirs, change);
}

static void
visit_test(Work *work, const char *key, const YamlNode *node, const Rename *mine,
           const Rename *theirs, const ColumnChange *change)
{
    static const char *const about[] = {
        "name",           "description",       "severity", "tags",
        "error_if",       "warn_if",           "meta",     "quote",
        "test_name",      "enabled",           "limit",    "fail_calc",
        "store_failures", "store_failures_as", NULL};
    static const char *const of_theirs[] = {"field", "to_condition", "compare_columns",
                                            "pk_columns", NULL};
    if (is_among(key, about))
        return;
    if (node->kind == YAML_MAP) {
        visit_arguments(work, node, mine, change);
    } else if (node->kind == YAML_LIST && g_strcmp0(key, "values") == 0) {
        if (change != NULL && change->kind == CHANGE_VALUES)
            map_values(work, node, change);
    } else if (node->kind == YAML_LIST) {
        for (size_t i = 0; i < node->count; i++)
            visit_test(work, key, node->items[i], mine, theirs, change);
    } else if (is_among(key, of_theirs) && theirs != NULL) {
        yaml_rename_words(work, node, theirs);
    } else if (mine != NULL && !is_among(key, of_theirs)) {
        yaml_rename_words(work, node, mine);
    }
}

static void
visit_tests(Work *work, const YamlNode *owner, const Rename *mine, const ColumnChange *change)
{
    static const char *const keys[] = {"tests", "data_tests"};
    for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
        const YamlNode *list = yaml_get(owner, keys[k]);
        for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
            if (list->items[i]->kind == YAML_MAP) /* else just a test's name */
                visit_arguments(work, list->items[i], mine, change);
    }
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

/* ---- columns ---- */

static void
visit_column(Work *work, const YamlNode *column, const Rename *rename)
{
    const YamlNode *name = yaml_get(column, "name");
    const ColumnChange *change = change_of(rename, name);
    if (change != NULL && change->to != NULL &&
        (change->kind == CHANGE_NAME || change->kind == CHANGE_VALUES))
        yaml_rename(work, name, SITE_COLUMN, change->to);
    else if (change != NULL)
        yaml_refuse(work, name, "dropped", change->link,
                    "the new table has no such column: what was said of it belongs elsewhere");
    visit_tests(work, column, rename, change);
    visit_constraints(work, column, rename);
}

void
yaml_visit_table(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *columns = yaml_get(table, "columns"),
                   *loaded = yaml_get(table, "loaded_at_field");
    for (size_t i = 0; columns != NULL && columns->kind == YAML_LIST && i < columns->count; i++)
        if (columns->items[i]->kind == YAML_MAP)
            visit_column(work, columns->items[i], rename);
    visit_tests(work, table, rename, NULL);
    visit_constraints(work, table, rename);
    if (loaded != NULL && loaded->kind == YAML_SCALAR && rename != NULL)
        yaml_rename_words(work, loaded, rename);
}

/* ---- what is left ---- */

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
        g_hash_table_contains(work->understood, GSIZE_TO_POINTER(node->begin + 1)))
        return;
    if (names_dataset(work, node) || yaml_follow_call(work, node, false) != NULL)
        site_refuse(work, SITE_MENTION, node->begin, node->end, "language", NULL,
                    "the dataset is named here, and this part of the file is not understood");
}
