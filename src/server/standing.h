/* standing.h - which plan stands on what another one rolled out. */
#pragma once

#include "engine/engine.h"

/* Before a rollback is decided (Command.look). WRONG_STATE, with what to roll back first, when another plan was made while a
 * service ran what this one gave it, has begun, and is not rolled back: its code, its branch and its way back stand on
 * it. A rollout that changed nothing is no such plan. */
CHECKED bool standing_look(Command *command, Db *db, GError **error);
