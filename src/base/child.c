/*
 * child.c - fork and exec, done so that nothing leaks into the child and its end is never missed.
 *
 * Everything that can fail in an interesting way (the program's path, the environment, /dev/null)
 * is prepared before the fork. What still fails in the child (launch.c) comes back as an errno
 * through a pipe that exec closes. The pidfd makes waiting and killing free of races with reused
 * process ids.
 */
#include "base/child.h"

#include "base/clock.h"
#include "base/launch.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK_EVERY_MS 200 /* whether to go on: soon enough for a person who waits */
#define ERROR_BYTES_MAX ((size_t) 64 * 1024) /* of standard error: the end of it is what helps */

/* ---- starting ---- */

static char **
environment_with(const char *const *added, bool is_all)
{
    char **env = is_all ? g_new0(char *, 1) : g_get_environ();
    for (; added != NULL && *added != NULL; added++) {
        const char *equals = strchr(*added, '=');
        g_assert(equals != NULL);
        g_autofree char *name = g_strndup(*added, (size_t) (equals - *added));
        env = g_environ_setenv(env, name, equals + 1, TRUE);
    }
    return env;
}

/* A pidfd, and the news that exec worked; else the child is waited for and the error says why. */
static bool
child_adopt(pid_t pid, bool has_keeper, int report_fd, const char *name, Child *ret, GError **error)
{
    int cause = 0;
    ssize_t got;
    do
        got = read(report_fd, &cause, sizeof(cause));
    while (got < 0 && errno == EINTR);

    int pidfd = got == 0 ? pidfd_open(pid, 0) : -1;
    if (pidfd >= 0) {
        *ret = (Child){.pid = pid, .pidfd = pidfd, .has_keeper = has_keeper};
        return true;
    }
    if (got == 0)
        cause = errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    errno = cause;
    return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", name);
}

bool
child_start(const ChildSpec *spec, Child *ret, GError **error)
{
    const char *name = spec->argv[0];
    g_autofree char *path = g_find_program_in_path(name);
    if (path == NULL)
        return fail(error, ERR_NOT_FOUND, "cannot start '%s': no such program", name);
    g_auto(GStrv) env = environment_with(spec->env, spec->only_env);
    AUTO_FD null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int report[2];
    if (null_fd < 0 || pipe2(report, O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", name);
    AUTO_FD report_read = report[0];
    AUTO_FD report_write = report[1];
    AUTO_FD own_fd = spec->has_keeper ? pidfd_open(getpid(), 0) : -1;
    if (spec->has_keeper && own_fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", name);

    Launch launch = {
        .path = path,
        .argv = (char *const *) spec->argv,
        .env = env,
        .spec = spec,
        .parent = getpid(),
        .parent_fd = own_fd,
        .fds = {spec->stdin_fd >= 0 ? spec->stdin_fd : null_fd,
                spec->stdout_fd >= 0 ? spec->stdout_fd : null_fd,
                spec->stderr_fd >= 0 ? spec->stderr_fd : STDERR_FILENO},
        .report_fd = report_write,
    };
    pid_t pid = launch_fork(&launch);
    if (pid < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", name);
    fd_close(&report_write);
    if (!child_adopt(pid, spec->has_keeper, report_read, name, ret, error))
        return false;
    if (spec->ret_pid != NULL)
        *spec->ret_pid = pid;
    return true;
}

/* ---- ending ---- */

void
child_kill(const Child *child, int signal)
{
    if (child->pidfd >= 0)
        pidfd_send_signal(child->pidfd, child->has_keeper ? SIGTERM : signal, NULL, 0);
}

bool
child_wait(Child *child, int timeout_ms, int *ret_status)
{
    struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    int ready;
    do {
        int left_ms = (int) MAX(deadline_ms - clock_monotonic_ms(), 0);
        ready = poll(&end, 1, timeout_ms < 0 ? -1 : left_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return false;

    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    fd_close(&child->pidfd);
    if (ret_status != NULL)
        *ret_status = status;
    return true;
}

/* ---- running to the end ---- */

typedef struct {
    const ChildSpec *spec;
    const char *name;
    Child child;
    int fds[2]; /* what it writes: output, errors; -1 when it closed them */
    GString *texts[2];
    size_t bytes_max[2];
    bool has_ended;
} Run;

/* Read what is there. Errors beyond their maximum lose their beginning; output beyond it is a
 * failure. */
static bool
run_read(Run *run, int which, GError **error)
{
    char chunk[16 * 1024];
    ssize_t got;
    while ((got = read(run->fds[which], chunk, sizeof(chunk))) > 0) {
        GString *text = run->texts[which];
        g_string_append_len(text, chunk, got);
        if (text->len <= run->bytes_max[which])
            continue;
        if (which == 0)
            return fail(error, ERR_TOO_LARGE, "'%s' wrote more than %zu bytes", run->name,
                        run->bytes_max[which]);
        g_string_erase(text, 0, (gssize) (text->len - run->bytes_max[which]));
    }
    if (got == 0)
        fd_close(&run->fds[which]);
    return true;
}

/* Until the child has ended; what a grandchild may still write is not waited for. */
static bool
run_collect(Run *run, int timeout_ms, GError **error)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    while (!run->has_ended) {
        struct pollfd polls[] = {
            {.fd = run->fds[0], .events = POLLIN},
            {.fd = run->fds[1], .events = POLLIN},
            {.fd = run->child.pidfd, .events = POLLIN},
        };
        int64_t left_ms = timeout_ms < 0 ? -1 : MAX(deadline_ms - clock_monotonic_ms(), 0);
        bool is_asked = run->spec->go_on != NULL;
        bool is_long = left_ms < 0 || left_ms > ASK_EVERY_MS;
        poll(polls, G_N_ELEMENTS(polls), is_asked && is_long ? ASK_EVERY_MS : (int) left_ms);
        if (is_asked && !run->spec->go_on(run->spec->go_on_data))
            return fail(error, ERR_STOPPED, "'%s' was stopped", run->name);
        if (left_ms == 0) {
            g_autofree char *limit = text_duration(timeout_ms);
            return fail(error, ERR_TRANSIENT, "'%s' did not end within %s", run->name, limit);
        }
        run->has_ended = polls[2].revents != 0;
        for (int which = 0; which < 2; which++)
            if (run->fds[which] >= 0 && !run_read(run, which, error))
                return false;
    }
    return true;
}

static bool
memory_file(const char *input, size_t bytes, int *ret, GError **error)
{
    AUTO_FD fd = memfd_create("input", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < bytes;) {
        ssize_t written = write(fd, input + done, bytes - done);
        if (written < 0 && errno != EINTR)
            return fail_errno(error, ERR_INTERNAL, "cannot keep %zu bytes of input", bytes);
        done += (size_t) MAX(written, 0);
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot keep %zu bytes of input", bytes);
    *ret = fd_steal(&fd);
    return true;
}

/* Start it with our pipes; its ends of them are closed here. */
static bool
run_start(Run *run, const ChildSpec *spec, const char *input, size_t bytes, GError **error)
{
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    if (pipe2(pipes[0], O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", run->name);
    AUTO_FD output = pipes[0][1];
    run->fds[0] = pipes[0][0];
    if (pipe2(pipes[1], O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", run->name);
    AUTO_FD errors = pipes[1][1];
    run->fds[1] = pipes[1][0];
    fcntl(run->fds[0], F_SETFL, O_NONBLOCK);
    fcntl(run->fds[1], F_SETFL, O_NONBLOCK);

    AUTO_FD input_fd = -1;
    if (!memory_file(input, bytes, &input_fd, error))
        return false;
    ChildSpec with_pipes = *spec;
    with_pipes.stdin_fd = input_fd;
    with_pipes.stdout_fd = output;
    with_pipes.stderr_fd = errors;
    return child_start(&with_pipes, &run->child, error);
}

/* Nobody waited for it yet, so its process id, and that of its group, are still its own. Of the group
 * somebody may be left. */
static void
run_end(Run *run, bool has_group, int *ret_status)
{
    if (has_group && !run->child.has_keeper)
        kill(-run->child.pid, SIGKILL);
    else if (!run->has_ended)
        child_kill(&run->child, SIGKILL);
    child_wait(&run->child, -1, ret_status);
}

bool
child_run(const ChildSpec *spec, const char *input, size_t input_bytes, size_t bytes_max,
          int timeout_ms, char **ret_output, size_t *ret_bytes, char **ret_errors, int *ret_status,
          GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    Run run = {.spec = spec,
               .name = spec->argv[0],
               .child = {.pidfd = -1},
               .fds = {-1, -1},
               .texts = {output, errors},
               .bytes_max = {bytes_max, ERROR_BYTES_MAX}};
    int status = 0;
    bool ok = run_start(&run, spec, input, input_bytes, error);
    if (ok) {
        ok = run_collect(&run, timeout_ms, error);
        run_end(&run, spec->new_session, &status);
    }
    fd_close(&run.fds[0]);
    fd_close(&run.fds[1]);
    if (ret_errors != NULL)
        *ret_errors = g_string_free(g_steal_pointer(&errors), FALSE);
    if (!ok)
        return false;
    if (ret_bytes != NULL)
        *ret_bytes = output->len;
    if (ret_output != NULL)
        *ret_output = g_string_free(g_steal_pointer(&output), FALSE);
    if (ret_status != NULL)
        *ret_status = status;
    return true;
}
