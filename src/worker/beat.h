/*
 * beat.h - the heart of a lease: a thread that tells the server now and then how far the task is,
 * so that a long statement does not lose it, and learns whether to stop.
 *
 * The task's thread calls beat_tick(), which is cheap; the beat's own thread speaks with the
 * server. One mutex lies between them and is held across no call.
 */
#pragma once

#include "worker/link.h"

typedef struct Beat Beat;

/* Starts the thread. The lease is borrowed until the end. */
CHECKED bool beat_start(const char *server, const char *token, const Lease *lease, Beat **ret,
                        GError **error);
void beat_end(Beat *beat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Beat, beat_end)

/* Note how far it is; false: stop, because the server asked, the lease is lost or beat_stop() was
 * called. */
bool beat_tick(Beat *beat, int64_t done, int64_t total, const char *unit, const char *note);
/* Beside it: bytes so far, and what slows it down, or "". */
void beat_tell(Beat *beat, int64_t bytes, const char *slowed);
/* How fast it may move rows, by the server's last word; NULL: as fast as it can. Caller owns. */
json_t *beat_throttle(Beat *beat);
void beat_stop(Beat *beat);
bool beat_is_lost(Beat *beat);
