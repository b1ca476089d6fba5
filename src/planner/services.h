/*
 * services.h - services in plans: who is rolled out, how, in which wave; what of it makes a plan stale; how it is told.
 *
 * The slice's "services" are the plan's: [{"service", "consumer", "owner", "access", "deploy", "target", "group", "instances",
 * "from": revision | null, "to": revision, "wave", "rollout": {…}, "how", "estimate_ms", "problem"?}], without those that
 * are "idle": they run what they are to run.
 */
#pragma once

#include "base/json.h"
#include "model/plan.h"
#include "planner/text_table.h"

/* As plans keep them; NULL when the slice says nothing of services. Caller owns. */
json_t *services_planned(const json_t *slice);
/* With what an agent wishes: {"rollout_strategy", "max_instances"}. */
void services_wish(json_t *services, const json_t *params);
/* Digest of what makes a plan stale: the revisions that run. */
CHECKED bool services_guard(const json_t *services, char **ret, GError **error);
void services_drift(json_t *to, const json_t *before, const json_t *now);
bool service_is_rolled_out(const json_t *row);
/* Is there one that is rolled out? */
bool services_any(const json_t *services);
/* "fleet:TARGET" of all that are. Caller owns. */
json_t *services_labels(const json_t *services);
/* "3 services in 2 waves". Caller frees. */
char *services_summary(const json_t *services);
/* How long all waves take at best. */
int64_t services_estimate_ms(const json_t *services);
/* The plan's section about services; nothing when the plan knows none. */
void services_print(TextPage *page, const json_t *plan);

/* The plan of a rollout of its own (slice: {"rollout", "services", "policy", "author"}): one step. */
CHECKED bool services_own_plan(const json_t *slice, Plan **ret, GError **error);
