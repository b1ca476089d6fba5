/* local_merge.c - see local_merge.h. */
#include "action/local_merge.h"

#include "action/code_make.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

/* ---- one change ---- */

static char *
words_of(Remade remade, const char *base)
{
    return remade == REMADE_DONE
               ? g_strdup_printf("; it was made anew, as '%s' had moved in its way", base)
           : remade == REMADE_NOTHING
               ? g_strdup_printf("; '%s' has moved on, and nothing is left there to change", base)
               : g_strdup_printf("; it conflicts with '%s'", base);
}

/* What would go beyond what was approved is people's, and stops nobody who waits. */
static bool
make_anew(CodePlace *place, const BranchState *state, const char *base, char **ret_words,
          GError **error)
{
    Remade remade = REMADE_SAME;
    GError *failed = NULL;
    if (code_remake(place, state, &remade, &failed)) {
        *ret_words = words_of(remade, base);
        return true;
    }
    if (!error_is(failed, ERR_MISMATCH)) {
        g_propagate_error(error, failed);
        return false;
    }
    *ret_words = g_strdup_printf("; it conflicts with '%s', and is not made anew: %s", base,
                                 failed->message);
    g_error_free(failed);
    return true;
}

static bool
look_at_change(CodePlace *place, char **ret_words, GError **error)
{
    g_autofree char *base = NULL, *head = NULL;
    g_auto(BranchState) state = {0};
    bool conflicts = false;
    if (!repository_head(place->repository, &base, &head, error) ||
        !branch_look(place->repository, &place->name, &state, error))
        return false;
    bool is_ours = state.kind == BRANCH_OURS && !state.is_in_use;
    if (state.ours == NULL || strcmp(state.base, head) == 0)
        return true;
    if (!change_conflicts(place->repository, head, state.tip, &conflicts, error))
        return false;
    if (!conflicts && state.replaced != NULL)
        *ret_words = words_of(REMADE_DONE, base);
    if (!conflicts)
        return true;
    if (is_ours)
        return make_anew(place, &state, base, ret_words, error);
    *ret_words = g_strdup_printf("; it conflicts with '%s', and people %s: what conflicts they "
                                 "resolve",
                                 base, state.is_in_use ? "have it checked out" : "added commits");
    return true;
}

/* As the task of its own step would have it, under the lease of whoever waits. */
static bool
see_to_change(const Service *service, const json_t *change, char **ret_words, GError **error)
{
    g_autoptr(json_t) params = NULL;
    if (!code_make_params(service->call, service->env, &params, error))
        return false;
    Lease lease = *service->call->lease;
    lease.key = (char *) change_key(change);
    lease.params = params;
    lease.checkpoint = lease.evidence = NULL;
    StepCall call = {.lease = &lease, .plan = service->call->plan, .step = service->call->step};
    g_auto(CodePlace) place = {0};
    return code_place_open(&call, service->env, &place, error) &&
           look_at_change(&place, ret_words, error);
}

/* ---- all of the service's ---- */

static bool
is_local(const Service *service, bool *ret, GError **error)
{
    const RepositoryConfig *place = NULL;
    const char *ignored;
    const char *address = service->fleet.service->repository;
    *ret = false;
    if (address == NULL)
        return true;
    if (!config_repository_url(service->env->config, address, &place, &ignored, error))
        return false;
    *ret = place->forge == NULL;
    return true;
}

bool
local_merge_see_to(const Service *service, char **ret_words, GError **error)
{
    const char *address = service->fleet.service->repository;
    g_autofree char *words = NULL;
    json_t *change;
    size_t i;
    bool is_here = false;
    if (!is_local(service, &is_here, error))
        return false;
    json_array_foreach(json_object_get(service->call->plan->json, "changes"), i, change)
    {
        bool is_ours = is_here && change_is_made(change) &&
                       strcmp(json_get_string(change, "repository", ""), address) == 0;
        if (is_ours && words == NULL && !see_to_change(service, change, &words, error))
            return false;
    }
    *ret_words = words != NULL ? g_steal_pointer(&words) : g_strdup("");
    return true;
}
