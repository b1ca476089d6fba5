/*
 * sse.h - the text/event-stream format, read as it arrives.
 *
 * Lines "field: value"; an empty line ends an event; a line that starts with a colon is a comment
 * (the server's sign of life). Fields: data (several are joined by line ends), event (default
 * "message"), id (kept for later events until another comes). An event without data is none.
 */
#pragma once

#include "base/error.h"

typedef struct Sse Sse;
/* false: no more, please. `id` may be NULL. */
typedef bool SseEventFn(const char *id, const char *type, const char *data, void *user);

Sse *sse_new(SseEventFn *fn, void *user);
void sse_free(Sse *sse);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sse, sse_free)

/* Feed any piece of the stream. `*ret_go_on` is false once `fn` wants no more. Fails with TOO_LARGE
 * on an event beyond SSE_EVENT_BYTES_MAX. */
CHECKED bool sse_feed(Sse *sse, const char *data, size_t bytes, bool *ret_go_on, GError **error);
