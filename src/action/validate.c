/*
 * validate.c - the mapping against both schemas, as they are now, with the source's own SQL asked
 * about every expression. Changes nothing.
 */
#include "action/move.h"
#include "action/table.h"

static bool
describe_both(const Move *move, Conn *source, Schema **ret_source, Schema **ret_target,
              GError **error)
{
    g_autoptr(Conn) target = NULL;

    if (!conn_describe(source, move->source, ret_source, error))
        return false;
    if (move->like == NULL)
        return true;
    return step_connect(move->env, move->target_store, &target, error) &&
           conn_describe(target, move->target, ret_target, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) source = NULL, target = NULL;
    g_autoptr(Diags) diags = diags_new();

    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.source_store, &conn, error) ||
        !describe_both(&move, conn, &source, &target, error) ||
        !mapping_check_in(conn, move.source, move.mapping, source, target, diags, error))
        return false;
    json_t *evidence = json_object();
    json_set_int(evidence, "source_columns", (int64_t) schema_count(source));
    if (target != NULL)
        json_set_int(evidence, "target_columns", (int64_t) schema_count(target));
    json_object_set_new(evidence, "diagnostics", diags_json(diags));
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return diags_to_error(diags, error);
}

const Action action_validate = {.id = ACTION_VALIDATE, .run = run};
