/*
 * rollback.h - the way back, step by step, in reverse order.
 *
 * A rollback is committed with one change of the plan's state: from then on no forward lease is
 * given and no forward report is taken. Then every task is looked at, some thousands a beat, parts
 * before the task that stands for their step:
 *
 *   never had an effect        -> not_applied
 *   may have had one           -> unknown: fenced, then probed by a worker
 *   done                       -> when all that depends on it is back: ready, in the phase `reverse`
 *
 * Parts of an action that is undone as a whole wait for the task of their step and are marked with
 * it. What is left to look at is the `agenda` of the plan; after a crash it is made anew from the
 * states alone.
 */
#pragma once

#include "engine/state.h"

/* Look at everything (`scope` false), or only at the steps in scope. */
void rollback_begin(Beat *beat, OpenPlan *plan, bool only_scope);
/* Go on with what is left; at most some thousands of tasks. */
void rollback_sweep(Beat *beat);
bool rollback_has_work(const State *state);
/* A task is back, or known: look at what waited for it. */
void rollback_task_settled(Beat *beat, Task *task);
/* A part of this root has moved: it may have been the last that the root waited for. */
void rollback_part_known(Beat *beat, Task *root);
/* All is back: compare with the start, or be done. */
void rollback_check(Beat *beat, OpenPlan *plan);
