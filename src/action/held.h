/*
 * held.h - filling the staging table from one state of the source (consistency: snapshot).
 *
 * A snapshot ends with the session that holds it, and no lease survives that. So the step is not handed out in ranges: one lease
 * holds it and moves them all, several at once where the store shares it between sessions. Whatever ends the lease ends the
 * snapshot; ranges that were written by then are of another state than any later one, so the next attempt empties the stage and
 * begins anew.
 */
#pragma once

#include "action/move.h"

/* All ranges are written and in the ledger. MISMATCH: they are not what the source had at that moment. */
CHECKED bool held_fill(const Move *move, int64_t *ret_bytes, GError **error);
/* Changes of the source that were noted since, so that they are not in the copy; -1: nobody notes them. */
CHECKED bool held_left_behind(const Move *move, int64_t *ret, GError **error);
