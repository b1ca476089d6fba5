/*
 * watch.c - note what is written to the source from now on, so that it can be copied while people go on writing.
 *
 * The notes are worked off by whoever fills the staging table (follow.h), the last of them once writers are stopped.
 */
#include "action/move.h"
#include "action/table.h"

static bool
look(const StepCall *call, StepEnv *env, Move *move, Conn **ret, bool *ret_watched, GError **error)
{
    return move_open(call, env, move, error) &&
           step_connect(move->env, move->source_store, ret, error) &&
           conn_is_watched(*ret, move->source, ret_watched, error);
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_watched;

    if (!look(call, env, &move, &conn, &is_watched, error))
        return false;
    *ret = WORLD_EXPECTED;
    if (is_watched && lease_pre_state(call->lease) == NULL)
        differ(
            ret, ret_state,
            "what is written to '%s' is noted already, for another move of it: let that end first",
            move.source);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    Ticker ticker = {env, 0, "waiting for those who are writing at the moment"};
    bool was_watched;

    return look(call, env, &move, &conn, &was_watched, error) &&
           (conn_set_tick(conn, ticker_tick, &ticker), true) &&
           conn_watch(conn, move.source, move.way, error);
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool is_watched;

    if (!look(call, env, &move, &conn, &is_watched, error))
        return false;
    return is_watched ||
           fail(error, ERR_MISMATCH, "what is written to '%s' is not noted", move.source);
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL, target = NULL;
    bool is_watched;

    if (!look(call, env, &move, &conn, &is_watched, error) ||
        !step_connect(env, move.target_store, &target, error) ||
        !move_fence(&move, target, error) ||
        !conn_is_watched(conn, move.source, &is_watched, error))
        return false;
    outcome->kind = is_watched ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    /* Half of it is none, as with a freeze. What a log needs is found by whoever begins to read it once more. */
    return is_watched || move.way == WATCH_LOG || conn_unwatch(conn, move.source, error);
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;

    return move_open(call, env, &move, error) &&
           step_connect(env, move.source_store, &conn, error) &&
           conn_unwatch(conn, move.source, error);
}

const Action action_watch = {
    .id = ACTION_WATCH,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
