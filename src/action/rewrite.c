/*
 * rewrite.c - change consumers' code, each repository on a branch of its own.
 *
 * The step's task hands repositories out wave by wave, and looks for drift before each. A repository's task takes the
 * code as it is by then: where the files that name the dataset are as the plan saw them, it does as planned, whatever
 * else moved; where they are not, it goes on only inside of what was approved (the same mapping, the same kinds of edits,
 * at most so many), and otherwise leaves it to a person.
 */
#include "action/code_coding.h"
#include "action/code_place.h"
#include "action/code_queries.h"
#include "action/survey.h"
#include "action/table.h"
#include "action/waves.h"
#include "base/text.h"
#include "planner/changes.h"

#include <string.h>

/* The first alone, so that what is wrong with all of them is wrong with one; then more at once. */
static const size_t waves[] = {1, 10, 100, 1000};

#define PROOF_MS 60000 /* for the queries of one repository: its others wait meanwhile */

static bool
confirm_lease(void *data, GError **error)
{
    StepEnv *env = data;
    return env->confirm(env, error);
}

static ChangeGuard
guard_of(StepEnv *env)
{
    return (ChangeGuard){env->confirm != NULL ? confirm_lease : NULL, env};
}

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

static bool
query_goes_on(int64_t rows, void *data)
{
    (void) rows;
    return code_place_goes_on(data);
}

/* Old and new queries once more, over the rows of now. `*ret` NULL: none can be run. */
static bool
prove_queries(CodePlace *place, const Look *look, json_t **ret, GError **error)
{
    const char *url =
        json_get_string(json_object_get(place->call->plan->json, "source"), "url", "");
    g_autoptr(CodeQueries) queries = NULL;
    g_autoptr(json_t) proofs = NULL;
    if (!code_queries_open(place->env->config, url, place->rules, query_goes_on, place, &queries,
                           error))
        return false;
    if (queries != NULL && !code_queries_prove(queries, look, PROOF_MS, &proofs, error))
        return false;
    g_autoptr(json_t) different = code_queries_different(proofs);
    const json_t *first = json_array_get(different, 0);
    if (first != NULL)
        return fail(error, ERR_MISMATCH,
                    "consumer '%s': the query in line %d of '%s' gives other rows when it is "
                    "rewritten: %s; plan again, or skip this repository and see to it by hand",
                    place->name.consumer, (int) json_get_int(first, "line", 0),
                    json_get_string(first, "path", ""), json_get_string(first, "text", ""));
    *ret = g_steal_pointer(&proofs);
    return true;
}

static char *
message_of(const CodePlace *place, const Look *look, const json_t *queries, const json_t *coding,
           bool is_replanned)
{
    const json_t *plan = place->call->plan->json;
    ChangeStory story = {
        .name = &place->name,
        .source = json_get_string(json_object_get(plan, "source"), "ref", ""),
        .target = json_get_string(json_object_get(plan, "target"), "ref", ""),
        .mapping = json_get_string(json_object_get(plan, "mapping"), "path", NULL),
        .approved_by = json_object_get(place->call->lease->params, "approved_by"),
        .queries = queries,
        .coding = coding,
        .is_replanned = is_replanned,
        .upon = place->upon,
    };
    return change_message(&story, place->rules, look);
}

/* A branch of an earlier attempt is looked at where it stands; else the head of now counts. */
static bool
run_place(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(CodePlace) place = {0};
    g_auto(BranchState) state = {0};
    g_autoptr(Look) look = NULL;
    g_autoptr(json_t) queries = NULL, coding = NULL;
    g_autofree char *commit = NULL;
    ChangeGuard guard = guard_of(env);
    bool is_replanned = false;

    outcome->before_effect = true;
    if (!code_place_open(call, env, &place, error) ||
        !branch_look(place.repository, &place.name, &state, error) ||
        !code_place_look(&place, &state, &look, error) ||
        !code_place_approved(&place, look, &is_replanned, error) ||
        (state.ours == NULL && !code_coding_run(&place, look, &coding, error)) ||
        (state.ours == NULL && look->files_edited > 0 &&
         !prove_queries(&place, look, &queries, error)))
        return false;
    g_autofree char *message = message_of(&place, look, queries, coding, is_replanned);
    outcome->before_effect = false;
    if (look->files_edited > 0 && !change_make(place.repository, env->config, &place.name,
                                               place.rules, look, message, &guard, &commit, error))
        return false;
    json_t *evidence = code_place_evidence(&place, look, commit);
    if (is_replanned)
        json_set_bool(evidence, "replanned", true);
    if (queries != NULL)
        json_object_set_new(evidence, "queries", code_queries_count(queries));
    if (coding != NULL && !code_coding_put(&place, coding, evidence, error))
        return false;
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

/* Who said yes, as the server knew at the start. */
static bool
approved_by(const StepCall *call, StepEnv *env, json_t **ret, GError **error)
{
    g_autoptr(json_t) request = NULL;
    if (!request_read(call, env, &request, error))
        return false;
    json_t *names = json_object_get(request, "approved_by");
    *ret = json_is_array(names) ? json_incref(names) : json_array();
    return true;
}

static bool
next_wave(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_autoptr(json_t) names = NULL, params = json_object();
    if (!approved_by(call, env, &names, error))
        return false;
    json_object_set(params, "approved_by", names);
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
    ChangeGuard guard = guard_of(env);
    const char *base = json_get_string(call->lease->evidence, "base", NULL);
    const char *ours = json_get_string(call->lease->evidence, "commit", NULL);
    bool was_there = false;

    if (call_is_whole_step(call))
        return true;
    if (!code_place_open(call, env, &place, error) || !check_landed(&place, base, ours, error) ||
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
