/* view.c - lines on a terminal or in a pipe. */
#include "cli/view.h"

#include "base/text.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const tones[] = {
    [TONE_PLAIN] = "",        [TONE_STRONG] = "\033[1m", [TONE_GOOD] = "\033[32m",
    [TONE_BUSY] = "\033[36m", [TONE_WARN] = "\033[33m",  [TONE_BAD] = "\033[1;31m",
    [TONE_DIM] = "\033[2m",
};

View *
view_new(FILE *out)
{
    View *view = g_new0(View, 1);
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    view->out = out;
    view->is_tty = isatty(fileno(out)) != 0;
    view->is_terminal = view->is_tty && term != NULL && strcmp(term, "dumb") != 0;
    view->colour = view->is_terminal && (no_color == NULL || *no_color == '\0');
    view->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return view;
}

void
view_free(View *view)
{
    g_free(view);
}

static struct winsize
view_size(const View *view)
{
    struct winsize size = {0};
    if (ioctl(fileno(view->out), TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    return size;
}

int
view_width(const View *view)
{
    const char *columns = getenv("COLUMNS");
    int width = view_size(view).ws_col;
    if (width == 0 && columns != NULL)
        width = atoi(columns);
    return width > 0 ? width : 80;
}

int
view_height(const View *view)
{
    int height = view_size(view).ws_row;
    return height > 0 ? height : 24;
}

char *
view_toned(const View *view, Tone tone, const char *text)
{
    char *shown = text_printable(text);
    if (!view->colour || tone == TONE_PLAIN || *shown == '\0')
        return shown;
    char *toned = g_strconcat(tones[tone], shown, "\033[0m", NULL);
    g_free(shown);
    return toned;
}

static void view_put(View *view, Tone tone, const char *format, va_list args) G_GNUC_PRINTF(3, 0);

static void
view_put(View *view, Tone tone, const char *format, va_list args)
{
    if (view->json)
        return;
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *toned = view_toned(view, tone, *line);
        g_autofree char *shown = view_spelled(view, toned);
        fprintf(view->out, "%s\n", shown);
    }
    if (lines[0] == NULL)
        fputc('\n', view->out);
}

void
view_line(View *view, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    view_put(view, TONE_PLAIN, format, args);
    va_end(args);
}

void
view_tone(View *view, Tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    view_put(view, tone, format, args);
    va_end(args);
}

void
view_prose(View *view, Tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *wrapped =
        view->is_terminal ? text_wrapped(text, view_width(view)) : g_strdup(text);
    view_tone(view, tone, "%s", wrapped);
}

bool
view_verbatim(View *view, const char *lines)
{
    size_t bytes = strlen(lines);
    if (view->is_tty && (view->colour || !text_is_plain(lines, bytes)))
        return false;
    if (!view->json)
        fwrite(lines, 1, bytes, view->out);
    return true;
}

void
view_raw(View *view, const char *text)
{
    g_autofree char *shown = view_spelled(view, text);
    if (!view->json)
        fputs(shown, view->out);
}

char *
view_spelled(const View *view, const char *text)
{
    static const char *const signs[][2] = {
        {"→", "->"}, {"…", "..."}, {"·", "-"}, {"─", "-"}, {"±", "*"},
    };
    if (view->utf8)
        return g_strdup(text);
    GString *spelled = g_string_new(text);
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        g_string_replace(spelled, signs[i][0], signs[i][1], 0);
    return g_string_free(spelled, FALSE);
}

void
view_json(View *view, const json_t *value)
{
    g_autofree char *text = json_pretty(value);
    fprintf(view->out, "%s\n", text);
}

void
view_json_list_begin(View *view, const char *name)
{
    view->items = 0;
    fprintf(view->out, "{\n  \"%s\": [", name);
}

/* As json_pretty() writes it so deep inside of a document; the first line's blanks are the caller's. */
static void
put_indented(View *view, const json_t *value, int blanks)
{
    g_autofree char *text = json_pretty(value);
    for (const char *line = text, *next; *line != '\0'; line = next) {
        size_t bytes = strcspn(line, "\n");
        next = line + bytes + (line[bytes] == '\n');
        fprintf(view->out, "%*s", line == text ? 0 : blanks, "");
        fwrite(line, 1, (size_t) (next - line), view->out);
    }
}

void
view_json_list_add(View *view, const json_t *item)
{
    fputs(view->items++ > 0 ? ",\n    " : "\n    ", view->out);
    put_indented(view, item, 4);
}

void
view_json_list_end(View *view, const json_t *rest)
{
    const char *name;
    json_t *value;
    fputs(view->items > 0 ? "\n  ]" : "]", view->out);
    json_object_foreach((json_t *) rest, name, value)
    {
        fprintf(view->out, ",\n  \"%s\": ", name);
        put_indented(view, value, 2);
    }
    fputs("\n}\n", view->out);
}

void
view_json_line(View *view, const json_t *value)
{
    g_autofree char *text = json_compact(value);
    fprintf(view->out, "%s\n", text);
    fflush(view->out);
}

int
text_width(const char *text)
{
    int width = 0;
    for (const char *at = text; *at != '\0';) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        if (c == (gunichar) -1 || c == (gunichar) -2) {
            width++;
            at++;
            continue;
        }
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        at = g_utf8_next_char(at);
    }
    return width;
}

char *
text_cut(const char *text, int width)
{
    if (text_width(text) <= width)
        return g_strdup(text);
    if (width <= 0)
        return g_strdup("");
    GString *cut = g_string_new(NULL);
    int used = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char_validated(at, -1);
        if (c == (gunichar) -1 || c == (gunichar) -2)
            break;
        int room = g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (used + room > width - 1)
            break;
        used += room;
        g_string_append_unichar(cut, c);
    }
    g_string_append(cut, "…");
    return g_string_free(cut, FALSE);
}

/* The end of the line that begins at `text`: before the last blank that fits, else after the word. */
static const char *
line_end(const char *text, int width)
{
    const char *end = NULL;
    for (const char *at = text;; at++) {
        if (*at != '\0' && *at != ' ' && *at != '\n')
            continue;
        g_autofree char *line = g_strndup(text, (size_t) (at - text));
        if (end != NULL && text_width(line) > width)
            return end;
        end = at;
        if (*at != ' ')
            return end;
    }
}

char *
text_wrapped(const char *text, int width)
{
    GString *wrapped = g_string_new(NULL);
    for (const char *at = text; *at != '\0';) {
        const char *end = line_end(at, width);
        g_string_append_len(wrapped, at, end - at);
        if (*end != '\0')
            g_string_append_c(wrapped, '\n');
        at = *end != '\0' ? end + 1 : end;
    }
    return g_string_free(wrapped, FALSE);
}

char *
bar_text(int64_t done, int64_t total, int width, bool utf8)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!utf8)
        width -= 2;
    width = MAX(width, 1);
    int64_t steps = utf8 ? 8 : 1;
    int64_t filled = 0; /* in steps; by double, because done times width may be large */
    if (total > 0)
        filled =
            (int64_t) ((double) CLAMP(done, 0, total) / (double) total * (double) (width * steps));
    GString *bar = g_string_new(utf8 ? "" : "[");
    int cells = (int) (filled / steps);
    for (int i = 0; i < cells; i++)
        g_string_append(bar, utf8 ? "█" : "#");
    if (cells < width && filled % steps > 0) {
        g_string_append(bar, eighths[filled % steps]);
        cells++;
    }
    for (; cells < width; cells++)
        g_string_append(bar, utf8 ? "░" : "-");
    if (!utf8)
        g_string_append_c(bar, ']');
    return g_string_free(bar, FALSE);
}

char *
text_plural(int64_t count, const char *one, const char *many)
{
    g_autofree char *number = text_count(count);
    return g_strdup_printf("%s %s", number, count == 1 ? one : many);
}
