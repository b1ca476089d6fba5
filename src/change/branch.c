/* branch.c - whose a branch is; setting it and taking it away, under the repository's lock. */
#include "base/clock.h"
#include "base/text.h"
#include "change/commit.h"
#include "change/git.h"
#include "change/prove.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>

#define GROWN_MAX 50 /* commits of people on top of ours that are looked through */
#define LOCK_WAIT_MS 10000
#define LOCK_PAUSE_MS 50

static char *
ref_of(const ChangeName *name)
{
    return g_strconcat("refs/heads/", name->branch, NULL);
}

/* ---- what is there ---- */

void
branch_state_clear(BranchState *state)
{
    g_clear_pointer(&state->tip, g_free);
    g_clear_pointer(&state->ours, g_free);
    g_clear_pointer(&state->base, g_free);
    g_clear_pointer(&state->replaced, g_free);
}

static bool
is_our_commit(const Commit *commit, const ChangeName *name)
{
    g_autofree char *part = commit_trailer(commit, CHANGE_PART);
    return commit->parents->len == 1 && commit_has_trailer(commit, "Honk-Plan", name->plan) &&
           commit_has_trailer(commit, "Honk-Migration", name->migration) &&
           g_strcmp0(part, name->part) == 0;
}

/* Down from the tip, along first parents. */
static bool
find_ours(const Repository *repository, const ChangeName *name, BranchState *state, GError **error)
{
    g_autofree char *at = g_strdup(state->tip);
    for (int depth = 0; depth <= GROWN_MAX && at != NULL; depth++) {
        g_auto(Commit) commit = {0};
        if (!commit_read(repository, at, &commit, error))
            return false;
        const char *parent = commit.parents->len > 0 ? commit.parents->pdata[0] : NULL;
        if (is_our_commit(&commit, name)) {
            state->kind = depth == 0 ? BRANCH_OURS : BRANCH_GROWN;
            state->ours = g_strdup(at);
            state->base = g_strdup(parent);
            state->replaced = commit_trailer(&commit, CHANGE_REPLACES);
            return true;
        }
        g_free(at);
        at = g_strdup(parent);
    }
    state->kind = BRANCH_FOREIGN;
    return true;
}

static bool
find_use(const Repository *repository, const char *ref, bool *ret, GError **error)
{
    static const char *const args[] = {"worktree", "list", "--porcelain", NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args};
    g_autofree char *text = NULL, *line = g_strconcat("branch ", ref, NULL);
    if (!git_run(&call, &text, NULL, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    *ret = g_strv_contains((const char *const *) lines, line);
    return true;
}

bool
branch_look(const Repository *repository, const ChangeName *name, BranchState *ret, GError **error)
{
    g_autofree char *ref = ref_of(name);
    g_auto(BranchState) state = {0};
    if (!repository_commit(repository, ref, &state.tip, error))
        return false;
    if (state.tip != NULL && (!find_ours(repository, name, &state, error) ||
                              !find_use(repository, ref, &state.is_in_use, error)))
        return false;
    *ret = state;
    state = (BranchState){0};
    return true;
}

bool
branch_must_be_ours(const Repository *repository, const ChangeName *name, const BranchState *state,
                    GError **error)
{
    if (state->kind == BRANCH_FOREIGN)
        return fail(
            error, ERR_WRONG_STATE,
            "branch '%s' of '%s' is not Honk's (its tip is %.12s): rename or delete it, then "
            "retry",
            name->branch, repository->address, state->tip);
    if (state->kind == BRANCH_GROWN)
        return fail(
            error, ERR_WRONG_STATE,
            "somebody added commits to branch '%s' of '%s' (its tip is %.12s, Honk's commit "
            "is %.12s): keep them on another branch, set this one back or delete it, then "
            "retry",
            name->branch, repository->address, state->tip, state->ours);
    if (state->is_in_use)
        return fail(error, ERR_WRONG_STATE,
                    "somebody has branch '%s' of '%s' checked out: let them switch to another one, "
                    "then retry",
                    name->branch, repository->address);
    return true;
}

/* ---- the lock ---- */

/* A folder can be locked as a file can: so nothing is left of it. */
bool
change_lock(const Repository *repository, int *ret, GError **error)
{
    int64_t deadline_ms = clock_monotonic_ms() + LOCK_WAIT_MS;
    AUTO_FD fd = open(repository->git_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret = -1;
    if (fd < 0)
        return fail_errno(error, ERR_NOT_FOUND, "cannot open '%s'", repository->git_dir);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(error, ERR_UNSUPPORTED, "cannot lock '%s'", repository->git_dir);
        if (clock_monotonic_ms() >= deadline_ms)
            return fail(error, ERR_TRANSIENT,
                        "another worker holds '%s', perhaps one that stopped in the middle",
                        repository->address);
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    *ret = fd_steal(&fd);
    return true;
}

static bool
is_confirmed(const ChangeGuard *guard, GError **error)
{
    return guard == NULL || guard->confirm == NULL || guard->confirm(guard->data, error);
}

/* ---- forward ---- */

/* "honk" as a branch leaves no room for "honk/…". */
static bool
check_room(const Repository *repository, const ChangeName *name, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(name->branch, "/", -1);
    g_autoptr(GString) ref = g_string_new("refs/heads");
    for (size_t i = 0; parts[i] != NULL && parts[i + 1] != NULL; i++) {
        g_autofree char *commit = NULL;
        g_string_append_printf(ref, "/%s", parts[i]);
        if (!repository_commit(repository, ref->str, &commit, error))
            return false;
        if (commit != NULL)
            return fail(error, ERR_WRONG_STATE,
                        "'%s' has a branch '%s', beside which git allows no '%s': rename it, then "
                        "retry",
                        repository->address, ref->str + strlen("refs/heads/"), name->branch);
    }
    return true;
}

/* No word of the server, no branch; and only where it is as it was seen (`tip`; NULL: there is none). */
static bool
set_branch(const Repository *repository, const ChangeName *name, const char *commit,
           const char *tip, int lock, const ChangeGuard *guard, GError **error)
{
    g_autofree char *ref = ref_of(name);
    const char *const args[] = {"update-ref", ref, commit, tip != NULL ? tip : "", NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .lock_fd = lock};
    return is_confirmed(guard, error) && git_run(&call, NULL, NULL, error);
}

bool
change_make(const Repository *repository, const Config *config, const ChangeName *name,
            const ChangeRules *rules, const Look *look, const char *message, const char *replaces,
            const ChangeGuard *guard, char **ret_commit, GError **error)
{
    g_autofree char *commit = NULL;
    AUTO_FD lock = -1;
    if (!prove_look(rules, look, error) || !check_room(repository, name, error) ||
        !commit_write(repository, config, look, message, &commit, error) ||
        !change_lock(repository, &lock, error))
        return false;
    g_auto(BranchState) state = {0};
    if (!branch_look(repository, name, &state, error) ||
        !branch_must_be_ours(repository, name, &state, error))
        return false;
    bool is_set_now =
        state.kind == BRANCH_ABSENT || (replaces != NULL && strcmp(state.ours, replaces) == 0);
    if (is_set_now && !set_branch(repository, name, commit, state.tip, lock, guard, error))
        return false;
    *ret_commit = is_set_now ? g_steal_pointer(&commit) : g_strdup(state.ours);
    return true;
}

/* ---- back ---- */

bool
change_remove(const Repository *repository, const ChangeName *name, const ChangeGuard *guard,
              bool *ret_was_there, GError **error)
{
    g_autofree char *ref = ref_of(name);
    g_auto(BranchState) state = {0};
    AUTO_FD lock = -1;
    if (!change_lock(repository, &lock, error) || !branch_look(repository, name, &state, error))
        return false;
    *ret_was_there = state.kind == BRANCH_OURS || state.kind == BRANCH_GROWN;
    if (!*ret_was_there)
        return true; /* what others call so is theirs */
    const char *const args[] = {"update-ref", "-d", ref, state.tip, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .lock_fd = lock};
    return branch_must_be_ours(repository, name, &state, error) && is_confirmed(guard, error) &&
           git_run(&call, NULL, NULL, error);
}
