/*
 * code.c - look through consumers' repositories when a plan is made and when drift is looked for.
 *
 * Thousands of repositories are looked through on all cores; the thread that has the lease collects what the others find,
 * and tells how far it is.
 */
#include "action/code.h"

#include "action/code_look.h"
#include "action/code_queries.h"
#include "base/clock.h"
#include "base/text.h"
#include "change/back.h"
#include "change/remote.h"
#include "change/written.h"
#include "planner/changes.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define COLLECT_WAIT_MS 100 /* between two ticks */
#define PROOF_MS 20000 /* for the queries of one repository, while somebody waits for the plan */

/* ---- whose code ---- */

static void
put_reviewers(json_t *place, const json_t *consumer)
{
    json_t *reviewers = json_object_get(consumer, "reviewers");
    if (reviewers != NULL)
        json_object_set(place, "reviewers", reviewers);
    json_set_string(place, "reviewers_of", json_get_string(consumer, "reviewers_of", NULL));
}

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
        json_set_string(place, "verify", json_get_string(consumer, "verify", NULL));
        put_reviewers(place, consumer);
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
    const json_t *coding;   /* of the slice: who is let at what rules refuse; or NULL */
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

/* What gives other rows stays as it is. A store that cannot be asked proves nothing. */
static bool
prove_queries(Looker *looker, Look *look, json_t *change, GError **error)
{
    g_autoptr(json_t) proofs = NULL;
    CodeQueries *queries = look->files_edited > 0 ? queries_of(looker) : NULL;
    if (queries == NULL)
        return true;
    if (!code_queries_prove(queries, look, PROOF_MS, &proofs, error))
        return false;
    g_autoptr(json_t) different = code_queries_different(proofs);
    look_withhold(look, looker->survey->rules, different);
    if (json_array_size(different) > 0)
        json_object_set(change, "withheld", different);
    json_object_set_new(change, "queries", code_queries_count(proofs));
    return true;
}

/* What it stands on is seen now, and may move; that it stands on what runs is part of the plan. */
static void
put_base(json_t *change, const Look *look, const ChangeBase *base)
{
    json_object_set_new(change, "base",
                        json_pack("{s:s, s:s}", "branch", look->branch, "commit", look->commit));
    if (base->service != NULL)
        json_object_set_new(
            change, "upon",
            json_pack("{s:s, s:s}", "service", base->service, "commit", base->commit));
}

/* Whoever is asked for a yes sees which of it goes to a coding agent. */
static void
put_coding(json_t *change, const json_t *coding, const Look *look)
{
    json_t *files = json_array(), *mine;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (look_file_is_open(look, file))
            json_array_append_new(files, json_string(file->shown));
    }
    if (coding != NULL && json_array_size(files) > 0) {
        mine = json_deep_copy(coding);
        json_set_int(mine, "sites", look_open_sites(look));
        json_object_set(mine, "files", files);
        json_object_set_new(change, "coding", mine);
    }
    json_decref(files);
}

/* What its own file says; NULL: it has none. */
static void
put_wishes(json_t *change, const Wishes *wishes)
{
    if (wishes == NULL || !wishes->merges)
        json_object_del(change, "merge");
    if (wishes != NULL)
        json_set_string(change, "not_before", wishes->not_before);
}

static bool
look_into(Looker *looker, const Repository *repository, Found *found, GError **error)
{
    Survey *survey = looker->survey;
    g_autoptr(Look) look = NULL;
    g_auto(ChangeBase) base = {0};

    if (!code_look(repository, survey->rules, survey->services, goes_on, survey, &look, &base,
                   error)) {
        if (error_is(*error, ERR_WRONG_STATE))
            json_set_bool(found->change, "blocked", true);
        return false;
    }
    if (survey->is_planning && !prove_queries(looker, look, found->change, error))
        return false;
    code_put_look(look, found->change);
    put_wishes(found->change, look->wishes);
    put_base(found->change, look, &base);
    put_coding(found->change, survey->coding, look);
    json_t *back = survey->is_planning ? back_rehearse(survey->rules, look) : NULL;
    if (back != NULL)
        json_object_set_new(found->change, "back", back);
    found->diff = survey->is_planning ? look_diff(look) : NULL;
    return true;
}

/* A name of one host may be somebody else's at another. */
static void
keep_reviewers_of(json_t *change, const char *kind)
{
    const char *of = json_get_string(change, "reviewers_of", NULL);
    if (kind == NULL || (of != NULL && g_strcmp0(of, kind) != 0))
        json_object_del(change, "reviewers");
    json_object_del(change, "reviewers_of");
}

/* Where its change will be proposed: part of the plan. */
static bool
put_host(const Config *config, const char *address, json_t *change, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    if (!config_repository_url(config, address, &place, &name, error))
        return false;
    const char *kind = place->forge != NULL ? forge_kind_name(place->forge->kind) : NULL;
    json_set_string(change, "host", kind);
    if (place->forge != NULL && place->forge->merges)
        json_set_string(change, "merge", "auto"); /* unless its own file says nothing of it */
    if (place->forge != NULL && place->forge->builds_first && place->forge->kind != FORGE_GIT)
        json_set_bool(change, "preflight", true);
    keep_reviewers_of(change, place->forge != NULL && place->forge->asks_owners ? kind : NULL);
    return true;
}

/* What stops it is kept with it. */
static void
look_through(Looker *looker, Found *found)
{
    Survey *survey = looker->survey;
    g_autoptr(Repository) repository = NULL;
    const char *address = json_get_string(found->change, "repository", "");

    code_put_nothing(found->change);
    if (goes_on(survey) &&
        repository_refresh(survey->config, address, &repository, &found->error) &&
        put_host(survey->config, address, found->change, &found->error) &&
        !look_into(looker, repository, found, &found->error))
        g_assert(found->error != NULL);
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
        code_put_nothing(place);
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
                     .coding = json_object_get(slice, "coding"),
                     .services = json_object_get(slice, "services"),
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
