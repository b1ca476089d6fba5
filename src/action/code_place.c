/* code_place.c - see code_place.h. */
#include "action/code_place.h"

#include "action/code_look.h"
#include "action/code_queries.h"
#include "change/written.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

#define PROOF_MS 60000 /* for the queries of one repository: its others wait meanwhile */

void
code_place_clear(CodePlace *place)
{
    repository_free(place->repository);
    change_rules_free(place->rules);
    g_free(place->branch);
    g_free(place->upon);
}

bool
code_place_open(const StepCall *call, StepEnv *env, CodePlace *ret, GError **error)
{
    const json_t *changes = json_object_get(call->plan->json, "changes");
    g_auto(CodePlace)
        place = {.call = call, .env = env, .change = change_find(changes, call->lease->key)};
    if (place.change == NULL)
        return fail(error, ERR_INVALID, "the plan changes nothing in '%s'", call->lease->key);
    const char *address = json_get_string(place.change, "repository", "");
    if (!repository_open(env->config, address, &place.repository, error) ||
        !code_rules_of_plan(call->plan, &place.rules, error))
        return false;
    place.rules->scope = change_scope_of(changes, place.change);
    place.branch = change_branch(call->plan, place.change);
    place.name = (ChangeName){
        .branch = place.branch,
        .migration = json_get_string(call->plan->json, "migration", ""),
        .plan = call->plan->digest,
        .consumer = json_get_string(place.change, "consumer", ""),
        .part = change_part(place.change),
    };
    *ret = place;
    place = (CodePlace){0};
    return true;
}

/* ---- where it stands ---- */

bool
code_place_goes_on(void *data)
{
    CodePlace *place = data;
    return place->env->tick(place->env, 0, 0, "", place->name.consumer);
}

static bool
confirm_lease(void *data, GError **error)
{
    StepEnv *env = data;
    return env->confirm(env, error);
}

ChangeGuard
code_place_guard(StepEnv *env)
{
    return (ChangeGuard){env->confirm != NULL ? confirm_lease : NULL, env};
}

/* The service on whose running commit the plan puts the change; NULL when `commit` is another. Borrowed. */
static const char *
planned_upon(const CodePlace *place, const char *commit)
{
    const json_t *upon = json_object_get(place->change, "upon");
    return strcmp(json_get_string(upon, "commit", ""), commit) == 0
               ? json_get_string(upon, "service", NULL)
               : NULL;
}

static bool
find_base(CodePlace *place, ChangeBase *ret, GError **error)
{
    const json_t *services = json_object_get(place->call->plan->json, "services");
    if (!code_base(place->repository, services, ret, error))
        return false;
    if (ret->service == NULL || planned_upon(place, ret->commit) != NULL)
        return true;
    return fail(error, ERR_MISMATCH,
                "consumer '%s': service '%s' runs commit %.12s of '%s', and the plan does not say "
                "that its change stands on that: '%s' held it then, and does no more; plan again, "
                "or skip this repository and see to it by hand",
                place->name.consumer, ret->service, ret->commit, place->repository->address,
                ret->branch);
}

bool
code_place_look(CodePlace *place, const BranchState *state, Look **ret, GError **error)
{
    g_auto(ChangeBase) base = {0};
    if (state->base == NULL && !find_base(place, &base, error))
        return false;
    const char *commit = state->base != NULL ? state->base : base.commit;
    if (!look_at(place->repository, place->rules, commit, code_place_goes_on, place, ret, error))
        return false;
    g_free(place->upon);
    place->upon = g_strdup(state->base != NULL ? planned_upon(place, commit) : base.service);
    look_withhold(*ret, place->rules, json_object_get(place->change, "withheld"));
    look_keep_small(*ret);
    if (state->ours == NULL || change_coding(place->change) == NULL ||
        change_take_written(place->repository, *ret, state->ours, error))
        return true;
    g_clear_pointer(ret, look_free);
    return false;
}

bool
code_place_stands(const CodePlace *place, const Look *look, GError **error)
{
    g_autofree char *branch = NULL, *head = NULL;
    bool is_there = false;
    if (!repository_head(place->repository, &branch, &head, error) ||
        !repository_has(place->repository, head, look->commit, &is_there, error))
        return false;
    return is_there || planned_upon(place, look->commit) != NULL ||
           fail(error, ERR_MISMATCH, "branch '%s' of '%s' stands on %.12s, which is not on '%s'",
                place->branch, place->repository->address, look->commit, branch);
}

/* ---- queries ---- */

static bool
query_goes_on(int64_t rows, void *data)
{
    (void) rows;
    return code_place_goes_on(data);
}

bool
code_place_prove(CodePlace *place, const Look *look, json_t **ret, GError **error)
{
    const char *url =
        json_get_string(json_object_get(place->call->plan->json, "source"), "url", "");
    g_autoptr(CodeQueries) queries = NULL;
    *ret = NULL;
    return code_queries_open(place->env->config, url, place->rules, query_goes_on, place, &queries,
                             error) &&
           (queries == NULL || code_queries_prove(queries, look, PROOF_MS, ret, error));
}

/* What was found out of it as a part when the plan was made. */
static void
put_planned(json_t *evidence, const json_t *change)
{
    static const char *const members[] = {"together", "checks"};
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (json_object_get(change, members[i]) != NULL)
            json_object_set(evidence, members[i], json_object_get(change, members[i]));
}

json_t *
code_place_evidence(const CodePlace *place, const Look *look, const char *commit)
{
    json_t *evidence = look_counts(look);
    json_set_string(evidence, "consumer", place->name.consumer);
    json_set_string(evidence, "repository", place->repository->address);
    json_set_string(evidence, "part", place->name.part);
    put_planned(evidence, place->change);
    json_set_string(evidence, "branch", place->branch);
    json_object_set_new(evidence, "commit", commit != NULL ? json_string(commit) : json_null());
    json_set_string(evidence, "base", look->commit);
    json_set_string(evidence, "base_branch", look->branch);
    json_set_string(evidence, "upon", place->upon);
    json_set_int(evidence, "files", look->files_edited);
    json_object_set_new(evidence, "languages", look_languages(look));
    if (look_written_sites(look) > 0)
        json_set_int(evidence, "by_agent", look_written_sites(look));
    return evidence;
}

/* ---- inside of what was approved ---- */

/* What goes beyond the plan, as half a sentence; NULL when nothing does. Caller frees. */
static char *
beyond(const json_t *change, const json_t *now)
{
    static const char *const counts[] = {"rewritten", "needs_person", "unparsable"};
    const json_t *planned = json_object_get(change, "counts"),
                 *seen = json_object_get(now, "counts");
    json_t *class;
    size_t i;
    for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        int64_t was = json_get_int(planned, counts[c], 0), is = json_get_int(seen, counts[c], 0);
        if (is > was)
            return g_strdup_printf("%" G_GINT64_FORMAT " places %s, the plan has %" G_GINT64_FORMAT,
                                   is,
                                   c == 0   ? "would be rewritten"
                                   : c == 1 ? "would be left to people"
                                            : "cannot be read",
                                   was);
    }
    json_array_foreach(json_object_get(now, "classes"), i, class) if (
        !json_holds(
            json_object_get(change, "classes"),
            json_string_value(class))) return g_strdup_printf("it would edit '%s', which no edit "
                                                              "of the plan does",
                                                              json_string_value(class));
    return NULL;
}

/* The first file that is not as the plan saw it. */
static const char *
moved_file(const json_t *before, const json_t *now)
{
    const char *path;
    json_t *blob;
    json_object_foreach((json_t *) now, path, blob)
    {
        const json_t *was = json_object_get(before, path);
        if (was == NULL || !json_equal((json_t *) was, blob))
            return path;
    }
    json_object_foreach((json_t *) before, path,
                        blob) if (json_object_get(now, path) == NULL) return path;
    return NULL;
}

bool
code_place_approved(const CodePlace *place, const Look *look, bool *ret_is_replanned,
                    GError **error)
{
    g_autoptr(json_t) now = json_object();
    code_put_look(look, now);
    const char *path =
        moved_file(json_object_get(place->change, "blobs"), json_object_get(now, "blobs"));
    *ret_is_replanned = path != NULL;
    if (path == NULL)
        return true;
    g_autofree char *more = beyond(place->change, now);
    return more == NULL ||
           fail(error, ERR_MISMATCH,
                "consumer '%s': '%s' in '%s' is not as the plan saw it, and %s; set it back and "
                "retry, or skip this repository and see to it by hand",
                place->name.consumer, path, place->repository->address, more);
}

/* ---- after the way back ---- */

/* A repository that is gone has no branch. */
static bool
must_be_back(const StepCall *call, StepEnv *env, const json_t *change, GError **error)
{
    g_autoptr(Repository) repository = NULL;
    g_auto(BranchState) state = {0};
    g_autofree char *branch = change_branch(call->plan, change);
    ChangeName name = {branch, json_get_string(call->plan->json, "migration", ""),
                       call->plan->digest, json_get_string(change, "consumer", ""),
                       change_part(change)};
    const char *address = json_get_string(change, "repository", "");

    if (!repository_open(env->config, address, &repository, NULL))
        return true;
    return branch_look(repository, &name, &state, error) &&
           (state.ours == NULL ||
            fail(error, ERR_MISMATCH, "branch '%s' is left in '%s'", branch, address));
}

bool
code_must_be_back(const StepCall *call, StepEnv *env, GError **error)
{
    json_t *change;
    size_t i;
    json_array_foreach(json_object_get(call->plan->json, "changes"), i, change)
    {
        if (!env->tick(env, (int64_t) i, 0, "repositories", "looking whether all is back"))
            return fail(error, ERR_STOPPED, "asked to stop");
        if (change_is_made(change) && !must_be_back(call, env, change, error))
            return false;
    }
    return true;
}
