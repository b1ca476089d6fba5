/*
 * config_agent.c - agents of honk.yaml, and what makes one another agent than it was: its command,
 * and the files that the command names.
 */
#include "base/text.h"
#include "base/yaml.h"
#include "model/config_reader.h"
#include "model/entity.h"

#include <string.h>

#define AGENT_DEADLINE_MS_DEFAULT 60000 /* reading an entity and a few questions elsewhere */
#define AGENT_DEADLINE_MS_MIN 1000
#define AGENT_DEADLINE_MS_MAX (60 * 60 * 1000) /* a model may think; a worker is taken meanwhile */
#define AGENT_MEMORY_MIB_DEFAULT 1024 /* an interpreter with its libraries, five times over */
#define AGENT_FILE_BYTES_MAX (16 * 1024 * 1024) /* a program with what is linked into it */

void
agent_config_free(void *data)
{
    AgentConfig *agent = data;
    g_free(agent->name);
    g_strfreev(agent->command);
    g_strfreev(agent->environment);
    g_free(agent);
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

void
read_agents(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to agents");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_agent(reader, value->items[2 * i], value->items[2 * i + 1]);
}

const AgentConfig *
config_agent(const Config *config, const char *name)
{
    for (guint i = 0; i < config->agents->len; i++) {
        const AgentConfig *agent = config->agents->pdata[i];
        if (strcmp(agent->name, name) == 0)
            return agent;
    }
    return NULL;
}

/* An interpreter's name is no file, whatever lies in the folder by the same name. */
static bool
is_file(char *const *command, size_t word, const char *path)
{
    bool is_looked_up = word == 0 && strchr(command[0], '/') == NULL;
    return !is_looked_up && g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

char **
config_command(const Config *config, char *const *command)
{
    char **whole = g_strdupv((char **) command);
    if (strchr(whole[0], '/') != NULL) {
        char *full = g_canonicalize_filename(whole[0], config->folder);
        g_free(whole[0]);
        whole[0] = full;
    }
    return whole;
}

bool
config_command_json(const Config *config, const char *name, char *const *command, json_t **ret,
                    GError **error)
{
    g_autoptr(json_t) files = json_object();
    json_t *words = json_array();
    g_autoptr(json_t) whole = json_pack("{s:o, s:O}", "command", words, "files", files);

    for (size_t i = 0; command[i] != NULL; i++) {
        g_autofree char *path = g_canonicalize_filename(command[i], config->folder);
        g_autofree char *text = NULL;
        size_t bytes = 0;
        json_array_append_new(words, json_string(command[i]));
        if (!is_file(command, i, path))
            continue;
        if (!file_read(path, AGENT_FILE_BYTES_MAX, &text, &bytes, error))
            return i == 0 ? fail_in(error,
                                    "agent '%s' (a program of the system is named without its "
                                    "folder)",
                                    name)
                          : fail_in(error, "agent '%s'", name);
        g_autofree char *digest = sha256_of(text, bytes);
        json_set_string(files, command[i], digest);
    }
    *ret = g_steal_pointer(&whole);
    return true;
}

bool
config_agent_digest(const Config *config, const AgentConfig *agent, char **ret, GError **error)
{
    g_autoptr(json_t) whole = NULL;
    return config_command_json(config, agent->name, agent->command, &whole, error) &&
           json_digest(whole, ret, error);
}
