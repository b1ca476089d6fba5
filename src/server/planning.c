/* planning.c - see planning.h. */
#include "server/planning.h"

#include "base/clock.h"
#include "base/json_index.h"
#include "base/limits.h"
#include "base/text.h"
#include "registry/registry.h"
#include "server/backstage.h"
#include "server/called.h"
#include "server/handlers.h"
#include "server/pressure.h"

#include <stdlib.h>
#include <string.h>

#define MAPPING_BYTES_MAX (4 * 1024 * 1024) /* a hundred columns are 10 KiB */

/* ----- the mapping file ----- */

/* Inside `folder`, links resolved: a mapping's path comes from an entity that anybody may have written. */
static bool
path_is_inside(const char *path, const char *folder)
{
    char *real_path = realpath(path, NULL);
    char *real_folder = realpath(folder, NULL);
    bool is_inside = real_path != NULL && real_folder != NULL &&
                     g_str_has_prefix(real_path, real_folder) &&
                     (real_path[strlen(real_folder)] == '/');
    free(real_path);
    free(real_folder);
    return is_inside;
}

/* Relative to the entity's file, or to honk.yaml's folder. */
static bool
mapping_find(const Config *config, const Entity *entity, const char *path, char **ret,
             GError **error)
{
    g_autofree char *beside = entity->file != NULL ? g_path_get_dirname(entity->file) : NULL;
    const char *folders[] = {beside, config->folder};
    bool is_outside = g_path_is_absolute(path);

    for (size_t i = 0; i < G_N_ELEMENTS(folders) && !is_outside; i++) {
        if (folders[i] == NULL)
            continue;
        g_autofree char *full = g_build_filename(folders[i], path, NULL);
        if (!g_file_test(full, G_FILE_TEST_IS_REGULAR))
            continue;
        is_outside = !path_is_inside(full, config->folder) &&
                     (beside == NULL || !path_is_inside(full, beside));
        if (!is_outside) {
            *ret = g_steal_pointer(&full);
            return true;
        }
    }
    if (is_outside)
        return fail(error, ERR_INVALID, "the mapping file '%s' of '%s' is outside of '%s'", path,
                    entity->ref, config->folder);
    return fail(error, ERR_NOT_FOUND,
                "the mapping file '%s' of '%s' is neither in '%s' nor in '%s'", path, entity->ref,
                beside != NULL ? beside : config->folder, config->folder);
}

static bool
mapping_json(const Config *config, const Entity *entity, json_t **ret, GError **error)
{
    const json_t *spec = json_object_get(entity->json, "spec");
    const char *path =
        json_get_string(spec, "mapping_file", entity_annotation(entity, "honk/mapping-file"));
    g_autofree char *full = NULL;
    g_autofree char *text = NULL;
    size_t bytes = 0;

    if (path == NULL) {
        *ret = json_null();
        return true;
    }
    if (!mapping_find(config, entity, path, &full, error) ||
        !file_read(full, MAPPING_BYTES_MAX, &text, &bytes, error))
        return false;
    if (!g_utf8_validate(text, (gssize) bytes, NULL))
        return fail(error, ERR_INVALID, "the mapping file '%s' is not UTF-8", full);
    *ret = json_pack("{s:s, s:s}", "path", path, "text", text);
    return true;
}

/* ----- the slice ----- */

/* The entity as it is, or with another source or target put in (the tutorial's call names them). */
static bool
entity_with(Db *db, const PlanningWish *wish, Entity **ret, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    if (!registry_migration(db, wish->entity, &entity, error))
        return fail_in(error, "cannot plan '%s'", wish->entity);
    if (!entity_is_migration(entity))
        return fail(error, ERR_INVALID,
                    "'%s' is no migration: expected kind Migration, or a Component with 'spec: "
                    "type: dataset-migration'",
                    entity->ref);
    json_t *spec = json_object_get(entity->json, "spec");
    json_set_string(spec, "source_dataset", wish->source);
    json_set_string(spec, "target_dataset", wish->target);
    *ret = g_steal_pointer(&entity);
    return true;
}

/* The registry's view with one entity seen as it was asked for. */
typedef struct {
    CatalogView inner;
    const Entity *entity;
} Overlay;

static bool
overlay_entity(void *data, const char *ref, Entity **ret, GError **error)
{
    const Overlay *overlay = data;
    if (strcmp(ref, overlay->entity->ref) == 0)
        return entity_from_json(overlay->entity->json, ret, error);
    return overlay->inner.entity(overlay->inner.data, ref, ret, error);
}

static bool
overlay_relations(void *data, const char *ref, RelationFn *fn, void *fn_data, GError **error)
{
    const Overlay *overlay = data;
    return overlay->inner.relations(overlay->inner.data, ref, fn, fn_data, error);
}

static bool
slice_read(Db *db, const Entity *entity, json_t **ret, GError **error)
{
    Overlay overlay = {.inner = registry_view(db), .entity = entity};
    CatalogView view = {.entity = overlay_entity, .relations = overlay_relations, .data = &overlay};
    return catalog_slice(&view, entity->ref, ret, error);
}

/* What the entity's agent consists of, if it is a program that honk.yaml has; the planner says what is wrong with one that
 * is nowhere. */
static bool
agent_json(const Config *config, const Entity *entity, json_t **ret, GError **error)
{
    const char *named = entity_annotation(entity, "honk/agent");
    const AgentConfig *agent = config_agent(config, named != NULL ? named : AGENT_BUILT_IN);
    g_autofree char *digest = NULL;

    if (agent == NULL)
        return true;
    if (!config_agent_digest(config, agent, &digest, error))
        return false;
    *ret = json_pack("{s:s, s:s}", "name", agent->name, "digest", digest);
    return true;
}

/* Who changes code where rules refuse, if honk.yaml names somebody for this migration. */
static bool
coding_json(const Config *config, const Entity *entity, json_t **ret, GError **error)
{
    const CodingAgentConfig *agent = coding_agent_for(&config->coding, entity->ref);
    g_autofree char *digest = NULL;

    if (agent == NULL)
        return true;
    if (!config_coding_digest(config, agent, &digest, error))
        return false;
    *ret = json_pack("{s:s, s:s, s:s, s:i}", "agent", agent->name, "door",
                     coding_door_name(agent->door), "digest", digest, "rounds", agent->rounds);
    return true;
}

/* Only what the planner reads of a dataset. */
static json_t *
dataset_json(const json_t *dataset)
{
    if (!json_is_object(dataset))
        return json_null();
    return json_pack("{s:O, s:O?}", "ref", json_object_get(dataset, "ref"), "url",
                     json_object_get(dataset, "url"));
}

static void
needs_label(json_t *needs, const char *kind, const char *name)
{
    g_autofree char *label = g_strdup_printf("%s:%s", kind, name);
    for (size_t i = 0; i < json_array_size(needs); i++) {
        if (strcmp(json_string_value(json_array_get(needs, i)), label) == 0)
            return;
    }
    json_array_append_new(needs, json_string(label));
}

static void
needs_add(const Config *config, json_t *needs, const json_t *dataset)
{
    const char *url = json_get_string(dataset, "url", "");
    const StoreConfig *store = NULL;
    const char *object = NULL;
    if (config_dataset_url(config, url, &store, &object, NULL))
        needs_label(needs, "store", store->name); /* else planning will say what is wrong with it */
}

static void
needs_repositories(const Config *config, json_t *needs, const json_t *consumers)
{
    const RepositoryConfig *place = NULL;
    const char *name = NULL;
    json_t *consumer;
    size_t i;
    json_array_foreach(
        consumers, i,
        consumer) if (config_repository_url(config, json_get_string(consumer, "repository", ""),
                                            &place, &name, NULL))
        needs_label(needs, "repository", place->name);
}

/* Whoever plans looks at the services, too. */
static void
needs_targets(const Config *config, json_t *needs, const json_t *consumers)
{
    json_t *consumer;
    size_t i;
    json_array_foreach(consumers, i, consumer)
    {
        const char *ref = json_get_string(consumer, "ref", "");
        const char *slash = strrchr(ref, '/');
        const ServiceConfig *service = fleet_config_service(
            &config->fleet, json_get_string(consumer, "service", slash != NULL ? slash + 1 : ref));
        if (service != NULL)
            needs_label(needs, "fleet", service->target);
    }
}

/* ----- whom a scan may find ----- */

/* Everybody else whose code can be looked through. */
static bool
scanned_json(Db *db, const json_t *consumers, json_t **ret, GError **error)
{
    g_autoptr(GPtrArray) entities = NULL;
    g_autoptr(JsonIndex) known = json_index_new(consumers, "ref", NULL);
    g_autoptr(json_t) scanned = json_array();
    CatalogView view = registry_view(db);
    if (!registry_annotated(db, "honk/repository", &entities, error))
        return false;
    for (guint i = 0; i < entities->len; i++) {
        const Entity *entity = entities->pdata[i];
        g_autoptr(json_t) item = json_pack("{s:s}", "ref", entity->ref);
        if (entity_is_migration(entity) || json_index_find(known, item) != NULL)
            continue;
        json_set_string(item, "owner", entity->owner);
        entity_put_code(entity, item);
        if (!catalog_put_reviewers(&view, entity, item, error))
            return false;
        json_array_append(scanned, item);
    }
    *ret = g_steal_pointer(&scanned);
    return true;
}

/* Only where changes go out to owners; else NULL. */
static bool
called_json(Db *db, const Config *config, const Entity *migration, json_t **ret, GError **error)
{
    bool is_by_owner = strcmp(config_changes_by(config, migration->ref), "owner") == 0;
    return !is_by_owner || called_on_hosts(db, config, ret, error);
}

bool
planning_room(Request *request, PlanningRoom *ret, GError **error)
{
    *ret = (PlanningRoom){.config = request->server->config, .blobs = request->server->blobs};
    return request_reader(request, &ret->db, error);
}

bool
planning_request(const PlanningRoom *room, const PlanningWish *wish, json_t **ret_request,
                 json_t **ret_needs, char **ret_migration, GError **error)
{
    const Config *config = room->config;
    const PolicyConfig *policy = &config->policy;
    g_autoptr(Entity) entity = NULL;
    g_autoptr(json_t) slice = NULL;
    g_autoptr(json_t) mapping = NULL;
    g_autoptr(json_t) agent = NULL, coding = NULL;
    g_autoptr(json_t) scanned = NULL, called = NULL;

    if (!entity_with(room->db, wish, &entity, error) ||
        !slice_read(room->db, entity, &slice, error) ||
        !mapping_json(config, entity, &mapping, error) ||
        !agent_json(config, entity, &agent, error) ||
        !coding_json(config, entity, &coding, error) ||
        !scanned_json(room->db, json_object_get(slice, "consumers"), &scanned, error) ||
        !called_json(room->db, config, entity, &called, error))
        return false;

    json_t *needs = json_array();
    needs_add(config, needs, json_object_get(slice, "source"));
    needs_add(config, needs, json_object_get(slice, "target"));
    needs_repositories(config, needs, json_object_get(slice, "consumers"));
    needs_repositories(config, needs, scanned);
    needs_targets(config, needs, json_object_get(slice, "consumers"));
    needs_targets(config, needs, scanned);
    *ret_request = json_pack(
        "{s:O, s:o, s:o, s:O, s:O, s:{s:s, s:I, s:I, s:I, s:o}, s:s, s:I}", "entity",
        json_object_get(slice, "entity"), "source", dataset_json(json_object_get(slice, "source")),
        "target", dataset_json(json_object_get(slice, "target")), "mapping", mapping, "consumers",
        json_object_get(slice, "consumers"), "policy", "digest", policy->digest, "soak_ms",
        (json_int_t) policy->soak_ms, "rollback_window_ms", (json_int_t) policy->rollback_window_ms,
        "retention_ms", (json_int_t) policy->retention_ms, "pace", policy_pace(policy), "author",
        wish->author, "now_ms", (json_int_t) wish->now_ms);
    if (agent != NULL)
        json_object_set(*ret_request, "agent", agent);
    if (called != NULL) {
        json_set_string(*ret_request, "group", "owner");
        json_object_set(*ret_request, "called", called);
    }
    if (coding != NULL)
        json_object_set(*ret_request, "coding", coding);
    if (json_array_size(scanned) > 0)
        json_object_set(*ret_request, "scanned", scanned);
    *ret_needs = needs;
    *ret_migration = g_strdup(entity->ref);
    return true;
}

/* ----- asking for a plan ----- */

static bool
ask_for_plan(Request *request, const PlanningWish *wish, GError **error)
{
    g_autoptr(json_t) planning = NULL;
    g_autoptr(json_t) needs = NULL;
    g_autofree char *migration = NULL;
    g_autofree char *digest = NULL;
    PlanningRoom room;

    if (!planning_may_queue(request, error) || !planning_room(request, &room, error) ||
        !planning_request(&room, wish, &planning, &needs, &migration, error) ||
        !blobs_put_json(request->server->blobs, planning, &digest, error))
        return false;
    Command *command = request_command(request, COMMAND_CREATE);
    command->args = json_pack("{s:s, s:s, s:s, s:O}", "migration", migration, "request", digest,
                              "author", wish->author, "needs", needs);
    if (!request_ask(request, command, NULL, NULL, NULL, NULL, error))
        return false;
    request->reply.location =
        g_strdup_printf("/migrations/%s", json_get_string(request->reply.json, "id", ""));
    return true;
}

/* What nobody registered may be in Backstage. */
static bool
look_elsewhere(Request *request, const char *name, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) absent = NULL;
    Db *db = NULL;
    if (!request_reader(request, &db, error))
        return false;
    return registry_migration(db, name, &entity, &absent) || !error_is(absent, ERR_NOT_FOUND) ||
           backstage_fetch(request, name, error);
}

static bool
ask_for_plan_of(Request *request, const char *entity, GError **error)
{
    PlanningWish wish = {
        .entity = entity,
        .source = json_get_string(request->json, "source", NULL),
        .target = json_get_string(request->json, "target", NULL),
        .author = request->who.name,
        .now_ms = clock_wall_ms(),
    };
    return look_elsewhere(request, entity, error) && ask_for_plan(request, &wish, error);
}

bool
handle_migrate(Request *request, GError **error)
{
    return ask_for_plan_of(request, json_get_string(request->json, "entityRef", ""), error);
}

bool
handle_migration_post(Request *request, GError **error)
{
    return ask_for_plan_of(request, json_get_string(request->json, "entity", ""), error);
}

/* A new plan of the same migration, with whoever asks as its author. The old one stays as it is. */
bool
handle_plan_post(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    return plan_row_find(request, request->params[0], &row, error) &&
           ask_for_plan_of(request, row.migration, error);
}

/* ----- is it still so? ----- */

static const char *
text_at(const json_t *object, const char *path)
{
    const json_t *value = json_at(object, path);
    return json_is_string(value) ? json_string_value(value) : "none";
}

/* Parts of the request whose change makes a plan stale, and how to say it. */
static const struct {
    const char *path;
    const char *words;
    bool is_short; /* show old and new */
} guards[] = {
    {"policy.digest", "the policy in honk.yaml changed since the plan was made", false},
    {"agent.digest",
     "the agent was edited since the plan was made: its program, or its command in honk.yaml",
     false},
    {"coding.digest",
     "the coding agent was edited since the plan was made: its program, its prompt, or honk.yaml",
     false},
    {"group", "how honk.yaml groups changes", true},
    {"mapping.text", "the mapping file changed since the plan was made", false},
    {"entity.spec.migration_strategy", "the migration's strategy", true},
    {"entity.spec.source_dataset", "the migration's source", true},
    {"entity.spec.target_dataset", "the migration's target", true},
    {"source.url", "the source's address", true},
    {"target.url", "the target's address", true},
};

static json_t *
agent_of(const json_t *request)
{
    return json_object_get(json_at(request, "entity.metadata.annotations"), "honk/agent");
}

static bool
same(const json_t *a, const json_t *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && json_equal(a, b));
}

/* Each whole, as text with sorted members. */
static GHashTable *
texts_of(const json_t *list)
{
    GHashTable *texts = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        g_hash_table_add(texts, json_dumps(json_array_get(list, i), JSON_SORT_KEYS));
    return texts;
}

/* Who came, who went. */
static void
consumers_compare(const json_t *before, const json_t *now, const char *words, json_t *differences)
{
    g_autoptr(GHashTable) known = texts_of(before);
    for (size_t i = 0; i < json_array_size(now); i++) {
        const json_t *consumer = json_array_get(now, i);
        char *text = json_dumps(consumer, JSON_SORT_KEYS);
        if (!g_hash_table_contains(known, text))
            json_array_append_new(differences,
                                  json_sprintf("%s '%s' (%s)", words,
                                               json_get_string(consumer, "ref", "?"),
                                               json_get_string(consumer, "access", "reads")));
        free(text);
    }
}

static json_t *
differences_of(const json_t *before, const json_t *now)
{
    json_t *differences = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++) {
        if (same(json_at(before, guards[i].path), json_at(now, guards[i].path)))
            continue;
        if (guards[i].is_short)
            json_array_append_new(differences, json_sprintf("%s was '%s', is '%s'", guards[i].words,
                                                            text_at(before, guards[i].path),
                                                            text_at(now, guards[i].path)));
        else
            json_array_append_new(differences, json_string(guards[i].words));
    }
    if (!same(agent_of(before), agent_of(now)))
        json_array_append_new(differences, json_string("the migration names another agent now"));
    consumers_compare(json_object_get(before, "consumers"), json_object_get(now, "consumers"),
                      "there is a new consumer", differences);
    consumers_compare(json_object_get(now, "consumers"), json_object_get(before, "consumers"),
                      "there is no longer a consumer", differences);
    return differences;
}

bool
planning_differences(const PlanningRoom *room, const PlanRow *row, json_t **ret, json_t **ret_now,
                     GError **error)
{
    g_autoptr(json_t) before = NULL;
    g_autoptr(json_t) now = NULL;
    g_autoptr(json_t) needs = NULL;
    g_autofree char *migration = NULL;
    g_autoptr(GError) gone = NULL;

    if (row->request == NULL) {
        *ret = json_array();
        return true;
    }
    if (!blobs_get_json(room->blobs, row->request, &before, error))
        return false;
    PlanningWish wish = {
        .entity = row->migration,
        .source = json_string_value(json_at(before, "entity.spec.source_dataset")),
        .target = json_string_value(json_at(before, "entity.spec.target_dataset")),
        .author = row->author,
        .now_ms = clock_wall_ms(),
    };
    /* What the call named stays; what the entity named is compared as it is now. */
    if (!planning_request(room, &wish, &now, &needs, &migration, &gone)) {
        if (!error_is(gone, ERR_NOT_FOUND) && !error_is(gone, ERR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&gone));
            return false;
        }
        *ret = json_pack("[s]", gone->message);
        return true;
    }
    *ret = differences_of(before, now);
    if (ret_now != NULL)
        *ret_now = g_steal_pointer(&now);
    return true;
}
