/* told.c - places that stay as they are, and of which a word is said all the same. */
#include "mapping/mapping.h"
#include "rewrite/rewrite.h"

#include <string.h>

static const char mapping_text[] = "apiVersion: honk/v1\nkind: Mapping\n"
                                   "source: acme.shop.bills\ntarget: acme.shop.bills_v2\n"
                                   "columns: { bill_id: { from: id } }\n"
                                   "dbt: { source: shop.bills, target: shop.bills_v2 }\n";

static const Site *
site_at(const Rewrite *rewrite, size_t begin)
{
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site->begin == begin)
            return site;
    }
    return NULL;
}

static void
test_a_column_in_meta_is_told(void)
{
    static const char text[] = "version: 2\nsources:\n  - name: shop\n    tables:\n"
                               "      - name: bills\n        meta: { key: id, note: id of it }\n";
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_assert_true(mapping_parse(mapping_text, strlen(mapping_text), "m.yaml", diags, &set, NULL));
    g_autoptr(Renames) renames = renames_new(set);
    RewriteOptions options = {0};
    g_autoptr(Rewrite) rewrite =
        rewrite_text("models/sources.yml", text, strlen(text), renames, &options);
    const Site *key = site_at(rewrite, (size_t) (strstr(text, "id, note") - text)),
               *note = site_at(rewrite, (size_t) (strstr(text, "id of") - text));
    g_assert_nonnull(key);
    g_assert_cmpint(key->disposition, ==, DISPOSITION_UNAFFECTED);
    g_assert_nonnull(strstr(key->reason, "meta"));
    g_assert_null(note); /* text for people */
    g_assert_cmpint(rewrite->edits->len, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/told/a column in meta is told", test_a_column_in_meta_is_told);
    return g_test_run();
}
