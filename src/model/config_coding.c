/* config_coding.c - reads `coding:` of honk.yaml, and answers who codes for whom. */
#include "base/text.h"
#include "model/config_reader.h"
#include "model/entity.h"

#include <string.h>

#define DEADLINE_MS_DEFAULT (10 * 60 * 1000) /* a model, a file, and its tests */
#define DEADLINE_MS_MIN 1000
#define DEADLINE_MS_MAX (4 * 60 * 60 * 1000)
#define ROUNDS_DEFAULT 3 /* who has not understood by then will not */
#define MEMORY_MIB_DEFAULT 4096
#define PROCESSES_DEFAULT 512
#define DISK_MIB_DEFAULT 2048
#define TURNS_DEFAULT 50 /* agents that get there need ten to thirty */
#define TOKENS_DEFAULT (2 * 1000 * 1000)

static const char *const doors[DOOR_COUNT + 1] = {
    [DOOR_EXEC] = "exec", [DOOR_ACP] = "acp", [DOOR_MODEL] = "model"};
static const char *const unboxed[] = {"refuse", "run", NULL};

const char *
coding_door_name(CodingDoor door)
{
    return doors[door];
}

/* ---- life ---- */

static void
agent_free(void *data)
{
    CodingAgentConfig *agent = data;
    g_free(agent->name);
    g_strfreev(agent->command);
    g_strfreev(agent->environment);
    g_free(agent->prompt);
    g_free(agent->model);
    g_free(agent->replay);
    g_free(agent->login);
    g_ptr_array_unref(agent->readable);
    g_free(agent);
}

void
coding_config_init(CodingConfig *coding)
{
    *coding = (CodingConfig){.agents = g_ptr_array_new_with_free_func(agent_free),
                             .models = g_ptr_array_new_with_free_func(model_config_free),
                             .packages = json_object(),
                             .migrations = json_object()};
}

void
coding_config_clear(CodingConfig *coding)
{
    g_clear_pointer(&coding->agents, g_ptr_array_unref);
    g_clear_pointer(&coding->models, g_ptr_array_unref);
    json_decref(coding->packages);
    json_decref(coding->migrations);
    coding->migrations = NULL;
    g_clear_pointer(&coding->judge, g_free);
}

/* ---- answers ---- */

const CodingAgentConfig *
coding_agent(const CodingConfig *coding, const char *name)
{
    for (guint i = 0; name != NULL && i < coding->agents->len; i++) {
        const CodingAgentConfig *agent = coding->agents->pdata[i];
        if (strcmp(agent->name, name) == 0)
            return agent;
    }
    return NULL;
}

const ModelConfig *
coding_model(const CodingConfig *coding, const char *name)
{
    for (guint i = 0; name != NULL && i < coding->models->len; i++) {
        const ModelConfig *model = coding->models->pdata[i];
        if (strcmp(model->id, name) == 0)
            return model;
    }
    return NULL;
}

const CodingAgentConfig *
coding_agent_for(const CodingConfig *coding, const char *migration)
{
    const char *slash = strrchr(migration, '/');
    const char *all = json_get_string(coding->migrations, "*", NULL);
    return coding_agent(
        coding, json_get_string(coding->migrations, slash != NULL ? slash + 1 : migration, all));
}

/* Which model answers, or what was answered once. Where its key lies is nobody's matter, and limits are the operator's. */
static bool
add_model(const Config *config, const CodingAgentConfig *agent, json_t *whole, GError **error)
{
    const ModelConfig *model = coding_model(&config->coding, agent->model);
    g_autofree char *replay = NULL;
    size_t bytes = 0;
    if (model != NULL)
        json_object_set_new(whole, "model",
                            json_pack("{s:s, s:s, s:s, s:s?}", "api", model_api_name(model->api),
                                      "name", model->name, "url", model->url, "effort",
                                      model->effort));
    if (agent->replay == NULL)
        return true;
    if (!file_read(agent->replay, CODING_REPLAY_BYTES_MAX, &replay, &bytes, error))
        return fail_in(error, "coding agent '%s'", agent->name);
    g_autofree char *digest = sha256_of(replay, bytes);
    json_set_string(whole, "replay", digest);
    return true;
}

bool
config_coding_digest(const Config *config, const CodingAgentConfig *agent, char **ret,
                     GError **error)
{
    g_autofree char *prompt = NULL;
    g_autoptr(json_t) whole = NULL;
    size_t bytes = 0;
    if (agent->prompt != NULL &&
        !file_read(agent->prompt, CODING_PROMPT_BYTES_MAX, &prompt, &bytes, error))
        return fail_in(error, "coding agent '%s'", agent->name);
    if (!config_command_json(config, agent->name, agent->command, &whole, error) ||
        !add_model(config, agent, whole, error))
        return false;
    g_autofree char *environment = g_strjoinv("\n", agent->environment);
    g_autofree char *secret = sha256_of(environment != NULL ? environment : "",
                                        environment != NULL ? strlen(environment) : 0);
    json_set_string(whole, "door", coding_door_name(agent->door));
    json_set_string(whole, "environment", secret);
    json_set_string(whole, "prompt", prompt);
    json_set_int(whole, "prompt_version", prompt != NULL ? 0 : CODING_PROMPT_VERSION);
    json_set_int(whole, "rounds", agent->rounds);
    if (agent->protocol > 1)
        json_set_int(whole, "protocol", agent->protocol);
    json_set_string(whole, "login", agent->login);
    return json_digest(whole, ret, error);
}

/* ---- reading ---- */

bool
reader_choice(Reader *reader, const Field *field, const YamlNode *value, const char *const *choices,
              unsigned *ret)
{
    g_autofree char *expected = g_strjoinv(" or ", (char **) choices);
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    if (text == NULL)
        return false;
    if (text_find(choices, g_strv_length((char **) choices), text, ret))
        return true;
    reader_wrong_type(reader, field->key, value, expected);
    return false;
}

static void
read_door(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    unsigned door;
    if (reader_choice(reader, field, value, doors, &door))
        *(CodingDoor *) target = (CodingDoor) door;
}

static void
read_unboxed(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    unsigned choice;
    if (reader_choice(reader, field, value, unboxed, &choice))
        *(bool *) target = choice == 1;
}

/* clang-format off */
static const Field agent_fields[] = {
    {"door",        read_door,        offsetof(CodingAgentConfig, door)},
    {"command",     read_words,       offsetof(CodingAgentConfig, command)},
    {"environment", read_environment, offsetof(CodingAgentConfig, environment)},
    {"readable",    read_paths,       offsetof(CodingAgentConfig, readable)},
    {"prompt",      read_path,        offsetof(CodingAgentConfig, prompt)},
    {"deadline",    read_duration,    offsetof(CodingAgentConfig, deadline_ms)},
    {"rounds",      read_count,       offsetof(CodingAgentConfig, rounds), 1, 10},
    {"memory_mib",  read_count,       offsetof(CodingAgentConfig, memory_mib), 64, 1024 * 1024},
    {"processes",   read_count,       offsetof(CodingAgentConfig, processes), 4, 65536},
    {"disk_mib",    read_count,       offsetof(CodingAgentConfig, disk_mib), 1, 1024 * 1024},
    {"model",       read_name,        offsetof(CodingAgentConfig, model)},
    {"replay",      read_path,        offsetof(CodingAgentConfig, replay)},
    {"protocol",    read_count,       offsetof(CodingAgentConfig, protocol), 1, 2},
    {"login",       read_name,        offsetof(CodingAgentConfig, login)},
    {"turns",       read_count,       offsetof(CodingAgentConfig, turns), 1, 1000},
    {"tokens",      read_count,       offsetof(CodingAgentConfig, tokens), 1000, 1000 * 1000 * 1000},
    {"cost",        read_money,       offsetof(CodingAgentConfig, cost)},
    {NULL},
};
/* clang-format on */

static void
check_agent(Reader *reader, const YamlNode *key, const YamlNode *value, CodingAgentConfig *agent)
{
    const char *needed = agent->door == DOOR_MODEL ? "model" : "command";
    if (value->kind == YAML_MAP && yaml_get(value, needed) == NULL)
        reader_error(reader, "missing-key", key, "coding agent '%s' has no '%s'", key->text,
                     needed);
    if (agent->command == NULL)
        agent->command = g_new0(char *, 1); /* none */
    else if (agent->command[0] == NULL || *agent->command[0] == '\0')
        reader_error(reader, "wrong-type", yaml_get(value, "command"),
                     "'command' of coding agent '%s' names no program", key->text);
    if (agent->deadline_ms < DEADLINE_MS_MIN || agent->deadline_ms > DEADLINE_MS_MAX)
        reader_error(reader, "duration", yaml_get(value, "deadline"),
                     "'deadline' of coding agent '%s' must be from 1s to 4h", key->text);
}

static void
read_agent(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    if (!entity_name_is_valid(key->text)) {
        reader_error(reader, "agent-name", key,
                     "'%s' cannot name a coding agent: expected letters, digits, '-', '_' and '.'",
                     key->text);
        return;
    }
    CodingAgentConfig *agent = g_new0(CodingAgentConfig, 1);
    *agent = (CodingAgentConfig){.name = g_strdup(key->text),
                                 .readable = g_ptr_array_new_with_free_func(g_free),
                                 .deadline_ms = DEADLINE_MS_DEFAULT,
                                 .rounds = ROUNDS_DEFAULT,
                                 .protocol = 1,
                                 .memory_mib = MEMORY_MIB_DEFAULT,
                                 .processes = PROCESSES_DEFAULT,
                                 .disk_mib = DISK_MIB_DEFAULT,
                                 .turns = TURNS_DEFAULT,
                                 .tokens = TOKENS_DEFAULT};
    g_ptr_array_add(reader->config->coding.agents, agent);
    reader_fields(reader, key->text, value, agent_fields, agent);
    check_agent(reader, key, value, agent);
}

static void
read_coding_agents(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    (void) target;
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to coding agents");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        read_agent(reader, value->items[2 * i], value->items[2 * i + 1]);
}

static void
read_migrations(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of migrations to coding agents");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const char *key = value->items[2 * i]->text;
        g_autofree char *name =
            reader_text(reader, key, value->items[2 * i + 1], "the name of a coding agent");
        if (name != NULL)
            json_set_string(*(json_t **) target, key, name);
    }
}

static void
read_packages(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to mirrors of packages");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const Field one = {.key = value->items[2 * i]->text};
        g_autofree char *url = NULL;
        if (!entity_name_is_valid(one.key))
            reader_error(reader, "mirror-name", value->items[2 * i],
                         "'%s' cannot name a mirror: expected letters, digits, '-', '_' and '.'",
                         one.key);
        else
            read_api_address(reader, &one, value->items[2 * i + 1], &url);
        if (url != NULL)
            json_set_string(*(json_t **) target, one.key, url);
    }
}

/* Agents may stand below who uses them. */
static void
check_migrations(Reader *reader, const YamlNode *map)
{
    const YamlNode *value = yaml_get(map, "migrations");
    for (size_t i = 0; value != NULL && value->kind == YAML_MAP && i < value->count; i++) {
        const char *key = value->items[2 * i]->text;
        const char *name = json_get_string(reader->config->coding.migrations, key, NULL);
        if (name != NULL && coding_agent(&reader->config->coding, name) == NULL)
            reader_error(reader, "unknown-agent", value->items[2 * i + 1],
                         "there is no coding agent '%s' below 'agents'", name);
    }
}

static void
check_judge(Reader *reader, const YamlNode *map)
{
    const CodingConfig *coding = &reader->config->coding;
    if (coding->judge != NULL && coding_model(coding, coding->judge) == NULL)
        reader_error(reader, "unknown-model", yaml_get(map, "judge"),
                     "there is no model '%s' below 'models'", coding->judge);
}

static void
check_models(Reader *reader, const YamlNode *map)
{
    const YamlNode *value = yaml_get(map, "agents");
    for (size_t i = 0; value != NULL && value->kind == YAML_MAP && i < value->count; i++) {
        const CodingAgentConfig *agent =
            coding_agent(&reader->config->coding, value->items[2 * i]->text);
        if (agent == NULL || agent->model == NULL)
            continue;
        const YamlNode *at = yaml_get(value->items[2 * i + 1], "model");
        const ModelConfig *model = coding_model(&reader->config->coding, agent->model);
        if (model == NULL)
            reader_error(reader, "unknown-model", at, "there is no model '%s' below 'models'",
                         agent->model);
        else if (agent->cost > 0 && model->prices[PRICE_OUTPUT] == 0)
            reader_error(reader, "contradiction", at,
                         "the 'cost' of coding agent '%s' has a limit, but model '%s' has no "
                         "'prices'",
                         agent->name, agent->model);
    }
}

/* clang-format off */
static const Field coding_fields[] = {
    {"agents",       read_coding_agents,     offsetof(CodingConfig, agents)},
    {"models",       read_models,     offsetof(CodingConfig, models)},
    {"judge",        read_name,       offsetof(CodingConfig, judge)},
    {"packages",     read_packages,   offsetof(CodingConfig, packages)},
    {"migrations",   read_migrations, offsetof(CodingConfig, migrations)},
    {"when_unboxed", read_unboxed,    offsetof(CodingConfig, runs_unboxed)},
    {NULL},
};
/* clang-format on */

void
read_coding(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    reader_fields(reader, field->key, value, coding_fields, target);
    if (value->kind != YAML_MAP)
        return;
    check_migrations(reader, value);
    check_models(reader, value);
    check_judge(reader, value);
}
