/*
 * moves_rules.c - what must hold of each move, as the events tell them in their order, and of what
 * workers are given and answered.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- 8: the events are the history of the states ---- */

/* What the object's last event told; `told` holds those of this beat. */
static const char *
last_state(const Sim *sim, GHashTable *told, const char *id)
{
    const char *state = g_hash_table_lookup(told, id);
    return state != NULL ? state : g_hash_table_lookup(sim->disk->last, id);
}

static const char *
event_id(const EventRecord *event)
{
    return event->task != NULL   ? event->task->row.id
           : event->plan != NULL ? event->plan->row.id
                                 : event->campaign->row.id;
}

static void
check_chain(Sim *sim, GHashTable *told, const EventRecord *event)
{
    const char *before = last_state(sim, told, event_id(event));
    if (g_strcmp0(before, event->from) != 0)
        sim_broken(sim, "the events are the history of the states",
                   "%s went from '%s' to '%s', but was '%s'", event_id(event), event->from,
                   event->to, before == NULL ? "" : before);
    if (event->actor == NULL || *event->actor == '\0' || event->reason == NULL ||
        *event->reason == '\0')
        sim_broken(sim, "every move has an actor and a reason", "%s went from '%s' to '%s'",
                   event_id(event), event->from == NULL ? "" : event->from, event->to);
}

static void
check_told(Sim *sim, GHashTable *told, const char *id, const char *state)
{
    const char *last = last_state(sim, told, id);
    if (g_strcmp0(last, state) != 0)
        sim_broken(sim, "the events are the history of the states",
                   "%s is '%s', but its last event says '%s'", id, state, last == NULL ? "" : last);
}

/* ---- leases, where they are given ---- */

static bool
is_state(const char *state, PlanState is)
{
    return strcmp(state, plan_state_name(is)) == 0;
}

bool
rules_is_half_way(const TaskRow *row)
{
    return strcmp(row->action, "rollout") == 0 && *row->key != '\0' && row->checkpoint != NULL &&
           row->phase == PHASE_FORWARD;
}

/* Looking what became of a task is always allowed: it moves nothing. */
static bool
may_lease(const Sim *sim, const Task *task, const char *state)
{
    const OpenPlan *plan = task->plan;
    const PlanRow *before = disk_plan(sim->disk, plan->row.id);
    bool is_held = before != NULL && before->held != 0 && plan->row.held != 0;
    bool goes_back = is_state(state, PLAN_ROLLING_BACK) || is_state(state, PLAN_NEEDS_OPERATOR);
    bool is_scoped = task->step != NULL && task->step->in_scope;
    if (task->row.phase == PHASE_REVERSE)
        return (goes_back && !is_held) ||
               (is_scoped && (is_state(state, PLAN_RUNNING) || is_state(state, PLAN_PAUSED) ||
                              is_state(state, PLAN_PREFLIGHT)));
    if (task->step == NULL)
        return is_state(state, task->action->id == ACTION_PLAN ? PLAN_DRAFT : PLAN_PREFLIGHT);
    if (task->action->id == ACTION_SETTLE)
        return !is_scoped && (is_state(state, PLAN_SUCCEEDED) || is_state(state, PLAN_RETIRING));
    if (rules_is_half_way(&task->row) &&
        (is_state(state, PLAN_PAUSED) || is_state(state, PLAN_HALTED) ||
         is_state(state, PLAN_PREFLIGHT)))
        return !is_scoped;
    return !is_scoped &&
           is_state(state, task->action->id == ACTION_RETIRE ? PLAN_RETIRING : PLAN_RUNNING);
}

/* The probe's lease, among all that leads from unknown to unknown. */
static bool
is_lease(const EventRecord *event)
{
    if (strcmp(event->to, "leased") == 0)
        return true;
    return event->from != NULL && strcmp(event->from, "unknown") == 0 &&
           strcmp(event->to, "unknown") == 0 && g_str_has_prefix(event->actor, "worker:") &&
           strcmp(event->reason, "a worker looks what became of it") == 0;
}

/* Who works with it, and who may still do so: nobody knows what became of their workers. */
static int
count_in_use(const Sim *sim, const Resource *resource)
{
    GHashTableIter iter;
    void *value;
    int count = 0;
    g_hash_table_iter_init(&iter, sim->state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Task *task = value;
        bool uses = false, holds = false;
        for (guint i = 0; i < task->uses->items->len; i++)
            uses |= strcmp(g_ptr_array_index(task->uses->items, i), resource->name) == 0;
        for (guint i = 0; task->slots != NULL && i < task->slots->len; i++)
            holds |= ((const Slot *) g_ptr_array_index(task->slots, i))->resource == resource;
        count += uses && (task->row.worker != NULL || (holds && task->row.status == TASK_UNKNOWN));
    }
    return count;
}

/* 2. A limit that was lowered drains: who was in doubt before may be looked at. */
static void
check_limits(Sim *sim, const Task *task, bool is_probe)
{
    const TaskRow *before = disk_task(sim->disk, task->row.id);
    bool is_urgent = is_probe || task->row.phase == PHASE_REVERSE;
    for (guint i = 0; sim->beat->limits->len == 0 && i < task->uses->items->len; i++) {
        const char *name = g_ptr_array_index(task->uses->items, i);
        const Resource *resource = g_hash_table_lookup(sim->state->resources, name);
        bool was_in_use = before != NULL &&
                          (before->status == TASK_UNKNOWN || before->status == TASK_LEASED) &&
                          disk_holds_slot(sim->disk, task->row.id, name);
        if (resource == NULL || resource->count < 0 || was_in_use)
            continue;
        int in_use = count_in_use(sim, resource);
        if (in_use > (is_urgent ? MAX(resource->count, 1) : resource->count))
            sim_broken(sim, "what is in use never exceeds its limit",
                       "task %s was leased: '%s' is in use %d times, at most %" PRId64 " may be",
                       task->row.id, name, in_use, resource->count);
    }
}

static void
check_lease(Sim *sim, GHashTable *told, const EventRecord *event)
{
    const Task *task = event->task;
    bool is_probe = strcmp(event->to, "unknown") == 0;
    const char *state = last_state(sim, told, task->plan->row.id);
    if (!is_probe && !may_lease(sim, task, state))
        sim_broken(sim, "no lease is given while the plan stands still, or goes the other way",
                   "task %s (%s/%s, phase '%s') is leased while plan %s is '%s'", task->row.id,
                   task->row.step, task->row.key, task_phase_name(task->row.phase), task->row.plan,
                   state);
    check_limits(sim, task, is_probe);
}

/* ---- what a plan goes on without ---- */

/* Each consumer once, whatever of it failed. */
static int
count_left(const OpenPlan *plan)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->row.spare != NULL && task->row.phase == PHASE_FORWARD &&
            task->row.status == TASK_FAILED)
            g_hash_table_add(known, task->row.spare);
    }
    return (int) g_hash_table_size(known);
}

static int
left_allowed(const OpenPlan *plan)
{
    g_autoptr(json_t) pace = json_loads(plan->row.pace, 0, NULL);
    const char *text = json_get_string(pace, "max_failures", "0");
    return strcmp(text, "50%") == 0 ? 2 : atoi(text);
}

/* Unless more failed in the same beat. */
static void
check_goes_on(Sim *sim, const Task *root)
{
    const OpenPlan *plan = root->plan;
    if (plan->row.state == PLAN_RUNNING && count_left(plan) > left_allowed(plan))
        sim_broken(sim, "a plan goes on without no more consumers than may fail",
                   "plan %s: %d are left, at most %d may be", plan->row.id, count_left(plan),
                   left_allowed(plan));
    for (guint i = 0; i < root->children->len; i++) {
        const Task *part = g_ptr_array_index(root->children, i);
        if (part->row.status == TASK_FAILED && part->row.spare == NULL)
            sim_broken(sim, "a plan goes on only without parts that it may go on without",
                       "task %s of step %s", part->row.id, root->row.step);
    }
}

/* ---- other moves of tasks ---- */

static void
check_parts_failed(Sim *sim, const Task *root)
{
    int failed = 0, open = 0;
    for (guint i = 0; root->children != NULL && i < root->children->len; i++) {
        const Task *part = g_ptr_array_index(root->children, i);
        failed += part->row.status == TASK_FAILED;
        open += part->row.status != TASK_FAILED && !task_status_is_final(part->row.status);
    }
    if (root->row.status == TASK_FAILED && (failed == 0 || open > 0))
        sim_broken(sim, "a step fails for its parts when one has failed and none goes on",
                   "task %s: %d failed, %d go on", root->row.id, failed, open);
}

static void
check_task_move(Sim *sim, GHashTable *told, const EventRecord *event)
{
    const Task *task = event->task;
    if (is_lease(event))
        check_lease(sim, told, event);
    if (strcmp(event->to, "retry_wait") == 0 && task->row.status == TASK_RETRY_WAIT &&
        task->row.attempt >= task->row.tries)
        sim_broken(sim, "nothing is tried more often than it may",
                   "task %s: attempt %" PRId64 " of %" PRId64, task->row.id, task->row.attempt,
                   task->row.tries);
    if (strcmp(event->reason, "goes on where the lost worker was") == 0 &&
        task->row.checkpoint == NULL)
        sim_broken(sim, "what is half done goes on only from a checkpoint", "task %s",
                   task->row.id);
    if (strcmp(event->reason, "parts of it failed") == 0)
        check_parts_failed(sim, task);
    if (strcmp(event->reason, "its parts are done, but for those left to people") == 0 ||
        strcmp(event->reason, "goes on; parts of it are left to people") == 0)
        check_goes_on(sim, task);
}

/* ---- moves of plans ---- */

/* Somebody may have helped it on after it halted, in the same beat. */
static void
check_halt(Sim *sim, const OpenPlan *plan, const EventRecord *event)
{
    const GArray *events = sim->beat->events;
    for (const EventRecord *later = event + 1;
         later < &g_array_index(events, EventRecord, events->len); later++)
        if (later->plan == plan)
            return;
    bool is_stuck = plan->tasks_active == 0;
    if (plan->row.state == PLAN_HALTED && !is_stuck && count_left(plan) <= left_allowed(plan) &&
        plan->row.failures <= sim->engine.failure_budget)
        sim_broken(sim, "a plan halts when more has failed than may, or nothing goes on",
                   "plan %s: %" PRId64 " failures", plan->row.id, plan->row.failures);
}

static void
check_after_success(Sim *sim, const EventRecord *event)
{
    const PlanRow *row = &event->plan->row;
    bool is_open = sim->now_ms < row->window_until_ms;
    if (strcmp(event->to, "rolling_back") == 0 && !is_open)
        sim_broken(sim, "a success is rolled back within its window only", "plan %s", row->id);
    if (strcmp(event->to, "retiring") == 0 && count_left(event->plan) > 0)
        sim_broken(sim, "nothing is retired that somebody may still read", "plan %s: %d are left",
                   row->id, count_left(event->plan));
    if (strcmp(event->to, "retiring") == 0 && sim->now_ms < row->keep_until_ms)
        sim_broken(sim, "nothing is retired before its retention is over", "plan %s", row->id);
}

static bool
has_retire(const OpenPlan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (step->action->id == ACTION_RETIRE && !step->in_scope)
            return true;
    }
    return false;
}

static void
check_plan_move(Sim *sim, const EventRecord *event)
{
    const OpenPlan *plan = event->plan;
    if (event->from == NULL)
        return;
    if (strcmp(event->from, "halted") == 0 && strcmp(event->to, "preflight") == 0 &&
        strcmp(event->reason, "looks for drift again") == 0)
        sim_broken(sim, "who resumes a halted plan says why", "plan %s", plan->row.id);
    if (strcmp(event->from, "halted") == 0 && strcmp(event->to, "rolling_back") == 0 &&
        strcmp(event->actor, "honk") == 0 && !sim->engine.automatic_rollback &&
        !plan_is_rollout(plan))
        sim_broken(sim, "nothing rolls back by itself unless the policy says so", "plan %s",
                   plan->row.id);
    if (strcmp(event->to, "halted") == 0 && (g_str_has_prefix(event->reason, "step '") ||
                                             g_str_has_prefix(event->reason, "nothing can go on")))
        check_halt(sim, plan, event);
    if (strcmp(event->from, "succeeded") == 0)
        check_after_success(sim, event);
    if (strcmp(event->to, "retiring") == 0 && !has_retire(plan))
        sim_broken(sim, "only a plan with a step that retires is retiring", "plan %s",
                   plan->row.id);
    const char *first = plan->row.mixed_by;
    if (strcmp(event->to, "closed_mixed") == 0 &&
        (first == NULL || strcmp(event->actor, first) == 0))
        sim_broken(sim, "a mixed state is accepted by two people", "plan %s", plan->row.id);
}

void
rules_check_moves(Sim *sim)
{
    const Beat *beat = sim->beat;
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < beat->events->len; i++) {
        const EventRecord *event = &g_array_index(beat->events, EventRecord, i);
        if (event->to == NULL)
            continue;
        if (!event->is_quiet)
            check_chain(sim, told, event);
        if (event->task != NULL)
            check_task_move(sim, told, event);
        else if (event->plan != NULL)
            check_plan_move(sim, event);
        if (!event->is_quiet)
            g_hash_table_replace(told, (char *) event_id(event), (char *) event->to);
    }
    for (guint i = 0; i < beat->tasks->len; i++) {
        const Task *task = g_ptr_array_index(beat->tasks, i);
        bool is_polling = g_strcmp0(task->row.wake_event, "poll") == 0;
        if (is_polling && (!task->action->is_watched ||
                           (task->row.status != TASK_READY && task->row.status != TASK_LEASED)))
            sim_broken(sim, "only a look of a rollout is not told", "task %s is '%s'", task->row.id,
                       task_status_name(task->row.status));
        check_told(sim, told, task->row.id,
                   task_status_name(is_polling ? TASK_WAITING : task->row.status));
    }
    for (guint i = 0; i < beat->plans->len; i++) {
        const OpenPlan *plan = g_ptr_array_index(beat->plans, i);
        check_told(sim, told, plan->row.id, plan_state_name(plan->row.state));
    }
}

/* ---- what workers hear ---- */

/* Its plan stood still when it was leased, and had done so before. */
static void
check_is_held(Sim *sim, const Lease *lease)
{
    const PlanRow *plan = disk_plan(sim->disk, lease->plan);
    const TaskRow *task = disk_task(sim->disk, lease->id);
    bool is_still = (plan->state == PLAN_PAUSED || plan->state == PLAN_HALTED) &&
                    plan->since_ms < task->since_ms;
    if (is_still && lease->phase == PHASE_FORWARD && !lease->is_probe && !lease->is_held)
        sim_broken(sim, "who gets a task of a plan that stands still is told so", "task %s",
                   lease->id);
    if (lease->is_held && (lease->is_probe || !rules_is_half_way(task)))
        sim_broken(sim, "only what stands half-way is looked at while its plan stands still",
                   "task %s", lease->id);
}

void
rules_check_lease(Sim *sim, const SimWorker *worker)
{
    static const char *const stores[SIM_STORES] = {"store:s", "store:t"};
    const Task *task = state_task(sim->state, worker->lease->id);
    words_check_lease(sim, worker->lease);
    check_is_held(sim, worker->lease);
    for (int s = 0; task != NULL && s < SIM_STORES; s++)
        for (guint i = 0; i < task->needs->items->len; i++)
            if (strcmp(g_ptr_array_index(task->needs->items, i), stores[s]) == 0 &&
                !worker->labels[s] && !sim->is_calm)
                sim_broken(sim, "a worker gets only what it can reach", "task %s needs '%s'",
                           task->row.id, stores[s]);
}

/* Else it would be leased and stopped again and again, and nobody would ever look. */
void
rules_check_stop(Sim *sim, const Lease *lease)
{
    const PlanRow *plan = disk_plan(sim->disk, lease->plan);
    const TaskRow *task = disk_task(sim->disk, lease->id);
    if (lease->is_held && plan->state == PLAN_HALTED && task->token == lease->token &&
        plan->since_ms < task->since_ms)
        sim_broken(sim, "who only looks is not stopped by the halt that it was leased under",
                   "task %s", lease->id);
}

void
rules_check_report(Sim *sim, const SimWorker *worker, const char *status)
{
    ErrorCode code = error_code_from_wire(worker->outcome->error_code);
    if (!worker->lease->is_probe && error_then(code) != THEN_RETRY && code != ERR_FENCED &&
        strcmp(status, "failed") != 0 && strcmp(status, "not_applied") != 0)
        sim_broken(sim, "what failed for good is not tried again", "task %s is '%s' after '%s'",
                   worker->lease->id, status, worker->outcome->error_code);
}
