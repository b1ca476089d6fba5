/* config_changes.c - in how many parts a repository's change is proposed: honk.yaml's `changes`. */
#include "model/config_reader.h"

#include <string.h>

/* clang-format off */
static const char *const words[] = {
    [CHANGES_BY_REPOSITORY] = "repository", [CHANGES_BY_OWNER] = "owner", [CHANGES_BY_COUNT] = NULL,
};
/* clang-format on */

static void
read_group(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    unsigned by = 0;
    if (reader_choice(reader, field, value, words, &by))
        *(ChangesBy *) target = (ChangesBy) by;
}

static void
read_migrations(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of migrations to owner or repository");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const Field one = {.key = value->items[2 * i]->text};
        unsigned by = 0;
        if (reader_choice(reader, &one, value->items[2 * i + 1], words, &by))
            json_set_string(*(json_t **) target, one.key, words[by]);
    }
}

/* clang-format off */
static const Field changes_fields[] = {
    {"group",      read_group,      offsetof(ChangesConfig, by)},
    {"checks",     read_bool,       offsetof(ChangesConfig, runs_checks)},
    {"migrations", read_migrations, offsetof(ChangesConfig, migrations)},
    {NULL},
};
/* clang-format on */

void
read_changes(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    reader_fields(reader, field->key, value, changes_fields, target);
}

const char *
config_changes_by(const Config *config, const char *migration)
{
    const char *slash = strrchr(migration, '/');
    return json_get_string(config->changes.migrations, slash != NULL ? slash + 1 : migration,
                           words[config->changes.by]);
}
