/* manifest.c - dbt's manifest and catalog: what is known of tables, and what is wrong with a file is said. */
#include "rewrite/dbt/manifest.h"

#include "base/limits.h"

#include <string.h>

#define HEAD                                                                                       \
    "{\"metadata\": {\"dbt_schema_version\": "                                                     \
    "\"https://schemas.getdbt.com/dbt/manifest/v%d.json\"}, "
#define MODEL                                                                                      \
    "{\"resource_type\": \"%s\", \"name\": \"%s\", \"package_name\": \"%s\", \"version\": %s, "    \
    "\"database\": \"acme\", \"schema\": \"shop\", \"alias\": \"%s\", \"columns\": {\"plan\": "    \
    "{}}}"

static char *
manifest_of(const char *nodes)
{
    return g_strdup_printf(HEAD "\"nodes\": {%s}, \"sources\": {}}", 12, nodes);
}

static void
read_well(DbtManifests *manifests, const char *folder, const char *nodes)
{
    g_autofree char *text = manifest_of(nodes);
    g_autoptr(GError) error = NULL;
    bool done = dbt_manifests_read(manifests, folder, text, strlen(text), "m.json", &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

static void
is_refused(const char *text, const char *expected)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(dbt_manifests_read(manifests, "", text, strlen(text), "m.json", &error));
    g_assert_nonnull(strstr(error->message, "m.json"));
    if (strstr(error->message, expected) == NULL)
        g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, expected));
}

static const char *const *
columns_of(const DbtManifests *manifests, const DbtHome *home, const char *name, bool is_template,
           bool *ret_is_open)
{
    g_auto(GStrv) texts = g_strsplit(name, ".", 4);
    SqlPart parts[4] = {0};
    SqlSource source = {.path = {.parts = parts, .count = g_strv_length(texts)},
                        .is_template = is_template};
    for (uint32_t i = 0; i < source.path.count; i++)
        parts[i].text = texts[i];
    return dbt_manifests_columns(manifests, home, dialect_by_name("postgresql"), NULL, &source,
                                 ret_is_open);
}

/* ---- ---- */

static void
versions_that_are_not_known_are_refused(void)
{
    g_autofree char *old = g_strdup_printf(HEAD "\"nodes\": {}, \"sources\": {}}", 6),
                    *new = g_strdup_printf(HEAD "\"nodes\": {}, \"sources\": {}}", 13);
    is_refused(old, "expected a manifest of dbt, v7 to v12");
    is_refused(new, "expected a manifest of dbt, v7 to v12");
    is_refused("{}", "expected a manifest of dbt");
    is_refused("[]", "expected a manifest of dbt");
}

static void
what_is_wrong_is_said_with_its_place(void)
{
    g_autofree char *nameless = manifest_of("\"model.a.b\": {\"resource_type\": \"model\"}"),
                    *word = manifest_of("\"model.a.b\": 7"),
                    *list =
                        manifest_of("\"model.a.b\": {\"resource_type\": \"seed\", \"name\": \"b\", "
                                    "\"package_name\": \"a\", \"columns\": [1]}");
    is_refused(nameless, "nodes['model.a.b']");
    is_refused(word, "nodes['model.a.b'] is no object");
    is_refused(list, "expected { name: { … } }");
    is_refused("{\"a\":", "not valid JSON");
}

static void
a_text_of_very_many_values_is_not_built(void)
{
    g_autoptr(GString) text = g_string_new("[");
    for (int i = 0; i < 4 * 1000 * 1000; i++)
        g_string_append(text, "1,");
    g_string_append(text, "1]");
    is_refused(text->str, "values, expected at most");
}

static void
depth_has_a_limit(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i <= JSON_DEPTH_MAX; i++)
        g_string_append_c(text, '[');
    is_refused(text->str, "nested deeper");
}

static void
two_packages_with_a_model_of_one_name_tell_nothing_of_a_ref(void)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    g_autofree char *nodes =
        g_strdup_printf("\"a\": " MODEL ", \"b\": " MODEL, "model", "users", "one", "null", "users",
                        "model", "users", "two", "null", "users2");
    DbtHome home = {.folder = "", .package = "one"};
    bool is_open = false;
    read_well(manifests, "", nodes);
    g_assert_null(columns_of(manifests, &home, "users", true, &is_open));
    g_assert_nonnull(columns_of(manifests, &home, "acme.shop.users", false, &is_open));
    g_assert_true(is_open);
    g_assert_cmpstr(dbt_manifests_relation(manifests, &home, "users", NULL)[2], ==, "users");
    home.package = "two";
    g_assert_cmpstr(dbt_manifests_relation(manifests, &home, "users", NULL)[2], ==, "users2");
}

static void
a_version_has_its_own_table(void)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    g_autofree char *nodes =
        g_strdup_printf("\"a\": " MODEL ", \"b\": " MODEL, "model", "users", "one", "1", "users_v1",
                        "model", "users", "one", "\"2\"", "users_v2");
    DbtHome home = {.folder = "x/", .package = "one"};
    read_well(manifests, NULL, nodes);
    g_assert_cmpstr(dbt_manifests_relation(manifests, &home, "users", "1")[2], ==, "users_v1");
    g_assert_cmpstr(dbt_manifests_relation(manifests, &home, "users", "2")[2], ==, "users_v2");
    g_assert_null(dbt_manifests_relation(manifests, &home, "users", NULL));
    g_assert_null(dbt_manifests_relation(manifests, &home, "users", "3"));
}

static void
a_manifest_is_that_of_its_project_alone(void)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    g_autofree char *nodes =
        g_strdup_printf("\"a\": " MODEL, "model", "users", "one", "null", "users");
    DbtHome here = {.folder = "one/", .package = "one"},
            there = {.folder = "two/", .package = "one"};
    bool is_open = false;
    read_well(manifests, "one/", nodes);
    g_assert_nonnull(columns_of(manifests, &here, "users", true, &is_open));
    g_assert_null(columns_of(manifests, &there, "users", true, &is_open));
    g_assert_nonnull(columns_of(manifests, &there, "acme.shop.users", false, &is_open));
    g_assert_null(columns_of(manifests, &there, "shop.users", false, &is_open));
}

static bool
reads_catalog(DbtManifests *manifests, const char *schema, const char *columns)
{
    g_autofree char *text = g_strdup_printf(
        "{\"metadata\": {\"dbt_schema_version\": \"https://x/catalog/v1.json\"}, \"sources\": {}, "
        "\"nodes\": {\"a\": {\"metadata\": {\"schema\": \"%s\", \"name\": \"users\"}, \"columns\": "
        "{%s}}}}",
        schema, columns);
    return dbt_manifests_read_catalog(manifests, text, strlen(text), "c.json", NULL);
}

static void
a_catalog_has_all_columns_in_their_order(void)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    g_autofree char *nodes =
        g_strdup_printf("\"a\": " MODEL, "model", "users", "one", "null", "users");
    DbtHome home = {.folder = "", .package = "one"};
    bool is_open = true;
    read_well(manifests, "", nodes);
    g_assert_true(reads_catalog(manifests, "elsewhere", "\"id\": {\"index\": 1}"));
    columns_of(manifests, &home, "users", true, &is_open);
    g_assert_true(is_open); /* it is of another table */
    g_assert_true(reads_catalog(manifests, "shop", "\"b\": {\"index\": 2}, \"a\": {\"index\": 1}"));
    const char *const *names = columns_of(manifests, &home, "users", true, &is_open);
    g_assert_false(is_open);
    g_assert_cmpstr(names[0], ==, "a");
    g_assert_cmpstr(names[1], ==, "b");
    g_assert_true(reads_catalog(manifests, "shop", "\"Id\": {\"index\": 1}"));
    columns_of(manifests, &home, "users", true, &is_open);
    g_assert_true(is_open); /* Id without quotes would be id */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/manifest/versions that are not known are refused",
                    versions_that_are_not_known_are_refused);
    g_test_add_func("/manifest/what is wrong is said with its place",
                    what_is_wrong_is_said_with_its_place);
    g_test_add_func("/manifest/a text of very many values is not built",
                    a_text_of_very_many_values_is_not_built);
    g_test_add_func("/manifest/depth has a limit", depth_has_a_limit);
    g_test_add_func("/manifest/two packages with a model of one name tell nothing of a ref",
                    two_packages_with_a_model_of_one_name_tell_nothing_of_a_ref);
    g_test_add_func("/manifest/a version has its own table", a_version_has_its_own_table);
    g_test_add_func("/manifest/a manifest is that of its project alone",
                    a_manifest_is_that_of_its_project_alone);
    g_test_add_func("/manifest/a catalog has all columns, in their order",
                    a_catalog_has_all_columns_in_their_order);
    return g_test_run();
}
