/*
 * tables.c - templates that stand for a table: a call, a variable that was set to one, or that the project says is one, a macro that
 * consists of one.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

/* ---- macros ---- */

static DbtCall *
call_of_macro(Work *work, const char *name)
{
    const char *table = macros_table(work->options->macros, name);
    if (table == NULL)
        return NULL;
    Token template = {.kind = TOKEN_TEMPLATE, .begin = 0, .end = (uint32_t) strlen(table)};
    return dbt_call_alone(table, &template);
}

static DbtCall *
call_of_var(Work *work, const Token *token)
{
    const char *table = dbt_var_table(work->options->settings, work->text, token);
    if (table == NULL)
        return NULL;
    Token template = {.kind = TOKEN_TEMPLATE, .begin = 0, .end = (uint32_t) strlen(table)};
    return dbt_call_alone(table, &template);
}

/* `name` of {{ name() }}, and nothing else; caller frees. */
static char *
macro_alone(const char *text, const Token *token)
{
    g_autofree char *inner = g_strndup(text + token->begin + 2, token->end - token->begin - 4);
    char *name = g_strstrip(g_strdelimit(inner, "-", ' '));
    size_t bytes = strlen(name);
    if (bytes < 3 || strcmp(name + bytes - 2, "()") != 0)
        return NULL;
    name[bytes - 2] = '\0';
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '.')
            return NULL;
    return g_strdup(name);
}

/* deduplicate(relation=ref('x'), …), deduplicate(u, …) */
static DbtCall *
call_of_rows(Work *work, const Token *token)
{
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
    const DbtCall *first = calls->len == 1 ? g_ptr_array_index(calls, 0) : NULL;
    uint32_t begin, end;
    if (first != NULL && first->is_understood)
        return g_ptr_array_steal_index(calls, 0);
    return calls->len == 0 && dbt_star_variable(work, token, &begin, &end)
               ? dbt_call_of_variable(work, work->text + begin, end - begin)
               : NULL;
}

static bool
is_project_rows(const Work *work, const Token *token)
{
    uint32_t begin, end;
    return macros_give_rows(work->options->macros, work->text, token, &begin, &end);
}

/* The call that such a macro of the project gets, if it is the only one. */
static DbtCall *
call_of_project_rows(Work *work, const Token *token)
{
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
    const DbtCall *first = calls->len == 1 ? g_ptr_array_index(calls, 0) : NULL;
    uint32_t begin = 0, end = 0;
    macros_give_rows(work->options->macros, work->text, token, &begin, &end);
    if (first != NULL && first->is_understood && end == 0)
        return g_ptr_array_steal_index(calls, 0);
    return calls->len == 0 && end > 0 ? dbt_call_of_variable(work, work->text + begin, end - begin)
                                      : NULL;
}

DbtCall *
dbt_call_behind(Work *work, const Token *token, bool *ret_is_here)
{
    DbtCall *call = dbt_call_alone(work->text, token);
    *ret_is_here = true;
    if (call != NULL)
        return call;
    if (template_gives_rows(work->text, token))
        return call_of_rows(work, token);
    if (dbt_unites_alike(work, token)) {
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
        return g_ptr_array_steal_index(calls, 0);
    }
    if (is_project_rows(work, token))
        return call_of_project_rows(work, token);
    call = dbt_call_wrapped(work, token);
    if (call != NULL)
        return call;
    *ret_is_here = false;
    call = call_of_var(work, token);
    if (call != NULL)
        return call;
    *ret_is_here = true;
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    const JinjaArgument *one = found->len == 1 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    if (one != NULL)
        return one->is_alone && one->kind == JINJA_VARIABLE
                   ? dbt_call_of_variable(work, work->text + one->begin, one->end - one->begin)
                   : NULL;
    g_autofree char *name = token->end - token->begin > 4 ? macro_alone(work->text, token) : NULL;
    *ret_is_here = false;
    return name != NULL ? call_of_macro(work, name) : NULL;
}

bool
dbt_is_table_macro(Work *work, guint token)
{
    const TokenList *list = work->sql->list;
    while (token > 0 && tokens_at(list, token)->kind != TOKEN_TAG)
        token--;
    if (tokens_at(list, token)->kind != TOKEN_TAG)
        return false;
    g_autofree char *name = macros_name(work->text, tokens_at(list, token));
    DbtCall *call = name != NULL ? call_of_macro(work, name) : NULL;
    if (call == NULL)
        return false;
    dbt_call_clear(call);
    g_free(call);
    return true;
}

const Rename *
dbt_macro_within(Work *work, const Token *token)
{
    const char *text = work->text;
    for (size_t at = token->begin; work->options->macros != NULL && at < token->end;) {
        size_t from = at;
        while (at < token->end && (g_ascii_isalnum(text[at]) || text[at] == '_' || text[at] == '.'))
            at++;
        if (at > from && at < token->end && text[at] == '(') {
            g_autofree char *name = g_strndup(text + from, at - from);
            DbtCall *call = call_of_macro(work, name);
            const DbtDoubt *doubt = NULL;
            const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
            if (call != NULL)
                dbt_call_clear(call);
            g_free(call);
            if (rename != NULL)
                return rename;
        }
        at += at == from;
    }
    return NULL;
}
