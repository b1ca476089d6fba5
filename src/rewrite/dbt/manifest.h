/*
 * manifest.h - what dbt wrote down of a project: its manifest.json (v7 to v12) and catalog.json. Pure.
 *
 * A manifest tells where each model, seed, snapshot and source is, and the columns that somebody has documented: these are
 * there, and there may be more. A catalog lists all columns of what it knows. Both are as old as the last run of dbt.
 */
#pragma once

#include "sql/sql.h"

#include "base/error.h"

typedef struct DbtManifests DbtManifests;

DbtManifests *dbt_manifests_new(void);
void dbt_manifests_free(DbtManifests *manifests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbtManifests, dbt_manifests_free)

/* `folder`: of the project that it was found in, with `/` at its end, or ""; NULL: it was named, and is that of every
 * project that it speaks of. `what` names the text in errors. Nothing is added where it fails. */
CHECKED bool dbt_manifests_read(DbtManifests *manifests, const char *folder, const char *text,
                                size_t bytes, const char *what, GError **error);
/* The catalog that lies beside the manifest that was read last. */
CHECKED bool dbt_manifests_read_catalog(DbtManifests *manifests, const char *text, size_t bytes,
                                        const char *what, GError **error);

/* Where a file lies that refers to models. */
typedef struct {
    const char *folder;  /* of its project; NULL: in none that is known */
    const char *package; /* its name; or NULL */
} DbtHome;

/* Columns of a table that is named, or of a template's ref() or source(). NULL when nothing is known. `default_path`: parts
 * that names with fewer parts get, or NULL. As SqlColumnsFn; borrowed. */
const char *const *dbt_manifests_columns(const DbtManifests *manifests, const DbtHome *home,
                                         const Dialect *dialect, char *const *default_path,
                                         const SqlSource *source, bool *ret_is_open);
/* What the model's table is called in the store, its parts; NULL where it is not known, or there is none. Borrowed. */
char *const *dbt_manifests_relation(const DbtManifests *manifests, const DbtHome *home,
                                    const char *model, const char *version);
/* The same of source('source', 'name'). */
char *const *dbt_manifests_source(const DbtManifests *manifests, const DbtHome *home,
                                  const char *source, const char *name);

/* A model, seed or snapshot that ref() may mean, and where it is. Borrowed. */
typedef struct {
    const char *package, *name, *version; /* the version may be NULL */
    char *const *parts;
} DbtModel;
typedef void DbtModelFn(const DbtModel *model, void *data);
/* All of them that a project may mean. */
void dbt_manifests_models(const DbtManifests *manifests, const DbtHome *home, DbtModelFn *each,
                          void *data);
