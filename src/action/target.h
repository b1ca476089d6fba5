/* target.h - is the target what the plan saw? */
#pragma once

#include "action/move.h"

/* Whatever is different is told (differ()). `is_staged`: the stage was made like it, and a swap will take along what hangs on it by
 * itself, so that only what the stage has from it counts. */
CHECKED bool target_look(const Move *move, Conn *conn, bool is_staged, World *ret,
                         json_t **ret_state, GError **error);
