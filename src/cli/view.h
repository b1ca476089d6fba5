/*
 * view.h - what people see: lines, tables, bars; JSON for programs.
 *
 * Colour only on a terminal, and not when NO_COLOR is set or TERM is "dumb"; nothing needs colour
 * to be understood. Everything that is printed here, except view_raw() and view_verbatim(), is first made harmless
 * (text_printable): names and messages come from other people's files and databases.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"

#include <stdio.h>

typedef enum { TONE_PLAIN, TONE_STRONG, TONE_GOOD, TONE_BUSY, TONE_WARN, TONE_BAD, TONE_DIM } Tone;

typedef struct {
    FILE *out;
    bool is_tty;      /* some terminal reads it */
    bool is_terminal; /* one that may be redrawn */
    bool colour;
    bool utf8;      /* otherwise our own signs (arrows, bars, lines) are spelled in ASCII */
    bool json;      /* --json: text is not wanted */
    unsigned items; /* of the list of view_json_list_begin() so far */
} View;

View *view_new(FILE *out);
void view_free(View *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(View, view_free)
int view_width(const View *view);  /* columns now; 80 when unknown */
int view_height(const View *view); /* lines now; 24 when unknown */

/* One line each; line ends inside are kept. Nothing is printed with --json. */
void view_line(View *view, const char *format, ...) G_GNUC_PRINTF(2, 3);
void view_tone(View *view, Tone tone, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* One paragraph, broken between words at the width of the terminal; not broken elsewhere. */
void view_prose(View *view, Tone tone, const char *format, ...) G_GNUC_PRINTF(3, 4);
void view_raw(View *view, const char *text);          /* made by us, escapes and all */
void view_json(View *view, const json_t *value);      /* pretty, one document */
void view_json_line(View *view, const json_t *value); /* one object a line */
/* What view_json() makes of {name: [item, …], …}, item by item, for lists that would not fit into memory. */
void view_json_list_begin(View *view, const char *name);
void view_json_list_add(View *view, const json_t *item);
/* `rest`: what stands behind the list in the object; or NULL. */
void view_json_list_end(View *view, const json_t *rest);

/* Whole lines byte by byte: all of them where no terminal reads them, since a program or a file does; on one, those that need
 * neither colour nor an escape. False: nothing is printed. */
bool view_verbatim(View *view, const char *lines);

/* `text` in the colour of `tone`, made harmless. Caller frees. */
char *view_toned(const View *view, Tone tone, const char *text);

/* Columns that fit their widest cell. A heading that begins with '>' aligns its column to the
 * right. On a terminal that is too narrow the widest column is cut short with "…". */
typedef struct Table Table;
Table *table_new(const char *heading, ...) G_GNUC_NULL_TERMINATED;
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)
/* From left to right, row by row; `text` NULL is an empty cell. */
void table_cell(Table *table, Tone tone, const char *text);
void table_cellf(Table *table, Tone tone, const char *format, ...) G_GNUC_PRINTF(3, 4);
size_t table_rows(const Table *table);
/* `width` 0: as wide as it gets. Caller frees. */
char *table_text(const Table *table, const View *view, int width);
void view_table(View *view, const Table *table);

/* Our own signs as this terminal can show them. Caller frees. */
char *view_spelled(const View *view, const char *text);

/* Columns that a text takes on a terminal. */
int text_width(const char *text);
/* Cut to `width` columns, with "…" at the end when something is gone. Caller frees. */
char *text_cut(const char *text, int width);
/* Broken between words so that no line is wider than `width`, if no word is. Caller frees. */
char *text_wrapped(const char *text, int width);
/* "██████▌     " or "[######-----]". Caller frees. */
char *bar_text(int64_t done, int64_t total, int width, bool utf8);
/* "3 rows", "1 row", "1,200 rows". Caller frees. */
char *text_plural(int64_t count, const char *one, const char *many);
