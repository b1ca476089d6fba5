/* lay_out.c - the files of a commit in a folder: for programs that are run from there. */
#include "base/text.h"
#include "change/repository.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    const GPtrArray *files;
    const char *folder;
    LayOutOptions options;
} LayOut;

/* Nothing of a tree leads out of the folder: git refuses such names, and so do we. */
static bool
is_inside(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        if (*parts[i] == '\0' || strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0)
            return false;
    return parts[0] != NULL;
}

static bool
write_fleeting(const char *path, const char *bytes, size_t count, int mode, GError **error)
{
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    return (fd >= 0 && fd_write_all(fd, bytes, count)) ||
           fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
}

static bool
write_one(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    const LayOut *lay_out = data;
    const TreeFile *file = lay_out->files->pdata[index];
    g_autofree char *path = g_build_filename(lay_out->folder, file->path, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    if (!is_inside(file->path))
        return fail(error, ERR_INVALID, "the commit has a file with a name that leads elsewhere");
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    int mode = file->mode == 0100755 ? 0700 : 0600;
    return lay_out->options.is_fleeting ? write_fleeting(path, bytes, count, mode, error)
                                        : file_write_atomic(path, bytes, count, mode, error);
}

bool
repository_lay_out(const Repository *repository, const char *commit, const char *folder,
                   const LayOutOptions *options, GError **error)
{
    g_autoptr(GPtrArray) files = NULL;
    g_autofree char *found = NULL;

    if (!repository_commit(repository, commit, &found, error))
        return false;
    if (found == NULL)
        return fail(error, ERR_NOT_FOUND, "'%s' has no commit %s", repository->address, commit);
    LayOut lay_out = {NULL, folder, options != NULL ? *options : (LayOutOptions){0}};
    if (!repository_files(repository, commit, &files, error))
        return false;
    for (guint i = files->len; lay_out.options.wants != NULL && i > 0; i--) {
        const TreeFile *file = files->pdata[i - 1];
        if (!lay_out.options.wants(file->path, lay_out.options.data))
            g_ptr_array_remove_index(files, i - 1);
    }
    lay_out.files = files;
    return repository_blobs(repository, files, write_one, &lay_out, error);
}
