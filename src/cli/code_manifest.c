/* code_manifest.c - what dbt wrote down of projects, where it is given or lies in their `target` folders. */
#include "base/limits.h"
#include "base/text.h"
#include "cli/code_files.h"

#include <string.h>

static bool
read_manifest(DbtManifests *manifests, const char *folder, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, JSON_BYTES_MAX, &text, &bytes, error) &&
           dbt_manifests_read(manifests, folder, text, bytes, path, error);
}

static void
warn(View *view, const char *kind, const GError *error)
{
    view_tone(view, TONE_WARN, "the %s of dbt is not used: %s", kind, error->message);
}

/* Nobody has asked for it: where it is broken, it is done without. */
static void
read_catalog_beside(View *view, DbtManifests *manifests, const char *manifest)
{
    g_autofree char *folder = g_path_get_dirname(manifest);
    g_autofree char *path = g_build_filename(folder, "catalog.json", NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    size_t bytes = 0;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    if (!file_read(path, JSON_BYTES_MAX, &text, &bytes, &error) ||
        !dbt_manifests_read_catalog(manifests, text, bytes, path, &error))
        warn(view, "catalog", error);
}

/* True when it was read. */
static bool
read_found(View *view, DbtManifests *manifests, const char *project)
{
    static const char name[] = "dbt_project.yml";
    size_t length = strlen(project);
    g_autoptr(GError) error = NULL;
    if (!g_str_has_suffix(project, name) ||
        (length >= sizeof name && project[length - sizeof name] != '/'))
        return false;
    g_autofree char *folder = g_strndup(project, length - (sizeof name - 1));
    g_autofree char *path = g_strconcat(folder, "target/manifest.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return false;
    if (!read_manifest(manifests, folder, path, &error)) {
        warn(view, "manifest", error);
        return false;
    }
    read_catalog_beside(view, manifests, path);
    return true;
}

bool
code_manifests_read(View *view, const char *path, const GPtrArray *files, DbtManifests **ret,
                    GError **error)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    bool has_any = path != NULL;
    if (path != NULL) {
        if (!read_manifest(manifests, NULL, path, error))
            return false;
        read_catalog_beside(view, manifests, path);
    }
    for (guint i = 0; path == NULL && i < files->len; i++)
        has_any |=
            read_found(view, manifests, ((const CodeFile *) g_ptr_array_index(files, i))->path);
    *ret = has_any ? g_steal_pointer(&manifests) : NULL;
    return true;
}
