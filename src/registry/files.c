/* files.c - real files for catalog_read(): bounded, sorted, and without what begins with a dot. */
#include "registry/files.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define FOLDER_ENTRIES_MAX 100000

static bool
files_read(void *data, const char *path, char **ret, size_t *ret_bytes, GError **error)
{
    return file_read(path, YAML_BYTES_MAX, ret, ret_bytes, error);
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool
entry_is_wanted(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return name[0] != '.' && (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml") ||
                              g_file_test(path, G_FILE_TEST_IS_DIR));
}

static bool
files_list(void *data, const char *path, GPtrArray **ret, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        *ret = NULL;
        return true;
    }
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    if (folder == NULL)
        return fail_errno(error, ERR_INVALID, "cannot read the folder '%s'", path);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)) != NULL) {
        if (!entry_is_wanted(path, name))
            continue;
        if (paths->len >= FOLDER_ENTRIES_MAX)
            return fail(error, ERR_TOO_LARGE, "more than %d files in '%s'", FOLDER_ENTRIES_MAX,
                        path);
        g_ptr_array_add(paths, g_build_filename(path, name, NULL));
    }
    g_ptr_array_sort(paths, compare_paths);
    *ret = g_steal_pointer(&paths);
    return true;
}

const CatalogReader catalog_files = {files_read, files_list, NULL};
