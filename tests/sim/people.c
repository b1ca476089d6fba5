/*
 * people.c - what people say: mostly what fits, sometimes anything.
 *
 * A word is one command. The table says which words fit which states, and how often; in calm times
 * only those that lead to an end are said. Some words must always be refused (`expect`).
 */
#include "sim.h"

#include <string.h>

static const char *const people[] = {"user:default/ada", "user:default/bo", "user:default/cy"};

static const char *
somebody(Sim *sim)
{
    return people[chance_below(&sim->chance, G_N_ELEMENTS(people))];
}

static void
said_told(Sim *sim, const Asked *asked, const Command *command)
{
    if (command == NULL)
        return;
    if (command->error != NULL)
        sim_trace(sim, "  refused: %s", command->error->message);
    else if (asked->expect != NULL)
        sim_broken(sim, asked->expect, "%s was taken at its word about plan %s, task %s",
                   command->actor, command->plan, command->task);
}

static Command *
say(Sim *sim, CommandKind kind, const char *plan, const char *expect)
{
    Command *command = sim_ask(sim, kind, somebody(sim),
                               (Asked){.worker = -1, .told = said_told, .expect = expect});
    command->plan = g_strdup(plan);
    if (chance_in(&sim->chance, 50) || sim->is_calm)
        command->reason = g_strdup("because I say so");
    return command;
}

/* ---- words about plans ---- */

typedef void SayFn(Sim *sim, const OpenPlan *plan);

static void
create(Sim *sim)
{
    Command *command = say(sim, COMMAND_CREATE, NULL, NULL);
    sim_trace(sim, "somebody wants a plan");
    json_set_string(command->args, "migration", "component:default/m");
    json_set_string(command->args, "author", command->actor);
    if (chance_in(&sim->chance, 15))
        json_set_string(command->args, "kind", PLAN_KIND_ROLLOUT);
    sim->plans_left--;
}

static void
say_replan(Sim *sim, const OpenPlan *plan)
{
    say(sim, COMMAND_CREATE, plan->row.id, NULL);
}

static void
say_approve(Sim *sim, const OpenPlan *plan)
{
    Command *command = say(sim, COMMAND_APPROVE, plan->row.id, NULL);
    bool is_right = sim->is_calm || chance_in(&sim->chance, 80);
    json_set_string(command->args, "digest",
                    is_right && plan->row.digest != NULL ? plan->row.digest : "sha256:0123456789");
}

static void
say_start(Sim *sim, const OpenPlan *plan)
{
    bool is_frozen = !sim->is_calm && chance_in(&sim->chance, 15);
    Command *command =
        say(sim, COMMAND_START, plan->row.id, is_frozen ? "nothing starts in a freeze" : NULL);
    if (is_frozen)
        json_set_string(command->args, "frozen", "it is the last week of the year");
}

static void
say_rollback(Sim *sim, const OpenPlan *plan)
{
    Command *command = say(sim, COMMAND_ROLLBACK, plan->row.id, NULL);
    json_set_bool(command->args, "give_up_rows", sim->is_calm || chance_in(&sim->chance, 40));
}

static void
say_rollback_scope(Sim *sim, const OpenPlan *plan)
{
    if (plan->steps->len == 0)
        return;
    Command *command = say(sim, COMMAND_ROLLBACK, plan->row.id, NULL);
    const OpenStep *step =
        g_ptr_array_index(plan->steps, chance_below(&sim->chance, (int) plan->steps->len));
    json_object_set_new(command->args, "scope", json_pack("[s]", step->row.name));
}

static void
say_simply(Sim *sim, const OpenPlan *plan, CommandKind kind)
{
    say(sim, kind, plan->row.id, NULL);
}

#define SIMPLY(name, kind)                                                                         \
    static void name(Sim *sim, const OpenPlan *plan)                                               \
    {                                                                                              \
        say_simply(sim, plan, kind);                                                               \
    }
SIMPLY(say_withdraw, COMMAND_WITHDRAW)
SIMPLY(say_reject, COMMAND_REJECT)
SIMPLY(say_stale, COMMAND_STALE)
SIMPLY(say_pause, COMMAND_PAUSE)
SIMPLY(say_resume, COMMAND_RESUME)
SIMPLY(say_cancel, COMMAND_CANCEL)
SIMPLY(say_halt, COMMAND_HALT)
SIMPLY(say_hold, COMMAND_HOLD)
SIMPLY(say_go_on, COMMAND_GO_ON)
SIMPLY(say_retire, COMMAND_RETIRE)
SIMPLY(say_accept_mixed, COMMAND_ACCEPT_MIXED)

static void
say_throttle(Sim *sim, const OpenPlan *plan)
{
    Command *command = say(sim, COMMAND_THROTTLE, plan->row.id, NULL);
    json_object_set_new(command->args, "throttle",
                        json_pack("{s:i}", "rows_per_second", 100 * chance_below(&sim->chance, 4)));
}

static void
say_pace(Sim *sim, const OpenPlan *plan)
{
    Command *command = say(sim, COMMAND_PACE, plan->row.id, NULL);
    json_object_set_new(
        command->args, "pace",
        json_pack("{s:o}", "max_failures", json_sprintf("%d", chance_below(&sim->chance, 4))));
}

/* ---- words about tasks ---- */

/* One of those that somebody should say something about; else any. */
static const Task *
some_task(Sim *sim, const OpenPlan *plan)
{
    const Task *found = NULL;
    int seen = 0;
    for (guint i = 0; i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        bool waits = task->row.status == TASK_FAILED || task->row.status == TASK_IRREVERSIBLE ||
                     task->row.status == TASK_UNKNOWN;
        if ((waits || (!sim->is_calm && chance_in(&sim->chance, 5))) &&
            chance_below(&sim->chance, ++seen) == 0)
            found = task;
    }
    return found;
}

static Command *
say_about(Sim *sim, CommandKind kind, const Task *task, const char *expect)
{
    Command *command = say(sim, kind, NULL, expect);
    command->task = g_strdup(task->row.id);
    return command;
}

static void
say_retry(Sim *sim, const OpenPlan *plan)
{
    const Task *task = some_task(sim, plan);
    if (task != NULL)
        say_about(sim, COMMAND_TASK_RETRY, task, NULL);
}

static void
say_skip(Sim *sim, const OpenPlan *plan)
{
    const Task *task = some_task(sim, plan);
    if (task == NULL)
        return;
    bool has_reason = chance_in(&sim->chance, 70);
    Command *command = say_about(sim, COMMAND_TASK_SKIP, task,
                                 has_reason ? NULL : "who leaves out a task says why");
    g_clear_pointer(&command->reason, g_free);
    if (has_reason)
        command->reason = g_strdup("we can do without");
}

static void
signal_told(Sim *sim, const Asked *asked, const Command *command)
{
    said_told(sim, asked, command);
    if (command != NULL && command->error == NULL)
        words_said(sim, command->task, json_get_int(command->reply, "n", 0));
}

static void
say_signal(Sim *sim, const OpenPlan *plan)
{
    static const char *const signals[] = {"pause", "resume", "promote"};
    const Task *found = NULL;
    int seen = 0;
    for (guint i = 0; i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        bool is_likely = task->row.status == TASK_WAITING || task->row.status == TASK_LEASED;
        if ((is_likely || chance_in(&sim->chance, 10)) && chance_below(&sim->chance, ++seen) == 0)
            found = task;
    }
    if (found == NULL)
        return;
    Command *command = say_about(sim, COMMAND_TASK_SIGNAL, found, NULL);
    ((Asked *) command->user)->told = signal_told;
    json_set_string(command->args, "signal",
                    signals[chance_below(&sim->chance, G_N_ELEMENTS(signals))]);
}

/* Whoever says that it is done has done it, and has seen to it that no worker is still at it. */
void
people_do_by_hand(Sim *sim, const char *task)
{
    const TaskRow *row = &state_task(sim->state, task)->row;
    const ActionInfo *action = action_info_by_name(row->action);
    Hand hand = {row->plan, row->id, row->step, row->key, action, 0};
    workers_leave(sim, row->id);
    if (*row->step == '\0')
        target_compare(sim->target, row->plan);
    else if (action->has_effects && row->phase == PHASE_REVERSE)
        target_undo_by_hand(sim->target, &hand);
    else if (action->has_effects && (!action->is_split || *row->key != '\0'))
        target_write_by_hand(sim->target, &hand);
}

static void
say_done(Sim *sim, const OpenPlan *plan)
{
    const Task *task = some_task(sim, plan);
    if (task == NULL)
        return;
    bool has_evidence = sim->is_calm || chance_in(&sim->chance, 80);
    Command *command = say_about(sim, COMMAND_TASK_DONE, task,
                                 has_evidence ? NULL : "who says that it is done shows evidence");
    json_object_set_new(command->args, "evidence",
                        has_evidence ? json_pack("{s:s}", "seen", "by myself") : json_null());
}

/* ---- which words fit ---- */

#define S(state) (1u << PLAN_##state)
#define WORKING (S(RUNNING) | S(PAUSED) | S(HALTED) | S(SOAKING) | S(PREFLIGHT) | S(RETIRING))

/* clang-format off */
static const struct {
    unsigned states;
    int weight, calm_weight;
    SayFn *say;
} words[] = {
    {S(DRAFT),                        4,  4, say_replan},
    {S(PLANNED),                      40, 9, say_approve},
    {S(PLANNED) | S(APPROVED),        4,  0, say_withdraw},
    {S(PLANNED),                      1,  0, say_reject},
    {S(PLANNED) | S(APPROVED),        1,  0, say_stale},
    {S(APPROVED),                     40, 9, say_start},
    {S(RUNNING),                      5,  0, say_pause},
    {S(PAUSED) | S(HALTED),           30, 9, say_resume},
    {S(RUNNING) | S(PAUSED) | S(SOAKING), 3, 0, say_halt},
    {WORKING | S(SUCCEEDED),          2,  0, say_rollback},
    {S(HALTED),                       3,  2, say_rollback},
    {S(RETIRING) | S(SUCCEEDED),      8,  0, say_rollback},
    {S(RUNNING),                      2,  0, say_rollback_scope},
    {S(DRAFT) | S(PLANNED) | S(APPROVED), 1, 0, say_cancel},
    {S(PREFLIGHT) | S(PAUSED) | S(HALTED) | S(APPROVED), 2, 1, say_cancel},
    {S(SUCCEEDED),                    30, 0, say_retire},
    {S(ROLLING_BACK),                 5,  0, say_hold},
    {S(ROLLING_BACK) | S(NEEDS_OPERATOR), 15, 9, say_go_on},
    {S(ROLLING_BACK) | S(NEEDS_OPERATOR), 15, 9, say_rollback},
    {S(NEEDS_OPERATOR),               15, 0, say_accept_mixed},
    {S(NEEDS_OPERATOR) | S(HALTED) | S(RUNNING) | S(RETIRING) | S(PAUSED) | S(SUCCEEDED), 12, 4, say_retry},
    {S(NEEDS_OPERATOR) | S(HALTED) | S(RUNNING) | S(RETIRING) | S(SUCCEEDED), 5, 0, say_skip},
    {S(NEEDS_OPERATOR) | S(HALTED) | S(RUNNING) | S(RETIRING) | S(SUCCEEDED), 6, 2, say_done},
    {WORKING | S(ROLLING_BACK),       8,  0, say_signal},
    {WORKING | S(PLANNED),            2,  0, say_throttle},
    {S(RUNNING) | S(HALTED),          4,  0, say_pace},
};
/* clang-format on */

static void
people_say(Sim *sim, const OpenPlan *plan)
{
    bool says_anything = !sim->is_calm && chance_in(&sim->chance, 5);
    int sum = sim->is_calm ? 0 : 30; /* and often nothing */
    SayFn *chosen = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        int weight = sim->is_calm ? words[i].calm_weight : words[i].weight;
        if (!says_anything && (words[i].states & 1u << plan->row.state) == 0)
            continue;
        sum += weight;
        if (weight > 0 && chance_below(&sim->chance, sum) < weight)
            chosen = words[i].say;
    }
    if (chosen != NULL)
        chosen(sim, plan);
}

/* ---- acting ---- */

static const OpenPlan *
some_plan(Sim *sim)
{
    GHashTableIter iter;
    void *value;
    const OpenPlan *found = NULL;
    int seen = 0;
    g_hash_table_iter_init(&iter, sim->state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (chance_below(&sim->chance, ++seen) == 0)
            found = value;
    return found;
}

static void
change_limit(Sim *sim)
{
    static const char *const stores[SIM_STORES] = {"store:s", "store:t"};
    Command *command = say(sim, COMMAND_LIMIT, NULL, NULL);
    int count = chance_below(&sim->chance, 5);
    json_set_string(command->args, "resource", stores[chance_below(&sim->chance, SIM_STORES)]);
    json_object_set_new(command->args, "count",
                        count == 4 || sim->is_calm ? json_null() : json_integer(count));
}

void
people_act(Sim *sim)
{
    const OpenPlan *plan = some_plan(sim);
    sim->people_ms = sim->now_ms + chance_between(&sim->chance, 1, sim->is_calm ? 4 : 10) * 250;
    if (sim->original != NULL)
        return;
    if (sim->going_back != NULL) {
        plan = state_plan(sim->state, sim->going_back);
        if (plan != NULL)
            say_way_back(sim, plan);
        return;
    }
    if (sim->plans_left > 0 && (plan == NULL || chance_in(&sim->chance, 5)))
        create(sim);
    if (chance_in(&sim->chance, 4))
        change_limit(sim);
    if (sim->has_campaigns && chance_in(&sim->chance, 35))
        campaigns_act(sim);
    else if (plan != NULL && !(sim->is_calm && campaign_starts_it(plan)))
        people_say(sim, plan);
}
