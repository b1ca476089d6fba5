/*
 * config_reader.h - what the files that read honk.yaml share: one line of a table for each key, with
 * the function that reads its value.
 */
#pragma once

#include "base/yaml.h"
#include "model/config.h"

typedef struct {
    Config *config;
    Diags *diags;
    const char *file;
} Reader;

typedef struct Field Field;
struct Field {
    const char *key;
    void (*read)(Reader *reader, const Field *field, const YamlNode *value, void *target);
    size_t offset;
    int min, max;
};

void reader_error(Reader *reader, const char *code, const YamlNode *at, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* `subject` is the key whose value gave the error. */
void reader_error_from(Reader *reader, const char *code, const YamlNode *at, const char *subject,
                       const GError *error);
void reader_wrong_type(Reader *reader, const char *key, const YamlNode *value,
                       const char *expected);
void reader_unknown_key(Reader *reader, const YamlNode *key, const char *const *known,
                        const char *where);
/* The text with the environment's values in it; NULL when it is no text, or a variable is not set. */
char *reader_text(Reader *reader, const char *key, const YamlNode *value, const char *expected);
/* Any value as JSON. Caller owns. */
json_t *reader_json(Reader *reader, const char *key, const YamlNode *value);
/* Absolute, from the folder of the file. NULL when it is no path. */
char *reader_path(Reader *reader, const char *key, const YamlNode *value);
/* Read a map by its table; `base` is what the offsets count from. */
void reader_fields(Reader *reader, const char *name, const YamlNode *map, const Field *fields,
                   void *base);

void read_path(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_bool(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_count(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_duration(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* A list of paths, or one, made absolute; replaces what the array holds. */
void read_paths(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_words(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_environment(Reader *reader, const Field *field, const YamlNode *value, void *target);

/* Of http or https, and only of this machine without TLS: a secret is sent there. */
void read_api_address(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_name(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* One of the names; false when that was told. */
bool reader_choice(Reader *reader, const Field *field, const YamlNode *value,
                   const char *const *choices, unsigned *ret);

/* config_stores.c */
void store_config_free(void *store);
void read_stores(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* A limit of honk.yaml: `field` gives its bounds. */
void reader_limit(Reader *reader, const char *resource, const Field *field, const YamlNode *value);
void read_limits(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_agent.c */
void agent_config_free(void *agent);
void read_agents(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_policy.c */
void read_policy(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* Give the policy its digest, which plans hold. */
void policy_seal(PolicyConfig *policy);
/* config_addresses.c */
void read_listen(Reader *reader, const Field *field, const YamlNode *value, void *target);
void read_addresses(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_models.c */
void model_config_free(void *model);
void read_models(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* US dollars, as millionths in an int64_t. */
void read_money(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_throttle.c */
void throttle_command_free(void *command);
void read_throttle_commands(Reader *reader, const Field *field, const YamlNode *value,
                            void *target);
/* config_changes.c */
void read_changes(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_coding.c */
void read_coding(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_repositories.c */
void repository_config_free(void *repositories);
void read_repositories(Reader *reader, const Field *field, const YamlNode *value, void *target);
/* config_fleet.c */
void read_fleet(Reader *reader, const Field *field, const YamlNode *value, void *target);
