/*
 * server.c - boot order as a list; stopping is the list backwards.
 *
 *   signals   before any thread starts, so that all inherit the mask
 *   state     the database, the blobs, readers: one server per folder
 *   scribe    the ledger as log lines
 *   http      listens and answers, at first with "not ready yet"
 *   engine    reads what was open; from here on the loop beats
 *   catalog   the files of honk.yaml into the registry
 *   workers   lease over the socket
 *   doors     ready
 *
 * So stopping means: streams say bye; workers give their tasks back, for which they need HTTP and the loop; the engine
 * answers everything that still waits, so that HTTP threads can end; what it wrote last is logged. A second signal kills
 * the workers at once; the state on disk makes that safe.
 */
#include "server/server.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "server/backstage.h"
#include "server/campaigns.h"
#include "server/catalog_files.h"
#include "server/context.h"
#include "server/http.h"
#include "server/limits_seed.h"
#include "server/outside.h"
#include "server/scribe.h"
#include "server/session.h"
#include "server/sockets.h"
#include "server/streams.h"
#include "server/webhooks.h"
#include "server/workers.h"
#include "store/ledger.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SLEEP_MS_MAX 10000   /* the wall clock may jump: look again */
#define LEASE_MS 15000       /* a worker beats every third of it */
#define WORKERS_STOP_MS 1200 /* finish the batch; then SIGKILL */
#define STREAMS_BYE_MS 500   /* a client that does not read is not waited for */

/* ----- the loop ----- */

static void
mailbox_ready(int fd, void *data)
{
    (void) fd; /* the mailbox knows its own */
    Server *server = data;
    g_autoptr(GPtrArray) commands = mailbox_take(server->mailbox);
    for (guint i = 0; i < commands->len; i++) {
        Command *command = g_ptr_array_index(commands, i);
        if (command->kind == COMMAND_LEASE)
            workers_introduce(server->workers, command);
        engine_submit(server->engine, command);
    }
}

static void
stop_asked(int signal, void *data)
{
    Server *server = data;
    server->stop_requests++;
    if (server->stop_requests == 1)
        log_line(LOG_INFO, json_pack("{s:s}", "event", "server.stopping"),
                 "stopping (%s); once more hurries", strsignal(signal));
}

/* Monotonic time of the engine's next timer. */
static int64_t
wake_at_ms(Server *server)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t due_ms = engine_next_wake_ms(server->engine);
    int64_t wait_ms = due_ms == INT64_MAX ? SLEEP_MS_MAX : due_ms - clock_forward_ms(&server->time);
    return now_ms + CLAMP(wait_ms, 0, SLEEP_MS_MAX);
}

static void
tell_committed(Server *server)
{
    int64_t seq = engine_last_seq(server->engine);
    if (seq <= server->seq_told)
        return;
    server->seq_told = seq;
    if (server->streams != NULL)
        streams_wake(server->streams, seq);
    if (server->scribe != NULL)
        scribe_wake(server->scribe);
}

static bool
server_beat(Server *server, GError **error)
{
    if (!engine_beat(server->engine, clock_forward_ms(&server->time), error))
        return fail_in(error, "cannot write the state");
    tell_committed(server);
    return true;
}

/* An event of the server's own; `user` is its type. */
static bool
note_write(Command *command, Db *db, GError **error)
{
    g_auto(Event) event = {
        .type = g_strdup(command->user),
        .actor = g_strdup(command->actor),
        .reason = g_strdup(command->reason),
    };
    return ledger_append(db, &event, error);
}

static void
submit_note(Server *server, const char *type, const char *reason)
{
    Command *command = command_new(COMMAND_WRITE, "honk");
    command->reason = g_strdup(reason);
    command->user = (void *) type;
    command->write = note_write;
    command->done = command_free;
    engine_submit(server->engine, command);
}

/* One turn: sleep until something happens, then beat. */
static bool
server_turn(Server *server, int64_t wake_ms, GError **error)
{
    loop_once(server->loop, wake_ms);
    return server_beat(server, error);
}

static bool
server_loop(Server *server, GError **error)
{
    while (server->stop_requests == 0) {
        int64_t wake_ms = wake_at_ms(server);
        if (server->workers != NULL) {
            int64_t workers_ms = workers_beat(server->workers);
            if (workers_ms >= 0)
                wake_ms = MIN(wake_ms, workers_ms);
        }
        if (!server_turn(server, wake_ms, error))
            return false;
    }
    return true;
}

/* ----- the parts ----- */

/* As many as are allowed; with fewer, fewer event streams are offered. */
static void
ask_for_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= OPEN_FILES_MAX)
        return;
    limit.rlim_cur = MIN(limit.rlim_max, OPEN_FILES_MAX);
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool
start_signals(Server *server, GError **error)
{
    static const int signals[] = {SIGHUP, 0};
    signal(SIGPIPE, SIG_IGN);
    ask_for_files();
    return loop_new(&server->loop, error) &&
           loop_signals(server->loop, signals, stop_asked, server, error);
}

static void
stop_signals(Server *server)
{
    loop_free(g_steal_pointer(&server->loop));
}

static bool
start_state(Server *server, GError **error)
{
    const char *folder = server->config->state;
    if (!db_open(folder, &server->db, error) || !blobs_open(folder, &server->blobs, error))
        return false;
    if (!session_key(server->db, &server->session_key, error))
        return false;
    server->readers = readers_new(folder);
    server->sums = task_sums_new();
    return ledger_last(server->db, &server->seq_told, error);
}

static void
stop_state(Server *server)
{
    readers_free(g_steal_pointer(&server->readers));
    task_sums_free(g_steal_pointer(&server->sums));
    blobs_close(g_steal_pointer(&server->blobs));
    db_close(g_steal_pointer(&server->db));
    g_clear_pointer(&server->session_key, g_free);
}

static bool
start_scribe(Server *server, GError **error)
{
    return scribe_start(server, server->seq_told, &server->scribe, error);
}

static void
stop_scribe(Server *server)
{
    scribe_stop(g_steal_pointer(&server->scribe));
}

static bool
start_http(Server *server, GError **error)
{
    const ServerOptions *options = server->options;
    server->socket = g_strdup(options->socket != NULL ? options->socket : server->config->socket);
    server->mailbox = mailbox_new(MAILBOX_ITEMS_MAX);
    server->streams = streams_new(server->readers, server->seq_told);
    server->outside = outside_new();
    server->webhooks = webhooks_new();
    return http_listen(server, options->port, server->socket, &server->http, error) &&
           http_start(server->http, error);
}

static void
stop_http(Server *server)
{
    streams_end(server->streams, STREAMS_BYE_MS);
    outside_stop(server->outside);
    http_stop(g_steal_pointer(&server->http));
    outside_free(g_steal_pointer(&server->outside));
    streams_free(g_steal_pointer(&server->streams));
    webhooks_free(g_steal_pointer(&server->webhooks));
    mailbox_free(g_steal_pointer(&server->mailbox));
    g_clear_pointer(&server->socket, g_free);
    g_clear_pointer(&server->url, g_free);
}

static void
end_silent(const char *worker, void *data)
{
    workers_silent(((Server *) data)->workers, worker);
}

static bool
start_engine(Server *server, GError **error)
{
    const PolicyConfig *policy = &server->config->policy;
    EngineOptions options = {
        .lease_ms = LEASE_MS,
        .retry_first_ms = 1000,
        .retry_max_ms = 100000,
        .plan_ttl_ms = policy->plan_ttl_ms,
        .automatic_rollback = policy->automatic_rollback,
        .seed = (uint64_t) clock_wall_ms() ^ ((uint64_t) getpid() << 32),
        .on_silent = end_silent,
        .may_start = campaign_may_start,
        .data = server,
    };
    if (!engine_open(server->db, server->blobs, &options, &server->engine, error))
        return false;
    loop_watch(server->loop, mailbox_fd(server->mailbox), mailbox_ready, server);
    submit_note(server, "server.started", HONK_VERSION);
    return server_beat(server, error);
}

/* Answers whoever still waits; what the engine holds back (leases) it answers when it closes. */
static void
stop_engine(Server *server)
{
    mailbox_close(server->mailbox);
    if (server->engine == NULL)
        return;
    mailbox_ready(-1, server);
    loop_unwatch(server->loop, mailbox_fd(server->mailbox));
    if (server->failure == NULL) {
        submit_note(server, "server.stopped", "asked to stop");
        if (!server_beat(server, &server->failure))
            log_line(LOG_ERROR, NULL, "%s", server->failure->message);
    }
    engine_close(g_steal_pointer(&server->engine));
}

static bool
start_catalog(Server *server, GError **error)
{
    return limits_seed(server, error) && catalog_files_load(server, error) &&
           server_beat(server, error);
}

static void
stop_nothing(Server *server)
{
    (void) server;
}

static bool
start_workers(Server *server, GError **error)
{
    int count = server->options->workers >= 0 ? server->options->workers : server->config->workers;
    return workers_end_earlier(server, error) && server_beat(server, error) &&
           workers_start(server, count, &server->workers, error);
}

/* They report over HTTP while they end, so the loop goes on. */
static void
stop_workers(Server *server)
{
    int64_t kill_at_ms = clock_monotonic_ms() + WORKERS_STOP_MS;
    bool is_killed = false;

    if (server->workers == NULL)
        return;
    workers_ask_to_stop(server->workers);
    while (workers_alive(server->workers) > 0) {
        if (!is_killed && (clock_monotonic_ms() >= kill_at_ms || server->stop_requests > 1 ||
                           server->failure != NULL)) {
            workers_kill(server->workers);
            is_killed = true;
        }
        int64_t wake_ms = is_killed ? wake_at_ms(server) : MIN(kill_at_ms, wake_at_ms(server));
        loop_once(server->loop, wake_ms);
        if (server->failure == NULL)
            (void) !server_beat(server, &server->failure);
    }
    workers_free(g_steal_pointer(&server->workers));
}

static bool
start_doors(Server *server, GError **error)
{
    const ServerOptions *options = server->options;
    g_autofree char *host = NULL;
    int port_wanted = options->port;

    if (port_wanted < 0 && !address_parse(server->config->listen, &host, &port_wanted, error))
        return false;
    atomic_store(&server->is_ready, true);
    if (options->on_ready != NULL)
        options->on_ready(server->url, server->socket, port_wanted > 0 ? port_wanted : server->port,
                          options->data);
    return true;
}

static void
stop_doors(Server *server)
{
    atomic_store(&server->is_stopping, true);
    outside_stop(server->outside);
    streams_end(server->streams, STREAMS_BYE_MS);
}

static bool
start_backstage(Server *server, GError **error)
{
    return backstage_start(server, &server->backstage, error);
}

static void
stop_backstage(Server *server)
{
    backstage_stop(g_steal_pointer(&server->backstage));
}

typedef struct {
    const char *name;
    bool (*start)(Server *server, GError **error);
    void (*stop)(Server *server); /* also after a start that failed half way */
} Part;

static const Part parts[] = {
    {"signals", start_signals, stop_signals},       {"state", start_state, stop_state},
    {"scribe", start_scribe, stop_scribe},          {"http", start_http, stop_http},
    {"engine", start_engine, stop_engine},          {"catalog", start_catalog, stop_nothing},
    {"workers", start_workers, stop_workers},       {"doors", start_doors, stop_doors},
    {"backstage", start_backstage, stop_backstage},
};

bool
server_run(const Config *config, const ServerOptions *options, GError **error)
{
    Server server = {.config = config, .options = options, .started_at_ms = clock_wall_ms()};
    size_t started = 0;
    bool is_well = true;

    while (is_well && started < G_N_ELEMENTS(parts))
        is_well = parts[started++].start(&server, &server.failure);
    if (is_well && !server_loop(&server, &server.failure))
        g_assert(server.failure != NULL);
    while (started > 0)
        parts[--started].stop(&server);
    if (server.failure == NULL)
        return true;
    g_propagate_error(error, server.failure);
    return false;
}
