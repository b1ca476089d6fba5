/* hostile.c - programs in a box try what they must not be able to, and find nothing. Where no box can be made, its refusal is
 * what is tested. */
#include "place.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what it reaches ---- */

static void
writes_in_its_folder(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *path = g_build_filename(place->inside, "made", NULL), *text = NULL;
    place_prints(place, "pwd; echo here > made; mkdir -p a/b && echo deep > a/b/c; cat a/b/c",
                 "/repository\ndeep\n");
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "here\n");
}

static void
a_folder_to_read_is_not_written_to(void)
{
    g_autoptr(Place) place = place_new();
    const char *const argv[] = {"/bin/sh", "-c", "echo x > made || echo refused", NULL};
    BoxSpec spec = {
        .argv = argv, .folder = place->inside, .is_read_only = true, .limits = place_small};
    g_auto(BoxResult) result = {0};
    g_assert_true(box_run(&spec, "", 0, &result, NULL));
    g_assert_cmpstr(result.output, ==, "refused\n");
}

static void
sees_no_home_and_no_secret(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *secret = g_build_filename(place->folder, "secret", NULL);
    g_assert_true(g_file_set_contents(secret, "the password", -1, NULL));
    g_autofree char *script = g_strdup_printf(
        "cat '%s' ../secret /etc/shadow /root/.ssh/id_rsa \"$HOME/.gitconfig\" 2>/dev/null; "
        "ls -A /home /root \"$HOME\" 2>/dev/null | grep -v : ; ls / | grep -x -e root -e home -e "
        "var",
        secret);
    place_prints(place, script, "");
}

static void
sees_nothing_of_our_environment(void)
{
    g_autoptr(Place) place = place_new();
    g_setenv("HONK_TEST_TOKEN", "s3cret", TRUE);
    place_prints(place, "env | grep -i -e token -e key -e secret; echo $HOME", BOX_HOME "\n");
    g_unsetenv("HONK_TEST_TOKEN");
}

static void
sees_no_process_of_ours(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *script =
        g_strdup_printf("ls /proc | grep -c -x '[0-9]*' | awk '{ print ($1 < 12) }'; "
                        "kill -9 %d 2>/dev/null || echo nobody",
                        (int) getpid());
    if (getpid() > 100)
        place_prints(place, script, "1\nnobody\n");
}

static void
writes_nowhere_else(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(place,
                 "for at in / /usr/bin /etc /dev /repository/.. /proc/sys/kernel; do "
                 "(echo x > $at/honk-was-here) 2>/dev/null && echo $at; done; true",
                 "");
}

static void
links_lead_nowhere(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *victim = g_build_filename(place->folder, "victim", NULL), *text = NULL;
    g_autofree char *script = NULL;
    g_assert_true(g_file_set_contents(victim, "whole", -1, NULL));
    script = g_strdup_printf("ln -s '%s' away; echo broken > away; ln -s ../victim up; "
                             "echo broken > up; ln '%s' hard; cat away up hard",
                             victim, victim);
    g_auto(BoxResult) result = {0};
    place_run(place, script, &result);
    g_assert_cmpstr(result.output, ==, "");
    g_assert_true(g_file_get_contents(victim, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "whole");
}

/* A listener of ours, which nobody in a box may find. */
static void
has_no_network(void)
{
    g_autoptr(Place) place = place_new();
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(listener, (struct sockaddr *) &at, size), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_assert_cmpint(getsockname(listener, (struct sockaddr *) &at, &size), ==, 0);
    g_autofree char *script = g_strdup_printf(
        "/usr/bin/python3 -c '\nimport socket\n"
        "for at in ((\"127.0.0.1\", %d), (\"192.0.2.1\", 80)):\n"
        "    try:\n        socket.create_connection(at, 2); print(\"reached\", at)\n"
        "    except OSError: pass\n"
        "for family in (socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG):\n"
        "    try:\n        socket.socket(family, socket.SOCK_STREAM); print(\"made\", family)\n"
        "    except OSError: pass\n'",
        ntohs(at.sin_port));
    place_prints(place, script, "");
    close(listener);
}

static void
makes_no_namespace_of_its_own(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(place,
                 "unshare -U true 2>/dev/null && echo user; unshare -r -m true 2>/dev/null && "
                 "echo mount; mount -t tmpfs none /tmp 2>/dev/null && echo mounted; true",
                 "");
}

/* ---- how much ---- */

static void
a_fork_bomb_is_ended(void)
{
    g_autoptr(Place) place = place_new();
    place_is_cut(place, "while :; do sleep 1000 & done", "had more than 64 processes and threads");
    place_is_cut(place, "bomb() { bomb | bomb & }; bomb; sleep 1000",
                 "had more than 64 processes and threads");
}

static void
nothing_outlives_its_box(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    g_autofree char *beat = g_build_filename(place->inside, "beat", NULL);
    GStatBuf before, after;
    place_run(place,
              "setsid sh -c 'while :; do echo x >> beat; sleep 0.01; done' > /dev/null 2>&1 & "
              "while ! [ -s beat ]; do sleep 0.01; done",
              &result);
    g_assert_true(result.is_good);
    g_assert_cmpint(g_stat(beat, &before), ==, 0);
    g_usleep(50000); /* some beats of one that still lives */
    g_assert_cmpint(g_stat(beat, &after), ==, 0);
    g_assert_cmpint(before.st_size, ==, after.st_size);
}

static void
endless_work_is_ended(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    BoxLimits limits = place_small;
    limits.time_ms = 300;
    place_run_limited(place, "trap '' TERM INT HUP; while :; do :; done", &limits, &result);
    g_assert_true(result.is_cut);
    g_assert_cmpstr(result.end, ==, "did not end within 300 ms");
}

static void
memory_of_all_together_is_limited(void)
{
    g_autoptr(Place) place = place_new();
    place_is_cut(place,
                 "for i in 1 2 3 4; do /usr/bin/python3 -c 'import time; x = bytearray(100 << 20); "
                 "time.sleep(1000)' & done; wait",
                 "used more than 256 MiB of memory");
}

static void
one_file_and_many_are_limited(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    place_run(place, "head -c 64M /dev/zero > huge", &result);
    g_assert_false(result.is_good);
    place_is_cut(place, "i=0; while :; do head -c 4M /dev/urandom > f$i; i=$((i + 1)); done",
                 "wrote more than 32 MiB to its folder");
}

static void
tmp_is_limited(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    place_run(place, "for i in 1 2 3; do head -c 16M /dev/zero > /tmp/f$i || exit 1; done",
              &result);
    g_assert_false(result.is_good);
}

static void
a_folder_that_is_closed_is_noticed(void)
{
    if (getuid() == 0) {
        g_test_skip("nothing is closed for root");
        return;
    }
    g_autoptr(Place) place = place_new();
    place_is_cut(place, "mkdir shut && chmod 000 shut && sleep 1000",
                 "made a folder that cannot be looked into");
}

static void
gigabytes_of_output_are_ended(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    int64_t begin_ms = clock_monotonic_ms();
    place_run(place, "yes 'more and more'", &result);
    g_assert_cmpstr(result.end, ==, "wrote more than 1048576 bytes of output");
    g_assert_cmpint(clock_monotonic_ms() - begin_ms, <, 15000);
}

/* ---- a box and its words ---- */

static void
input_output_and_status_come_through(void)
{
    g_autoptr(Place) place = place_new();
    const char *const argv[] = {"/bin/sh", "-c", "cat; echo why >&2; exit 3", NULL};
    BoxSpec spec = {.argv = argv, .folder = place->inside, .limits = place_small};
    g_auto(BoxResult) result = {0};
    g_assert_true(box_run(&spec, "words", 5, &result, NULL));
    g_assert_cmpstr(result.output, ==, "words");
    g_assert_cmpstr(result.errors, ==, "why\n");
    g_assert_cmpstr(result.end, ==, "ended with status 3");
    g_assert_cmpint(result.status, ==, 3);
    g_assert_false(result.is_good || result.is_cut);
}

static void
more_may_be_read_where_it_lies(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *tool = g_build_filename(place->folder, "tool", NULL);
    g_assert_true(g_file_set_contents(tool, "#!/bin/sh\necho tool $MORE\n", -1, NULL));
    g_chmod(tool, 0755);
    const char *const argv[] = {tool, NULL}, *const readable[] = {tool, NULL},
                      *const env[] = {"MORE=and more", NULL};
    BoxSpec spec = {.argv = argv,
                    .folder = place->inside,
                    .readable = readable,
                    .env = env,
                    .limits = place_small};
    g_auto(BoxResult) result = {0};
    g_assert_true(box_run(&spec, "", 0, &result, NULL));
    g_assert_cmpstr(result.output, ==, "tool and more\n");
}

static void
links_that_may_be_read_lead_where_they_lead_outside(void)
{
    g_autoptr(Place) place = place_new();
    g_autofree char *tools = g_build_filename(place->folder, "tools", NULL),
                    *link = g_build_filename(tools, "tool", NULL),
                    *tool = g_build_filename(place->folder, "kept", NULL);
    g_assert_true(
        g_file_set_contents(tool, "#!/bin/sh\nawk 'BEGIN { print \"kept\" }'\n", -1, NULL));
    g_chmod(tool, 0755);
    g_assert_cmpint(g_mkdir(tools, 0755), ==, 0);
    g_assert_cmpint(symlink("../kept", link), ==, 0);
    const char *const argv[] = {link, NULL}, *const readable[] = {tools, link, "/usr/bin/awk",
                                                                  "/bin/sh", NULL};
    BoxSpec spec = {
        .argv = argv, .folder = place->inside, .readable = readable, .limits = place_small};
    g_auto(BoxResult) result = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(box_run(&spec, "", 0, &result, &error));
    if (g_strcmp0(result.output, "kept\n") != 0)
        g_error("%s; it said '%s'", result.end, result.errors);
}

/* Starts a box that waits for ever, and is killed after `delay_us`. The pipe's other end is held by all of the box. */
static void
start_and_die(Place *place, int delay_us, int held)
{
    const char *const argv[] = {"sleep", "1000", NULL};
    BoxSpec spec = {.argv = argv, .folder = place->inside, .limits = place_small};
    pid_t starter = fork();
    if (starter == 0) {
        Box *box = NULL;
        Child child;
        if (!box_new(&spec, &box, NULL))
            _exit(1);
        box_child(box)->stdout_fd = held;
        if (!child_start(box_child(box), &child, NULL))
            _exit(2);
        for (gint64 begin_us = g_get_monotonic_time();
             g_get_monotonic_time() < begin_us + delay_us;)
            continue; /* exactly, which a timer is not */
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    g_assert_cmpint(waitpid(starter, &status, 0), ==, starter);
    g_assert_true(WIFSIGNALED(status));
}

static void
who_dies_while_its_box_begins_leaves_nothing_of_it(void)
{
    g_autoptr(Place) place = place_new();
    g_assert_null(sandbox_missing()); /* known before there is a child that asks */
    for (int i = 0; i < 60; i++) {
        int pipes[2];
        char byte;
        g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
        start_and_die(place, i * 100, pipes[1]);
        close(pipes[1]);
        struct pollfd left = {.fd = pipes[0], .events = POLLIN};
        if (poll(&left, 1, 20000) <= 0)
            g_error("somebody is left of a box whose starter died %d us after its start", i * 100);
        g_assert_cmpint(read(pipes[0], &byte, 1), ==, 0);
        close(pipes[0]);
    }
}

static bool
never(void *data)
{
    (void) data;
    return false;
}

static void
nobody_wants_it_any_more(void)
{
    g_autoptr(Place) place = place_new();
    const char *const argv[] = {"sleep", "1000", NULL};
    BoxSpec spec = {.argv = argv, .folder = place->inside, .limits = place_small, .go_on = never};
    g_auto(BoxResult) result = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(box_run(&spec, "", 0, &result, &error));
    g_assert_true(error_is(error, ERR_STOPPED));
}

static void
what_is_missing_is_said(void)
{
    g_autofree char *none = sandbox_try("no-such-bwrap"), *broken = sandbox_try("false");
    g_assert_cmpstr(none, ==,
                    "there is no bubblewrap ('no-such-bwrap'): apt-get install bubblewrap");
    g_assert_nonnull(strstr(broken, "the kernel lets bubblewrap make no namespaces"));
}

static void
without_a_box_it_refuses(void)
{
    g_autoptr(Place) place = place_new();
    const char *const argv[] = {"true", NULL};
    BoxSpec spec = {.argv = argv, .folder = place->inside, .limits = place_small};
    g_autoptr(GError) error = NULL;
    g_auto(BoxResult) result = {0};
    g_assert_false(box_run(&spec, "", 0, &result, &error));
    g_assert_true(error_is(error, ERR_UNSUPPORTED));
    spec.is_open = true;
    g_assert_true(box_run(&spec, "", 0, &result, NULL));
    g_assert_true(result.is_good);
}

static const PlaceCase boxed[] = {
    {"/box/writes in its folder", writes_in_its_folder},
    {"/box/a folder to read is not written to", a_folder_to_read_is_not_written_to},
    {"/box/sees no home and no secret", sees_no_home_and_no_secret},
    {"/box/sees nothing of our environment", sees_nothing_of_our_environment},
    {"/box/sees no process of ours", sees_no_process_of_ours},
    {"/box/writes nowhere else", writes_nowhere_else},
    {"/box/links lead nowhere", links_lead_nowhere},
    {"/box/has no network", has_no_network},
    {"/box/makes no namespace of its own", makes_no_namespace_of_its_own},
    {"/box/a fork bomb is ended", a_fork_bomb_is_ended},
    {"/box/nothing outlives its box", nothing_outlives_its_box},
    {"/box/endless work is ended", endless_work_is_ended},
    {"/box/memory of all together is limited", memory_of_all_together_is_limited},
    {"/box/one file and many are limited", one_file_and_many_are_limited},
    {"/box/tmp is limited", tmp_is_limited},
    {"/box/a folder that is closed is noticed", a_folder_that_is_closed_is_noticed},
    {"/box/gigabytes of output are ended", gigabytes_of_output_are_ended},
    {"/box/input, output and status come through", input_output_and_status_come_through},
    {"/box/more may be read where it lies", more_may_be_read_where_it_lies},
    {"/box/links that may be read lead where they lead outside",
     links_that_may_be_read_lead_where_they_lead_outside},
    {"/box/nobody wants it any more", nobody_wants_it_any_more},
    {"/box/who dies while its box begins leaves nothing of it",
     who_dies_while_its_box_begins_leaves_nothing_of_it},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bool can = sandbox_missing() == NULL;
    place_cases(boxed, G_N_ELEMENTS(boxed));
    g_test_add_func("/box/what is missing is said", what_is_missing_is_said);
    if (!can)
        g_test_add_func("/box/without a box it refuses", without_a_box_it_refuses);
    return g_test_run();
}
