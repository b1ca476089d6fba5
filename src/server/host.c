/* host.c - see host.h. */
#include "server/host.h"

#include <string.h>

/* "localhost", "127.0.0.1" or "[::1]", with our port. */
static bool
is_loopback(const char *host, int port)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strncasecmp(host, names[i], strlen(names[i])) != 0)
            continue;
        const char *rest = host + strlen(names[i]);
        g_autofree char *with_port = g_strdup_printf(":%d", port);
        if (strcmp(rest, with_port) == 0 || (*rest == '\0' && port == 80))
            return true;
    }
    return false;
}

/* A Host says no scheme, and may name the port that the scheme has anyway. */
static bool
is_host_of(const char *host, const char *address)
{
    bool is_tls = g_str_has_prefix(address, "https://");
    const char *name = strstr(address, "://") + strlen("://");
    g_autofree char *with_port = g_strconcat(name, is_tls ? ":443" : ":80", NULL);
    return g_ascii_strcasecmp(host, name) == 0 || g_ascii_strcasecmp(host, with_port) == 0;
}

bool
host_is_ours(const Server *server, const char *host)
{
    char **addresses = server->config->addresses;
    for (size_t i = 0; addresses != NULL && addresses[i] != NULL; i++)
        if (is_host_of(host, addresses[i]))
            return true;
    return is_loopback(host, server->port);
}

bool
host_origin_is_ours(const Server *server, const char *origin)
{
    const char *const *addresses = (const char *const *) server->config->addresses;
    if (addresses != NULL && g_strv_contains(addresses, origin))
        return true;
    return g_str_has_prefix(origin, "http://") &&
           is_loopback(origin + strlen("http://"), server->port);
}
