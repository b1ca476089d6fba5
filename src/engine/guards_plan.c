/* guards_plan.c - the guards of plans, one function each. */
#include "base/json.h"
#include "engine/guards.h"

#include <string.h>

static bool
digest_equal(const Moment *m)
{
    return digest_matches(m->plan->row.digest, moment_argument(m, "digest"));
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
    return moment_argument(m, "frozen") == NULL;
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

/* What clears away the way back may still be at it. */
static bool
retire_done(const Moment *m)
{
    const OpenStep *settle = plan_settle_step(m->plan);
    return m->plan->retire_open == 0 && (settle == NULL || task_is_done(settle->root));
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

static char *
tell_later_plan(const Moment *m)
{
    return g_strdup_printf("plan '%s' touched the same dataset later: roll that back first",
                           later_plan(m->beat->state, m->plan));
}

static char *
tell_locking_plan(const Moment *m)
{
    return g_strdup_printf("plan '%s' moves the same dataset right now: wait for its end",
                           locking_plan(m->beat->state, m->plan)->row.id);
}

static char *
tell_freeze(const Moment *m)
{
    return g_strdup_printf("nothing may start now: %s", moment_argument(m, "frozen"));
}

/* clang-format off */
const Guard plan_guards[] = {
    {"digest_equal",    digest_equal,    ERR_MISMATCH,    "the digest is not that of this plan: look at it again"},
    {"quorum",          quorum,          ERR_WRONG_STATE, NULL},
    {"no_effects",      no_effects,      ERR_WRONG_STATE, "it has had effects: roll it back instead"},
    {"effects",         effects,         ERR_WRONG_STATE, "it has had no effect: cancel it instead"},
    {"not_frozen",      not_frozen,      ERR_WRONG_STATE, NULL, tell_freeze},
    {"locks_free",      locks_free,      ERR_WRONG_STATE, NULL, tell_locking_plan},
    {"reason_given",    reason_given,    ERR_INVALID,     "this needs a reason"},
    {"budget_spent",    budget_spent,    ERR_WRONG_STATE, NULL},
    {"automatic_policy", automatic_policy, ERR_WRONG_STATE, NULL},
    {"steps_done",      steps_done,      ERR_WRONG_STATE, NULL},
    {"retire_done",     retire_done,     ERR_WRONG_STATE, NULL},
    {"window_open",     window_open,     ERR_WRONG_STATE, "its rollback window is over"},
    {"kept_long_enough", kept_long_enough, ERR_WRONG_STATE, "its rollback window, or the retention of the old dataset, is not over"},
    {"no_later_plan",   no_later_plan,   ERR_WRONG_STATE, NULL, tell_later_plan},
    {"has_retire",      has_retire,      ERR_WRONG_STATE, "it has no step that retires the old dataset"},
    {"all_reversed",    all_reversed,    ERR_WRONG_STATE, NULL},
    {"start_verified",  start_verified,  ERR_WRONG_STATE, NULL},
    {"nothing_failed",  nothing_failed,  ERR_WRONG_STATE, NULL},
    {"second_person",   second_person,   ERR_WRONG_STATE, NULL},
};
/* clang-format on */
const size_t plan_guard_count = G_N_ELEMENTS(plan_guards);
