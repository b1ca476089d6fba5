/*
 * relations.c - what an entity declares of others, by a table: which field or annotation makes which relation.
 *
 * A migration's datasets are said more precisely (migratesFrom, migratesTo) than by its dependsOn, which leaves them out.
 */
#include "catalog/inner.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *type, *inverse;
    Flow flow;
} types[] = {
    {"ownedBy",      "ownerOf",           FLOW_NONE},
    {"dependsOn",    "dependencyOf",      FLOW_IN},
    {"consumesApi",  "apiConsumedBy",     FLOW_IN},
    {"providesApi",  "apiProvidedBy",     FLOW_OUT},
    {"partOf",       "hasPart",           FLOW_NONE},
    {"memberOf",     "hasMember",         FLOW_NONE},
    {"childOf",      "parentOf",          FLOW_NONE},
    {"reads",        "readBy",            FLOW_IN},
    {"writes",       "writtenBy",         FLOW_OUT},
    {"migratesFrom", "sourceOfMigration", FLOW_IN},
    {"migratesTo",   "targetOfMigration", FLOW_OUT},
};

static const struct {
    const char *kind;  /* NULL: any */
    const char *field; /* of spec */
    const char *ref_kind;
    const char *type;
} fields[] = {
    {NULL,        "owner",          "group",     "ownedBy"},
    {NULL,        "system",         "system",    "partOf"},
    {NULL,        "dependsOn",      NULL,        "dependsOn"},
    {NULL,        "dependencyOf",   NULL,        "dependencyOf"},
    {"Component", "subcomponentOf", "component", "partOf"},
    {"Component", "providesApis",   "api",       "providesApi"},
    {"Component", "consumesApis",   "api",       "consumesApi"},
    {"System",    "domain",         "domain",    "partOf"},
    {"Domain",    "subdomainOf",    "domain",    "partOf"},
    {"Group",     "parent",         "group",     "childOf"},
    {"Group",     "children",       "group",     "parentOf"},
    {"Group",     "members",        "user",      "hasMember"},
    {"User",      "memberOf",       "group",     "memberOf"},
};
/* clang-format on */

const char *
relation_inverse(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].inverse;
        if (strcmp(types[i].inverse, type) == 0)
            return types[i].type;
    }
    return NULL;
}

Flow
relation_flow(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].flow;
        if (strcmp(types[i].inverse, type) == 0)
            return types[i].flow == FLOW_NONE ? FLOW_NONE
                   : types[i].flow == FLOW_IN ? FLOW_OUT
                                              : FLOW_IN;
    }
    return FLOW_NONE;
}

char **
refs_split(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autoptr(GPtrArray) refs = g_ptr_array_new();
    for (char **part = parts; *part != NULL; part++)
        if (*g_strstrip(*part) != '\0')
            g_ptr_array_add(refs, g_strdup(*part));
    g_ptr_array_add(refs, NULL);
    return (char **) g_ptr_array_free(g_steal_pointer(&refs), FALSE);
}

static const char *
entity_namespace(const Entity *entity)
{
    return json_get_string(json_object_get(entity->json, "metadata"), "namespace", "default");
}

static char *
migration_dataset(const Entity *migration, const char *field)
{
    const json_t *spec = json_object_get(migration->json, "spec");
    const char *text = json_get_string(spec, field, NULL);
    char *ref = NULL;
    if (text == NULL ||
        !entity_ref_parse(text, "resource", entity_namespace(migration), &ref, NULL))
        return NULL;
    return ref;
}

char *
migration_source(const Entity *migration)
{
    return migration_dataset(migration, "source_dataset");
}

char *
migration_target(const Entity *migration)
{
    return migration_dataset(migration, "target_dataset");
}

/* ---- collecting ---- */

static void
relation_free(void *data)
{
    Relation *relation = data;
    g_free(relation->source);
    g_free(relation->type);
    g_free(relation->target);
    g_free(relation);
}

static void
relations_add(GPtrArray *relations, const Entity *entity, const char *type, const char *text,
              const char *ref_kind)
{
    g_autofree char *ref = NULL;
    if (text == NULL || !entity_ref_parse(text, ref_kind, entity_namespace(entity), &ref, NULL))
        return;
    Relation *relation = g_new(Relation, 1);
    relation->source = g_strdup(entity->ref);
    relation->type = g_strdup(type);
    relation->target = g_steal_pointer(&ref);
    g_ptr_array_add(relations, relation);
}

static void
relations_add_annotation(GPtrArray *relations, const Entity *entity, const char *annotation,
                         const char *type)
{
    const char *text = entity_annotation(entity, annotation);
    g_auto(GStrv) refs = text != NULL ? refs_split(text) : NULL;
    for (char **ref = refs; ref != NULL && *ref != NULL; ref++)
        relations_add(relations, entity, type, *ref, "resource");
}

static const char *
ref_name(const char *ref)
{
    return strchr(ref, ':') + 1;
}

/* Its datasets, also when dependsOn calls them by their other kind. */
static bool
is_dataset_of(const char *source, const char *target, const Relation *relation)
{
    return strcmp(relation->type, "dependsOn") == 0 &&
           ((source != NULL && strcmp(ref_name(source), ref_name(relation->target)) == 0) ||
            (target != NULL && strcmp(ref_name(target), ref_name(relation->target)) == 0));
}

static void
relations_of_migration(GPtrArray *relations, const Entity *entity)
{
    g_autofree char *source = migration_source(entity), *target = migration_target(entity);
    for (guint i = relations->len; i > 0; i--)
        if (is_dataset_of(source, target, relations->pdata[i - 1]))
            g_ptr_array_remove_index(relations, i - 1);
    relations_add(relations, entity, "migratesFrom", source, NULL);
    relations_add(relations, entity, "migratesTo", target, NULL);
}

static int
relation_compare(const void *a, const void *b)
{
    const Relation *one = *(Relation *const *) a, *two = *(Relation *const *) b;
    int order = strcmp(one->type, two->type);
    return order != 0 ? order : strcmp(one->target, two->target);
}

GPtrArray *
entity_relations(const Entity *entity)
{
    GPtrArray *relations = g_ptr_array_new_with_free_func(relation_free);
    const json_t *spec = json_object_get(entity->json, "spec");
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].kind != NULL && strcmp(fields[i].kind, entity->kind) != 0)
            continue;
        json_t *value = json_object_get(spec, fields[i].field), *item;
        size_t index;
        if (json_is_string(value))
            relations_add(relations, entity, fields[i].type, json_string_value(value),
                          fields[i].ref_kind);
        json_array_foreach(value, index, item) relations_add(
            relations, entity, fields[i].type, json_string_value(item), fields[i].ref_kind);
    }
    relations_add_annotation(relations, entity, "honk/reads", "reads");
    relations_add_annotation(relations, entity, "honk/writes", "writes");
    if (entity_is_migration(entity))
        relations_of_migration(relations, entity);
    g_ptr_array_sort(relations, relation_compare);
    for (guint i = relations->len; i > 1; i--)
        if (relation_compare(&relations->pdata[i - 1], &relations->pdata[i - 2]) == 0)
            g_ptr_array_remove_index(relations, i - 1);
    return relations;
}
