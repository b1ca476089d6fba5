/*
 * rollout_post.c - asking for a rollout.
 *
 * With a migration whose approved plan covers the service one asks for what will happen anyway: that plan's rollout, however
 * often it is asked for. Anything else is a rollout of its own, a small plan that only an operator can ask for.
 */
#include "base/clock.h"
#include "base/text.h"
#include "registry/registry.h"
#include "server/handlers.h"
#include "server/pressure.h"
#include "server/rollout_told.h"
#include "server/routes.h"

#include <string.h>

/* ----- what an approved plan covers ----- */

static json_t *
approved_json(const RolloutRow *row)
{
    const json_t *spec = json_object_get(row->entry, "rollout");
    return json_pack("{s:O?, s:O?, s:O?}", "rollout_strategy", json_object_get(spec, "strategy"),
                     "max_instances", json_object_get(spec, "max_instances"), "revision",
                     json_object_get(row->entry, "to"));
}

static bool
agrees_with_plan(Request *request, const RolloutRow *row, GError **error)
{
    static const char *const members[] = {"rollout_strategy", "max_instances", "revision"};
    g_autoptr(json_t) approved = approved_json(row);
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const json_t *asked = json_object_get(request->json, members[i]);
        const json_t *planned = json_object_get(approved, members[i]);
        if (asked == NULL || (planned != NULL && json_equal(asked, planned)))
            continue;
        g_autofree char *shown = planned == NULL
                                     ? g_strdup("none")
                                     : json_dumps(planned, JSON_ENCODE_ANY | JSON_COMPACT);
        request_explain(request, "approved", json_incref(approved));
        return fail(
            error, ERR_MISMATCH,
            "the approved plan of '%s' rolls '%s' out with %s %s: ask for that, or plan and "
            "approve anew",
            row->migration, row->service, members[i], shown);
    }
    return true;
}

static bool
plan_is_under_way(const RolloutRow *row, GError **error)
{
    static const unsigned under_way = 1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING |
                                      1u << PLAN_PAUSED | 1u << PLAN_HALTED | 1u << PLAN_SOAKING |
                                      1u << PLAN_SUCCEEDED;
    if ((under_way & 1u << row->plan_state) != 0)
        return true;
    if (row->plan_state == PLAN_APPROVED)
        return fail(
            error, ERR_WRONG_STATE,
            "the plan of '%s' is approved, but not started: start it (honk start), then ask again",
            row->migration);
    return fail(error, ERR_WRONG_STATE, "the plan of '%s' is '%s': it rolls nothing out any more",
                row->migration, row->plan_state_name);
}

static bool
answer_planned(Request *request, const RolloutRow *row, GError **error)
{
    if (!plan_is_under_way(row, error) || !agrees_with_plan(request, row, error))
        return false;
    request->reply.location = g_strdup_printf("/rollouts/%s", row->id);
    return rollout_answer_as_it_is(request, row, error);
}

/* Is it in a plan that nobody has approved? */
static bool
check_not_unapproved(Request *request, const PlanRow *plan, const char *service, GError **error)
{
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!request_reader(request, &db, error) ||
        !db_prepare(db,
                    "SELECT 1 FROM plan p, json_each(p.services) s WHERE p.id = :plan AND "
                    "json_extract(s.value, '$.service') = :service",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan->id);
    stmt_text(stmt, ":service", service);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (!is_row)
        return true;
    stmt_reset(stmt);
    return fail(error, ERR_WRONG_STATE,
                "the plan of '%s' rolls '%s' out, but is '%s': nothing of it happens before it is "
                "approved and started",
                plan->migration, service, plan->state_name);
}

/* ----- a rollout of its own ----- */

static bool
check_freeze(const Request *request, GError **error)
{
    const char *why = policy_freeze_at(&request->server->config->policy, clock_wall_ms());
    return why == NULL || fail(error, ERR_WRONG_STATE, "nothing is started now: %s", why);
}

/* A group of its own, or the one for all that have none; NULL: everything by default. */
static const GroupConfig *
own_group(const Request *request, const ServiceConfig *service)
{
    const FleetConfig *fleet = &request->server->config->fleet;
    const GroupConfig *group = fleet_config_group(fleet, service->name);
    return group != NULL ? group : fleet_config_group(fleet, "default");
}

static bool
find_service(const Request *request, const char *name, const ServiceConfig **ret, GError **error)
{
    const FleetConfig *fleet = &request->server->config->fleet;
    *ret = fleet_config_service(fleet, name);
    if (*ret != NULL)
        return true;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < fleet->services->len; i++)
        g_ptr_array_add(names, ((ServiceConfig *) g_ptr_array_index(fleet->services, i))->name);
    g_ptr_array_add(names, NULL);
    const char *nearest = text_nearest(name, (const char *const *) names->pdata);
    g_autofree char *shown = text_printable(name);
    return fail(error, ERR_NOT_FOUND, "'%s' has no service '%s'%s%s%s",
                request->server->config->path, shown, nearest != NULL ? ", did you mean '" : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

/* One service goes one way at a time. */
static bool
check_free(Request *request, const char *service, GError **error)
{
    g_autofree char *other = NULL;
    g_autofree char *state = NULL;
    if (!rollout_under_way(request, service, &other, &state, error))
        return false;
    return other == NULL ||
           fail(
               error, ERR_WRONG_STATE,
               "'%s' is being rolled out already ('%s' is '%s'): wait for its end, or roll it back",
               service, other, state);
}

/* Where the datasets are that the service names before it ever ran: {name: address}. */
static bool
addresses_of(Request *request, const ServiceConfig *service, json_t **ret, GError **error)
{
    Db *db = NULL;
    if (!request_reader(request, &db, error))
        return false;
    CatalogView view = registry_view(db);
    const char *variable = NULL;
    json_t *addresses = json_object(), *dataset = NULL;
    json_object_foreach(service->datasets, variable, dataset)
    {
        g_autoptr(Entity) entity = NULL;
        const char *name = json_string_value(dataset);
        if (strchr(name, ':') == NULL && catalog_dataset(&view, name, &entity, NULL))
            json_set_string(addresses, name, entity_annotation(entity, "honk/dataset-url"));
    }
    *ret = addresses; /* what is missing, planning says */
    return true;
}

/* What a worker must reach. */
static json_t *
labels_of(const ServiceConfig *service)
{
    const char *colon = service->repository != NULL ? strchr(service->repository, ':') : NULL;
    json_t *labels = json_array();
    json_array_append_new(labels, json_sprintf("fleet:%s", service->target));
    if (colon != NULL)
        json_array_append_new(labels,
                              json_sprintf("repository:%.*s", (int) (colon - service->repository),
                                           service->repository));
    return labels;
}

static json_t *
own_request(const Request *request, const GroupConfig *group, const json_t *addresses)
{
    const PolicyConfig *policy = &request->server->config->policy;
    const json_t *json = request->json;
    return json_pack("{s:{s:O, s:s?, s:O?, s:O?, s:O?}, s:O, s:{s:s, s:I, s:I, s:I}, s:s, s:I}",
                     "rollout", "service", json_object_get(json, "service"), "group",
                     group != NULL ? group->name : NULL, "revision",
                     json_object_get(json, "revision"), "strategy",
                     json_object_get(json, "rollout_strategy"), "max_instances",
                     json_object_get(json, "max_instances"), "addresses", addresses, "policy",
                     "digest", policy->digest, "soak_ms", (json_int_t) 0, "rollback_window_ms",
                     (json_int_t) policy->rollback_window_ms, "retention_ms", (json_int_t) 0,
                     "author", request->who.name, "now_ms", (json_int_t) clock_wall_ms());
}

static bool
ask_for_own(Request *request, const ServiceConfig *service, const GroupConfig *group,
            GError **error)
{
    g_autoptr(json_t) addresses = NULL;
    g_autofree char *digest = NULL;
    if (!addresses_of(request, service, &addresses, error))
        return false;
    g_autoptr(json_t) wish = own_request(request, group, addresses);
    if (!blobs_put_json(request->server->blobs, wish, &digest, error))
        return false;
    RolloutTold *told = g_new0(RolloutTold, 1);
    told->service = g_strdup(service->name);
    told->state = g_strdup("pending");
    told->digest = g_strdup(digest);
    told->policy = &request->server->config->policy;
    Command *command = request_command(request, COMMAND_CREATE);
    command->args = json_pack("{s:s, s:o, s:s, s:s, s:o, s:[{s:s, s:s, s:s*}]}", "kind", "rollout",
                              "migration", json_sprintf("service:default/%s", service->name),
                              "request", digest, "author", request->who.name, "needs",
                              labels_of(service), "services", "service", service->name, "target",
                              service->target, "group", group != NULL ? group->name : NULL);
    if (!request_ask(request, command, rollout_told_write, told, rollout_told_free, NULL, error))
        return false;
    request->reply.location =
        g_strdup_printf("/rollouts/%s", json_get_string(request->reply.json, "rollout_id", ""));
    return true;
}

static bool
start_own(Request *request, const char *name, GError **error)
{
    const ServiceConfig *service = NULL;
    if (!identity_need(&request->who, ROLE_OPERATOR, "start a rollout that no approved plan covers",
                       request->server->config->roles, error) ||
        !find_service(request, name, &service, error) || !check_freeze(request, error) ||
        !check_free(request, name, error))
        return false;
    const GroupConfig *group = own_group(request, service);
    return rollout_may_queue(request, service, group, error) &&
           ask_for_own(request, service, group, error);
}

bool
handle_rollout_post(Request *request, GError **error)
{
    const char *service = json_get_string(request->json, "service", "");
    const char *migration = json_get_string(request->json, "migration_id", NULL);
    g_auto(PlanRow) plan = {0};
    g_auto(RolloutRow) row = {0};
    bool is_planned = false;

    if (migration != NULL && (!plan_row_find(request, migration, &plan, error) ||
                              !rollout_row_of(request, plan.id, service, &row, &is_planned, error)))
        return false;
    /* What a plan covers an agent asks for; operators may ask for anything. */
    if (is_planned)
        return (identity_has(&request->who, ROLE_OPERATOR) ||
                identity_need(&request->who, ROLE_AUTHOR, "ask for the rollout of a plan",
                              request->server->config->roles, error)) &&
               answer_planned(request, &row, error);
    if (migration != NULL && !check_not_unapproved(request, &plan, service, error))
        return false;
    return start_own(request, service, error);
}
