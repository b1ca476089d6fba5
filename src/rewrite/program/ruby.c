/*
 * ruby.c - Ruby: here-documents, %q(…) and its like, patterns, =begin … =end, __END__.
 *
 * A here-document is read where its word stands, <<~SQL; its lines are behind that line, and passed over there.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

static size_t
line_end(const Text *text, size_t at, size_t end)
{
    const char *found = at < end ? memchr(text->bytes + at, '\n', end - at) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : end;
}

static void
add(GArray *pieces, PieceKind kind, size_t begin, size_t end)
{
    Piece piece = {.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    g_array_append_val(pieces, piece);
}

static bool
begins_line(const Text *text, size_t at)
{
    return at == 0 || text->bytes[at - 1] == '\n';
}

/* What stands before goes on as a value: then % and / are operators, and << appends. */
static bool
is_behind_value(const Text *text, const GArray *pieces, size_t at)
{
    static const char *const words[] = {"return", "and",   "or",    "not",   "if",
                                        "unless", "when",  "while", "until", "puts",
                                        "raise",  "elsif", "then",  "do",    NULL};
    const Piece *piece = pieces->len > 0 ? &g_array_index(pieces, Piece, pieces->len - 1) : NULL;
    if (piece == NULL || piece->kind == PIECE_LINE || piece->kind == PIECE_COMMENT)
        return false;
    if (piece->kind == PIECE_SIGN)
        return strchr(")]}", text->bytes[piece->begin]) != NULL;
    if (piece->kind == PIECE_WORD && piece->end < at && !g_ascii_isspace(text_byte(text, at + 1)))
        return false; /* execute %q(…): an argument; a % b: an operator */
    return piece->kind != PIECE_WORD || !span_is_among(text, piece_span(piece), words);
}

/* ---- here-documents ---- */

/* Behind the last line of what begins on this line so far, or 0: no here-document does. */
static size_t
behind_here_documents(const Text *text, const GArray *pieces, size_t end)
{
    size_t behind = 0;
    for (guint i = pieces->len; i > 0; i--) {
        const Piece *piece = &g_array_index(pieces, Piece, i - 1);
        if (piece->kind == PIECE_LINE)
            break;
        if (piece->kind == PIECE_LITERAL && piece->inner_begin > piece->end)
            behind = MAX(behind, line_end(text, piece->inner_end, end) + 1);
    }
    return MIN(behind, end);
}

static size_t
closing_line(const Text *text, size_t line, size_t end, Span word)
{
    size_t bytes = word.end - word.begin;
    for (; line < end; line = line_end(text, line, end) + 1) {
        size_t at = line, last = line_end(text, line, end);
        while (text_byte(text, at) == ' ' || text_byte(text, at) == '\t')
            at++;
        while (last > at && g_ascii_isspace(text->bytes[last - 1]))
            last--;
        if (last - at == bytes && memcmp(text->bytes + at, text->bytes + word.begin, bytes) == 0)
            return line;
    }
    return SIZE_MAX;
}

/* <<~SQL, <<-'SQL', <<"SQL" */
static size_t
lex_here_document(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    if (!text_starts(text, at, "<<"))
        return 0;
    size_t begin = at + 2;
    bool is_loose = text_byte(text, begin) == '~' || text_byte(text, begin) == '-';
    begin += is_loose;
    char quote = text_byte(text, begin);
    bool has_quote = quote != '\0' && strchr("'\"`", quote) != NULL;
    begin += has_quote;
    Span word = {(uint32_t) begin, (uint32_t) begin};
    while (is_identifier_byte(text_byte(text, word.end)))
        word.end++;
    bool is_word = word.end > word.begin && !g_ascii_isdigit(text->bytes[word.begin]) &&
                   (!has_quote || text_byte(text, word.end) == quote) &&
                   (is_loose || g_ascii_isupper(text->bytes[word.begin]));
    if (!is_word || (!is_loose && is_behind_value(text, pieces, at)))
        return 0;
    size_t first = behind_here_documents(text, pieces, end);
    first = first > 0 ? first : MIN(line_end(text, word.end, end) + 1, end);
    size_t close = closing_line(text, first, end, word);
    if (close == SIZE_MAX) {
        *ret_broken_at = at;
        return end;
    }
    bool is_raw = has_quote && quote == '\'';
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .begin = (uint32_t) at,
                   .end = word.end + has_quote,
                   .inner_begin = (uint32_t) first,
                   .inner_end = (uint32_t) close,
                   .quoting = {.escape = is_raw ? ESCAPE_NONE : ESCAPE_C,
                               .holes = is_raw ? HOLES_NONE : HOLES_RUBY}};
    g_array_append_val(pieces, piece);
    return piece.end;
}

/* ---- %q(…) ---- */

static char
closing_of(char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : open == '<' ? '>' : open;
}

/* Where the bracket or sign that ends it stands; SIZE_MAX: nowhere. */
static size_t
percent_end(const Text *text, size_t at, size_t end, char open)
{
    char close = closing_of(open);
    int depth = 0;
    for (; at < end; at++) {
        char c = text->bytes[at];
        if (c == '\\')
            at++;
        else if (c == close && depth-- == 0)
            return at;
        else if (c == open && close != open)
            depth++;
    }
    return SIZE_MAX;
}

/* %q(…) %Q[…] %(…), and lists, patterns and commands, which are no strings. */
static size_t
lex_percent(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    char kind = text_byte(text, at + 1);
    bool has_kind = kind != '\0' && strchr("qQwWiIrxs", kind) != NULL;
    char open = text_byte(text, at + 1 + has_kind);
    if (text->bytes[at] != '%' || open == '\0' || g_ascii_isalnum(open) || g_ascii_isspace(open) ||
        (!has_kind && strchr("([{<|!", open) == NULL) || open == '=' ||
        is_behind_value(text, pieces, at))
        return 0;
    size_t inner = at + 2 + has_kind, close = percent_end(text, inner, end, open);
    if (close == SIZE_MAX) {
        *ret_broken_at = at;
        return end;
    }
    bool is_string = !has_kind || kind == 'q' || kind == 'Q';
    Piece piece = {.kind = is_string ? PIECE_LITERAL : PIECE_SIGN,
                   .begin = (uint32_t) at,
                   .end = (uint32_t) close + 1,
                   .inner_begin = (uint32_t) inner,
                   .inner_end = (uint32_t) close,
                   .quoting = {.quote = closing_of(open) == open ? open : '\0', /* pairs nest */
                               .escape = kind == 'q' ? ESCAPE_QUOTE : ESCAPE_C,
                               .holes = kind == 'q' ? HOLES_NONE : HOLES_RUBY}};
    g_array_append_val(pieces, piece);
    return piece.end;
}

/* ---- the rest ---- */

/* /…/, whose quotes open nothing. */
static size_t
lex_pattern(const Text *text, size_t at, size_t end, GArray *pieces)
{
    if (text->bytes[at] != '/' || is_behind_value(text, pieces, at))
        return 0;
    for (size_t i = at + 1; i < end && text->bytes[i] != '\n'; i++)
        if (text->bytes[i] == '\\')
            i++;
        else if (text->bytes[i] == '/') {
            add(pieces, PIECE_SIGN, at, i + 1);
            return i + 1;
        }
    return 0;
}

/* =begin … =end; and what is behind __END__ */
static size_t
lex_block(const Text *text, size_t at, size_t end, GArray *pieces)
{
    if (!begins_line(text, at))
        return 0;
    size_t behind = end;
    if (text_starts(text, at, "=begin")) {
        const char *close = memmem(text->bytes + at, end - at, "\n=end", 5);
        behind = close != NULL ? line_end(text, (size_t) (close - text->bytes) + 1, end) : end;
    } else if (!text_starts(text, at, "__END__") ||
               line_end(text, at, end) > at + strlen("__END__\r"))
        return 0;
    add(pieces, PIECE_COMMENT, at, behind);
    return behind;
}

/* ?" is a character. */
static size_t
lex_character(const Text *text, size_t at, GArray *pieces)
{
    char c = text_byte(text, at + 1);
    if (text->bytes[at] != '?' || (c != '"' && c != '\'' && c != '`' && c != '#') ||
        is_behind_value(text, pieces, at))
        return 0;
    add(pieces, PIECE_SIGN, at, at + 2);
    return at + 2;
}

size_t
special_of_ruby(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    size_t behind;
    if (text->bytes[at] == '\n' && (behind = behind_here_documents(text, pieces, end)) > 0) {
        add(pieces, PIECE_LINE, at, at + 1);
        return behind;
    }
    if ((behind = lex_block(text, at, end, pieces)) > 0 ||
        (behind = lex_here_document(text, at, end, pieces, ret_broken_at)) > 0 ||
        (behind = lex_percent(text, at, end, pieces, ret_broken_at)) > 0 ||
        (behind = lex_character(text, at, pieces)) > 0)
        return behind;
    return lex_pattern(text, at, end, pieces);
}
