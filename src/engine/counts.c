/* counts.c - what plans, steps and parents count of their tasks, so that no beat has to walk over them. */
#include "engine/moves.h"

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
