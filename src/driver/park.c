/* park.c - see park.h. */
#include "driver/park.h"

#include <string.h>

#define PARKED_MAX 8 /* of both sides of a move, with those of their scans */

typedef struct {
    char *key; /* all that the session was opened with */
    void *session;
} Parked;

void
park_keep(Park *park, bool is_wanted)
{
    g_mutex_lock(&park->lock);
    for (guint i = 0; park->kept != NULL && i < park->kept->len; i++) {
        Parked *one = &g_array_index(park->kept, Parked, i);
        park->end(one->session);
        g_free(one->key);
    }
    g_clear_pointer(&park->kept, g_array_unref);
    if (is_wanted)
        park->kept = g_array_new(FALSE, FALSE, sizeof(Parked));
    g_mutex_unlock(&park->lock);
}

/* Out of the list, whatever it is worth. */
static void *
take(Park *park, const char *key)
{
    void *session = NULL;
    g_mutex_lock(&park->lock);
    for (guint i = 0; park->kept != NULL && session == NULL && i < park->kept->len; i++) {
        Parked *one = &g_array_index(park->kept, Parked, i);
        if (strcmp(one->key, key) == 0) {
            session = one->session;
            g_free(one->key);
            g_array_remove_index_fast(park->kept, i);
        }
    }
    g_mutex_unlock(&park->lock);
    return session;
}

void *
park_take(Park *park, const char *key)
{
    void *session;
    while ((session = take(park, key)) != NULL && !park->is_alive(session))
        park->end(session);
    return session;
}

void
park_put(Park *park, const char *key, void *session)
{
    bool is_kept = false;
    g_mutex_lock(&park->lock);
    if (park->kept != NULL && park->kept->len < PARKED_MAX) {
        Parked one = {.key = g_strdup(key), .session = session};
        g_array_append_val(park->kept, one);
        is_kept = true;
    }
    g_mutex_unlock(&park->lock);
    if (!is_kept)
        park->end(session);
}
