/* beat.c - see beat.h. */
#include "worker/beat.h"

#include "base/clock.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* What a person sees moving moves once a second; nothing new to tell: a third of the lease. */
#define NEWS_MS 1000

struct Beat {
    Link *link;
    const Lease *lease;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards everything below */
    pthread_cond_t changed;
    bool is_ending, is_stopped, is_lost;
    bool has_news;
    int64_t lease_ms, deadline_ms; /* monotonic: the lease is lost then without an answer */
    int64_t started_ms, first_done, done, total, bytes;
    char unit[32], note[200], slowed[200];
    json_t *throttle; /* NULL: none */
};

static json_t *
progress_json(const Beat *beat)
{
    json_t *progress = json_object();
    int64_t elapsed_ms = clock_monotonic_ms() - beat->started_ms;

    json_set_int(progress, "done", beat->done);
    json_set_int(progress, "total", beat->total);
    json_set_string(progress, "unit", beat->unit);
    json_set_string(progress, "note", beat->note);
    if (beat->bytes > 0)
        json_set_int(progress, "bytes", beat->bytes);
    if (*beat->slowed != '\0')
        json_set_string(progress, "slowed", beat->slowed);
    if (elapsed_ms > 0 && beat->done > beat->first_done)
        json_set_int(progress, "rate", (beat->done - beat->first_done) * 1000 / elapsed_ms);
    return progress;
}

/* One exchange; the mutex is not held while the server is asked. */
static void
beat_once(Beat *beat)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) progress = progress_json(beat);
    HeartbeatAnswer answer = {0};

    beat->has_news = false;
    pthread_mutex_unlock(&beat->mutex);
    bool ok = link_heartbeat(beat->link, beat->lease, progress, &answer, &error);
    pthread_mutex_lock(&beat->mutex);
    if (ok) {
        beat->is_stopped = beat->is_stopped || answer.stop;
        beat->lease_ms = answer.lease_ms > 0 ? answer.lease_ms : beat->lease_ms;
        json_decref(beat->throttle);
        beat->throttle = answer.throttle;
        beat->deadline_ms = clock_monotonic_ms() + beat->lease_ms;
    } else if (link_lost(error)) {
        beat->is_lost = true;
    }
}

static void
wait_until(Beat *beat, int64_t monotonic_ms)
{
    struct timespec until = {.tv_sec = monotonic_ms / 1000,
                             .tv_nsec = (monotonic_ms % 1000) * 1000000};
    pthread_cond_timedwait(&beat->changed, &beat->mutex, &until);
}

static void *
beat_main(void *data)
{
    Beat *beat = data;
    int64_t last_ms = clock_monotonic_ms();

    pthread_mutex_lock(&beat->mutex);
    while (!beat->is_ending && !beat->is_lost) {
        int64_t third_ms = MAX(beat->lease_ms / 3, 10);
        int64_t due_ms = last_ms + (beat->has_news ? MIN(NEWS_MS, third_ms) : third_ms);
        int64_t now_ms = clock_monotonic_ms();
        if (now_ms >= beat->deadline_ms) {
            beat->is_lost = true; /* the server may have given it to somebody else by now */
        } else if (now_ms < due_ms) {
            wait_until(beat, due_ms);
        } else {
            beat_once(beat);
            last_ms = clock_monotonic_ms();
        }
    }
    pthread_mutex_unlock(&beat->mutex);
    return NULL;
}

static void
init_sync(Beat *beat)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&beat->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&beat->mutex, NULL);
}

bool
beat_start(const char *server, const char *token, const Lease *lease, Beat **ret, GError **error)
{
    Beat *beat = g_new0(Beat, 1);

    if (!link_new(server, token, &beat->link, error)) {
        g_free(beat);
        return false;
    }
    beat->lease = lease;
    beat->lease_ms = MAX(lease->lease_ms, 100);
    beat->started_ms = clock_monotonic_ms();
    beat->deadline_ms = beat->started_ms + beat->lease_ms;
    beat->first_done = -1;
    beat->throttle = json_incref(lease->throttle);
    init_sync(beat);
    int failed = pthread_create(&beat->thread, NULL, beat_main, beat);
    if (failed != 0) {
        link_free(beat->link);
        json_decref(beat->throttle);
        g_free(beat);
        return fail(error, ERR_INTERNAL, "cannot start a thread: %s", g_strerror(failed));
    }
    pthread_setname_np(beat->thread, "honk beat");
    *ret = beat;
    return true;
}

void
beat_end(Beat *beat)
{
    if (beat == NULL)
        return;
    pthread_mutex_lock(&beat->mutex);
    beat->is_ending = true;
    pthread_cond_signal(&beat->changed);
    pthread_mutex_unlock(&beat->mutex);
    pthread_join(beat->thread, NULL);
    pthread_cond_destroy(&beat->changed);
    pthread_mutex_destroy(&beat->mutex);
    link_free(beat->link);
    json_decref(beat->throttle);
    g_free(beat);
}

bool
beat_tick(Beat *beat, int64_t done, int64_t total, const char *unit, const char *note)
{
    pthread_mutex_lock(&beat->mutex);
    bool had_news = beat->has_news;
    bool has_not_begun = done == beat->first_done && *beat->slowed != '\0';
    if (done < beat->done || beat->first_done < 0 || /* another piece of work began */
        has_not_begun) { /* how long it was braked tells nothing of its rate */
        beat->first_done = done;
        beat->started_ms = clock_monotonic_ms();
    }
    beat->done = done;
    beat->total = total;
    g_strlcpy(beat->unit, unit != NULL ? unit : "", sizeof beat->unit);
    g_strlcpy(beat->note, note != NULL ? note : "", sizeof beat->note);
    beat->has_news = true;
    if (!had_news)
        pthread_cond_signal(&beat->changed);
    bool go_on = !beat->is_stopped && !beat->is_lost;
    pthread_mutex_unlock(&beat->mutex);
    return go_on;
}

void
beat_tell(Beat *beat, int64_t bytes, const char *slowed)
{
    pthread_mutex_lock(&beat->mutex);
    beat->bytes = bytes;
    g_strlcpy(beat->slowed, slowed, sizeof beat->slowed);
    pthread_mutex_unlock(&beat->mutex);
}

json_t *
beat_throttle(Beat *beat)
{
    pthread_mutex_lock(&beat->mutex);
    json_t *throttle = json_incref(beat->throttle);
    pthread_mutex_unlock(&beat->mutex);
    return throttle;
}

void
beat_stop(Beat *beat)
{
    pthread_mutex_lock(&beat->mutex);
    beat->is_stopped = true;
    pthread_mutex_unlock(&beat->mutex);
}

bool
beat_is_lost(Beat *beat)
{
    pthread_mutex_lock(&beat->mutex);
    bool lost = beat->is_lost;
    pthread_mutex_unlock(&beat->mutex);
    return lost;
}
