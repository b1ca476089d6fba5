/*
 * hunks.c - which lines became which: the longest common subsequence of what lies between the lines that both texts begin
 * and end with. What is too much for that is one hunk: such a change is too large for people, too.
 */
#include "gate/inside.h"

#include <string.h>

#define CELLS_MAX ((size_t) 4 * 1000 * 1000) /* 2,000 lines against 2,000: some milliseconds */

typedef struct {
    const Source *before, *after;
    guint head, rows, columns; /* lines that both begin with; lines in between */
    guint16 *common;           /* of the rest from a row and a column on */
} Search;

static bool
is_same(const Search *search, guint row, guint column)
{
    const SourceLine *x = source_line(search->before, row), *y = source_line(search->after, column);
    return x->end - x->begin == y->end - y->begin &&
           memcmp(search->before->text + x->begin, search->after->text + y->begin,
                  x->end - x->begin) == 0;
}

static guint16 *
cell(const Search *search, guint row, guint column)
{
    return &search->common[(size_t) row * (search->columns + 1) + column];
}

static void
fill(const Search *search)
{
    for (guint row = search->rows; row-- > 0;)
        for (guint column = search->columns; column-- > 0;)
            *cell(search, row, column) =
                is_same(search, search->head + row, search->head + column)
                    ? (guint16) (*cell(search, row + 1, column + 1) + 1)
                    : MAX(*cell(search, row + 1, column), *cell(search, row, column + 1));
}

static void
trim(Search *search)
{
    guint before = search->before->lines->len, after = search->after->lines->len, tail = 0;
    while (search->head < MIN(before, after) && is_same(search, search->head, search->head))
        search->head++;
    while (tail < MIN(before, after) - search->head &&
           is_same(search, before - tail - 1, after - tail - 1))
        tail++;
    search->rows = before - search->head - tail;
    search->columns = after - search->head - tail;
}

static void
add(GArray *hunks, const Search *search, guint row, guint column, Hunk more)
{
    Hunk *last = hunks->len > 0 ? &g_array_index(hunks, Hunk, hunks->len - 1) : NULL;
    guint before = search->head + row, after = search->head + column;
    if (last == NULL || last->before + last->removed != before ||
        last->after + last->added != after) {
        Hunk hunk = {before, 0, after, 0};
        g_array_append_val(hunks, hunk);
        last = &g_array_index(hunks, Hunk, hunks->len - 1);
    }
    last->removed += more.removed;
    last->added += more.added;
}

static void
walk(GArray *hunks, const Search *search)
{
    guint row = 0, column = 0;
    while (row < search->rows || column < search->columns) {
        if (row < search->rows && column < search->columns &&
            is_same(search, search->head + row, search->head + column)) {
            row++;
            column++;
        } else if (column == search->columns ||
                   (row < search->rows &&
                    *cell(search, row + 1, column) >= *cell(search, row, column + 1))) {
            add(hunks, search, row, column, (Hunk){.removed = 1});
            row++;
        } else {
            add(hunks, search, row, column, (Hunk){.added = 1});
            column++;
        }
    }
}

GArray *
hunks_of(const Source *before, const Source *after)
{
    GArray *hunks = g_array_new(FALSE, FALSE, sizeof(Hunk));
    Search search = {.before = before, .after = after};
    trim(&search);
    size_t cells = ((size_t) search.rows + 1) * ((size_t) search.columns + 1);
    if (search.rows == 0 && search.columns == 0)
        return hunks;
    if (cells > CELLS_MAX || MAX(search.rows, search.columns) > G_MAXUINT16) {
        add(hunks, &search, 0, 0, (Hunk){.removed = search.rows, .added = search.columns});
        return hunks;
    }
    search.common = g_new0(guint16, cells);
    fill(&search);
    walk(hunks, &search);
    g_free(search.common);
    return hunks;
}
