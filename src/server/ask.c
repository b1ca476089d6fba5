/*
 * ask.c - a question to the loop: a command goes into the mailbox, the answer comes back after the commit.
 *
 * The Ask is shared by the waiting thread and the command; whoever leaves last frees it. A thread that waited too long, or
 * whose client went away, abandons it: the command is carried out all the same, and an idempotency key finds its answer.
 * A task that was leased to somebody who has gone is given back at once.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "server/idempotency.h"
#include "server/request.h"
#include "server/routes.h"
#include "store/ledger.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#define ASK_WAIT_MS_MAX                                                                            \
    60000                /* a lease waits 30 s; a beat takes milliseconds, on a busy disk seconds */
#define PEER_LOOK_MS 250 /* how often a waiting thread looks whether somebody still listens */

typedef struct {
    Server *server;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool is_answered, is_abandoned;
    Command *command;

    /* What goes into the same transaction. */
    AskWriteFn *write;
    void *data;
    GDestroyNotify data_free;
    char *via, *deed;     /* of who acts under another name */
    IdempotencyEntry key; /* key NULL: none */
} Ask;

static void
ask_free(Ask *ask)
{
    if (ask->data_free != NULL)
        ask->data_free(ask->data);
    command_free(ask->command);
    idempotency_clear(&ask->key);
    pthread_cond_destroy(&ask->answered);
    pthread_mutex_destroy(&ask->lock);
    g_free(ask->via);
    g_free(ask->deed);
    g_free(ask);
}

static Ask *
ask_new(Request *request, Command *command)
{
    Ask *ask = g_new0(Ask, 1);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&ask->lock, NULL);
    pthread_cond_init(&ask->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    ask->server = request->server;
    ask->command = command;
    ask->via = g_strdup(request->who.via);
    ask->deed = g_strdup_printf("%s %s", request->method, request->target.path);
    return ask;
}

/* ----- on the loop's thread ----- */

static bool
note_acting(const Ask *ask, const Command *command, Db *db, GError **error)
{
    g_auto(Event) event = {
        .type = g_strdup("access.acted"),
        .actor = g_strdup(command->actor),
        .plan = g_strdup(command->plan),
        .task = g_strdup(command->task),
        .reason = g_strdup_printf("%s acted as %s: %s", ask->via, command->actor, ask->deed),
        .data = json_object(),
    };
    json_set_string(event.data, "via", ask->via);
    return ledger_append(db, &event, error);
}

static bool
ask_write(Command *command, Db *db, GError **error)
{
    Ask *ask = command->user;
    if (ask->write != NULL && !ask->write(command, db, ask->data, error))
        return false;
    if (ask->via != NULL && !note_acting(ask, command, db, error))
        return false;
    return ask->key.key == NULL || idempotency_store(db, &ask->key, command->reply, error);
}

static void
dropped(Command *command)
{
    command_free(command);
}

/* Nobody is there any more who could do this task. */
static void
lease_give_back(Server *server, const Command *leased)
{
    Command *report = command_new(COMMAND_REPORT, leased->actor);
    report->task = g_strdup(json_get_string(leased->reply, "id", NULL));
    report->token = json_get_int(leased->reply, "token", 0);
    report->args = json_pack("{s:s}", "kind", "released");
    report->done = dropped;
    engine_submit(server->engine, report);
}

static void
ask_done(Command *command)
{
    Ask *ask = command->user;
    pthread_mutex_lock(&ask->lock);
    ask->is_answered = true;
    bool is_abandoned = ask->is_abandoned;
    pthread_cond_signal(&ask->answered);
    pthread_mutex_unlock(&ask->lock);
    if (!is_abandoned)
        return;
    if (command->kind == COMMAND_LEASE && command->error == NULL && json_is_object(command->reply))
        lease_give_back(ask->server, command);
    ask_free(ask);
}

/* ----- on the connection's thread ----- */

static bool
peer_is_gone(int fd)
{
    struct pollfd peer = {.fd = fd, .events = POLLRDHUP};
    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* True when the answer is there; else the ask was abandoned. */
static bool
ask_wait(Ask *ask, int fd)
{
    int64_t give_up_at_ms = clock_monotonic_ms() + ASK_WAIT_MS_MAX;
    bool is_lease = ask->command->kind == COMMAND_LEASE;
    bool is_gone = false;

    pthread_mutex_lock(&ask->lock);
    while (!ask->is_answered && !is_gone && clock_monotonic_ms() < give_up_at_ms) {
        struct timespec until = clock_until(CLOCK_MONOTONIC, PEER_LOOK_MS);
        int why = pthread_cond_timedwait(&ask->answered, &ask->lock, &until);
        is_gone = why == ETIMEDOUT && is_lease && peer_is_gone(fd);
    }
    bool is_answered = ask->is_answered;
    ask->is_abandoned = !is_answered;
    pthread_mutex_unlock(&ask->lock);
    return is_answered;
}

static bool
fail_not_taken(Request *request, GError **error)
{
    request->reply.retry_after_s = 1;
    if (atomic_load(&request->server->is_stopping))
        return fail(error, ERR_TRANSIENT, "the server is stopping: ask again when it is back");
    return fail(error, ERR_LIMIT, "%d commands are waiting already: ask again in a second",
                MAILBOX_ITEMS_MAX);
}

/* Somebody may have asked the same under the same key a moment ago: then that is the answer. */
static bool
answer_again(Request *request, const Ask *ask)
{
    Db *db = NULL;
    bool is_known = false;
    return ask->key.key != NULL && request_reader(request, &db, NULL) &&
           idempotency_answer(request, db, &ask->key, &is_known, NULL) && is_known;
}

void *
request_ask_data(const Command *command)
{
    return ((const Ask *) command->user)->data;
}

bool
request_ask(Request *request, Command *command, AskWriteFn *write, void *data,
            GDestroyNotify data_free, json_t **ret, GError **error)
{
    Ask *ask = ask_new(request, command);
    ask->write = write;
    ask->data = data;
    ask->data_free = data_free;
    idempotency_entry(request, &ask->key);
    command->user = ask;
    command->write = ask_write;
    command->done = ask_done;

    request_give_reader(request); /* not held while waiting */
    if (!mailbox_put(request->server->mailbox, command)) {
        ask_free(ask);
        return fail_not_taken(request, error);
    }
    if (!ask_wait(ask, request->fd)) /* it is no longer ours */
        return fail(error, ERR_TRANSIENT,
                    "the state is slow to answer: the request may still be carried out");

    bool is_accepted = command->error == NULL;
    if (is_accepted && ret != NULL)
        *ret = json_incref(command->reply);
    else if (is_accepted)
        request_answer(request, json_incref(command->reply));
    else if (ret == NULL && answer_again(request, ask))
        is_accepted = true;
    else
        g_propagate_error(error, g_steal_pointer(&command->error));
    ask_free(ask);
    return is_accepted;
}
