/*
 * code.c - look through consumers' repositories when a plan is made and when drift is looked for.
 *
 * Thousands of repositories are looked through on all cores; the thread that has the lease collects what the others find,
 * and tells how far it is.
 */
#include "action/code.h"

#include "action/code_queries.h"
#include "base/text.h"
#include "planner/changes.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define COLLECT_WAIT_MS 100 /* between two ticks */
#define PROOF_MS 20000 /* for the queries of one repository, while somebody waits for the plan */

/* ---- rules ---- */

bool
code_rules_of_plan(const Plan *plan, ChangeRules **ret, GError **error)
{
    const json_t *json = plan->json;
    ChangeMove move = {
        .source = json_object_get(json, "source"),
        .target = json_object_get(json, "target"),
        .mapping = json_object_get(json, "mapping"),
        .source_schema = json_at(json, "snapshot.source_schema"),
        .target_schema = json_at(json, "snapshot.target_schema"),
    };
    return change_rules_new(&move, ret, error);
}

/* A copy of the rows as they are leaves the columns as they are. */
bool
code_rules_of_slice(const json_t *slice, ChangeRules **ret, GError **error)
{
    const char *strategy = json_get_string(json_at(slice, "entity.spec"), "migration_strategy", "");
    bool is_copy = strcmp(strategy, "bulk-copy") == 0;
    ChangeMove move = {
        .source = json_object_get(slice, "source"),
        .target = json_object_get(slice, "target"),
        .mapping = is_copy ? NULL : json_object_get(slice, "mapping"),
        .source_schema = json_at(slice, "source.schema"),
        .target_schema = json_at(slice, "target.schema"),
    };
    return change_rules_new(&move, ret, error);
}

/* ---- whose code ---- */

/* One repository belongs to the first who names it; consumers by lineage come first. */
static void
add_places(json_t *places, GHashTable *known, const json_t *list, const char *found_by)
{
    json_t *consumer;
    size_t i;
    json_array_foreach(list, i, consumer)
    {
        const char *repository = json_get_string(consumer, "repository", NULL);
        if (repository == NULL || !g_hash_table_add(known, g_strdup(repository)))
            continue;
        json_t *place = json_object();
        json_set_string(
            place, "consumer",
            json_get_string(consumer, "consumer", json_get_string(consumer, "ref", "")));
        json_set_string(place, "owner", json_get_string(consumer, "owner", ""));
        json_set_string(place, "repository", repository);
        json_set_string(place, "deploy", json_get_string(consumer, "deploy", "merge"));
        json_set_string(place, "found_by", json_get_string(consumer, "found_by", found_by));
        json_array_append_new(places, place);
    }
}

static json_t *
find_places(const json_t *slice, const json_t *changes)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *places = json_array();
    const json_t *consumers = json_object_get(slice, "consumers");
    if (consumers == NULL) {
        add_places(places, known, changes, "lineage");
        return places;
    }
    add_places(places, known, consumers, "lineage");
    add_places(places, known, json_object_get(slice, "scanned"), "scan");
    return places;
}

/* ---- one repository, in any thread ---- */

typedef struct {
    json_t *change; /* a place, and then all that was found */
    char *diff;     /* "" or NULL: there is none */
    GError *error;
} Found;

static void
found_free(Found *found)
{
    json_decref(found->change);
    g_free(found->diff);
    g_clear_error(&found->error);
    g_free(found);
}

typedef struct {
    const Config *config;
    const ChangeRules *rules;
    const char *source; /* address of the source */
    bool is_planning;   /* diffs are kept, and queries are run */
    gint is_stopping;   /* atomic */
    /* Of pthread, because the thread sanitizer cannot see GLib's. */
    pthread_mutex_t lock;
    pthread_cond_t came;
    GPtrArray *waiting; /* Found *, in no order: nobody has looked at them yet */
    GQueue done;        /* Found *: looked through, and not collected yet */
} Survey;

static bool
goes_on(void *data)
{
    Survey *survey = data;
    return !g_atomic_int_get(&survey->is_stopping);
}

void
code_put_look(const Look *look, json_t *change)
{
    json_object_set_new(change, "blobs", look_blobs(look));
    json_object_set_new(change, "counts", look_counts(look));
    json_object_set_new(change, "classes", look_classes(look));
    json_object_set_new(change, "reasons", look_reasons(look));
}

static void
put_nothing(json_t *change)
{
    json_object_set_new(change, "blobs", json_object());
    json_object_set_new(change, "counts",
                        json_pack("{s:i, s:i, s:i, s:i, s:i}", "rewritten", 0, "already", 0,
                                  "unaffected", 0, "needs_person", 0, "unparsable", 0));
    json_object_set_new(change, "classes", json_array());
    json_object_set_new(change, "reasons", json_array());
    json_object_set_new(change, "diff", json_null());
}

static bool
query_goes_on(int64_t rows, void *data)
{
    (void) rows;
    return goes_on(data);
}

/* What gives other rows stays as it is. A store that cannot be asked proves nothing. */
static bool
prove_queries(Survey *survey, Look *look, json_t *change, GError **error)
{
    g_autoptr(CodeQueries) queries = NULL;
    g_autoptr(json_t) proofs = NULL;
    if (look->files_edited == 0 ||
        !code_queries_open(survey->config, survey->source, survey->rules, query_goes_on, survey,
                           &queries, NULL) ||
        queries == NULL)
        return true;
    if (!code_queries_prove(queries, look, PROOF_MS, &proofs, error))
        return false;
    g_autoptr(json_t) different = code_queries_different(proofs);
    look_withhold(look, different);
    if (json_array_size(different) > 0)
        json_object_set(change, "withheld", different);
    json_object_set_new(change, "queries", code_queries_count(proofs));
    return true;
}

static void
look_through(Survey *survey, Found *found)
{
    g_autoptr(Repository) repository = NULL;
    g_autoptr(Look) look = NULL;
    const char *address = json_get_string(found->change, "repository", "");

    put_nothing(found->change);
    if (goes_on(survey) && repository_open(survey->config, address, &repository, &found->error) &&
        look_at(repository, survey->rules, NULL, goes_on, survey, &look, &found->error) &&
        (!survey->is_planning || prove_queries(survey, look, found->change, &found->error))) {
        code_put_look(look, found->change);
        json_object_set_new(
            found->change, "base",
            json_pack("{s:s, s:s}", "branch", look->branch, "commit", look->commit));
        found->diff = survey->is_planning ? look_diff(look) : NULL;
    }
}

static Found *
next_waiting(Survey *survey)
{
    pthread_mutex_lock(&survey->lock);
    guint left = survey->waiting->len;
    Found *found = left > 0 ? g_ptr_array_steal_index_fast(survey->waiting, left - 1) : NULL;
    pthread_mutex_unlock(&survey->lock);
    return found;
}

static void *
look_on(void *data)
{
    Survey *survey = data;
    for (Found *found; (found = next_waiting(survey)) != NULL;) {
        look_through(survey, found);
        pthread_mutex_lock(&survey->lock);
        g_queue_push_tail(&survey->done, found);
        pthread_cond_signal(&survey->came);
        pthread_mutex_unlock(&survey->lock);
    }
    return NULL;
}

/* The next one, or NULL when none comes for a while. */
static Found *
next_done(Survey *survey)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += COLLECT_WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&survey->lock);
    if (g_queue_is_empty(&survey->done))
        pthread_cond_timedwait(&survey->came, &survey->lock, &until);
    Found *found = g_queue_pop_head(&survey->done);
    pthread_mutex_unlock(&survey->lock);
    return found;
}

/* ---- all of them ---- */

/* A scan finds consumers; who names the dataset nowhere, or only the new one, is none. */
static bool
is_of_interest(const json_t *change)
{
    const json_t *counts = json_object_get(change, "counts");
    return strcmp(json_get_string(change, "found_by", ""), "scan") != 0 ||
           json_object_get(change, "problem") != NULL ||
           json_get_int(counts, "rewritten", 0) + json_get_int(counts, "needs_person", 0) +
                   json_get_int(counts, "unparsable", 0) >
               0;
}

/* What a repository keeps from being looked through is told to people, and stops nobody. */
static bool
take_found(Found *found, json_t *changes, StepEnv *env, GError **error)
{
    g_autofree char *digest = NULL;
    if (found->error != NULL && !error_is(found->error, ERR_STOPPED)) {
        g_autofree char *problem = text_printable(found->error->message);
        json_set_string(found->change, "problem", problem);
    }
    if (found->diff != NULL && *found->diff != '\0') {
        if (!env->blob_put(env, found->diff, strlen(found->diff), &digest, error))
            return false;
        json_set_string(found->change, "diff", digest);
    }
    if (is_of_interest(found->change))
        json_array_append(changes, found->change);
    return true;
}

static bool
collect(Survey *survey, size_t count, json_t *changes, StepEnv *env, GError **error)
{
    bool ok = true;
    for (size_t done = 0; done < count;) {
        Found *found = next_done(survey);
        if (ok && !env->tick(env, (int64_t) done, (int64_t) count, "repositories",
                             "looking through consumers' code"))
            ok = fail(error, ERR_STOPPED, "asked to stop");
        if (found != NULL) {
            ok = ok && take_found(found, changes, env, error);
            found_free(found);
            done++;
        }
        if (!ok)
            g_atomic_int_set(&survey->is_stopping, 1);
    }
    return ok;
}

static int
by_repository(const void *a, const void *b)
{
    return strcmp(json_get_string(*(json_t *const *) a, "repository", ""),
                  json_get_string(*(json_t *const *) b, "repository", ""));
}

static json_t *
sorted(const json_t *changes)
{
    size_t count = json_array_size(changes);
    g_autofree json_t **items = g_new(json_t *, count + 1);
    json_t *ret = json_array();
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(changes, i);
    qsort(items, count, sizeof *items, by_repository);
    for (size_t i = 0; i < count; i++)
        json_array_append(ret, items[i]);
    return ret;
}

static bool
look_through_all(const json_t *places, Survey *survey, json_t *changes, StepEnv *env,
                 GError **error)
{
    size_t count = json_array_size(places), threads = MIN(g_get_num_processors(), count), i;
    g_autofree pthread_t *thread = g_new(pthread_t, threads);
    json_t *place;

    survey->waiting = g_ptr_array_new();
    json_array_foreach(places, i, place)
    {
        Found *found = g_new0(Found, 1);
        found->change =
            json_deep_copy(place); /* counts of references are no matter of two threads */
        g_ptr_array_add(survey->waiting, found);
    }
    pthread_mutex_init(&survey->lock, NULL);
    pthread_cond_init(&survey->came, NULL);
    for (i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, look_on, survey) != 0)
            g_error("no thread can be started: %s", g_strerror(errno));
    bool ok = collect(survey, count, changes, env, error);
    for (i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    pthread_cond_destroy(&survey->came);
    pthread_mutex_destroy(&survey->lock);
    g_ptr_array_unref(survey->waiting);
    return ok;
}

/* When code cannot be looked through at all: whoever has some is told so. */
static void
put_problem(const json_t *places, json_t *changes, const char *problem)
{
    json_t *place;
    size_t i;
    json_array_foreach(places, i, place)
    {
        put_nothing(place);
        json_set_string(place, "problem", problem);
        if (strcmp(json_get_string(place, "found_by", ""), "lineage") == 0)
            json_array_append(changes, place);
    }
}

bool
code_survey(json_t *slice, const Plan *plan, StepEnv *env, GError **error)
{
    const json_t *planned = plan != NULL ? json_object_get(plan->json, "changes") : NULL;
    g_autoptr(json_t) places = find_places(slice, planned), found = json_array();
    g_autoptr(ChangeRules) rules = NULL;
    g_autoptr(GError) problem = NULL;
    Survey survey = {.config = env->config,
                     .source = json_get_string(json_object_get(slice, "source"), "url", ""),
                     .is_planning = plan == NULL};

    if (json_array_size(places) == 0 || !json_is_object(json_at(slice, "source.schema")))
        return true;
    if (!(plan != NULL ? code_rules_of_plan(plan, &rules, &problem)
                       : code_rules_of_slice(slice, &rules, &problem))) {
        if (error_is(problem, ERR_INVALID))
            return true;
        put_problem(places, found, problem->message);
    } else {
        survey.rules = rules;
        if (!look_through_all(places, &survey, found, env, error))
            return false;
    }
    if (json_array_size(found) > 0 || json_array_size(planned) > 0)
        json_object_set_new(slice, "changes", sorted(found));
    return true;
}

/* ---- after the way back ---- */

/* A repository that is gone has no branch. */
static bool
must_be_back(const StepCall *call, StepEnv *env, const json_t *change, GError **error)
{
    g_autoptr(Repository) repository = NULL;
    g_auto(BranchState) state = {0};
    g_autofree char *branch = plan_branch_name(call->plan);
    ChangeName name = {branch, json_get_string(call->plan->json, "migration", ""),
                       call->plan->digest, json_get_string(change, "consumer", "")};
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
