/*
 * slices.h - what tests of plans stand on: the slices of tests/golden/plan, and plans of them.
 */
#pragma once

#include "planner/planner.h"

/* The folder that the slices lie in; borrowed. */
void slices_in(const char *path);
/* NAME.slice.json; it is a test's mistake if that cannot be read. Caller frees. */
json_t *slice_read_named(const char *name);
/* The built-in agent's plan, which must be possible. Caller frees. */
Plan *plan_must(const json_t *slice);
/* What an agent answers with these steps (JSON). Caller frees. */
json_t *agent_plan(const char *steps);
