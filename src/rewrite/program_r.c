/* program_r.c - raw strings of R: r"(…)", R'---[…]---'. */
#include "rewrite/program.h"

#define DASHES_MAX 32 /* people write none */

/* The bracket, as many dashes as before it, and the quote. */
static bool
ends_raw(const Text *text, size_t at, char close, size_t dashes, char quote)
{
    if (text_byte(text, at) != close)
        return false;
    for (size_t i = 1; i <= dashes; i++)
        if (text_byte(text, at + i) != '-')
            return false;
    return text_byte(text, at + dashes + 1) == quote;
}

size_t
special_of_r(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    char letter = text->bytes[at], quote = text_byte(text, at + 1);
    size_t dashes = 0;
    if ((letter != 'r' && letter != 'R') || (quote != '"' && quote != '\''))
        return 0;
    while (dashes < DASHES_MAX && text_byte(text, at + 2 + dashes) == '-')
        dashes++;
    char open = text_byte(text, at + 2 + dashes);
    char close = open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '\0';
    if (close == '\0')
        return 0;
    size_t inner = at + 3 + dashes;
    for (size_t i = inner; i < end; i++) {
        if (!ends_raw(text, i, close, dashes, quote))
            continue;
        Piece piece = {.kind = PIECE_LITERAL,
                       .begin = (uint32_t) at,
                       .end = (uint32_t) (i + dashes + 2),
                       .inner_begin = (uint32_t) inner,
                       .inner_end = (uint32_t) i,
                       .quoting = {.quote = quote, .escape = ESCAPE_NONE, .is_long = true}};
        g_array_append_val(pieces, piece);
        return piece.end;
    }
    *ret_broken_at = at;
    return end;
}
