/* strategy.c - the table of strategies. To add one is to add a file and a line. */
#include "planner/strategy.h"

#include <string.h>

static const Strategy *const strategies[] = {
    &strategy_schema_transform,
    &strategy_bulk_copy,
    &strategy_consumer_rewrite,
};

static const char *const names[] = {
    "schema-transform",
    "bulk-copy",
    "consumer-rewrite",
    NULL,
};

const Strategy *
strategy_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(strategies); i++)
        if (strcmp(strategies[i]->name, name) == 0)
            return strategies[i];
    return NULL;
}

const char *const *
strategy_names(void)
{
    return names;
}

void
strategy_add_step(json_t *steps, const char *name, const char *action, json_t *params)
{
    json_t *step = json_object();
    json_set_string(step, "name", name);
    json_set_string(step, "action", action);
    json_object_set_new(step, "params", params != NULL ? params : json_object());
    json_array_append_new(steps, step);
}
