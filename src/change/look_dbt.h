/* look_dbt.h - what dbt wrote down in a repository: target/manifest.json of its projects, where people commit it. */
#pragma once

#include "rewrite/dbt/manifest.h"

#include <stdbool.h>

/* Is the file a manifest, or the catalog beside it? */
bool look_is_dbt(const char *path);
/* All manifests among the files (ProjectFile *), with their catalogs. What is broken is done without, and told of in
 * `passed_over` (char *). NULL when there is none; caller frees. */
DbtManifests *look_dbt_read(const GPtrArray *files, GPtrArray *passed_over);
