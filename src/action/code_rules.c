/* code_rules.c - the rules of a move, from a plan, and from the slice of which there will be one. */
#include "action/code.h"

#include <string.h>

bool
code_rules_of_plan(const Plan *plan, ChangeRules **ret, GError **error)
{
    const json_t *json = plan->json;
    ChangeMove move = {
        .source = json_object_get(json, "source"),
        .target = json_object_get(json, "target"),
        .mapping = json_object_get(json, "mapping"),
        .source_schema = json_at(json, "snapshot.source_schema"),
        .target_schema = json_at(json, "snapshot.target_schema"),
    };
    return change_rules_new(&move, ret, error);
}

/* A copy of the rows as they are leaves the columns as they are. */
bool
code_rules_of_slice(const json_t *slice, ChangeRules **ret, GError **error)
{
    const char *strategy = json_get_string(json_at(slice, "entity.spec"), "migration_strategy", "");
    bool is_copy = strcmp(strategy, "bulk-copy") == 0;
    ChangeMove move = {
        .source = json_object_get(slice, "source"),
        .target = json_object_get(slice, "target"),
        .mapping = is_copy ? NULL : json_object_get(slice, "mapping"),
        .source_schema = json_at(slice, "source.schema"),
        .target_schema = json_at(slice, "target.schema"),
    };
    return change_rules_new(&move, ret, error);
}
