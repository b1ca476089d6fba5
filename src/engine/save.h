/* save.h - what a beat changed, into the tables, inside the writer's transaction. */
#pragma once

#include "engine/beat.h"

/* Events so far; before other rooms append theirs. */
CHECKED bool save_events(Db *db, Beat *beat, GError **error);
CHECKED bool save_beat(Db *db, Beat *beat, GError **error);
