/* embedded.c - carried files, found and written. */
#include "cli/embedded.h"

#include "base/text.h"

#include <glib/gstdio.h>
#include <string.h>

const EmbeddedFile *
embedded_find(const char *path)
{
    for (const EmbeddedFile *file = embedded_files; file->path != NULL; file++)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

static bool
file_is_same(const char *path, const EmbeddedFile *file)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, file->bytes, &text, &bytes, NULL) && bytes == file->bytes &&
           memcmp(text, file->text, bytes) == 0;
}

static bool
embedded_write_one(const EmbeddedFile *file, const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_mkdir_with_parents(parent, 0755) != 0)
        return fail_errno(error, ERR_INTERNAL, "the folder '%s' cannot be made", parent);
    return file_write_atomic(path, file->text, file->bytes, file->mode, error);
}

bool
embedded_write(const char *prefix, const char *folder, bool replace, GError **error)
{
    g_autoptr(GString) taken = g_string_new(NULL);
    for (int pass = 0; pass < 2; pass++) { /* look at all before writing any */
        for (const EmbeddedFile *file = embedded_files; file->path != NULL; file++) {
            if (!g_str_has_prefix(file->path, prefix))
                continue;
            g_autofree char *path = g_build_filename(folder, file->path + strlen(prefix), NULL);
            bool is_there = g_file_test(path, G_FILE_TEST_EXISTS);
            if (is_there && file_is_same(path, file))
                continue;
            if (pass == 0 && is_there && !replace)
                g_string_append_printf(taken, "%s'%s'", taken->len > 0 ? ", " : "", path);
            if (pass == 1 && !embedded_write_one(file, path, error))
                return false;
        }
        if (taken->len > 0)
            return fail(error, ERR_INVALID, "there is already %s, and nothing is overwritten",
                        taken->str);
    }
    return true;
}
