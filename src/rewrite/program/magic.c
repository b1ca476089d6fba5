/*
 * magic.c - notebooks of Databricks as programs: `# MAGIC %sql` begins a cell in another language.
 *
 * Each of its lines has the mark before it, which is taken away, so that the cell is a text of its own.
 */
#include "rewrite/program/program.h"

static const char head[] = " Databricks notebook source";

/* How long the sign is that begins a comment in the first line; 0: it is no such notebook. */
static size_t
sign_length(const Text *text)
{
    static const char *const signs[] = {"#", "//"};
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (text_starts(text, 0, signs[i]) && text_starts(text, strlen(signs[i]), head))
            return strlen(signs[i]);
    return 0;
}

bool
magic_is_notebook(const Text *text)
{
    return sign_length(text) > 0;
}

static size_t
line_end(const Text *text, size_t at)
{
    const char *found = at < text->count ? memchr(text->bytes + at, '\n', text->count - at) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : text->count;
}

/* Behind the mark of a line, and the blank behind it; 0: it has none. */
static size_t
behind_mark(const Text *text, size_t line, size_t sign)
{
    static const char mark[] = " MAGIC";
    size_t at = line + sign + sizeof mark - 1;
    if (memcmp(text->bytes, text->bytes + line, MIN(sign, text->count - line)) != 0 ||
        !text_starts(text, line + sign, mark) || is_identifier_byte(text_byte(text, at)))
        return 0;
    return at + (text_byte(text, at) == ' ');
}

/* The lines of one cell without their marks; `*line` moves behind them. */
static Text *
cell_text(const Text *file, size_t sign, size_t *line)
{
    Text *cell = text_new(file);
    for (size_t begin; (begin = behind_mark(file, *line, sign)) > 0;) {
        size_t end = MIN(line_end(file, *line) + 1, file->count);
        Piece piece = {.inner_begin = (uint32_t) MIN(begin, end),
                       .inner_end = (uint32_t) end,
                       .quoting = {.holes = HOLES_OFF}};
        text_decode(cell, language_by_name("r"), &piece, false, NULL);
        *line = end;
        if (end >= file->count)
            break;
    }
    return cell;
}

Span
magic_word(const Text *cell)
{
    Span word = {0, 0};
    while (word.end < cell->count && !g_ascii_isspace(cell->bytes[word.end]))
        word.end++;
    return word;
}

bool
magic_visit(Work *work, const Text *cell, const Dialect *dialect)
{
    static const struct {
        const char *said, *language;
    } magics[] = {{"%python", "python"}, {"%scala", "scala"}, {"%r", "r"}, {"%sh", "shell"}};
    Span word = magic_word(cell);
    if (span_is(cell, word, "%sql")) {
        program_sql_cell(work, cell, language_by_name("python"), dialect, word.end, cell->count,
                         HOLES_NONE);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
        if (span_is(cell, word, magics[i].said)) {
            program_unit(work, cell, language_by_name(magics[i].language), dialect, word.end,
                         cell->count, 1);
            return true;
        }
    if (!span_is(cell, word, "%md"))
        return false;
    if (!work_is_side_pass(work))
        program_mention_text(work, cell, 0, cell->count, NULL,
                             "this is text between the cells, for people");
    return true;
}

static void
visit_cell(Work *work, const Text *cell, const Dialect *dialect)
{
    if (!magic_visit(work, cell, dialect) && !work_is_side_pass(work))
        program_mention_text(work, cell, 0, cell->count, "language",
                             "this cell is in another language, which is not looked into");
}

void
program_magic(Work *work, const Text *file, const Dialect *dialect)
{
    size_t sign = sign_length(file);
    for (size_t line = 0; sign > 0 && line < file->count;) {
        if (behind_mark(file, line, sign) == 0) {
            line = line_end(file, line) + 1;
            continue;
        }
        g_autoptr(Text) cell = cell_text(file, sign, &line);
        visit_cell(work, cell, dialect);
    }
}
