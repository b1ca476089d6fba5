/* guards.h - what makes a plan stale: fingerprints of everything that it relies on. */
#pragma once

#include "base/json.h"

/* Consumers as plans keep them: the fields that matter, sorted. Caller owns. */
json_t *guards_consumers(const json_t *slice);
/* {"source_schema", "target_schema", "mapping", "policy", "consumers", "strategy", "agent"}, "coding" where a coding agent is let at code, and "changes" where code was looked at; null
 * for what a plan does without. `strategy` and `agent` are names. Caller owns. */
CHECKED bool guards_make(const json_t *slice, bool has_mapping, const char *strategy,
                         const char *agent, json_t **ret, GError **error);
