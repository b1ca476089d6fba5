/* decide_task.c - what operators say about tasks, and about limits. */
#include "base/json.h"
#include "engine/campaign.h"
#include "engine/slots.h"

#include <inttypes.h>
#include <string.h>

/* States in which nobody's word about a task counts any more, or not yet. */
static const unsigned plan_listens = 1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED |
                                     1u << PLAN_HALTED | 1u << PLAN_SOAKING | 1u << PLAN_SUCCEEDED |
                                     1u << PLAN_ROLLING_BACK | 1u << PLAN_NEEDS_OPERATOR |
                                     1u << PLAN_RETIRING;

bool
command_task(Beat *beat, Command *command, Task **ret)
{
    *ret = state_task(beat->state, command->task);
    if (*ret == NULL)
        return fail(&command->error, ERR_NOT_FOUND,
                    "no task '%s' is open: its plan has ended, or it never was",
                    command->task == NULL ? "" : command->task);
    return true;
}

/* After a word about a task, its plan may go on. */
static void
plan_goes_on(Beat *beat, OpenPlan *plan, const Move *move)
{
    Move retry = *move;
    retry.event = "retry";
    plan_move(beat, plan, &retry);
    plan_bears_on(beat, plan, move);
    plan_check(beat, plan);
}

static bool
prepare(Beat *beat, Command *command, const Move *move, Task **ret)
{
    if (!command_task(beat, command, ret))
        return false;
    Task *task = *ret;
    if ((plan_listens & 1u << task->plan->row.state) == 0)
        return fail(&command->error, ERR_WRONG_STATE,
                    "plan '%s' is '%s': its tasks are not changed", task->plan->row.id,
                    plan_state_name(task->plan->row.state));
    bool is_search = task->step == NULL && task->row.phase == PHASE_FORWARD;
    if (is_search)
        return fail(&command->error, ERR_WRONG_STATE,
                    "task '%s' belongs to the plan itself: resume the plan instead", task->row.id);
    const Transition *row = task_row_for(beat, task, move, NULL);
    if (row == NULL)
        return task_refuse(beat, task, move, &command->error);
    command_reply_text(command, "status", task_status_name((TaskStatus) row->to));
    return command_accept(beat, command);
}

/* A parent is tried again by trying its failed parts. */
static void
retry_one(Beat *beat, Task *task, const Move *move)
{
    task_tries_anew(task);
    task->row.deadline_ms = 0;
    text_set(&task->row.error, NULL);
    text_set(&task->row.error_code, NULL);
    task_move(beat, task, move);
}

static void
retry_parts(Beat *beat, const Task *task, const Move *move)
{
    for (guint i = 0; task->children != NULL && i < task->children->len; i++) {
        Task *part = g_ptr_array_index(task->children, i);
        if (part->row.status == TASK_FAILED && part->row.phase == PHASE_FORWARD)
            retry_one(beat, part, move);
    }
}

static void
try_again(Beat *beat, Task *task, const Move *move)
{
    retry_one(beat, task, move);
    if (task->row.status == TASK_WAITING)
        retry_parts(beat, task, move);
    if (task->parent != NULL && task->parent->row.status == TASK_FAILED &&
        task->row.phase == PHASE_FORWARD)
        retry_one(beat, task->parent, move);
    plan_goes_on(beat, task->plan, move);
}

Handled
on_task_retry(Beat *beat, Command *command)
{
    Task *task = NULL;
    Move move = {
        .event = "retry", .actor = command->actor, .reason = command->reason, .command = command};
    if (!prepare(beat, command, &move, &task))
        return REFUSED;
    try_again(beat, task, &move);
    return HANDLED;
}

/* A part that a person settled may be the last that its failed parent waited for. */
static void
parent_goes_on(Beat *beat, Task *task, const Move *move)
{
    Task *parent = task->parent;
    if (parent == NULL || parent->row.status != TASK_FAILED || parent->row.phase != PHASE_FORWARD ||
        plan_rolls_back(task->plan, task->step) ||
        parent->child_count[PHASE_FORWARD][TASK_FAILED] > 0)
        return;
    Move retry = *move;
    retry.event = "retry";
    retry_one(beat, parent, &retry);
}

/* ---- leaving out ---- */

/* What people can see of it on its host is closed by its worker, with the reason. Who has failed at just that is left out as it
 * stands. */
static bool
is_to_be_told(Beat *beat, const Task *task, const Move *retry)
{
    if (!action_hears_skip(task->row.action, task->row.key) ||
        !task_hears_skip(task->row.status, task->row.phase, task->plan->row.state))
        return false;
    if (task->row.status != TASK_FAILED)
        return true;
    return task->row.intent != NULL && !task_was_told(task, SKIP_WORD) &&
           task_row_for(beat, task, retry, NULL) != NULL;
}

static Handled
tell_to_leave(Beat *beat, Command *command, Task *task, const Move *retry)
{
    bool is_said = task_was_told(task, SKIP_WORD);
    if (command->reason == NULL || *command->reason == '\0') {
        fail(&command->error, ERR_INVALID, "this needs a reason");
        return REFUSED;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    if (!is_said)
        task_tell(beat, task, SKIP_WORD, command);
    if (task->row.status == TASK_FAILED)
        try_again(beat, task, retry);
    command_reply_text(command, "status", task_status_name(task->row.status));
    return HANDLED;
}

Handled
on_task_skip(Beat *beat, Command *command)
{
    Task *task = NULL;
    Move move = {
        .event = "skip", .actor = command->actor, .reason = command->reason, .command = command};
    Move retry = move;
    retry.event = "retry";
    if (!command_task(beat, command, &task))
        return REFUSED;
    if (is_to_be_told(beat, task, &retry))
        return tell_to_leave(beat, command, task, &retry);
    if (!prepare(beat, command, &move, &task))
        return REFUSED;
    task_must_move(beat, task, &move);
    parent_goes_on(beat, task, &move);
    plan_goes_on(beat, task->plan, &move);
    return HANDLED;
}

Handled
on_task_done(Beat *beat, Command *command)
{
    Task *task = NULL;
    Move move = {
        .event = "settle", .actor = command->actor, .reason = command->reason, .command = command};
    if (!prepare(beat, command, &move, &task))
        return REFUSED;
    bool is_forward = task->row.phase == PHASE_FORWARD && task->step != NULL;
    if (is_forward && task->action->has_effects && task->row.intent == NULL)
        task->row.intent = g_strdup_printf("{\"attempt\":%" PRId64 ",\"at_ms\":%" PRId64 "}",
                                           task->row.attempt, beat->now_ms);
    const json_t *evidence = json_object_get(command->args, "evidence");
    text_take(&task->row.evidence, json_compact(evidence));
    beat_event(beat, "task.evidence", task->plan, task, command->actor, NULL,
               json_compact(evidence));
    task_must_move(beat, task, &move);
    parent_goes_on(beat, task, &move);
    plan_goes_on(beat, task->plan, &move);
    return HANDLED;
}

/* ---- limits ---- */

Handled
on_limit(Beat *beat, Command *command)
{
    const char *name = json_get_string(command->args, "resource", NULL);
    const json_t *count = json_object_get(command->args, "count");
    bool is_count = json_is_integer(count) && json_integer_value(count) >= 0;
    if (name == NULL || *name == '\0' || (!is_count && !json_is_null(count))) {
        fail(&command->error, ERR_INVALID,
             "a limit needs a resource and a count from 0 on (null takes the limit away)");
        return REFUSED;
    }
    int64_t limit = is_count ? json_integer_value(count) : -1;
    if (limit > LIMIT_COUNT_MAX) {
        fail(&command->error, ERR_INVALID, "a limit of %" PRId64 " is none: at most %d", limit,
             LIMIT_COUNT_MAX);
        return REFUSED;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    Resource *resource = resource_get(beat->state, name);
    if (resource->count == limit)
        return HANDLED;
    resource_set_count(beat, resource, limit);
    campaigns_touch_all(beat->state);
    json_t *data = json_object();
    json_set_string(data, "resource", name);
    json_object_set(data, "count", (json_t *) count);
    beat_event(beat, "limit.changed", NULL, NULL, command->actor, command->reason,
               json_compact(data));
    json_decref(data);
    return HANDLED;
}
