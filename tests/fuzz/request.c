/* request.c - any bytes as what a program in a box asks its proxy for: it is refused, or leads to the model or a mirror and nowhere else. */
#include "target.h"

#include "llm/proxy.h"

#include <string.h>

#define MODEL "https://model.example/v1"
#define MIRROR "https://mirror.example/npm"

static bool
is_credential(const char *header)
{
    static const char *const names[] = {
        "authorization:", "x-api-key:", "proxy-authorization:", "cookie:"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strncasecmp(header, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const ModelConfig model = {.api = API_ANTHROPIC, .url = (char *) MODEL};
    g_autoptr(json_t) mirrors = json_pack("{s:s}", "npm", MIRROR);
    const ProxySpec spec = {.model = &model, .mirrors = mirrors};
    g_autofree char *head = g_strndup((const char *) data, bytes);
    g_auto(ProxyRequest) request = {0};
    bool is_model = false;
    if (!proxy_request_parse(head, &request, NULL))
        return 0;
    for (guint i = 0; i < request.headers->len; i++)
        g_assert(strpbrk(request.headers->pdata[i], "\r\n") == NULL &&
                 !is_credential(request.headers->pdata[i]));
    g_autofree char *way = proxy_way(&spec, &request, &is_model);
    if (way == NULL)
        return 0;
    g_assert(strpbrk(way, " \r\n") == NULL);
    g_assert(g_str_has_prefix(way, is_model ? MODEL "/messages" : MIRROR "/"));
    g_assert(is_model || strstr(way, "..") == NULL);
    return 0;
}
