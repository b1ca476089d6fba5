/*
 * throttle.c - how fast a plan's rows may move: said by people, shared by the leases that move them.
 *
 * The plan's document says it first; what people say later stands in the plan's row, and each lease hears of it with its next
 * heartbeat. A rate is divided by the number of leases that move rows at this moment, so that a worker which comes or goes changes
 * the shares of the others within a beat, and nobody needs to count what was handed out. What is said of a campaign is shared by the
 * leases of all its members; a lease hears the lower of both.
 */
#include "model/throttle.h"

#include "engine/campaign.h"

static json_t *
throttle_read(const char *text)
{
    return text != NULL ? json_loads(text, 0, NULL) : NULL;
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

static int
paced_count_of_all(const Campaign *campaign)
{
    int count = 0;
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan != NULL && member->state == PLAN_RUNNING)
            count += paced_count(member->plan);
    }
    return count;
}

json_t *
task_throttle(const Task *task)
{
    const OpenPlan *plan = task->plan;
    const Campaign *campaign = plan->member != NULL ? plan->member->campaign : NULL;
    const char *of_all = campaign != NULL ? campaign->row.throttle : NULL;
    if (!is_paced(task) || (plan->row.throttle == NULL && of_all == NULL))
        return NULL;
    g_autoptr(json_t) own = throttle_read(plan->row.throttle), all = throttle_read(of_all);
    g_autoptr(json_t) own_share = throttle_share(own, paced_count(plan));
    g_autoptr(json_t) all_share =
        all != NULL ? throttle_share(all, paced_count_of_all(campaign)) : NULL;
    return throttle_both(own_share, all_share);
}

static void
wake(Beat *beat, Task *task)
{
    if (task->row.status != TASK_WAITING || task->row.wake_ms <= beat->now_ms)
        return;
    task->row.wake_ms = beat->now_ms;
    task_timer_set(beat->state, task);
    task_dirty(beat, task);
}

/* Ranges that wait because something brakes look at once by what holds now. */
static void
wake_slowed(Beat *beat, OpenPlan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        const Task *root = step->action->is_paced ? step->root : NULL;
        for (guint k = 0; root != NULL && root->children != NULL && k < root->children->len; k++)
            wake(beat, g_ptr_array_index(root->children, k));
    }
}

/* While rows may still be moved by it. */
static bool
check_may_be_throttled(const OpenPlan *plan, GError **error)
{
    g_autofree char *why = plan_throttle_refusal(plan->row.state);
    return why == NULL ||
           fail(error, ERR_WRONG_STATE, "plan '%s' cannot be throttled: %s", plan->row.id, why);
}

/* The answer is what holds now; saying it again changes nothing. */
static bool
accept_change(Beat *beat, Command *command, json_t *was, json_t *now, bool *ret_changed)
{
    command->reply = json_object();
    json_object_set(command->reply, "throttle", now != NULL ? now : json_null());
    *ret_changed = was == NULL || now == NULL ? was != now : !json_equal(was, now);
    return command_accept(beat, command);
}

Handled
on_throttle(Beat *beat, Command *command)
{
    OpenPlan *plan = state_plan(beat->state, command->plan);
    const json_t *changes = json_object_get(command->args, "throttle");
    bool is_changed = false;
    if (plan == NULL) {
        fail(&command->error, ERR_NOT_FOUND, "no plan '%s' is open: it has ended, or never was",
             command->plan == NULL ? "" : command->plan);
        return REFUSED;
    }
    if (!check_may_be_throttled(plan, &command->error) ||
        !throttle_check(changes, "throttle", &command->error))
        return REFUSED;
    g_autoptr(json_t) was = throttle_read(plan->row.throttle), now = throttle_changed(was, changes);
    if (!accept_change(beat, command, was, now, &is_changed))
        return REFUSED;
    if (!is_changed)
        return HANDLED;
    throttle_set(plan, now);
    plan_dirty(beat, plan);
    wake_slowed(beat, plan);
    beat_event(beat, "plan.throttle", plan, NULL, command->actor, command->reason,
               json_compact(command->reply));
    return HANDLED;
}

static bool
check_campaign(const Campaign *campaign, GError **error)
{
    g_autofree char *why = campaign_throttle_refusal(campaign->row.state);
    return why == NULL || fail(error, ERR_WRONG_STATE, "campaign '%s' cannot be throttled: %s",
                               campaign_name(campaign), why);
}

Handled
on_campaign_throttle(Beat *beat, Command *command)
{
    Campaign *campaign = NULL;
    const json_t *changes = json_object_get(command->args, "throttle");
    bool is_changed = false;
    if (!campaign_of_command(beat, command, &campaign) ||
        !check_campaign(campaign, &command->error) ||
        !throttle_check(changes, "throttle", &command->error))
        return REFUSED;
    g_autoptr(json_t) was = throttle_read(campaign->row.throttle),
                      now = throttle_changed(was, changes);
    if (!accept_change(beat, command, was, now, &is_changed))
        return REFUSED;
    if (!is_changed)
        return HANDLED;
    text_take(&campaign->row.throttle, now != NULL ? json_compact(now) : NULL);
    campaign_dirty(beat, campaign);
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan != NULL && member->state == PLAN_RUNNING)
            wake_slowed(beat, member->plan);
    }
    campaign_event(beat, campaign, "campaign.throttle", command, json_compact(command->reply));
    return HANDLED;
}
