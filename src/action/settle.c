/*
 * settle.c - when the rollback window is over: end the way back, and clear away what only that
 * needed.
 *
 * The log of rows written since the swap costs writers something for each row, and ledger, fence and
 * the note of the swap are of no use to the people whose store it is. Rows that were put aside stay,
 * because they are nowhere else.
 */
#include "action/move.h"
#include "action/table.h"
#include "planner/planner.h"

/* The note of the swap goes in the same transaction as everything else, or last of all; without a swap there is
 * none, and clearing away what is not there changes nothing. */
static bool
look(const StepCall *call, StepEnv *env, bool *ret_is_settled, GError **error)
{
    g_auto(Move) move = {0};
    SwapState state;

    if (!move_swap_state(call, env, &move, &state, error))
        return false;
    *ret_is_settled = state == SWAP_BEFORE;
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    bool is_settled;

    if (!look(call, env, &is_settled, error))
        return false;
    *ret = is_settled && planner_moves_rows(call->plan) ? WORLD_ALREADY : WORLD_EXPECTED;
    return true;
}

static bool
end_watch(const Move *move, GError **error)
{
    g_autoptr(Conn) source = NULL;
    return step_connect(move->env, move->source_store, &source, error) &&
           (!conn_can_watch(source) || conn_unwatch(source, move->source, error));
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(json_t) aside = NULL;
    Ticker ticker = {env, 0, "settling"};

    outcome_is(outcome, OUTCOME_DONE, json_pack("{s:b}", "quarantine_stays", false));
    if (!move_open(call, env, &move, error) || !step_connect(env, move.target_store, &conn, error))
        return false;
    if (!planner_moves_rows(call->plan) && conn->driver->swap == NULL)
        return true; /* such a store has never held anything of ours */
    if ((move.is_live || move.holds) && !end_watch(&move, error))
        return false;
    conn_set_tick(conn, ticker_tick, &ticker);
    bool done = conn_settle(conn, call->lease->plan, error);
    conn_set_tick(conn, NULL, NULL);
    if (!done || !conn_quarantined(conn, call->lease->plan, 1, &aside, error))
        return false;
    outcome_is(outcome, OUTCOME_DONE,
               json_pack("{s:b}", "quarantine_stays", json_array_size(aside) > 0));
    return true;
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    bool is_settled;

    if (!look(call, env, &is_settled, error))
        return false;
    return is_settled || fail(error, ERR_MISMATCH, "the note of the swap is still there");
}

/* Without its note it is settled, but not everything may be gone: tables that are empty go one by one. Clearing away what is not there
 * changes nothing, and nobody would come back for the rest. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    bool is_settled;

    if (!look(call, env, &is_settled, error))
        return false;
    if (!is_settled || !planner_moves_rows(call->plan)) {
        outcome->kind = OUTCOME_NOT_APPLIED;
        return true;
    }
    if (!run(call, env, outcome, error))
        return false;
    outcome->kind = OUTCOME_APPLIED;
    return true;
}

const Action action_settle = {
    .id = ACTION_SETTLE,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
};
