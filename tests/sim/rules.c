/*
 * rules.c - what must hold after every beat, whoever did what: the invariants of the state machines,
 * looked at from outside of the engine's guards.
 *
 * Only what the beat changed is looked at; what it did not change was right before. A rule is told by
 * a sentence, which a failing seed shows.
 */
#include "sim.h"

#include <inttypes.h>
#include <string.h>

#define STATUS(name) (1u << TASK_##name)
#define PLAN(name) (1u << PLAN_##name)

static bool
is_one_of(unsigned set, unsigned state)
{
    return (set & 1u << state) != 0;
}

static bool
is_done(const Task *task)
{
    return task->row.phase == PHASE_FORWARD &&
           is_one_of(STATUS(DONE) | STATUS(SKIPPED), task->row.status);
}

/* Some workers may still be at it, or will be. */
static bool
is_active(const Task *task)
{
    static const unsigned active =
        STATUS(READY) | STATUS(LEASED) | STATUS(WAITING) | STATUS(RETRY_WAIT) | STATUS(UNKNOWN);
    return is_one_of(active, task->row.status);
}

static bool
goes_back(const Task *task)
{
    static const unsigned back =
        PLAN(ROLLING_BACK) | PLAN(NEEDS_OPERATOR) | PLAN(ROLLED_BACK) | PLAN(CLOSED_MIXED);
    return is_one_of(back, task->plan->row.state) || (task->step != NULL && task->step->in_scope);
}

static bool
broken(Sim *sim, const char *rule, const Task *task)
{
    return sim_broken(sim, rule, "task %s (%s/%s of plan %s, '%s') is '%s' in phase '%s'",
                      task->row.id, task->row.step, task->row.key, task->row.plan,
                      plan_state_name(task->plan->row.state), task_status_name(task->row.status),
                      task_phase_name(task->row.phase));
}

/* ---- 1: the target holds what the states say ---- */

static void
check_effect(Sim *sim, const TaskRow *row)
{
    const ActionInfo *action = action_info_by_name(row->action);
    bool is_whole_step = action->is_split && *row->key == '\0';
    bool is_back = row->phase == PHASE_REVERSE && row->status == TASK_DONE;
    bool is_left_there = row->status == TASK_SKIPPED && action_is_on_host(row->action, row->key);
    Effect effect = target_look(sim->target, row->plan, row->step, row->key);
    if (!action->has_effects || is_whole_step)
        return;
    if (row->phase == PHASE_FORWARD && row->status == TASK_DONE && effect != EFFECT_FULL &&
        !(action->id == ACTION_FREEZE && target_is_foreign(sim->target, row->plan, row->step)))
        sim_broken(sim, "what is done is in the target", "task %s (%s/%s of plan %s) is done",
                   row->id, row->step, row->key, row->plan);
    if (!is_left_there &&
        (is_back ||
         is_one_of(STATUS(NOT_APPLIED) | STATUS(SKIPPED) | STATUS(BLOCKED), row->status)) &&
        effect != EFFECT_NONE)
        sim_broken(sim, "what is not done has left nothing in the target",
                   "task %s (%s/%s of plan %s) is '%s' in phase '%s'", row->id, row->step, row->key,
                   row->plan, task_status_name(row->status), task_phase_name(row->phase));
    if (effect != EFFECT_NONE && row->intent == NULL)
        sim_broken(sim, "no effect is there without an intent on disk",
                   "task %s (%s/%s of plan %s) is '%s'", row->id, row->step, row->key, row->plan,
                   task_status_name(row->status));
}

/* ---- 5: everything waits for something that can come ---- */

static bool
has_open_part(const Task *root)
{
    for (guint i = 0; root->children != NULL && i < root->children->len; i++)
        if (is_active(g_ptr_array_index(root->children, i)))
            return true;
    return false;
}

static bool
is_offered(const Task *task)
{
    return task->queue != NULL && (task->queue->is_offered || !plan_admits(task->queue->head));
}

static void
check_waits(Sim *sim, const Task *task)
{
    const TaskRow *row = &task->row;
    bool is_asleep = row->worker == NULL && row->wake_ms == 0;
    if (task_status_is_final(row->status) && row->status != TASK_IRREVERSIBLE)
        return;
    if (is_asleep && row->wake_event == NULL)
        broken(sim, "what has not ended has a lease, a time or an event", task);
    if (row->status == TASK_WAITING && row->wake_ms > 0 && row->signals_told < row->signal_n)
        broken(sim, "a word to a task wakes it", task);
    bool is_wanted = row->status == TASK_READY || (row->status == TASK_UNKNOWN && is_asleep &&
                                                   g_strcmp0(row->wake_event, "lease") == 0);
    if (is_wanted && !is_offered(task))
        broken(sim, "what is ready is offered to workers", task);
    if (row->status == TASK_WAITING && is_asleep && row->phase == PHASE_FORWARD &&
        !has_open_part(task))
        broken(sim, "what waits for its parts has parts that go on", task);
    if (row->status == TASK_UNKNOWN && is_asleep && g_strcmp0(row->wake_event, "children") == 0 &&
        !goes_back(task) && !has_open_part(task))
        broken(sim, "what is in doubt over its parts has parts that go on, or goes back", task);
    if (row->status == TASK_WAITING && is_asleep && row->phase == PHASE_REVERSE &&
        (task->parent == NULL || task_is_settled(task->parent)))
        broken(sim, "what goes back with its step has a step that goes back", task);
}

/* ---- the order of steps, there and back ---- */

static bool
may_be_left(const Task *part)
{
    return part->row.spare != NULL;
}

/* Done, as far as the plan goes; and nobody is still at a part of it, but for those that the plan went on without. */
static bool
step_is_done(const OpenStep *step)
{
    if (step->root == NULL || !is_done(step->root))
        return false;
    for (guint i = 0; i < step->tasks->len; i++)
        if (is_active(g_ptr_array_index(step->tasks, i)) && !may_be_left(step->tasks->pdata[i]))
            return false;
    return true;
}

static void
check_order(Sim *sim, const Task *task)
{
    const TaskRow *row = &task->row;
    if (row->phase == PHASE_FORWARD && !goes_back(task) &&
        !is_one_of(STATUS(BLOCKED) | STATUS(NOT_APPLIED), row->status))
        for (guint i = 0; i < task->step->after->len; i++)
            if (!step_is_done(g_ptr_array_index(task->step->after, i)))
                broken(sim, "nothing begins before what it stands on is done", task);
    if (row->phase == PHASE_FORWARD || row->status == TASK_IRREVERSIBLE || task->parent != NULL)
        return;
    for (guint i = 0; i < task->step->dependents->len; i++) {
        const OpenStep *later = g_ptr_array_index(task->step->dependents, i);
        for (guint k = 0; k < later->tasks->len; k++)
            if (!task_is_settled(g_ptr_array_index(later->tasks, k)))
                broken(sim, "nothing goes back before what stands on it", task);
    }
}

static void
check_part(Sim *sim, const Task *part)
{
    if (part->parent != NULL && is_active(part) && is_done(part->parent) && !goes_back(part) &&
        !may_be_left(part))
        broken(sim, "nobody works on a part of a step that is done", part);
}

static void
check_parts(Sim *sim, const Task *root)
{
    static const unsigned begun =
        STATUS(READY) | STATUS(LEASED) | STATUS(RETRY_WAIT) | STATUS(DONE);
    if (root->children == NULL || root->row.phase == PHASE_REVERSE || goes_back(root) ||
        !is_one_of(begun, root->row.status) || g_hash_table_contains(sim->settled, root->row.id))
        return;
    for (guint i = 0; i < root->children->len; i++)
        if (!is_done(g_ptr_array_index(root->children, i)) &&
            !may_be_left(g_ptr_array_index(root->children, i)))
            broken(sim, "a step ends after all its parts", root);
}

/* ---- what else is so of a task ---- */

static bool
may_have_effect(const Task *task)
{
    if (task->row.intent != NULL)
        return true;
    for (guint i = 0; task->children != NULL && i < task->children->len; i++) {
        const Task *part = g_ptr_array_index(task->children, i);
        if (part->row.phase == PHASE_REVERSE || part->row.intent != NULL)
            return true;
    }
    return false;
}

static void
check_way_back(Sim *sim, const Task *task)
{
    const TaskRow *row = &task->row;
    bool is_tried = is_one_of(STATUS(READY) | STATUS(LEASED) | STATUS(RETRY_WAIT), row->status);
    if (!goes_back(task))
        broken(sim, "only what is rolled back goes back", task);
    if (is_tried && task->action->reverse == REVERSE_IMPOSSIBLE)
        broken(sim, "what has no way back is not sent back", task);
    if (is_tried && !may_have_effect(task))
        broken(sim, "what had no effect is not taken back", task);
}

/* What ends the way back waits for the end of the window; what drops rows, for its own yes. */
static void
check_no_return(Sim *sim, const Task *task)
{
    static const unsigned before =
        PLAN(PREFLIGHT) | PLAN(RUNNING) | PLAN(PAUSED) | PLAN(HALTED) | PLAN(SOAKING);
    const PlanRow *plan = &task->plan->row;
    bool is_early = is_one_of(before, plan->state) ||
                    (plan->state == PLAN_SUCCEEDED &&
                     (task->action->id == ACTION_RETIRE || sim->now_ms < plan->window_until_ms));
    if (task->action->reverse == REVERSE_IMPOSSIBLE && is_early &&
        !is_one_of(STATUS(BLOCKED) | STATUS(NOT_APPLIED), task->row.status))
        broken(sim, "what cannot be undone waits for its time, or its own yes", task);
}

static void
check_slots(Sim *sim, const Task *task)
{
    static const unsigned may_hold =
        STATUS(LEASED) | STATUS(UNKNOWN) | STATUS(WAITING) | STATUS(READY);
    if (task->slots != NULL && task->slots->len > 0 && !is_one_of(may_hold, task->row.status))
        broken(sim, "who holds a slot is at work, or may be", task);
}

static void
check_task(Sim *sim, const Task *task)
{
    const TaskRow *before = disk_task(sim->disk, task->row.id);
    if (before != NULL && before->token > task->row.token)
        broken(sim, "tokens only grow", task);
    check_waits(sim, task);
    check_slots(sim, task);
    if (task->step == NULL)
        return;
    if (task->row.status == TASK_UNKNOWN && !task->action->has_effects)
        broken(sim, "only what may have had an effect is unknown", task);
    if (task->plan->row.state != PLAN_CLOSED_MIXED)
        check_effect(sim, &task->row);
    check_order(sim, task);
    check_parts(sim, task);
    check_part(sim, task);
    check_no_return(sim, task);
    if (task->row.phase == PHASE_REVERSE)
        check_way_back(sim, task);
}

/* ---- plans ---- */

static void
check_yeses(Sim *sim, const PlanRow *row)
{
    static const unsigned no_yes = PLAN(DRAFT) | PLAN(PLANNED) | PLAN(STALE) | PLAN(REJECTED) |
                                   PLAN(EXPIRED) | PLAN(CANCELLED);
    bool needs_no_yes = strcmp(row->kind, PLAN_KIND_ROLLOUT) == 0; /* asking for it was one */
    if (!needs_no_yes && !is_one_of(no_yes, row->state) &&
        sim_yeses(sim, row->id, row->digest, NULL) < sim->quorum)
        sim_broken(sim, "only enough approvals of the running digest count",
                   "plan %s is '%s' by the yes of %d people, %d are needed", row->id,
                   plan_state_name(row->state), sim_yeses(sim, row->id, row->digest, NULL),
                   sim->quorum);
}

static void
check_steps_done(Sim *sim, const OpenPlan *plan)
{
    static const unsigned all_done =
        PLAN(SOAKING) | PLAN(SUCCEEDED) | PLAN(RETIRING) | PLAN(CLOSED);
    if (!is_one_of(all_done, plan->row.state))
        return;
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        bool is_later = step->action->id == ACTION_RETIRE || step->action->id == ACTION_SETTLE;
        if (!step->in_scope && (!is_later || plan->row.state == PLAN_CLOSED) &&
            !is_done(step->root))
            broken(sim, "a plan is done when all its steps are", step->root);
        for (guint t = 0; !step->in_scope && !is_later && t < step->tasks->len; t++)
            if (is_active(step->tasks->pdata[t]))
                broken(sim, "a plan is done when nobody works on it any more",
                       step->tasks->pdata[t]);
    }
}

static void
check_needs_nobody(Sim *sim, const OpenPlan *plan)
{
    for (guint i = 0; plan->row.state == PLAN_ROLLING_BACK && i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->is_parked || task->row.status == TASK_IRREVERSIBLE ||
            (task->row.phase == PHASE_REVERSE && task->row.status == TASK_FAILED))
            broken(sim, "a plan says so when it needs a person", task);
    }
}

static bool
shares(const PlanRow *a, const PlanRow *b)
{
    return g_strcmp0(a->source_url, b->source_url) == 0 ||
           g_strcmp0(a->source_url, b->target_url) == 0 ||
           g_strcmp0(a->target_url, b->source_url) == 0 ||
           g_strcmp0(a->target_url, b->target_url) == 0;
}

static void
check_alone(Sim *sim, const OpenPlan *plan)
{
    static const unsigned moving = PLAN(PREFLIGHT) | PLAN(RUNNING) | PLAN(PAUSED) | PLAN(HALTED) |
                                   PLAN(SOAKING) | PLAN(ROLLING_BACK) | PLAN(NEEDS_OPERATOR) |
                                   PLAN(RETIRING);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, sim->state->plans);
    while (is_one_of(moving, plan->row.state) && g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenPlan *other = value;
        if (other != plan && is_one_of(moving, other->row.state) && shares(&plan->row, &other->row))
            sim_broken(sim, "two plans never move the same dataset at once",
                       "plan %s is '%s' and plan %s is '%s'", plan->row.id,
                       plan_state_name(plan->row.state), other->row.id,
                       plan_state_name(other->row.state));
    }
}

/* 6 */
static void
check_rolled_back(Sim *sim, const PlanRow *row)
{
    if (row->state != PLAN_ROLLED_BACK)
        return;
    if (target_count(sim->target, row->id) > 0 || target_is_damaged(sim->target, row->id))
        sim_broken(sim, "a rollback restores the start",
                   "plan %s is rolled back, but %d effects are left%s", row->id,
                   target_count(sim->target, row->id),
                   target_is_damaged(sim->target, row->id) ? ", and what was there before is gone"
                                                           : "");
    if (row->start != NULL && !target_is_compared(sim->target, row->id))
        sim_broken(sim, "the end of a rollback is compared with the start",
                   "plan %s is rolled back, and nobody has looked", row->id);
}

static void
check_plan(Sim *sim, const OpenPlan *plan)
{
    static const unsigned back = PLAN(ROLLING_BACK) | PLAN(NEEDS_OPERATOR) | PLAN(ROLLED_BACK);
    static const unsigned given_up = PLAN(CANCELLED) | PLAN(STALE) | PLAN(REJECTED) | PLAN(EXPIRED);
    const PlanRow *row = &plan->row;
    if (row->ended_ms == 0 && row->wake_event == NULL)
        sim_broken(sim, "what has not ended has a lease, a time or an event", "plan %s is '%s'",
                   row->id, plan_state_name(row->state));
    if (is_one_of(back, row->state) && row->effects == 0)
        sim_broken(sim, "only what has had effects is rolled back", "plan %s is '%s'", row->id,
                   plan_state_name(row->state));
    if (is_one_of(given_up, row->state) && target_count(sim->target, row->id) > 0)
        sim_broken(sim, "a plan that is given up has moved nothing", "plan %s is '%s'", row->id,
                   plan_state_name(row->state));
    check_yeses(sim, row);
    check_steps_done(sim, plan);
    check_needs_nobody(sim, plan);
    check_alone(sim, plan);
    check_rolled_back(sim, row);
}

void
rules_check(Sim *sim)
{
    const Beat *beat = sim->beat;
    for (guint i = 0; i < beat->tasks->len; i++)
        check_task(sim, g_ptr_array_index(beat->tasks, i));
    for (guint i = 0; i < beat->plans->len; i++)
        check_plan(sim, g_ptr_array_index(beat->plans, i));
}

/* ---- when the target has taken a write ---- */

/* 3 and 4: before the probe the old worker may still write; afterwards it must not. */
void
rules_check_write(Sim *sim, const Hand *hand)
{
    const TaskRow *row = disk_task(sim->disk, hand->task);
    const PlanRow *plan = disk_plan(sim->disk, hand->plan);
    bool is_lease = row->status == TASK_LEASED && row->token == hand->token;
    bool is_in_doubt = row->status == TASK_UNKNOWN;
    if (plan->state != PLAN_CLOSED_MIXED &&
        (row->phase != PHASE_FORWARD || (!is_lease && !is_in_doubt)))
        sim_broken(sim, "no write with an old token is taken",
                   "task %s (%s/%s of plan %s) is '%s' with token %" PRId64 ", and token %" PRId64
                   " has written",
                   row->id, row->step, row->key, row->plan, task_status_name(row->status),
                   row->token, hand->token);
    if (row->intent == NULL)
        sim_broken(sim, "no effect is there without an intent on disk",
                   "task %s (%s/%s of plan %s) is '%s'", row->id, row->step, row->key, row->plan,
                   task_status_name(row->status));
}

/* What came later on the same dataset goes first. */
void
rules_check_undo(Sim *sim, const Hand *hand)
{
    const PlanRow *plan = disk_plan(sim->disk, hand->plan);
    if (target_count_step(sim->target, hand->plan, hand->step) == 0 ||
        plan->state == PLAN_CLOSED_MIXED)
        return;
    for (guint i = 0; i < sim->disk->plans->len; i++) {
        const PlanRow *other = g_ptr_array_index(sim->disk->plans, i);
        if (shares(plan, other) && target_count(sim->target, other->id) > 0 &&
            target_order(sim->target, other->id) > target_order(sim->target, plan->id))
            sim_broken(sim, "a later plan on the same dataset is rolled back first",
                       "plan %s takes back step %s under plan %s, which is '%s'", plan->id,
                       hand->step, other->id, plan_state_name(other->state));
    }
}

void
rules_check_end(Sim *sim)
{
    for (guint i = 0; i < sim->disk->tasks->len; i++) {
        const TaskRow *row = g_ptr_array_index(sim->disk->tasks, i);
        const PlanRow *plan = disk_plan(sim->disk, row->plan);
        if (*row->step != '\0' && plan->state != PLAN_CLOSED_MIXED)
            check_effect(sim, row);
    }
    for (guint i = 0; i < sim->disk->plans->len; i++)
        check_rolled_back(sim, g_ptr_array_index(sim->disk->plans, i));
}
