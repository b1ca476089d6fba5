/*
 * project.c - the macros of a dbt project: {% macro name(a, b='x') %} … {% endmacro %}, and its tests for YAML.
 *
 * What becomes of its arguments is in macro_flow.c. Here are the names that it brings into the caller's query by itself, and
 * the macros that consist of one table, or of tables of WITH.
 */
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"
#include "sql/jinja.h"

#include <string.h>

#define BODY_BYTES_MAX 512 /* of what is compared with a form: longer ones are another thing */

void
macro_pass_free(void *data)
{
    MacroPass *pass = data;
    g_free(pass->callee);
    g_free(pass->keyword);
    g_free(pass);
}

static void
parameter_free(void *data)
{
    MacroParameter *parameter = data;
    g_free(parameter->name);
    g_ptr_array_unref(parameter->passes);
    g_ptr_array_unref(parameter->handed);
    g_hash_table_unref(parameter->defaults);
    g_hash_table_unref(parameter->given);
    g_free(parameter);
}

static void
macro_free(void *data)
{
    Macro *macro = data;
    g_ptr_array_unref(macro->parameters);
    g_hash_table_unref(macro->words);
    g_hash_table_unref(macro->texts);
    g_ptr_array_unref(macro->calls);
    g_free(macro->table);
    macro_rows_free(macro->rows);
    macro_names_clear(&macro->names);
    g_string_free(macro->body, TRUE);
    g_free(macro);
}

Macros *
macros_new(void)
{
    Macros *macros = g_new0(Macros, 1);
    macros->list = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, macro_free);
    return macros;
}

void
macros_free(Macros *macros)
{
    if (macros == NULL)
        return;
    g_hash_table_unref(macros->list);
    g_free(macros);
}

/* ---- reading ---- */

static bool
is_tag(const char *text, const Token *token, const char *word)
{
    size_t at = token->begin + 2, bytes = strlen(word);
    while (at < token->end && (g_ascii_isspace(text[at]) || text[at] == '-' || text[at] == '+'))
        at++;
    return token->kind == TOKEN_TAG && at + bytes < token->end &&
           memcmp(text + at, word, bytes) == 0 && !g_ascii_isalnum(text[at + bytes]) &&
           text[at + bytes] != '_';
}

/* `name` of {% macro name(…) %}, `test_name` of {% test name(…) %}, as dbt calls it; NULL when there is none. Caller frees. */
static char *
name_of_tag(const char *text, const Token *tag)
{
    g_autoptr(GArray) words = jinja_words(text, tag);
    if (words->len < 2 || jinja_word(words, 1)->kind != JINJA_NAME)
        return NULL;
    const JinjaWord *name = jinja_word(words, 1);
    return g_strdup_printf("%s%.*s", jinja_is(text, words, 0, "test") ? "test_" : "",
                           (int) (name->end - name->begin), text + name->begin);
}

static GHashTable *
names_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
macro_names_add(GHashTable *words, const char *text, size_t begin, size_t end)
{
    for (size_t at = begin; at < end;) {
        size_t from = at;
        while (at < end && is_identifier_byte(text[at]))
            at++;
        if (at > from && !g_ascii_isdigit(text[from]))
            g_hash_table_add(words, g_ascii_strdown(text + from, (gssize) (at - from)));
        at += at == from;
    }
}

static MacroParameter *
add_parameter(Macro *macro, const char *text, const JinjaWord *name)
{
    MacroParameter *parameter = g_new0(MacroParameter, 1);
    *parameter = (MacroParameter){.name = g_strndup(text + name->begin, name->end - name->begin),
                                  .use = MACRO_TAKES_VALUE,
                                  .passes = g_ptr_array_new_with_free_func(macro_pass_free),
                                  .handed = g_ptr_array_new_with_free_func(macro_handed_free),
                                  .defaults = names_new(),
                                  .given = names_new()};
    g_ptr_array_add(macro->parameters, parameter);
    return parameter;
}

/* `macro name(a, b='x')`: its name, and an empty macro with its parameters. */
static Macro *
read_head(const char *text, const Token *tag, char **ret_name)
{
    g_autoptr(GArray) words = jinja_words(text, tag);
    Macro *macro = g_new0(Macro, 1);
    macro->parameters = g_ptr_array_new_with_free_func(parameter_free);
    macro->words = names_new();
    macro->texts = names_new();
    macro->calls = g_ptr_array_new_with_free_func(macro_pass_free);
    macro->body = g_string_new(NULL);
    macro_names_new(&macro->names);
    macro->is_test = jinja_is(text, words, 0, "test");
    *ret_name = name_of_tag(text, tag);
    guint last = words->len > 2 ? jinja_close(text, words, 2) : words->len;
    for (guint from = 3, to; from < last; from = to + 1) {
        to = jinja_find(text, words, from, last, ",");
        if (jinja_word(words, from)->kind != JINJA_NAME)
            continue;
        MacroParameter *parameter = add_parameter(macro, text, jinja_word(words, from));
        /* A default may be a column of the caller's query; who calls a test with which arguments is not asked. */
        GHashTable *names = macro->is_test ? macro->words : parameter->defaults;
        for (guint i = from; i < to; i++)
            if (jinja_word(words, i)->kind == JINJA_STRING)
                macro_names_add(names, text, jinja_word(words, i)->begin,
                                jinja_word(words, i)->end);
    }
    return macro;
}

static void
read_table(Macro *macro, const char *text, const Token *token)
{
    if (token->kind == TOKEN_SPACE || token->kind == TOKEN_COMMENT)
        return;
    bool is_return = token->kind == TOKEN_TAG && is_tag(text, token, "do"); /* return(…) */
    if ((token->kind == TOKEN_TEMPLATE || is_return) && macro->table == NULL)
        macro->table = g_strndup(text + token->begin, token->end - token->begin);
    else
        macro->has_more = true;
}

static void
add_to_body(Macro *macro, const char *text, const Token *token)
{
    for (size_t i = token->begin; token->kind != TOKEN_COMMENT && i < token->end; i++)
        if (!g_ascii_isspace(text[i]) && text[i] != '-' && macro->body->len < BODY_BYTES_MAX)
            g_string_append_c(macro->body, g_ascii_tolower(text[i]));
}

/* ---- what it names by itself ---- */

/* `open`: the bracket of its arguments. */
static void
add_call(Macro *macro, const char *text, const GArray *words, const JinjaWord *callee, guint open,
         bool is_dispatch)
{
    MacroPass *call = g_new0(MacroPass, 1);
    *call = (MacroPass){.callee = g_strndup(text + callee->begin, callee->end - callee->begin),
                        .is_dispatch = is_dispatch};
    call->place = jinja_given(text, words, open, &call->keyword);
    g_ptr_array_add(macro->calls, call);
}

/* Is anything done with a parameter but to put it there? */
static void
note_uses(Macro *macro, const char *text, const GArray *words)
{
    for (guint i = 0; i < macro->parameters->len; i++) {
        MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        for (guint w = 0; words->len > 1 && w < words->len; w++)
            parameter->is_used |= jinja_is(text, words, w, parameter->name);
    }
}

/* return('a'), names.append('a') */
static bool
is_kept(const char *text, const JinjaArgument *argument)
{
    static const char *const callees[] = {"return", "append", "extend", "insert", "update"};
    g_autofree char *callee =
        g_strndup(text + argument->callee, argument->callee_end - argument->callee);
    const char *last = text_last_part(callee);
    for (size_t i = 0; i < G_N_ELEMENTS(callees); i++)
        if (strcmp(last, callees[i]) == 0)
            return true;
    return false;
}

/* Texts that are put into the SQL as they are: return('a'), ['a', 'b'], {{ 'a' }}; and the macros that are called. */
static void
read_template(Macro *macro, const char *text, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(text, token), found = jinja_arguments(text, token);
    note_uses(macro, text, words);
    for (guint i = 0; i + 1 < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        bool is_dispatch = jinja_is(text, words, i, "dispatch") && i + 2 < words->len &&
                           jinja_word(words, i + 2)->kind == JINJA_STRING;
        if (is_dispatch)
            word = jinja_word(words, i + 2);
        if (jinja_is(text, words, i + 1, "(") && (is_dispatch || word->kind == JINJA_NAME))
            add_call(macro, text, words, word,
                     is_dispatch ? jinja_close(text, words, i + 1) + 1 : i + 1, is_dispatch);
    }
    if (jinja_is(text, words, 0, "if") || jinja_is(text, words, 0, "elif"))
        return;
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        if (one->kind == JINJA_LITERAL)
            macro_names_add(macro->texts, text, one->begin, one->end);
        if (one->kind == JINJA_LITERAL &&
            (one->callee_end == 0 || is_kept(text, one) || jinja_is_default(text, one)))
            macro_names_add(macro->words, text, one->begin, one->end);
    }
}

/* The next token that is no space; NULL at the end of the text, where a macro may be that nothing closes. */
static const Token *
behind(const TokenList *list, guint index)
{
    while (++index < list->tokens->len)
        if (tokens_at(list, index)->kind != TOKEN_SPACE)
            return tokens_at(list, index);
    return NULL;
}

/* The one before; there is always the tag that begins the macro. */
static const Token *
before(const TokenList *list, guint index)
{
    do
        index--;
    while (tokens_at(list, index)->kind == TOKEN_SPACE);
    return tokens_at(list, index);
}

/* `FROM name`, `name AS (` of WITH. */
static bool
is_table_name(const TokenList *list, guint index)
{
    const Token *next = behind(list, index);
    Word word = before(list, index)->word;
    if (word == WORD_FROM || word == WORD_JOIN)
        return true;
    while (++index < list->tokens->len && tokens_at(list, index) != next)
        ;
    const Token *third = next != NULL && next->word == WORD_AS ? behind(list, index) : NULL;
    return third != NULL && third->kind == TOKEN_OPEN;
}

static void
read_token(Macro *macro, const TokenList *list, guint index)
{
    const Token *token = tokens_at(list, index), *next = behind(list, index);
    read_table(macro, list->text, token);
    add_to_body(macro, list->text, token);
    if (token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG)
        read_template(macro, list->text, token);
    macro->has_query = macro->has_query || token->word == WORD_SELECT;
    bool has_blank = memchr(list->text + token->begin, ' ', token->end - token->begin) != NULL;
    bool is_name = (token->kind == TOKEN_QUOTED && !has_blank) ||
                   (token->kind == TOKEN_WORD && !word_is_reserved(token->word));
    bool is_table = macro->is_test && is_table_name(list, index);
    if (is_name && !is_table && before(list, index)->word != WORD_AS &&
        (next == NULL || (next->kind != TOKEN_OPEN && next->kind != TOKEN_DOT)))
        macro_names_add(macro->words, list->text, token->begin, token->end);
}

static void
read_body(Macro *macro, const TokenList *list, guint first, guint last)
{
    for (guint i = first; i < last; i++)
        read_token(macro, list, i);
    if (!macro->is_doubled && !macro->is_test)
        macro->rows = macro_rows_read(macro, list, first, last);
    macro_read_flow(macro, list, first, last);
    macro_read_handed(macro, list, first, last);
    macro_names_take(&macro->names, list, first, last);
}

/* The macro that begins at this tag; NULL where it has no name. */
static Macro *
take_macro(Macros *macros, const char *text, const Token *tag)
{
    g_autofree char *name = NULL;
    Macro *macro = read_head(text, tag, &name),
          *other = name != NULL ? g_hash_table_lookup(macros->list, name) : NULL;
    if (other != NULL)
        other->is_doubled = true;
    if (name == NULL || other != NULL) {
        macro_free(macro);
        return other; /* what either of them names counts */
    }
    macro->file = text;
    g_hash_table_insert(macros->list, g_steal_pointer(&name), macro);
    return macro;
}

void
macros_read(Macros *macros, const char *text, size_t bytes)
{
    if (memmem(text, bytes, "endmacro", 8) == NULL && memmem(text, bytes, "endtest", 7) == NULL)
        return;
    g_autoptr(TokenList) list = tokens_new(text, bytes, dialect_by_name("ansi"));
    for (guint i = 0; i < list->tokens->len; i++) {
        bool is_test = is_tag(text, tokens_at(list, i), "test");
        if (!is_test && !is_tag(text, tokens_at(list, i), "macro"))
            continue;
        Macro *macro = take_macro(macros, text, tokens_at(list, i));
        guint first = ++i;
        while (i < list->tokens->len &&
               !is_tag(text, tokens_at(list, i), is_test ? "endtest" : "endmacro"))
            i++;
        if (macro != NULL)
            read_body(macro, list, first, i);
    }
}

/* ---- asking ---- */

char *
macros_name(const char *text, const Token *tag)
{
    return name_of_tag(text, tag);
}

/* All that is called somewhere in the text, one behind the other. Caller frees. */
char *
macros_tables_in(const Macros *macros, const char *text, size_t bytes)
{
    g_autoptr(GString) tables = g_string_new(NULL);
    GHashTableIter iter;
    void *name;
    size_t at;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const char *table = macros_table(macros, name);
        if (table != NULL && find_word(text, bytes, name, &at))
            g_string_append_printf(tables, "%s\n", table);
    }
    return g_string_free(g_steal_pointer(&tables), FALSE);
}

void
macros_each_table(const Macros *macros, MacroTableFn *visit, void *data)
{
    GHashTableIter iter;
    void *name, *macro;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &name, &macro)) {
        const char *table = macros_table(macros, name);
        if (table != NULL)
            visit(name, table, ((const Macro *) macro)->file, data);
    }
}

const char *
macros_file(const Macros *macros, const char *name)
{
    const Macro *macro = g_hash_table_lookup(macros->list, name);
    return macro != NULL ? macro->file : NULL;
}

const char *
macros_table(const Macros *macros, const char *name)
{
    const Macro *macro =
        macros != NULL ? g_hash_table_lookup(macros->list, text_last_part(name)) : NULL;
    return macro != NULL && !macro->is_doubled && !macro->has_more ? macro->table : NULL;
}

/* {% for pair in pairs %}: the name between. */
static char *
loop_variable(const char *body)
{
    static const char head[] = "with{%for";
    const char *end = g_str_has_prefix(body, head) ? strstr(body, "%}{{") : NULL;
    const char *begin = end != NULL ? end + 4 : NULL;
    return begin != NULL ? g_strndup(begin, strcspn(begin, "[")) : NULL;
}

bool
macros_make_commons(const Macros *macros, const char *name)
{
    const Macro *macro =
        macros != NULL ? g_hash_table_lookup(macros->list, text_last_part(name)) : NULL;
    if (macro == NULL || macro->is_doubled || macro->parameters->len != 1)
        return false;
    g_autofree char *pair = loop_variable(macro->body->str);
    if (pair == NULL)
        return false;
    g_autofree char *list = g_ascii_strdown(
        ((const MacroParameter *) g_ptr_array_index(macro->parameters, 0))->name, -1);
    g_autofree char *form =
        g_strdup_printf("with{%%for%sin%s%%}{{%s[0]}}as(select*from{{ref(%s[1])}})"
                        "{%%ifnotloop.last%%},{%%endif%%}{%%endfor%%}",
                        pair, list, pair, pair);
    return strcmp(macro->body->str, form) == 0;
}
