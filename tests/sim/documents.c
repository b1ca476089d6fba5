/*
 * documents.c - plans of any shape: chains with branches, steps with parts, steps without effects,
 * limits and labels.
 *
 * What fills or swaps comes after the staging table that it needs, as every planner makes it.
 */
#include "sim.h"

#include <string.h>

static const char *const stores[SIM_STORES] = {"store:s", "store:t"};

/* Names of what comes before; `from` is the first that it may stand on. */
static json_t *
after(Sim *sim, const json_t *steps, size_t from)
{
    size_t count = json_array_size(steps);
    json_t *names = json_array();
    if (count == 0)
        return names;
    size_t last = chance_in(&sim->chance, 75) || from >= count
                      ? count - 1
                      : from + (size_t) chance_below(&sim->chance, (int) (count - from));
    json_array_append(names, json_object_get(json_array_get(steps, last), "name"));
    if (last > from && chance_in(&sim->chance, 20))
        json_array_append(names, json_object_get(json_array_get(steps, from), "name"));
    return names;
}

static void
add_step_after(Sim *sim, json_t *steps, ActionId action, json_t *take_after)
{
    g_autofree char *name =
        g_strdup_printf("%s%zu", action_info(action)->name, json_array_size(steps));
    json_t *step = json_pack("{s:s, s:s, s:o}", "name", name, "action", action_info(action)->name,
                             "after", take_after);
    const char *store = stores[chance_below(&sim->chance, SIM_STORES)];
    if (chance_in(&sim->chance, 40))
        json_object_set_new(step, "needs", json_pack("[s]", store));
    if (chance_in(&sim->chance, 50))
        json_object_set_new(step, "uses", json_pack("[s]", store));
    if (chance_in(&sim->chance, 15))
        json_set_int(step, "deadline_ms", chance_between(&sim->chance, 5000, 90000));
    json_array_append_new(steps, step);
}

static void
add_step(Sim *sim, json_t *steps, ActionId action, size_t from)
{
    add_step_after(sim, steps, action, after(sim, steps, from));
}

static json_t *
steps_make(Sim *sim)
{
    static const ActionId middles[] = {ACTION_TRANSFORM, ACTION_COPY, ACTION_COMPARE, ACTION_SWAP};
    json_t *steps = json_array();
    if (chance_in(&sim->chance, 30))
        add_step(sim, steps, ACTION_VALIDATE, 0);
    if (chance_in(&sim->chance, 20))
        add_step(sim, steps, ACTION_REWRITE, 0);
    if (chance_in(&sim->chance, 40))
        add_step(sim, steps, ACTION_FREEZE, 0);
    size_t stage = json_array_size(steps);
    add_step(sim, steps, ACTION_STAGE, 0);
    for (int more = chance_between(&sim->chance, 1, 3); more > 0; more--)
        add_step(sim, steps, middles[chance_below(&sim->chance, G_N_ELEMENTS(middles))], stage);
    if (chance_in(&sim->chance, 30))
        add_step(sim, steps, ACTION_ROLLOUT, stage);
    size_t last = json_array_size(steps) - 1;
    if (chance_in(&sim->chance, 40))
        add_step_after(sim, steps, ACTION_SETTLE,
                       json_pack("[O]", json_object_get(json_array_get(steps, last), "name")));
    for (int retire = chance_in(&sim->chance, 35) ? 1 + chance_in(&sim->chance, 30) : 0; retire > 0;
         retire--)
        add_step_after(sim, steps, ACTION_RETIRE,
                       json_pack("[O]", json_object_get(json_array_get(steps, last), "name")));
    return steps;
}

static json_t *
pace_make(Sim *sim)
{
    static const char *const failures[] = {"0", "2", "3", "50%"};
    return json_pack("{s:i, s:s}", "of", 4, "max_failures",
                     failures[chance_below(&sim->chance, G_N_ELEMENTS(failures))]);
}

char *
document_make(Sim *sim, const char *plan)
{
    static const char *const objects[] = {"s:a", "s:b", "t:c", "t:d"};
    int source = chance_below(&sim->chance, 4),
        target = (source + 1 + chance_below(&sim->chance, 3)) % 4;
    int window = chance_in(&sim->chance, 50) ? 240 : 1200; /* long enough for another plan */
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:I, s:I, s:I, s:o}", "apiVersion", "honk/v1", "kind",
        "Plan", "name", plan, "source", "url", objects[source], "target", "url", objects[target],
        "soak_ms", (json_int_t) chance_between(&sim->chance, 0, 16) * 250, "rollback_window_ms",
        (json_int_t) chance_between(&sim->chance, 0, window) * 250, "retention_ms",
        (json_int_t) chance_between(&sim->chance, 0, 240) * 250, "steps", steps_make(sim));
    json_object_set_new(document, "pace", pace_make(sim));
    g_autoptr(GError) error = NULL;
    char *digest = NULL;
    json_t *step;
    size_t i;
    if (!json_digest(document, &digest, &error))
        g_error("%s", error->message);
    /* A planner that was believed dead comes too late to change what there is. */
    bool is_early = disk_plan(sim->disk, plan)->state == PLAN_DRAFT;
    json_array_foreach(json_object_get(document, "steps"), i, step)
    {
        const ActionInfo *action = action_info_by_name(json_get_string(step, "action", ""));
        bool may_be_there = action->id == ACTION_FREEZE || action->id == ACTION_SWAP;
        if (is_early && may_be_there && chance_in(&sim->chance, 20))
            target_put_foreign(sim->target, plan, json_get_string(step, "name", ""));
    }
    g_hash_table_replace(sim->documents, g_strdup(digest), document);
    return digest;
}
