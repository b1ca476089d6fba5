/*
 * literal.c - where a string ends: its quotes, its escapes, and the expressions within it.
 *
 * A string in an expression in a string is read by the same rules, to a depth.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define LETTERS_MAX                                                                                \
    9 /* before a quote: two in Python, and dollars of C#, of which people write two */
#define EXPRESSION_BYTES_MAX 4096 /* within a string of one line; people write fifty */

/* Letters right before a quote; 0 is fine, SIZE_MAX: other letters stand there. */
static size_t
letters_at(const Text *text, size_t at, const StringForm *form)
{
    size_t length = 0;
    if (form->letters == NULL)
        return text_starts(text, at, form->open) ? 0 : SIZE_MAX;
    bool is_any = form->letters[0] == '*';
    while (is_any ? is_identifier_byte(text_byte(text, at + length))
                  : length < LETTERS_MAX && text_byte(text, at + length) != '\0' &&
                        strchr(form->letters, text_byte(text, at + length)) != NULL)
        length++;
    if (is_any && length > 0 && g_ascii_isdigit(text_byte(text, at)))
        return SIZE_MAX;
    return text_starts(text, at + length, form->open) ? length : SIZE_MAX;
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
                               .is_triple = g_str_equal(form->close, "\"\"\"") ||
                                            g_str_equal(form->close, "'''"),
                               .holes = form->holes};
    piece->is_character = form->is_character;
    if (form->letters == NULL)
        return;
    if (form->letters[0] == '*') { /* Scala: s"…", raw"…", sql"…" */
        if (letters == 0)
            piece->quoting.holes = HOLES_NONE;
        else if (letters == 3 && text_starts(text, at, "raw"))
            piece->quoting.escape = ESCAPE_NONE;
        return;
    }
    if (form->letters[0] == '$' && letters > 0) { /* C#: $$"""…{{x}}…""" */
        piece->quoting.holes = HOLES_BRACES;
        piece->quoting.braces = (uint8_t) letters;
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
    char c = text->bytes[at], next = text_byte(text, at + 1);
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

/* The same where so many braces open one. */
static size_t
skip_counted_braces(const Text *text, const Language *language, size_t at, size_t end,
                    size_t braces, int depth)
{
    size_t run = 0;
    while (at + run < end && text->bytes[at + run] == '{')
        run++;
    if (run < braces)
        return at + run;
    size_t behind = expression_end(text, language, at + run, end, '}', depth);
    return behind > 0 && behind - 1 + braces <= end ? behind - 1 + braces : 0;
}

/* Behind a hole that begins at `at`; `at` itself when none does, 0 when it has no end. */
static size_t
skip_hole(const Text *text, const Language *language, size_t at, size_t end, const Quoting *quoting,
          int depth)
{
    Holes holes = quoting->holes;
    if (quoting->braces > 0)
        return skip_counted_braces(text, language, at, end, quoting->braces, depth);
    bool is_double = text->bytes[at] == text_byte(text, at + 1);
    if (holes == HOLES_BRACES && text->bytes[at] == '{')
        return is_double ? at + 2 : expression_end(text, language, at + 1, end, '}', depth);
    if ((holes == HOLES_DOLLAR || holes == HOLES_DOLLAR_BRACES) && text->bytes[at] == '$') {
        if (holes == HOLES_DOLLAR && is_double)
            return at + 2;
        if (text_byte(text, at + 1) == '{')
            return expression_end(text, language, at + 2, end, '}', depth);
    }
    if (holes == HOLES_PHP && (text_starts(text, at, "{$") || text_starts(text, at, "${")))
        return expression_end(text, language, at + 1 + (text->bytes[at] == '$'), end, '}', depth);
    if (holes == HOLES_RUBY && text_starts(text, at, "#{"))
        return expression_end(text, language, at + 2, end, '}', depth);
    return holes == HOLES_SHELL ? skip_shell_hole(text, language, at, end, depth) : at;
}

/* As many as opened it. */
static bool
ends_with_quotes(const Text *text, size_t at, const Quoting *quoting)
{
    size_t run = 0;
    while (run < quoting->quotes && text_byte(text, at + run) == quoting->quote)
        run++;
    return run == quoting->quotes;
}

static size_t
literal_end(const Text *text, const Language *language, size_t at, size_t end,
            const StringForm *form, const Quoting *quoting, int depth)
{
    bool guards = quoting->escape == ESCAPE_C || quoting->escape == ESCAPE_KEPT ||
                  quoting->escape == ESCAPE_SHELL || quoting->escape == ESCAPE_QUOTE ||
                  quoting->escape == ESCAPE_PHP;
    while (at < end) {
        if (guards && text->bytes[at] == '\\') {
            at += 2;
            continue;
        }
        if (quoting->escape == ESCAPE_DOUBLED && text->bytes[at] == quoting->quote &&
            text_byte(text, at + 1) == quoting->quote) {
            at += 2;
            continue;
        }
        if (quoting->quotes > 0 && ends_with_quotes(text, at, quoting))
            return at + quoting->quotes <= end ? at + quoting->quotes : 0;
        if (quoting->quotes == 0 && text_starts(text, at, form->close)) {
            size_t close = strlen(form->close);
            while (close == 3 && text_byte(text, at + 3) == form->close[0] && language->has_margins)
                at++; /* """a"""": the last three end it */
            return at + close <= end ? at + close : 0;
        }
        if (text->bytes[at] == '\n' && !form->has_lines)
            return 0;
        /* on one line an expression is short: a quote that opens nothing costs no look at the whole file */
        size_t limit = form->has_lines ? end : MIN(end, at + EXPRESSION_BYTES_MAX);
        size_t behind = skip_hole(text, language, at, limit, quoting, depth);
        if (behind == 0)
            return 0;
        at = behind > at ? behind : at + 1;
    }
    return 0;
}

/* One character, or what an escape says, at [begin, end). */
static bool
is_one_character(const Text *text, size_t begin, size_t end)
{
    return begin < end && (text->bytes[begin] == '\\' ||
                           g_utf8_next_char(text->bytes + begin) == text->bytes + end);
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
        *ret =
            (Piece){.kind = PIECE_LITERAL, .begin = (uint32_t) at, .is_alone = language->is_data};
        set_quoting(ret, text, at, letters, form);
        size_t close = strlen(form->close);
        for (; form->grows && close < UINT8_MAX && text_byte(text, inner) == form->open[0]; close++)
            inner++;
        ret->inner_begin = (uint32_t) inner;
        ret->quoting.quotes = form->grows ? (uint8_t) close : 0;
        size_t end = literal_end(text, language, inner, text->count, form, &ret->quoting, depth);
        if (end == 0 && !form->has_lines && !language->has_sure_quotes)
            continue; /* a sign, or a shorter form */
        if (form->is_one && !is_one_character(text, inner, end - close))
            continue; /* a symbol */
        ret->end = (uint32_t) end;
        ret->inner_end = (uint32_t) (end > 0 ? end - close : 0);
        return true;
    }
    return false;
}

/* ---- expressions in strings ---- */

/* Of languages like C; 0 when there is none. */
static size_t
skip_comment(const Text *text, const Language *language, size_t at, size_t end)
{
    bool is_block = text_starts(text, at, "/*");
    if (language->block_open == NULL || (!is_block && !text_starts(text, at, "//")))
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
        bool is_quote = c == '"' || c == '\'' || c == '`';
        bool may_open = is_quote || (language->has_sigils && (c == '@' || c == '$'));
        bool is_literal = may_open && literal_at(text, language, at, depth + 1, &inner);
        const char *behind =
            c == '`' && !is_literal ? memchr(text->bytes + at + 1, '`', end - at - 1) : NULL;
        if (behind != NULL) { /* `name` of R, Scala and Kotlin */
            at = (size_t) (behind - text->bytes) + 1;
            continue;
        }
        if (is_quote || is_literal) {
            if (!is_literal || inner.end == 0)
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
