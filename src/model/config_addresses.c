/* config_addresses.c - `listen` and `addresses` of honk.yaml: where the server is, and how a proxy before it is called by those who use it. */
#include "model/config_reader.h"

#include <string.h>

#define ADDRESSES_MAX 32 /* each request looks through them */

/* "https://honk.example", as a browser writes an Origin: small letters, no port where it is the scheme's own. NULL: no
 * such address. Caller frees. */
static char *
origin_of(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' ||
        g_uri_get_userinfo(uri) != NULL || g_uri_get_query(uri) != NULL ||
        g_uri_get_fragment(uri) != NULL)
        return NULL;
    const char *scheme = g_uri_get_scheme(uri), *path = g_uri_get_path(uri);
    bool is_tls = strcmp(scheme, "https") == 0;
    if ((!is_tls && strcmp(scheme, "http") != 0) || (*path != '\0' && strcmp(path, "/") != 0))
        return NULL;
    g_autofree char *host = g_ascii_strdown(g_uri_get_host(uri), -1);
    int port = g_uri_get_port(uri);
    bool is_v6 = strchr(host, ':') != NULL;
    g_autofree char *name = is_v6 ? g_strdup_printf("[%s]", host) : g_strdup(host);
    if (port <= 0 || port == (is_tls ? 443 : 80))
        return g_strdup_printf("%s://%s", scheme, name);
    return g_strdup_printf("%s://%s:%d", scheme, name, port);
}

void
read_addresses(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    static const char expected[] = "an address without a path, such as https://honk.example";
    g_autoptr(GStrvBuilder) origins = g_strv_builder_new();
    bool is_list = value->kind == YAML_LIST;
    if (is_list && value->count > ADDRESSES_MAX) {
        reader_error(reader, "addresses", value, "'%s' has %zu addresses, but %d is the most",
                     field->key, value->count, ADDRESSES_MAX);
        return;
    }
    for (size_t i = 0; i < (is_list ? value->count : 1); i++) {
        const YamlNode *item = is_list ? value->items[i] : value;
        g_autofree char *text = reader_text(reader, field->key, item, expected);
        g_autofree char *origin = text != NULL ? origin_of(text) : NULL;
        if (origin != NULL)
            g_strv_builder_add(origins, origin);
        else if (text != NULL)
            reader_error(reader, "addresses", item, "'%s' holds '%s', expected %s", field->key,
                         text, expected);
    }
    g_strfreev(*(char ***) target);
    *(char ***) target = g_strv_builder_end(origins);
}

static bool
host_is_loopback(const char *host)
{
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    int bytes[4], end = 0;
    if (sscanf(host, "%3d.%3d.%3d.%3d%n", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &end) != 4 ||
        host[end] != '\0')
        return false;
    return bytes[0] == 127 && MAX(bytes[1], MAX(bytes[2], bytes[3])) <= 255;
}

void
read_listen(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const char *expected = "HOST:PORT, such as 127.0.0.1:7420";
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    if (text == NULL)
        return;
    const char *colon = strrchr(text, ':');
    guint64 port;
    if (colon == NULL || colon == text ||
        !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL)) {
        reader_wrong_type(reader, field->key, value, expected);
        return;
    }
    g_autofree char *host = g_strndup(text, (size_t) (colon - text));
    if (!host_is_loopback(host)) {
        reader_error(reader, "listen", value,
                     "'listen' is '%s', which other machines could reach: that is refused for now, "
                     "expected 127.0.0.1, [::1] or localhost",
                     text);
        return;
    }
    g_free(*(char **) target);
    *(char **) target = g_steal_pointer(&text);
}
