/* apply_campaign.h - the migrations that are applied together, as a campaign. */
#pragma once

#include "catalog/catalog.h"
#include "cli/client.h"

/* What kept count of the entities that were sent. */
typedef struct {
    int64_t added, changed, unchanged;
} Counts;

/* With --campaign, or when a Campaign among the entities names no migrations: register it with all migrations that were
 * read. `*ret_name` is the campaign to go on with, or NULL; caller frees. */
CHECKED bool campaign_send(Invocation *call, const Catalog *catalog, const char *const *paths,
                           Counts *counts, char **ret_name, GError **error);
