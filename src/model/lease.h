/*
 * lease.h - what a worker is asked to do, and how it ended. wire/wire.h has their JSON.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "model/states.h"

typedef struct {
    char *id, *plan, *step, *action, *key, *plan_digest;
    char *why; /* its plan is rolled back, in people's words; or NULL */
    TaskPhase phase;
    bool is_probe;
    bool children_done; /* a parent whose children are finished */
    bool is_held;       /* its plan stands still: look, and do nothing but go back */
    int attempt;
    int64_t token, lease_ms;
    json_t *params, *intent, *evidence;
    json_t *checkpoint; /* of the last report that had one, or NULL */
    json_t
        *signals; /* [{n, signal, actor, reason, at_ms}]: what people said and no report has seen */
    json_t *throttle; /* how fast it may move rows at first (throttle.h), or NULL */
    json_t *pace;     /* how changes of code go out (pace.h), or NULL */
    json_t
        *left; /* of whom something failed and the plan goes on: as parts' `spare` says, or NULL */
} Lease;

json_t *lease_to_json(const Lease *lease);
CHECKED bool lease_from_json(const json_t *json, Lease **ret, GError **error);
void lease_free(Lease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lease, lease_free)

/* How long a worker may wait for its turn to write to a host of repositories. A lease is not held for longer: the task waits, and
 * asks again. */
#define WRITE_TURN_MS_MAX 10000
#define LIMIT_COUNT_MAX                                                                            \
    100000                   /* how many hold one limit at most: as many as a step may have parts */
#define OUTCOME_LIMITS_MAX 6 /* of a part, beside those of its step */

typedef enum {
    OUTCOME_DONE,    /* evidence: checked */
    OUTCOME_ALREADY, /* was in the target state before */
    OUTCOME_DRIFT,   /* not in the expected state: evidence has `differences` */
    OUTCOME_WAIT,    /* until_ms */
    OUTCOME_MORE, /* children: [{key, params, weight, uses?: limits that it counts against as well, spare?: whose
                   * part it is, if the plan may go on without it}] */
    OUTCOME_RELEASED, /* stopped before any effect */
    OUTCOME_ERROR,    /* error: {code, message} */
    OUTCOME_APPLIED,
    OUTCOME_NOT_APPLIED,
    OUTCOME_PARTLY, /* of probes */
    OUTCOME_COUNT
} OutcomeKind;

typedef struct {
    OutcomeKind kind;
    json_t *evidence;     /* or NULL */
    json_t *children;     /* for MORE */
    json_t *checkpoint;   /* or NULL: what the next lease of the task needs to know */
    json_t *frees;        /* for WAIT: limits that it counts against no more; or NULL */
    int64_t signals_seen; /* signals up to this number were taken notice of */
    int64_t until_ms;     /* for WAIT */
    char *error_code;     /* for ERROR: wire name */
    char *message;        /* for ERROR, DRIFT, WAIT: a sentence for people */
    bool before_effect;   /* for ERROR: this attempt changed nothing */
} Outcome;

const char *outcome_name(OutcomeKind kind);
json_t *outcome_to_json(const Outcome *outcome);
CHECKED bool outcome_from_json(const json_t *json, Outcome **ret, GError **error);
void outcome_free(Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outcome, outcome_free)
