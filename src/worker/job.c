/*
 * job.c - fetch the plan, start the heart, perform, report.
 *
 * The StepEnv of an action is filled from the link: ticks go to the heart, intents and blobs to the
 * server, with patience while the lease lasts.
 */
#include "worker/job.h"

#include "action/action.h"
#include "base/clock.h"
#include "worker/beat.h"

#include <string.h>
#include <time.h>

#define PLANS_MAX 16 /* a worker serves few plans at a time */
#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS 1000
#define REPORT_PATIENCE_MS 60000 /* a server is back by then, or its successor finds out */

typedef struct {
    StepEnv env;
    Bench *bench;
    const Lease *lease;
    Beat *beat;
} JobEnv;

bool
bench_init(Bench *bench, const Config *config, const char *server, const char *token,
           bool (*is_stopping)(void), GError **error)
{
    *bench =
        (Bench){.config = config, .server = server, .token = token, .is_stopping = is_stopping};
    bench->plans =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) plan_free);
    return link_new(server, token, &bench->link, error);
}

void
bench_clear(Bench *bench)
{
    link_free(bench->link);
    if (bench->plans != NULL)
        g_hash_table_destroy(bench->plans);
}

static void
nap(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&time, NULL); /* a signal may end it early, which is welcome */
}

/* Pauses between tries, until the deadline. */
typedef struct {
    int64_t next_ms, deadline_ms;
} Patience;

static Patience
patience_for(int64_t ms)
{
    return (Patience){RETRY_FIRST_MS, clock_monotonic_ms() + ms};
}

/* Wait before the next try; false when it is not worth one. Clears `*error` when it is. */
static bool
try_again(Patience *patience, GError **error)
{
    if (!link_may_pass(*error) || clock_monotonic_ms() >= patience->deadline_ms)
        return false;
    nap(patience->next_ms);
    patience->next_ms = MIN(patience->next_ms * 2, RETRY_MAX_MS);
    g_clear_error(error);
    return true;
}

static bool
give_up(GError *found, GError **error)
{
    g_propagate_error(error, found);
    return false;
}

static bool
env_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    JobEnv *job = (JobEnv *) env;
    if (job->bench->is_stopping != NULL && job->bench->is_stopping())
        beat_stop(job->beat);
    return beat_tick(job->beat, done, total, unit, note);
}

static void
env_tell(StepEnv *env, int64_t bytes, const char *slowed)
{
    beat_tell(((JobEnv *) env)->beat, bytes, slowed);
}

static json_t *
env_throttle(StepEnv *env)
{
    return beat_throttle(((JobEnv *) env)->beat);
}

static bool
env_intent(StepEnv *env, const json_t *pre_state, GError **error)
{
    JobEnv *job = (JobEnv *) env;
    Patience patience = patience_for(job->lease->lease_ms);
    GError *found = NULL;

    while (!link_intent(job->bench->link, job->lease, pre_state, &found))
        if (!try_again(&patience, &found))
            return give_up(found, error);
    return true;
}

/* Without patience: the store is locked meanwhile, and what is undone now can be done again. */
static bool
env_confirm(StepEnv *env, GError **error)
{
    JobEnv *job = (JobEnv *) env;
    HeartbeatAnswer ignored = {0};
    bool is_ours = link_heartbeat(job->bench->link, job->lease, NULL, &ignored, error);
    json_decref(ignored.throttle);
    return is_ours || fail_in(error, "the lease cannot be confirmed");
}

static bool
env_turn(StepEnv *env, const char *host, int64_t *ret_wait_ms, GError **error)
{
    JobEnv *job = (JobEnv *) env;
    return link_turn(job->bench->link, job->lease, host, ret_wait_ms, error) ||
           fail_in(error, "nobody says when it may write to the host");
}

static bool
env_blob_get(StepEnv *env, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    JobEnv *job = (JobEnv *) env;
    Patience patience = patience_for(job->lease->lease_ms);
    GError *found = NULL;

    while (!link_blob_get(job->bench->link, digest, ret, ret_bytes, &found))
        if (!try_again(&patience, &found))
            return give_up(found, error);
    return true;
}

static bool
env_blob_put(StepEnv *env, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    JobEnv *job = (JobEnv *) env;
    Patience patience = patience_for(job->lease->lease_ms);
    GError *found = NULL;

    while (!link_blob_put(job->bench->link, data, bytes, ret_digest, &found))
        if (!try_again(&patience, &found))
            return give_up(found, error);
    return true;
}

static bool
find_plan(JobEnv *job, const Plan **ret, GError **error)
{
    const char *digest = job->lease->plan_digest;
    g_autofree char *text = NULL;
    g_autoptr(json_t) json = NULL;
    size_t bytes;
    Plan *plan;

    *ret = digest != NULL ? g_hash_table_lookup(job->bench->plans, digest) : NULL;
    if (*ret != NULL || digest == NULL)
        return true;
    if (!env_blob_get(&job->env, digest, &text, &bytes, error) ||
        !json_parse(text, bytes, "the plan", &json, error) || !plan_from_json(json, &plan, error))
        return fail_in(error, "cannot read plan '%s'", digest);
    if (g_hash_table_size(job->bench->plans) >= PLANS_MAX)
        g_hash_table_remove_all(job->bench->plans);
    g_hash_table_insert(job->bench->plans, g_strdup(digest), plan);
    *ret = plan;
    return true;
}

static Outcome *
error_outcome(const GError *error, bool before_effect)
{
    Outcome *outcome = g_new0(Outcome, 1);
    outcome->kind = OUTCOME_ERROR;
    outcome->before_effect = before_effect;
    outcome->error_code = g_strdup(error_wire_name(error_code(error)));
    outcome->message = g_strdup(error->message);
    return outcome;
}

static Outcome *
perform(JobEnv *job)
{
    g_autoptr(GError) error = NULL;
    StepCall call = {.lease = job->lease};

    if (!find_plan(job, &call.plan, &error))
        return error_outcome(error, true);
    if (call.plan != NULL && job->lease->step != NULL)
        call.step = plan_step(call.plan, job->lease->step);
    return action_perform(&call, &job->env);
}

/* Tell how it ended. What is too large to be told is told as a failure. */
static bool
report(JobEnv *job, const Outcome *outcome, GError **error)
{
    Patience patience = patience_for(REPORT_PATIENCE_MS);
    GError *found = NULL;

    while (!link_report(job->bench->link, job->lease, outcome, &found)) {
        if (error_is(found, ERR_TOO_LARGE) && outcome->kind != OUTCOME_ERROR) {
            g_autoptr(Outcome) failed = error_outcome(found, false);
            g_error_free(found);
            return report(job, failed, error);
        }
        if (!try_again(&patience, &found))
            return give_up(found, error);
    }
    return true;
}

bool
job_do(Bench *bench, const Lease *lease, GError **error)
{
    JobEnv job = {
        .env = {.config = bench->config,
                .tick = env_tick,
                .tell = env_tell,
                .throttle = env_throttle,
                .confirm = env_confirm,
                .turn = env_turn,
                .intent = env_intent,
                .blob_get = env_blob_get,
                .blob_put = env_blob_put},
        .bench = bench,
        .lease = lease,
    };

    if (!beat_start(bench->server, bench->token, lease, &job.beat, error))
        return false;
    G_GNUC_UNUSED g_autoptr(Beat) beat = job.beat; /* beats until the server knows how it ended */
    g_autoptr(Outcome) outcome = perform(&job);
    return report(&job, outcome, error);
}
