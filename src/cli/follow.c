/*
 * follow.c - one thread, one connection, one mailbox.
 *
 * The thread may be deep in a read when it is no longer wanted, and nothing can wake it there; so it shares
 * a counted struct with its owner, and whoever lets go last frees it.
 */
#include "cli/follow.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define FOLLOW_ITEMS_MAX                                                                           \
    4096 /* a screen that lags this far loses lines, not states: those are asked for */
#define RECONNECT_MS 300

struct Follow {
    atomic_int owners;
    atomic_bool is_stopped;
    Mailbox *mailbox;
    HttpClient *client;
    char *path, *last_id;
};

void
follow_item_free(FollowItem *item)
{
    json_decref(item->event);
    g_free(item);
}

static void
follow_release(Follow *follow)
{
    if (atomic_fetch_sub(&follow->owners, 1) > 1)
        return;
    g_autoptr(GPtrArray) left = mailbox_take(follow->mailbox);
    for (guint i = 0; i < left->len; i++)
        follow_item_free(left->pdata[i]);
    mailbox_free(follow->mailbox);
    http_client_free(follow->client);
    g_free(follow->path);
    g_free(follow->last_id);
    g_free(follow);
}

static void
follow_put(Follow *follow, json_t *event, bool is_lost)
{
    FollowItem *item = g_new0(FollowItem, 1);
    item->event = event;
    item->is_lost = is_lost;
    if (!mailbox_put(follow->mailbox, item))
        follow_item_free(item);
}

static bool
follow_on_event(const char *id, const char *type, const char *data, void *user)
{
    Follow *follow = user;
    json_t *event = NULL;
    if (id != NULL && *id != '\0') {
        g_free(follow->last_id);
        follow->last_id = g_strdup(id);
    }
    if (json_parse(data, strlen(data), "event", &event, NULL))
        follow_put(follow, event, false);
    return !atomic_load(&follow->is_stopped);
}

static void *
follow_main(void *data)
{
    Follow *follow = data;
    while (!atomic_load(&follow->is_stopped)) {
        g_autoptr(GError) ignored = NULL;
        if (!http_stream(follow->client, follow->path, follow->last_id, follow_on_event, follow,
                         &ignored))
            follow_put(follow, NULL, true);
        usleep(RECONNECT_MS * 1000);
    }
    follow_release(follow);
    return NULL;
}

/* Signals are for the thread that waits for them. */
static int
thread_start(Follow *follow)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, follow_main, follow);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        pthread_detach(thread);
    return failed;
}

bool
follow_start(Invocation *call, const char *id, int64_t seq, Follow **ret, GError **error)
{
    HttpClient *client = NULL;
    if (!invocation_client_new(call, &client, error))
        return false;
    Follow *follow = g_new0(Follow, 1);
    atomic_init(&follow->owners, 2);
    follow->client = client;
    follow->mailbox = mailbox_new(FOLLOW_ITEMS_MAX);
    follow->path = g_strdup_printf("/migrations/%s/events", id);
    follow->last_id = g_strdup_printf("%" PRId64, seq);
    int failed = thread_start(follow);
    if (failed != 0) {
        atomic_store(&follow->owners, 1);
        follow_release(follow);
        return fail(error, ERR_INTERNAL, "no thread can be started: %s", g_strerror(failed));
    }
    *ret = follow;
    return true;
}

Mailbox *
follow_mailbox(Follow *follow)
{
    return follow->mailbox;
}

void
follow_stop(Follow *follow)
{
    atomic_store(&follow->is_stopped, true);
    follow_release(follow);
}
