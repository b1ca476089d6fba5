/*
 * yaml_tests.c - tests of dbt's YAML: which argument is a column, an expression, another table, or no name at all.
 *
 * An argument that is not in the table is an expression over the tested table. So are tests of the project's own.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

typedef enum {
    ROLE_MINE,   /* a column of the tested table, a list of them, an expression */
    ROLE_CALL,   /* another table */
    ROLE_THEIRS, /* the same of that other table; of the tested one where there is none */
    ROLE_SHARED, /* columns that both have, under one name */
    ROLE_VALUES, /* what the tested column holds */
    ROLE_OTHER,  /* no column */
} Role;

/* `unless`: it is THEIRS of another argument where that is there, and SHARED where it is not. */
typedef struct {
    const char *argument;
    Role role;
    const char *unless;
} Argument;

/* Of dbt, dbt_utils, dbt_expectations and elementary. */
static const Argument arguments[] = {
    {"to", ROLE_CALL, NULL},
    {"model", ROLE_CALL, NULL},
    {"compare_model", ROLE_CALL, NULL},
    {"compare_relation", ROLE_CALL, NULL},
    {"field", ROLE_THEIRS, NULL},
    {"to_condition", ROLE_THEIRS, NULL},
    {"pk_columns", ROLE_THEIRS, NULL},
    {"compare_expression", ROLE_THEIRS, NULL},
    {"compare_group_by", ROLE_THEIRS, NULL},
    {"compare_row_condition", ROLE_THEIRS, NULL},
    {"compare_column_name", ROLE_THEIRS, NULL},
    {"expression", ROLE_MINE, "compare_expression"},
    {"group_by", ROLE_MINE, "compare_group_by"},
    {"row_condition", ROLE_MINE, "compare_row_condition"},
    {"compare_columns", ROLE_SHARED, NULL},
    {"exclude_columns", ROLE_SHARED, NULL},
    {"group_by_columns", ROLE_SHARED, NULL},
    {"values", ROLE_VALUES, NULL},
    {"value_set", ROLE_VALUES, NULL},
    {"value_pairs_set", ROLE_OTHER, NULL},
    {"regex", ROLE_OTHER, NULL},
    {"regex_list", ROLE_OTHER, NULL},
    {"like_pattern", ROLE_OTHER, NULL},
    {"like_pattern_list", ROLE_OTHER, NULL},
    {"flags", ROLE_OTHER, NULL},
    {"match_on", ROLE_OTHER, NULL},
    {"datepart", ROLE_OTHER, NULL},
    {"date_part", ROLE_OTHER, NULL},
    {"interval", ROLE_OTHER, NULL},
    {"period", ROLE_OTHER, NULL},
    {"time_bucket", ROLE_OTHER, NULL},
    {"column_type", ROLE_OTHER, NULL},
    {"column_type_list", ROLE_OTHER, NULL},
    {"column_anomalies", ROLE_OTHER, NULL},
    {"data_type", ROLE_OTHER, NULL},
    {"transform", ROLE_OTHER, NULL},
    {"ignore_row_if", ROLE_OTHER, NULL},
    {"gaps", ROLE_OTHER, NULL},
    {"anomaly_direction", ROLE_OTHER, NULL},
    {"name", ROLE_OTHER, NULL},
    {"alias", ROLE_OTHER, NULL},
    {"description", ROLE_OTHER, NULL},
    {"severity", ROLE_OTHER, NULL},
    {"tags", ROLE_OTHER, NULL},
    {"error_if", ROLE_OTHER, NULL},
    {"warn_if", ROLE_OTHER, NULL},
    {"meta", ROLE_OTHER, NULL},
    {"quote", ROLE_OTHER, NULL},
    {"test_name", ROLE_OTHER, NULL},
    {"enabled", ROLE_OTHER, NULL},
    {"limit", ROLE_OTHER, NULL},
    {"fail_calc", ROLE_OTHER, NULL},
    {"store_failures", ROLE_OTHER, NULL},
    {"store_failures_as", ROLE_OTHER, NULL},
    {"database", ROLE_OTHER, NULL},
    {"schema", ROLE_OTHER, NULL},
};

/* The whole of a test, or of one of its maps. */
typedef struct {
    Work *work;
    const YamlNode *map;
    const Rename *mine, *theirs; /* NULL: not the dataset */
    bool has_theirs;             /* there is another table at all */
    bool is_unsure; /* of which nobody knows the arguments: a test of the project's own */
    const ColumnChange *change; /* of the tested column */
    const YamlNode *name;       /* of the test */
} Test;

static const Argument *
argument_of(const char *key)
{
    for (size_t i = 0; key != NULL && i < G_N_ELEMENTS(arguments); i++)
        if (strcmp(arguments[i].argument, key) == 0)
            return &arguments[i];
    return NULL;
}

static Role
role_of(const Test *test, const char *key)
{
    const Argument *argument = argument_of(key);
    if (argument == NULL)
        return ROLE_MINE;
    if (!test->has_theirs && (argument->role == ROLE_THEIRS || argument->role == ROLE_SHARED))
        return ROLE_MINE;
    bool is_for_both = test->has_theirs && argument->unless != NULL &&
                       yaml_get(test->map, argument->unless) == NULL;
    return is_for_both ? ROLE_SHARED : argument->role;
}

/* ---- values ---- */

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

/* ---- names that both tables have ---- */

/* The change's new name; `part` itself where it stays; NULL where more than its name changes. */
static const char *
name_after(const Rename *rename, const SqlPart *part)
{
    const ColumnChange *change =
        rename != NULL ? rename_column(rename, dialect_by_name("ansi"), part) : NULL;
    if (change == NULL || change->kind == CHANGE_NONE)
        return part->text;
    return change->kind == CHANGE_NAME ? change->to : NULL;
}

static bool
agree_on(const Test *test, const char *text)
{
    for (size_t at = 0, from; text[at] != '\0'; at += at == from) {
        for (from = at; is_identifier_byte(text[at]); at++)
            ;
        g_autofree char *word = g_strndup(text + from, at - from);
        SqlPart part = {.text = word};
        const char *here = name_after(test->mine, &part), *there = name_after(test->theirs, &part);
        if (at > from && (here == NULL || there == NULL || strcmp(here, there) != 0))
            return false;
    }
    return true;
}

static void
visit_shared(const Test *test, const YamlNode *node)
{
    if (agree_on(test, node->text))
        yaml_rename_list(test->work, node, test->mine);
    else
        yaml_refuse(
            test->work, node, "joined-by-name", NULL,
            "the test looks for these columns in both tables, and one of them renames some");
}

/* `equality` without columns: all that the tables have. */
static void
check_equality(const Test *test, const YamlNode *key, const YamlNode *map)
{
    const char *dot = key->text != NULL ? strrchr(key->text, '.') : NULL;
    const char *name = dot != NULL ? dot + 1 : key->text;
    const YamlNode *inner = yaml_get(map, "arguments");
    const YamlNode *given = inner != NULL ? inner : map;
    if (g_strcmp0(name, "equality") != 0 || yaml_get(given, "compare_columns") != NULL)
        return;
    const Rename *theirs = yaml_follow_call(test->work, yaml_get(given, "compare_model"), false);
    if (theirs != test->mine && ((test->mine != NULL && rename_changes_columns(test->mine)) ||
                                 (theirs != NULL && rename_changes_columns(theirs))))
        yaml_refuse(test->work, key, "joined-by-name", NULL,
                    "the test compares all columns of both tables by their names, and one of them "
                    "renames some");
}

/* ---- tests of the project ---- */

/* A name in its own query that is a column of one of the tables, and changes; NULL where there is none. */
static const char *
implied_name(const Test *test, GHashTable *words)
{
    GHashTableIter iter;
    void *word;
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &word, NULL)) {
        SqlPart part = {.text = word};
        if (name_after(test->mine, &part) != part.text ||
            name_after(test->theirs, &part) != part.text)
            return word;
    }
    return NULL;
}

/* What `test_name` of the project names by itself, it names of every table that it is said of. */
static void
check_own_names(const Test *test)
{
    const Macros *macros = test->work->options->macros;
    const YamlNode *key = test->name;
    if (key->kind != YAML_SCALAR)
        return;
    g_autofree char *macro = g_strconcat("test_", key->text, NULL);
    if (!macros_has(macros, macro) || site_covers(test->work, key->begin, key->end))
        return;
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL),
                          words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    macros_add_words(macros, macro, asked, words);
    const char *name = implied_name(test, words);
    if (name != NULL)
        site_refuse(test->work, SITE_COLUMN, key->begin, key->end, "in-template", NULL,
                    "the test '%s' names '%s' by itself, which is a column that changes here",
                    key->text, name);
}

/* `where` is always said of the tested table. */
static bool
is_unclear(const Test *test, const char *key, const YamlNode *node)
{
    return test->is_unsure && argument_of(key) == NULL && g_strcmp0(key, "where") != 0 &&
           ((test->mine != NULL && yaml_names_change(test->mine, node->text)) ||
            (test->theirs != NULL && yaml_names_change(test->theirs, node->text)));
}

/* `fail_calc: count(distinct id)`, over the rows that the test gives. */
static bool
is_counted(const Test *test, const char *key, const YamlNode *node)
{
    return g_strcmp0(key, "fail_calc") == 0 && node->kind == YAML_SCALAR && test->mine != NULL &&
           yaml_names_change(test->mine, node->text);
}

/* ref('x') or source('a', 'b'), with or without braces. */
static bool
is_call(const YamlNode *node)
{
    if (node->kind != YAML_SCALAR)
        return false;
    const char *text = node->text + strspn(node->text, "{ ");
    return g_str_has_prefix(text, "ref(") || g_str_has_prefix(text, "source(");
}

/* ---- arguments ---- */

static void visit_map(const Test *outer, const YamlNode *map);

static void
visit_argument(const Test *test, const char *key, const YamlNode *node)
{
    Role role = role_of(test, key);
    if (is_counted(test, key, node))
        yaml_refuse(test->work, node, "ambiguous", NULL,
                    "this counts what the test finds, and whose column it names only the test's "
                    "own text tells");
    if (role == ROLE_OTHER || role == ROLE_CALL)
        return;
    if (node->kind == YAML_MAP) {
        visit_map(test, node);
    } else if (role == ROLE_VALUES) {
        if (test->change != NULL && test->change->kind == CHANGE_VALUES)
            map_values(test->work, node, test->change);
    } else if (node->kind == YAML_LIST) {
        for (size_t i = 0; i < node->count; i++)
            visit_argument(test, key, node->items[i]);
    } else if (role == ROLE_SHARED) {
        visit_shared(test, node);
    } else if (is_unclear(test, key, node)) {
        yaml_refuse(test->work, node, "ambiguous", NULL,
                    "the test reads two tables, and whose column this is only its own text tells");
    } else {
        yaml_rename_list(test->work, node, role == ROLE_THEIRS ? test->theirs : test->mine);
    }
}

static void
visit_map(const Test *outer, const YamlNode *map)
{
    Test test = *outer;
    test.map = map;
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        const Argument *argument = argument_of(key->text);
        bool is_other = argument == NULL && is_call(value);
        if (!is_other && (argument == NULL || argument->role != ROLE_CALL))
            continue;
        const Rename *found = yaml_follow_call(test.work, value, true);
        test.is_unsure |= is_other;
        test.has_theirs = true;
        test.theirs = found != NULL ? found : test.theirs;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (map->items[2 * i + 1]->kind == YAML_MAP)
            check_equality(&test, map->items[2 * i], map->items[2 * i + 1]);
        visit_argument(&test, map->items[2 * i]->text, map->items[2 * i + 1]);
    }
    check_own_names(&test);
}

/* `- unique`, `- unique: { … }`, `- test_name: unique` */
static void
visit_test(const Test *test, const YamlNode *node)
{
    Test one = *test;
    const YamlNode *said = node->kind == YAML_MAP ? yaml_get(node, "test_name") : NULL;
    one.name = said != NULL                                ? said
               : node->kind == YAML_MAP && node->count > 0 ? node->items[0]
                                                           : node;
    if (node->kind == YAML_MAP)
        visit_map(&one, node);
    else
        check_own_names(&one);
}

void
yaml_visit_tests(Work *work, const YamlNode *owner, const Rename *mine, const ColumnChange *change)
{
    static const char *const keys[] = {"tests", "data_tests"};
    Test test = {.work = work, .mine = mine, .change = change};
    for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
        const YamlNode *list = yaml_get(owner, keys[k]);
        for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
            visit_test(&test, list->items[i]);
    }
}
