/* probe.c - can a box be made here? Asked by making one. */
#include "sandbox/inside.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_MS 10000 /* a few milliseconds, on a machine that has nothing else to do */
#define SAID_BYTES_MAX 200

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *missing;

static const char *
why_refused(void)
{
    return "on many systems `sysctl kernel.unprivileged_userns_clone=1` (Debian) or "
           "`kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu) allows it, in a container "
           "its host has to";
}

/* Nothing counts the processes of a box without it. */
static bool
can_count(void)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", (int) gettid());
    return access(path, R_OK) == 0;
}

char *
sandbox_try(const char *bwrap)
{
    static const char *const rest[] = {"--unshare-all",
                                       "--disable-userns",
                                       "--ro-bind",
                                       "/",
                                       "/",
                                       "--dev",
                                       "/dev",
                                       "--proc",
                                       "/proc",
                                       "--die-with-parent",
                                       "--new-session",
                                       "true"};
    const char *argv[G_N_ELEMENTS(rest) + 3] = {bwrap, "--unshare-user"};
    g_autofree char *output = NULL, *errors = NULL, *found = g_find_program_in_path(bwrap);
    g_autoptr(GError) error = NULL;
    int status = 0;
    ChildSpec spec = {.argv = argv,
                      .new_session = true,
                      .has_keeper = true,
                      .stdin_fd = -1,
                      .stdout_fd = -1,
                      .stderr_fd = -1};

    memcpy(argv + 2, rest, sizeof rest);
    if (found == NULL)
        return g_strdup_printf("there is no bubblewrap ('%s'): apt-get install bubblewrap", bwrap);
    if (!can_count())
        return g_strdup("the kernel does not tell whose child is whose (CONFIG_PROC_CHILDREN)");
    if (!child_run(&spec, "", 0, 4096, PROBE_MS, &output, NULL, &errors, &status, &error))
        return g_strdup_printf("bubblewrap cannot be run: %s", error->message);
    if (status == 0)
        return NULL;
    g_strchomp(errors);
    return g_strdup_printf("the kernel lets bubblewrap make no namespaces (%.*s): %s",
                           SAID_BYTES_MAX, errors, why_refused());
}

static void
look(void)
{
    missing = sandbox_try("bwrap");
}

const char *
sandbox_missing(void)
{
    pthread_once(&once, look);
    return missing;
}

const char *
sandbox_held(void)
{
    Cgroup group;
    cgroup_make(1, 0, &group);
    const char *who = group.holds_memory ? "the kernel holds them to their processes and memory"
                      : group.folder != NULL
                          ? "the kernel holds them to their processes; their memory is summed from "
                            "outside, and each process has a limit"
                          : "their processes and memory are summed from outside, and each process "
                            "has a limit";
    cgroup_clear(&group);
    return who;
}
