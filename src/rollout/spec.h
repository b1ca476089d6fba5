/*
 * spec.h - how a service is rolled out, as the plan says it: strategy, steps, limits, patience.
 *
 * As JSON (docs/formats/plan.md): {"strategy", "max_instances", "steps": [{"count" | "percent",
 * "bake_ms", "gate"}], "interval_ms", "min_ready_ms", "soak_ms", "start_ms", "progress_ms",
 * "rollback_ms", "pause_ms", "min_healthy": {"count" | "percent"}, "failures_allowed",
 * "unclear_allowed", "on_failure", "on_inconclusive", "on_no_data", "on_error"}; what is absent has
 * its default.
 */
#pragma once

#include "base/json.h"

#define ROLLOUT_STEPS_MAX 20      /* a person wrote them */
#define ROLLOUT_INSTANCES_MAX 500 /* a checkpoint names each of them and stays under 64 KiB */

typedef enum { ON_FAILURE_ROLLBACK, ON_FAILURE_FREEZE, ON_FAILURE_PAUSE } OnFailure;
typedef enum { ON_UNCLEAR_PAUSE, ON_UNCLEAR_ROLLBACK, ON_UNCLEAR_GO_ON } OnUnclear;

/* So many instances, or that share of all. */
typedef struct {
    int count, percent; /* percent counts when it is not negative */
} Portion;

typedef struct {
    Portion portion;
    int64_t bake_ms; /* how long the checks must hold */
    char *gate;      /* what a person is to look at before it goes on; NULL: no gate */
} RolloutStep;

/* A strategy is what becomes of the old instances, and when the new ones get traffic. */
typedef struct {
    const char *name, *summary;
    bool keeps_old;    /* old ones step out of the traffic but live on until the soak is over */
    bool tries_aside;  /* new ones get no traffic before they are promoted */
    const char *steps; /* that it takes when nobody says any: JSON */
} RolloutStrategy;

typedef struct {
    const RolloutStrategy *strategy;
    int max_instances; /* how many may be started or ended at the same time */
    int step_count;
    RolloutStep steps[ROLLOUT_STEPS_MAX];
    int64_t interval_ms;  /* between two checks */
    int64_t min_ready_ms; /* an instance counts when it has answered for so long */
    int64_t soak_ms;
    int64_t start_ms;    /* an instance that does not answer by then is a failure */
    int64_t progress_ms; /* no progress for so long is a failure */
    int64_t rollback_ms; /* a way back that takes longer is degraded */
    int64_t pause_ms;    /* an unanswered pause of its own goes back; 0: waits for ever */
    Portion min_healthy; /* instances in the traffic that answer: never fewer by our doing */
    int failures_allowed, unclear_allowed; /* of the checks of one step: one more is too much */
    OnFailure on_failure;
    OnUnclear on_inconclusive, on_no_data, on_error;
} RolloutSpec;

CHECKED bool rollout_spec_from_json(const json_t *json, RolloutSpec **ret, GError **error);
void rollout_spec_free(RolloutSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RolloutSpec, rollout_spec_free)
/* The same with every default in it, as plans keep it. Caller owns. */
json_t *rollout_spec_to_json(const RolloutSpec *spec);

/* At least one, at most all. */
int portion_of(const Portion *portion, int all);
/* {"count": 1} or {"percent": 50} as people write it: "1", "50%". Caller frees. */
char *portion_text(const Portion *portion);
CHECKED bool portion_from_json(const json_t *json, const char *what, Portion *ret, GError **error);

const RolloutStrategy *rollout_strategy_by_name(const char *name);
const char *const *rollout_strategy_names(void); /* NULL-terminated */

/* How long a rollout of so many instances takes at best, and its way back. */
int64_t rollout_estimate_ms(const RolloutSpec *spec);
/* "canary in 3 steps: 1, 50%, 100%; at most 2 instances at a time; …". Caller frees. */
char *rollout_spec_text(const RolloutSpec *spec);
