/* loop.c - handlers are called for what is readable, and may change the loop while it calls them.
 */
#include "base/loop.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct {
    Loop *loop;
    int fds[2];
    int calls[2];
    int signal;
} Fixture;

static void
fixture_init(Fixture *fixture)
{
    *fixture = (Fixture){0};
    g_assert_true(loop_new(&fixture->loop, NULL));
    for (int i = 0; i < 2; i++)
        fixture->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void
fixture_clear(Fixture *fixture)
{
    loop_free(fixture->loop);
    close(fixture->fds[0]);
    close(fixture->fds[1]);
}

static int
index_of(const Fixture *fixture, int fd)
{
    return fd == fixture->fds[0] ? 0 : 1;
}

static void
count_call(int fd, void *data)
{
    Fixture *fixture = data;
    fixture->calls[index_of(fixture, fd)]++;
}

static void
only_what_is_readable_is_called(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    loop_watch(fixture.loop, fixture.fds[0], count_call, &fixture);
    loop_watch(fixture.loop, fixture.fds[1], count_call, &fixture);
    eventfd_write(fixture.fds[1], 1);
    loop_once(fixture.loop, -1);
    g_assert_cmpint(fixture.calls[0], ==, 0);
    g_assert_cmpint(fixture.calls[1], ==, 1);
    fixture_clear(&fixture);
}

static void
a_wake_up_time_in_the_past_does_not_wait(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    loop_once(fixture.loop, 0);
    loop_watch(fixture.loop, fixture.fds[0], count_call, &fixture);
    loop_once(fixture.loop, clock_monotonic_ms() + 1);
    g_assert_cmpint(fixture.calls[0], ==, 0);
    fixture_clear(&fixture);
}

static void
unwatch_both(int fd, void *data)
{
    Fixture *fixture = data;
    fixture->calls[index_of(fixture, fd)]++;
    loop_unwatch(fixture->loop, fixture->fds[0]);
    loop_unwatch(fixture->loop, fixture->fds[1]);
}

static void
what_a_handler_unwatches_is_not_called_any_more(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    loop_watch(fixture.loop, fixture.fds[0], unwatch_both, &fixture);
    loop_watch(fixture.loop, fixture.fds[1], unwatch_both, &fixture);
    eventfd_write(fixture.fds[0], 1);
    eventfd_write(fixture.fds[1], 1);
    loop_once(fixture.loop, -1);
    loop_once(fixture.loop, 0);
    g_assert_cmpint(fixture.calls[0] + fixture.calls[1], ==, 1);
    fixture_clear(&fixture);
}

static void
watch_anew(int fd, void *data)
{
    Fixture *fixture = data;
    fixture->calls[0]++;
    loop_unwatch(fixture->loop, fixture->fds[1]);
    loop_watch(fixture->loop, fixture->fds[1], count_call, fixture);
    loop_unwatch(fixture->loop, fixture->fds[0]);
}

static void
a_watch_made_in_a_handler_waits_for_the_next_turn(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    loop_watch(fixture.loop, fixture.fds[0], watch_anew, &fixture);
    loop_watch(fixture.loop, fixture.fds[1], count_call, &fixture);
    eventfd_write(fixture.fds[0], 1);
    eventfd_write(fixture.fds[1], 1);
    loop_once(fixture.loop, -1);
    g_assert_cmpint(fixture.calls[1], ==, 0);
    loop_once(fixture.loop, -1);
    g_assert_cmpint(fixture.calls[1], ==, 1);
    fixture_clear(&fixture);
}

static void
on_signal(int number, void *data)
{
    Fixture *fixture = data;
    fixture->signal = number;
    fixture->calls[0]++;
}

static void
signals_arrive_as_calls(void)
{
    Fixture fixture;
    fixture_init(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(
        loop_signals(fixture.loop, (const int[]){SIGHUP, 0}, on_signal, &fixture, &error));
    raise(SIGTERM);
    loop_once(fixture.loop, -1);
    g_assert_cmpint(fixture.signal, ==, SIGTERM);
    raise(SIGHUP);
    raise(SIGINT);
    loop_once(fixture.loop, -1);
    g_assert_cmpint(fixture.calls[0], ==, 3);
    fixture_clear(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loop/only what is readable is called", only_what_is_readable_is_called);
    g_test_add_func("/loop/a wake-up time in the past does not wait",
                    a_wake_up_time_in_the_past_does_not_wait);
    g_test_add_func("/loop/what a handler unwatches is not called any more",
                    what_a_handler_unwatches_is_not_called_any_more);
    g_test_add_func("/loop/a watch made in a handler waits for the next turn",
                    a_watch_made_in_a_handler_waits_for_the_next_turn);
    g_test_add_func("/loop/signals arrive as calls", signals_arrive_as_calls);
    return g_test_run();
}
