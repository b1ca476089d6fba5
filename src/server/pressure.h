/*
 * pressure.h - how much may wait: who comes when a queue is full is told to come again, and when.
 *
 * A queue's limit is a limit like any other (`honk.yaml`: limits; PUT /limits), named "queue:planning",
 * "queue:group:NAME" or "queue:target:NAME". When to come again is reckoned from how fast the queue got shorter lately.
 */
#pragma once

#include "server/request.h"

/* LIMIT, with Retry-After, when so many plans wait to be made. */
CHECKED bool planning_may_queue(Request *request, GError **error);
/* The same for rollouts of the service's target, and of the group (may be NULL), that have not begun. */
CHECKED bool rollout_may_queue(Request *request, const ServiceConfig *service,
                               const GroupConfig *group, GError **error);
/* Seconds until there is room: `over` too many wait, and the last `count` of them left within `span_ms`. */
int pressure_retry_after_s(int64_t over, int64_t count, int64_t span_ms);
