/*
 * propose.c - propose changes of consumers' code on their hosts, and wait until people merge them.
 *
 * The step's task hands repositories out wave by wave: the next ones are proposed when those before are merged. A
 * repository's task pushes the branch and opens one pull request for it, both only where they are not there yet; then it looks
 * now and then what became of it. Whatever a lost worker did is found there by the branch's name.
 *
 * On the way back what is open is closed, what was merged is proposed to be taken back, and waited for.
 */
#include "action/code_make.h"
#include "action/conflict.h"
#include "action/host_wait.h"
#include "action/leaving.h"
#include "action/merging.h"
#include "action/table.h"
#include "action/taking_back.h"
#include "action/team.h"
#include "action/wave_health.h"
#include "action/waves.h"
#include "base/clock.h"
#include "base/text.h"
#include "planner/changes.h"

#include <string.h>

/* The first by itself: what is wrong with all is wrong with one. Then as many as people can read at a time. */
static const size_t waves[] = {1, 5, 20, 50};

/* Of its host's builds; the address is "acme:player". Caller frees. */
static char *
builds_limit(const json_t *change)
{
    const char *address = json_get_string(change, "repository", "");
    return g_strdup_printf("builds:%.*s", (int) strcspn(address, ":"), address);
}

/* So many as one owner has open, as a repository has, and as a host's builds bear, are open at once; who may change that does it
 * while it runs (honk limits), and its team in its own file. What stays together counts for each of its owners, the first three at
 * least. */
static json_t *
limits_of(const json_t *change)
{
    const char *owner = json_get_string(change, "owner", "");
    const json_t *owners = json_object_get(json_object_get(change, "part"), "owners");
    g_autofree char *builds = builds_limit(change);
    const char *address = json_get_string(change, "repository", "");
    int64_t most = json_get_int(json_object_get(change, "limits"), "pulls", 0);
    json_t *limits = json_pack("[s]", builds), *one;
    size_t i;
    json_array_append_new(limits, json_sprintf("pulls-in:%s", address));
    if (most > 0)
        json_array_append_new(limits,
                              json_sprintf("pulls-in:%s<=%" G_GINT64_FORMAT, address, most));
    if (owners == NULL && *owner != '\0')
        json_array_append_new(limits, json_sprintf("pulls:%s", owner));
    json_array_foreach(owners, i, one) if (json_array_size(limits) < OUTCOME_LIMITS_MAX)
        json_array_append_new(limits, json_sprintf("pulls:%s", json_string_value(one)));
    return limits;
}

static bool
next_wave(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_autoptr(json_t) params = NULL;
    size_t count = waves_done(call);
    bool goes_on = false;
    if (!code_make_params(call, env, &params, error))
        return false;
    const Waves all = {waves, G_N_ELEMENTS(waves), change_is_proposed, limits_of, params};
    if (!wave_health(call, env, waves_begin(&all, count), count, outcome, &goes_on, error))
        return false;
    if (goes_on)
        waves_next(call, &all, outcome);
    return true;
}

/* ---- waiting ---- */

static const char *
words_of_checks(ChecksState checks)
{
    static const char *const words[] = {
        [CHECKS_NONE] = "",
        [CHECKS_PASSED] = "; its checks passed",
        [CHECKS_RUNNING] = "; its checks are running",
        [CHECKS_FAILED] = "; its checks FAILED",
    };
    return words[checks];
}

/* Builds that are over need no place any more. Those of a moment ago may not have begun: the host says nothing of them yet. */
static void
leave_builds(const Proposal *proposal, ChecksState checks, Outcome *outcome)
{
    const json_t *before = proposal->place.call->lease->checkpoint;
    bool is_new = json_object_get(before, "pull") == NULL;
    if (checks == CHECKS_RUNNING || (checks == CHECKS_NONE && is_new))
        return;
    g_autofree char *builds = builds_limit(proposal->place.change);
    outcome->frees = json_pack("[s]", builds);
}

/* Where nobody but Honk has to look at it. `*ret_why`: what it waits for, or what the host says against it; NULL: people. */
static bool
merge_if_let(Proposal *proposal, ChecksState checks, char **ret_why, GError **error)
{
    g_autofree char *refusal = NULL;
    Merging merging = MERGING_NONE;
    if (!merging_look(proposal, checks, &merging, ret_why, error))
        return false;
    if (merging != MERGING_NOW)
        return true;
    if (!proposal_confirm(proposal, error) ||
        !forge_merge(proposal->forge, &proposal->pull, &refusal, error))
        return false;
    *ret_why = refusal != NULL ? g_strdup_printf("its host does not let Honk merge it: %s", refusal)
                               : g_strdup("Honk has merged it");
    return refusal == NULL || conflict_see_to_refused(proposal, error);
}

/* Also of a commit that was made anew. */
static bool
show(Proposal *proposal, GError **error)
{
    return proposal_push(proposal, error) &&
           (proposal->pull.state != PULL_OPEN || proposal_reword(proposal, error));
}

static bool
wait_for_merge(Proposal *proposal, Outcome *outcome, GError **error)
{
    ChecksState checks = CHECKS_NONE;
    g_autofree char *why = NULL;
    if (!forge_checks(proposal->forge, &proposal->pull, &checks, error) ||
        !merge_if_let(proposal, checks, &why, error) || !show(proposal, error))
        return false;
    g_autofree char *what = proposal_words(proposal, &proposal->pull);
    g_autofree char *conflict = conflict_words(proposal);
    g_autofree char *waits =
        g_strdup_printf("waits until %s is merged%s%s%s%s", what, words_of_checks(checks),
                        why != NULL ? "; " : "", why != NULL ? why : "", conflict);
    json_t *checkpoint = proposal_evidence(proposal);
    json_set_string(json_object_get(checkpoint, "pull"), "checks", checks_state_name(checks));
    leave_builds(proposal, checks, outcome);
    return proposal_wait(proposal, waits, 0, checkpoint, outcome);
}

/* ---- forward ---- */

static bool
is_done(const Proposal *proposal)
{
    if (proposal->local.ours == NULL || proposal->is_landed || proposal->is_void ||
        proposal->pull.state == PULL_MERGED)
        return true;
    bool is_deployed_before =
        strcmp(json_get_string(proposal->place.change, "deploy", ""), "branch") == 0;
    return is_deployed_before && proposal->tip != NULL &&
           (proposal->forge == NULL || proposal->pull.state == PULL_OPEN);
}

static bool
refuse_closed(const Proposal *proposal, GError **error)
{
    g_autofree char *what = proposal_words(proposal, &proposal->pull);
    return fail(error, ERR_WRONG_STATE,
                "consumer '%s': somebody closed %s without merging it: let them open it again and "
                "retry, or skip this repository and see to it by hand",
                proposal->place.name.consumer, what);
}

static bool
submit(Proposal *proposal, GError **error)
{
    g_autofree char *title = NULL, *body = NULL;
    if (proposal->pull.state != PULL_NONE)
        return true;
    title = proposal_title(proposal);
    return proposal_body(proposal, &body, error) &&
           proposal_submit(proposal, proposal->place.branch, title, body, &proposal->pull, error);
}

/* A host without pull requests shows nothing but the branch. */
static bool
is_shown(const Proposal *proposal)
{
    return proposal->forge != NULL ? proposal->pull.state != PULL_NONE : proposal->tip != NULL;
}

static bool
submit_and_wait(Proposal *proposal, Outcome *outcome, GError **error)
{
    g_autofree char *waits = NULL;
    if (!show(proposal, error))
        return false;
    if (proposal->forge != NULL)
        return submit(proposal, error) && proposal_introduce(proposal, &proposal->pull, error) &&
               wait_for_merge(proposal, outcome, error);
    g_autofree char *conflict = conflict_words(proposal);
    waits = g_strdup_printf("waits until branch '%s' of '%s' is merged into '%s'%s",
                            proposal->place.branch, proposal->place.repository->address,
                            proposal->base, conflict);
    return proposal_wait(proposal, waits, 0, proposal_evidence(proposal), outcome);
}

/* Its team asked for time. The task looks again that day, or as soon as somebody retries it. */
static bool
wait_for_day(const Proposal *proposal, int64_t day_ms, Outcome *outcome)
{
    g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc(day_ms / 1000);
    g_autofree char *date = g_date_time_format(day, "%Y-%m-%d");
    g_autofree char *waits = g_strdup_printf(
        "waits until %s: its team wants no proposal before (" WISHES_PATH ")", date);
    return proposal_wait(proposal, waits, day_ms, proposal_evidence(proposal), outcome);
}

/* Before anything is shown over there: its team's own file, as it is now. `*ret`: it waits. */
static bool
ask_team(const Proposal *proposal, Outcome *outcome, bool *ret, GError **error)
{
    g_autoptr(Wishes) wishes = NULL;
    *ret = false;
    if (is_shown(proposal))
        return true;
    if (!team_wishes(proposal, &wishes, error) || !team_lets(proposal, wishes, error))
        return false;
    int64_t now_ms = clock_wall_ms(), day_ms = team_first_day_ms(proposal, wishes);
    bool is_open = wishes == NULL || !wishes->keeps_hours || wishes_is_open(wishes, now_ms);
    *ret = day_ms > now_ms || !is_open;
    if (day_ms > now_ms)
        return wait_for_day(proposal, day_ms, outcome);
    return is_open || proposal_wait(proposal, "waits for the hours of its team (" WISHES_PATH ")",
                                    0, proposal_evidence(proposal), outcome);
}

/* Its branch was not made, or does not build, and the plan went on without it. */
static bool
check_not_left(const StepCall *call, const Proposal *proposal, GError **error)
{
    const char *consumer = proposal->place.name.consumer;
    bool has_landed = proposal->is_landed || proposal->pull.state == PULL_MERGED;
    return has_landed || !lease_is_left_change(call->lease, proposal->place.change) ||
           fail(error, ERR_WRONG_STATE,
                "consumer '%s': its change was not made, or does not build, so nothing is "
                "proposed: see "
                "to the step in which it failed and retry that first, then this",
                consumer);
}

/* Nothing is made anew while its plan stands still. How it was last seen is kept where that fails. */
static bool
see_to_conflict(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    if (is_done(proposal) || call->lease->is_held || conflict_see_to(proposal, error))
        return true;
    outcome->checkpoint = proposal_evidence(proposal);
    return false;
}

static bool
propose_it(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    bool is_new = proposal->pull.state == PULL_NONE, waits = false;
    if (call->lease->is_held && is_new)
        return proposal_wait(proposal, "its plan stands still", 0, proposal_evidence(proposal),
                             outcome);
    if (!is_done(proposal) && !ask_team(proposal, outcome, &waits, error)) {
        outcome->checkpoint = proposal_evidence(proposal);
        return false;
    }
    if (waits)
        return true;
    if (!see_to_conflict(call, proposal, outcome, error))
        return false;
    if (!is_done(proposal) && proposal->pull.state == PULL_CLOSED) {
        outcome->checkpoint = proposal_evidence(proposal);
        return refuse_closed(proposal, error);
    }
    return is_done(proposal) || submit_and_wait(proposal, outcome, error);
}

static bool
go_on(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    if (!check_not_left(call, proposal, error))
        return false;
    if (!is_done(proposal) && !propose_it(call, proposal, outcome, error))
        return false;
    if (is_done(proposal)) {
        json_decref(outcome->checkpoint);
        outcome->checkpoint = NULL;
        g_clear_pointer(&outcome->message, g_free);
        outcome_is(outcome, OUTCOME_DONE, proposal_evidence(proposal));
    }
    return true;
}

typedef bool GoOn(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error);

static bool
look_and(GoOn *go, const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Proposal) proposal = {0};
    g_autoptr(GError) failed = NULL;
    if (host_waits_still(call, outcome) ||
        (proposal_open(call, env, &proposal, &failed) && go(call, &proposal, outcome, &failed)))
        return true;
    return host_wait(call, &proposal, g_steal_pointer(&failed), outcome, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    if (call_is_whole_step(call))
        return next_wave(call, env, outcome, error);
    return look_and(leaving_is_asked(call) ? leaving : go_on, call, env, outcome, error);
}

/* ---- proof ---- */

/* Nothing of it is ever half done, and doing it again looks first: whoever comes next goes on. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Proposal) proposal = {0};
    outcome->kind = OUTCOME_NOT_APPLIED; /* handing out changes nothing */
    if (call_is_whole_step(call))
        return true;
    if (!proposal_open(call, env, &proposal, error))
        return false;
    if (proposal.tip == NULL && proposal.pull.state == PULL_NONE)
        return true;
    if (is_done(&proposal)) {
        outcome_is(outcome, OUTCOME_APPLIED, proposal_evidence(&proposal));
        return true;
    }
    outcome->kind = OUTCOME_PARTLY;
    outcome->checkpoint = proposal_evidence(&proposal);
    return true;
}

/* ---- back ---- */

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_assert(call->lease->phase == PHASE_REVERSE);
    return call_is_whole_step(call) || look_and(taking_back, call, env, outcome, error);
}

const Action action_propose = {
    .id = ACTION_PROPOSE,
    .check = proposal_check,
    .run = run,
    .probe = probe,
    .reverse = reverse,
};
