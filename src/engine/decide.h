/*
 * decide.h - what commands and timers do. Pure: state, time and facts in, changes out (Beat).
 *
 * A handler first checks, then lets other rooms write (beat->accept), and only then changes the
 * state; so a refusal at any point leaves nothing behind.
 */
#pragma once

#include "engine/moves.h"
#include "model/lease.h"

/* Carry out a command: it ends up in beat->answered, or waits (leases). */
void decide_command(Beat *beat, Command *command);
/* Everything that is due. */
void decide_timers(Beat *beat);
/* Leases that wait look again, if anything has become ready. */
void decide_offers(Beat *beat);
/* Answer with what is there: nothing. */
void decide_answer_parked(Beat *beat);

/* The handlers: true when the command was carried out and is answered. */
typedef enum { HANDLED, REFUSED, WAITS } Handled;
typedef Handled HandlerFn(Beat *beat, Command *command);
HandlerFn on_write, on_create, on_approve, on_withdraw, on_reject, on_stale, on_start, on_pause,
    on_resume, on_cancel, on_halt, on_rollback, on_hold, on_go_on, on_retire, on_accept_mixed,
    on_throttle, on_pace, on_task_retry, on_task_skip, on_task_done, on_task_signal, on_look,
    on_limit, on_lease, on_heartbeat, on_intent, on_report, on_worker_lost, on_campaign_create,
    on_campaign_plan, on_campaign_approve, on_campaign_throttle, on_campaign_say;

/* Other rooms write; false: refused, with command->error. */
bool command_accept(Beat *beat, Command *command);
/* {key: value} as the reply. */
void command_reply_text(Command *command, const char *key, const char *value);

/* A task that waits for the world wakes up earlier, but not at once again and again (look.c). */
void task_look_soon(Beat *beat, Task *task);
/* How fast a lease of the task may move rows, or NULL; caller owns (throttle.c). */
json_t *task_throttle(const Task *task);
/* What the plan's document says. */
void plan_take_throttle(OpenPlan *plan, const json_t *document);

/* How long whoever is about to write to that host waits for its turn, which it has then; when that is over 10 s it has none, and asks
 * again (turns.c). */
int64_t write_turn(Beat *beat, const char *host);
/* How changes of code go out: for a lease that hands them out, or has one of them. NULL: it has none. Caller owns. */
json_t *task_pace(const Task *task);
/* Of whom something failed while the plan goes on. NULL: nobody. Caller owns. */
json_t *task_left(const Task *task);
void plan_take_pace(OpenPlan *plan, const json_t *document);
/* Steps that failed for parts which the plan bears by now go on. */
void plan_bears_on(Beat *beat, OpenPlan *plan, const Move *cause);
/* "3 of 40 consumers failed, at most 2 may: …"; NULL: it bears them. Caller frees. */
char *plan_left_refusal(const OpenPlan *plan);

/* Plans make their own tasks (plan_tasks.c). */
void plan_make_planning(Beat *beat, OpenPlan *plan, const Move *move);
void plan_make_preflight(Beat *beat, OpenPlan *plan, const Move *move, PlanState from);
void plan_make_verify(Beat *beat, OpenPlan *plan);
void plan_planning_failed(Beat *beat, OpenPlan *plan, const char *why);
/* What planning and looking for drift reported. */
void plan_take_planned(Beat *beat, Task *task, const json_t *evidence);
void plan_take_preflight(Beat *beat, Task *task, const json_t *differences);
/* A plan in draft: {migration, author, request, needs}. Its birth is told by plan_born(). */
OpenPlan *plan_draft_new(Beat *beat, const char *actor, const json_t *args);
Task *task_make(Beat *beat, TaskRow *take_row);

/* Retry all that waits for a person on the way back, as the actor of `cause` says. */
void plan_retry_failed(Beat *beat, OpenPlan *plan, const Move *cause);

/* Words to a task, and what a report leaves for the next lease (signal.c). */
json_t *signals_read(const Task *task); /* caller owns */
/* That was the last word to it, and no report has taken notice. */
bool task_was_told(const Task *task, const char *name);
/* One more word, with the reason that was given; who waits wakes up. Whoever calls has seen that there is room for it. */
void task_tell(Beat *beat, Task *task, const char *name, const Command *command);
/* Somebody has said something since its last lease: it does not wait. */
void task_signal_wakes(Beat *beat, Task *task, const char *actor);
void task_take_checkpoint(Beat *beat, Task *task, const Outcome *outcome);

/* Leases (lease.c), reports (report.c), workers (workers.c). */
WorkerSeen *worker_seen(Beat *beat, const Command *command);
void worker_timer(Beat *beat, WorkerSeen *worker);
void worker_is_due(Beat *beat, WorkerSeen *worker);
bool worker_is_ours(const Beat *beat, const WorkerSeen *worker);
/* Its waiting lease, if there is one, is answered with nothing. */
void worker_unpark(Beat *beat, const WorkerSeen *worker);
void task_lease_lost(Beat *beat, Task *task, const char *reason);
void task_tell_progress(Beat *beat, Task *task, bool is_last);
int64_t retry_delay_ms(State *state, int64_t failures);
bool command_task(Beat *beat, Command *command, Task **ret);
/* The lease that the command speaks of is over, or another's. */
bool command_lease(Beat *beat, Command *command, Task **ret);
