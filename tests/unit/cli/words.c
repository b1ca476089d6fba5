/* words.c - every state has words, lines are cut without breaking escapes, the demo's rows are always the same. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo_data.h"
#include "cli/embedded.h"
#include "cli/frame.h"
#include "cli/migration.h"
#include "cli/story.h"
#include "model/states.h"

#include <glib/gstdio.h>
#include <string.h>

static void
every_state_that_waits_for_a_person_says_what_to_do(void)
{
    for (int state = 0; state < PLAN_STATE_COUNT; state++) {
        const char *name = plan_state_name((PlanState) state);
        g_autofree char *next = story_next(name, "users-v2");
        bool is_final = state == PLAN_CLOSED || state == PLAN_CLOSED_MIXED;
        g_assert_true((next == NULL) == is_final);
        if (next != NULL) {
            g_assert_nonnull(strstr(next, "users-v2"));
            g_assert_null(strchr(next, '%'));
        }
    }
}

static void
every_state_that_is_over_is_at_rest(void)
{
    for (int state = 0; state < PLAN_STATE_COUNT; state++)
        if (plan_state_is_terminal((PlanState) state))
            g_assert_true(story_is_resting(plan_state_name((PlanState) state)));
    g_assert_true(story_is_resting("succeeded"));
    g_assert_cmpint(story_exit_status("succeeded"), ==, 0);
    g_assert_cmpint(story_exit_status("halted"), !=, 0);
    g_assert_false(story_is_resting("running"));
}

static char *
line_of(const char *status, int done, int total, const char *unit)
{
    g_autoptr(View) view = view_new(stdout);
    view->colour = false;
    g_autoptr(json_t) step = json_pack("{s:s, s:s, s:{s:i, s:i, s:i, s:i, s:s}}", "name", "fill",
                                       "status", status, "progress", "done", done, "total", total,
                                       "rate", 10, "eta_ms", 5000, "unit", unit);
    return migration_step_line(view, step);
}

static void
what_rests_has_no_speed_and_no_time_left(void)
{
    g_autofree char *runs = line_of("leased", 400, 3000, "rows");
    g_autofree char *back = line_of("reversed", 400, 3000, "rows");
    g_assert_nonnull(strstr(runs, "400 of 3,000, 10/s, 5.0 s left"));
    g_assert_true(g_str_has_suffix(back, "400 of 3,000 rows"));
}

static void
one_is_counted_as_one(void)
{
    static const struct {
        const char *units, *all;
    } told[] = {{"services", "1 service"}, {"repositories", "1 repository"}, {"rows", "1 row"}};
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        g_autofree char *one = line_of("done", 1, 1, told[i].units);
        g_assert_true(g_str_has_suffix(one, told[i].all));
    }
    g_autofree char *two = line_of("done", 2, 2, "repositories");
    g_assert_true(g_str_has_suffix(two, "2 repositories"));
}

static void
a_line_is_cut_by_what_is_seen(void)
{
    g_autofree char *cut = frame_cut("\033[32mdone\033[0m and more", 6, "…");
    g_assert_cmpstr(cut, ==, "\033[32mdone\033[0m …\033[0m");
    g_autofree char *wide = frame_cut("東京都", 5, "…");
    g_assert_cmpstr(wide, ==, "東京…");
    g_autofree char *whole = frame_cut("short", 80, "…");
    g_assert_cmpstr(whole, ==, "short");
}

static void
an_event_is_one_line_whatever_it_says(void)
{
    g_autoptr(View) view = view_new(stdout);
    view->colour = false;
    g_autoptr(json_t) event = json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:s}", "type", "plan.state", "at_ms", (json_int_t) 1000, "from",
        "running", "to", "halted", "reason", "two\nlines \033[2J", "actor", "user:default/bo");
    g_autofree char *line = story_event(view, event, "users-v2");
    g_assert_null(strchr(line, '\n'));
    g_assert_null(strchr(line, '\033'));
    g_assert_nonnull(strstr(line, "running → halted"));
    g_assert_nonnull(strstr(line, "(user:default/bo)"));
}

static char *
task_line(const View *view, const char *type, const char *to, json_t *data, bool *ret_news)
{
    g_autoptr(json_t) event =
        json_pack("{s:s, s:I, s:s, s:s*, s:s, s:o*}", "type", type, "at_ms", (json_int_t) 1000,
                  "step", "compare", "to", to, "actor", "local", "data", data);
    *ret_news = story_is_news(event);
    return story_event(view, event, NULL);
}

static void
routine_is_no_news_and_trouble_is(void)
{
    g_autoptr(View) view = view_new(stdout);
    bool is_news = false;
    view->colour = false;
    g_autofree char *done = task_line(view, "task.status", "done", NULL, &is_news);
    g_assert_false(is_news);
    g_assert_nonnull(strstr(done, "compare  done"));
    g_autofree char *failed = task_line(view, "task.status", "failed", NULL, &is_news);
    g_assert_true(is_news);
    g_assert_nonnull(strstr(failed, "compare  failed"));
    json_t *seen =
        json_pack("{s:i, s:b, s:b, s:s}", "rows", 40000, "equal", 1, "odd", 0, "hash", "…");
    g_autofree char *evidence = task_line(view, "task.evidence", NULL, seen, &is_news);
    g_assert_false(is_news);
    g_assert_nonnull(strstr(evidence, "rows 40,000, equal"));
    g_assert_null(strstr(evidence, "odd"));
    g_assert_null(strstr(evidence, "local"));
}

static void
a_state_is_since_when_or_for_how_long(void)
{
    int64_t before = clock_wall_ms() - 5500;
    g_autofree char *over = story_since("succeeded", before),
                    *busy = story_since("running", before),
                    *fresh = story_since("running", clock_wall_ms());
    g_assert_cmpstr(over, ==, "5.0 s ago");
    g_assert_cmpstr(busy, ==, "for 5.0 s");
    g_assert_cmpstr(fresh, ==, "");
}

static char *
company_digest(const char *folder, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    size_t bytes = 0;
    const char *schema = embedded_find("examples/listening/schema.sql")->text;
    g_assert_true(
        demo_data_write(path, schema, (DemoSize){.users = 50, .streams = 250}, NULL, NULL, &error));
    g_assert_true(file_read(path, 16 * 1024 * 1024, &text, &bytes, &error));
    g_assert_cmpint(g_remove(path), ==, 0);
    return sha256_of(text, bytes);
}

static void
the_demo_company_is_the_same_every_time(void)
{
    g_autofree char *folder = g_dir_make_tmp("honk-demo-XXXXXX", NULL);
    g_autofree char *one = company_digest(folder, "one.db"),
                    *two = company_digest(folder, "two.db");
    g_assert_cmpstr(one, ==, two);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* fails if something was left beside them */
}

static bool
stop_at_once(int64_t done, int64_t all, void *data)
{
    return false;
}

static void
a_company_that_was_stopped_is_not_there(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("honk-demo-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "listening.db", NULL);
    const char *schema = embedded_find("examples/listening/schema.sql")->text;
    g_assert_false(
        demo_data_write(path, schema, (DemoSize){.users = 30000}, stop_at_once, NULL, &error));
    g_assert_error(error, error_quark(), ERR_STOPPED);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void
what_is_carried_is_written_and_nothing_overwritten(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("honk-init-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "honk.yaml", NULL), *text = NULL;
    g_assert_true(embedded_write("examples/starter/", folder, false, &error));
    g_assert_true(
        embedded_write("examples/starter/", folder, false, &error)); /* the same again: fine */
    g_assert_true(file_write_atomic(path, "mine", 4, 0644, &error));
    g_assert_false(embedded_write("examples/starter/", folder, false, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_true(file_read(path, 100, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "mine");
    g_autofree char *remove = g_strdup_printf("rm -r '%s'", folder);
    g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/every state that waits for a person says what to do",
                    every_state_that_waits_for_a_person_says_what_to_do);
    g_test_add_func("/cli/every state that is over is at rest",
                    every_state_that_is_over_is_at_rest);
    g_test_add_func("/cli/what rests has no speed and no time left",
                    what_rests_has_no_speed_and_no_time_left);
    g_test_add_func("/cli/one is counted as one", one_is_counted_as_one);
    g_test_add_func("/cli/a line is cut by what is seen", a_line_is_cut_by_what_is_seen);
    g_test_add_func("/cli/an event is one line whatever it says",
                    an_event_is_one_line_whatever_it_says);
    g_test_add_func("/cli/routine is no news and trouble is", routine_is_no_news_and_trouble_is);
    g_test_add_func("/cli/a state is since when or for how long",
                    a_state_is_since_when_or_for_how_long);
    g_test_add_func("/cli/the demo company is the same every time",
                    the_demo_company_is_the_same_every_time);
    g_test_add_func("/cli/a company that was stopped is not there",
                    a_company_that_was_stopped_is_not_there);
    g_test_add_func("/cli/what is carried is written and nothing overwritten",
                    what_is_carried_is_written_and_nothing_overwritten);
    return g_test_run();
}
