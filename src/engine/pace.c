/*
 * pace.c - how a plan's changes of code go out, and how many of them may fail.
 *
 * A part that says whose it is (`spare`) is one that its plan may go on without: a consumer who reads the old dataset, which is
 * there until it is retired. Failed, it is left to people, and its step goes on with the others, as long as no more are left
 * than the pace allows; each consumer counts once, whatever of it failed. With more the plan halts. A part that does not say so
 * (a consumer who writes, or whose dataset is swapped under it) stops its step, as any failure does.
 */
#include "model/pace.h"

#include "engine/decide.h"

#include <inttypes.h>
#include <string.h>

#define LEFT_TOLD_MAX 5 /* a sentence; the lists have all */

/* ---- counting ---- */

bool
task_is_left(const Task *task)
{
    return task->row.spare != NULL && task->row.phase == PHASE_FORWARD &&
           task->row.status == TASK_FAILED;
}

static json_t *
plan_pace(const OpenPlan *plan)
{
    return plan->row.pace != NULL ? json_loads(plan->row.pace, 0, NULL) : NULL;
}

void
plan_heed_pace(OpenPlan *plan)
{
    g_autoptr(json_t) pace = plan_pace(plan);
    plan->failures_allowed = pace_failures_allowed(pace);
}

GPtrArray *
plan_left(const OpenPlan *plan)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *left = g_ptr_array_new();
    for (guint i = 0; plan->spares_failed > 0 && i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        if (task_is_left(task) && g_hash_table_add(known, task->row.spare))
            g_ptr_array_add(left, task->row.spare);
    }
    return left;
}

/* Parts are counted as they move; whose they are only where that may make a difference. */
bool
plan_bears_left(const OpenPlan *plan)
{
    if (plan->spares_failed <= plan->failures_allowed)
        return true;
    g_autoptr(GPtrArray) left = plan_left(plan);
    return left->len <= plan->failures_allowed;
}

char *
plan_left_names(const OpenPlan *plan)
{
    g_autoptr(GPtrArray) left = plan_left(plan);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < left->len && i < LEFT_TOLD_MAX; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", (char *) left->pdata[i]);
    if (left->len > LEFT_TOLD_MAX)
        g_string_append_printf(names, " and %u more", left->len - LEFT_TOLD_MAX);
    return g_string_free(names, FALSE);
}

char *
plan_left_refusal(const OpenPlan *plan)
{
    if (plan_bears_left(plan))
        return NULL;
    g_autoptr(json_t) pace = plan_pace(plan);
    g_autoptr(GPtrArray) left = plan_left(plan);
    g_autofree char *names = plan_left_names(plan);
    return g_strdup_printf("%u of %" PRId64 " consumers failed, and at most %" PRId64 " may: %s",
                           left->len, json_get_int(pace, "of", 0), plan->failures_allowed, names);
}

/* ---- what leases are told ---- */

json_t *
task_pace(const Task *task)
{
    bool hands_out = task->step != NULL && task->action->is_split &&
                     (task->parent == NULL || task->row.spare != NULL);
    return hands_out && task->row.phase == PHASE_FORWARD ? plan_pace(task->plan) : NULL;
}

json_t *
task_left(const Task *task)
{
    if (task->step == NULL || !task->action->is_split || task->plan->spares_failed == 0)
        return NULL;
    g_autoptr(GPtrArray) left = plan_left(task->plan);
    json_t *list = json_array();
    for (guint i = 0; i < left->len; i++)
        json_array_append_new(list, json_string(left->pdata[i]));
    return list;
}

/* ---- changing it ---- */

void
plan_take_pace(OpenPlan *plan, const json_t *document)
{
    const json_t *pace = json_object_get(document, "pace");
    text_take(&plan->row.pace, json_is_object(pace) ? json_compact(pace) : NULL);
    plan_heed_pace(plan);
}

void
plan_bears_on(Beat *beat, OpenPlan *plan, const Move *cause)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (step->root == NULL || step->root->row.status != TASK_FAILED ||
            plan_rolls_back(plan, step))
            continue;
        Move borne = {.event = "borne", .actor = cause->actor};
        if (task_row_for(beat, step->root, &borne, NULL) == NULL)
            continue;
        task_tries_anew(step->root);
        step->root->row.deadline_ms = 0;
        task_must_move(beat, step->root, &borne);
    }
}

static bool
check_may_be_paced(const OpenPlan *plan, GError **error)
{
    g_autofree char *why = plan_pace_refusal(plan->row.state);
    if (why != NULL)
        return fail(error, ERR_WRONG_STATE, "the pace of plan '%s' cannot be changed: %s",
                    plan->row.id, why);
    return plan->row.pace != NULL ||
           fail(error, ERR_WRONG_STATE, "plan '%s' changes no code: it has no pace", plan->row.id);
}

Handled
on_pace(Beat *beat, Command *command)
{
    OpenPlan *plan = state_plan(beat->state, command->plan);
    const json_t *changes = json_object_get(command->args, "pace");
    if (plan == NULL) {
        fail(&command->error, ERR_NOT_FOUND, "no plan '%s' is open: it has ended, or never was",
             command->plan == NULL ? "" : command->plan);
        return REFUSED;
    }
    if (!check_may_be_paced(plan, &command->error) || !pace_check(changes, "pace", &command->error))
        return REFUSED;
    g_autoptr(json_t) was = plan_pace(plan), now = pace_changed(was, changes);
    command->reply = json_pack("{s:O}", "pace", now);
    if (!command_accept(beat, command))
        return REFUSED;
    if (json_equal(was, now))
        return HANDLED;
    text_take(&plan->row.pace, json_compact(now));
    plan_heed_pace(plan);
    plan_dirty(beat, plan);
    beat_event(beat, "plan.pace", plan, NULL, command->actor, command->reason,
               json_compact(command->reply));
    plan_bears_on(beat, plan, &(Move){.actor = command->actor});
    plan_check(beat, plan);
    return HANDLED;
}
