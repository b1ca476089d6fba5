/*
 * slice.c - what a plan is made of, frozen: the migration, its datasets, and everybody who reads or writes the source.
 *
 * A consumer is who reads (or writes) the source itself: direct; or who is fed by such a one: not direct. Datasets and
 * APIs are on the way, and no consumers; migrations are neither.
 */
#include "catalog/inner.h"

#include <string.h>

/* ---- datasets ---- */

static bool
view_find(const CatalogView *view, const char *kind, const char *ref, Entity **ret, GError **error)
{
    g_autofree char *other = g_strconcat(kind, strchr(ref, ':'), NULL);
    return view->entity(view->data, other, ret, error);
}

bool
catalog_dataset(const CatalogView *view, const char *name, Entity **ret, GError **error)
{
    static const char *const kinds[] = {"resource", "component"};
    g_autofree char *ref = NULL;
    g_autoptr(Entity) entity = NULL;
    if (!entity_ref_parse(name, "resource", NULL, &ref, error) ||
        !view->entity(view->data, ref, &entity, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && (entity == NULL || !entity_is_dataset(entity)) &&
                       (g_str_has_prefix(ref, "resource:") || g_str_has_prefix(ref, "component:"));
         i++) {
        g_autoptr(Entity) other = NULL;
        if (!view_find(view, kinds[i], ref, &other, error))
            return false;
        if (other != NULL && (entity == NULL || entity_is_dataset(other))) {
            entity_free(entity);
            entity = g_steal_pointer(&other);
        }
    }
    if (entity == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no dataset '%s' in the catalog", ref);
    if (!entity_is_dataset(entity))
        return fail(error, ERR_INVALID,
                    "'%s' is no dataset: expected spec.type 'dataset' or an annotation "
                    "honk/dataset-url",
                    entity->ref);
    *ret = g_steal_pointer(&entity);
    return true;
}

/* A dataset that is not there (yet) is NULL in the slice: who makes the plan says what that means. */
static bool
slice_dataset(const CatalogView *view, const char *name, json_t *slice, const char *member,
              char **ret_ref, GError **error)
{
    g_autoptr(Entity) dataset = NULL;
    g_autoptr(GError) problem = NULL;
    if (name != NULL && !catalog_dataset(view, name, &dataset, &problem) &&
        !error_is(problem, ERR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (dataset == NULL) {
        json_object_set_new(slice, member, json_null());
        return true;
    }
    const char *url = entity_annotation(dataset, "honk/dataset-url");
    json_t *item = json_object();
    json_set_string(item, "ref", dataset->ref);
    json_object_set_new(item, "url", url != NULL ? json_string(url) : json_null());
    json_object_set(item, "entity", dataset->json);
    json_object_set_new(slice, member, item);
    *ret_ref = g_strdup(dataset->ref);
    return true;
}

/* ---- consumers ---- */

typedef struct {
    const char *source;
    GHashTable *accesses; /* ref -> bits */
    GHashTable *touched;  /* ref: reads or writes the source itself */
} Consumers;

enum { ACCESS_READS = 1, ACCESS_WRITES = 2, ACCESS_DECLARED = 4, ACCESS_DEPENDS = 8 };

static void
consumers_note(Consumers *consumers, const char *ref, unsigned access)
{
    unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(consumers->accesses, ref));
    g_hash_table_insert(consumers->accesses, g_strdup(ref), GUINT_TO_POINTER(before | access));
}

/* Relations of the source: dependencyOf counts as reading, unless honk/reads or honk/writes says more. */
static bool
consumers_direct(const char *type, const char *other, void *data)
{
    Consumers *consumers = data;
    unsigned access = strcmp(type, "readBy") == 0         ? ACCESS_READS | ACCESS_DECLARED
                      : strcmp(type, "writtenBy") == 0    ? ACCESS_WRITES | ACCESS_DECLARED
                      : strcmp(type, "dependencyOf") == 0 ? ACCESS_DEPENDS
                                                          : 0;
    if (access != 0) {
        consumers_note(consumers, other, access);
        g_hash_table_add(consumers->touched, g_strdup(other));
    }
    return true;
}

/* Who is fed by the source over others, by the edges of the lineage. */
static void
consumers_indirect(Consumers *consumers, const json_t *lineage)
{
    size_t index;
    json_t *edge;
    json_array_foreach(json_object_get(lineage, "edges"), index, edge)
    {
        const char *type = json_get_string(edge, "type", ""), *to = json_get_string(edge, "to", "");
        bool is_reading = strcmp(type, "reads") == 0 || strcmp(type, "dependsOn") == 0 ||
                          strcmp(type, "consumesApi") == 0;
        if (is_reading && strcmp(to, consumers->source) != 0 &&
            !g_hash_table_contains(consumers->touched, to))
            consumers_note(consumers, to, ACCESS_READS | ACCESS_DECLARED);
    }
}

void
entity_put_code(const Entity *entity, json_t *item)
{
    const char *repository = entity_annotation(entity, "honk/repository");
    const char *deploy = entity_annotation(entity, "honk/deploy");
    json_set_string(item, "service", entity_annotation(entity, "honk/service"));
    if (repository == NULL)
        return;
    json_set_string(item, "repository", repository);
    json_set_string(item, "folder", entity_annotation(entity, "honk/folder"));
    json_set_string(item, "deploy", deploy != NULL ? deploy : "merge");
    json_set_string(item, "verify", entity_annotation(entity, "honk/verify"));
}

/* "@ada, @acme/identity", with or without the @. */
static void
put_names(json_t *item, const char *text)
{
    g_auto(GStrv) names = g_strsplit_set(text, ", \t", -1);
    json_t *list = json_array();
    for (char **name = names; *name != NULL; name++) {
        g_autofree char *whole = g_strconcat(strchr(*name, '@') != NULL ? "" : "@", *name, NULL);
        if (**name != '\0')
            json_array_append_new(list, json_string(whole));
    }
    if (json_array_size(list) > 0)
        json_object_set(item, "reviewers", list);
    json_decref(list);
}

bool
catalog_put_reviewers(const CatalogView *view, const Entity *entity, json_t *item, GError **error)
{
    static const char *const at_github[] = {"github.com/team-slug", "github.com/user-login"};
    const char *text = entity_annotation(entity, "honk/reviewers");
    g_autoptr(Entity) owner = NULL;
    if (text == NULL && *entity->owner != '\0' &&
        !view->entity(view->data, entity->owner, &owner, error))
        return false;
    if (text == NULL && owner != NULL)
        text = entity_annotation(owner, "honk/reviewers");
    for (size_t i = 0; text == NULL && owner != NULL && i < G_N_ELEMENTS(at_github); i++) {
        text = entity_annotation(owner, at_github[i]);
        if (text != NULL)
            json_set_string(item, "reviewers_of", "github");
    }
    if (text != NULL)
        put_names(item, text);
    return true;
}

static bool
consumers_append(const CatalogView *view, const Consumers *consumers, json_t *list,
                 const Entity *entity, const char *ref, const char *access, GError **error)
{
    g_autoptr(json_t) item = json_object();
    json_set_string(item, "ref", ref);
    json_set_string(item, "owner", entity != NULL ? entity->owner : "");
    json_set_string(item, "access", access);
    json_set_bool(item, "direct", g_hash_table_contains(consumers->touched, ref));
    if (entity != NULL)
        entity_put_code(entity, item);
    json_array_append(list, item);
    return json_object_get(item, "repository") == NULL ||
           catalog_put_reviewers(view, entity, item, error);
}

static int
compare_refs(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool
consumers_list(const CatalogView *view, const Consumers *consumers, json_t *list, GError **error)
{
    g_autoptr(GList) refs = g_list_sort(g_hash_table_get_keys(consumers->accesses), compare_refs);
    for (const GList *ref = refs; ref != NULL; ref = ref->next) {
        g_autoptr(Entity) entity = NULL;
        if (!view->entity(view->data, ref->data, &entity, error))
            return false;
        if (entity != NULL && (entity_is_migration(entity) || entity_is_dataset(entity)))
            continue;
        unsigned access = GPOINTER_TO_UINT(g_hash_table_lookup(consumers->accesses, ref->data));
        bool reads = (access & ACCESS_READS) != 0 || (access & ACCESS_DECLARED) == 0;
        if ((reads &&
             !consumers_append(view, consumers, list, entity, ref->data, "reads", error)) ||
            ((access & ACCESS_WRITES) != 0 &&
             !consumers_append(view, consumers, list, entity, ref->data, "writes", error)))
            return false;
    }
    return true;
}

/* What a migration feeds is no consumer of its source: the walk goes from who reads, not through migrations. */
static void
lineage_without_migrations(json_t *lineage)
{
    g_autoptr(GHashTable) reached = g_hash_table_new(g_str_hash, g_str_equal);
    json_t *edges = json_object_get(lineage, "edges"), *edge;
    size_t index;
    g_hash_table_add(reached, (void *) json_get_string(lineage, "ref", ""));
    for (guint before = 0; before != g_hash_table_size(reached);) {
        before = g_hash_table_size(reached);
        json_array_foreach(edges, index, edge)
        {
            const char *type = json_get_string(edge, "type", "");
            if (strcmp(type, "migratesFrom") != 0 && strcmp(type, "migratesTo") != 0 &&
                g_hash_table_contains(reached, json_get_string(edge, "from", "")))
                g_hash_table_add(reached, (void *) json_get_string(edge, "to", ""));
        }
    }
    for (index = json_array_size(edges); index > 0; index--) {
        edge = json_array_get(edges, index - 1);
        if (!g_hash_table_contains(reached, json_get_string(edge, "from", "")))
            json_array_remove(edges, index - 1);
    }
}

static bool
slice_consumers(const CatalogView *view, const char *source, json_t *list, GError **error)
{
    g_autoptr(GHashTable) accesses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(json_t) lineage = NULL;
    Consumers consumers = {source, accesses, touched};
    if (!view->relations(view->data, source, consumers_direct, &consumers, error) ||
        !catalog_lineage(view, source, LINEAGE_DOWNSTREAM, LINEAGE_DEPTH_MAX, LINEAGE_ENTITIES_MAX,
                         &lineage, error))
        return false;
    if (json_get_bool(lineage, "truncated", false))
        return fail(error, ERR_TOO_LARGE, "'%s' feeds more than %d entities", source,
                    LINEAGE_ENTITIES_MAX);
    lineage_without_migrations(lineage);
    consumers_indirect(&consumers, lineage);
    return consumers_list(view, &consumers, list, error);
}

/* ---- the slice ---- */

/* Fractions have no canonical form in JSON; as text they have. */
static json_t *
json_without_fractions(const json_t *value)
{
    if (json_is_real(value)) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        return json_string(g_ascii_dtostr(text, sizeof(text), json_real_value(value)));
    }
    if (!json_is_object(value) && !json_is_array(value))
        return json_incref((json_t *) value);
    json_t *copy = json_is_array(value) ? json_array() : json_object(), *member;
    const char *key;
    size_t index;
    json_object_foreach((json_t *) value, key, member)
        json_object_set_new(copy, key, json_without_fractions(member));
    json_array_foreach(value, index, member)
        json_array_append_new(copy, json_without_fractions(member));
    return copy;
}

bool
catalog_slice(const CatalogView *view, const char *migration, json_t **ret, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    g_autoptr(json_t) slice = json_object();
    if (!view->entity(view->data, migration, &entity, error))
        return false;
    if (entity == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no entity '%s'", migration);
    if (!entity_is_migration(entity))
        return fail(error, ERR_INVALID,
                    "'%s' is no migration: expected kind Migration or spec.type "
                    "'dataset-migration'",
                    entity->ref);
    g_autofree char *source_name = migration_source(entity);
    g_autofree char *target_name = migration_target(entity);
    g_autofree char *source = NULL, *target = NULL;
    json_t *consumers = json_array();
    json_object_set(slice, "entity", entity->json);
    json_object_set_new(slice, "consumers", consumers);
    if (!slice_dataset(view, source_name, slice, "source", &source, error) ||
        !slice_dataset(view, target_name, slice, "target", &target, error) ||
        (source != NULL && !slice_consumers(view, source, consumers, error)))
        return fail_in(error, "cannot slice '%s'", entity->ref);
    *ret = json_without_fractions(slice);
    return true;
}
