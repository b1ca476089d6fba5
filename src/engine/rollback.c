/* rollback.c - the agenda of a rollback. */
#include "engine/rollback.h"

#include "engine/decide.h"
#include "engine/moves.h"

#define TASKS_PER_BEAT 2000 /* 20 to 40 ms of deciding and writing */

/* ---- the agenda ---- */

static void
agenda_add(State *state, OpenStep *step)
{
    OpenPlan *plan = step->plan;
    step->cursor = step->tasks->len;
    if (!step->is_listed)
        g_queue_push_tail(&plan->agenda, step);
    step->is_listed = true;
    if (g_queue_find(&state->sweeping, plan) == NULL)
        g_queue_push_tail(&state->sweeping, plan);
}

void
rollback_begin(Beat *beat, OpenPlan *plan, bool only_scope)
{
    for (guint i = plan->steps->len; i > 0; i--) {
        OpenStep *step = g_ptr_array_index(plan->steps, i - 1);
        if (!only_scope || step->in_scope)
            agenda_add(beat->state, step);
    }
}

bool
rollback_has_work(const State *state)
{
    return !g_queue_is_empty((GQueue *) &state->sweeping);
}

/* ---- one task ---- */

/* A root on its way back is looked at when all its parts are known. */
static void
root_resolve(Beat *beat, Task *root)
{
    if (root->row.status != TASK_UNKNOWN || root->row.phase != PHASE_FORWARD ||
        root->row.worker != NULL || !root->is_swept || !children_resolved(root))
        return;
    if (root->row.intent == NULL)
        task_must_move(beat, root, &(Move){.event = "children_resolved"});
    else
        task_rested(beat, root);
}

void
rollback_part_known(Beat *beat, Task *root)
{
    bool is_done = root->row.status == TASK_DONE && root->row.phase == PHASE_FORWARD;
    if (is_done && children_resolved(root))
        agenda_add(beat->state, root->step);
    else
        root_resolve(beat, root);
}

static bool
goes_with_step(const Task *task)
{
    return task->parent != NULL && task->action->has_effects &&
           task->action->reverse == REVERSE_STEP;
}

static void
rollback_visit(Beat *beat, Task *task)
{
    const OpenPlan *plan = task->plan;
    bool is_done = task->row.status == TASK_DONE && task->row.phase == PHASE_FORWARD;
    if (task_is_settled(task) || !plan_rolls_back(plan, task->step))
        return;
    if (goes_with_step(task) && (is_done || task->row.phase == PHASE_REVERSE)) {
        if (task_is_settled(task->parent))
            task_move(beat, task, &(Move){.event = "step_reversed"});
        return;
    }
    bool may_follow = is_done || task->row.status == TASK_SKIPPED; /* the step's own task */
    if (task->row.phase == PHASE_REVERSE || (task->is_swept && !may_follow))
        return;
    task->is_swept = true;
    task_move(beat, task,
              &(Move){.event = "rollback", .clears_intent = false, .actor = plan->row.actor});
    if (task_is_root(task))
        root_resolve(beat, task);
}

/* Parts come after the task of their step by birth: backwards, they come first. */
static int
sweep_step(Beat *beat, OpenStep *step, int budget)
{
    while (step->cursor > 0 && budget > 0) {
        step->cursor--;
        rollback_visit(beat, g_ptr_array_index(step->tasks, step->cursor));
        budget--;
    }
    return budget;
}

void
rollback_sweep(Beat *beat)
{
    int budget = TASKS_PER_BEAT;
    while (budget > 0 && rollback_has_work(beat->state)) {
        OpenPlan *plan = g_queue_peek_head(&beat->state->sweeping);
        OpenStep *step = g_queue_peek_head(&plan->agenda);
        if (step == NULL) {
            g_queue_pop_head(&beat->state->sweeping);
            plan_check(beat, plan);
            continue;
        }
        budget = sweep_step(beat, step, budget);
        if (step->cursor > 0)
            return;
        step->is_listed = false;
        g_queue_remove(&plan->agenda, step);
    }
}

/* ---- what follows ---- */

/* What the step stands on, at any distance, over steps that are back already. */
static void
earlier_steps_follow(Beat *beat, const OpenStep *step)
{
    if (!step_is_back(step))
        return;
    for (guint i = 0; i < step->after->len; i++) {
        OpenStep *earlier = g_ptr_array_index(step->after, i);
        if (plan_rolls_back(step->plan, earlier))
            agenda_add(beat->state, earlier);
        earlier_steps_follow(beat, earlier);
    }
}

void
rollback_task_settled(Beat *beat, Task *task)
{
    OpenStep *step = task->step;
    if (task_is_root(task) && step->tasks->len > 1)
        agenda_add(beat->state, step);
    earlier_steps_follow(beat, step);
}

void
rollback_check(Beat *beat, OpenPlan *plan)
{
    Moment moment = {.beat = beat, .plan = plan};
    if (plan_move(beat, plan, &(Move){.event = "reverse_ended"}))
        return;
    if (plan->verify == NULL && plan->row.start != NULL && guard_holds(&moment, "all_reversed"))
        plan_make_verify(beat, plan);
}
