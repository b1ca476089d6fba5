/*
 * freeze.c - stop writes to the source, so that what is copied is what there is. One that was written to meanwhile has been
 * copied by then, but for the last changes, which are copied here.
 *
 * A source that was frozen before (an earlier migration keeps its source read-only) is left frozen
 * by the way back. The freeze itself does not show in fingerprints.
 */
#include "action/compare.h"
#include "action/fill.h"
#include "action/follow.h"
#include "action/table.h"

static bool
look(const StepCall *call, StepEnv *env, Move *move, Conn **ret, bool *ret_frozen, GError **error)
{
    return move_open(call, env, move, error) &&
           step_connect(move->env, move->source_store, ret, error) &&
           conn_is_frozen(*ret, move->source, ret_frozen, error);
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(json_t) state = json_object();
    const json_t *before = lease_pre_state(call->lease);
    bool is_frozen;

    if (!look(call, env, &move, &conn, &is_frozen, error) ||
        !move_record_start(&move, state, error))
        return false;
    json_set_bool(state, "was_frozen", json_get_bool(before, "was_frozen", is_frozen));
    *ret = WORLD_EXPECTED;
    *ret_state = g_steal_pointer(&state);
    return true;
}

/* True while it moves and ever after: what writers meet is not changed once more. */
static char *
reason_for_writers(const Move *move)
{
    const json_t *plan = move->call->plan->json;
    const char *migration = json_get_string(plan, "migration", move->call->lease->plan);

    if (move->env->freeze_words != NULL)
        return g_strdup(move->env->freeze_words);
    if (move->is_in_place)
        return g_strdup_printf("the columns of '%s' change (%s): write again once that is done",
                               move->source, migration);
    return g_strdup_printf("'%s' moves to '%s' (%s): write there once that is done", move->source,
                           json_get_string(json_object_get(plan, "target"), "url", ""), migration);
}

/* What was not mirrored was not compared either. */
static bool
end_mirror(const Move *move, int64_t behind, Outcome *outcome, GError **error)
{
    return !move->is_mirrored || behind == 0 || compare_all(move, outcome, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool was_frozen;
    int64_t rows, behind;

    if (!look(call, env, &move, &conn, &was_frozen, error))
        return false;
    g_autofree char *why = reason_for_writers(&move);
    if (!conn_freeze(conn, move.source, why, error) ||
        !follow_behind(&move, conn, &behind, error) ||
        !conn_count(conn, move.source, NULL, &rows, error))
        return false;
    json_t *evidence = json_object();
    json_set_int(evidence, "rows", rows);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return !move.is_live ||
           (follow_source(&move, 0, evidence, error) && fill_within_budget(&move, error) &&
            end_mirror(&move, behind, outcome, error));
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_frozen;
    int64_t behind;

    if (!look(call, env, &move, &conn, &is_frozen, error) ||
        !follow_behind(&move, conn, &behind, error))
        return false;
    if (behind > 0)
        return fail(error, ERR_MISMATCH, "%" G_GINT64_FORMAT " changes of '%s' are not copied yet",
                    behind, move.source);
    return is_frozen || fail(error, ERR_MISMATCH, "'%s' can still be written to", move.source);
}

/* Did the source refuse writes before the first attempt? */
static bool
freeze_was_there(const StepCall *call)
{
    return json_get_bool(lease_pre_state(call->lease), "was_frozen", false);
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL, target = NULL;
    bool is_frozen;
    int64_t behind;

    /* whoever still writes to the source is waited for before we look */
    if (!look(call, env, &move, &conn, &is_frozen, error) || !move_fence(&move, conn, error) ||
        !step_connect(env, move.target_store, &target, error) ||
        !move_fence(&move, target, error) ||
        !conn_is_frozen(conn, move.source, &is_frozen, error) ||
        !follow_behind(&move, conn, &behind, error))
        return false;
    outcome->kind = is_frozen && behind == 0 ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    /* Half of it is none, also where a store takes several statements for it (MariaDB, a trigger each): whoever says "not applied" is not
     * asked to put anything back. */
    return outcome->kind == OUTCOME_APPLIED || freeze_was_there(call) ||
           conn_thaw(conn, move.source, error);
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_frozen;
    bool was_frozen = freeze_was_there(call);

    if (!look(call, env, &move, &conn, &is_frozen, error))
        return false;
    if (!was_frozen && (!conn_thaw(conn, move.source, error) ||
                        !conn_is_frozen(conn, move.source, &is_frozen, error)))
        return false;
    if (is_frozen != was_frozen)
        return fail(error, ERR_MISMATCH, "'%s' still refuses writes", move.source);
    outcome_is(outcome, OUTCOME_DONE, json_pack("{s:b}", "frozen", is_frozen));
    return true;
}

const Action action_freeze = {
    .id = ACTION_FREEZE,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
