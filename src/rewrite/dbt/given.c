/*
 * given.c - what callers put into a macro's own query: `{% macro paid(filter) %} select … from {{ ref('users') }} where
 * {{ filter }}`, called as `paid("plan = 'pro'")`.
 *
 * The query is rewritten where the macro is, and the text of the caller is not: so a person decides where any call gives a
 * name of a column that changes there, or of the table. Texts in calls are looked at in all files; what a variable gives is not known.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

/* ---- calls ---- */

static void
add_given(const Macro *macro, const char *text, const GArray *words, guint first, guint last,
          guint place)
{
    bool has_keyword = first + 1 < last && jinja_is(text, words, first + 1, "=");
    for (guint i = 0; i < macro->parameters->len; i++) {
        MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        if (has_keyword ? !jinja_is(text, words, first, parameter->name) : i != place)
            continue;
        for (guint w = first; w < last; w++)
            if (jinja_word(words, w)->kind == JINJA_STRING)
                macro_names_add(parameter->given, text, jinja_word(words, w)->begin,
                                jinja_word(words, w)->end);
    }
}

/* `open`: the bracket of its arguments. */
static void
note_call(const Macro *macro, const char *text, const GArray *words, guint open)
{
    guint close = jinja_close(text, words, open), place = 0;
    for (guint from = open + 1, to; from < close; from = to + 1) {
        to = jinja_find(text, words, from, close, ",");
        add_given(macro, text, words, from, to, place++);
    }
}

static void
note_template(Macros *macros, const char *text, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(text, token);
    if (jinja_is(text, words, 0, "macro"))
        return;
    for (guint i = 0; i + 1 < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        if (word->kind != JINJA_NAME || !jinja_is(text, words, i + 1, "("))
            continue;
        g_autofree char *name = g_strndup(text + word->begin, word->end - word->begin);
        const Macro *macro = g_hash_table_lookup(macros->list, name);
        if (macro != NULL)
            note_call(macro, text, words, i + 1);
    }
}

void
macros_note_calls(Macros *macros, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    for (const char *at = text; g_hash_table_size(macros->list) > 0;) {
        at = memchr(at, '{', (size_t) (end - at));
        if (at == NULL || at + 4 > end)
            return;
        const char *close = at[1] == '{'   ? memmem(at, (size_t) (end - at), "}}", 2)
                            : at[1] == '%' ? memmem(at, (size_t) (end - at), "%}", 2)
                                           : NULL;
        if (close != NULL) {
            Token token = {.begin = (uint32_t) (at - text), .end = (uint32_t) (close - text) + 2};
            note_template(macros, text, &token);
        }
        at = close != NULL ? close + 2 : at + 1;
    }
}

/* ---- the macro's query ---- */

/* The macros of the text one after the other, as blocks come. */
typedef struct {
    guint next; /* token of the list */
    const Macro *macro;
} Walk;

/* The macro that the byte is in. */
static const Macro *
macro_around(const Work *work, Walk *walk, uint32_t byte)
{
    const TokenList *list = work->sql->list;
    for (; walk->next < list->tokens->len && tokens_at(list, walk->next)->begin < byte;
         walk->next++) {
        const Token *token = tokens_at(list, walk->next);
        g_autoptr(GArray) words = token->kind == TOKEN_TAG ? jinja_words(work->text, token) : NULL;
        if (words == NULL || !jinja_is(work->text, words, 0, "macro"))
            continue;
        g_autofree char *name = macros_name(work->text, token);
        walk->macro = name != NULL ? g_hash_table_lookup(work->options->macros->list, name) : NULL;
    }
    return walk->macro;
}

/* Of `default__paid`, what is given to `paid`, which hands it on. */
static bool
is_given_to(const Macros *macros, const Macro *macro, const MacroParameter *parameter, guint place,
            const char *word)
{
    GHashTableIter iter;
    void *name, *one;
    if (g_hash_table_contains(parameter->given, word) ||
        g_hash_table_contains(parameter->defaults, word))
        return true;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &name, &one)) {
        const char *bare = one == macro ? strstr(name, "__") : NULL;
        const Macro *outer = bare != NULL ? g_hash_table_lookup(macros->list, bare + 2) : NULL;
        if (outer != NULL && place < outer->parameters->len &&
            g_hash_table_contains(
                ((const MacroParameter *) g_ptr_array_index(outer->parameters, place))->given,
                word))
            return true;
    }
    return false;
}

typedef struct {
    Work *work;
    const SqlBlock *block;
    const Macro *macro;
    const Token *token;
} Given;

static void
refuse(const Given *place, const char *name)
{
    if (!site_covers(place->work, place->token->begin, place->token->end))
        site_refuse(
            place->work, SITE_MENTION, place->token->begin, place->token->end, "in-template", NULL,
            "a call of this macro puts '%s' in here, which changes: change both together", name);
}

/* Is any name that changes in the block given to this parameter? */
static void
visit_parameter(const Given *place, const MacroParameter *parameter, guint index)
{
    const Macros *macros = place->work->options->macros;
    for (guint s = 0; s < place->block->sources->len; s++) {
        const SqlSource *source = g_ptr_array_index(place->block->sources, s);
        const Spelling *spelling = source->alias == NULL ? source_spelling(source) : NULL;
        bool is_open = false;
        const ArenaList *names = sql_source_columns(place->work->sql, source, &is_open);
        for (guint i = 0; i < names->len; i++) {
            SqlPart part = {.text = g_ptr_array_index(names, i)};
            g_autofree char *word = part.text != NULL ? g_ascii_strdown(part.text, -1) : NULL;
            if (word != NULL && is_given_to(macros, place->macro, parameter, index, word) &&
                source_change(place->work, source, &part) != NULL)
                refuse(place, part.text);
        }
        if (spelling == NULL || strcmp(spelling->source[g_strv_length(spelling->source) - 1],
                                       spelling->target[g_strv_length(spelling->target) - 1]) == 0)
            continue;
        g_autofree char *table =
            g_ascii_strdown(spelling->source[g_strv_length(spelling->source) - 1], -1);
        if (is_given_to(macros, place->macro, parameter, index, table))
            refuse(place, table);
    }
}

static bool
is_put_as_name(const Work *work, uint32_t index)
{
    const Token *before = index > 0 ? &g_array_index(work->sql->tokens, Token, index - 1) : NULL;
    return before != NULL && (before->word == WORD_AS || before->word == WORD_FROM ||
                              before->word == WORD_JOIN || before->word == WORD_LIMIT);
}

static void
visit_token(Work *work, const SqlBlock *block, const Macro *macro, uint32_t index)
{
    const Token *token = &g_array_index(work->sql->tokens, Token, index);
    if (token->kind != TOKEN_TEMPLATE || is_put_as_name(work, index))
        return;
    g_autoptr(GArray) words = jinja_words(work->text, token);
    Given place = {work, block, macro, token};
    for (guint i = 0; i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        bool is_here = false;
        for (guint w = 0; w < words->len; w++)
            is_here |= jinja_word(words, w)->kind == JINJA_NAME &&
                       jinja_is(work->text, words, w, parameter->name);
        if (is_here)
            visit_parameter(&place, parameter, i);
    }
}

void
dbt_given(Work *work)
{
    const Sql *sql = work->sql;
    Walk walk = {0};
    for (guint b = 0;
         work->options->macros != NULL && work->borders->len > 0 && b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        const Macro *macro =
            statement_is_in_text(work, block->statement)
                ? macro_around(work, &walk, g_array_index(sql->tokens, Token, block->first).begin)
                : NULL;
        for (uint32_t i = block->first; macro != NULL && macro->parameters->len > 0 &&
                                        i <= block->last && i < sql->tokens->len;
             i++)
            visit_token(work, block, macro, i);
    }
}
