/* proxy_request.c - what a program in a box asks for, and whether it may; see proxy.h. */
#include "base/limits.h"
#include "llm/proxy.h"

#include <string.h>
#include <strings.h>

#define WORD_BYTES_MAX 4096
#define HEADERS_MAX 100

/* What passes to the other side. Everything else, keys above all, stays here. */
static const char *const passed[] = {"Content-Type", "Accept", "anthropic-version",
                                     "anthropic-beta", "OpenAI-Beta"};

void
proxy_request_clear(ProxyRequest *request)
{
    g_free(request->method);
    g_free(request->target);
    g_clear_pointer(&request->headers, g_ptr_array_unref);
}

static bool
is_word(const char *text)
{
    size_t bytes = strlen(text);
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char) text[i] <= ' ' || (unsigned char) text[i] >= 0x7f)
            return false;
    return bytes > 0 && bytes <= WORD_BYTES_MAX;
}

static bool
is_value(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char) *at < ' ' || (unsigned char) *at >= 0x7f)
            return false;
    return strlen(text) <= WORD_BYTES_MAX;
}

static bool
read_first_line(const char *line, ProxyRequest *request, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 4);
    if (g_strv_length(words) != 3 || !is_word(words[0]) || !is_word(words[1]) ||
        (strcmp(words[2], "HTTP/1.1") != 0 && strcmp(words[2], "HTTP/1.0") != 0))
        return fail(error, ERR_INVALID, "that is no request of HTTP/1.1");
    request->method = g_strdup(words[0]);
    request->target = g_strdup(words[1]);
    return true;
}

static bool
read_header(const char *line, ProxyRequest *request, bool *has_length, GError **error)
{
    const char *colon = strchr(line, ':');
    guint64 bytes = 0;
    if (colon == NULL || colon == line)
        return fail(error, ERR_INVALID, "a line of the request is no header");
    g_autofree char *name = g_strndup(line, (size_t) (colon - line));
    g_autofree char *value = g_strstrip(g_strdup(colon + 1));
    if (!is_word(name))
        return fail(error, ERR_INVALID, "a line of the request is no header");
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        request->body_bytes = -1;
    else if (strcasecmp(name, "Content-Length") == 0) {
        if (*has_length ||
            !g_ascii_string_to_unsigned(value, 10, 0, HTTP_BODY_BYTES_MAX, &bytes, NULL))
            return fail(error, ERR_TOO_LARGE, "the request's length is none that is taken");
        *has_length = true;
        request->body_bytes = request->body_bytes < 0 ? -1 : (int64_t) bytes;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(passed); i++)
        if (strcasecmp(name, passed[i]) == 0 && is_value(value))
            g_ptr_array_add(request->headers, g_strdup_printf("%s: %s", passed[i], value));
    return true;
}

bool
proxy_request_parse(const char *head, ProxyRequest *ret, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
    g_auto(ProxyRequest) request = {.headers = g_ptr_array_new_with_free_func(g_free)};
    bool has_length = false;
    if (lines[0] == NULL)
        return fail(error, ERR_INVALID, "the request is empty");
    if (!read_first_line(lines[0], &request, error))
        return false;
    for (size_t i = 1; lines[i] != NULL && *lines[i] != '\0'; i++)
        if (i > HEADERS_MAX ? !fail(error, ERR_TOO_LARGE, "the request has too many headers")
                            : !read_header(lines[i], &request, &has_length, error))
            return false;
    *ret = request;
    request = (ProxyRequest){0};
    return true;
}

/* ---- ways ---- */

typedef struct {
    ModelApi api;
    const char *method, *path;
} Way;

static const Way ways[] = {
    {API_ANTHROPIC, "POST", "/v1/messages"},
    {API_ANTHROPIC, "POST", "/v1/messages/count_tokens"},
    {API_CHAT, "POST", "/v1/chat/completions"},
    {API_RESPONSES, "POST", "/v1/responses"},
};

static char *
way_to_model(const ModelConfig *model, const ProxyRequest *request)
{
    size_t bytes = strcspn(request->target, "?");
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++)
        if (ways[i].api == model->api && strcmp(ways[i].method, request->method) == 0 &&
            strlen(ways[i].path) == bytes && strncmp(ways[i].path, request->target, bytes) == 0)
            return g_strconcat(model->url, request->target + strlen("/v1"), NULL);
    return NULL;
}

/* No step out of the mirror, however it is written. */
static bool
is_below(const char *rest)
{
    g_autofree char *plain = g_uri_unescape_string(rest, NULL);
    return plain != NULL && strstr(plain, "..") == NULL && strchr(plain, '\\') == NULL &&
           strchr(plain, '%') == NULL && strchr(rest, '#') == NULL;
}

static char *
way_to_mirror(const json_t *mirrors, const ProxyRequest *request)
{
    static const char place[] = "/packages/";
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (!reads || !g_str_has_prefix(request->target, place))
        return NULL;
    const char *name = request->target + strlen(place), *rest = strchr(name, '/');
    if (rest == NULL || !is_below(rest))
        return NULL;
    g_autofree char *key = g_strndup(name, (size_t) (rest - name));
    const char *url = json_get_string(mirrors, key, NULL);
    return url != NULL ? g_strconcat(url, rest, NULL) : NULL;
}

char *
proxy_way(const ProxySpec *spec, const ProxyRequest *request, bool *ret_is_model)
{
    char *way = spec->model != NULL ? way_to_model(spec->model, request) : NULL;
    *ret_is_model = way != NULL;
    return way != NULL ? way : way_to_mirror(spec->mirrors, request);
}
