/* watch.h - follow a migration until it rests, live on a terminal or in plain lines elsewhere. */
#pragma once

#include "cli/client.h"

/* Sets call->status by the state in which it came to rest. `plain`: append-only lines, also on a
 * terminal. */
CHECKED bool watch_migration(Invocation *call, const char *name, bool plain, GError **error);
