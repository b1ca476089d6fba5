/*
 * link.h - the worker's side of wire.h: each exchange with the server as one function.
 *
 * A Link belongs to one thread. UNREACHABLE and TRANSIENT may pass; FENCED, NOT_FOUND and
 * WRONG_STATE mean that the task is not ours any more.
 */
#pragma once

#include "wire/wire.h"

typedef struct Link Link;

CHECKED bool link_new(const char *server, const char *token, Link **ret, GError **error);
void link_free(Link *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_free)

/* Wait up to `wait_ms` for a task; `*ret` NULL when there was none. */
CHECKED bool link_lease(Link *link, const char *worker, const json_t *labels, int wait_ms,
                        Lease **ret, GError **error);
typedef struct {
    bool stop;
    int64_t lease_ms; /* 0: it did not say */
    json_t *throttle; /* or NULL: move rows as fast as you can; the caller's */
} HeartbeatAnswer;
CHECKED bool link_heartbeat(Link *link, const Lease *lease, const json_t *progress,
                            HeartbeatAnswer *ret, GError **error);
/* How long to wait before a write to that host; when it is more than the caller wants to wait, it has no turn. */
CHECKED bool link_turn(Link *link, const Lease *lease, const char *host, int64_t *ret_wait_ms,
                       GError **error);
CHECKED bool link_intent(Link *link, const Lease *lease, const json_t *pre_state, GError **error);
CHECKED bool link_report(Link *link, const Lease *lease, const Outcome *outcome, GError **error);
/* Checked against its digest. Caller frees. */
CHECKED bool link_blob_get(Link *link, const char *digest, char **ret, size_t *ret_bytes,
                           GError **error);
CHECKED bool link_blob_put(Link *link, const void *data, size_t bytes, char **ret_digest,
                           GError **error);

/* May the same call work later? */
bool link_may_pass(const GError *error);
/* Is the task somebody else's now? */
bool link_lost(const GError *error);
