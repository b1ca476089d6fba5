/* plan_steps.c - see plan_steps.h. */
#include "server/plan_steps.h"

#include "base/clock.h"
#include "model/action_info.h"
#include "model/throttle.h"

#include <string.h>

/* ----- steps ----- */

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

/* A step that was split shows its parts' progress, not that of the task that stands for it. */
static void
step_split(json_t *step)
{
    json_t *progress = json_object_get(step, "progress");
    json_set_bool(step, "split", true);
    json_set_int(progress, "done", 0);
    json_set_int(progress, "total", 0);
    json_set_int(progress, "rate", 0);
    json_object_del(progress, "bytes");
}

static void
step_add_progress(json_t *progress, const TaskSum *sum)
{
    /* A part's weight is its rows: known before it begins, and exact once it is done. */
    object_add(progress, "done", sum->is_part ? MAX(sum->weight_done, sum->done) : sum->done);
    object_add(progress, "total", sum->is_part ? sum->weight : sum->total);
    object_add(progress, "rate", sum->rate);
    if (strcmp(sum->phase, "forward") == 0 && sum->bytes > 0)
        object_add(progress, "bytes", sum->bytes);
    json_set_string(progress, "slowed", sum->slowed);
    if (sum->unit != NULL && *sum->unit != '\0')
        json_set_string(progress, "unit", sum->unit);
    json_set_string(progress, "note",
                    sum->note); /* of the step as a whole; its parts only have names */
}

static void
step_add(json_t *step, const TaskSum *sum)
{
    if (sum->is_part && !json_get_bool(step, "split", false))
        step_split(step);
    /* A step that goes back itself goes back, whatever became of its parts before. */
    bool is_back = strcmp(sum->phase, "reverse") == 0;
    if (!sum->is_part && is_back)
        json_set_bool(step, "goes_back", true);
    if (!sum->is_part || !json_get_bool(step, "goes_back", false))
        json_set_string(step, "phase", sum->phase);
    object_add(json_object_get(step, "tasks"), sum->status, sum->count);
    step_add_progress(json_object_get(step, "progress"), sum);
    json_set_string(step, "waits", sum->waits);
    if (strcmp(sum->status, "done") != 0)
        json_set_string(step, "error", sum->error);
    if (sum->tried > 0)
        json_object_set_new(step, "retry",
                            json_pack("{s:I, s:I, s:I}", "tried", (json_int_t) sum->tried, "left",
                                      (json_int_t) sum->tries_left, "at_ms",
                                      (json_int_t) sum->again_ms));
    if (sum->started_ms > 0) {
        int64_t started = json_get_int(step, "started_at_ms", INT64_MAX);
        json_set_int(step, "started_at_ms", MIN(started, sum->started_ms));
    }
    if (sum->ended_ms > json_get_int(step, "ended_at_ms", 0))
        json_set_int(step, "ended_at_ms", sum->ended_ms);
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

/* Only ranges are throttled. */
static bool
is_throttled(const json_t *step)
{
    const char *action = json_get_string(step, "action", "");
    return strcmp(action, "transform") == 0 || strcmp(action, "copy") == 0;
}

/* As workers say; where their parts are over before they say anything, on the average since the beginning. A
 * worker moves a range at once, and waits afterwards: over some ranges it is no faster than the throttle lets it be. */
static int64_t
step_rate(const json_t *step, const char *status, const json_t *throttle)
{
    const json_t *progress = json_object_get(step, "progress");
    int64_t rate = json_get_int(progress, "rate", 0), done = json_get_int(progress, "done", 0);
    int64_t gone_ms = clock_wall_ms() - json_get_int(step, "started_at_ms", INT64_MAX);
    bool runs = strcmp(status, "leased") == 0 || strcmp(status, "waiting") == 0;
    int64_t most = is_throttled(step) ? throttle_limit(throttle, THROTTLE_ROWS) : 0;
    if (rate == 0 && runs && gone_ms > 0)
        rate = done * 1000 / gone_ms;
    return most > 0 ? MIN(rate, most) : rate;
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

/* At the measured rate, and no faster than the throttle lets it be from now on. */
static int64_t
step_eta_ms(const json_t *step, const json_t *throttle, int64_t rate, int64_t left)
{
    const json_t *progress = json_object_get(step, "progress");
    int64_t done = json_get_int(progress, "done", 0), bytes = json_get_int(progress, "bytes", 0);
    int64_t rows_most = throttle_limit(throttle, THROTTLE_ROWS),
            bytes_most = throttle_limit(throttle, THROTTLE_BYTES);
    double ms = rate > 0 ? (double) left * 1000 / (double) rate : 0;
    if (!is_throttled(step))
        return (int64_t) ms;
    if (rows_most > 0)
        ms = MAX(ms, (double) left * 1000 / (double) rows_most);
    if (bytes_most > 0 && done > 0)
        ms = MAX(ms, (double) left * (double) bytes / (double) done * 1000 / (double) bytes_most);
    return (int64_t) MIN(ms, (double) G_MAXINT64 / 2);
}

static void
step_finish(json_t *step, const json_t *throttle)
{
    json_t *progress = json_object_get(step, "progress");
    int64_t left = json_get_int(progress, "total", 0) - json_get_int(progress, "done", 0);
    const char *status = step_status(step);
    int64_t rate = step_rate(step, status, throttle);
    bool is_reverse = strcmp(json_get_string(step, "phase", ""), "reverse") == 0;
    json_object_del(step, "goes_back");

    json_set_string(step, "status",
                    is_reverse && strcmp(status, "done") == 0 ? "reversed" : status);
    json_set_int(progress, "rate", rate);
    step_byte_rate(progress, rate);
    int64_t eta_ms = left > 0 ? step_eta_ms(step, throttle, rate, left) : 0;
    if (eta_ms > 0)
        json_set_int(progress, "eta_ms", eta_ms);
    if (strcmp(status, "done") != 0)
        json_object_del(step, "ended_at_ms");
}

static bool
steps_read(Db *db, const char *plan, json_t *steps, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db,
                    "SELECT ordinal, name, action, text, reverse_text FROM step WHERE plan = :plan "
                    "ORDER BY ordinal",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        json_array_append_new(steps, step_json(stmt));
    }
    return false;
}

bool
plan_steps_read(TaskSums *kept, Db *db, const char *plan, const json_t *throttle,
                json_t **ret_steps, json_t **ret_quarantine, GError **error)
{
    g_autoptr(json_t) steps = json_array();
    g_autoptr(GPtrArray) sums = NULL;
    int64_t rejected = 0, rejecting = 0;

    if (!steps_read(db, plan, steps, error) || !task_sums_read(kept, db, plan, &sums, error))
        return false;
    for (guint i = 0; i < sums->len; i++) {
        const TaskSum *sum = sums->pdata[i];
        json_t *step = step_by_name(steps, sum->step);
        rejected += sum->rejected;
        rejecting += sum->rejecting;
        if (step != NULL)
            step_add(step, sum);
    }
    for (size_t i = 0; i < json_array_size(steps); i++)
        step_finish(json_array_get(steps, i), throttle);
    *ret_steps = g_steal_pointer(&steps);
    *ret_quarantine =
        json_pack("{s:I, s:I}", "rows", (json_int_t) rejected, "tasks", (json_int_t) rejecting);
    return true;
}
