/* table.c - aligned columns of UTF-8 text. */
#include "base/text.h"
#include "cli/view.h"

#include <string.h>

#define TABLE_COLUMNS_MAX 16 /* more would not fit on any screen */
#define TABLE_GAP 2          /* blanks between columns */
#define TABLE_CUT_LEAST 8    /* no column is cut below this */

typedef struct {
    char *text; /* harmless */
    Tone tone;
} Cell;

struct Table {
    size_t column_count;
    char *headings[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX];
    GArray *cells; /* Cell, row by row */
};

static void
cell_clear(void *data)
{
    Cell *cell = data;
    g_free(cell->text);
}

Table *
table_new(const char *heading, ...)
{
    Table *table = g_new0(Table, 1);
    table->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
    g_array_set_clear_func(table->cells, cell_clear);
    va_list args;
    va_start(args, heading);
    for (const char *next = heading; next != NULL; next = va_arg(args, const char *)) {
        g_assert(table->column_count < TABLE_COLUMNS_MAX);
        table->right[table->column_count] = *next == '>';
        table->headings[table->column_count++] = g_strdup(*next == '>' ? next + 1 : next);
    }
    va_end(args);
    return table;
}

void
table_free(Table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        g_free(table->headings[i]);
    g_array_unref(table->cells);
    g_free(table);
}

void
table_cell(Table *table, Tone tone, const char *text)
{
    Cell cell = {.text = text_printable(text != NULL ? text : ""), .tone = tone};
    g_array_append_val(table->cells, cell);
}

void
table_cellf(Table *table, Tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    table_cell(table, tone, text);
}

size_t
table_rows(const Table *table)
{
    return table->cells->len / table->column_count;
}

static const Cell *
table_at(const Table *table, size_t row, size_t column)
{
    return &g_array_index(table->cells, Cell, row * table->column_count + column);
}

static void
table_measure(const Table *table, int *widths)
{
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = text_width(table->headings[c]);
        for (size_t r = 0; r < table_rows(table); r++)
            widths[c] = MAX(widths[c], text_width(table_at(table, r, c)->text));
    }
}

/* Take from the widest column until all fit, or nothing can be taken. */
static void
table_shrink(const Table *table, int *widths, int width)
{
    for (;;) {
        int sum = TABLE_GAP * ((int) table->column_count - 1);
        size_t widest = 0;
        for (size_t c = 0; c < table->column_count; c++) {
            sum += widths[c];
            if (widths[c] > widths[widest])
                widest = c;
        }
        if (sum <= width || widths[widest] <= TABLE_CUT_LEAST)
            return;
        widths[widest] = MAX(widths[widest] - (sum - width), TABLE_CUT_LEAST);
    }
}

static void
cell_append(GString *text, const View *view, Tone tone, const char *cell, int width, bool right,
            bool is_last)
{
    g_autofree char *cut = text_cut(cell, width);
    g_autofree char *toned = view_toned(view, tone, cut);
    int blanks = width - text_width(cut);
    if (right)
        g_string_append_printf(text, "%*s", blanks, "");
    g_string_append(text, toned);
    if (!right && !is_last)
        g_string_append_printf(text, "%*s", blanks, "");
    g_string_append_printf(text, "%*s", is_last ? 0 : TABLE_GAP, "");
}

/* Empty cells at the end of a row are not worth their blanks. */
static void
row_end(GString *text)
{
    while (text->len > 0 && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
    g_string_append_c(text, '\n');
}

char *
table_text(const Table *table, const View *view, int width)
{
    int widths[TABLE_COLUMNS_MAX] = {0};
    table_measure(table, widths);
    if (width > 0)
        table_shrink(table, widths, width);
    GString *text = g_string_new(NULL);
    size_t last = table->column_count - 1;
    for (size_t c = 0; c <= last; c++)
        cell_append(text, view, TONE_DIM, table->headings[c], widths[c], table->right[c],
                    c == last);
    row_end(text);
    for (size_t r = 0; r < table_rows(table); r++) {
        for (size_t c = 0; c <= last; c++) {
            const Cell *cell = table_at(table, r, c);
            cell_append(text, view, cell->tone, cell->text, widths[c], table->right[c], c == last);
        }
        row_end(text);
    }
    return g_string_free(text, FALSE);
}

void
view_table(View *view, const Table *table)
{
    if (view->json)
        return;
    g_autofree char *text = table_text(table, view, view->is_terminal ? view_width(view) : 0);
    view_raw(view, text);
}
