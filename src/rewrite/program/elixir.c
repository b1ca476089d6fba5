/*
 * elixir.c - Elixir: here-documents in three quotes, sigils, characters, and `<>`, which puts strings together.
 */
#include "rewrite/program/program.h"

#include <string.h>

/* ?" and ?\" are characters. */
static size_t
character_end(const Text *text, size_t at)
{
    char c = text_byte(text, at + 1);
    bool begins = at == 0 || !is_identifier_byte(text->bytes[at - 1]);
    if (text->bytes[at] != '?' || !begins)
        return 0;
    if (c == '\\')
        return at + 3;
    return c == '"' || c == '\'' || c == '#' ? at + 2 : 0;
}

static char
closing_of(char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : open == '<' ? '>' : open;
}

/* Behind what ends the sigil; 0: nothing does. */
static size_t
sigil_close(const Text *text, size_t at, size_t end, const char *close, bool has_escapes)
{
    const Language *language = language_by_name("elixir");
    while (at < end) {
        size_t behind = at + 1;
        if (text_starts(text, at, close))
            return at + strlen(close);
        if (text->bytes[at] == '\\' && (has_escapes || text_byte(text, at + 1) == close[0]))
            behind = at + 2;
        else if (has_escapes && text_starts(text, at, "#{"))
            behind = expression_end(text, language, at + 2, end, '}', 0);
        if (behind == 0)
            return 0;
        at = behind;
    }
    return 0;
}

/* ~s(…), ~S"""…""", and patterns, lists, templates, which are no strings. */
static size_t
lex_sigil(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    size_t open = at + 1;
    if (text->bytes[at] != '~' || !g_ascii_isalpha(text_byte(text, open)))
        return 0;
    while (g_ascii_isalpha(text_byte(text, open)))
        open++;
    char first = text_byte(text, open);
    if (first == '\0' || strchr("/|\"'([{<", first) == NULL)
        return 0;
    bool is_long = text_starts(text, open, "\"\"\"") || text_starts(text, open, "'''");
    char close[] = {closing_of(first), is_long ? first : '\0', is_long ? first : '\0', '\0'};
    bool is_raw = g_ascii_isupper(text->bytes[at + 1]);
    bool is_string = open == at + 2 && g_ascii_tolower(text->bytes[at + 1]) == 's';
    size_t inner = open + strlen(close), behind = sigil_close(text, inner, end, close, !is_raw);
    if (behind == 0) {
        *ret_broken_at = at;
        return end;
    }
    Piece piece = {.kind = is_string ? PIECE_LITERAL : PIECE_COMMENT,
                   .is_foreign = !is_string,
                   .begin = (uint32_t) at,
                   .end = (uint32_t) behind,
                   .inner_begin = (uint32_t) inner,
                   .inner_end = (uint32_t) (behind - strlen(close)),
                   .quoting = {.quote = close[0],
                               .is_long = is_long,
                               .escape = is_raw ? ESCAPE_NONE : ESCAPE_C,
                               .holes = is_raw ? HOLES_NONE : HOLES_RUBY}};
    g_array_append_val(pieces, piece);
    return piece.end;
}

size_t
special_of_elixir(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    size_t behind = character_end(text, at);
    if (behind == 0 && text_starts(text, at, "<>"))
        behind = at + 2;
    if (behind == 0)
        return lex_sigil(text, at, end, pieces, ret_broken_at);
    Piece piece = {.kind = PIECE_SIGN, .begin = (uint32_t) at, .end = (uint32_t) MIN(behind, end)};
    g_array_append_val(pieces, piece);
    return piece.end;
}
