/* campaigns.c - campaigns over HTTP: begin one, plan its members, list them, do something with them. */
#include "server/campaigns.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/entity.h"
#include "registry/registry.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/routes.h"

#include <string.h>

#define PLANS_PER_REQUEST 100 /* some 100 ms of reading the catalog, one transaction */

#define COLUMNS                                                                                    \
    "id, ref, state, reason, actor, wake_event, author, owner, waves, waits, throttle, since_ms, " \
    "wave, "                                                                                       \
    "failures_allowed, started, created_ms, started_ms, ended_ms"

/* ----- rows ----- */

void
campaign_row_clear(CampaignRow *row)
{
    char *texts[] = {row->id,    row->ref,        row->state_name, row->reason,
                     row->actor, row->wake_event, row->author,     row->owner,
                     row->waves, row->waits,      row->throttle};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    memset(row, 0, sizeof(*row));
}

static void
row_read(Stmt *stmt, CampaignRow *ret)
{
    char **texts[] = {&ret->id,    &ret->ref,        &ret->state_name, &ret->reason,
                      &ret->actor, &ret->wake_event, &ret->author,     &ret->owner,
                      &ret->waves, &ret->waits,      &ret->throttle};
    int64_t *numbers[] = {&ret->since_ms,   &ret->wave,       &ret->failures_allowed, &ret->started,
                          &ret->created_ms, &ret->started_ms, &ret->ended_ms};
    int column = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(stmt_col_text(stmt, column++));
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        *numbers[i] = stmt_col_int(stmt, column++);
    campaign_state_from_name(ret->state_name, &ret->state);
}

const char *
campaign_row_name(const CampaignRow *row)
{
    return strrchr(row->ref, '/') + 1;
}

bool
campaign_row_find(Request *request, const char *name, CampaignRow *ret, GError **error)
{
    static const char sql[] = "SELECT " COLUMNS " FROM campaign WHERE id = :name OR ref = :ref "
                              "ORDER BY n DESC LIMIT 1";
    g_autofree char *ref = NULL;
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!request_reader(request, &db, error) || !db_prepare(db, sql, &stmt, error))
        return false;
    if (!entity_ref_parse(name, "campaign", "default", &ref, NULL))
        ref = NULL;
    stmt_text(stmt, ":name", name);
    stmt_text(stmt, ":ref", ref);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (is_row) {
        row_read(stmt, ret);
        stmt_reset(stmt);
        return true;
    }
    g_autofree char *shown = text_printable(name);
    return fail(
        error, ERR_NOT_FOUND,
        "no campaign '%s' ever began here: 'honk plan %s' begins the one that is registered", shown,
        shown);
}

json_t *
campaign_row_json(const CampaignRow *row)
{
    json_t *json = json_object();
    json_set_string(json, "id", row->id);
    json_set_string(json, "ref", row->ref);
    json_set_string(json, "name", campaign_row_name(row));
    json_set_string(json, "state", row->state_name);
    json_set_int(json, "since_ms", row->since_ms);
    json_set_string(json, "reason", row->reason);
    json_set_string(json, "actor", row->actor);
    json_set_string(json, "author", row->author);
    json_set_string(json, "owner", row->owner);
    json_set_int(json, "created_at_ms", row->created_ms);
    if (row->started_ms > 0)
        json_set_int(json, "started_at_ms", row->started_ms);
    if (row->ended_ms > 0)
        json_set_int(json, "ended_at_ms", row->ended_ms);
    return json;
}

bool
campaign_members(Db *db, const char *campaign, MemberFn *fn, void *data, GError **error)
{
    static const char sql[] =
        "SELECT m.migration, m.owner, p.id, coalesce(p.state, 'unplanned'), p.digest, p.reason, "
        "p.wake_event, p.diagnostics, m.start_n, p.since_ms, p.effects, m.excused FROM "
        "campaign_member AS m LEFT JOIN plan AS p ON p.id = m.plan WHERE m.campaign = :campaign "
        "ORDER BY m.n";
    Stmt *stmt = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_text(stmt, ":campaign", campaign);
    for (bool is_row = true;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            return true;
        MemberSeen member = {
            .migration = stmt_col_text(stmt, 0),
            .owner = stmt_col_text(stmt, 1),
            .plan = stmt_col_text(stmt, 2),
            .state = stmt_col_text(stmt, 3),
            .digest = stmt_col_text(stmt, 4),
            .reason = stmt_col_text(stmt, 5),
            .wake_event = stmt_col_text(stmt, 6),
            .diagnostics = stmt_col_text(stmt, 7),
            .start_n = stmt_col_int(stmt, 8),
            .since_ms = stmt_col_int(stmt, 9),
            .has_effects = stmt_col_int(stmt, 10) != 0,
            .is_excused = stmt_col_int(stmt, 11) != 0,
        };
        if (!fn(&member, data, error)) {
            stmt_reset(stmt);
            return false;
        }
    }
}

/* ----- lists ----- */

static json_t *
list_row(Stmt *stmt)
{
    g_auto(CampaignRow) row = {0};
    row_read(stmt, &row);
    return campaign_row_json(&row);
}

bool
handle_campaigns(Request *request, GError **error)
{
    return request_page(request,
                        "SELECT " COLUMNS " FROM campaign WHERE (:after = '' OR id < :after) "
                        "ORDER BY id DESC LIMIT :limit",
                        NULL, NULL, list_row, 0, error);
}

/* ----- beginning ----- */

bool
handle_campaign_post(Request *request, GError **error)
{
    g_autofree char *ref = NULL;
    g_autoptr(json_t) args = NULL;
    Db *db = NULL;

    if (!entity_ref_parse(json_get_string(request->json, "entity", ""), "campaign", "default", &ref,
                          error) ||
        !request_reader(request, &db, error) || !registry_campaign(db, ref, &args, error))
        return false;
    Command *command = request_command(request, COMMAND_CAMPAIGN_CREATE);
    json_set_string(args, "author", request->who.name);
    command->args = json_incref(args);
    if (!request_ask(request, command, NULL, NULL, NULL, NULL, error))
        return false;
    request->reply.location =
        g_strdup_printf("/campaigns/%s", json_get_string(request->reply.json, "id", ""));
    return true;
}

/* ----- planning ----- */

typedef struct {
    json_t *wanted; /* refs of migrations without a plan that counts */
    int64_t left;
} Unplanned;

/* The same as the engine's wants_plan(): it has the last word. */
static bool
wants_plan(const MemberSeen *member)
{
    static const char *const wanting[] = {"unplanned", "stale", "expired", "rejected", NULL};
    bool failed =
        strcmp(member->state, "draft") == 0 && g_strcmp0(member->wake_event, "operator") == 0;
    return failed || g_strv_contains(wanting, member->state);
}

static bool
unplanned_add(const MemberSeen *member, void *data, GError **error)
{
    Unplanned *unplanned = data;
    if (!wants_plan(member))
        return true;
    if (json_array_size(unplanned->wanted) < PLANS_PER_REQUEST)
        json_array_append_new(unplanned->wanted, json_string(member->migration));
    else
        unplanned->left++;
    return true;
}

static bool
plan_item(Request *request, const PlanningRoom *room, const char *migration, json_t *items,
          json_t *problems, GError **error)
{
    g_autoptr(json_t) planning = NULL, needs = NULL;
    g_autofree char *ref = NULL, *digest = NULL;
    g_autoptr(GError) wrong = NULL;
    PlanningWish wish = {
        .entity = migration, .author = request->who.name, .now_ms = clock_wall_ms()};
    if (!planning_request(room, &wish, &planning, &needs, &ref, &wrong)) {
        bool is_theirs = error_is(wrong, ERR_NOT_FOUND) || error_is(wrong, ERR_INVALID);
        if (is_theirs)
            json_array_append_new(
                problems, json_pack("{s:s, s:s}", "migration", migration, "why", wrong->message));
        else
            g_propagate_error(error, g_steal_pointer(&wrong));
        return is_theirs;
    }
    if (!blobs_put_json(room->blobs, planning, &digest, error))
        return false;
    json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:O}", "migration", ref, "request",
                                           digest, "author", request->who.name, "needs", needs));
    return true;
}

/* A hundred at a time: whoever asks asks again while some are left. One mistake keeps nobody else from being planned. */
bool
handle_campaign_plan(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    g_autoptr(json_t) wanted = json_array(), items = json_array(), problems = json_array();
    Unplanned unplanned = {.wanted = wanted};
    PlanningRoom room;
    json_t *reply = NULL;

    if (!campaign_row_find(request, request->params[0], &row, error) ||
        !planning_room(request, &room, error) ||
        !campaign_members(room.db, row.id, unplanned_add, &unplanned, error))
        return false;
    for (size_t i = 0; i < json_array_size(wanted); i++)
        if (!plan_item(request, &room, json_string_value(json_array_get(wanted, i)), items,
                       problems, error))
            return false;
    Command *command = request_command(request, COMMAND_CAMPAIGN_PLAN);
    command->plan = g_strdup(row.id);
    command->args = json_pack("{s:O}", "plans", items);
    if (!request_ask(request, command, NULL, NULL, NULL, &reply, error))
        return false;
    json_set_int(reply, "left", unplanned.left);
    json_object_set(reply, "problems", problems);
    return request_answer(request, reply);
}

/* ----- doing something with all of it ----- */

static bool
say(Request *request, const CampaignRow *row, const char *verb, GError **error)
{
    Command *command = request_command(request, COMMAND_CAMPAIGN_SAY);
    command->plan = g_strdup(row->id);
    command->args = json_pack("{s:s, s:b}", "verb", verb, "give_up_rows",
                              json_get_bool(request->json, "give_up_rows", false));
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

bool
handle_campaign_say(Request *request, GError **error)
{
    const char *verb = strrchr(request->route->path, '/') + 1;
    g_auto(CampaignRow) row = {0};
    return campaign_row_find(request, request->params[0], &row, error) &&
           (strcmp(verb, "start") != 0 || check_freezes(request, error)) &&
           say(request, &row, verb, error);
}

bool
handle_campaign_throttle(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    if (!campaign_row_find(request, request->params[0], &row, error) ||
        !config_check_throttle(request->server->config, request->json, error))
        return false;
    json_t *changes = request->json != NULL ? json_copy(request->json) : json_object();
    json_object_del(changes, "reason");
    Command *command = request_command(request, COMMAND_CAMPAIGN_THROTTLE);
    command->plan = g_strdup(row.id);
    command->args = json_pack("{s:o}", "throttle", changes);
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}
