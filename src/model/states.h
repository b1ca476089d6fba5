/*
 * states.h - the states of plans and tasks, and the moves between them.
 *
 * One row is one allowed move: from (a set of states), the event, the names of the guards that must
 * all hold, and the state that follows. For one state and event the rows are tried in order, and
 * the first whose guards hold is taken. The engine makes every move through these tables; the
 * simulator checks that each row is taken and that each guard matters.
 */
#pragma once

#include "base/error.h"

/* clang-format off */
typedef enum {
    PLAN_DRAFT, PLAN_PLANNED, PLAN_APPROVED, PLAN_PREFLIGHT, PLAN_RUNNING, PLAN_PAUSED, PLAN_HALTED,
    PLAN_SOAKING, PLAN_SUCCEEDED, PLAN_ROLLING_BACK, PLAN_ROLLED_BACK, PLAN_NEEDS_OPERATOR,
    PLAN_RETIRING, PLAN_CLOSED, PLAN_STALE, PLAN_REJECTED, PLAN_EXPIRED, PLAN_CANCELLED,
    PLAN_CLOSED_MIXED,
    PLAN_STATE_COUNT
} PlanState;

typedef enum {
    TASK_BLOCKED, TASK_READY, TASK_LEASED, TASK_WAITING, TASK_RETRY_WAIT, TASK_UNKNOWN, TASK_DONE,
    TASK_SKIPPED, TASK_FAILED, TASK_NOT_APPLIED, TASK_IRREVERSIBLE,
    TASK_STATUS_COUNT
} TaskStatus;
/* clang-format on */

typedef enum { PHASE_FORWARD, PHASE_REVERSE } TaskPhase;

const char *plan_state_name(PlanState state); /* "rolling_back" */
char *plan_state_words(PlanState state);      /* "rolling back", for people; caller frees */
bool plan_state_from_name(const char *name, PlanState *ret);
bool plan_state_is_terminal(PlanState state); /* `succeeded` is not: its window may be open */
const char *task_status_name(TaskStatus status);
bool task_status_from_name(const char *name, TaskStatus *ret);
/* done, skipped, not_applied, irreversible; failed waits for a person */
bool task_status_is_final(TaskStatus status);
const char *task_phase_name(TaskPhase phase); /* "forward", "reverse" */
bool task_phase_from_name(const char *name, TaskPhase *ret);

typedef struct {
    unsigned from;     /* set of 1u << state */
    const char *event; /* "approve" */
    const char *guard; /* names of conditions, with commas between; "" for none: engine/guards.c */
    unsigned to;       /* the state that follows */
    const char *text;  /* what happens, for people */
} Transition;

extern const Transition plan_transitions[];
extern const size_t plan_transition_count;
extern const Transition task_transitions[];
extern const size_t task_transition_count;
