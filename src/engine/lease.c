/*
 * lease.c - giving tasks to workers, and hearing their hearts.
 *
 * A lease that finds nothing waits in line until something becomes ready or its time is up. A worker
 * has one place in line: asking again takes the place of the older question.
 */
#include "model/lease.h"
#include "base/json.h"
#include "base/metric.h"
#include "engine/decide.h"
#include "engine/queues.h"

#include <string.h>

#define WAIT_MS_MAX 60000      /* a proxy between us may hang up later */
#define PARKED_MAX 2000        /* more than there can be connections */
#define PROGRESS_EVENT_MS 1000 /* a person reads no faster */
#define PROGRESS_BYTES_MAX 4096
#define CHILDREN_TOLD_MAX 1000 /* parts whose evidence a parent is told one by one */

/* ---- what the worker hears ---- */

static json_t *
json_of(const char *text)
{
    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

static void
add_sums(json_t *sums, const json_t *evidence)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) evidence, key, value) if (json_is_integer(value))
        json_set_int(sums, key, json_get_int(sums, key, 0) + json_integer_value(value));
}

/* What the parts reported, for the task that stands for their step. */
static json_t *
children_evidence(const Task *task)
{
    json_t *all = json_object(), *sums = json_object(), *list = json_array();
    for (guint i = 0; i < task->children->len; i++) {
        const Task *child = g_ptr_array_index(task->children, i);
        g_autoptr(json_t) evidence = json_of(child->row.evidence);
        add_sums(sums, evidence);
        if (i >= CHILDREN_TOLD_MAX)
            continue;
        json_t *item = json_object();
        json_set_string(item, "key", child->row.key);
        json_object_set(item, "evidence", evidence != NULL ? evidence : json_null());
        json_array_append_new(list, item);
    }
    json_set_int(all, "count", task->children->len);
    json_set_int(all, "skipped", task->child_count[PHASE_FORWARD][TASK_SKIPPED]);
    json_object_set_new(all, "sums", sums);
    json_object_set_new(all, "children", list);
    return all;
}

static json_t *
lease_params(const Task *task)
{
    json_t *params = json_of(task->row.params);
    if (params == NULL)
        params = json_object();
    if (task->row.phase == PHASE_REVERSE && task->plan->row.give_up != 0)
        json_set_bool(params, "give_up_rows", true);
    return params;
}

static json_t *
lease_json(const Beat *beat, const Task *task)
{
    bool is_probe = task->row.status == TASK_UNKNOWN;
    bool is_closing = task->row.children_done != 0;
    Lease lease = {
        .id = task->row.id,
        .plan = task->row.plan,
        .step = task->row.step,
        .action = task->row.action,
        .key = task->row.key,
        .plan_digest = task->action->id == ACTION_PLAN ? NULL : task->plan->row.digest,
        .why = task->plan->row.state == PLAN_ROLLING_BACK ? task->plan->row.reason : NULL,
        .phase = task->row.phase,
        .is_probe = is_probe,
        .children_done = is_closing,
        .is_held = !is_probe && task_is_watched(task) && task->plan->row.state != PLAN_RUNNING,
        .attempt = (int) task->row.attempt,
        .token = task->row.token,
        .lease_ms = beat->state->options.lease_ms,
        .params = lease_params(task),
        .intent = json_of(task->row.intent),
        .evidence = is_closing ? children_evidence(task) : json_of(task->row.evidence),
        .checkpoint = json_of(task->row.checkpoint),
        .signals = signals_read(task),
        .throttle = task_throttle(task),
        .pace = task_pace(task),
        .left = task_left(task),
    };
    json_t *json = lease_to_json(&lease);
    json_decref(lease.params);
    json_decref(lease.intent);
    json_decref(lease.evidence);
    json_decref(lease.checkpoint);
    json_decref(lease.signals);
    json_decref(lease.throttle);
    json_decref(lease.pace);
    json_decref(lease.left);
    return json;
}

/* ---- giving ---- */

/* But for those that are left to people, or that people try again. */
static bool
children_are_done(const Task *task)
{
    if (task->children == NULL || task->row.phase != PHASE_FORWARD)
        return false;
    int ended = task->child_count[PHASE_FORWARD][TASK_DONE] +
                task->child_count[PHASE_FORWARD][TASK_SKIPPED];
    for (guint i = 0; ended < (int) task->children->len && i < task->children->len; i++) {
        const Task *child = g_ptr_array_index(task->children, i);
        bool is_done = child->row.status == TASK_DONE || child->row.status == TASK_SKIPPED;
        if (!is_done && child->row.spare == NULL)
            return false;
    }
    return true;
}

/* True when the worker got something. */
static bool
give(Beat *beat, Command *command, const WorkerSeen *worker)
{
    Task *task = queues_pick(beat, worker);
    if (task == NULL)
        return false;
    task->row.children_done = children_are_done(task);
    bool is_given =
        task_move(beat, task, &(Move){.event = "lease", .actor = command->actor, .worker = worker});
    g_assert(is_given);
    task->row.signals_told = task->row.signal_n;
    task->is_called = false;
    command->reply = lease_json(beat, task);
    metric_add(METRIC_LEASES, 1);
    return true;
}

static void
parked_answer(Beat *beat, Parked *parked)
{
    heap_remove(&beat->state->timers, &parked->timer.node);
    g_queue_delete_link(&beat->state->parked, parked->link);
    parked->worker->parked--;
    if (parked->command->reply == NULL)
        parked->command->reply = json_null();
    g_ptr_array_add(beat->answered, parked->command);
    g_free(parked);
}

static void
park(Beat *beat, Command *command, WorkerSeen *worker, int64_t wait_ms)
{
    State *state = beat->state;
    Parked *parked = g_new0(Parked, 1);
    parked->command = command;
    parked->worker = worker;
    parked->timer = (Timer){.kind = TIMER_PARKED, .owner = parked};
    g_queue_push_tail(&state->parked, parked);
    parked->link = g_queue_peek_tail_link(&state->parked);
    worker->parked++;
    heap_set(&state->timers, &parked->timer.node, beat->now_ms + MIN(wait_ms, WAIT_MS_MAX));
}

void
worker_unpark(Beat *beat, const WorkerSeen *worker)
{
    for (GList *link = beat->state->parked.head; link != NULL; link = link->next) {
        Parked *parked = link->data;
        if (parked->worker == worker) {
            parked_answer(beat, parked);
            return;
        }
    }
}

Handled
on_lease(Beat *beat, Command *command)
{
    State *state = beat->state;
    int64_t wait_ms = json_get_int(command->args, "wait_ms", 0);
    WorkerSeen *worker = worker_seen(beat, command);
    if (worker == NULL || !command_accept(beat, command))
        return REFUSED;
    if (worker->parked > 0)
        worker_unpark(beat, worker);
    /* Who waits already has the first choice of what has just become ready. */
    if (state->offers_changed)
        decide_offers(beat);
    if (give(beat, command, worker))
        return HANDLED;
    if (wait_ms <= 0 || state->parked.length >= PARKED_MAX) {
        command->reply = json_null();
        return HANDLED;
    }
    park(beat, command, worker, wait_ms);
    return WAITS;
}

void
decide_offers(Beat *beat)
{
    State *state = beat->state;
    while (state->offers_changed) {
        state->offers_changed = false;
        for (GList *link = state->parked.head, *next; link != NULL; link = next) {
            Parked *parked = link->data;
            next = link->next;
            if (!give(beat, parked->command, parked->worker))
                continue;
            parked->worker->last_seen_ms = beat->now_ms;
            parked_answer(beat, parked);
        }
    }
}

void
decide_answer_parked(Beat *beat)
{
    while (!g_queue_is_empty(&beat->state->parked))
        parked_answer(beat, g_queue_peek_head(&beat->state->parked));
}

/* ---- hearts ---- */

bool
command_lease(Beat *beat, Command *command, Task **ret)
{
    Task *task = state_task(beat->state, command->task);
    bool is_back = task != NULL && task->row.status == TASK_LEASED &&
                   task->row.phase == PHASE_FORWARD && task->step != NULL &&
                   plan_rolls_back(task->plan, task->step);
    if (task == NULL || task->row.token != command->token || is_back) {
        metric_add(METRIC_FENCED, 1);
        return fail(&command->error, ERR_FENCED,
                    "the lease of task '%s' is over: whatever this was, it does not count",
                    command->task == NULL ? "" : command->task);
    }
    *ret = task;
    return true;
}

static bool
running_lease(Beat *beat, Command *command, Task **ret)
{
    if (!command_lease(beat, command, ret))
        return false;
    if ((*ret)->row.worker != NULL)
        return true;
    metric_add(METRIC_FENCED, 1);
    return fail(&command->error, ERR_FENCED, "task '%s' was reported already", (*ret)->row.id);
}

/* The row and its event go together, at most once a second; what is newer waits in memory. */
void
task_tell_progress(Beat *beat, Task *task, bool is_last)
{
    bool is_due = beat->now_ms - task->progress_told_ms >= PROGRESS_EVENT_MS;
    task->progress_waits = !is_due && !is_last;
    if (task->progress_waits)
        return;
    task->progress_told_ms = beat->now_ms;
    text_take(&task->row.progress, g_steal_pointer(&task->progress_new));
    task_dirty(beat, task);
    beat_event(beat, "task.progress", task->plan, task, NULL, NULL, g_strdup(task->row.progress));
}

static void
take_progress(Beat *beat, Task *task, const json_t *progress)
{
    if (!json_is_object(progress))
        return;
    g_autofree char *text = json_compact(progress);
    const char *known = task->progress_waits ? task->progress_new : task->row.progress;
    if (strlen(text) > PROGRESS_BYTES_MAX || g_strcmp0(text, known) == 0)
        return;
    text_take(&task->progress_new, g_steal_pointer(&text));
    task_tell_progress(beat, task, false);
}

/* On disk the end of a lease may be late: after a restart all of them get another term. It is written
 * often enough that nobody who looks sees one that seems to be over. */
static void
lease_extend(Beat *beat, Task *task)
{
    int64_t lease_ms = beat->state->options.lease_ms;
    task->row.lease_until_ms = beat->now_ms + lease_ms;
    if (task->row.lease_until_ms - task->lease_saved_ms >= lease_ms / 2)
        task_dirty(beat, task);
    task_timer_set(beat->state, task);
}

/* Leased since the halt, to be watched. */
static bool
is_held(const Task *task)
{
    return task_is_watched(task) && task->row.since_ms >= task->plan->row.since_ms;
}

/* A pause lets running work finish; a halt, and a deadline, do not. */
static bool
should_stop(const Beat *beat, const Task *task)
{
    if (task->row.phase == PHASE_REVERSE || task->row.status == TASK_UNKNOWN)
        return false;
    bool is_late = task->row.deadline_ms > 0 && beat->now_ms >= task->row.deadline_ms &&
                   task->plan->row.paused_ms == 0;
    return is_late || (task->plan->row.state == PLAN_HALTED && !is_held(task));
}

Handled
on_heartbeat(Beat *beat, Command *command)
{
    Task *task = NULL;
    if (!running_lease(beat, command, &task) || !command_accept(beat, command))
        return REFUSED;
    WorkerSeen *worker = g_hash_table_lookup(beat->state->workers, task->row.worker);
    if (worker != NULL) {
        worker->last_seen_ms = beat->now_ms;
        worker_timer(beat, worker);
    }
    task_must_move(beat, task, &(Move){.event = "heartbeat"});
    take_progress(beat, task, json_object_get(command->args, "progress"));
    lease_extend(beat, task);
    command->reply = json_object();
    json_set_bool(command->reply, "stop", should_stop(beat, task));
    json_set_int(command->reply, "lease_ms", beat->state->options.lease_ms);
    const char *host = json_get_string(command->args, "writes", NULL);
    if (host != NULL)
        json_set_int(command->reply, "wait_ms", write_turn(beat, host));
    json_t *throttle = task_throttle(task);
    if (throttle != NULL)
        json_object_set_new(command->reply, "throttle", throttle);
    return HANDLED;
}

/* ---- intents ---- */

/* The world before the first effect of the plan: the end of a rollback is compared with it. */
static void
take_start(Beat *beat, OpenPlan *plan, const json_t *pre_state)
{
    const json_t *start = json_object_get(pre_state, "start");
    if (plan->row.start != NULL || !json_is_object(start))
        return;
    plan->row.start = json_compact(start);
    plan_dirty(beat, plan);
}

/* The state before the very first attempt is what a reverse must restore. */
static void
take_intent(Beat *beat, Task *task, const json_t *pre_state)
{
    json_t *intent = json_object();
    json_set_int(intent, "attempt", task->row.attempt);
    json_set_int(intent, "at_ms", beat->now_ms);
    if (pre_state != NULL)
        json_object_set(intent, "pre_state", (json_t *) pre_state);
    text_take(&task->row.intent, json_compact(intent));
    task_dirty(beat, task);
    json_decref(intent);
}

/* From here on an effect may be there. Before, there is none: whoever has not heard the answer has not
 * begun, and an old token gets none. */
Handled
on_intent(Beat *beat, Command *command)
{
    Task *task = NULL;
    json_t *pre_state = json_object_get(command->args, "pre_state");
    if (!running_lease(beat, command, &task))
        return REFUSED;
    if (should_stop(beat, task)) {
        fail(&command->error, ERR_STOPPED, "task '%s' is to stop: nothing may begin", task->row.id);
        return REFUSED;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    bool is_forward = task->row.phase == PHASE_FORWARD && task->step != NULL;
    if (is_forward && task->action->has_effects && task->row.intent == NULL) {
        take_intent(beat, task, pre_state);
        take_start(beat, task->plan, pre_state);
    }
    return HANDLED;
}
