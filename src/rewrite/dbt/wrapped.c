/*
 * wrapped.c - {{ raw('users') }}, where the project says {% macro raw(name) %}{{ return(source('shop', name)) }}{% endmacro %}.
 *
 * The macro consists of that call, whose arguments are literals and parameters. The table's name has to stand at the caller's: there
 * it is renamed.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

/* The macro that the template calls, and nothing else; NULL: none of the project. */
static const Macro *
macro_called(const Work *work, const GArray *words)
{
    JinjaCall call = {0};
    if (work->options->macros == NULL || !jinja_call_of(work->text, words, 0, words->len, &call))
        return NULL;
    const Macro *macro =
        call.is_dispatch ? NULL : g_hash_table_lookup(work->options->macros->list, call.callee);
    g_free(call.callee);
    return macro != NULL && !macro->is_doubled && !macro->has_more && !macro->is_test ? macro
                                                                                      : NULL;
}

/* The words between the brackets of ref(…) or source(…) that the text consists of. False where it does not. */
static bool
call_within(const char *text, const GArray *words, guint *ret_first, guint *ret_last)
{
    guint first, last;
    jinja_returned(text, words, &first, &last);
    *ret_first = first + 2;
    *ret_last = last - 1;
    return first + 2 < last &&
           (jinja_is(text, words, first, "ref") || jinja_is(text, words, first, "source")) &&
           jinja_is(text, words, first + 1, "(") && jinja_close(text, words, first + 1) + 1 == last;
}

/* What the call gives the parameter of this name: a literal by itself; or NULL. */
static const JinjaArgument *
argument_of(const Work *work, const Macro *macro, const GArray *given, const char *name)
{
    for (guint p = 0; p < macro->parameters->len; p++) {
        if (strcmp(((const MacroParameter *) g_ptr_array_index(macro->parameters, p))->name,
                   name) != 0)
            continue;
        for (guint i = 0; i < given->len; i++) {
            const JinjaArgument *one = &g_array_index(given, JinjaArgument, i);
            size_t bytes = one->keyword_end - one->keyword;
            bool is_meant = bytes == 0 ? one->place == p
                                       : bytes == strlen(name) &&
                                             memcmp(work->text + one->keyword, name, bytes) == 0;
            if (is_meant)
                return one->kind == JINJA_LITERAL && !one->is_mixed ? one : NULL;
        }
    }
    return NULL;
}

/* One more name of the call. False where it is neither said nor given. */
static bool
add_name(const Work *work, const Macro *macro, const GArray *given, const JinjaWord *word,
         DbtCall *call)
{
    g_autofree char *text = g_strndup(macro->table + word->begin, word->end - word->begin);
    guint at = call->count++;
    if (word->kind == JINJA_STRING) {
        call->names[at] = g_steal_pointer(&text);
        call->is_wrapped = true;
        return true;
    }
    const JinjaArgument *one =
        word->kind == JINJA_NAME ? argument_of(work, macro, given, text) : NULL;
    if (one == NULL)
        return false;
    call->names[at] = g_strndup(work->text + one->begin, one->end - one->begin);
    call->begin[at] = one->begin;
    call->end[at] = one->end;
    return true;
}

/* Are all its names known, and is the last one the caller's? */
static bool
read_names(const Work *work, const Macro *macro, const GArray *given, DbtCall *call)
{
    Token whole = {.kind = TOKEN_TEMPLATE, .end = (uint32_t) strlen(macro->table)};
    g_autoptr(GArray) words = jinja_words(macro->table, &whole);
    guint first, last;
    if (!call_within(macro->table, words, &first, &last))
        return false;
    call->is_source = jinja_is(macro->table, words, first - 2, "source");
    for (guint from = first, to; from < last; from = to + 1) {
        to = jinja_find(macro->table, words, from, last, ",");
        if (to != from + 1 || call->count == 2 ||
            !add_name(work, macro, given, jinja_word(words, from), call))
            return false;
    }
    guint least = call->is_source ? 2 : 1;
    call->is_wrapped |= call->count == 2 && call->end[0] > call->begin[1];
    return call->count >= least && call->end[call->count - 1] > 0;
}

DbtCall *
dbt_call_wrapped(Work *work, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(work->text, token),
                      given = jinja_arguments(work->text, token);
    const Macro *macro = macro_called(work, words);
    if (macro == NULL || macro->table == NULL || given->len == 0)
        return NULL;
    DbtCall *call = g_new0(DbtCall, 1);
    call->callee = jinja_word(words, 0)->begin;
    call->is_understood = read_names(work, macro, given, call);
    if (!call->is_understood) {
        dbt_call_clear(call);
        g_clear_pointer(&call, g_free);
    }
    return call;
}
