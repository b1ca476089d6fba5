/* r.c - R: raw strings, r"(…)", R'---[…]---', and strings that calls put together, paste0("a", x). */
#include "rewrite/program/program.h"

#include <string.h>

#define DASHES_MAX 32        /* people write none */
#define CALL_PIECES_MAX 4096 /* of one call; people write some dozen */

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

/* ---- paste0("…", x, "…") ---- */

static const Piece *
piece_at(const GArray *pieces, guint index)
{
    static const Piece none = {.kind = PIECE_LINE};
    return index < pieces->len ? &g_array_index(pieces, Piece, index) : &none;
}

static char
sign_at(const Text *text, const GArray *pieces, guint index)
{
    const Piece *piece = piece_at(pieces, index);
    return piece->kind == PIECE_SIGN ? text->bytes[piece->begin] : '\0';
}

static guint
behind_lines(const GArray *pieces, guint index)
{
    while (index < pieces->len && piece_is_between(piece_at(pieces, index)))
        index++;
    return index;
}

/* `sep = …` behind a comma; of glue `.sep = …`, where the dot is a sign. */
static bool
is_named(const Text *text, const GArray *pieces, guint index)
{
    index += sign_at(text, pieces, index) == '.';
    return piece_at(pieces, index)->kind == PIECE_WORD && sign_at(text, pieces, index + 1) == '=' &&
           sign_at(text, pieces, index + 2) != '=';
}

/* What `sep = "…"` at `index` says; NULL: nothing that puts SQL together. */
static const char *
said_joint(const Text *text, const GArray *pieces, guint index)
{
    static const char *const joints[] = {"", " ", "\\n"};
    const Piece *value = piece_at(pieces, behind_lines(pieces, index + 2));
    for (size_t i = 0; value->kind == PIECE_LITERAL && i < G_N_ELEMENTS(joints); i++)
        if (value->inner_end - value->inner_begin == strlen(joints[i]) &&
            memcmp(text->bytes + value->inner_begin, joints[i], strlen(joints[i])) == 0)
            return i == 0 ? "" : " ";
    return NULL;
}

/* `sep` or `.sep`: at its word from here on. */
static bool
is_separator(const Text *text, const GArray *pieces, guint *at)
{
    *at += sign_at(text, pieces, *at) == '.';
    Span word = piece_span(piece_at(pieces, *at));
    return span_is(text, word, "sep") || span_is(text, word, ".sep");
}

/* The commas of the call whose bracket is at `open` are joints. */
static void
mark_joints(const Text *text, GArray *pieces, guint open, const char *joint)
{
    g_autoptr(GArray) commas = g_array_new(FALSE, FALSE, sizeof(guint));
    int depth = 0;
    guint i = open, end = MIN(pieces->len, open + CALL_PIECES_MAX);
    for (; i < end && (i == open || depth > 0); i++) {
        char sign = sign_at(text, pieces, i);
        depth += sign != '\0' && strchr("([{", sign) != NULL   ? 1
                 : sign != '\0' && strchr(")]}", sign) != NULL ? -1
                                                               : 0;
        guint next = behind_lines(pieces, i + 1);
        if (sign != ',' || depth != 1)
            continue;
        if (!is_named(text, pieces, next))
            g_array_append_val(commas, i);
        else if (is_separator(text, pieces, &next))
            joint = said_joint(text, pieces, next);
    }
    for (guint k = 0; depth == 0 && k < commas->len; k++)
        g_array_index(pieces, Piece, g_array_index(commas, guint, k)).joint = joint;
}

GArray *
lex_r(const Text *text, const Language *language, size_t begin, size_t end, size_t *ret_broken_at)
{
    static const char *const without_blank[] = {"paste0",   "str_c",    "stri_c", "glue",
                                                "str_glue", "glue_sql", NULL};
    GArray *pieces = lex_code(text, language, begin, end, ret_broken_at);
    for (guint i = 0; i + 1 < pieces->len; i++) {
        Span word = piece_span(piece_at(pieces, i));
        if (piece_at(pieces, i)->kind != PIECE_WORD || sign_at(text, pieces, i + 1) != '(')
            continue;
        if (span_is(text, word, "paste"))
            mark_joints(text, pieces, i + 1, " ");
        else if (span_is_among(text, word, without_blank))
            mark_joints(text, pieces, i + 1, "");
    }
    return pieces;
}
