/*
 * conflict.c - see conflict.h.
 *
 * The branch here is set before the one on the host, and the new commit names the one that it replaces: whoever comes after a crash
 * knows by that name whose the commit over there is. What people added is at no commit of ours, and stays.
 */
#include "action/conflict.h"

#include "action/code_make.h"

#include <string.h>

/* ---- nothing left ---- */

static bool
close_void(Proposal *proposal, GError **error)
{
    g_autofree char *why = g_strdup_printf(
        "'%s' has moved on, and nothing is left there that this has to change.", proposal->base);
    proposal->is_void = true;
    return proposal_close(proposal, why, error);
}

/* ---- anew ---- */

static bool
look_at_branch_again(Proposal *proposal, GError **error)
{
    branch_state_clear(&proposal->local);
    return branch_look(proposal->place.repository, &proposal->place.name, &proposal->local, error);
}

static bool
fail_conflict(const Proposal *proposal, GError **error)
{
    g_autofree char *what = proposal->pull.state == PULL_OPEN
                                ? proposal_words(proposal, &proposal->pull)
                                : g_strdup_printf("branch '%s'", proposal->place.branch);
    return fail_in(error, "%s conflicts with '%s', and is not made anew", what, proposal->base);
}

static bool
make_anew(Proposal *proposal, GError **error)
{
    Remade remade = REMADE_SAME;
    if (!code_remake(&proposal->place, &proposal->local, &remade, error))
        return error_is(*error, ERR_MISMATCH) ? fail_conflict(proposal, error) : false;
    if (remade == REMADE_NOTHING)
        return close_void(proposal, error);
    proposal->conflicts = remade == REMADE_SAME;
    return remade == REMADE_SAME || look_at_branch_again(proposal, error);
}

/* A commit of ours that is not over there yet goes there first. */
static bool
see_to(Proposal *proposal, GError **error)
{
    bool is_there = g_strcmp0(proposal->tip, proposal->local.ours) == 0;
    bool is_nothing = false;
    if (proposal->pull.state == PULL_CLOSED) {
        if (!code_nothing_left(&proposal->place, &proposal->local, &is_nothing, error))
            return false;
        return !is_nothing || close_void(proposal, error);
    }
    if (proposal->tip == NULL || is_there)
        return make_anew(proposal, error);
    proposal->conflicts = !proposal_tip_is_ours(proposal);
    return true;
}

bool
conflict_see_to(Proposal *proposal, GError **error)
{
    const BranchState *local = &proposal->local;
    bool conflicts = false;
    if (local->ours == NULL || strcmp(local->base, proposal->head) == 0)
        return true;
    if (!change_conflicts(proposal->place.repository, proposal->head, local->ours, &conflicts,
                          error))
        return false;
    return !conflicts || see_to(proposal, error);
}

bool
conflict_see_to_refused(Proposal *proposal, GError **error)
{
    bool conflicts = false;
    if (!forge_conflicts(proposal->forge, &proposal->pull, &conflicts, error))
        return false;
    return !conflicts || see_to(proposal, error);
}

char *
conflict_words(const Proposal *proposal)
{
    if (proposal->conflicts && proposal_tip_is_ours(proposal))
        return g_strdup_printf("; it conflicts with '%s'", proposal->base);
    if (proposal->conflicts)
        return g_strdup_printf(
            "; '%s' changed the same lines since, and people added commits: what "
            "conflicts they resolve",
            proposal->base);
    if (proposal->local.replaced != NULL)
        return g_strdup_printf("; it was made anew, as '%s' had moved in its way", proposal->base);
    return g_strdup("");
}
