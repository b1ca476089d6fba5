/*
 * commons.c - tables of WITH that templates read: `with stg as (…), one as ({{ deduplicate('stg') }})`.
 *
 * What a macro writes names the columns of such a table as they are called today, and nobody follows it there. So the table
 * keeps its names. It may be read where its name stands in a text that a macro or variable gets, where a macro of the project
 * names it by itself, and in a query that {% set %} keeps.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

static void
add_word(GHashTable *ret, const char *word, size_t bytes)
{
    g_hash_table_add(ret, g_ascii_strdown(word, (gssize) bytes));
}

/* The names in a text, but for those beside a dot: `stg.id` is looked at as a column. */
static void
add_text(DbtSpoken *ret, const char *text, const JinjaWord *string)
{
    for (uint32_t at = string->begin, from; at < string->end; at++) {
        for (from = at; at < string->end && is_identifier_byte(text[at]); at++)
            ;
        bool has_dot = text[from - 1] == '.' || (at < string->end && text[at] == '.');
        if (at > from && !has_dot)
            add_word(ret->tables, text + from, at - from);
        if (at > from && from == string->begin && at == string->end)
            add_word(ret->texts, text + from, at - from);
    }
}

/* ---- what is called ---- */

/* Whose texts name no table of the query. */
static bool
is_about_else(const char *text, const JinjaWord *callee)
{
    static const char *const names[] = {"ref",     "source", "config",   "var",
                                        "env_var", "doc",    "dispatch", "star"};
    g_autofree char *name = g_strndup(text + callee->begin, callee->end - callee->begin);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return package_macro_reads_no_table(name);
}

/* Goes over the word at `index`; `open` are the brackets that are open behind it. */
static void
note_bracket(const char *text, const GArray *words, guint index, GArray *open)
{
    const JinjaWord *word = jinja_word(words, index);
    if (word->kind != JINJA_SIGN)
        return;
    if (text[word->begin] == '(')
        g_array_append_val(open, index);
    else if (text[word->begin] == ')' && open->len > 0)
        g_array_set_size(open, open->len - 1);
}

/* The name before the innermost bracket; NULL: none. */
static const JinjaWord *
callee_of(const GArray *words, const GArray *open)
{
    guint bracket = open->len > 0 ? g_array_index(open, guint, open->len - 1) : 0;
    return bracket > 0 && jinja_word(words, bracket - 1)->kind == JINJA_NAME
               ? jinja_word(words, bracket - 1)
               : NULL;
}

static bool
is_alias_of_star(const char *text, const GArray *words, guint index)
{
    return index > 1 && jinja_is(text, words, index - 1, "=") &&
           jinja_is(text, words, index - 2, "relation_alias");
}

/* Where texts begin that are read as a table of WITH, plus one: their columns are followed. NULL: none. Caller frees. */
static GHashTable *
followed_texts(const Work *work)
{
    GHashTable *found = NULL;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->kind == SOURCE_COMMON &&
                work_token(work, source->first)->kind == TOKEN_TEMPLATE)
                set_add(&found, GSIZE_TO_POINTER((gsize) source->path.parts[0].begin + 1));
        }
    }
    return found;
}

static void
add_template(const Work *work, const Token *token, GHashTable *asked, GHashTable *followed,
             DbtSpoken *ret)
{
    const char *text = work->text;
    g_autoptr(GArray) words = jinja_words(text, token);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    if (token->kind == TOKEN_TAG && !jinja_is(text, words, 0, "set") &&
        !jinja_is(text, words, 0, "for") && !jinja_is(text, words, 0, "do") &&
        !jinja_is(text, words, 0, "call"))
        return; /* a condition, the head of a macro */
    for (guint i = 0; i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        note_bracket(text, words, i, open);
        if (word->kind == JINJA_NAME && jinja_is(text, words, i + 1, "(")) {
            g_autofree char *name = g_strndup(text + word->begin, word->end - word->begin);
            macros_add_words(work->options->macros, name, asked, ret->tables);
        }
        if (word->kind != JINJA_STRING || is_alias_of_star(text, words, i))
            continue;
        const JinjaWord *callee = callee_of(words, open);
        if ((callee == NULL || !is_about_else(text, callee)) &&
            !set_has(work->understood, GSIZE_TO_POINTER((gsize) word->begin + 1)) &&
            !set_has(followed, GSIZE_TO_POINTER((gsize) word->begin + 1)))
            add_text(ret, text, word);
    }
}

/* {% set q %} select id from stg {% endset %} */
static void
add_tables(const Work *work, GHashTable *ret)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->kind == SOURCE_TABLE && !source->is_template && source->path.count == 1)
                add_word(ret, source->path.parts[0].text, strlen(source->path.parts[0].text));
        }
    }
}

void
dbt_spoken_clear(DbtSpoken *spoken)
{
    g_hash_table_unref(spoken->tables);
    g_hash_table_unref(spoken->texts);
}

void
dbt_spoken_read(const Work *work, DbtSpoken *ret)
{
    const TokenList *list = work->sql->list;
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL), followed = followed_texts(work);
    *ret = (DbtSpoken){.tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                       .texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (work->sql->live->data[i] && (token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG))
            add_template(work, token, asked, followed, ret);
    }
    if (work->borders != NULL && work->borders->len > 0)
        add_tables(work, ret->tables);
}
