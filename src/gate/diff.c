/* diff.c - two texts as a unified diff. */
#include "gate/inside.h"

#include <string.h>

#define CONTEXT 3

typedef struct {
    GString *text;
    const Source *before, *after;
    const GArray *hunks;
} Diff;

static const Hunk *
hunk_at(const Diff *diff, guint index)
{
    return &g_array_index(diff->hunks, Hunk, index);
}

static void
add_lines(const Diff *diff, char mark, const Source *source, guint first, guint end)
{
    for (guint i = first; i < MIN(end, source->lines->len); i++) {
        g_autofree char *line = source_words(source, source->text, i);
        bool is_whole = source_line(source, i)->end < source->bytes;
        g_string_append_printf(diff->text, "%c%s\n%s", mark, line,
                               is_whole ? "" : "\\ No newline at end of file\n");
    }
}

/* Hunks from `first` on that are so near that their contexts touch; the one after the last of them. */
static guint
group_end(const Diff *diff, guint first)
{
    guint end = first + 1;
    while (end < diff->hunks->len &&
           hunk_at(diff, end)->before <=
               hunk_at(diff, end - 1)->before + hunk_at(diff, end - 1)->removed + 2 * CONTEXT)
        end++;
    return end;
}

static void
add_group(const Diff *diff, guint first, guint end)
{
    const Hunk *begin = hunk_at(diff, first), *last = hunk_at(diff, end - 1);
    guint above = MIN(begin->before, CONTEXT);
    guint to = MIN(last->before + last->removed + CONTEXT, diff->before->lines->len);
    guint below = to - last->before - last->removed, at = begin->before - above;
    guint rows = to - at, columns = last->after + last->added + below - (begin->after - above);
    g_string_append_printf(diff->text, "@@ -%u,%u +%u,%u @@\n", at + (rows > 0), rows,
                           begin->after - above + (columns > 0), columns);
    for (guint i = first; i < end; i++) {
        const Hunk *hunk = hunk_at(diff, i);
        add_lines(diff, ' ', diff->before, at, hunk->before);
        add_lines(diff, '-', diff->before, hunk->before, hunk->before + hunk->removed);
        add_lines(diff, '+', diff->after, hunk->after, hunk->after + hunk->added);
        at = hunk->before + hunk->removed;
    }
    add_lines(diff, ' ', diff->before, at, to);
}

char *
gate_diff(const char *path, const char *before, size_t before_bytes, const char *after,
          size_t after_bytes)
{
    g_autoptr(Source) old = source_new("", before, before_bytes),
                      new = source_new("", after, after_bytes);
    g_autoptr(GArray) hunks = hunks_of(old, new);
    g_autoptr(GString) text = g_string_new(NULL);
    Diff diff = {text, old, new, hunks};
    const char *below =
        path + strspn(path, "/"); /* `patch -p1 -d /` finds what is named from the root */
    if (hunks->len > 0)
        g_string_append_printf(text, "--- a/%s\n+++ b/%s\n", below, below);
    for (guint first = 0; first < hunks->len;) {
        guint end = group_end(&diff, first);
        add_group(&diff, first, end);
        first = end;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
