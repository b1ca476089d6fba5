/*
 * dbt_commands.c - what of dbt can be tried in a repository, by the profile that lies in it.
 *
 * What writes into a file of the repository can be built; another profile may be compiled, where that asks its database nothing;
 * and everything can be parsed. A profile at home is nobody's: a box has none.
 */
#include "base/text.h"
#include "base/yaml.h"
#include "coding/inside.h"

#include <string.h>

#define PROFILE_BYTES_MAX ((size_t) 1024 * 1024)
#define PROFILES " --profiles-dir ."

/* NULL: it is not there, or nobody can read it. */
static YamlFile *
read_yaml(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(Diags) diags = diags_new();
    YamlFile *file = NULL;
    size_t bytes = 0;
    if (!file_read(path, PROFILE_BYTES_MAX, &text, &bytes, NULL) ||
        !yaml_parse(text, bytes, name, diags, &file, NULL))
        return NULL;
    return file;
}

static const YamlNode *
root_of(const YamlFile *file)
{
    const YamlNode *root =
        file != NULL && yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    return root != NULL && root->kind == YAML_MAP ? root : NULL;
}

static const YamlNode *
member(const YamlNode *map, const char *key, YamlKind kind)
{
    const YamlNode *node = map != NULL && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;
    return node != NULL && node->kind == kind ? node : NULL;
}

static const char *
word(const YamlNode *map, const char *key, const char *otherwise)
{
    const YamlNode *node = member(map, key, YAML_SCALAR);
    return node != NULL ? node->text : otherwise;
}

/* A file of the repository, or none at all. What a profile takes from the environment may be anywhere. */
static bool
is_inside(const char *path)
{
    return *path != '/' && *path != '~' && strstr(path, "..") == NULL &&
           strstr(path, "{{") == NULL &&
           (strchr(path, ':') == NULL || strcmp(path, ":memory:") == 0);
}

static bool
are_inside(const YamlNode *paths)
{
    bool are = paths != NULL && paths->count > 0;
    for (size_t i = 0; are && i < paths->count; i++) {
        const YamlNode *path = paths->items[2 * i + 1];
        are = path->kind == YAML_SCALAR && is_inside(path->text);
    }
    return are;
}

/* Can all of it be built without touching what is not ours? A server is never such, not even one of this machine: a box does not
 * reach it, and without a box it may hold the very rows that move. */
static bool
is_file(const YamlNode *output)
{
    const char *type = word(output, "type", "");
    if (strcmp(type, "duckdb") == 0)
        return yaml_get(output, "attach") == NULL && is_inside(word(output, "path", ":memory:"));
    return strcmp(type, "sqlite") == 0 && is_inside(word(output, "schema_directory", ".")) &&
           are_inside(member(output, "schemas_and_paths", YAML_MAP));
}

char **
dbt_commands(const char *folder)
{
    g_autoptr(YamlFile) project = read_yaml(folder, "dbt_project.yml");
    g_autoptr(YamlFile) profiles = read_yaml(folder, "profiles.yml");
    g_autoptr(GStrvBuilder) commands = g_strv_builder_new();
    const YamlNode *profile =
        member(root_of(profiles), word(root_of(project), "profile", ""), YAML_MAP);
    const YamlNode *output =
        member(member(profile, "outputs", YAML_MAP), word(profile, "target", "default"), YAML_MAP);
    if (output != NULL && is_file(output))
        g_strv_builder_add(commands, "dbt build" PROFILES);
    if (output != NULL)
        g_strv_builder_add(commands, "dbt compile" PROFILES);
    g_strv_builder_add(commands, "dbt parse" PROFILES);
    return g_strv_builder_end(commands);
}
