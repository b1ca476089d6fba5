/*
 * report.c - what workers say about their leases.
 *
 * A report counts only under the token of the running lease. The same report again (its answer was
 * lost on the way) is answered with the status that it led to.
 */
#include "base/json.h"
#include "base/limits.h"
#include "base/metric.h"
#include "engine/decide.h"
#include "engine/slots.h"
#include "model/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS_MIN 100
#define WAIT_MS_MAX (24 * 3600 * INT64_C(1000)) /* look at the world once a day at least */

typedef struct {
    Beat *beat;
    Command *command;
    Task *task;
    const Outcome *outcome;
    Move move;
} Report;

int64_t
retry_delay_ms(State *state, int64_t failures)
{
    const EngineOptions *options = &state->options;
    int64_t delay_ms = options->retry_first_ms;
    for (int64_t i = 1; i < failures && delay_ms < options->retry_max_ms; i++)
        delay_ms *= 2;
    delay_ms = MAX(MIN(delay_ms, options->retry_max_ms), 1);
    /* Half of it by chance, so that what failed together is not tried again together. */
    return delay_ms / 2 + (int64_t) (state_random(state) % (uint64_t) (delay_ms / 2 + 1)) + 1;
}

/* ---- intents and evidence ---- */

/* Was it this very attempt that first intended an effect? */
static bool
intent_is_own(const Task *task)
{
    int attempt = 0;
    return task->row.phase == PHASE_FORWARD && task->row.intent != NULL &&
           sscanf(task->row.intent, "{\"attempt\":%d", &attempt) == 1 &&
           attempt == task->row.attempt;
}

static void
count_rows(const json_t *evidence)
{
    metric_add(METRIC_ROWS_READ, json_get_int(evidence, "rows_read", 0));
    metric_add(METRIC_ROWS_WRITTEN, json_get_int(evidence, "rows_written", 0));
    metric_add(METRIC_ROWS_QUARANTINED, json_get_int(evidence, "rejected", 0));
}

/* What the forward phase saw is kept; what its reverse saw goes beside it. */
static void
keep_evidence(Task *task, json_t *evidence, const char *text)
{
    if (task->row.phase != PHASE_REVERSE || task->row.evidence == NULL) {
        text_set(&task->row.evidence, text);
        return;
    }
    g_autoptr(json_t) both = json_loads(task->row.evidence, 0, NULL);
    if (!json_is_object(both))
        return;
    json_object_set(both, "reverse", evidence);
    text_take(&task->row.evidence, json_compact(both));
}

static void
take_evidence(Report *report)
{
    json_t *evidence = report->outcome->evidence;
    if (evidence == NULL)
        return;
    g_autofree char *text = json_compact(evidence);
    keep_evidence(report->task, evidence, text);
    count_rows(evidence);
    bool is_short = strlen(text) <= EVENT_TEXT_BYTES_MAX;
    beat_event(report->beat, "task.evidence", report->task->plan, report->task,
               report->command->actor, NULL, is_short ? g_steal_pointer(&text) : NULL);
}

/* Whoever finds drift does not know what it was looked for: here it stopped a plan. */
static void
set_drift(Task *task, const char *message)
{
    text_set(&task->row.error_code, error_wire_name(ERR_DRIFT));
    text_take(&task->row.error,
              g_strdup_printf("%s; take that back, retry and resume, or roll back and plan again",
                              message != NULL ? message : "the world is not as the plan assumed"));
}

static void
take_error(Report *report)
{
    Task *task = report->task;
    if (g_strcmp0(report->outcome->error_code, error_wire_name(ERR_DRIFT)) == 0) {
        set_drift(task, report->outcome->message);
        return;
    }
    text_set(&task->row.error_code, report->outcome->error_code);
    text_set(&task->row.error, report->outcome->message);
}

static void
clear_error(Task *task)
{
    text_set(&task->row.error_code, NULL);
    text_set(&task->row.error, NULL);
}

/* ---- tasks of the plan itself ---- */

/* Differences, in whatever form the worker found them. */
static const json_t *
differences_of(const json_t *evidence)
{
    json_t *found = json_object_get(evidence, "differences");
    return found != NULL ? found : json_object_get(evidence, "drift");
}

static bool
is_verified(const Outcome *outcome)
{
    return outcome->kind != OUTCOME_DRIFT &&
           json_array_size(differences_of(outcome->evidence)) == 0 &&
           json_get_bool(outcome->evidence, "equal", true);
}

static Handled
report_internal(Report *report)
{
    Task *task = report->task;
    const json_t *evidence = report->outcome->evidence;
    take_evidence(report);
    clear_error(task);
    if (task->row.phase == PHASE_REVERSE && !is_verified(report->outcome)) {
        const char *message = report->outcome->message;
        text_set(&task->row.error_code, "mismatch");
        text_set(&task->row.error, message != NULL
                                       ? message
                                       : "the end is not as the start was: see the differences");
        report->move.event = "drift";
        report->move.reason = task->row.error;
    }
    task_must_move(report->beat, task, &report->move);
    if (task->row.phase == PHASE_REVERSE)
        return HANDLED;
    if (task->action->id == ACTION_PLAN) {
        plan_take_planned(report->beat, task, evidence);
        return HANDLED;
    }
    g_autoptr(json_t) moved = json_array();
    if (report->outcome->kind == OUTCOME_DRIFT)
        json_array_append_new(moved, json_string("the world is not as the plan saw it"));
    const json_t *differences = differences_of(evidence);
    plan_take_preflight(report->beat, task, json_array_size(differences) > 0 ? differences : moved);
    return HANDLED;
}

/* ---- outcomes of a run ---- */

static Handled
report_done(Report *report)
{
    take_evidence(report);
    clear_error(report->task);
    task_must_move(report->beat, report->task, &report->move);
    return HANDLED;
}

static Handled
report_already(Report *report)
{
    report->move.clears_intent = intent_is_own(report->task);
    return report_done(report);
}

static Handled
report_drift(Report *report)
{
    Task *task = report->task;
    OpenPlan *plan = task->plan;
    take_evidence(report);
    set_drift(task, report->outcome->message);
    report->move.clears_intent = intent_is_own(task);
    report->move.reason = task->row.error;
    task_must_move(report->beat, task, &report->move);
    if (task->row.phase == PHASE_FORWARD)
        plan_move(report->beat, plan, &(Move){.event = "critical", .reason = task->row.error});
    return HANDLED;
}

static void
leave_limits(Report *report)
{
    json_t *name;
    size_t i;
    json_array_foreach(report->outcome->frees, i, name)
        slots_leave(report->beat, report->task, json_string_value(name));
}

static Handled
report_wait(Report *report)
{
    int64_t now_ms = report->beat->now_ms;
    take_evidence(report);
    leave_limits(report);
    report->move.wake_ms =
        CLAMP(report->outcome->until_ms, now_ms + WAIT_MS_MIN, now_ms + WAIT_MS_MAX);
    report->move.reason = report->outcome->message;
    task_tries_anew(report->task);
    task_must_move(report->beat, report->task, &report->move);
    task_signal_wakes(report->beat, report->task, NULL);
    if (report->task->is_called)
        task_look_soon(report->beat, report->task);
    return HANDLED;
}

static Handled
report_released(Report *report)
{
    report->move.clears_intent = intent_is_own(report->task);
    task_must_move(report->beat, report->task, &report->move);
    return HANDLED;
}

static Handled
report_error(Report *report)
{
    Task *task = report->task;
    take_evidence(report);
    take_error(report);
    g_autofree char *reason = g_strdup_printf("%s: %s", task->row.error_code, task->row.error);
    if (strcmp(task->row.error_code, error_wire_name(ERR_STOPPED)) == 0)
        task->row.tries++; /* asked to stop: that is no fault of its own */
    report->move.reason = reason;
    report->move.clears_intent = report->outcome->before_effect && intent_is_own(task);
    report->move.wake_ms =
        report->beat->now_ms + retry_delay_ms(report->beat->state, task_failures(task));
    task_must_move(report->beat, task, &report->move);
    if (task->row.status == TASK_RETRY_WAIT)
        metric_add(METRIC_RETRIES, 1);
    return HANDLED;
}

/* ---- parts ---- */

/* What its step counts against, and more that only this part does. NULL: nothing more. Caller frees. */
static char *
uses_of_part(const Task *root, const json_t *child)
{
    const json_t *more = json_object_get(child, "uses");
    if (json_array_size(more) == 0)
        return NULL;
    g_autoptr(json_t) uses = json_copy((json_t *) more);
    for (guint i = 0; i < root->uses->items->len; i++)
        json_array_append_new(uses, json_string(g_ptr_array_index(root->uses->items, i)));
    return json_compact(uses);
}

static void
make_part(Beat *beat, Task *root, const json_t *child)
{
    json_t *params = json_object_get(child, "params");
    TaskRow row = {.plan = g_strdup(root->row.plan),
                   .step = g_strdup(root->row.step),
                   .action = g_strdup(root->row.action),
                   .parent = g_strdup(root->row.id),
                   .key = g_strdup(json_get_string(child, "key", "")),
                   .params = params == NULL ? NULL : json_compact(params),
                   .phase = PHASE_FORWARD,
                   .status = TASK_READY,
                   .wake_event = g_strdup("lease"),
                   .uses = uses_of_part(root, child),
                   .spare = g_strdup(json_get_string(child, "spare", NULL)),
                   .weight = json_get_int(child, "weight", 1)};
    resources_count(beat, row.uses);
    task_born(beat, task_make(beat, &row), root->row.worker, "a part of its step");
}

static bool
parts_are_new(const Report *report, GError **error)
{
    const Task *root = report->task;
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    size_t i, had = root->children == NULL ? 0 : root->children->len;
    json_t *child;
    if (!root->action->is_split || root->parent != NULL || root->row.phase != PHASE_FORWARD)
        return fail(error, ERR_INVALID, "'%s' cannot be divided here", root->row.action);
    if (had + json_array_size(report->outcome->children) > CHILDREN_PER_STEP_MAX)
        return fail(error, ERR_TOO_LARGE, "step '%s' would have more than %d parts", root->row.step,
                    CHILDREN_PER_STEP_MAX);
    for (size_t c = 0; c < had; c++)
        g_hash_table_add(keys, ((Task *) g_ptr_array_index(root->children, c))->row.key);
    json_array_foreach(
        report->outcome->children, i,
        child) if (g_hash_table_contains(keys,
                                         json_get_string(
                                             child, "key",
                                             ""))) return fail(error, ERR_INVALID,
                                                               "step '%s' has a part '%s' already",
                                                               root->row.step,
                                                               json_get_string(child, "key", ""));
    return true;
}

static Handled
report_more(Report *report)
{
    size_t i;
    json_t *child;
    report->move.clears_intent = intent_is_own(report->task);
    take_evidence(report);
    task_tries_anew(report->task);
    task_must_move(report->beat, report->task, &report->move);
    json_array_foreach(report->outcome->children, i, child)
        make_part(report->beat, report->task, child);
    return HANDLED;
}

/* ---- probes ---- */

static Handled
report_seen(Report *report)
{
    Task *task = report->task;
    if (task->row.phase == PHASE_FORWARD && report->outcome->kind == OUTCOME_APPLIED)
        take_evidence(report);
    report->move.reason = report->outcome->message;
    report->move.clears_intent =
        report->outcome->kind == OUTCOME_NOT_APPLIED && task->row.phase == PHASE_FORWARD;
    const Transition *row = task_row_for(report->beat, task, &report->move, NULL);
    if (row != NULL && row->to == TASK_RETRY_WAIT)
        report->move.wake_ms =
            report->beat->now_ms + retry_delay_ms(report->beat->state, task_failures(task));
    bool is_trouble = row != NULL && row->to == TASK_FAILED;
    if (report->outcome->kind == OUTCOME_PARTLY && is_trouble && task->row.error == NULL) {
        text_set(&task->row.error_code, "mismatch");
        text_set(&task->row.error, "a lost worker left a part of its effect");
    }
    task_must_move(report->beat, task, &report->move);
    return HANDLED;
}

/* Nobody could look. After some tries a person must; the plan says so. */
static void
probe_failed(Beat *beat, Task *task, Move move, bool is_given_back)
{
    bool is_spent = task->row.probes >= task->action->tries_max;
    if (!is_given_back && !is_spent)
        move.wake_ms = beat->now_ms + retry_delay_ms(beat->state, task->row.probes);
    task_must_move(beat, task, &move);
    if (!is_spent)
        return;
    task_park(beat, task, true);
    g_autofree char *reason =
        g_strdup_printf("nobody can tell what became of task '%s' (%s%s%s)", task->row.id,
                        task->row.step, *task->row.key != '\0' ? " " : "", task->row.key);
    if (!plan_move(beat, task->plan, &(Move){.event = "reverse_failed", .reason = reason}))
        plan_move(beat, task->plan, &(Move){.event = "critical", .reason = reason});
}

static Handled
report_unclear(Report *report)
{
    Move move = report->move;
    move.event = "unclear";
    if (report->outcome->kind == OUTCOME_ERROR) {
        take_error(report);
        move.reason = report->task->row.error;
    }
    probe_failed(report->beat, report->task, move, report->outcome->kind == OUTCOME_RELEASED);
    return HANDLED;
}

void
task_lease_lost(Beat *beat, Task *task, const char *reason)
{
    metric_add(METRIC_LEASES_LOST, 1);
    Move move = {.event = "lost", .reason = reason};
    if (task->row.status == TASK_UNKNOWN) {
        probe_failed(beat, task, move, false);
        return;
    }
    text_set(&task->row.error_code, error_wire_name(ERR_UNREACHABLE));
    text_set(&task->row.error, reason);
    /* Unknown tasks are probed at once; others rest before the next attempt. */
    Move probe = move;
    move.wake_ms = beat->now_ms + retry_delay_ms(beat->state, task_failures(task));
    const Transition *row = task_row_for(beat, task, &move, NULL);
    task_must_move(beat, task, row != NULL && row->to == TASK_UNKNOWN ? &probe : &move);
}

/* ---- taking a report ---- */

typedef Handled OutcomeFn(Report *report);

static OutcomeFn *const run_outcomes[OUTCOME_COUNT] = {
    [OUTCOME_DONE] = report_done,   [OUTCOME_ALREADY] = report_already,
    [OUTCOME_DRIFT] = report_drift, [OUTCOME_WAIT] = report_wait,
    [OUTCOME_MORE] = report_more,   [OUTCOME_RELEASED] = report_released,
    [OUTCOME_ERROR] = report_error,
};
static OutcomeFn *const probe_outcomes[OUTCOME_COUNT] = {
    [OUTCOME_APPLIED] = report_seen,  [OUTCOME_NOT_APPLIED] = report_seen,
    [OUTCOME_PARTLY] = report_seen,   [OUTCOME_RELEASED] = report_unclear,
    [OUTCOME_ERROR] = report_unclear,
};
/* Looking for drift and making plans end in few ways. */
static const unsigned internal_ends =
    1u << OUTCOME_DONE | 1u << OUTCOME_ALREADY | 1u << OUTCOME_DRIFT;
static const unsigned internal_others =
    1u << OUTCOME_RELEASED | 1u << OUTCOME_ERROR | 1u << OUTCOME_WAIT;

static OutcomeFn *
report_function(const Task *task, OutcomeKind kind)
{
    if (task->row.status == TASK_UNKNOWN)
        return probe_outcomes[kind];
    if (task->step != NULL)
        return run_outcomes[kind];
    if ((internal_ends & 1u << kind) != 0)
        return report_internal;
    return (internal_others & 1u << kind) != 0 ? run_outcomes[kind] : NULL;
}

static Handled
take_report(Beat *beat, Command *command, Task *task, const Outcome *outcome)
{
    OutcomeFn *take = report_function(task, outcome->kind);
    Report report = {.beat = beat,
                     .command = command,
                     .task = task,
                     .outcome = outcome,
                     .move = {.event = task_is_internal(task) && take == report_internal
                                           ? "done"
                                           : outcome_name(outcome->kind),
                              .actor = command->actor,
                              .command = command}};
    if (take == NULL) {
        fail(&command->error, ERR_INVALID, "'%s' is no answer to a %s of '%s'",
             outcome_name(outcome->kind), task->row.status == TASK_UNKNOWN ? "probe" : "run",
             task->row.action);
        return REFUSED;
    }
    if (take == report_more && !parts_are_new(&report, &command->error))
        return REFUSED;
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    if (task->progress_waits)
        task_tell_progress(beat, task, true);
    task_take_checkpoint(beat, task, outcome);
    Handled handled = take(&report);
    command_reply_text(command, "status", task_status_name(task->row.status));
    return handled;
}

Handled
on_report(Beat *beat, Command *command)
{
    Task *task = NULL;
    g_autoptr(Outcome) outcome = NULL;
    if (!command_lease(beat, command, &task))
        return REFUSED;
    if (task->row.worker == NULL) { /* it was taken before, and its answer got lost */
        command_reply_text(command, "status", task_status_name(task->row.status));
        return command_accept(beat, command) ? HANDLED : REFUSED;
    }
    if (!outcome_from_json(command->args, &outcome, &command->error))
        return REFUSED;
    return take_report(beat, command, task, outcome);
}
