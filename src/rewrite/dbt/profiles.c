/*
 * profiles.c - which dialect a project is in, as its profile says: the `type` of where dbt runs it.
 *
 * A project names its profile; people keep it beside the project or in a folder of its own. Where several are called so, or
 * one has several outputs, all must say the same: nobody knows which one is run.
 */
#include "base/text.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const Dialect *dialect; /* NULL: none was said so far */
    bool is_torn;           /* two are, or one that is not known */
} Said;

static void
read_output(Said *said, const YamlNode *output)
{
    const char *type = output->kind == YAML_MAP ? yaml_get_text(output, "type") : NULL;
    const Dialect *dialect = type != NULL ? dialect_by_name(type) : NULL;
    said->is_torn =
        said->is_torn || dialect == NULL || (said->dialect != NULL && said->dialect != dialect);
    said->dialect = dialect;
}

/* `shop: { outputs: { dev: { type: snowflake }, … } }` */
static void
read_profile(Said *said, const YamlNode *profile)
{
    const YamlNode *outputs = profile->kind == YAML_MAP ? yaml_get(profile, "outputs") : NULL;
    for (size_t i = 0; outputs != NULL && outputs->kind == YAML_MAP && i < outputs->count; i++)
        read_output(said, outputs->items[2 * i + 1]);
}

static bool
is_profiles(const char *path)
{
    const char *name = text_behind_slash(path);
    return strcmp(name, "profiles.yml") == 0 || strcmp(name, "profiles.yaml") == 0;
}

static void
read_file(GArray *all, const GPtrArray *roots, const ProjectFile *file)
{
    g_autoptr(YamlFile) yaml = dbt_parse(file);
    const YamlNode *map = dbt_map_of(yaml);
    for (guint r = 0; map != NULL && r < roots->len; r++) {
        const YamlNode *settings = dbt_settings(g_ptr_array_index(roots, r));
        const char *name = settings != NULL ? yaml_get_text(settings, "profile") : NULL;
        const YamlNode *profile = name != NULL ? yaml_get(map, name) : NULL;
        if (profile != NULL)
            read_profile(&g_array_index(all, Said, r), profile);
    }
}

void
dbt_profiles_read(const GPtrArray *roots, const GPtrArray *files)
{
    g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(Said));
    g_array_set_size(all, roots->len);
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        if (is_profiles(file->path))
            read_file(all, roots, file);
    }
    for (guint r = 0; r < roots->len; r++) {
        const Said *said = &g_array_index(all, Said, r);
        ((DbtRoot *) g_ptr_array_index(roots, r))->dialect = said->is_torn ? NULL : said->dialect;
    }
}
