/*
 * worker.c - the loop of `honk worker`: ask for a task, do it, ask again.
 *
 * Threads: this one works; during a task a second one beats (beat.c). Signals only set a number,
 * except while we wait for a task: then nothing is held, and the process may end at once.
 */
#include "worker/worker.h"

#include "action/action.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "worker/job.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define LEASE_WAIT_MS 20000 /* as long as a poll may hang without costing anything */
#define AWAY_FIRST_MS 50
#define AWAY_MAX_MS 2000

static atomic_int signals_seen;
static atomic_bool is_idle;

static void
on_signal(int number)
{
    (void) number;
    if (atomic_fetch_add(&signals_seen, 1) > 0)
        _exit(1);
    if (atomic_load(&is_idle))
        _exit(0);
}

static bool
is_stopping(void)
{
    return atomic_load(&signals_seen) > 0;
}

static bool
set_up_process(const WorkerOptions *options, GError **error)
{
    struct sigaction action = {.sa_handler = on_signal};
    pid_t parent = getppid();

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot catch signals");
    if (options->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot tie this worker to its parent");
    if (options->dies_with_parent && getppid() != parent)
        return fail(error, ERR_STOPPED, "the server that started this worker is gone");
    return true;
}

static void
set_title(const char *doing)
{
    char title[16]; /* all that the kernel keeps */
    g_snprintf(title, sizeof title, "honk %s", doing);
    prctl(PR_SET_NAME, title);
}

static json_t *
labels_of(const Config *config, const WorkerOptions *options)
{
    json_t *labels = json_array();

    for (guint i = 0; i < config->stores->len; i++) {
        const StoreConfig *store = config->stores->pdata[i];
        json_array_append_new(labels, json_sprintf("store:%s", store->name));
    }
    for (guint i = 0; i < config->repositories->len; i++) {
        const RepositoryConfig *repositories = config->repositories->pdata[i];
        json_array_append_new(labels, json_sprintf("repository:%s", repositories->name));
    }
    for (guint i = 0; i < config->fleet.targets->len; i++) {
        const FleetTargetConfig *target = config->fleet.targets->pdata[i];
        json_array_append_new(labels, json_sprintf("fleet:%s", target->name));
    }
    for (size_t i = 0; options->labels != NULL && options->labels[i] != NULL; i++)
        json_array_append_new(labels, json_string(options->labels[i]));
    return labels;
}

static json_t *
lease_fields(const Lease *lease)
{
    json_t *fields = json_object();
    json_set_string(fields, "task", lease->id);
    json_set_string(fields, "plan", lease->plan);
    json_set_string(fields, "step", lease->step);
    json_set_string(fields, "action", lease->action);
    json_set_int(fields, "attempt", lease->attempt);
    return fields;
}

static void
work(Bench *bench, const Lease *lease)
{
    g_autoptr(GError) error = NULL;
    int64_t started_ms = clock_monotonic_ms();

    set_title(lease->action);
    if (!job_do(bench, lease, &error))
        log_line(LOG_WARN, lease_fields(lease), "the end of a task could not be told: %s",
                 error->message);
    else
        log_line(LOG_DEBUG, lease_fields(lease), "%s%s took %d ms", lease->action,
                 lease->is_probe                 ? " (probe)"
                 : lease->phase == PHASE_REVERSE ? " (reverse)"
                                                 : "",
                 (int) (clock_monotonic_ms() - started_ms));
    set_title("worker");
}

/* The server does not answer: it may be starting, or gone. Tell it once, ask ever more rarely. */
typedef struct {
    int64_t pause_ms;
    bool is_told;
} Away;

static void
server_is_away(Away *away, const GError *error)
{
    if (!away->is_told)
        log_line(LOG_WARN, NULL, "the server gives no work, trying on: %s", error->message);
    away->is_told = true;
    struct timespec pause = {.tv_sec = away->pause_ms / 1000,
                             .tv_nsec = (away->pause_ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
    away->pause_ms = MIN(away->pause_ms * 2, AWAY_MAX_MS);
}

static void
server_is_back(Away *away)
{
    if (away->is_told)
        log_line(LOG_INFO, NULL, "the server answers again");
    *away = (Away){.pause_ms = AWAY_FIRST_MS};
}

/* Nothing is held while we wait for work. */
static void
keep_warm(bool *is_warm, bool is_wanted)
{
    if (*is_warm != is_wanted)
        action_keep_warm(is_wanted);
    *is_warm = is_wanted;
}

static bool
work_on(Bench *bench, const char *id, const json_t *labels, bool drain, GError **error)
{
    Away away = {.pause_ms = AWAY_FIRST_MS};
    bool is_warm = false; /* the last task may have left sessions with stores to the next one */

    while (!is_stopping()) {
        g_autoptr(Lease) lease = NULL;
        g_autoptr(GError) found = NULL;
        atomic_store(&is_idle, true);
        if (is_stopping()) /* a signal that came just before would not end the wait */
            return true;
        int64_t wait_ms = drain || is_warm ? 0 : LEASE_WAIT_MS;
        bool ok = link_lease(bench->link, id, labels, wait_ms, &lease, &found);
        atomic_store(&is_idle, false);
        if (!ok && (error_is(found, ERR_UNAUTHORIZED) || error_is(found, ERR_FORBIDDEN))) {
            g_propagate_error(error, g_steal_pointer(&found));
            return fail_in(error, "the server refuses this worker");
        }
        if (!ok) {
            keep_warm(&is_warm, false);
            server_is_away(&away, found);
            continue;
        }
        server_is_back(&away);
        keep_warm(&is_warm, lease != NULL);
        if (lease != NULL)
            work(bench, lease);
        else if (drain)
            return true;
    }
    return true;
}

bool
worker_main(const Config *config, const WorkerOptions *options, GError **error)
{
    g_auto(Bench) bench = {0};
    g_autofree char *id = options->id != NULL ? g_strdup(options->id) : id_new("w");
    g_autoptr(json_t) labels = labels_of(config, options);

    set_title("worker");
    if (!set_up_process(options, error) ||
        !bench_init(&bench, config, options->server, options->token, is_stopping, error))
        return false;
    action_sweep(config);
    log_line(LOG_DEBUG, NULL, "worker %s asks '%s' for work", id, options->server);
    return work_on(&bench, id, labels, options->drain, error);
}
