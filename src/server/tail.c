/* tail.c - a ring, indexed by sequence numbers, which have no gaps. */
#include "server/tail.h"

#include "store/ledger.h"

#include <pthread.h>

#define TAIL_EVENTS 1000 /* some seconds of busy work; an event is under 8 KiB */

struct Tail {
    Readers *readers;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    TailEvent ring[TAIL_EVENTS];
    int64_t first, last; /* first > last: empty */
    int64_t committed;
    bool is_filling; /* one thread reads the ledger, without the lock */
};

Tail *
tail_new(Readers *readers, int64_t seq)
{
    Tail *tail = g_new0(Tail, 1);
    tail->readers = readers;
    tail->last = tail->committed = seq;
    tail->first = seq + 1;
    pthread_mutex_init(&tail->lock, NULL);
    pthread_cond_init(&tail->filled, NULL);
    return tail;
}

static void
tail_event_clear(TailEvent *event)
{
    g_clear_pointer(&event->type, g_free);
    g_clear_pointer(&event->plan, g_free);
    g_clear_pointer(&event->text, g_free);
}

void
tail_free(Tail *tail)
{
    if (tail == NULL)
        return;
    for (size_t i = 0; i < TAIL_EVENTS; i++)
        tail_event_clear(&tail->ring[i]);
    pthread_cond_destroy(&tail->filled);
    pthread_mutex_destroy(&tail->lock);
    g_free(tail);
}

void
tail_grew(Tail *tail, int64_t seq)
{
    pthread_mutex_lock(&tail->lock);
    tail->committed = MAX(tail->committed, seq);
    pthread_mutex_unlock(&tail->lock);
}

static TailEvent *
event_at(Tail *tail, int64_t seq)
{
    return &tail->ring[seq % TAIL_EVENTS];
}

/* ----- filling ----- */

static void
made_free(void *data)
{
    tail_event_clear(data);
    g_free(data);
}

static bool
event_make(const Event *event, void *data)
{
    g_autoptr(json_t) json = event_to_json(event);
    g_autofree char *text = json_compact(json);
    TailEvent *made = g_new0(TailEvent, 1);
    made->seq = event->seq;
    made->type = g_strdup(event->type);
    made->plan = g_strdup(event->plan);
    made->text = g_strdup_printf("id: %" G_GINT64_FORMAT "\nevent: %s\ndata: %s\n\n", event->seq,
                                 event->type, text);
    g_ptr_array_add(data, made);
    return true;
}

static bool
read_on(Tail *tail, int64_t after, GPtrArray *made, GError **error)
{
    Db *db = NULL;
    if (!readers_take(tail->readers, &db, error))
        return false;
    bool is_read = ledger_read(db, after, NULL, TAIL_EVENTS, event_make, made, error);
    readers_give(tail->readers, db);
    return is_read;
}

static void
take(Tail *tail, GPtrArray *made)
{
    for (guint i = 0; i < made->len; i++) {
        TailEvent *event = g_ptr_array_index(made, i);
        g_assert(event->seq == tail->last + 1);
        TailEvent *place = event_at(tail, event->seq);
        tail_event_clear(place);
        *place = *event;
        *event = (TailEvent){0};
        tail->last++;
        tail->first = MAX(tail->first, tail->last - TAIL_EVENTS + 1);
    }
}

/* With the lock, which is let go meanwhile. Nobody reads the same twice. */
static bool
fill(Tail *tail, GError **error)
{
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(made_free);
    int64_t after = tail->last;
    tail->is_filling = true;
    pthread_mutex_unlock(&tail->lock);
    bool is_read = read_on(tail, after, made, error);
    pthread_mutex_lock(&tail->lock);
    tail->is_filling = false;
    if (is_read)
        take(tail, made);
    pthread_cond_broadcast(&tail->filled);
    return is_read;
}

static bool
catch_up(Tail *tail, GError **error)
{
    while (tail->last < tail->committed) {
        if (tail->is_filling)
            pthread_cond_wait(&tail->filled, &tail->lock);
        else if (!fill(tail, error))
            return false;
    }
    return true;
}

/* ----- reading ----- */

bool
tail_read(Tail *tail, int64_t after, TailFn *fn, void *data, bool *ret_reaches, GError **error)
{
    pthread_mutex_lock(&tail->lock);
    bool is_well = catch_up(tail, error);
    *ret_reaches = is_well && after >= tail->first - 1;
    for (int64_t seq = after + 1; *ret_reaches && seq <= tail->last; seq++)
        if (!fn(event_at(tail, seq), data))
            break;
    pthread_mutex_unlock(&tail->lock);
    return is_well;
}
