/* code_make.c - see code_make.h. */
#include "action/code_make.h"

#include "action/code_coding.h"
#include "action/code_queries.h"
#include "action/owners.h"
#include "action/survey.h"
#include "change/written.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

/* ---- queries ---- */

/* Old and new queries once more, over the rows of now. `*ret` NULL: none can be run. */
static bool
prove_queries(CodePlace *place, const Look *look, json_t **ret, GError **error)
{
    g_autoptr(json_t) proofs = NULL;
    if (!code_place_prove(place, look, &proofs, error))
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

/* ---- the commit ---- */

/* One change on its way to its branch. */
typedef struct {
    CodePlace *place;
    Look *look;
    json_t *queries, *coding; /* what came of them; NULL: nothing */
    json_t *owners;           /* who is named for what changes: owners.h */
    const char *replaces;     /* our commit in whose place it comes; NULL: none. Borrowed */
    bool is_replanned;
    char *commit; /* NULL: nothing was to be changed */
} Making;

static void
making_clear(Making *making)
{
    look_free(making->look);
    json_decref(making->queries);
    json_decref(making->coding);
    json_decref(making->owners);
    g_free(making->commit);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Making, making_clear)

/* "group:default/data, @ada"; NULL where it is all of the repository's. Caller frees. */
static char *
owners_of(const json_t *change)
{
    const json_t *owners = json_object_get(json_object_get(change, "part"), "owners");
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *owner;
    size_t i;
    json_array_foreach(owners, i, owner)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", json_string_value(owner));
    if (text->len == 0)
        g_string_append(text, "nobody in particular");
    return owners != NULL ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* The other parts of the repository's change. Caller owns. */
static json_t *
siblings_of(const CodePlace *place)
{
    const Plan *plan = place->call->plan;
    json_t *siblings = json_array(), *change;
    size_t i;
    json_array_foreach(json_object_get(plan->json, "changes"), i, change)
    {
        if (place->name.part == NULL || change == place->change || !change_is_made(change) ||
            !change_key_is_of(change_key(change), place->repository->address))
            continue;
        g_autofree char *branch = change_branch(plan, change), *owners = owners_of(change);
        json_array_append_new(siblings,
                              json_pack("{s:s, s:s}", "branch", branch, "owners", owners));
    }
    return siblings;
}

static char *
message_of(const Making *making)
{
    const CodePlace *place = making->place;
    const json_t *plan = place->call->plan->json;
    g_autoptr(json_t) siblings = siblings_of(place);
    g_autofree char *owners = owners_of(place->change);
    ChangeStory story = {
        .name = &place->name,
        .source = json_get_string(json_object_get(plan, "source"), "ref", ""),
        .target = json_get_string(json_object_get(plan, "target"), "ref", ""),
        .mapping = json_get_string(json_object_get(plan, "mapping"), "path", NULL),
        .approved_by = json_object_get(place->call->lease->params, "approved_by"),
        .queries = making->queries,
        .coding = making->coding,
        .is_replanned = making->is_replanned,
        .upon = place->upon,
        .replaces = making->replaces,
        .named = making->owners,
        .owners = owners,
        .siblings = siblings,
        .together = json_object_get(place->change, "together"),
        .checks = json_object_get(place->change, "checks"),
    };
    return change_message(&story, place->rules, making->look);
}

static bool
commit_it(Making *making, GError **error)
{
    CodePlace *place = making->place;
    ChangeGuard guard = code_place_guard(place->env);
    if (!owners_to_name(place, making->look, &making->owners, error))
        return false;
    g_autofree char *message = message_of(making);
    return change_make(place->repository, place->env->config, &place->name, place->rules,
                       making->look, message, making->replaces, &guard, &making->commit, error);
}

bool
code_make_params(const StepCall *call, StepEnv *env, json_t **ret, GError **error)
{
    g_autoptr(json_t) request = NULL;
    if (!request_read(call, env, &request, error))
        return false;
    json_t *names = json_object_get(request, "approved_by");
    *ret = json_object();
    json_object_set_new(*ret, "approved_by",
                        json_is_array(names) ? json_incref(names) : json_array());
    return true;
}

/* ---- the first time ---- */

bool
code_make(CodePlace *place, const BranchState *state, bool *is_before_effect, json_t **ret_evidence,
          GError **error)
{
    g_auto(Making) making = {.place = place};
    bool is_new = state->ours == NULL;
    if (!code_place_look(place, state, &making.look, error) ||
        !code_place_approved(place, making.look, &making.is_replanned, error) ||
        (is_new && !code_coding_run(place, making.look, &making.coding, error)))
        return false;
    bool edits = making.look->files_edited > 0;
    if (is_new && edits && !prove_queries(place, making.look, &making.queries, error))
        return false;
    *is_before_effect = false;
    if (edits && !commit_it(&making, error))
        return false;
    g_autoptr(json_t) evidence = code_place_evidence(place, making.look, making.commit);
    if (making.is_replanned)
        json_set_bool(evidence, "replanned", true);
    if (json_array_size(making.owners) > 0)
        json_object_set(evidence, "owners", making.owners);
    if (making.queries != NULL)
        json_object_set_new(evidence, "queries", code_queries_count(making.queries));
    if (making.coding != NULL && !code_coding_put(place, making.coding, evidence, error))
        return false;
    *ret_evidence = g_steal_pointer(&evidence);
    return true;
}

/* ---- anew ---- */

static const LookFile *
find_file(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

/* What a coding agent wrote, where its file has not moved. False: some of it has. */
static bool
take_over(const Look *before, Look *now)
{
    bool is_all = true;
    for (guint i = 0; i < now->files->len; i++) {
        LookFile *file = now->files->pdata[i];
        const LookFile *old = find_file(before, file->path);
        if (file->written != NULL || !look_file_is_open(now, file))
            continue;
        bool is_same = old != NULL && strcmp(old->blob, file->blob) == 0;
        if (is_same && old->written != NULL)
            look_write(now, file, old->written, old->written_bytes);
        is_all = is_all && is_same;
    }
    return is_all;
}

/* What moved under the agent it is asked for once more. Where the new dataset has the old one's name, there are no rows left to
 * hold that against. */
static bool
write_anew(Making *making, const BranchState *old, GError **error)
{
    CodePlace *place = making->place;
    g_autoptr(Look) before = NULL;
    if (change_coding(place->change) == NULL)
        return true;
    char *upon = g_steal_pointer(&place->upon); /* of now; looking back finds that of then */
    bool is_seen = code_place_look(place, old, &before, error);
    g_free(place->upon);
    place->upon = upon;
    if (!is_seen)
        return false;
    if (take_over(before, making->look))
        return true;
    for (guint i = 0; i < making->look->files->len; i++)
        look_unwrite(making->look, making->look->files->pdata[i]);
    if (place->rules->is_in_place)
        return fail(
            error, ERR_MISMATCH,
            "consumer '%s': in '%s', what came in since was in the way of what a coding agent "
            "wrote: see to it by hand on branch '%s', and retry",
            place->name.consumer, place->repository->address, place->branch);
    return code_coding_run(place, making->look, &making->coding, error);
}

static bool
prove_and_set(Making *making, GError **error)
{
    CodePlace *place = making->place;
    bool has_rows = !place->rules->is_in_place; /* the old ones are still there */
    if (making->look->files_edited == 0)
        return fail(error, ERR_MISMATCH,
                    "consumer '%s': the coding agent did not do it again: see to '%s' by hand on "
                    "branch '%s', and retry",
                    place->name.consumer, place->repository->address, place->branch);
    return (!has_rows || prove_queries(place, making->look, &making->queries, error)) &&
           commit_it(making, error) &&
           change_prove(place->repository, &place->name, place->rules, making->look, error) &&
           code_place_stands(place, making->look, error);
}

static bool
is_nothing(const Look *look)
{
    return look->files_edited == 0 && look_open_sites(look) == 0 && look_kept(look) == NULL;
}

/* Its team has thought again since the plan was made. */
static bool
check_not_kept(const CodePlace *place, const Look *look, GError **error)
{
    const char *why = look_kept(look);
    return why == NULL || fail(error, ERR_MISMATCH,
                               "consumer '%s': '%s' is in the way of its change, and it is not "
                               "made anew: %s; see to it by hand on branch '%s' and retry, or "
                               "skip this repository",
                               place->name.consumer, look->branch, why, place->branch);
}

/* `*ret` NULL: it would stand on the same commit. Caller frees. */
static bool
look_anew(CodePlace *place, const BranchState *old, Look **ret, GError **error)
{
    const BranchState none = {0};
    if (!code_place_look(place, &none, ret, error))
        return false;
    if (strcmp((*ret)->commit, old->base) == 0)
        g_clear_pointer(ret, look_free);
    return true;
}

bool
code_nothing_left(CodePlace *place, const BranchState *old, bool *ret, GError **error)
{
    g_autoptr(Look) look = NULL;
    if (!look_anew(place, old, &look, error))
        return false;
    *ret = look != NULL && is_nothing(look);
    return true;
}

bool
code_remake(CodePlace *place, const BranchState *old, Remade *ret, GError **error)
{
    g_auto(Making) making = {.place = place, .replaces = old->ours};
    if (!look_anew(place, old, &making.look, error))
        return false;
    *ret = making.look == NULL       ? REMADE_SAME
           : is_nothing(making.look) ? REMADE_NOTHING
                                     : REMADE_DONE;
    return *ret != REMADE_DONE ||
           (check_not_kept(place, making.look, error) &&
            code_place_approved(place, making.look, &making.is_replanned, error) &&
            write_anew(&making, old, error) && prove_and_set(&making, error));
}
