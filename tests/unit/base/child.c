/* child.c - other programs start clean, are always seen to end, and never take more than they may.
 */
#include "base/child.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

/* Run a script to its end, which must be 0; its output. Caller frees. */
static char *
output_of(ChildSpec spec, const char *input)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL;
    char *output = NULL;
    int status = -1;
    bool ok = child_run(&spec, input, input != NULL ? strlen(input) : 0, 1024 * 1024, 20000,
                        &output, NULL, &errors, &status, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpstr(errors, ==, "");
    g_assert_cmpint(status, ==, 0);
    return output;
}

static void
assert_output(ChildSpec spec, const char *input, const char *expected)
{
    g_autofree char *output = output_of(spec, input);
    g_assert_cmpstr(output, ==, expected);
}

static void
input_goes_in_and_output_comes_out(void)
{
    assert_output((ChildSpec){.argv = SHELL("tr a-z A-Z")}, "hello", "HELLO");
    assert_output((ChildSpec){.argv = SHELL("cat")}, NULL, "");
}

static void
more_input_than_a_pipe_holds_does_not_block(void)
{
    g_autofree char *large = g_strnfill(1000000, 'x');
    assert_output((ChildSpec){.argv = SHELL("cat")}, large, large);
    assert_output((ChildSpec){.argv = SHELL("exit 0")}, large, "");
}

static void
environment_and_folder_are_as_asked(void)
{
    g_setenv("HONK_TEST_OURS", "1", TRUE);
    g_setenv("HONK_TEST_BOTH", "old", TRUE);
    assert_output((ChildSpec){.argv = SHELL("echo $HONK_TEST_OURS $HONK_TEST_BOTH $NEW; pwd"),
                              .env = (const char *const[]){"NEW=a=b", "HONK_TEST_BOTH=new", NULL},
                              .cwd = "/"},
                  NULL, "1 new a=b\n/\n");
}

static void
nothing_but_three_descriptors_reaches_the_child(void)
{
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a careless library would */
    g_autofree char *script = g_strdup_printf("[ -e /proc/self/fd/%d ] && echo leaked; true", leak);
    assert_output((ChildSpec){.argv = SHELL(script)}, NULL, "");
    close(leak);
}

static void
signals_are_as_a_new_program_expects_them(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    sigaction(SIGPIPE, &ignore, &old);
    /* 32 and above belong to the C library and are not looked at. */
    assert_output((ChildSpec){.argv = SHELL("while read name hex; do case $name in "
                                            "SigBlk:|SigIgn:) "
                                            "echo $name $((0x${hex#????????} & 0x7fffffff));; "
                                            "esac; done </proc/self/status")},
                  NULL, "SigBlk: 0\nSigIgn: 0\n");
    sigaction(SIGPIPE, &old, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
the_status_and_the_words_of_a_failure_are_kept(void)
{
    ChildSpec spec = {.argv = SHELL("echo out; echo why >&2; exit 3")};
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL, *errors = NULL;
    int status = 0;
    size_t bytes = 0;
    g_assert_true(child_run(&spec, NULL, 0, 100, 20000, &output, &bytes, &errors, &status, &error));
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 3);
    g_assert_cmpstr(output, ==, "out\n");
    g_assert_cmpuint(bytes, ==, 4);
    g_assert_cmpstr(errors, ==, "why\n");
}

static void
assert_run_fails(ChildSpec spec, size_t bytes_max, int timeout_ms, ErrorCode code,
                 const char *message)
{
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    g_assert_false(
        child_run(&spec, NULL, 0, bytes_max, timeout_ms, &output, NULL, NULL, NULL, &error));
    g_assert_error(error, error_quark(), (int) code);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_null(output);
}

static void
what_cannot_be_started_says_why(void)
{
    assert_run_fails((ChildSpec){.argv = (const char *const[]){"honk-no-such-program", NULL}}, 10,
                     1000, ERR_NOT_FOUND, "cannot start 'honk-no-such-program': no such program");
    assert_run_fails((ChildSpec){.argv = SHELL("true"), .cwd = "/nowhere"}, 10, 1000, ERR_NOT_FOUND,
                     "cannot start 'sh': No such file or directory");
}

static void
too_much_output_ends_the_program(void)
{
    assert_run_fails((ChildSpec){.argv = (const char *const[]){"yes", NULL}}, 5000, 20000,
                     ERR_TOO_LARGE, "'yes' wrote more than 5000 bytes");
}

static void
a_program_that_does_not_end_is_ended_with_its_group(void)
{
    int64_t begin_ms = clock_monotonic_ms();
    assert_run_fails((ChildSpec){.argv = SHELL("sleep 100 & sleep 100"), .new_session = true}, 10,
                     50, ERR_TRANSIENT, "'sh' did not end within 50 ms");
    g_assert_cmpint(clock_monotonic_ms() - begin_ms, <, 10000);
}

static void
a_grandchild_that_keeps_the_pipe_is_not_waited_for(void)
{
    int64_t begin_ms = clock_monotonic_ms();
    assert_output((ChildSpec){.argv = SHELL("sleep 10 2>&1 & echo done")}, NULL, "done\n");
    g_assert_cmpint(clock_monotonic_ms() - begin_ms, <, 9000);
}

static void
of_endless_errors_the_end_is_kept(void)
{
    ChildSpec spec = {.argv = SHELL("yes error | head -n 50000 >&2; echo last >&2")};
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL;
    g_assert_true(child_run(&spec, NULL, 0, 10, 20000, NULL, NULL, &errors, NULL, &error));
    g_assert_cmpuint(strlen(errors), ==, 64 * 1024);
    g_assert_true(g_str_has_suffix(errors, "error\nlast\n"));
}

static void
chatter_does_not_put_off_the_deadline(void)
{
    int64_t begin_ms = clock_monotonic_ms();
    assert_run_fails((ChildSpec){.argv = SHELL("exec yes >&2"), .new_session = true}, 10, 100,
                     ERR_TRANSIENT, "'sh' did not end within 100 ms");
    g_assert_cmpint(clock_monotonic_ms() - begin_ms, <, 10000);
}

static bool
nobody_wants_it(void *data)
{
    int *asked = data;
    return ++*asked < 2;
}

static void
a_program_that_nobody_wants_any_more_is_ended(void)
{
    int64_t begin_ms = clock_monotonic_ms();
    int asked = 0;
    assert_run_fails((ChildSpec){.argv = SHELL("sleep 100"),
                                 .new_session = true,
                                 .go_on = nobody_wants_it,
                                 .go_on_data = &asked},
                     10, 50000, ERR_STOPPED, "'sh' was stopped");
    g_assert_cmpint(asked, ==, 2);
    g_assert_cmpint(clock_monotonic_ms() - begin_ms, <, 10000);
}

static void
a_program_has_only_the_memory_it_may_have(void)
{
    assert_output((ChildSpec){.argv = SHELL("ulimit -d"), .memory_mib = 64}, NULL, "65536\n");
}

static void
waiting_ends_at_its_time_and_killing_ends_the_wait(void)
{
    Child child;
    g_autoptr(GError) error = NULL;
    ChildSpec spec = {.argv = (const char *const[]){"sleep", "100", NULL},
                      .stdin_fd = -1,
                      .stdout_fd = -1,
                      .stderr_fd = -1};
    g_assert_true(child_start(&spec, &child, &error));
    int status = -1;
    g_assert_false(child_wait(&child, 1, &status));
    child_kill(&child, SIGTERM);
    g_assert_true(child_wait(&child, 20000, &status));
    g_assert_true(WIFSIGNALED(status));
    g_assert_cmpint(WTERMSIG(status), ==, SIGTERM);
    g_assert_cmpint(child.pidfd, ==, -1);
    child_kill(&child, SIGKILL);
}

/* A process in between starts a child that shall die with it, tells its number, and ends. */
static void
a_tied_child_dies_when_its_starter_does(void)
{
    int pipes[2];
    g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
    pid_t middle = fork();
    if (middle == 0) {
        Child child;
        ChildSpec spec = {.argv = (const char *const[]){"sleep", "100", NULL},
                          .dies_with_us = true,
                          .stdin_fd = -1,
                          .stdout_fd = pipes[1], /* keeps the pipe open as long as it lives */
                          .stderr_fd = -1};
        _exit(child_start(&spec, &child, NULL) ? 0 : 1);
    }
    close(pipes[1]);
    int status = -1;
    g_assert_cmpint(waitpid(middle, &status, 0), ==, middle);
    g_assert_cmpint(status, ==, 0);
    char byte;
    g_assert_cmpint(read(pipes[0], &byte, 1), ==, 0); /* returns when the last holder is gone */
    close(pipes[0]);
}

/* It leaves its session and its parent, and waits where nobody looks for it. */
#define LEAVES_ONE "setsid sh -c 'sleep 100 & echo started; wait' & read never < /dev/null; "

/* The read end of a pipe that all who come from `spec` keep open. */
static int
start_with_pipe(ChildSpec spec, Child *ret)
{
    int pipes[2];
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
    spec.stdin_fd = spec.stderr_fd = -1;
    spec.stdout_fd = pipes[1];
    g_assert_true(child_start(&spec, ret, &error));
    close(pipes[1]);
    return pipes[0];
}

/* Reads until nobody is left who could write. */
static void
assert_nobody_is_left(int fd)
{
    char text[64];
    ssize_t got;
    while ((got = read(fd, text, sizeof text)) > 0)
        continue;
    g_assert_cmpint(got, ==, 0);
    close(fd);
}

static void
await_words(int fd, const char *words)
{
    char text[64] = "";
    g_assert_cmpint(read(fd, text, sizeof text - 1), ==, (int) strlen(words));
    g_assert_cmpstr(text, ==, words);
}

static void
a_keeper_ends_as_its_program_does_and_with_all_whom_that_left(void)
{
    static const struct {
        const char *script;
        int status;
    } cases[] = {{LEAVES_ONE "exit 0", 0},
                 {LEAVES_ONE "exit 7", 7 << 8},
                 {LEAVES_ONE "kill -SEGV $$", SIGSEGV}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Child child;
        int status = -1;
        int fd = start_with_pipe((ChildSpec){.argv = SHELL(cases[i].script), .has_keeper = true},
                                 &child);
        g_assert_true(child_wait(&child, 20000, &status));
        g_assert_cmpint(status, ==, cases[i].status);
        assert_nobody_is_left(fd);
    }
}

static void
who_kills_a_keeper_kills_all_whom_it_keeps(void)
{
    Child child;
    int status = -1;
    int fd = start_with_pipe((ChildSpec){.argv = SHELL(LEAVES_ONE "sleep 100"), .has_keeper = true},
                             &child);
    await_words(fd, "started\n");
    child_kill(&child, SIGKILL);
    g_assert_true(child_wait(&child, 20000, &status));
    g_assert_cmpint(status, ==, SIGKILL);
    assert_nobody_is_left(fd);
}

static void
a_keeper_does_not_outlive_who_started_it(void)
{
    int pipes[2];
    g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
    pid_t middle = fork();
    if (middle == 0) {
        Child child;
        ChildSpec spec = {.argv = SHELL(LEAVES_ONE "sleep 100"),
                          .has_keeper = true,
                          .stdin_fd = -1,
                          .stdout_fd = pipes[1],
                          .stderr_fd = -1};
        _exit(child_start(&spec, &child, NULL) ? (int) pause() : 1);
    }
    close(pipes[1]);
    await_words(pipes[0], "started\n");
    kill(middle, SIGKILL);
    g_assert_cmpint(waitpid(middle, NULL, 0), ==, middle);
    assert_nobody_is_left(pipes[0]);
}

static void
what_a_keeper_cannot_start_says_why(void)
{
    Child child;
    g_autoptr(GError) error = NULL;
    ChildSpec spec = {.argv = SHELL("true"),
                      .cwd = "/nowhere",
                      .has_keeper = true,
                      .stdin_fd = -1,
                      .stdout_fd = -1,
                      .stderr_fd = -1};
    g_assert_false(child_start(&spec, &child, &error));
    g_assert_cmpstr(error->message, ==, "cannot start 'sh': No such file or directory");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/child/input goes in and output comes out",
                    input_goes_in_and_output_comes_out);
    g_test_add_func("/child/more input than a pipe holds does not block",
                    more_input_than_a_pipe_holds_does_not_block);
    g_test_add_func("/child/environment and folder are as asked",
                    environment_and_folder_are_as_asked);
    g_test_add_func("/child/nothing but three descriptors reaches the child",
                    nothing_but_three_descriptors_reaches_the_child);
    g_test_add_func("/child/signals are as a new program expects them",
                    signals_are_as_a_new_program_expects_them);
    g_test_add_func("/child/the status and the words of a failure are kept",
                    the_status_and_the_words_of_a_failure_are_kept);
    g_test_add_func("/child/what cannot be started says why", what_cannot_be_started_says_why);
    g_test_add_func("/child/too much output ends the program", too_much_output_ends_the_program);
    g_test_add_func("/child/a program that does not end is ended, with its group",
                    a_program_that_does_not_end_is_ended_with_its_group);
    g_test_add_func("/child/a grandchild that keeps the pipe is not waited for",
                    a_grandchild_that_keeps_the_pipe_is_not_waited_for);
    g_test_add_func("/child/of endless errors the end is kept", of_endless_errors_the_end_is_kept);
    g_test_add_func("/child/chatter does not put off the deadline",
                    chatter_does_not_put_off_the_deadline);
    g_test_add_func("/child/a program that nobody wants any more is ended",
                    a_program_that_nobody_wants_any_more_is_ended);
    g_test_add_func("/child/a program has only the memory it may have",
                    a_program_has_only_the_memory_it_may_have);
    g_test_add_func("/child/waiting ends at its time, and killing ends the wait",
                    waiting_ends_at_its_time_and_killing_ends_the_wait);
    g_test_add_func("/child/a tied child dies when its starter does",
                    a_tied_child_dies_when_its_starter_does);
    g_test_add_func("/child/a keeper ends as its program does, and with all whom that left",
                    a_keeper_ends_as_its_program_does_and_with_all_whom_that_left);
    g_test_add_func("/child/who kills a keeper kills all whom it keeps",
                    who_kills_a_keeper_kills_all_whom_it_keeps);
    g_test_add_func("/child/a keeper does not outlive who started it",
                    a_keeper_does_not_outlive_who_started_it);
    g_test_add_func("/child/what a keeper cannot start says why",
                    what_a_keeper_cannot_start_says_why);
    return g_test_run();
}
