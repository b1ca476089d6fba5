/* backstage_api.c - see backstage_api.h. */
#include "server/backstage_api.h"

#include "model/entity.h"

#include <string.h>

#define CALL_MS 5000 /* as long as a person waits for one entity of it */
#define PAGE_ROWS 500
#define PAGES_MAX 400 /* 200,000 entities */
#define FIELDS                                                                                     \
    "fields=kind,metadata.namespace,metadata.name,metadata.etag&limit=" G_STRINGIFY(PAGE_ROWS)
#define KINDS                                                                                      \
    "filter=kind=component,kind=resource,kind=api,kind=system,kind=domain,kind=group,kind=user,"   \
    "kind=migration"

/* "kind:namespace/name" as we spell it. */
static char *
ref_of(const json_t *entity)
{
    const json_t *metadata = json_object_get(entity, "metadata");
    g_autofree char *text = g_strdup_printf("%s:%s/%s", json_get_string(entity, "kind", ""),
                                            json_get_string(metadata, "namespace", "default"),
                                            json_get_string(metadata, "name", ""));
    char *ref = NULL;
    return entity_ref_parse(text, NULL, NULL, &ref, NULL) ? ref : NULL;
}

/* ----- the list ----- */

static void
page_take(const json_t *page, GHashTable *etags)
{
    const json_t *items = json_object_get(page, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        char *ref = ref_of(item);
        const char *etag = json_get_string(json_object_get(item, "metadata"), "etag", "");
        if (ref != NULL)
            g_hash_table_replace(etags, ref, g_strdup(etag));
    }
}

static char *
page_path(const char *cursor)
{
    if (cursor == NULL)
        return g_strdup("/api/catalog/entities/by-query?" FIELDS "&" KINDS
                        "&orderField=metadata.uid,asc");
    g_autofree char *escaped = g_uri_escape_string(cursor, NULL, FALSE);
    return g_strdup_printf("/api/catalog/entities/by-query?" FIELDS "&cursor=%s", escaped);
}

bool
backstage_api_list(HttpClient *client, GHashTable **ret, GError **error)
{
    g_autoptr(GHashTable) etags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *cursor = NULL;

    for (int pages = 0; pages < PAGES_MAX; pages++) {
        g_autofree char *path = page_path(cursor);
        g_autoptr(json_t) page = NULL;
        if (!http_call_json(client, "GET", path, NULL, CALL_MS, &page, error))
            return fail_in(error, "cannot list the entities of Backstage");
        if (!json_is_array(json_object_get(page, "items")))
            return fail(error, ERR_INVALID, "what answers as Backstage has no list of entities");
        page_take(page, etags);
        g_free(cursor);
        cursor = g_strdup(json_get_string(json_object_get(page, "pageInfo"), "nextCursor", NULL));
        if (cursor == NULL) {
            *ret = g_steal_pointer(&etags);
            return true;
        }
    }
    return fail(error, ERR_TOO_LARGE, "Backstage has more than %d entities", PAGES_MAX * PAGE_ROWS);
}

/* ----- entities ----- */

static bool
is_kept_by_backstage(const char *annotation)
{
    return g_str_has_prefix(annotation, "backstage.io/managed-by-") ||
           g_str_has_prefix(annotation, "backstage.io/view-url") ||
           g_str_has_prefix(annotation, "backstage.io/edit-url") ||
           g_str_has_prefix(annotation, "backstage.io/orphan");
}

static void
annotations_clean(json_t *annotations)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(annotations, next, name, value)
    {
        if (is_kept_by_backstage(name))
            json_object_del(annotations, name);
    }
}

static bool
is_from_us(const json_t *entity)
{
    const json_t *annotations = json_at(entity, "metadata.annotations");
    const char *place = json_get_string(annotations, "backstage.io/managed-by-location", "");
    return g_str_has_prefix(place, "honk:");
}

/* A copy without what Backstage added; NULL: nothing for us. Caller owns. */
static json_t *
entity_clean(const json_t *entity)
{
    if (!json_is_object(entity) || is_from_us(entity))
        return NULL;
    json_t *copy = json_deep_copy(entity);
    json_t *metadata = json_object_get(copy, "metadata");
    json_t *annotations = json_object_get(metadata, "annotations");
    json_object_del(copy, "relations");
    json_object_del(copy, "status");
    json_object_del(metadata, "uid");
    json_object_del(metadata, "etag");
    json_object_del(metadata, "generation");
    annotations_clean(annotations);
    if (json_object_size(annotations) == 0)
        json_object_del(metadata, "annotations");
    return copy;
}

static void
json_free_any(void *json)
{
    json_decref(json);
}

bool
backstage_api_entities(HttpClient *client, const GPtrArray *refs, GPtrArray **ret, GError **error)
{
    g_autoptr(json_t) wanted = json_pack("{s:[]}", "entityRefs"), answer = NULL;
    for (guint i = 0; i < refs->len; i++)
        json_array_append_new(json_object_get(wanted, "entityRefs"), json_string(refs->pdata[i]));
    if (!http_call_json(client, "POST", "/api/catalog/entities/by-refs", wanted, CALL_MS, &answer,
                        error))
        return fail_in(error, "cannot read entities of Backstage");
    GPtrArray *entities = g_ptr_array_new_with_free_func(json_free_any);
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items) && i < BACKSTAGE_BATCH_MAX; i++) {
        json_t *entity = entity_clean(json_array_get(items, i));
        if (entity != NULL)
            g_ptr_array_add(entities, entity);
    }
    *ret = entities;
    return true;
}

bool
backstage_api_entity(HttpClient *client, const char *ref, json_t **ret, GError **error)
{
    g_autoptr(GPtrArray) refs = g_ptr_array_new(), entities = NULL;
    g_ptr_array_add(refs, (void *) ref);
    if (!backstage_api_entities(client, refs, &entities, error))
        return false;
    if (entities->len == 0)
        return fail(error, ERR_NOT_FOUND, "Backstage has no entity '%s'", ref);
    *ret = json_incref(entities->pdata[0]);
    return true;
}
