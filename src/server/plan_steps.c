/*
 * plan_steps.c - see plan_steps.h.
 *
 * A step may have 100,000 parts, and a screen asks about them once a second: they are read in the order in which they lie,
 * and summed up here. SQL's GROUP BY would sort them first, with all that is read of them, and take four times as long.
 */
#include "server/plan_steps.h"

#include "base/clock.h"
#include "model/action_info.h"

#include <string.h>

/* ----- tasks, summed up ----- */

/* Of one step, as a whole or its parts, of one phase and status. */
typedef struct {
    char *step, *phase, *status;
    bool is_part;
    int64_t count, done, total, rate, bytes, weight, weight_done;
    int64_t started_ms, ended_ms; /* the first and the last; 0: none */
    char *unit, *note, *slowed, *error;
} Sum;

static void
sum_free(void *data)
{
    Sum *sum = data;
    g_free(sum->step);
    g_free(sum->phase);
    g_free(sum->status);
    g_free(sum->unit);
    g_free(sum->note);
    g_free(sum->slowed);
    g_free(sum->error);
    g_free(sum);
}

enum {
    COL_STEP,
    COL_IS_PART,
    COL_PHASE,
    COL_STATUS,
    COL_WEIGHT,
    COL_STARTED,
    COL_ENDED,
    COL_ERROR,
    COL_BYTES,
    COL_REJECTED,
    COL_DONE,
    COL_TOTAL,
    COL_RATE,
    COL_UNIT,
    COL_NOTE,
    COL_SLOWED
};

/* Of what is done the evidence counts, of the rest what its worker said last. */
static const char task_sql[] =
    "SELECT step, key <> '', phase, status, weight, started_ms, ended_ms, error, "
    "CASE status WHEN 'done' THEN evidence ->> '$.bytes' ELSE progress ->> '$.bytes' END, "
    "CASE WHEN key <> '' AND phase = 'forward' AND action IN ('transform', 'copy') THEN evidence "
    "->> '$.rejected' END, "
    "progress ->> '$.done', progress ->> '$.total', "
    "CASE status WHEN 'leased' THEN progress ->> '$.rate' END, progress ->> '$.unit', "
    "CASE WHEN status = 'leased' AND key = '' THEN progress ->> '$.note' END, "
    "CASE WHEN status = 'leased' THEN progress ->> '$.slowed' "
    "WHEN status = 'waiting' AND reason LIKE 'slowed: %' THEN substr(reason, 9) END "
    "FROM task INDEXED BY task_by_plan WHERE plan = :plan AND step <> ''";

static bool
is_of(const Sum *sum, Stmt *stmt)
{
    return sum->is_part == (stmt_col_int(stmt, COL_IS_PART) != 0) &&
           strcmp(sum->status, stmt_col_text(stmt, COL_STATUS)) == 0 &&
           strcmp(sum->step, stmt_col_text(stmt, COL_STEP)) == 0 &&
           strcmp(sum->phase, stmt_col_text(stmt, COL_PHASE)) == 0;
}

/* Parts of a step lie together: mostly it is the one before. */
static Sum *
sum_of(GPtrArray *sums, Sum *before, Stmt *stmt)
{
    if (before != NULL && is_of(before, stmt))
        return before;
    for (guint i = 0; i < sums->len; i++)
        if (is_of(sums->pdata[i], stmt))
            return sums->pdata[i];
    Sum *sum = g_new0(Sum, 1);
    sum->step = g_strdup(stmt_col_text(stmt, COL_STEP));
    sum->phase = g_strdup(stmt_col_text(stmt, COL_PHASE));
    sum->status = g_strdup(stmt_col_text(stmt, COL_STATUS));
    sum->is_part = stmt_col_int(stmt, COL_IS_PART) != 0;
    g_ptr_array_add(sums, sum);
    return sum;
}

/* Of texts that differ the last of the alphabet: always the same one. */
static void
text_keep(char **kept, Stmt *stmt, int column)
{
    if (stmt_col_is_null(stmt, column))
        return;
    const char *text = stmt_col_text(stmt, column);
    if (*kept == NULL || strcmp(text, *kept) > 0) {
        g_free(*kept);
        *kept = g_strdup(text);
    }
}

static void
sum_add(Sum *sum, Stmt *stmt)
{
    int64_t weight = stmt_col_int(stmt, COL_WEIGHT), started = stmt_col_int(stmt, COL_STARTED);
    sum->count++;
    sum->weight += weight;
    sum->weight_done += strcmp(sum->status, "done") == 0 ? weight : 0;
    sum->done += stmt_col_int(stmt, COL_DONE);
    sum->total += stmt_col_int(stmt, COL_TOTAL);
    sum->rate += stmt_col_int(stmt, COL_RATE);
    sum->bytes += stmt_col_int(stmt, COL_BYTES);
    if (started > 0 && (sum->started_ms == 0 || started < sum->started_ms))
        sum->started_ms = started;
    sum->ended_ms = MAX(sum->ended_ms, stmt_col_int(stmt, COL_ENDED));
    text_keep(&sum->unit, stmt, COL_UNIT);
    text_keep(&sum->note, stmt, COL_NOTE);
    text_keep(&sum->slowed, stmt, COL_SLOWED);
    text_keep(&sum->error, stmt, COL_ERROR);
}

/* Steps as a whole first, then their parts, which count instead; the way forth before the way back. */
static int
sum_compare(const void *a, const void *b)
{
    const Sum *left = *(Sum *const *) a, *right = *(Sum *const *) b;
    if (left->is_part != right->is_part)
        return left->is_part ? 1 : -1;
    int phases = strcmp(left->phase, right->phase);
    return phases != 0 ? phases : strcmp(left->status, right->status);
}

/* `*ret_quarantine`: {rows, tasks}: what was put aside, as its workers say. */
static bool
sums_read(Db *db, const char *plan, GPtrArray *sums, json_t **ret_quarantine, GError **error)
{
    Stmt *stmt = NULL;
    Sum *sum = NULL;
    bool is_row = false;
    int64_t rejected = 0, rejecting = 0;

    if (!db_prepare(db, task_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row) {
            g_ptr_array_sort(sums, sum_compare);
            *ret_quarantine = json_pack("{s:I, s:I}", "rows", (json_int_t) rejected, "tasks",
                                        (json_int_t) rejecting);
            return true;
        }
        sum = sum_of(sums, sum, stmt);
        sum_add(sum, stmt);
        rejected += stmt_col_int(stmt, COL_REJECTED);
        rejecting += stmt_col_int(stmt, COL_REJECTED) > 0;
    }
    return false;
}

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
step_add_progress(json_t *progress, const Sum *sum)
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
step_add(json_t *step, const Sum *sum)
{
    if (sum->is_part && !json_get_bool(step, "split", false))
        step_split(step);
    json_set_string(step, "phase", sum->phase);
    object_add(json_object_get(step, "tasks"), sum->status, sum->count);
    step_add_progress(json_object_get(step, "progress"), sum);
    if (strcmp(sum->status, "done") != 0)
        json_set_string(step, "error", sum->error);
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
plan_steps_read(Db *db, const char *plan, json_t **ret_steps, json_t **ret_quarantine,
                GError **error)
{
    g_autoptr(json_t) steps = json_array(), quarantine = NULL;
    g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(sum_free);

    if (!steps_read(db, plan, steps, error) || !sums_read(db, plan, sums, &quarantine, error))
        return false;
    for (guint i = 0; i < sums->len; i++) {
        const Sum *sum = sums->pdata[i];
        json_t *step = step_by_name(steps, sum->step);
        if (step != NULL)
            step_add(step, sum);
    }
    for (size_t i = 0; i < json_array_size(steps); i++)
        step_finish(json_array_get(steps, i));
    *ret_steps = g_steal_pointer(&steps);
    *ret_quarantine = g_steal_pointer(&quarantine);
    return true;
}
