/*
 * recipe.h - the order in which a dataset moves, and what each step of it is called, takes, touches
 * and says. The one table that agents' steps are completed from.
 */
#pragma once

#include "model/action_info.h"
#include "planner/slice.h"

/* Which datasets a step touches: a worker must reach their stores. */
#define TOUCHES_SOURCE (1u << 0)
#define TOUCHES_TARGET (1u << 1)

#define RECIPE_PARAMS_MAX 5

typedef struct {
    ActionId action;
    const char *name;                          /* when the agent gave none */
    unsigned touches;                          /* needs the stores of these */
    unsigned writes;                           /* counts against the limits of these */
    const char *params[RECIPE_PARAMS_MAX + 1]; /* that an agent may give */
    const char *reverse;                       /* word for the way back, or NULL */
} Part;

/* In the order of a plan. */
extern const Part recipe[];
extern const size_t recipe_count;
const Part *recipe_part(ActionId action); /* NULL: no step of a plan */

/* Names that a plan makes up: of the staging table, and of the old target that is kept. */
typedef struct {
    char *stage, *kept; /* NULL where no rows move */
} MadeNames;

/* Sentences for people. `made` as above; caller frees. NULL: there is nothing to undo. */
char *recipe_text(const Part *part, const Slice *slice, const MadeNames *made);
char *recipe_reverse_text(const Part *part, const Slice *slice, const MadeNames *made);
/* All params of the step: those of the agent (already checked), completed from the entity. */
json_t *recipe_params(const Part *part, const Slice *slice, const MadeNames *made,
                      const json_t *given);
