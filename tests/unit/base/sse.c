/* sse.c - an event stream means the same in whatever pieces it arrives. */
#include "base/sse.h"

#include "base/limits.h"

#include <string.h>

typedef struct {
    GString *seen;
    int events_max; /* then it has had enough; 0: never */
    int events;
} Listener;

static bool
on_event(const char *id, const char *type, const char *data, void *user)
{
    Listener *listener = user;
    g_string_append_printf(listener->seen, "<%s|%s|%s>", id != NULL ? id : "-", type, data);
    return ++listener->events != listener->events_max;
}

/* What is heard when the stream comes in pieces of `piece` bytes. */
static char *
heard(const char *stream, size_t piece)
{
    Listener listener = {.seen = g_string_new(NULL)};
    g_autoptr(Sse) sse = sse_new(on_event, &listener);
    g_autoptr(GError) error = NULL;
    bool go_on = true;
    for (size_t at = 0, length = strlen(stream); at < length; at += piece) {
        g_assert_true(sse_feed(sse, stream + at, MIN(piece, length - at), &go_on, &error));
        g_assert_true(go_on);
    }
    return g_string_free(listener.seen, FALSE);
}

static void
assert_heard(const char *stream, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(stream); piece++) {
        g_autofree char *found = heard(stream, piece);
        g_assert_cmpstr(found, ==, expected);
    }
}

static void
fields_make_an_event(void)
{
    assert_heard("id: 7\nevent: task\ndata: {\"a\":1}\n\n", "<7|task|{\"a\":1}>");
    assert_heard("data: one\ndata: two\n\n", "<-|message|one\ntwo>");
    assert_heard("data:x\n\ndata:  y\n\n", "<-|message|x><-|message| y>");
    assert_heard("data\n\n", "<-|message|>");
}

static void
the_last_id_is_kept_and_the_type_is_not(void)
{
    assert_heard("id: 1\nevent: a\ndata: x\n\ndata: y\n\nid: 2\n\ndata: z\n\n",
                 "<1|a|x><1|message|y><2|message|z>");
}

static void
comments_unknown_fields_and_events_without_data_are_nothing(void)
{
    assert_heard(": still here\n\nretry: 5\nfoo: bar\nevent: x\n\n", "");
    assert_heard("data: x\n", ""); /* not ended */
}

static void
all_three_line_ends_and_a_byte_order_mark_are_read(void)
{
    assert_heard("data: x\r\n\r\ndata: y\r\rdata: z\n\n",
                 "<-|message|x><-|message|y><-|message|z>");
    assert_heard("\xef\xbb\xbf"
                 "data: x\n\n",
                 "<-|message|x>");
}

static void
a_listener_that_has_had_enough_hears_no_more(void)
{
    Listener listener = {.seen = g_string_new(NULL), .events_max = 2};
    g_autoptr(Sse) sse = sse_new(on_event, &listener);
    g_autoptr(GError) error = NULL;
    const char *stream = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
    bool go_on = true;
    g_assert_true(sse_feed(sse, stream, strlen(stream), &go_on, &error));
    g_assert_false(go_on);
    g_assert_cmpstr(listener.seen->str, ==, "<-|message|1><-|message|2>");
    g_string_free(listener.seen, TRUE);
}

static void
an_endless_event_is_refused(void)
{
    Listener listener = {.seen = g_string_new(NULL)};
    g_autoptr(Sse) sse = sse_new(on_event, &listener);
    g_autoptr(GError) error = NULL;
    bool go_on = true, ok = true;
    for (int i = 0; ok && i < SSE_EVENT_BYTES_MAX; i++)
        ok = sse_feed(sse, "data: abcdefgh\n", 15, &go_on, &error);
    g_assert_error(error, error_quark(), ERR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "an event of the stream is larger than 1024 KiB");
    g_string_free(listener.seen, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sse/fields make an event", fields_make_an_event);
    g_test_add_func("/sse/the last id is kept and the type is not",
                    the_last_id_is_kept_and_the_type_is_not);
    g_test_add_func("/sse/comments, unknown fields and events without data are nothing",
                    comments_unknown_fields_and_events_without_data_are_nothing);
    g_test_add_func("/sse/all three line ends and a byte order mark are read",
                    all_three_line_ends_and_a_byte_order_mark_are_read);
    g_test_add_func("/sse/a listener that has had enough hears no more",
                    a_listener_that_has_had_enough_hears_no_more);
    g_test_add_func("/sse/an endless event is refused", an_endless_event_is_refused);
    return g_test_run();
}
