/* clang-format off */
/*
 * wire.h - what server and workers say to each other, over the same HTTP API as everybody.
 *
 * POST /tasks/lease {worker, labels, wait_ms} → Lease or 204
 *   {"id", "plan", "step", "action", "phase": "forward"|"reverse", "mode": "run"|"probe", "key", "params": {…},
 *    "attempt", "token", "lease_ms", "plan_digest": "sha256:…"|null, "intent": {"attempt", "at_ms", "pre_state": {…}}|null,
 *    "children_done": bool, "evidence": {…}|null}
 *   `step` is "" for the tasks of a plan itself (plan, preflight), `key` is "" but for parts of a step.
 *   `evidence`: what the forward phase reported (reverses and probes); for a parent whose parts are done
 *   {"count", "skipped", "sums": {member: sum of its integers}, "children": [{"key", "evidence"}]} (at most 1,000).
 * POST /tasks/{id}/heartbeat {token, progress: {done, total, unit, rate, note, …}} → {stop, lease_ms}
 * POST /tasks/{id}/intent {token, pre_state: {…}} → {}: the pre-state, on disk before the effect begins
 * POST /tasks/{id}/report {token, outcome: {"kind", "evidence", "children", "until_ms", "error": {"code", "message"},
 *                                           "message", "before_effect"}} → {status}
 *   kinds: done, already, drift, wait, more, released, error, and for probes applied, not_applied, partly
 *   A probe raises the fence with its token, then says whether the *forward* effect is in the target, in both phases.
 * GET/PUT /blobs/{digest}, POST /blobs → {digest}
 */
/* clang-format on */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "model/states.h"

typedef struct {
    char *id, *plan, *step, *action, *key, *plan_digest;
    TaskPhase phase;
    bool is_probe;
    bool children_done; /* a parent whose children are finished */
    int attempt;
    int64_t token, lease_ms;
    json_t *params, *intent, *evidence;
} Lease;

json_t *lease_to_json(const Lease *lease);
CHECKED bool lease_from_json(const json_t *json, Lease **ret, GError **error);
void lease_free(Lease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lease, lease_free)

typedef enum {
    OUTCOME_DONE,     /* evidence: checked */
    OUTCOME_ALREADY,  /* was in the target state before */
    OUTCOME_DRIFT,    /* not in the expected state: evidence has `differences` */
    OUTCOME_WAIT,     /* until_ms */
    OUTCOME_MORE,     /* children: [{key, params, weight}] */
    OUTCOME_RELEASED, /* stopped before any effect */
    OUTCOME_ERROR,    /* error: {code, message} */
    OUTCOME_APPLIED,
    OUTCOME_NOT_APPLIED,
    OUTCOME_PARTLY, /* of probes */
    OUTCOME_COUNT
} OutcomeKind;

typedef struct {
    OutcomeKind kind;
    json_t *evidence;   /* or NULL */
    json_t *children;   /* for MORE */
    int64_t until_ms;   /* for WAIT */
    char *error_code;   /* for ERROR: wire name */
    char *message;      /* for ERROR, DRIFT, WAIT: a sentence for people */
    bool before_effect; /* for ERROR: this attempt changed nothing */
} Outcome;

const char *outcome_name(OutcomeKind kind);
json_t *outcome_to_json(const Outcome *outcome);
CHECKED bool outcome_from_json(const json_t *json, Outcome **ret, GError **error);
void outcome_free(Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outcome, outcome_free)
