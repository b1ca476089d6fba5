/* place.c - see place.h. */
#include "place.h"

#include <glib/gstdio.h>

void
place_free(Place *place)
{
    const char *const argv[] = {"/bin/sh", "-c", "chmod -R u+rwx \"$0\"; rm -rf \"$0\"",
                                place->folder, NULL};
    g_assert_true(g_spawn_sync("/", (char **) argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
    g_free(place->folder);
    g_free(place->inside);
    g_free(place);
}
Place *
place_new(void)
{
    Place *place = g_new0(Place, 1);
    g_autoptr(GError) error = NULL;
    place->folder = g_dir_make_tmp("honk-box-XXXXXX", &error);
    g_assert_no_error(error);
    place->inside = g_build_filename(place->folder, "inside", NULL);
    g_assert_cmpint(g_mkdir(place->inside, 0700), ==, 0);
    return place;
}

const BoxLimits place_small = {.time_ms = 20000,
                               .memory_mib = 256,
                               .processes = 64,
                               .disk_mib = 32,
                               .output_bytes = (size_t) 1024 * 1024};

void
place_run_limited(Place *place, const char *script, const BoxLimits *limits, BoxResult *ret)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    BoxSpec spec = {.argv = argv, .folder = place->inside, .limits = *limits};
    g_autoptr(GError) error = NULL;
    if (!box_run(&spec, "", 0, ret, &error))
        g_error("%s", error->message);
}

void
place_run(Place *place, const char *script, BoxResult *ret)
{
    place_run_limited(place, script, &place_small, ret);
}

void
place_prints(Place *place, const char *script, const char *expected)
{
    g_auto(BoxResult) result = {0};
    place_run(place, script, &result);
    if (g_strcmp0(result.output, expected) != 0)
        g_error("%s; it printed '%s' and said '%s'", result.end, result.output, result.errors);
}

void
place_is_cut(Place *place, const char *script, const char *why)
{
    g_auto(BoxResult) result = {0};
    place_run(place, script, &result);
    g_assert_true(result.is_cut);
    g_assert_false(result.is_good);
    g_assert_cmpstr(result.end, ==, why);
}

static void
skipped(void)
{
    g_test_skip(sandbox_missing());
}

void
place_cases(const PlaceCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_test_add_func(cases[i].name, sandbox_missing() == NULL ? cases[i].run : skipped);
}
