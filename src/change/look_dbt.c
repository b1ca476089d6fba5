/* look_dbt.c - see look_dbt.h. */
#include "change/look_dbt.h"

#include "base/text.h"
#include "rewrite/project/project.h"

#include <string.h>

#define MANIFEST "target/manifest.json"
#define CATALOG "target/catalog.json"

/* The folder that the file's end stands in, with `/`, or ""; NULL: it ends otherwise. Caller frees. */
static char *
folder_before(const char *path, const char *end)
{
    size_t length = strlen(path), bytes = strlen(end);
    if (!g_str_has_suffix(path, end) || (length > bytes && path[length - bytes - 1] != '/'))
        return NULL;
    return g_strndup(path, length - bytes);
}

bool
look_is_dbt(const char *path)
{
    g_autofree char *manifest = folder_before(path, MANIFEST),
                    *catalog = folder_before(path, CATALOG);
    return manifest != NULL || catalog != NULL;
}

static const ProjectFile *
file_called(const GPtrArray *files, const char *path)
{
    for (guint i = 0; i < files->len; i++)
        if (strcmp(((const ProjectFile *) files->pdata[i])->path, path) == 0)
            return files->pdata[i];
    return NULL;
}

static void
pass_over(GPtrArray *passed_over, const char *path, const GError *error)
{
    g_autofree char *shown = text_printable(path);
    g_ptr_array_add(passed_over, g_strdup_printf("%s: %s", shown, error->message));
}

static bool
read_one(DbtManifests *manifests, const GPtrArray *files, const ProjectFile *file,
         const char *folder, GPtrArray *passed_over)
{
    g_autofree char *beside = g_strconcat(folder, CATALOG, NULL);
    const ProjectFile *catalog = file_called(files, beside);
    g_autoptr(GError) error = NULL;
    if (!dbt_manifests_read(manifests, folder, file->text, file->bytes, "the manifest", &error)) {
        pass_over(passed_over, file->path, error);
        return false;
    }
    if (catalog != NULL && !dbt_manifests_read_catalog(manifests, catalog->text, catalog->bytes,
                                                       "the catalog", &error))
        pass_over(passed_over, catalog->path, error);
    return true;
}

DbtManifests *
look_dbt_read(const GPtrArray *files, GPtrArray *passed_over)
{
    g_autoptr(DbtManifests) manifests = dbt_manifests_new();
    bool has_any = false;
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = files->pdata[i];
        g_autofree char *folder = folder_before(file->path, MANIFEST);
        if (folder != NULL)
            has_any |= read_one(manifests, files, file, folder, passed_over);
    }
    return has_any ? g_steal_pointer(&manifests) : NULL;
}
