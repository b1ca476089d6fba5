/*
 * preflight.c - look for drift before anything moves, and before anything moves on; and at the end
 * of a rollback, hold the datasets against what they were before the first effect.
 *
 * What the plan itself has done is no drift: once swapped, the target is expected to be new.
 */
#include "action/code.h"
#include "action/services.h"
#include "action/survey.h"
#include "action/table.h"
#include "planner/planner.h"

/* Without a request only the stores are looked at: the plan's own datasets. */
static json_t *
request_of_plan(const json_t *plan)
{
    static const char *const both[] = {"source", "target"};
    json_t *request = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        const json_t *dataset = json_object_get(plan, both[i]);
        json_object_set_new(request, both[i],
                            json_pack("{s:s, s:s}", "ref", json_get_string(dataset, "ref", ""),
                                      "url", json_get_string(dataset, "url", "")));
    }
    return request;
}

/* Expect the target as the swap left it, if it was swapped. */
static bool
forgive_swap(const StepCall *call, StepEnv *env, json_t *slice, GError **error)
{
    g_auto(Move) move = {0};
    SwapState state;

    if (!move_swap_state(call, env, &move, &state, error))
        return false;
    bool is_begun = state == SWAP_AFTER || state == SWAP_HALF;
    if (is_begun)
        json_object_set(json_object_get(slice, "target"), "schema",
                        json_at(call->plan->json, "snapshot.target_schema"));
    if (is_begun && move.is_in_place)
        json_object_set(json_object_get(slice, "source"), "schema",
                        json_at(call->plan->json, "snapshot.source_schema"));
    return true;
}

/* A dataset that cannot be looked at at all is drift, too. */
static void
add_problems(const json_t *slice, json_t *differences)
{
    static const char *const both[] = {"source", "target"};

    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        const char *problem = json_get_string(json_object_get(slice, both[i]), "problem", NULL);
        if (problem != NULL)
            json_array_append_new(differences, json_sprintf("%s: %s", both[i], problem));
    }
}

/* `request` NULL: the plan's own datasets. `with_code`: consumers' code, too. */
static bool
look_at_world(const StepCall *call, StepEnv *env, const json_t *request, bool with_code,
              json_t **ret_slice, json_t **ret_differences, GError **error)
{
    g_autoptr(json_t) own = request == NULL ? request_of_plan(call->plan->json) : NULL;
    g_autoptr(json_t) slice = NULL;

    if (!survey(request != NULL ? request : own, env, &slice, error) ||
        !forgive_swap(call, env, slice, error) ||
        (with_code &&
         (!services_look(slice, env, error) || !code_survey(slice, call->plan, env, error) ||
          !services_decide(slice, env, error))))
        return false;
    *ret_differences = plan_drift(call->plan->json, slice);
    add_problems(slice, *ret_differences);
    *ret_slice = g_steal_pointer(&slice);
    return true;
}

bool
datasets_drift(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_autoptr(json_t) slice = NULL, differences = NULL;

    *ret = WORLD_EXPECTED;
    if (json_object_get(call->plan->json, "source") == NULL)
        return true; /* it moves no dataset */
    if (!look_at_world(call, env, NULL, false, &slice, &differences, error))
        return false;
    *ret = json_array_size(differences) > 0 ? WORLD_MOVED : WORLD_EXPECTED;
    *ret_state = json_object();
    if (*ret == WORLD_MOVED)
        json_object_set(*ret_state, "differences", differences);
    return true;
}

/* Once something has happened, each repository's own task looks what became of it. */
static bool
look_for_drift(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_autoptr(json_t) request = NULL, slice = NULL, differences = NULL;
    bool with_code = !json_get_bool(call->lease->params, "effects", false);

    /* A rollout of its own moves no dataset; its service is looked at by its own task. */
    *ret = WORLD_EXPECTED;
    if (json_object_get(call->plan->json, "source") == NULL)
        return true;
    if (!request_read(call, env, &request, error) ||
        !look_at_world(call, env, request, with_code, &slice, &differences, error))
        return false;
    *ret = json_array_size(differences) > 0 ? WORLD_MOVED : WORLD_EXPECTED;
    *ret_state = json_object();
    json_object_set(*ret_state, "differences", differences);
    if (*ret == WORLD_EXPECTED)
        json_set_int(*ret_state, "source_rows",
                     json_get_int(json_object_get(slice, "source"), "rows", 0));
    return true;
}

/* The target is Honk's to restore: it must be what it was, to the last row. */
static bool
verify_target(const Move *move, const json_t *before, json_t *evidence, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    json_t *now;
    bool stage, kept;

    if (!step_connect(move->env, move->target_store, &conn, error) ||
        !start_of(conn, move->target, &now, error))
        return false;
    json_object_set_new(evidence, "target", now);
    if (!json_equal((json_t *) before, now))
        return fail(error, ERR_MISMATCH,
                    "target '%s' is not what it was before the plan: %s, %" G_GINT64_FORMAT
                    " rows then, %s, %" G_GINT64_FORMAT " rows now",
                    move->target, json_get_bool(before, "exists", false) ? "there" : "not there",
                    json_get_int(before, "rows", 0),
                    json_get_bool(now, "exists", false) ? "there" : "not there",
                    json_get_int(now, "rows", 0));
    if (move->stage == NULL)
        return true;
    if (!conn_exists(conn, move->stage, &stage, error) ||
        !conn_exists(conn, move->kept, &kept, error))
        return false;
    return (!stage && !kept) || fail(error, ERR_MISMATCH, "'%s' is left in store '%s'",
                                     stage ? move->stage : move->kept, move->target_store->name);
}

/* The source was only read: others may have written to it since the thaw. Its shape must be the
 * same; other rows are told, and are nobody's mistake. */
static bool
verify_source(const Move *move, const json_t *before, json_t *evidence, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    json_t *now;

    if (!step_connect(move->env, move->source_store, &conn, error) ||
        !start_of(conn, move->source, &now, error))
        return false;
    json_object_set_new(evidence, "source", now);
    json_set_bool(evidence, "source_rows_changed", !json_equal((json_t *) before, now));
    if (g_strcmp0(json_get_string(before, "schema", ""), json_get_string(now, "schema", "")) != 0)
        return fail(error, ERR_MISMATCH, "source '%s' has another shape than before the plan",
                    move->source);
    return true;
}

/* The last look of a rollback. Without a recorded start nothing had an effect. */
static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    const json_t *start = json_object_get(call->lease->params, "verify_start");
    g_auto(Move) move = {0};
    json_t *evidence = json_object();

    outcome_is(outcome, OUTCOME_DONE, evidence);
    json_set_bool(evidence, "recorded", json_object_size(start) > 0);
    if (!code_must_be_back(call, env, error))
        return false;
    if (json_object_size(start) > 0 &&
        (!move_open(call, env, &move, error) ||
         !verify_source(&move, json_object_get(start, "source"), evidence, error) ||
         !verify_target(&move, json_object_get(start, "target"), evidence, error)))
        return false;
    json_set_bool(evidence, "equal", true);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    outcome_is(outcome, OUTCOME_DONE, json_pack("{s:[]}", "differences"));
    return true;
}

const Action action_preflight = {
    .id = ACTION_PREFLIGHT,
    .check = look_for_drift,
    .run = run,
    .reverse = reverse,
};
