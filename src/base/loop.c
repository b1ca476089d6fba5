/*
 * loop.c - poll(2), then one call for each readable descriptor.
 *
 * Handlers may watch and unwatch anything, themselves included: what became readable is noted
 * first, and before each call the watch is looked up again by its number, which is never used
 * twice.
 */
#include "base/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct {
    uint64_t number;
    int fd;
    LoopFdFn *fn;
    void *data;
} Watch;

struct Loop {
    GArray *watches; /* Watch */
    uint64_t last_number;
    int signal_fd;
    LoopFdFn *signal_fn;
    void *signal_data;
};

bool
loop_new(Loop **ret, GError **error)
{
    Loop *loop = g_new0(Loop, 1);
    loop->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
    loop->signal_fd = -1;
    *ret = loop;
    return true;
}

void
loop_free(Loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    g_array_unref(loop->watches);
    g_free(loop);
}

void
loop_watch(Loop *loop, int fd, LoopFdFn *fn, void *data)
{
    Watch watch = {.number = ++loop->last_number, .fd = fd, .fn = fn, .data = data};
    g_array_append_val(loop->watches, watch);
}

void
loop_unwatch(Loop *loop, int fd)
{
    for (guint i = 0; i < loop->watches->len; i++) {
        if (g_array_index(loop->watches, Watch, i).fd != fd)
            continue;
        g_array_remove_index(loop->watches, i);
        return;
    }
}

/* ---- signals ---- */

static void
loop_on_signal(int fd, void *data)
{
    Loop *loop = data;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof(info)) == (ssize_t) sizeof(info))
        loop->signal_fn((int) info.ssi_signo, loop->signal_data);
}

bool
loop_signals(Loop *loop, const int *signals, LoopFdFn *fn, void *data, GError **error)
{
    g_assert(loop->signal_fd < 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    for (; signals != NULL && *signals != 0; signals++)
        sigaddset(&set, *signals);
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    g_assert(failed == 0);
    loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->signal_fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot receive signals");
    loop->signal_fn = fn;
    loop->signal_data = data;
    loop_watch(loop, loop->signal_fd, loop_on_signal, loop);
    return true;
}

/* ---- waiting ---- */

static int
loop_timeout_ms(int64_t wake_at_ms)
{
    if (wake_at_ms < 0)
        return -1;
    return (int) CLAMP(wake_at_ms - clock_monotonic_ms(), 0, INT32_MAX);
}

static void
loop_call(Loop *loop, uint64_t number)
{
    for (guint i = 0; i < loop->watches->len; i++) {
        Watch watch = g_array_index(loop->watches, Watch, i);
        if (watch.number == number) {
            watch.fn(watch.fd, watch.data);
            return;
        }
    }
}

void
loop_once(Loop *loop, int64_t wake_at_ms)
{
    guint count = loop->watches->len;
    g_autofree struct pollfd *polls = g_new0(struct pollfd, MAX(count, 1));
    g_autofree uint64_t *numbers = g_new(uint64_t, MAX(count, 1));
    for (guint i = 0; i < count; i++) {
        Watch watch = g_array_index(loop->watches, Watch, i);
        polls[i] = (struct pollfd){.fd = watch.fd, .events = POLLIN};
        numbers[i] = watch.number;
    }
    int ready = poll(polls, count, loop_timeout_ms(wake_at_ms));
    g_assert(ready >= 0 || errno == EINTR);
    for (guint i = 0; i < count && ready > 0; i++) {
        g_assert((polls[i].revents & POLLNVAL) == 0); /* closed before it was unwatched */
        if (polls[i].revents != 0)
            loop_call(loop, numbers[i]);
    }
}
