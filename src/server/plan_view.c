/*
 * plan_view.c - a migration as a screen needs it: state and reason, what would move it and who may, steps with counts and
 * progress, quarantine, approvals, and what the one who asks may do.
 */
#include "base/clock.h"
#include "review/review.h"
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

/* ----- steps ----- */

static const char step_sql[] = "SELECT ordinal, name, action, text, reverse_text FROM step WHERE "
                               "plan = :plan ORDER BY ordinal";

/* A step that was split shows its children's progress, not that of the task that stands for it. */
static const char task_sql[] =
    "SELECT step, phase, status, count(*), sum(coalesce(json_extract(progress, '$.done'), 0)), "
    "sum(coalesce(json_extract(progress, '$.total'), 0)), "
    "sum(CASE WHEN status = 'leased' THEN coalesce(json_extract(progress, '$.rate'), 0) ELSE 0 "
    "END), "
    "max(json_extract(progress, '$.unit')), key <> '', max(error), min(CASE WHEN started_ms > 0 "
    "THEN started_ms END), "
    "max(ended_ms), sum(weight), sum(CASE WHEN status = 'done' THEN weight ELSE 0 END), "
    "max(CASE WHEN status = 'leased' AND key = '' THEN json_extract(progress, '$.note') END), "
    "sum(CASE status WHEN 'done' THEN coalesce(json_extract(evidence, '$.bytes'), 0) ELSE "
    "coalesce(json_extract(progress, '$.bytes'), 0) END), "
    "max(CASE WHEN status = 'leased' THEN json_extract(progress, '$.slowed') "
    "WHEN status = 'waiting' AND reason LIKE 'slowed: %' THEN substr(reason, 9) END) "
    "FROM task WHERE plan = :plan AND step <> '' GROUP BY step, key <> '', phase, status ORDER BY "
    "step, key <> ''";

static json_t *
step_json(Stmt *stmt)
{
    const char *reverse = stmt_col_text(stmt, 4);
    json_t *step = json_object();
    json_set_string(step, "name", stmt_col_text(stmt, 1));
    json_set_string(step, "action", stmt_col_text(stmt, 2));
    json_set_string(step, "text", stmt_col_text(stmt, 3));
    if (reverse != NULL && *reverse != '\0')
        json_set_string(step, "reverse_text", reverse);
    json_object_set_new(step, "tasks", json_object());
    json_object_set_new(step, "progress",
                        json_pack("{s:i, s:i, s:i}", "done", 0, "total", 0, "rate", 0));
    const ActionInfo *action = action_info_by_name(stmt_col_text(stmt, 2));
    if (action != NULL && action->unit != NULL)
        json_set_string(json_object_get(step, "progress"), "unit", action->unit);
    json_set_string(step, "phase", "forward");
    return step;
}

static json_t *
step_by_name(const json_t *steps, const char *name)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        json_t *step = json_array_get(steps, i);
        if (strcmp(json_get_string(step, "name", ""), name) == 0)
            return step;
    }
    return NULL;
}

static void
object_add(json_t *object, const char *key, int64_t by)
{
    json_set_int(object, key, json_get_int(object, key, 0) + by);
}

static void
step_add_tasks(json_t *step, Stmt *stmt)
{
    json_t *progress = json_object_get(step, "progress");
    const char *text = stmt_col_text(stmt, 9);

    bool is_child = stmt_col_int(stmt, 8) != 0;
    if (is_child && !json_get_bool(step, "split", false)) {
        json_set_bool(step, "split", true);
        json_set_int(progress, "done", 0);
        json_set_int(progress, "total", 0);
        json_set_int(progress, "rate", 0);
        json_object_del(progress, "bytes");
    }
    json_set_string(step, "phase", stmt_col_text(stmt, 1));
    object_add(json_object_get(step, "tasks"), stmt_col_text(stmt, 2), stmt_col_int(stmt, 3));
    /* A child's weight is its rows: known before it begins, and exact once it is done. */
    object_add(progress, "done",
               is_child ? MAX(stmt_col_int(stmt, 13), stmt_col_int(stmt, 4))
                        : stmt_col_int(stmt, 4));
    object_add(progress, "total", is_child ? stmt_col_int(stmt, 12) : stmt_col_int(stmt, 5));
    object_add(progress, "rate", stmt_col_int(stmt, 6));
    if (strcmp(stmt_col_text(stmt, 1), "forward") == 0 && stmt_col_int(stmt, 15) > 0)
        object_add(progress, "bytes", stmt_col_int(stmt, 15));
    if (!stmt_col_is_null(stmt, 16))
        json_set_string(progress, "slowed", stmt_col_text(stmt, 16));
    const char *unit = stmt_col_text(stmt, 7);
    if (unit != NULL && *unit != '\0')
        json_set_string(progress, "unit", unit);
    if (!stmt_col_is_null(stmt, 14)) /* what the step as a whole is at; its parts only have names */
        json_set_string(progress, "note", stmt_col_text(stmt, 14));
    if (text != NULL && strcmp(stmt_col_text(stmt, 2), "done") != 0)
        json_set_string(step, "error", text);
    if (!stmt_col_is_null(stmt, 10)) {
        int64_t started = json_get_int(step, "started_at_ms", INT64_MAX);
        json_set_int(step, "started_at_ms", MIN(started, stmt_col_int(stmt, 10)));
    }
    if (stmt_col_int(stmt, 11) > json_get_int(step, "ended_at_ms", 0))
        json_set_int(step, "ended_at_ms", stmt_col_int(stmt, 11));
}

static int64_t
count_of(const json_t *step, const char *status)
{
    return json_get_int(json_object_get(step, "tasks"), status, 0);
}

/* The state of a step is that of its most important task. */
static const char *
step_status(const json_t *step)
{
    static const char *const order[] = {"failed",       "unknown", "leased",     "retry_wait",
                                        "waiting",      "ready",   "blocked",    "done",
                                        "irreversible", "skipped", "not_applied"};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (count_of(step, order[i]) > 0)
            return order[i];
    }
    return "blocked";
}

/* As workers say; where their parts are over before they say anything, on the average since the beginning. */
static int64_t
step_rate(const json_t *step, const char *status)
{
    const json_t *progress = json_object_get(step, "progress");
    int64_t rate = json_get_int(progress, "rate", 0), done = json_get_int(progress, "done", 0);
    int64_t gone_ms = clock_wall_ms() - json_get_int(step, "started_at_ms", INT64_MAX);
    bool runs = strcmp(status, "leased") == 0 || strcmp(status, "waiting") == 0;
    return rate == 0 && runs && gone_ms > 0 ? done * 1000 / gone_ms : rate;
}

/* Rows of one dataset are alike. */
static void
step_byte_rate(json_t *progress, int64_t rate)
{
    int64_t bytes = json_get_int(progress, "bytes", 0), done = json_get_int(progress, "done", 0);
    if (bytes > 0 && done > 0 && rate > 0)
        json_set_int(progress, "byte_rate",
                     (int64_t) ((double) bytes / (double) done * (double) rate));
}

static void
step_finish(json_t *step)
{
    json_t *progress = json_object_get(step, "progress");
    int64_t left = json_get_int(progress, "total", 0) - json_get_int(progress, "done", 0);
    const char *status = step_status(step);
    int64_t rate = step_rate(step, status);
    bool is_reverse = strcmp(json_get_string(step, "phase", ""), "reverse") == 0;

    json_set_string(step, "status",
                    is_reverse && strcmp(status, "done") == 0 ? "reversed" : status);
    json_set_int(progress, "rate", rate);
    step_byte_rate(progress, rate);
    if (rate > 0 && left > 0)
        json_set_int(progress, "eta_ms", left * 1000 / rate);
    if (strcmp(status, "done") != 0)
        json_object_del(step, "ended_at_ms");
}

static bool
steps_read(Db *db, const char *plan, json_t **ret, GError **error)
{
    g_autoptr(json_t) steps = json_array();
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db, step_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        json_array_append_new(steps, step_json(stmt));
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    if (!db_prepare(db, task_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        json_t *step = step_by_name(steps, stmt_col_text(stmt, 0));
        if (step != NULL)
            step_add_tasks(step, stmt);
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    for (size_t i = 0; i < json_array_size(steps); i++)
        step_finish(json_array_get(steps, i));
    *ret = g_steal_pointer(&steps);
    return true;
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

/* Rows put aside: workers say so in their evidence and progress. */
static bool
quarantine_read(Db *db, const char *plan, json_t **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db,
                    "SELECT coalesce(sum(coalesce(json_extract(evidence, '$.rejected'), 0)), 0), "
                    "sum(coalesce(json_extract(evidence, '$.rejected'), 0) > 0) FROM task "
                    "WHERE plan = :plan AND key <> '' AND phase = 'forward' AND action IN "
                    "('transform', 'copy')",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret = json_pack("{s:I, s:I}", "rows", (json_int_t) stmt_col_int(stmt, 0), "tasks",
                     (json_int_t) stmt_col_int(stmt, 1));
    stmt_reset(stmt);
    return true;
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

bool
plan_view(Request *request, const PlanRow *row, json_t **ret, GError **error)
{
    const Config *config = request->server->config;
    g_autoptr(json_t) approvals = NULL;
    g_autoptr(json_t) steps = NULL;
    g_autoptr(json_t) quarantine = NULL;
    g_autoptr(json_t) look = NULL;
    int64_t seq = 0;
    Db *db = NULL;

    if (!request_reader(request, &db, error) || !review_list(db, row->id, &approvals, error) ||
        !steps_read(db, row->id, &steps, error) || !look_read(db, row, &look, error) ||
        !quarantine_read(db, row->id, &quarantine, error) || !ledger_last(db, &seq, error))
        return false;

    json_t *view = plan_row_json(row);
    json_object_set_new(view, "next", next_json(request, row));
    json_object_set(view, "steps", steps);
    if (look != NULL)
        json_object_set(view, "look", look);
    json_object_set(view, "quarantine", quarantine);
    json_object_set(view, "approvals", approvals);
    json_object_set_new(view, "quorum", quorum_json(row, &config->policy, approvals));
    json_object_set_new(view, "allowed_actions", plan_allowed_actions(request, row));
    if (row->throttle != NULL)
        json_object_set_new(view, "throttle", json_loads(row->throttle, 0, NULL));
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
