/* catalog.c - entities in memory: found by ref, related in both directions, checked for refs that lead nowhere. */
#include "base/text.h"
#include "catalog/inner.h"

#include <string.h>

static void
entity_free_one(void *data)
{
    entity_free(data);
}

Catalog *
catalog_new(void)
{
    Catalog *catalog = g_new0(Catalog, 1);
    catalog->entities = g_ptr_array_new_with_free_func(entity_free_one);
    catalog->by_ref = g_hash_table_new(g_str_hash, g_str_equal);
    return catalog;
}

void
catalog_free(Catalog *catalog)
{
    if (catalog == NULL)
        return;
    g_clear_pointer(&catalog->relations, g_hash_table_unref);
    g_hash_table_unref(catalog->by_ref);
    g_ptr_array_unref(catalog->entities);
    g_free(catalog);
}

bool
catalog_add(Catalog *catalog, Entity *take_entity, const YamlNode *place, Diags *diags)
{
    const Entity *before = g_hash_table_lookup(catalog->by_ref, take_entity->ref);
    if (before != NULL) {
        diags_add(diags, DIAG_ERROR, "duplicate", take_entity->file, place->line, place->column,
                  "'%s' is there already, in %s:%d", take_entity->ref, before->file, before->line);
        entity_free(take_entity);
        return false;
    }
    g_ptr_array_add(catalog->entities, take_entity);
    g_hash_table_insert(catalog->by_ref, take_entity->ref, take_entity);
    return true;
}

size_t
catalog_count(const Catalog *catalog)
{
    return catalog->entities->len;
}

const Entity *
catalog_entity(const Catalog *catalog, size_t index)
{
    g_assert(index < catalog->entities->len);
    return catalog->entities->pdata[index];
}

const Entity *
catalog_find(const Catalog *catalog, const char *ref)
{
    return g_hash_table_lookup(catalog->by_ref, ref);
}

/* ---- refs that lead nowhere ---- */

/* The same name as another kind is the usual slip; else the nearest ref. */
static const char *
nearest_ref(const Catalog *catalog, const char *const *refs, const char *ref)
{
    const char *rest = strchr(ref, ':');
    for (guint i = 0; i < catalog->entities->len; i++)
        if (strcmp(strchr(refs[i], ':'), rest) == 0)
            return refs[i];
    return text_nearest(ref, refs);
}

void
catalog_check_refs(const Catalog *catalog, Diags *diags)
{
    g_autoptr(GPtrArray) refs = g_ptr_array_new();
    for (guint i = 0; i < catalog->entities->len; i++)
        g_ptr_array_add(refs, catalog_entity(catalog, i)->ref);
    g_ptr_array_add(refs, NULL);
    g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < catalog->entities->len; i++) {
        const Entity *entity = catalog_entity(catalog, i);
        g_autoptr(GPtrArray) relations = entity_relations(entity);
        for (guint r = 0; r < relations->len; r++) {
            const Relation *relation = relations->pdata[r];
            if (g_hash_table_contains(catalog->by_ref, relation->target))
                continue;
            /* Looking for the nearest ref walks over all of them: not for more than a person reads. */
            bool is_new = g_hash_table_add(said, g_strdup(relation->target));
            const char *nearest =
                is_new && g_hash_table_size(said) <= 100
                    ? nearest_ref(catalog, (const char *const *) refs->pdata, relation->target)
                    : NULL;
            diags_add(diags, DIAG_WARNING, "dangling-ref", entity->file, entity->line, 1,
                      "'%s' %s '%s', which is not in the catalog%s%s%s", entity->ref,
                      relation->type, relation->target, nearest != NULL ? ", did you mean '" : "",
                      nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
        }
    }
}

/* ---- the view ---- */

static void
relations_free(void *data)
{
    g_ptr_array_unref(data);
}

/* One side of a relation: borrowed strings, except `type`, which is of a table or of a Relation that is kept. */
typedef struct {
    const char *type;
    char *other;
} Side;

static void
side_free(void *data)
{
    Side *side = data;
    g_free(side->other);
    g_free(side);
}

static void
catalog_add_side(Catalog *catalog, const char *ref, const char *type, const char *other)
{
    GPtrArray *sides = g_hash_table_lookup(catalog->relations, ref);
    if (sides == NULL) {
        sides = g_ptr_array_new_with_free_func(side_free);
        g_hash_table_insert(catalog->relations, g_strdup(ref), sides);
    }
    Side *side = g_new(Side, 1);
    *side = (Side){g_intern_string(type), g_strdup(other)};
    g_ptr_array_add(sides, side);
}

static void
catalog_relate(Catalog *catalog)
{
    catalog->relations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, relations_free);
    for (guint i = 0; i < catalog->entities->len; i++) {
        g_autoptr(GPtrArray) relations = entity_relations(catalog_entity(catalog, i));
        for (guint r = 0; r < relations->len; r++) {
            const Relation *relation = relations->pdata[r];
            catalog_add_side(catalog, relation->source, relation->type, relation->target);
            catalog_add_side(catalog, relation->target, relation_inverse(relation->type),
                             relation->source);
        }
    }
}

static bool
view_entity(void *data, const char *ref, Entity **ret, GError **error)
{
    const Entity *entity = catalog_find(data, ref);
    Entity *copy = NULL;
    if (entity != NULL && !entity_from_json(entity->json, &copy, error))
        return false;
    *ret = copy;
    return true;
}

static bool
view_relations(void *data, const char *ref, RelationFn *fn, void *fn_data, GError **error)
{
    Catalog *catalog = data;
    if (catalog->relations == NULL)
        catalog_relate(catalog);
    const GPtrArray *sides = g_hash_table_lookup(catalog->relations, ref);
    for (guint i = 0; sides != NULL && i < sides->len; i++) {
        const Side *side = sides->pdata[i];
        if (!fn(side->type, side->other, fn_data))
            break;
    }
    return true;
}

CatalogView
catalog_view(const Catalog *catalog)
{
    return (CatalogView){view_entity, view_relations, (void *) catalog};
}
