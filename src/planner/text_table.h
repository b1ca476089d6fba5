/*
 * text_table.h - text in columns and paragraphs for a terminal of a known width.
 *
 * Counts columns of the screen, not bytes; wraps between words (inside them when one is too long);
 * writes no blank at the end of a line. Text from outside is made printable.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW } TextStyle;

typedef struct {
    GString *text;
    int width;
    bool colour;
} TextPage;

#define TEXT_COLUMNS_MAX 6

typedef struct TextTable TextTable;

TextTable *text_table_new(int columns);
void text_table_free(TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextTable, text_table_free)
/* As many cells as the table has columns; NULL is an empty one. */
void text_table_row(TextTable *table, TextStyle style, const char *const *cells);
/* A line across, with words in it. */
void text_table_line(TextTable *table, TextStyle style, const char *words);
void text_table_print(const TextTable *table, TextPage *page, int indent);

void page_heading(TextPage *page, const char *words);
/* A wrapped paragraph: the first line after `first`, the others indented as far. */
void page_paragraph(TextPage *page, TextStyle style, const char *first, const char *text);
/* The same from a format. */
void page_say(TextPage *page, TextStyle style, const char *first, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
