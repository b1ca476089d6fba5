/*
 * plan_view.c - a migration as a screen needs it: state and reason, what would move it and who may, steps with counts and
 * progress, quarantine, approvals, and what the one who asks may do.
 */
#include "base/clock.h"
#include "review/review.h"
#include "server/plan_steps.h"
#include "server/plans.h"
#include "store/ledger.h"

#include <string.h>

/* ----- what would move it ----- */

typedef struct {
    PlanState state;
    Role role; /* who moves it; ROLE_WORKER: nobody needs to */
    const char *text;
} Moves;

static const Moves moves[] = {
    {PLAN_DRAFT, ROLE_WORKER,
     "a worker makes the plan; if it failed, mend what it names and plan again"},
    {PLAN_PLANNED, ROLE_APPROVER, "waits until somebody approves the digest, or rejects it"},
    {PLAN_APPROVED, ROLE_OPERATOR, "waits until somebody starts it"},
    {PLAN_PREFLIGHT, ROLE_WORKER, "a worker looks for drift, then it runs"},
    {PLAN_RUNNING, ROLE_WORKER, "workers do the steps"},
    {PLAN_PAUSED, ROLE_OPERATOR, "waits until somebody resumes it, or rolls it back"},
    {PLAN_HALTED, ROLE_OPERATOR, "waits until somebody resumes it with a reason, or rolls it back"},
    {PLAN_SOAKING, ROLE_WORKER, "the soak time must pass"},
    {PLAN_ROLLING_BACK, ROLE_WORKER, "workers put things back"},
    {PLAN_NEEDS_OPERATOR, ROLE_OPERATOR,
     "waits until somebody rolls it back once more, says what is done, or accepts the mixed state"},
    {PLAN_RETIRING, ROLE_WORKER,
     "a worker drops the old dataset; if it failed, mend what it names and retry"},
    {PLAN_STALE, ROLE_AUTHOR, "is over: plan it again"},
    {PLAN_REJECTED, ROLE_AUTHOR, "is over: plan it again"},
    {PLAN_EXPIRED, ROLE_AUTHOR, "is over: plan it again"},
};

/* Success is not one state for people: the way back is open, is being closed, or is closed. */
static const struct {
    const char *wake_event;
    Moves moves;
} after_success[] = {
    {"window", {PLAN_SUCCEEDED, ROLE_OPERATOR, "is done; it can be rolled back for now"}},
    {"settle",
     {PLAN_SUCCEEDED, ROLE_WORKER,
      "a worker clears away what the way back needed; if it failed, mend what it names and retry"}},
    {"retire",
     {PLAN_SUCCEEDED, ROLE_APPROVER, "is done; waits until somebody retires the old dataset"}},
};

static const Moves *
moves_of(const PlanRow *row)
{
    for (size_t i = 0; row->state == PLAN_SUCCEEDED && i < G_N_ELEMENTS(after_success); i++)
        if (g_strcmp0(after_success[i].wake_event, row->wake_event) == 0)
            return &after_success[i].moves;
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++)
        if (moves[i].state == row->state)
            return &moves[i];
    return NULL;
}

static json_t *
next_json(const Request *request, const PlanRow *row)
{
    const Moves *found = moves_of(row);
    if (found == NULL)
        return json_null();
    json_t *next = identity_next(request->server->config->roles, found->text, found->role);
    json_set_string(next, "event", row->wake_event);
    return next;
}

/* ----- the rest ----- */

/* While a plan is made, or drift is looked for, how far the one who looks is; no step stands for that. */
static bool
look_read(Db *db, const PlanRow *row, json_t **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    *ret = NULL;
    if (row->state != PLAN_DRAFT && row->state != PLAN_PREFLIGHT)
        return true;
    if (!db_prepare(db,
                    "SELECT progress FROM task WHERE plan = :plan AND step = '' AND status = "
                    "'leased' AND progress IS NOT NULL LIMIT 1",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", row->id);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    const char *text = is_row ? stmt_col_text(stmt, 0) : NULL;
    bool ok = text == NULL || json_parse(text, strlen(text), "progress", ret, error);
    stmt_reset(stmt);
    return ok;
}

static json_t *
quorum_json(const PlanRow *row, const PolicyConfig *policy, const json_t *approvals)
{
    int64_t given = 0;
    for (size_t i = 0; i < json_array_size(approvals); i++) {
        const json_t *approval = json_array_get(approvals, i);
        given += row->digest != NULL &&
                 strcmp(json_get_string(approval, "digest", ""), row->digest) == 0 &&
                 json_object_get(approval, "withdrawn_at_ms") == NULL;
    }
    return json_pack("{s:i, s:I, s:b}", "needed", MAX(policy->quorum, 1), "given",
                     (json_int_t) given, "self_approval", policy->self_approval);
}

/* plan.diagnostics holds findings of planning, differences of drift, or what is mixed about a mixed
 * state. */
static void
diagnostics_set(json_t *view, const PlanRow *row)
{
    g_autoptr(json_t) found = NULL;
    if (row->diagnostics == NULL ||
        !json_parse(row->diagnostics, strlen(row->diagnostics), "diagnostics", &found, NULL))
        return;
    const json_t *first = json_array_get(found, 0);
    const char *name = "diagnostics";
    if (json_is_string(first))
        name = "differences";
    else if (row->state == PLAN_CLOSED_MIXED)
        name = "mixed";
    json_object_set(view, name, found);
}

#define LEFT_SHOWN_MAX 100 /* the list of consumers has all */

static bool
has_failed_tasks(const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (json_get_int(json_object_get(json_array_get(steps, i), "tasks"), "failed", 0) > 0)
            return true;
    return false;
}

/* Of whom something failed, and the plan goes on, or stopped at one too many. Only where `steps` count one that failed, for all tasks are
 * looked through. */
static bool
left_read(Db *db, const PlanRow *row, const json_t *steps, json_t **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    g_autoptr(json_t) left = json_array();
    if (!has_failed_tasks(steps)) {
        *ret = g_steal_pointer(&left);
        return true;
    }
    if (!db_prepare(db,
                    "SELECT DISTINCT spare FROM task WHERE plan = :plan AND phase = 'forward' AND "
                    "status = 'failed' AND spare IS NOT NULL ORDER BY spare LIMIT :limit",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", row->id);
    stmt_int(stmt, ":limit", LEFT_SHOWN_MAX);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row) {
            stmt_reset(stmt);
            *ret = g_steal_pointer(&left);
            return true;
        }
        json_array_append_new(left, json_string(stmt_col_text(stmt, 0)));
    }
    return false;
}

/* Of a plan that was given up before it ran, no step comes later. */
static void
never_begin(json_t *steps)
{
    json_t *step;
    size_t i;
    json_array_foreach(steps, i, step)
    {
        if (strcmp(json_get_string(step, "status", ""), "blocked") == 0)
            json_set_string(step, "status", "not_applied");
    }
}

bool
plan_view(Request *request, const PlanRow *row, json_t **ret, GError **error)
{
    const Config *config = request->server->config;
    g_autoptr(json_t) approvals = NULL;
    g_autoptr(json_t) steps = NULL;
    g_autoptr(json_t) quarantine = NULL;
    g_autoptr(json_t) look = NULL;
    g_autoptr(json_t) left = NULL;
    g_autoptr(json_t) throttle = row->throttle != NULL ? json_loads(row->throttle, 0, NULL) : NULL;
    int64_t seq = 0;
    Db *db = NULL;

    if (!request_reader(request, &db, error) || !review_list(db, row->id, &approvals, error) ||
        !plan_steps_read(request->server->sums, db, row->id, throttle, &steps, &quarantine,
                         error) ||
        !left_read(db, row, steps, &left, error) || !look_read(db, row, &look, error) ||
        !ledger_last(db, &seq, error))
        return false;

    if (plan_state_is_terminal(row->state))
        never_begin(steps);
    json_t *view = plan_row_json(row);
    json_object_set_new(view, "next", next_json(request, row));
    json_object_set(view, "steps", steps);
    if (look != NULL)
        json_object_set(view, "look", look);
    json_object_set(view, "quarantine", quarantine);
    json_object_set(view, "approvals", approvals);
    json_object_set_new(view, "quorum", quorum_json(row, &config->policy, approvals));
    json_object_set_new(view, "allowed_actions", plan_allowed_actions(request, row, approvals));
    if (throttle != NULL)
        json_object_set(view, "throttle", throttle);
    if (row->pace != NULL)
        json_object_set_new(view, "pace", json_loads(row->pace, 0, NULL));
    if (json_array_size(left) > 0)
        json_object_set(view, "left", left);
    if (row->expires_ms > 0)
        json_set_int(view, "expires_at_ms", row->expires_ms);
    if (row->soak_until_ms > 0)
        json_set_int(view, "soak_until_ms", row->soak_until_ms);
    if (row->keep_until_ms > 0 && row->has_retire)
        json_set_int(view, "keep_until_ms", row->keep_until_ms);
    if (row->window_until_ms > 0)
        json_set_int(view, "window_until_ms", row->window_until_ms);
    json_set_string(view, "mixed_by", row->mixed_by);
    json_set_int(view, "seq", seq);
    diagnostics_set(view, row);
    *ret = view;
    return true;
}
