/*
 * task_sums.h - what became of the tasks of a plan, summed up by step, phase and status.
 *
 * A step may have 100,000 parts and more, and a screen asks about them once a second. So the sums of a large plan are kept from one reading
 * to the next, and only what changed since is read: parts that the ledger names, those at work, and new ones.
 */
#pragma once

#include "store/db.h"

/* Of one step, as a whole or its parts, of one phase and status. */
typedef struct {
    char *step, *phase, *status;
    bool is_part;
    int64_t count, done, total, rate, bytes, weight, weight_done, rejected, rejecting;
    int64_t started_ms, ended_ms;        /* the first and the last; 0: none */
    int64_t tried, tries_left, again_ms; /* of those that are tried again */
    char *unit, *note, *slowed, *waits, *error;
} TaskSum;

typedef struct TaskSums TaskSums;

/* Any thread may call; what is kept of a plan is lent to one reading at a time. */
TaskSums *task_sums_new(void);
void task_sums_free(TaskSums *sums);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TaskSums, task_sums_free)

/* TaskSum *: steps as a whole first, then their parts; the way forth before the way back. Caller owns. */
CHECKED bool task_sums_read(TaskSums *sums, Db *db, const char *plan, GPtrArray **ret,
                            GError **error);
/* How many rows of tasks were read so far, for tests. */
int64_t task_sums_rows_read(TaskSums *sums);
