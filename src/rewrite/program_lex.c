/*
 * program_lex.c - programs cut into pieces: words, signs, literals, comments, ends of lines.
 *
 * One pass; each piece is decided by its first bytes and the language's row of the table. A quote that does not find
 * its other half on the line is a sign: apostrophes stand in texts of JSX.
 */
#include "rewrite/program.h"

#include <string.h>

#define EXPRESSION_BYTES_MAX 4096 /* within a string of one line; people write fifty */

typedef struct {
    const Text *text;
    const Language *language;
    size_t end;
    GArray *pieces;
} Lexer;

static char
byte(const Text *text, size_t at)
{
    return at < text->count ? text->bytes[at] : '\0';
}

static bool
starts(const Text *text, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= text->count && memcmp(text->bytes + at, what, bytes) == 0;
}

static bool
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

/* ---- literals ---- */

/* Letters right before a quote; 0 is fine, SIZE_MAX: other letters stand there. */
static size_t
letters_at(const Text *text, size_t at, const StringForm *form)
{
    size_t length = 0;
    if (form->letters == NULL)
        return starts(text, at, form->open) ? 0 : SIZE_MAX;
    bool is_any = form->letters[0] == '*';
    while (is_any ? is_word_byte(byte(text, at + length))
                  : length < 2 && byte(text, at + length) != '\0' &&
                        strchr(form->letters, byte(text, at + length)) != NULL)
        length++;
    if (is_any && length > 0 && g_ascii_isdigit(byte(text, at)))
        return SIZE_MAX;
    return starts(text, at + length, form->open) ? length : SIZE_MAX;
}

static bool
has_letter(const Text *text, size_t at, size_t length, char letter)
{
    for (size_t i = 0; i < length; i++)
        if (g_ascii_tolower(text->bytes[at + i]) == letter)
            return true;
    return false;
}

static void
set_quoting(Piece *piece, const Text *text, size_t at, size_t letters, const StringForm *form)
{
    piece->quoting = (Quoting){.quote = form->close[strlen(form->close) - 1],
                               .escape = form->escape,
                               .is_long = form->escape == ESCAPE_NONE && strlen(form->close) > 1,
                               .holes = form->holes};
    piece->is_character = form->is_character;
    if (form->letters == NULL)
        return;
    if (form->letters[0] == '*') { /* Scala: s"…", raw"…", sql"…" */
        if (letters == 0)
            piece->quoting.holes = HOLES_NONE;
        else if (letters == 3 && starts(text, at, "raw"))
            piece->quoting.escape = ESCAPE_NONE;
        return;
    }
    if (has_letter(text, at, letters, 'r'))
        piece->quoting.escape = ESCAPE_KEPT;
    if (has_letter(text, at, letters, 'f') || has_letter(text, at, letters, 't'))
        piece->quoting.holes = HOLES_BRACES;
    piece->is_bytes = has_letter(text, at, letters, 'b');
}

/* $(…), ${…}, `…` */
static size_t
skip_shell_hole(const Text *text, const Language *language, size_t at, size_t end, int depth)
{
    char c = text->bytes[at], next = byte(text, at + 1);
    if (c == '$' && (next == '(' || next == '{'))
        return expression_end(text, language, at + 2, end, next == '(' ? ')' : '}', depth);
    if (c != '`')
        return at;
    for (size_t i = at + 1; i < end; i++)
        if (text->bytes[i] == '`')
            return i + 1;
        else if (text->bytes[i] == '\\')
            i++;
    return 0;
}

/* Behind a hole that begins at `at`; `at` itself when none does, 0 when it has no end. */
static size_t
skip_hole(const Text *text, const Language *language, size_t at, size_t end, Holes holes, int depth)
{
    bool is_double = text->bytes[at] == byte(text, at + 1);
    if (holes == HOLES_BRACES && text->bytes[at] == '{')
        return is_double ? at + 2 : expression_end(text, language, at + 1, end, '}', depth);
    if ((holes == HOLES_DOLLAR || holes == HOLES_DOLLAR_BRACES) && text->bytes[at] == '$') {
        if (holes == HOLES_DOLLAR && is_double)
            return at + 2;
        if (byte(text, at + 1) == '{')
            return expression_end(text, language, at + 2, end, '}', depth);
    }
    return holes == HOLES_SHELL ? skip_shell_hole(text, language, at, end, depth) : at;
}

static size_t
literal_end(const Text *text, const Language *language, size_t at, size_t end,
            const StringForm *form, const Quoting *quoting, int depth)
{
    bool guards = quoting->escape == ESCAPE_C || quoting->escape == ESCAPE_KEPT ||
                  quoting->escape == ESCAPE_SHELL;
    while (at < end) {
        if (guards && text->bytes[at] == '\\') {
            at += 2;
            continue;
        }
        if (quoting->escape == ESCAPE_DOUBLED && text->bytes[at] == quoting->quote &&
            byte(text, at + 1) == quoting->quote) {
            at += 2;
            continue;
        }
        if (starts(text, at, form->close)) {
            size_t close = strlen(form->close);
            while (close == 3 && byte(text, at + 3) == form->close[0] && language->has_margins)
                at++; /* """a"""": the last three end it */
            return at + close <= end ? at + close : 0;
        }
        if (text->bytes[at] == '\n' && !form->has_lines)
            return 0;
        /* on one line an expression is short: a quote that opens nothing costs no look at the whole file */
        size_t limit = form->has_lines ? end : MIN(end, at + EXPRESSION_BYTES_MAX);
        size_t behind = skip_hole(text, language, at, limit, quoting->holes, depth);
        if (behind == 0)
            return 0;
        at = behind > at ? behind : at + 1;
    }
    return 0;
}

bool
literal_at(const Text *text, const Language *language, size_t at, int depth, Piece *ret)
{
    for (size_t i = 0; i < G_N_ELEMENTS(language->forms) && language->forms[i].open != NULL; i++) {
        const StringForm *form = &language->forms[i];
        size_t letters = letters_at(text, at, form);
        if (letters == SIZE_MAX)
            continue;
        size_t inner = at + letters + strlen(form->open);
        *ret = (Piece){.kind = PIECE_LITERAL,
                       .begin = (uint32_t) at,
                       .inner_begin = (uint32_t) inner,
                       .is_alone = language->is_data};
        set_quoting(ret, text, at, letters, form);
        size_t end = literal_end(text, language, inner, text->count, form, &ret->quoting, depth);
        if (end == 0 && !form->has_lines)
            continue; /* a sign, or a shorter form */
        ret->end = (uint32_t) end;
        ret->inner_end = (uint32_t) (end > 0 ? end - strlen(form->close) : 0);
        return true;
    }
    return false;
}

/* ---- expressions in strings ---- */

/* Of languages like C; 0 when there is none. */
static size_t
skip_comment(const Text *text, const Language *language, size_t at, size_t end)
{
    bool is_block = starts(text, at, "/*");
    if (language->block_open == NULL || (!is_block && !starts(text, at, "//")))
        return 0;
    const char *close = is_block ? "*/" : "\n";
    const char *found = memmem(text->bytes + at, end - at, close, strlen(close));
    return found != NULL ? (size_t) (found - text->bytes) + strlen(close) : 0;
}

/* /'/g as an argument: its quotes open nothing. 0: it divides. */
static size_t
skip_pattern(const Text *text, size_t at, size_t end)
{
    size_t before = at;
    while (before > 0 && text->bytes[before - 1] == ' ')
        before--;
    if (before == 0 || strchr("(,=:[!&|?{;", text->bytes[before - 1]) == NULL)
        return 0;
    for (size_t i = at + 1; i < end && text->bytes[i] != '\n'; i++)
        if (text->bytes[i] == '\\')
            i++;
        else if (text->bytes[i] == '/')
            return i + 1;
    return 0;
}

size_t
expression_end(const Text *text, const Language *language, size_t at, size_t end, char close,
               int depth)
{
    int open = 0;
    size_t next;
    if (depth >= PROGRAM_DEPTH_MAX)
        return 0;
    while (at < end) {
        Piece inner;
        char c = text->bytes[at];
        if (open == 0 && c == close)
            return at + 1;
        if (c == '"' || c == '\'' || c == '`') {
            if (!literal_at(text, language, at, depth + 1, &inner) || inner.end == 0)
                return 0;
            at = inner.end;
            continue;
        }
        if (c == '/' && (next = skip_comment(text, language, at, end)) > 0) {
            at = next;
            continue;
        }
        if (c == '/' && language->has_patterns && (next = skip_pattern(text, at, end)) > 0) {
            at = next;
            continue;
        }
        open += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
        at++;
    }
    return 0;
}

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
        if (starts(lexer->text, at, language->block_close)) {
            at += strlen(language->block_close) - 1;
            if (--depth == 0)
                return at + 1;
        } else if (language->nests_comments && starts(lexer->text, at, language->block_open)) {
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
        if (starts(lexer->text, at, language->line_comments[i]))
            end = end_of_line(lexer, at);
    if (end == 0 && language->block_open != NULL && starts(lexer->text, at, language->block_open))
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
    while (at < lexer->end &&
           (is_word_byte(lexer->text->bytes[at]) || (has_dashes && lexer->text->bytes[at] == '-')))
        at++;
    return at;
}

/* `""" <<EOF` of HCL: lines up to the word alone. */
static size_t
lex_here_document(Lexer *lexer, size_t at)
{
    const Text *text = lexer->text;
    if (strcmp(lexer->language->name, "hcl") != 0 || !starts(text, at, "<<"))
        return 0;
    size_t name = at + 2 + (byte(text, at + 2) == '-'), behind = name;
    while (is_word_byte(byte(text, behind)))
        behind++;
    size_t line = end_of_line(lexer, behind);
    if (behind == name || line >= lexer->end)
        return 0;
    for (size_t begin = line + 1; begin < lexer->end; begin = end_of_line(lexer, begin) + 1) {
        size_t word = begin;
        while (byte(text, word) == ' ' || byte(text, word) == '\t')
            word++;
        if (word + (behind - name) > lexer->end ||
            memcmp(text->bytes + word, text->bytes + name, behind - name) != 0 ||
            is_word_byte(byte(text, word + (behind - name))))
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

static bool
is_behind_key(const Lexer *lexer, const char *signs)
{
    const Piece *piece = lexer->pieces->len > 0
                             ? &g_array_index(lexer->pieces, Piece, lexer->pieces->len - 1)
                             : NULL;
    return piece != NULL && piece->kind == PIECE_SIGN &&
           strchr(signs, lexer->text->bytes[piece->begin]) != NULL;
}

/* `table = a.b` of HOCON, `sql: … ;;` of LookML. */
static size_t
lex_value(Lexer *lexer, size_t at)
{
    const Text *text = lexer->text;
    size_t end = at;
    if (lexer->language->has_bare_values && is_behind_key(lexer, "=:") &&
        is_word_byte(text->bytes[at])) {
        while (end < lexer->end && strchr("\n,}]#\"", text->bytes[end]) == NULL)
            end++;
        add_value(lexer, at, end, (Quoting){.is_bare = true}, end);
        return end;
    }
    const Piece *key = lexer->pieces->len > 1
                           ? &g_array_index(lexer->pieces, Piece, lexer->pieces->len - 2)
                           : NULL;
    if (!lexer->language->has_sql_values || !is_behind_key(lexer, ":") || key == NULL ||
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
    if (c == '\n') {
        add(lexer, PIECE_LINE, at, at + 1);
        return at + 1;
    }
    if (g_ascii_isspace(c))
        return at + 1;
    if (c == '\\' && (byte(lexer->text, at + 1) == '\n' || starts(lexer->text, at + 1, "\r\n")))
        return at + (byte(lexer->text, at + 1) == '\n' ? 2 : 3); /* the line goes on */
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
