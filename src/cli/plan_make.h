/* plan_make.h - the current plan of a migration, made if need be. */
#pragma once

#include "cli/client.h"

/* A migration whose plan may be approved, was, runs or succeeded is given as it is; one that is over is planned anew;
 * `again` plans anew in any case. Waits until a worker has made the plan. `*ret` is the migration: still a draft, with
 * findings, when it cannot be planned. --reason goes along. */
CHECKED bool plan_make(Invocation *call, const char *name, bool again, json_t **ret,
                       GError **error);
