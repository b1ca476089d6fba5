/*
 * allowed_check.c - what people are told that they may do is what the tables would let them do.
 *
 * Given all that a request can bring (the right digest, a reason, evidence), only what other plans
 * do, and who asks, may still refuse what was called possible; and nothing may be possible that was
 * called impossible.
 */
#include "sim.h"

#include <string.h>

static Command *
best_request(const OpenPlan *plan)
{
    Command *command = command_new(COMMAND_WRITE, "user:default/somebody-else");
    command->reason = g_strdup("because");
    command->args =
        json_pack("{s:s*, s:b, s:{}}", "digest", plan->row.digest, "quorum_reached", 1, "evidence");
    return command;
}

/* What the row of a plan or task itself does not tell. */
static bool
depends_on_others(const char *guard)
{
    static const char *const others[] = {"locks_free",  "no_later_plan", "nothing_applied",
                                         "parts_ended", "step_open",     NULL};
    return guard != NULL && g_strv_contains(others, guard);
}

static void
check_plan(Sim *sim, const OpenPlan *plan, const Command *request)
{
    const PlanRow *row = &plan->row;
    bool is_open = sim->now_ms < row->window_until_ms, is_kept = sim->now_ms >= row->keep_until_ms;
    g_autoptr(json_t) allowed = plan_allowed(row->state, row->effects != 0, row->held != 0, is_open,
                                             is_kept, row->has_retire != 0);
    const char *name;
    json_t *value;
    json_object_foreach(allowed, name, value)
    {
        const char *guard = NULL;
        Move move = {.event = name, .actor = request->actor, .command = request};
        bool is_possible = plan_row_for(sim->beat, plan, &move, &guard) != NULL;
        bool is_said = json_is_true(value);
        if (strcmp(name, "throttle") == 0 || strcmp(name, "pace") == 0)
            continue; /* no state changes: the table knows nothing of it */
        if (strcmp(name, "rollback") == 0 &&
            (row->state == PLAN_ROLLING_BACK || row->state == PLAN_NEEDS_OPERATOR))
            continue; /* asking twice is asking once */
        bool is_moot = (strcmp(name, "hold") == 0 || strcmp(name, "go_on") == 0) && !is_said;
        if (is_said != is_possible && !is_moot && !(is_said && depends_on_others(guard)))
            sim_broken(sim, "what one may do is told as it is",
                       "'%s' of plan %s, which is '%s', is called %s, but the table says %s", name,
                       row->id, plan_state_name(row->state), is_said ? "possible" : "impossible",
                       is_possible ? "yes" : "no");
    }
}

static void
check_task(Sim *sim, const Task *task, const Command *request)
{
    static const struct {
        const char *name, *event;
    } words[] = {{"retry", "retry"}, {"skip", "skip"}, {"done", "settle"}};
    const TaskRow *row = &task->row;
    bool is_begun = row->intent != NULL && !action_is_on_host(row->action, row->key);
    g_autoptr(json_t) allowed = task_allowed(row->status, row->phase, task->plan->row.state,
                                             is_begun, action_hears_skip(row->action, row->key));
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        Move move = {.event = words[i].event, .actor = request->actor, .command = request};
        const char *guard = NULL;
        bool is_possible = task_row_for(sim->beat, task, &move, &guard) != NULL;
        const json_t *said = json_object_get(allowed, words[i].name);
        bool listens =
            !g_str_has_prefix(json_is_string(said) ? json_string_value(said) : "", "its plan is");
        if (listens && json_is_true(said) != is_possible && !depends_on_others(guard))
            sim_broken(sim, "what one may do is told as it is",
                       "'%s' of task %s, which is '%s', is called %s, but the table says %s",
                       words[i].name, row->id, task_status_name(row->status),
                       json_is_true(said) ? "possible" : "impossible", is_possible ? "yes" : "no");
    }
}

void
allowed_check(Sim *sim)
{
    GHashTableIter iter;
    void *value;
    sim->beat->now_ms = sim->now_ms;
    g_hash_table_iter_init(&iter, sim->state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenPlan *plan = value;
        g_autoptr(Command) request = best_request(plan);
        check_plan(sim, plan, request);
        for (guint i = 0; i < plan->tasks->len; i++) {
            const Task *task = g_ptr_array_index(plan->tasks, i);
            if (task->step != NULL)
                check_task(sim, task, request);
        }
    }
}
