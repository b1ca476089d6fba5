/* repository.c - where a repository is, and where its branches point. */
#include "change/repository.h"

#include "base/text.h"
#include "change/git.h"

#include <string.h>

void
repository_free(Repository *repository)
{
    if (repository == NULL)
        return;
    g_free(repository->address);
    g_free(repository->git_dir);
    g_free(repository->default_branch);
    g_free(repository);
}

/* ---- finding ---- */

static bool
is_git_dir(const char *path)
{
    static const char *const parts[] = {"HEAD", "objects", "refs"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = g_build_filename(path, parts[i], NULL);
        if (!g_file_test(part, G_FILE_TEST_EXISTS))
            return false;
    }
    return true;
}

static bool
not_there(const char *address, const char *folder, GError **error)
{
    g_autofree char *dot_git = g_build_filename(folder, ".git", NULL);
    if (g_file_test(dot_git, G_FILE_TEST_IS_REGULAR))
        return fail(error, ERR_UNSUPPORTED,
                    "'%s' is a working tree of a repository that is elsewhere ('%s' is a file): "
                    "name that repository",
                    address, dot_git);
    return fail(error, ERR_NOT_FOUND, "there is no git repository '%s': neither '%s' nor '%s.git'",
                address, folder, folder);
}

bool
repository_open(const Config *config, const char *address, Repository **ret, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    if (!config_repository_url(config, address, &place, &name, error))
        return false;
    g_autofree char *folder = g_build_filename(place->path, name, NULL);
    const struct {
        const char *end;
        bool is_bare;
    } forms[] = {{"/.git", false}, {".git", true}, {"", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autofree char *git_dir = g_strconcat(folder, forms[i].end, NULL);
        if (!is_git_dir(git_dir))
            continue;
        *ret = g_new0(Repository, 1);
        (*ret)->address = g_strdup(address);
        (*ret)->git_dir = g_steal_pointer(&git_dir);
        (*ret)->default_branch = g_strdup(place->branch);
        (*ret)->is_bare = forms[i].is_bare;
        return true;
    }
    return not_there(address, folder, error);
}

/* ---- heads ---- */

bool
repository_commit(const Repository *repository, const char *name, char **ret, GError **error)
{
    g_autofree char *commit = g_strconcat(name, "^{commit}", NULL);
    const char *const args[] = {"rev-parse",        "--verify", "--quiet",
                                "--end-of-options", commit,     NULL};
    return git_ask(repository->git_dir, args, ret, error);
}

bool
repository_has(const Repository *repository, const char *head, const char *commit, bool *ret,
               GError **error)
{
    const char *const args[] = {"merge-base", "--is-ancestor", commit, head, NULL};
    g_autofree char *yes = NULL;
    if (!git_ask(repository->git_dir, args, &yes, error))
        return false;
    *ret = yes != NULL;
    return true;
}

static bool
symbolic_ref(const Repository *repository, const char *name, char **ret, GError **error)
{
    const char *const args[] = {"symbolic-ref", "--quiet", name, NULL};
    return git_ask(repository->git_dir, args, ret, error);
}

/* The branch that `ref` leads to, if there is one: `*ret_commit` stays NULL otherwise. */
static bool
try_branch(const Repository *repository, const char *branch, char **ret_branch, char **ret_commit,
           GError **error)
{
    g_autofree char *ref = g_strconcat("refs/heads/", branch, NULL);
    if (!repository_commit(repository, ref, ret_commit, error))
        return false;
    if (*ret_commit != NULL)
        *ret_branch = g_strdup(branch);
    return true;
}

static bool
try_link(const Repository *repository, const char *link, const char *prefix, char **ret_branch,
         char **ret_commit, GError **error)
{
    g_autofree char *ref = NULL;
    if (!symbolic_ref(repository, link, &ref, error))
        return false;
    return ref == NULL || !g_str_has_prefix(ref, prefix) ||
           try_branch(repository, ref + strlen(prefix), ret_branch, ret_commit, error);
}

/* What is checked out in a person's working tree says little: the last thing to ask. */
static bool
find_head(const Repository *repository, char **ret_branch, char **ret_commit, GError **error)
{
    if (repository->default_branch != NULL)
        return try_branch(repository, repository->default_branch, ret_branch, ret_commit, error);
    if (!repository->is_bare) {
        static const char *const usual[] = {"main", "master"};
        if (!try_link(repository, "refs/remotes/origin/HEAD", "refs/remotes/origin/", ret_branch,
                      ret_commit, error))
            return false;
        for (size_t i = 0; i < G_N_ELEMENTS(usual) && *ret_commit == NULL; i++)
            if (!try_branch(repository, usual[i], ret_branch, ret_commit, error))
                return false;
    }
    return *ret_commit != NULL ||
           try_link(repository, "HEAD", "refs/heads/", ret_branch, ret_commit, error);
}

bool
repository_head(const Repository *repository, char **ret_branch, char **ret_commit, GError **error)
{
    *ret_branch = *ret_commit = NULL;
    if (!find_head(repository, ret_branch, ret_commit, error))
        return false;
    if (*ret_commit != NULL)
        return true;
    if (repository->default_branch != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' has no branch '%s', which honk.yaml names",
                    repository->address, repository->default_branch);
    return fail(error, ERR_WRONG_STATE,
                "'%s' has no default branch with a commit: neither 'main' nor 'master', nor one "
                "that HEAD names",
                repository->address);
}

/* ---- history ---- */

/* "%h NUL %as NUL %s RS", as they are: subjects are people's words. */
static json_t *
log_entries(char *text)
{
    json_t *entries = json_array();
    g_auto(GStrv) records = g_strsplit(text, "\036\n", -1);
    for (size_t i = 0; records[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(records[i], "\037", 3);
        if (g_strv_length(parts) != 3)
            continue;
        g_autofree char *subject = text_printable(parts[2]);
        json_t *entry = json_object();
        json_set_string(entry, "commit", parts[0]);
        json_set_string(entry, "date", parts[1]);
        json_set_string(entry, "subject", subject);
        json_array_append_new(entries, entry);
    }
    return entries;
}

bool
repository_log(const Repository *repository, const char *commit, const char *const *paths,
               json_t **ret, GError **error)
{
    g_autofree char *most = g_strdup_printf("--max-count=%d", LOG_COMMITS_MAX);
    const char *const words[] = {"rev-list", "--no-commit-header", "--format=%h%x1f%as%x1f%s%x1e",
                                 most};
    const char *args[G_N_ELEMENTS(words) + LOG_PATHS_MAX + 3];
    g_autofree char *text = NULL;
    size_t count = 0;
    for (; count < G_N_ELEMENTS(words); count++)
        args[count] = words[count];
    args[count++] = commit;
    args[count++] = "--";
    for (size_t i = 0; i < LOG_PATHS_MAX && paths[i] != NULL; i++)
        args[count++] = paths[i];
    args[count] = NULL;
    const GitCall call = {.git_dir = repository->git_dir, .args = args};
    if (!git_run(&call, &text, NULL, error))
        return false;
    *ret = log_entries(text);
    return true;
}
