/* entities.c - the catalog over HTTP: apply documents, list, read, walk. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "registry/registry.h"
#include "server/handlers.h"

#include <string.h>

#define LINEAGE_DEPTH_DEFAULT 5
#define LINEAGE_ROWS_MAX 5000 /* what a screen can lay out in a second */

bool
handle_entities(Request *request, GError **error)
{
    const Target *target = &request->target;
    const char *owner = target_parameter(target, "owner");
    g_autofree char *owner_ref = NULL;
    json_t *page = NULL;
    Db *db = NULL;

    if (owner != NULL && !entity_ref_parse(owner, "group", "default", &owner_ref, error))
        return false;
    RegistryQuery query = {
        .kind = target_parameter(target, "kind"),
        .type = target_parameter(target, "type"),
        .owner = owner_ref,
        .text = target_parameter(target, "q"),
        .after = target_parameter(target, "after"),
        .limit = (int) target_count(target, "limit", PAGE_ROWS_DEFAULT),
    };
    return request_reader(request, &db, error) && registry_list(db, &query, &page, error) &&
           request_answer(request, page);
}

bool
handle_entity(Request *request, GError **error)
{
    g_autofree char *ref =
        g_strdup_printf("%s:%s/%s", request->params[0], request->params[1], request->params[2]);
    g_autofree char *full = NULL;
    g_autoptr(Entity) entity = NULL;
    json_t *relations = NULL;
    Db *db = NULL;

    if (!entity_ref_parse(ref, NULL, NULL, &full, error) || !request_reader(request, &db, error) ||
        !registry_get(db, full, &entity, error) || !registry_relations(db, full, &relations, error))
        return false;
    json_t *answer = json_pack("{s:s, s:s, s:O, s:o}", "ref", entity->ref, "owner", entity->owner,
                               "entity", entity->json, "relations", relations);
    if (entity->file != NULL) {
        json_set_string(answer, "file", entity->file);
        json_set_int(answer, "line", entity->line);
    }
    return request_answer(request, answer);
}

/* ----- applying ----- */

typedef struct {
    Catalog *catalog;
    char *actor;
} Applied;

static void
applied_free(void *data)
{
    Applied *applied = data;
    catalog_free(applied->catalog);
    g_free(applied->actor);
    g_free(applied);
}

static json_t *
refs_json(const Catalog *catalog)
{
    json_t *refs = json_array();
    for (size_t i = 0; i < catalog_count(catalog); i++)
        json_array_append_new(refs, json_string(catalog_entity(catalog, i)->ref));
    return refs;
}

static bool
applied_write(Command *command, Db *db, void *data, GError **error)
{
    const Applied *applied = data;
    RegistryApply how = {.origin = "api", .actor = applied->actor, .now_ms = clock_wall_ms()};
    RegistryCounts counts = {0};

    if (!registry_apply(db, applied->catalog, &how, &counts, error))
        return false;
    json_decref(command->reply);
    command->reply =
        json_pack("{s:I, s:I, s:I, s:I, s:o}", "added", (json_int_t) counts.added, "changed",
                  (json_int_t) counts.changed, "unchanged", (json_int_t) counts.unchanged,
                  "removed", (json_int_t) counts.removed, "refs", refs_json(applied->catalog));
    return true;
}

/* What would change, without a transaction: by comparing with what is there. */
static bool
dry_run(Request *request, const Catalog *catalog, const Diags *diags, GError **error)
{
    int64_t added = 0, changed = 0, unchanged = 0;
    Db *db = NULL;
    if (!request_reader(request, &db, error))
        return false;
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        g_autoptr(Entity) known = NULL;
        if (!registry_get(db, entity->ref, &known, NULL))
            added++;
        else if (json_equal(known->json, entity->json))
            unchanged++;
        else
            changed++;
    }
    return request_answer(request, json_pack("{s:I, s:I, s:I, s:i, s:o, s:b, s:o}", "added",
                                             (json_int_t) added, "changed", (json_int_t) changed,
                                             "unchanged", (json_int_t) unchanged, "removed", 0,
                                             "refs", refs_json(catalog), "dry_run", true,
                                             "diagnostics", diags_json(diags)));
}

/* The file's name is only for messages and for finding mappings, so it is made absolute by who sends it. */
bool
handle_entities_post(Request *request, GError **error)
{
    const char *file = target_parameter(&request->target, "file");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;

    if (!catalog_parse((const char *) request->body->data, request->body->len,
                       file != NULL ? file : "the body", NULL, diags, &catalog, error)) {
        request_explain(request, "diagnostics", diags_json(diags));
        return false;
    }
    if (catalog_count(catalog) == 0)
        return fail(error, ERR_INVALID, "the body holds no entity");
    if (target_flag(&request->target, "dry_run"))
        return dry_run(request, catalog, diags, error);

    Applied *applied = g_new0(Applied, 1);
    applied->catalog = g_steal_pointer(&catalog);
    applied->actor = g_strdup(request->who.name);
    return request_ask(request, request_command(request, COMMAND_WRITE), applied_write, applied,
                       applied_free, NULL, error);
}

/* ----- lineage ----- */

static bool
direction_parse(const char *text, bool *ret_up, bool *ret_down, GError **error)
{
    *ret_up = text == NULL || strcmp(text, "both") == 0 || strcmp(text, "up") == 0;
    *ret_down = text == NULL || strcmp(text, "both") == 0 || strcmp(text, "down") == 0;
    if (*ret_up || *ret_down)
        return true;
    g_autofree char *shown = text_printable(text);
    return fail(error, ERR_INVALID,
                "parameter 'direction' is '%s', expected 'up', 'down' or 'both'", shown);
}

bool
handle_lineage(Request *request, GError **error)
{
    int depth = (int) target_count(&request->target, "depth", LINEAGE_DEPTH_DEFAULT);
    g_autoptr(Entity) entity = NULL;
    g_autoptr(json_t) up = NULL;
    g_autoptr(json_t) down = NULL;
    bool is_up = false, is_down = false;
    Db *db = NULL;

    if (!direction_parse(target_parameter(&request->target, "direction"), &is_up, &is_down,
                         error) ||
        !request_reader(request, &db, error) ||
        !registry_get(db, target_parameter(&request->target, "ref"), &entity, error))
        return false;
    CatalogView view = registry_view(db);
    if (is_up &&
        !catalog_lineage(&view, entity->ref, LINEAGE_UPSTREAM, depth, LINEAGE_ROWS_MAX, &up, error))
        return false;
    if (is_down && !catalog_lineage(&view, entity->ref, LINEAGE_DOWNSTREAM, depth, LINEAGE_ROWS_MAX,
                                    &down, error))
        return false;
    json_t *answer = json_object();
    json_set_string(answer, "ref", entity->ref);
    if (up != NULL)
        json_object_set(answer, "upstream", up);
    if (down != NULL)
        json_object_set(answer, "downstream", down);
    return request_answer(request, answer);
}
