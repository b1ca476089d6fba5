/* transform.c - fill the staging table through the mapping. */
#include "action/fill.h"
#include "action/table.h"

const Action action_transform = {
    .id = ACTION_TRANSFORM,
    .check = fill_check,
    .run = fill_run,
    .verify = fill_verify,
    .probe = fill_probe,
    .reverse = fill_reverse,
};
