/* taking_back.c - see taking_back.h. */
#include "action/taking_back.h"

#include "base/text.h"
#include "change/back.h"

#include <string.h>

static bool
close_open(Proposal *proposal, GError **error)
{
    const char *said = proposal->place.call->lease->why;
    g_autofree char *reason = text_printable(said != NULL ? said : "");
    g_autofree char *why = g_strdup_printf(
        "The migration `%s` was rolled back: nothing has to follow it any more.%s%s",
        proposal->place.name.migration, *reason != '\0' ? "\n\n> " : "", reason);
    return proposal_close(proposal, why, error);
}

/* Only what is ours, and nobody's else: a branch that people added to stays. */
static bool
remove_branch(Proposal *proposal, const char *branch, const char *tip, GError **error)
{
    const CodePlace *place = &proposal->place;
    StepEnv *env = place->env;
    return tip == NULL || (proposal_turn(proposal, error) && proposal_confirm(proposal, error) &&
                           remote_push(env->config, place->repository, branch, NULL, tip, error));
}

static bool
fail_by_hand(const Proposal *proposal, const char *why, GError **error)
{
    const CodePlace *place = &proposal->place;
    return fail(
        error, ERR_WRONG_STATE,
        "consumer '%s': branch '%s' of '%s' was merged into '%s', and people changed the same "
        "lines since%s%s%s: take it back there by hand, then retry",
        place->name.consumer, place->branch, place->repository->address, proposal->base,
        why != NULL ? " (" : "", why != NULL ? why : "", why != NULL ? ")" : "");
}

/* What our commit put in is taken out; where people changed the same lines since, its files read the old dataset again by the inverse of
 * the mapping. */
static bool
make_back(const Proposal *proposal, const char *title, char **ret, GError **error)
{
    const CodePlace *place = &proposal->place;
    StepEnv *env = place->env;
    g_autofree char *trailers =
        g_strdup_printf("Honk-Migration: %s\nHonk-Plan: %s\nHonk-Consumer: %s\n",
                        place->name.migration, place->name.plan, place->name.consumer);
    g_autofree char *message = g_strdup_printf("%s\n\n%s", title, trailers), *why = NULL;
    g_autofree char *by_mapping = g_strdup_printf(
        "%s\n\nPeople have changed the same lines since, so this takes out no lines: it\nlets "
        "the files that were changed then name the old dataset again, by the\ninverse of the "
        "mapping.\n\n%s",
        title, trailers);
    if (!change_revert(place->repository, env->config, &proposal->local, proposal->head, message,
                       ret, error))
        return false;
    if (*ret != NULL)
        return true;
    if (!back_revert(place->repository, env->config, place->rules, &proposal->local, proposal->head,
                     by_mapping, ret, &why, error))
        return error_is(*error, ERR_MISMATCH)
                   ? fail_in(error, "consumer '%s'", place->name.consumer)
                   : false;
    return *ret != NULL || fail_by_hand(proposal, why, error);
}

static bool
push_back(Proposal *proposal, const char *branch, const char *title, GError **error)
{
    const CodePlace *place = &proposal->place;
    StepEnv *env = place->env;
    g_autofree char *tip = NULL, *commit = NULL;
    if (!remote_tip(env->config, place->repository, branch, &tip, error) || tip != NULL)
        return tip != NULL;
    return make_back(proposal, title, &commit, error) && proposal_turn(proposal, error) &&
           proposal_confirm(proposal, error) &&
           remote_push(env->config, place->repository, branch, commit, NULL, error);
}

/* People merged it, so people take it back: what they have to merge is made ready for them. */
static bool
propose_back(Proposal *proposal, Outcome *outcome, GError **error)
{
    Pull *pull = &proposal->back;
    g_autofree char *branch = proposal_back_branch(proposal), *words = NULL, *ours = NULL,
                    *body = NULL;
    g_autofree char *title = proposal_title(proposal), *waits = NULL;
    ours = g_strdup_printf("Take back: %s", title);
    body = g_strdup_printf("The migration `%s` is rolled back, and waits for this: it takes back "
                           "what was merged as `%s`, "
                           "and leaves alone whatever else came after it.\n",
                           proposal->place.name.migration, proposal->place.branch);
    if (pull->state == PULL_CLOSED || pull->state == PULL_MERGED) {
        words = proposal_words(proposal, pull);
        return fail(error, ERR_WRONG_STATE,
                    "consumer '%s': %s is over, and '%s' still names the new dataset: take it back "
                    "there by hand, then retry",
                    proposal->place.name.consumer, words, proposal->base);
    }
    if (!push_back(proposal, branch, ours, error) ||
        (proposal->forge != NULL && (!proposal_submit(proposal, branch, ours, body, pull, error) ||
                                     !proposal_introduce(proposal, pull, error))))
        return false;
    words = proposal->forge != NULL ? proposal_words(proposal, pull)
                                    : g_strdup_printf("branch '%s'", branch);
    waits = g_strdup_printf("waits until %s is merged, which takes '%s' back", words,
                            proposal->place.branch);
    return proposal_wait(proposal, waits, 0, proposal_evidence(proposal), outcome);
}

bool
taking_back(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    const CodePlace *place = &proposal->place;
    g_autofree char *branch = proposal_back_branch(proposal), *tip = NULL;
    bool is_ours = proposal_tip_is_ours(proposal);
    if (!close_open(proposal, error))
        return false;
    if (proposal->is_landed)
        return propose_back(proposal, outcome, error);
    if (!remote_tip(place->env->config, place->repository, branch, &tip, error) ||
        !remove_branch(proposal, branch, tip, error) ||
        (is_ours && !remove_branch(proposal, place->branch, proposal->tip, error)))
        return false;
    json_t *evidence = proposal_evidence(proposal);
    json_set_bool(evidence, "removed", is_ours);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}
