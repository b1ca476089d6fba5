/* sse.c - bytes become lines, lines become fields, an empty line makes the event. */
#include "base/sse.h"

#include "base/limits.h"

#include <string.h>

struct Sse {
    SseEventFn *fn;
    void *user;
    GString *line;
    GString *data; /* each line with its end */
    GString *type;
    GString *id;
    bool has_id;
    bool after_cr; /* "\r\n" is one end, also across two pieces */
    bool has_begun;
};

Sse *
sse_new(SseEventFn *fn, void *user)
{
    Sse *sse = g_new0(Sse, 1);
    *sse = (Sse){.fn = fn,
                 .user = user,
                 .line = g_string_new(NULL),
                 .data = g_string_new(NULL),
                 .type = g_string_new(NULL),
                 .id = g_string_new(NULL)};
    return sse;
}

void
sse_free(Sse *sse)
{
    if (sse == NULL)
        return;
    g_string_free(sse->line, TRUE);
    g_string_free(sse->data, TRUE);
    g_string_free(sse->type, TRUE);
    g_string_free(sse->id, TRUE);
    g_free(sse);
}

static bool
sse_event(Sse *sse)
{
    bool go_on = true;
    if (sse->data->len > 0) {
        g_string_truncate(sse->data, sse->data->len - 1);
        const char *type = sse->type->len > 0 ? sse->type->str : "message";
        go_on = sse->fn(sse->has_id ? sse->id->str : NULL, type, sse->data->str, sse->user);
    }
    g_string_truncate(sse->data, 0);
    g_string_truncate(sse->type, 0);
    return go_on;
}

static void
sse_field(Sse *sse, const char *name, const char *value)
{
    if (strcmp(name, "data") == 0) {
        g_string_append(sse->data, value);
        g_string_append_c(sse->data, '\n');
    } else if (strcmp(name, "event") == 0) {
        g_string_assign(sse->type, value);
    } else if (strcmp(name, "id") == 0) {
        g_string_assign(sse->id, value);
        sse->has_id = true;
    }
}

/* The line is complete; false when the one who listens has had enough. */
static bool
sse_line(Sse *sse)
{
    char *line = sse->line->str;
    bool go_on = true;
    if (!sse->has_begun && g_str_has_prefix(line, "\xef\xbb\xbf"))
        line += 3;
    sse->has_begun = true;
    char *colon = strchr(line, ':');
    if (*line == '\0') {
        go_on = sse_event(sse);
    } else if (colon != line) {
        char *value = colon != NULL ? colon + 1 : line + strlen(line);
        if (colon != NULL)
            *colon = '\0';
        if (*value == ' ')
            value++;
        sse_field(sse, line, value);
    }
    g_string_truncate(sse->line, 0);
    return go_on;
}

bool
sse_feed(Sse *sse, const char *data, size_t bytes, bool *ret_go_on, GError **error)
{
    bool go_on = true;
    for (size_t i = 0; i < bytes && go_on; i++) {
        bool is_second = sse->after_cr && data[i] == '\n';
        sse->after_cr = data[i] == '\r';
        if (is_second)
            continue;
        if (data[i] == '\n' || data[i] == '\r')
            go_on = sse_line(sse);
        else
            g_string_append_c(sse->line, data[i]);
        if (sse->line->len + sse->data->len > SSE_EVENT_BYTES_MAX)
            return fail(error, ERR_TOO_LARGE, "an event of the stream is larger than %d KiB",
                        SSE_EVENT_BYTES_MAX / 1024);
    }
    *ret_go_on = go_on;
    return true;
}
