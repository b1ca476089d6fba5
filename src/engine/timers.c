/* timers.c - when a plan or a task wants to be looked at next. */
#include "engine/state.h"

#define PROGRESS_EVENT_MS 1000

/* ---- timers ---- */

static int64_t
plan_wakes_at(const OpenPlan *plan)
{
    switch (plan->row.state) {
    case PLAN_PLANNED:
    case PLAN_APPROVED:
        return plan->row.expires_ms > 0 ? plan->row.expires_ms : INT64_MAX;
    case PLAN_SOAKING:
        return plan->row.soak_until_ms;
    case PLAN_SUCCEEDED: /* told once, by a wake_event of another name */
        return g_strcmp0(plan->row.wake_event, "window") == 0 ? plan->row.window_until_ms
                                                              : INT64_MAX;
    case PLAN_DRAFT:
    case PLAN_PREFLIGHT:
    case PLAN_RUNNING:
    case PLAN_PAUSED:
    case PLAN_HALTED:
    case PLAN_ROLLING_BACK:
    case PLAN_ROLLED_BACK:
    case PLAN_NEEDS_OPERATOR:
    case PLAN_RETIRING:
    case PLAN_CLOSED:
    case PLAN_STALE:
    case PLAN_REJECTED:
    case PLAN_EXPIRED:
    case PLAN_CANCELLED:
    case PLAN_CLOSED_MIXED:
    case PLAN_STATE_COUNT:
        break;
    }
    return INT64_MAX;
}

static void
timer_set(State *state, Timer *timer, int64_t at_ms)
{
    if (at_ms == INT64_MAX)
        heap_remove(&state->timers, &timer->node);
    else
        heap_set(&state->timers, &timer->node, at_ms);
}

void
plan_timer_set(State *state, OpenPlan *plan)
{
    timer_set(state, &plan->timer, plan_wakes_at(plan));
}

static bool
task_has_deadline(const Task *task)
{
    static const unsigned statuses = 1u << TASK_READY | 1u << TASK_WAITING | 1u << TASK_RETRY_WAIT;
    return task->row.deadline_ms > 0 && task->row.phase == PHASE_FORWARD &&
           task->plan->row.paused_ms == 0 && (statuses & 1u << task->row.status) != 0;
}

void
task_timer_set(State *state, Task *task)
{
    static const unsigned sleeping =
        1u << TASK_WAITING | 1u << TASK_RETRY_WAIT | 1u << TASK_UNKNOWN;
    int64_t at_ms = INT64_MAX;
    if (task->row.worker != NULL)
        at_ms = task->row.lease_until_ms;
    else if (task->row.wake_ms > 0 && (sleeping & 1u << task->row.status) != 0)
        at_ms = task->row.wake_ms;
    if (task_has_deadline(task))
        at_ms = MIN(at_ms, task->row.deadline_ms);
    if (task->progress_waits)
        at_ms = MIN(at_ms, task->progress_told_ms + PROGRESS_EVENT_MS);
    timer_set(state, &task->timer, at_ms);
}
