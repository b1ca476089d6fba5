/*
 * moves.h - the one way to change a state: by a row of the transition tables.
 *
 * A move looks up the row for the state, the event and the guards that hold, changes the state,
 * appends the event with its actor and reason, and marks the row to be written. What follows from it
 * (dependents that become ready, a plan that is done) is settled before the call returns.
 */
#pragma once

#include "engine/state.h"

/* What guards may look at. */
typedef struct {
    const Beat *beat;
    const OpenPlan *plan;
    const Task *task;         /* NULL for moves of plans */
    const Command *command;   /* NULL when nobody asked */
    const WorkerSeen *worker; /* for leases */
} Moment;

typedef struct {
    const char *event;
    const char *actor;  /* NULL: "honk" */
    const char *reason; /* NULL: what the row says */
    const Command *command;
    const WorkerSeen *worker;
    int64_t wake_ms;        /* tasks: when it goes on by itself */
    const char *wake_event; /* what it waits for; NULL: as usual in that state */
    bool clears_intent;     /* what this attempt intended did not begin */
} Move;

/* The row that a move would take; NULL when there is none. `ret_refused` (may be NULL) tells the guard that
 * did not hold in the last row that was looked at, NULL when the state has no such row at all. */
const Transition *plan_row_for(const Beat *beat, const OpenPlan *plan, const Move *move,
                               const char **ret_refused);
const Transition *task_row_for(const Beat *beat, const Task *task, const Move *move,
                               const char **ret_refused);
/* False when no row allows it; then nothing has changed. */
bool plan_move(Beat *beat, OpenPlan *plan, const Move *move);
bool task_move(Beat *beat, Task *task, const Move *move);
/* For moves that must be possible. */
void plan_must_move(Beat *beat, OpenPlan *plan, const Move *move);
void task_must_move(Beat *beat, Task *task, const Move *move);
/* WRONG_STATE (or what fits the guard): why the move is refused. Returns false. */
bool plan_refuse(const Beat *beat, const OpenPlan *plan, const Move *move, GError **error);
bool task_refuse(const Beat *beat, const Task *task, const Move *move, GError **error);

void plan_dirty(Beat *beat, OpenPlan *plan);
void task_dirty(Beat *beat, Task *task);
void beat_event(Beat *beat, const char *type, const OpenPlan *plan, const Task *task,
                const char *actor, const char *reason, char *take_data);
/* The event of a birth. */
void plan_born(Beat *beat, OpenPlan *plan, const char *reason);
void task_born(Beat *beat, Task *task, const char *actor, const char *reason);
/* Counters of plan, step and parent: `by` is 1 after, -1 before a change of phase, status or parking. */
void task_count(Task *task, int by);
/* From here on it may fail as often as in the beginning: it got on, or a person says so. */
void task_tries_anew(Task *task);
int64_t task_failures(const Task *task); /* since then, the running attempt included */
/* Unknown, and probed too often: from now on it waits for a person, or again for a worker. */
void task_park(Beat *beat, Task *task, bool is_parked);
/* Unknown, and rested long enough: a worker may look again. */
void task_rested(Beat *beat, Task *task);

/* follow.c: what follows from a move. */
void task_follow(Beat *beat, Task *task, const Move *move, TaskStatus from);
void plan_follow(Beat *beat, OpenPlan *plan, const Move *move, PlanState from);
/* Is it done, stuck, or over its budget? */
void plan_check(Beat *beat, OpenPlan *plan);
void plan_window_over(Beat *beat, OpenPlan *plan);

/* guards.c */
bool guards_hold(const Moment *moment, const char *guards, const char **ret_refused);
/* Where no row is looked up (queues ask whether a plan admits leases). */
bool guard_holds(const Moment *moment, const char *guard);
/* A sentence without its subject: "it has had effects: roll it back instead". Caller frees. */
char *guard_refusal(const Moment *moment, const char *guard, ErrorCode *ret_code);
size_t guard_count(void);
const char *guard_name(size_t index);

/* asked.c: what guards and others ask. */
/* It looks again, and nobody was told: for the events it is still waiting. */
bool task_is_polling(const Task *task);
/* For tests: a bit for each row of a table. */
void row_mark_taken(uint64_t *taken, size_t row);
bool plan_admits(const Task *task);
bool task_is_watched(const Task *task);
bool plan_rolls_back(const OpenPlan *plan, const OpenStep *step);
bool children_resolved(const Task *root);
bool children_effects(const Task *root);
bool step_is_back(const OpenStep *step);
bool dependents_are_back(const OpenStep *step);
bool task_is_done(const Task *task);
/* A text of the command's arguments, "error.code"; NULL: none. Borrowed. */
const char *moment_argument(const Moment *moment, const char *path);
const char *later_plan(const State *state, const OpenPlan *plan);
const OpenPlan *locking_plan(const State *state, const OpenPlan *plan);
/* A digest as people say it: whole, or at least 8 of its hex digits. */
bool digest_matches(const char *digest, const char *said);
