/*
 * builds.c - let hosts build the branches before anything is proposed, and before rows move.
 *
 * Each branch is pushed, nothing is opened, and what its builds say is waited for. One that does not build fails its consumer,
 * before any person has been asked to look; where the default branch does not build either, the change is not blamed. A branch
 * that nobody begins to build in a while has no builds.
 *
 * The way back takes the branches away again; those that were proposed by then are seen to by that step (propose.c).
 */
#include "action/host_wait.h"
#include "action/table.h"
#include "action/team.h"
#include "action/waves.h"
#include "base/clock.h"
#include "planner/changes.h"

#include <string.h>

/* The first alone, as with every change; builds:NAME says how many at once. */
static const size_t waves[] = {1, 10, 100, 1000};

#define LOOKS_FOR_NONE 3 /* so many polls after the push, whoever builds has begun */

static json_t *
limits_of(const json_t *change)
{
    const char *address = json_get_string(change, "repository", "");
    return json_pack("[o]", json_sprintf("builds:%.*s", (int) strcspn(address, ":"), address));
}

/* ---- evidence ---- */

static json_t *
evidence_of(const Proposal *proposal, const char *builds)
{
    json_t *evidence = proposal_evidence(proposal);
    json_object_del(evidence, "pull");
    json_set_string(evidence, "builds", builds);
    return evidence;
}

static bool
is_over(const Proposal *proposal, const char *builds, Outcome *outcome)
{
    outcome_is(outcome, OUTCOME_DONE, evidence_of(proposal, builds));
    return true;
}

/* ---- waiting ---- */

static int64_t
pushed_ms(const StepCall *call)
{
    int64_t then_ms = json_get_int(call->lease->checkpoint, "pushed_ms", 0);
    return then_ms > 0 ? then_ms : clock_wall_ms();
}

static bool
waits(const StepCall *call, const Proposal *proposal, const char *why, Outcome *outcome)
{
    json_t *checkpoint = evidence_of(proposal, NULL);
    json_set_int(checkpoint, "pushed_ms", pushed_ms(call));
    return proposal_wait(proposal, why, 0, checkpoint, outcome);
}

static bool
checks_of(Proposal *proposal, const char *commit, ChecksState *ret, GError **error)
{
    Pull pull = {.state = PULL_OPEN, .head = (char *) commit};
    return forge_checks(proposal->forge, &pull, ret, error);
}

static bool
fail_builds(const Proposal *proposal, GError **error)
{
    return fail(
        error, ERR_MISMATCH,
        "consumer '%s': branch '%s' of '%s' does not build (%.12s), and '%s' does: look at its "
        "builds, then retry, or skip this repository; nothing was opened",
        proposal->place.name.consumer, proposal->place.branch, proposal->place.repository->address,
        proposal->local.ours, proposal->base);
}

/* What was red before is not blamed on the change. */
static bool
look_at_red(Proposal *proposal, Outcome *outcome, GError **error)
{
    ChecksState before = CHECKS_NONE;
    if (!checks_of(proposal, proposal->local.base, &before, error))
        return false;
    return before == CHECKS_FAILED ? is_over(proposal, "failed before, too", outcome)
                                   : fail_builds(proposal, error);
}

static bool
look_at_builds(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    ChecksState checks = CHECKS_NONE;
    int64_t grace_ms = LOOKS_FOR_NONE * proposal->config->poll_ms;
    if (!checks_of(proposal, proposal->local.ours, &checks, error))
        return false;
    if (checks == CHECKS_FAILED)
        return look_at_red(proposal, outcome, error);
    if (checks == CHECKS_RUNNING)
        return waits(call, proposal, "its branch is being built; nothing is opened yet", outcome);
    if (checks == CHECKS_NONE && clock_wall_ms() < pushed_ms(call) + grace_ms)
        return waits(call, proposal,
                     "waits for somebody to build its branch; nothing is opened yet", outcome);
    return is_over(proposal, checks_state_name(checks), outcome);
}

/* ---- forward ---- */

/* Before its branch is pushed its team's own file counts as before a proposal. Who asked for time has it from builds, too: there is
 * nothing to build then. */
static bool
ask_team(const Proposal *proposal, bool *ret_is_early, GError **error)
{
    g_autoptr(Wishes) wishes = NULL;
    *ret_is_early = false;
    if (proposal->tip != NULL || proposal->local.ours == NULL)
        return true;
    if (!team_wishes(proposal, &wishes, error) || !team_lets(proposal, wishes, error))
        return false;
    *ret_is_early = team_first_day_ms(proposal, wishes) > clock_wall_ms();
    return true;
}

static bool
go_on(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    const char *consumer = proposal->place.name.consumer;
    bool is_early = false;
    if (proposal->is_landed || proposal->forge == NULL)
        return is_over(proposal, "none", outcome);
    if (lease_is_left_change(call->lease, proposal->place.change))
        return fail(
            error, ERR_WRONG_STATE,
            "consumer '%s': its change was not made, so there is nothing to build: see to the "
            "step that makes it and retry that first, then this",
            consumer);
    if (proposal->local.ours == NULL || call->lease->is_held)
        return proposal->local.ours == NULL
                   ? is_over(proposal, "none", outcome)
                   : waits(call, proposal, "its plan stands still", outcome);
    if (!ask_team(proposal, &is_early, error))
        return false;
    return is_early
               ? is_over(proposal, "none", outcome)
               : proposal_push(proposal, error) && look_at_builds(call, proposal, outcome, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Proposal) proposal = {0};
    g_autoptr(GError) failed = NULL;
    if (call_is_whole_step(call)) {
        waves_next(call, &(Waves){waves, G_N_ELEMENTS(waves), change_is_built, limits_of, NULL},
                   outcome);
        return true;
    }
    if (host_waits_still(call, outcome) ||
        (proposal_open(call, env, &proposal, &failed) && go_on(call, &proposal, outcome, &failed)))
        return true;
    return host_wait(call, &proposal, g_steal_pointer(&failed), outcome, error);
}

/* ---- proof, and back ---- */

/* A branch that is there is looked at again; nothing of it is ever half done. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Proposal) proposal = {0};
    outcome->kind = OUTCOME_NOT_APPLIED; /* handing out changes nothing */
    if (call_is_whole_step(call))
        return true;
    if (!proposal_open(call, env, &proposal, error))
        return false;
    if (proposal.tip == NULL)
        return true;
    outcome->kind = OUTCOME_PARTLY;
    outcome->checkpoint = evidence_of(&proposal, NULL);
    return true;
}

static bool
take_away(Proposal *proposal, Outcome *outcome, GError **error)
{
    const CodePlace *place = &proposal->place;
    bool is_ours = proposal_tip_is_ours(proposal) && proposal->pull.state != PULL_OPEN;
    if (is_ours && (!proposal_turn(proposal, error) || !proposal_confirm(proposal, error) ||
                    !remote_push(place->env->config, place->repository, place->branch, NULL,
                                 proposal->tip, error)))
        return false;
    json_t *evidence = evidence_of(proposal, NULL);
    json_set_bool(evidence, "removed", is_ours);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Proposal) proposal = {0};
    g_autoptr(GError) failed = NULL;
    if (call_is_whole_step(call) || host_waits_still(call, outcome) ||
        (proposal_open(call, env, &proposal, &failed) && take_away(&proposal, outcome, &failed)))
        return true;
    return host_wait(call, &proposal, g_steal_pointer(&failed), outcome, error);
}

const Action action_builds = {
    .id = ACTION_BUILDS,
    .check = proposal_check,
    .run = run,
    .probe = probe,
    .reverse = reverse,
};
