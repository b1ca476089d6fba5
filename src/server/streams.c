/* streams.c - each stream blocks in its connection's thread, on its own eventfd and its socket. */
#include "server/streams.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "base/text.h"
#include "server/tail.h"
#include "store/ledger.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define KEEP_ALIVE_MS 15000
#define EVENTS_PER_READ 200 /* a reader is held for about a millisecond */
#define CHUNK_BYTES (16 * 1024)
#define RETRY_AFTER_S 5
#define RECONNECT_MS 1000     /* what browsers are told to wait */
#define STREAMS_PER_GAP_MS 20 /* a thousand streams look every 50 ms, a few at once */
#define FILES_OTHERS 300      /* descriptors that are not for streams */

struct Stream {
    Server *server;
    Stream *next; /* in the list of streams */
    bool is_listed;
    int wake_fd;
    atomic_bool is_woken; /* and has not looked since */
    int peer_fd;
    int64_t after; /* the cursor */
    char *plan, *types;
    GString *pending; /* formatted, not yet taken */
    size_t pending_from;
    bool is_over;
};

struct Streams {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Stream *first;
    unsigned count, count_max;
    bool is_ending;
    Tail *tail;
};

/* Each takes two descriptors: its socket, and what wakes it. */
static unsigned
streams_possible(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return HTTP_STREAMS_MAX;
    rlim_t left = limit.rlim_cur > FILES_OTHERS ? (limit.rlim_cur - FILES_OTHERS) / 2 : 1;
    return (unsigned) MIN(left, HTTP_STREAMS_MAX);
}

Streams *
streams_new(Readers *readers, int64_t seq)
{
    Streams *streams = g_new0(Streams, 1);
    streams->count_max = streams_possible();
    streams->tail = tail_new(readers, seq);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&streams->lock, NULL);
    pthread_cond_init(&streams->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return streams;
}

void
streams_free(Streams *streams)
{
    if (streams == NULL)
        return;
    g_assert(streams->count == 0);
    tail_free(streams->tail);
    pthread_cond_destroy(&streams->changed);
    pthread_mutex_destroy(&streams->lock);
    g_free(streams);
}

/* By the loop's thread, after each commit: who is awake already costs it nothing. */
static void
wake(Stream *stream)
{
    uint64_t one = 1;
    if (!atomic_exchange(&stream->is_woken, true) && write(stream->wake_fd, &one, sizeof(one)) < 0)
        g_assert(errno == EAGAIN);
}

/* What is committed from now on wakes again; what was before is read next. */
static void
wake_taken(Stream *stream)
{
    uint64_t count = 0;
    if (read(stream->wake_fd, &count, sizeof(count)) < 0)
        g_assert(errno == EAGAIN);
    atomic_store(&stream->is_woken, false);
}

static void
wake_all(Streams *streams)
{
    for (Stream *stream = streams->first; stream != NULL; stream = stream->next)
        wake(stream);
}

void
streams_wake(Streams *streams, int64_t seq)
{
    tail_grew(streams->tail, seq);
    pthread_mutex_lock(&streams->lock);
    wake_all(streams);
    pthread_mutex_unlock(&streams->lock);
}

void
streams_end(Streams *streams, int timeout_ms)
{
    struct timespec until = clock_until(CLOCK_MONOTONIC, timeout_ms);

    pthread_mutex_lock(&streams->lock);
    streams->is_ending = true;
    wake_all(streams);
    while (streams->count > 0 &&
           pthread_cond_timedwait(&streams->changed, &streams->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&streams->lock);
}

static bool
streams_are_ending(Streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    bool is_ending = streams->is_ending;
    pthread_mutex_unlock(&streams->lock);
    return is_ending;
}

/* False when there is no room. */
static bool
streams_add(Streams *streams, Stream *stream)
{
    pthread_mutex_lock(&streams->lock);
    bool has_room = streams->count < streams->count_max && !streams->is_ending;
    if (has_room) {
        stream->next = streams->first;
        streams->first = stream;
        stream->is_listed = true;
        streams->count++;
        metric_set(METRIC_STREAMS, streams->count);
    }
    pthread_mutex_unlock(&streams->lock);
    return has_room;
}

static void
streams_remove(Streams *streams, Stream *stream)
{
    pthread_mutex_lock(&streams->lock);
    for (Stream **at = &streams->first; *at != NULL; at = &(*at)->next) {
        if (*at == stream) {
            *at = stream->next;
            break;
        }
    }
    streams->count--;
    metric_set(METRIC_STREAMS, streams->count);
    pthread_cond_signal(&streams->changed);
    pthread_mutex_unlock(&streams->lock);
}

/* ----- one stream ----- */

void
stream_free(Stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->is_listed)
        streams_remove(stream->server->streams, stream);
    close(stream->wake_fd);
    g_free(stream->plan);
    g_free(stream->types);
    g_string_free(stream->pending, TRUE);
    g_free(stream);
}

bool
stream_answer(Request *request, int64_t after, const char *plan, const char *types, GError **error)
{
    Stream *stream = g_new0(Stream, 1);
    stream->server = request->server;
    stream->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stream->peer_fd = request->fd;
    stream->after = after;
    stream->plan = g_strdup(plan);
    stream->types = g_strdup(types);
    stream->pending = g_string_new(NULL);
    g_string_append_printf(stream->pending, "retry: %d\n: events after %" G_GINT64_FORMAT "\n\n",
                           RECONNECT_MS, after);

    if (stream->wake_fd < 0 || !streams_add(request->server->streams, stream)) {
        if (stream->wake_fd >= 0)
            stream_free(stream);
        request->reply.retry_after_s = RETRY_AFTER_S;
        return request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, error, ERR_LIMIT,
                              "%u event streams are open, which is the most: ask for pages of "
                              "events instead (Accept: "
                              "application/json)",
                              request->server->streams->count_max);
    }
    request->reply.stream = stream;
    request->reply.content_type = "text/event-stream";
    return true;
}

bool
types_hold(const char *types, const char *type)
{
    if (types == NULL)
        return true;
    for (const char *at = types; *at != '\0';) {
        size_t bytes = strcspn(at, ",");
        if (strncmp(at, type, bytes) == 0 && (type[bytes] == '\0' || type[bytes] == '.'))
            return true;
        at += at[bytes] == ',' ? bytes + 1 : bytes;
    }
    return false;
}

bool
types_check(const char *types, GError **error)
{
    if (types == NULL)
        return true;
    g_auto(GStrv) list = g_strsplit(types, ",", -1);
    for (char **type = list; *type != NULL; type++) {
        bool is_word = strcmp(*type, "plan") == 0 || strcmp(*type, "task") == 0 ||
                       strcmp(*type, "entity") == 0 || strcmp(*type, "limit") == 0 ||
                       strcmp(*type, "worker") == 0 || strcmp(*type, "server") == 0 ||
                       strcmp(*type, "access") == 0;
        if (!is_word && !event_type_is_known(*type)) {
            g_autofree char *shown = text_printable(*type);
            return fail(error, ERR_INVALID,
                        "'%s' is no type of event: expected one like 'plan.state', or 'plan' for "
                        "all of them",
                        shown);
        }
    }
    return true;
}

static bool
event_format(const Event *event, void *data)
{
    Stream *stream = data;
    stream->after = event->seq;
    if (types_hold(stream->types, event->type)) {
        g_autoptr(json_t) json = event_to_json(event);
        g_autofree char *text = json_compact(json);
        g_string_append_printf(stream->pending, "id: %" G_GINT64_FORMAT "\nevent: %s\ndata: %s\n\n",
                               event->seq, event->type, text);
    }
    return true;
}

static bool
tail_take(const TailEvent *event, void *data)
{
    Stream *stream = data;
    bool is_ours = stream->plan == NULL || g_strcmp0(stream->plan, event->plan) == 0;
    stream->after = event->seq;
    if (is_ours && types_hold(stream->types, event->type))
        g_string_append(stream->pending, event->text);
    return stream->pending->len < CHUNK_BYTES;
}

/* Who is far behind reads for itself, until it has caught up. */
static bool
ledger_take(Stream *stream)
{
    Readers *readers = stream->server->readers;
    Db *db = NULL;
    int64_t before = stream->after;
    int64_t last = 0;

    if (!readers_take(readers, &db, NULL))
        return false;
    bool is_read =
        ledger_last(db, &last, NULL) &&
        ledger_read(db, stream->after, stream->plan, EVENTS_PER_READ, event_format, stream, NULL);
    readers_give(readers, db);
    /* Others' events need not be looked at again. */
    if (stream->after == before && last > stream->after)
        stream->after = last;
    return is_read;
}

/* Read on from the cursor; false when the state cannot be read. `*ret_end` when nothing more is there. */
static bool
stream_read(Stream *stream, bool *ret_end)
{
    int64_t before = stream->after;
    bool reaches = false;

    if (!tail_read(stream->server->streams->tail, stream->after, tail_take, stream, &reaches,
                   NULL) ||
        (!reaches && !ledger_take(stream)))
        return false;
    *ret_end = stream->after == before;
    return true;
}

static int
stream_gap_ms(Streams *streams)
{
    pthread_mutex_lock(&streams->lock);
    unsigned gap_ms = streams->is_ending ? 0 : streams->count / STREAMS_PER_GAP_MS;
    pthread_mutex_unlock(&streams->lock);
    return (int) gap_ms;
}

/* False when the other side has gone. Of many streams none is woken by each commit: they would leave the writer no time. */
static bool
stream_wait(Stream *stream)
{
    struct pollfd fds[] = {
        {.fd = stream->peer_fd, .events = POLLRDHUP},
        {.fd = stream->wake_fd, .events = POLLIN},
    };
    int gap_ms = stream_gap_ms(stream->server->streams);
    bool is_gone = gap_ms > 0 && poll(fds, 1, gap_ms) > 0;
    int ready = is_gone ? 1 : poll(fds, G_N_ELEMENTS(fds), KEEP_ALIVE_MS);

    if (fds[1].revents & POLLIN)
        wake_taken(stream);
    if (fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR))
        return false;
    if (ready == 0)
        g_string_append(stream->pending, ": still here\n\n");
    return true;
}

/* Fill `pending`; false when the stream is broken. */
static bool
stream_fill(Stream *stream)
{
    while (stream->pending->len == 0) {
        bool is_at_end = false;
        if (!stream_read(stream, &is_at_end))
            return false;
        if (stream->pending->len > 0 || !is_at_end)
            continue;
        if (streams_are_ending(stream->server->streams)) {
            g_string_append(stream->pending,
                            "event: bye\ndata: {\"reason\": \"the server stops\"}\n\n");
            stream->is_over = true;
        } else if (!stream_wait(stream)) {
            return false;
        }
    }
    return true;
}

static ssize_t
stream_give(void *cls, uint64_t position, char *buffer, size_t room)
{
    Stream *stream = cls;

    if (stream->pending->len == 0) {
        if (stream->is_over)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!stream_fill(stream))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t bytes = MIN(room, stream->pending->len - stream->pending_from);
    memcpy(buffer, stream->pending->str + stream->pending_from, bytes);
    stream->pending_from += bytes;
    if (stream->pending_from == stream->pending->len) {
        g_string_truncate(stream->pending, 0);
        stream->pending_from = 0;
    }
    return (ssize_t) bytes;
}

static void
stream_done(void *cls)
{
    stream_free(cls);
}

struct MHD_Response *
stream_response(Stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, stream_give, stream,
                                             stream_done);
}
