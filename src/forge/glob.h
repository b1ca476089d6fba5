/*
 * glob.h - patterns of paths with `*`, `?`, `[a-z]` and `**`; inside of this room only.
 *
 * `*` and `?` stay within a name, `**` between slashes is any number of folders, a backslash takes the next sign as it is.
 * The time is at most the product of both lengths.
 */
#pragma once

#include <stdbool.h>

bool glob_fits(const char *pattern, const char *path);
