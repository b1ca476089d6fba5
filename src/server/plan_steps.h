/* plan_steps.h - the steps of a plan, each with what became of its tasks and parts. */
#pragma once

#include "base/json.h"
#include "store/db.h"

/* As `steps` and `quarantine` of a migration (api/openapi.yaml). Caller owns both. */
CHECKED bool plan_steps_read(Db *db, const char *plan, json_t **ret_steps, json_t **ret_quarantine,
                             GError **error);
