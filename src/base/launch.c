/*
 * launch.c - between fork and exec.
 *
 * Only system calls are made there: another thread may have held malloc's lock. All descriptors above 2 are closed, signals
 * are as a fresh program expects them.
 */
#include "base/launch.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool
launch_signals(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &normal, NULL); /* refused for a few that nobody can change */
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* First all of them out of the way, because one may have the number that another is about to get.
 */
static bool
launch_fds(Launch *launch)
{
    for (int i = 0; i < 3; i++) {
        launch->fds[i] = fcntl(launch->fds[i], F_DUPFD_CLOEXEC, 3);
        if (launch->fds[i] < 0)
            return false;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(launch->fds[i], i) < 0)
            return false;
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        return false;
    for (const int *kept = launch->spec->kept_fds; kept != NULL && *kept >= 0; kept++)
        if (fcntl(*kept, F_SETFD, 0) != 0)
            return false;
    return true;
}

static bool
launch_ties(const Launch *launch)
{
    if (launch->spec->new_session && setsid() < 0)
        return false;
    if (launch->spec->dies_with_us || launch->spec->has_keeper) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
            return false;
        if (getppid() != launch->parent)
            _exit(127); /* it ended before we asked: nobody is left to read a report */
    }
    return launch->spec->cwd == NULL || chdir(launch->spec->cwd) == 0;
}

/* What it may write to; others than C reserve far more address space than they use. */
static bool
launch_limits(const Launch *launch)
{
    rlim_t bytes = (rlim_t) launch->spec->memory_mib * 1024 * 1024;
    const struct rlimit limit = {bytes, bytes};
    return bytes == 0 || setrlimit(RLIMIT_DATA, &limit) == 0;
}

/* "0" is whoever writes it. */
static bool
launch_cgroup(const Launch *launch)
{
    int fd = launch->spec->cgroup_fd;
    return fd <= 0 || fd_write_all(fd, "0", 1);
}

static _Noreturn void
launch_give_up(const Launch *launch)
{
    int cause = errno;
    ssize_t ignored = write(launch->report_fd, &cause, sizeof(cause));
    (void) ignored;
    _exit(127);
}

static _Noreturn void
launch_run(Launch *launch)
{
    if (launch_cgroup(launch) && launch_ties(launch) && launch_fds(launch) && launch_signals() &&
        launch_limits(launch))
        execve(launch->path, launch->argv, launch->env);
    launch_give_up(launch);
}

/* The program becomes the keeper's child, and we are the keeper. */
static _Noreturn void
launch_kept(Launch *launch)
{
    launch->parent = getpid();
    signal(SIGCHLD, SIG_DFL); /* who ignores it has no children to wait for */
    pid_t pid = prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? fork() : -1;
    if (pid == 0)
        launch_run(launch);
    if (pid < 0)
        launch_give_up(launch);
    keeper_stay(pid, launch->parent_fd);
}

/* Fork with all signals blocked, so that no handler of ours runs in the child. */
pid_t
launch_fork(Launch *launch)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0 && launch->spec->has_keeper)
        launch_kept(launch);
    if (pid == 0)
        launch_run(launch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}
