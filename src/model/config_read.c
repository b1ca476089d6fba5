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
#include "model/pace.h"

#include <string.h>

#define CONFIG_BYTES_MAX (1024 * 1024)  /* a person wrote it */
#define SOCKET_BYTES_MAX 107            /* what the kernel's sun_path holds */
#define AGENT_DEADLINE_MS_DEFAULT 60000 /* reading an entity and a few questions elsewhere */
#define AGENT_DEADLINE_MS_MIN 1000
#define AGENT_DEADLINE_MS_MAX (60 * 60 * 1000) /* a model may think; a worker is taken meanwhile */
#define AGENT_MEMORY_MIB_DEFAULT 1024 /* an interpreter with its libraries, five times over */

/* ---- findings ---- */

void
reader_error(Reader *reader, const char *code, const YamlNode *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(reader->diags, DIAG_ERROR, code, reader->file, at->line, at->column, "%s", message);
}

static void
reader_error_from(Reader *reader, const char *code, const YamlNode *at, const char *subject,
                  const GError *error)
{
    reader_error(reader, code, at, "%s: %s", subject, error->message);
}

void
reader_wrong_type(Reader *reader, const char *key, const YamlNode *value, const char *expected)
{
    if (value->kind == YAML_SCALAR)
        reader_error(reader, "wrong-type", value, "'%s' is '%s', expected %s", key, value->text,
                     expected);
    else
        reader_error(reader, "wrong-type", value, "'%s' is a %s, expected %s", key,
                     value->kind == YAML_LIST ? "list" : "map", expected);
}

/* ---- scalars ---- */

/* The text with the environment's values in it; NULL when it is no text, or a variable is not set.
 */
char *
reader_text(Reader *reader, const char *key, const YamlNode *value, const char *expected)
{
    g_autoptr(GError) error = NULL;
    char *text;
    if (value->kind != YAML_SCALAR || yaml_is_null(value)) {
        reader_wrong_type(reader, key, value, expected);
        return NULL;
    }
    if (!text_expand_env(value->text, &text, &error)) {
        reader_error_from(reader, "variable", value, key, error);
        return NULL;
    }
    return text;
}

/* Any value as JSON: types by the core schema after the expansion, quoted text stays text. */
json_t *
reader_json(Reader *reader, const char *key, const YamlNode *value)
{
    if (value->kind == YAML_SCALAR) {
        if (yaml_is_null(value))
            return json_null();
        g_autofree char *text = reader_text(reader, key, value, "a value");
        YamlNode expanded = *value;
        expanded.text = text != NULL ? text : "";
        return yaml_to_json(&expanded);
    }
    json_t *json = value->kind == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < value->count; i++) {
        if (value->kind == YAML_LIST) {
            json_array_append_new(json, reader_json(reader, key, value->items[i]));
        } else {
            const char *name = value->items[2 * i]->text;
            json_object_set_new(json, name, reader_json(reader, name, value->items[2 * i + 1]));
        }
    }
    return json;
}

void
read_bool(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *text = reader_text(reader, field->key, value, "true or false");
    if (text == NULL)
        return;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *(bool *) target = text[0] == 't';
    else
        reader_wrong_type(reader, field->key, value, "true or false");
}

void
read_count(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *expected =
        g_strdup_printf("a whole number from %d to %d", field->min, field->max);
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    guint64 count;
    if (text == NULL)
        return;
    if (g_ascii_string_to_unsigned(text, 10, (guint64) field->min, (guint64) field->max, &count,
                                   NULL))
        *(int *) target = (int) count;
    else
        reader_wrong_type(reader, field->key, value, expected);
}

void
read_duration(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *text = reader_text(reader, field->key, value, "a duration such as 24h");
    g_autoptr(GError) error = NULL;
    if (text != NULL && !duration_parse(text, target, &error))
        reader_error_from(reader, "duration", value, field->key, error);
}

/* ---- paths and addresses ---- */

/* Absolute, from the folder of the file. NULL when it is no path. */
char *
reader_path(Reader *reader, const char *key, const YamlNode *value)
{
    g_autofree char *text = reader_text(reader, key, value, "a path");
    if (text == NULL)
        return NULL;
    if (*text == '\0') {
        reader_error(reader, "wrong-type", value, "'%s' is empty, expected a path", key);
        return NULL;
    }
    return g_canonicalize_filename(text, reader->config->folder);
}

void
read_path(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char *path = reader_path(reader, field->key, value);
    if (path == NULL)
        return;
    g_free(*(char **) target);
    *(char **) target = path;
}

void
read_paths(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    GPtrArray *paths = *(GPtrArray **) target;
    g_ptr_array_set_size(paths, 0);
    bool is_list = value->kind == YAML_LIST;
    if (value->kind == YAML_MAP)
        reader_wrong_type(reader, field->key, value, "a list of files or folders");
    for (size_t i = 0; value->kind != YAML_MAP && i < (is_list ? value->count : 1); i++) {
        char *path = reader_path(reader, field->key, is_list ? value->items[i] : value);
        if (path != NULL)
            g_ptr_array_add(paths, path);
    }
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

static void
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

/* ---- maps ---- */

void
reader_unknown_key(Reader *reader, const YamlNode *key, const char *const *known, const char *where)
{
    const char *nearest = text_nearest(key->text, known);
    if (nearest != NULL)
        reader_error(reader, "unknown-key", key, "unknown key '%s'%s, did you mean '%s'?",
                     key->text, where, nearest);
    else {
        g_autofree char *names = g_strjoinv(", ", (char **) known);
        reader_error(reader, "unknown-key", key, "unknown key '%s'%s, expected one of: %s",
                     key->text, where, names);
    }
}

/* Read a map by its table; `base` is what the offsets count from. */
void
reader_fields(Reader *reader, const char *name, const YamlNode *map, const Field *fields,
              void *base)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (const Field *field = fields; field->key != NULL; field++)
        g_ptr_array_add(known, (void *) field->key);
    g_ptr_array_add(known, NULL);

    if (map->kind != YAML_MAP) {
        reader_wrong_type(reader, name, map, "a map");
        return;
    }
    g_autofree char *where =
        map->line > 0 && strcmp(name, "honk.yaml") != 0 ? g_strdup_printf(" in '%s'", name) : NULL;
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        const Field *field = fields;
        while (field->key != NULL && strcmp(field->key, key->text) != 0)
            field++;
        if (field->key == NULL)
            reader_unknown_key(reader, key, (const char *const *) known->pdata,
                               where != NULL ? where : "");
        else if (!yaml_is_null(value))
            field->read(reader, field, value, (char *) base + field->offset);
    }
}

/* ---- stores ---- */

static void
store_config_free(void *data)
{
    StoreConfig *store = data;
    g_free(store->name);
    g_free(store->driver);
    g_strfreev(store->replicas);
    json_decref(store->settings);
    g_free(store);
}

/* A store's `concurrency` is the limit "store:NAME", so there are two ways to say it; saying two
 * things is a mistake. */
void
reader_limit(Reader *reader, const char *resource, const Field *field, const YamlNode *value)
{
    int count = -1;
    read_count(reader, field, value, &count);
    int64_t before = json_get_int(reader->config->limits, resource, count);
    if (count >= 0 && before != count)
        reader_error(reader, "contradiction", value, "'%s' is limited to %d here, but to %d above",
                     resource, count, (int) before);
    else if (count >= 0)
        json_set_int(reader->config->limits, resource, count);
}

static void
store_setting(Reader *reader, StoreConfig *store, const YamlNode *key, const YamlNode *value)
{
    if (strcmp(key->text, "driver") == 0) {
        g_free(store->driver);
        store->driver = reader_text(reader, "driver", value, "the name of a driver");
    } else if (strcmp(key->text, "concurrency") == 0) {
        const Field limit = {.key = "concurrency", .min = 1, .max = LIMIT_COUNT_MAX};
        g_autofree char *resource = g_strdup_printf("store:%s", store->name);
        reader_limit(reader, resource, &limit, value);
    } else if (strcmp(key->text, "replicas") == 0) {
        const Field field = {.key = "replicas"};
        read_words(reader, &field, value, &store->replicas);
    } else if (strcmp(key->text, "path") == 0 || strcmp(key->text, "password_file") == 0) {
        g_autofree char *path = reader_path(reader, key->text, value);
        json_set_string(store->settings, key->text, path);
    } else {
        json_object_set_new(store->settings, key->text, reader_json(reader, key->text, value));
    }
}

static void
reader_store(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    if (!entity_name_is_valid(key->text)) {
        reader_error(reader, "store-name", key,
                     "'%s' cannot name a store: expected letters, digits, '-', '_' and '.'",
                     key->text);
        return;
    }
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, key->text, value, "a map with a 'driver'");
        return;
    }
    StoreConfig *store = g_new0(StoreConfig, 1);
    store->name = g_strdup(key->text);
    store->settings = json_object();
    g_ptr_array_add(reader->config->stores, store);
    for (size_t i = 0; i < value->count; i++)
        store_setting(reader, store, value->items[2 * i], value->items[2 * i + 1]);
    if (yaml_get_key(value, "driver") == NULL)
        reader_error(reader, "missing-key", key, "store '%s' has no 'driver'", key->text);
}

static void
read_stores(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to stores");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_store(reader, value->items[2 * i], value->items[2 * i + 1]);
}

/* ---- agents ---- */

static void
agent_config_free(void *data)
{
    AgentConfig *agent = data;
    g_free(agent->name);
    g_strfreev(agent->command);
    g_strfreev(agent->environment);
    g_free(agent);
}

/* Each list item as text; one text is a list of one. */
void
read_words(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    bool is_list = value->kind == YAML_LIST;
    if (value->kind == YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a list: the program and its arguments");
        return;
    }
    for (size_t i = 0; i < (is_list ? value->count : 1); i++) {
        const YamlNode *item = is_list ? value->items[i] : value;
        g_autofree char *word = reader_text(reader, field->key, item, "a word");
        if (word != NULL)
            g_strv_builder_add(words, word);
    }
    g_strfreev(*(char ***) target);
    *(char ***) target = g_strv_builder_end(words);
}

void
read_environment(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autoptr(GStrvBuilder) variables = g_strv_builder_new();
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to values");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i];
        g_autofree char *text = reader_text(reader, key->text, value->items[2 * i + 1], "a text");
        g_autofree char *variable = g_strdup_printf("%s=%s", key->text, text != NULL ? text : "");
        if (*key->text == '\0' || strchr(key->text, '=') != NULL)
            reader_error(reader, "variable", key, "'%s' cannot name a variable", key->text);
        else if (text != NULL)
            g_strv_builder_add(variables, variable);
    }
    g_strfreev(*(char ***) target);
    *(char ***) target = g_strv_builder_end(variables);
}

/* clang-format off */
static const Field agent_fields[] = {
    {"command",     read_words,       offsetof(AgentConfig, command)},
    {"environment", read_environment, offsetof(AgentConfig, environment)},
    {"deadline",    read_duration,    offsetof(AgentConfig, deadline_ms)},
    {"memory_mib",  read_count,       offsetof(AgentConfig, memory_mib), 16, 1024 * 1024},
    {NULL},
};
/* clang-format on */

static void
reader_agent(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    if (!entity_name_is_valid(key->text)) {
        reader_error(reader, "agent-name", key,
                     "'%s' cannot name an agent: expected letters, digits, '-', '_' and '.'",
                     key->text);
        return;
    }
    AgentConfig *agent = g_new0(AgentConfig, 1);
    agent->name = g_strdup(key->text);
    agent->deadline_ms = AGENT_DEADLINE_MS_DEFAULT;
    agent->memory_mib = AGENT_MEMORY_MIB_DEFAULT;
    g_ptr_array_add(reader->config->agents, agent);
    reader_fields(reader, key->text, value, agent_fields, agent);
    if (value->kind == YAML_MAP && yaml_get(value, "command") == NULL)
        reader_error(reader, "missing-key", key, "agent '%s' has no 'command'", key->text);
    else if (agent->command != NULL && (agent->command[0] == NULL || *agent->command[0] == '\0'))
        reader_error(reader, "wrong-type", yaml_get(value, "command"),
                     "'command' of agent '%s' names no program", key->text);
    if (agent->deadline_ms < AGENT_DEADLINE_MS_MIN || agent->deadline_ms > AGENT_DEADLINE_MS_MAX)
        reader_error(reader, "duration", yaml_get(value, "deadline"),
                     "'deadline' of agent '%s' must be from 1s to 1h", key->text);
}

static void
read_agents(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to agents");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_agent(reader, value->items[2 * i], value->items[2 * i + 1]);
}

/* ---- roles and limits ---- */

#define BACKSTAGE_EVERY_MS (60 * 1000)
#define BACKSTAGE_EVERY_MS_MIN 100

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

static void
read_limits(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of resources to counts");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i];
        const Field limit = {.key = key->text, .max = LIMIT_COUNT_MAX};
        if (strchr(key->text, ':') == NULL)
            reader_error(reader, "limit", key,
                         "'%s' names no resource: expected KIND:NAME, such as \"store:listening\"",
                         key->text);
        else
            reader_limit(reader, key->text, &limit, value->items[2 * i + 1]);
    }
}

/* ---- policy ---- */

/* "2026-12-20T18:00:00Z", or a day: its begin, or with `is_end` the begin of the next one. UTC
 * unless it says otherwise. */
static bool
time_parse(const char *text, bool is_end, int64_t *ret_ms)
{
    bool is_day = strlen(text) == strlen("2026-12-20");
    g_autofree char *whole = is_day ? g_strdup_printf("%sT00:00:00Z", text) : g_strdup(text);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, utc);
    if (time == NULL)
        return false;
    *ret_ms = g_date_time_to_unix(time) * 1000 + (is_day && is_end ? 24 * 60 * 60 * 1000 : 0);
    return true;
}

static void
reader_freeze_time(Reader *reader, const YamlNode *map, const char *key, bool is_end,
                   json_t *freeze)
{
    const YamlNode *value = yaml_get(map, key);
    const char *expected = "a time such as 2026-12-20 or 2026-12-20T18:00:00Z";
    if (value == NULL) {
        reader_error(reader, "missing-key", map, "a freeze has no '%s'", key);
        return;
    }
    g_autofree char *text = reader_text(reader, key, value, expected);
    g_autofree char *key_ms = g_strdup_printf("%s_ms", key);
    int64_t ms;
    if (text == NULL)
        return;
    if (!time_parse(text, is_end, &ms)) {
        reader_wrong_type(reader, key, value, expected);
        return;
    }
    json_set_string(freeze, key, text);
    json_set_int(freeze, key_ms, ms);
}

static void
reader_freeze(Reader *reader, const YamlNode *value, json_t *freezes)
{
    static const char *const known[] = {"from", "to", "why", NULL};
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, "freezes", value, "a list of {from, to, why}");
        return;
    }
    g_autoptr(json_t) freeze = json_object();
    for (size_t i = 0; i < value->count; i++)
        if (!g_strv_contains(known, value->items[2 * i]->text))
            reader_unknown_key(reader, value->items[2 * i], known, " in a freeze");
    reader_freeze_time(reader, value, "from", false, freeze);
    reader_freeze_time(reader, value, "to", true, freeze);
    const YamlNode *why = yaml_get(value, "why");
    g_autofree char *text = why != NULL ? reader_text(reader, "why", why, "a sentence") : NULL;
    json_set_string(freeze, "why", text != NULL ? text : "no reason given");
    if (json_get_int(freeze, "from_ms", 0) >= json_get_int(freeze, "to_ms", INT64_MAX))
        reader_error(reader, "freeze", value, "a freeze ends before it begins");
    json_array_append(freezes, freeze);
}

static void
read_freezes(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_LIST) {
        reader_wrong_type(reader, field->key, value, "a list of {from, to, why}");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_freeze(reader, value->items[i], *(json_t **) target);
}

static void
read_failures(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char **ret = target;
    g_autofree char *text = reader_text(reader, field->key, value, "a count or a share");
    g_autoptr(GError) error = NULL;
    if (text == NULL)
        return;
    if (!pace_failures_check(text, field->key, &error))
        reader_error_from(reader, "failures", value, field->key, error);
    g_free(*ret);
    *ret = g_steal_pointer(&text);
}

/* clang-format off */
static const Field policy_fields[] = {
    {"self_approval",      read_bool,     offsetof(PolicyConfig, self_approval)},
    {"quorum",             read_count,    offsetof(PolicyConfig, quorum), 1, 100},
    {"plan_ttl",           read_duration, offsetof(PolicyConfig, plan_ttl_ms)},
    {"rollback_window",    read_duration, offsetof(PolicyConfig, rollback_window_ms)},
    {"soak",               read_duration, offsetof(PolicyConfig, soak_ms)},
    {"retention",          read_duration, offsetof(PolicyConfig, retention_ms)},
    {"automatic_rollback", read_bool,     offsetof(PolicyConfig, automatic_rollback)},
    {"max_failures",       read_failures, offsetof(PolicyConfig, max_failures)},
    {"wave_soak",          read_duration, offsetof(PolicyConfig, wave_soak_ms)},
    {"by_hand",            read_count,    offsetof(PolicyConfig, by_hand), 0, 100000},
    {"freezes",            read_freezes,  offsetof(PolicyConfig, freezes)},
    {NULL},
};
/* clang-format on */

static void
read_policy(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    reader_fields(reader, field->key, value, policy_fields, target);
}

json_t *
policy_pace(const PolicyConfig *policy)
{
    json_t *pace = json_object();
    json_set_string(pace, "max_failures", policy->max_failures);
    if (policy->wave_soak_ms > 0)
        json_set_int(pace, "soak_ms", policy->wave_soak_ms);
    if (policy->by_hand > 0)
        json_set_int(pace, "by_hand", policy->by_hand);
    return pace;
}

static void
policy_seal(PolicyConfig *policy)
{
    g_autoptr(json_t) json = json_pack(
        "{s:b, s:i, s:I, s:I, s:I, s:I, s:b, s:o}", "self_approval", policy->self_approval,
        "quorum", policy->quorum, "plan_ttl_ms", (json_int_t) policy->plan_ttl_ms,
        "rollback_window_ms", (json_int_t) policy->rollback_window_ms, "soak_ms",
        (json_int_t) policy->soak_ms, "retention_ms", (json_int_t) policy->retention_ms,
        "automatic_rollback", policy->automatic_rollback, "pace", policy_pace(policy));
    bool is_ok = json_digest(json, &policy->digest, NULL);
    g_assert(is_ok); /* integers and truth values have a canonical form */
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
