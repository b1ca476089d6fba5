/*
 * streams.h - server-sent events: a cursor over the event table, and a wake-up.
 *
 * Nothing is kept per client but the last sequence number it was sent: a slow one only lags, one that comes back says
 * Last-Event-ID and misses nothing. A comment line every 15 s lets both ends notice that the other is gone. When the
 * server stops, each stream ends with an event `bye`.
 */
#pragma once

#include "server/request.h"

struct MHD_Response;

/* `seq` is the last event so far. */
Streams *streams_new(Readers *readers, int64_t seq);
void streams_free(Streams *streams); /* all must be closed */
/* Everything up to `seq` is committed. Any thread. */
void streams_wake(Streams *streams, int64_t seq);
/* Let every stream say bye; waits until they have, at most `timeout_ms`. New ones are refused. */
void streams_end(Streams *streams, int timeout_ms);

/* Answer with a stream of events after `after`, of one plan (NULL: all) and of these types (NULL: all; "plan.state",
 * or a first word: "task"). LIMIT with status 503 when HTTP_STREAMS_MAX are open, or as many as
 * there are file descriptors for. */
CHECKED bool stream_answer(Request *request, int64_t after, const char *plan, const char *types,
                           GError **error);
struct MHD_Response *stream_response(Stream *stream); /* takes it */
void stream_free(Stream *stream);

/* Does a comma-separated list of types (or first words) hold this one? NULL: all. */
bool types_hold(const char *types, const char *type);
/* INVALID names what is not a type of events.def. */
CHECKED bool types_check(const char *types, GError **error);
