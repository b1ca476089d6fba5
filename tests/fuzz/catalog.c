/*
 * catalog.c - whatever is read as a catalog can be related, walked and sliced; whatever is refused says why.
 *
 * The first line, if it begins with '#', is taken as the value of the parameter `name`.
 */
#include "target.h"

#include "catalog/catalog.h"

#include <string.h>

static void
check_entity(const CatalogView *view, const Entity *entity)
{
    g_autofree char *ref = NULL;
    g_autoptr(json_t) lineage = NULL;
    g_autoptr(json_t) slice = NULL;
    g_autoptr(GError) error = NULL;
    g_assert(entity_ref_parse(entity->ref, NULL, NULL, &ref, NULL));
    g_assert_cmpstr(ref, ==, entity->ref);
    g_assert(catalog_lineage(view, entity->ref, LINEAGE_DOWNSTREAM, 10, 100, &lineage, NULL));
    if (!entity_is_migration(entity))
        return;
    if (!catalog_slice(view, entity->ref, &slice, &error)) {
        g_assert(error != NULL);
        return;
    }
    g_autofree char *digest = NULL;
    g_assert(json_digest(slice, &digest, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *text = bytes > 0 ? (const char *) data : "";
    const char *end = memchr(text, '\n', bytes);
    size_t first = bytes > 0 && text[0] == '#' && end != NULL ? (size_t) (end - text) : 1;
    g_autofree char *value = g_strndup(text + 1, bytes > 0 ? first - 1 : 0);
    g_autofree char *set = g_strdup_printf("name=%s", value);
    const char *const sets[] = {set, "source_dataset=a", NULL};
    const CatalogOptions options = {.sets = sets, .templates_aside = bytes % 2 == 1};
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    if (!catalog_parse(text, bytes, "input", &options, diags, &catalog, &error)) {
        g_assert(error != NULL && diags_has_errors(diags));
        return 0;
    }
    CatalogView view = catalog_view(catalog);
    for (size_t i = 0; i < MIN(catalog_count(catalog), 50); i++)
        check_entity(&view, catalog_entity(catalog, i));
    catalog_check_refs(catalog, diags);
    return 0;
}
