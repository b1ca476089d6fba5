/*
 * macro_names.c - names that a macro brings into its caller's query although none of its texts is one: what the project says
 * for `var('x')`, and what is put together of texts, `p ~ '_id'` and `{{ p }}_id`.
 *
 * A part that is not said by the macro may be any text of its templates, of those that it calls and of its caller's file.
 */
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/dbt/pieces.h"
#include "rewrite/dbt/sources.h"

#include <string.h>

static GHashTable *
set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
macro_names_new(MacroNames *names)
{
    *names = (MacroNames){set_new(), set_new(), g_array_new(FALSE, FALSE, sizeof(Pieces))};
}

void
macro_names_clear(MacroNames *names)
{
    g_hash_table_unref(names->vars);
    g_hash_table_unref(names->literals);
    g_array_unref(names->joined);
}

/* ---- reading ---- */

static void
add_literals(GHashTable *ret, const char *text, const GArray *words)
{
    for (guint i = 0; i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        if (word->kind == JINJA_STRING && word->end > word->begin)
            g_hash_table_add(
                ret, g_ascii_strdown(text + word->begin, (gssize) (word->end - word->begin)));
    }
}

/* var('x'), but for what is no text of the SQL. */
static void
add_vars(GHashTable *ret, const char *text, const GArray *words)
{
    static const char *const others[] = {"ref", "source", "config", "log", "env_var", NULL};
    static const char *const conditions[] = {"if", "elif", NULL};
    for (guint i = 0; i + 2 < words->len && !jinja_is_any(text, words, 0, conditions); i++) {
        const JinjaWord *name = jinja_word(words, i + 2);
        if (!jinja_is(text, words, i + 1, "("))
            continue;
        if (jinja_is_any(text, words, i, others))
            i = jinja_close(text, words, i + 1);
        else if (jinja_is(text, words, i, "var") && name->kind == JINJA_STRING)
            g_hash_table_add(ret, g_strndup(text + name->begin, name->end - name->begin));
    }
}

/* `{{ p }}_id`: what touches each other, templates and words. */
static void
add_piece(Pieces *pieces, const char *text, const Token *token)
{
    Piece piece = {0};
    if (token->kind == TOKEN_WORD)
        piece = (Piece){.begin = text + token->begin, .bytes = token->end - token->begin};
    if (pieces->count < PIECES_MAX)
        pieces->list[pieces->count++] = piece;
}

static bool
is_glued(const TokenList *list, guint index, guint last)
{
    const Token *token = tokens_at(list, index);
    return index < last && (token->kind == TOKEN_WORD || token->kind == TOKEN_TEMPLATE);
}

/* Those that begin at this token; which is the last one of them. */
static guint
read_glued(MacroNames *names, const TokenList *list, guint index, guint last)
{
    Pieces pieces = {0};
    guint words = 0, at = index;
    for (; is_glued(list, at, last); at++) {
        add_piece(&pieces, list->text, tokens_at(list, at));
        words += tokens_at(list, at)->kind == TOKEN_WORD;
    }
    bool is_other = at < last && (tokens_at(list, at)->kind == TOKEN_OPEN ||
                                  tokens_at(list, at)->kind == TOKEN_DOT);
    if (words > 0 && words < at - index && !is_other)
        g_array_append_val(names->joined, pieces);
    return at - 1;
}

static void
take_joined(MacroNames *names, const char *text, const GArray *templates)
{
    g_autoptr(JoinedTexts) joined = joined_texts_new(text, templates);
    for (guint i = 0; joined != NULL && i < joined->found->len; i++) {
        const JoinedText *found = &g_array_index(joined->found, JoinedText, i);
        if (!found->is_of_table)
            g_array_append_val(names->joined, found->pieces);
    }
}

void
macro_names_take(MacroNames *names, const TokenList *list, guint first, guint last)
{
    g_autoptr(GArray) templates = g_array_new(FALSE, FALSE, sizeof(Token));
    for (guint i = first; i < last; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG)
            continue;
        g_autoptr(GArray) words = jinja_words(list->text, token);
        add_literals(names->literals, list->text, words);
        add_vars(names->vars, list->text, words);
        g_array_append_val(templates, *token);
    }
    take_joined(names, list->text, templates);
    for (guint i = first; templates->len > 0 && i < last; i++)
        if (is_glued(list, i, last))
            i = read_glued(names, list, i, last);
}

/* ---- asking ---- */

void
macros_add_given(const Macros *macros, const char *file, GHashTable *ret)
{
    GHashTableIter macro, word;
    void *value, *name;
    g_hash_table_iter_init(&macro, macros->list);
    while (g_hash_table_iter_next(&macro, NULL, &value)) {
        const Macro *one = value;
        for (guint i = 0; one->file == file && i < one->parameters->len; i++) {
            const MacroParameter *parameter = g_ptr_array_index(one->parameters, i);
            g_hash_table_iter_init(&word, parameter->given);
            while (g_hash_table_iter_next(&word, &name, NULL))
                g_hash_table_add(ret, g_strdup(name));
        }
    }
}

/* The words of a value, or the whole of it: of a map its values. */
static void
add_value(const YamlNode *value, bool is_whole, GHashTable *ret)
{
    for (size_t i = 0; i < value->count && value->kind != YAML_SCALAR; i++)
        add_value(value->kind == YAML_MAP ? value->items[2 * i + 1] : value->items[i], is_whole,
                  ret);
    if (value->kind != YAML_SCALAR || value->text == NULL || strstr(value->text, "{{") != NULL)
        return; /* a table (var_tables.c) */
    if (is_whole)
        g_hash_table_add(ret, g_ascii_strdown(value->text, -1));
    else
        macro_names_add(ret, value->text, 0, strlen(value->text));
}

static void
add_macro(const Macro *macro, const MacroPass *call, bool is_new, void *macros)
{
    (void) call;
    if (is_new)
        g_ptr_array_add(macros, (void *) macro);
}

static void
take_macro(MacroMakes *makes, const MacroNames *names, const YamlNode *settings)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, names->literals);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(makes->literals, g_strdup(name));
    g_hash_table_iter_init(&iter, names->vars);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const YamlNode *value = settings != NULL ? dbt_var(settings, name) : NULL;
        if (value == NULL)
            continue;
        add_value(value, false, makes->words);
        add_value(value, true, makes->literals);
    }
    g_array_append_vals(makes->joined, names->joined->data, names->joined->len);
}

void
macros_make(const Macros *macros, const MacroPass *call, const YamlNode *settings, MacroMakes *ret)
{
    *ret = (MacroMakes){set_new(), set_new(), g_array_new(FALSE, FALSE, sizeof(Pieces))};
    g_autoptr(GPtrArray) called = g_ptr_array_new();
    macros_each_called(macros, call, add_macro, called);
    bool has_any = false; /* most have none */
    for (guint i = 0; i < called->len; i++) {
        const MacroNames *names = &((const Macro *) g_ptr_array_index(called, i))->names;
        has_any |= names->joined->len > 0 || g_hash_table_size(names->vars) > 0;
    }
    for (guint i = 0; has_any && i < called->len; i++)
        take_macro(ret, &((const Macro *) g_ptr_array_index(called, i))->names, settings);
}

void
macro_makes_clear(MacroMakes *makes)
{
    g_hash_table_unref(makes->words);
    g_hash_table_unref(makes->literals);
    g_array_unref(makes->joined);
}

void
macro_makes_add_texts(MacroMakes *makes, const TokenList *list)
{
    for (guint i = 0; makes->joined->len > 0 && i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG)
            continue;
        g_autoptr(GArray) words = jinja_words(list->text, token);
        add_literals(makes->literals, list->text, words);
    }
}

bool
macro_makes_may_be(const MacroMakes *makes, const char *name)
{
    for (guint i = 0; i < makes->joined->len; i++)
        if (pieces_may_be(&g_array_index(makes->joined, Pieces, i), makes->literals, name, true))
            return true;
    return false;
}
