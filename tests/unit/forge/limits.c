/* limits.c - when a host that has enough is asked again: by its headers, by its words, and by how often it has said so. */
#include "action/host_wait.h"
#include "forge/host.h"

#define NOW_MS 1700000000000
#define MINUTE_MS 60000

static int64_t
waits_ms(const char *retry_after, const char *left, const char *reset)
{
    const HttpResponse response = {.status = 403,
                                   .retry_after = (char *) retry_after,
                                   .limit_left = (char *) left,
                                   .limit_reset = (char *) reset};
    return host_again_ms(&response, NOW_MS) - NOW_MS;
}

static void
it_waits_as_the_headers_say(void)
{
    g_assert_cmpint(waits_ms("30", "0", "1700003000"), ==, 30 * 1000);
    g_assert_cmpint(waits_ms(NULL, "0", "1700000090"), ==, 90 * 1000);
    g_assert_cmpint(waits_ms(NULL, NULL, "1700000090"), ==, 90 * 1000);
    g_assert_cmpint(waits_ms(NULL, NULL, NULL), ==, MINUTE_MS);
    g_assert_cmpint(waits_ms("soon", NULL, NULL), ==, MINUTE_MS);
    g_assert_cmpint(waits_ms("999999", NULL, NULL), ==, 60 * MINUTE_MS);
    g_assert_cmpint(waits_ms(NULL, "0", "1600000000"), ==, 1000);
}

/* There are calls left: what is over is a limit that nobody counts, and the moment is that of the other one. */
static void
a_secondary_limit_does_not_wait_for_the_moment_of_the_first(void)
{
    g_assert_cmpint(waits_ms(NULL, "4321", "1700003000"), ==, MINUTE_MS);
}

static void
a_limit_is_known_by_its_status_its_headers_or_its_words(void)
{
    static const struct {
        HttpResponse response;
        const char *said;
        bool has_enough;
    } answers[] = {
        {{.status = 429}, "", true},
        {{.status = 403, .retry_after = (char *) "5"}, "", true},
        {{.status = 403, .limit_left = (char *) "0"}, "API rate limit exceeded", true},
        {{.status = 403, .limit_left = (char *) "17"},
         "You have exceeded a secondary rate limit. Please wait",
         true},
        {{.status = 403}, "You have triggered an abuse detection mechanism", true},
        {{.status = 403, .limit_left = (char *) "17"}, "Resource not accessible by token", false},
        {{.status = 404, .limit_left = (char *) "0"}, "Not Found", false},
        {{.status = 503, .retry_after = (char *) "5"}, "", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        g_assert_true(host_has_enough(&answers[i].response, answers[i].said) ==
                      answers[i].has_enough);
}

/* A clock that is wrong, or a host that means more than it says: it is not asked every second for an hour. */
static void
each_time_it_says_so_again_it_is_asked_later(void)
{
    int64_t soon_ms = NOW_MS + 1000, last_ms = 0, all_ms = 0;
    for (int64_t times = 0; times < 40; times++) {
        int64_t wait_ms = host_wait_until_ms(soon_ms, times, NOW_MS) - NOW_MS;
        g_assert_cmpint(wait_ms, >=, last_ms);
        g_assert_cmpint(wait_ms, <=, HOST_WAIT_MS_MAX);
        last_ms = wait_ms;
        all_ms += times < 12 ? wait_ms : 0;
    }
    g_assert_cmpint(all_ms, >, 45 * MINUTE_MS);
    g_assert_cmpint(host_wait_until_ms(NOW_MS + 50 * MINUTE_MS, 3, NOW_MS), ==,
                    NOW_MS + 50 * MINUTE_MS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/forge/it waits as the headers say", it_waits_as_the_headers_say);
    g_test_add_func("/forge/a secondary limit does not wait for the moment of the first",
                    a_secondary_limit_does_not_wait_for_the_moment_of_the_first);
    g_test_add_func("/forge/a limit is known by its status, its headers or its words",
                    a_limit_is_known_by_its_status_its_headers_or_its_words);
    g_test_add_func("/forge/each time it says so again it is asked later",
                    each_time_it_says_so_again_it_is_asked_later);
    return g_test_run();
}
