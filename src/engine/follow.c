/*
 * follow.c - what follows from a move, in the same beat.
 *
 * A part that ends moves the task of its step; a step that ends lets others begin; the last one ends
 * the run. A failure is counted against the plan's budget. A plan that enters a state makes the
 * tasks and times of that state.
 */
#include "engine/decide.h"
#include "engine/moves.h"
#include "engine/queues.h"
#include "engine/rollback.h"

#include <string.h>

/* ---- the end of the window ---- */

static void
window_note(Beat *beat, OpenPlan *plan, const char *waits_for, const char *text)
{
    text_set(&plan->row.wake_event, waits_for);
    text_set(&plan->row.reason, text);
    beat_event(beat, "plan.note", plan, NULL, NULL, text, NULL);
    plan_dirty(beat, plan);
    plan_timer_set(beat->state, plan);
}

/* Everything that a plan without a further yes has to do is done. */
static void
plan_settled(Beat *beat, OpenPlan *plan)
{
    if (plan->row.state != PLAN_SUCCEEDED)
        return;
    if (plan->row.has_retire != 0) {
        window_note(beat, plan, "retire", "the old dataset may be retired");
        return;
    }
    window_note(beat, plan, NULL, "nothing is left to do");
    plan->row.ended_ms = beat->now_ms;
    g_ptr_array_add(beat->ended, plan);
}

/* ---- tasks ---- */

static void
unblock(Beat *beat, OpenStep *step)
{
    if (step->root != NULL && step->root->row.status == TASK_BLOCKED)
        task_move(beat, step->root, &(Move){.event = "unblock"});
}

static void
internal_follow(Beat *beat, Task *task)
{
    if (task->row.status == TASK_DONE && task == task->plan->verify)
        plan_check(beat, task->plan);
    if (task->row.status != TASK_FAILED)
        return;
    if (task->action->id == ACTION_PLAN)
        plan_planning_failed(beat, task->plan, task->row.error);
    else if (task->row.phase == PHASE_REVERSE)
        plan_move(beat, task->plan, &(Move){.event = "reverse_failed", .reason = task->row.reason});
    else
        plan_move(beat, task->plan, &(Move){.event = "check_failed", .reason = task->row.reason});
}

static void
part_follow(Beat *beat, Task *task)
{
    static const unsigned ended = 1u << TASK_DONE | 1u << TASK_SKIPPED | 1u << TASK_FAILED;
    Task *root = task->parent;
    if (plan_rolls_back(task->plan, task->step)) {
        rollback_part_known(beat, root);
    } else if ((ended & 1u << task->row.status) != 0 && root->row.status == TASK_WAITING &&
               root->row.wake_ms == 0) {
        task_move(beat, root, &(Move){.event = "child_ended"});
    }
}

static void
forward_follow(Beat *beat, Task *task, const Move *move)
{
    bool is_done = task->row.status == TASK_DONE || task->row.status == TASK_SKIPPED;
    if (task_is_root(task) && is_done) {
        for (guint i = 0; i < task->step->dependents->len; i++)
            unblock(beat, g_ptr_array_index(task->step->dependents, i));
        if (task->action->id == ACTION_SETTLE)
            plan_settled(beat, task->plan);
    }
    /* A step that fails for its parts is not counted once more; what the plan may go on without is counted apart. */
    if (task->row.status == TASK_FAILED && task->row.spare == NULL &&
        strcmp(move->event, "child_ended") != 0) {
        task->plan->row.failures++;
        plan_dirty(beat, task->plan);
    }
}

static void
way_back_follow(Beat *beat, Task *task)
{
    bool is_trouble = task->row.status == TASK_IRREVERSIBLE ||
                      (task->row.phase == PHASE_REVERSE && task->row.status == TASK_FAILED);
    if (task_is_settled(task))
        rollback_task_settled(beat, task);
    if (is_trouble && !plan_move(beat, task->plan,
                                 &(Move){.event = "reverse_failed", .reason = task->row.reason}))
        plan_move(beat, task->plan, &(Move){.event = "critical", .reason = task->row.reason});
}

void
task_follow(Beat *beat, Task *task, const Move *move, TaskStatus from)
{
    if (task->step == NULL) {
        internal_follow(beat, task);
        return;
    }
    if (task->parent != NULL)
        part_follow(beat, task);
    if (task->row.phase == PHASE_REVERSE || plan_rolls_back(task->plan, task->step))
        way_back_follow(beat, task);
    else
        forward_follow(beat, task, move);
    if (task_status_is_final(task->row.status) || task->row.status == TASK_FAILED)
        plan_check(beat, task->plan);
}

/* ---- plans ---- */

void
plan_window_over(Beat *beat, OpenPlan *plan)
{
    OpenStep *settle = plan_settle_step(plan);
    window_note(beat, plan, settle != NULL ? "settle" : "retire",
                "the rollback window is over: there is no way back any more");
    if (settle == NULL) {
        plan_settled(beat, plan);
        return;
    }
    unblock(beat, settle);
    queues_refresh(beat, plan);
}

/* The forward task that failed last; NULL: none did. */
static const Task *
last_failed(const OpenPlan *plan)
{
    const Task *last = NULL;
    for (guint i = 0; i < plan->tasks->len; i++) {
        const Task *task = plan->tasks->pdata[i];
        bool is_it = task->step != NULL && task->row.phase == PHASE_FORWARD &&
                     task->row.status == TASK_FAILED;
        if (is_it && (last == NULL || task->row.ended_ms >= last->row.ended_ms))
            last = task;
    }
    return last;
}

/* Why it cannot go on as it is: too many consumers, too many failures where some are allowed, or the one that nothing gets round. */
static char *
failure_reason(const Beat *beat, const OpenPlan *plan)
{
    int allowed = beat->state->options.failure_budget;
    const Task *last = last_failed(plan);
    char *left = plan_left_refusal(plan);
    if (left != NULL)
        return left;
    if (last == NULL)
        return g_strdup("nothing can go on without a person");
    const char *why = last->row.reason != NULL ? last->row.reason : "without a reason";
    if (allowed == 0 || plan->row.failures <= allowed)
        return g_strdup_printf("step '%s' failed: %s", last->row.step, why);
    return g_strdup_printf("step '%s' failed, and %" G_GINT64_FORMAT " have where %d may: %s",
                           last->row.step, plan->row.failures, allowed, why);
}

void
plan_check(Beat *beat, OpenPlan *plan)
{
    static const unsigned failing = 1u << PLAN_RUNNING | 1u << PLAN_PAUSED | 1u << PLAN_SOAKING;
    if (plan->row.state == PLAN_ROLLING_BACK) {
        rollback_check(beat, plan);
        return;
    }
    if (plan_move(beat, plan, &(Move){.event = "steps_ended"}))
        return;
    if ((failing & 1u << plan->row.state) == 0)
        return;
    g_autofree char *why = failure_reason(beat, plan);
    plan_move(beat, plan, &(Move){.event = "fail", .reason = why});
}

/* Time that passed while the plan stood still does not count. */
static void
clock_goes_on(Beat *beat, OpenPlan *plan)
{
    int64_t stood_ms = plan->row.paused_ms == 0 ? 0 : beat->now_ms - plan->row.paused_ms;
    plan->row.paused_ms = 0;
    for (guint i = 0; stood_ms > 0 && i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->row.deadline_ms == 0 || task_status_is_final(task->row.status))
            continue;
        task->row.deadline_ms += stood_ms;
        task_timer_set(beat->state, task);
        task_dirty(beat, task);
    }
}

static void
clock_stops(Beat *beat, OpenPlan *plan)
{
    if (plan->row.paused_ms != 0)
        return;
    plan->row.paused_ms = beat->now_ms;
    for (guint i = 0; i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->row.deadline_ms > 0)
            task_timer_set(beat->state, task);
    }
}

static void
plan_runs(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    clock_goes_on(beat, plan);
    plan_bears_on(beat, plan, move);
    for (guint i = 0; i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->is_parked)
            task_park(beat, task, false);
    }
    for (guint i = 0; i < plan->steps->len; i++)
        unblock(beat, g_ptr_array_index(plan->steps, i));
    plan_check(beat, plan);
}

/* What has not ended ends with the plan. */
static void
tasks_end(Beat *beat, OpenPlan *plan, const char *event)
{
    for (guint i = 0; i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        if (!task_status_is_final(task->row.status))
            task_move(beat, task, &(Move){.event = event});
    }
}

static void
plan_ends(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    if (plan->row.state == PLAN_CLOSED_MIXED)
        tasks_end(beat, plan, "abandon");
    else if (plan->row.state != PLAN_ROLLED_BACK && plan->row.state != PLAN_CLOSED)
        tasks_end(beat, plan, "drop");
    if (plan->row.state == PLAN_ROLLED_BACK)
        state_untouch(beat->state, plan->row.id);
    plan->row.ended_ms = beat->now_ms;
    text_set(&plan->row.wake_event, NULL);
    g_ptr_array_add(beat->ended, plan);
}

/* Of a part of the plan that was rolled back before the rest. */
static const Task *
failed_reverse(const OpenPlan *plan)
{
    for (guint i = 0; plan->row.scope != NULL && i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->row.phase == PHASE_REVERSE && task->row.status == TASK_FAILED)
            return task;
    }
    return NULL;
}

static void
rolls_back(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    if (from == PLAN_ROLLING_BACK || from == PLAN_NEEDS_OPERATOR) {
        rollback_check(beat, plan);
        return;
    }
    plan->row.token++;
    plan->row.paused_ms = 0;
    if (plan->preflight != NULL && !task_status_is_final(plan->preflight->row.status))
        task_move(beat, plan->preflight, &(Move){.event = "rollback"});
    rollback_begin(beat, plan, false);
    const Task *failed = failed_reverse(plan);
    if (failed != NULL && move->command != NULL)
        plan_retry_failed(beat, plan, move);
    else if (failed != NULL) /* nobody asked: a person must still look at it */
        plan_move(beat, plan, &(Move){.event = "reverse_failed", .reason = failed->row.reason});
}

static void
halts(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    clock_stops(beat, plan);
    if (plan->preflight != NULL && !task_status_is_final(plan->preflight->row.status))
        task_move(beat, plan->preflight, &(Move){.event = "drop"});
    if (strcmp(move->event, "fail") == 0 || strcmp(move->event, "critical") == 0)
        plan_move(beat, plan, &(Move){.event = "automatic"});
}

/* ---- entering a state ---- */

typedef void EnterFn(Beat *beat, OpenPlan *plan, const Move *move, PlanState from);

static void
enter_draft(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    plan_make_planning(beat, plan, move);
}

static void
enter_paused(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    clock_stops(beat, plan);
    plan_check(beat, plan); /* while it looked for drift, something may have failed */
}

static void
enter_soaking(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    plan->row.soak_until_ms = beat->now_ms + plan->row.soak_ms;
}

static void
enter_succeeded(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    const PlanRow *row = &plan->row;
    plan->row.window_until_ms = beat->now_ms + row->rollback_window_ms;
    plan->row.keep_until_ms = beat->now_ms + MAX(row->rollback_window_ms, row->retention_ms);
}

/* The states that are not here wait for people's words and make nothing. */
static EnterFn *const enters[PLAN_STATE_COUNT] = {
    [PLAN_DRAFT] = enter_draft,
    [PLAN_PREFLIGHT] = plan_make_preflight,
    [PLAN_RUNNING] = plan_runs,
    [PLAN_PAUSED] = enter_paused,
    [PLAN_HALTED] = halts,
    [PLAN_SOAKING] = enter_soaking,
    [PLAN_SUCCEEDED] = enter_succeeded,
    [PLAN_ROLLING_BACK] = rolls_back,
    [PLAN_RETIRING] = plan_runs,
    [PLAN_ROLLED_BACK] = plan_ends,
    [PLAN_CLOSED] = plan_ends,
    [PLAN_STALE] = plan_ends,
    [PLAN_REJECTED] = plan_ends,
    [PLAN_EXPIRED] = plan_ends,
    [PLAN_CANCELLED] = plan_ends,
    [PLAN_CLOSED_MIXED] = plan_ends,
};

void
plan_follow(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    queues_refresh(beat, plan);
    if (enters[plan->row.state] != NULL)
        enters[plan->row.state](beat, plan, move, from);
}
