/*
 * entity.h - a catalog entry in Backstage's format, and its name: kind:namespace/name.
 */
#pragma once

#include "base/json.h"

typedef struct {
    char *ref;       /* "component:default/users-v2": lower case kind and namespace, name as written in lower case */
    char *kind;      /* as written: "Component" */
    char *type;      /* spec.type, or "" */
    char *owner;     /* full ref, or "" */
    json_t *json;    /* the whole entity */
    char *file;      /* where it came from, or NULL */
    int line;
} Entity;

void entity_free(Entity *entity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entity, entity_free)
/* Complete a short ref: "users-v1" with default kind "component" becomes "component:default/users-v1". Caller frees.
 * INVALID when the text is no ref. */
CHECKED bool entity_ref_parse(const char *text, const char *default_kind, const char *default_namespace, char **ret,
                              GError **error);
bool entity_is_dataset(const Entity *entity);   /* Resource or Component of spec.type dataset, or with honk/dataset-url */
bool entity_is_migration(const Entity *entity); /* kind Migration, or spec.type dataset-migration */
const char *entity_annotation(const Entity *entity, const char *name); /* or NULL */
