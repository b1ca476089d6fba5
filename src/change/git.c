/* git.c - see git.h. */
#include "change/git.h"

#include "base/child.h"
#include "base/text.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 96
#define MESSAGE_BYTES_MAX 400 /* of what git says: its first lines tell the cause */

/* Settings of the command line count before those of the repository. */
static const char *const settings[] = {
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.commitGraph=false", /* a file beside the commits that could tell another story */
    "core.ignoreCase=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "core.sparseCheckout=false",
    "core.logAllRefUpdates=false", /* nothing of ours is left beside the branch */
    "core.fsync=all",              /* done means on disk */
    "core.fsyncMethod=fsync",
    "index.sparse=false",
    "i18n.commitEncoding=UTF-8",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
};

/* Those that count when a call speaks with another repository: nobody is asked, nothing follows, what comes is checked. */
static const char *const remote_settings[] = {
    "protocol.http.allow=always",   "protocol.https.allow=always",
    "protocol.file.allow=always",   "credential.helper=", /* empties the list */
    "http.followRedirects=false",   "http.proxy=",
    "transfer.fsckObjects=true",    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",    "push.gpgSign=false",
    "fetch.writeCommitGraph=false",
};
static const char *const fleeting_settings[] = {"core.fsync=none"};
#define LOCAL_ONLY "GIT_ALLOW_PROTOCOL=none"
#define REMOTE_TOO "GIT_ALLOW_PROTOCOL=http:https:file"

static const char *const environment[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "HOME=/nonexistent",
    "LC_ALL=C",
    "GIT_CONFIG_NOSYSTEM=1",
    "GIT_CONFIG_GLOBAL=/dev/null",
    "GIT_ATTR_NOSYSTEM=1",
    "GIT_TERMINAL_PROMPT=0",
    "GIT_ASKPASS=/bin/false",
    "SSH_ASKPASS=/bin/false",
    "GIT_OPTIONAL_LOCKS=0",
    "GIT_NO_REPLACE_OBJECTS=1",
    "GIT_GRAFT_FILE=/dev/null",
    "GIT_NO_LAZY_FETCH=1",
    "GIT_PAGER=cat",
    "GIT_EDITOR=/bin/false",
};

typedef struct {
    GPtrArray *args, *env;
    ChildSpec spec;
} Launch;

static void
add_settings(GPtrArray *args, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_ptr_array_add(args, g_strdup("-c"));
        g_ptr_array_add(args, g_strdup(list[i]));
    }
}

static void
launch_init(Launch *launch, const GitCall *call)
{
    launch->args = g_ptr_array_new_with_free_func(g_free);
    launch->env = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(launch->args, g_strdup("git"));
    g_ptr_array_add(launch->args, g_strdup("--no-pager"));
    g_ptr_array_add(launch->args, g_strdup("--literal-pathspecs"));
    add_settings(launch->args, settings, G_N_ELEMENTS(settings));
    if (call->is_fleeting)
        add_settings(launch->args, fleeting_settings, G_N_ELEMENTS(fleeting_settings));
    if (call->speaks)
        add_settings(launch->args, remote_settings, G_N_ELEMENTS(remote_settings));
    for (size_t i = 0; call->args[i] != NULL; i++)
        g_ptr_array_add(launch->args, g_strdup(call->args[i]));
    g_assert(launch->args->len < ARGS_MAX);
    g_ptr_array_add(launch->args, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(environment); i++)
        g_ptr_array_add(launch->env, g_strdup(environment[i]));
    g_ptr_array_add(launch->env, g_strdup(call->speaks ? REMOTE_TOO : LOCAL_ONLY));
    for (size_t i = 0; call->env != NULL && call->env[i] != NULL; i++)
        g_ptr_array_add(launch->env, g_strdup(call->env[i]));
    /* Said, not searched for: then whose folder it is does not matter to git. */
    g_ptr_array_add(launch->env, g_strconcat("GIT_DIR=", call->git_dir, NULL));
    if (call->index != NULL)
        g_ptr_array_add(launch->env, g_strconcat("GIT_INDEX_FILE=", call->index, NULL));
    g_ptr_array_add(launch->env, NULL);
    launch->spec = (ChildSpec){
        .argv = (const char *const *) launch->args->pdata,
        .env = (const char *const *) launch->env->pdata,
        .only_env = true,
        .cwd = "/",
        .dies_with_us = true,
        .new_session = true, /* nobody can be asked on a terminal */
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
}

static void
launch_clear(Launch *launch)
{
    g_ptr_array_unref(launch->args);
    g_ptr_array_unref(launch->env);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Launch, launch_clear)

/* What git says may hold names from the repository. */
static bool
refused(const GitCall *call, int status, const char *said, GError **error)
{
    g_autofree char *line = text_printable(said);
    size_t length = strlen(line);
    if (WIFSIGNALED(status))
        return fail(error, ERR_TRANSIENT, "'git %s' was ended by signal %d", call->args[0],
                    WTERMSIG(status));
    return fail(error, ERR_TRANSIENT, "'git %s' failed in '%s': %.*s", call->args[0], call->git_dir,
                (int) MIN(length, MESSAGE_BYTES_MAX), length > 0 ? line : "it says nothing");
}

static bool
run(const GitCall *call, char **ret, size_t *ret_bytes, int *ret_status, char **ret_said,
    GError **error)
{
    size_t bytes_max = call->bytes_max > 0 ? call->bytes_max : GIT_ANSWER_BYTES_MAX;
    g_auto(Launch) launch = {0};
    launch_init(&launch, call);
    return child_run(&launch.spec, call->input != NULL ? call->input : "", call->input_bytes,
                     bytes_max, GIT_TIMEOUT_MS, ret, ret_bytes, ret_said, ret_status, error);
}

/* With the lock as its standard input: whoever has it has to wait for git, too, when we die. */
static bool
run_locked(const GitCall *call, int *ret_status, char **ret_said, GError **error)
{
    char said[MESSAGE_BYTES_MAX + 1] = "";
    g_auto(Launch) launch = {0};
    Child child;
    AUTO_FD errors = memfd_create("errors", MFD_CLOEXEC);

    launch_init(&launch, call);
    launch.spec.stdin_fd = call->lock_fd;
    launch.spec.stderr_fd = errors;
    if (errors < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start 'git'");
    if (!child_start(&launch.spec, &child, error))
        return false;
    bool has_ended = child_wait(&child, GIT_TIMEOUT_MS, ret_status);
    if (!has_ended) {
        child_kill(&child, SIGKILL);
        child_wait(&child, -1, ret_status);
    }
    ssize_t got = pread(errors, said, MESSAGE_BYTES_MAX, 0);
    *ret_said = g_strndup(said, (gsize) MAX(got, 0));
    return has_ended ||
           fail(error, ERR_TRANSIENT, "'git %s' did not end in '%s'", call->args[0], call->git_dir);
}

bool
git_run(const GitCall *call, char **ret, size_t *ret_bytes, GError **error)
{
    g_autofree char *output = NULL, *said = NULL;
    size_t bytes = 0;
    int status = 0;
    bool is_run = call->lock_fd > 0 ? run_locked(call, &status, &said, error)
                                    : run(call, &output, &bytes, &status, &said, error);
    if (!is_run)
        return false;
    if (status != 0)
        return refused(call, status, said, error);
    if (ret != NULL)
        *ret = g_steal_pointer(&output);
    if (ret_bytes != NULL)
        *ret_bytes = bytes;
    return true;
}

bool
git_ask(const char *git_dir, const char *const *args, char **ret, GError **error)
{
    GitCall call = {.git_dir = git_dir, .args = args};
    g_autofree char *output = NULL, *said = NULL;
    size_t bytes = 0;
    int status = 0;
    if (!run(&call, &output, &bytes, &status, &said, error))
        return false;
    *ret = NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
        return true;
    if (status != 0)
        return refused(&call, status, said, error);
    *ret = g_steal_pointer(&output);
    g_strchomp(*ret);
    return true;
}
