/*
 * keeper.c - a process between us and a program, which lets nobody whom the program started live longer than either.
 *
 * A parent-death signal reaches one process, and that only after it has asked for it: a program whose parent dies in the
 * moment before stays for ever. The keeper is the one to whom the kernel gives all who lose their parent below it
 * (PR_SET_CHILD_SUBREAPER), so it knows them without having seen them begin.
 */
#include "base/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_BYTES 4096 /* of the list of children: more are ended in several rounds */

/* Nothing else stays open: whoever reads what the program writes waits for its end. */
static bool
hold_only(int *parent_fd, int *signals_fd)
{
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    if (*parent_fd != 3 && dup2(*parent_fd, 3) < 0)
        return false;
    if (close_range(4, ~0U, 0) != 0 || close_range(0, 2, 0) != 0)
        return false;
    *parent_fd = 3;
    *signals_fd = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    return *signals_fd >= 0;
}

/* Who has ended is let go; true when that was `kept`. */
static bool
reap(pid_t kept, int options, int *status, bool *ret_is_alone)
{
    bool has_ended = false;
    int got;
    pid_t pid;
    while ((pid = waitpid(-1, &got, options)) > 0) {
        if (pid == kept) {
            has_ended = true;
            *status = got;
        }
        if (options == 0)
            break;
    }
    *ret_is_alone = pid < 0;
    return has_ended;
}

/* The list that the kernel keeps, "12 34 ", as far as it goes. `kept` is 0 when it has ended. */
static void
kill_children(pid_t kept)
{
    char text[CHILDREN_BYTES];
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, text, sizeof text) : -1;
    pid_t pid = 0;
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < bytes; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            pid = pid * 10 + (text[i] - '0');
        else if (pid > 0) {
            kill(pid, SIGKILL);
            pid = 0;
        }
    }
    if (bytes < 0 && kept > 0)
        kill(kept, SIGKILL); /* a kernel without the list */
}

/* Each end may give us more children, until there is none. */
static void
end_all(pid_t kept, bool has_ended, int *status)
{
    bool is_alone = false;
    while (!is_alone) {
        kill_children(has_ended ? 0 : kept);
        has_ended |= reap(kept, 0, status, &is_alone);
    }
}

/* True when it is time to end all: asked to, or nobody is left who could ask. */
static bool
wait_for_news(int parent_fd, int signals_fd)
{
    struct pollfd polls[] = {{.fd = parent_fd, .events = POLLIN},
                             {.fd = signals_fd, .events = POLLIN}};
    struct signalfd_siginfo info;
    bool is_asked = false;
    if (poll(polls, 2, -1) < 0)
        return false;
    while (read(signals_fd, &info, sizeof info) == (ssize_t) sizeof info)
        is_asked |= info.ssi_signo == SIGTERM;
    return is_asked || polls[0].revents != 0;
}

/* As `kept` did, without a second core file. */
static _Noreturn void
end_as(int status)
{
    const struct rlimit no_core = {0, 0};
    sigset_t all;
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &no_core);
    sigfillset(&all);
    signal(WTERMSIG(status), SIG_DFL);
    kill(getpid(), WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    _exit(128 + WTERMSIG(status));
}

_Noreturn void
keeper_stay(pid_t kept, int parent_fd)
{
    int signals_fd, status = 0;
    bool has_ended = false, is_alone = false;
    if (hold_only(&parent_fd, &signals_fd))
        while (!has_ended && !is_alone && !wait_for_news(parent_fd, signals_fd))
            has_ended = reap(kept, WNOHANG, &status, &is_alone);
    end_all(kept, has_ended, &status);
    end_as(status);
}
