/* lineage.c - who feeds whom: a walk over the relations along which data flows, breadth first, each entity once. */
#include "catalog/inner.h"

#include <string.h>

typedef struct {
    const char *ref; /* of the entity whose relations are looked at */
    LineageDirection direction;
    GPtrArray *found;     /* Edge *, in any order */
    GHashTable *declared; /* others of which it is said whether it is reading or writing */
} Step;

typedef struct {
    char *other;
    const char *type; /* as declared: "reads", not "readBy" */
} Edge;

static void
edge_free(void *data)
{
    Edge *edge = data;
    g_free(edge->other);
    g_free(edge);
}

static int
edge_compare(const void *a, const void *b)
{
    const Edge *one = *(Edge *const *) a, *two = *(Edge *const *) b;
    int order = strcmp(one->other, two->other);
    return order != 0 ? order : strcmp(one->type, two->type);
}

/* Names of relations that data flows along, seen from the one who declares it. */
static const char *
declared_type(const char *type)
{
    static const char *const declared[] = {"dependsOn", "consumesApi",  "providesApi", "reads",
                                           "writes",    "migratesFrom", "migratesTo",  NULL};
    return g_strv_contains(declared, type) ? type : relation_inverse(type);
}

static bool
step_relation(const char *type, const char *other, void *data)
{
    Step *step = data;
    static const char *const precise[] = {"reads", "readBy", "writes", "writtenBy", NULL};
    if (g_strv_contains(precise, type))
        g_hash_table_add(step->declared, g_strdup(other));
    Flow wanted = step->direction == LINEAGE_DOWNSTREAM ? FLOW_OUT : FLOW_IN;
    if (relation_flow(type) != wanted)
        return true;
    Edge *edge = g_new(Edge, 1);
    *edge = (Edge){g_strdup(other), g_intern_string(declared_type(type))};
    g_ptr_array_add(step->found, edge);
    return true;
}

/* dependsOn counts as reading only where nobody said whether it is reading or writing. */
static void
step_sharpen(Step *step)
{
    for (guint i = step->found->len; i > 0; i--) {
        const Edge *edge = step->found->pdata[i - 1];
        if (strcmp(edge->type, "dependsOn") == 0 &&
            g_hash_table_contains(step->declared, edge->other))
            g_ptr_array_remove_index(step->found, i - 1);
    }
}

typedef struct {
    const CatalogView *view;
    LineageDirection direction;
    size_t limit;
    GHashTable *depths; /* ref -> depth + 1 */
    GPtrArray *queue;   /* refs; owned by `depths` */
    json_t *entities, *edges;
    bool is_truncated;
} Walk;

static bool
walk_visit(Walk *walk, const char *ref, int depth, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    if (!walk->view->entity(walk->view->data, ref, &entity, error))
        return false;
    json_t *item = json_object();
    json_set_string(item, "ref", ref);
    json_set_string(item, "kind", entity != NULL ? entity->kind : "");
    json_set_string(item, "type", entity != NULL ? entity->type : "");
    json_set_string(item, "owner", entity != NULL ? entity->owner : "");
    json_set_int(item, "depth", depth);
    json_set_bool(item, "known", entity != NULL);
    json_array_append_new(walk->entities, item);
    char *kept = g_strdup(ref);
    g_hash_table_insert(walk->depths, kept, GINT_TO_POINTER(depth + 1));
    g_ptr_array_add(walk->queue, kept);
    return true;
}

static bool
walk_edge(Walk *walk, const char *ref, const Edge *edge, int depth, GError **error)
{
    bool is_known = g_hash_table_contains(walk->depths, edge->other);
    if (!is_known && walk->queue->len >= walk->limit) {
        walk->is_truncated = true;
        return true;
    }
    bool is_down = walk->direction == LINEAGE_DOWNSTREAM;
    json_t *item = json_object();
    json_set_string(item, "from", is_down ? ref : edge->other);
    json_set_string(item, "to", is_down ? edge->other : ref);
    json_set_string(item, "type", edge->type);
    json_array_append_new(walk->edges, item);
    return is_known || walk_visit(walk, edge->other, depth + 1, error);
}

static bool
walk_from(Walk *walk, const char *ref, int depth, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(edge_free);
    g_autoptr(GHashTable) declared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Step step = {ref, walk->direction, found, declared};
    if (!walk->view->relations(walk->view->data, ref, step_relation, &step, error))
        return false;
    step_sharpen(&step);
    g_ptr_array_sort(found, edge_compare);
    for (guint i = 0; i < found->len; i++)
        if ((i == 0 || edge_compare(&found->pdata[i], &found->pdata[i - 1]) != 0) &&
            !walk_edge(walk, ref, found->pdata[i], depth, error))
            return false;
    return true;
}

static void
walk_clear(Walk *walk)
{
    g_clear_pointer(&walk->depths, g_hash_table_unref);
    g_clear_pointer(&walk->queue, g_ptr_array_unref);
    g_clear_pointer(&walk->entities, json_decref);
    g_clear_pointer(&walk->edges, json_decref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static bool
walk_run(Walk *walk, const char *ref, int depth, GError **error)
{
    if (!walk_visit(walk, ref, 0, error))
        return false;
    for (guint i = 0; i < walk->queue->len; i++) {
        const char *at = walk->queue->pdata[i];
        int here = GPOINTER_TO_INT(g_hash_table_lookup(walk->depths, at)) - 1;
        if (here < depth && !walk_from(walk, at, here, error))
            return false;
    }
    return true;
}

bool
catalog_lineage(const CatalogView *view, const char *ref, LineageDirection direction, int depth,
                size_t limit, json_t **ret, GError **error)
{
    g_autoptr(Entity) start = NULL;
    if (!view->entity(view->data, ref, &start, error))
        return false;
    if (start == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no entity '%s'", ref);
    g_auto(Walk) walk = {
        .view = view,
        .direction = direction,
        .limit = CLAMP(limit, 1, LINEAGE_ENTITIES_MAX),
        .depths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .queue = g_ptr_array_new(),
        .entities = json_array(),
        .edges = json_array(),
    };
    if (!walk_run(&walk, start->ref, CLAMP(depth, 0, LINEAGE_DEPTH_MAX), error))
        return false;
    *ret =
        json_pack("{s:s, s:s, s:i, s:O, s:O, s:b}", "ref", start->ref, "direction",
                  direction == LINEAGE_UPSTREAM ? "upstream" : "downstream", "depth", depth,
                  "entities", walk.entities, "edges", walk.edges, "truncated", walk.is_truncated);
    return true;
}
