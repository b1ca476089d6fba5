/*
 * launch.c - start a program that belongs to nobody.
 *
 *   worker ── fork ─► in between ── setsid, fork ─► the instance: names itself in its lock, exec
 *                      └ ends at once, so that init inherits the instance
 *
 * The lock is taken before the first fork and held by everybody in this picture. Between fork and exec only system calls
 * are made: another thread may have held malloc's lock. What fails comes back through a pipe that exec closes.
 */
#include "fleet/processes.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK_FD 3 /* in the instance */

typedef struct {
    const char *path;
    const LaunchSpec *spec;
    int null_fd, log_fd, lock_fd, report_fd;
} Orphan;

static size_t
put_number(char *to, unsigned long long number)
{
    char digits[24];
    size_t count = 0, length = 0;

    do
        digits[count++] = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        to[length++] = digits[--count];
    return length;
}

/* The 22nd field of our own stat line, found without the C library's memory. */
static unsigned long long
own_start_time(void)
{
    char text[1024];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    unsigned long long start = 0;
    int field = 2;

    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    const char *at = text + got;
    while (at > text && *at != ')')
        at--;
    for (; *at != '\0' && field < 22; at++)
        field += *at == ' ';
    for (; *at >= '0' && *at <= '9'; at++)
        start = start * 10 + (unsigned long long) (*at - '0');
    return start;
}

static bool
name_yourself(int lock_fd)
{
    char name[64];
    size_t length = put_number(name, (unsigned long long) getpid());

    name[length++] = ' ';
    length += put_number(name + length, own_start_time());
    name[length++] = '\n';
    return pwrite(lock_fd, name, length, 0) == (ssize_t) length;
}

static bool
set_fds(Orphan *orphan)
{
    int fds[] = {orphan->null_fd, orphan->log_fd, orphan->log_fd, orphan->lock_fd};

    /* First all of them out of the way of the numbers that they are to get. */
    for (int i = 0; i < 4; i++)
        if ((fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10)) < 0)
            return false;
    if ((orphan->report_fd = fcntl(orphan->report_fd, F_DUPFD_CLOEXEC, 10)) < 0)
        return false;
    for (int i = 0; i < 4; i++)
        if (dup2(fds[i], i) < 0)
            return false;
    return close_range(LOCK_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static bool
reset_signals(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &normal, NULL); /* refused for a few that nobody can change */
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static _Noreturn void
become(Orphan *orphan)
{
    if (name_yourself(orphan->lock_fd) && chdir(orphan->spec->cwd) == 0 && set_fds(orphan) &&
        reset_signals())
        execve(orphan->path, (char *const *) orphan->spec->argv, orphan->spec->env);
    int cause = errno;
    ssize_t ignored = write(orphan->report_fd, &cause, sizeof(cause));
    (void) ignored;
    _exit(127);
}

static _Noreturn void
stand_between(Orphan *orphan)
{
    pid_t pid = setsid() < 0 ? -1 : fork();

    if (pid == 0)
        become(orphan);
    if (pid < 0) {
        int cause = errno;
        ssize_t ignored = write(orphan->report_fd, &cause, sizeof(cause));
        (void) ignored;
    }
    _exit(0);
}

static pid_t
fork_quietly(Orphan *orphan)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        stand_between(orphan);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* Nothing in the pipe: exec closed it. */
static bool
hear(int report_fd, const char *name, GError **error)
{
    int cause = 0;
    ssize_t got;

    do
        got = read(report_fd, &cause, sizeof(cause));
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return true;
    errno = cause;
    return fail_errno(error, ERR_INVALID, "cannot start '%s'", name);
}

static bool
open_fds(const LaunchSpec *spec, Orphan *orphan, GError **error)
{
    orphan->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    orphan->log_fd = open(spec->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    orphan->lock_fd = open(spec->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (orphan->null_fd < 0 || orphan->log_fd < 0 || orphan->lock_fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", spec->argv[0]);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(orphan->lock_fd, F_OFD_SETLK, &lock) != 0)
        return fail(error, ERR_INTERNAL, "the lock '%s' of an instance that is new is taken",
                    spec->lock);
    return true;
}

static void
orphan_clear(Orphan *orphan)
{
    fd_close(&orphan->null_fd);
    fd_close(&orphan->log_fd);
    fd_close(&orphan->lock_fd);
    fd_close(&orphan->report_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Orphan, orphan_clear)

/* A program is looked up in its own folder when it is a path, else in PATH. */
static char *
find_program(const LaunchSpec *spec)
{
    const char *name = spec->argv[0];

    if (strchr(name, '/') == NULL)
        return g_find_program_in_path(name);
    return g_canonicalize_filename(name, spec->cwd);
}

bool
launch_orphan(const LaunchSpec *spec, GError **error)
{
    g_autofree char *path = find_program(spec);
    g_auto(Orphan) orphan = {
        .path = path, .spec = spec, .null_fd = -1, .log_fd = -1, .lock_fd = -1, .report_fd = -1};
    int report[2];

    if (path == NULL)
        return fail(error, ERR_INVALID, "cannot start '%s': no such program", spec->argv[0]);
    if (!open_fds(spec, &orphan, error))
        return false;
    if (pipe2(report, O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", spec->argv[0]);
    AUTO_FD report_read = report[0];
    orphan.report_fd = report[1];
    pid_t pid = fork_quietly(&orphan);
    if (pid < 0)
        return fail_errno(error, ERR_TRANSIENT, "cannot start '%s'", spec->argv[0]);
    fd_close(&orphan.report_fd);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return hear(report_read, spec->argv[0], error);
}
