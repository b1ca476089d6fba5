/*
 * dbt_yaml.c - the YAML files of a dbt project: sources, models, exposures, semantic models, snapshots, unit tests.
 *
 * Nothing but the bytes of names is edited, so comments and order stay. What describes the dataset gets its new names
 * (its table under `sources`, a model of which only columns change); what points at it is followed.
 */
#include "rewrite/dbt_yaml.h"
#include "base/yaml.h"

#include <string.h>

/* ---- scalars ---- */

/* Where its text stands; false when it is written with escapes, or over several lines. */
static bool
place_of(Work *work, const YamlNode *node, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = node->begin, end = node->end, bytes = strlen(node->text);
    if (begin < end && (work->text[begin] == '\'' || work->text[begin] == '"')) {
        begin++;
        end--;
    }
    *ret_begin = begin;
    *ret_end = end;
    return end >= begin && end - begin == bytes &&
           memcmp(work->text + begin, node->text, bytes) == 0;
}

void
yaml_refuse(Work *work, const YamlNode *node, const char *code, const char *link,
            const char *reason)
{
    site_refuse(work, SITE_COLUMN, node->begin, node->end, code, link, "%s", reason);
}

void
yaml_rename(Work *work, const YamlNode *node, SiteKind kind, const char *to)
{
    size_t begin, end;
    if (place_of(work, node, &begin, &end))
        site_edit(work, kind, begin, end, to);
    else
        yaml_refuse(work, node, "language", NULL,
                    "the name is written in a way that is not edited");
}

void
yaml_rename_words(Work *work, const YamlNode *node, const Rename *rename)
{
    size_t begin, end;
    bool is_plain = place_of(work, node, &begin, &end);
    for (size_t at = 0; node->text[at] != '\0';) {
        size_t from = at;
        while (is_identifier_byte(node->text[at]))
            at++;
        if (at == from) {
            at++;
            continue;
        }
        g_autofree char *word = g_strndup(node->text + from, at - from);
        SqlPart part = {.text = word};
        const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
        if (change == NULL || change->kind == CHANGE_NONE)
            continue;
        if (!is_plain || change->kind != CHANGE_NAME || strpbrk(node->text, "'\"") != NULL)
            yaml_refuse(work, node, "derived", change->link,
                        "a column of which the mapping does not just change the name is used here");
        else
            site_edit(work, SITE_COLUMN, begin + from, begin + at, change->to);
    }
}

/* ---- pointing at the dataset ---- */

const Rename *
yaml_follow_call(Work *work, const YamlNode *node, bool is_to_edit)
{
    size_t begin, end;
    bool is_unclear = false;
    if (node == NULL || node->kind != YAML_SCALAR || !place_of(work, node, &begin, &end))
        return NULL;
    bool has_braces = strncmp(node->text, "{{", 2) == 0;
    Token template = {.kind = TOKEN_TEMPLATE,
                      .begin = (uint32_t) (has_braces ? begin : begin - 2),
                      .end = (uint32_t) (has_braces ? end : end + 2)};
    if (!has_braces && begin < 2)
        return NULL;
    DbtCall *call = dbt_call_alone(work->text, &template);
    const Rename *rename = call != NULL ? dbt_find(work->renames, call, &is_unclear) : NULL;
    if (rename != NULL && is_to_edit)
        dbt_edit(work, rename->dbt, call);
    else if (is_unclear && is_to_edit)
        yaml_refuse(
            work, node, "version", NULL,
            "another version of this model is mapped, or none: which one this means depends "
            "on the project");
    if (call != NULL) {
        dbt_call_clear(call);
        g_free(call);
    }
    return rename;
}

/* ---- the parts of a file ---- */

typedef void Visit(Work *work, const YamlNode *entry);

static void
each(Work *work, const YamlNode *list, Visit *visit)
{
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
        if (list->items[i]->kind == YAML_MAP)
            visit(work, list->items[i]);
}

/* A model of which only the columns change. */
static const Rename *
rename_of_model(Work *work, const char *name)
{
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && !rename->dbt->is_source &&
            strcmp(rename->dbt->from.name, name) == 0 && strcmp(rename->dbt->to.name, name) == 0 &&
            g_strcmp0(rename->dbt->from.version, rename->dbt->to.version) == 0)
            return rename;
    }
    return NULL;
}

static void
visit_model(Work *work, const YamlNode *model)
{
    yaml_visit_table(work, model, rename_of_model(work, yaml_get_text(model, "name")));
}

static const Rename *
rename_of_source(Work *work, const char *schema, const char *table)
{
    for (guint i = 0; schema != NULL && table != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && rename->dbt->is_source &&
            strcmp(rename->dbt->from.name, table) == 0 &&
            g_strcmp0(rename->dbt->from.package, schema) == 0)
            return rename;
    }
    return NULL;
}

static bool
declares(const YamlNode *tables, const char *name)
{
    for (size_t i = 0; i < tables->count; i++)
        if (g_strcmp0(yaml_get_text(tables->items[i], "name"), name) == 0)
            return true;
    return false;
}

/* `identifier: users_v1`: the table's own name. */
static void
rename_identifier(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *node = yaml_get(table, "identifier");
    for (guint i = 0; node != NULL && node->kind == YAML_SCALAR && i < rename->spellings->len;
         i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        if (strcmp(node->text, spelling->source[g_strv_length(spelling->source) - 1]) == 0) {
            yaml_rename(work, node, SITE_TABLE,
                        spelling->target[g_strv_length(spelling->target) - 1]);
            return;
        }
    }
}

static void
visit_source_table(Work *work, const YamlNode *tables, const YamlNode *table, const Rename *rename)
{
    const YamlNode *name = yaml_get(table, "name");
    const DbtRename *dbt = rename->dbt;
    bool is_same = strcmp(dbt->from.name, dbt->to.name) == 0;
    if (g_strcmp0(dbt->from.package, dbt->to.package) != 0) {
        site_refuse(work, SITE_TABLE, name->begin, name->end, "makes-source", NULL,
                    "the new table belongs to the source '%s': declare it there", dbt->to.package);
        return;
    }
    if (!is_same && declares(tables, dbt->to.name)) {
        Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, name->begin, name->end);
        site->reason = "the new table is declared beside it";
        return;
    }
    if (!is_same)
        yaml_rename(work, name, SITE_TABLE, dbt->to.name);
    rename_identifier(work, table, rename);
    yaml_visit_table(work, table, rename);
}

static void
visit_source(Work *work, const YamlNode *source)
{
    const YamlNode *tables = yaml_get(source, "tables");
    for (size_t i = 0; tables != NULL && tables->kind == YAML_LIST && i < tables->count; i++) {
        const YamlNode *table = tables->items[i];
        const Rename *rename = table->kind == YAML_MAP
                                   ? rename_of_source(work, yaml_get_text(source, "name"),
                                                      yaml_get_text(table, "name"))
                                   : NULL;
        if (rename != NULL)
            visit_source_table(work, tables, table, rename);
        else if (table->kind == YAML_MAP)
            yaml_visit_table(work, table, NULL);
    }
}

static void
visit_exposure(Work *work, const YamlNode *exposure)
{
    const YamlNode *list = yaml_get(exposure, "depends_on");
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
        yaml_follow_call(work, list->items[i], true);
}

/* A snapshot keeps all columns of what it is taken of, under their names. */
static void
visit_snapshot(Work *work, const YamlNode *snapshot)
{
    const YamlNode *relation = yaml_get(snapshot, "relation");
    const Rename *rename = yaml_follow_call(work, relation, false);
    if (rename != NULL && rename_changes_columns(rename))
        yaml_refuse(work, relation, "star", NULL,
                    "the snapshot keeps all columns under their names, and some are renamed");
    else
        yaml_follow_call(work, relation, true);
    yaml_visit_table(work, snapshot, NULL);
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
    if (change->kind != CHANGE_NAME || !is_block) {
        yaml_refuse(work, name, "derived", change->link,
                    "the column is not just renamed: say its `expr`");
        return;
    }
    g_autofree char *written =
        g_strdup_printf("\n%*sexpr: %s", (int) (key->begin - line), "", change->to);
    Site *site = site_add(work, SITE_COLUMN, DISPOSITION_REWRITTEN, name->begin, name->end);
    site->after = keep(work, name->text);
    edit_add(work, name->end, name->end, written);
}

static void
visit_semantic_model(Work *work, const YamlNode *model)
{
    static const char *const lists[] = {"entities", "dimensions", "measures"};
    const Rename *rename = yaml_follow_call(work, yaml_get(model, "model"), true);
    for (size_t l = 0; rename != NULL && l < G_N_ELEMENTS(lists); l++) {
        const YamlNode *list = yaml_get(model, lists[l]);
        for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
            if (list->items[i]->kind == YAML_MAP)
                visit_element(work, list->items[i], rename);
    }
}

/* ---- unit tests ---- */

static void
rename_keys(Work *work, const YamlNode *row, const Rename *rename)
{
    for (size_t i = 0; row->kind == YAML_MAP && i < row->count; i++)
        yaml_rename_words(work, row->items[2 * i], rename);
}

static void
visit_given(Work *work, const YamlNode *given)
{
    const Rename *rename = yaml_follow_call(work, yaml_get(given, "input"), true);
    const YamlNode *rows = yaml_get(given, "rows");
    if (rename == NULL || rows == NULL)
        return;
    if (rows->kind != YAML_LIST && rename_changes_columns(rename))
        yaml_refuse(work, rows, "language", NULL, "rows that are not given as a list");
    for (size_t i = 0; rows->kind == YAML_LIST && i < rows->count; i++)
        rename_keys(work, rows->items[i], rename);
}

static void
visit_unit_test(Work *work, const YamlNode *test)
{
    each(work, yaml_get(test, "given"), visit_given);
}

/* ---- the file ---- */

static const struct {
    const char *key;
    Visit *visit;
} parts[] = {
    {"sources", visit_source},       {"models", visit_model},
    {"seeds", visit_model},          {"snapshots", visit_snapshot},
    {"exposures", visit_exposure},   {"semantic_models", visit_semantic_model},
    {"unit_tests", visit_unit_test},
};

static const YamlNode *
root_of(const YamlFile *file)
{
    const YamlNode *root = yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    return root != NULL && root->kind == YAML_MAP ? root : NULL;
}

/* A map of nothing but what dbt knows, with at least one list of it. */
static bool
is_dbt(const YamlNode *root)
{
    static const char *const others[] = {"version",  "macros",     "metrics", "groups",
                                         "analyses", "data_tests", "tests",   "saved_queries"};
    bool is_known = false;
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->items[2 * i]->text;
        bool is_other = false;
        for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
            is_known |=
                g_strcmp0(key, parts[p].key) == 0 && root->items[2 * i + 1]->kind == YAML_LIST;
        for (size_t o = 0; o < G_N_ELEMENTS(others); o++)
            is_other |= g_strcmp0(key, others[o]) == 0;
        for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
            is_other |= g_strcmp0(key, parts[p].key) == 0;
        if (!is_other && key != NULL && strncmp(key, "x-", 2) != 0 && key[0] != '.')
            return false;
    }
    return is_known;
}

bool
dbt_yaml(Work *work)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(GError) error = NULL;
    if (!yaml_parse(work->text, work->bytes, "", diags, &file, &error))
        return false;
    const YamlNode *root = root_of(file);
    if (root == NULL || !is_dbt(root))
        return false;
    for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
        each(work, yaml_get(root, parts[p].key), parts[p].visit);
    yaml_check_rest(work, root, "");
    return true;
}
