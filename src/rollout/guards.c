/* guards.c - the conditions that the transition table names, one function each. */
#include "rollout/inner.h"

#include <string.h>

static bool
at_gate(const Turn *turn)
{
    return turn->rollout->at_gate;
}

static bool
more_steps(const Turn *turn)
{
    return turn->rollout->step + 1 < turn->spec->step_count;
}

static bool
gate(const Turn *turn)
{
    return turn->spec->steps[turn->rollout->step].gate != NULL;
}

static bool
is_saved(const Turn *turn)
{
    return turn->rollout->is_saved;
}

static bool
window_open(const Turn *turn)
{
    return turn->scene->window_open;
}

static bool
service_free(const Turn *turn)
{
    return turn->scene->is_free;
}

/* Nothing to do, and nobody missing. */
static bool
already(const Turn *turn)
{
    const Goal goal = {0};
    const Rollout *rollout = turn->rollout;
    Census census = turn_census(turn, &goal);

    return g_strcmp0(turn->scene->template, rollout->to) == 0 && census.alive[OLD] == 0 &&
           census.draining[OLD] == 0 && census.dead[NEW] == 0 &&
           census.alive[NEW] == rollout->wanted && census.traffic[NEW] == rollout->wanted;
}

static bool
failure_freezes(const Turn *turn)
{
    return turn->spec->on_failure == ON_FAILURE_FREEZE;
}

static bool
failure_pauses(const Turn *turn)
{
    return turn->spec->on_failure == ON_FAILURE_PAUSE;
}

OnUnclear
turn_on_unclear(const Turn *turn)
{
    switch (turn->rollout->unclear_kind) {
    case VERDICT_NO_DATA:
        return turn->spec->on_no_data;
    case VERDICT_ERROR:
        return turn->spec->on_error;
    default:
        return turn->spec->on_inconclusive;
    }
}

static bool
unclear_aborts(const Turn *turn)
{
    return turn_on_unclear(turn) == ON_UNCLEAR_ROLLBACK;
}

#define LEFT(name, state)                                                                          \
    static bool left_##name(const Turn *turn)                                                      \
    {                                                                                              \
        return turn->rollout->left == ROLLOUT_##state;                                             \
    }
LEFT(pending, PENDING)
LEFT(admitted, ADMITTED)
LEFT(preparing, PREPARING)
LEFT(stepping, STEPPING)
LEFT(analysing, ANALYSING)
LEFT(promoting, PROMOTING)
LEFT(soaking, SOAKING)

static const struct {
    const char *name;
    bool (*holds)(const Turn *turn);
    bool is_remembered; /* looks at nothing but the rollout's own memory */
} guards[] = {
    {"at_gate", at_gate, true},
    {"more_steps", more_steps, false},
    {"gate", gate, false},
    {"saved", is_saved, true},
    {"window_open", window_open, false},
    {"service_free", service_free, false},
    {"already", already, false},
    {"failure_freezes", failure_freezes, false},
    {"failure_pauses", failure_pauses, false},
    {"unclear_aborts", unclear_aborts, false},
    {"left_pending", left_pending, true},
    {"left_admitted", left_admitted, true},
    {"left_preparing", left_preparing, true},
    {"left_stepping", left_stepping, true},
    {"left_analysing", left_analysing, true},
    {"left_promoting", left_promoting, true},
    {"left_soaking", left_soaking, true},
};

/* Without a scene to look at, what is not remembered is taken to hold. */
static bool
guard_holds(const Turn *turn, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++)
        if (strcmp(guards[i].name, name) == 0)
            return (turn->scene == NULL && !guards[i].is_remembered) || guards[i].holds(turn);
    g_assert_not_reached(); /* the table names a guard that there is not */
}

static bool
guards_hold(const Turn *turn, const char *names)
{
    g_auto(GStrv) each = g_strsplit(names, ",", -1);
    for (size_t i = 0; each[i] != NULL; i++)
        if (!guard_holds(turn, each[i]))
            return false;
    return true;
}

const Transition *
turn_row(const Turn *turn, const char *event)
{
    for (size_t i = 0; i < rollout_transition_count; i++) {
        const Transition *row = &rollout_transitions[i];
        if ((row->from & 1u << turn->rollout->state) != 0 && strcmp(row->event, event) == 0 &&
            guards_hold(turn, row->guard))
            return row;
    }
    return NULL;
}
