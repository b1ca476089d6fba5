/*
 * broken_yaml.c - what people get to read when their YAML is wrong, word by word.
 *
 * Each NAME.yaml in the folder given is read as a catalog (or as honk.yaml, if its name begins with "config-"), and what
 * is found must be what NAME.txt says. With HONK_GOLDEN=write the expectations are written anew: review the difference.
 */
#include "base/text.h"
#include "model/config.h"
#include "registry/files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
read_config(const char *name, Diags *diags, GError **error)
{
    g_autoptr(Config) config = NULL;
    if (config_read(name, diags, &config, error))
        g_test_message("%s is a good configuration", name);
}

static void
read_catalog(const char *name, Diags *diags, GError **error)
{
    static const char *const sets[] = {"owner=team", NULL};
    const char *const paths[] = {name, NULL};
    const CatalogOptions options = {.sets = strstr(name, "set") != NULL ? sets : NULL};
    g_autoptr(Catalog) catalog = NULL;
    if (catalog_read(&catalog_files, paths, &options, diags, &catalog, error))
        catalog_check_refs(catalog, diags);
}

/* Notes and warnings first and last: everything that was found, or the error when nothing was. */
static char *
findings_of(const char *name)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    if (g_str_has_prefix(name, "config-"))
        read_config(name, diags, &error);
    else
        read_catalog(name, diags, &error);
    g_autofree char *text = diags_text(diags);
    if (*text == '\0' && error != NULL)
        return g_strdup_printf("%s\n", error->message);
    return g_strdup_printf("%s\n", text);
}

static void
broken_input_is_explained(const void *data)
{
    const char *name = data;
    g_autofree char *found = findings_of(name);
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen(".yaml"));
    g_autofree char *path = g_strconcat(stem, ".txt", NULL);
    g_autofree char *expected = NULL;
    if (g_strcmp0(g_getenv("HONK_GOLDEN"), "write") == 0)
        g_assert_true(g_file_set_contents(path, found, -1, NULL));
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    g_assert_cmpstr(found, ==, expected);
}

int
main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(chdir(folder), ==, 0);
    g_unsetenv("HONK_TEST_UNSET");
    g_autoptr(GDir) names = g_dir_open(".", 0, NULL);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(names)) != NULL) {
        if (!g_str_has_suffix(name, ".yaml"))
            continue;
        char *copy = g_strdup(name);
        g_autofree char *path = g_strdup_printf("/broken/%s is explained", copy);
        g_ptr_array_add(kept, copy);
        g_test_add_data_func(path, copy, broken_input_is_explained);
    }
    return g_test_run();
}
