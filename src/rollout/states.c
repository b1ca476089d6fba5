/*
 * states.c - the transition table of a rollout.
 *
 *   pending -> admitted -> preparing -> stepping <-> analysing -> promoting -> soaking -> healthy
 *                  |                        |            |            |          |
 *                  +-> skipped              +-> paused, frozen, or aborting -----+
 *                                                              |
 *                                      rolled_back <-----------+-> degraded (keeps trying)
 *
 * For one state and event the rows are tried in order, and the first whose guards hold is taken.
 */
#include "rollout/states.h"

#include "base/text.h"

#include <string.h>

static const char *const names[ROLLOUT_STATE_COUNT] = {
    [ROLLOUT_PENDING] = "pending",         [ROLLOUT_ADMITTED] = "admitted",
    [ROLLOUT_PREPARING] = "preparing",     [ROLLOUT_STEPPING] = "stepping",
    [ROLLOUT_ANALYSING] = "analysing",     [ROLLOUT_PAUSED] = "paused",
    [ROLLOUT_PROMOTING] = "promoting",     [ROLLOUT_SOAKING] = "soaking",
    [ROLLOUT_HEALTHY] = "healthy",         [ROLLOUT_ABORTING] = "aborting",
    [ROLLOUT_FROZEN] = "frozen",           [ROLLOUT_DEGRADED] = "degraded",
    [ROLLOUT_ROLLED_BACK] = "rolled_back", [ROLLOUT_SKIPPED] = "skipped",
    [ROLLOUT_SUPERSEDED] = "superseded",
};

const char *
rollout_state_name(RolloutState state)
{
    return names[state];
}

bool
rollout_state_from_name(const char *name, RolloutState *ret)
{
    unsigned found = 0;
    if (!text_find(names, ROLLOUT_STATE_COUNT, name, &found))
        return false;
    *ret = (RolloutState) found;
    return true;
}

bool
rollout_state_is_terminal(RolloutState state)
{
    static const unsigned terminal =
        1u << ROLLOUT_ROLLED_BACK | 1u << ROLLOUT_SKIPPED | 1u << ROLLOUT_SUPERSEDED;
    return (terminal & 1u << state) != 0;
}

/* clang-format off */
#define R(state) (1u << ROLLOUT_##state)

/* New instances may be there, and an end is still to come. */
#define R_TRYING (R(STEPPING) | R(ANALYSING) | R(PROMOTING) | R(SOAKING))
/* What people may pause, and what pauses while its plan stands still; nothing holds up the way back. */
#define R_MOVING (R(PENDING) | R(ADMITTED) | R(PREPARING) | R_TRYING)

const Transition rollout_transitions[] = {
    /* The way back is looked at before anything else. */
    {R(PENDING) | R(ADMITTED), "rollback", "", ROLLOUT_SKIPPED, "nothing was touched: nothing to restore"},
    {R(PREPARING) | R_TRYING | R(PAUSED) | R(FROZEN), "rollback", "saved", ROLLOUT_ABORTING, "everything goes back"},
    {R(PAUSED), "rollback", "", ROLLOUT_SKIPPED, "nothing was touched: nothing to restore"},
    {R(HEALTHY), "rollback", "window_open", ROLLOUT_ABORTING, "everything goes back"},
    {R(DEGRADED), "rollback", "", ROLLOUT_ABORTING, "tries again to restore what was"},
    {R(DEGRADED), "retry", "", ROLLOUT_ABORTING, "tries again to restore what was"},
    {R(ROLLED_BACK) | R(HEALTHY) | R(DEGRADED) | R(FROZEN), "supersede", "", ROLLOUT_SUPERSEDED,
     "a newer rollout has the service"},

    /* What people say. */
    {R_MOVING, "pause", "", ROLLOUT_PAUSED, "nothing is started, moved or stopped"},
    {R(PAUSED), "promote", "at_gate,more_steps", ROLLOUT_STEPPING, "a person lets it go on"},
    {R(PAUSED), "promote", "at_gate", ROLLOUT_PROMOTING, "a person lets it go on to all instances"},
    {R(PAUSED), "promote", "left_stepping", ROLLOUT_STEPPING, "a person lets it go on"},
    {R(PAUSED), "promote", "left_analysing", ROLLOUT_ANALYSING, "a person lets it go on"},
    {R(PAUSED), "promote", "left_promoting", ROLLOUT_PROMOTING, "a person lets it go on"},
    {R(PAUSED), "promote", "left_soaking", ROLLOUT_SOAKING, "a person lets it go on"},
    {R(STEPPING) | R(ANALYSING) | R(PAUSED) | R(FROZEN), "promote_full", "saved", ROLLOUT_PROMOTING,
     "a person sends it to all instances at once"},
    {R(FROZEN), "promote", "", ROLLOUT_PROMOTING, "a person sends it to all instances"},
    {R(PAUSED), "resume", "at_gate,more_steps", ROLLOUT_STEPPING, "a person lets it go on"},
    {R(PAUSED), "resume", "at_gate", ROLLOUT_PROMOTING, "a person lets it go on to all instances"},
    {R(PAUSED), "resume", "left_pending", ROLLOUT_PENDING, "goes on where it was"},
    {R(PAUSED), "resume", "left_admitted", ROLLOUT_ADMITTED, "goes on where it was"},
    {R(PAUSED), "resume", "left_preparing", ROLLOUT_PREPARING, "goes on where it was"},
    {R(PAUSED), "resume", "left_stepping", ROLLOUT_STEPPING, "goes on where it was"},
    {R(PAUSED), "resume", "left_analysing", ROLLOUT_ANALYSING, "goes on where it was"},
    {R(PAUSED), "resume", "left_promoting", ROLLOUT_PROMOTING, "goes on where it was"},
    {R(PAUSED), "resume", "left_soaking", ROLLOUT_SOAKING, "goes on where it was"},

    /* What happens by itself. */
    {R(PENDING), "admit", "service_free", ROLLOUT_ADMITTED, "the service is its own until the end"},
    {R(ADMITTED), "start", "already", ROLLOUT_SKIPPED, "every instance runs the wanted revision already"},
    {R(ADMITTED), "start", "", ROLLOUT_PREPARING, "what there is was written down: that is the way back"},
    {R(PREPARING), "prepared", "", ROLLOUT_STEPPING, "the code of the new revision is there"},
    {R(PREPARING), "failed", "", ROLLOUT_ABORTING, "the new revision cannot even be started"},
    {R(STEPPING), "reached", "", ROLLOUT_ANALYSING, "as many new instances as the step wants, all ready"},
    {R(ANALYSING), "passed", "gate", ROLLOUT_PAUSED, "waits for a person: the step has a gate"},
    {R(ANALYSING), "passed", "more_steps", ROLLOUT_STEPPING, "the checks held: on to the next step"},
    {R(ANALYSING), "passed", "", ROLLOUT_PROMOTING, "the checks held after the last step"},
    {R_TRYING | R(PAUSED), "failed", "failure_freezes", ROLLOUT_FROZEN, "failed: stands still until a person decides"},
    {R_TRYING | R(PAUSED), "failed", "failure_pauses", ROLLOUT_PAUSED, "failed: waits for a person"},
    {R_TRYING | R(PAUSED), "failed", "", ROLLOUT_ABORTING, "failed: everything goes back"},
    {R(ANALYSING) | R(SOAKING), "unclear", "unclear_aborts", ROLLOUT_ABORTING, "no clear answer: everything goes back"},
    {R(ANALYSING) | R(SOAKING), "unclear", "", ROLLOUT_PAUSED, "no clear answer: waits for one, or for a person"},
    {R(PAUSED), "cleared", "left_soaking", ROLLOUT_SOAKING, "the checks answer again"},
    {R(PAUSED), "cleared", "", ROLLOUT_ANALYSING, "the checks answer again"},
    {R(PAUSED), "unanswered", "saved", ROLLOUT_ABORTING, "nobody answered in time: everything goes back"},
    {R(PROMOTING), "promoted", "", ROLLOUT_SOAKING, "all instances are new, all traffic is theirs"},
    {R(SOAKING), "soaked", "", ROLLOUT_HEALTHY, "nothing came up; the old instances are gone"},
    {R(ABORTING) | R(DEGRADED), "restored", "", ROLLOUT_ROLLED_BACK, "exactly what was before"},
    {R(ABORTING), "late", "", ROLLOUT_DEGRADED, "could not be restored in time; keeps trying"},
};
/* clang-format on */
const size_t rollout_transition_count = G_N_ELEMENTS(rollout_transitions);
