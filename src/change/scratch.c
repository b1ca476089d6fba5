/* scratch.c - see scratch.h. */
#include "change/scratch.h"

#include "base/text.h"
#include "change/change.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#define DEPTH_MAX 10
#define TRIES_MAX 10 /* a sweeper takes a folder only in the moment before its lock is taken */

static char *
place_of(const Config *config)
{
    return g_build_filename(config->state, "changes", NULL);
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path) != 0 && errno != ENOENT;
}

/* An index, and its lock where git was killed; objects of a rehearsal. */
static void
remove_all(const char *folder)
{
    nftw(folder, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
}

/* Locked, and still there. */
static bool
take(const char *folder, int *ret)
{
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct stat by_fd, by_name;
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &by_fd) != 0 ||
        stat(folder, &by_name) != 0 || by_fd.st_ino != by_name.st_ino)
        return false;
    *ret = fd_steal(&fd);
    return true;
}

bool
scratch_open(const Config *config, Scratch *ret, GError **error)
{
    g_autofree char *place = place_of(config);
    *ret = (Scratch){.lock_fd = -1};
    if (g_mkdir_with_parents(place, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s', where commits are made", place);
    for (int i = 0; i < TRIES_MAX; i++) {
        g_autofree char *folder = g_build_filename(place, "XXXXXX", NULL);
        if (g_mkdtemp(folder) == NULL)
            return fail_errno(error, ERR_INTERNAL, "cannot make a folder in '%s'", place);
        if (!take(folder, &ret->lock_fd))
            continue;
        ret->folder = g_steal_pointer(&folder);
        return true;
    }
    return fail(error, ERR_INTERNAL, "somebody takes every folder in '%s' away", place);
}

void
scratch_close(Scratch *scratch)
{
    if (scratch->folder != NULL)
        remove_all(scratch->folder);
    g_clear_pointer(&scratch->folder, g_free);
    fd_close(&scratch->lock_fd);
}

void
change_sweep(const Config *config)
{
    g_autofree char *place = place_of(config);
    g_autoptr(GDir) dir = g_dir_open(place, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *folder = g_build_filename(place, name, NULL);
        AUTO_FD fd = -1;
        if (take(folder, &fd))
            remove_all(folder);
    }
}
