/*
 * cgroup.c - a group of processes that the kernel counts and does not let grow, where we may make one.
 *
 * Looking from outside (watch.c) comes too late for a fork bomb on a busy machine, and the limit of a user's processes does
 * not hold root. A control group holds everybody: of version 1 or 2, below the one that we are in. Who is not root mostly may
 * not make one, and does not need it.
 */
#include "base/text.h"
#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "honk-box-"
#define FILE_BYTES_MAX                                                                             \
    ((size_t) 1024 * 1024) /* of /proc: some kilobytes, more with very many mounts */

static char *
proc_self(const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/self/%s", name);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    return file_read(path, FILE_BYTES_MAX, &text, NULL, &error) ? text : g_strdup("");
}

/* "8:pids:/place" of version 1, "0::/place" of version 2: cgroups(7). Caller frees. */
static char *
own_place(const char *controller)
{
    g_autofree char *text = proc_self("cgroup");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(lines[i], ":", 3);
        if (g_strv_length(parts) != 3)
            continue;
        g_auto(GStrv) controllers = g_strsplit(parts[1], ",", -1);
        if (strcmp(parts[1], controller) == 0 ||
            g_strv_contains((const char *const *) controllers, controller))
            return g_strdup(parts[2]);
    }
    return NULL;
}

/* "32 31 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids": proc_pid_mountinfo(5). */
static bool
mounts_pids(char **parts, const char **ret_controller)
{
    size_t dash = 6;
    if (g_strv_length(parts) < 10)
        return false;
    while (parts[dash] != NULL && strcmp(parts[dash], "-") != 0)
        dash++;
    if (parts[dash] == NULL || g_strv_length(parts + dash) < 4)
        return false;
    g_auto(GStrv) options = g_strsplit(parts[dash + 3], ",", -1);
    bool is_first = strcmp(parts[dash + 1], "cgroup") == 0 &&
                    g_strv_contains((const char *const *) options, "pids");
    *ret_controller = is_first ? "pids" : "";
    return is_first || strcmp(parts[dash + 1], "cgroup2") == 0;
}

/* A box whose honk was killed leaves its group behind, empty. */
static void
sweep(const char *parent)
{
    GDir *dir = g_dir_open(parent, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        long owner = g_str_has_prefix(name, PREFIX) ? strtol(name + strlen(PREFIX), NULL, 10) : 0;
        g_autofree char *folder = g_build_filename(parent, name, NULL);
        if (owner > 0 && kill((pid_t) owner, 0) != 0 && errno == ESRCH)
            g_rmdir(folder); /* refused while somebody is in it */
    }
    if (dir != NULL)
        g_dir_close(dir);
}

static bool
write_number(const char *folder, const char *name, int number)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char text[16];
    int bytes = g_snprintf(text, sizeof text, "%d", number);
    AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && fd_write_all(fd, text, (size_t) bytes);
}

static bool
make_below(const char *parent, int processes, Cgroup *ret)
{
    static gint count;
    g_autofree char *name =
        g_strdup_printf(PREFIX "%d-%d", (int) getpid(), g_atomic_int_add(&count, 1));
    g_autofree char *folder = g_build_filename(parent, name, NULL);
    g_autofree char *procs = g_build_filename(folder, "cgroup.procs", NULL);
    if (g_mkdir(folder, 0755) != 0)
        return false;
    int fd = write_number(folder, "pids.max", processes) ? open(procs, O_WRONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        g_rmdir(folder);
        return false;
    }
    *ret = (Cgroup){.folder = g_steal_pointer(&folder), .procs_fd = fd};
    return true;
}

void
cgroup_make(int processes, Cgroup *ret)
{
    g_autofree char *text = proc_self("mountinfo");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    *ret = (Cgroup){.procs_fd = -1};
    for (size_t i = 0; lines[i] != NULL && ret->folder == NULL; i++) {
        const char *controller = NULL;
        g_auto(GStrv) parts = g_strsplit(lines[i], " ", -1);
        if (!mounts_pids(parts, &controller))
            continue;
        g_autofree char *place = own_place(controller);
        g_autofree char *parent = g_build_filename(parts[4], place != NULL ? place : "", NULL);
        sweep(parent);
        make_below(parent, processes, ret);
    }
}

/* `pids.events` of both versions: "max 3" is how often it refused. */
bool
cgroup_was_full(const Cgroup *group)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *text = NULL;
    if (group->folder == NULL)
        return false;
    path = g_build_filename(group->folder, "pids.events", NULL);
    return file_read(path, FILE_BYTES_MAX, &text, NULL, &error) && g_str_has_prefix(text, "max ") &&
           atoi(text + strlen("max ")) > 0;
}

void
cgroup_clear(Cgroup *group)
{
    fd_close(&group->procs_fd);
    if (group->folder != NULL)
        g_rmdir(group->folder); /* empty: nothing of the box runs any more */
    g_clear_pointer(&group->folder, g_free);
}
