/* state.c - the memory image: what is in it, how things are found, and its counters. */
#include "engine/state.h"
#include "engine/campaign.h"
#include "engine/moves.h"
#include "engine/queues.h"
#include "engine/slots.h"

#include <string.h>

#define ID_TIME_LETTERS 10
#define ID_CHANCE_LETTERS 8
#define PROGRESS_EVENT_MS 1000

/* ---- chance and names ---- */

uint64_t
state_random(State *state)
{
    /* SplitMix64: small, and good enough for jitter and ids that need not be secret. */
    uint64_t mixed = state->random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static void
id_letters(uint64_t value, int count, char *out)
{
    while (count-- > 0) {
        out[count] = "0123456789abcdefghjkmnpqrstvwxyz"[value & 31];
        value >>= 5;
    }
}

/* The same form as base/id.h, from the beat's time and the state's own chance. */
char *
state_id(State *state, const char *prefix, int64_t now_ms)
{
    char letters[ID_TIME_LETTERS + ID_CHANCE_LETTERS + 1] = "";
    id_letters((uint64_t) now_ms, ID_TIME_LETTERS, letters);
    id_letters(state_random(state), ID_CHANCE_LETTERS, letters + ID_TIME_LETTERS);
    return g_strdup_printf("%s-%s", prefix, letters);
}

/* ---- words ---- */

static void
words_free(void *data)
{
    Words *words = data;
    g_ptr_array_unref(words->items);
    g_free(words->text);
    g_free(words);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

Words *
state_words_from(State *state, const GPtrArray *list)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; list != NULL && i < list->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(list, i));
    g_ptr_array_sort(sorted, compare_names);
    for (guint i = 0; i < sorted->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "",
                               (char *) g_ptr_array_index(sorted, i));

    Words *words = g_hash_table_lookup(state->words, text->str);
    if (words != NULL)
        return words;
    words = g_new0(Words, 1);
    words->text = g_strdup(text->str);
    words->items = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < sorted->len; i++)
        g_ptr_array_add(words->items, g_strdup(g_ptr_array_index(sorted, i)));
    g_hash_table_insert(state->words, words->text, words);
    return words;
}

Words *
state_words(State *state, const json_t *list)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (json_is_string(item))
        g_ptr_array_add(names, (char *) json_string_value(item));
    return state_words_from(state, names);
}

/* From the JSON text of a row; NULL and what is no list give no words. */
static Words *
words_of_text(State *state, const char *text)
{
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    Words *words = state_words(state, list);
    json_decref(list);
    return words;
}

/* ---- the state ---- */

static void plan_entry_free(void *data);
static void worker_seen_free(void *data);

static void
touches_free(void *data)
{
    g_ptr_array_unref(data);
}

static void
touch_free(void *data)
{
    Touch *touch = data;
    g_free(touch->plan);
    g_free(touch);
}

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
    state->words = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, words_free);
    state->touches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, touches_free);
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
    step->needs = words_of_text(state, step->row.needs);
    step->uses = words_of_text(state, step->row.uses);
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
                      ? words_of_text(state, task->row.needs)
                      : task->step->needs;
    task->uses = task->row.uses != NULL || task->step == NULL ? words_of_text(state, task->row.uses)
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

static bool
task_is_active(const Task *task)
{
    static const unsigned active = 1u << TASK_READY | 1u << TASK_LEASED | 1u << TASK_WAITING |
                                   1u << TASK_RETRY_WAIT | 1u << TASK_UNKNOWN;
    return task->row.phase == PHASE_FORWARD && (active & 1u << task->row.status) != 0 &&
           !task->is_parked;
}

static bool
task_needs_person(const Task *task)
{
    return task->is_parked || task->row.status == TASK_IRREVERSIBLE ||
           (task->row.phase == PHASE_REVERSE && task->row.status == TASK_FAILED);
}

static void
step_count(Task *task, int by)
{
    OpenPlan *plan = task->plan;
    OpenStep *step = task->step;
    if (task_is_active(task))
        plan->tasks_active += by;
    if (task_is_left(task))
        plan->spares_failed += by;
    if (!task_is_settled(task)) {
        plan->steps_unsettled -= step->tasks_unsettled > 0;
        step->tasks_unsettled += by;
        plan->steps_unsettled += step->tasks_unsettled > 0;
    }
    bool is_done = task->row.phase == PHASE_FORWARD &&
                   (task->row.status == TASK_DONE || task->row.status == TASK_SKIPPED);
    if (task->parent == NULL && !is_done && !step->in_scope) {
        if (step->action->id == ACTION_RETIRE)
            plan->retire_open += by;
        else if (step->action->id != ACTION_SETTLE)
            plan->steps_open += by;
    }
}

void
task_count(Task *task, int by)
{
    if (task_needs_person(task))
        task->plan->tasks_failed += by;
    if (task->parent != NULL)
        task->parent->child_count[task->row.phase][task->row.status] += by;
    if (task->step != NULL)
        step_count(task, by);
}

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

/* ---- what was touched ---- */

static void
touch_add(State *state, const char *plan, const char *object, int64_t effects_ms)
{
    if (object == NULL || *object == '\0')
        return;
    GPtrArray *touches = g_hash_table_lookup(state->touches, object);
    if (touches == NULL) {
        touches = g_ptr_array_new_with_free_func(touch_free);
        g_hash_table_insert(state->touches, g_strdup(object), touches);
    }
    Touch *touch = g_new0(Touch, 1);
    touch->plan = g_strdup(plan);
    touch->effects_ms = effects_ms;
    g_ptr_array_add(touches, touch);
}

void
state_touch(State *state, const char *plan, const char *source, const char *target,
            int64_t effects_ms)
{
    touch_add(state, plan, source, effects_ms);
    if (g_strcmp0(source, target) != 0)
        touch_add(state, plan, target, effects_ms);
}

static gboolean
touches_without(void *object, void *data, void *plan)
{
    GPtrArray *touches = data;
    for (guint i = touches->len; i > 0; i--) {
        const Touch *touch = g_ptr_array_index(touches, i - 1);
        if (strcmp(touch->plan, plan) == 0)
            g_ptr_array_remove_index_fast(touches, i - 1);
    }
    return touches->len == 0;
}

void
state_untouch(State *state, const char *plan)
{
    g_hash_table_foreach_remove(state->touches, touches_without, (void *) plan);
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
