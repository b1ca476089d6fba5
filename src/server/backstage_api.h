/*
 * backstage_api.h - what we ask Backstage's catalog, over HTTP (its "Catalog API"). Blocks: never on the loop's thread.
 *
 * Its entities are made ours: what Backstage adds to them (relations, status, uid, etag, where it keeps them) is taken off, so
 * that an entity is the same as long as people wrote nothing else.
 */
#pragma once

#include "base/http_client.h"

#define BACKSTAGE_BATCH_MAX 100 /* entities of one call: some hundred KiB */

/* {ref: etag} of all entities of kinds that concern us, page by page. Caller frees. */
CHECKED bool backstage_api_list(HttpClient *client, GHashTable **ret, GError **error);
/* At most BACKSTAGE_BATCH_MAX refs; those that went meanwhile, and those that came from us, are left out. Array of json_t *,
 * cleaned; caller frees with g_ptr_array_unref(). */
CHECKED bool backstage_api_entities(HttpClient *client, const GPtrArray *refs, GPtrArray **ret,
                                    GError **error);
/* One by its full ref; NOT_FOUND when Backstage has none. Caller owns. */
CHECKED bool backstage_api_entity(HttpClient *client, const char *ref, json_t **ret,
                                  GError **error);
