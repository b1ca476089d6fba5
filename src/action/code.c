/*
 * code.c - look through consumers' repositories when a plan is made and when drift is looked for.
 *
 * Thousands of repositories are looked through on all cores; the thread that has the lease collects what the others find,
 * and tells how far it is.
 */
#include "action/code.h"

#include "action/code_look.h"
#include "action/code_queries.h"
#include "action/code_rows.h"
#include "base/clock.h"
#include "base/text.h"
#include "change/remote.h"
#include "model/change_key.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define COLLECT_WAIT_MS 100 /* between two ticks */
#define PROOF_MS 20000 /* for the queries of one repository, while somebody waits for the plan */

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
        if (repository == NULL)
            continue;
        json_t *place = g_hash_table_lookup(known, repository);
        if (place == NULL) {
            place = json_object();
            json_set_string(place, "repository", repository);
            json_array_append_new(places, place);
            g_hash_table_insert(known, g_strdup(repository), place);
        }
        code_place_share(place, consumer, found_by);
    }
}

static json_t *
find_places(const json_t *slice, const json_t *changes)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *places = json_array(), *place;
    const json_t *consumers = json_object_get(slice, "consumers");
    bool is_by_owner = strcmp(json_get_string(slice, "group", ""), "owner") == 0;
    size_t i;
    if (consumers == NULL) {
        add_places(places, known, changes, "lineage");
        return places;
    }
    add_places(places, known, consumers, "lineage");
    add_places(places, known, json_object_get(slice, "scanned"), "scan");
    if (is_by_owner)
        json_array_foreach(places, i, place) json_set_bool(place, "by_owner", true);
    return places;
}

/* ---- one repository, in any thread ---- */

typedef struct {
    json_t *place;    /* code_rows.h */
    json_t *rows;     /* what was found there */
    GPtrArray *diffs; /* char *, of each row: "" or NULL: there is none */
    GError *error;
    bool is_blocked; /* it has no base that holds what runs */
} Found;

static void
found_free(Found *found)
{
    json_decref(found->place);
    json_decref(found->rows);
    g_ptr_array_unref(found->diffs);
    g_clear_error(&found->error);
    g_free(found);
}

typedef struct {
    const Config *config;
    const ChangeRules *rules;
    const json_t *coding;   /* of the slice: who is let at what rules refuse; or NULL */
    const json_t *planned;  /* changes of the plan whose drift is looked for; NULL: one is made */
    const json_t *called;   /* of the slice: whom CODEOWNERS may name; or NULL */
    const json_t *services; /* of the slice, with what each runs */
    const char *source;     /* address of the source */
    bool is_planning;       /* diffs are kept, and queries are run */
    gint is_stopping;       /* atomic */
    /* Of pthread, because the thread sanitizer cannot see GLib's. */
    pthread_mutex_t lock;
    pthread_cond_t came;
    GPtrArray *waiting; /* Found *, in no order: nobody has looked at them yet */
    GQueue done;        /* Found *: looked through, and not collected yet */
} Survey;

/* One thread of it. */
typedef struct {
    Survey *survey;
    CodeQueries *queries; /* NULL: not asked for yet, or there are none */
    bool has_asked;
} Looker;

static bool
goes_on(void *data)
{
    Survey *survey = data;
    return !g_atomic_int_get(&survey->is_stopping);
}

static bool
query_goes_on(int64_t rows, void *data)
{
    (void) rows;
    return goes_on(data);
}

/* The source is opened once, when the first repository has a query for it. */
static CodeQueries *
queries_of(Looker *looker)
{
    const Survey *survey = looker->survey;
    if (!looker->has_asked &&
        !code_queries_open(survey->config, survey->source, survey->rules, query_goes_on,
                           looker->survey, &looker->queries, NULL))
        looker->queries = NULL;
    looker->has_asked = true;
    return looker->queries;
}

/* What gives other rows stays as it is. A store that cannot be asked proves nothing: then `*ret` is NULL. */
static bool
prove_queries(Looker *looker, Look *look, json_t **ret, GError **error)
{
    g_autoptr(json_t) proofs = NULL;
    CodeQueries *queries = look->files_edited > 0 ? queries_of(looker) : NULL;
    *ret = NULL;
    if (queries == NULL)
        return true;
    if (!code_queries_prove(queries, look, PROOF_MS, &proofs, error))
        return false;
    g_autoptr(json_t) different = code_queries_different(proofs);
    look_withhold(look, looker->survey->rules, different);
    *ret = g_steal_pointer(&proofs);
    return true;
}

static bool
look_into(Looker *looker, const Repository *repository, Found *found, GError **error)
{
    Survey *survey = looker->survey;
    g_autoptr(Look) look = NULL;
    g_autoptr(json_t) proofs = NULL;
    g_auto(ChangeBase) base = {0};

    if (!code_look(repository, survey->rules, survey->services, goes_on, survey, &look, &base,
                   error)) {
        found->is_blocked = error_is(*error, ERR_WRONG_STATE);
        return false;
    }
    if (survey->is_planning && !prove_queries(looker, look, &proofs, error))
        return false;
    const CodeFound seen = {
        .config = survey->config,
        .rules = survey->rules,
        .coding = survey->coding,
        .planned = survey->planned,
        .called = survey->called,
        .repository = repository,
        .look = look,
        .base = &base,
        .proofs = proofs,
        .goes_on = goes_on,
        .goes_on_data = survey,
        .is_planning = survey->is_planning,
    };
    return code_rows_put(&seen, found->place, found->rows, found->diffs, error);
}

/* What stops it is kept with it. */
static void
look_through(Looker *looker, Found *found)
{
    Survey *survey = looker->survey;
    g_autoptr(Repository) repository = NULL;
    const char *address = json_get_string(found->place, "repository", "");

    if (goes_on(survey) &&
        repository_refresh(survey->config, address, &repository, &found->error) &&
        code_place_put_host(survey->config, found->place, &found->error) &&
        !look_into(looker, repository, found, &found->error))
        g_assert(found->error != NULL);
    if (found->error == NULL || error_is(found->error, ERR_STOPPED))
        return;
    g_autofree char *problem = text_printable(found->error->message);
    code_rows_put_problem(found->place, survey->planned, problem, found->is_blocked, found->rows);
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
    Looker looker = {.survey = survey};
    for (Found *found; (found = next_waiting(survey)) != NULL;) {
        look_through(&looker, found);
        pthread_mutex_lock(&survey->lock);
        g_queue_push_tail(&survey->done, found);
        pthread_cond_signal(&survey->came);
        pthread_mutex_unlock(&survey->lock);
    }
    code_queries_free(looker.queries);
    return NULL;
}

/* The next one, or NULL when none comes for a while. */
static Found *
next_done(Survey *survey)
{
    struct timespec until = clock_until(CLOCK_REALTIME, COLLECT_WAIT_MS);
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
take_found(const Found *found, json_t *changes, StepEnv *env, GError **error)
{
    json_t *row;
    size_t i;
    json_array_foreach(found->rows, i, row)
    {
        const char *diff = i < found->diffs->len ? found->diffs->pdata[i] : NULL;
        g_autofree char *digest = NULL;
        if (diff != NULL && *diff != '\0') {
            if (!env->blob_put(env, diff, strlen(diff), &digest, error))
                return false;
            json_set_string(row, "diff", digest);
        }
        if (is_of_interest(row))
            json_array_append(changes, row);
    }
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
by_key(const void *a, const void *b)
{
    return strcmp(change_key(*(json_t *const *) a), change_key(*(json_t *const *) b));
}

static json_t *
sorted(const json_t *changes)
{
    size_t count = json_array_size(changes);
    g_autofree json_t **items = g_new(json_t *, count + 1);
    json_t *ret = json_array();
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(changes, i);
    qsort(items, count, sizeof *items, by_key);
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
        found->place =
            json_deep_copy(place); /* counts of references are no matter of two threads */
        found->rows = json_array();
        found->diffs = g_ptr_array_new_with_free_func(g_free);
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
put_problem(const json_t *places, const json_t *planned, json_t *changes, const char *problem)
{
    json_t *place;
    size_t i;
    json_array_foreach(places, i,
                       place) if (strcmp(json_get_string(place, "found_by", ""), "lineage") == 0)
        code_rows_put_problem(place, planned, problem, false, changes);
}

bool
code_survey(json_t *slice, const Plan *plan, StepEnv *env, GError **error)
{
    const json_t *planned = plan != NULL ? json_object_get(plan->json, "changes") : NULL;
    g_autoptr(json_t) places = find_places(slice, planned), found = json_array();
    g_autoptr(ChangeRules) rules = NULL;
    g_autoptr(GError) problem = NULL;
    Survey survey = {.config = env->config,
                     .coding = json_object_get(slice, "coding"),
                     .planned = planned,
                     .called = json_object_get(slice, "called"),
                     .services = json_object_get(slice, "services"),
                     .source = json_get_string(json_object_get(slice, "source"), "url", ""),
                     .is_planning = plan == NULL};

    if (json_array_size(places) == 0 || !json_is_object(json_at(slice, "source.schema")))
        return true;
    if (!(plan != NULL ? code_rules_of_plan(plan, &rules, &problem)
                       : code_rules_of_slice(slice, &rules, &problem))) {
        if (error_is(problem, ERR_INVALID))
            return true;
        put_problem(places, planned, found, problem->message);
    } else {
        survey.rules = rules;
        if (!look_through_all(places, &survey, found, env, error))
            return false;
    }
    if (json_array_size(found) > 0 || json_array_size(planned) > 0)
        json_object_set_new(slice, "changes", sorted(found));
    return true;
}
