/* plan_before.h - what changed since the plan that was there before. */
#pragma once

#include "cli/client.h"

/* {"id", "digest", "state", "differences": ["…"]}; NULL when it is the first plan. Caller owns. */
CHECKED bool plan_before(Invocation *call, const json_t *migration, const json_t *plan,
                         json_t **ret, GError **error);
