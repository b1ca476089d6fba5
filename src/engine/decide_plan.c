/* decide_plan.c - what people say about plans. */
#include "base/json.h"
#include "engine/campaign.h"
#include "engine/decide.h"
#include "engine/queues.h"
#include "engine/rollback.h"

#include <string.h>

/* ---- the common part ---- */

static bool
command_plan(Beat *beat, Command *command, OpenPlan **ret)
{
    *ret = state_plan(beat->state, command->plan);
    if (*ret == NULL)
        return fail(&command->error, ERR_NOT_FOUND,
                    "no plan '%s' is open: it has ended, or never was",
                    command->plan == NULL ? "" : command->plan);
    return true;
}

static Move
move_of(const Command *command, const char *event)
{
    return (Move){
        .event = event, .actor = command->actor, .reason = command->reason, .command = command};
}

/* Check, reply, let others write: after this the move will be made. */
static bool
prepare(Beat *beat, Command *command, const OpenPlan *plan, const Move *move)
{
    const Transition *row = plan_row_for(beat, plan, move, NULL);
    if (row == NULL)
        return plan_refuse(beat, plan, move, &command->error);
    command_reply_text(command, "state", plan_state_name((PlanState) row->to));
    return command_accept(beat, command);
}

static Handled
on_simply(Beat *beat, Command *command, const char *event)
{
    OpenPlan *plan = NULL;
    Move move = move_of(command, event);
    if (!command_plan(beat, command, &plan) || !prepare(beat, command, plan, &move))
        return REFUSED;
    plan_must_move(beat, plan, &move);
    return HANDLED;
}

Handled
on_approve(Beat *beat, Command *command)
{
    return on_simply(beat, command, "approve");
}

Handled
on_withdraw(Beat *beat, Command *command)
{
    return on_simply(beat, command, "withdraw");
}

Handled
on_reject(Beat *beat, Command *command)
{
    return on_simply(beat, command, "reject");
}

Handled
on_start(Beat *beat, Command *command)
{
    return on_simply(beat, command, "start");
}

Handled
on_pause(Beat *beat, Command *command)
{
    return on_simply(beat, command, "pause");
}

Handled
on_resume(Beat *beat, Command *command)
{
    return on_simply(beat, command, "resume");
}

Handled
on_cancel(Beat *beat, Command *command)
{
    return on_simply(beat, command, "cancel");
}

Handled
on_halt(Beat *beat, Command *command)
{
    return on_simply(beat, command, "halt");
}

/* Who did not follow still reads the old dataset. */
static bool
check_all_followed(const OpenPlan *plan, GError **error)
{
    g_autofree char *names = plan_left_names(plan);
    return plan->spares_failed == 0 || fail(error, ERR_WRONG_STATE,
                                            "cannot retire plan '%s': not all have followed, and "
                                            "may still read the old dataset: "
                                            "%s; see to it by hand, and say so (honk skip)",
                                            plan->row.id, names);
}

Handled
on_retire(Beat *beat, Command *command)
{
    OpenPlan *plan = NULL;
    if (!command_plan(beat, command, &plan) || !check_all_followed(plan, &command->error))
        return REFUSED;
    return on_simply(beat, command, "retire");
}

/* ---- those that do more ---- */

/* That draft once more, for a newer request. */
static Handled
replan(Beat *beat, Command *command)
{
    OpenPlan *draft = NULL;
    Move move = move_of(command, "replan");
    const char *request = json_get_string(command->args, "request", NULL);
    if (!command_plan(beat, command, &draft) || !prepare(beat, command, draft, &move))
        return REFUSED;
    if (request != NULL)
        text_set(&draft->row.request, request);
    plan_must_move(beat, draft, &move);
    return HANDLED;
}

static OpenPlan *
draft_new(Beat *beat, const char *actor, const json_t *args, char *take_id)
{
    json_t *needs = json_object_get(args, "needs");
    json_t *services = json_object_get(args, "services");
    PlanRow row = {
        .n = beat->state->next_plan_n,
        .id = take_id,
        .state = PLAN_DRAFT,
        .since_ms = beat->now_ms,
        .created_ms = beat->now_ms,
        .reason = g_strdup("a worker is making the plan"),
        .actor = g_strdup(actor),
        .wake_event = g_strdup("planning"),
        .author = g_strdup(json_get_string(args, "author", actor)),
        .migration = g_strdup(json_get_string(args, "migration", NULL)),
        .kind = g_strdup(json_get_string(args, "kind", PLAN_KIND_MIGRATION)),
        .services = json_is_array(services) ? json_compact(services) : NULL,
        .request = g_strdup(json_get_string(args, "request", NULL)),
        .needs = json_is_array(needs) ? json_compact(needs) : NULL,
    };
    OpenPlan *plan = state_add_plan(beat->state, &row);
    plan->is_new = true;
    plan_dirty(beat, plan);
    return plan;
}

OpenPlan *
plan_draft_new(Beat *beat, const char *actor, const json_t *args)
{
    return draft_new(beat, actor, args, state_id(beat->state, "m", beat->now_ms));
}

Handled
on_create(Beat *beat, Command *command)
{
    if (command->plan != NULL)
        return replan(beat, command);
    if (json_get_string(command->args, "migration", NULL) == NULL) {
        fail(&command->error, ERR_INVALID, "a plan needs the migration that it is for");
        return REFUSED;
    }
    g_autofree char *id = state_id(beat->state, "m", beat->now_ms);
    command_reply_text(command, "id", id);
    if (!command_accept(beat, command))
        return REFUSED;
    OpenPlan *plan = draft_new(beat, command->actor, command->args, g_steal_pointer(&id));
    campaign_take_plan(beat, plan);
    plan_born(beat, plan, command->reason);
    plan_make_planning(beat, plan, NULL);
    return HANDLED;
}

Handled
on_stale(Beat *beat, Command *command)
{
    OpenPlan *plan = NULL;
    Move move = move_of(command, "stale");
    json_t *differences = json_object_get(command->args, "differences");
    if (!command_plan(beat, command, &plan) || !prepare(beat, command, plan, &move))
        return REFUSED;
    if (differences != NULL)
        text_take(&plan->row.diagnostics, json_compact(differences));
    plan_must_move(beat, plan, &move);
    return HANDLED;
}

static Handled
set_held(Beat *beat, Command *command, const char *event, bool held)
{
    OpenPlan *plan = NULL;
    Move move = move_of(command, event);
    if (!command_plan(beat, command, &plan))
        return REFUSED;
    if (plan_row_for(beat, plan, &move, NULL) == NULL) {
        plan_refuse(beat, plan, &move, &command->error);
        return REFUSED;
    }
    command->reply = json_object();
    json_set_bool(command->reply, "held", held);
    if (!command_accept(beat, command))
        return REFUSED;
    plan->row.held = held;
    plan_must_move(beat, plan, &move);
    return HANDLED;
}

Handled
on_hold(Beat *beat, Command *command)
{
    return set_held(beat, command, "hold", true);
}

Handled
on_go_on(Beat *beat, Command *command)
{
    return set_held(beat, command, "go_on", false);
}

/* What is left in the target, or may be: the report that two people accept. */
static json_t *
mixed_differences(const OpenPlan *plan)
{
    json_t *list = json_array();
    for (guint i = 0; i < plan->tasks->len; i++) {
        const Task *task = g_ptr_array_index(plan->tasks, i);
        if (task->step == NULL || task_is_settled(task))
            continue;
        json_t *item = json_object();
        json_set_string(item, "task", task->row.id);
        json_set_string(item, "step", task->row.step);
        json_set_string(item, "key", task->row.key);
        json_set_string(item, "phase", task_phase_name(task->row.phase));
        json_set_string(item, "status", task_status_name(task->row.status));
        json_set_string(item, "reason", task->row.reason);
        json_array_append_new(list, item);
    }
    return list;
}

Handled
on_accept_mixed(Beat *beat, Command *command)
{
    OpenPlan *plan = NULL;
    Move move = move_of(command, "accept_mixed");
    if (!command_plan(beat, command, &plan))
        return REFUSED;
    const Transition *row = plan_row_for(beat, plan, &move, NULL);
    if (row == NULL) {
        plan_refuse(beat, plan, &move, &command->error);
        return REFUSED;
    }
    command_reply_text(command, "state", plan_state_name((PlanState) row->to));
    json_object_set_new(command->reply, "differences", mixed_differences(plan));
    if (!command_accept(beat, command))
        return REFUSED;
    if (row->to == PLAN_NEEDS_OPERATOR)
        text_set(&plan->row.mixed_by, command->actor);
    else
        text_take(&plan->row.diagnostics,
                  json_compact(json_object_get(command->reply, "differences")));
    plan_must_move(beat, plan, &move);
    return HANDLED;
}

/* ---- rolling back ---- */

void
plan_retry_failed(Beat *beat, OpenPlan *plan, const Move *cause)
{
    Move retry = *cause;
    retry.event = "retry";
    for (guint i = 0; i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        bool is_failed = task->row.phase == PHASE_REVERSE && task->row.status == TASK_FAILED;
        if (!is_failed && !task->is_parked)
            continue;
        task_tries_anew(task);
        task_move(beat, task, &retry);
    }
    plan_move(beat, plan, &retry);
}

/* Steps that are named, and all that depend on them: nothing may stand on what is taken away. */
static bool
scope_mark(const OpenPlan *plan, const json_t *names, GHashTable *scope, GError **error)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        OpenStep *step = json_is_string(name)
                             ? g_hash_table_lookup(plan->step_by_name, json_string_value(name))
                             : NULL;
        if (step == NULL)
            return fail(error, ERR_INVALID, "plan '%s' has no step '%s'", plan->row.id,
                        json_is_string(name) ? json_string_value(name) : "");
        g_hash_table_add(scope, step);
    }
    for (guint s = 0; s < plan->steps->len; s++) {
        OpenStep *step = g_ptr_array_index(plan->steps, s);
        for (guint a = 0; a < step->after->len; a++)
            if (g_hash_table_contains(scope, g_ptr_array_index(step->after, a)))
                g_hash_table_add(scope, step);
    }
    return true;
}

static void
scope_set(OpenPlan *plan, GHashTable *scope)
{
    g_autoptr(json_t) names = json_array();
    plan->row.has_retire = 0;
    for (guint i = 0; i < plan->steps->len; i++) {
        OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (g_hash_table_contains(scope, step) && !step->in_scope) {
            if (step->root != NULL)
                task_count(step->root, -1);
            step->in_scope = true;
            if (step->root != NULL)
                task_count(step->root, 1);
        }
        if (step->in_scope)
            json_array_append_new(names, json_string(step->row.name));
        else if (step->action->id == ACTION_RETIRE) /* what stays may still be retired */
            plan->row.has_retire = 1;
    }
    text_take(&plan->row.scope, json_compact(names));
}

static Handled
rollback_scope(Beat *beat, Command *command, OpenPlan *plan, const json_t *names)
{
    Move move = move_of(command, "rollback_scope");
    g_autoptr(GHashTable) scope = g_hash_table_new(NULL, NULL);
    if (!scope_mark(plan, names, scope, &command->error) || !prepare(beat, command, plan, &move))
        return REFUSED;
    scope_set(plan, scope);
    plan_must_move(beat, plan, &move);
    rollback_begin(beat, plan, true);
    return HANDLED;
}

/* Asked again: nothing new, but what a person has given up since, and what failed is tried again. */
static Handled
rollback_again(Beat *beat, Command *command, OpenPlan *plan, bool give_up)
{
    command_reply_text(command, "state", plan_state_name(plan->row.state));
    if (!command_accept(beat, command))
        return REFUSED;
    if (give_up && plan->row.give_up == 0) {
        plan->row.give_up = 1;
        plan_dirty(beat, plan);
        beat_event(beat, "plan.note", plan, NULL, command->actor,
                   "the rows written since the swap are given up", NULL);
    }
    if (plan->row.state == PLAN_NEEDS_OPERATOR) {
        Move again = move_of(command, "rollback");
        plan_retry_failed(beat, plan, &again);
        command_reply_text(command, "state", plan_state_name(plan->row.state));
    }
    return HANDLED;
}

Handled
on_rollback(Beat *beat, Command *command)
{
    OpenPlan *plan = NULL;
    Move move = move_of(command, "rollback");
    json_t *scope = json_object_get(command->args, "scope");
    bool give_up = json_get_bool(command->args, "give_up_rows", false);
    if (!command_plan(beat, command, &plan))
        return REFUSED;
    if (plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR)
        return rollback_again(beat, command, plan, give_up);
    if (json_array_size(scope) > 0)
        return rollback_scope(beat, command, plan, scope);
    if (!prepare(beat, command, plan, &move))
        return REFUSED;
    plan->row.give_up |= give_up;
    plan_must_move(beat, plan, &move);
    return HANDLED;
}
