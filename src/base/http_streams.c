/* http_streams.c - exchanges whose answer is taken as it comes; see http_client.h. */
#include "base/http_inside.h"
#include "base/limits.h"
#include "base/sse.h"

#include <string.h>

#define STREAM_SILENCE_S 60 /* the server gives a sign of life every 15 s */

/* ---- event streams ---- */

typedef struct {
    HttpClient *client;
    Sse *sse;
    GString *problem; /* the body of an answer other than 200 */
    bool is_stopped;  /* on_event wants no more */
    GError *error;
} Stream;

static size_t
stream_write(char *data, size_t size, size_t count, void *user)
{
    Stream *stream = user;
    size_t bytes = size * count;
    if (http_status(stream->client) != 200) {
        size_t room = HTTP_BODY_BYTES_MAX - stream->problem->len;
        g_string_append_len(stream->problem, data, (gssize) MIN(bytes, room));
        return bytes;
    }
    bool go_on = false;
    if (!sse_feed(stream->sse, data, bytes, &go_on, &stream->error))
        return CURL_WRITEFUNC_ERROR;
    stream->is_stopped = !go_on;
    return go_on ? bytes : CURL_WRITEFUNC_ERROR;
}

static bool
stream_result(Stream *stream, CURLcode code, GError **error)
{
    int status = http_status(stream->client);
    if (stream->error != NULL) {
        g_propagate_error(error, stream->error);
        return false;
    }
    if (stream->is_stopped)
        return true;
    if (code != CURLE_OK)
        return http_fail(stream->client, code, error);
    if (status != 200)
        return http_fail_as_answered(&(HttpResponse){.status = status,
                                                     .body = stream->problem->str,
                                                     .bytes = stream->problem->len},
                                     error);
    return true;
}

bool
http_stream(HttpClient *client, const char *path, const char *last_id, HttpEventFn *on_event,
            void *user, GError **error)
{
    g_autofree char *id = last_id != NULL ? g_strdup_printf("Last-Event-ID: %s", last_id) : NULL;
    const char *const headers[] = {"Accept: text/event-stream", id, NULL};
    g_autoptr(CurlHeaders) list = http_headers(client, headers, false);
    g_autofree char *url = g_strconcat(client->url, path, NULL);
    g_autoptr(Sse) sse = sse_new(on_event, user);
    g_autoptr(GString) problem = g_string_new(NULL);
    Stream stream = {.client = client, .sse = sse, .problem = problem};
    http_prepare(client, url, list, stream_write, &stream);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, (long) STREAM_SILENCE_S);
    return stream_result(&stream, http_perform(client), error);
}

/* ---- answers that are taken as they come ---- */

typedef struct {
    HttpClient *client;
    const HttpLive *live;
    HttpResponse *head;
    bool is_stopped; /* the one who listens wants no more */
} Live;

static bool
live_begins(Live *live)
{
    if (live->head->status != 0)
        return true;
    *live->head = (HttpResponse){.status = http_status(live->client),
                                 .content_type = http_header(live->client, "Content-Type"),
                                 .retry_after = http_header(live->client, "Retry-After"),
                                 .retry_after_ms = http_header(live->client, "Retry-After-Ms"),
                                 .should_retry = http_header(live->client, "X-Should-Retry")};
    return live->live->head == NULL || live->live->head(live->head, live->live->user);
}

static size_t
live_write(char *data, size_t size, size_t count, void *user)
{
    Live *live = user;
    size_t bytes = size * count;
    live->is_stopped = !live_begins(live) || !live->live->piece(data, bytes, live->live->user);
    return live->is_stopped ? CURL_WRITEFUNC_ERROR : bytes;
}

static int
live_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    Live *live = user;
    (void) a, (void) b, (void) c, (void) d;
    live->is_stopped = live->live->go_on != NULL && !live->live->go_on(live->live->user);
    return live->is_stopped;
}

bool
http_call_live(HttpClient *client, const char *method, const char *path, const char *const *headers,
               const void *body, size_t bytes, int timeout_ms, const HttpLive *live,
               HttpResponse *ret, GError **error)
{
    g_autoptr(CurlHeaders) list = http_headers(client, headers, body != NULL);
    g_autofree char *url = g_strconcat(client->url, path, NULL);
    g_auto(HttpResponse) head = {0};
    Live state = {.client = client, .live = live, .head = &head};
    http_prepare(client, url, list, live_write, &state);
    CURL *curl = client->curl;
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, live_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &state);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) bytes);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = http_perform(client);
    if (state.is_stopped)
        return fail(error, ERR_STOPPED, "the answer of '%s' was not awaited", client->base);
    if (code != CURLE_OK)
        return http_fail(client, code, error);
    if (!live_begins(&state))
        return fail(error, ERR_STOPPED, "the answer of '%s' was not awaited", client->base);
    *ret = head;
    head = (HttpResponse){0};
    return true;
}
