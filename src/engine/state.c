/* state.c - the memory image: what is in it, and how things are found. */
#include "engine/state.h"
#include "engine/campaign.h"
#include "engine/moves.h"
#include "engine/queues.h"
#include "engine/slots.h"

#include <string.h>

/* ---- the state ---- */

static void plan_entry_free(void *data);
static void worker_seen_free(void *data);

State *
state_new(const EngineOptions *options, const World *world)
{
    State *state = g_new0(State, 1);
    state->options = *options;
    state->world = *world;
    state->random = options->seed;
    state->next_plan_n = state->next_task_n = state->next_ready_seq = 1;
    state->plans = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, plan_entry_free);
    state->tasks = g_hash_table_new(g_str_hash, g_str_equal);
    state->resources = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, resource_free);
    state->workers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, worker_seen_free);
    state->words = words_table_new();
    state->touches = touches_table_new();
    state->classes = g_hash_table_new_full(class_hash, class_equal, NULL, class_free);
    state->campaigns = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, campaign_free);
    state->members = g_hash_table_new(g_str_hash, g_str_equal);
    state->next_campaign_n = state->next_member_n = 1;
    g_queue_init(&state->touched);
    heap_init(&state->timers);
    g_queue_init(&state->parked);
    g_queue_init(&state->sweeping);
    state->is_first_beat = true;
    return state;
}

void
state_free(State *state)
{
    if (state == NULL)
        return;
    g_assert(g_queue_is_empty(&state->parked)); /* whoever waits was answered */
    g_queue_clear(&state->sweeping);
    g_queue_clear(&state->touched);
    g_hash_table_unref(state->members);
    g_hash_table_unref(state->campaigns);
    g_hash_table_unref(state->plans);
    g_hash_table_unref(state->tasks);
    g_hash_table_unref(state->classes);
    g_hash_table_unref(state->resources);
    g_hash_table_unref(state->workers);
    g_hash_table_unref(state->words);
    g_hash_table_unref(state->touches);
    heap_clear(&state->timers);
    g_free(state);
}

static void
worker_seen_free(void *data)
{
    WorkerSeen *worker = data;
    g_hash_table_unref(worker->labels);
    g_free(worker->labels_text);
    g_free(worker->id);
    g_free(worker);
}

OpenPlan *
state_plan(State *state, const char *id)
{
    return id == NULL ? NULL : g_hash_table_lookup(state->plans, id);
}

Task *
state_task(State *state, const char *id)
{
    return id == NULL ? NULL : g_hash_table_lookup(state->tasks, id);
}

/* ---- plans and steps ---- */

static void
step_entry_free(void *data)
{
    OpenStep *step = data;
    row_clear(&step_rows, &step->row);
    g_ptr_array_unref(step->after);
    g_ptr_array_unref(step->dependents);
    g_ptr_array_unref(step->tasks);
    g_free(step);
}

static void
task_entry_free(void *data)
{
    Task *task = data;
    row_clear(&task_rows, &task->row);
    g_free(task->progress_new);
    g_clear_pointer(&task->children, g_ptr_array_unref);
    g_clear_pointer(&task->slots, g_ptr_array_unref);
    g_free(task);
}

static void
plan_entry_free(void *data)
{
    OpenPlan *plan = data;
    row_clear(&plan_rows, &plan->row);
    g_hash_table_unref(plan->step_by_name);
    g_queue_clear(&plan->agenda);
    g_ptr_array_unref(plan->tasks);
    g_ptr_array_unref(plan->steps);
    g_hash_table_unref(plan->queues);
    g_free(plan);
}

OpenPlan *
state_add_plan(State *state, PlanRow *take_row)
{
    OpenPlan *plan = g_new0(OpenPlan, 1);
    plan->row = *take_row;
    *take_row = (PlanRow){0};
    plan->steps = g_ptr_array_new_with_free_func(step_entry_free);
    plan->step_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    plan->tasks = g_ptr_array_new_with_free_func(task_entry_free);
    plan->queues = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&plan->agenda);
    plan->timer = (Timer){.kind = TIMER_PLAN, .owner = plan};
    plan_heed_pace(plan);
    state->next_plan_n = MAX(state->next_plan_n, plan->row.n + 1);
    g_hash_table_insert(state->plans, plan->row.id, plan);
    return plan;
}

static bool
step_link(OpenPlan *plan, OpenStep *step, GError **error)
{
    g_autoptr(json_t) after = json_loads(step->row.after, 0, NULL);
    size_t i;
    json_t *name;
    json_array_foreach(after, i, name)
    {
        OpenStep *earlier = g_hash_table_lookup(plan->step_by_name, json_string_value(name));
        if (earlier == NULL)
            return fail(error, ERR_CORRUPT,
                        "step '%s' of plan '%s' is after '%s', which is not there", step->row.name,
                        plan->row.id, json_string_value(name));
        g_ptr_array_add(step->after, earlier);
        g_ptr_array_add(earlier->dependents, step);
    }
    return true;
}

bool
state_add_step(State *state, OpenPlan *plan, StepRow *take_row, GError **error)
{
    OpenStep *step = g_new0(OpenStep, 1);
    step->plan = plan;
    step->row = *take_row;
    *take_row = (StepRow){0};
    step->after = g_ptr_array_new();
    step->dependents = g_ptr_array_new();
    step->tasks = g_ptr_array_new();
    g_ptr_array_add(plan->steps, step);
    step->action = action_info_by_name(step->row.action);
    if (step->action == NULL)
        return fail(error, ERR_CORRUPT, "step '%s' of plan '%s' has an unknown action '%s'",
                    step->row.name, plan->row.id, step->row.action);
    step->needs = state_words_of_text(state, step->row.needs);
    step->uses = state_words_of_text(state, step->row.uses);
    if (!step_link(plan, step, error))
        return false;
    g_hash_table_insert(plan->step_by_name, step->row.name, step);
    return true;
}

void
state_plan_drop_steps(OpenPlan *plan)
{
    g_hash_table_remove_all(plan->step_by_name);
    g_ptr_array_set_size(plan->steps, 0);
}

/* ---- tasks ---- */

bool
task_is_internal(const Task *task)
{
    return task->step == NULL;
}

bool
task_is_root(const Task *task)
{
    return task->step != NULL && task->parent == NULL;
}

bool
task_is_settled(const Task *task)
{
    return task->row.status == TASK_NOT_APPLIED ||
           (task->row.phase == PHASE_REVERSE && task->row.status == TASK_DONE);
}

static bool
task_place(State *state, OpenPlan *plan, Task *task, GError **error)
{
    task->action = action_info_by_name(task->row.action);
    if (task->action == NULL)
        return fail(error, ERR_CORRUPT, "task '%s' has an unknown action '%s'", task->row.id,
                    task->row.action);
    if (*task->row.step != '\0') {
        task->step = g_hash_table_lookup(plan->step_by_name, task->row.step);
        if (task->step == NULL)
            return fail(error, ERR_CORRUPT, "task '%s' is of step '%s', which is not there",
                        task->row.id, task->row.step);
    }
    if (task->row.parent != NULL) {
        task->parent = state_task(state, task->row.parent);
        if (task->parent == NULL)
            return fail(error, ERR_CORRUPT, "task '%s' is a part of '%s', which is not there",
                        task->row.id, task->row.parent);
    }
    return true;
}

static void
task_link(State *state, OpenPlan *plan, Task *task)
{
    task->needs = task->row.needs != NULL || task->step == NULL
                      ? state_words_of_text(state, task->row.needs)
                      : task->step->needs;
    task->uses = task->row.uses != NULL || task->step == NULL
                     ? state_words_of_text(state, task->row.uses)
                     : task->step->uses;
    resources_know(state, task->uses);
    if (task->parent != NULL) {
        if (task->parent->children == NULL)
            task->parent->children = g_ptr_array_new();
        g_ptr_array_add(task->parent->children, task);
    }
    if (task->step != NULL) {
        g_ptr_array_add(task->step->tasks, task);
        if (task->parent == NULL)
            task->step->root = task;
    } else if (task->action->id == ACTION_PLAN) {
        plan->planning = task;
    } else if (task->row.phase == PHASE_REVERSE) {
        plan->verify = task;
    } else {
        plan->preflight = task;
    }
}

bool
state_add_task(State *state, TaskRow *take_row, Task **ret, GError **error)
{
    OpenPlan *plan = state_plan(state, take_row->plan);
    if (plan == NULL)
        return fail(error, ERR_CORRUPT, "task '%s' is of plan '%s', which is not there",
                    take_row->id, take_row->plan);
    Task *task = g_new0(Task, 1);
    task->plan = plan;
    task->row = *take_row;
    *take_row = (TaskRow){0};
    task->timer = (Timer){.kind = TIMER_TASK, .owner = task};
    g_ptr_array_add(plan->tasks, task);
    if (!task_place(state, plan, task, error))
        return false;
    task_link(state, plan, task);
    g_hash_table_insert(state->tasks, task->row.id, task);
    state->next_task_n = MAX(state->next_task_n, task->row.n + 1);
    task->is_parked =
        task->row.status == TASK_UNKNOWN && g_strcmp0(task->row.wake_event, "operator") == 0;
    task_count(task, 1);
    /* The tasks' rows tell how far the plan has counted: its own need not be written each time. */
    plan->row.token = MAX(plan->row.token, task->row.token);
    state->open_task_count += task_status_is_final(task->row.status) ? 0 : 1;
    *ret = task;
    return true;
}

bool
plan_is_rollout(const OpenPlan *plan)
{
    return strcmp(plan->row.kind, PLAN_KIND_ROLLOUT) == 0;
}

bool
plan_window_is_over(const OpenPlan *plan)
{
    return plan->row.state == PLAN_RETIRING ||
           (plan->row.state == PLAN_SUCCEEDED && g_strcmp0(plan->row.wake_event, "window") != 0);
}

OpenStep *
plan_settle_step(const OpenPlan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (step->action->id == ACTION_SETTLE && !step->in_scope)
            return step;
    }
    return NULL;
}

/* ---- leaving ---- */

void
state_remove_plan(State *state, OpenPlan *plan)
{
    queues_forget_plan(state, plan);
    campaign_plan_gone(state, plan);
    heap_remove(&state->timers, &plan->timer.node);
    g_queue_remove(&state->sweeping, plan);
    for (guint i = 0; i < plan->tasks->len; i++) {
        Task *task = g_ptr_array_index(plan->tasks, i);
        g_assert(task->slots == NULL || task->slots->len == 0);
        heap_remove(&state->timers, &task->timer.node);
        g_hash_table_remove(state->tasks, task->row.id);
        state->open_task_count -= task_status_is_final(task->row.status) ? 0 : 1;
    }
    g_hash_table_remove(state->plans, plan->row.id);
}
