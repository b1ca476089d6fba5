/* trial.h - some rows, read and mapped for a plan that is not approved yet: nothing is written. */
#pragma once

#include "action/move.h"

/* Put "trial" (forecast.h) into the slice. Whatever keeps rows from being read is told there: a plan can be made without.
 * False only when asked to stop, or when a retry may help. */
CHECKED bool trial_of_rows(json_t *slice, const Mapping *mapping, StepEnv *env, GError **error);
/* Where writers shall write to both sides: could they? Puts "mirror" into the source's capabilities, and "no_mirror" into the source. The
 * same failures. */
CHECKED bool trial_of_mirror(json_t *slice, const Mapping *mapping, StepEnv *env, GError **error);
