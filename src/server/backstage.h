/*
 * backstage.h - entities from Backstage's catalog, where honk.yaml says `catalog: backstage:`.
 *
 * A thread of its own asks, so that nothing else waits for it: now and then which entities there are, with their etags; then,
 * in batches, for those that are new or changed. Each round ends by looking at migrations (backstage_plans.h), by what is there
 * and not by what changed: a crash in between loses nothing.
 *
 * What honk.yaml's files or people registered stays theirs. When more than half is gone at once, it is believed the third time:
 * a Backstage that was set up anew is empty for a while.
 */
#pragma once

#include "server/request.h"

/* `*ret` is NULL when honk.yaml names no Backstage. */
CHECKED bool backstage_start(Server *server, Backstage **ret, GError **error);
/* Cuts short a call that is under way. NULL: nothing happens. */
void backstage_stop(Backstage *backstage);

/* Register an entity that we lack, if Backstage has it: `name` is a ref, or the short name of a migration. True as well when
 * there is nothing to ask; UNREACHABLE when Backstage does not answer. For a handler: it waits. */
CHECKED bool backstage_fetch(Request *request, const char *name, GError **error);
