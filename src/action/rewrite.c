/*
 * rewrite.c - change consumers' code, each repository on a branch of its own.
 *
 * The step's task hands repositories out wave by wave, and looks for drift before each. A repository's task takes the
 * code as it is by then: where the files that name the dataset are as the plan saw them, it does as planned, whatever
 * else moved; where they are not, it goes on only inside of what was approved (the same mapping, the same kinds of edits,
 * at most so many), and otherwise leaves it to a person.
 */
#include "action/code_make.h"
#include "action/survey.h"
#include "action/table.h"
#include "action/waves.h"
#include "base/text.h"
#include "planner/changes.h"

#include <string.h>

/* The first alone, so that what is wrong with all of them is wrong with one; then more at once. */
static const size_t waves[] = {1, 10, 100, 1000};

/* ---- forward ---- */

static bool
check_place(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(CodePlace) place = {0};
    g_auto(BranchState) state = {0};

    if (!code_place_open(call, env, &place, error) ||
        !branch_look(place.repository, &place.name, &state, error) ||
        !branch_must_be_ours(place.repository, &place.name, &state, error))
        return false;
    *ret = state.kind == BRANCH_OURS ? WORLD_ALREADY : WORLD_EXPECTED;
    *ret_state = json_object();
    json_set_string(*ret_state, "branch", place.branch);
    json_set_string(*ret_state, "commit", state.ours);
    json_set_string(*ret_state, "base", state.base);
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    return call_is_whole_step(call) ? datasets_drift(call, env, ret, ret_state, error)
                                    : check_place(call, env, ret, ret_state, error);
}

/* A branch of an earlier attempt is looked at where it stands; else the head of now counts. */
static bool
run_place(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(CodePlace) place = {0};
    g_auto(BranchState) state = {0};
    json_t *evidence = NULL;

    outcome->before_effect = true;
    if (!code_place_open(call, env, &place, error) ||
        !branch_look(place.repository, &place.name, &state, error) ||
        !code_make(&place, &state, &outcome->before_effect, &evidence, error))
        return false;
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

static bool
next_wave(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_autoptr(json_t) params = NULL;
    if (!code_make_params(call, env, &params, error))
        return false;
    waves_next(call, &(Waves){waves, G_N_ELEMENTS(waves), change_is_made, NULL, params}, outcome);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    return call_is_whole_step(call) ? next_wave(call, env, outcome, error)
                                    : run_place(call, env, outcome, error);
}

/* ---- proof ---- */

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(CodePlace) place = {0};
    g_auto(BranchState) state = {0};
    g_autoptr(Look) look = NULL;

    if (call_is_whole_step(call))
        return true;
    if (!code_place_open(call, env, &place, error) ||
        !branch_look(place.repository, &place.name, &state, error) ||
        !code_place_look(&place, &state, &look, error))
        return false;
    if (state.kind == BRANCH_ABSENT && look->files_edited == 0)
        return true; /* somebody has done all of it by hand */
    return change_prove(place.repository, &place.name, place.rules, look, error) &&
           code_place_stands(&place, look, error);
}

/* Whoever still works on it is waited for, and asks for the server's word before it counts. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(CodePlace) place = {0};
    g_auto(BranchState) state = {0};
    g_autoptr(Look) look = NULL;
    AUTO_FD lock = -1;

    outcome->kind = OUTCOME_NOT_APPLIED; /* handing out changes nothing */
    if (call_is_whole_step(call))
        return true;
    if (!code_place_open(call, env, &place, error) ||
        !change_lock(place.repository, &lock, error) ||
        !branch_look(place.repository, &place.name, &state, error))
        return false;
    if (state.ours == NULL)
        return true;
    if (!code_place_look(&place, &state, &look, error))
        return false;
    outcome_is(outcome, OUTCOME_APPLIED, code_place_evidence(&place, look, state.ours));
    return true;
}

/* ---- back ---- */

/* Honk touches no branch of people, so what they merged they have to take back. */
static bool
check_landed(const CodePlace *place, const char *base, const char *ours, GError **error)
{
    g_autofree char *path = NULL, *branch = NULL, *commit = NULL, *made = NULL;
    if (base == NULL)
        return true;
    if (!repository_commit(place->repository, base, &commit, error))
        return false;
    if (commit == NULL)
        return true; /* git has cleared it away */
    if ((ours != NULL && !repository_commit(place->repository, ours, &made, error)) ||
        !change_landed(place->repository, place->rules, base, made, &path, &branch, error))
        return false;
    return path == NULL ||
           fail(error, ERR_WRONG_STATE,
                "consumer '%s': branch '%s' of '%s' was merged into '%s' (%s names the new dataset "
                "there): revert it there, then retry",
                place->name.consumer, place->branch, place->repository->address, branch, path);
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(CodePlace) place = {0};
    ChangeGuard guard = code_place_guard(env);
    g_auto(BranchState) state = {0};
    const char *base = json_get_string(call->lease->evidence, "base", NULL);
    const char *ours = json_get_string(call->lease->evidence, "commit", NULL);
    bool was_there = false;

    if (call_is_whole_step(call))
        return true;
    if (!code_place_open(call, env, &place, error) ||
        !branch_look(place.repository, &place.name, &state, error))
        return false;
    if (state.ours != NULL) { /* it may have been made anew since */
        base = state.base;
        ours = state.ours;
    }
    if (!check_landed(&place, base, ours, error) ||
        !change_remove(place.repository, &place.name, &guard, &was_there, error))
        return false;
    json_t *evidence = json_object();
    json_set_string(evidence, "branch", place.branch);
    json_set_bool(evidence, "removed", was_there);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

const Action action_rewrite = {
    .id = ACTION_REWRITE,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
