/*
 * http_client.c - libcurl's easy interface, with every way out of the ordinary closed.
 *
 * No proxy, no redirect, no signal, no other protocol than HTTP; sizes and times are bounded. One
 * handle is used for all calls of a client, so that its connection is kept.
 */
#include "base/http_inside.h"

#include "base/limits.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define CONNECT_TIMEOUT_MS 5000 /* longer than three lost packets of a handshake */
#define POLL_MS 1000            /* libcurl shortens it where it has something to do */

/* ---- making ---- */

static bool
text_has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char) *text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static bool
http_check_socket_path(const char *path, GError **error)
{
    size_t length_max = sizeof(((struct sockaddr_un *) NULL)->sun_path) - 1;
    if (strlen(path) > length_max)
        return fail(error, ERR_INVALID,
                    "the path of socket '%s' is longer than the %zu bytes that the system allows",
                    path, length_max);
    return true;
}

static void
curl_start(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    g_assert(code == CURLE_OK);
}

bool
http_client_new(const char *base, const char *token, HttpClient **ret, GError **error)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    bool is_socket = g_str_has_prefix(base, "unix:");
    if (!is_socket && !g_str_has_prefix(base, "http://") && !g_str_has_prefix(base, "https://"))
        return fail(error, ERR_INVALID,
                    "'%s' is no address, expected 'unix:/path' or 'http://host:port'", base);
    if (is_socket && !http_check_socket_path(base + strlen("unix:"), error))
        return false;
    if (token != NULL && text_has_control(token))
        return fail(error, ERR_INVALID, "the token holds a control character or a line end");

    if (!libcurl_load(error))
        return false;
    pthread_once(&started, curl_start);
    HttpClient *client = g_new0(HttpClient, 1);
    client->curl = curl_easy_init();
    client->multi = curl_multi_init();
    g_assert(client->curl != NULL && client->multi != NULL);
    client->base = g_strdup(base);
    client->token = g_strdup(token);
    client->url = g_strdup(is_socket ? "http://localhost" : base);
    client->socket_path = is_socket ? g_strdup(base + strlen("unix:")) : NULL;
    if (g_str_has_suffix(client->url, "/"))
        client->url[strlen(client->url) - 1] = '\0';
    *ret = client;
    return true;
}

void
http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    curl_multi_cleanup(client->multi);
    g_free(client->base);
    g_free(client->url);
    g_free(client->socket_path);
    g_free(client->token);
    g_free(client);
}

void
http_client_cancel(HttpClient *client)
{
    atomic_store(&client->is_cancelled, true);
    curl_multi_wakeup(client->multi);
}

void
http_response_clear(HttpResponse *response)
{
    g_free(response->content_type);
    g_free(response->retry_after);
    g_free(response->retry_after_ms);
    g_free(response->should_retry);
    g_free(response->limit_left);
    g_free(response->limit_reset);
    g_free(response->body);
    *response = (HttpResponse){0};
}

/* ---- one exchange ---- */

typedef struct {
    GString *body;
    bool is_too_large;
} Receiver;

static size_t
receiver_write(char *data, size_t size, size_t count, void *user)
{
    Receiver *receiver = user;
    size_t bytes = size * count;
    if (receiver->body->len + bytes > HTTP_BLOB_BYTES_MAX) {
        receiver->is_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    g_string_append_len(receiver->body, data, (gssize) bytes);
    return bytes;
}

static bool
headers_have(const char *const *headers, const char *name)
{
    size_t length = strlen(name);
    for (; headers != NULL && *headers != NULL; headers++)
        if (strncasecmp(*headers, name, length) == 0 && (*headers)[length] == ':')
            return true;
    return false;
}

CurlHeaders *
http_headers(const HttpClient *client, const char *const *headers, bool has_body)
{
    CurlHeaders *list = curl_slist_append(NULL, "Expect:"); /* no "100-continue" round trip */
    if (client->token != NULL) {
        g_autofree char *line = g_strdup_printf("Authorization: Bearer %s", client->token);
        list = curl_slist_append(list, line);
    }
    if (has_body && !headers_have(headers, "Content-Type"))
        list = curl_slist_append(list, "Content-Type: application/octet-stream");
    for (; headers != NULL && *headers != NULL; headers++)
        list = curl_slist_append(list, *headers);
    return list;
}

/* Everything that calls and streams have in common. What it borrows must live until the exchange is
 * over. */
void
http_prepare(HttpClient *client, const char *url, const CurlHeaders *headers,
             curl_write_callback write, void *user)
{
    CURL *curl = client->curl;
    curl_easy_reset(curl); /* keeps connections */
    client->problem[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long) CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "honk/" HONK_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->problem);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, user);
}

/* As curl_easy_perform(), but http_client_cancel() ends it. */
CURLcode
http_perform(HttpClient *client)
{
    int running = 1, left = 0;
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    CURLMcode multi = curl_multi_add_handle(client->multi, client->curl);
    while (multi == CURLM_OK && !atomic_load(&client->is_cancelled)) {
        multi = curl_multi_perform(client->multi, &running);
        if (multi != CURLM_OK || running == 0)
            break;
        multi = curl_multi_poll(client->multi, NULL, 0, POLL_MS, NULL);
    }
    const CURLMsg *message = curl_multi_info_read(client->multi, &left);
    if (message != NULL)
        code = message->data.result;
    else if (multi != CURLM_OK)
        code = CURLE_FAILED_INIT;
    curl_multi_remove_handle(client->multi, client->curl);
    return code;
}

bool
http_fail(const HttpClient *client, CURLcode code, GError **error)
{
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return fail(error, ERR_STOPPED, "a call to '%s' was cancelled", client->base);
    const char *problem = client->problem[0] != '\0' ? client->problem : curl_easy_strerror(code);
    ErrorCode what = code == CURLE_URL_MALFORMAT ? ERR_INVALID : ERR_UNREACHABLE;
    return fail(error, what, "no answer from '%s': %s", client->base, problem);
}

char *
http_header(const HttpClient *client, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(client->curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return g_strdup(header->value);
}

int
http_status(const HttpClient *client)
{
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return (int) status;
}

bool
http_call(HttpClient *client, const char *method, const char *path, const char *const *headers,
          const void *body, size_t bytes, int timeout_ms, HttpResponse *ret, GError **error)
{
    g_autoptr(CurlHeaders) list = http_headers(client, headers, body != NULL);
    g_autofree char *url = g_strconcat(client->url, path, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    Receiver receiver = {.body = text};
    http_prepare(client, url, list, receiver_write, &receiver);
    CURL *curl = client->curl;
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) timeout_ms);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) bytes);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);

    CURLcode code = http_perform(client);
    if (receiver.is_too_large)
        return fail(error, ERR_TOO_LARGE, "the answer of '%s' is larger than %d MiB", client->base,
                    HTTP_BLOB_BYTES_MAX / (1024 * 1024));
    if (code != CURLE_OK)
        return http_fail(client, code, error);
    *ret = (HttpResponse){.status = http_status(client),
                          .content_type = http_header(client, "Content-Type"),
                          .retry_after = http_header(client, "Retry-After"),
                          .limit_left = http_header(client, "X-RateLimit-Remaining"),
                          .limit_reset = http_header(client, "X-RateLimit-Reset"),
                          .bytes = text->len};
    ret->body = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

/* ---- JSON, and errors as the server describes them ---- */

static ErrorCode
error_code_from_status(int status)
{
    if (status == 500)
        return ERR_INTERNAL;
    for (ErrorCode code = 0; code < ERROR_COUNT; code++)
        if (error_http_status(code) == status)
            return code;
    return status > 500 ? ERR_TRANSIENT : ERR_INVALID;
}

bool
http_fail_as_answered(const HttpResponse *response, GError **error)
{
    g_autoptr(json_t) problem = NULL;
    int status = response->status;
    if (!json_parse(response->body, response->bytes, "problem", &problem, NULL))
        return fail(error, error_code_from_status(status), "the server answered with status %d",
                    status);
    const char *wire = json_get_string(problem, "code", NULL);
    ErrorCode code = wire != NULL ? error_code_from_wire(wire) : error_code_from_status(status);
    const char *detail = json_get_string(problem, "detail", NULL);
    if (detail == NULL)
        detail = json_get_string(problem, "title", NULL);
    if (detail == NULL)
        return fail(error, code, "the server answered with status %d", status);
    return fail(error, code, "%s", detail);
}

bool
http_call_json(HttpClient *client, const char *method, const char *path, const json_t *body,
               int timeout_ms, json_t **ret, GError **error)
{
    static const char *const with_body[] = {"Accept: application/json",
                                            "Content-Type: application/json", NULL};
    static const char *const without_body[] = {"Accept: application/json", NULL};
    g_autofree char *text = body != NULL ? json_compact(body) : NULL;
    g_auto(HttpResponse) response = {0};
    if (!http_call(client, method, path, body != NULL ? with_body : without_body, text,
                   text != NULL ? strlen(text) : 0, timeout_ms, &response, error))
        return false;
    if (response.status < 200 || response.status > 299)
        return http_fail_as_answered(&response, error);
    if (ret == NULL)
        return true;
    json_t *value = NULL;
    if (response.bytes > 0 &&
        !json_parse(response.body, response.bytes, "the server's answer", &value, error))
        return false;
    *ret = value;
    return true;
}
