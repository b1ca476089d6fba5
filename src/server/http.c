/*
 * http.c - the life of a request: address, header, body, handler, reply.
 *
 *   on_target   the raw address, before the library decodes it          → Request
 *   on_request  first call: the header                                  → admitted, or refused
 *               calls with data: the body, counted and bounded          (a refused one is dropped, not kept)
 *               last call: body checks, handler, reply
 *   on_end      the request's memory is freed
 */
#include "server/http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "server/access.h"
#include "server/admission.h"
#include "server/idempotency.h"
#include "server/libmicrohttpd.h"
#include "server/portal.h"
#include "server/problem.h"
#include "server/routes.h"
#include "server/sockets.h"
#include "server/streams.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Longer than any wait inside a handler: the library counts it from the last byte, also while a handler thinks. */
#define CONNECTION_TIMEOUT_S 75
#define DRAIN_MS 300 /* a client that reads slowly is not waited for */
#define CONNECTION_HEADER_BYTES_MAX                                                                \
    (32 * 1024) /* the library's pool per connection: header and read buffer */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define THREAD_STACK_BYTES (4 * 1024 * 1024) /* sanitizers put more on it */
#else
#define THREAD_STACK_BYTES (256 * 1024)
#endif

typedef struct {
    Http *http;
    int listen_fd;
    bool is_unix;
    struct MHD_Daemon *daemon;
} Front;

struct Http {
    Server *server;
    Front fronts[2];      /* the Unix socket, TCP */
    atomic_int in_flight; /* requests that began and have not ended */
    char *socket_path;
};

static void log_library(void *cls, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

static void
log_library(void *cls, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    log_line(LOG_DEBUG, NULL, "http: %s", g_strchomp(text));
}

static void
library_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    g_error("libmicrohttpd: %s:%u: %s", file, line, reason != NULL ? reason : "no reason given");
}

static void *
on_target(void *cls, const char *uri, struct MHD_Connection *connection)
{
    Front *front = cls;
    Request *request = g_new0(Request, 1);
    atomic_fetch_add(&front->http->in_flight, 1);
    request->server = front->http->server;
    request->connection = connection;
    request->is_unix = front->is_unix;
    request->raw_target = g_strdup(uri);
    request->body = g_byte_array_new();
    return request;
}

static void
on_end(void *cls, struct MHD_Connection *connection, void **ret_context,
       enum MHD_RequestTerminationCode why)
{
    Front *front = cls;
    if (*ret_context != NULL)
        atomic_fetch_sub(&front->http->in_flight, 1);
    request_free(*ret_context);
    *ret_context = NULL;
}

/* ----- the reply ----- */

static void
response_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        MHD_add_response_header(response, name, value);
}

static struct MHD_Response *
response_of(Reply *reply)
{
    if (reply->stream != NULL)
        return stream_response(g_steal_pointer(&reply->stream));
    if (reply->json != NULL) {
        reply->body = json_dumps(reply->json, JSON_COMPACT | JSON_ENCODE_ANY);
        reply->bytes = strlen(reply->body);
        if (reply->content_type == NULL)
            reply->content_type = "application/json";
    }
    if (reply->constant != NULL)
        return MHD_create_response_from_buffer(
            reply->constant->count, (void *) reply->constant->bytes, MHD_RESPMEM_PERSISTENT);
    size_t bytes = reply->bytes;
    return MHD_create_response_from_buffer(
        bytes, bytes > 0 ? g_steal_pointer(&reply->body) : (char *) "",
        bytes > 0 ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
reply_send(Request *request)
{
    Reply *reply = &request->reply;
    unsigned status = (unsigned) (reply->status > 0 ? reply->status : request->route->status);

    request_give_reader(request);
    metric_add(METRIC_HTTP_REQUESTS, 1);
    if (status >= 400)
        metric_add(METRIC_HTTP_ERRORS, 1);

    bool is_stream = reply->stream != NULL;
    struct MHD_Response *response = response_of(reply);
    if (response == NULL)
        return MHD_NO;
    g_autofree char *retry_after =
        reply->retry_after_s > 0 ? g_strdup_printf("%d", reply->retry_after_s) : NULL;
    response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                    reply->cache != NULL ? reply->cache : "no-store");
    response_header(response, "X-Accel-Buffering",
                    is_stream ? "no" : NULL); /* a proxy passes events on */
    response_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, retry_after);
    response_header(response, MHD_HTTP_HEADER_SET_COOKIE, reply->cookie);
    response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply->coding);
    portal_guard(response, reply->file);
    if (status == MHD_HTTP_UNAUTHORIZED)
        response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"honk\"");
    enum MHD_Result result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
reply_problem(Request *request, const GError *failure)
{
    Reply *reply = &request->reply;
    ErrorCode code = error_code(failure);

    json_decref(reply->json);
    stream_free(g_steal_pointer(&reply->stream));
    free(g_steal_pointer(&reply->body));
    reply->json =
        problem_new(failure, request->problem_status, request->target.path, request->problem);
    reply->status = (int) json_get_int(reply->json, "status", 500);
    reply->content_type = "application/problem+json";
    reply->cache = NULL;
    reply->constant = NULL;
    reply->file = NULL;
    g_clear_pointer(&reply->cookie, g_free);
    if (error_then(code) == THEN_RETRY && reply->retry_after_s == 0)
        reply->retry_after_s = 1;
    if (reply->status >= 500) {
        json_t *fields = json_object();
        json_set_string(fields, "event", "http.failed");
        json_set_string(fields, "method", request->method);
        json_set_string(fields, "path", request->target.path);
        json_set_int(fields, "status", reply->status);
        json_set_string(fields, "error_type", error_wire_name(code));
        /* "come again" is no failure: a worker may well be faster than the server's start */
        log_line(error_then(code) == THEN_RETRY ? LOG_DEBUG : LOG_WARN, fields, "%s",
                 failure->message);
    }
    if (code == ERR_FORBIDDEN)
        access_denied(request, failure->message);
    return reply_send(request);
}

/* ----- the request ----- */

/* Refused at the header. Small bodies are read and dropped, so that clients that send before they listen get to hear why;
 * who asked first ("Expect") or announces more than that is answered at once. */
static bool
is_worth_dropping(const Request *request)
{
    const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *coding = request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    if (request_header(request, MHD_HTTP_HEADER_EXPECT) != NULL)
        return false;
    if (coding == NULL && length == NULL)
        return true; /* the connection stays open for the next one */
    return coding != NULL ||
           (length != NULL && g_ascii_strtoll(length, NULL, 10) <= HTTP_BODY_BYTES_MAX);
}

static enum MHD_Result
request_begin(Request *request, const char *method)
{
    g_autoptr(GError) error = NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    request->is_begun = true;
    request->method = method;
    request->fd = info != NULL ? info->connect_fd : -1;
    request->body_bytes_max = HTTP_BODY_BYTES_MAX;
    bool is_admitted = admission_header(request, &error);
    request_give_reader(request); /* not held while a body comes, or does not */
    if (is_admitted)
        return MHD_YES;
    if (!is_worth_dropping(request))
        return reply_problem(request, error);
    request->is_dropping = true;
    request->refusal = g_steal_pointer(&error);
    return MHD_YES;
}

/* The body is bounded while it comes: over the limit it is only counted, and cut off when it does not end. */
static enum MHD_Result
request_take(Request *request, const char *data, size_t bytes)
{
    request->body_bytes_seen += (int64_t) bytes;
    if (request->body_bytes_seen > request->body_bytes_max) {
        request->is_dropping = true;
        g_byte_array_set_size(request->body, 0);
    }
    if (request->body_bytes_seen > 2 * request->body_bytes_max)
        return MHD_NO;
    if (!request->is_dropping)
        g_byte_array_append(request->body, (const guint8 *) data, (guint) bytes);
    return MHD_YES;
}

/* Was the same asked before, under the same key? */
static bool
answer_known(Request *request, bool *ret_known, GError **error)
{
    IdempotencyEntry entry = {0};
    Db *db = NULL;

    *ret_known = false;
    if (request->idempotency_key == NULL)
        return true;
    idempotency_entry(request, &entry);
    bool is_read = request_reader(request, &db, error) &&
                   idempotency_answer(request, db, &entry, ret_known, error);
    idempotency_clear(&entry);
    return is_read;
}

static enum MHD_Result
request_finish(Request *request)
{
    g_autoptr(GError) error = NULL;
    bool is_known = false;

    if (request->refusal != NULL)
        return reply_problem(request, request->refusal);
    if (!admission_body(request, &error) || !answer_known(request, &is_known, &error) ||
        (!is_known && !request->route->handler(request, &error)))
        return reply_problem(request, error);
    return reply_send(request);
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *data, size_t *bytes, void **context)
{
    Request *request = *context;

    if (!request->is_begun)
        return request_begin(request, method);
    if (*bytes > 0) {
        enum MHD_Result result = request_take(request, data, *bytes);
        *bytes = 0;
        return result;
    }
    return request_finish(request);
}

/* ----- the fronts ----- */

bool
http_listen(Server *server, int port, const char *socket_path, Http **ret, GError **error)
{
    g_autofree Http *http = g_new0(Http, 1);
    int unix_fd = -1;
    int tcp_fd = -1;

    if (!socket_listen_unix(socket_path, &unix_fd, error))
        return false;
    if (!socket_listen_tcp(server->config->listen, port, &tcp_fd, &server->url, &server->port,
                           error)) {
        close(unix_fd);
        unlink(socket_path);
        return false;
    }
    http->server = server;
    http->socket_path = g_strdup(socket_path);
    http->fronts[0] = (Front){.http = http, .listen_fd = unix_fd, .is_unix = true};
    http->fronts[1] = (Front){.http = http, .listen_fd = tcp_fd};
    *ret = g_steal_pointer(&http);
    return true;
}

static bool
front_start(Front *front, GError **error)
{
    /* Each front has its own connections, so that streams in browsers never keep the local workers out. */
    front->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, front, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_LISTEN_SOCKET, front->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, front,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, front, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned) HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned) CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t) CONNECTION_HEADER_BYTES_MAX, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t) THREAD_STACK_BYTES, MHD_OPTION_END);
    if (front->daemon == NULL)
        return fail(error, ERR_INTERNAL, "cannot start the HTTP server on its %s",
                    front->is_unix ? "socket" : "port");
    return true;
}

bool
http_start(Http *http, GError **error)
{
    if (!libmicrohttpd_load(error))
        return false;
    MHD_set_panic_func(library_panic, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(http->fronts); i++) {
        if (!front_start(&http->fronts[i], error))
            return false;
    }
    return true;
}

/* Everybody has an answer by now; let it get out before the sockets are closed. */
static void
http_drain(Http *http)
{
    int64_t give_up_at_ms = clock_monotonic_ms() + DRAIN_MS;
    struct timespec pause = {.tv_nsec = 2000000};
    while (atomic_load(&http->in_flight) > 0 && clock_monotonic_ms() < give_up_at_ms)
        nanosleep(&pause, NULL);
}

void
http_stop(Http *http)
{
    if (http == NULL)
        return;
    http_drain(http);
    for (size_t i = 0; i < G_N_ELEMENTS(http->fronts); i++) {
        Front *front = &http->fronts[i];
        if (front->daemon != NULL)
            MHD_stop_daemon(front->daemon); /* closes the listening socket as well */
        else
            close(front->listen_fd);
    }
    unlink(http->socket_path);
    g_free(http->socket_path);
    g_free(http);
}
