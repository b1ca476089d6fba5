/*
 * config_agent.c - agents of honk.yaml, and what makes one another agent than it was: its command,
 * and the files that the command names.
 */
#include "base/text.h"
#include "model/config.h"

#include <string.h>

#define AGENT_FILE_BYTES_MAX (16 * 1024 * 1024) /* a program with what is linked into it */

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
