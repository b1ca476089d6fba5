/*
 * plan_report.c - what the plan expected beside what happened: rows, bytes, time, and how long each step took.
 *
 * Both sides come from elsewhere: the forecast from what was observed when the plan was made, the outcome from the evidence
 * of the step that moved the rows, and from when the steps began and ended.
 */
#include "base/text.h"
#include "server/handlers.h"
#include "server/plans.h"

#include <string.h>

/* What has moved the rows, once it is done, and what has compared them. */
static const char filled[] =
    "SELECT evidence FROM task WHERE plan = :plan AND key = '' AND action IN ('transform', 'copy') "
    "AND evidence IS NOT NULL AND ended_ms > 0 ORDER BY n LIMIT 1";
static const char compared[] =
    "SELECT evidence FROM task WHERE plan = :plan AND key = '' AND action = 'compare' AND evidence "
    "IS NOT NULL ORDER BY n DESC LIMIT 1";

static bool
evidence_read(Db *db, const char *sql, const char *plan, json_t **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    *ret = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    const char *text = is_row ? stmt_col_text(stmt, 0) : NULL;
    bool ok = text == NULL || json_parse(text, strlen(text), "evidence", ret, error);
    stmt_reset(stmt);
    return ok;
}

/* Was the campaign, if there is one, throttled while rows moved: was it when they began, was it changed meanwhile, or is it since they began? A
 * step that is taken back ends once more; so its end is when the next one began. */
static const char throttled_with_campaign[] =
    "WITH moved AS (SELECT m.campaign AS id, min(t.started_ms) AS began, (SELECT min(n.started_ms) "
    "FROM task n WHERE n.plan = m.plan AND n.action = 'compare' AND n.started_ms > 0) AS ended "
    "FROM campaign_member m JOIN task t ON t.plan = m.plan WHERE m.plan = :plan AND t.action IN "
    "('transform', 'copy') GROUP BY m.campaign), change AS (SELECT e.* FROM event e JOIN moved ON "
    "e.plan = moved.id WHERE e.type = 'campaign.throttle') SELECT 1 FROM moved JOIN campaign c "
    "USING (id) WHERE EXISTS (SELECT 1 FROM change WHERE at_ms BETWEEN began AND coalesce(ended, "
    "at_ms)) OR (c.throttle IS NOT NULL AND NOT EXISTS (SELECT 1 FROM change WHERE at_ms > began)) "
    "OR (SELECT coalesce(data ->> '$.throttle', '{}') FROM change WHERE at_ms < began ORDER BY seq "
    "DESC LIMIT 1) <> '{}'";

static bool
is_found(Db *db, const char *sql, const char *plan, bool *ret, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    bool ok = stmt_step(stmt, ret, error);
    stmt_reset(stmt);
    return ok;
}

/* Did a limit hold rows back, whoever set it, also if it was taken off since? */
static bool
throttled_read(Db *db, const PlanRow *row, bool *ret, GError **error)
{
    static const char *const signs[] = {
        "SELECT 1 FROM event WHERE plan = :plan AND type = 'plan.throttle' LIMIT 1",
        throttled_with_campaign};
    *ret = row->throttle != NULL;
    for (size_t i = 0; !*ret && i < G_N_ELEMENTS(signs); i++)
        if (!is_found(db, signs[i], row->id, ret, error))
            return false;
    return true;
}

/* What no forecast of time knows, beside a throttle. */
static bool
trouble_read(Db *db, const char *plan, json_t *outcome, GError **error)
{
    static const struct {
        const char *name, *sql;
    } sums[] = {
        {"stood_ms",
         "WITH state AS (SELECT at_ms, to_state, lead(at_ms) OVER (ORDER BY seq) AS until_ms FROM "
         "event WHERE plan = :plan AND type = 'plan.state') SELECT sum(until_ms - at_ms) FROM "
         "state WHERE to_state IN ('halted', 'paused')"},
        {"tried_again", "SELECT count(*) FROM event WHERE plan = :plan AND type = 'task.status' "
                        "AND to_state = 'retry_wait'"},
        {"tried_again_at_ms", "SELECT max(at_ms) FROM event WHERE plan = :plan AND type = "
                              "'task.status' AND to_state = 'retry_wait'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        Stmt *stmt = NULL;
        bool is_row = false;
        if (!db_prepare(db, sums[i].sql, &stmt, error))
            return false;
        stmt_text(stmt, ":plan", plan);
        if (!stmt_step(stmt, &is_row, error))
            return false;
        int64_t sum = is_row ? stmt_col_int(stmt, 0) : 0;
        stmt_reset(stmt);
        if (sum > 0)
            json_set_int(outcome, sums[i].name, sum);
    }
    return true;
}

/* Steps whose time depends on rows; how long people's code and services take is no part of the forecast. */
static bool
is_of_rows(const char *action)
{
    static const char *const of_rows[] = {"validate", "freeze",  "watch", "stage", "transform",
                                          "copy",     "compare", "swap",  NULL};
    return g_strv_contains(of_rows, action);
}

static json_t *
steps_json(const json_t *steps, int64_t *ret_rows_ms)
{
    json_t *list = json_array(), *step;
    size_t i;
    *ret_rows_ms = 0;
    json_array_foreach((json_t *) steps, i, step)
    {
        const char *action = json_get_string(step, "action", "");
        int64_t began = json_get_int(step, "started_at_ms", 0);
        int64_t ended = json_get_int(step, "ended_at_ms", 0);
        json_t *told =
            json_pack("{s:O, s:O, s:O}", "name", json_object_get(step, "name"), "action",
                      json_object_get(step, "action"), "status", json_object_get(step, "status"));
        bool is_forward = strcmp(json_get_string(step, "phase", ""), "forward") == 0;
        if (is_forward && began > 0 && ended >= began) {
            json_set_int(told, "ms", ended - began);
            *ret_rows_ms += is_of_rows(action) ? ended - began : 0;
        }
        json_array_append_new(list, told);
    }
    return list;
}

/* Where writers went on, the last of their rows came in behind the step that fills. */
static void
count_the_last(json_t *outcome, const json_t *seen)
{
    if (json_object_get(outcome, "followed") == NULL ||
        json_object_get(seen, "rows_target") == NULL)
        return;
    json_object_set(outcome, "rows_out", json_object_get(seen, "rows_target"));
    json_set_string(outcome, "hash", json_get_string(seen, "hash", ""));
}

static json_t *
outcome_json(const json_t *evidence, bool is_throttled, int64_t rows_ms)
{
    static const char *const members[] = {"rows_out", "rejected", "bytes",
                                          "ranges",   "hash",     "followed"};
    if (evidence == NULL)
        return json_null();
    json_t *outcome = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (json_object_get(evidence, members[i]) != NULL)
            json_object_set(outcome, members[i], json_object_get(evidence, members[i]));
    if (rows_ms > 0)
        json_set_int(outcome, "ms", rows_ms);
    if (is_throttled)
        json_set_bool(outcome, "throttled", true);
    return outcome;
}

static json_t *
forecast_json(const json_t *observations)
{
    json_t *forecast = json_object_get(observations, "forecast");
    if (forecast == NULL)
        return json_null();
    json_t *told = json_copy(forecast);
    json_t *took = json_object_get(observations, "estimate_ms");
    if (took != NULL)
        json_object_set(told, "estimate_ms", took);
    return told;
}

bool
handle_report_get(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) view = NULL, evidence = NULL, seen = NULL, observations = NULL;
    int64_t rows_ms;
    bool is_throttled = false;
    Db *db = NULL;

    if (!plan_row_find(request, request->params[0], &row, error) ||
        !plan_view(request, &row, &view, error) || !request_reader(request, &db, error) ||
        !evidence_read(db, filled, row.id, &evidence, error) ||
        !evidence_read(db, compared, row.id, &seen, error) ||
        !throttled_read(db, &row, &is_throttled, error))
        return false;
    if (row.observations != NULL &&
        !blobs_get_json(request->server->blobs, row.observations, &observations, error))
        return false;
    json_t *report = plan_row_json(&row);
    json_object_set_new(report, "steps", steps_json(json_object_get(view, "steps"), &rows_ms));
    json_object_set(report, "approvals", json_object_get(view, "approvals"));
    json_object_set_new(report, "forecast", forecast_json(observations));
    json_t *outcome = outcome_json(evidence, is_throttled, rows_ms);
    json_object_set_new(report, "outcome", outcome);
    count_the_last(outcome, seen);
    if (json_is_object(outcome) && !trouble_read(db, row.id, outcome, error)) {
        json_decref(report);
        return false;
    }
    return request_answer(request, report);
}
