/* rehearse.c - see rehearse.h. */
#include "change/rehearse.h"

#include "change/commit.h"
#include "change/scratch.h"

#include <glib/gstdio.h>
#include <string.h>

#define SHA256_DIGITS 64

static bool
make_folder(const char *path, GError **error)
{
    return g_mkdir_with_parents(path, 0700) == 0 ||
           fail_errno(error, ERR_INTERNAL, "cannot make '%s', where changes are tried", path);
}

/* A repository without a branch, which looks for objects in the other one, too. Ids of SHA-256 are said by its settings. */
static bool
make_beside(const Repository *repository, const char *folder, bool is_sha256, GError **error)
{
    static const char sha256[] =
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n";
    g_autofree char *objects = g_build_filename(repository->git_dir, "objects", NULL);
    g_autofree char *line = g_strconcat(objects, "\n", NULL),
                    *info = g_build_filename(folder, "objects", "info", NULL),
                    *refs = g_build_filename(folder, "refs", NULL);
    g_autofree char *alternates = g_build_filename(info, "alternates", NULL),
                    *head = g_build_filename(folder, "HEAD", NULL),
                    *settings = g_build_filename(folder, "config", NULL);
    return make_folder(info, error) && make_folder(refs, error) &&
           g_file_set_contents(alternates, line, -1, error) &&
           g_file_set_contents(head, "ref: refs/heads/none\n", -1, error) &&
           g_file_set_contents(settings, is_sha256 ? sha256 : "", -1, error);
}

/* Does that tree have the files of the commit? */
static bool
is_tree_of(const Repository *repository, const char *tree, const char *commit, bool *ret,
           GError **error)
{
    g_auto(Commit) read = {0};
    if (!commit_read(repository, commit, &read, error))
        return false;
    *ret = g_strcmp0(tree, read.tree) == 0;
    return true;
}

/* Merged as it was made, and then taken back: NULL in `*ret_why`, or what is in the way. */
static bool
make_and_revert(const Repository *beside, const Config *config, const Look *look, char **ret_why,
                GError **error)
{
    static const char message[] = "A rehearsal\n";
    g_autofree char *ours = NULL, *tree = NULL;
    bool is_same = false;
    if (!commit_write(beside, config, look, message, &ours, error))
        return false;
    const BranchState state = {.kind = BRANCH_OURS, .ours = ours, .base = look->commit};
    if (!change_revert_tree(beside, config, &state, ours, &tree, error))
        return false;
    if (tree == NULL) {
        *ret_why = g_strdup("git sees a conflict where nobody has changed anything");
        return true;
    }
    if (!is_tree_of(beside, tree, look->commit, &is_same, error))
        return false;
    if (!is_same)
        *ret_why = g_strdup("files would not be what they were");
    return true;
}

bool
rehearse_revert(const Repository *repository, const Config *config, const Look *look,
                char **ret_why, GError **error)
{
    g_auto(Scratch) scratch = {.lock_fd = -1};
    *ret_why = NULL;
    if (!scratch_open(config, &scratch, error))
        return false;
    g_autofree char *folder = g_build_filename(scratch.folder, "git", NULL);
    Repository beside = *repository;
    beside.git_dir = folder;
    beside.is_fleeting = true;
    return make_beside(repository, folder, strlen(look->commit) == SHA256_DIGITS, error) &&
           make_and_revert(&beside, config, look, ret_why, error);
}
