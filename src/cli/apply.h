/* apply.h - files of entities, checked here and registered at the server. */
#pragma once

#include "cli/client.h"

/* Files and folders, and "name=value" for templates, both ended by NULL. Takes --dry-run from the call, and tells what
 * came of it. */
CHECKED bool apply_files(Invocation *call, const char *const *paths, const char *const *sets,
                         GError **error);
