/* follow.h - work off the notes of a source that is written to while it is copied. */
#pragma once

#include "action/move.h"

/* Copy noted rows again until at most `behind_max` notes are left; 0: nobody writes any more, and none may be left. The
 * evidence gets {"followed": rows, "behind": notes}. LIMIT when writers are faster for too long. */
CHECKED bool follow_source(const Move *move, int64_t behind_max, json_t *evidence, GError **error);
/* How many notes are left; 0 for a source that is not watched. */
CHECKED bool follow_behind(const Move *move, Conn *source, int64_t *ret_notes, GError **error);
/* Take the notes out of a log that grows as long as nobody does; nothing, where there is none. */
CHECKED bool follow_keep_up(const Move *move, GError **error);
