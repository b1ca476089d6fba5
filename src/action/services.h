/* services.h - look at the services behind consumers when a plan is made and when drift is looked for. */
#pragma once

#include "action/action.h"

/* Adds `services` to the slice: those that read or write the source, what each runs now, what it is to run, how and in which
 * wave. What cannot be rolled out has a "problem". Nothing is added where honk.yaml has no services. */
CHECKED bool services_survey(json_t *slice, StepEnv *env, GError **error);
/* The same for a rollout of its own, which a request asks for in `rollout`. */
CHECKED bool services_survey_own(json_t *slice, StepEnv *env, GError **error);
