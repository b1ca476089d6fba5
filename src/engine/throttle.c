/*
 * throttle.c - how fast a plan's rows may move: said by people, shared by the leases that move them.
 *
 * The plan's document says it first; what people say later stands in the plan's row, and each lease hears of it with its next
 * heartbeat. A rate is divided by the number of leases that move rows at this moment, so that a worker which comes or goes changes
 * the shares of the others within a beat, and nobody needs to count what was handed out.
 */
#include "model/throttle.h"

#include "engine/decide.h"

static json_t *
plan_throttle(const OpenPlan *plan)
{
    return plan->row.throttle != NULL ? json_loads(plan->row.throttle, 0, NULL) : NULL;
}

static void
throttle_set(OpenPlan *plan, json_t *throttle)
{
    text_take(&plan->row.throttle, throttle != NULL ? json_compact(throttle) : NULL);
}

void
plan_take_throttle(OpenPlan *plan, const json_t *document)
{
    g_autoptr(json_t) throttle = throttle_changed(NULL, json_object_get(document, "throttle"));
    throttle_set(plan, throttle);
}

static bool
is_paced(const Task *task)
{
    return task->step != NULL && task->action->is_paced && task->row.phase == PHASE_FORWARD;
}

/* Leases that move rows of the plan: the parts of its steps. */
static int
paced_count(const OpenPlan *plan)
{
    int count = 0;
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (!step->action->is_paced || step->root == NULL)
            continue;
        count += step->root->child_count[PHASE_FORWARD][TASK_LEASED];
    }
    return count;
}

json_t *
task_throttle(const Task *task)
{
    if (!is_paced(task) || task->plan->row.throttle == NULL)
        return NULL;
    g_autoptr(json_t) throttle = plan_throttle(task->plan);
    return throttle_share(throttle, paced_count(task->plan));
}

/* While rows may still be moved by it. */
static bool
check_may_be_throttled(const OpenPlan *plan, GError **error)
{
    g_autofree char *why = plan_throttle_refusal(plan->row.state);
    return why == NULL ||
           fail(error, ERR_WRONG_STATE, "plan '%s' cannot be throttled: %s", plan->row.id, why);
}

Handled
on_throttle(Beat *beat, Command *command)
{
    OpenPlan *plan = state_plan(beat->state, command->plan);
    const json_t *changes = json_object_get(command->args, "throttle");
    if (plan == NULL) {
        fail(&command->error, ERR_NOT_FOUND, "no plan '%s' is open: it has ended, or never was",
             command->plan == NULL ? "" : command->plan);
        return REFUSED;
    }
    if (!check_may_be_throttled(plan, &command->error) ||
        !throttle_check(changes, "throttle", &command->error))
        return REFUSED;
    g_autoptr(json_t) was = plan_throttle(plan), now = throttle_changed(was, changes);
    command->reply = json_object();
    json_object_set(command->reply, "throttle", now != NULL ? now : json_null());
    if (!command_accept(beat, command))
        return REFUSED;
    if ((was == NULL && now == NULL) || (was != NULL && now != NULL && json_equal(was, now)))
        return HANDLED;
    throttle_set(plan, now);
    plan_dirty(beat, plan);
    beat_event(beat, "plan.throttle", plan, NULL, command->actor, command->reason,
               json_compact(command->reply));
    return HANDLED;
}
