/* manifest.c - a manifest or catalog of dbt, whatever it holds, is read or refused with a reason, and can be asked. */
#include "target.h"

#include "rewrite/dbt/manifest.h"

/* What the input is the catalog of. */
static const char manifest[] = "{\"metadata\": {\"dbt_schema_version\": "
                               "\"https://x/manifest/v12.json\"}, \"sources\": {}, \"nodes\": "
                               "{\"model.p.m\": {\"resource_type\": \"model\", \"name\": \"m\", "
                               "\"package_name\": \"p\", \"database\": "
                               "\"d\", \"schema\": \"s\", \"alias\": \"m\", \"version\": 2}}}";

static void
ask(const DbtManifests *manifests, const char *name)
{
    SqlPart parts[] = {{.text = (char *) "d"}, {.text = (char *) "s"}, {.text = (char *) name}};
    DbtHome home = {.folder = "", .package = "p"};
    const Dialect *dialect = dialect_by_name("snowflake");
    for (uint32_t count = 1; count <= G_N_ELEMENTS(parts); count++) {
        SqlSource source = {.path = {.parts = parts + 3 - count, .count = count},
                            .is_template = count < 3};
        bool is_open = false;
        const char *const *names =
            dbt_manifests_columns(manifests, &home, dialect, NULL, &source, &is_open);
        g_assert(names == NULL ||
                 names[0] != NULL); /* a list of nothing would say that it has no columns */
    }
    char *const *relation = dbt_manifests_relation(manifests, &home, name, "2");
    g_assert(relation == NULL || relation[0] != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new(), known = dbt_manifests_new();
    g_autoptr(GError) error = NULL, other = NULL;
    bool is_read = dbt_manifests_read(manifests, "", (const char *) data, bytes, "input", &error);
    g_assert(is_read == (error == NULL));
    ask(manifests, "m");
    if (!dbt_manifests_read(known, NULL, manifest, sizeof manifest - 1, "manifest", NULL))
        g_assert_not_reached();
    is_read = dbt_manifests_read_catalog(known, (const char *) data, bytes, "input", &other);
    g_assert(is_read == (other == NULL));
    ask(known, "m");
    return 0;
}
