/*
 * service.h - one service of a plan, as the actions see it: what it runs, what it is to run, and the hold on it.
 */
#pragma once

#include "action/action.h"
#include "fleet/fleet.h"

typedef struct {
    const StepCall *call;
    StepEnv *env;
    const json_t *row; /* of the plan's `services` */
    const char *name;
    char *rollout; /* what people call it: PLAN.SERVICE */
    Fleet fleet;
    RolloutSpec *spec;
    json_t *to; /* template; its code may still have to be found */
    int instances;
} Service;

/* The row of the plan that the lease names in params.service; its spec, its target. */
CHECKED bool service_open(const StepCall *call, StepEnv *env, Service *ret, GError **error);
void service_clear(Service *service);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Service, service_clear)

/* The revision that the service is to run. While the code is not where it is deployed from (a merge by
 * people), `*ret_wait` says what is waited for. Caller frees. */
CHECKED bool service_resolve(Service *service, char **ret_wait, GError **error);
CHECKED bool service_hold(Service *service, const json_t *saved, bool has_saved, FleetHold **ret,
                          GError **error);
/* ---- rollout_drive.c: targets that are told each order ---- */

CHECKED bool service_drive(Service *service, Outcome *outcome, GError **error);
/* The claim under the token of the probe is the fence: whoever still acts there is waited for, and is then refused. */
CHECKED bool service_probe_claimed(Service *service, Outcome *outcome, GError **error);
/* It had let the service go, and everything runs the new revision: what nobody could tell any more is told. */
CHECKED bool service_probe_ended(Service *service, Outcome *outcome, GError **error);
bool lease_is_back(const StepCall *call);
int64_t lease_last_signal(const StepCall *call);
const json_t *
lease_saved_before(const StepCall *call); /* the template that the first attempt saw; borrowed */
const char *template_name(const json_t *template); /* of its revision; NULL: none */

/* ---- rollout_remote.c: targets that decide by themselves ---- */

bool service_is_followed(const Service *service);
/* One look at it: done, or a wait with its checkpoint. */
CHECKED bool service_follow(Service *service, Outcome *outcome, GError **error);
void service_probe_followed(const Service *service, Outcome *outcome);

/* How a group of honk.yaml is rolled out, with the params' wishes: {"group", "rollout_strategy", "max_instances"}. */
CHECKED bool rollout_spec_of(const Config *config, const json_t *params, RolloutSpec **ret,
                             GError **error);
