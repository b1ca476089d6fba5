/*
 * config_stores.c - stores of honk.yaml, and how many tasks may use a thing at once.
 */
#include "base/json.h"
#include "base/yaml.h"
#include "model/config_reader.h"
#include "model/entity.h"
#include "model/lease.h"

#include <string.h>

void
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

void
read_stores(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to stores");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_store(reader, value->items[2 * i], value->items[2 * i + 1]);
}

void
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
