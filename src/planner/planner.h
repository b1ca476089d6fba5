/* clang-format off */
/*
 * planner.h - agents and strategies: an entity and a frozen slice of the world in, a plan out. Pure.
 *
 * The slice is a request (action.h) and what a worker saw in the stores:
 *   {"entity": {…},
 *    "source": {"ref", "url", "driver", "schema": {…} | null, "identity": {…}, "rows": n} | null,
 *    "target": {"ref", "url", "driver", "schema": {…} | null, "rows": n} | null,
 *                                            (a target's schema is null when the migration makes it)
 *    "mapping": {"path", "text"} | null,
 *    "consumers": [{"ref", "owner", "access": "reads" | "writes", "direct": bool}],
 *    "changes": [{…, "base": {"branch", "commit"}}],          (consumers' code: changes.h; absent: none)
 *    "same_store": bool,
 *    "capabilities": {"source": {"scan", "load", "push", "freeze", "watch", "follow", "swap", "sql", "says_all": bool}, "target": {…}},
 *    "agent": {"name", "digest"},        (of an agent that is a program; absent: the built-in one)
 *    "group": "owner",                    (changes go out in parts, one for each owner; absent: one for each repository)
 *    "agents": ["…"],                     (programs that honk.yaml has as agents, to name them)
 *    "policy": {"digest", "soak_ms", "rollback_window_ms", "retention_ms"},
 *    "trial": {…},                        (some rows read and mapped: forecast.h; absent: none were)
 *    "forecast": false,                   (nobody wants one; absent: rows are tried)
 *    "author": "user:…", "now_ms": n,
 *    "stage": "…",                                            (absent: a name that nobody else uses)
 *    "quarantine": {"rows_max", "share_max_ppm", "said"}}     (absent: as the mapping says)
 *
 * Plans depend on all of it but `rows`, `trial`, `forecast` and `now_ms`, which only feed the observations: the
 * same slice gives the same plan, byte by byte.
 *
 * What an agent hands in is {"name", "agent", "steps": [{"name", "action", "params"}]}; all but `action`
 * may be missing.
 */
/* clang-format on */
#pragma once

#include "base/diag.h"
#include "model/plan.h"

/* A strategy turns the slice into the steps that it knows of; complete() adds what it forgot. */
typedef struct {
    const char *name; /* "schema-transform" */
    const char *summary;
    bool (*steps)(const json_t *slice, json_t *steps, Diags *diags, GError **error);
} Strategy;
const Strategy *strategy_by_name(const char *name);
const char *const *strategy_names(void); /* NULL-terminated */

/* Built-in agent: entity → strategy → steps → completed plan and its observations. Findings go to
 * `diags`. */
CHECKED bool planner_plan(const json_t *slice, Diags *diags, Plan **ret, json_t **ret_observations,
                          GError **error);
/* Steps of any agent → a whole plan: missing params from the entity, freeze/stage/compare/swap
 * around what fills, reverses, guards, limits. Refuses a plan that changes nothing. */
CHECKED bool planner_complete(const json_t *slice, const json_t *agent_plan, Diags *diags,
                              Plan **ret, GError **error);

/* Do two addresses STORE:OBJECT name one dataset, whose columns then change where it is? */
bool planner_is_in_place(const char *source_url, const char *target_url);
/* Rows, bytes and expected times, from the slice. Caller owns. */
json_t *planner_observations(const json_t *slice, const Plan *plan);
/* Does the plan move rows? Else only code and services change. */
bool planner_moves_rows(const Plan *plan);

/* What a person reads: drift first, counts and classes, each step with its reverse, point of no
 * return, costs, writers, digest and approvals. `state` is the migration as the API shows it (may
 * be NULL); width in columns; caller frees. */
char *plan_text(const Plan *plan, const json_t *observations, const json_t *state, int width,
                bool colour);
/* What changed between two plans, for people: one line each. Caller frees. */
GPtrArray *plan_differences(const json_t *before, const json_t *now);
/* Guards against the world now: same slice form. Differences as sentences ("column 'plan' was text,
 * is int"); empty: no drift. Caller owns. */
json_t *plan_drift(const json_t *plan, const json_t *slice_now);
