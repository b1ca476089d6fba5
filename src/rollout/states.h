/*
 * states.h - the states of a rollout, and the moves between them, in the same form as those of plans
 * and tasks (model/states.h).
 */
#pragma once

#include "model/states.h"

/* clang-format off */
typedef enum {
    ROLLOUT_PENDING, ROLLOUT_ADMITTED, ROLLOUT_PREPARING, ROLLOUT_STEPPING, ROLLOUT_ANALYSING,
    ROLLOUT_PAUSED, ROLLOUT_PROMOTING, ROLLOUT_SOAKING, ROLLOUT_HEALTHY, ROLLOUT_ABORTING,
    ROLLOUT_FROZEN, ROLLOUT_DEGRADED, ROLLOUT_ROLLED_BACK, ROLLOUT_SKIPPED, ROLLOUT_SUPERSEDED,
    ROLLOUT_STATE_COUNT
} RolloutState;
/* clang-format on */

const char *rollout_state_name(RolloutState state); /* "rolled_back" */
bool rollout_state_from_name(const char *name, RolloutState *ret);
/* rolled_back, skipped, superseded; healthy is not: a rollback may still come. */
bool rollout_state_is_terminal(RolloutState state);

extern const Transition rollout_transitions[];
extern const size_t rollout_transition_count;
