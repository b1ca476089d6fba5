/*
 * guards.c - the conditions that the transition tables name, one function each.
 *
 * A guard looks and changes nothing. What it refuses is said in words that tell how to go on. The
 * simulator can switch any one off, and must then find a seed that goes wrong: a guard that nobody
 * misses does not belong here.
 */
#include "base/json.h"
#include "engine/moves.h"
#include "engine/slots.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_DIGITS_MIN 8

/* ---- what guards look at ---- */

bool
plan_rolls_back(const OpenPlan *plan, const OpenStep *step)
{
    return plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR ||
           (step != NULL && step->in_scope);
}

static bool
plan_admits_reverse(const OpenPlan *plan, const OpenStep *step)
{
    static const unsigned scoped = 1u << PLAN_RUNNING | 1u << PLAN_PAUSED | 1u << PLAN_PREFLIGHT;
    if (plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR)
        return plan->row.held == 0;
    return step != NULL && step->in_scope && (scoped & 1u << plan->row.state) != 0;
}

/* Half-way there, it is not left alone because its plan stands still. */
bool
task_is_watched(const Task *task)
{
    return task->action->is_watched && task->parent != NULL && task->row.checkpoint != NULL &&
           task->row.phase == PHASE_FORWARD;
}

static bool
plan_admits_forward(const Task *task)
{
    static const unsigned still = 1u << PLAN_PAUSED | 1u << PLAN_HALTED | 1u << PLAN_PREFLIGHT;
    PlanState state = task->plan->row.state;

    switch (task->action->id) {
    case ACTION_SETTLE:
        return plan_window_is_over(task->plan);
    case ACTION_RETIRE:
        return state == PLAN_RETIRING;
    default:
        return state == PLAN_RUNNING || ((still & 1u << state) != 0 && task_is_watched(task));
    }
}

/* May workers have this task now, as far as its plan goes? */
bool
plan_admits(const Task *task)
{
    const OpenPlan *plan = task->plan;
    const OpenStep *step = task->step;
    if (task->row.status == TASK_UNKNOWN)
        return true; /* looking moves nothing, and whatever a plan waits for, doubt is no help */
    if (task->row.phase == PHASE_REVERSE)
        return plan_admits_reverse(plan, step);
    if (step != NULL && plan_rolls_back(plan, step))
        return false;
    if (step == NULL)
        return plan->row.state == (task->action->id == ACTION_PLAN ? PLAN_DRAFT : PLAN_PREFLIGHT);
    return plan_admits_forward(task);
}

/* Is there nothing left whose effect is not known? */
bool
children_resolved(const Task *root)
{
    int open = 0;
    for (int status = 0; status < TASK_STATUS_COUNT; status++)
        if (status != TASK_DONE && status != TASK_NOT_APPLIED)
            open += root->child_count[PHASE_FORWARD][status];
    return open == 0;
}

/* Has a part of this step left something in the target that goes back with the step? */
bool
children_effects(const Task *root)
{
    return root->action->has_effects && root->action->reverse == REVERSE_STEP &&
           (root->child_count[PHASE_FORWARD][TASK_DONE] > 0 ||
            root->child_count[PHASE_FORWARD][TASK_UNKNOWN] > 0 ||
            root->child_count[PHASE_REVERSE][TASK_WAITING] > 0);
}

bool
step_is_back(const OpenStep *step)
{
    return step->tasks_unsettled == 0;
}

/* All that stands on it, at any distance: a step without effects is back at once, but what depends
 * on that one may not be. */
static bool
dependents_are_back(const OpenStep *step)
{
    for (guint i = 0; i < step->dependents->len; i++) {
        const OpenStep *dependent = g_ptr_array_index(step->dependents, i);
        if (!step_is_back(dependent) || !dependents_are_back(dependent))
            return false;
    }
    return true;
}

static bool
share(const char *a, const OpenPlan *b)
{
    return a != NULL && *a != '\0' &&
           (g_strcmp0(a, b->row.source_url) == 0 || g_strcmp0(a, b->row.target_url) == 0);
}

/* Another plan that moves one of our objects right now. */
const OpenPlan *
locking_plan(const State *state, const OpenPlan *plan)
{
    static const unsigned locking = 1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED |
                                    1u << PLAN_HALTED | 1u << PLAN_SOAKING |
                                    1u << PLAN_ROLLING_BACK | 1u << PLAN_NEEDS_OPERATOR |
                                    1u << PLAN_RETIRING;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenPlan *other = value;
        if (other != plan && (locking & 1u << other->row.state) != 0 &&
            (share(plan->row.source_url, other) || share(plan->row.target_url, other)))
            return other;
    }
    return NULL;
}

const char *
later_plan(const State *state, const OpenPlan *plan)
{
    const char *objects[] = {plan->row.source_url, plan->row.target_url};
    for (size_t o = 0; o < G_N_ELEMENTS(objects); o++) {
        const GPtrArray *touches =
            objects[o] == NULL ? NULL : g_hash_table_lookup(state->touches, objects[o]);
        for (guint i = 0; touches != NULL && i < touches->len; i++) {
            const Touch *touch = g_ptr_array_index(touches, i);
            if (touch->effects_ms > plan->row.effects_ms && strcmp(touch->plan, plan->row.id) != 0)
                return touch->plan;
        }
    }
    return NULL;
}

static const char *
argument(const Moment *moment, const char *path)
{
    return moment->command == NULL ? NULL : json_string_value(json_at(moment->command->args, path));
}

/* ---- guards of plans ---- */

bool
digest_matches(const char *digest, const char *said)
{
    if (digest == NULL || said == NULL)
        return false;
    if (strcmp(digest, said) == 0)
        return true;
    const char *hex = strchr(digest, ':');
    const char *said_hex = strchr(said, ':');
    hex = hex == NULL ? digest : hex + 1;
    said_hex = said_hex == NULL ? said : said_hex + 1;
    return strlen(said_hex) >= DIGEST_DIGITS_MIN && g_str_has_prefix(hex, said_hex);
}

static bool
digest_equal(const Moment *m)
{
    return digest_matches(m->plan->row.digest, argument(m, "digest"));
}

static bool
quorum(const Moment *m)
{
    return json_get_bool(m->command->args, "quorum_reached", false);
}

static bool
no_effects(const Moment *m)
{
    return m->plan->row.effects == 0;
}

static bool
effects(const Moment *m)
{
    return m->plan->row.effects != 0;
}

static bool
not_frozen(const Moment *m)
{
    return argument(m, "frozen") == NULL;
}

static bool
locks_free(const Moment *m)
{
    return locking_plan(m->beat->state, m->plan) == NULL;
}

static bool
reason_given(const Moment *m)
{
    return m->command != NULL && m->command->reason != NULL && *m->command->reason != '\0';
}

static bool
steps_done(const Moment *m)
{
    if (m->plan->steps_open > 0 || m->plan->tasks_active > 0)
        return false;
    for (guint i = 0; m->plan->row.scope != NULL && i < m->plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(m->plan->steps, i);
        if (step->in_scope && !step_is_back(step))
            return false;
    }
    return true;
}

/* More failed than may; or nothing can go on any more without a person. */
static bool
budget_spent(const Moment *m)
{
    bool is_stuck =
        m->plan->row.state == PLAN_RUNNING && m->plan->steps_open > 0 && m->plan->tasks_active == 0;
    return m->plan->row.failures > m->beat->state->options.failure_budget ||
           !plan_bears_left(m->plan) || is_stuck;
}

static bool
automatic_policy(const Moment *m)
{
    return m->beat->state->options.automatic_rollback || plan_is_rollout(m->plan);
}

static bool
is_done(const Task *root)
{
    return root != NULL && root->row.phase == PHASE_FORWARD &&
           (root->row.status == TASK_DONE || root->row.status == TASK_SKIPPED);
}

/* What clears away the way back may still be at it. */
static bool
retire_done(const Moment *m)
{
    const OpenStep *settle = plan_settle_step(m->plan);
    return m->plan->retire_open == 0 && (settle == NULL || is_done(settle->root));
}

static bool
window_open(const Moment *m)
{
    return m->beat->now_ms < m->plan->row.window_until_ms;
}

/* By policy, the old dataset is kept at least as long as there is a way back to it. */
static bool
kept_long_enough(const Moment *m)
{
    return m->beat->now_ms >= m->plan->row.keep_until_ms;
}

static bool
no_later_plan(const Moment *m)
{
    return later_plan(m->beat->state, m->plan) == NULL;
}

static bool
has_retire(const Moment *m)
{
    return m->plan->row.has_retire != 0;
}

static bool
all_reversed(const Moment *m)
{
    return m->plan->steps_unsettled == 0;
}

/* Without a recorded start no effect had begun: there is nothing to compare. */
static bool
start_verified(const Moment *m)
{
    const Task *verify = m->plan->verify;
    return m->plan->row.start == NULL || (verify != NULL && verify->row.status == TASK_DONE);
}

static bool
nothing_failed(const Moment *m)
{
    return m->plan->tasks_failed == 0;
}

static bool
second_person(const Moment *m)
{
    return m->plan->row.mixed_by != NULL && strcmp(m->plan->row.mixed_by, m->command->actor) != 0;
}

/* ---- guards of tasks ---- */

static bool
deps_done(const Moment *m)
{
    const GPtrArray *after = m->task->step->after;
    for (guint i = 0; i < after->len; i++) {
        if (!is_done(((const OpenStep *) g_ptr_array_index(after, i))->root))
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
    const char *code = argument(m, "error.code");
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
    return !is_done(m->task->parent) ||
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

/* ---- the table ---- */

typedef struct {
    const char *name;
    bool (*holds)(const Moment *moment);
    ErrorCode code;
    const char *refusal; /* a clause about "it"; NULL: never said to people */
} Guard;

/* clang-format off */
static const Guard guards[] = {
    {"digest_equal",    digest_equal,    ERR_MISMATCH,    "the digest is not that of this plan: look at it again"},
    {"quorum",          quorum,          ERR_WRONG_STATE, NULL},
    {"no_effects",      no_effects,      ERR_WRONG_STATE, "it has had effects: roll it back instead"},
    {"effects",         effects,         ERR_WRONG_STATE, "it has had no effect: cancel it instead"},
    {"not_frozen",      not_frozen,      ERR_WRONG_STATE, "nothing may start now"},
    {"locks_free",      locks_free,      ERR_WRONG_STATE, "another plan moves the same dataset"},
    {"reason_given",    reason_given,    ERR_INVALID,     "this needs a reason"},
    {"budget_spent",    budget_spent,    ERR_WRONG_STATE, NULL},
    {"automatic_policy", automatic_policy, ERR_WRONG_STATE, NULL},
    {"steps_done",      steps_done,      ERR_WRONG_STATE, NULL},
    {"retire_done",     retire_done,     ERR_WRONG_STATE, NULL},
    {"window_open",     window_open,     ERR_WRONG_STATE, "its rollback window is over"},
    {"kept_long_enough", kept_long_enough, ERR_WRONG_STATE, "its rollback window, or the retention of the old dataset, is not over"},
    {"no_later_plan",   no_later_plan,   ERR_WRONG_STATE, "a later plan touched the same dataset: roll that back first"},
    {"has_retire",      has_retire,      ERR_WRONG_STATE, "it has no step that retires the old dataset"},
    {"all_reversed",    all_reversed,    ERR_WRONG_STATE, NULL},
    {"start_verified",  start_verified,  ERR_WRONG_STATE, NULL},
    {"nothing_failed",  nothing_failed,  ERR_WRONG_STATE, NULL},
    {"second_person",   second_person,   ERR_WRONG_STATE, NULL},
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

size_t
guard_count(void)
{
    return G_N_ELEMENTS(guards);
}

const char *
guard_name(size_t index)
{
    return guards[index].name;
}

static size_t
guard_find(const char *name, size_t bytes)
{
    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++)
        if (strlen(guards[i].name) == bytes && memcmp(guards[i].name, name, bytes) == 0)
            return i;
    g_error("there is no guard '%.*s'", (int) bytes, name);
}

static bool
guard_holds_at(const Moment *moment, size_t index)
{
    return (moment->beat->state->guards_off & UINT64_C(1) << index) != 0 ||
           guards[index].holds(moment);
}

bool
guard_holds(const Moment *moment, const char *guard)
{
    return guard_holds_at(moment, guard_find(guard, strlen(guard)));
}

bool
guards_hold(const Moment *moment, const char *names, const char **ret_refused)
{
    for (const char *name = names; *name != '\0';) {
        size_t bytes = strcspn(name, ","), index = guard_find(name, bytes);
        if (!guard_holds_at(moment, index)) {
            if (ret_refused != NULL)
                *ret_refused = guards[index].name;
            return false;
        }
        name += bytes + (name[bytes] == ',');
    }
    return true;
}

char *
guard_refusal(const Moment *moment, const char *guard, ErrorCode *ret_code)
{
    const Guard *found = &guards[guard_find(guard, strlen(guard))];
    *ret_code = found->code;
    if (found->holds == no_later_plan)
        return g_strdup_printf("plan '%s' touched the same dataset later: roll that back first",
                               later_plan(moment->beat->state, moment->plan));
    if (found->holds == locks_free)
        return g_strdup_printf("plan '%s' moves the same dataset right now: wait for its end",
                               locking_plan(moment->beat->state, moment->plan)->row.id);
    if (found->holds == not_frozen)
        return g_strdup_printf("nothing may start now: %s", argument(moment, "frozen"));
    return g_strdup(found->refusal != NULL ? found->refusal : "not now");
}
