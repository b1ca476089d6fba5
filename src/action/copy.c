/* copy.c - fill the staging table with the rows as they are. */
#include "action/fill.h"
#include "action/table.h"

const Action action_copy = {
    .id = ACTION_COPY,
    .check = fill_check,
    .run = fill_run,
    .verify = fill_verify,
    .probe = fill_probe,
    .reverse = fill_reverse,
};
