/*
 * places.h - where each column is computed: beside the plan, never in it. Pure.
 *
 * The plan says what the mapping settles. What the stores do by themselves is theirs: it changes with a server's version, the rows are
 * the same either way, and a range that cannot be done so goes the other way. So nobody has to say yes to it.
 */
#pragma once

#include "base/json.h"
#include "planner/text_table.h"

/* `places` as of transfer_try(); nothing of NULL. Columns that the stores carry are counted, those that pass through the mover or
 * that the target reads as texts are named. */
void places_print(TextPage *page, const json_t *places);
/* Of a column of the plan's mapping: "source", "mover", "target" or "store", as it was seen, else as the plan has it. */
const char *place_seen(const json_t *places, const json_t *column);
