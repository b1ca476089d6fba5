/*
 * joined_texts.c - the texts that templates of a file put together, with what is known of their parts.
 *
 * A variable may be any text where ref() or source() gets it, unless this file sets it to literals; elsewhere it is one of the
 * literals of the file.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/pieces.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define VARIABLES_DEEP_MAX 64 /* that are set to each other: what is behind them may be anything */
#define WORDS_BACK_MAX 4096   /* to the bracket around a word: longer calls are taken for none */

static const Token *
template_at(const JoinedTexts *joined, guint index)
{
    return &g_array_index(joined->templates, Token, index);
}

/* ---- what variables are ---- */

typedef enum { VALUE_UNKNOWN, VALUE_IS_ASKED, VALUE_IS_OPEN, VALUE_IS_LITERAL } Known;

/* [1, last) of a tag that sets variables, and the sign behind which their value stands; NULL: it sets none. */
static const char *
sign_of(const char *text, const GArray *words, guint *ret_last)
{
    const char *sign = jinja_is(text, words, 0, "set")   ? "="
                       : jinja_is(text, words, 0, "for") ? "in"
                                                         : NULL;
    *ret_last = sign != NULL ? jinja_find(text, words, 1, words->len, sign) : words->len;
    return sign;
}

static void
add_binding(JoinedTexts *joined, const JinjaWord *word, guint index)
{
    char *name = g_strndup(joined->text + word->begin, word->end - word->begin);
    GArray *tags = g_hash_table_lookup(joined->bindings, name);
    if (tags == NULL) {
        tags = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(joined->bindings, g_strdup(name), tags);
    }
    if (tags->len == 0 || g_array_index(tags, guint, tags->len - 1) != index)
        g_array_append_val(tags, index);
    g_free(name);
}

static void
add_bindings(JoinedTexts *joined, const GArray *words, guint index)
{
    guint last;
    bool is_macro = jinja_is(joined->text, words, 0, "macro");
    if (sign_of(joined->text, words, &last) == NULL && !is_macro)
        return;
    for (guint i = is_macro ? 3 : 1; i < last; i++)
        if (jinja_word(words, i)->kind == JINJA_NAME)
            add_binding(joined, jinja_word(words, i), index);
}

static bool is_literal(const JoinedTexts *joined, const JinjaWord *word, guint depth);

/* Literals, and variables that are, in a tag that sets one. */
static bool
is_literal_value(const JoinedTexts *joined, const Token *token, guint depth)
{
    static const char *const others[] = {"if", "else", "not", "in", "and", "or", NULL};
    g_autoptr(GArray) words = jinja_words(joined->text, token);
    guint last;
    if (sign_of(joined->text, words, &last) == NULL || last + 1 >= words->len)
        return false;
    for (guint i = last + 1; i < words->len; i++) {
        if (jinja_is(joined->text, words, i, "(") || jinja_is(joined->text, words, i, "."))
            return false;
        if (jinja_word(words, i)->kind == JINJA_NAME &&
            !jinja_is_any(joined->text, words, i, others) &&
            !is_literal(joined, jinja_word(words, i), depth + 1))
            return false;
    }
    return true;
}

/* Is the variable set here, and to nothing but literals? */
static bool
is_literal(const JoinedTexts *joined, const JinjaWord *word, guint depth)
{
    g_autofree char *name = g_strndup(joined->text + word->begin, word->end - word->begin);
    const GArray *tags = g_hash_table_lookup(joined->bindings, name);
    Known value = GPOINTER_TO_UINT(g_hash_table_lookup(joined->values, name));
    if (value != VALUE_UNKNOWN) /* one that is set by itself is open */
        return value == VALUE_IS_LITERAL;
    if (g_ascii_isdigit(*name))
        return true;
    g_hash_table_insert(joined->values, g_strdup(name), GUINT_TO_POINTER(VALUE_IS_ASKED));
    value = tags != NULL && depth < VARIABLES_DEEP_MAX ? VALUE_IS_LITERAL : VALUE_IS_OPEN;
    for (guint i = 0; value == VALUE_IS_LITERAL && i < tags->len; i++)
        if (!is_literal_value(joined, template_at(joined, g_array_index(tags, guint, i)), depth))
            value = VALUE_IS_OPEN;
    g_hash_table_insert(joined->values, g_strdup(name), GUINT_TO_POINTER(value));
    return value == VALUE_IS_LITERAL;
}

/* ---- where it goes ---- */

/* The bracket around a word; words->len: there is none. */
static guint
open_around(const char *text, const GArray *words, guint index)
{
    guint first = index > WORDS_BACK_MAX ? index - WORDS_BACK_MAX : 0;
    for (guint i = index, depth = 0; i > first; i--) {
        if (jinja_is(text, words, i - 1, ")"))
            depth++;
        else if (jinja_is(text, words, i - 1, "(") && depth-- == 0)
            return i - 1;
    }
    return words->len;
}

static bool
is_called(const char *text, const GArray *words, guint index, const char *const *callees)
{
    guint open = open_around(text, words, index);
    return open < words->len && open > 0 && jinja_is_any(text, words, open - 1, callees);
}

static const char *const tables[] = {"ref", "source", NULL}, *const refs[] = {"ref", NULL},
                         *const sources[] = {"source", NULL};

/* The variables in ref(name). */
static void
add_asked(JoinedTexts *joined, const GArray *words)
{
    const char *text = joined->text;
    for (guint i = 0; i + 1 < words->len; i++) {
        guint close = jinja_is_any(text, words, i, tables) && jinja_is(text, words, i + 1, "(")
                          ? jinja_close(text, words, i + 1)
                          : i;
        for (guint w = i + 2; w < close; w++)
            if (jinja_word(words, w)->kind == JINJA_NAME)
                g_hash_table_add(joined->asked, g_strndup(text + jinja_word(words, w)->begin,
                                                          jinja_word(words, w)->end -
                                                              jinja_word(words, w)->begin));
    }
}

/* ref('a' ~ b); or {% set name = 'a' ~ b %}, and ref(name) */
static bool
is_of_table(const JoinedTexts *joined, const GArray *words, guint index)
{
    const char *text = joined->text;
    if (is_called(text, words, index, tables))
        return true;
    if (index != 3 || !jinja_is(text, words, 0, "set") || !jinja_is(text, words, 2, "="))
        return false;
    const JinjaWord *word = jinja_word(words, 1);
    g_autofree char *name = g_strndup(text + word->begin, word->end - word->begin);
    return g_hash_table_contains(joined->asked, name);
}

/* config(alias='a' ~ b), log('a' ~ b): no table that is read, and no column. */
static bool
is_about_else(const char *text, const GArray *words, guint index)
{
    static const char *const callees[] = {
        "config", "log", "print", "warn", "raise_compiler_error", "var", "env_var", NULL};
    return jinja_is(text, words, 0, "config") || is_called(text, words, index, callees);
}

/* ---- the texts ---- */

/* Which values are known to be among the literals of the file. */
static void
close_values(const JoinedTexts *joined, const GArray *words, JoinedText *found)
{
    for (guint i = 0; i < found->pieces.count; i++) {
        Piece *piece = &found->pieces.list[i];
        const JinjaWord *word = piece->word > 0 ? jinja_word(words, piece->word - 1) : NULL;
        piece->is_open = found->is_of_table && piece->begin == NULL &&
                         (word == NULL || !is_literal(joined, word, 0));
    }
}

static void
take_text(JoinedTexts *joined, const GArray *words, guint index)
{
    JoinedText found = {0};
    if (!pieces_read(joined->text, words, index, &found.pieces) ||
        is_about_else(joined->text, words, index))
        return;
    const JinjaWord *first = jinja_word(words, index),
                    *last = jinja_word(words, found.pieces.last - 1);
    found.begin = first->begin - (first->kind == JINJA_STRING ? 1 : 0);
    found.end = last->end + (last->kind == JINJA_STRING ? 1 : 0);
    found.is_of_table = is_of_table(joined, words, index);
    found.is_of_ref = is_called(joined->text, words, index, refs);
    found.is_of_source = is_called(joined->text, words, index, sources);
    close_values(joined, words, &found);
    g_array_append_val(joined->found, found);
}

/* Is anything put together there? */
static bool
may_join(const char *text, const Token *token)
{
    const char *begin = text + token->begin + 2, *end = text + token->end - 2;
    size_t bytes = begin < end ? (size_t) (end - begin) : 0;
    return bytes > 0 &&
           (memchr(begin, '~', bytes) != NULL || memchr(begin, '+', bytes) != NULL ||
            memchr(begin, '%', bytes) != NULL || memmem(begin, bytes, "format", 6) != NULL ||
            memmem(begin, bytes, "join", 4) != NULL);
}

static void
take_template(JoinedTexts *joined, const Token *token)
{
    static const char *const inner[] = {"~", "+", "%", ".", "|", NULL};
    g_autoptr(GArray) words = jinja_words(joined->text, token);
    for (guint i = 0; i < words->len; i++) {
        bool may_begin =
            jinja_word(words, i)->kind != JINJA_SIGN || jinja_is(joined->text, words, i, "[");
        if (may_begin && (i == 0 || !jinja_is_any(joined->text, words, i - 1, inner)))
            take_text(joined, words, i);
    }
}

static void
look_at(JoinedTexts *joined, guint index)
{
    g_autoptr(GArray) words = jinja_words(joined->text, template_at(joined, index));
    add_bindings(joined, words, index);
    add_asked(joined, words);
    for (guint w = 0; w < words->len; w++) {
        const JinjaWord *word = jinja_word(words, w);
        if (word->kind == JINJA_STRING && word->end > word->begin)
            g_hash_table_add(joined->literals,
                             g_ascii_strdown(joined->text + word->begin, word->end - word->begin));
    }
}

static GHashTable *
set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

JoinedTexts *
joined_texts_new(const char *text, const GArray *templates)
{
    bool may = false;
    for (guint i = 0; !may && i < templates->len; i++)
        may = may_join(text, &g_array_index(templates, Token, i));
    if (!may)
        return NULL;
    JoinedTexts *joined = g_new0(JoinedTexts, 1);
    *joined = (JoinedTexts){.text = text,
                            .templates = templates,
                            .found = g_array_new(FALSE, FALSE, sizeof(JoinedText)),
                            .literals = set_new(),
                            .values = set_new(),
                            .asked = set_new(),
                            .bindings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                              (GDestroyNotify) g_array_unref)};
    for (guint i = 0; i < templates->len; i++)
        look_at(joined, i);
    for (guint i = 0; i < templates->len; i++)
        if (may_join(text, template_at(joined, i)))
            take_template(joined, template_at(joined, i));
    joined->templates = NULL;
    if (joined->found->len == 0)
        g_clear_pointer(&joined, joined_texts_free);
    return joined;
}

JoinedTexts *
joined_texts_read(const char *text, size_t bytes)
{
    g_autoptr(GArray) templates = jinja_templates(text, bytes);
    return joined_texts_new(text, templates);
}

void
joined_texts_free(JoinedTexts *joined)
{
    if (joined == NULL)
        return;
    g_array_unref(joined->found);
    g_hash_table_unref(joined->literals);
    g_hash_table_unref(joined->values);
    g_hash_table_unref(joined->asked);
    g_hash_table_unref(joined->bindings);
    g_free(joined);
}

bool
joined_text_may_be(const JoinedTexts *joined, const JoinedText *found, const char *name,
                   bool is_folded)
{
    return pieces_may_be(&found->pieces, joined->literals, name, is_folded);
}

bool
joined_texts_may_read(const JoinedTexts *joined, const char *model)
{
    for (guint i = 0; joined != NULL && i < joined->found->len; i++) {
        const JoinedText *found = &g_array_index(joined->found, JoinedText, i);
        if (!found->is_of_source && joined_text_may_be(joined, found, model, false))
            return true;
    }
    return false;
}
