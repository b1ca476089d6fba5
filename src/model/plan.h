/*
 * plan.h - a plan as a saved value: canonical JSON, named by its digest, never changed.
 *
 * docs/formats/plan.md has every field. In short:
 * {
 *   "apiVersion": "honk/v1", "kind": "Plan", "name": "migrate-users-v1-to-users-v2",
 *   "migration": "component:default/users-v2", "author": "user:default/ada",
 *   "strategy": "schema-transform", "agent": "honk-migration-agent", "owner":
 * "group:default/identity", "source": {"ref": "resource:default/users-v1", "url":
 * "listening:users_v1"}, "target": {"ref": "resource:default/users-v2", "url":
 * "listening:users_v2", "stage": "users_v2__honk_0a1b2c3d"}, "mapping": {"path":
 * "mappings/users.yaml", "digest": "sha256:…", "text": "…"}, "steps": [{"name", "action", "params":
 * {…}, "after": ["…"], "needs": ["store:listening"], "uses": ["store:listening"], "reverse":
 * {"action": "…" | null, "text": "…"}, "irreversible": false, "deadline_ms": 0, "text": "…"}],
 *   "guards": {"source_schema": "sha256:…", "target_schema": "…" | null, "mapping": "…", "policy":
 * "…", "consumers": "…", "strategy": "…", "agent": "…"}, "snapshot": {"source_schema": {…},
 * "target_schema": {…} | null, "source_identity": {…}}, "consumers": [{"ref", "owner", "access":
 * "reads" | "writes", "direct": true}], "changes": [consumers' code, docs/formats/plan.md], "consistency": "frozen" | "snapshot" | "live" | "live-sync" | "checked", "throttle": {model/throttle.h} (or absent), "quarantine":
 * {"rows_max": 100, "share_max_ppm": 10000}, "soak_ms": 0, "rollback_window_ms": 86400000,
 * "retention_ms": 1209600000, "irreversible": ["settle", "retire"], "risks": ["…"]
 * }
 * Observations (row counts, expected times) are another blob beside it: {"source_rows", "bytes",
 * "estimate_ms", …}.
 */
#pragma once

#include "base/json.h"
#include "model/action_info.h"

typedef struct {
    char *name;
    const ActionInfo *action;
    json_t *params;
    GPtrArray *after; /* char *: names of steps that must be done before */
    GPtrArray *needs; /* char *: labels a worker must offer */
    GPtrArray *uses;  /* char *: limits that a running task of this step counts against */
    char *reverse_text;
    char *text;
    int64_t deadline_ms; /* from the first lease to its end, not counting pauses; 0: none */
} Step;

typedef struct {
    json_t *json; /* the whole document */
    char *digest;
    GPtrArray *steps; /* Step *, in document order, which is a topological order */
} Plan;

/* Checks everything: known actions, unique names, `after` refers to earlier steps, not empty,
 * PLAN_STEPS_MAX. */
CHECKED bool plan_from_json(const json_t *json, Plan **ret, GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
#define PLAN_BRANCH_PREFIX "honk/"
/* The branch that the plan makes in consumers' repositories: "honk/users-v2-0a1b2c3d", of the migration's name and the
 * plan's own digest, which is why it cannot stand in the plan. Caller frees. */
char *plan_branch_name(const Plan *plan);
/* Of so many rows, how many may be put aside by the plan's document. */
int64_t plan_rejects_allowed(const json_t *plan, int64_t rows);
/* Is it in order that every single row is put aside? Only where somebody said how many may be: what holds by itself is more than a
 * small dataset has. */
bool plan_may_move_none(const json_t *plan);
const Step *plan_step(const Plan *plan, const char *name); /* NULL when absent */
/* Whom a plan document concerns, in short, for lists over all plans: [{"consumer", "owner", "access": ["reads"], "planned":
 * "nothing" | "change" | "person", and of a change "repository", "key" (of a part of it), "rewritten", "left", "reasons", "problem", "host",
 * "coding"}]. Caller owns. */
json_t *plan_consumers(const json_t *plan);
