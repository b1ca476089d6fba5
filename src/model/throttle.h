/*
 * throttle.h - how fast a migration may move its rows, and what makes it wait.
 *
 * A JSON object, in the entity (`spec.throttle`), in the plan, beside the plan once somebody changed it, and in each lease:
 *
 *   {"rows_per_second": 5000, "bytes_per_second": 1000000, "replication_lag_seconds": 5, "load_percent": 80,
 *    "active_sessions": 40, "command": "shop-is-quiet"}
 *
 * Each member may be missing: then it limits nothing. The first two are of the whole migration (or of all migrations of a campaign),
 * and shared by the leases that move its rows; the others make each of them wait as long as they are exceeded.
 */
#pragma once

#include "base/json.h"

typedef enum {
    THROTTLE_ROWS,
    THROTTLE_BYTES,
    THROTTLE_LAG,
    THROTTLE_LOAD,
    THROTTLE_SESSIONS,
    THROTTLE_COUNT
} ThrottleKind;

#define THROTTLE_COMMAND "command" /* the name of a throttle command of honk.yaml */

const char *throttle_member(ThrottleKind kind);                    /* "rows_per_second" */
int64_t throttle_limit(const json_t *throttle, ThrottleKind kind); /* 0: none */
const char *throttle_command(const json_t *throttle);              /* NULL: none */
/* Known members, whole numbers within their bounds; INVALID names `what` and the member. 0 and "" are no limit. */
CHECKED bool throttle_check(const json_t *throttle, const char *what, GError **error);
/* `was` (or NULL) with what `changes` says; what is 0 or "" there goes. NULL: no limit is left. Caller owns. */
json_t *throttle_changed(const json_t *was, const json_t *changes);
/* What holds where both do (each may be NULL): of each limit the lower one, and the command of `whole` before that of `part`. NULL:
 * none does. Caller owns. */
json_t *throttle_both(const json_t *part, const json_t *whole);
/* What one of `count` leases may do; nobody stands still for being many. NULL of NULL. Caller owns. */
json_t *throttle_share(const json_t *throttle, int count);
/* "at most 5,000 rows a second; waits while the replication lag is over 5 s"; NULL: no limit. Caller frees. */
char *throttle_text(const json_t *throttle);
