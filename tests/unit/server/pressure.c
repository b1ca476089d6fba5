/* pressure.c - when to come again. */
#include "server/pressure.h"

static void
who_comes_again_comes_when_there_is_room(void)
{
    /* twenty left within ten seconds: two a second */
    g_assert_cmpint(pressure_retry_after_s(1, 20, 10000), ==, 1);
    g_assert_cmpint(pressure_retry_after_s(10, 20, 10000), ==, 5);
    g_assert_cmpint(pressure_retry_after_s(11, 20, 10000), ==, 6);
}

static void
the_answer_is_at_least_a_second_and_has_an_end(void)
{
    g_assert_cmpint(pressure_retry_after_s(1, 20, 0), ==, 1);
    g_assert_cmpint(pressure_retry_after_s(0, 1, -5), ==, 1);
    g_assert_cmpint(pressure_retry_after_s(1000000, 1, 3600000), ==, 600);
}

static void
where_nothing_left_lately_a_guess_must_do(void)
{
    int guess = pressure_retry_after_s(3, 0, 0);
    g_assert_cmpint(guess, >=, 1);
    g_assert_cmpint(guess, <=, 60);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pressure/who comes again comes when there is room",
                    who_comes_again_comes_when_there_is_room);
    g_test_add_func("/pressure/the answer is at least a second and has an end",
                    the_answer_is_at_least_a_second_and_has_an_end);
    g_test_add_func("/pressure/where nothing left lately, a guess must do",
                    where_nothing_left_lately_a_guess_must_do);
    return g_test_run();
}
