/* small.c - clock, ids, metrics, log and arena: the small rooms that everything leans on. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* ---- clock ---- */

static void
times_are_written_in_utc_with_milliseconds(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1795425420123, "2026-11-23T09:17:00.123Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = clock_text(cases[i].ms);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void
a_test_may_stop_the_clock(void)
{
    clock_set_for_tests(1234567);
    g_assert_cmpint(clock_wall_ms(), ==, 1234567);
    g_assert_cmpint(clock_monotonic_ms(), ==, 1234567);
    g_assert_cmpint(clock_monotonic_us(), ==, INT64_C(1234567000));
    clock_set_for_tests(-1);
    g_assert_cmpint(clock_wall_ms(), >, INT64_C(1577836800000)); /* 2020 */
    int64_t before_us = clock_monotonic_us();
    g_assert_cmpint(clock_monotonic_us(), >=, before_us);
    g_assert_cmpint(clock_cpu_us(), >=, 0);
}

/* ---- ids ---- */

static void
ids_sort_by_birth_also_within_one_millisecond(void)
{
    clock_set_for_tests(1795425420123);
    g_autofree char *last = id_new("m");
    g_assert_cmpuint(strlen(last), ==, strlen("m-") + 18);
    for (int i = 0; i < 20000; i++) {
        if (i == 10000)
            clock_set_for_tests(1795425420124);
        char *id = id_new("m");
        g_assert_cmpstr(last, <, id);
        g_free(last);
        last = id;
    }
    clock_set_for_tests(-1);
}

static void
time_goes_on_when_the_clock_is_set_back(void)
{
    ForwardClock clock = {0};
    int64_t ahead_ms = clock_wall_ms() + 3600 * 1000;
    clock_set_for_tests(ahead_ms);
    g_assert_cmpint(clock_forward_ms(&clock), ==, ahead_ms);
    clock_set_for_tests(1000); /* both clocks: nothing has passed */
    g_assert_cmpint(clock_forward_ms(&clock), ==, ahead_ms);
    clock_set_for_tests(5000);
    g_assert_cmpint(clock_forward_ms(&clock), ==, ahead_ms + 4000);
    clock_set_for_tests(ahead_ms + 9000);
    g_assert_cmpint(clock_forward_ms(&clock), ==, ahead_ms + 9000);
    clock_set_for_tests(-1);
}

static void
ids_sort_by_birth_when_the_clock_is_set_back(void)
{
    clock_set_for_tests(1795425420999);
    g_autofree char *first = id_new("t");
    clock_set_for_tests(1000);
    g_autofree char *second = id_new("t");
    clock_set_for_tests(-1);
    g_assert_cmpstr(first, <, second);
}

static void
secrets_are_hex_and_never_the_same(void)
{
    g_autofree char *one = id_secret(32), *two = id_secret(32);
    g_assert_cmpuint(strlen(one), ==, 64);
    g_assert_cmpuint(strspn(one, "0123456789abcdef"), ==, 64);
    g_assert_cmpstr(one, !=, two);
}

/* ---- metrics ---- */

static void *
add_many(void *data)
{
    for (int i = 0; i < 10000; i++)
        metric_add(METRIC_EVENTS, 1);
    return NULL;
}

static void
threads_count_together(void)
{
    pthread_t threads[4];
    metric_set(METRIC_EVENTS, 5);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_create(&threads[i], NULL, add_many, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    g_assert_cmpint(metric_get(METRIC_EVENTS), ==, 40005);
}

static void
metrics_are_named_as_prometheus_wants_them(void)
{
    for (Metric metric = 0; metric < METRIC_COUNT; metric++) {
        const char *name = metric_name(metric);
        g_assert_true(g_str_has_prefix(name, "honk_"));
        g_assert_cmpuint(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), ==, strlen(name));
        g_assert_cmpint(g_str_has_suffix(name, "_total"), ==, metric_is_counter(metric));
        g_assert_true(g_str_has_suffix(metric_help(metric), "."));
    }
}

/* ---- log ---- */

/* What is written to standard error while `fn` runs. Caller frees. */
static char *
logged(void (*fn)(void))
{
    int pipes[2], saved = dup(STDERR_FILENO);
    g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
    dup2(pipes[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[1]);
    char text[4096];
    ssize_t bytes = read(pipes[0], text, sizeof(text));
    close(pipes[0]);
    return g_strndup(text, (size_t) MAX(bytes, 0));
}

static void
log_two_lines(void)
{
    log_line(LOG_DEBUG, json_pack("{s:i}", "hidden", 1), "below the level");
    log_line(LOG_WARN, json_pack("{s:s,s:s}", "task", "t-1", "body", "not this"),
             "lease of '%s' ran out\n", "w\x1b[1m");
}

static void
a_log_line_is_one_json_object(void)
{
    clock_set_for_tests(1795425420123);
    log_init("server", LOG_INFO, true);
    g_autofree char *text = logged(log_two_lines);
    clock_set_for_tests(-1);
    g_assert_cmpstr(text, ==,
                    "{\"timestamp\":\"2026-11-23T09:17:00.123Z\",\"severity_text\":\"WARN\","
                    "\"component\":\"server\",\"body\":\"lease of 'w\\u001B[1m' ran out\\n\","
                    "\"task\":\"t-1\"}\n");
}

static void
a_log_line_for_people_is_harmless_to_their_terminal(void)
{
    clock_set_for_tests(1795425420123);
    log_init("server", LOG_INFO, false);
    g_autofree char *text = logged(log_two_lines);
    clock_set_for_tests(-1);
    g_assert_cmpstr(text, ==,
                    "09:17:00 WARN  server: lease of 'w\\x1b[1m' ran out\\n task=\"t-1\" "
                    "body=\"not this\"\n");
}

static void
log_an_event(void)
{
    log_line(LOG_INFO,
             json_pack("{s:s, s:i, s:s, s:s}", "event", "plan.state", "seq", 7, "reason", "agreed",
                       "actor", "user:default/bo"),
             "m-1 is approved: agreed");
}

static void
a_log_line_for_people_says_nothing_twice(void)
{
    clock_set_for_tests(1795425420123);
    log_init("server", LOG_INFO, false);
    g_autofree char *text = logged(log_an_event);
    clock_set_for_tests(-1);
    g_assert_cmpstr(text, ==,
                    "09:17:00 INFO  server: m-1 is approved: agreed "
                    "actor=\"user:default/bo\"\n");
}

/* ---- arena ---- */

static void
what_an_earlier_arena_left_behind_is_zeroed_again(void)
{
    for (int round = 0; round < 4; round++) {
        g_autoptr(Arena) arena = arena_new();
        for (size_t bytes = 1; bytes < 40000; bytes = bytes * 3 / 2 + 1) {
            char *piece = arena_alloc(arena, bytes);
            for (size_t i = 0; i < bytes; i++)
                g_assert_cmpint(piece[i], ==, 0);
            memset(piece, 'x', bytes);
        }
    }
}

static void
a_list_keeps_its_order_and_what_is_taken_out_is_gone(void)
{
    g_autoptr(Arena) arena = arena_new();
    ArenaList *list = arena_list_new(arena);
    static const char items[100];
    for (size_t i = 0; i < sizeof(items); i++)
        arena_list_add(arena, list, (void *) &items[i]);
    ArenaList *copy = arena_list_copy(arena, list);
    arena_list_remove(list, &items[30]);
    arena_list_remove(list, &items[30]); /* is not there any more */
    arena_list_remove(list, &items[99]);
    g_assert_cmpuint(list->len, ==, 98);
    for (guint i = 0; i < list->len; i++)
        g_assert_true(g_ptr_array_index(list, i) == &items[i < 30 ? i : i + 1]);
    arena_list_add(arena, copy, NULL); /* is its own */
    g_assert_cmpuint(copy->len, ==, 101);
    g_assert_true(g_ptr_array_index(copy, 30) == &items[30]);
    g_assert_cmpuint(arena_list_copy(arena, NULL)->len, ==, 0);
}

static void
an_arena_gives_separate_zeroed_pieces(void)
{
    g_autoptr(Arena) arena = arena_new();
    char *last = NULL;
    for (size_t i = 0; i < 3000; i++) {
        size_t bytes = i % 100 == 0 ? 40000 : i % 97;
        char *piece = arena_alloc(arena, bytes);
        g_assert_cmpuint((uintptr_t) piece % sizeof(void *), ==, 0);
        for (size_t j = 0; j < bytes; j++)
            g_assert_cmpint(piece[j], ==, 0);
        memset(piece, 'x', bytes);
        g_assert_true(piece != last);
        last = piece;
    }
    g_assert_cmpstr(arena_copy(arena, "abcdef", 3), ==, "abc");
    g_assert_cmpstr(arena_copy(arena, NULL, 0), ==, "");
    g_assert_cmpstr(arena_printf(arena, "%d %s", 7, "dwarves"), ==, "7 dwarves");
    g_autofree char *wide = g_strnfill(1000, 'w');
    g_assert_cmpstr(arena_printf(arena, "%s", wide), ==, wide);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/times are written in UTC with milliseconds",
                    times_are_written_in_utc_with_milliseconds);
    g_test_add_func("/clock/a test may stop the clock", a_test_may_stop_the_clock);
    g_test_add_func("/id/ids sort by birth, also within one millisecond",
                    ids_sort_by_birth_also_within_one_millisecond);
    g_test_add_func("/clock/time goes on when the clock is set back",
                    time_goes_on_when_the_clock_is_set_back);
    g_test_add_func("/id/ids sort by birth when the clock is set back",
                    ids_sort_by_birth_when_the_clock_is_set_back);
    g_test_add_func("/id/secrets are hex and never the same", secrets_are_hex_and_never_the_same);
    g_test_add_func("/metric/threads count together", threads_count_together);
    g_test_add_func("/metric/metrics are named as Prometheus wants them",
                    metrics_are_named_as_prometheus_wants_them);
    g_test_add_func("/log/a log line is one JSON object", a_log_line_is_one_json_object);
    g_test_add_func("/log/a log line for people is harmless to their terminal",
                    a_log_line_for_people_is_harmless_to_their_terminal);
    g_test_add_func("/log/a log line for people says nothing twice",
                    a_log_line_for_people_says_nothing_twice);
    g_test_add_func("/arena/what an earlier arena left behind is zeroed again",
                    what_an_earlier_arena_left_behind_is_zeroed_again);
    g_test_add_func("/arena/a list keeps its order, and what is taken out is gone",
                    a_list_keeps_its_order_and_what_is_taken_out_is_gone);
    g_test_add_func("/arena/an arena gives separate zeroed pieces",
                    an_arena_gives_separate_zeroed_pieces);
    return g_test_run();
}
