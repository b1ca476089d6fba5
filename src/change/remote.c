/* remote.c - see remote.h. The token goes to git by its environment, which nobody else can read, never by an argument. */
#include "change/remote.h"

#include "base/text.h"
#include "change/change.h"
#include "change/git.h"

#include <glib/gstdio.h>
#include <string.h>

#define FETCH_BYTES_MAX ((size_t) 1024 * 1024) /* git tells a line for each branch */

/* ---- where and who ---- */

/* One call that speaks with the host. */
typedef struct {
    char *url;
    char *key, *value; /* the environment's word for the token, or NULL */
} Remote;

static void
remote_clear(Remote *remote)
{
    g_free(remote->url);
    g_free(remote->key);
    g_free(remote->value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Remote, remote_clear)

/* What each kind of host takes as the name beside a token; the others do not look at it. */
static const char *
user_of(const ForgeConfig *forge)
{
    return forge->kind == FORGE_GITLAB ? "oauth2" : "x-access-token";
}

static bool
remote_of(const Config *config, const char *address, Remote *ret, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    g_autofree char *token = NULL;
    if (!config_repository_url(config, address, &place, &name, error))
        return false;
    const ForgeConfig *forge = place->forge;
    g_assert(forge != NULL);
    if (!config_forge_token(forge, &token, error))
        return false;
    ret->url = g_strdup_printf("%s/%s/%s.git", forge->remote, forge->owner, name);
    if (token == NULL || g_path_is_absolute(forge->remote))
        return true;
    g_autofree char *pair = g_strdup_printf("%s:%s", user_of(forge), token);
    g_autofree char *basic = g_base64_encode((const guchar *) pair, strlen(pair));
    ret->key = g_strdup_printf("GIT_CONFIG_KEY_0=http.%s.extraHeader", forge->remote);
    ret->value = g_strdup_printf("GIT_CONFIG_VALUE_0=Authorization: Basic %s", basic);
    return true;
}

/* What git says when it would ask a person, and may not. */
static bool
is_about_a_password(const char *said)
{
    return strstr(said, "terminal prompts disabled") != NULL ||
           strstr(said, "Authentication failed") != NULL;
}

static bool
speak(const char *git_dir, const Remote *remote, const char *const *args, char **ret,
      GError **error)
{
    const char *const env[] = {"GIT_CONFIG_COUNT=1", remote->key, remote->value, NULL};
    GitCall call = {.git_dir = git_dir,
                    .args = args,
                    .env = remote->key != NULL ? env : NULL,
                    .bytes_max = FETCH_BYTES_MAX,
                    .speaks = true};
    g_autoptr(GError) failed = NULL;
    if (git_run(&call, ret, NULL, &failed))
        return true;
    if (is_about_a_password(failed->message))
        return fail(error, ERR_UNAUTHORIZED, "'%s' does not take %s", remote->url,
                    remote->key != NULL ? "the token that honk.yaml names"
                                        : "us without a token: honk.yaml names none");
    g_propagate_error(error, g_steal_pointer(&failed));
    return false;
}

/* ---- the default branch ---- */

/* "ref: refs/heads/main\tHEAD" is the first line of the answer. */
static bool
remote_head(const char *git_dir, const Remote *remote, char **ret, GError **error)
{
    const char *const args[] = {"ls-remote", "--symref", "--", remote->url, "HEAD", NULL};
    g_autofree char *text = NULL;
    if (!speak(git_dir, remote, args, &text, error))
        return false;
    const char *start = "ref: refs/heads/", *end = strchr(text, '\t');
    if (!g_str_has_prefix(text, start) || end == NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' has no default branch: nothing was pushed to it",
                    remote->url);
    *ret = g_strndup(text + strlen(start), (gsize) (end - text) - strlen(start));
    return true;
}

static bool
fetch_branch(const char *git_dir, const Remote *remote, const char *branch, GError **error)
{
    g_autofree char *spec = g_strdup_printf("+refs/heads/%s:refs/heads/%s", branch, branch);
    const char *const args[] = {
        "fetch",     "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--",
        remote->url, spec,      NULL};
    return speak(git_dir, remote, args, NULL, error);
}

static bool
refresh(const Repository *repository, const Remote *remote, GError **error)
{
    g_autofree char *branch = g_strdup(repository->default_branch);
    AUTO_FD lock = -1;
    if (!repository->is_bare)
        return fail(error, ERR_WRONG_STATE,
                    "'%s' has a working tree ('%s'): changes that are proposed on a host need a "
                    "bare repository of Honk's own; move it away, and Honk fetches one",
                    repository->address, repository->git_dir);
    return (branch != NULL || remote_head(repository->git_dir, remote, &branch, error)) &&
           change_lock(repository, &lock, error) &&
           fetch_branch(repository->git_dir, remote, branch, error);
}

/* ---- the first time ---- */

static bool
begin(const char *git_dir, const char *branch, GError **error)
{
    g_autofree char *ref = g_strconcat("refs/heads/", branch, NULL);
    const char *const args[] = {"symbolic-ref", "HEAD", ref, NULL};
    GitCall call = {.git_dir = git_dir, .args = args};
    return git_run(&call, NULL, NULL, error);
}

static bool
clone_into(const char *git_dir, const RepositoryConfig *place, const Remote *remote, GError **error)
{
    static const char *const args[] = {"init", "--quiet", "--bare", "--template=", NULL};
    GitCall call = {.git_dir = git_dir, .args = args};
    g_autofree char *branch = g_strdup(place->branch);
    return git_run(&call, NULL, NULL, error) &&
           (branch != NULL || remote_head(git_dir, remote, &branch, error)) &&
           begin(git_dir, branch, error) && fetch_branch(git_dir, remote, branch, error);
}

static void
remove_all(const char *folder)
{
    const char *const argv[] = {"/bin/rm", "-rf", "--", folder, NULL};
    g_spawn_sync("/", (char **) argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* Under another name until it is whole. */
static bool
clone_whole(const Config *config, const char *address, const Remote *remote, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    if (!config_repository_url(config, address, &place, &name, error))
        return false;
    g_autofree char *folder = g_strdup_printf("%s/%s.git", place->path, name);
    g_autofree char *parent = g_path_get_dirname(folder);
    g_autofree char *making = g_build_filename(parent, ".honk-clone-XXXXXX", NULL);
    if (g_mkdir_with_parents(parent, 0755) != 0 || g_mkdtemp(making) == NULL)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    if (clone_into(making, place, remote, error)) {
        if (g_rename(making, folder) == 0)
            return true;
        if (g_file_test(folder, G_FILE_TEST_IS_DIR)) {
            remove_all(making); /* another worker was faster */
            return true;
        }
        fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    }
    remove_all(making);
    return fail_in(error, "cannot fetch '%s'", remote->url);
}

bool
repository_refresh(const Config *config, const char *address, Repository **ret, GError **error)
{
    const RepositoryConfig *place;
    const char *name;
    g_auto(Remote) remote = {0};
    g_autoptr(Repository) repository = NULL;
    g_autoptr(GError) missing = NULL;
    if (!config_repository_url(config, address, &place, &name, error))
        return false;
    if (place->forge == NULL)
        return repository_open(config, address, ret, error);
    if (!remote_of(config, address, &remote, error))
        return false;
    if (!repository_open(config, address, &repository, &missing) &&
        !error_is(missing, ERR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    if (repository == NULL && (!clone_whole(config, address, &remote, error) ||
                               !repository_open(config, address, &repository, error)))
        return false;
    if (missing == NULL && !refresh(repository, &remote, error))
        return false;
    *ret = g_steal_pointer(&repository);
    return true;
}

/* ---- branches ---- */

bool
remote_tip(const Config *config, const Repository *repository, const char *branch, char **ret,
           GError **error)
{
    g_auto(Remote) remote = {0};
    g_autofree char *ref = g_strconcat("refs/heads/", branch, NULL), *text = NULL;
    if (!remote_of(config, repository->address, &remote, error))
        return false;
    const char *const args[] = {"ls-remote", "--", remote.url, ref, NULL};
    if (!speak(repository->git_dir, &remote, args, &text, error))
        return false;
    size_t length = strcspn(text, "\t\n");
    *ret = length > 0 ? g_strndup(text, length) : NULL;
    return true;
}

bool
remote_push(const Config *config, const Repository *repository, const char *branch,
            const char *commit, const char *expected, GError **error)
{
    g_auto(Remote) remote = {0};
    g_autofree char *lease = g_strdup_printf("--force-with-lease=refs/heads/%s:%s", branch,
                                             expected != NULL ? expected : "");
    g_autofree char *spec =
        g_strdup_printf("%s:refs/heads/%s", commit != NULL ? commit : "", branch);
    if (!remote_of(config, repository->address, &remote, error))
        return false;
    const char *const args[] = {"push", "--quiet",  "--no-verify", lease,
                                "--",   remote.url, spec,          NULL};
    return speak(repository->git_dir, &remote, args, NULL, error);
}
