/* frame.c - up, write each line and erase its rest, erase what is below. */
#include "cli/frame.h"

#include <string.h>

struct Frame {
    View *view;
    GArray *widths; /* int: of each line drawn last time */
};

Frame *
frame_new(View *view)
{
    Frame *frame = g_new0(Frame, 1);
    frame->view = view;
    frame->widths = g_array_new(FALSE, FALSE, sizeof(int));
    fputs("\033[?25l", view->out);
    return frame;
}

void
frame_free(Frame *frame)
{
    if (frame == NULL)
        return;
    fputs("\033[?25h", frame->view->out);
    fflush(frame->view->out);
    g_array_unref(frame->widths);
    g_free(frame);
}

/* The end of an escape that begins at `at`: ESC [ … letter. */
static const char *
escape_end(const char *at)
{
    at++;
    if (*at == '[')
        at++;
    while (*at != '\0' && !g_ascii_isalpha(*at))
        at++;
    return *at != '\0' ? at + 1 : at;
}

/* Columns that a line with colour escapes takes. */
static int
line_width(const char *line)
{
    g_autoptr(GString) bare = g_string_new(NULL);
    while (*line != '\0') {
        if (*line == '\033')
            line = escape_end(line);
        else
            g_string_append_c(bare, *line++);
    }
    return text_width(bare->str);
}

char *
frame_cut(const char *line, int width, const char *mark)
{
    GString *cut = g_string_new(NULL);
    int used = 0, room = line_width(line) > width ? width - text_width(mark) : width;
    bool is_full = false, has_escape = false;
    for (const char *at = line; *at != '\0';) {
        const char *end = *at == '\033' ? escape_end(at) : g_utf8_next_char(at);
        g_autofree char *piece = g_strndup(at, (size_t) (end - at));
        if (*at == '\033') {
            has_escape = true;
        } else {
            used += text_width(piece);
            is_full = is_full || used > room;
        }
        if (*at == '\033' || !is_full)
            g_string_append(cut, piece);
        at = end;
    }
    if (is_full)
        g_string_append(cut, mark);
    if (has_escape)
        g_string_append(cut, "\033[0m");
    return g_string_free(cut, FALSE);
}

/* How many lines of the screen the last picture takes now: a terminal that became narrower broke its lines. */
static int
lines_to_go_up(const Frame *frame, int width, int height)
{
    int lines = 0;
    for (guint i = 0; i < frame->widths->len; i++)
        lines += 1 + (MAX(g_array_index(frame->widths, int, i), 1) - 1) / width;
    return MIN(lines, height - 1);
}

void
frame_draw(Frame *frame, const char *text)
{
    int width = view_width(frame->view), height = view_height(frame->view);
    g_autofree char *spelled = view_spelled(frame->view, text);
    g_auto(GStrv) lines = g_strsplit(spelled, "\n", -1);
    g_autoptr(GString) out =
        g_string_new("\033[?2026h"); /* terminals that know it show all at once */
    int up = lines_to_go_up(frame, width, height), last = (int) g_strv_length(lines);
    while (last > 0 && *lines[last - 1] == '\0')
        last--;
    if (up > 0)
        g_string_append_printf(out, "\033[%dA", up);
    g_string_append_c(out, '\r');
    g_array_set_size(frame->widths, 0);
    for (int i = 0; i < last && i < height - 1; i++) {
        g_autofree char *line = frame_cut(lines[i], width, frame->view->utf8 ? "…" : "...");
        int wide = line_width(line);
        g_array_append_val(frame->widths, wide);
        g_string_append_printf(out, "%s\033[K\n", line);
    }
    g_string_append(out, "\033[J\033[?2026l");
    fwrite(out->str, 1, out->len, frame->view->out);
    fflush(frame->view->out);
}
