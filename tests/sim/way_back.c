/*
 * way_back.c - from every state that can be reached a rollback ends, in bounded steps.
 *
 * A copy of the world goes on from what is on disk: the server restarts, the old workers are never
 * heard of again, new ones behave, and one plan is asked to go back until it has.
 */
#include "sim.h"

#include <string.h>

#define BEATS_BASE 200
#define BEATS_PER_TASK 20

#define S(state) (1u << PLAN_##state)

void
say_way_back(Sim *sim, const OpenPlan *plan)
{
    static const unsigned moves =
        S(PREFLIGHT) | S(RUNNING) | S(PAUSED) | S(HALTED) | S(SOAKING) | S(RETIRING);
    CommandKind kind = COMMAND_CANCEL;
    if (plan->row.state == PLAN_ROLLING_BACK)
        kind = COMMAND_GO_ON;
    else if ((moves & 1u << plan->row.state) != 0 && plan->row.effects != 0)
        kind = COMMAND_ROLLBACK;
    Command *command = sim_ask(sim, kind, "user:default/ada", (Asked){.worker = -1});
    command->plan = g_strdup(plan->row.id);
    command->reason = g_strdup("we want it back");
    json_set_bool(command->args, "give_up_rows", true);
}

static bool
is_back(Sim *sim)
{
    static const unsigned ends = S(NEEDS_OPERATOR) | S(SUCCEEDED) | S(ROLLED_BACK) | S(CLOSED) |
                                 S(STALE) | S(REJECTED) | S(EXPIRED) | S(CANCELLED) |
                                 S(CLOSED_MIXED);
    return (ends & 1u << disk_plan(sim->disk, sim->going_back)->state) != 0;
}

static const OpenPlan *
some_plan(Sim *sim)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, sim->state->plans);
    return g_hash_table_iter_next(&iter, NULL, &value) ? value : NULL;
}

void
way_back_check(Sim *sim)
{
    const OpenPlan *plan = some_plan(sim);
    if (plan == NULL || later_plan(sim->state, plan) != NULL) /* that one goes back first */
        return;
    Sim *copy = sim_copy(sim);
    copy->options.trace = sim->options.trace == NULL ? NULL : g_string_new(NULL);
    copy->going_back = g_strdup(plan->row.id);
    sim_calm_down(copy, BEATS_BASE + BEATS_PER_TASK * (int) plan->tasks->len, is_back);
    if (copy->rule != NULL) {
        if (sim->options.trace != NULL)
            g_string_append_printf(sim->options.trace, "-- a copy goes back from here --\n%s",
                                   copy->options.trace->str);
        sim_broken(sim, strcmp(copy->rule, "everything ends") == 0 ? "a rollback ends" : copy->rule,
                   "on the way back of plan %s: %s", copy->going_back, copy->violation);
    }
    if (copy->options.trace != NULL)
        g_string_free(copy->options.trace, TRUE);
    copy->options.trace = NULL;
    rows_add(&sim->rows, copy);
    sim_free(copy);
}
