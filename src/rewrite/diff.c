/* diff.c - edits as a unified diff: hunks come from the edits themselves, nothing is searched for. */
#include "rewrite/rewrite.h"

#include <string.h>

#define CONTEXT_LINES 3

typedef struct {
    size_t begin, end; /* bytes, whole lines of the old text */
    guint first, last; /* edits in it */
} Change;

static size_t
line_begin(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

/* Behind the line's end. */
static size_t
line_end(const char *text, size_t bytes, size_t at)
{
    const char *found = at < bytes ? memchr(text + at, '\n', bytes - at) : NULL;
    return found == NULL ? bytes : (size_t) (found - text) + 1;
}

/* Lines that are changed, joined where they touch. */
static GArray *
changes_of(const Rewrite *rewrite, const char *text, size_t bytes)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(Change));
    for (guint i = 0; i < rewrite->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(rewrite->edits, i);
        size_t begin = line_begin(text, edit->begin);
        size_t last = edit->end > edit->begin ? edit->end - 1 : edit->begin;
        size_t end = line_end(text, bytes, MAX(last, begin));
        Change *before =
            changes->len > 0 ? &g_array_index(changes, Change, changes->len - 1) : NULL;
        if (before != NULL && begin <= before->end) {
            before->end = MAX(before->end, end);
            before->last = i;
            continue;
        }
        Change change = {begin, end, i, i};
        g_array_append_val(changes, change);
    }
    return changes;
}

static size_t
lines_in(const char *text, size_t begin, size_t end)
{
    size_t lines = 0;
    for (size_t at = begin; at < end; at = line_end(text, end, at))
        lines++;
    return lines;
}

static void
append_lines(GString *out, char sign, const char *text, size_t begin, size_t end)
{
    for (size_t at = begin; at < end;) {
        size_t next = line_end(text, end, at);
        g_string_append_c(out, sign);
        g_string_append_len(out, text + at, (gssize) (next - at));
        if (text[next - 1] != '\n')
            g_string_append(out, "\n\\ No newline at end of file\n");
        at = next;
    }
}

static char *
changed_text(const Rewrite *rewrite, const Change *change, const char *text)
{
    GString *out = g_string_new(NULL);
    size_t at = change->begin;
    for (guint i = change->first; i <= change->last; i++) {
        const Edit *edit = g_ptr_array_index(rewrite->edits, i);
        g_string_append_len(out, text + at, (gssize) (edit->begin - at));
        g_string_append(out, edit->text);
        at = edit->end;
    }
    g_string_append_len(out, text + at, (gssize) (change->end - at));
    return g_string_free(out, FALSE);
}

static size_t
lines_back(const char *text, size_t at, size_t least)
{
    for (int i = 0; i < CONTEXT_LINES && at > least; i++)
        at = line_begin(text, at - 1);
    return MAX(at, least);
}

static size_t
lines_on(const char *text, size_t bytes, size_t at)
{
    for (int i = 0; i < CONTEXT_LINES && at < bytes; i++)
        at = line_end(text, bytes, at);
    return at;
}

/* Changes from `first` on that share context lines: one hunk. The index behind the last. */
static guint
append_hunk(GString *out, const Rewrite *rewrite, const GArray *changes, guint first,
            const char *text, size_t bytes, int64_t *shift)
{
    g_autoptr(GString) body = g_string_new(NULL);
    const Change *change = &g_array_index(changes, Change, first);
    size_t begin = lines_back(text, change->begin, 0), at = begin, new_lines = 0;
    guint i = first;
    do {
        change = &g_array_index(changes, Change, i++);
        g_autofree char *after = changed_text(rewrite, change, text);
        append_lines(body, ' ', text, at, change->begin);
        append_lines(body, '-', text, change->begin, change->end);
        append_lines(body, '+', after, 0, strlen(after));
        new_lines += lines_in(text, at, change->begin) + lines_in(after, 0, strlen(after));
        at = change->end;
    } while (i < changes->len && lines_on(text, bytes, at) >=
                                     lines_back(text, g_array_index(changes, Change, i).begin, at));
    size_t end = lines_on(text, bytes, at);
    append_lines(body, ' ', text, at, end);
    new_lines += lines_in(text, at, end);
    int64_t old_lines = (int64_t) lines_in(text, begin, end),
            line = (int64_t) lines_in(text, 0, begin) + 1;
    g_string_append_printf(
        out, "@@ -%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT " +%" G_GINT64_FORMAT ",%zu @@\n%s", line,
        old_lines, line + *shift, new_lines, body->str);
    *shift += (int64_t) new_lines - old_lines;
    return i;
}

char *
rewrite_diff(const Rewrite *rewrite, const char *path, const char *text, size_t bytes)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GArray) changes = changes_of(rewrite, text, bytes);
    int64_t shift = 0;
    if (changes->len > 0)
        g_string_append_printf(out, "--- a/%s\n+++ b/%s\n", path, path);
    for (guint i = 0; i < changes->len;)
        i = append_hunk(out, rewrite, changes, i, text, bytes, &shift);
    return g_string_free(out, FALSE);
}
