/* manifest_parts.h - what is kept of manifests; between manifest.c, which reads, and manifest_find.c. */
#pragma once

#include "rewrite/dbt/manifest.h"

/* One manifest. */
typedef struct {
    char *folder;         /* or NULL */
    GHashTable *packages; /* names of those that have models in it */
    GHashTable *ids;      /* what dbt calls it -> DbtTable * */
} DbtFile;

typedef struct {
    const DbtFile *file;
    char *package, *name;
    char *
        source; /* what the source is called that it is a table of; NULL: a model, seed or snapshot */
    char *version; /* or NULL */
    bool is_model;
    char **parts; /* what the store calls it; NULL: nothing */
    char **columns;
    bool is_complete;
} DbtTable;

struct DbtManifests {
    GPtrArray *files;  /* DbtFile * */
    GPtrArray *tables; /* DbtTable * */
    GHashTable *named; /* name -> GPtrArray of DbtTable * */
    GHashTable *there; /* last part in the store, in small letters -> the same */
};
