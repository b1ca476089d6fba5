/* workers.c - `honk worker`, our own program started again: see workers.h. */
#include "server/workers.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metric.h"
#include "server/worker_lost.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 30000
#define LONG_LIFE_MS 10000 /* who lived that long did not die of a bad start */

typedef struct {
    Server *server;
    char *name; /* of this life */
    Child child;
    bool is_alive;
    int64_t started_at_ms, start_at_ms; /* monotonic; start_at -1: never again */
    int64_t backoff_ms;
} Worker;

struct Workers {
    Server *server;
    Worker *all;
    unsigned count;
    char *socket_url;
    bool is_stopping;
};

static json_t *
worker_fields(const Worker *worker, const char *event)
{
    json_t *fields = json_object();
    json_set_string(fields, "event", event);
    json_set_string(fields, "worker", worker->name);
    json_set_int(fields, "pid", worker->child.pid);
    return fields;
}

static void
worker_ended(int fd, void *data)
{
    Worker *worker = data;
    int status = 0;

    loop_unwatch(worker->server->loop, fd);
    if (!child_wait(&worker->child, 0, &status)) {
        loop_watch(worker->server->loop, fd, worker_ended, worker);
        return;
    }
    worker->is_alive = false;
    worker_tell_lost(worker->server, worker->name);
    if (worker->server->workers != NULL && worker->server->workers->is_stopping) {
        worker->start_at_ms = -1;
        return;
    }
    int64_t now_ms = clock_monotonic_ms();
    bool lived_long = now_ms - worker->started_at_ms >= LONG_LIFE_MS;
    worker->backoff_ms =
        lived_long ? BACKOFF_FIRST_MS : MIN(worker->backoff_ms * 2, BACKOFF_MAX_MS);
    worker->start_at_ms = now_ms + worker->backoff_ms;
    if (WIFSIGNALED(status))
        log_line(LOG_WARN, worker_fields(worker, "worker.ended"),
                 "worker %s was killed by signal %d (%s), starting another", worker->name,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_line(LOG_WARN, worker_fields(worker, "worker.ended"),
                 "worker %s ended with status %d, starting another", worker->name,
                 WEXITSTATUS(status));
}

static bool
worker_start(Worker *worker, const char *socket_url, GError **error)
{
    g_free(worker->name);
    worker->name = id_new("w");
    const char *argv[] = {
        "/proc/self/exe",
        "worker",
        "--server",
        socket_url,
        "--id",
        worker->name,
        "--config",
        worker->server->config->path,
        "--dies-with-parent",
        NULL,
    };
    ChildSpec spec = {.argv = argv,
                      .dies_with_us = true,
                      .new_session = true,
                      .stdin_fd = -1,
                      .stdout_fd = -1,
                      .stderr_fd = -1};

    if (!child_start(&spec, &worker->child, error))
        return fail_in(error, "cannot start a worker");
    worker->is_alive = true;
    worker->started_at_ms = clock_monotonic_ms();
    worker->start_at_ms = -1;
    loop_watch(worker->server->loop, worker->child.pidfd, worker_ended, worker);
    return true;
}

bool
workers_start(Server *server, int count, Workers **ret, GError **error)
{
    Workers *workers = g_new0(Workers, 1);
    workers->server = server;
    workers->count = (unsigned) count;
    workers->all = g_new0(Worker, workers->count);
    workers->socket_url = g_strdup_printf("unix:%s", server->socket);
    *ret = workers; /* those that did start must be stopped, too */

    for (unsigned i = 0; i < workers->count; i++) {
        workers->all[i] =
            (Worker){.server = server, .backoff_ms = BACKOFF_FIRST_MS, .start_at_ms = -1};
        if (!worker_start(&workers->all[i], workers->socket_url, error))
            return false;
    }
    return true;
}

int64_t
workers_beat(Workers *workers)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t next_ms = -1;

    for (unsigned i = 0; i < workers->count && !workers->is_stopping; i++) {
        Worker *worker = &workers->all[i];
        if (worker->is_alive || worker->start_at_ms < 0)
            continue;
        if (worker->start_at_ms <= now_ms) {
            g_autoptr(GError) error = NULL;
            metric_add(METRIC_WORKER_RESTARTS, 1);
            if (worker_start(worker, workers->socket_url, &error))
                continue;
            log_line(LOG_ERROR, worker_fields(worker, "worker.failed"), "%s", error->message);
            worker->backoff_ms = MIN(worker->backoff_ms * 2, BACKOFF_MAX_MS);
            worker->start_at_ms = now_ms + worker->backoff_ms;
        }
        if (next_ms < 0 || worker->start_at_ms < next_ms)
            next_ms = worker->start_at_ms;
    }
    return next_ms;
}

/* ---- what the engine learns of them, and says ---- */

static const Worker *
find(const Workers *workers, const char *name)
{
    for (unsigned i = 0; workers != NULL && i < workers->count; i++)
        if (workers->all[i].is_alive && g_strcmp0(workers->all[i].name, name) == 0)
            return &workers->all[i];
    return NULL;
}

void
workers_introduce(const Workers *workers, Command *lease)
{
    const Worker *worker = find(workers, json_get_string(lease->args, "worker", NULL));
    if (worker == NULL)
        return;
    json_set_bool(lease->args, "local", true);
    json_set_int(lease->args, "pid", worker->child.pid);
}

void
workers_silent(const Workers *workers, const char *name)
{
    const Worker *worker = find(workers, name);
    if (worker == NULL)
        return;
    log_line(LOG_WARN, worker_fields(worker, "worker.silent"),
             "worker %s is there but says nothing, killing it", name);
    child_kill(&worker->child, SIGKILL);
}

static void
workers_signal(Workers *workers, int signal)
{
    for (unsigned i = 0; i < workers->count; i++) {
        if (workers->all[i].is_alive)
            child_kill(&workers->all[i].child, signal);
    }
}

void
workers_ask_to_stop(Workers *workers)
{
    workers->is_stopping = true;
    workers_signal(workers, SIGTERM);
}

void
workers_kill(Workers *workers)
{
    workers_signal(workers, SIGKILL);
}

unsigned
workers_alive(const Workers *workers)
{
    unsigned alive = 0;
    for (unsigned i = 0; workers != NULL && i < workers->count; i++)
        alive += workers->all[i].is_alive;
    return alive;
}

void
workers_free(Workers *workers)
{
    if (workers == NULL)
        return;
    g_assert(workers_alive(workers) == 0);
    for (unsigned i = 0; i < workers->count; i++)
        g_free(workers->all[i].name);
    g_free(workers->all);
    g_free(workers->socket_url);
    g_free(workers);
}
