/*
 * revert.c - what merging our commit comes to: does it conflict, and how is it taken back out of a default branch that has it,
 * whatever came after it?
 *
 * People merge, squash or pick it, so that git knows no common history that would tell. It is told one: what the branch
 * holds, and what was before our commit, both as if made on top of our commit. Merged, they are the branch without it.
 */
#include "change/commit.h"
#include "change/git.h"

#include <string.h>

static bool
as_if_on(const Repository *repository, const Config *config, const char *commit, const char *ours,
         char **ret, GError **error)
{
    g_autofree char *tree = g_strconcat(commit, "^{tree}", NULL), *found = NULL;
    g_autoptr(GError) failed = NULL;
    if (commit_tree(repository, config, tree, ours, "as if\n", ret, &failed))
        return true;
    if (repository_commit(repository, commit, &found, NULL) && found == NULL)
        return fail(error, ERR_NOT_FOUND, "commit %.12s is not in '%s' any more", commit,
                    repository->address);
    g_propagate_error(error, g_steal_pointer(&failed));
    return false;
}

/* The tree that a merge gives; NULL: git sees a conflict. Caller frees. */
static bool
merged_tree(const Repository *repository, const char *onto, const char *commit, char **ret,
            GError **error)
{
    const char *const args[] = {"merge-tree", "--write-tree", "--no-messages", onto, commit, NULL};
    if (!git_ask(repository->git_dir, args, ret, error))
        return false;
    if (*ret != NULL)
        (*ret)[strcspn(*ret, "\n")] = '\0';
    return true;
}

bool
change_conflicts(const Repository *repository, const char *onto, const char *commit, bool *ret,
                 GError **error)
{
    g_autofree char *tree = NULL;
    if (!merged_tree(repository, onto, commit, &tree, error))
        return false;
    *ret = tree == NULL;
    return true;
}

bool
change_revert_tree(const Repository *repository, const Config *config, const BranchState *state,
                   const char *onto, char **ret, GError **error)
{
    g_autofree char *now = NULL, *before = NULL;
    *ret = NULL;
    return as_if_on(repository, config, onto, state->ours, &now, error) &&
           as_if_on(repository, config, state->base, state->ours, &before, error) &&
           merged_tree(repository, now, before, ret, error);
}

bool
change_revert(const Repository *repository, const Config *config, const BranchState *state,
              const char *onto, const char *message, char **ret, GError **error)
{
    g_autofree char *tree = NULL;
    *ret = NULL;
    if (!change_revert_tree(repository, config, state, onto, &tree, error))
        return false;
    return tree == NULL || commit_tree(repository, config, tree, onto, message, ret, error);
}
