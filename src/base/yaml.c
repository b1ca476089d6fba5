/* yaml.c - the files and members of YAML documents; yaml_read.c makes their nodes. */
#include "base/yaml.h"

#include "base/limits.h"
#include "base/text.h"
#include "base/yaml_file.h"

#include <string.h>

/* ---- files ---- */

YamlFile *
yaml_file_new(const char *name, const char *text, size_t bytes)
{
    YamlFile *file = g_new0(YamlFile, 1);
    file->name = g_strdup(name != NULL ? name : "<text>");
    file->text = g_malloc(bytes + 1);
    if (bytes > 0)
        memcpy(file->text, text, bytes);
    file->text[bytes] = '\0';
    file->bytes = bytes;
    file->arena = arena_new();
    file->documents = g_ptr_array_new();
    return file;
}

void
yaml_file_free(YamlFile *file)
{
    if (file == NULL)
        return;
    g_ptr_array_unref(file->documents);
    arena_free(file->arena);
    g_free(file->text);
    g_free(file->name);
    g_free(file);
}

bool
yaml_read_file(const char *path, Diags *diags, YamlFile **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, YAML_BYTES_MAX, &text, &bytes, error) &&
           yaml_parse(text, bytes, path, diags, ret, error);
}

const char *
yaml_file_name(const YamlFile *file)
{
    return file->name;
}

const char *
yaml_file_text(const YamlFile *file, size_t *ret_bytes)
{
    if (ret_bytes != NULL)
        *ret_bytes = file->bytes;
    return file->text;
}

size_t
yaml_document_count(const YamlFile *file)
{
    return file->documents->len;
}

const YamlNode *
yaml_document(const YamlFile *file, size_t index)
{
    g_assert(index < file->documents->len);
    return file->documents->pdata[index];
}

/* ---- members ---- */

static YamlNode *const *
map_find(const YamlNode *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[2 * i]->text, key) == 0)
            return &map->items[2 * i];
    return NULL;
}

const YamlNode *
yaml_get(const YamlNode *map, const char *key)
{
    YamlNode *const *pair = map_find(map, key);
    return pair != NULL ? pair[1] : NULL;
}

const YamlNode *
yaml_get_key(const YamlNode *map, const char *key)
{
    YamlNode *const *pair = map_find(map, key);
    return pair != NULL ? pair[0] : NULL;
}

const char *
yaml_get_text(const YamlNode *map, const char *key)
{
    const YamlNode *value = yaml_get(map, key);
    return value != NULL && value->kind == YAML_SCALAR && !yaml_is_null(value) ? value->text : NULL;
}
