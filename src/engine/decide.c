/*
 * decide.c - commands and timers to their handlers.
 */
#include "engine/decide.h"

#include "base/json.h"
#include "engine/campaign.h"

#include <inttypes.h>

/* ---- commands ---- */

bool
command_accept(Beat *beat, Command *command)
{
    return beat->accept == NULL || beat->accept(beat, command);
}

void
command_reply_text(Command *command, const char *key, const char *value)
{
    if (command->reply == NULL)
        command->reply = json_object();
    json_set_string(command->reply, key, value);
}

Handled
on_write(Beat *beat, Command *command)
{
    command->reply = json_object();
    return command_accept(beat, command) ? HANDLED : REFUSED;
}

static HandlerFn *const handlers[COMMAND_COUNT] = {
    [COMMAND_WRITE] = on_write,
    [COMMAND_CREATE] = on_create,
    [COMMAND_APPROVE] = on_approve,
    [COMMAND_WITHDRAW] = on_withdraw,
    [COMMAND_REJECT] = on_reject,
    [COMMAND_STALE] = on_stale,
    [COMMAND_START] = on_start,
    [COMMAND_PAUSE] = on_pause,
    [COMMAND_RESUME] = on_resume,
    [COMMAND_CANCEL] = on_cancel,
    [COMMAND_HALT] = on_halt,
    [COMMAND_ROLLBACK] = on_rollback,
    [COMMAND_HOLD] = on_hold,
    [COMMAND_GO_ON] = on_go_on,
    [COMMAND_RETIRE] = on_retire,
    [COMMAND_ACCEPT_MIXED] = on_accept_mixed,
    [COMMAND_THROTTLE] = on_throttle,
    [COMMAND_PACE] = on_pace,
    [COMMAND_TASK_RETRY] = on_task_retry,
    [COMMAND_TASK_SKIP] = on_task_skip,
    [COMMAND_TASK_DONE] = on_task_done,
    [COMMAND_TASK_SIGNAL] = on_task_signal,
    [COMMAND_LOOK] = on_look,
    [COMMAND_LIMIT] = on_limit,
    [COMMAND_LEASE] = on_lease,
    [COMMAND_HEARTBEAT] = on_heartbeat,
    [COMMAND_INTENT] = on_intent,
    [COMMAND_REPORT] = on_report,
    [COMMAND_WORKER_LOST] = on_worker_lost,
    [COMMAND_CAMPAIGN_CREATE] = on_campaign_create,
    [COMMAND_CAMPAIGN_PLAN] = on_campaign_plan,
    [COMMAND_CAMPAIGN_APPROVE] = on_campaign_approve,
    [COMMAND_CAMPAIGN_THROTTLE] = on_campaign_throttle,
    [COMMAND_CAMPAIGN_SAY] = on_campaign_say,
};

void
decide_command(Beat *beat, Command *command)
{
    bool is_clear = beat->look == NULL || beat->look(beat, command);
    Handled handled = is_clear ? handlers[command->kind](beat, command) : REFUSED;
    if (handled == WAITS)
        return;
    g_assert((handled == REFUSED) == (command->error != NULL));
    if (handled == REFUSED)
        g_clear_pointer(&command->reply, json_decref);
    g_ptr_array_add(beat->answered, command);
}

/* ---- timers ---- */

static void
plan_is_due(Beat *beat, OpenPlan *plan)
{
    if (plan->row.state == PLAN_SUCCEEDED)
        plan_window_over(beat, plan);
    else if (plan->row.state == PLAN_SOAKING)
        plan_must_move(beat, plan, &(Move){.event = "soaked"});
    else
        plan_must_move(beat, plan, &(Move){.event = "expire"});
}

/* A process on this machine may hold the store for as long as it is there, stopped or hung: nobody
 * could look what became of its task. Its end is awaited first; its own timer asks for it. */
static bool
is_ended_first(Beat *beat, Task *task)
{
    const WorkerSeen *worker = g_hash_table_lookup(beat->state->workers, task->row.worker);
    if (!worker_is_ours(beat, worker))
        return false;
    task->row.lease_until_ms = beat->now_ms + beat->state->options.lease_ms;
    return true;
}

static void
task_is_due(Beat *beat, Task *task)
{
    int64_t now_ms = beat->now_ms;
    if (task->progress_waits)
        task_tell_progress(beat, task, false);
    bool is_late = task->row.worker == NULL && task->row.deadline_ms > 0 &&
                   task->row.deadline_ms <= now_ms && task->plan->row.paused_ms == 0;
    if (task->row.worker != NULL) {
        if (task->row.lease_until_ms <= now_ms && !is_ended_first(beat, task))
            task_lease_lost(beat, task, "its worker went silent");
    } else if (is_late && task->row.phase == PHASE_FORWARD &&
               task_move(beat, task, &(Move){.event = "deadline"})) {
        return;
    } else if (task->row.wake_ms > 0 && task->row.wake_ms <= now_ms) {
        if (task->row.status == TASK_UNKNOWN)
            task_rested(beat, task);
        else
            task_must_move(beat, task, &(Move){.event = "due"});
    }
    task_timer_set(beat->state, task);
}

static void
parked_is_due(Beat *beat, Parked *parked)
{
    State *state = beat->state;
    parked->worker->last_seen_ms = beat->now_ms;
    worker_timer(beat, parked->worker);
    heap_remove(&state->timers, &parked->timer.node);
    g_queue_delete_link(&state->parked, parked->link);
    parked->worker->parked--;
    parked->command->reply = json_null();
    g_ptr_array_add(beat->answered, parked->command);
    g_free(parked);
}

/* Workers whom a dead server left behind may still be at it: their leases get another term. Times that
 * a clock which was ahead has written keep nobody waiting until it is there again. */
static void
times_settle(Beat *beat)
{
    State *state = beat->state;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Task *task = value;
        bool rests = task->row.status == TASK_RETRY_WAIT || task->row.status == TASK_UNKNOWN;
        if (task->row.worker != NULL)
            task->row.lease_until_ms = beat->now_ms + state->options.lease_ms;
        else if (rests && task->row.wake_ms > beat->now_ms + state->options.retry_max_ms)
            task->row.wake_ms = beat->now_ms + state->options.retry_max_ms;
        else
            continue;
        task_timer_set(state, task);
    }
}

/* What nothing could be started for is over. */
static void
campaign_is_due(Beat *beat, Campaign *campaign)
{
    campaign->row.wake_ms = 0;
    campaign_timer_set(beat->state, campaign, 0);
    campaign_dirty(beat, campaign);
    campaign_touch(beat->state, campaign);
}

void
decide_timers(Beat *beat)
{
    State *state = beat->state;
    if (state->is_first_beat)
        times_settle(beat);
    state->is_first_beat = false;
    for (HeapNode *node; (node = heap_first(&state->timers)) != NULL && node->at <= beat->now_ms;) {
        Timer *timer = (Timer *) node;
        switch (timer->kind) {
        case TIMER_PLAN:
            plan_is_due(beat, timer->owner);
            break;
        case TIMER_TASK:
            task_is_due(beat, timer->owner);
            break;
        case TIMER_PARKED:
            parked_is_due(beat, timer->owner);
            break;
        case TIMER_CAMPAIGN:
            campaign_is_due(beat, timer->owner);
            break;
        case TIMER_WORKER:
            worker_is_due(beat, timer->owner);
            break;
        }
    }
}
