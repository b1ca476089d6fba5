/*
 * entity.h - a catalog entry in Backstage's format, and its name: kind:namespace/name.
 */
#pragma once

#include "base/json.h"

typedef struct {
    char *ref;    /* "component:default/users-v2": all in lower case */
    char *kind;   /* as written: "Component" */
    char *type;   /* spec.type, or "" */
    char *owner;  /* full ref, or "" */
    json_t *json; /* the whole entity */
    char *file;   /* where it came from, or NULL */
    int line;
} Entity;

void entity_free(Entity *entity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entity, entity_free)
/* From a document that was checked before (src/catalog/ does, with places): only what the members
 * above need is looked at here. Keeps a reference to `json`. */
CHECKED bool entity_from_json(json_t *json, Entity **ret, GError **error);

/* Complete a short ref: "users-v1" with default kind "component" becomes
 * "component:default/users-v1". `default_kind` NULL: the text must name a kind; `default_namespace`
 * NULL: "default". Caller frees. INVALID when the text is no ref. */
CHECKED bool entity_ref_parse(const char *text, const char *default_kind,
                              const char *default_namespace, char **ret, GError **error);
/* Backstage's rules: 1 to 63 letters, digits, '-', '_' and '.', a letter or digit at both ends. */
bool entity_name_is_valid(const char *name);
/* The same without '_', '.' and capitals: namespaces. */
bool entity_namespace_is_valid(const char *name);

bool entity_is_dataset(const Entity *entity); /* Resource or Component of spec.type dataset, or with
                                                 honk/dataset-url */
bool entity_is_migration(const Entity *entity); /* kind Migration, or spec.type dataset-migration */
const char *entity_annotation(const Entity *entity, const char *name); /* or NULL */
