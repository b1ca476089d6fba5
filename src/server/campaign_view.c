/* campaign_view.c - a campaign as a screen needs it: how many are where, who waits for what, what failed, how long it takes. */
#include "base/clock.h"
#include "review/review.h"
#include "server/campaigns.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/routes.h"
#include "store/ledger.h"

#include <string.h>

#define SHOWN_MAX 20 /* of each list; all of them are in /members */

typedef struct {
    json_t *states, *trouble, *moving;
    int64_t total, moved, effective, trouble_count, moving_count, approved, planning;
} Seen;

static bool
is_one_of(const char *state, const char *const *states)
{
    return g_strv_contains(states, state);
}

static json_t *
member_json(const MemberSeen *member)
{
    json_t *json = json_object();
    json_set_string(json, "migration", member->migration);
    json_set_string(json, "owner", member->owner);
    json_set_string(json, "plan", member->plan);
    json_set_string(json, "state", member->state);
    json_set_string(json, "reason", member->reason);
    if (member->plan != NULL)
        json_set_int(json, "since_ms", member->since_ms);
    if (member->start_n > 0)
        json_set_int(json, "start_n", member->start_n);
    json_set_bool(json, "excused", member->is_excused);
    return json;
}

/* What a person has to look at, and what workers are at. */
static bool
see_member(const MemberSeen *member, void *data, GError **error)
{
    static const char *const troubled[] = {"halted", "needs_operator", "stale",        "expired",
                                           "paused", "rejected",       "closed_mixed", NULL};
    static const char *const at_it[] = {"preflight",    "running",  "soaking",
                                        "rolling_back", "retiring", NULL};
    static const char *const done[] = {"succeeded", "retiring", "closed", NULL};
    static const char *const back[] = {"rolled_back", "closed_mixed", NULL};
    (void) error; /* to look cannot fail */
    Seen *seen = data;
    bool failed_draft =
        strcmp(member->state, "draft") == 0 && g_strcmp0(member->wake_event, "operator") == 0;

    seen->total++;
    json_set_int(seen->states, member->state, json_get_int(seen->states, member->state, 0) + 1);
    seen->moved += is_one_of(member->state, done);
    seen->approved += strcmp(member->state, "approved") == 0;
    seen->planning += strcmp(member->state, "draft") == 0 && !failed_draft;
    seen->effective += member->has_effects && !is_one_of(member->state, back);
    if (failed_draft || is_one_of(member->state, troubled)) {
        if (seen->trouble_count++ < SHOWN_MAX)
            json_array_append_new(seen->trouble, member_json(member));
    } else if (is_one_of(member->state, at_it) && seen->moving_count++ < SHOWN_MAX) {
        json_array_append_new(seen->moving, member_json(member));
    }
    return true;
}

/* ----- what would move it ----- */

static const struct {
    CampaignState state;
    Role role; /* ROLE_WORKER: nobody needs to */
    const char *text;
} moves[] = {
    {CAMPAIGN_REVIEW, ROLE_APPROVER, "waits until its plans are approved, and somebody starts it"},
    {CAMPAIGN_RUNNING, ROLE_WORKER, "starts its migrations wave by wave, as there are places"},
    {CAMPAIGN_PAUSED, ROLE_OPERATOR, "waits until somebody resumes it, or rolls it back"},
    {CAMPAIGN_HALTED, ROLE_OPERATOR,
     "waits until somebody resumes it with a reason (what failed is left to people then), or rolls "
     "it back"},
    {CAMPAIGN_SUCCEEDED, ROLE_OPERATOR,
     "is done; what has its rollback window open can be rolled back"},
    {CAMPAIGN_ROLLING_BACK, ROLE_WORKER, "is put back by workers, the last first"},
    {CAMPAIGN_NEEDS_OPERATOR, ROLE_OPERATOR,
     "waits until somebody mends what is named, or rolls it back once more"},
};

/* In review, with nothing left to say yes to. */
static bool
is_approved(const CampaignRow *row, const Seen *seen)
{
    return row->state == CAMPAIGN_REVIEW && seen->approved > 0 && seen->planning == 0 &&
           json_get_int(seen->states, "planned", 0) == 0;
}

static json_t *
next_json(const Request *request, const CampaignRow *row, const Seen *seen)
{
    if (is_approved(row, seen))
        return identity_next(request->server->config->roles, "waits until somebody starts it",
                             ROLE_OPERATOR);
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (moves[i].state != row->state)
            continue;
        json_t *next = identity_next(request->server->config->roles, moves[i].text, moves[i].role);
        json_set_string(next, "event", row->wake_event);
        return next;
    }
    return json_null();
}

static const Route *
route_of(const char *verb)
{
    g_autofree char *path = g_strdup_printf("/campaigns/{id}/%s", verb);
    for (size_t i = 0; route_at(i) != NULL; i++)
        if (strcmp(route_at(i)->path, path) == 0 && strcmp(route_at(i)->method, "POST") == 0)
            return route_at(i);
    return NULL;
}

/* A yes moves its plans and not the campaign, so no table has it: one may as long as plans wait for one. NULL, or why not. */
static char *
yes_refusal(const Request *request, const CampaignRow *row, const Seen *seen)
{
    const Config *config = request->server->config;
    const Approval yes = {
        .actor = request->who.name,
        .is_approver = identity_has(&request->who, ROLE_APPROVER),
        .author = row->author,
    };
    g_autoptr(GError) error = NULL;
    if (json_get_int(seen->states, "planned", 0) == 0)
        return g_strdup("none of its plans waits for a yes");
    return review_is_eligible(&config->policy, config->roles, &yes, &error)
               ? NULL
               : g_strdup(error->message);
}

static json_t *
allowed_json(const Request *request, const CampaignRow *row, const Seen *seen)
{
    CampaignFacts facts = {.has_effects = seen->effective > 0, .has_approved = seen->approved > 0};
    g_autoptr(json_t) by_state = campaign_allowed(row->state, &facts);
    json_t *answer = json_object(), *value;
    const char *verb;
    json_object_foreach(by_state, verb, value)
    {
        const Route *route = route_of(verb);
        g_autoptr(GError) error = NULL;
        json_t *entry = json_object();
        bool may = json_is_true(value);
        if (may && !identity_need(&request->who, route->role, route_deed(route),
                                  request->server->config->roles, &error))
            may = false;
        json_set_bool(entry, "allowed", may);
        if (!may)
            json_set_string(entry, "why",
                            error != NULL ? error->message : json_string_value(value));
        json_object_set_new(answer, verb, entry);
    }
    g_autofree char *refusal = yes_refusal(request, row, seen);
    json_object_set_new(answer, "approve",
                        refusal != NULL ? json_pack("{s:b, s:s}", "allowed", false, "why", refusal)
                                        : json_pack("{s:b}", "allowed", true));
    return answer;
}

/* ----- the whole ----- */

/* As fast as it went so far. */
static json_t *
progress_json(const CampaignRow *row, const Seen *seen)
{
    int64_t gone_ms = row->started_ms > 0 ? clock_wall_ms() - row->started_ms : 0;
    int64_t left = seen->total - seen->moved;
    json_t *progress = json_pack("{s:I, s:I}", "done", (json_int_t) seen->moved, "total",
                                 (json_int_t) seen->total);
    if (row->state == CAMPAIGN_RUNNING && seen->moved > 0 && left > 0)
        json_set_int(progress, "eta_ms", gone_ms * left / seen->moved);
    return progress;
}

static json_t *
wave_json(const CampaignRow *row)
{
    g_autoptr(json_t) quotas = json_loads(row->waves, 0, NULL);
    json_t *wave = json_pack("{s:I, s:I}", "now", (json_int_t) row->wave + 1, "of",
                             (json_int_t) json_array_size(quotas) + 1);
    const json_t *quota = json_array_get(quotas, (size_t) row->wave);
    if (quota != NULL)
        json_set_int(wave, "until", json_integer_value(quota));
    return wave;
}

static json_t *
view_json(const Request *request, const CampaignRow *row, const Seen *seen, int64_t seq)
{
    json_t *view = campaign_row_json(row);
    json_t *waits = row->waits == NULL ? NULL : json_loads(row->waits, 0, NULL);
    json_object_set(view, "states", seen->states);
    json_object_set_new(view, "progress", progress_json(row, seen));
    json_set_int(view, "started", row->started);
    json_object_set_new(view, "wave", wave_json(row));
    json_set_int(view, "failures_allowed", row->failures_allowed);
    if (row->throttle != NULL)
        json_object_set_new(view, "throttle", json_loads(row->throttle, 0, NULL));
    json_object_set_new(view, "waits", waits != NULL ? waits : json_array());
    json_object_set(view, "trouble", seen->trouble);
    json_set_int(view, "trouble_count", seen->trouble_count);
    json_set_int(view, "planning", seen->planning);
    json_object_set(view, "moving", seen->moving);
    json_set_int(view, "moving_count", seen->moving_count);
    json_object_set_new(view, "next", next_json(request, row, seen));
    json_object_set_new(view, "allowed_actions", allowed_json(request, row, seen));
    json_set_int(view, "seq", seq);
    return view;
}

bool
handle_campaign(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    g_autoptr(json_t) states = json_object(), trouble = json_array(), moving = json_array();
    Seen seen = {.states = states, .trouble = trouble, .moving = moving};
    int64_t seq = 0;
    Db *db = NULL;
    return campaign_row_find(request, request->params[0], &row, error) &&
           request_reader(request, &db, error) && ledger_last(db, &seq, error) &&
           campaign_members(db, row.id, see_member, &seen, error) &&
           request_answer(request, view_json(request, &row, &seen, seq));
}

/* ----- all members ----- */

static json_t *
member_row(Stmt *stmt)
{
    MemberSeen member = {.migration = stmt_col_text(stmt, 1),
                         .owner = stmt_col_text(stmt, 2),
                         .plan = stmt_col_text(stmt, 3),
                         .state = stmt_col_text(stmt, 4),
                         .reason = stmt_col_text(stmt, 5),
                         .since_ms = stmt_col_int(stmt, 6),
                         .start_n = stmt_col_int(stmt, 7),
                         .is_excused = stmt_col_int(stmt, 8) != 0};
    return member_json(&member);
}

typedef struct {
    const char *campaign, *states;
} Filter;

static void
filter_bind(Stmt *stmt, const void *data)
{
    const Filter *filter = data;
    g_autofree char *states =
        filter->states != NULL ? g_strdup_printf(",%s,", filter->states) : NULL;
    stmt_text(stmt, ":campaign", filter->campaign);
    stmt_text(stmt, ":states", states);
}

bool
handle_campaign_members(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    if (!campaign_row_find(request, request->params[0], &row, error))
        return false;
    Filter filter = {.campaign = row.id, .states = target_parameter(&request->target, "state")};
    return request_page(
        request,
        "SELECT printf('%016d', m.n), m.migration, m.owner, p.id, coalesce(p.state, 'unplanned'), "
        "p.reason, p.since_ms, m.start_n, m.excused FROM campaign_member AS m LEFT JOIN plan AS p "
        "ON p.id = m.plan WHERE m.campaign = :campaign AND m.n > CAST(:after AS INTEGER) AND "
        "(:states IS NULL OR instr(:states, ',' || coalesce(p.state, 'unplanned') || ',') > 0) "
        "ORDER BY m.n LIMIT :limit",
        filter_bind, &filter, member_row, 0, error);
}
