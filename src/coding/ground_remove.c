/*
 * ground_remove.c - take a folder away, whatever somebody hostile has made of it: folders that nobody may look into, and so
 * many in one another that no path names the innermost.
 *
 * No path is used, but names in open folders; of links only the link goes. What lies too deep for so many open folders is
 * moved up first, into the outermost.
 */
#include "base/text.h"
#include "coding/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* folders open at a time */

typedef struct {
    int root;
    unsigned moved; /* folders, so far */
} Removal;

static DIR *
open_folder(int parent, const char *name)
{
    (void) fchmodat(parent, name, 0700, 0); /* a link is unlinked before anybody gets here */
    AUTO_FD fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir != NULL)
        (void) fd_steal(&fd);
    return dir;
}

/* Under a name that nobody has thought of. */
static void
move_up(Removal *removal, int parent, const char *name)
{
    g_autofree char *place = g_strdup_printf(".honk-%08x%08x", g_random_int(), g_random_int());
    (void) fchmodat(parent, name, 0700, 0);
    removal->moved += renameat(parent, name, removal->root, place) == 0;
}

static void
empty(Removal *removal, DIR *dir, int depth)
{
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *name = entry->d_name;
        struct stat info;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            fstatat(dirfd(dir), name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (!S_ISDIR(info.st_mode)) {
            (void) unlinkat(dirfd(dir), name, 0);
            continue;
        }
        if (depth == DEPTH_MAX) {
            move_up(removal, dirfd(dir), name);
            continue;
        }
        DIR *inner = open_folder(dirfd(dir), name);
        if (inner != NULL) {
            empty(removal, inner, depth + 1);
            closedir(inner);
        }
        (void) unlinkat(dirfd(dir), name, AT_REMOVEDIR);
    }
}

void
ground_remove(const char *folder)
{
    DIR *dir = open_folder(AT_FDCWD, folder);
    Removal removal = {.root = dir != NULL ? dirfd(dir) : -1};
    for (bool is_left = dir != NULL; is_left;) { /* until none was moved */
        unsigned before = removal.moved;
        rewinddir(dir);
        empty(&removal, dir, 0);
        is_left = removal.moved > before;
    }
    if (dir != NULL)
        closedir(dir);
    (void) g_rmdir(folder);
}
