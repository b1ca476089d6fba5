/* plan_steps.h - the steps of a plan, each with what became of its tasks and parts. */
#pragma once

#include "base/json.h"
#include "server/task_sums.h"
#include "store/db.h"

/* As `steps` and `quarantine` of a migration (api/openapi.yaml); the latter is what was put aside, as its workers say. Caller owns both. */
/* `throttle` may be NULL: rows move as fast as they can. */
CHECKED bool plan_steps_read(TaskSums *kept, Db *db, const char *plan, const json_t *throttle,
                             json_t **ret_steps, json_t **ret_quarantine, GError **error);
