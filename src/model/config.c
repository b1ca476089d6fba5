/*
 * config.c - what a configuration answers once it is read: stores, addresses, freezes, where the
 * file is.
 *
 * Reading and checking the file is config_read.c.
 */
#include "model/config.h"

#include "model/entity.h"

#include <string.h>

#define CONFIG_FILE "honk.yaml"

void
config_free(Config *config)
{
    if (config == NULL)
        return;
    g_free(config->path);
    g_free(config->folder);
    g_free(config->state);
    g_free(config->socket);
    g_free(config->listen);
    g_strfreev(config->addresses);
    g_clear_pointer(&config->catalog, g_ptr_array_unref);
    g_free(config->backstage.url);
    g_free(config->backstage.token);
    g_clear_pointer(&config->stores, g_ptr_array_unref);
    g_clear_pointer(&config->agents, g_ptr_array_unref);
    g_clear_pointer(&config->throttle_commands, g_ptr_array_unref);
    g_clear_pointer(&config->repositories, g_ptr_array_unref);
    json_decref(config->changes.migrations);
    coding_config_clear(&config->coding);
    fleet_config_clear(&config->fleet);
    json_decref(config->policy.freezes);
    g_free(config->policy.digest);
    g_free(config->policy.max_failures);
    json_decref(config->roles);
    json_decref(config->limits);
    g_free(config);
}

bool
config_find(const char *folder, char **ret_path, GError **error)
{
    g_autofree char *start = g_canonicalize_filename(folder, NULL);
    g_autofree char *at = g_strdup(start);
    for (;;) {
        g_autofree char *path = g_build_filename(at, CONFIG_FILE, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            *ret_path = g_steal_pointer(&path);
            return true;
        }
        char *parent = g_path_get_dirname(at);
        bool is_top = strcmp(parent, at) == 0;
        g_free(at);
        at = parent;
        if (is_top)
            return fail(error, ERR_NOT_FOUND,
                        "no " CONFIG_FILE " in '%s' or above it: run `honk init` to write one",
                        start);
    }
}

const StoreConfig *
config_store(const Config *config, const char *name)
{
    for (guint i = 0; i < config->stores->len; i++) {
        const StoreConfig *store = config->stores->pdata[i];
        if (strcmp(store->name, name) == 0)
            return store;
    }
    return NULL;
}

static bool
store_not_found(const Config *config, const char *url, const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < config->stores->len; i++) {
        const StoreConfig *store = config->stores->pdata[i];
        g_string_append_printf(names, "%s'%s'", i > 0 ? ", " : "", store->name);
    }
    if (config->stores->len == 0)
        return fail(error, ERR_NOT_FOUND, "'%s' names the store '%s', but '%s' has no stores", url,
                    name, config->path);
    return fail(error, ERR_NOT_FOUND, "'%s' names the store '%s', but '%s' has only %s", url, name,
                config->path, names->str);
}

bool
config_dataset_url(const Config *config, const char *url, const StoreConfig **ret_store,
                   const char **ret_object, GError **error)
{
    const char *colon = strchr(url, ':');
    if (colon == NULL || colon == url || colon[1] == '\0')
        return fail(error, ERR_INVALID,
                    "'%s' is no address of a dataset: expected STORE:OBJECT, such as "
                    "'listening:users_v1'",
                    url);
    g_autofree char *name = g_strndup(url, (size_t) (colon - url));
    const StoreConfig *store = config_store(config, name);
    if (store == NULL)
        return store_not_found(config, url, name, error);
    *ret_store = store;
    *ret_object = colon + 1;
    return true;
}

/* ---- repositories ---- */

static const RepositoryConfig *
find_repositories(const Config *config, const char *name)
{
    for (guint i = 0; i < config->repositories->len; i++) {
        const RepositoryConfig *repositories = config->repositories->pdata[i];
        if (strcmp(repositories->name, name) == 0)
            return repositories;
    }
    return NULL;
}

static bool
repositories_not_found(const Config *config, const char *url, const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < config->repositories->len; i++) {
        const RepositoryConfig *repositories = config->repositories->pdata[i];
        g_string_append_printf(names, "%s'%s'", i > 0 ? ", " : "", repositories->name);
    }
    return fail(error, ERR_NOT_FOUND, "'%s' is in the repositories '%s', but '%s' has %s%s", url,
                name, config->path, names->len > 0 ? "only " : "no repositories", names->str);
}

/* Names of files below a folder, such as "team/player": nothing that leads elsewhere, or is hidden. */
static bool
is_repository_name(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        if (parts[i][0] == '.' || parts[i][0] == '-' || !entity_name_is_valid(parts[i]))
            return false;
    return parts[0] != NULL;
}

bool
config_repository_url(const Config *config, const char *url,
                      const RepositoryConfig **ret_repositories, const char **ret_name,
                      GError **error)
{
    const char *colon = strchr(url, ':');
    if (colon == NULL || colon == url || !is_repository_name(colon + 1))
        return fail(error, ERR_INVALID,
                    "'%s' is no address of a repository: expected REPOSITORIES:NAME, such as "
                    "'acme:player'",
                    url);
    g_autofree char *name = g_strndup(url, (size_t) (colon - url));
    const RepositoryConfig *repositories = find_repositories(config, name);
    if (repositories == NULL)
        return repositories_not_found(config, url, name, error);
    *ret_repositories = repositories;
    *ret_name = colon + 1;
    return true;
}

const char *
policy_freeze_at(const PolicyConfig *policy, int64_t now_ms)
{
    size_t index;
    json_t *freeze;
    json_array_foreach(policy->freezes, index, freeze)
    {
        if (json_get_int(freeze, "from_ms", INT64_MAX) <= now_ms &&
            now_ms < json_get_int(freeze, "to_ms", INT64_MIN))
            return json_get_string(freeze, "why", "");
    }
    return NULL;
}

/* ---- durations ---- */

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};

/* A hundred years: more is a slip of the keyboard, and sums of such times stay far from overflow.
 */
#define DURATION_MS_MAX (INT64_C(36525) * 24 * 60 * 60 * 1000)

static bool
duration_part(const char **text, int64_t *ms)
{
    char *end;
    if (!g_ascii_isdigit(**text))
        return false;
    uint64_t count = g_ascii_strtoull(*text, &end, 10);
    size_t bytes = strspn(end, "abcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < G_N_ELEMENTS(duration_units); i++) {
        if (strlen(duration_units[i].name) != bytes ||
            strncmp(end, duration_units[i].name, bytes) != 0)
            continue;
        if (count > (uint64_t) ((DURATION_MS_MAX - *ms) / duration_units[i].ms))
            return false;
        *ms += (int64_t) count * duration_units[i].ms;
        *text = end + bytes;
        return true;
    }
    return false;
}

bool
duration_parse(const char *text, int64_t *ret_ms, GError **error)
{
    const char *rest = text;
    int64_t ms = 0;
    do {
        if (!duration_part(&rest, &ms))
            return fail(error, ERR_INVALID,
                        "'%s' is no duration: expected a number and a unit (d, h, m, s, ms), such "
                        "as '24h', up to 100 years",
                        text);
    } while (*rest != '\0');
    *ret_ms = ms;
    return true;
}
