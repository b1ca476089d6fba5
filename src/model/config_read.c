/*
 * config_read.c - honk.yaml, read by tables: one line for each key, with the function that reads
 * its value.
 *
 * Everything that is wrong is found in one pass, each with its place. A key that is absent, or has
 * no value, keeps its default; the defaults stand in config_new().
 */
#include "base/text.h"
#include "base/yaml.h"
#include "model/config_reader.h"
#include "model/entity.h"

#include <string.h>

#define CONFIG_BYTES_MAX (1024 * 1024) /* a person wrote it */
#define SOCKET_BYTES_MAX 107           /* what the kernel's sun_path holds */
#define BACKSTAGE_EVERY_MS (60 * 1000)
#define BACKSTAGE_EVERY_MS_MIN 100

/* ---- roles ---- */

static const char *const role_names[] = {"viewer", "author",   "approver", "operator",
                                         "admin",  "delegate", NULL};

static void
reader_identity(Reader *reader, const char *role, const YamlNode *value)
{
    g_autofree char *text = reader_text(reader, role, value, "an identity");
    g_autofree char *ref = NULL;
    g_autoptr(GError) error = NULL;
    if (text == NULL)
        return;
    if (strcmp(text, "local") == 0)
        ref = g_strdup(text);
    else if (!entity_ref_parse(text, NULL, NULL, &ref, &error)) {
        reader_error(
            reader, "identity", value,
            "'%s' is no identity: expected 'local', or a ref such as 'user:default/ada' or "
            "'group:default/team-identity'",
            text);
        return;
    }
    json_array_append_new(json_object_get(reader->config->roles, role), json_string(ref));
}

static void
read_roles(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of roles to identities");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i], *list = value->items[2 * i + 1];
        if (!g_strv_contains(role_names, key->text))
            reader_unknown_key(reader, key, role_names, " in 'roles'");
        else if (list->kind == YAML_LIST)
            for (size_t item = 0; item < list->count; item++)
                reader_identity(reader, key->text, list->items[item]);
        else if (!yaml_is_null(list))
            reader_wrong_type(reader, key->text, list, "a list of identities");
    }
}

/* ---- the catalog: files, and a Backstage ---- */

static void
read_address(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char **ret = target;
    char *text = reader_text(reader, field->key, value, "an address");
    if (text == NULL)
        return;
    g_free(*ret);
    *ret = text;
    if (!g_str_has_prefix(text, "http://") && !g_str_has_prefix(text, "https://"))
        reader_error(reader, "address", value,
                     "'%s' is '%s', expected an address such as http://localhost:7007", field->key,
                     text);
    else if (g_str_has_suffix(text, "/"))
        text[strlen(text) - 1] = '\0';
}

static void
read_secret(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char **ret = target;
    g_free(*ret);
    *ret = reader_text(reader, field->key, value, "a token, best as ${VARIABLE}");
}

/* clang-format off */
static const Field backstage_fields[] = {
    {"url",   read_address,  offsetof(BackstageConfig, url)},
    {"token", read_secret,   offsetof(BackstageConfig, token)},
    {"every", read_duration, offsetof(BackstageConfig, every_ms)},
    {NULL},
};
/* clang-format on */

static void
read_backstage(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    BackstageConfig *backstage = target;
    reader_fields(reader, field->key, value, backstage_fields, backstage);
    if (value->kind == YAML_MAP && backstage->url == NULL)
        reader_error(reader, "missing-key", value, "'backstage' has no 'url'");
    if (backstage->every_ms < BACKSTAGE_EVERY_MS_MIN)
        reader_error(reader, "wrong-type", value, "'every' is less than 100 ms");
}

static const Field catalog_fields[] = {
    {"files", read_paths, offsetof(Config, catalog)},
    {"backstage", read_backstage, offsetof(Config, backstage)},
    {NULL},
};

/* A list is that of the files. */
static void
read_catalog(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind == YAML_MAP)
        reader_fields(reader, field->key, value, catalog_fields, target);
    else
        read_paths(reader, field, value, &((Config *) target)->catalog);
}

/* ---- the file ---- */

/* clang-format off */
static const Field config_fields[] = {
    {"state",   read_path,   offsetof(Config, state)},
    {"listen",  read_listen, offsetof(Config, listen)},
    {"addresses", read_addresses, offsetof(Config, addresses)},
    {"socket",  read_path,   offsetof(Config, socket)},
    {"catalog", read_catalog, 0},
    {"workers", read_count,  offsetof(Config, workers), 0, 256},
    {"limits",  read_limits, offsetof(Config, limits)},
    {"stores",  read_stores, offsetof(Config, stores)},
    {"agents",  read_agents, offsetof(Config, agents)},
    {"throttle_commands", read_throttle_commands, offsetof(Config, throttle_commands)},
    {"repositories", read_repositories, offsetof(Config, repositories)},
    {"changes", read_changes, offsetof(Config, changes)},
    {"coding",  read_coding, offsetof(Config, coding)},
    {"fleet",   read_fleet,  offsetof(Config, fleet)},
    {"policy",  read_policy, offsetof(Config, policy)},
    {"roles",   read_roles,  offsetof(Config, roles)},
    {NULL},
};
/* clang-format on */

Config *
config_new(const char *path)
{
    Config *config = g_new0(Config, 1);
    config->path = g_canonicalize_filename(path, NULL);
    config->folder = g_path_get_dirname(config->path);
    config->state = g_canonicalize_filename(".honk", config->folder);
    config->listen = g_strdup("127.0.0.1:7420");
    config->catalog = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(config->catalog, g_canonicalize_filename("catalog", config->folder));
    config->stores = g_ptr_array_new_with_free_func(store_config_free);
    config->agents = g_ptr_array_new_with_free_func(agent_config_free);
    config->throttle_commands = g_ptr_array_new_with_free_func(throttle_command_free);
    config->repositories = g_ptr_array_new_with_free_func(repository_config_free);
    config->changes.migrations = json_object();
    coding_config_init(&config->coding);
    fleet_config_init(&config->fleet);
    config->workers = 2;
    config->backstage.every_ms = BACKSTAGE_EVERY_MS;
    config->policy = (PolicyConfig){
        .quorum = 1,
        .plan_ttl_ms = INT64_C(7) * 24 * 60 * 60 * 1000,
        .rollback_window_ms = INT64_C(24) * 60 * 60 * 1000,
        .retention_ms = INT64_C(14) * 24 * 60 * 60 * 1000,
        .freezes = json_array(),
    };
    config->roles = json_object();
    for (const char *const *role = role_names; *role != NULL; role++)
        json_object_set_new(config->roles, *role, json_array());
    config->limits = json_object();
    return config;
}

/* A lag that nobody can ask for would never slow anything down. */
static void
check_replicas(Reader *reader, const StoreConfig *store)
{
    for (char **name = store->replicas; name != NULL && *name != NULL; name++)
        if (config_store(reader->config, *name) == NULL)
            diags_add(reader->diags, DIAG_ERROR, "replica", reader->file, 0, 0,
                      "store '%s' has the replica '%s', which is no store of this file",
                      store->name, *name);
}

/* What follows from other keys. */
static void
config_complete(Reader *reader)
{
    Config *config = reader->config;
    if (config->socket == NULL)
        config->socket = g_build_filename(config->state, "honk.sock", NULL);
    if (strlen(config->socket) > SOCKET_BYTES_MAX)
        diags_add(
            reader->diags, DIAG_WARNING, "socket", reader->file, 0, 0,
            "the socket's path is %zu bytes long, but %d is the most that works: set 'socket' "
            "to a shorter one, such as /tmp/honk.sock",
            strlen(config->socket), SOCKET_BYTES_MAX);
    for (guint i = 0; i < config->stores->len; i++)
        check_replicas(reader, config->stores->pdata[i]);
    policy_seal(&config->policy);
}

static void
reader_document(Reader *reader, const YamlFile *file)
{
    const YamlNode *root = yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    if (yaml_document_count(file) > 1)
        diags_add(reader->diags, DIAG_ERROR, "documents", reader->file, 0, 0,
                  "%zu documents, expected one", yaml_document_count(file));
    if (root != NULL && !yaml_is_null(root))
        reader_fields(reader, "honk.yaml", root, config_fields, reader->config);
    config_complete(reader);
}

bool
config_parse(const char *text, size_t bytes, const char *path, Diags *diags, Config **ret,
             GError **error)
{
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(Config) config = config_new(path);
    Reader reader = {.config = config, .diags = diags, .file = path};
    if (!yaml_parse(text, bytes, path, diags, &file, error))
        return false;
    reader_document(&reader, file);
    if (!diags_to_error(diags, error))
        return false;
    *ret = g_steal_pointer(&config);
    return true;
}

bool
config_read(const char *path, Diags *diags, Config **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, CONFIG_BYTES_MAX, &text, &bytes, error) &&
           config_parse(text, bytes, path, diags, ret, error);
}
