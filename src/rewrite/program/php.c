/*
 * php.c - PHP: code between <?php and ?>, here-documents, and comments that ?> ends.
 *
 * What stands around the code is of another language, and nobody knows what reads it: it is not looked into.
 */
#include "rewrite/program/program.h"

#include <string.h>

static void
add(GArray *pieces, PieceKind kind, size_t begin, size_t end, bool is_foreign)
{
    Piece piece = {
        .kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end, .is_foreign = is_foreign};
    g_array_append_val(pieces, piece);
}

/* <?php, <?=, <? but not <?xml: behind it, or 0. */
static size_t
opening_end(const Text *text, size_t at)
{
    if (!text_starts(text, at, "<?"))
        return 0;
    if (at + 5 <= text->count && g_ascii_strncasecmp(text->bytes + at + 2, "php", 3) == 0)
        return at + 5;
    if (text_byte(text, at + 2) == '=')
        return at + 3;
    return g_ascii_isalpha(text_byte(text, at + 2)) ? 0 : at + 2;
}

/* From outside of the code to behind the next opening. */
static size_t
skip_outside(const Text *text, size_t at, size_t end, GArray *pieces)
{
    size_t open = at, behind = 0;
    while (open < end && (behind = opening_end(text, open)) == 0)
        open++;
    if (open > at)
        add(pieces, PIECE_COMMENT, at, open, true);
    return behind > 0 ? behind : end;
}

/* `//` and `#` to the end of the line or of the code; #[…] is no comment. */
static size_t
lex_comment(const Text *text, size_t at, size_t end, GArray *pieces)
{
    bool is_hash = text->bytes[at] == '#' && text_byte(text, at + 1) != '[';
    size_t behind = at;
    if (!is_hash && !text_starts(text, at, "//"))
        return 0;
    while (behind < end && text->bytes[behind] != '\n' && !text_starts(text, behind, "?>"))
        behind++;
    add(pieces, PIECE_COMMENT, at, behind, false);
    return behind;
}

/* ---- annotations of Doctrine in comments ---- */

/* Behind @ORM\Column(…), @ORM\Id, @Table(…) at `at`; 0: it is another one, more than `end`: it does not end. */
static size_t
annotation_end(const Text *text, size_t at, size_t end)
{
    static const char *const bare[] = {"Table", "Column", "JoinColumn", "JoinTable", NULL};
    bool is_orm = text_starts(text, at, "@ORM\\");
    size_t word = at + (is_orm ? strlen("@ORM\\") : 1), open = word;
    while (open < end && is_identifier_byte(text->bytes[open]))
        open++;
    if (!is_orm && (!span_is_among(text, (Span){(uint32_t) word, (uint32_t) open}, bare) ||
                    text_byte(text, open) != '('))
        return 0;
    if (open >= end || text->bytes[open] != '(')
        return open;
    bool in_text = false;
    for (int depth = 0; open < end; open++) {
        char c = text->bytes[open];
        in_text ^= c == '"';
        depth += in_text ? 0 : (c == '(') - (c == ')');
        if (depth == 0)
            return open + 1;
    }
    return end + 1;
}

/* What is code there; the stars that lines of the comment begin with are none. */
static void
lex_annotation(const Text *text, size_t at, size_t end, GArray *pieces)
{
    size_t broken_at = SIZE_MAX; /* strings end, since brackets do */
    bool begins = false;
    g_autoptr(GArray) code = lex_code(text, language_by_name("php"), at, end, &broken_at);
    for (guint i = 0; i < code->len; i++) {
        const Piece *piece = &g_array_index(code, Piece, i);
        if (!begins || piece->kind != PIECE_SIGN || text->bytes[piece->begin] != '*')
            g_array_append_vals(pieces, piece, 1);
        begins = piece->kind == PIECE_LINE;
    }
}

/* A comment whose annotations say what a class is in the store; 0: it is none. */
static size_t
lex_annotated(const Text *text, size_t at, size_t end, GArray *pieces)
{
    const char *close =
        text_starts(text, at, "/**") ? memmem(text->bytes + at, end - at, "*/", 2) : NULL;
    size_t from = at, last = close != NULL ? (size_t) (close - text->bytes) : 0;
    for (size_t i = at, behind; i < last; i++) {
        if (text->bytes[i] != '@' || (behind = annotation_end(text, i, last)) == 0)
            continue;
        if (behind > last)
            break; /* its brackets do not match: text for people */
        add(pieces, PIECE_COMMENT, from, i, false);
        lex_annotation(text, i, behind, pieces);
        from = behind;
        i = behind - 1;
    }
    if (from > at)
        add(pieces, PIECE_COMMENT, from, last + 2, false);
    return from > at ? last + 2 : 0;
}

/* ---- here-documents ---- */

static size_t
line_end(const Text *text, size_t at, size_t end)
{
    const char *found = at < end ? memchr(text->bytes + at, '\n', end - at) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : end;
}

/* The word after <<<, in quotes or not; `*ret_quote` is what stands around it. False when there is none. */
static bool
here_word(const Text *text, size_t at, Span *ret, char *ret_quote)
{
    while (text_byte(text, at) == ' ' || text_byte(text, at) == '\t')
        at++;
    char quote = text_byte(text, at);
    *ret_quote = quote == '"' || quote == '\'' ? quote : '\0';
    at += *ret_quote != '\0';
    *ret = (Span){(uint32_t) at, (uint32_t) at};
    while (is_identifier_byte(text_byte(text, ret->end)))
        ret->end++;
    return ret->end > ret->begin && (*ret_quote == '\0' || text_byte(text, ret->end) == *ret_quote);
}

/* Where the word that ends it stands, in the first line that begins with it; 0: nowhere. */
static size_t
closing_word(const Text *text, size_t line, size_t end, Span word)
{
    size_t bytes = word.end - word.begin;
    for (; line < end; line = line_end(text, line, end) + 1) {
        size_t at = line;
        while (text_byte(text, at) == ' ' || text_byte(text, at) == '\t')
            at++;
        if (at + bytes <= end && memcmp(text->bytes + at, text->bytes + word.begin, bytes) == 0 &&
            !is_identifier_byte(text_byte(text, at + bytes)))
            return at;
    }
    return 0;
}

static size_t
lex_here_document(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    Span word;
    char quote;
    if (!text_starts(text, at, "<<<") || !here_word(text, at + 3, &word, &quote))
        return 0;
    size_t begin = MIN(line_end(text, word.end, end) + 1, end);
    size_t close = closing_word(text, begin, end, word), line = close;
    if (close == 0) {
        *ret_broken_at = at;
        return end;
    }
    while (line > begin && text->bytes[line - 1] != '\n')
        line--;
    Piece piece = {.kind = PIECE_LITERAL,
                   .begin = (uint32_t) at,
                   .end = (uint32_t) (close + (word.end - word.begin)),
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) line,
                   .quoting = {.escape = quote == '\'' ? ESCAPE_NONE : ESCAPE_PHP,
                               .holes = quote == '\'' ? HOLES_NONE : HOLES_PHP}};
    g_array_append_val(pieces, piece);
    return piece.end;
}

/* ---- the whole ---- */

size_t
special_of_php(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    if (text_starts(text, at, "?>")) {
        add(pieces, PIECE_SIGN, at, at + 1, false); /* ends a statement */
        return skip_outside(text, at + 2, end, pieces);
    }
    size_t behind = lex_comment(text, at, end, pieces);
    if (behind == 0)
        behind = lex_annotated(text, at, end, pieces);
    return behind > 0 ? behind : lex_here_document(text, at, end, pieces, ret_broken_at);
}

GArray *
lex_php(const Text *text, const Language *language, size_t begin, size_t end, size_t *ret_broken_at)
{
    GArray *outside = g_array_new(FALSE, FALSE, sizeof(Piece));
    bool is_file = begin == 0 && text->from == NULL; /* and no expression in a string */
    size_t at = is_file ? skip_outside(text, begin, end, outside) : begin;
    g_autoptr(GArray) code = lex_code(text, language, at, end, ret_broken_at);
    g_array_append_vals(outside, code->data, code->len);
    return outside;
}
