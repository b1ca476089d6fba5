/*
 * problem.h - failures as application/problem+json (RFC 9457).
 *
 *   {"type": "urn:honk:problem:drift", "title": "The world moved since the plan was made", "status": 409,
 *    "detail": "…", "code": "drift", "then": "replan", "instance": "/migrations/…/start", "hint": "…"}
 *
 * `code` and `then` are those of base/errors.def; `detail` is a sentence for people. Some problems carry more:
 * `differences` of a drift, `allowed_actions` of a wrong state.
 */
#pragma once

#include "base/json.h"

/* `status` 0: what errors.def says. `more` (borrowed, may be NULL) adds members. Caller owns. */
json_t *problem_new(const GError *error, int status, const char *instance, const json_t *more);
/* "give_up", "retry", "replan", "ask", "stop". */
const char *then_name(ErrorThen then);
