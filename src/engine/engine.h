/* clang-format off */
/*
 * engine.h - durable execution: plans, tasks, leases, retries, limits, rollback. Knows no action.
 *
 * The beat: drain the commands that wait, decide (pure: state and facts to changes, decide.h), commit all of it in one
 * transaction, and only then answer. The whole open state is in memory; the tables are its image, written with every
 * transition, read once at start. A commit that fails ends the process: the next start reads what is on disk.
 *
 * All calls belong to the loop's thread.
 */
#pragma once

#include "base/json.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/states.h"
#include "store/blob.h"
#include "store/db.h"

typedef enum {
    /* kind             args (in `args`) → reply                                                                      */
    COMMAND_WRITE,      /* nothing but `write`: something other rooms record in the same transaction → {}             */
    COMMAND_CREATE,     /* {migration, request: blob digest, author, needs: […]} → {id}: a plan in draft and its task `plan`.
                           With {kind: "rollout", services: [{service, …}]} it is approved and started as soon as it is planned,
                           in the name of who asked, and given up when it cannot be planned.
                           With `plan` set: that draft is planned again, {request} → {state}                          */
    COMMAND_APPROVE,    /* {digest, quorum_reached: bool} → {state}; the caller's `look` counts, its `write` makes the row */
    COMMAND_WITHDRAW,   /* {} → {state}: quorum is not reached, or no longer                                          */
    COMMAND_REJECT,     /* {} → {state}                                                                               */
    COMMAND_STALE,      /* {differences: […]} → {state}: a guard changed                                              */
    COMMAND_START,      /* {request: blob digest | absent, frozen: why nothing may start | absent} → {state}          */
    COMMAND_PAUSE,      /* {} → {state}                                                                               */
    COMMAND_RESUME,     /* {request: as for start} → {state}; from halted only with a reason                          */
    COMMAND_CANCEL,     /* {} → {state}                                                                               */
    COMMAND_HALT,       /* {} → {state}                                                                               */
    COMMAND_ROLLBACK,   /* {give_up_rows: bool, scope: [steps] | absent} → {state}; asking twice is asking once; asked again
                           in needs_operator, what failed is tried again. With a scope the running plan pauses, and these
                           steps and all that depend on them go back                                                  */
    COMMAND_HOLD,       /* {} → {held: true}                                                                          */
    COMMAND_GO_ON,      /* {} → {held: false}                                                                         */
    COMMAND_RETIRE,     /* {} → {state}: yes to the irreversible step, once the rollback window is over               */
    COMMAND_ACCEPT_MIXED, /* {} → {state, differences: […]}: the second person's yes closes                           */
    COMMAND_THROTTLE,   /* {throttle: what changes (model/throttle.h)} → {throttle: as it is now | null}              */
    COMMAND_PACE,       /* {pace: what changes (model/pace.h)} → {pace: as it is now}                                   */
    COMMAND_TASK_RETRY, /* {} → {status}                                                                              */
    COMMAND_TASK_SKIP,  /* {} → {status}; needs a reason; only where nothing was applied, or its worker is told       */
    COMMAND_TASK_DONE,  /* {evidence} → {status}: a person says that it is done (forward) or undone (reverse)         */
    COMMAND_TASK_SIGNAL, /* {signal: a word} → {n, status}: kept until a report has seen it; wakes a task that waits   */
    COMMAND_LOOK,       /* {key} → {looks: n}: parts with that key that wait for the world look now, or soon (of those that are done: their step); nothing else happens */
    COMMAND_LIMIT,      /* {resource, count | null: no limit} → {}                                                    */
    COMMAND_LEASE,      /* {worker, labels: […], wait_ms, local: bool, pid} → task (wire.h) or null when nothing came up in
                           time. A worker has one lease that waits: a newer one takes its place                       */
    COMMAND_HEARTBEAT,  /* {progress} → {stop, lease_ms}                                                              */
    COMMAND_INTENT,     /* {pre_state} → {}: on disk before the effect begins; STOPPED when it must not begin any more */
    COMMAND_REPORT,     /* an outcome (wire.h) → {status}; FENCED when the token is old                               */
    COMMAND_WORKER_LOST, /* {worker}: a local worker's end was seen; its leases are over at once → {}                 */
    /* Of campaigns (campaign.h); `plan` is the campaign's id. */
    COMMAND_CAMPAIGN_CREATE, /* {ref, author, owner, waves: [n], failures_allowed, at_once, members: [{migration, owner}]} → {id} */
    COMMAND_CAMPAIGN_PLAN,   /* {plans: [{migration, request, author, needs}]}: those that have no plan that counts → {planned: n} */
    COMMAND_CAMPAIGN_APPROVE, /* {plans: [{plan, digest, quorum_reached}]} → {counted, approved}; each item is told `ok` before `write` */
    COMMAND_CAMPAIGN_THROTTLE, /* {throttle: what changes}: of all its members together → {throttle: as it is now | null} */
    COMMAND_CAMPAIGN_SAY,    /* {verb: start, pause, resume, halt, cancel, reject, rollback; give_up_rows} → {state} */
    COMMAND_COUNT
} CommandKind;
/* clang-format on */

typedef struct Command Command;
struct Command {
    CommandKind kind;
    char *actor;   /* "user:default/ada", "worker:w-…", "honk"; required */
    char *reason;  /* or NULL */
    char *plan;    /* id, or NULL */
    char *task;    /* id, or NULL */
    int64_t token; /* of the lease, for heartbeat, intent and report */
    json_t *args;  /* object, or NULL */
    /* What the decision depends on and other rooms hold (approvals), read in the same transaction before
     * anything is decided; it may set `args`. May be NULL. A failure fails the command, not the beat. */
    bool (*look)(Command *command, Db *db, GError **error);
    /* What other rooms want in the same transaction, if the command is accepted (approvals,
     * idempotency keys, entities); events go through ledger_append(). `reply` is there already, but
     * for leases and reports. May be NULL. A failure here fails the command, not the beat. */
    bool (*write)(Command *command, Db *db, GError **error);
    /* Called once, after the commit (or the refusal), on the loop's thread. */
    void (*done)(Command *command);
    void *user;
    /* Filled in: */
    json_t *reply;
    GError *error;
};
Command *command_new(CommandKind kind, const char *actor);
void command_free(Command *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Command, command_free)

/* Why an approved plan may not be started now, as far as other rooms know. */
typedef struct {
    json_t *differences; /* sentences: a guard changed, so that the plan is stale; or NULL */
    char *frozen;        /* nothing is started: why; or NULL */
    int64_t until_ms;    /* when it may be asked again */
    char *request;       /* blob: as for COMMAND_START; or NULL */
} StartWord;

typedef struct {
    int64_t lease_ms;       /* 15,000: a worker beats every third of it */
    int64_t retry_first_ms; /* 1,000, doubled, with jitter, at most retry_max_ms */
    int64_t retry_max_ms;   /* 100,000 */
    int64_t plan_ttl_ms;    /* approved or planned longer than this: expired; 0: never */
    int failure_budget;     /* failed tasks before a plan halts: 0 means the first one halts */
    bool automatic_rollback;
    uint64_t seed; /* of ids and jitter: chance in a server, the simulator's own in a simulation */
    /* A local worker (`local` in its last COMMAND_LEASE) was silent for the time of a lease: it may
     * still hold the store, so end it. COMMAND_WORKER_LOST is awaited, and asked for again while it
     * does not come. Called after the commit. NULL: local workers are like any others. */
    void (*on_silent)(const char *worker, void *data);
    /* A campaign is about to start this plan, in the transaction of the beat. NULL: nothing is against it. */
    void (*may_start)(Db *db, const char *plan, StartWord *ret, void *data);
    void *data;
} EngineOptions;

typedef struct Engine Engine;

/* Reads the open state; leases of the time before get one more term (workers may still be at it).
 * `blobs` gives plans by digest. Both are borrowed and must outlive the engine. */
CHECKED bool engine_open(Db *db, Blobs *blobs, const EngineOptions *options, Engine **ret,
                         GError **error);
void engine_close(Engine *engine); /* answers waiting leases with null first */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_close)

/* Queue a command for the next beat; the engine owns it until `done`, which frees it or hands it
 * on. May be called from `done`. */
void engine_submit(Engine *engine, Command *command);
/* One beat at `now_ms` (wall clock). Fails only when the state cannot be written: then stop the
 * process. */
CHECKED bool engine_beat(Engine *engine, int64_t now_ms, GError **error);
/* When the next timer is due; INT64_MAX for none; 0 when commands wait. */
int64_t engine_next_wake_ms(const Engine *engine);
/* The greatest event sequence number committed: for waking streams. */
int64_t engine_last_seq(const Engine *engine);

/* What one may do now, and why not the others: {"pause": true, "resume": "not from running", …};
 * from the transition tables and the plan's row. Used by the server for `allowed_actions` (roles are
 * the server's part). Caller owns. */
json_t *plan_allowed(PlanState state, bool has_effects, bool held, bool window_open,
                     bool kept_long_enough, bool has_retire);
/* Why no throttle can be set in that state, or NULL. Caller frees. */
char *plan_throttle_refusal(PlanState state);
/* The same of its pace. */
char *plan_pace_refusal(PlanState state);
/* `is_begun`: something of it may be in the target, but for what may be left there (action_is_on_host()). */
/* Where a part may hear that it is left out (action_hears_skip()), does it now? */
bool task_hears_skip(TaskStatus status, TaskPhase phase, PlanState plan);
json_t *task_allowed(TaskStatus status, TaskPhase phase, PlanState plan, bool is_begun,
                     bool hears_skip);
