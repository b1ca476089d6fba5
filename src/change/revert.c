/*
 * revert.c - take our commit back out of a default branch that has it, whatever came after it.
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

bool
change_revert(const Repository *repository, const Config *config, const BranchState *state,
              const char *onto, const char *message, char **ret, GError **error)
{
    g_autofree char *now = NULL, *before = NULL, *answer = NULL;
    *ret = NULL;
    if (!as_if_on(repository, config, onto, state->ours, &now, error) ||
        !as_if_on(repository, config, state->base, state->ours, &before, error))
        return false;
    const char *const args[] = {"merge-tree", "--write-tree", "--no-messages", now, before, NULL};
    if (!git_ask(repository->git_dir, args, &answer, error))
        return false;
    if (answer == NULL)
        return true; /* people changed the same lines since */
    answer[strcspn(answer, "\n")] = '\0';
    return commit_tree(repository, config, answer, onto, message, ret, error);
}
