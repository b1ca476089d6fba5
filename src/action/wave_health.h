/* wave_health.h - is what was merged of the wave before well, and has it been so for long enough that the next may go out? */
#pragma once

#include "action/action.h"

/* Looks at the repositories of the wave before: what was merged is still there, and what it was merged into builds. `*ret_goes_on`:
 * nothing is waited for; else `outcome` waits. MISMATCH when more of them are ill than the pace lets fail. `first`: of the plan's
 * proposed changes, those of the wave begin there; `count`: proposed so far. */
CHECKED bool wave_health(const StepCall *call, StepEnv *env, size_t first, size_t count,
                         Outcome *outcome, bool *ret_goes_on, GError **error);

/* Repositories whose pull request was merged, and whose default branch names the old dataset again by now. Caller owns. */
CHECKED bool proposals_taken_back(const StepCall *call, StepEnv *env, json_t **ret, GError **error);
