/*
 * ahead.c - the rows of a range, read, mapped and hashed by a thread of its own while the target takes those before them.
 *
 *   source ─► scan ─► transfer_apply ─► hash ─► two parts, in turns ─► the caller puts them
 *
 * For ranges in bulk: a row that cannot be read or mapped ends it, INVALID. The caller's `tick` is only ever called by the caller's
 * thread. Where source and target are one connection, or the target is asked for its forms, the caller reads for itself.
 */
#include "transfer/inside.h"

#include "base/clock.h"

#include <pthread.h>

#define PARTS 2     /* one is put while the other one is filled */
#define WAIT_MS 100 /* between two ticks while the source is waited for */

struct Ahead {
    Transfer *transfer;
    Scan *scan;
    Batch *in;
    RowHasher hasher;
    AheadPart parts[PARTS];
    char *refusal; /* of a row, or NULL */
    TickFn *tick;
    void *tick_data;
    bool is_threaded;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    size_t filled, freed; /* parts, since the beginning */
    bool is_stopped, has_failed;
    GError *error;
};

/* --- reading --- */

static void
on_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Ahead *ahead = data;
    if (ahead->refusal != NULL)
        return;
    g_autofree char *row = scan_row_text(ahead->scan, row_id);
    ahead->refusal = g_strdup_printf("row %s: %s", row, reason);
}

static bool
none_was_refused(const Ahead *ahead, GError **error)
{
    return ahead->refusal == NULL || fail(error, ERR_INVALID, "%s", ahead->refusal);
}

static bool
read_part(Ahead *ahead, AheadPart *part, GError **error)
{
    Transfer *transfer = ahead->transfer;
    batch_reset(ahead->in);
    batch_reset(part->rows);
    part->hash = (HashSum){0};
    if (!scan_next(ahead->scan, ahead->in, on_reject, ahead, error) ||
        !none_was_refused(ahead, error))
        return false;
    part->scanned = (int64_t) ahead->in->row_count;
    if (part->scanned == 0)
        return true;
    if (!transfer_apply(transfer, ahead->in, part->rows, on_reject, ahead, error) ||
        !none_was_refused(ahead, error))
        return false;
    if (transfer->spec.hash)
        batch_hash(part->rows, &ahead->hasher, &part->hash);
    else
        part->hash.rows = (int64_t) part->rows->row_count;
    part->bytes = ahead->hasher.total_bytes;
    return true;
}

/* --- the reader's thread --- */

static bool
tick_reader(int64_t rows, void *data)
{
    Ahead *ahead = data;
    pthread_mutex_lock(&ahead->lock);
    bool goes_on = !ahead->is_stopped;
    pthread_mutex_unlock(&ahead->lock);
    return goes_on;
}

/* NULL: nobody wants one any more. */
static AheadPart *
free_part(Ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_stopped && ahead->filled - ahead->freed == PARTS)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    AheadPart *part = ahead->is_stopped ? NULL : &ahead->parts[ahead->filled % PARTS];
    pthread_mutex_unlock(&ahead->lock);
    return part;
}

static void
hand_over(Ahead *ahead, bool is_good, GError *take_error)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->filled += is_good;
    ahead->has_failed = !is_good;
    ahead->error = take_error;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void *
read_all(void *data)
{
    Ahead *ahead = data;
    AheadPart *part;
    while ((part = free_part(ahead)) != NULL) {
        GError *error = NULL;
        bool is_good = read_part(ahead, part, &error);
        bool is_last = !is_good || part->scanned == 0; /* it is the caller's from here on */
        hand_over(ahead, is_good, error);
        if (is_last)
            break;
    }
    return NULL;
}

/* --- the caller's thread --- */

bool
ahead_new(Transfer *transfer, const ScanSpec *spec, TickFn *tick, void *data, Ahead **ret,
          GError **error)
{
    Scan *scan = NULL;
    if (!conn_scan(transfer->source, spec, &scan, error))
        return false;
    Ahead *ahead = g_new0(Ahead, 1);
    ahead->transfer = transfer;
    ahead->scan = scan;
    ahead->tick = tick;
    ahead->tick_data = data;
    ahead->in = batch_new_for(program_input(transfer->program));
    for (size_t i = 0; i < PARTS; i++)
        ahead->parts[i].rows = batch_new_for(program_target(transfer->program));
    row_hasher_init(&ahead->hasher);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (transfer->source != transfer->target && transfer->forms == NULL) {
        conn_set_tick(transfer->source, tick_reader, ahead);
        ahead->is_threaded = pthread_create(&ahead->thread, NULL, read_all, ahead) == 0;
    }
    if (!ahead->is_threaded)
        conn_set_tick(transfer->source, tick, data);
    *ret = ahead;
    return true;
}

static void
stop_reader(Ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->is_stopped = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
}

void
ahead_free(Ahead *ahead)
{
    if (ahead == NULL)
        return;
    if (ahead->is_threaded)
        stop_reader(ahead);
    conn_set_tick(ahead->transfer->source, ahead->tick, ahead->tick_data);
    scan_close(ahead->scan);
    batch_free(ahead->in);
    for (size_t i = 0; i < PARTS; i++)
        batch_free(ahead->parts[i].rows);
    row_hasher_clear(&ahead->hasher);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    g_clear_error(&ahead->error);
    g_free(ahead->refusal);
    g_free(ahead);
}

/* A while, or until the reader has something to say. */
static bool
wait_for_reader(Ahead *ahead)
{
    struct timespec until = clock_until(CLOCK_REALTIME, WAIT_MS);
    pthread_mutex_lock(&ahead->lock);
    if (ahead->filled == ahead->freed && !ahead->has_failed)
        pthread_cond_timedwait(&ahead->changed, &ahead->lock, &until);
    bool is_there = ahead->filled > ahead->freed || ahead->has_failed;
    pthread_mutex_unlock(&ahead->lock);
    return is_there;
}

bool
ahead_next(Ahead *ahead, int64_t rows_done, const AheadPart **ret, GError **error)
{
    if (!ahead->is_threaded) {
        *ret = &ahead->parts[0];
        return read_part(ahead, &ahead->parts[0], error);
    }
    while (!wait_for_reader(ahead))
        if (!transfer_tick(ahead->tick, ahead->tick_data, rows_done, error))
            return false;
    pthread_mutex_lock(&ahead->lock);
    g_autoptr(GError) failure = g_steal_pointer(&ahead->error);
    bool is_good = !ahead->has_failed;
    *ret = &ahead->parts[ahead->freed % PARTS];
    pthread_mutex_unlock(&ahead->lock);
    if (!is_good)
        g_propagate_error(error, g_steal_pointer(&failure));
    return is_good;
}

void
ahead_give_back(Ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->freed += ahead->is_threaded;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}
