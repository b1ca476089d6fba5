/*
 * sides.c - both sides at once: the target is read by a thread of its own, the source by the caller's.
 *
 * The caller's `tick` is only ever called by the caller's thread, which also waits for the other one to end.
 */
#include "transfer/inside.h"

#include "base/clock.h"

#include <pthread.h>

#define WAIT_MS 100 /* between two ticks while only the target is still read */

typedef struct {
    Transfer *transfer;
    SideFn *target;
    void *data;
    TickFn *tick;
    void *tick_data;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ended;
    int64_t source_rows, target_rows;
    bool is_stopped, has_ended, has_failed;
    GError *error; /* of the target */
} Sides;

static bool
tick_target(int64_t rows, void *data)
{
    Sides *sides = data;
    pthread_mutex_lock(&sides->lock);
    if (rows >= 0)
        sides->target_rows = rows;
    bool goes_on = !sides->is_stopped;
    pthread_mutex_unlock(&sides->lock);
    return goes_on;
}

/* Stops, too, when the target has failed. */
static bool
tick_source(int64_t rows, void *data)
{
    Sides *sides = data;
    pthread_mutex_lock(&sides->lock);
    if (rows >= 0)
        sides->source_rows = rows;
    int64_t all = sides->source_rows + sides->target_rows;
    bool goes_on = !sides->has_failed;
    pthread_mutex_unlock(&sides->lock);
    return goes_on && (sides->tick == NULL || sides->tick(all, sides->tick_data));
}

static void *
read_target(void *data)
{
    Sides *sides = data;
    g_autoptr(GError) error = NULL;
    bool done = sides->target(sides->transfer, tick_target, sides, sides->data, &error);
    pthread_mutex_lock(&sides->lock);
    sides->has_ended = true;
    sides->has_failed = !done;
    sides->error = g_steal_pointer(&error);
    pthread_cond_signal(&sides->ended);
    pthread_mutex_unlock(&sides->lock);
    return NULL;
}

/* False when it has ended. */
static bool
wait_for_target(Sides *sides)
{
    struct timespec until = clock_until(CLOCK_REALTIME, WAIT_MS);
    pthread_mutex_lock(&sides->lock);
    if (!sides->has_ended)
        pthread_cond_timedwait(&sides->ended, &sides->lock, &until);
    bool is_awaited = !sides->has_ended;
    pthread_mutex_unlock(&sides->lock);
    return is_awaited;
}

static void
stop_target(Sides *sides)
{
    pthread_mutex_lock(&sides->lock);
    sides->is_stopped = true;
    pthread_mutex_unlock(&sides->lock);
}

/* The source is read; `is_good` false: what comes of the target does not matter any more. */
static bool
end_target(Sides *sides, pthread_t thread, bool is_good)
{
    if (!is_good)
        stop_target(sides);
    while (wait_for_target(sides))
        if (is_good && !tick_source(-1, sides)) {
            stop_target(sides);
            is_good = false;
        }
    pthread_join(thread, NULL);
    return is_good;
}

/* Why the target failed is the reason, unless it was only told to stop. */
static bool
say_why(Sides *sides, bool is_good, GError *take_error, GError **error)
{
    g_autoptr(GError) of_source = take_error, of_target = g_steal_pointer(&sides->error);
    if (of_target != NULL && (is_good || !error_is(of_target, ERR_STOPPED))) {
        g_propagate_error(error, g_steal_pointer(&of_target));
        return false;
    }
    if (of_source != NULL) {
        g_propagate_error(error, g_steal_pointer(&of_source));
        return false;
    }
    return is_good || fail(error, ERR_STOPPED, "asked to stop");
}

static bool
run_both(Sides *sides, SideFn *source, GError **error)
{
    Transfer *transfer = sides->transfer;
    g_autoptr(GError) failed = NULL;
    pthread_t thread;
    conn_set_tick(transfer->source, tick_source, sides);
    conn_set_tick(transfer->target, tick_target, sides);
    bool is_threaded = pthread_create(&thread, NULL, read_target, sides) == 0;
    bool is_good = source(transfer, tick_source, sides, sides->data, &failed);
    if (is_threaded)
        is_good = end_target(sides, thread, is_good);
    else if (is_good)
        read_target(sides);
    transfer_set_tick(transfer, sides->tick, sides->tick_data);
    return say_why(sides, is_good, g_steal_pointer(&failed), error);
}

bool
transfer_both_sides(Transfer *transfer, SideFn *source, SideFn *target, void *data, TickFn *tick,
                    void *tick_data, GError **error)
{
    if (transfer->source == transfer->target)
        return source(transfer, tick, tick_data, data, error) &&
               target(transfer, tick, tick_data, data, error);
    Sides sides = {
        .transfer = transfer, .target = target, .data = data, .tick = tick, .tick_data = tick_data};
    pthread_mutex_init(&sides.lock, NULL);
    pthread_cond_init(&sides.ended, NULL);
    bool done = run_both(&sides, source, error);
    pthread_cond_destroy(&sides.ended);
    pthread_mutex_destroy(&sides.lock);
    return done;
}
