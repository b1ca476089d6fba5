/* life.c - is this instance alive, and is that process really it? */
#include "fleet/processes.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 64                       /* "PID STARTTIME\n" */
#define STAT_BYTES_MAX 4096                 /* one line of /proc */
#define LOG_BYTES_MAX ((off_t) 1024 * 1024) /* of each instance; looked at whenever somebody acts */

/* Field 22 of /proc/PID/stat, and whether it is more than a corpse. 0: there is no such process. */
static int64_t
start_time_of(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    size_t bytes = 0;
    char state = 'Z';
    long long start = 0;

    if (!file_read(path, STAT_BYTES_MAX, &text, &bytes, NULL))
        return 0;
    /* The name, in parentheses, may hold anything. */
    const char *rest = strrchr(text, ')');
    if (rest == NULL || sscanf(rest + 1,
                               " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                               "%*d %*d %*d %lld",
                               &state, &start) != 2)
        return 0;
    return state == 'Z' || state == 'X' ? 0 : start;
}

static bool
is_that_process(const Instance *instance)
{
    return instance->pid > 0 && start_time_of(instance->pid) == instance->start_time;
}

/* A process that has named itself is looked for by that name. Until then, somebody holds the lock for
 * as long as there may be one. To ask does not take it. */
void
instance_look(const char *folder, Instance *instance)
{
    g_autofree char *path = instance_path(folder, "instances", instance->id, "lock");
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    char name[NAME_BYTES] = "";
    long long start = 0;

    instance->is_alive = false;
    instance->pid = 0;
    if (fd < 0)
        return;
    ssize_t got = read(fd, name, sizeof(name) - 1);
    if (got > 0 && sscanf(name, "%d %lld", &instance->pid, &start) == 2)
        instance->start_time = start;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool is_held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    instance->is_alive = instance->pid > 0 ? is_that_process(instance) : is_held;
}

void
instance_signal(const char *folder, Instance *instance, int number)
{
    AUTO_FD pidfd = instance->pid > 0 ? pidfd_open(instance->pid, 0) : -1;

    /* With the descriptor in hand the process cannot become another one behind our back. */
    if (pidfd >= 0 && is_that_process(instance))
        pidfd_send_signal(pidfd, number, NULL, 0);
    instance_look(folder, instance);
}

void
instance_trim_log(const char *folder, const Instance *instance)
{
    g_autofree char *path = instance_path(folder, "logs", instance->id, "log");
    struct stat info;

    /* It is written to at its end (O_APPEND), so that it may be cut at any time. */
    if (stat(path, &info) == 0 && info.st_size > LOG_BYTES_MAX && truncate(path, 0) != 0)
        return; /* the next look tries again */
}
