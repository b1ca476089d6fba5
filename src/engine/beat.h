/*
 * beat.h - one beat without its input and output: commands and time in, changes out.
 *
 * The engine commits the changes to its tables, the simulator to its own image of them.
 */
#pragma once

#include "engine/state.h"

Beat *beat_new(State *state);
void beat_free(Beat *beat); /* must be empty */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Beat, beat_free)
/* `commands` are carried out, rollbacks first; those that are answered are in beat->answered. */
void beat_decide(Beat *beat, int64_t now_ms, GPtrArray *commands);
/* Events are recorded before other rooms write theirs, so that they are in order. */
void beat_forget_events(Beat *beat);
/* The changes are on disk: forget them, and the plans that have ended. `answered` is left. */
void beat_committed(Beat *beat);
/* Nothing at all has changed. */
bool beat_is_empty(const Beat *beat);
