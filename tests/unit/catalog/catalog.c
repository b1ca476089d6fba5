/* catalog.c - entities are read with their places, templates are filled, relations and lineage hold in both directions. */
#include "catalog/catalog.h"

#include <string.h>

/* As the tutorial prints it. */
static const char tutorial[] = "# catalog/migration-template.yaml\n"
                               "apiVersion: backstage.io/v1beta1\n"
                               "kind: Component\n"
                               "metadata:\n"
                               "  name: ${{ name }}\n"
                               "  annotations:\n"
                               "    honk/agent: honk-migration-agent\n"
                               "    fleet-manager/target-group: ${{ fleet_group }}\n"
                               "spec:\n"
                               "  type: dataset-migration\n"
                               "  lifecycle: experimental\n"
                               "  owner: ${{ owner }}\n"
                               "  dependsOn:\n"
                               "    - component:default/${{ source_dataset }}\n"
                               "    - component:default/${{ target_dataset }}\n";

static Catalog *
catalog_of(const char *text, const char *const *sets)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    const CatalogOptions options = {.sets = sets};
    bool is_ok = catalog_parse(text, strlen(text), "test.yaml", &options, diags, &catalog, &error);
    g_assert_no_error(error);
    g_assert_true(is_ok);
    return g_steal_pointer(&catalog);
}

static void
assert_json(json_t *json, const char *expected)
{
    g_autofree char *text = json_compact(json);
    g_assert_cmpstr(text, ==, expected);
}

/* ---- templates ---- */

static void
the_template_of_the_tutorial_becomes_a_migration(void)
{
    const char *const sets[] = {"name=users-v2",
                                "fleet_group=listening",
                                "owner=team-identity",
                                "source_dataset=users-v1",
                                "target_dataset=users-v2",
                                "migration_strategy=schema-transform",
                                "mapping_file=mappings/users.yaml",
                                NULL};
    g_autoptr(Catalog) catalog = catalog_of(tutorial, sets);
    const Entity *entity = catalog_find(catalog, "component:default/users-v2");
    g_assert_nonnull(entity);
    g_assert_true(entity_is_migration(entity));
    g_assert_cmpint(entity->line, ==, 2);
    assert_json(entity->json,
                "{\"apiVersion\":\"backstage.io/v1beta1\",\"kind\":\"Component\","
                "\"metadata\":{\"name\":\"users-v2\",\"annotations\":{\"honk/agent\":"
                "\"honk-migration-agent\",\"fleet-manager/target-group\":\"listening\"}},"
                "\"spec\":{\"type\":\"dataset-migration\",\"lifecycle\":\"experimental\","
                "\"owner\":\"team-identity\",\"dependsOn\":[\"component:default/users-v1\","
                "\"component:default/users-v2\"],\"source_dataset\":\"users-v1\","
                "\"target_dataset\":\"users-v2\",\"migration_strategy\":\"schema-transform\","
                "\"mapping_file\":\"mappings/users.yaml\",\"fleet_group\":\"listening\"}}");
}

static void
all_parameters_that_are_not_set_are_named_at_once(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    const char *const sets[] = {"owner=x", NULL};
    const CatalogOptions options = {.sets = sets};
    g_assert_false(
        catalog_parse(tutorial, strlen(tutorial), "t.yaml", &options, diags, &catalog, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpstr(error->message, ==,
                    "t.yaml:8:33: error: parameter 'fleet_group' is not set: give it with --set "
                    "fleet_group=VALUE [unset-parameter]\n"
                    "t.yaml:5:9: error: parameter 'name' is not set: give it with --set name=VALUE "
                    "[unset-parameter]\n"
                    "t.yaml:14:7: error: parameter 'source_dataset' is not set: give it with --set "
                    "source_dataset=VALUE [unset-parameter]\n"
                    "t.yaml:15:7: error: parameter 'target_dataset' is not set: give it with --set "
                    "target_dataset=VALUE [unset-parameter]");
}

static void
a_field_that_is_missing_names_the_one_that_was_meant(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    const char *text = "apiVersion: honk/v1\n"
                       "kind: Migration\n"
                       "metadata: { name: m }\n"
                       "spec: { owner: o, source_dataset: a, target_datset: b }\n";
    const CatalogOptions options = {0};
    g_assert_false(catalog_parse(text, strlen(text), "m.yaml", &options, diags, &catalog, &error));
    g_assert_nonnull(
        strstr(error->message, "spec.target_dataset is missing (is 'target_datset' meant?)"));
}

static void
a_folder_leaves_templates_aside(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    const CatalogOptions options = {.templates_aside = true};
    g_assert_true(
        catalog_parse(tutorial, strlen(tutorial), "t.yaml", &options, diags, &catalog, NULL));
    g_assert_cmpuint(catalog_count(catalog), ==, 0);
    g_assert_cmpuint(diags_count(diags), ==, 1);
    g_assert_cmpint(diags_get(diags, 0)->level, ==, DIAG_NOTE);
}

static void
a_migration_takes_from_annotations_and_from_the_order_of_depends_on(void)
{
    g_autoptr(Catalog) catalog =
        catalog_of("apiVersion: honk/v1\n"
                   "kind: Migration\n"
                   "metadata: { name: m, annotations: { honk/mapping-file: m.yaml } }\n"
                   "spec: { owner: o, dependsOn: [ 'resource:a', 'component:b' ] }\n",
                   NULL);
    const json_t *spec = json_object_get(catalog_entity(catalog, 0)->json, "spec");
    g_assert_cmpstr(json_get_string(spec, "source_dataset", ""), ==, "resource:a");
    g_assert_cmpstr(json_get_string(spec, "target_dataset", ""), ==, "component:b");
    g_assert_cmpstr(json_get_string(spec, "mapping_file", ""), ==, "m.yaml");
    g_assert_cmpstr(json_get_string(spec, "migration_strategy", ""), ==, "schema-transform");
}

static void
a_template_of_backstage_stays_as_it_is(void)
{
    g_autoptr(Catalog) catalog =
        catalog_of("apiVersion: scaffolder.backstage.io/v1beta3\n"
                   "kind: Template\n"
                   "metadata: { name: t }\n"
                   "spec: { owner: o, steps: [ { input: { ref: '${{ parameters.ref }}' } } ] }\n",
                   NULL);
    const json_t *steps = json_at(catalog_entity(catalog, 0)->json, "spec.steps");
    g_assert_cmpstr(json_get_string(json_at(json_array_get(steps, 0), "input"), "ref", ""), ==,
                    "${{ parameters.ref }}");
}

/* ---- a company ---- */

static const char company[] =
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Resource\n"
    "metadata: { name: users-v1, annotations: { honk/dataset-url: 'dw:users_v1' } }\n"
    "spec: { type: dataset, owner: identity }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Resource\n"
    "metadata: { name: users-v2 }\n"
    "spec: { type: dataset, owner: identity }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Resource\n"
    "metadata: { name: enriched }\n"
    "spec: { type: dataset, owner: insights }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Component\n"
    "metadata: { name: pipeline, annotations: { honk/reads: 'users-v1', honk/writes: enriched } }\n"
    "spec: { type: pipeline, owner: insights, dependsOn: [ 'resource:users-v1' ] }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Component\n"
    "metadata: { name: dashboard }\n"
    "spec: { type: dashboard, owner: insights, dependsOn: [ 'resource:enriched' ] }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Component\n"
    "metadata: { name: sign-up, annotations: { honk/writes: users-v1 } }\n"
    "spec: { type: service, owner: identity, dependsOn: [ 'resource:users-v1' ] }\n"
    "---\n"
    "apiVersion: backstage.io/v1alpha1\n"
    "kind: Component\n"
    "metadata: { name: profile, annotations: { honk/writes: users-v1, honk/reads: users-v1 } }\n"
    "spec: { type: service, owner: identity }\n"
    "---\n"
    "apiVersion: honk/v1\n"
    "kind: Migration\n"
    "metadata: { name: users }\n"
    "spec: { owner: identity, source_dataset: users-v1, target_dataset: 'component:users-v2' }\n";

static void
a_slice_holds_the_datasets_and_all_consumers(void)
{
    g_autoptr(Catalog) catalog = catalog_of(company, NULL);
    CatalogView view = catalog_view(catalog);
    g_autoptr(json_t) slice = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_slice(&view, "migration:default/users", &slice, &error));
    g_assert_no_error(error);
    assert_json(json_object_get(slice, "consumers"),
                "[{\"ref\":\"component:default/dashboard\",\"owner\":\"group:default/insights\","
                "\"access\":\"reads\",\"direct\":false},"
                "{\"ref\":\"component:default/pipeline\",\"owner\":\"group:default/insights\","
                "\"access\":\"reads\",\"direct\":true},"
                "{\"ref\":\"component:default/profile\",\"owner\":\"group:default/identity\","
                "\"access\":\"reads\",\"direct\":true},"
                "{\"ref\":\"component:default/profile\",\"owner\":\"group:default/identity\","
                "\"access\":\"writes\",\"direct\":true},"
                "{\"ref\":\"component:default/sign-up\",\"owner\":\"group:default/identity\","
                "\"access\":\"writes\",\"direct\":true}]");
    g_assert_cmpstr(json_string_value(json_at(slice, "source.ref")), ==,
                    "resource:default/users-v1");
    g_assert_cmpstr(json_string_value(json_at(slice, "source.url")), ==, "dw:users_v1");
    g_assert_cmpstr(json_string_value(json_at(slice, "target.ref")), ==,
                    "resource:default/users-v2");
    g_assert_true(json_is_null(json_at(slice, "target.url")));
}

static char *
refs_of(const json_t *lineage)
{
    GString *refs = g_string_new(NULL);
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(lineage, "entities"), index, item) g_string_append_printf(
        refs, "%s%d:%s", index > 0 ? " " : "", (int) json_get_int(item, "depth", -1),
        strchr(json_get_string(item, "ref", "/"), '/') + 1);
    return g_string_free(refs, FALSE);
}

static void
assert_lineage(const char *ref, LineageDirection direction, int depth, const char *expected)
{
    g_autoptr(Catalog) catalog = catalog_of(company, NULL);
    CatalogView view = catalog_view(catalog);
    g_autoptr(json_t) lineage = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_lineage(&view, ref, direction, depth, 100, &lineage, &error));
    g_autofree char *refs = refs_of(lineage);
    g_assert_cmpstr(refs, ==, expected);
}

static void
lineage_follows_the_data_both_ways(void)
{
    assert_lineage("resource:default/users-v1", LINEAGE_DOWNSTREAM, 100,
                   "0:users-v1 1:pipeline 1:profile 1:users 2:enriched 2:users-v2 3:dashboard");
    assert_lineage("resource:default/users-v1", LINEAGE_DOWNSTREAM, 1,
                   "0:users-v1 1:pipeline 1:profile 1:users");
    assert_lineage("component:default/dashboard", LINEAGE_UPSTREAM, 100,
                   "0:dashboard 1:enriched 2:pipeline 3:users-v1 4:profile 4:sign-up");
}

static void
a_circle_is_walked_once(void)
{
    g_autoptr(Catalog) catalog = catalog_of(
        "- { apiVersion: backstage.io/v1alpha1, kind: Resource, metadata: { name: a },\n"
        "    spec: { type: dataset, owner: o, dependsOn: [ 'resource:b' ] } }\n"
        "- { apiVersion: backstage.io/v1alpha1, kind: Resource, metadata: { name: b },\n"
        "    spec: { type: dataset, owner: o, dependsOn: [ 'resource:a', 'resource:b' ] } }\n",
        NULL);
    CatalogView view = catalog_view(catalog);
    g_autoptr(json_t) lineage = NULL;
    g_assert_true(
        catalog_lineage(&view, "resource:default/a", LINEAGE_DOWNSTREAM, 100, 100, &lineage, NULL));
    g_assert_cmpuint(json_array_size(json_object_get(lineage, "entities")), ==, 2);
    g_assert_cmpuint(json_array_size(json_object_get(lineage, "edges")), ==, 3);
    g_assert_false(json_get_bool(lineage, "truncated", true));
}

static void
every_relation_has_its_inverse(void)
{
    static const char *const types[] = {"ownedBy", "dependsOn",  "consumesApi", "providesApi",
                                        "partOf",  "memberOf",   "childOf",     "reads",
                                        "writes",  "migratesTo", "migratesFrom"};
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        g_assert_cmpstr(relation_inverse(relation_inverse(types[i])), ==, types[i]);
    g_assert_null(relation_inverse("likes"));
}

static void
refs_that_lead_nowhere_are_warnings(void)
{
    g_autoptr(Catalog) catalog = catalog_of(
        "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: { name: users-v1 }\n"
        "spec: { type: dataset, owner: 'user:ada' }\n---\n"
        "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: { name: ada }\nspec: {}\n---\n"
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: c }\n"
        "spec: { type: service, owner: 'user:ada', dependsOn: [ 'component:users-v1' ] }\n",
        NULL);
    g_autoptr(Diags) diags = diags_new();
    catalog_check_refs(catalog, diags);
    g_autofree char *text = diags_text(diags);
    g_assert_cmpstr(text, ==,
                    "test.yaml:11:1: warning: 'component:default/c' dependsOn "
                    "'component:default/users-v1', which is not in the catalog, did you mean "
                    "'resource:default/users-v1'? [dangling-ref]");
}

/* ---- files ---- */

typedef struct {
    const char *path, *text;
} MemoryFile;

static bool
memory_read(void *data, const char *path, char **ret, size_t *ret_bytes, GError **error)
{
    for (const MemoryFile *file = data; file->path != NULL; file++) {
        if (strcmp(file->path, path) != 0 || file->text == NULL)
            continue;
        *ret = g_strdup(file->text);
        *ret_bytes = strlen(file->text);
        return true;
    }
    return fail(error, ERR_NOT_FOUND, "cannot read '%s': no such file", path);
}

static bool
memory_list(void *data, const char *path, GPtrArray **ret, GError **error)
{
    GPtrArray *inside = NULL;
    if (strcmp(path, "catalog") == 0) {
        inside = g_ptr_array_new_with_free_func(g_free);
        for (const MemoryFile *file = data; file->path != NULL; file++)
            if (g_str_has_prefix(file->path, "catalog/"))
                g_ptr_array_add(inside, g_strdup(file->path));
    }
    *ret = inside;
    return true;
}

#define HEAD "apiVersion: backstage.io/v1alpha1\nkind: "
#define LOCATION(name, target)                                                                     \
    HEAD "Location\nmetadata: { name: " name " }\nspec: { target: " target " }\n"
#define USER(name) HEAD "User\nmetadata: { name: " name " }\nspec: {}\n"

static bool
files_read(MemoryFile *files, const char *path, Diags *diags, Catalog **ret, GError **error)
{
    const CatalogReader reader = {memory_read, memory_list, files};
    const char *const paths[] = {path, NULL};
    return catalog_read(&reader, paths, NULL, diags, ret, error);
}

static void
locations_are_followed_and_files_read_once(void)
{
    MemoryFile files[] = {
        {"catalog/a.yaml", LOCATION("to-b", "./b.yaml")},
        {"catalog/b.yaml", USER("b") "---\n" LOCATION("to-c", "../more/c.yaml")},
        {"more/c.yaml", USER("c")},
        {NULL, NULL},
    };
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(files_read(files, "catalog", diags, &catalog, &error));
    g_assert_cmpuint(catalog_count(catalog), ==, 4);
    g_assert_cmpstr(catalog_find(catalog, "user:default/c")->file, ==, "more/c.yaml");
}

static void
a_location_that_leads_back_is_refused(void)
{
    MemoryFile files[] = {
        {"a.yaml", LOCATION("to-b", "b.yaml")},
        {"b.yaml", LOCATION("to-a", "a.yaml")},
        {NULL, NULL},
    };
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(files_read(files, "a.yaml", diags, &catalog, &error));
    g_assert_cmpstr(error->message, ==,
                    "b.yaml:4:17: error: this Location leads back to itself: a.yaml -> b.yaml -> "
                    "a.yaml [location-cycle]");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalog/the template of the tutorial becomes a migration",
                    the_template_of_the_tutorial_becomes_a_migration);
    g_test_add_func("/catalog/all parameters that are not set are named at once",
                    all_parameters_that_are_not_set_are_named_at_once);
    g_test_add_func("/catalog/a field that is missing names the one that was meant",
                    a_field_that_is_missing_names_the_one_that_was_meant);
    g_test_add_func("/catalog/a folder leaves templates aside", a_folder_leaves_templates_aside);
    g_test_add_func("/catalog/a migration takes from annotations and from the order of dependsOn",
                    a_migration_takes_from_annotations_and_from_the_order_of_depends_on);
    g_test_add_func("/catalog/a Template of Backstage stays as it is",
                    a_template_of_backstage_stays_as_it_is);
    g_test_add_func("/catalog/a slice holds the datasets and all consumers",
                    a_slice_holds_the_datasets_and_all_consumers);
    g_test_add_func("/catalog/lineage follows the data both ways",
                    lineage_follows_the_data_both_ways);
    g_test_add_func("/catalog/a circle is walked once", a_circle_is_walked_once);
    g_test_add_func("/catalog/every relation has its inverse", every_relation_has_its_inverse);
    g_test_add_func("/catalog/refs that lead nowhere are warnings",
                    refs_that_lead_nowhere_are_warnings);
    g_test_add_func("/catalog/Locations are followed and files read once",
                    locations_are_followed_and_files_read_once);
    g_test_add_func("/catalog/a Location that leads back is refused",
                    a_location_that_leads_back_is_refused);
    return g_test_run();
}
