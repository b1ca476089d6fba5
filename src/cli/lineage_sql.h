/*
 * lineage_sql.h - `honk lineage --sql PATH…`: what feeds the statements of SQL files.
 */
#pragma once

#include "cli/command.h"

/* Of the files and folders in the call's words. */
CHECKED bool lineage_sql_run(Invocation *call, GError **error);
