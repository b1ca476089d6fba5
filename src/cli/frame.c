/* frame.c - up, write each line and erase its rest, erase what is below. */
#include "cli/frame.h"

#include <string.h>

struct Frame {
    View *view;
    int lines; /* drawn last time */
};

Frame *
frame_new(View *view)
{
    Frame *frame = g_new0(Frame, 1);
    frame->view = view;
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

char *
frame_cut(const char *line, int width)
{
    GString *cut = g_string_new(NULL);
    int used = 0;
    bool is_full = false, has_escape = false;
    for (const char *at = line; *at != '\0';) {
        if (*at == '\033') {
            const char *end = escape_end(at);
            g_string_append_len(cut, at, end - at);
            has_escape = true;
            at = end;
            continue;
        }
        const char *end = g_utf8_next_char(at);
        g_autofree char *letter = g_strndup(at, (size_t) (end - at));
        used += text_width(letter);
        is_full = is_full || used > width;
        if (!is_full)
            g_string_append(cut, letter);
        at = end;
    }
    if (has_escape)
        g_string_append(cut, "\033[0m");
    return g_string_free(cut, FALSE);
}

void
frame_draw(Frame *frame, const char *text)
{
    int width = view_width(frame->view), height = view_height(frame->view);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) out =
        g_string_new("\033[?2026h"); /* terminals that know it show all at once */
    int count = 0, last = (int) g_strv_length(lines);
    while (last > 0 && *lines[last - 1] == '\0')
        last--;
    if (frame->lines > 0)
        g_string_append_printf(out, "\033[%dA", MIN(frame->lines, height - 1));
    g_string_append_c(out, '\r');
    for (; count < last && count < height - 1; count++) {
        g_autofree char *line = frame_cut(lines[count], width);
        g_string_append_printf(out, "%s\033[K\n", line);
    }
    g_string_append(out, "\033[J\033[?2026l");
    frame->lines = count;
    fwrite(out->str, 1, out->len, frame->view->out);
    fflush(frame->view->out);
}
