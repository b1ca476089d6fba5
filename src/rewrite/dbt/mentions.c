/*
 * mentions.c - the dataset's name in templates that are not understood: a person looks at it.
 *
 * A text between {{ and }} names a table where it is its name, or where SQL may stand in it: 'ADA / USD' is no table `ada`.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/handed.h"
#include "rewrite/dbt/listed.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/dbt/sources.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include "base/text.h"

#include <string.h>

static bool
is_text(const char *text, uint32_t begin, uint32_t end, const char *word)
{
    return end - begin == strlen(word) && memcmp(text + begin, word, end - begin) == 0;
}

/* A half of a pair that was read. */
static bool
is_understood(const Work *work, size_t begin)
{
    return set_has(work->understood, GSIZE_TO_POINTER(begin + 1));
}

/* ---- models ---- */

/* `insert into log select id from {{ ref('x') }}`, as the text of a hook. */
static bool
reads_within(const Work *work, const JinjaArgument *literal, const char *name, size_t *ret_at)
{
    const char *text = work->text + literal->begin;
    size_t bytes = literal->end - literal->begin, at = 0;
    if (memmem(text, bytes, "ref(", 4) == NULL || !find_word(text, bytes, name, &at))
        return false;
    *ret_at = literal->begin + at;
    return true;
}

/* Whose text may be called like a model for any reason; but not the default of a variable, which ref() may get. */
static bool
is_about_else(const Work *work, const JinjaArgument *argument)
{
    static const char *const callees[] = {"config", "var", "env_var"};
    for (size_t i = 0; i < G_N_ELEMENTS(callees); i++)
        if (is_text(work->text, argument->callee, argument->callee_end, callees[i]))
            return i == 0 || (argument->place == 0 && argument->keyword_end == 0);
    return false;
}

/* config(description='…', meta={…}): text for people. */
static bool
is_prose(const Work *work, const JinjaArgument *argument)
{
    static const char *const keys[] = {"description", "meta", "docs"};
    if (argument->kind != JINJA_LITERAL ||
        !is_text(work->text, argument->callee, argument->callee_end, "config"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (is_text(work->text, argument->keyword, argument->keyword_end, keys[i]))
            return memchr(work->text + argument->begin, ' ', argument->end - argument->begin) !=
                   NULL;
    return false;
}

/* string_agg('x', ', '), generate_surrogate_key(['x']): a column, or an expression, which such a macro gets. */
static bool
is_column_of_package(const Work *work, const JinjaArgument *argument)
{
    g_autofree char *callee = g_strndup(work->text + argument->callee,
                                        argument->callee_end - argument->callee),
                    *keyword = argument->keyword_end > 0
                                   ? g_strndup(work->text + argument->keyword,
                                               argument->keyword_end - argument->keyword)
                                   : NULL;
    return callee[0] != '\0' && macros_read_no_table(work->options->macros, callee) &&
           package_macro_role(text_last_part(callee), argument->place, keyword) ==
               PACKAGE_TAKES_COLUMN;
}

/* A model's name as a text of a macro, which may make a ref() of it, or within a text that is run. */
static bool
find_model(Work *work, const Token *token, size_t *ret_at, size_t *ret_bytes)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint a = 0; a < found->len; a++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, a);
        if (is_understood(work, one->begin) || is_prose(work, one) ||
            is_column_of_package(work, one))
            continue;
        for (guint i = 0; one->kind == JINJA_LITERAL && i < work->renames->list->len; i++) {
            const Rename *rename = g_ptr_array_index(work->renames->list, i);
            const char *name =
                rename->dbt != NULL && rename->dbt->doubt == NULL ? rename->dbt->from.name : "";
            *ret_bytes = strlen(name);
            *ret_at = one->begin;
            if (*ret_bytes == 0)
                continue;
            if (*ret_bytes == one->end - one->begin && !is_about_else(work, one) &&
                memcmp(work->text + one->begin, name, *ret_bytes) == 0)
                return true;
            if (reads_within(work, one, name, ret_at))
                return true;
        }
    }
    return false;
}

/* The call that has the name there; caller frees. */
static DbtCall *
call_at(const Work *work, const Token *token, size_t at)
{
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
    for (guint i = 0; i < calls->len; i++) {
        const DbtCall *call = g_ptr_array_index(calls, i);
        for (guint n = 0; call->is_understood && n < call->count; n++)
            if (at >= call->begin[n] && at < call->end[n])
                return g_ptr_array_steal_index(calls, i);
    }
    return NULL;
}

/* The same within a text that is run, as a hook is: {{ config(post_hook="delete from {{ source('other', 'x') }}") }}. */
static bool
is_call_in_text(Work *work, const JinjaArgument *literal, size_t at)
{
    bool is_other = false;
    Token inner = {0};
    for (size_t from = literal->begin;
         literal->kind == JINJA_LITERAL && at >= from &&
         dbt_next_template(work->text, &from, literal->end, &inner);) {
        const DbtDoubt *doubt = NULL;
        DbtCall *call = at < inner.end ? call_at(work, &inner, at) : NULL;
        if (call == NULL)
            continue;
        is_other = dbt_find(work, call, &doubt) == NULL && (doubt == NULL || doubt->code == NULL);
        dbt_call_clear(call);
        g_free(call);
    }
    return is_other;
}

/* ref('x') of another model, source('other', 'x'): understood, and not meant. */
static bool
is_other_call(Work *work, const Token *token, size_t at)
{
    DbtCall *call = call_at(work, token, at);
    if (call != NULL) {
        dbt_call_clear(call);
        g_free(call);
        return true;
    }
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++)
        if (is_call_in_text(work, &g_array_index(found, JinjaArgument, i), at))
            return true;
    return false;
}

/* ---- tables ---- */

/* Is a model, whose settings say this schema (NULL: none), surely not where the dataset is? A model that is the dataset is known
 * by its file, and a source is hardly made under its own name by the project that reads it. */
static bool
is_put_elsewhere(const Rename *rename, const Spelling *spelling, const char *schema)
{
    guint length = g_strv_length(spelling->source);
    bool is_of_dbt = rename->dbt != NULL && rename->dbt->doubt == NULL;
    if (is_of_dbt && (!rename->dbt->is_source || schema == NULL))
        return true;
    if (schema == NULL || length < 2)
        return false;
    g_autofree char *of = g_ascii_strdown(spelling->source[length - 2], -1),
                    *small = g_ascii_strdown(schema, -1);
    return !g_str_has_suffix(of, small); /* dbt may put more before it */
}

/* What a model calls its own table: not the dataset of that name. */
static bool
is_other_alias(const Work *work, const char *name)
{
    g_autofree char *schema = NULL;
    if (!dbt_config_text(work->text, work->bytes, "schema", &schema))
        return false;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (g_ascii_strcasecmp(spelling->last, name) == 0 &&
                !is_put_elsewhere(rename, spelling, schema))
                return false;
        }
    }
    return true;
}

/* config(key='…'), or config({'key': '…'}) */
static bool
is_under(const Work *work, const JinjaArgument *literal, const char *key)
{
    const char *text = work->text;
    size_t bytes = strlen(key), at = literal->begin - 1;
    if (literal->keyword_end > 0)
        return is_text(text, literal->keyword, literal->keyword_end, key);
    while (at > 0 && g_ascii_isspace(text[at - 1]))
        at--;
    if (at == 0 || text[--at] != ':')
        return false;
    while (at > 0 && g_ascii_isspace(text[at - 1]))
        at--;
    return at > bytes + 2 && strchr("'\"", text[at - 1]) != NULL &&
           text[at - bytes - 2] == text[at - 1] && memcmp(text + at - 1 - bytes, key, bytes) == 0;
}

/* Settings of a model that name no table, or another one. */
static bool
is_setting(const Work *work, const JinjaArgument *argument, const char *name)
{
    static const char *const keys[] = {"tags",         "schema",   "database", "group",
                                       "materialized", "strategy", "language", "file_format",
                                       "grants",       "labels",   "access"};
    if (!is_text(work->text, argument->callee, argument->callee_end, "config"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (is_under(work, argument, keys[i]))
            return true;
    g_autofree char *key =
        g_strndup(work->text + argument->keyword, argument->keyword_end - argument->keyword);
    if (dbt_setting_names_columns(key))
        return true;
    return is_under(work, argument, "alias") && is_other_alias(work, name);
}

/* The name stands in this text, and is no table there. */
static bool
is_other_text(const Work *work, const JinjaArgument *literal, size_t at, const char *name)
{
    size_t bytes = literal->end - literal->begin;
    if (literal->kind != JINJA_LITERAL || at < literal->begin || at >= literal->end)
        return false;
    return is_prose(work, literal) ? true
           : bytes == strlen(name)
               ? is_setting(work, literal, name) || is_column_of_package(work, literal)
               : is_among_words(work->text + literal->begin, bytes, name, false);
}

/* By its alias, or as the table of WITH that it is. */
static bool
is_called(const Work *work, const SqlSource *source, const char *name)
{
    const char *own = source->alias != NULL ? source->alias->text
                      : source->common != NULL && source->path.count == 1
                          ? source->path.parts[0].text
                          : NULL;
    return own != NULL && sql_same_column(work->sql->dialect, own, '\0', name);
}

/* f('u.id'), where u is what a table is called in the text: the qualifier of a column, which is looked at as one. */
static bool
is_qualifier(const Work *work, size_t at, const char *name)
{
    size_t end = at + strlen(name);
    if (end >= work->bytes || work->text[end] != '.' || strchr("'\" (", work->text[at - 1]) == NULL)
        return false;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (is_called(work, source, name))
                return true;
        }
    }
    return false;
}

/* {% macro f(users) %}, {% set users = … %}, {% for users in … %} */
static bool
is_bound_by(const Work *work, const Token *tag, const char *name)
{
    static const char *const heads[] = {"macro", "test", "materialization", "set", "for"};
    const char *text = work->text;
    g_autoptr(GArray) words = jinja_words(text, tag);
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        guint first = i < 3 ? 3 : 1, last = i < 3 ? words->len : MIN(words->len, i == 3 ? 2 : 4);
        for (guint w = first; jinja_is(text, words, 0, heads[i]) && w < last; w++)
            if (jinja_is(text, words, w, name))
                return true;
    }
    return false;
}

/* A variable of the template that is called like a table. */
static bool
is_variable_name(const Work *work, const Token *token, size_t at, const char *name)
{
    const TokenList *list = work->sql->list;
    g_autoptr(GArray) words = jinja_words(work->text, token);
    bool is_name = false;
    for (guint i = 0; i < words->len; i++)
        is_name |= jinja_word(words, i)->kind == JINJA_NAME && jinja_word(words, i)->begin == at;
    for (guint i = 0; is_name && i < list->tokens->len; i++)
        if (tokens_at(list, i)->kind == TOKEN_TAG && is_bound_by(work, tokens_at(list, i), name))
            return true;
    return false;
}

/* {% macro users() %}, {{ users() }}: a macro of the project that is called like a table, which is followed as others are. */
static bool
is_macro_name(const Work *work, const Token *token, size_t at, const char *name)
{
    g_autoptr(GArray) words = jinja_words(work->text, token);
    for (guint i = 0; i + 1 < words->len; i++)
        if (jinja_word(words, i)->begin == at)
            return jinja_word(words, i)->kind == JINJA_NAME &&
                   jinja_is(work->text, words, i + 1, "(") &&
                   jinja_is(work->text, words, i, name) && macros_has(work->options->macros, name);
    return false;
}

/* var('users'), which dbt_project.yml has a value for: that is looked at (var_uses.c), whatever it is called. */
static bool
is_project_variable(const Work *work, const JinjaArgument *argument, size_t at)
{
    g_autofree char *name =
        g_strndup(work->text + argument->begin, argument->end - argument->begin);
    return argument->kind == JINJA_LITERAL && argument->begin == at && argument->place == 0 &&
           is_text(work->text, argument->callee, argument->callee_end, "var") &&
           dbt_var(work->options->settings, name) != NULL;
}

static bool
is_no_table(Work *work, const Token *token, size_t at, const char *name)
{
    if (is_other_call(work, token, at) || is_qualifier(work, at, name) || is_understood(work, at) ||
        is_variable_name(work, token, at, name) || is_macro_name(work, token, at, name))
        return true;
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        if (is_other_text(work, one, at, name) || is_project_variable(work, one, at))
            return true;
    }
    return false;
}

/* The first place that may mean a table of this name. */
static bool
find_name(Work *work, const Token *token, const char *name, size_t *ret_at)
{
    size_t bytes = strlen(name), at = 0;
    for (size_t from = token->begin; find_word(work->text + from, token->end - from, name, &at);
         from = *ret_at + bytes) {
        *ret_at = from + at;
        if (!site_covers(work, *ret_at, *ret_at + bytes) &&
            !is_no_table(work, token, *ret_at, name))
            return true;
    }
    return false;
}

static bool
find_table(Work *work, const Token *token, size_t *ret_at, size_t *ret_bytes)
{
    if (!renames_mentioned(work->renames, work->text + token->begin, token->end - token->begin))
        return false;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const char *name = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last;
            *ret_bytes = strlen(name);
            if (find_name(work, token, name, ret_at))
                return true;
        }
    }
    return false;
}

/* ---- tables of WITH ---- */

static bool
is_common(const Work *work, const char *name)
{
    SqlPart part = {.text = (char *) name};
    for (guint i = 0; i < work->sql->queries->len; i++) {
        const SqlQuery *query = g_ptr_array_index(work->sql->queries, i);
        if (query->common != NULL && sql_same_table(work->sql->dialect, query->common->name.text,
                                                    query->common->name.quote, part.text))
            return true;
    }
    return false;
}

/* f('users'), where the macro of the project puts its argument into the SQL, and there is a table of WITH of that name. */
static void
settle_commons(Work *work, const Token *token)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        g_autofree char *name = g_strndup(work->text + one->begin, one->end - one->begin),
                        *callee =
                            g_strndup(work->text + one->callee, one->callee_end - one->callee),
                        *keyword = one->keyword_end > 0 ? g_strndup(work->text + one->keyword,
                                                                    one->keyword_end - one->keyword)
                                                        : NULL;
        if (one->kind != JINJA_LITERAL || one->is_mixed || is_understood(work, one->begin) ||
            !renames_mentioned(work->renames, name, strlen(name)) || !is_common(work, name) ||
            !macros_only_put(work->options->macros, callee, one->place, keyword))
            continue;
        set_add(&work->understood, GSIZE_TO_POINTER((gsize) one->begin + 1));
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, one->begin, one->end);
        site->reason = "this is the WITH table of that name, which the macro reads";
    }
}

static void
visit_template(Work *work, const Token *token)
{
    size_t at = 0, bytes = 0;
    if (dbt_is_quoted_column(work, token))
        return;
    settle_commons(work, token);
    dbt_handed(work, token);
    if (!find_table(work, token, &at, &bytes) &&
        (!find_model(work, token, &at, &bytes) || site_covers(work, at, at + bytes) ||
         is_other_call(work, token, at)))
        return;
    site_refuse(work, SITE_MENTION, at, at + bytes, "in-template", NULL,
                "the name stands in a template that is not understood");
}

void
dbt_mentions(Work *work)
{
    const TokenList *list = work->sql->list;
    dbt_listed(work);
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (work->sql->live->data[i] && (token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG))
            visit_template(work, token);
    }
}
