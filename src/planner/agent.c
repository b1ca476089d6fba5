/*
 * agent.c - honk-migration-agent, the one that is built in: the strategy that the entity names
 * gives the steps.
 */
#include "base/text.h"
#include "model/config.h"
#include "planner/planner.h"

#include <string.h>

static void
check_agent(const json_t *slice, Diags *diags)
{
    const char *named = json_get_string(json_at(slice, "entity.metadata.annotations"), "honk/agent",
                                        AGENT_BUILT_IN);
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    json_t *name;
    size_t i;

    if (strcmp(named, AGENT_BUILT_IN) == 0)
        return;
    g_ptr_array_add(known, (void *) AGENT_BUILT_IN);
    json_array_foreach(json_object_get(slice, "agents"), i, name)
        g_ptr_array_add(known, (void *) json_string_value(name));
    g_ptr_array_add(known, NULL);
    const char *near = text_nearest(named, (const char *const *) known->pdata);
    g_autofree char *names = g_strjoinv(", ", (char **) known->pdata);
    diags_add(diags, DIAG_ERROR, "unknown-agent", NULL, 0, 0,
              "annotation honk/agent: there is no agent '%s'%s%s%s (there are %s; others are "
              "programs under 'agents' in honk.yaml)",
              named, near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
              near != NULL ? "'?" : "", names);
}

static const Strategy *
find_strategy(const json_t *slice, Diags *diags)
{
    const char *name = json_get_string(json_at(slice, "entity.spec"), "migration_strategy", NULL);
    g_autofree char *known = g_strjoinv(", ", (char **) strategy_names());

    if (name == NULL) {
        diags_add(diags, DIAG_ERROR, "missing-field", NULL, 0, 0,
                  "spec.migration_strategy is missing (there are %s)", known);
        return NULL;
    }
    const Strategy *strategy = strategy_by_name(name);
    if (strategy == NULL) {
        const char *near = text_nearest(name, strategy_names());
        g_autofree char *hint =
            near != NULL ? g_strdup_printf(", did you mean '%s'?", near) : g_strdup("");
        diags_add(diags, DIAG_ERROR, "unknown-strategy", NULL, 0, 0,
                  "spec.migration_strategy: unknown strategy '%s'%s (there are %s)", name, hint,
                  known);
    }
    return strategy;
}

bool
planner_plan(const json_t *slice, Diags *diags, Plan **ret, json_t **ret_observations,
             GError **error)
{
    g_autoptr(json_t) steps = json_array();
    g_autoptr(Plan) plan = NULL;

    check_agent(slice, diags);
    const Strategy *strategy = find_strategy(slice, diags);
    if (strategy == NULL)
        return diags_to_error(diags, error);
    if (!strategy->steps(slice, steps, diags, error))
        return false;
    g_autoptr(json_t) agent_plan = json_pack("{s:s, s:O}", "agent", AGENT_BUILT_IN, "steps", steps);
    if (!planner_complete(slice, agent_plan, diags, &plan, error))
        return false;
    *ret_observations = planner_observations(slice, plan);
    *ret = g_steal_pointer(&plan);
    return true;
}
