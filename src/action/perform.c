/*
 * perform.c - the table of actions, and the one order in which each is done.
 *
 *   forward   check ─ already ─────────────► already (or run again, if an attempt had an intent)
 *                   ─ moved ───────────────► drift
 *                   ─ expected ─ intent ─ run ─ verify ─► done, wait, more, drift
 *   probe     fence, look ─────────────────► applied, not_applied, partly
 *   reverse   reverse ─────────────────────► done
 *   any       stopped ─────────────────────► released: what was begun is undone by then
 *   any       fails ───────────────────────► error
 */
#include "action/action.h"

#include "action/move.h"
#include "action/table.h"
#include "change/change.h"
#include "coding/coding.h"

#include <string.h>

static const Action *const actions[ACTION_COUNT] = {
    [ACTION_PLAN] = &action_plan,           [ACTION_PREFLIGHT] = &action_preflight,
    [ACTION_VALIDATE] = &action_validate,   [ACTION_REWRITE] = &action_rewrite,
    [ACTION_FREEZE] = &action_freeze,       [ACTION_STAGE] = &action_stage,
    [ACTION_TRANSFORM] = &action_transform, [ACTION_COPY] = &action_copy,
    [ACTION_COMPARE] = &action_compare,     [ACTION_SWAP] = &action_swap,
    [ACTION_BUILDS] = &action_builds,       [ACTION_PROPOSE] = &action_propose,
    [ACTION_ROLLOUT] = &action_rollout,     [ACTION_SETTLE] = &action_settle,
    [ACTION_RETIRE] = &action_retire,       [ACTION_WATCH] = &action_watch,
    [ACTION_MIRROR] = &action_mirror,
};

const Action *
action_by_name(const char *name)
{
    const ActionInfo *info = action_info_by_name(name);
    return info != NULL ? actions[info->id] : NULL;
}

bool
call_is_whole_step(const StepCall *call)
{
    return *call->lease->key == '\0';
}

/* "a; b; c" for the one-line message beside the list. */
static char *
join_differences(const json_t *state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *difference;
    size_t i;

    json_array_foreach(json_object_get(state, "differences"), i, difference)
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "", json_string_value(difference));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
set_error(Outcome *outcome, const GError *error)
{
    if (error_is(error, ERR_STOPPED)) {
        outcome->kind = OUTCOME_RELEASED;
    } else {
        outcome->kind = OUTCOME_ERROR;
        outcome->error_code = g_strdup(error_wire_name(error_code(error)));
    }
    outcome->message = g_strdup(error->message);
}

static bool
do_forward(const Action *action, const StepCall *call, StepEnv *env, Outcome *outcome,
           GError **error)
{
    const ActionInfo *info = action_info(action->id);
    g_autoptr(json_t) state = NULL;
    World world = WORLD_EXPECTED;

    if (action->check != NULL && !action->check(call, env, &world, &state, error))
        return false;
    if (world == WORLD_MOVED) {
        outcome->kind = OUTCOME_DRIFT;
        outcome->message = join_differences(state);
        outcome->evidence = g_steal_pointer(&state);
        return true;
    }
    /* An earlier attempt of ours did it: run once more, which changes nothing and tells what it
     * found, so that the evidence is not lost. */
    if (world == WORLD_ALREADY && lease_pre_state(call->lease) == NULL) {
        outcome->kind = OUTCOME_ALREADY;
        outcome->evidence = g_steal_pointer(&state);
        return true;
    }
    if (!env->tick(env, 0, 0, "", info->text))
        return fail(error, ERR_STOPPED, "asked to stop before it began");
    if (state == NULL)
        state = json_object();
    if (info->has_effects && !env->intent(env, state, error))
        return false;
    outcome->before_effect = !info->has_effects;
    outcome->kind = OUTCOME_DONE;
    if (!action->run(call, env, outcome, error))
        return false;
    if (outcome->kind == OUTCOME_DRIFT) /* seen by the change itself, which was not made */
        outcome->message = join_differences(outcome->evidence);
    if (json_object_get(state, "start") != NULL && outcome->kind == OUTCOME_DONE &&
        outcome->evidence != NULL)
        json_object_set(outcome->evidence, "start", json_object_get(state, "start"));
    return outcome->kind != OUTCOME_DONE || action->verify == NULL ||
           action->verify(call, env, error);
}

static bool
do_probe(const Action *action, const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    if (action->probe == NULL) {
        outcome->kind = OUTCOME_NOT_APPLIED; /* no effects: nothing can have been applied */
        return true;
    }
    return action->probe(call, env, outcome, error);
}

static bool
do_reverse(const Action *action, const StepCall *call, StepEnv *env, Outcome *outcome,
           GError **error)
{
    outcome->kind = OUTCOME_DONE;
    if (action->reverse != NULL)
        return action->reverse(call, env, outcome, error);
    if (action_info(action->id)->reverse == REVERSE_IMPOSSIBLE)
        return fail(error, ERR_UNSUPPORTED, "'%s' has no way back", action_info(action->id)->name);
    return true; /* it changed nothing */
}

static bool
perform(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    const Action *action = action_by_name(call->lease->action);

    outcome->before_effect = true;
    if (action == NULL)
        return fail(error, ERR_UNSUPPORTED, "this worker knows no action '%s'",
                    call->lease->action);
    if (action->id != ACTION_PLAN && call->plan == NULL)
        return fail(error, ERR_INTERNAL, "action '%s' came without its plan", call->lease->action);
    outcome->before_effect = call->lease->phase == PHASE_FORWARD && !call->lease->is_probe;
    if (call->lease->is_probe)
        return do_probe(action, call, env, outcome, error);
    if (call->lease->phase == PHASE_REVERSE)
        return do_reverse(action, call, env, outcome, error);
    return do_forward(action, call, env, outcome, error);
}

Outcome *
action_perform(const StepCall *call, StepEnv *env)
{
    g_autoptr(GError) error = NULL;
    Outcome *outcome = g_new0(Outcome, 1);

    if (!perform(call, env, outcome, &error))
        set_error(outcome, error);
    return outcome;
}

void
action_keep_warm(bool is_wanted)
{
    drivers_keep_sessions(is_wanted);
}

void
action_sweep(const Config *config)
{
    change_sweep(config);
    coding_sweep(config);
}
