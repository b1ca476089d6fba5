/*
 * classes.h - plans that change the same, whatever the things are called. Pure.
 *
 * A class is what is left of a plan when the names are taken out: of its datasets, their stores, its migration, its
 * owner, its mapping file and its consumers. Whatever else a plan says counts, also what is not invented yet: two plans
 * are of one class only if a person who has read the one has read the other.
 */
#pragma once

#include "base/json.h"

/* The plan with "{source}", "{target}", "{migration}" … in the place of names. Caller owns. */
json_t *plan_shape(const json_t *plan);
/* The places at which two shapes differ, with both values: [{"at", "here", "there"}], at most `max`. Caller owns. */
json_t *shape_differences(const json_t *here, const json_t *there, size_t max);
