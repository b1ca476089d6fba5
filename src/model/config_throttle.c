/* config_throttle.c - programs of honk.yaml that say whether rows may move: `throttle_commands`. */
#include "base/text.h"
#include "model/config_reader.h"
#include "model/entity.h"
#include "model/throttle.h"

#include <string.h>

#define DEADLINE_MS_DEFAULT 10000
#define DEADLINE_MS_MAX 60000 /* a range waits for it */

void
throttle_command_free(void *data)
{
    ThrottleCommand *command = data;
    g_free(command->name);
    g_strfreev(command->command);
    g_free(command);
}

const ThrottleCommand *
config_throttle_command(const Config *config, const char *name)
{
    for (guint i = 0; i < config->throttle_commands->len; i++) {
        const ThrottleCommand *command = config->throttle_commands->pdata[i];
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}

bool
config_check_throttle(const Config *config, const json_t *throttle, GError **error)
{
    const char *name = throttle_command(throttle);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    if (name == NULL || config_throttle_command(config, name) != NULL)
        return true;
    for (guint i = 0; i < config->throttle_commands->len; i++)
        g_ptr_array_add(names, ((ThrottleCommand *) config->throttle_commands->pdata[i])->name);
    g_autofree char *list = text_join(names, "', '");
    return fail(error, ERR_INVALID,
                "honk.yaml has no throttle command '%s'; below 'throttle_commands' it has %s%s%s",
                name, names->len > 0 ? "'" : "none", list, names->len > 0 ? "'" : "");
}

/* clang-format off */
static const Field command_fields[] = {
    {"command",  read_words,    offsetof(ThrottleCommand, command)},
    {"at_most",  read_count,    offsetof(ThrottleCommand, at_most), 0, 1000000000},
    {"deadline", read_duration, offsetof(ThrottleCommand, deadline_ms)},
    {NULL},
};
/* clang-format on */

static void
read_command(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    ThrottleCommand *command = g_new0(ThrottleCommand, 1);
    command->name = g_strdup(key->text);
    command->at_most = -1;
    command->deadline_ms = DEADLINE_MS_DEFAULT;
    g_ptr_array_add(reader->config->throttle_commands, command);
    reader_fields(reader, key->text, value, command_fields, command);
    if (!entity_name_is_valid(key->text))
        reader_error(reader, "throttle-command", key,
                     "'%s' cannot name a command: expected letters, digits, '-', '_' and '.'",
                     key->text);
    else if (command->command == NULL || command->command[0] == NULL ||
             *command->command[0] == '\0')
        reader_error(reader, "missing-key", key,
                     "throttle command '%s' names no program in 'command'", key->text);
    else if (command->deadline_ms < 1 || command->deadline_ms > DEADLINE_MS_MAX)
        reader_error(reader, "duration", key,
                     "'deadline' of throttle command '%s' must be at most %d s", key->text,
                     DEADLINE_MS_MAX / 1000);
}

void
read_throttle_commands(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to commands");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        read_command(reader, value->items[2 * i], value->items[2 * i + 1]);
}
