/* service.c - see service.h. */
#include "action/service.h"

#include "change/base.h"
#include "change/change.h"
#include "change/remote.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

/* ---- how ---- */

bool
rollout_spec_of(const Config *config, const json_t *params, RolloutSpec **ret, GError **error)
{
    const char *name = json_get_string(params, "group", NULL);
    const GroupConfig *group = name != NULL ? fleet_config_group(&config->fleet, name) : NULL;
    const char *strategy = json_get_string(params, "rollout_strategy", NULL);
    int64_t instances = json_get_int(params, "max_instances", 0);

    g_autoptr(json_t) spec = group != NULL ? json_deep_copy(group->spec) : json_object();
    if (strategy != NULL)
        json_set_string(spec, "strategy", strategy);
    if (instances > 0)
        json_set_int(spec, "max_instances", instances);
    return rollout_spec_from_json(spec, ret, error);
}

/* ---- which ---- */

static const json_t *
find_row(const StepCall *call, const char *name)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(call->plan->json, "services"), i,
                       row) if (strcmp(json_get_string(row, "service", ""), name) == 0) return row;
    return NULL;
}

static bool
lay_out(const char *repository, const char *commit, const char *folder, void *data, GError **error)
{
    const Service *service = data;
    g_autoptr(Repository) opened = NULL;

    return repository_open(service->env->config, repository, &opened, error) &&
           repository_lay_out(opened, commit, folder, NULL, error);
}

bool
service_open(const StepCall *call, StepEnv *env, Service *ret, GError **error)
{
    const char *name = json_get_string(call->lease->params, "service", "");

    *ret = (Service){.call = call, .env = env, .name = name, .row = find_row(call, name)};
    if (ret->row == NULL)
        return fail(error, ERR_INVALID, "the plan rolls out no service '%s'", name);
    const json_t *how = json_object_get(ret->row, "rollout");
    if (!fleet_open(env->config, name, &ret->fleet, error) ||
        !(json_is_object(how)
              ? rollout_spec_from_json(how, &ret->spec, error)
              : rollout_spec_of(env->config, call->step->params, &ret->spec, error)))
        return false;
    ret->rollout = g_strdup_printf("%s.%s", call->lease->plan, name);
    ret->fleet.lay_out = lay_out;
    ret->fleet.lay_out_data = ret;
    ret->instances = (int) json_get_int(ret->row, "instances", ret->fleet.service->instances);
    return true;
}

void
service_clear(Service *service)
{
    rollout_spec_free(service->spec);
    g_free(service->rollout);
    json_decref(service->to);
}

/* ---- small words ---- */

bool
lease_is_back(const StepCall *call)
{
    return call->lease->phase == PHASE_REVERSE;
}

const char *
template_name(const json_t *template)
{
    return json_get_string(template, "name", NULL);
}

/* ---- what ---- */

/* Of the branches that change its code, the first that is not merged; NULL: all are. Caller frees. */
static bool
unmerged_branch(const Service *service, const Repository *repository, const char *head, char **ret,
                GError **error)
{
    const Plan *plan = service->call->plan;
    json_t *change;
    size_t i;
    *ret = NULL;
    json_array_foreach(json_object_get(plan->json, "changes"), i, change)
    {
        g_autofree char *ours = change_branch(plan, change);
        g_autofree char *ref = g_strconcat("refs/heads/", ours, NULL), *commit = NULL;
        bool is_merged = true;
        if (!change_is_made(change) ||
            strcmp(json_get_string(change, "repository", ""), repository->address) != 0)
            continue;
        if (!repository_commit(repository, ref, &commit, error) ||
            (commit != NULL && !change_holds(repository, head, commit, &is_merged, error)))
            return false;
        if (!is_merged) {
            *ret = g_steal_pointer(&ours);
            return true;
        }
    }
    return true;
}

/* What is deployed before anybody merges it is in no parts. */
static bool
branch_commit(const Service *service, const Repository *repository, char **ret, GError **error)
{
    g_autofree char *ours = plan_branch_name(service->call->plan);
    g_autofree char *ref = g_strconcat("refs/heads/", ours, NULL);
    return repository_commit(repository, ref, ret, error) &&
           (*ret != NULL ||
            fail(error, ERR_WRONG_STATE,
                 "service '%s' is deployed from branch '%s' of '%s', which is not there",
                 service->name, ours, repository->address));
}

/* The commit that is deployed: our branch where the catalog says so, else the default branch once our commit is in it, or squashed into
 * another. */
static bool
deployed_commit(const Service *service, char **ret, char **ret_wait, GError **error)
{
    const char *address = service->fleet.service->repository;
    bool from_branch = strcmp(json_get_string(service->row, "deploy", "merge"), "branch") == 0;
    g_autofree char *branch = NULL, *head = NULL, *open = NULL;
    g_autoptr(Repository) repository = NULL;

    if (address == NULL)
        return fail(error, ERR_INVALID, "service '%s' has no repository in honk.yaml",
                    service->name);
    if (!repository_refresh(service->env->config, address, &repository, error) ||
        !repository_head(repository, &branch, &head, error))
        return false;
    if (from_branch)
        return branch_commit(service, repository, ret, error);
    if (!unmerged_branch(service, repository, head, &open, error))
        return false;
    if (open != NULL)
        *ret_wait = g_strdup_printf("waits until branch '%s' of '%s' is merged into '%s'", open,
                                    address, branch);
    *ret = g_steal_pointer(&head);
    return true;
}

bool
service_resolve(Service *service, char **ret_wait, GError **error)
{
    const json_t *planned = json_object_get(service->row, "to");
    const char *code = json_get_string(planned, "code", NULL);
    g_autofree char *commit = NULL;

    *ret_wait = NULL;
    if (g_strcmp0(code, "change") == 0) {
        if (!deployed_commit(service, &commit, ret_wait, error))
            return false;
        code = commit;
    }
    g_autoptr(json_t) revision = revision_of(code, json_object_get(planned, "datasets"));
    json_decref(service->to);
    service->to = NULL;
    return template_make(revision, service->instances, &service->to, error);
}

/* ---- the hold ---- */

static bool
confirm_lease(void *data, GError **error)
{
    StepEnv *env = data;
    return env->confirm(env, error);
}

bool
service_hold(Service *service, const json_t *saved, bool has_saved, FleetHold **ret, GError **error)
{
    StepEnv *env = service->env;
    FleetClaim claim = {
        .rollout = service->rollout,
        .token = service->call->lease->token,
        .confirm = env->confirm != NULL ? confirm_lease : NULL,
        .data = env,
        .has_saved = has_saved,
        .saved = saved,
    };
    return fleet_hold(&service->fleet, &claim, ret, error);
}
