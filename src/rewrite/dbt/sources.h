/*
 * sources.h - which sources of a dbt project are the dataset, although the mapping says no `dbt:`; inside of this
 * room only.
 *
 * What stands under `sources:` tells where each table is: database, schema, identifier. A table that is the dataset for
 * certain is renamed as if the mapping said so. One that may be it needs a person; one elsewhere is another table.
 */
#pragma once

#include "base/yaml.h"
#include "rewrite/work.h"

/* What dbt wrote down, for the project that a file is in; both may be NULL. */
typedef struct {
    const DbtManifests *manifests;
    const DbtHome *home;
} DbtWritten;

/* Adds a Rename to `ret` for each table in `sources:` of a file (`root`, a map) that is called like a dataset of a
 * mapping without `dbt:`. `dialect` NULL: ansi. `settings`: dbt_project.yml with its `vars`, or NULL. `written` fills in what templates make. They point at
 * mappings of `renames`, and free with rename_free(). */
void dbt_sources_read(GPtrArray *ret, const Renames *renames, const Dialect *dialect,
                      const YamlNode *settings, DbtWritten written, const YamlNode *root);

/* The same for models whose table is a dataset of the mapping, as the manifest has it (models.c). */
void dbt_models_read(GPtrArray *ret, const Renames *renames, const Dialect *dialect,
                     const DbtManifests *manifests, const DbtHome *home);

/* A map of nothing but what dbt knows, with at least one list of it (yaml.c). */
bool dbt_yaml_is(const YamlNode *root);

/* What `{{ var('x', 'y') }}` or `{{ env_var('X', 'y') }}` gives unless somebody says otherwise; NULL: not known. Caller
 * frees (vars.c). */
char *dbt_template_value(const char *text, const YamlNode *settings);

/* What `vars` of dbt_project.yml say for a variable, also below the project's own name: any node; or NULL (vars.c). */
const YamlNode *dbt_var(const YamlNode *settings, const char *name);
