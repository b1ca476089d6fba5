/*
 * strategy_schema_transform.c - the rows change their shape on the way: every row goes through the
 * mapping file of the migration.
 */
#include "planner/strategy.h"

static bool
steps(const json_t *slice, json_t *steps, Diags *diags, GError **error)
{
    const json_t *spec = json_at(slice, "entity.spec");
    const char *source = json_get_string(spec, "source_dataset", "");
    const char *target = json_get_string(spec, "target_dataset", "");
    strategy_add_step(steps, "validate-schema", "validate",
                      json_pack("{s:s, s:s}", "source", source, "target", target));
    json_t *transform = json_object();
    /* Without one, completing the plan finds it missing, together with whatever else is. */
    json_set_string(transform, "mapping_file", json_get_string(spec, "mapping_file", NULL));
    strategy_add_step(steps, "transform-data", "transform", transform);
    return true;
}

const Strategy strategy_schema_transform = {
    .name = "schema-transform",
    .summary = "move every row through a mapping",
    .steps = steps,
};
