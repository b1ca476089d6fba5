/*
 * pace.h - how a plan's changes of code go out to people: how many may fail, and what the next ones wait for.
 *
 * A JSON object, in the plan, beside it once somebody changed it, and in each lease that hands changes out:
 *
 *   {"of": 40, "max_failures": "5%", "soak_ms": 3600000, "by_hand": 2}
 *
 * of            consumers whose code is changed: what a share is a share of
 * max_failures  so many of them, or such a share, may fail while the others go on; they are left to people then
 * soak_ms       so long the changes of a wave are merged, with the builds of what they were merged into green, before the next
 * by_hand       the first so many are merged by people, whatever Honk may merge by itself
 *
 * What is missing is 0.
 */
#pragma once

#include "base/json.h"

/* "3" or "5%": a count, or a share in percent up to 100; INVALID says what was expected. */
CHECKED bool pace_failures_check(const char *text, const char *what, GError **error);
/* How many may fail. `pace` may be NULL. */
int64_t pace_failures_allowed(const json_t *pace);
/* `was` with what `changes` says; the members are whole there. Caller owns. */
json_t *pace_changed(const json_t *was, const json_t *changes);
CHECKED bool pace_check(const json_t *changes, const char *what, GError **error);
/* "at most 2 of 40 consumers (5%) may fail; a wave soaks for 1 h"; never NULL. Caller frees. */
char *pace_text(const json_t *pace);
