/* table.h - the actions there are; one file and one line in perform.c each. */
#pragma once

#include "action/action.h"

extern const Action action_plan, action_preflight, action_validate, action_rewrite, action_freeze,
    action_stage, action_transform, action_copy, action_compare, action_swap, action_rollout,
    action_builds, action_propose, action_settle, action_retire, action_watch, action_mirror;
