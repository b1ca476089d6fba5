/* carry.h - rows that were written to the new dataset, carried back into the old one (reverse_sync). */
#pragma once

#include "action/move.h"

/* Does the plan say so? */
bool carries_back(const Move *move);
/* Bring the source to what the target is by now, by the inverse mapping; then nothing counts as written since the swap.
 * Writers of the target are stopped meanwhile, and only then; what they write afterwards counts anew. `*ret_rows` were
 * others. Done again: the rest. */
CHECKED bool carry_back(const Move *move, Conn *target, int64_t *ret_rows, GError **error);
