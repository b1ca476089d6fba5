/* diff.c - edits as a unified diff: hunks come from the edits themselves, nothing is searched for. */
#include "rewrite/rewrite.h"

#include <string.h>

#define CONTEXT_LINES 3
#define LINE_BYTES 16 /* most are longer */

/* Where the lines begin, and behind the last one where the text ends. A last line without an end has nothing behind it. */
typedef struct {
    const char *text;
    size_t *begin;
    guint count, last; /* the last that a byte can be in: behind a line's end an empty one begins */
} Lines;

typedef struct {
    guint begin, end;  /* lines of the old text */
    guint first, last; /* edits in it */
} Change;

static Lines
lines_of(const char *text, size_t bytes)
{
    size_t room = bytes / LINE_BYTES + 2, at = 0, *begin = g_new(size_t, room);
    guint count = 0;
    begin[0] = 0;
    while (at < bytes) {
        const char *found = memchr(text + at, '\n', bytes - at);
        at = found == NULL ? bytes : (size_t) (found - text) + 1;
        if (++count == room) {
            room *= 2;
            begin = g_renew(size_t, begin, room);
        }
        begin[count] = at;
    }
    bool is_ended = bytes == 0 || text[bytes - 1] == '\n';
    return (Lines){
        .text = text, .begin = begin, .count = count, .last = is_ended ? count : count - 1};
}

/* The line of this byte, which is not before the line `from`. */
static guint
line_at(const Lines *lines, guint from, size_t at)
{
    while (from < lines->last && lines->begin[from + 1] <= at)
        from++;
    return from;
}

/* Lines that are changed, joined where they touch. */
static GArray *
changes_of(const Rewrite *rewrite, const Lines *lines)
{
    GArray *changes = g_array_sized_new(FALSE, FALSE, sizeof(Change), rewrite->edits->len);
    Change *before = NULL;
    guint line = 0;
    for (guint i = 0; i < rewrite->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(rewrite->edits, i);
        size_t last = edit->end > edit->begin ? edit->end - 1 : edit->begin;
        line = line_at(lines, line, edit->begin);
        guint end = MIN(line_at(lines, line, last) + 1, lines->count);
        if (before != NULL && line <= before->end) {
            before->end = MAX(before->end, end);
            before->last = i;
            continue;
        }
        Change change = {line, end, i, i};
        g_array_append_val(changes, change);
        before = &g_array_index(changes, Change, changes->len - 1);
    }
    return changes;
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

static void
append_line(GString *out, char sign, const char *line, size_t bytes)
{
    char *to = room_for(out, bytes + 1);
    *to = sign;
    memcpy(to + 1, line, bytes);
    take(out, bytes + 1);
}

static void
append_end(GString *out, const char *text, size_t bytes)
{
    if (bytes > 0 && text[bytes - 1] != '\n')
        g_string_append(out, "\n\\ No newline at end of file\n");
}

/* Those of the old text. */
static void
append_lines(GString *out, char sign, const Lines *lines, guint begin, guint end)
{
    size_t first = lines->begin[begin], bytes = lines->begin[end] - first;
    char *to = room_for(out, bytes + end - begin), *from = to;
    for (guint i = begin; i < end; i++) {
        size_t length = lines->begin[i + 1] - lines->begin[i];
        *to++ = sign;
        memcpy(to, lines->text + lines->begin[i], length);
        to += length;
    }
    take(out, (size_t) (to - from));
    append_end(out, lines->text + first, bytes);
}

/* How many there are in the new text. */
static guint
append_new_lines(GString *out, const char *text, size_t bytes)
{
    guint count = 0;
    for (size_t at = 0, next; at < bytes; at = next, count++) {
        const char *found = memchr(text + at, '\n', bytes - at);
        next = found == NULL ? bytes : (size_t) (found - text) + 1;
        append_line(out, '+', text + at, next - at);
    }
    append_end(out, text, bytes);
    return count;
}

/* The diff in the making. */
typedef struct {
    const Rewrite *rewrite;
    Lines lines;
    const GArray *changes;
    GString *out, *after; /* the last is what a change becomes */
    int64_t shift;        /* lines that there are more of in the new text */
} Diff;

static void
write_after(Diff *diff, const Change *change)
{
    const Lines *lines = &diff->lines;
    size_t at = lines->begin[change->begin];
    g_string_truncate(diff->after, 0);
    for (guint i = change->first; i <= change->last; i++) {
        const Edit *edit = g_ptr_array_index(diff->rewrite->edits, i);
        put(diff->after, lines->text + at, edit->begin - at);
        put(diff->after, edit->text, strlen(edit->text));
        at = edit->end;
    }
    put(diff->after, lines->text + at, lines->begin[change->end] - at);
}

static guint
lines_back(guint at, guint least)
{
    return at - least > CONTEXT_LINES ? at - CONTEXT_LINES : least;
}

static guint
lines_on(const Lines *lines, guint at)
{
    return MIN(at + CONTEXT_LINES, lines->count);
}

/* ---- heads of hunks ---- */

#define HEAD_BYTES_MAX 96 /* four numbers of up to 20 digits, and what is between them */

static char *
write_number(char *to, const char *before, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    to = g_stpcpy(to, before);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

/* Before what was appended from `body` on, where room was left for it. */
static void
put_head(GString *out, size_t body, uint64_t line, uint64_t count, uint64_t new_line,
         uint64_t new_count)
{
    char head[HEAD_BYTES_MAX], *to = write_number(head, "@@ -", line);
    to = write_number(to, ",", count);
    to = write_number(to, " +", new_line);
    to = write_number(to, ",", new_count);
    to = g_stpcpy(to, " @@\n");
    size_t bytes = (size_t) (to - head), left = HEAD_BYTES_MAX - bytes;
    memmove(out->str + body - left, out->str + body, out->len - body);
    memcpy(out->str + body - HEAD_BYTES_MAX, head, bytes);
    g_string_truncate(out, out->len - left);
}

/* ---- hunks ---- */

/* Changes from `first` on that share context lines: one hunk. The index behind the last. */
static guint
append_hunk(Diff *diff, guint first)
{
    const Lines *lines = &diff->lines;
    const Change *change = &g_array_index(diff->changes, Change, first);
    guint begin = lines_back(change->begin, 0), at = begin, i = first;
    int64_t shift = 0;
    room_for(diff->out, HEAD_BYTES_MAX);
    take(diff->out, HEAD_BYTES_MAX);
    size_t body = diff->out->len;
    do {
        change = &g_array_index(diff->changes, Change, i++);
        append_lines(diff->out, ' ', lines, at, change->begin);
        append_lines(diff->out, '-', lines, change->begin, change->end);
        write_after(diff, change);
        shift += append_new_lines(diff->out, diff->after->str, diff->after->len);
        shift -= change->end - change->begin;
        at = change->end;
    } while (i < diff->changes->len &&
             lines_on(lines, at) >= lines_back(g_array_index(diff->changes, Change, i).begin, at));
    guint end = lines_on(lines, at);
    append_lines(diff->out, ' ', lines, at, end);
    put_head(diff->out, body, begin + 1, end - begin, (uint64_t) (begin + 1 + diff->shift),
             (uint64_t) (end - begin + shift));
    diff->shift += shift;
    return i;
}

/* ---- the file's name ---- */

/* As git writes it: quoted where it has quotes, backslashes or control bytes; with a tab behind it where it has a space. */
static void
append_name(GString *out, const char *sign, const char *side, const char *path)
{
    bool is_quoted = false;
    for (const char *at = path; *at != '\0'; at++)
        is_quoted |= *at == '"' || *at == '\\' || g_ascii_iscntrl(*at);
    g_string_append_printf(out, "%s %s%s/", sign, is_quoted ? "\"" : "", side);
    for (const char *at = path; *at != '\0'; at++)
        if (*at == '"' || *at == '\\')
            g_string_append_printf(out, "\\%c", *at);
        else if (g_ascii_iscntrl(*at))
            g_string_append_printf(out, "\\%03o", (unsigned char) *at);
        else
            g_string_append_c(out, *at);
    g_string_append_printf(out, "%s%s\n", is_quoted ? "\"" : "",
                           strchr(path, ' ') != NULL ? "\t" : "");
}

char *
rewrite_diff(const Rewrite *rewrite, const char *path, const char *text, size_t bytes)
{
    Diff diff = {.rewrite = rewrite, .lines = lines_of(text, bytes)};
    g_autoptr(GArray) changes = changes_of(rewrite, &diff.lines);
    g_autoptr(GString) after = g_string_new(NULL);
    diff.changes = changes;
    diff.after = after;
    diff.out = g_string_sized_new(2 * bytes);
    if (changes->len > 0) {
        append_name(diff.out, "---", "a", path);
        append_name(diff.out, "+++", "b", path);
    }
    for (guint i = 0; i < changes->len;)
        i = append_hunk(&diff, i);
    g_free(diff.lines.begin);
    return g_string_free(diff.out, FALSE);
}
