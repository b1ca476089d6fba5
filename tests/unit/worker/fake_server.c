/* fake_server.c - see fake_server.h. */
#include "fake_server.h"

#include "base/text.h"

#include <glib/gstdio.h>
#include <microhttpd.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char *what, *code;
    int count, status;
} Refusal;

struct FakeServer {
    struct MHD_Daemon *daemon;
    char *folder, *path, *url;
    pthread_mutex_t mutex; /* guards everything below */
    pthread_cond_t called;
    GPtrArray *leases;   /* json_t * */
    GPtrArray *refusals; /* Refusal * */
    GHashTable *blobs;   /* digest → text */
    json_t *calls;       /* [{path, body}] */
    bool say_stop;
};

static enum MHD_Result
answer(struct MHD_Connection *connection, int status, const char *type, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *) text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", type);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned) status, response);
    MHD_destroy_response(response);
    return result;
}

/* Under the mutex. The refusal that counts for this path, or NULL. */
static Refusal *
find_refusal(FakeServer *server, const char *path)
{
    for (guint i = 0; i < server->refusals->len; i++) {
        Refusal *refusal = server->refusals->pdata[i];
        if (refusal->count > 0 && g_str_has_suffix(path, refusal->what)) {
            refusal->count--;
            return refusal;
        }
    }
    return NULL;
}

/* Under the mutex. The text of the answer; caller frees. */
static char *
decide(FakeServer *server, const char *method, const char *path, int *ret_status)
{
    const Refusal *refusal = find_refusal(server, path);

    *ret_status = refusal != NULL ? refusal->status : 200;
    if (refusal != NULL)
        return g_strdup_printf("{\"code\": \"%s\", \"detail\": \"refused by the script\"}",
                               refusal->code);
    if (g_str_has_suffix(path, "/lease")) {
        if (server->leases->len == 0) {
            *ret_status = 204;
            return g_strdup("");
        }
        g_autoptr(json_t) lease = g_ptr_array_steal_index(server->leases, 0);
        return json_compact(lease);
    }
    if (strcmp(method, "GET") == 0 && g_str_has_prefix(path, "/blobs/")) {
        const char *text = g_hash_table_lookup(server->blobs, path + strlen("/blobs/"));
        *ret_status = text != NULL ? 200 : 404;
        return g_strdup(text != NULL ? text : "{}");
    }
    if (g_str_has_suffix(path, "/heartbeat"))
        return g_strdup_printf("{\"stop\": %s, \"lease_ms\": 300}",
                               server->say_stop ? "true" : "false");
    return g_strdup("{}");
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *connection, const char *path, const char *method,
       const char *version, const char *data, size_t *bytes, void **state)
{
    FakeServer *server = cls;
    GString *body = *state;
    int status;

    if (body == NULL) {
        *state = g_string_new(NULL);
        return MHD_YES;
    }
    if (*bytes > 0) {
        g_string_append_len(body, data, (gssize) *bytes);
        *bytes = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&server->mutex);
    json_t *json = json_loadb(body->str, body->len, 0, NULL);
    json_array_append_new(server->calls, json_pack("{s:s, s:o}", "path", path, "body",
                                                   json != NULL ? json : json_null()));
    g_autofree char *text = decide(server, method, path, &status);
    pthread_cond_broadcast(&server->called);
    pthread_mutex_unlock(&server->mutex);
    return answer(connection, status,
                  status >= 400 ? "application/problem+json" : "application/json", text);
}

static void
completed(void *cls, struct MHD_Connection *connection, void **state,
          enum MHD_RequestTerminationCode code)
{
    if (*state != NULL)
        g_string_free(*state, TRUE);
}

static int
listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 16), ==, 0);
    return fd;
}

static void
refusal_free(void *data)
{
    Refusal *refusal = data;
    g_free(refusal->what);
    g_free(refusal->code);
    g_free(refusal);
}

FakeServer *
fake_server_new(void)
{
    FakeServer *server = g_new0(FakeServer, 1);
    server->folder = g_dir_make_tmp("honk-worker-XXXXXX", NULL);
    server->path = g_build_filename(server->folder, "socket", NULL);
    server->url = g_strconcat("unix:", server->path, NULL);
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->called, NULL);
    server->leases = g_ptr_array_new();
    server->refusals = g_ptr_array_new_with_free_func(refusal_free);
    server->blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    server->calls = json_array();
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
                         NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, listen_on(server->path),
                         MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    g_assert_nonnull(server->daemon);
    return server;
}

void
fake_server_free(FakeServer *server)
{
    MHD_stop_daemon(server->daemon);
    g_ptr_array_unref(server->leases);
    g_ptr_array_unref(server->refusals);
    g_hash_table_destroy(server->blobs);
    json_decref(server->calls);
    pthread_mutex_destroy(&server->mutex);
    pthread_cond_destroy(&server->called);
    g_unlink(server->path);
    g_rmdir(server->folder);
    g_free(server->folder);
    g_free(server->path);
    g_free(server->url);
    g_free(server);
}

const char *
fake_server_url(const FakeServer *server)
{
    return server->url;
}

void
fake_server_lease(FakeServer *server, json_t *json)
{
    pthread_mutex_lock(&server->mutex);
    g_ptr_array_add(server->leases, json);
    pthread_mutex_unlock(&server->mutex);
}

char *
fake_server_blob(FakeServer *server, const char *text)
{
    char *digest = sha256_of(text, strlen(text));
    pthread_mutex_lock(&server->mutex);
    g_hash_table_insert(server->blobs, g_strdup(digest), g_strdup(text));
    pthread_mutex_unlock(&server->mutex);
    return digest;
}

void
fake_server_refuse(FakeServer *server, const char *what, int count, int status, const char *code)
{
    Refusal *refusal = g_new0(Refusal, 1);
    refusal->what = g_strdup(what);
    refusal->code = g_strdup(code);
    refusal->count = count;
    refusal->status = status;
    pthread_mutex_lock(&server->mutex);
    g_ptr_array_add(server->refusals, refusal);
    pthread_mutex_unlock(&server->mutex);
}

void
fake_server_say_stop(FakeServer *server)
{
    pthread_mutex_lock(&server->mutex);
    server->say_stop = true;
    pthread_mutex_unlock(&server->mutex);
}

/* Under the mutex. */
static json_t *
calls_of(FakeServer *server, const char *what)
{
    json_t *found = json_array(), *call;
    size_t i;
    json_array_foreach(server->calls, i,
                       call) if (g_str_has_suffix(json_get_string(call, "path", ""), what))
        json_array_append(found, json_object_get(call, "body"));
    return found;
}

json_t *
fake_server_calls(FakeServer *server, const char *what)
{
    pthread_mutex_lock(&server->mutex);
    json_t *found = calls_of(server, what);
    pthread_mutex_unlock(&server->mutex);
    return found;
}

json_t *
fake_server_await(FakeServer *server, const char *what, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&server->mutex);
    json_t *found = calls_of(server, what);
    while (json_array_size(found) < count) {
        json_decref(found);
        if (pthread_cond_timedwait(&server->called, &server->mutex, &until) != 0)
            g_error("only too few calls of '%s' after ten seconds", what);
        found = calls_of(server, what);
    }
    pthread_mutex_unlock(&server->mutex);
    return found;
}
