/* strategy_bulk_copy.c - the rows move as they are. */
#include "planner/strategy.h"

static bool
steps(const json_t *slice, json_t *steps, Diags *diags, GError **error)
{
    const json_t *spec = json_at(slice, "entity.spec");

    if (json_get_string(spec, "mapping_file", NULL) != NULL)
        diags_add(diags, DIAG_WARNING, "unused-field", NULL, 0, 0,
                  "spec.mapping_file: strategy 'bulk-copy' uses no mapping; 'schema-transform' "
                  "does");
    strategy_add_step(steps, "copy-dataset", "copy",
                      json_pack("{s:s, s:s}", "source", json_get_string(spec, "source_dataset", ""),
                                "target", json_get_string(spec, "target_dataset", "")));
    return true;
}

const Strategy strategy_bulk_copy = {
    .name = "bulk-copy",
    .summary = "move every row as it is",
    .steps = steps,
};
