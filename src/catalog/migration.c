/*
 * migration.c - what a migration leaves out is found elsewhere: first --set, then its spec, then its annotations, then
 * the order of dependsOn (what is first becomes what is second), then the default.
 */
#include "base/text.h"
#include "catalog/inner.h"

#include <string.h>

/* Names that --set may give although no "${{ … }}" asks for them, and the annotations that say the same. */
static const struct {
    const char *field, *annotation;
    int depends; /* place in dependsOn, or -1 */
} sources[] = {
    {"source_dataset", "honk/source-dataset", 0},      {"target_dataset", "honk/target-dataset", 1},
    {"migration_strategy", "honk/strategy", -1},       {"mapping_file", "honk/mapping-file", -1},
    {"fleet_group", "fleet-manager/target-group", -1},
};

bool
migration_is(const json_t *entity)
{
    const char *kind = json_get_string(entity, "kind", "");
    const char *type = json_get_string(json_object_get(entity, "spec"), "type", "");
    return strcmp(kind, "Migration") == 0 || strcmp(type, "dataset-migration") == 0;
}

static const char *
field_from_elsewhere(const json_t *entity, size_t index)
{
    const json_t *metadata = json_object_get(entity, "metadata");
    const json_t *depends = json_object_get(json_object_get(entity, "spec"), "dependsOn");
    const char *value =
        json_get_string(json_object_get(metadata, "annotations"), sources[index].annotation, NULL);
    if (value == NULL && sources[index].depends >= 0 && json_array_size(depends) == 2)
        value = json_string_value(json_array_get(depends, (size_t) sources[index].depends));
    return value;
}

/* " (is 'target_datset' meant?)", or nothing. Caller frees. */
static char *
misspelt(json_t *spec, const char *field)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    const char *key;
    json_t *value;
    json_object_foreach(spec, key, value) g_ptr_array_add(keys, (void *) key);
    g_ptr_array_add(keys, NULL);
    const char *nearest = text_nearest(field, (const char *const *) keys->pdata);
    return nearest != NULL ? g_strdup_printf(" (is '%s' meant?)", nearest) : g_strdup("");
}

static bool
need_dataset(const json_t *entity, const char *field, const YamlNode *root, const char *file,
             Diags *diags)
{
    json_t *spec = json_object_get(entity, "spec");
    const char *value = json_get_string(spec, field, NULL);
    g_autofree char *meant = value == NULL ? misspelt(spec, field) : NULL;
    const YamlNode *place = yaml_get_key(root, "spec");
    place = place != NULL ? place : root;
    g_autofree char *ref = NULL;
    g_autoptr(GError) error = NULL;
    if (value == NULL)
        diags_add(diags, DIAG_ERROR, "missing-field", file, place->line, place->column,
                  "spec.%s is missing%s: write it, give it with --set %s=NAME, or name source and "
                  "target, in this order, in spec.dependsOn",
                  field, meant, field);
    else if (!entity_ref_parse(value, "resource", NULL, &ref, &error))
        diags_add(diags, DIAG_ERROR, "ref", file, place->line, place->column, "spec.%s: %s", field,
                  error->message);
    return ref != NULL;
}

bool
migration_complete(json_t *entity, const YamlNode *root, const char *file, Parameters *parameters,
                   Diags *diags)
{
    json_t *spec = json_object_get(entity, "spec");
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        const char *field = sources[i].field, *set = parameters_get(parameters, field);
        if (set != NULL)
            json_set_string(spec, field, set);
        else if (!json_is_string(json_object_get(spec, field)))
            json_set_string(spec, field, field_from_elsewhere(entity, i));
    }
    if (json_get_string(spec, "migration_strategy", NULL) == NULL) {
        bool has_mapping = json_get_string(spec, "mapping_file", NULL) != NULL;
        json_set_string(spec, "migration_strategy", has_mapping ? "schema-transform" : "bulk-copy");
    }
    bool has_source = need_dataset(entity, "source_dataset", root, file, diags);
    return need_dataset(entity, "target_dataset", root, file, diags) && has_source;
}
