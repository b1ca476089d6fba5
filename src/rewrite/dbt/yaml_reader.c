/* yaml_reader.c - what in dbt's YAML reads models: exposures, semantic models, metrics, unit tests. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

/* ---- exposures ---- */

/* Who reads a model outside of the project reads its columns by their names: it keeps them. */
void
yaml_exposure(Work *work, const YamlNode *exposure)
{
    const YamlNode *list = yaml_get(exposure, "depends_on");
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *call = list->items[i];
        const Rename *rename = yaml_follow_call(work, call, true);
        if (rename == NULL || !rename->is_derived || !rename_changes_columns(rename))
            continue;
        Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, call->begin, call->end);
        site->reason = "what is outside of the project reads this model, which keeps the names of "
                       "its columns for it";
        site->keeps = keep(work, rename->key);
    }
}

/* ---- semantic models ---- */

/* A name without `expr` is the column's: it stays, and the column is said behind it. */
static void
visit_element(Work *work, const YamlNode *element, const Rename *rename)
{
    const YamlNode *name = yaml_get(element, "name"), *expr = yaml_get(element, "expr");
    if (expr != NULL && expr->kind == YAML_SCALAR) {
        yaml_rename_words(work, expr, rename);
        return;
    }
    SqlPart part = {.text = name != NULL && name->kind == YAML_SCALAR ? (char *) name->text : ""};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    if (change == NULL || change->kind == CHANGE_NONE)
        return;
    size_t line = name->begin;
    while (line > 0 && work->text[line - 1] != '\n')
        line--;
    const YamlNode *key = yaml_get_key(element, "name");
    bool is_block = strspn(work->text + line, " -") >= key->begin - line;
    bool is_flow = work->text[element->begin] == '{';
    if (change->kind != CHANGE_NAME || (!is_block && !is_flow)) {
        yaml_refuse(work, name, "derived", change->link,
                    "the column is not just renamed: say its `expr`");
        return;
    }
    g_autofree char *written =
        is_flow ? g_strdup_printf(", expr: %s", change->to)
                : g_strdup_printf("\n%*sexpr: %s", (int) (key->begin - line), "", change->to);
    Site *site = site_add(work, SITE_COLUMN, DISPOSITION_REWRITTEN, name->begin, name->end);
    site->after = keep(work, name->text);
    edit_add(work, name->end, name->end, written);
}

static void
visit_elements(Work *work, const YamlNode *list, const Rename *rename, const char *needs)
{
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *one = list->items[i];
        if (one->kind == YAML_MAP && (needs == NULL || yaml_get(one, needs) != NULL))
            visit_element(work, one, rename);
    }
}

void
yaml_semantic_model(Work *work, const YamlNode *model)
{
    static const char *const lists[] = {"entities", "dimensions", "measures"};
    const Rename *rename = yaml_follow_call(work, yaml_get(model, "model"), true);
    for (size_t l = 0; rename != NULL && l < G_N_ELEMENTS(lists); l++)
        visit_elements(work, yaml_get(model, lists[l]), rename, NULL);
}

void
yaml_model_semantics(Work *work, const YamlNode *model, const Rename *rename)
{
    const YamlNode *derived = yaml_get(model, "derived_semantics");
    bool has_derived = derived != NULL && derived->kind == YAML_MAP;
    visit_elements(work, yaml_get(model, "metrics"), rename, "agg");
    visit_elements(work, has_derived ? yaml_get(derived, "dimensions") : NULL, rename, NULL);
    visit_elements(work, has_derived ? yaml_get(derived, "entities") : NULL, rename, NULL);
}

/* ---- metrics, as they were before there were semantic models ---- */

void
yaml_metric(Work *work, const YamlNode *metric)
{
    static const char *const texts[] = {"expression", "sql", "timestamp", "dimensions"};
    const YamlNode *filters = yaml_get(metric, "filters");
    const Rename *rename = yaml_follow_call(work, yaml_get(metric, "model"), true);
    if (rename == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        yaml_rename_list(work, yaml_get(metric, texts[i]), rename);
    for (size_t i = 0; filters != NULL && filters->kind == YAML_LIST && i < filters->count; i++)
        if (filters->items[i]->kind == YAML_MAP)
            yaml_rename_list(work, yaml_get(filters->items[i], "field"), rename);
}

/* ---- unit tests ---- */

/* A name in the first line of CSV: [begin, end) of the text. */
static void
visit_field(Work *work, size_t begin, size_t end, const Rename *rename)
{
    while (begin < end && strchr(" \"", work->text[begin]) != NULL)
        begin++;
    while (begin < end && strchr(" \"", work->text[end - 1]) != NULL)
        end--;
    g_autofree char *name = g_strndup(work->text + begin, end - begin);
    SqlPart part = {.text = name};
    YamlNode field = {.begin = begin, .end = end};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    if (change == NULL || change->kind == CHANGE_NONE)
        return;
    if (change->kind != CHANGE_NAME)
        yaml_refuse(work, &field, "derived", change->link,
                    "a column of which the mapping does not just change the name is used here");
    else if (strpbrk(change->to, ",\"\r\n") != NULL)
        yaml_refuse(work, &field, "language", change->link,
                    "the new name cannot stand between the commas of these rows");
    else
        site_edit(work, SITE_COLUMN, begin, end, change->to);
}

/* `format: csv` with its rows in a block that keeps its lines: the first one names the columns. */
static bool
visit_csv(Work *work, const YamlNode *holder, const YamlNode *rows, const Rename *rename)
{
    const char *text = work->text;
    if (g_strcmp0(yaml_get_text(holder, "format"), "csv") != 0 || text[rows->begin] != '|')
        return false;
    size_t at = rows->begin + strcspn(text + rows->begin, "\n");
    at += strspn(text + at, " \r\n");
    size_t last = MIN(at + strcspn(text + at, "\r\n"), rows->end);
    for (size_t end; at < last; at = end + 1) {
        end = MIN(at + strcspn(text + at, ",\r\n"), last);
        visit_field(work, at, end, rename);
    }
    return true;
}

/* Rows of an input or of what is expected: their keys are columns. */
static void
visit_rows(Work *work, const YamlNode *holder, const Rename *rename)
{
    const YamlNode *rows = yaml_get(holder, "rows"), *file = yaml_get(holder, "fixture");
    if (file == NULL && rows != NULL && rows->kind == YAML_SCALAR &&
        visit_csv(work, holder, rows, rename))
        return;
    if (file == NULL && rows != NULL && rows->kind == YAML_SCALAR &&
        g_strcmp0(yaml_get_text(holder, "format"), "sql") == 0) {
        yaml_rewrite_rows(work, rows, rename);
        return;
    }
    const YamlNode *other = file != NULL                              ? file
                            : rows != NULL && rows->kind != YAML_LIST ? rows
                                                                      : NULL;
    bool is_followed = file != NULL && file->kind == YAML_SCALAR && file->text != NULL &&
                       dbt_fixture_follows(work, file->text);
    if (other != NULL && !is_followed && rename_changes_columns(rename))
        yaml_refuse(work, other, "language", NULL,
                    "rows that are given in a file of their own, or in a way that is not known");
    for (size_t i = 0; rows != NULL && rows->kind == YAML_LIST && i < rows->count; i++)
        for (size_t c = 0; rows->items[i]->kind == YAML_MAP && c < rows->items[i]->count; c++)
            yaml_rename_words(work, rows->items[i]->items[2 * c], rename);
}

static const Rename *
tested_model(Work *work, const YamlNode *test)
{
    const char *name = yaml_get_text(test, "model");
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && !rename->dbt->is_source &&
            strcmp(rename->dbt->from.name, name) == 0 && strcmp(rename->dbt->to.name, name) == 0)
            return rename;
    }
    return NULL;
}

static void
visit_given(Work *work, const YamlNode *given, const Rename *tested)
{
    const YamlNode *input = yaml_get(given, "input");
    const Rename *rename = g_strcmp0(yaml_get_text(given, "input"), "this") == 0
                               ? tested
                               : yaml_follow_call(work, input, true);
    if (rename != NULL)
        visit_rows(work, given, rename);
}

void
yaml_unit_test(Work *work, const YamlNode *test)
{
    const YamlNode *given = yaml_get(test, "given"), *expect = yaml_get(test, "expect");
    const YamlNode *model = yaml_get(test, "model");
    const Rename *tested = tested_model(work, test),
                 *moved = model != NULL ? dbt_moved(work, model->text, NULL) : NULL;
    if (moved != NULL && dbt_is_renamed(work->renames, work->options, moved)) {
        yaml_rename(work, model, SITE_TABLE, moved->dbt->to.name);
        tested = moved;
    }
    for (size_t i = 0; given != NULL && given->kind == YAML_LIST && i < given->count; i++)
        if (given->items[i]->kind == YAML_MAP)
            visit_given(work, given->items[i], tested);
    if (tested != NULL && expect != NULL && expect->kind == YAML_MAP)
        visit_rows(work, expect, tested);
}
