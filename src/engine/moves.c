/* moves.c - looking up a row, and making the move. */
#include "engine/moves.h"

#include "base/limits.h"
#include "base/metric.h"
#include "engine/campaign.h"
#include "engine/queues.h"
#include "engine/slots.h"

#include <inttypes.h>
#include <string.h>

#define REVERSE_TRIES 2 /* a way back is tried twice as often as the way there */

/* ---- records ---- */

void
plan_dirty(Beat *beat, OpenPlan *plan)
{
    if (!plan->is_dirty)
        g_ptr_array_add(beat->plans, plan);
    plan->is_dirty = true;
}

void
task_dirty(Beat *beat, Task *task)
{
    if (!task->is_dirty)
        g_ptr_array_add(beat->tasks, task);
    task->is_dirty = true;
}

static EventRecord *
event_add(Beat *beat, const char *type, const OpenPlan *plan, const Task *task, const char *actor,
          const char *reason, char *take_data)
{
    EventRecord event = {.at_ms = beat->now_ms,
                         .type = type,
                         .plan = plan,
                         .task = task,
                         .actor = g_strdup(actor == NULL ? "honk" : actor),
                         .reason = g_strdup(reason),
                         .data = take_data};
    g_array_append_val(beat->events, event);
    return &g_array_index(beat->events, EventRecord, beat->events->len - 1);
}

void
beat_event(Beat *beat, const char *type, const OpenPlan *plan, const Task *task, const char *actor,
           const char *reason, char *take_data)
{
    event_add(beat, type, plan, task, actor, reason, take_data);
}

void
plan_born(Beat *beat, OpenPlan *plan, const char *reason)
{
    EventRecord *event = event_add(beat, "plan.state", plan, NULL, plan->row.actor,
                                   reason != NULL ? reason : plan->row.reason, NULL);
    event->to = plan_state_name(plan->row.state);
}

static char *
task_event_data(const Task *task)
{
    return g_strdup_printf("{\"phase\":\"%s\",\"attempt\":%" PRId64 ",\"token\":%" PRId64 "}",
                           task_phase_name(task->row.phase), task->row.attempt, task->row.token);
}

void
task_born(Beat *beat, Task *task, const char *actor, const char *reason)
{
    EventRecord *event =
        event_add(beat, "task.status", task->plan, task, actor, reason, task_event_data(task));
    event->to = task_status_name(task->row.status);
    metric_add(METRIC_TRANSITIONS, 1);
    if (task->row.status == TASK_READY)
        queue_add(beat, task);
}

/* ---- rows ---- */

static const Transition *
row_find(const Transition *rows, size_t count, unsigned from, const Move *move,
         const Moment *moment, const char **ret_refused)
{
    if (ret_refused != NULL)
        *ret_refused = NULL;
    for (size_t i = 0; i < count; i++)
        if ((rows[i].from & 1u << from) != 0 && strcmp(rows[i].event, move->event) == 0 &&
            guards_hold(moment, rows[i].guard, ret_refused))
            return &rows[i];
    return NULL;
}

const Transition *
plan_row_for(const Beat *beat, const OpenPlan *plan, const Move *move, const char **ret_refused)
{
    Moment moment = {.beat = beat, .plan = plan, .command = move->command};
    return row_find(plan_transitions, plan_transition_count, plan->row.state, move, &moment,
                    ret_refused);
}

const Transition *
task_row_for(const Beat *beat, const Task *task, const Move *move, const char **ret_refused)
{
    Moment moment = {.beat = beat,
                     .plan = task->plan,
                     .task = task,
                     .command = move->command,
                     .worker = move->worker};
    return row_find(task_transitions, task_transition_count, task->row.status, move, &moment,
                    ret_refused);
}

bool
plan_refuse(const Beat *beat, const OpenPlan *plan, const Move *move, GError **error)
{
    const char *refused = NULL;
    ErrorCode code = ERR_WRONG_STATE;
    Moment moment = {.beat = beat, .plan = plan, .command = move->command};
    plan_row_for(beat, plan, move, &refused);
    g_autofree char *state = plan_state_words(plan->row.state);
    if (refused == NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is not possible while '%s' is %s", move->event,
                    plan->row.migration, state);
    g_autofree char *why = guard_refusal(&moment, refused, &code);
    return fail(error, code, "cannot %s '%s': %s", move->event, plan->row.migration, why);
}

bool
task_refuse(const Beat *beat, const Task *task, const Move *move, GError **error)
{
    const char *refused = NULL;
    ErrorCode code = ERR_WRONG_STATE;
    Moment moment = {.beat = beat, .plan = task->plan, .task = task, .command = move->command};
    task_row_for(beat, task, move, &refused);
    if (refused == NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is not possible while task '%s' is '%s'",
                    move->event, task->row.id, task_status_name(task->row.status));
    g_autofree char *why = guard_refusal(&moment, refused, &code);
    return fail(error, code, "cannot %s task '%s': %s", move->event, task->row.id, why);
}

/* ---- plans ---- */

static const char *
plan_waits_for(const OpenPlan *plan)
{
    static const char *const events[PLAN_STATE_COUNT] = {
        [PLAN_DRAFT] = "planning",          [PLAN_PLANNED] = "approval",
        [PLAN_APPROVED] = "start",          [PLAN_PREFLIGHT] = "preflight",
        [PLAN_RUNNING] = "tasks",           [PLAN_PAUSED] = "resume",
        [PLAN_HALTED] = "operator",         [PLAN_SOAKING] = "soak",
        [PLAN_SUCCEEDED] = "window",        [PLAN_ROLLING_BACK] = "reverses",
        [PLAN_NEEDS_OPERATOR] = "operator", [PLAN_RETIRING] = "tasks",
    };
    return plan->row.state == PLAN_ROLLING_BACK && plan->row.held != 0 ? "go_on"
                                                                       : events[plan->row.state];
}

void
row_mark_taken(uint64_t *taken, size_t row)
{
    taken[row / 64] |= UINT64_C(1) << row % 64;
}

bool
plan_move(Beat *beat, OpenPlan *plan, const Move *move)
{
    const Transition *row = plan_row_for(beat, plan, move, NULL);
    if (row == NULL)
        return false;
    PlanState from = plan->row.state;
    row_mark_taken(&beat->state->plan_rows_taken, (size_t) (row - plan_transitions));

    const char *reason = move->reason != NULL ? move->reason : row->text;
    plan->row.state = (PlanState) row->to;
    if (from != plan->row.state)
        plan->row.since_ms = beat->now_ms;
    text_set(&plan->row.reason, reason);
    text_set(&plan->row.actor, move->actor == NULL ? "honk" : move->actor);
    EventRecord *event = event_add(beat, "plan.state", plan, NULL, move->actor, reason, NULL);
    event->from = plan_state_name(from);
    event->to = plan_state_name(plan->row.state);
    metric_add(METRIC_TRANSITIONS, 1);
    plan_dirty(beat, plan);

    campaign_plan_enters(beat, plan, from);
    plan_follow(beat, plan, move, from);
    if (plan->row.state == (PlanState) row->to) {
        text_set(&plan->row.wake_event,
                 move->wake_event != NULL ? move->wake_event : plan_waits_for(plan));
        plan_timer_set(beat->state, plan);
        campaign_plan_entered(beat, plan, from);
    }
    return true;
}

void
plan_must_move(Beat *beat, OpenPlan *plan, const Move *move)
{
    bool moved = plan_move(beat, plan, move);
    g_assert(moved);
}

/* ---- tasks ---- */

static bool
event_is(const Move *move, const char *const *events)
{
    for (; *events != NULL; events++)
        if (strcmp(*events, move->event) == 0)
            return true;
    return false;
}

/* Does this move begin the way back? */
static bool
turns_round(const Task *task, const Transition *row)
{
    if (task->row.phase == PHASE_REVERSE)
        return false;
    if (strcmp(row->event, "rollback") == 0)
        return row->to == TASK_READY || row->to == TASK_IRREVERSIBLE;
    if (strcmp(row->event, "step_reversed") == 0)
        return true;
    if (strcmp(row->event, "children_resolved") == 0 || strstr(row->guard, "rolling_back") != NULL)
        return row->to == TASK_READY || row->to == TASK_WAITING || row->to == TASK_IRREVERSIBLE;
    return strcmp(row->event, "settle") == 0 && task->step != NULL &&
           plan_rolls_back(task->plan, task->step);
}

static int64_t
tries_granted(const Task *task)
{
    return (task->row.phase == PHASE_REVERSE ? REVERSE_TRIES : 1) * task->action->tries_max;
}

void
task_tries_anew(Task *task)
{
    task->row.tries = task->row.attempt + tries_granted(task);
}

int64_t
task_failures(const Task *task)
{
    return MAX(tries_granted(task) - (task->row.tries - task->row.attempt), 1);
}

static void
turn_round(Task *task)
{
    task->row.phase = PHASE_REVERSE;
    task_tries_anew(task);
    task->row.children_done = 0;
    task->row.deadline_ms = 0;
}

static void
begin_attempt(Beat *beat, Task *task)
{
    OpenPlan *plan = task->plan;
    task->row.attempt++;
    if (task->row.started_ms == 0)
        task->row.started_ms = beat->now_ms;
    if (task->step == NULL || task->row.phase == PHASE_REVERSE)
        return;
    if (task->step->row.deadline_ms > 0 && task->row.deadline_ms == 0)
        task->row.deadline_ms = beat->now_ms + task->step->row.deadline_ms;
    if (task->action->has_effects && plan->row.effects == 0) {
        State *state = beat->state;
        state->last_effects_ms = MAX(state->last_effects_ms + 1, beat->now_ms);
        plan->row.effects = 1;
        plan->row.effects_ms = state->last_effects_ms;
        state_touch(state, plan->row.id, plan->row.source_url, plan->row.target_url,
                    plan->row.effects_ms);
        campaign_plan_has_effects(plan);
        plan_dirty(beat, plan);
    }
}

/* One count for all tasks of a plan: who is leased later passes the plan's fence, which a way back of
 * other steps has raised. */
static int64_t
next_token(OpenPlan *plan)
{
    return ++plan->row.token;
}

static void
take_lease(Beat *beat, Task *task, const Move *move)
{
    if (task->row.status == TASK_UNKNOWN)
        task->row.probes++;
    else
        begin_attempt(beat, task);
    task->row.token = next_token(task->plan);
    text_set(&task->row.worker, move->worker->id);
    task->row.lease_until_ms = beat->now_ms + beat->state->options.lease_ms;
    slots_take(beat, task);
}

static void
leave_lease(Task *task, const Move *move)
{
    static const char *const fencing[] = {"lost",   "rollback", "drop", "abandon",
                                          "settle", "retry",    NULL};
    text_set(&task->row.worker, NULL);
    task->row.lease_until_ms = 0;
    if (event_is(move, fencing))
        task->row.token = next_token(task->plan);
    if (move->clears_intent)
        text_set(&task->row.intent, NULL);
}

/* What was held is kept while somebody works on it, while nobody knows whether somebody does, and
 * while it waits for the world; but not while it waits for its parts, which need the slots
 * themselves, nor when it is in doubt without a worker. A part with limits of its own keeps them also while it rests before
 * another try: what it has opened is open. */
static bool
keeps_slots(const Task *task, const Move *move, TaskStatus from, TaskStatus to)
{
    bool is_due = strcmp(move->event, "due") == 0;
    bool is_claimed = task->row.uses != NULL && task->row.phase == PHASE_FORWARD;
    if (to == TASK_UNKNOWN)
        return from == TASK_LEASED || from == TASK_UNKNOWN;
    if (to == TASK_LEASED)
        return true;
    if (to == TASK_WAITING)
        return strcmp(move->event, "wait") == 0;
    if (to == TASK_RETRY_WAIT)
        return is_claimed;
    return to == TASK_READY && is_due &&
           (from == TASK_WAITING || (from == TASK_RETRY_WAIT && is_claimed));
}

/* A root on its way back is looked at when all its parts are known. */
static bool
is_to_be_probed(const Task *task)
{
    const TaskRow *row = &task->row;
    if (row->status != TASK_UNKNOWN || row->worker != NULL || row->wake_ms > 0 || task->is_parked)
        return false;
    if (row->phase == PHASE_REVERSE || !task_is_root(task))
        return true;
    return row->intent != NULL &&
           (!plan_rolls_back(task->plan, task->step) || children_resolved(task));
}

static const char *
task_waits_for(const Task *task)
{
    static const char *const events[TASK_STATUS_COUNT] = {
        [TASK_BLOCKED] = "dependencies",  [TASK_READY] = "lease",     [TASK_WAITING] = "time",
        [TASK_RETRY_WAIT] = "time",       [TASK_FAILED] = "operator", [TASK_UNKNOWN] = "lease",
        [TASK_IRREVERSIBLE] = "operator",
    };
    if (task->row.status == TASK_WAITING && task->row.wake_ms == 0)
        return task->row.phase == PHASE_REVERSE ? "step" : "children";
    if (task->row.status == TASK_UNKNOWN && !is_to_be_probed(task) && task->row.worker == NULL &&
        task->row.wake_ms == 0)
        return "children";
    return events[task->row.status];
}

static void
task_apply(Beat *beat, Task *task, const Move *move, const Transition *row)
{
    TaskStatus from = task->row.status, to = (TaskStatus) row->to;
    bool is_lease = strcmp(move->event, "lease") == 0;
    bool turns = turns_round(task, row);
    bool was_final = task_status_is_final(from);

    queue_remove(beat->state, task);
    slots_count_active(task, -1);
    task_count(task, -1);
    if (is_lease)
        take_lease(beat, task, move);
    else
        leave_lease(task, move);
    if (turns)
        turn_round(task);
    if (from == TASK_UNKNOWN && to != TASK_UNKNOWN)
        task->row.probes = 0;
    task->row.status = to;
    bool sleeps = to == TASK_WAITING || to == TASK_RETRY_WAIT || to == TASK_UNKNOWN;
    task->row.wake_ms = sleeps ? move->wake_ms : 0;
    task->is_parked = false;
    if (!is_lease && !keeps_slots(task, move, from, to))
        slots_give_back(beat, task);
    slots_count_active(task, 1);
    task_count(task, 1);
    beat->state->open_task_count += was_final - task_status_is_final(to);
    task->row.ended_ms = task_status_is_final(to) || to == TASK_FAILED ? beat->now_ms : 0;
    if (from != to || turns)
        task->row.since_ms = beat->now_ms;
}

/* ---- looking again and again ---- */

#define POLL "poll" /* on disk, too: what was not told before a restart is not missing after it */

bool
task_is_polling(const Task *task)
{
    return g_strcmp0(task->row.wake_event, POLL) == 0;
}

/* A rollout is looked at every second, for hours: what such a look does is told only once it has learned something. */
static bool
polls(const Task *task, const Move *move)
{
    if (!task->action->is_watched)
        return false;
    if (task->row.status == TASK_WAITING)
        return strcmp(move->event, "due") == 0 && move->reason == NULL;
    return task_is_polling(task) && strcmp(move->event, "lease") == 0;
}

static bool
has_learned_nothing(const Task *task, const Move *move)
{
    return task_is_polling(task) && strcmp(move->event, "wait") == 0 &&
           g_strcmp0(task->row.reason, move->reason) == 0;
}

static void
tell_move(Beat *beat, Task *task, const Move *move, const Transition *row, TaskStatus from,
          bool is_quiet)
{
    const char *reason = move->reason != NULL ? move->reason : row->text;
    EventRecord *event = event_add(beat, "task.status", task->plan, task, move->actor, reason,
                                   task_event_data(task));
    event->from = task_status_name(task_is_polling(task) && !is_quiet ? TASK_WAITING : from);
    event->to = task_status_name(task->row.status);
    event->is_quiet = is_quiet;
    metric_add(METRIC_TRANSITIONS, 1);
    if (is_quiet)
        return; /* what it waits for stays what people read */
    text_set(&task->row.reason, reason);
    text_set(&task->row.actor, move->actor == NULL ? "honk" : move->actor);
}

bool
task_move(Beat *beat, Task *task, const Move *move)
{
    const Transition *row = task_row_for(beat, task, move, NULL);
    if (row == NULL)
        return false;
    TaskStatus from = task->row.status;
    row_mark_taken(beat->state->task_rows_taken, (size_t) (row - task_transitions));
    if (strcmp(move->event, "heartbeat") == 0)
        return true; /* nothing moves: no event */
    task_dirty(beat, task);

    bool is_poll = polls(task, move);
    bool is_quiet = is_poll || has_learned_nothing(task, move);
    task_apply(beat, task, move, row);
    tell_move(beat, task, move, row, from, is_quiet);
    const char *waits_for = move->wake_event != NULL ? move->wake_event : task_waits_for(task);
    text_set(&task->row.wake_event, is_poll ? POLL : waits_for);

    if (task->row.status == TASK_READY || is_to_be_probed(task))
        queue_add(beat, task);
    task_timer_set(beat->state, task);
    task_follow(beat, task, move, from);
    return true;
}

void
task_must_move(Beat *beat, Task *task, const Move *move)
{
    bool moved = task_move(beat, task, move);
    g_assert(moved);
}

void
task_park(Beat *beat, Task *task, bool is_parked)
{
    queue_remove(beat->state, task);
    task_count(task, -1);
    task->is_parked = is_parked;
    task_count(task, 1);
    task->row.wake_ms = 0;
    task->row.probes = 0;
    text_set(&task->row.wake_event, is_parked ? "operator" : task_waits_for(task));
    if (is_parked && task->slots != NULL) { /* it may stay so for long: others must go on */
        slots_count_active(task, -1);
        slots_give_back(beat, task);
    }
    if (is_to_be_probed(task))
        queue_add(beat, task);
    task_timer_set(beat->state, task);
    task_dirty(beat, task);
}

void
task_rested(Beat *beat, Task *task)
{
    task->row.wake_ms = 0;
    text_set(&task->row.wake_event, task_waits_for(task));
    if (is_to_be_probed(task) && task->queue == NULL)
        queue_add(beat, task);
    task_timer_set(beat->state, task);
    task_dirty(beat, task);
}
