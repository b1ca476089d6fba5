/*
 * lex.c - programs cut into pieces: words, signs, literals, comments, ends of lines.
 *
 * One pass; each piece is decided by its first bytes and the language's row of the table. A quote that does not find
 * its other half on the line is a sign: apostrophes stand in texts of JSX.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const Text *text;
    const Language *language;
    size_t end;
    GArray *pieces;
} Lexer;

/* ---- all the others ---- */

static void
add(Lexer *lexer, PieceKind kind, size_t begin, size_t end)
{
    Piece piece = {.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    g_array_append_val(lexer->pieces, piece);
}

static size_t
end_of_line(const Lexer *lexer, size_t at)
{
    const char *found = memchr(lexer->text->bytes + at, '\n', lexer->end - at);
    return found != NULL ? (size_t) (found - lexer->text->bytes) : lexer->end;
}

static size_t
end_of_block(const Lexer *lexer, size_t at)
{
    const Language *language = lexer->language;
    int depth = 1;
    for (at += strlen(language->block_open); at < lexer->end; at++) {
        if (text_starts(lexer->text, at, language->block_close)) {
            at += strlen(language->block_close) - 1;
            if (--depth == 0)
                return at + 1;
        } else if (language->nests_comments && text_starts(lexer->text, at, language->block_open)) {
            depth++;
            at++;
        }
    }
    return lexer->end;
}

static size_t
lex_comment(Lexer *lexer, size_t at)
{
    const Language *language = lexer->language;
    size_t end = 0;
    for (size_t i = 0; language->line_comments[i] != NULL && end == 0; i++)
        if (text_starts(lexer->text, at, language->line_comments[i]))
            end = end_of_line(lexer, at);
    if (end == 0 && language->block_open != NULL &&
        text_starts(lexer->text, at, language->block_open))
        end = end_of_block(lexer, at);
    if (end > at)
        add(lexer, PIECE_COMMENT, at, end);
    return end;
}

/* A pattern may stand where a value may not go on. */
static bool
may_be_pattern(const Lexer *lexer)
{
    guint i = lexer->pieces->len;
    while (i > 0 && (g_array_index(lexer->pieces, Piece, i - 1).kind == PIECE_LINE ||
                     g_array_index(lexer->pieces, Piece, i - 1).kind == PIECE_COMMENT))
        i--;
    if (i == 0)
        return true;
    const Piece *piece = &g_array_index(lexer->pieces, Piece, i - 1);
    if (piece->kind == PIECE_SIGN)
        return strchr(")]}<", lexer->text->bytes[piece->begin]) == NULL; /* < of a tag */
    static const char *const words[] = {"return", "typeof", "case", "in", "of", NULL};
    return piece->kind == PIECE_WORD &&
           span_is_among(lexer->text, (Span){piece->begin, piece->end}, words);
}

static size_t
lex_pattern(Lexer *lexer, size_t at)
{
    if (!lexer->language->has_patterns || lexer->text->bytes[at] != '/' || !may_be_pattern(lexer))
        return 0;
    bool in_class = false;
    for (size_t i = at + 1; i < lexer->end && lexer->text->bytes[i] != '\n'; i++) {
        char c = lexer->text->bytes[i];
        if (c == '\\')
            i++;
        else if (c == '[' || c == ']')
            in_class = c == '[';
        else if (c == '/' && !in_class && i > at + 1) {
            add(lexer, PIECE_SIGN, at, i + 1);
            return i + 1;
        }
    }
    return 0;
}

static size_t
lex_literal(Lexer *lexer, size_t at, size_t *ret_broken_at)
{
    Piece piece;
    if (!literal_at(lexer->text, lexer->language, at, 0, &piece))
        return 0;
    if (piece.end == 0) {
        *ret_broken_at = at;
        return lexer->end;
    }
    g_array_append_val(lexer->pieces, piece);
    return piece.end;
}

static size_t
end_of_word(const Lexer *lexer, size_t at)
{
    bool has_dashes = lexer->language->is_data; /* unquoted names of HOCON and HCL */
    while (at < lexer->end && (is_identifier_byte(lexer->text->bytes[at]) ||
                               (has_dashes && lexer->text->bytes[at] == '-')))
        at++;
    return at;
}

/* `""" <<EOF` of HCL: lines up to the word alone. */
static size_t
lex_here_document(Lexer *lexer, size_t at)
{
    const Text *text = lexer->text;
    if (strcmp(lexer->language->name, "hcl") != 0 || !text_starts(text, at, "<<"))
        return 0;
    size_t name = at + 2 + (text_byte(text, at + 2) == '-'), behind = name;
    while (is_identifier_byte(text_byte(text, behind)))
        behind++;
    size_t line = end_of_line(lexer, behind);
    if (behind == name || line >= lexer->end)
        return 0;
    for (size_t begin = line + 1; begin < lexer->end; begin = end_of_line(lexer, begin) + 1) {
        size_t word = begin;
        while (text_byte(text, word) == ' ' || text_byte(text, word) == '\t')
            word++;
        if (word + (behind - name) > lexer->end ||
            memcmp(text->bytes + word, text->bytes + name, behind - name) != 0 ||
            is_identifier_byte(text_byte(text, word + (behind - name))))
            continue;
        Piece piece = {.kind = PIECE_LITERAL,
                       .begin = (uint32_t) at,
                       .end = (uint32_t) (word + (behind - name)),
                       .inner_begin = (uint32_t) line + 1,
                       .inner_end = (uint32_t) begin,
                       .is_alone = true,
                       .quoting = {.escape = ESCAPE_NONE, .holes = HOLES_DOLLAR_BRACES}};
        g_array_append_val(lexer->pieces, piece);
        return piece.end;
    }
    return 0;
}

static void
add_value(Lexer *lexer, size_t begin, size_t end, Quoting quoting, size_t behind)
{
    while (end > begin && g_ascii_isspace(lexer->text->bytes[end - 1]))
        end--;
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .begin = (uint32_t) begin,
                   .end = (uint32_t) behind,
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) end,
                   .quoting = quoting};
    g_array_append_val(lexer->pieces, piece);
}

/* The last piece but `back`, over the ends of lines; NULL: there is none. */
static const Piece *
piece_before(const Lexer *lexer, guint back)
{
    for (guint i = lexer->pieces->len; i > 0; i--) {
        const Piece *piece = &g_array_index(lexer->pieces, Piece, i - 1);
        if (piece->kind != PIECE_LINE && back-- == 0)
            return piece;
    }
    return NULL;
}

static bool
is_one_of(const Lexer *lexer, const Piece *piece, const char *signs)
{
    return piece != NULL && piece->kind == PIECE_SIGN &&
           strchr(signs, lexer->text->bytes[piece->begin]) != NULL;
}

static bool
is_behind_key(const Lexer *lexer, const char *signs)
{
    guint count = lexer->pieces->len;
    return count > 0 && is_one_of(lexer, &g_array_index(lexer->pieces, Piece, count - 1), signs);
}

/* `table = a.b` of HOCON, `sql: … ;;` of LookML, which may begin on another line. */
static size_t
lex_value(Lexer *lexer, size_t at)
{
    const Text *text = lexer->text;
    size_t end = at;
    if (lexer->language->has_bare_values && is_behind_key(lexer, "=:") &&
        is_identifier_byte(text->bytes[at])) {
        while (end < lexer->end && strchr("\n,}]#\"", text->bytes[end]) == NULL)
            end++;
        add_value(lexer, at, end, (Quoting){.is_bare = true}, end);
        return end;
    }
    if (!lexer->language->has_sql_values || !is_one_of(lexer, piece_before(lexer, 0), ":"))
        return 0;
    const Piece *key = piece_before(lexer, 1);
    if (key == NULL || key->kind != PIECE_WORD ||
        (strncmp(text->bytes + key->begin, "sql", 3) != 0 &&
         strncmp(text->bytes + key->begin, "expression", 10) != 0))
        return 0;
    const char *close = memmem(text->bytes + at, lexer->end - at, ";;", 2);
    if (close == NULL)
        return 0;
    end = (size_t) (close - text->bytes);
    add_value(lexer, at, end, (Quoting){.holes = HOLES_DOLLAR_BRACES}, end);
    return end;
}

static size_t
lex_one(Lexer *lexer, size_t at, size_t *ret_broken_at)
{
    char c = lexer->text->bytes[at];
    size_t end = 0;
    SpecialFn *special = lexer->language->special;
    if (special != NULL &&
        (end = special(lexer->text, at, lexer->end, lexer->pieces, ret_broken_at)) > 0)
        return end;
    if (c == '\n') {
        add(lexer, PIECE_LINE, at, at + 1);
        return at + 1;
    }
    if (g_ascii_isspace(c))
        return at + 1;
    if (c == '\\' &&
        (text_byte(lexer->text, at + 1) == '\n' || text_starts(lexer->text, at + 1, "\r\n")))
        return at + (text_byte(lexer->text, at + 1) == '\n' ? 2 : 3); /* the line goes on */
    if ((end = lex_value(lexer, at)) > 0 || (end = lex_comment(lexer, at)) > 0 ||
        (end = lex_literal(lexer, at, ret_broken_at)) > 0 || (end = lex_pattern(lexer, at)) > 0 ||
        (end = lex_here_document(lexer, at)) > 0)
        return end;
    end = end_of_word(lexer, at);
    if (end > at) {
        add(lexer, PIECE_WORD, at, end);
        return end;
    }
    add(lexer, PIECE_SIGN, at, at + 1);
    return at + 1;
}

GArray *
lex_code(const Text *text, const Language *language, size_t begin, size_t end,
         size_t *ret_broken_at)
{
    Lexer lexer = {.text = text,
                   .language = language,
                   .end = end,
                   .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    for (size_t at = begin; at < end && *ret_broken_at == SIZE_MAX;)
        at = lex_one(&lexer, at, ret_broken_at);
    return lexer.pieces;
}
