/* proxy.c - see proxy.h: one thread that takes connections, and one for each of them. */
#include "llm/proxy.h"

#include "base/clock.h"
#include "base/http_client.h"
#include "base/limits.h"
#include "base/text.h"
#include "llm/inside.h"
#include "model/config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 32 /* at once: an agent and a build */
#define HEAD_BYTES_MAX ((size_t) 32 * 1024)
#define SILENCE_S 60                   /* of a program that asks and does not go on */
#define ANSWER_MS_MAX (10 * 60 * 1000) /* a model that thinks long */
#define LOOK_EVERY_MS 50
#define LOG_BYTES_MAX ((size_t) 1024 * 1024)

struct Proxy {
    ProxySpec spec;
    char *key; /* the whole header; or NULL */
    pthread_t thread;
    atomic_bool is_over;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t less;  /* there are fewer connections */
    int connections;
    LlmUsage used;
    GString *log;
};

/* ---- life ---- */

static bool
read_key(Proxy *proxy, GError **error)
{
    const ModelConfig *model = proxy->spec.model;
    g_autofree char *secret = NULL;
    if (model == NULL)
        return true;
    g_autofree char *what = g_strdup_printf("the key of model '%s'", model->id);
    if (!config_secret(what, model->key_file, model->key_env, &secret, error))
        return false;
    if (secret != NULL)
        proxy->key = g_strconcat(llm_shape(model->api)->key_header, secret, NULL);
    return true;
}

void
proxy_free(Proxy *proxy)
{
    if (proxy == NULL)
        return;
    pthread_mutex_destroy(&proxy->lock);
    pthread_cond_destroy(&proxy->less);
    g_string_free(proxy->log, TRUE);
    g_free(proxy->key);
    g_free(proxy);
}

const char *
proxy_log(const Proxy *proxy)
{
    return proxy->log->str;
}

LlmUsage
proxy_used(const Proxy *proxy)
{
    return proxy->used;
}

/* ---- one connection ---- */

typedef struct {
    Proxy *proxy;
    int fd;
    bool is_model, has_begun;
    LlmHearing *hearing; /* of an answer that is counted; or NULL */
} Visit;

static void
note(Proxy *proxy, const char *method, const char *target, const char *what)
{
    g_autofree char *line = g_strdup_printf("%s %s", method, target);
    g_autofree char *shown = text_printable(line);
    pthread_mutex_lock(&proxy->lock);
    if (proxy->log->len < LOG_BYTES_MAX)
        g_string_append_printf(proxy->log, "-- %.300s %s\n", shown, what);
    pthread_mutex_unlock(&proxy->lock);
}

static bool
send_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        bytes -= (size_t) sent;
    }
    return true;
}

static void
send_refusal(Visit *visit, int status, const char *why)
{
    g_autoptr(json_t) body = json_pack("{s:s, s:{s:s, s:s}}", "type", "error", "error", "type",
                                       "permission_error", "message", why);
    g_autofree char *text = json_compact(body);
    g_autofree char *whole = g_strdup_printf(
        "HTTP/1.1 %d Refused\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n%s",
        status, strlen(text), text);
    visit->has_begun = true;
    (void) send_all(visit->fd, whole, strlen(whole));
}

static bool
pass_head(const HttpResponse *head, void *user)
{
    Visit *visit = user;
    bool is_stream =
        head->content_type != NULL && g_str_has_prefix(head->content_type, "text/event-stream");
    g_autofree char *type = head->content_type != NULL
                                ? g_strdup_printf("Content-Type: %s\r\n", head->content_type)
                                : g_strdup("");
    g_autofree char *again = head->retry_after != NULL
                                 ? g_strdup_printf("Retry-After: %s\r\n", head->retry_after)
                                 : g_strdup("");
    g_autofree char *text = g_strdup_printf("HTTP/1.1 %d Passed\r\n%s%sConnection: close\r\n\r\n",
                                            head->status, type, again);
    if (visit->is_model && head->status == 200)
        visit->hearing = llm_hear_begin(visit->proxy->spec.model->api, is_stream);
    visit->has_begun = true;
    return send_all(visit->fd, text, strlen(text));
}

/* What cannot be read is passed all the same, and not counted any further. */
static bool
pass_piece(const char *data, size_t bytes, void *user)
{
    Visit *visit = user;
    g_autoptr(GError) unread = NULL;
    if (visit->hearing != NULL && visit->hearing->error == NULL)
        (void) !llm_hear(visit->hearing, data, bytes, &unread);
    return send_all(visit->fd, data, bytes);
}

static bool
pass_goes_on(void *user)
{
    const Visit *visit = user;
    return !atomic_load(&visit->proxy->is_over);
}

static void
count_answer(Visit *visit)
{
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) unread = NULL;
    if (visit->hearing == NULL)
        return;
    if (visit->hearing->sse == NULL)
        (void) !llm_heard(visit->hearing, &reply, &unread);
    LlmUsage used = llm_hearing_usage(visit->hearing);
    pthread_mutex_lock(&visit->proxy->lock);
    llm_usage_add(&visit->proxy->used, &used);
    pthread_mutex_unlock(&visit->proxy->lock);
}

/* The model is the one of honk.yaml, because that is the one that is paid for. Caller frees; NULL: it is no such question. */
static char *
with_our_model(const ModelConfig *model, const GString *body)
{
    g_autoptr(json_t) json = NULL;
    if (!json_parse(body->str, body->len, "question", &json, NULL) || !json_is_object(json))
        return NULL;
    json_set_string(json, "model", model->name);
    const json_t *stream = json_object_get(json, "stream");
    if (model->api == API_CHAT && json_is_true(stream)) /* else it would not say what it used */
        json_object_set_new(json, "stream_options", json_pack("{s:b}", "include_usage", 1));
    return json_compact(json);
}

static void
forward(Visit *visit, const ProxyRequest *request, const char *way, const char *body)
{
    const HttpLive live = {pass_head, pass_piece, pass_goes_on, visit};
    g_autoptr(HttpClient) client = NULL;
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) headers = g_ptr_array_new();
    for (guint i = 0; i < request->headers->len; i++)
        g_ptr_array_add(headers, request->headers->pdata[i]);
    if (visit->is_model && visit->proxy->key != NULL)
        g_ptr_array_add(headers, visit->proxy->key);
    g_ptr_array_add(headers, NULL);
    const char *path = strchr(strstr(way, "://") + 3, '/');
    g_autofree char *host = g_strndup(way, (size_t) (path - way));
    bool ok =
        http_client_new(host, NULL, &client, &error) &&
        http_call_live(client, request->method, path, (const char *const *) headers->pdata, body,
                       body != NULL ? strlen(body) : 0, ANSWER_MS_MAX, &live, &response, &error);
    g_autofree char *status = ok ? g_strdup_printf("%d", response.status) : NULL;
    note(visit->proxy, request->method, request->target, ok ? status : error->message);
    if (!ok && !visit->has_begun)
        send_refusal(visit, 502, error->message);
    count_answer(visit);
}

static bool
has_enough(Proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    LlmUsage used = proxy->used;
    pthread_mutex_unlock(&proxy->lock);
    return llm_usage_tokens(&used) > proxy->spec.tokens ||
           (proxy->spec.cost > 0 && llm_usage_cost(&used, proxy->spec.model) > proxy->spec.cost);
}

static void
refuse(Visit *visit, const ProxyRequest *request, const char *why)
{
    g_autofree char *what = g_strdup_printf("refused: %s", why);
    note(visit->proxy, request->method, request->target, what);
    send_refusal(visit, 403, why);
}

static void
answer(Visit *visit, const ProxyRequest *request, const GString *body)
{
    const ProxySpec *spec = &visit->proxy->spec;
    g_autofree char *way = proxy_way(spec, request, &visit->is_model), *question = NULL;
    if (way == NULL)
        refuse(visit, request,
               "nothing but the model and the mirrors of honk.yaml is reached from here");
    else if (!visit->is_model)
        forward(visit, request, way, NULL);
    else if (has_enough(visit->proxy))
        refuse(visit, request, "the tokens, or the money, of this round are used up");
    else if ((question = with_our_model(spec->model, body)) == NULL)
        refuse(visit, request, "the question is no JSON object");
    else
        forward(visit, request, way, question);
}

/* Up to `bytes_max`, or until the empty line when that is what is waited for. */
static bool
read_until(int fd, GString *text, bool is_head, size_t bytes_max)
{
    char chunk[16 * 1024];
    while (text->len < bytes_max && !(is_head && strstr(text->str, "\r\n\r\n") != NULL)) {
        ssize_t got = recv(fd, chunk, sizeof chunk, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        g_string_append_len(text, chunk, got);
    }
    return true;
}

static void
visit_once(Visit *visit)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(ProxyRequest) request = {0};
    g_autoptr(GError) error = NULL;
    if (!read_until(visit->fd, text, true, HEAD_BYTES_MAX))
        return;
    char *end = strstr(text->str, "\r\n\r\n");
    g_autofree char *head = end != NULL ? g_strndup(text->str, (size_t) (end - text->str)) : NULL;
    if (head == NULL || !proxy_request_parse(head, &request, &error)) {
        note(visit->proxy, "?", "?", error != NULL ? error->message : "refused: too long a head");
        send_refusal(visit, 400, "that is no request that is taken");
        return;
    }
    g_string_erase(text, 0, end + 4 - text->str);
    if (request.body_bytes < 0)
        send_refusal(visit, 411, "send a length with the request");
    else if (read_until(visit->fd, text, false, (size_t) request.body_bytes))
        answer(visit, &request, text);
}

static void *
visit_main(void *data)
{
    Visit *visit = data;
    Proxy *proxy = visit->proxy;
    visit_once(visit);
    llm_hearing_free(visit->hearing);
    shutdown(visit->fd, SHUT_RDWR);
    fd_close(&visit->fd);
    g_free(visit);
    pthread_mutex_lock(&proxy->lock);
    proxy->connections--;
    pthread_cond_broadcast(&proxy->less);
    pthread_mutex_unlock(&proxy->lock);
    return NULL;
}

/* ---- taking them ---- */

static void
take_visit(Proxy *proxy, int fd)
{
    struct timeval silence = {.tv_sec = SILENCE_S};
    pthread_t thread;
    Visit *visit = g_new0(Visit, 1);
    *visit = (Visit){.proxy = proxy, .fd = fd};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    pthread_mutex_lock(&proxy->lock);
    bool has_room = proxy->connections < CONNECTIONS_MAX;
    proxy->connections += has_room;
    pthread_mutex_unlock(&proxy->lock);
    if (has_room && pthread_create(&thread, NULL, visit_main, visit) == 0) {
        pthread_detach(thread);
        return;
    }
    pthread_mutex_lock(&proxy->lock);
    proxy->connections -= has_room;
    pthread_mutex_unlock(&proxy->lock);
    close(fd);
    g_free(visit);
}

static void *
proxy_main(void *data)
{
    Proxy *proxy = data;
    int fd = -1;
    while (!atomic_load(&proxy->is_over)) {
        if (fd < 0) {
            fd = proxy->spec.take(proxy->spec.take_data);
            if (fd < 0)
                g_usleep(LOOK_EVERY_MS * 1000 / 10);
            else
                fcntl(fd, F_SETFL, O_NONBLOCK); /* whoever knocked may be gone again */
            continue;
        }
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, LOOK_EVERY_MS) <= 0)
            continue;
        int visitor = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (visitor >= 0)
            take_visit(proxy, visitor);
    }
    fd_close(&fd);
    return NULL;
}

bool
proxy_start(const ProxySpec *spec, Proxy **ret, GError **error)
{
    g_autoptr(Proxy) proxy = g_new0(Proxy, 1);
    proxy->spec = *spec;
    proxy->log = g_string_new(NULL);
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_cond_init(&proxy->less, NULL);
    if (!read_key(proxy, error))
        return false;
    if (pthread_create(&proxy->thread, NULL, proxy_main, proxy) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start the proxy of a sandbox");
    *ret = g_steal_pointer(&proxy);
    return true;
}

/* Whoever still asks is gone with its box, so that reads and writes end at once; a call to the other side within a second. */
void
proxy_stop(Proxy *proxy)
{
    atomic_store(&proxy->is_over, true);
    pthread_join(proxy->thread, NULL);
    pthread_mutex_lock(&proxy->lock);
    while (proxy->connections > 0)
        pthread_cond_wait(&proxy->less, &proxy->lock);
    pthread_mutex_unlock(&proxy->lock);
}
