/* strategy_consumer_rewrite.c - no rows move: the data is there already, and consumers' code follows. */
#include "planner/strategy.h"

static bool
steps(const json_t *slice, json_t *steps, Diags *diags, GError **error)
{
    const json_t *spec = json_at(slice, "entity.spec");
    json_t *params = json_pack("{s:s, s:s}", "source", json_get_string(spec, "source_dataset", ""),
                               "target", json_get_string(spec, "target_dataset", ""));

    json_set_string(params, "mapping_file", json_get_string(spec, "mapping_file", NULL));
    strategy_add_step(steps, "rewrite-consumers", "rewrite", params);
    return true;
}

const Strategy strategy_consumer_rewrite = {
    .name = "consumer-rewrite",
    .summary = "change the code that reads the old dataset; rows stay where they are",
    .steps = steps,
};
