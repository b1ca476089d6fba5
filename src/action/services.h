/* services.h - look at the services behind consumers when a plan is made and when drift is looked for. */
#pragma once

#include "action/action.h"

/* Adds `services` to the slice: those that read or write the source, and what each runs now. What cannot be rolled out has a
 * "problem". Nothing is added where honk.yaml has no services. */
CHECKED bool services_look(json_t *slice, StepEnv *env, GError **error);
/* Adds to each, when consumers' code was looked through: what it is to run, how, and in which wave. */
CHECKED bool services_decide(json_t *slice, StepEnv *env, GError **error);
/* All of it for a rollout of its own, which a request asks for in `rollout`. */
CHECKED bool services_survey_own(json_t *slice, StepEnv *env, GError **error);
