/* proposal.c - see proposal.h. */
#include "action/owners.h"
#include "action/survey.h"
#include "action/team.h"
#include "base/clock.h"

#include <string.h>

void
proposal_clear(Proposal *proposal)
{
    code_place_clear(&proposal->place);
    forge_free(proposal->forge);
    branch_state_clear(&proposal->local);
    g_free(proposal->base);
    g_free(proposal->head);
    g_free(proposal->tip);
    json_decref(proposal->asked);
    pull_clear(&proposal->pull);
    pull_clear(&proposal->back);
}

/* ---- turns ---- */

bool
proposal_turn(Proposal *proposal, GError **error)
{
    StepEnv *env = proposal->place.env;
    const char *address = proposal->place.repository->address;
    g_autofree char *host = g_strndup(address, strcspn(address, ":"));
    int64_t wait_ms = 0;
    proposal->again_ms = 0;
    if (env->turn == NULL)
        return true;
    if (!env->turn(env, host, &wait_ms, error))
        return false;
    if (wait_ms > WRITE_TURN_MS_MAX) {
        proposal->again_ms = clock_wall_ms() + wait_ms;
        return fail(error, ERR_LIMIT,
                    "waits for its turn to write to the host of '%s' (honk limits writes:%s)", host,
                    host);
    }
    step_nap(env, wait_ms);
    return true;
}

int64_t
proposal_again_ms(const Proposal *proposal)
{
    return proposal->again_ms > 0 || proposal->forge == NULL ? proposal->again_ms
                                                             : forge_again_ms(proposal->forge);
}

static bool
wait_for_turn(void *data, GError **error)
{
    return proposal_turn(data, error);
}

/* ---- where it stands ---- */

static bool
open_host(Proposal *proposal, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    if (!config_repository_url(proposal->place.env->config, proposal->place.repository->address,
                               &place, &name, error))
        return false;
    proposal->config = place->forge;
    if (place->forge == NULL)
        return fail(error, ERR_WRONG_STATE,
                    "the plan proposes the change of '%s' on a host, but honk.yaml names none any "
                    "more ('forge')",
                    proposal->place.repository->address);
    if (place->forge->kind == FORGE_GIT)
        return true;
    if (!forge_open(place->forge, name, &proposal->forge, error))
        return false;
    forge_set_gate(proposal->forge, wait_for_turn, proposal);
    return true;
}

/* By merge, squash or hand: the commit is there, or what it changes is. */
static bool
look_whether_landed(Proposal *proposal, GError **error)
{
    const Repository *repository = proposal->place.repository;
    g_autofree char *path = NULL, *branch = NULL;
    if (proposal->local.ours == NULL)
        return true;
    if (!change_landed(repository, proposal->place.rules, proposal->local.base,
                       proposal->local.ours, &path, &branch, error))
        return false;
    proposal->is_landed = path != NULL;
    return true;
}

char *
proposal_back_branch(const Proposal *proposal)
{
    return g_strconcat(proposal->place.branch, "-back", NULL);
}

static bool
ask_host(const StepCall *call, Proposal *proposal, GError **error)
{
    g_autofree char *back = proposal_back_branch(proposal);
    if (proposal->forge == NULL)
        return true;
    return forge_find(proposal->forge, proposal->place.branch, &proposal->pull, error) &&
           (call->lease->phase != PHASE_REVERSE ||
            forge_find(proposal->forge, back, &proposal->back, error));
}

/* What was fetched is newer than what the host said before: somebody merged it in between. */
static bool
ask_host_again(const StepCall *call, Proposal *proposal, GError **error)
{
    if (!proposal->is_landed || proposal->pull.state != PULL_OPEN)
        return true;
    pull_clear(&proposal->pull);
    pull_clear(&proposal->back);
    return ask_host(call, proposal, error);
}

bool
proposal_open(const StepCall *call, StepEnv *env, Proposal *proposal, GError **error)
{
    g_autoptr(Repository) fresh = NULL;
    CodePlace *place = &proposal->place;
    proposal->asked = json_incref(json_object_get(call->lease->checkpoint, "asked"));
    return code_place_open(call, env, place, error) && open_host(proposal, error) &&
           ask_host(call, proposal, error) &&
           repository_refresh(env->config, place->repository->address, &fresh, error) &&
           branch_look(place->repository, &place->name, &proposal->local, error) &&
           repository_head(place->repository, &proposal->base, &proposal->head, error) &&
           look_whether_landed(proposal, error) && ask_host_again(call, proposal, error) &&
           remote_tip(env->config, place->repository, place->branch, &proposal->tip, error);
}

/* ---- forward ---- */

bool
proposal_confirm(const Proposal *proposal, GError **error)
{
    StepEnv *env = proposal->place.env;
    return env->confirm == NULL || env->confirm(env, error);
}

bool
proposal_close(Proposal *proposal, const char *why, GError **error)
{
    if (proposal->pull.state != PULL_OPEN)
        return true;
    if (!proposal_confirm(proposal, error) ||
        !forge_close(proposal->forge, &proposal->pull, why, error))
        return false;
    proposal->pull.state = PULL_CLOSED;
    return true;
}

bool
proposal_tip_is_ours(const Proposal *proposal)
{
    const BranchState *local = &proposal->local;
    return proposal->tip != NULL && (g_strcmp0(proposal->tip, local->ours) == 0 ||
                                     g_strcmp0(proposal->tip, local->replaced) == 0);
}

bool
proposal_push(Proposal *proposal, GError **error)
{
    const CodePlace *place = &proposal->place;
    bool is_ours = proposal_tip_is_ours(proposal);
    if (g_strcmp0(proposal->tip, proposal->local.ours) == 0 ||
        (proposal->pull.state == PULL_OPEN && !is_ours))
        return true; /* what people added to it is theirs */
    if (proposal->tip != NULL && !is_ours)
        return fail(error, ERR_WRONG_STATE,
                    "branch '%s' of '%s' points to %.12s on its host, which is not Honk's commit: "
                    "rename or delete it there, then retry",
                    place->branch, place->repository->address, proposal->tip);
    if (!proposal_turn(proposal, error) || !proposal_confirm(proposal, error) ||
        !remote_push(place->env->config, place->repository, place->branch, proposal->local.ours,
                     proposal->tip, error))
        return false;
    g_free(proposal->tip);
    proposal->tip = g_strdup(proposal->local.ours);
    g_free(proposal->pull.head);
    proposal->pull.head = g_strdup(proposal->local.ours);
    return true;
}

bool
proposal_submit(Proposal *proposal, const char *branch, const char *title, const char *body,
                Pull *pull, GError **error)
{
    PullText text = {branch, proposal->base, title, body, false};
    g_autoptr(GError) refused = NULL;
    if (pull->state != PULL_NONE)
        return true;
    if (!team_wants_draft(proposal, &text.is_draft, error) || !proposal_confirm(proposal, error))
        return false;
    if (forge_propose(proposal->forge, &text, pull, &refused))
        return true;
    /* A worker that was lost may have opened it a moment ago. */
    if (!error_is(refused, ERR_LIMIT) && forge_find(proposal->forge, branch, pull, NULL) &&
        pull->state == PULL_OPEN)
        return true;
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

static json_t *
list_of(const GPtrArray *texts)
{
    json_t *list = json_array();
    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(list, json_string(texts->pdata[i]));
    return list;
}

/* Until a report says that it is done it is done again, which changes nothing. */
bool
proposal_introduce(Proposal *proposal, const Pull *pull, GError **error)
{
    g_autoptr(GPtrArray) owners = NULL, unasked = NULL;
    if (json_get_int(proposal->asked, "number", 0) == pull->number)
        return true;
    if (!owners_of_change(proposal, &owners, error) || !proposal_confirm(proposal, error) ||
        !forge_introduce(proposal->forge, pull, owners, &unasked, error))
        return false;
    json_decref(proposal->asked);
    proposal->asked = json_object();
    json_set_int(proposal->asked, "number", pull->number);
    json_object_set_new(proposal->asked, "owners", list_of(owners));
    json_object_set_new(proposal->asked, "unasked", list_of(unasked));
    return true;
}

/* ---- words ---- */

char *
proposal_words(const Proposal *proposal, const Pull *pull)
{
    return pull->url != NULL
               ? g_strdup_printf("%s #%" G_GINT64_FORMAT " (%s)", forge_word(proposal->forge),
                                 pull->number, pull->url)
               : g_strdup_printf("%s #%" G_GINT64_FORMAT " of '%s'", forge_word(proposal->forge),
                                 pull->number, proposal->place.repository->address);
}

json_t *
proposal_evidence(const Proposal *proposal)
{
    json_t *evidence = json_object();
    json_set_string(evidence, "consumer", proposal->place.name.consumer);
    json_set_string(evidence, "repository", proposal->place.repository->address);
    json_set_string(evidence, "branch", proposal->place.branch);
    json_set_string(evidence, "commit", proposal->local.ours);
    json_set_bool(evidence, "landed", proposal->is_landed);
    if (proposal->pull.state != PULL_NONE) {
        json_t *pull = json_object();
        json_set_int(pull, "number", proposal->pull.number);
        json_set_string(pull, "url", proposal->pull.url);
        json_set_string(pull, "state", pull_state_name(proposal->pull.state));
        if (proposal->pull.head != NULL && proposal->local.ours != NULL)
            json_set_bool(pull, "untouched",
                          strcmp(proposal->pull.head, proposal->local.ours) == 0);
        json_object_set_new(evidence, "pull", pull);
    }
    if (proposal->asked != NULL)
        json_object_set(evidence, "asked", proposal->asked);
    if (proposal->local.replaced != NULL)
        json_set_bool(evidence, "remade", true);
    if (proposal->is_void)
        json_set_bool(evidence, "void", true);
    return evidence;
}

/* ---- as an action ---- */

bool
proposal_wait(const Proposal *proposal, const char *waits, int64_t until_ms, json_t *checkpoint,
              Outcome *outcome)
{
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = until_ms > 0 ? until_ms : clock_wall_ms() + proposal->config->poll_ms;
    outcome->message = g_strdup(waits);
    outcome->checkpoint = checkpoint;
    return true;
}

bool
proposal_check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    if (call_is_whole_step(call))
        return datasets_drift(call, env, ret, ret_state, error);
    *ret = WORLD_EXPECTED;
    *ret_state = json_object();
    json_set_string(*ret_state, "repository", call->lease->key);
    return true;
}
