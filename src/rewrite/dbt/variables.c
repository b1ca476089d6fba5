/*
 * variables.c - {% set users = ref('users') %}: what the variable stands for, and what is done with it beside reading from it.
 *
 * A macro that gets it sees the table's columns, as it does where it gets the call itself.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"

#include "base/text.h"

#include <string.h>

#define SET_WITHIN_BYTES 12 /* of a tag: `{%- set ` */

/* The name that the tag sets. Caller frees; NULL: it sets none. */
static char *
name_set_by(const char *text, const Token *tag)
{
    size_t bytes = tag->end - tag->begin;
    const char *set = text_find_bytes(text + tag->begin, MIN(bytes, SET_WITHIN_BYTES), "set ");
    const char *begin = set != NULL ? set + strlen("set ") : NULL, *end = begin;
    while (begin != NULL && *begin == ' ')
        end = ++begin;
    while (end != NULL && (g_ascii_isalnum(*end) || *end == '_'))
        end++;
    return end > begin ? g_strndup(begin, (size_t) (end - begin)) : NULL;
}

/* Name of a variable -> the tag that sets it, which is the token `several` where there are more. Borrowed. */
static GHashTable *
setters(Work *work, const Token *several)
{
    const TokenList *list = work->sql->list;
    if (work->setters != NULL)
        return work->setters;
    work->setters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; tokens_have(list, TOKEN_TAG) && i < list->tokens->len; i++) {
        const Token *tag = tokens_at(list, i);
        program_steps++;
        char *name = tag->kind == TOKEN_TAG && work->sql->live->data[i]
                         ? name_set_by(list->text, tag)
                         : NULL;
        bool is_again = name != NULL && g_hash_table_contains(work->setters, name);
        if (name != NULL)
            g_hash_table_replace(work->setters, name, (void *) (is_again ? several : tag));
    }
    return work->setters;
}

/* `{% set users = ref('users') %}`: the tag of that variable; NULL where none is, or one cannot know which one counts. */
static const Token *
tag_that_sets(Work *work, const char *name, size_t bytes)
{
    static const Token several;
    g_autofree char *key = g_strndup(name, bytes);
    const Token *tag = g_hash_table_lookup(setters(work, &several), key);
    return tag != &several ? tag : NULL;
}

DbtCall *
dbt_call_of_variable(Work *work, const char *name, size_t bytes)
{
    const char *text = work->text;
    const Token *tag = tag_that_sets(work, name, bytes);
    if (tag == NULL)
        return NULL;
    g_autoptr(GPtrArray) calls = dbt_calls(text, tag);
    g_autoptr(GArray) words = jinja_words(text, tag);
    const DbtCall *first = calls->len == 1 ? g_ptr_array_index(calls, 0) : NULL;
    bool is_all = first != NULL && jinja_is(text, words, 2, "=") && words->len > 4 &&
                  jinja_word(words, 3)->begin == first->callee &&
                  jinja_close(text, words, 4) + 1 == words->len;
    return is_all && first->is_understood ? g_ptr_array_steal_index(calls, 0) : NULL;
}

/* ---- where it goes ---- */

/* The bracket around a word belongs to a call of this name. */
static bool
is_in_call(const char *text, const GArray *words, guint index, const char *const *names)
{
    for (guint i = 0; i < index; i++)
        if (jinja_is_any(text, words, i, names) && jinja_is(text, words, i + 1, "(") &&
            jinja_close(text, words, i + 1) > index)
            return true;
    return false;
}

static bool
is_in_brackets(const char *text, const GArray *words, guint index)
{
    for (guint i = 0; i < index; i++)
        if (jinja_is(text, words, i, "(") && jinja_close(text, words, i) > index)
            return true;
    return false;
}

/* Nothing is asked of the table's columns: {{ u }}, {% if u is not none %}, u.identifier, f(u=1), log(u). */
static bool
is_harmless(const char *text, const GArray *words, guint index, const Token *token)
{
    static const char *const messages[] = {"log", "print", "warn", "raise_compiler_error", NULL};
    static const char *const others[] = {"include", "quote", "incorporate", NULL};
    bool is_condition = token->kind == TOKEN_TAG &&
                        (jinja_is(text, words, 0, "if") || jinja_is(text, words, 0, "elif"));
    bool is_member = index > 0 && jinja_is(text, words, index - 1, ".");
    bool is_keyword =
        index > 0 && jinja_is(text, words, index + 1, "=") &&
        (jinja_is(text, words, index - 1, "(") || jinja_is(text, words, index - 1, ","));
    bool is_part =
        jinja_is(text, words, index + 1, ".") && !jinja_is_any(text, words, index + 2, others);
    return is_member || is_keyword || is_part ||
           (token->kind == TOKEN_TEMPLATE && words->len == 1) ||
           (is_condition && !is_in_brackets(text, words, index)) ||
           is_in_call(text, words, index, messages);
}

/* `variables`: names -> what they are set to; const Rename *. */
static void
visit_token(Work *work, GHashTable *variables, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(work->text, token);
    for (guint i = 0; i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        g_autofree char *name = g_strndup(work->text + word->begin, word->end - word->begin);
        const Rename *rename =
            word->kind == JINJA_NAME ? g_hash_table_lookup(variables, name) : NULL;
        if (rename == NULL || tag_that_sets(work, name, strlen(name)) == token ||
            set_has(work->understood, GSIZE_TO_POINTER((gsize) word->begin + 1)) ||
            is_harmless(work->text, words, i, token))
            continue;
        if (!dbt_values(work, token, word->begin, rename))
            site_refuse(work, SITE_TABLE, word->begin, word->end, "in-template", NULL,
                        "a macro or variable gets the table, with its columns' names");
    }
}

static void
visit_uses(Work *work, GHashTable *variables)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (work->sql->live->data[i] && (token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG))
            visit_token(work, variables, token);
    }
}

/* The dataset, or a model, that it is set to and of which columns change. */
static const Rename *
rename_of(Work *work, const char *name)
{
    DbtCall *call = dbt_call_of_variable(work, name, strlen(name));
    const DbtDoubt *doubt = NULL;
    const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
    return rename != NULL && rename_changes_columns(rename) ? rename : NULL;
}

void
dbt_variables(Work *work)
{
    const TokenList *list = work->sql->list;
    g_autoptr(GHashTable) variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; tokens_have(list, TOKEN_TAG) && i < list->tokens->len; i++) {
        const Token *tag = tokens_at(list, i);
        if (tag->kind != TOKEN_TAG || !work->sql->live->data[i])
            continue;
        g_autoptr(GArray) words = jinja_words(work->text, tag);
        if (!jinja_is(work->text, words, 0, "set") || !jinja_is(work->text, words, 2, "="))
            continue;
        const JinjaWord *word = jinja_word(words, 1);
        g_autofree char *name = g_strndup(work->text + word->begin, word->end - word->begin);
        const Rename *rename = rename_of(work, name);
        if (rename != NULL)
            g_hash_table_insert(variables, g_steal_pointer(&name), (void *) rename);
    }
    if (g_hash_table_size(variables) > 0)
        visit_uses(work, variables);
}
