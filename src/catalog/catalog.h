/*
 * catalog.h - entities as people write them, checked; who relates to whom; who feeds whom.
 *
 * Reading: YAML (or JSON, which is YAML) in Backstage's format, several documents a file, also lists of entities;
 * kinds Component, Resource, API, System, Domain, Group, User, Location, Template and our Migration. Every mistake is
 * a finding with its place. "${{ name }}" in any scalar is replaced from `sets`; Templates are kept as they are.
 * docs/formats/catalog.md has all of it.
 *
 * Relations are Backstage's, in both directions, and ours: reads/readBy and writes/writtenBy between consumers and
 * datasets, migratesFrom/sourceOfMigration and migratesTo/targetOfMigration. What an entity declares is one row, with
 * the entity as its source; the other direction is derived by whoever looks.
 *
 * Pure: files are read through a CatalogReader, lineage and slices look through a CatalogView. The rows of our
 * state (registry.h) are another view.
 */
#pragma once

#include "base/diag.h"
#include "model/entity.h"

typedef struct Catalog Catalog;

typedef struct {
    /* The whole text of a file. Caller frees. */
    bool (*read)(void *data, const char *path, char **ret, size_t *ret_bytes, GError **error);
    /* Files (*.yaml, *.yml) and folders in a folder, sorted, as paths; `*ret` NULL when `path` is no folder. */
    bool (*list)(void *data, const char *path, GPtrArray **ret, GError **error);
    void *data;
} CatalogReader;

typedef struct {
    const char *const *sets; /* "name=value", ended by NULL; NULL: none */
    bool
        templates_aside; /* documents with unset "${{ … }}" are left out with a note, instead of being errors: for
                              * folders that are read as a whole */
} CatalogOptions;

/* All files and folders at once. False with INVALID, and the findings' text as message, if any finding is an error.
 * Refs that lead nowhere are warnings of catalog_check_refs(). `options` may be NULL. */
CHECKED bool catalog_read(const CatalogReader *reader, const char *const *paths,
                          const CatalogOptions *options, Diags *diags, Catalog **ret,
                          GError **error);
/* One text. Locations in it are kept, and not followed. */
CHECKED bool catalog_parse(const char *text, size_t bytes, const char *file,
                           const CatalogOptions *options, Diags *diags, Catalog **ret,
                           GError **error);
void catalog_free(Catalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalog, catalog_free)

size_t catalog_count(const Catalog *catalog);
const Entity *catalog_entity(const Catalog *catalog, size_t index);  /* in reading order */
const Entity *catalog_find(const Catalog *catalog, const char *ref); /* NULL when absent */
/* A warning for each ref that leads to no entity of the catalog, with the nearest one that is there. */
void catalog_check_refs(const Catalog *catalog, Diags *diags);

/* ---- relations ---- */

typedef struct {
    char *source, *type, *target; /* refs are full */
} Relation;

/* What one entity declares: `source` is always its own ref; sorted, without doubles. Array of Relation *. */
GPtrArray *entity_relations(const Entity *entity);
const char *
relation_inverse(const char *type); /* "dependencyOf" of "dependsOn"; NULL when unknown */
/* Full refs of the datasets that a migration names, as spec.source_dataset and spec.target_dataset say; NULL when they
 * are absent. Callers free. */
char *migration_source(const Entity *migration);
char *migration_target(const Entity *migration);

/* ---- looking at a catalog, wherever it is kept ---- */

/* Both directions, types as seen from the one who asked. False stops. */
typedef bool RelationFn(const char *type, const char *other, void *data);

typedef struct {
    bool (*entity)(void *data, const char *ref, Entity **ret,
                   GError **error); /* absent: NULL, and true */
    bool (*relations)(void *data, const char *ref, RelationFn *fn, void *fn_data, GError **error);
    void *data;
} CatalogView;

CatalogView catalog_view(const Catalog *catalog);

/* The dataset that a name or ref means: the ref itself, or, as Resource and Component are both used for datasets, the
 * same name as the other kind. NOT_FOUND, or INVALID when it is no dataset. */
CHECKED bool catalog_dataset(const CatalogView *view, const char *name, Entity **ret,
                             GError **error);

typedef enum { LINEAGE_UPSTREAM, LINEAGE_DOWNSTREAM } LineageDirection;
#define LINEAGE_DEPTH_MAX 100
#define LINEAGE_ENTITIES_MAX 100000 /* a walk that is larger answers no question of a person */

/* {"ref", "direction", "depth", "entities": [{ref, kind, type, owner, depth, known}], "edges": [{from, to, type}],
 * "truncated"}: breadth first, then by ref; `from` feeds `to`. Cycles are walked once. `limit` entities at most.
 * NOT_FOUND when there is no entity `ref`. */
CHECKED bool catalog_lineage(const CatalogView *view, const char *ref, LineageDirection direction,
                             int depth, size_t limit, json_t **ret, GError **error);

/* The frozen slice that a plan is made of: {"entity": {…}, "source": {"ref", "url", "entity"} | null, "target": {…} |
 * null, "consumers": [{"ref", "owner", "access": "reads" | "writes", "direct", "repository"?, "folder"?, "deploy"?}]}; consumers sorted by ref, then access
 * (who reads and writes has two lines). Canonical: fractions in entities are spelled as text. The digest of `consumers`
 * (json_digest) is a guard of the plan. */
CHECKED bool catalog_slice(const CatalogView *view, const char *migration, json_t **ret,
                           GError **error);
/* The service that it is ("service"; absent: the one with its own name), where its code is, and what of that is deployed: "repository", "folder" (absent: all of it), "deploy" ("merge" unless it says otherwise). Nothing when
 * it has no repository. */
void entity_put_code(const Entity *entity, json_t *item);
/* Who is asked to review changes of its code, as names of its host: "reviewers". By its own annotation 'honk/reviewers', its
 * owner's, or those by which Backstage knows the owner at GitHub ("reviewers_of" is "github" then). Nothing without any. */
CHECKED bool catalog_put_reviewers(const CatalogView *view, const Entity *entity, json_t *item,
                                   GError **error);
