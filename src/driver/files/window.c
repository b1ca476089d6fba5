/* window.c - a window over bytes, grown to what one record needs, and what texts of it are told as. */
#include "driver/files/file.h"

#include "base/limits.h"
#include "base/text.h"
#include "model/canonical.h"

#include <string.h>

#define WINDOW_BYTES (256 * 1024) /* read at once: far more than a record, far less than a cache */
#define END_MARK 0x1a             /* Ctrl-Z */
#define END_MARKS_MAX 128
#define RAW_BYTES_MAX 4096 /* of a broken record, as much as tells where to look */

static size_t window_bytes = WINDOW_BYTES;

void
window_set_bytes_for_tests(size_t bytes)
{
    window_bytes = bytes > 0 ? bytes : WINDOW_BYTES;
}

void
window_init(Window *window, ByteSource *source, int64_t offset)
{
    *window = (Window){.source = source, .offset = offset};
}

void
window_clear(Window *window)
{
    g_free(window->bytes);
    window->bytes = NULL;
}

/* How many of them the window ends with. DOS ends a text with one, and CP/M filled its last block with them. */
static size_t
end_marks(const Window *window)
{
    size_t marks = 0;
    while (marks < MIN(window->used, END_MARKS_MAX) &&
           window->bytes[window->used - 1 - marks] == END_MARK)
        marks++;
    return marks;
}

/* Twice as much each time: who begins a long record anew after each growth still reads it only a few times. */
static bool
grow_once(Window *window, GError **error)
{
    size_t wanted = MAX(window_bytes, window->used);
    if (window->used + wanted > window->room) {
        window->room = window->used + wanted;
        window->bytes = g_realloc(window->bytes, window->room);
    }
    size_t bytes = 0;
    if (!byte_source_read(window->source, window->bytes + window->used, wanted,
                          window->offset + (int64_t) window->used, &bytes, error))
        return false;
    window->used += bytes;
    window->is_end = bytes == 0;
    return true;
}

/* Nobody sees a mark before it is known whether it ends the file: then it is no part of it. */
bool
window_grow(Window *window, GError **error)
{
    size_t marks;
    if (window->is_end)
        return true;
    do {
        if (!grow_once(window, error))
            return false;
        marks = end_marks(window);
    } while (!window->is_end && marks > 0 && marks < END_MARKS_MAX);
    if (window->is_end)
        window->used -= marks;
    return true;
}

void
window_drop(Window *window, size_t bytes)
{
    g_assert(bytes <= window->used);
    if (bytes == 0) /* also when nothing was read yet, and there is no buffer */
        return;
    memmove(window->bytes, window->bytes + bytes, window->used - bytes);
    window->used -= bytes;
    window->offset += (int64_t) bytes;
}

bool
window_line_end(Window *window, size_t begin, char line_end, size_t *ret, GError **error)
{
    for (size_t from = begin;;) {
        const char *lf = from < window->used
                             ? memchr(window->bytes + from, line_end, window->used - from)
                             : NULL;
        size_t end = lf != NULL ? (size_t) (lf - window->bytes) + 1 : window->used;
        bool is_long = end - begin > RECORD_BYTES_MAX;
        if (lf != NULL || window->is_end || is_long) {
            *ret = is_long ? 0 : end;
            return true;
        }
        from = window->used;
        if (!window_grow(window, error))
            return false;
    }
}

bool
window_skip_line(Window *window, size_t begin, char line_end, GError **error)
{
    window_drop(window, begin);
    for (;;) {
        const char *lf = window->used > 0 ? memchr(window->bytes, line_end, window->used) : NULL;
        window_drop(window, lf != NULL ? (size_t) (lf - window->bytes) + 1 : window->used);
        if (lf != NULL || window->is_end)
            return true;
        if (!window_grow(window, error))
            return false;
    }
}

size_t
utf8_length(const char *text, size_t bytes)
{
    const char *end = text;
    g_utf8_validate(text, (gssize) bytes, &end); /* stops at NUL, too */
    return (size_t) (end - text);
}

char *
text_problem(const char *bytes, size_t count)
{
    if (canonical_utf8(bytes, count) && (count == 0 || memchr(bytes, '\0', count) == NULL))
        return NULL; /* nearly all */
    size_t good = utf8_length(bytes, count);
    if (good == count)
        return NULL;
    if (bytes[good] == '\0')
        return g_strdup_printf("byte %zu is NUL, which no text can hold", good + 1);
    return g_strdup_printf("byte %zu (0x%02x) is not UTF-8; is the file in another encoding, such "
                           "as Latin-1?",
                           good + 1, (unsigned char) bytes[good]);
}

char *
text_unwritable(const char *bytes, size_t count)
{
    char *problem = text_problem(bytes, count);
    size_t good = problem != NULL ? utf8_length(bytes, count) : count;
    if (good == count || bytes[good] == '\0')
        return problem;
    g_free(problem);
    return g_strdup_printf("byte %zu (0x%02x) is not UTF-8, and bytes are kept only where they are "
                           "a text",
                           good + 1, (unsigned char) bytes[good]);
}

json_t *
raw_to_json(int64_t line, const char *bytes, size_t count)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    size_t end = MIN(count, RAW_BYTES_MAX);
    for (size_t at = 0; at < end; at++) { /* from NUL to NUL */
        g_autofree char *piece = g_strndup(bytes + at, end - at);
        g_autofree char *printable = text_printable(piece);
        at += strlen(piece);
        g_string_append_printf(shown, "%s%s", printable, at < end ? "\\x00" : "");
    }
    json_t *raw = json_object();
    json_set_int(raw, "line", line);
    json_set_string(raw, "raw", shown->str);
    return raw;
}
