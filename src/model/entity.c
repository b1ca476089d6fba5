/* entity.c - refs are completed and checked here; what an entity is, is read off its kind, type and
 * annotations. */
#include "model/entity.h"

#include <string.h>

#define NAME_PART_BYTES_MAX 63 /* Backstage's limit for kinds, namespaces and names */

void
entity_free(Entity *entity)
{
    if (entity == NULL)
        return;
    g_free(entity->ref);
    g_free(entity->kind);
    g_free(entity->type);
    g_free(entity->owner);
    json_decref(entity->json);
    g_free(entity->file);
    g_free(entity);
}

/* ---- names ---- */

static bool
part_is_valid(const char *part, size_t bytes, const char *extra)
{
    if (bytes == 0 || bytes > NAME_PART_BYTES_MAX || !g_ascii_isalnum(part[0]) ||
        !g_ascii_isalnum(part[bytes - 1]))
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!g_ascii_isalnum(part[i]) && strchr(extra, part[i]) == NULL)
            return false;
    return true;
}

bool
entity_name_is_valid(const char *name)
{
    return part_is_valid(name, strlen(name), "-_.");
}

bool
entity_namespace_is_valid(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (g_ascii_isupper(*c))
            return false;
    return part_is_valid(name, strlen(name), "-");
}

bool
entity_ref_parse(const char *text, const char *default_kind, const char *default_namespace,
                 char **ret, GError **error)
{
    const char *colon = strchr(text, ':');
    const char *rest = colon != NULL ? colon + 1 : text;
    const char *slash = strchr(rest, '/');
    const char *name = slash != NULL ? slash + 1 : rest;

    if ((colon != NULL && !part_is_valid(text, (size_t) (colon - text), "")) ||
        (slash != NULL && !part_is_valid(rest, (size_t) (slash - rest), "-")) ||
        !entity_name_is_valid(name))
        return fail(error, ERR_INVALID,
                    "'%s' is no entity ref: expected [kind:][namespace/]name, such as "
                    "'resource:default/users-v1'",
                    text);
    if (colon == NULL && default_kind == NULL)
        return fail(error, ERR_INVALID, "'%s' names no kind: expected for example 'resource:%s'",
                    text, text);

    g_autofree char *kind =
        colon != NULL ? g_strndup(text, (size_t) (colon - text)) : g_strdup(default_kind);
    g_autofree char *space =
        slash != NULL ? g_strndup(rest, (size_t) (slash - rest))
                      : g_strdup(default_namespace != NULL ? default_namespace : "default");
    g_autofree char *ref = g_strdup_printf("%s:%s/%s", kind, space, name);
    *ret = g_ascii_strdown(ref, -1);
    return true;
}

/* ---- entities ---- */

bool
entity_from_json(json_t *json, Entity **ret, GError **error)
{
    const char *kind, *name;
    json_t *metadata;
    if (!json_need_string(json, "kind", "entity", &kind, error) ||
        !json_need_object(json, "metadata", "entity", &metadata, error) ||
        !json_need_string(metadata, "name", "entity.metadata", &name, error))
        return false;
    const char *space = json_get_string(metadata, "namespace", "default");
    const json_t *spec = json_object_get(json, "spec");
    const char *owner = json_get_string(spec, "owner", "");

    g_autoptr(Entity) entity = g_new0(Entity, 1);
    if (!entity_ref_parse(name, kind, space, &entity->ref, error))
        return fail_in(error, "entity.metadata.name");
    if (*owner == '\0')
        entity->owner = g_strdup("");
    else if (!entity_ref_parse(owner, "group", space, &entity->owner, error))
        return fail_in(error, "entity.spec.owner");
    entity->kind = g_strdup(kind);
    entity->type = g_strdup(json_get_string(spec, "type", ""));
    entity->json = json_incref(json);
    *ret = g_steal_pointer(&entity);
    return true;
}

const char *
entity_annotation(const Entity *entity, const char *name)
{
    const json_t *metadata = json_object_get(entity->json, "metadata");
    return json_get_string(json_object_get(metadata, "annotations"), name, NULL);
}

bool
entity_is_dataset(const Entity *entity)
{
    bool can_be = g_ascii_strcasecmp(entity->kind, "Resource") == 0 ||
                  g_ascii_strcasecmp(entity->kind, "Component") == 0;
    return can_be && (strcmp(entity->type, "dataset") == 0 ||
                      entity_annotation(entity, "honk/dataset-url") != NULL);
}

bool
entity_is_migration(const Entity *entity)
{
    return g_ascii_strcasecmp(entity->kind, "Migration") == 0 ||
           strcmp(entity->type, "dataset-migration") == 0;
}
