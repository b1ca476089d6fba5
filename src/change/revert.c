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

static char *
tree_of(const char *commit)
{
    return g_strconcat(commit, "^{tree}", NULL);
}

static bool
as_if_on(const Repository *repository, const Config *config, const char *commit, const char *ours,
         char **ret, GError **error)
{
    g_autofree char *name = tree_of(commit), *tree = NULL;
    const char *const args[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", name, NULL};
    if (!git_ask(repository->git_dir, args, &tree, error))
        return false;
    if (tree == NULL)
        return fail(error, ERR_NOT_FOUND, "commit %.12s is not in '%s' any more", commit,
                    repository->address);
    return commit_tree(repository, config, tree, ours, "as if\n", ret, error);
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
change_revert(const Repository *repository, const Config *config, const BranchState *state,
              const char *onto, const char *message, char **ret, GError **error)
{
    g_autofree char *now = NULL, *before = NULL, *answer = NULL;
    *ret = NULL;
    if (!as_if_on(repository, config, onto, state->ours, &now, error) ||
        !as_if_on(repository, config, state->base, state->ours, &before, error))
        return false;
    if (!merged_tree(repository, now, before, &answer, error))
        return false;
    if (answer == NULL)
        return true; /* people changed the same lines since */
    return commit_tree(repository, config, answer, onto, message, ret, error);
}
