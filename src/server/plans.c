/* plans.c - see plans.h. */
#include "server/plans.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/entity.h"
#include "review/review.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/routes.h"

#include <string.h>

#define PLAN_COLUMNS                                                                               \
    "id, state, reason, actor, wake_event, author, migration, name, request, digest, "             \
    "observations, diagnostics, "                                                                  \
    "source_url, target_url, mixed_by, throttle, pace, has_retire, effects, held, give_up, "       \
    "since_ms, "                                                                                   \
    "created_ms, "                                                                                 \
    "planned_ms, "                                                                                 \
    "expires_ms, started_ms, soak_until_ms, window_until_ms, keep_until_ms, ended_ms"

void
plan_row_clear(PlanRow *row)
{
    char *texts[] = {row->id,         row->state_name, row->reason,       row->actor,
                     row->wake_event, row->author,     row->migration,    row->name,
                     row->request,    row->digest,     row->observations, row->diagnostics,
                     row->source_url, row->target_url, row->mixed_by,     row->throttle,
                     row->pace};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    memset(row, 0, sizeof(*row));
}

static void
plan_row_read(Stmt *stmt, PlanRow *ret)
{
    char **texts[] = {&ret->id,         &ret->state_name, &ret->reason,       &ret->actor,
                      &ret->wake_event, &ret->author,     &ret->migration,    &ret->name,
                      &ret->request,    &ret->digest,     &ret->observations, &ret->diagnostics,
                      &ret->source_url, &ret->target_url, &ret->mixed_by,     &ret->throttle,
                      &ret->pace};
    bool *flags[] = {&ret->has_retire, &ret->has_effects, &ret->is_held, &ret->give_up};
    int64_t *times[] = {&ret->since_ms,        &ret->created_ms,    &ret->planned_ms,
                        &ret->expires_ms,      &ret->started_ms,    &ret->soak_until_ms,
                        &ret->window_until_ms, &ret->keep_until_ms, &ret->ended_ms};
    int column = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(stmt_col_text(stmt, column++));
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        *flags[i] = stmt_col_int(stmt, column++) != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        *times[i] = stmt_col_int(stmt, column++);
    if (!plan_state_from_name(ret->state_name, &ret->state))
        ret->state = PLAN_DRAFT;
}

static bool
row_query(Db *db, const char *sql, const char *value, PlanRow *ret, bool *ret_found, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_text(stmt, ":value", value);
    if (!stmt_step(stmt, ret_found, error))
        return false;
    if (*ret_found) {
        plan_row_read(stmt, ret);
        stmt_reset(stmt);
    }
    return true;
}

bool
plan_row_by_id(Db *db, const char *id, PlanRow *ret, GError **error)
{
    bool is_found = false;
    if (!row_query(db, "SELECT " PLAN_COLUMNS " FROM plan WHERE id = :value", id, ret, &is_found,
                   error))
        return false;
    return is_found || fail(error, ERR_NOT_FOUND, "there is no plan '%s'", id);
}

bool
plan_row_find(Request *request, const char *name, PlanRow *ret, GError **error)
{
    static const char by_id[] = "SELECT " PLAN_COLUMNS " FROM plan WHERE id = :value";
    static const char by_ref[] =
        "SELECT " PLAN_COLUMNS
        " FROM plan WHERE migration = :value AND kind = 'migration' ORDER BY n DESC LIMIT 1";
    static const char by_name[] =
        "SELECT " PLAN_COLUMNS
        " FROM plan WHERE migration LIKE '%/' || :value ESCAPE '\\' AND kind = 'migration' "
        "ORDER BY n DESC LIMIT 1";
    static const struct {
        const char *sql;
        bool is_short;
    } ways[] = {{by_id, false}, {by_ref, false}, {by_name, true}};
    g_autofree char *lower = g_ascii_strdown(name, -1);
    Db *db = NULL;
    bool is_found = false;

    if (!request_reader(request, &db, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(ways) && !is_found; i++) {
        if (ways[i].is_short && !entity_name_is_valid(lower))
            continue;
        g_auto(GStrv) parts = g_strsplit(lower, "_", -1);
        g_autofree char *pattern = g_strjoinv("\\_", parts);
        if (!row_query(db, ways[i].sql, ways[i].is_short ? pattern : lower, ret, &is_found, error))
            return false;
    }
    if (is_found)
        return true;
    g_autofree char *shown = text_printable(name);
    return fail(error, ERR_NOT_FOUND,
                "no migration '%s' was ever planned here: 'honk status' lists those that were",
                shown);
}

bool
plan_id_find(Request *request, const char *name, char **ret, GError **error)
{
    g_auto(PlanRow) row = {0};
    if (!plan_row_find(request, name, &row, error))
        return false;
    *ret = g_steal_pointer(&row.id);
    return true;
}

json_t *
plan_row_json(const PlanRow *row)
{
    json_t *json = json_object();
    json_set_string(json, "id", row->id);
    json_set_string(json, "migration", row->migration);
    json_set_string(json, "name", row->name);
    json_set_string(json, "state", row->state_name);
    json_set_int(json, "since_ms", row->since_ms);
    json_set_string(json, "reason", row->reason);
    json_set_string(json, "actor", row->actor);
    json_set_string(json, "author", row->author);
    json_set_string(json, "digest", row->digest);
    json_set_string(json, "source_url", row->source_url);
    json_set_string(json, "target_url", row->target_url);
    json_set_bool(json, "has_effects", row->has_effects);
    json_set_bool(json, "held", row->is_held);
    json_set_int(json, "created_at_ms", row->created_ms);
    if (row->started_ms > 0)
        json_set_int(json, "started_at_ms", row->started_ms);
    if (row->ended_ms > 0)
        json_set_int(json, "ended_at_ms", row->ended_ms);
    return json;
}

/* ----- lists ----- */

static json_t *
list_row(Stmt *stmt)
{
    g_auto(PlanRow) row = {0};
    plan_row_read(stmt, &row);
    return plan_row_json(&row);
}

typedef struct {
    const char *states, *text;
    bool is_apart; /* without those of campaigns */
    bool is_mine;  /* those that wait for who asks */
    const Identity *who;
    bool self_approval;
} ListFilter;

/* What waits for somebody, by their roles: a yes that is not theirs already, a start, help; a plan of theirs that is stale. */
#define MINE                                                                                       \
    "(:mine = 0 OR (:approver AND state = 'planned' AND (author <> :me OR :self) AND NOT EXISTS "  \
    "(SELECT 1 FROM approval AS a WHERE a.plan = plan.id AND a.digest = plan.digest AND a.actor "  \
    "= :me AND a.withdrawn_at_ms IS NULL)) OR (:operator AND state IN ('approved', 'paused', "     \
    "'halted', 'needs_operator')) OR (author = :me AND state = 'stale' AND NOT EXISTS (SELECT 1 "  \
    "FROM plan AS later WHERE later.migration = plan.migration AND later.n > plan.n)))"

static void
list_bind(Stmt *stmt, const void *data)
{
    const ListFilter *filter = data;
    g_autofree char *states =
        filter->states != NULL ? g_strdup_printf(",%s,", filter->states) : NULL;
    stmt_text(stmt, ":states", states);
    stmt_text(stmt, ":text", filter->text);
    stmt_int(stmt, ":apart", filter->is_apart);
    stmt_int(stmt, ":mine", filter->is_mine);
    stmt_text(stmt, ":me", filter->who->name);
    stmt_int(stmt, ":approver", identity_has(filter->who, ROLE_APPROVER));
    stmt_int(stmt, ":operator", identity_has(filter->who, ROLE_OPERATOR));
    stmt_int(stmt, ":self", filter->self_approval);
}

/* Newest first: ids sort by birth, and the cursor is the id after which to go on. */
bool
handle_migrations(Request *request, GError **error)
{
    ListFilter filter = {
        .states = target_parameter(&request->target, "state"),
        .text = target_parameter(&request->target, "q"),
        .is_apart = target_flag(&request->target, "apart"),
        .is_mine = target_flag(&request->target, "mine"),
        .who = &request->who,
        .self_approval = request->server->config->policy.self_approval,
    };
    g_auto(GStrv) states = g_strsplit(filter.states != NULL ? filter.states : "", ",", -1);
    for (char **state = states; *state != NULL && filter.states != NULL; state++) {
        PlanState known;
        if (!plan_state_from_name(*state, &known)) {
            g_autofree char *shown = text_printable(*state);
            return fail(error, ERR_INVALID,
                        "'%s' is no state of a migration: expected one like 'running'", shown);
        }
    }
    return request_page(request,
                        "SELECT " PLAN_COLUMNS
                        " FROM plan WHERE kind = 'migration' AND (:after = '' OR id < :after) "
                        "AND (:states IS NULL OR instr(:states, ',' || state || ',') > 0) "
                        "AND (:text IS NULL OR instr(migration, lower(:text)) > 0 OR "
                        "instr(lower(coalesce(name, '')), "
                        "lower(:text)) > 0 OR id = :text) "
                        "AND (:apart = 0 OR NOT EXISTS (SELECT 1 FROM campaign_member AS m WHERE "
                        "m.plan = plan.id)) AND " MINE " ORDER BY id DESC LIMIT :limit",
                        list_bind, &filter, list_row, 0, error);
}

bool
handle_migration(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    json_t *view = NULL;
    return plan_row_find(request, request->params[0], &row, error) &&
           plan_view(request, &row, &view, error) && request_answer(request, view);
}

/* The plan as it was frozen, with what was only observed beside it. */
bool
handle_plan_get(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) plan = NULL;
    g_autoptr(json_t) observations = NULL;

    if (!plan_row_find(request, request->params[0], &row, error))
        return false;
    if (row.digest == NULL) {
        return fail(error, ERR_NOT_FOUND, "there is no plan of '%s' yet: it is in state '%s'%s%s",
                    row.migration, row.state_name, row.reason != NULL ? ", " : "",
                    row.reason != NULL ? row.reason : "");
    }
    if (!blobs_get_json(request->server->blobs, row.digest, &plan, error))
        return false;
    if (row.observations != NULL &&
        !blobs_get_json(request->server->blobs, row.observations, &observations, error))
        return false;
    return request_answer(request,
                          json_pack("{s:s, s:s, s:O, s:O?}", "id", row.id, "digest", row.digest,
                                    "plan", plan, "observations", observations));
}

/* ----- what may be done ----- */

/* Names of plan_allowed() and of routes are the same but for '_' and '-'. The role is the route's. */
static const Route *
route_of_action(const char *action)
{
    g_autofree char *word = g_strdup(action);
    g_autofree char *path = g_strdup_printf("/migrations/{id}/%s", g_strdelimit(word, "_", '-'));
    for (size_t i = 0; route_at(i) != NULL; i++) {
        const Route *route = route_at(i);
        if (strcmp(route->path, path) == 0 && strcmp(route->method, "POST") == 0)
            return route;
    }
    return NULL;
}

static json_t *
allowed_entry(const Request *request, const Route *route, const json_t *by_state)
{
    g_autoptr(GError) error = NULL;
    if (!json_is_true(by_state))
        return json_pack("{s:b, s:s}", "allowed", false, "why",
                         json_is_string(by_state) ? json_string_value(by_state) : "not now");
    if (route != NULL && !identity_need(&request->who, route->role, route_deed(route),
                                        request->server->config->roles, &error))
        return json_pack("{s:b, s:s, s:s}", "allowed", false, "why", error->message, "needs",
                         role_name(route->role));
    return json_pack("{s:b}", "allowed", true);
}

/* A yes of this person that was not taken back; `ret_counts`: to the plan as it is, and not too old. */
static bool
has_said_yes(const Request *request, const PlanRow *row, const json_t *approvals, bool *ret_counts)
{
    int64_t ttl_ms = request->server->config->policy.plan_ttl_ms;
    int64_t after_ms = ttl_ms > 0 ? clock_wall_ms() - ttl_ms : INT64_MIN;
    bool has = false;
    *ret_counts = false;
    for (size_t i = 0; i < json_array_size(approvals); i++) {
        const json_t *yes = json_array_get(approvals, i);
        if (json_object_get(yes, "withdrawn_at_ms") != NULL ||
            strcmp(json_get_string(yes, "actor", ""), request->who.name) != 0)
            continue;
        has = true;
        *ret_counts |= g_strcmp0(json_get_string(yes, "digest", NULL), row->digest) == 0 &&
                       json_get_int(yes, "at_ms", 0) > after_ms;
    }
    return has;
}

static void
refuse(json_t *answer, const char *action, const char *why)
{
    if (json_get_bool(json_object_get(answer, action), "allowed", false))
        json_object_set_new(answer, action, json_pack("{s:b, s:s}", "allowed", false, "why", why));
}

/* What a role and a state allow, and this person may not: an author's yes, a second yes, no yes to take back. */
static void
refuse_by_approvals(const Request *request, const PlanRow *row, const json_t *approvals,
                    json_t *answer)
{
    g_autoptr(GError) error = NULL;
    const Approval yes = {
        .actor = request->who.name,
        .is_approver = identity_has(&request->who, ROLE_APPROVER),
        .author = row->author,
    };
    const Config *config = request->server->config;
    bool counts = false;
    if (!has_said_yes(request, row, approvals, &counts))
        refuse(answer, "withdraw", "you have not said yes to it");
    if (counts)
        refuse(answer, "approve", "you have said yes to it already: it waits for others");
    else if (!review_is_eligible(&config->policy, config->roles, &yes, &error))
        refuse(answer, "approve", error->message);
    if (g_strcmp0(row->mixed_by, request->who.name) == 0)
        refuse(answer, "accept_mixed", "you have said so already: a second person has to");
}

json_t *
plan_allowed_actions(const Request *request, const PlanRow *row, const json_t *approvals)
{
    bool window_open = row->window_until_ms == 0 || row->window_until_ms > clock_wall_ms();
    bool kept_long_enough = row->keep_until_ms <= clock_wall_ms();
    g_autoptr(json_t) by_state = plan_allowed(row->state, row->has_effects, row->is_held,
                                              window_open, kept_long_enough, row->has_retire);
    json_t *answer = json_object();
    const char *action = NULL;
    json_t *value = NULL;
    json_object_foreach(by_state, action, value)
    {
        const Route *route = route_of_action(action);
        if (route != NULL)
            json_object_set_new(answer, action, allowed_entry(request, route, value));
    }
    /* A new plan leaves this one as it is, whatever it is: no table has it. */
    json_object_set_new(answer, "plan",
                        allowed_entry(request, route_of_action("plan"), json_true()));
    refuse_by_approvals(request, row, approvals, answer);
    return answer;
}
