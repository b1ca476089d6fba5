/* code.c - the code of revisions: the files of a commit in a folder of ours, shared by its instances. */
#include "fleet/processes.h"

#include "base/id.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* folders in folders */

char *
code_folder(const char *folder, const char *commit)
{
    return g_build_filename(folder, "code", commit, NULL);
}

static void
remove_tree(const char *path, int depth)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && depth < DEPTH_MAX && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        struct stat info;
        if (lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(inner, depth + 1);
        else
            unlink(inner);
    }
    rmdir(path);
}

/* Laid out aside and renamed: a folder with the commit's name is whole. */
bool
code_lay_out(const Fleet *fleet, const char *folder, const char *commit, char **ret, GError **error)
{
    g_autofree char *path = commit != NULL ? code_folder(folder, commit) : NULL;
    g_autofree char *chance = id_secret(8);
    g_autofree char *aside = g_strdup_printf("%s/code/new-%s", folder, chance);

    if (commit == NULL || g_file_test(path, G_FILE_TEST_IS_DIR)) {
        *ret = g_steal_pointer(&path);
        return true;
    }
    if (fleet->service->repository == NULL || fleet->lay_out == NULL)
        return fail(error, ERR_INVALID,
                    "service '%s' is to run commit %s, but has no repository in honk.yaml",
                    fleet->service->name, commit);
    if (g_mkdir_with_parents(aside, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", aside);
    if (!fleet->lay_out(fleet->service->repository, commit, aside, fleet->lay_out_data, error)) {
        remove_tree(aside, 0);
        return false;
    }
    if (rename(aside, path) != 0) {
        fail_errno(error, ERR_INTERNAL, "cannot make '%s'", path);
        remove_tree(aside, 0);
        return false;
    }
    *ret = g_steal_pointer(&path);
    return true;
}

void
code_sweep(const char *folder, GHashTable *kept)
{
    g_autofree char *path = g_build_filename(folder, "code", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (!g_hash_table_contains(kept, name))
            remove_tree(inner, 0);
    }
}
