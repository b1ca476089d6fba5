/*
 * catalog_source.h - where `honk catalog` and `honk lineage` look: at the server when --server names one, else at the
 * files of honk.yaml, put into rows in memory. Both give the same JSON, that of the API.
 */
#pragma once

#include "catalog/catalog.h"
#include "cli/client.h"

typedef struct CatalogSource CatalogSource;

CHECKED bool catalog_source_open(Invocation *call, CatalogSource **ret, GError **error);
void catalog_source_free(CatalogSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CatalogSource, catalog_source_free)

/* {items, next}; `kind`, `type`, `owner`, `text`, `after` may be NULL. */
CHECKED bool catalog_source_list(CatalogSource *source, const char *const *filter,
                                 const char *after, json_t **ret, GError **error);
enum { FILTER_KIND, FILTER_TYPE, FILTER_OWNER, FILTER_TEXT, FILTER_COUNT };
/* {ref, owner, entity, relations, file, line} */
CHECKED bool catalog_source_get(CatalogSource *source, const char *ref, json_t **ret,
                                GError **error);
/* {ref, upstream, downstream}, each as catalog_lineage() says, or absent. */
CHECKED bool catalog_source_lineage(CatalogSource *source, const char *ref, bool is_up,
                                    bool is_down, int depth, json_t **ret, GError **error);

/* Read files and folders, and print their warnings to standard error. `is_whole`: refs that lead out are warnings. */
CHECKED bool catalog_read_shown(const char *const *paths, bool is_whole, View *view, Catalog **ret,
                                GError **error);
