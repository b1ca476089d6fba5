/* asked.c - what guards and others ask of a plan, its steps and their tasks. Nothing is changed here. */
#include "base/json.h"
#include "engine/moves.h"

#include <string.h>

#define DIGEST_DIGITS_MIN 8

bool
plan_rolls_back(const OpenPlan *plan, const OpenStep *step)
{
    return plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR ||
           (step != NULL && step->in_scope);
}

static bool
plan_admits_reverse(const OpenPlan *plan, const OpenStep *step)
{
    static const unsigned scoped = 1u << PLAN_RUNNING | 1u << PLAN_PAUSED | 1u << PLAN_PREFLIGHT;
    if (plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR)
        return plan->row.held == 0;
    return step != NULL && step->in_scope && (scoped & 1u << plan->row.state) != 0;
}

/* Half-way there, it is not left alone because its plan stands still. */
bool
task_is_watched(const Task *task)
{
    return task->action->is_watched && task->parent != NULL && task->row.checkpoint != NULL &&
           task->row.phase == PHASE_FORWARD;
}

static bool
plan_admits_forward(const Task *task)
{
    static const unsigned still = 1u << PLAN_PAUSED | 1u << PLAN_HALTED | 1u << PLAN_PREFLIGHT;
    PlanState state = task->plan->row.state;

    switch (task->action->id) {
    case ACTION_SETTLE:
        return plan_window_is_over(task->plan);
    case ACTION_RETIRE:
        return state == PLAN_RETIRING;
    default:
        return state == PLAN_RUNNING || ((still & 1u << state) != 0 && task_is_watched(task));
    }
}

/* May workers have this task now, as far as its plan goes? */
bool
plan_admits(const Task *task)
{
    const OpenPlan *plan = task->plan;
    const OpenStep *step = task->step;
    if (task->row.status == TASK_UNKNOWN)
        return true; /* looking moves nothing, and whatever a plan waits for, doubt is no help */
    if (task->row.phase == PHASE_REVERSE)
        return plan_admits_reverse(plan, step);
    if (step != NULL && plan_rolls_back(plan, step))
        return false;
    if (step == NULL)
        return plan->row.state == (task->action->id == ACTION_PLAN ? PLAN_DRAFT : PLAN_PREFLIGHT);
    return plan_admits_forward(task);
}

/* Is there nothing left whose effect is not known? */
bool
children_resolved(const Task *root)
{
    int open = 0;
    for (int status = 0; status < TASK_STATUS_COUNT; status++)
        if (status != TASK_DONE && status != TASK_NOT_APPLIED)
            open += root->child_count[PHASE_FORWARD][status];
    return open == 0;
}

/* Has a part of this step left something in the target that goes back with the step? */
bool
children_effects(const Task *root)
{
    return root->action->has_effects && root->action->reverse == REVERSE_STEP &&
           (root->child_count[PHASE_FORWARD][TASK_DONE] > 0 ||
            root->child_count[PHASE_FORWARD][TASK_UNKNOWN] > 0 ||
            root->child_count[PHASE_REVERSE][TASK_WAITING] > 0);
}

bool
step_is_back(const OpenStep *step)
{
    return step->tasks_unsettled == 0;
}

/* All that stands on it, at any distance: a step without effects is back at once, but what depends
 * on that one may not be. */
bool
dependents_are_back(const OpenStep *step)
{
    for (guint i = 0; i < step->dependents->len; i++) {
        const OpenStep *dependent = g_ptr_array_index(step->dependents, i);
        if (!step_is_back(dependent) || !dependents_are_back(dependent))
            return false;
    }
    return true;
}

static bool
share(const char *a, const OpenPlan *b)
{
    return a != NULL && *a != '\0' &&
           (g_strcmp0(a, b->row.source_url) == 0 || g_strcmp0(a, b->row.target_url) == 0);
}

/* Another plan that moves one of our objects right now. */
const OpenPlan *
locking_plan(const State *state, const OpenPlan *plan)
{
    static const unsigned locking = 1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED |
                                    1u << PLAN_HALTED | 1u << PLAN_SOAKING |
                                    1u << PLAN_ROLLING_BACK | 1u << PLAN_NEEDS_OPERATOR |
                                    1u << PLAN_RETIRING;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenPlan *other = value;
        if (other != plan && (locking & 1u << other->row.state) != 0 &&
            (share(plan->row.source_url, other) || share(plan->row.target_url, other)))
            return other;
    }
    return NULL;
}

const char *
later_plan(const State *state, const OpenPlan *plan)
{
    const char *objects[] = {plan->row.source_url, plan->row.target_url};
    for (size_t o = 0; o < G_N_ELEMENTS(objects); o++) {
        const GPtrArray *touches =
            objects[o] == NULL ? NULL : g_hash_table_lookup(state->touches, objects[o]);
        for (guint i = 0; touches != NULL && i < touches->len; i++) {
            const Touch *touch = g_ptr_array_index(touches, i);
            if (touch->effects_ms > plan->row.effects_ms && strcmp(touch->plan, plan->row.id) != 0)
                return touch->plan;
        }
    }
    return NULL;
}

bool
digest_matches(const char *digest, const char *said)
{
    if (digest == NULL || said == NULL)
        return false;
    if (strcmp(digest, said) == 0)
        return true;
    const char *hex = strchr(digest, ':');
    const char *said_hex = strchr(said, ':');
    hex = hex == NULL ? digest : hex + 1;
    said_hex = said_hex == NULL ? said : said_hex + 1;
    return strlen(said_hex) >= DIGEST_DIGITS_MIN && g_str_has_prefix(hex, said_hex);
}

bool
task_is_done(const Task *root)
{
    return root != NULL && root->row.phase == PHASE_FORWARD &&
           (root->row.status == TASK_DONE || root->row.status == TASK_SKIPPED);
}

const char *
moment_argument(const Moment *moment, const char *path)
{
    return moment->command == NULL ? NULL : json_string_value(json_at(moment->command->args, path));
}
