/* agent_steps.h - what an agent handed in, checked against the recipe. */
#pragma once

#include "planner/recipe.h"

typedef struct {
    const json_t *given[ACTION_COUNT]; /* the agent's step of each action, or NULL; borrowed */
    const Part *fill;                  /* transform or copy; NULL: no rows move */
} AgentSteps;

/* Findings: what is no plan, unknown actions and params (with the nearest name), params that
 * contradict the entity, steps twice or in a wrong order, no steps at all. */
void agent_steps_read(const json_t *agent_plan, const Slice *slice, Diags *diags, AgentSteps *ret);
