/*
 * registry.h - the catalog as rows of our state: applied by the writer, paged and walked by everybody.
 *
 * Writing happens inside the writer's transaction (a Command's `write`), reading on any connection. An entity that did
 * not change makes no event and no write.
 */
#pragma once

#include "catalog/catalog.h"
#include "store/db.h"

typedef struct {
    const char *origin; /* who keeps these: "files", "api", "backstage" */
    bool remove_gone;   /* entities of the same origin that are not in the catalog any more */
    const char *actor;
    int64_t now_ms;
} RegistryApply;

typedef struct {
    int64_t added, changed, unchanged, removed;
} RegistryCounts;

/* Upsert all entities and their relations; events entity.applied and entity.removed. `ret` may be NULL. */
CHECKED bool registry_apply(Db *db, const Catalog *catalog, const RegistryApply *how,
                            RegistryCounts *ret, GError **error);
/* NOT_FOUND when it is not there. */
CHECKED bool registry_remove(Db *db, const char *ref, const char *actor, GError **error);

/* NOT_FOUND names the nearest ref. `ref` may be short if only one entity has that name; INVALID names them if not. */
CHECKED bool registry_get(Db *db, const char *ref, Entity **ret, GError **error);
/* The same for a migration: of several entities with a short name it is the one that is meant. */
CHECKED bool registry_migration(Db *db, const char *ref, Entity **ret, GError **error);

/* A campaign as it is begun: {"ref", "owner", "waves", "failures_allowed", "at_once", "members": [{"migration", "owner"}]}.
 * NOT_FOUND or INVALID name the migration, or the field, that is wrong. Caller owns. */
CHECKED bool registry_campaign(Db *db, const char *ref, json_t **ret, GError **error);

typedef struct {
    const char *kind, *type, *owner; /* NULL: any; kind in any case, owner as full ref */
    const char *text;                /* part of the ref or the title, in any case; NULL: any */
    const char *after;               /* cursor: refs greater than this; NULL: from the first */
    int limit;                       /* 0: PAGE_ROWS_DEFAULT; at most PAGE_ROWS_MAX */
} RegistryQuery;

/* {"items": [entity with "ref", "owner", "origin" beside its own members…], "next": cursor | null}, ordered by ref. */
CHECKED bool registry_list(Db *db, const RegistryQuery *query, json_t **ret, GError **error);
/* [{"type", "targetRef"}], both directions, ordered, at most PAGE_ROWS_MAX. */
CHECKED bool registry_relations(Db *db, const char *ref, json_t **ret, GError **error);
/* Entities with an annotation called so, ordered by ref. Array of Entity *; caller frees with g_ptr_array_unref(). */
CHECKED bool registry_annotated(Db *db, const char *annotation, GPtrArray **ret, GError **error);
/* {"entities": n, "kinds": {"Component": n, …}} */
CHECKED bool registry_counts(Db *db, json_t **ret, GError **error);
/* For catalog_lineage(), catalog_slice(), catalog_dataset(): one indexed query for each step. Borrows `db`. */
CatalogView registry_view(Db *db);
