/* keys.h - keys of the stage that are made when all rows are in. */
#pragma once

#include "action/move.h"

/* Before the first range: those that no row can break (transfer_put_off_keys()), where nobody writes to the source while it is read, or not to
 * what is read of it. */
CHECKED bool keys_put_off(const Move *move, Transfer *transfer, GError **error);
/* After the last one. */
CHECKED bool keys_make(const Move *move, Conn *target, GError **error);
