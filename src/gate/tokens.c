/*
 * tokens.c - the words and the deciding signs of a text, in whatever language: names, keywords, numbers, comparisons.
 *
 * What stands in strings is taken apart like all else, because queries, names of columns and expected values stand there.
 * Comments are left out, and so is punctuation: formatters move that about.
 */
#include "gate/inside.h"

#include <string.h>

static const char *const signs[] = {"===", "!==", "==", "!=", "<>", "<=", ">=", "&&", "||"};
static const char *const spaced_signs[] = {
    " < ", " > "}; /* brackets of types have no blanks around them */

static bool
is_of_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

/* A number has its point: 1.5 is not 15. */
static size_t
word_end(const char *text, size_t at, size_t end)
{
    bool is_number = g_ascii_isdigit(text[at]);
    while (at < end && (is_of_word(text[at]) || (is_number && text[at] == '.' && at + 1 < end &&
                                                 g_ascii_isdigit(text[at + 1]))))
        at++;
    return at;
}

static size_t
sign_bytes(const char *text, size_t at, size_t begin)
{
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (strncmp(text + at, signs[i], strlen(signs[i])) == 0)
            return strlen(signs[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(spaced_signs); i++)
        if (at > begin && strncmp(text + at - 1, spaced_signs[i], 3) == 0)
            return 1;
    return text[at] == '!' && is_of_word(text[at + 1]) ? 1 : 0;
}

static void
add(GArray *tokens, const Source *source, size_t at, size_t bytes, guint line)
{
    bool is_word = is_of_word(source->plain[at]);
    Token token = {.at = at,
                   .bytes = bytes,
                   .line = line,
                   .is_word = is_word,
                   .is_quoted = source->bare[at] == ' ' && source->plain[at] != ' '};
    token.text = g_ascii_strdown(source->plain + at, (gssize) bytes);
    g_array_append_val(tokens, token);
}

static void
add_line(GArray *tokens, const Source *source, guint line)
{
    const SourceLine *where = source_line(source, line);
    for (size_t at = where->begin; at < where->end;) {
        size_t bytes = is_of_word(source->plain[at]) ? word_end(source->plain, at, where->end) - at
                                                     : sign_bytes(source->plain, at, where->begin);
        if (bytes > 0)
            add(tokens, source, at, bytes, line);
        at += MAX(bytes, 1);
    }
}

static void
token_clear(void *data)
{
    g_free(((Token *) data)->text);
}

GArray *
tokens_of(const Source *source, const GArray *hunks, bool is_after)
{
    GArray *tokens = g_array_new(FALSE, FALSE, sizeof(Token));
    g_array_set_clear_func(tokens, token_clear);
    for (guint i = 0; i < hunks->len; i++) {
        const Hunk *hunk = &g_array_index(hunks, Hunk, i);
        guint first = is_after ? hunk->after : hunk->before;
        for (guint k = 0; k < (is_after ? hunk->added : hunk->removed); k++)
            add_line(tokens, source, first + k);
    }
    return tokens;
}

const Token *
token_at(const GArray *tokens, guint index)
{
    return index < tokens->len ? &g_array_index(tokens, Token, index) : NULL;
}

GHashTable *
tokens_count(const GArray *tokens)
{
    GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < tokens->len; i++) {
        char *text = token_at(tokens, i)->text;
        int count = GPOINTER_TO_INT(g_hash_table_lookup(counts, text));
        g_hash_table_replace(counts, text, GINT_TO_POINTER(count + 1));
    }
    return counts;
}

/* A keyword before it, or what follows, says that it is given its meaning here: `let x`, `x = `, `x := `, `x => `. */
bool
token_is_bound(const Source *source, const GArray *tokens, guint index)
{
    static const char *const before[] = {"let", "val", "var",    "const", "def", "fn", "func",
                                         "fun", "mut", "lambda", "auto",  "for", "as", "with"};
    static const char *const after[] = {" = ",  " := ", " => ",  " -> ",
                                        " in ", " <- ", " as (", "|"};
    const Token *token = token_at(tokens, index),
                *last = index > 0 ? token_at(tokens, index - 1) : NULL;
    const char *next = source->plain + token->at + token->bytes;
    const SourceLine *line = source_line(source, token->line);
    if (g_str_has_prefix(token->text, "__"))
        return false; /* it has a meaning of its own */
    for (size_t i = 0; last != NULL && i < G_N_ELEMENTS(before); i++)
        if (strcmp(last->text, before[i]) == 0)
            return true;
    /* within brackets it is the name of an argument; so it is on a line that ends with a comma */
    bool is_argument = line->end > line->begin && source->plain[line->end - 1] == ',';
    int depth = 0;
    for (size_t at = line->begin; at < token->at; at++)
        depth += (source->bare[at] == '(') - (source->bare[at] == ')');
    for (size_t i = 0; i < G_N_ELEMENTS(after); i++)
        if (g_ascii_strncasecmp(next, after[i], strlen(after[i])) == 0)
            return !(is_argument || depth > 0) || i >= 2;
    return false;
}
