/*
 * readers.h - read-only connections to the state, lent to one request at a time.
 *
 * Opening one costs more than most reads, so a few are kept, with their prepared statements. Any thread may call.
 */
#pragma once

#include "store/db.h"

typedef struct Readers Readers;

/* `folder` is the state's; borrowed. */
Readers *readers_new(const char *folder);
void readers_free(Readers *readers); /* all must have been given back */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Readers, readers_free)

CHECKED bool readers_take(Readers *readers, Db **ret, GError **error);
void readers_give(Readers *readers, Db *db); /* NULL: nothing happens */
