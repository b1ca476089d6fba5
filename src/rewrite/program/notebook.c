/*
 * notebook.c - Jupyter: the strings of a cell are its lines, and together a program.
 *
 * Only code cells are read. What a cell printed when it ran, and what is written between cells, is for people.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    Work *work;
    const Text *file;
    const GArray *pieces;
    const Language *json, *language;
    const Dialect *dialect;
    bool is_sql;        /* its cells are SQL, where they do not say otherwise */
    bool is_databricks; /* where the first word of a cell is said for all of it */
} Notebook;

static const Piece *
piece_at(const Notebook *notebook, guint index)
{
    static const Piece none = {.kind = PIECE_LINE};
    return index < notebook->pieces->len ? &g_array_index(notebook->pieces, Piece, index) : &none;
}

static bool
is_sign(const Notebook *notebook, guint index, char sign)
{
    const Piece *piece = piece_at(notebook, index);
    return piece->kind == PIECE_SIGN && notebook->file->bytes[piece->begin] == sign;
}

static bool
is_string(const Notebook *notebook, guint index, const char *text)
{
    const Piece *piece = piece_at(notebook, index);
    return piece->kind == PIECE_LITERAL &&
           span_is(notebook->file, (Span){piece->inner_begin, piece->inner_end}, text);
}

/* Ends of lines mean nothing in JSON. */
static guint
next_of(const Notebook *notebook, guint index)
{
    index++;
    while (index < notebook->pieces->len && piece_at(notebook, index)->kind == PIECE_LINE)
        index++;
    return index;
}

/* "key": here; 0 when this is no such key. */
static guint
value_of(const Notebook *notebook, guint index, const char *key)
{
    guint colon = next_of(notebook, index);
    return is_string(notebook, index, key) && is_sign(notebook, colon, ':')
               ? next_of(notebook, colon)
               : 0;
}

static guint
behind_value(const Notebook *notebook, guint index)
{
    int depth = 0;
    for (; index < notebook->pieces->len; index = next_of(notebook, index)) {
        if (is_sign(notebook, index, '[') || is_sign(notebook, index, '{'))
            depth++;
        else if (is_sign(notebook, index, ']') || is_sign(notebook, index, '}'))
            depth--;
        if (depth <= 0)
            return next_of(notebook, index);
    }
    return index;
}

/* ---- one cell ---- */

static Text *
cell_text(const Notebook *notebook, guint first, guint behind)
{
    Text *text = text_new(notebook->file);
    for (guint i = first; i < behind; i++) {
        Piece piece = *piece_at(notebook, i);
        piece.quoting.holes = HOLES_OFF;
        if (piece.kind == PIECE_LITERAL)
            text_decode(text, notebook->json, &piece, false, NULL);
    }
    return text;
}

static size_t
line_end(const Text *text, size_t at)
{
    const char *found = at < text->count ? memchr(text->bytes + at, '\n', text->count - at) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : text->count;
}

static bool
begins(const Text *text, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= text->count && memcmp(text->bytes + at, what, bytes) == 0 &&
           (at + bytes == text->count || !g_ascii_isalnum(text->bytes[at + bytes]));
}

/* %sql select …, !bq query …: a line of another language. True when it was one. */
static bool
visit_magic_line(Notebook *notebook, const Text *cell, size_t at)
{
    size_t end = line_end(cell, at);
    size_t words = at;
    while (words < end && !g_ascii_isspace(cell->bytes[words]))
        words++;
    if (begins(cell, at, "%sql") || begins(cell, at, "%bigquery"))
        program_sql_cell(notebook->work, cell, notebook->language, notebook->dialect, words, end,
                         HOLES_NONE);
    else if (cell->bytes[at] == '!')
        program_unit(notebook->work, cell, language_by_name("shell"), notebook->dialect, at + 1,
                     end, 1);
    else
        return false;
    return true;
}

static size_t
behind_blanks(const Text *text, size_t at)
{
    while (text_byte(text, at) == ' ' || text_byte(text, at) == '\t')
        at++;
    return at;
}

/* Where `%sql …` or `!bq …` stands in the line, alone or as what names are set to: in `rows = %sql select …` nothing of Python
 * can stand behind the sign. G_MAXSIZE: nowhere. */
static size_t
magic_in_line(const Notebook *notebook, const Text *cell, size_t line)
{
    bool is_python = strcmp(notebook->language->name, "python") == 0;
    size_t at = is_python ? behind_blanks(cell, line) : line, end = line_end(cell, line);
    if (text_byte(cell, at) == '%' || text_byte(cell, at) == '!')
        return at;
    while (at < end && (is_identifier_byte(cell->bytes[at]) || strchr(" ,.\t", cell->bytes[at])))
        at++;
    if (!is_python || text_byte(cell, at) != '=')
        return G_MAXSIZE;
    at = behind_blanks(cell, at + 1);
    return text_byte(cell, at) == '%' || text_byte(cell, at) == '!' ? at : G_MAXSIZE;
}

static void
visit_code(Notebook *notebook, const Text *cell)
{
    size_t from = 0;
    for (size_t line = 0; line < cell->count; line = line_end(cell, line) + 1) {
        size_t at = magic_in_line(notebook, cell, line);
        if (at == G_MAXSIZE)
            continue;
        if (at > from)
            program_unit(notebook->work, cell, notebook->language, notebook->dialect, from, at, 1);
        from = visit_magic_line(notebook, cell, at) ? line_end(cell, at) : at;
    }
    if (cell->count > from)
        program_unit(notebook->work, cell, notebook->language, notebook->dialect, from, cell->count,
                     1);
}

/* %sql and nothing else in its line: Jupyter has the statement in the same one, so that this is said for the whole cell. */
static bool
is_said_for_cell(const Notebook *notebook, const Text *cell)
{
    static const char *const magics[] = {"%sql", "%python", "%scala", "%r", "%sh", "%md", NULL};
    Span word = magic_word(cell);
    size_t end = line_end(cell, 0), at = word.end;
    while (at < end && g_ascii_isspace(cell->bytes[at]))
        at++;
    return span_is_among(cell, word, magics) && (notebook->is_databricks || at == end);
}

/* A cell that says nothing of its language is in the notebook's. */
static void
visit_plain(Notebook *notebook, const Text *cell)
{
    bool is_magic = text_byte(cell, 0) == '%' || text_byte(cell, 0) == '!';
    if (is_said_for_cell(notebook, cell) && magic_visit(notebook->work, cell, notebook->dialect))
        return;
    if (notebook->is_sql && !is_magic)
        program_sql_cell(notebook->work, cell, notebook->language, notebook->dialect, 0,
                         cell->count, HOLES_NONE);
    else
        visit_code(notebook, cell);
}

/* Where %%bigquery or the like begins: comments may stand before it, as titles of Colab do, and what only measures the cell or
 * keeps what it prints. G_MAXSIZE: there is none. */
static size_t
cell_magic(const Text *cell)
{
    size_t at = 0;
    while (at < cell->count &&
           (strchr("#\n", cell->bytes[at]) != NULL || begins(cell, at, "%%time") ||
            begins(cell, at, "%%timeit") || begins(cell, at, "%%capture")))
        at = line_end(cell, at) + 1;
    return at < cell->count && text_starts(cell, at, "%%") ? at : G_MAXSIZE;
}

/* A magic of one store says its dialect, unless who runs this does. */
static const Dialect *
dialect_said(const Notebook *notebook, const char *name)
{
    bool is_told = notebook->work->options->dialect != NULL;
    return name == NULL || is_told ? notebook->dialect : dialect_by_name(name);
}

/* The cell is in the language of its first line: %%bigquery, %%bash, … */
static void
visit_cell(Notebook *notebook, const Text *cell)
{
    static const struct {
        const char *said, *language, *dialect; /* NULL: SQL; that of the notebook */
    } magics[] = {{"%%bigquery", NULL, "bigquery"},
                  {"%%sql", NULL, NULL},
                  {"%%sparksql", NULL, "spark"},
                  {"%%duckdb", NULL, "duckdb"},
                  {"%%bash", "shell", NULL},
                  {"%%sh", "shell", NULL},
                  {"%%R", "r", NULL},
                  {"%%r", "r", NULL},
                  {"%%python", "python", NULL},
                  {"%%python3", "python", NULL},
                  {"%%pyspark", "python", NULL}};
    Work *work = notebook->work;
    size_t at = cell_magic(cell);
    if (at == G_MAXSIZE) {
        visit_plain(notebook, cell);
        return;
    }
    size_t line = MIN(line_end(cell, at) + 1, cell->count);
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++) {
        const char *language = magics[i].language;
        if (!begins(cell, at, magics[i].said))
            continue;
        if (language == NULL)
            program_sql_cell(work, cell, notebook->language,
                             dialect_said(notebook, magics[i].dialect), line, cell->count,
                             HOLES_NONE);
        else
            program_unit(work, cell, language_by_name(language), notebook->dialect, line,
                         cell->count, 1);
        return;
    }
    if (!work_is_side_pass(work))
        program_mention_text(work, cell, 0, cell->count, "language",
                             "this cell is in another language, which is not looked into");
}

static void
visit_source(Notebook *notebook, bool is_code, guint first, guint behind)
{
    g_autoptr(Text) cell = cell_text(notebook, first, behind);
    if (!is_code && !work_is_side_pass(notebook->work))
        program_mention_text(notebook->work, cell, 0, cell->count, NULL,
                             "this is text between the cells, for people");
    else if (is_code)
        visit_cell(notebook, cell);
}

/* ---- the whole ---- */

/* {"cell_type": "code", …, "source": [ … ]} from its bracket on. */
static guint
visit_cell_object(Notebook *notebook, guint open)
{
    bool is_code = false;
    guint source = 0, behind = 0, index = next_of(notebook, open);
    while (index < notebook->pieces->len && !is_sign(notebook, index, '}')) {
        guint kind = value_of(notebook, index, "cell_type"), text, value;
        if (kind > 0)
            is_code = is_string(notebook, kind, "code");
        if ((text = value_of(notebook, index, "source")) > 0) {
            source = text;
            behind = behind_value(notebook, text);
        }
        value = next_of(notebook, next_of(notebook, index));
        index = behind_value(notebook, value);
        if (is_sign(notebook, index, ','))
            index = next_of(notebook, index);
    }
    if (source > 0)
        visit_source(notebook, is_code, source, behind);
    return index;
}

static guint
find_cells(const Notebook *notebook)
{
    for (guint i = 0; i < notebook->pieces->len; i++) {
        guint value = value_of(notebook, i, "cells");
        if (value > 0 && is_sign(notebook, value, '['))
            return value;
    }
    return 0;
}

/* What "language_info" says; 0: nothing. */
static guint
language_piece(const Notebook *notebook)
{
    for (guint i = 0; i < notebook->pieces->len; i++) {
        guint value = value_of(notebook, i, "language_info");
        for (guint at = value; value > 0 && at < behind_value(notebook, value);
             at = next_of(notebook, at)) {
            guint name = value_of(notebook, at, "name");
            if (name > 0)
                return name;
        }
    }
    return 0;
}

static void
find_language(Notebook *notebook)
{
    guint name = language_piece(notebook);
    notebook->is_sql = name > 0 && is_string(notebook, name, "sql");
    notebook->is_databricks = program_says(notebook->work, "application/vnd.databricks.v1");
    notebook->language =
        language_by_name(name > 0 && is_string(notebook, name, "R")       ? "r"
                         : name > 0 && is_string(notebook, name, "scala") ? "scala"
                                                                          : "python");
}

static void
visit_cells(Notebook *notebook)
{
    guint index = find_cells(notebook);
    if (index == 0)
        return;
    index = next_of(notebook, index);
    while (is_sign(notebook, index, '{')) {
        index = next_of(notebook, visit_cell_object(notebook, index));
        if (is_sign(notebook, index, ','))
            index = next_of(notebook, index);
    }
}

static void
pass_over(G_GNUC_UNUSED Work *work, void *data)
{
    visit_cells(data);
}

void
program_notebook(Work *work)
{
    size_t broken_at;
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    const Language *json = language_by_name("json");
    g_autoptr(GArray) pieces = language_lex(file, json, 0, work->bytes, &broken_at);
    Notebook notebook = {.work = work,
                         .file = file,
                         .pieces = pieces,
                         .json = json,
                         .dialect = program_dialect(work)};
    find_language(&notebook);
    program_passes(work, pass_over, &notebook);
}
