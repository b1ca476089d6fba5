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
    const char *found = at > 0 ? memrchr(text, '\n', at) : NULL;
    return found == NULL ? 0 : (size_t) (found - text) + 1;
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
    GArray *changes = g_array_sized_new(FALSE, FALSE, sizeof(Change), rewrite->edits->len);
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

/* What most appending is: there is room. */
static inline void
put(GString *out, const char *text, size_t bytes)
{
    if (out->len + bytes >= out->allocated_len) {
        g_string_append_len(out, text, (gssize) bytes);
        return;
    }
    memcpy(out->str + out->len, text, bytes);
    out->len += bytes;
    out->str[out->len] = '\0';
}

/* Where so many more bytes can be written, whose number take() is told afterwards. */
static char *
room_for(GString *out, size_t bytes)
{
    size_t filled = out->len;
    if (filled + bytes >= out->allocated_len) {
        g_string_set_size(out, filled + bytes);
        out->len = filled;
    }
    return out->str + filled;
}

static void
take(GString *out, size_t bytes)
{
    out->len += bytes;
    out->str[out->len] = '\0';
}

/* How many they are. */
static size_t
append_lines(GString *out, char sign, const char *text, size_t begin, size_t end)
{
    char *first = room_for(out, 2 * (end - begin)), *to = first; /* no line is empty */
    size_t lines = 0;
    for (size_t at = begin, next; at < end; at = next, lines++) {
        next = line_end(text, end, at);
        *to++ = sign;
        memcpy(to, text + at, next - at);
        to += next - at;
    }
    take(out, (size_t) (to - first));
    if (end > begin && text[end - 1] != '\n')
        g_string_append(out, "\n\\ No newline at end of file\n");
    return lines;
}

static void
append_changed(GString *out, const Rewrite *rewrite, const Change *change, const char *text)
{
    size_t at = change->begin;
    for (guint i = change->first; i <= change->last; i++) {
        const Edit *edit = g_ptr_array_index(rewrite->edits, i);
        put(out, text + at, edit->begin - at);
        put(out, edit->text, strlen(edit->text));
        at = edit->end;
    }
    put(out, text + at, change->end - at);
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

/* The diff in the making. */
typedef struct {
    const Rewrite *rewrite;
    const char *text;
    size_t bytes;
    const GArray *changes;
    GString *out, *body, *after; /* the last two are those of the hunk, and of the change */
    size_t counted, lines;       /* so many lines end before this byte */
    int64_t shift;               /* lines that there are more of in the new text */
} Diff;

/* Lines of a hunk. */
typedef struct {
    size_t before, after;
} Lines;

static void
append_change(Diff *diff, const Change *change, Lines *lines)
{
    g_string_truncate(diff->after, 0);
    append_changed(diff->after, diff->rewrite, change, diff->text);
    lines->before += append_lines(diff->body, '-', diff->text, change->begin, change->end);
    lines->after += append_lines(diff->body, '+', diff->after->str, 0, diff->after->len);
}

static void
append_context(Diff *diff, size_t begin, size_t end, Lines *lines)
{
    size_t count = append_lines(diff->body, ' ', diff->text, begin, end);
    lines->before += count;
    lines->after += count;
}

/* Changes from `first` on that share context lines: one hunk. The index behind the last. */
static guint
append_hunk(Diff *diff, guint first)
{
    const char *text = diff->text;
    const Change *change = &g_array_index(diff->changes, Change, first);
    size_t begin = lines_back(text, change->begin, 0), at = begin;
    Lines lines = {0};
    guint i = first;
    g_string_truncate(diff->body, 0);
    do {
        change = &g_array_index(diff->changes, Change, i++);
        append_context(diff, at, change->begin, &lines);
        append_change(diff, change, &lines);
        at = change->end;
    } while (i < diff->changes->len &&
             lines_on(text, diff->bytes, at) >=
                 lines_back(text, g_array_index(diff->changes, Change, i).begin, at));
    append_context(diff, at, lines_on(text, diff->bytes, at), &lines);
    diff->lines += lines_in(text, diff->counted, begin);
    diff->counted = begin;
    int64_t line = (int64_t) diff->lines + 1;
    g_string_append_printf(diff->out,
                           "@@ -%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT " +%" G_GINT64_FORMAT
                           ",%" G_GINT64_FORMAT " @@\n",
                           line, (int64_t) lines.before, line + diff->shift, (int64_t) lines.after);
    put(diff->out, diff->body->str, diff->body->len);
    diff->shift += (int64_t) lines.after - (int64_t) lines.before;
    return i;
}

char *
rewrite_diff(const Rewrite *rewrite, const char *path, const char *text, size_t bytes)
{
    g_autoptr(GArray) changes = changes_of(rewrite, text, bytes);
    g_autoptr(GString) body = g_string_sized_new(2 * bytes), after = g_string_new(NULL);
    Diff diff = {.rewrite = rewrite,
                 .text = text,
                 .bytes = bytes,
                 .changes = changes,
                 .out = g_string_sized_new(2 * bytes),
                 .body = body,
                 .after = after};
    if (changes->len > 0)
        g_string_append_printf(diff.out, "--- a/%s\n+++ b/%s\n", path, path);
    for (guint i = 0; i < changes->len;)
        i = append_hunk(&diff, i);
    return g_string_free(diff.out, FALSE);
}
