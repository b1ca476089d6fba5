/*
 * proxy.c - any bytes as the head of a request from within a box: it is refused, or it goes where honk.yaml says, to the model or a
 * mirror, and takes no header with it that could lead elsewhere.
 */
#include "target.h"

#include "llm/proxy.h"

#include <string.h>

#define MODEL "https://model.test/v1"
#define MIRROR "https://mirror.test/npm"

static void
check_head(const ProxyRequest *request)
{
    for (const char *at = request->target; *at != '\0'; at++)
        g_assert(*at > ' ' && *at < 127);
    for (const char *at = request->method; *at != '\0'; at++)
        g_assert(*at > ' ' && *at < 127);
    for (guint i = 0; i < request->headers->len; i++) {
        const char *header = request->headers->pdata[i];
        g_assert(strpbrk(header, "\r\n") == NULL && strchr(header, ':') != NULL);
        g_assert(g_ascii_strncasecmp(header, "host", 4) != 0 &&
                 g_ascii_strncasecmp(header, "authorization", 13) != 0 &&
                 g_ascii_strncasecmp(header, "x-api-key", 9) != 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1 || memchr(data, '\0', bytes) != NULL)
        return 0;
    g_autofree char *head = g_strndup((const char *) data + 1, bytes - 1);
    ModelConfig model = {.api = data[0] % API_COUNT, .url = (char *) MODEL, .name = (char *) "m"};
    g_autoptr(json_t) mirrors = json_pack("{s:s}", "npm", MIRROR);
    ProxySpec spec = {.model = data[0] & 8 ? NULL : &model, .mirrors = mirrors};
    g_auto(ProxyRequest) request = {0};
    g_autoptr(GError) error = NULL;
    bool is_model = false;
    if (!proxy_request_parse(head, &request, &error)) {
        g_assert(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    check_head(&request);
    g_autofree char *way = proxy_way(&spec, &request, &is_model);
    g_assert(!is_model || way != NULL);
    g_assert(way == NULL || g_str_has_prefix(way, is_model ? MODEL "/" : MIRROR "/"));
    if (way != NULL)
        *strchrnul(way, '?') = '\0';
    g_assert(way == NULL || strstr(way, "/../") == NULL);
    return 0;
}
