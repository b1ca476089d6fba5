/* clang-format off */
/*
 * action.h - everything that a step can do and undo, one file each.
 *
 * An action meets the world through a StepEnv, which the worker fills over HTTP and the command line
 * in-process. perform() is the one order of things: look at the world (already there? as expected?),
 * write down the intent, do it, prove it. Everything may be done twice.
 *
 * What leases carry beside the step's own params, which are in the plan:
 *   plan       params {"request": digest of a blob with {entity, source: {ref, url} | null,
 *                target: {ref, url} | null, mapping: {path, text} | null, consumers: [{ref, owner, access,
 *                direct, repository?, deploy?}], scanned: [{ref, owner, repository, deploy}]? (others with code),
 *                policy: {digest, soak_ms, rollback_window_ms, retention_ms}, author, now_ms,
 *                approved_by: [name]? (at the start)}
 *              done {"digest": of the plan's blob | null, "observations": digest | null,
 *                "diagnostics": […]}; without a digest the diagnostics say why, and the plan stays a draft
 *   preflight  params {"request": digest of the same, made anew; absent: only the plan's own datasets and
 *                repositories are looked at; "effects": true once the plan has had any: code is left to its tasks}
 *              done, or drift with {"differences": ["…"]}
 *              in phase reverse, at the end of a rollback: params {"verify_start": {"source", "target"} as in
 *                `start` below, {} when nothing was recorded}; done {"equal": true}, or error `mismatch`
 *   a step     params {"request": as at the start; absent: nobody knows}
 *   a repository  params {"consumer", "approved_by": [name]}: a child of rewrite; its key is the address
 *   a range    params {"range": {…}, "rows_total": n, "identity": {…}}: a child of transform, copy or
 *                compare
 *   reverse    params {"give_up_rows": true}: a person gave up the rows written since the swap
 *
 * The pre-state of the first step of a plan that has effects holds "start": {"source": {"object", "exists",
 * "fingerprint", "schema", "rows"}, "target": {…}}; its evidence repeats it.
 */
/* clang-format on */
#pragma once

#include "driver/driver.h"
#include "model/plan.h"
#include "wire/wire.h"

typedef struct StepEnv StepEnv;
struct StepEnv {
    const Config *config;
    void *user;
    const char *freeze_words; /* what writers of a frozen source hear; NULL: that it moves */
    /* Tell how far it is; false: stop soon (pause, rollback, shutdown, lost lease). Cheap: limits
     * its own rate. */
    bool (*tick)(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note);
    /* Is the lease still ours, by the server's word of now? Asked with the store's lock held: see
     * conn_set_confirm(). NULL: nobody else could have it. */
    bool (*confirm)(StepEnv *env, GError **error);
    /* How long to wait before a write to the host of those repositories ("acme"): its turn, if that is at most 10 s. NULL: nobody
     * else writes there. */
    bool (*turn)(StepEnv *env, const char *host, int64_t *ret_wait_ms, GError **error);
    /* Beside the ticks: bytes moved so far, and what slows it down ("" when nothing does). NULL: nobody wants to know. */
    void (*tell)(StepEnv *env, int64_t bytes, const char *slowed);
    /* How fast this lease may move rows at this moment (model/throttle.h), or NULL: as fast as it can. Caller owns.
     * The pointer may be NULL: nobody throttles. */
    json_t *(*throttle)(StepEnv *env);
    /* Time, and letting it pass; NULL: the machine's. */
    int64_t (*now_us)(StepEnv *env);
    void (*nap)(StepEnv *env, int64_t ms);
    /* The pre-state is on disk when this returns true. */
    bool (*intent)(StepEnv *env, const json_t *pre_state, GError **error);
    bool (*blob_get)(StepEnv *env, const char *digest, char **ret, size_t *ret_bytes,
                     GError **error);
    bool (*blob_put)(StepEnv *env, const void *data, size_t bytes, char **ret_digest,
                     GError **error);
};

typedef struct {
    const Lease *lease;
    const Plan *plan; /* NULL for `plan` */
    const Step *step; /* NULL for internal tasks */
} StepCall;
/* The step itself, not a part that it handed out. */
bool call_is_whole_step(const StepCall *call);

typedef enum { WORLD_EXPECTED, WORLD_ALREADY, WORLD_MOVED } World;

typedef struct {
    ActionId id;
    /* Read only. Is the world as the plan assumed, or already as wanted? `*ret_state` is the
     * pre-state for the intent (may stay NULL). MOVED comes with differences in `*ret_state`. */
    bool (*check)(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state,
                  GError **error);
    /* Do it, also when it was begun before. The outcome is `done`, `wait` or `more`, with evidence.
     */
    bool (*run)(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
    /* Read only. Prove it from the outside without trusting `run`. NULL: `run` was the proof. */
    bool (*verify)(const StepCall *call, StepEnv *env, GError **error);
    /* After a lost lease of the forward phase: raise the task's fence, then look. Outcome applied,
     * not_applied or partly. A lost lease of a reverse needs no probe: a reverse may be done again.
     */
    bool (*probe)(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
    /* Put it back, also when it was begun before, or never done. NULL where actions.def says so. */
    bool (*reverse)(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
} Action;

const Action *action_by_name(const char *name); /* NULL when unknown */

/* Do what the lease asks and say how it ended; never fails (errors are outcomes). Caller frees. */
Outcome *action_perform(const StepCall *call, StepEnv *env);
/* Take away what workers that died on this machine left half made. For whoever begins to work. */
void action_sweep(const Config *config);
/* There will be more to do at once (true): sessions with stores are kept for it. Else they are let go of. */
void action_keep_warm(bool is_wanted);
