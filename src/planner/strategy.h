/* strategy.h - the strategies there are; one file and one line in strategy.c each. */
#pragma once

#include "planner/planner.h"

extern const Strategy strategy_schema_transform;
extern const Strategy strategy_bulk_copy;
extern const Strategy strategy_consumer_rewrite;

/* Append {name, action, params}; `params` is stolen and may be NULL. */
void strategy_add_step(json_t *steps, const char *name, const char *action, json_t *params);
