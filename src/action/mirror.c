/*
 * mirror.c - let those who write to the source write to the staging table as well, in their own transactions.
 *
 * The rows are copied by then, but for a few that were noted last; those are copied while writers wait for a moment. What the
 * staging table refuses from here on is noted as before, and copied once writers are stopped.
 */
#include "action/move.h"
#include "action/table.h"

static bool
look(const StepCall *call, StepEnv *env, Move *move, Conn **ret, bool *ret_mirrored, GError **error)
{
    return move_open(call, env, move, error) &&
           step_connect(move->env, move->source_store, ret, error) &&
           conn_is_mirrored(*ret, move->source, ret_mirrored, error);
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_mirrored, is_watched;

    if (!look(call, env, &move, &conn, &is_mirrored, error) ||
        !conn_is_watched(conn, move.source, &is_watched, error))
        return false;
    *ret = is_mirrored ? WORLD_ALREADY : WORLD_EXPECTED;
    if (!is_watched)
        differ(ret, ret_state,
               "what is written to '%s' is not noted any more: roll back and plan again",
               move.source);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Transfer) transfer = NULL;
    Ticker ticker = {env, 0, "waiting for those who are writing at the moment"};
    Followed followed = {0};

    if (!move_open(call, env, &move, error) || !move_transfer(&move, 0, &transfer, error) ||
        !transfer_mirror(transfer, ticker_tick, &ticker, &followed, error))
        return false;
    json_t *evidence = json_object();
    json_set_int(evidence, "followed", followed.rows);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_mirrored;

    if (!look(call, env, &move, &conn, &is_mirrored, error))
        return false;
    return is_mirrored ||
           fail(error, ERR_MISMATCH, "what is written to '%s' is not written to '%s' as well",
                move.source, move.stage);
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL, target = NULL;
    bool is_mirrored;

    if (!look(call, env, &move, &conn, &is_mirrored, error) ||
        !step_connect(env, move.target_store, &target, error) ||
        !move_fence(&move, target, error) ||
        !conn_is_mirrored(conn, move.source, &is_mirrored, error))
        return false;
    outcome->kind = is_mirrored ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    return true;
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;

    return move_open(call, env, &move, error) &&
           step_connect(env, move.source_store, &conn, error) &&
           conn_unmirror(conn, move.source, error);
}

const Action action_mirror = {
    .id = ACTION_MIRROR,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
