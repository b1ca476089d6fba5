/*
 * cgroup.c - a group of processes that the kernel counts and does not let grow, where we may make one.
 *
 * Looking from outside (watch.c) comes too late for a fork bomb on a busy machine, and the limit of a user's processes does
 * not hold root. A control group holds everybody: of version 1 or 2, below the one that we are in. Who is not root mostly may
 * not make one, and does not need it.
 *
 * Memory is held so in version 2 only, and only where the group above ours is delegated to us (systemd.resource-control(5):
 * `Delegate=yes` and `DelegateSubgroup=`): a group in which processes run may not hand memory on to groups below it.
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
#include <sys/xattr.h>
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
write_text(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && fd_write_all(fd, text, strlen(text));
}

static bool
write_number(const char *folder, const char *name, int64_t number)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, number);
    return write_text(folder, name, text);
}

/* All of it is ended together, and nothing of it goes where it is not counted. */
static bool
hold_memory(const char *folder, int64_t bytes)
{
    return write_number(folder, "memory.max", bytes) &&
           write_text(folder, "memory.oom.group", "1") &&
           (write_text(folder, "memory.swap.max", "0") || errno == ENOENT);
}

static bool
make_below(const char *parent, int processes, int64_t memory_bytes, Cgroup *ret)
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
    bool holds_memory = hold_memory(folder, memory_bytes);
    *ret =
        (Cgroup){.folder = g_steal_pointer(&folder), .procs_fd = fd, .holds_memory = holds_memory};
    return true;
}

/* The group above ours, where systemd has handed it to us, with what may be handed on. Caller frees; or NULL. */
static char *
delegated_above(const char *own)
{
    char given = 0;
    g_autofree char *above = g_path_get_dirname(own);
    if (getxattr(above, "user.delegate", &given, 1) != 1 &&
        getxattr(above, "trusted.delegate", &given, 1) != 1)
        return NULL;
    if (given != '1' || !write_text(above, "cgroup.subtree_control", "+pids +memory"))
        return NULL;
    return g_steal_pointer(&above);
}

static void
make_near(const char *own, int processes, int64_t memory_bytes, Cgroup *ret)
{
    g_autofree char *above = delegated_above(own);
    const char *const parents[] = {above != NULL ? above : own, own};
    for (size_t i = 0; i < G_N_ELEMENTS(parents) && ret->folder == NULL; i++) {
        sweep(parents[i]);
        make_below(parents[i], processes, memory_bytes, ret);
    }
}

void
cgroup_make(int processes, int64_t memory_bytes, Cgroup *ret)
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
        g_autofree char *own = g_build_filename(parts[4], place != NULL ? place : "", NULL);
        make_near(own, processes, memory_bytes, ret);
    }
}

/* How often something happened in it, as a file of it tells: "max 3\n". */
static int64_t
events(const Cgroup *group, const char *name, const char *event)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *text = NULL, *begin = g_strconcat(event, " ", NULL);
    if (group->folder == NULL)
        return 0;
    path = g_build_filename(group->folder, name, NULL);
    if (!file_read(path, FILE_BYTES_MAX, &text, NULL, &error))
        return 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], begin))
            return g_ascii_strtoll(lines[i] + strlen(begin), NULL, 10);
    return 0;
}

bool
cgroup_was_full(const Cgroup *group)
{
    return events(group, "pids.events", "max") > 0; /* the same in both versions */
}

bool
cgroup_ran_out(const Cgroup *group)
{
    return group->holds_memory && events(group, "memory.events", "oom_kill") > 0;
}

void
cgroup_clear(Cgroup *group)
{
    fd_close(&group->procs_fd);
    if (group->folder != NULL)
        g_rmdir(group->folder); /* empty: nothing of the box runs any more */
    g_clear_pointer(&group->folder, g_free);
}
