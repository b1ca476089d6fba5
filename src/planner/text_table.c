/* text_table.c - see text_table.h. */
#include "planner/text_table.h"

#include "base/text.h"

#include <string.h>

#define GAP 2
#define CELL_WIDTH_MIN 8

typedef struct {
    TextStyle style;
    bool is_line;                  /* cells[0] goes across */
    char *cells[TEXT_COLUMNS_MAX]; /* printable */
} Row;

struct TextTable {
    int columns;
    GPtrArray *rows; /* Row * */
};

static const char *const style_codes[] = {"",         "\033[1m",  "\033[2m",
                                          "\033[31m", "\033[32m", "\033[33m"};

static void
row_free(void *data)
{
    Row *row = data;
    for (int i = 0; i < TEXT_COLUMNS_MAX; i++)
        g_free(row->cells[i]);
    g_free(row);
}

TextTable *
text_table_new(int columns)
{
    g_assert(columns > 0 && columns <= TEXT_COLUMNS_MAX);
    TextTable *table = g_new0(TextTable, 1);
    table->columns = columns;
    table->rows = g_ptr_array_new_with_free_func(row_free);
    return table;
}

void
text_table_free(TextTable *table)
{
    if (table == NULL)
        return;
    g_ptr_array_unref(table->rows);
    g_free(table);
}

void
text_table_row(TextTable *table, TextStyle style, const char *const *cells)
{
    Row *row = g_new0(Row, 1);
    row->style = style;
    for (int i = 0; i < table->columns; i++)
        row->cells[i] = text_printable(cells[i] != NULL ? cells[i] : "");
    g_ptr_array_add(table->rows, row);
}

void
text_table_line(TextTable *table, TextStyle style, const char *words)
{
    Row *row = g_new0(Row, 1);
    row->style = style;
    row->is_line = true;
    row->cells[0] = text_printable(words);
    g_ptr_array_add(table->rows, row);
}

static int
char_width(const char *at)
{
    gunichar c = g_utf8_get_char(at);
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

static int
text_width(const char *text)
{
    int width = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
        width += char_width(at);
    return width;
}

/* Where the line that begins at `text` ends, at most `width` columns on: after a word if there is
 * one, else inside it. */
static const char *
line_end(const char *text, int width)
{
    const char *blank = NULL, *at = text;
    int used = 0;

    while (*at != '\0') {
        int wide = char_width(at);
        if (*at == ' ')
            blank = at;
        if (used + wide > width && at > text)
            return blank != NULL && blank > text ? blank : at;
        used += wide;
        at = g_utf8_next_char(at);
    }
    return at;
}

static const char *
skip_blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

static void
put_styled(TextPage *page, TextStyle style, const char *from, const char *to)
{
    if (page->colour && style != STYLE_PLAIN)
        g_string_append(page->text, style_codes[style]);
    g_string_append_len(page->text, from, to - from);
    if (page->colour && style != STYLE_PLAIN)
        g_string_append(page->text, "\033[0m");
}

static void
put_blanks(TextPage *page, int count)
{
    for (int i = 0; i < count; i++)
        g_string_append_c(page->text, ' ');
}

static int
longest_word(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int longest = 0;
    for (char **word = words; *word != NULL; word++)
        longest = MAX(longest, text_width(*word));
    return longest;
}

static void
measure(const TextTable *table, int *ret_widths, int *ret_words)
{
    for (guint r = 0; r < table->rows->len; r++) {
        const Row *row = table->rows->pdata[r];
        for (int c = 0; c < table->columns && !row->is_line; c++) {
            ret_widths[c] = MAX(ret_widths[c], text_width(row->cells[c]));
            ret_words[c] = MAX(ret_words[c], longest_word(row->cells[c]));
        }
    }
}

/* The widest column that is wider than its least; -1 when all are at their least. */
static int
widest_of(const TextTable *table, const int *widths, const int *least)
{
    int widest = -1;
    for (int c = 0; c < table->columns; c++)
        if (widths[c] > least[c] && (widest < 0 || widths[c] > widths[widest]))
            widest = c;
    return widest;
}

/* What each column would like, then the widest give way until the row fits: as far as their longest words allow,
 * and only then further. */
static void
fit(const TextTable *table, int room, int *ret_widths)
{
    int words[TEXT_COLUMNS_MAX] = {0}, least[TEXT_COLUMNS_MAX] = {0};
    int total = GAP * (table->columns - 1);

    measure(table, ret_widths, words);
    for (int c = 0; c < table->columns; c++) {
        total += ret_widths[c];
        least[c] = CELL_WIDTH_MIN;
    }
    while (total > room) {
        int widest = widest_of(table, ret_widths, words);
        if (widest < 0)
            widest = widest_of(table, ret_widths, least);
        if (widest < 0)
            return;
        ret_widths[widest]--;
        total--;
    }
}

/* One line of each cell; moves the cells on. True when something was left to write. */
static bool
print_row_line(const TextTable *table, const Row *row, TextPage *page, int indent,
               const int *widths, const char **cells)
{
    bool any = false;
    int owed = indent;

    for (int c = 0; c < table->columns; c++)
        any = any || *cells[c] != '\0';
    if (!any)
        return false;
    for (int c = 0; c < table->columns; c++) {
        const char *end = line_end(cells[c], widths[c]);
        g_autofree char *part = g_strndup(cells[c], (size_t) (end - cells[c]));
        if (*part != '\0') {
            put_blanks(page, owed);
            put_styled(page, row->style, part, part + strlen(part));
            owed = 0;
        }
        owed += widths[c] - text_width(part) + GAP;
        cells[c] = skip_blanks(end);
    }
    g_string_append_c(page->text, '\n');
    return true;
}

static void
print_line(const Row *row, TextPage *page, int indent)
{
    g_autoptr(GString) line = g_string_new("──");
    int used = indent + 2;

    if (*row->cells[0] != '\0') {
        g_string_append_printf(line, " %s", row->cells[0]);
        used += text_width(row->cells[0]) + 2;
    }
    if (used < page->width && *row->cells[0] != '\0')
        g_string_append_c(line, ' ');
    for (; used < page->width; used++)
        g_string_append(line, "─");
    put_blanks(page, indent);
    put_styled(page, row->style, line->str, line->str + line->len);
    g_string_append_c(page->text, '\n');
}

void
text_table_print(const TextTable *table, TextPage *page, int indent)
{
    int widths[TEXT_COLUMNS_MAX] = {0};

    fit(table, page->width - indent, widths);
    for (guint r = 0; r < table->rows->len; r++) {
        const Row *row = table->rows->pdata[r];
        const char *cells[TEXT_COLUMNS_MAX];
        if (row->is_line) {
            print_line(row, page, indent);
            continue;
        }
        for (int c = 0; c < table->columns; c++)
            cells[c] = row->cells[c];
        while (print_row_line(table, row, page, indent, widths, cells))
            ;
    }
}

void
page_heading(TextPage *page, const char *words)
{
    g_string_append_c(page->text, '\n');
    put_styled(page, STYLE_BOLD, words, words + strlen(words));
    g_string_append_c(page->text, '\n');
}

void
page_paragraph(TextPage *page, TextStyle style, const char *first, const char *text)
{
    g_autofree char *printable = text_printable(text);
    const char *at = printable;
    int indent = text_width(first);

    g_string_append(page->text, first);
    do {
        if (at != printable)
            put_blanks(page, indent);
        const char *end = line_end(at, MAX(page->width - indent, CELL_WIDTH_MIN));
        put_styled(page, style, at, end);
        g_string_append_c(page->text, '\n');
        at = skip_blanks(end);
    } while (*at != '\0');
}

void
page_say(TextPage *page, TextStyle style, const char *first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    page_paragraph(page, style, first, text);
}
