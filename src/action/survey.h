/*
 * survey.h - a request (what the server knows) completed to a slice (planner.h) by what the stores
 * say: schemas, identities, rows, roles.
 */
#pragma once

#include "action/move.h"

/* The blob that a lease names in params.request; `*ret` NULL when it names none. */
CHECKED bool request_read(const StepCall *call, StepEnv *env, json_t **ret, GError **error);
/* What cannot be seen for a reason that a person must mend becomes "problem" of its dataset; what
 * may pass by itself is an error. The target's schema is null when it does not exist. */
CHECKED bool survey(const json_t *request, StepEnv *env, json_t **ret_slice, GError **error);
/* Settings of a store with which looking makes nothing: a file that only the move will make is as empty as it will be then.
 * Caller owns. */
json_t *store_look_settings(const StoreConfig *store);
/* Are the plan's datasets still as it saw them, but for what it has done itself? MOVED comes with differences. */
CHECKED bool datasets_drift(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state,
                            GError **error);
