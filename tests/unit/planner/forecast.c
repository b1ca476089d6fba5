/* What a trial of some rows says about all of them, and how sure that is. */
#include "planner/forecast.h"

#include <string.h>

static json_t *
trial_of(int64_t rows, const int64_t *rejected, size_t parts, int64_t each)
{
    json_t *trial = json_object(), *list = json_array();
    int64_t bad = 0;
    for (size_t i = 0; i < parts; i++) {
        json_array_append_new(
            list, json_pack("{s:I, s:I, s:I, s:I}", "rows_read", (json_int_t) each, "rows_out",
                            (json_int_t) (each - rejected[i]), "rejected", (json_int_t) rejected[i],
                            "bytes", (json_int_t) ((each - rejected[i]) * 100)));
        bad += rejected[i];
    }
    int64_t read = each * (int64_t) parts;
    json_set_int(trial, "rows", rows);
    json_set_int(trial, "rows_read", read);
    json_set_int(trial, "rows_out", read - bad);
    json_set_int(trial, "rejected", bad);
    json_set_int(trial, "bytes", (read - bad) * 100);
    json_set_bool(trial, "whole", read >= rows);
    json_object_set_new(trial, "parts", list);
    return trial;
}

static int64_t
said(const json_t *forecast, const char *what, const char *member)
{
    return json_get_int(json_object_get(forecast, what), member, -1);
}

static void
what_was_read_whole_is_no_guess(void)
{
    g_autoptr(json_t) trial = trial_of(1000, (int64_t[]){7}, 1, 1000);
    g_autoptr(json_t) seen = forecast(trial);
    g_assert_cmpint(said(seen, "rejected", "low"), ==, 7);
    g_assert_cmpint(said(seen, "rejected", "high"), ==, 7);
    g_assert_cmpint(said(seen, "rows_out", "about"), ==, 993);
    g_assert_cmpint(said(seen, "bytes", "high"), ==, 99300);
}

static void
no_bad_row_in_a_sample_is_no_promise(void)
{
    g_autoptr(json_t) trial = trial_of(1000000, (int64_t[]){0, 0, 0, 0}, 4, 1000);
    g_autoptr(json_t) seen = forecast(trial);
    g_assert_cmpint(said(seen, "rejected", "about"), ==, 0);
    g_assert_cmpint(said(seen, "rejected", "low"), ==, 0);
    g_assert_cmpint(said(seen, "rejected", "high"), ==, 999); /* 4 of about 4,000, of 996,000 */
    g_assert_cmpint(said(seen, "rows_out", "low"), ==, 4000 + 995001);
    g_assert_cmpint(said(seen, "rows_out", "high"), ==, 1000000);
}

/* As many bad rows, but all of them in one place: much less is known. */
static void
parts_that_differ_widen_the_bounds(void)
{
    g_autoptr(json_t) alike = trial_of(100000, (int64_t[]){10, 10, 10, 10}, 4, 1000);
    g_autoptr(json_t) apart = trial_of(100000, (int64_t[]){40, 0, 0, 0}, 4, 1000);
    g_autoptr(json_t) a = forecast(alike), b = forecast(apart);
    g_assert_cmpint(said(a, "rejected", "about"), ==, 1000);
    g_assert_cmpint(said(b, "rejected", "about"), ==, 1000);
    g_assert_cmpint(said(b, "rejected", "high") - 1000, >,
                    3 * (said(a, "rejected", "high") - 1000));
    g_assert_cmpint(said(b, "rejected", "low"), >=, 40); /* these were seen */
}

/* 2,000 sources with a bad row in 50, drawn by chance: the bounds hold for about 95 of 100. */
static void
bounds_hold_as_often_as_they_say(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    int held = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t bad[8] = {0}, others = 0, read = 0;
        for (int row = 0; row < 8 * 200; row++)
            bad[row / 200] += g_rand_double(random) < 0.02;
        for (int row = 0; row < 2000; row++)
            others += g_rand_double(random) < 0.02;
        for (int part = 0; part < 8; part++)
            read += bad[part];
        g_autoptr(json_t) trial = trial_of(8 * 200 + 2000, bad, 8, 200);
        g_autoptr(json_t) seen = forecast(trial);
        held += said(seen, "rejected", "low") <= read + others &&
                read + others <= said(seen, "rejected", "high");
    }
    g_assert_cmpint(held, >, 2000 * 93 / 100);
}

static void
an_empty_source_and_a_trial_that_failed_are_told(void)
{
    g_autoptr(json_t) nothing = trial_of(0, (int64_t[]){0}, 1, 0);
    g_autoptr(json_t) seen = forecast(nothing);
    g_assert_cmpint(said(seen, "rows_out", "high"), ==, 0);
    g_autoptr(json_t) failed = json_pack("{s:s}", "problem", "it is gone");
    g_autoptr(json_t) told = forecast(failed);
    g_assert_cmpstr(json_get_string(told, "problem", ""), ==, "it is gone");
    TextPage page = {g_string_new(NULL), 100, false};
    forecast_print(&page, told, 0);
    g_assert_nonnull(strstr(page.text->str, "none: it is gone"));
    g_string_free(page.text, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/forecast/" path, function)
    TEST("what was read whole is no guess", what_was_read_whole_is_no_guess);
    TEST("no bad row in a sample is no promise", no_bad_row_in_a_sample_is_no_promise);
    TEST("parts that differ widen the bounds", parts_that_differ_widen_the_bounds);
    TEST("bounds hold as often as they say", bounds_hold_as_often_as_they_say);
    TEST("an empty source and a trial that failed are told",
         an_empty_source_and_a_trial_that_failed_are_told);
    return g_test_run();
}
