/*
 * yaml.c - YAML cut into keys and values: plain, quoted, literal and folded blocks, flow collections.
 *
 * Line by line: what decides is the indentation of the key and the first byte of the value. Templates pass as plain text.
 */
#include "rewrite/program/program.h"

#include <string.h>

typedef struct {
    const Text *text;
    const Language *language;
    size_t end;
    GArray *pieces;
    size_t indent; /* of the key whose value is read */
    Span key;
    bool in_list;
} Yaml;

static char
byte(const Yaml *yaml, size_t at)
{
    return at < yaml->end ? yaml->text->bytes[at] : '\0';
}

static size_t
line_end(const Yaml *yaml, size_t at)
{
    const char *found =
        at < yaml->end ? memchr(yaml->text->bytes + at, '\n', yaml->end - at) : NULL;
    return found != NULL ? (size_t) (found - yaml->text->bytes) : yaml->end;
}

static size_t
skip_blanks(const Yaml *yaml, size_t at)
{
    while (byte(yaml, at) == ' ' || byte(yaml, at) == '\t')
        at++;
    return at;
}

static void
add(Yaml *yaml, PieceKind kind, size_t begin, size_t end)
{
    Piece piece = {.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    g_array_append_val(yaml->pieces, piece);
}

static void
add_plain(Yaml *yaml, size_t begin, size_t end, Quoting quoting)
{
    while (end > begin && g_ascii_isspace(yaml->text->bytes[end - 1]))
        end--;
    if (end == begin)
        return;
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .begin = (uint32_t) begin,
                   .end = (uint32_t) end,
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) end,
                   .key = yaml->key,
                   .in_list = yaml->in_list,
                   .quoting = quoting};
    g_array_append_val(yaml->pieces, piece);
}

/* ---- blocks ---- */

static bool
is_blank_line(const Yaml *yaml, size_t at)
{
    char c = byte(yaml, skip_blanks(yaml, at));
    return c == '\n' || c == '\r' || c == '\0';
}

static size_t
indent_of(const Yaml *yaml, size_t line)
{
    size_t at = line;
    while (byte(yaml, at) == ' ')
        at++;
    return at - line;
}

/* Lines that are deeper than the key. */
static size_t
lex_block(Yaml *yaml, size_t at)
{
    size_t begin = MIN(line_end(yaml, at) + 1, yaml->end), line = begin, last = begin;
    while (line < yaml->end &&
           (is_blank_line(yaml, line) || indent_of(yaml, line) > yaml->indent)) {
        line = MIN(line_end(yaml, line) + 1, yaml->end);
        last = line;
    }
    add_plain(yaml, begin, last, (Quoting){.escape = ESCAPE_NONE});
    return last;
}

/* ---- values on a line ---- */

static bool
lex_quoted(Yaml *yaml, size_t at, size_t *ret_end)
{
    Piece piece;
    if ((byte(yaml, at) != '"' && byte(yaml, at) != '\'') ||
        !literal_at(yaml->text, yaml->language, at, 0, &piece) || piece.end == 0 ||
        piece.end > yaml->end)
        return false;
    piece.is_alone = true;
    piece.key = yaml->key;
    piece.in_list = yaml->in_list;
    g_array_append_val(yaml->pieces, piece);
    *ret_end = piece.end;
    return true;
}

static bool
is_comment(const Yaml *yaml, size_t at)
{
    return byte(yaml, at) == '#' && (at == 0 || g_ascii_isspace(yaml->text->bytes[at - 1]));
}

/* `: ` or the end of a line behind it. */
static bool
is_colon(const Yaml *yaml, size_t at)
{
    char next = byte(yaml, at + 1);
    return byte(yaml, at) == ':' && (next == '\0' || g_ascii_isspace(next));
}

static size_t
plain_end(const Yaml *yaml, size_t at, bool in_flow)
{
    size_t end = line_end(yaml, at);
    for (; at < end; at++)
        if (is_comment(yaml, at) || is_colon(yaml, at) ||
            (in_flow && strchr(",[]{}", byte(yaml, at)) != NULL))
            return at;
    return end;
}

/* [a, "b", {c: d}]: up to its end, over lines. */
static size_t
lex_flow(Yaml *yaml, size_t at)
{
    int depth = 0;
    Span outer = yaml->key;
    yaml->in_list = yaml->in_list || byte(yaml, at) == '[';
    while (at < yaml->end) {
        char c = byte(yaml, at);
        size_t end = at + 1;
        if (strchr("[]{},:", c) != NULL) {
            depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
            add(yaml, PIECE_SIGN, at, end);
            if (c == ',')
                yaml->key = outer;
            if (depth == 0)
                return end;
        } else if (is_comment(yaml, at)) {
            end = line_end(yaml, at);
            add(yaml, PIECE_COMMENT, at, end);
        } else if (!g_ascii_isspace(c) && !lex_quoted(yaml, at, &end)) {
            end = plain_end(yaml, at, true);
            end = end > at ? end : at + 1;
            add_plain(yaml, at, end, (Quoting){.is_bare = true});
        }
        if (is_colon(yaml, end) && end > at + 1)
            yaml->key = (Span){(uint32_t) at, (uint32_t) end};
        at = end;
    }
    return at;
}

/* A plain value goes on in deeper lines that are neither keys nor items. */
static size_t
lex_plain(Yaml *yaml, size_t at)
{
    size_t end = plain_end(yaml, at, false);
    while (end < yaml->end && byte(yaml, end) == '\n' && !is_blank_line(yaml, end + 1) &&
           indent_of(yaml, end + 1) > yaml->indent) {
        size_t next = skip_blanks(yaml, end + 1), stop = plain_end(yaml, next, false);
        if (byte(yaml, next) == '#' || byte(yaml, next) == '-' || byte(yaml, stop) == ':')
            break;
        end = stop;
    }
    add_plain(yaml, at, end, (Quoting){.is_plain = true});
    return end;
}

static size_t
skip_marks(const Yaml *yaml, size_t at)
{
    while (byte(yaml, at) == '!' || byte(yaml, at) == '&') {
        while (byte(yaml, at) != '\0' && !g_ascii_isspace(byte(yaml, at)))
            at++;
        at = skip_blanks(yaml, at);
    }
    return at;
}

static size_t
lex_value(Yaml *yaml, size_t at)
{
    size_t end;
    at = skip_marks(yaml, at);
    char c = byte(yaml, at), next = byte(yaml, at + 1);
    if (c == '\n' || c == '\r' || c == '\0' || is_comment(yaml, at))
        return at;
    if (c == '|' || (c == '>' && (next == '\n' || next == '\r' || strchr("-+ 123456789", next))))
        return lex_block(yaml, at);
    if (lex_quoted(yaml, at, &end))
        return end;
    if ((c == '{' && next != '{' && next != '%') || c == '[')
        return lex_flow(yaml, at);
    return lex_plain(yaml, at);
}

/* ---- lines ---- */

/* A key, if one begins here: behind its colon. */
static bool
lex_key(Yaml *yaml, size_t line, size_t at, size_t *ret_end)
{
    Piece piece;
    size_t end = plain_end(yaml, at, false);
    bool is_quoted = byte(yaml, at) == '"' || byte(yaml, at) == '\'';
    if (is_quoted && literal_at(yaml->text, yaml->language, at, 0, &piece) && piece.end > 0)
        end = skip_blanks(yaml, piece.end);
    if (end == at || !is_colon(yaml, end) || strchr("[{|>", byte(yaml, at)) != NULL)
        return false;
    yaml->key = (Span){0};
    size_t quoted_end;
    if (!is_quoted || !lex_quoted(yaml, at, &quoted_end))
        add_plain(yaml, at, end, (Quoting){.is_bare = true});
    add(yaml, PIECE_SIGN, end, end + 1);
    yaml->key = is_quoted ? (Span){(uint32_t) at + 1, (uint32_t) end - 1}
                          : (Span){(uint32_t) at, (uint32_t) end};
    yaml->in_list = false;
    yaml->indent = at - line;
    *ret_end = end + 1;
    return true;
}

static size_t
lex_line(Yaml *yaml, size_t line)
{
    size_t at = skip_blanks(yaml, line), end;
    bool is_item = false;
    while (byte(yaml, at) == '-' && (byte(yaml, at + 1) == ' ' || byte(yaml, at + 1) == '\t')) {
        yaml->indent = at - line;
        is_item = true;
        at = skip_blanks(yaml, at + 1);
    }
    if (!is_item && !is_blank_line(yaml, line))
        yaml->indent = at - line;
    yaml->in_list = is_item;
    if (lex_key(yaml, line, at, &end))
        at = skip_blanks(yaml, end);
    else if (byte(yaml, at) == '{' && (byte(yaml, at + 1) == '%' || byte(yaml, at + 1) == '#'))
        at = line_end(yaml, at); /* a template's own line */
    end = lex_value(yaml, at);
    if (end > line && yaml->text->bytes[end - 1] == '\n') /* behind a block: the next line */
        return end;
    at = skip_blanks(yaml, end);
    if (is_comment(yaml, at)) {
        end = line_end(yaml, at);
        add(yaml, PIECE_COMMENT, at, end);
        at = end;
    }
    return at;
}

GArray *
lex_yaml(const Text *text, const Language *language, size_t begin, size_t end,
         size_t *ret_broken_at)
{
    Yaml yaml = {.text = text,
                 .language = language,
                 .end = end,
                 .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    *ret_broken_at = SIZE_MAX;
    for (size_t at = begin; at < end;) {
        size_t before = at;
        if (byte(&yaml, at) == '\n') {
            add(&yaml, PIECE_LINE, at, at + 1);
            at++;
            continue;
        }
        bool begins = at == begin || text->bytes[at - 1] == '\n';
        at = begins ? lex_line(&yaml, at) : line_end(&yaml, at);
        if (at <= before)
            at = line_end(&yaml, before) + (begins ? 0 : 1);
        at = MAX(at, before + (at <= before ? 1 : 0));
    }
    return yaml.pieces;
}
