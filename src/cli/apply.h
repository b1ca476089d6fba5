/* apply.h - files of entities, checked here and registered at the server. */
#pragma once

#include "cli/client.h"

/* Files and folders, ended by NULL. Takes --set and --dry-run from the call, and tells what came of it. */
CHECKED bool apply_files(Invocation *call, const char *const *paths, GError **error);
