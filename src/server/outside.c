/* outside.c - see outside.h. */
#include "server/outside.h"

#include <pthread.h>

struct Outside {
    pthread_mutex_t lock;
    GPtrArray *clients; /* HttpClient *, borrowed; as many as there are requests, at most */
    bool is_stopping;
};

Outside *
outside_new(void)
{
    Outside *outside = g_new0(Outside, 1);
    pthread_mutex_init(&outside->lock, NULL);
    outside->clients = g_ptr_array_new();
    return outside;
}

void
outside_free(Outside *outside)
{
    if (outside == NULL)
        return;
    g_assert(outside->clients->len == 0);
    g_ptr_array_unref(outside->clients);
    pthread_mutex_destroy(&outside->lock);
    g_free(outside);
}

bool
outside_enter(Outside *outside, HttpClient *client, GError **error)
{
    pthread_mutex_lock(&outside->lock);
    bool is_stopping = outside->is_stopping;
    if (!is_stopping)
        g_ptr_array_add(outside->clients, client);
    pthread_mutex_unlock(&outside->lock);
    return !is_stopping || outside_fail(error);
}

bool
outside_fail(GError **error)
{
    return fail(error, ERR_TRANSIENT, "the server stops: ask again in a moment");
}

void
outside_leave(Outside *outside, HttpClient *client)
{
    pthread_mutex_lock(&outside->lock);
    g_ptr_array_remove_fast(outside->clients, client);
    pthread_mutex_unlock(&outside->lock);
}

void
outside_stop(Outside *outside)
{
    pthread_mutex_lock(&outside->lock);
    outside->is_stopping = true;
    for (guint i = 0; i < outside->clients->len; i++)
        http_client_cancel(outside->clients->pdata[i]);
    pthread_mutex_unlock(&outside->lock);
}
