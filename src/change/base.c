/* base.c - see base.h. */
#include "change/base.h"

#include "change/git.h"

#include <string.h>

void
change_base_clear(ChangeBase *base)
{
    g_clear_pointer(&base->branch, g_free);
    g_clear_pointer(&base->commit, g_free);
    g_clear_pointer(&base->service, g_free);
}

/* ---- what a commit holds of another ---- */

/* Every file that `commit` changed since they parted is in `holder` as `commit` has it. */
static bool
has_taken_over(const Repository *repository, const char *holder, const char *commit, bool *ret,
               GError **error)
{
    const char *const args[] = {"merge-base", holder, commit, NULL};
    g_autoptr(GHashTable) changed = NULL, missing = NULL;
    g_autofree char *parting = NULL;
    GHashTableIter iter;
    void *path;

    *ret = false;
    if (!git_ask(repository->git_dir, args, &parting, error))
        return false;
    if (parting == NULL)
        return true; /* they have nothing in common */
    if (!repository_differing(repository, parting, commit, &changed, error) ||
        !repository_differing(repository, commit, holder, &missing, error))
        return false;
    g_hash_table_iter_init(&iter, changed);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        if (g_hash_table_contains(missing, path))
            return true;
    *ret = true;
    return true;
}

bool
change_holds(const Repository *repository, const char *holder, const char *commit, bool *ret,
             GError **error)
{
    return repository_has(repository, holder, commit, ret, error) &&
           (*ret || has_taken_over(repository, holder, commit, ret, error));
}

/* ---- choosing ---- */

/* As git itself says it: names from other machines are not believed. */
static bool
resolve(const Repository *repository, const RunningCode *running, char **ret, GError **error)
{
    if (!repository_commit(repository, running->commit, ret, error))
        return false;
    return *ret != NULL ||
           fail(error, ERR_WRONG_STATE,
                "service '%s' runs commit %.12s, which '%s' does not have: nobody can tell what a "
                "change has to hold; let the service run a commit of it (`honk rollout start %s "
                "--code COMMIT`), then plan again",
                running->service, running->commit, repository->address, running->service);
}

static bool
refuse(const Repository *repository, const ChangeBase *base, const RunningCode *running,
       GError **error)
{
    if (base->service != NULL)
        return fail(error, ERR_WRONG_STATE,
                    "service '%s' runs commit %.12s of '%s' and service '%s' runs %.12s, and "
                    "neither holds the other: merge both into '%s', or let both run the same "
                    "commit, then plan again",
                    base->service, base->commit, repository->address, running->service,
                    running->commit, base->branch);
    return fail(error, ERR_WRONG_STATE,
                "service '%s' runs commit %.12s of '%s', which is not on '%s', and '%s' has moved "
                "on beside it: merge %.12s into '%s', or let the service run '%s' (`honk rollout "
                "start %s --code %s`), then plan again",
                running->service, running->commit, repository->address, base->branch, base->branch,
                running->commit, base->branch, base->branch, running->service, base->branch);
}

/* The base becomes what runs, where that holds more. */
static bool
take_in(const Repository *repository, const RunningCode *running, ChangeBase *base, GError **error)
{
    g_autofree char *commit = NULL;
    bool is_held = false, holds_more = false;
    if (!resolve(repository, running, &commit, error) ||
        !change_holds(repository, base->commit, commit, &is_held, error))
        return false;
    if (is_held)
        return true;
    if (!repository_has(repository, commit, base->commit, &holds_more, error))
        return false;
    if (!holds_more)
        return refuse(repository, base, running, error);
    g_free(base->commit);
    g_free(base->service);
    base->commit = g_steal_pointer(&commit);
    base->service = g_strdup(running->service);
    return true;
}

bool
change_base(const Repository *repository, const RunningCode *running, size_t count, ChangeBase *ret,
            GError **error)
{
    g_auto(ChangeBase) base = {0};
    if (!repository_head(repository, &base.branch, &base.commit, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_in(repository, &running[i], &base, error))
            return false;
    *ret = base;
    base = (ChangeBase){0};
    return true;
}
