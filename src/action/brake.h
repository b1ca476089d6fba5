/* brake.h - must rows wait? Measured where the throttle says so: lag, load, sessions, or a command. */
#pragma once

#include "action/move.h"

/* "replication lag 12 s > 5 s"; NULL: go on. What should be measured and cannot be is a reason, too. Takes as long as a
 * connection to each store, or the command's deadline. Caller frees. */
char *brake_reason(const Move *move, const json_t *throttle);
