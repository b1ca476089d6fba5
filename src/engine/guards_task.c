/* guards_task.c - the guards of tasks, one function each. */
#include "base/json.h"
#include "engine/guards.h"
#include "engine/slots.h"

#include <string.h>

static bool
deps_done(const Moment *m)
{
    const GPtrArray *after = m->task->step->after;
    for (guint i = 0; i < after->len; i++) {
        if (!task_is_done(((const OpenStep *) g_ptr_array_index(after, i))->root))
            return false;
    }
    return true;
}

/* What ends the way back waits for the end of the rollback window, and what drops rows for its own
 * yes. */
static bool
wave_open(const Moment *m)
{
    switch (m->task->step->action->id) {
    case ACTION_SETTLE:
        return plan_window_is_over(m->plan);
    case ACTION_RETIRE:
        return m->plan->row.state == PLAN_RETIRING;
    default:
        return true;
    }
}

static bool
admits(const Moment *m)
{
    return plan_admits(m->task);
}

static bool
labels_fit(const Moment *m)
{
    for (guint i = 0; i < m->task->needs->items->len; i++)
        if (!g_hash_table_contains(m->worker->labels, g_ptr_array_index(m->task->needs->items, i)))
            return false;
    return true;
}

static bool
slots_are_free(const Moment *m)
{
    return slots_free(m->beat->state, m->task);
}

static bool
earlier_intent(const Moment *m)
{
    int attempt = 0; /* the first member, see lease.c */
    return m->task->row.intent != NULL &&
           sscanf(m->task->row.intent, "{\"attempt\":%d", &attempt) == 1 &&
           attempt < m->task->row.attempt;
}

static bool
may_pass(const Moment *m)
{
    const char *code = moment_argument(m, "error.code");
    ErrorCode error = code == NULL ? ERR_INTERNAL : error_code_from_wire(code);
    /* A fence over a token that is still current is the plan's: what this task rests on was taken
     * back, maybe for other steps only. The next lease has a token above it, and looks at the world. */
    bool is_overtaken = error == ERR_FENCED || error == ERR_STOPPED;
    return is_overtaken || error_then(error) == THEN_RETRY;
}

static bool
attempts_left(const Moment *m)
{
    const TaskRow *row = &m->task->row;
    bool is_late = row->deadline_ms > 0 && row->phase == PHASE_FORWARD &&
                   m->plan->row.paused_ms == 0 && m->beat->now_ms >= row->deadline_ms;
    return row->attempt < row->tries && !is_late;
}

/* What is half done can go on from there. */
static bool
checkpoint_kept(const Moment *m)
{
    return m->task->row.checkpoint != NULL;
}

/* May there be something of it in the target? A lost reverse is in doubt just the same. */
static bool
begun(const Moment *m)
{
    return m->task->row.phase == PHASE_REVERSE ? m->task->action->has_effects
                                               : m->task->row.intent != NULL;
}

/* Nor may a part of it have done something. */
static bool
no_intent(const Moment *m)
{
    return !begun(m) && !(m->task->row.phase == PHASE_FORWARD && task_is_root(m->task) &&
                          children_effects(m->task));
}

static bool
effectless(const Moment *m)
{
    return !m->task->action->has_effects;
}

static bool
children_done(const Moment *m)
{
    int open = 0;
    for (int status = 0; status < TASK_STATUS_COUNT; status++)
        if (status != TASK_DONE && status != TASK_SKIPPED)
            open += m->task->child_count[PHASE_FORWARD][status];
    return open == 0;
}

static bool
children_failed(const Moment *m)
{
    int open = 0;
    for (int status = 0; status < TASK_STATUS_COUNT; status++)
        if (status != TASK_DONE && status != TASK_SKIPPED && status != TASK_FAILED)
            open += m->task->child_count[PHASE_FORWARD][status];
    return open == 0 && m->task->child_count[PHASE_FORWARD][TASK_FAILED] > 0;
}

/* All that failed are parts that the plan may go on without, and no more of them than may be. */
static bool
children_borne(const Moment *m)
{
    const GPtrArray *parts = m->task->children;
    if (!children_failed(m) || !plan_bears_left(m->plan))
        return false;
    for (guint i = 0; i < parts->len; i++) {
        const Task *part = g_ptr_array_index(parts, i);
        if (part->row.status == TASK_FAILED && part->row.spare == NULL)
            return false;
    }
    return true;
}

static bool
children_open(const Moment *m)
{
    return m->task->row.phase == PHASE_FORWARD && m->task->children != NULL && !children_done(m);
}

static bool
reversing(const Moment *m)
{
    return m->task->row.phase == PHASE_REVERSE;
}

static bool
rolling_back(const Moment *m)
{
    return m->task->step != NULL && plan_rolls_back(m->plan, m->task->step);
}

/* A part that has no reverse of its own. */
static bool
with_step(const Moment *m)
{
    return m->task->parent != NULL && m->task->action->reverse == REVERSE_STEP;
}

static bool
effects_remain(const Moment *m)
{
    return children_effects(m->task);
}

/* Of a step, nothing of any part: what a failed part left would have nobody to take it back. */
static bool
nothing_applied(const Moment *m)
{
    const GPtrArray *parts = m->task->children;
    for (guint i = 0; parts != NULL && i < parts->len; i++)
        if (((const Task *) g_ptr_array_index(parts, i))->row.intent != NULL)
            return false;
    return m->task->row.phase == PHASE_FORWARD &&
           (no_intent(m) || action_is_on_host(m->task->row.action, m->task->row.key));
}

static bool
evidence_given(const Moment *m)
{
    return m->command != NULL && json_is_object(json_object_get(m->command->args, "evidence"));
}

/* A step is not settled over the heads of those who still work on a part of it. */
static bool
parts_ended(const Moment *m)
{
    static const TaskStatus going_on[] = {TASK_READY, TASK_LEASED, TASK_WAITING, TASK_RETRY_WAIT,
                                          TASK_UNKNOWN};
    int open = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(going_on); i++)
        open += m->task->child_count[PHASE_FORWARD][going_on[i]];
    return open == 0;
}

/* While others went on, parts that were left to people are tried again. */
static bool
parts_go_on(const Moment *m)
{
    return m->task->row.phase == PHASE_FORWARD && m->task->children != NULL && !parts_ended(m);
}

/* A part of a step that a person has settled is not begun again: others stand on the step. What the plan went on without may
 * come later, as long as the plan moves. */
static bool
step_open(const Moment *m)
{
    static const unsigned moves =
        1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED | 1u << PLAN_HALTED;
    return !task_is_done(m->task->parent) ||
           (m->task->row.spare != NULL && (moves & 1u << m->plan->row.state) != 0);
}

static bool
dependents_reversed(const Moment *m)
{
    const Task *task = m->task;
    if (task->parent != NULL && !task_is_settled(task->parent))
        return false;
    return dependents_are_back(task->step) && (task->parent != NULL || children_resolved(task) ||
                                               task->action->reverse != REVERSE_STEP);
}

static bool
reversible(const Moment *m)
{
    return m->task->action->reverse != REVERSE_IMPOSSIBLE;
}

/* clang-format off */
const Guard task_guards[] = {
    {"deps_done",       deps_done,       ERR_WRONG_STATE, NULL},
    {"wave_open",       wave_open,       ERR_WRONG_STATE, NULL},
    {"plan_admits",     admits,          ERR_WRONG_STATE, NULL},
    {"labels_fit",      labels_fit,      ERR_WRONG_STATE, NULL},
    {"slots_free",      slots_are_free,  ERR_LIMIT,       NULL},
    {"earlier_intent",  earlier_intent,  ERR_WRONG_STATE, NULL},
    {"may_pass",        may_pass,        ERR_WRONG_STATE, NULL},
    {"attempts_left",   attempts_left,   ERR_WRONG_STATE, NULL},
    {"checkpoint_kept", checkpoint_kept, ERR_WRONG_STATE, NULL},
    {"begun",           begun,           ERR_WRONG_STATE, NULL},
    {"no_intent",       no_intent,       ERR_WRONG_STATE, NULL},
    {"effectless",      effectless,      ERR_WRONG_STATE, NULL},
    {"children_done",   children_done,   ERR_WRONG_STATE, NULL},
    {"children_failed", children_failed, ERR_WRONG_STATE, NULL},
    {"children_borne",  children_borne,  ERR_WRONG_STATE, NULL},
    {"children_open",   children_open,   ERR_WRONG_STATE, NULL},
    {"reversing",       reversing,       ERR_WRONG_STATE, NULL},
    {"rolling_back",    rolling_back,    ERR_WRONG_STATE, NULL},
    {"with_step",       with_step,       ERR_WRONG_STATE, NULL},
    {"effects_remain",  effects_remain,  ERR_WRONG_STATE, NULL},
    {"nothing_applied", nothing_applied, ERR_WRONG_STATE, "something of it may be in the target: retry it, say that it is done, or roll back"},
    {"evidence_given",  evidence_given,  ERR_INVALID,     "this needs evidence: an object that says what was seen"},
    {"parts_ended",     parts_ended,     ERR_WRONG_STATE, "parts of it still go on: wait for them, or retry it"},
    {"parts_go_on",     parts_go_on,     ERR_WRONG_STATE, NULL},
    {"step_open",       step_open,       ERR_WRONG_STATE, "its step is done or left out already"},
    {"dependents_reversed", dependents_reversed, ERR_WRONG_STATE, NULL},
    {"reversible",      reversible,      ERR_WRONG_STATE, NULL},
};
/* clang-format on */
const size_t task_guard_count = G_N_ELEMENTS(task_guards);
