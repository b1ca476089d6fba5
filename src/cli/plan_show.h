/* plan_show.h - the plan of a migration, as text or JSON. */
#pragma once

#include "cli/client.h"

/* {"migration", "plan", "observations"}, as the server has them. Caller owns. */
CHECKED bool plan_fetch(Invocation *call, const json_t *migration, json_t **ret, GError **error);
CHECKED bool plan_show(Invocation *call, const json_t *migration, GError **error);
