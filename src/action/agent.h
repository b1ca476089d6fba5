/* agent.h - programs that make plans: started, fed, and never believed. */
#pragma once

#include "action/action.h"

/* The entity's agent, if it is a program of honk.yaml; NULL: the built-in one, or one that nobody
 * knows. */
const AgentConfig *agent_of(const json_t *slice, const Config *config);
/* Run the agent over the slice's entity. Whatever is wrong with it, or with what it says, goes to
 * `diags`, and `*ret` stays NULL; false only when somebody asked to stop. Caller owns. */
CHECKED bool agent_run(const AgentConfig *agent, const json_t *slice, StepEnv *env, Diags *diags,
                       json_t **ret, GError **error);
