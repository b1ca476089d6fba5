/*
 * var_uses.c - {{ var('x') }} in SQL: what the project says for it may name the dataset, or columns that change.
 *
 * A value is renamed where it is one call, `{{ ref('users') }}`, and who reads it is followed (var_tables.c). Any other stays,
 * because others may read it, too: a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/sources.h"
#include "rewrite/dbt/yaml.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

/* ---- uses ---- */

static bool
is_use(const char *text, const JinjaArgument *argument)
{
    return argument->kind == JINJA_LITERAL && argument->place == 0 && argument->keyword_end == 0 &&
           argument->callee_end - argument->callee == 3 &&
           memcmp(text + argument->callee, "var", 3) == 0;
}

/* A condition puts nothing into the text. */
static bool
is_put_in(const char *text, const Token *token)
{
    size_t at = token->begin + 2;
    at += strspn(text + at, "-+ \t\n");
    return token->kind == TOKEN_TEMPLATE || strncmp(text + at, "for ", 4) == 0 ||
           strncmp(text + at, "set ", 4) == 0;
}

static const YamlNode *
value_of(const YamlNode *settings, const char *text, const JinjaArgument *use)
{
    g_autofree char *name = g_strndup(text + use->begin, use->end - use->begin);
    return dbt_var(settings, name);
}

/* ---- what a value names ---- */

typedef bool WordFn(const char *word, const void *data);

static bool
has_word(const char *text, WordFn *is_it, const void *data)
{
    for (size_t at = 0; text[at] != '\0';) {
        size_t from = at;
        while (is_identifier_byte(text[at]))
            at++;
        g_autofree char *word = g_strndup(text + from, at - from);
        if (at > from && is_it(word, data))
            return true;
        at += at == from; /* what is in no word */
    }
    return false;
}

typedef bool TextFn(const char *text, const void *data);

/* In the scalar, or anywhere in the list or map. */
static bool
value_has(const YamlNode *value, TextFn *is_it, const void *data)
{
    if (value->kind == YAML_SCALAR)
        return is_it(value->text, data);
    for (size_t i = 0; i < value->count * (value->kind == YAML_MAP ? 2 : 1); i++)
        if (value_has(value->items[i], is_it, data))
            return true;
    return false;
}

static bool
is_named(const Renames *renames, const char *word, bool has_changes)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (has_changes && !rename_changes_columns(rename))
            continue;
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (g_ascii_strcasecmp(spelling->last, word) == 0)
                return true;
        }
    }
    return false;
}

static bool
is_table(const char *word, const void *data)
{
    return is_named(data, word, false);
}

static bool
is_table_of_changes(const char *word, const void *data)
{
    return is_named(data, word, true);
}

/* Of the mapping: those that are made of it are followed, and found, elsewhere. */
static bool
is_model(const char *word, const void *data)
{
    const Renames *renames = data;
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->dbt != NULL && !rename->is_derived && strcmp(rename->dbt->from.name, word) == 0)
            return true;
    }
    return false;
}

static bool
calls_model(const char *text, const void *data)
{
    return (strstr(text, "source(") != NULL || strstr(text, "ref(") != NULL) &&
           has_word(text, is_model, data);
}

static bool
names_table(const char *text, const void *data)
{
    return has_word(text, is_table, data) || calls_model(text, data);
}

static bool
is_column(const char *word, const void *data)
{
    const Work *work = data;
    SqlPart part = {.text = (char *) word};
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const ArenaList *sources =
            ((const SqlBlock *) g_ptr_array_index(work->sql->blocks, b))->sources;
        for (guint i = 0; i < sources->len; i++) {
            const Rename *rename = source_rename(g_ptr_array_index(sources, i));
            const ColumnChange *change =
                rename != NULL ? rename_column(rename, work->dialect, &part) : NULL;
            if (change != NULL && change->kind != CHANGE_NONE)
                return true;
        }
    }
    return false;
}

static bool
names_column(const char *text, const void *data)
{
    return has_word(text, is_column, data);
}

/* ---- the whole ---- */

/* It is a table of which no column changes: its name is changed where the project says it. */
static bool
only_moves(Work *work, const YamlNode *value)
{
    Token whole = {.kind = TOKEN_TEMPLATE,
                   .end = value->kind == YAML_SCALAR ? (uint32_t) strlen(value->text) : 0};
    DbtCall *call = whole.end >= 4 ? dbt_call_alone(value->text, &whole) : NULL;
    const DbtDoubt *doubt = NULL;
    const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
    return rename != NULL && !rename_changes_columns(rename);
}

static void
visit_use(Work *work, const JinjaArgument *use, bool is_quoted)
{
    const YamlNode *value = value_of(work->options->settings, work->text, use);
    if (value == NULL || site_covers(work, use->begin, use->end) ||
        (!is_quoted && only_moves(work, value)))
        return;
    if (value_has(value, names_table, work->renames))
        site_refuse(
            work, SITE_TABLE, use->begin, use->end, "in-template", NULL,
            "dbt_project.yml says that this variable is, or names, the dataset: change both");
    else if (value_has(value, names_column, work))
        site_refuse(work, SITE_COLUMN, use->begin, use->end, "in-template", NULL,
                    "dbt_project.yml says for this variable what may name columns that change: "
                    "change both");
}

/* It is a table, which was read as such. */
static bool
is_read(const Work *work, const Token *template)
{
    return set_has(work->understood, GSIZE_TO_POINTER(template->begin + 1)) &&
           dbt_var_table(work->options->settings, work->text, template) != NULL;
}

static void
visit_template(Work *work, const Token *template, bool is_quoted)
{
    if (is_read(work, template))
        return;
    g_autoptr(GArray) found = jinja_arguments(work->text, template);
    for (guint a = 0; a < found->len; a++)
        if (is_use(work->text, &g_array_index(found, JinjaArgument, a)))
            visit_use(work, &g_array_index(found, JinjaArgument, a), is_quoted);
}

/* `{{ var('x') }}` in the quotes of a name. */
static void
visit_quoted(Work *work, const Token *token)
{
    Token template;
    size_t at = token->begin;
    while (dbt_next_template(work->text, &at, token->end, &template))
        visit_template(work, &template, true);
}

void
dbt_var_uses(Work *work)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; work->options->settings != NULL && i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (!work->sql->live->data[i])
            continue;
        if (token->kind == TOKEN_QUOTED)
            visit_quoted(work, token);
        else if ((token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG) &&
                 is_put_in(work->text, token))
            visit_template(work, token, false);
    }
}

/* ---- the project's file ---- */

typedef struct {
    Work *work;
    const YamlNode *settings;
} Vars;

/* Only SQL of the project asks for it, where it is followed. */
static bool
is_followed(const Vars *vars, const char *name, const YamlNode *value)
{
    const GHashTable *names = vars->work->options->vars;
    return name != NULL && names != NULL && g_hash_table_contains((GHashTable *) names, name) &&
           dbt_var(vars->settings, name) == value;
}

/* `users: "{{ ref('users') }}"`: false where who reads it may not be known, and columns change. */
static bool
rename_table(const Vars *vars, const char *name, const YamlNode *value)
{
    Work *work = vars->work;
    const Rename *rename = yaml_follow_call(work, value, false);
    if (rename == NULL || (rename_changes_columns(rename) && !is_followed(vars, name, value)))
        return false;
    sites_drop(work, value->begin, value->end);
    yaml_follow_call(work, value, true);
    return true;
}

/* `other: "{{ source('other', 'users') }}"`: it is known to be another table. */
static bool
calls_other(Work *work, const YamlNode *value)
{
    const Token template = {.kind = TOKEN_TEMPLATE, .end = (uint32_t) strlen(value->text)};
    const DbtDoubt *doubt = NULL;
    bool has_braces = g_str_has_prefix(value->text, "{{") && g_str_has_suffix(value->text, "}}");
    DbtCall *call = has_braces && template.end >= 4 ? dbt_call_alone(value->text, &template) : NULL;
    bool is_other = call != NULL && dbt_find(work, call, &doubt) == NULL &&
                    (doubt == NULL || doubt->code == NULL);
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
    if (!is_other)
        return false;
    sites_drop(work, value->begin, value->end);
    site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, value->begin, value->end)->reason =
        "this variable is another source or model";
    return true;
}

/* `[stg_users, stg_orders]`: one that is made of the dataset, for a ref() that is not followed. */
static bool
is_followed_model(const YamlNode *node, const Renames *renames)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->is_derived && rename->dbt != NULL && rename_changes_columns(rename) &&
            strcmp(rename->dbt->from.name, node->text) == 0)
            return true;
    }
    return false;
}

/* Whoever reads the variable would read the new table by the old columns. `name`: of the variable, or NULL within its value. */
static void
visit_value(const Vars *vars, const char *name, const YamlNode *node)
{
    Work *work = vars->work;
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        visit_value(vars, NULL, node->items[i]);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        visit_value(vars, node->items[2 * i]->text, node->items[2 * i + 1]);
    if (node->kind != YAML_SCALAR || rename_table(vars, name, node) || calls_other(work, node) ||
        (!has_word(node->text, is_table_of_changes, work->renames) &&
         !calls_model(node->text, work->renames) && !is_followed_model(node, work->renames)))
        return;
    sites_drop(work, node->begin, node->end);
    site_refuse(work, SITE_TABLE, node->begin, node->end, "in-template", NULL,
                "this variable is, or names, the dataset, whose columns change: who reads it is "
                "not followed, and has to change with it");
}

void
dbt_vars_set(Work *work)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    if (!yaml_parse(work->text, work->bytes, "", diags, &file, NULL) ||
        yaml_document_count(file) == 0)
        return;
    const YamlNode *root = yaml_document(file, 0),
                   *values = root != NULL && root->kind == YAML_MAP ? yaml_get(root, "vars") : NULL;
    const Vars vars = {work, root};
    if (values != NULL)
        visit_value(&vars, NULL, values);
    g_clear_pointer(&work->understood, g_hash_table_unref);
}

bool
dbt_vars_mention(const YamlNode *settings, const Renames *renames, const char *text)
{
    const YamlNode *vars = settings != NULL ? yaml_get(settings, "vars") : NULL;
    return vars != NULL && strstr(text, "var(") != NULL && value_has(vars, names_table, renames);
}
