/* backstage_write.h - an entity of Backstage, read, checked, and put into the registry. */
#pragma once

#include "registry/registry.h"

#define BACKSTAGE_ORIGIN "backstage"

/* Read like any other text. NULL when it is none of ours, or is wrong, which the log says. Caller frees. */
Catalog *backstage_catalog(const json_t *entity);
/* Inside the writer's transaction. What files or people registered stays theirs. */
CHECKED bool backstage_apply(Db *db, const Catalog *catalog, GError **error);
