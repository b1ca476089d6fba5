/*
 * place.c - where a server is and as whom we speak with it.
 *
 *   url              mariadb://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?socket=PATH]; "mysql:" is the same
 *   password_file    its first line is the password
 *   tls_ca           a file of certificates: the session is encrypted, and the server must be known by one of them
 *
 * The url may hold a password, so it is in no message.
 */
#include "driver/mariadb/mariadb.h"
#include "driver/settings.h"

#include <string.h>

#define PORT 3306
#define EXPECTED "expected mariadb://USER@HOST/DATABASE"

void
maria_place_clear(MariaPlace *place)
{
    g_free(place->host);
    g_free(place->user);
    g_free(place->password);
    g_free(place->database);
    g_free(place->socket);
    g_free(place->ca);
    *place = (MariaPlace){0};
}

static bool
read_query(const char *query, char **ret_socket, GError **error)
{
    if (query == NULL)
        return true;
    g_autoptr(GHashTable) words = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_NONE, NULL);
    GHashTableIter each;
    void *word, *value;
    if (words == NULL)
        return fail(error, ERR_INVALID, "its 'url' cannot be read behind '?', " EXPECTED);
    g_hash_table_iter_init(&each, words);
    while (g_hash_table_iter_next(&each, &word, &value)) {
        if (strcmp(word, "socket") != 0)
            return fail(error, ERR_INVALID, "its 'url' has '?%s=', expected '?socket=PATH'",
                        (char *) word);
        g_free(*ret_socket);
        *ret_socket = g_strdup(value);
    }
    return true;
}

bool
maria_place_read(const json_t *settings, MariaPlace *ret, GError **error)
{
    const char *url = json_get_string(settings, "url", "");
    g_autofree char *scheme = NULL, *user = NULL, *password = NULL, *host = NULL, *path = NULL,
                    *query = NULL, *ignored = NULL, *ignored_too = NULL;
    int port = -1;
    if (!g_uri_split_with_user(url, G_URI_FLAGS_HAS_PASSWORD, &scheme, &user, &password, &ignored,
                               &host, &port, &path, &query, &ignored_too, NULL) ||
        scheme == NULL || (strcmp(scheme, "mariadb") != 0 && strcmp(scheme, "mysql") != 0))
        return fail(error, ERR_INVALID, "its 'url' names no server, " EXPECTED);
    if (path == NULL || path[0] == '\0' || path[1] == '\0' || strchr(path + 1, '/') != NULL)
        return fail(error, ERR_INVALID, "its 'url' names no database, " EXPECTED);
    MariaPlace place = {.user = g_steal_pointer(&user),
                        .password = g_steal_pointer(&password),
                        .host = g_steal_pointer(&host),
                        .database = g_strdup(path + 1),
                        .ca = g_strdup(json_get_string(settings, "tls_ca", NULL)),
                        .port = port > 0 ? (unsigned) port : PORT};
    if (read_query(query, &place.socket, error) &&
        settings_password(settings, &place.password, error)) {
        *ret = place;
        return true;
    }
    maria_place_clear(&place);
    return false;
}
