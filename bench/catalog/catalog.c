/*
 * catalog.c - what reading a catalog costs, against libyaml that only scans the same text.
 *
 * Generates 50,000 entities (or as many as the argument says), then: libyaml's events thrown away; the same text read and
 * checked as a catalog; applied to rows in memory; applied again, unchanged. Best of three each.
 */
#include "registry/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static char *
text_new(int count)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < count; i++)
        g_string_append_printf(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n"
            "  name: service-%d\n  title: Service %d\n  description: One of many\n"
            "  annotations:\n    acme/number: \"%d\"\n    honk/reads: dataset-%d\n"
            "  tags: [ java, data ]\nspec:\n  type: service\n  lifecycle: production\n"
            "  owner: team-%d\n  system: system-%d\n  dependsOn:\n"
            "    - resource:default/dataset-%d\n    - component:default/service-%d\n",
            i, i, i, i % 1000, i % 100, i % 500, i % 1000, i / 2);
    return g_string_free(text, FALSE);
}

static double
scan(const char *text, size_t bytes)
{
    int64_t begin_us = g_get_monotonic_time();
    yaml_parser_t parser;
    bool is_end = false;
    g_assert(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *) text, bytes);
    while (!is_end) {
        yaml_event_t event;
        g_assert(yaml_parser_parse(&parser, &event));
        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return (double) (g_get_monotonic_time() - begin_us) / 1e6;
}

static double
read_catalog(const char *text, size_t bytes, Catalog **ret)
{
    g_autoptr(Diags) diags = diags_new();
    int64_t begin_us = g_get_monotonic_time();
    g_assert(catalog_parse(text, bytes, "bench.yaml", NULL, diags, ret, NULL));
    return (double) (g_get_monotonic_time() - begin_us) / 1e6;
}

static double
apply(Db *db, const Catalog *catalog)
{
    const RegistryApply how = {.origin = "files", .actor = "honk", .now_ms = 1};
    int64_t begin_us = g_get_monotonic_time();
    g_assert(db_begin(db, NULL) && registry_apply(db, catalog, &how, NULL, NULL) &&
             db_commit(db, NULL));
    return (double) (g_get_monotonic_time() - begin_us) / 1e6;
}

int
main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 50000;
    g_autofree char *text = text_new(count);
    size_t bytes = strlen(text);
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    for (int round = 0; round < 3; round++) {
        g_autoptr(Catalog) catalog = NULL;
        g_autoptr(Db) db = NULL;
        g_assert(db_open_memory(&db, NULL));
        best[0] = MIN(best[0], scan(text, bytes));
        best[1] = MIN(best[1], read_catalog(text, bytes, &catalog));
        best[2] = MIN(best[2], apply(db, catalog));
        best[3] = MIN(best[3], apply(db, catalog));
    }
    printf("%d entities, %.1f MiB\n", count, (double) bytes / (1024 * 1024));
    printf("libyaml, events only   %6.2f s   1.0\n", best[0]);
    printf("read and checked       %6.2f s   %.1f\n", best[1], best[1] / best[0]);
    printf("applied, all new       %6.2f s   %.1f\n", best[2], best[2] / best[0]);
    printf("applied, unchanged     %6.2f s   %.1f\n", best[3], best[3] / best[0]);
    return 0;
}
