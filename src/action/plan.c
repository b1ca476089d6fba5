/*
 * plan.c - make the plan: look at the stores, ask the source's SQL about the mapping's expressions,
 * run the agent if it is a program, and let the planner do the rest, which is pure.
 *
 * A plan that cannot be made is no failure of the task: its evidence says why, for the person who
 * wrote the migration.
 */
#include "action/agent.h"
#include "action/code.h"
#include "action/services.h"
#include "action/survey.h"
#include "action/table.h"
#include "action/trial.h"
#include "base/text.h"
#include "model/throttle.h"
#include "planner/planner.h"
#include "planner/services.h"

#include <string.h>

/* The mapping's document for these datasets, or NULL: then the planner tells what is wrong. */
static const Mapping *
find_mapping(const json_t *slice, MappingSet **ret_set)
{
    const char *text = json_get_string(json_object_get(slice, "mapping"), "text", NULL);
    const char *path = json_get_string(json_object_get(slice, "mapping"), "path", "mapping");
    const char *names[2][3];
    static const char *const both[] = {"source", "target"};
    g_autoptr(Diags) ignored = diags_new();
    const Mapping *mapping;

    if (text == NULL || !mapping_parse(text, strlen(text), path, ignored, ret_set, NULL))
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        const json_t *dataset = json_object_get(slice, both[i]);
        const char *ref = json_get_string(dataset, "ref", "");
        names[i][0] = text_behind_slash(ref);
        names[i][1] = ref;
        names[i][2] = NULL;
    }
    return mapping_for(*ret_set, names[0], names[1], &mapping, NULL) ? mapping : NULL;
}

/* Expressions, which only the source can judge. Everything else is the planner's, too; it says
 * nothing twice, because it is asked only when this finds no error. */
static bool
check_expressions(const json_t *slice, StepEnv *env, Diags *diags, GError **error)
{
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Schema) source = NULL, target = NULL;
    g_autoptr(Conn) conn = NULL;
    const json_t *source_json = json_at(slice, "source.schema");
    const json_t *target_json = json_at(slice, "target.schema");
    const Mapping *mapping = find_mapping(slice, &set);
    const StoreConfig *store;
    const char *object;

    if (mapping == NULL || source_json == NULL || json_is_null(source_json))
        return true;
    if (!config_dataset_url(env->config,
                            json_get_string(json_object_get(slice, "source"), "url", ""), &store,
                            &object, error) ||
        !conn_open(store, &conn, error) || !schema_from_json(source_json, &source, error))
        return false;
    bool is_in_place =
        planner_is_in_place(json_get_string(json_object_get(slice, "source"), "url", ""),
                            json_get_string(json_object_get(slice, "target"), "url", ""));
    if (!is_in_place && target_json != NULL && !json_is_null(target_json) &&
        !schema_from_json(target_json, &target, error))
        return false;
    return mapping_check_in(conn, object, mapping, source, target, diags, error);
}

static bool
put_json(StepEnv *env, const json_t *value, char **ret_digest, GError **error)
{
    g_autofree char *text = NULL;
    return json_canonical(value, &text, error) &&
           env->blob_put(env, text, strlen(text), ret_digest, error);
}

static bool
store_plan(StepEnv *env, const Plan *plan, const json_t *observations, json_t *evidence,
           GError **error)
{
    g_autofree char *digest = NULL, *seen = NULL;

    if (!put_json(env, plan->json, &digest, error) || !put_json(env, observations, &seen, error))
        return false;
    g_assert_cmpstr(digest, ==, plan->digest);
    json_set_string(evidence, "digest", digest);
    json_set_string(evidence, "observations", seen);
    return true;
}

/* For the one who named an agent that is not there. */
static void
put_agent_names(json_t *slice, const Config *config)
{
    json_t *names = json_array();
    for (guint i = 0; i < config->agents->len; i++)
        json_array_append_new(names,
                              json_string(((const AgentConfig *) config->agents->pdata[i])->name));
    json_object_set_new(slice, "agents", names);
}

/* A command that no worker has would slow the migration down for good. */
static bool
check_throttle(const json_t *slice, StepEnv *env, Diags *diags, GError **error)
{
    const char *name = throttle_command(json_at(slice, "entity.spec.throttle"));
    if (name != NULL && config_throttle_command(env->config, name) == NULL)
        diags_add(diags, DIAG_ERROR, "throttle-command", NULL, 0, 0,
                  "spec.throttle.command is '%s', but honk.yaml has no such command below "
                  "'throttle_commands'",
                  name);
    return diags_to_error(diags, error);
}

static bool
make_plan(json_t *slice, StepEnv *env, Diags *diags, Plan **ret, json_t **ret_observations,
          GError **error)
{
    const AgentConfig *agent = agent_of(slice, env->config);
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(json_t) said = NULL;

    const Mapping *mapping = find_mapping(slice, &set);
    if (!check_throttle(slice, env, diags, error) || !trial_of_mirror(slice, mapping, env, error))
        return false;
    if (agent == NULL) {
        g_autoptr(json_t) ignored = NULL;
        if (!planner_plan(slice, diags, ret, &ignored, error))
            return false;
    } else if (!agent_run(agent, slice, env, diags, &said, error) ||
               !diags_to_error(diags, error) || !planner_complete(slice, said, diags, ret, error))
        return false;
    if (planner_moves_rows(*ret) && json_get_bool(slice, "forecast", true) &&
        !trial_of_rows(slice, mapping, env, error))
        return false;
    *ret_observations = planner_observations(slice, *ret);
    return true;
}

/* True when the findings, not the machinery, kept the plan from being made. */
static bool
is_findings(const Diags *diags, const GError *error)
{
    return diags_has_errors(diags) && error_is(error, ERR_INVALID);
}

/* A rollout that belongs to no migration: what is asked for, of what runs. */
static bool
plan_own_rollout(const json_t *request, StepEnv *env, Outcome *outcome, GError **error)
{
    g_autoptr(json_t) slice = json_deep_copy(request), nothing_seen = json_object();
    g_autoptr(Diags) found = diags_new();
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) failed = NULL;

    if (!services_survey_own(slice, env, &failed) || !services_own_plan(slice, &plan, &failed)) {
        if (error_then(error_code(failed)) != THEN_GIVE_UP) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        diags_add(found, DIAG_ERROR, "rollout", NULL, 0, 0, "%s", failed->message);
    }
    json_t *evidence = json_object();
    json_object_set_new(evidence, "digest", json_null());
    json_object_set_new(evidence, "observations", json_null());
    json_object_set_new(evidence, "diagnostics", diags_json(found));
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return plan == NULL || store_plan(env, plan, nothing_seen, evidence, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_autoptr(json_t) request = NULL, slice = NULL, observations = NULL;
    g_autoptr(Diags) expressions = diags_new(), found = diags_new();
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) failed = NULL;

    if (!request_read(call, env, &request, error))
        return false;
    if (request == NULL)
        return fail(error, ERR_INVALID, "the task 'plan' came without a request");
    if (json_object_get(request, "rollout") != NULL)
        return plan_own_rollout(request, env, outcome, error);
    if (!survey(request, env, &slice, error) ||
        !check_expressions(slice, env, expressions, error) || !services_look(slice, env, error) ||
        !code_survey(slice, NULL, env, error) || !services_decide(slice, env, error))
        return false;
    put_agent_names(slice, env->config);
    bool bad_expressions = diags_has_errors(expressions);
    if (!bad_expressions && !make_plan(slice, env, found, &plan, &observations, &failed) &&
        !is_findings(found, failed)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    json_t *evidence = json_object();
    json_object_set_new(evidence, "digest", json_null());
    json_object_set_new(evidence, "observations", json_null());
    json_object_set_new(evidence, "diagnostics", diags_json(bad_expressions ? expressions : found));
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return plan == NULL || store_plan(env, plan, observations, evidence, error);
}

const Action action_plan = {.id = ACTION_PLAN, .run = run};
