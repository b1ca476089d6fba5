/*
 * short_names.h - queries with tables named by one part: `a.b.users` becomes users, where a store has no projects and
 * datasets, or where something else stands in the table's place.
 */
#pragma once

#include "sql/sql.h"

typedef bool ShortNameFn(const SqlPath *path, const void *data);

/* Those tables that `is_wanted` says (NULL: all). Lines stay; so do quotes, unless one pair holds all parts. Caller frees. */
char *with_short_names(const char *text, const Dialect *dialect, ShortNameFn *is_wanted,
                       const void *data);
/* Is the path the end of this name of parts with dots, whatever the case of its letters? */
bool short_name_fits(const SqlPath *path, const char *name);
