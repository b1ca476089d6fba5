/*
 * stage.c - make the empty staging table, shaped as the target is or will be, with the plan's fence
 * beside it: from here on no writer with an older token gets through.
 */
#include "action/table.h"
#include "action/target.h"

static bool
open_target(const StepCall *call, StepEnv *env, Move *move, Conn **ret, GError **error)
{
    return move_open(call, env, move, error) &&
           step_connect(move->env, move->target_store, ret, error);
}

static bool
check_name_is_free(const Move *move, Conn *conn, const char *name, World *ret, json_t **ret_state,
                   GError **error)
{
    bool exists;

    if (!conn_exists(conn, name, &exists, error))
        return false;
    if (exists)
        differ(ret, ret_state,
               "there is a '%s' already in store '%s', left by an earlier run or made by another "
               "one: look at it, drop it, and resume",
               name, move->target_store->name);
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(json_t) state = json_object();
    bool begun = lease_pre_state(call->lease) != NULL;

    *ret = WORLD_EXPECTED;
    if (!open_target(call, env, &move, &conn, error) ||
        !target_look(&move, conn, false, ret, &state, error) ||
        (!begun && !check_name_is_free(&move, conn, move.stage, ret, &state, error)) ||
        !check_name_is_free(&move, conn, move.kept, ret, &state, error))
        return false;
    if (*ret == WORLD_EXPECTED && !move_record_start(&move, state, error))
        return false;
    *ret_state = g_steal_pointer(&state);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = NULL;

    if (!open_target(call, env, &move, &conn, error) || !move_stage_schema(&move, &schema, error))
        return false;
    Writer writer = move_writer(&move, NULL);
    if (!conn_stage(conn, move.stage, move.like, schema, &writer, error))
        return false;
    json_t *evidence = json_object();
    json_set_string(evidence, "stage", move.stage);
    json_set_int(evidence, "columns", (int64_t) schema_count(schema));
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) wanted = NULL, made = NULL;

    if (!open_target(call, env, &move, &conn, error) || !move_stage_schema(&move, &wanted, error) ||
        !conn_describe(conn, move.stage, &made, error))
        return false;
    for (size_t i = 0; i < schema_count(wanted); i++) {
        const Column *column = schema_column(wanted, i);
        if (schema_find(made, column->name, NULL) == NULL)
            return fail(error, ERR_MISMATCH, "staging table '%s' has no column '%s'", move.stage,
                        column->name);
    }
    return true;
}

/* Where there is no stage, notes and tables of ours may be: not every store makes and removes all of it in one change. Nobody would
 * come back for them, as nothing was applied; so they go now. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool exists;

    if (!open_target(call, env, &move, &conn, error) || !move_fence(&move, conn, error) ||
        !conn_exists(conn, move.stage, &exists, error))
        return false;
    Writer writer = move_writer(&move, NULL);
    if (!exists && !conn_unstage(conn, move.stage, &writer, error))
        return false;
    outcome->kind = exists ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    return true;
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool exists;

    if (!open_target(call, env, &move, &conn, error))
        return false;
    Writer writer = move_writer(&move, NULL);
    if (!conn_unstage(conn, move.stage, &writer, error) ||
        !conn_exists(conn, move.stage, &exists, error))
        return false;
    if (exists)
        return fail(error, ERR_MISMATCH, "staging table '%s' is still there", move.stage);
    return true;
}

const Action action_stage = {
    .id = ACTION_STAGE,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
