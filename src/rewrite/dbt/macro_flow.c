/*
 * macro_flow.c - what a macro of the project does with its arguments.
 *
 * An argument is a name of the caller's query where each place that the body puts it into is a part of an expression, or where
 * the body hands it on to another macro, as it is, in a list, in a loop, or put together with text. Whatever else is done with
 * it (a string, an alias, a comparison of the template, a query of the macro's own) makes it something that nobody follows.
 */
#include "rewrite/dbt/macro_parts.h"

#include <string.h>

typedef struct {
    Macro *macro;
    const TokenList *list;
    const char *text;
    guint first, last; /* tokens of the body */
    GHashTable
        *locals; /* name -> MacroParameter: parameters, loops over them, what is set to them */
} Flow;

/* ---- names ---- */

static MacroParameter *
local(const Flow *flow, const GArray *words, guint index)
{
    const JinjaWord *word = jinja_word(words, index);
    if (word->kind != JINJA_NAME || (index > 0 && jinja_is(flow->text, words, index - 1, ".")))
        return NULL;
    g_autofree char *name = g_strndup(flow->text + word->begin, word->end - word->begin);
    return g_hash_table_lookup(flow->locals, name);
}

/* a, a.lower(): a name in other letters is the same name. */
static MacroParameter *
value_of(const Flow *flow, const GArray *words, guint first, guint last)
{
    bool is_method = last == first + 5 && jinja_is(flow->text, words, first + 1, ".") &&
                     (jinja_is(flow->text, words, first + 2, "lower") ||
                      jinja_is(flow->text, words, first + 2, "upper")) &&
                     jinja_is(flow->text, words, first + 4, ")");
    return is_method || last == first + 1 ? local(flow, words, first) : NULL;
}

static void
forbid(MacroParameter *parameter)
{
    if (parameter != NULL)
        parameter->use = MACRO_DOES_ANYTHING;
}

static void
forbid_within(const Flow *flow, const GArray *words, guint first, guint last)
{
    for (guint i = first; i < last; i++)
        forbid(local(flow, words, i));
}

static void
forbid_all(const Flow *flow)
{
    for (guint i = 0; i < flow->macro->parameters->len; i++)
        forbid(g_ptr_array_index(flow->macro->parameters, i));
}

/* The name stands for the parameter from here on, and for nothing else. */
static void
bind(Flow *flow, const GArray *words, guint index, MacroParameter *parameter)
{
    const JinjaWord *word = jinja_word(words, index);
    g_autofree char *name = g_strndup(flow->text + word->begin, word->end - word->begin);
    MacroParameter *before = g_hash_table_lookup(flow->locals, name);
    if (before != NULL && before != parameter) {
        forbid(before);
        forbid(parameter);
    } else if (parameter != NULL) {
        g_hash_table_insert(flow->locals, g_steal_pointer(&name), parameter);
    }
}

static void
use(MacroParameter *parameter, MacroUse place)
{
    parameter->is_put = true;
    if (parameter->use == MACRO_DOES_ANYTHING || place == MACRO_DOES_ANYTHING)
        parameter->use = MACRO_DOES_ANYTHING;
    else
        parameter->use = MAX(parameter->use, place);
}

/* ---- calls ---- */

static void
add_pass(MacroParameter *parameter, const JinjaCall *call, guint place, const char *keyword,
         MacroUse at)
{
    MacroPass *pass = g_new0(MacroPass, 1);
    *pass = (MacroPass){.callee = g_strdup(call->callee),
                        .is_dispatch = call->is_dispatch,
                        .is_alone = at == MACRO_TAKES_OUTPUT,
                        .place = place,
                        .keyword = g_strdup(keyword)};
    g_ptr_array_add(parameter->passes, pass);
}

/* One argument: a parameter, or a list of such and of texts. */
static void
read_argument(const Flow *flow, const GArray *words, guint first, guint last, const JinjaCall *call,
              guint place, MacroUse at)
{
    g_autofree char *keyword = NULL;
    if (first + 1 < last && jinja_is(flow->text, words, first + 1, "=")) {
        const JinjaWord *word = jinja_word(words, first);
        keyword = g_strndup(flow->text + word->begin, word->end - word->begin);
        first += 2;
    }
    bool is_list = first < last && jinja_is(flow->text, words, first, "[") &&
                   jinja_close(flow->text, words, first) + 1 == last;
    guint end = is_list ? last - 1 : last;
    for (guint from = is_list ? first + 1 : first, to; from < end; from = to + 1) {
        to = is_list ? jinja_find(flow->text, words, from, end, ",") : end;
        MacroParameter *parameter = value_of(flow, words, from, to);
        if (parameter != NULL && at != MACRO_DOES_ANYTHING)
            add_pass(parameter, call, place, keyword, at);
        else
            forbid_within(flow, words, from, to);
    }
}

static bool
is_of_dbt(const char *callee)
{
    static const char *const names[] = {"ref",   "source", "config", "var",       "env_var",
                                        "log",   "doc",    "print",  "run_query", "statement",
                                        "items", "append", "get",    "dispatch"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(callee, names[i]) == 0)
            return true;
    return false;
}

static bool
read_call(const Flow *flow, const GArray *words, guint first, guint last, MacroUse at)
{
    JinjaCall call = {0};
    if (!jinja_call_of(flow->text, words, first, last, &call))
        return false;
    if (is_of_dbt(call.callee) || local(flow, words, first) != NULL) {
        forbid_within(flow, words, first, last);
    } else {
        guint place = 0;
        for (guint from = call.first, to; from < call.last; from = to + 1) {
            to = jinja_find(flow->text, words, from, call.last, ",");
            read_argument(flow, words, from, to, &call, place++, at);
        }
    }
    g_free(call.callee);
    return true;
}

/* ---- values ---- */

static bool
has_text(const char *text, const JinjaWord *string, const char *what)
{
    g_autofree char *copy = g_ascii_strdown(text + string->begin, string->end - string->begin);
    return strstr(copy, what) != NULL;
}

/* "coalesce(" ~ a ~ ", '')": the only parameter that it is made of; NULL when there is none, or more is done with it. */
static MacroParameter *
read_sum(const Flow *flow, const GArray *words, guint first, guint last)
{
    MacroParameter *found = NULL;
    bool is_clear = true;
    guint quotes = 0;
    for (guint from = first, to; from < last; from = to + 1) {
        to = jinja_find(flow->text, words, from, last, "~");
        const JinjaWord *word = jinja_word(words, from);
        MacroParameter *parameter = value_of(flow, words, from, to);
        if (word->kind == JINJA_STRING && to == from + 1) {
            is_clear = is_clear && !has_text(flow->text, word, "select");
            for (uint32_t i = word->begin; i < word->end; i++)
                quotes += flow->text[i] == '\'';
        } else if (parameter != NULL) {
            bool is_first = from == first, is_last = to >= last;
            bool has_both = (is_first || from > first + 1) && (is_last || to + 1 < last);
            const JinjaWord *before = is_first || !has_both ? NULL : jinja_word(words, from - 2),
                            *behind = is_last || !has_both ? NULL : jinja_word(words, to + 1);
            is_clear =
                is_clear && has_both && quotes % 2 == 0 && (found == NULL || found == parameter) &&
                (is_first ||
                 (before->kind == JINJA_STRING && jinja_opens_value(flow->text, before))) &&
                (is_last || (behind->kind == JINJA_STRING && jinja_ends_value(flow->text, behind)));
            found = parameter;
        } else if (!read_call(flow, words, from, to, MACRO_TAKES_VALUE)) {
            is_clear = false;
        }
    }
    if (is_clear)
        return found;
    forbid_within(flow, words, first, last);
    return NULL;
}

/* Between the elements of a list stand commas or operators. */
static bool
is_separator(const char *text, const JinjaWord *word)
{
    g_autofree char *copy = g_strndup(text + word->begin, word->end - word->begin);
    g_strstrip(copy);
    size_t bytes = strlen(copy);
    static const char signs[] = ",|+-*/&";
    return word->kind == JINJA_STRING &&
           ((bytes > 0 && strchr(signs, copy[0]) != NULL &&
             strchr(signs, copy[bytes - 1]) != NULL) ||
            g_ascii_strcasecmp(copy, "and") == 0 || g_ascii_strcasecmp(copy, "or") == 0);
}

/* a | trim | join(', ') */
static bool
are_filters(const Flow *flow, const GArray *words, guint at, guint last)
{
    static const char *const same[] = {"trim", "list", NULL}, *const letters[] = {"lower", "upper",
                                                                                  NULL};
    for (guint first = at; at < last;) {
        if (!jinja_is(flow->text, words, at, "|") || at + 1 >= last)
            return false;
        bool is_letters =
            at == first && at + 2 == last && jinja_is_any(flow->text, words, at + 1, letters);
        if (is_letters || jinja_is_any(flow->text, words, at + 1, same)) {
            at += 2;
            continue;
        }
        if (!jinja_is(flow->text, words, at + 1, "join") || at + 4 >= last ||
            !is_separator(flow->text, jinja_word(words, at + 3)) ||
            !jinja_is(flow->text, words, at + 4, ")"))
            return false;
        at += 5;
    }
    return true;
}

/* What [first, last) gives is put into the SQL at this place. */
static void
read_value(const Flow *flow, const GArray *words, guint first, guint last, MacroUse at)
{
    if (first >= last)
        return;
    if (jinja_is(flow->text, words, first, "return") && first + 1 < last &&
        jinja_close(flow->text, words, first + 1) + 1 == last) {
        read_value(flow, words, first + 2, last - 1, at);
        return;
    }
    if (last > first + 4 && jinja_is(flow->text, words, last - 3, "strip") &&
        jinja_is(flow->text, words, last - 4, "."))
        last -= 4;
    MacroParameter *parameter = local(flow, words, first);
    MacroParameter *value = value_of(flow, words, first, last);
    if (value != NULL || (parameter != NULL && are_filters(flow, words, first + 1, last))) {
        use(parameter, at);
    } else if (jinja_find(flow->text, words, first, last, "~") < last) {
        parameter = read_sum(flow, words, first, last);
        if (parameter != NULL)
            use(parameter, at);
    } else if (!read_call(flow, words, first, last, at)) {
        forbid_within(flow, words, first, last);
    }
}

/* ---- tags ---- */

/* {% if a %}, {% if a is not none %}, {% if a | length > 0 %}: it only asks whether there is something. */
static bool
is_question(const Flow *flow, const GArray *words, guint index)
{
    static const char *const before[] = {"if", "elif", "not", "and", "or", "(", NULL};
    static const char *const behind[] = {"and", "or", ")", NULL};
    static const char *const tests[] = {"none",     "None",    "string",    "iterable", "defined",
                                        "sequence", "mapping", "undefined", NULL};
    const char *text = flow->text;
    if (!jinja_is_any(text, words, index - 1, before))
        return false;
    if (index + 1 == words->len || jinja_is_any(text, words, index + 1, behind))
        return true;
    if (jinja_is(text, words, index + 1, "|"))
        return jinja_is(text, words, index + 2, "length");
    guint test = index + 2;
    if (jinja_is(text, words, index + 1, "is"))
        return jinja_is_any(text, words, test + jinja_is(text, words, test, "not"), tests);
    return (jinja_is(text, words, index + 1, "==") || jinja_is(text, words, index + 1, "!=")) &&
           (jinja_is_any(text, words, test, tests) ||
            (test < words->len && jinja_word(words, test)->kind == JINJA_STRING &&
             jinja_word(words, test)->begin == jinja_word(words, test)->end));
}

static void
read_condition(const Flow *flow, const GArray *words)
{
    for (guint i = 1; i < words->len; i++) {
        MacroParameter *parameter = local(flow, words, i);
        if (parameter != NULL && !is_question(flow, words, i))
            forbid(parameter);
    }
}

/* {% set NAME = value %}, {% do NAME.append(value) %}, {% for NAME in value %} */
static void
read_binding(Flow *flow, const GArray *words, guint first, guint last)
{
    MacroParameter *parameter = first < last ? local(flow, words, first) : NULL;
    if (parameter == NULL || !are_filters(flow, words, first + 1, last))
        parameter = jinja_find(flow->text, words, first, last, "~") < last
                        ? read_sum(flow, words, first, last)
                        : NULL;
    if (parameter == NULL)
        forbid_within(flow, words, first, last);
    bind(flow, words, 1, parameter);
}

static void
read_tag(Flow *flow, const Token *token)
{
    static const char *const ends[] = {"else",  "endif",    "endfor", "endset", "endcall",
                                       "macro", "endmacro", "raw",    "endraw", NULL};
    const char *text = flow->text;
    g_autoptr(GArray) words = jinja_words(text, token);
    if (jinja_is(text, words, 0, "if") || jinja_is(text, words, 0, "elif"))
        read_condition(flow, words);
    else if (jinja_is(text, words, 0, "for") && jinja_is(text, words, 2, "in"))
        read_binding(flow, words, 3, words->len);
    else if (jinja_is(text, words, 0, "set") && jinja_is(text, words, 2, "="))
        read_binding(flow, words, 3, words->len);
    else if (jinja_is(text, words, 0, "do") && jinja_is(text, words, 2, ".") &&
             jinja_is(text, words, 3, "append") && jinja_is(text, words, 4, "("))
        read_binding(flow, words, 5, MAX(words->len, 6) - 1);
    else if (jinja_is(text, words, 0, "set") || jinja_is(text, words, 0, "call") ||
             jinja_is(text, words, 0, "filter"))
        forbid_all(flow); /* a block: where it is put to is not followed */
    else if (!jinja_is_any(text, words, 0, ends))
        forbid_within(flow, words, 0, words->len);
}

/* ---- the whole ---- */

/* 'x {{ a }}': the parameter is text there. */
static void
forbid_in_string(const Flow *flow, const Token *string)
{
    const char *text = flow->text;
    for (uint32_t at = string->begin; at < string->end;) {
        const char *open = memmem(text + at, string->end - at, "{{", 2);
        if (open == NULL)
            return;
        uint32_t begin = (uint32_t) (open - text);
        const char *close = memmem(open, string->end - begin, "}}", 2);
        at = close != NULL ? (uint32_t) (close - text) + 2 : string->end;
        Token inner = {.kind = TOKEN_TEMPLATE, .begin = begin, .end = at};
        g_autoptr(GArray) words = jinja_words(text, &inner);
        forbid_within(flow, words, 0, words->len);
        for (guint i = 0; i < words->len; i++)
            if (local(flow, words, i) != NULL)
                local(flow, words, i)->is_used = true;
    }
}

static void
read_token(Flow *flow, guint index)
{
    const Token *token = tokens_at(flow->list, index);
    switch (token->kind) {
    case TOKEN_STRING:
    case TOKEN_QUOTED:
        forbid_in_string(flow, token);
        return;
    case TOKEN_TAG:
        read_tag(flow, token);
        return;
    case TOKEN_TEMPLATE: {
        g_autoptr(GArray) words = jinja_words(flow->text, token);
        read_value(flow, words, 0, words->len,
                   macro_place(flow->list, flow->first, flow->last, index));
        return;
    }
    default:
        return;
    }
}

void
macro_read_flow(Macro *macro, const TokenList *list, guint first, guint last)
{
    g_autoptr(GHashTable) locals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Flow flow = {.macro = macro,
                 .list = list,
                 .text = list->text,
                 .first = first,
                 .last = last,
                 .locals = locals};
    for (guint i = 0; i < macro->parameters->len; i++) {
        MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        g_hash_table_insert(locals, g_strdup(parameter->name), parameter);
    }
    for (guint i = first; i < last; i++)
        read_token(&flow, i);
    if (macro->has_query && !macro_rows_take_columns(macro->rows))
        forbid_all(&flow);
}
