/* throttle.c - rows move no faster than they may, on a clock that only the tests move. */
#include "cases.h"

#include "action/move.h"
#include "model/throttle.h"

#include <glib/gstdio.h>
#include <string.h>

#define NEW_TABLE (&rig_cases[0])
#define FROM_FILE (&rig_cases[6])
#define ROWS 500 /* of the table; the file has 4 */

static struct {
    int64_t now_us;
    json_t *throttle;   /* what the server says */
    int64_t changed_us; /* from then on it says `later` */
    json_t *later;
    int64_t bytes;
    char slowed[200]; /* the last that was told */
} world;

static int64_t
now_us(StepEnv *env)
{
    return world.now_us;
}

static void
nap(StepEnv *env, int64_t ms)
{
    g_assert_cmpint(ms, >, 0);
    world.now_us += ms * 1000;
}

static json_t *
throttle(StepEnv *env)
{
    return json_incref(world.changed_us > 0 && world.now_us >= world.changed_us ? world.later
                                                                                : world.throttle);
}

static void
tell(StepEnv *env, int64_t bytes, const char *slowed)
{
    world.bytes = bytes;
    if (*slowed != '\0')
        g_strlcpy(world.slowed, slowed, sizeof(world.slowed));
}

static Rig *
throttled(const RigCase *kase, json_t *take_throttle)
{
    Rig *rig = rig_new(kase);
    json_decref(world.throttle);
    json_decref(world.later);
    memset(&world, 0, sizeof(world));
    world.now_us = 5000000;
    world.throttle = take_throttle;
    rig->env.now_us = now_us;
    rig->env.nap = nap;
    rig->env.throttle = throttle;
    rig->env.tell = tell;
    rig_plan(rig, kase);
    return rig;
}

/* Everything up to the swap; how long the rows took. */
static int64_t
fill_ms(Rig *rig)
{
    const Step *fill = rig_step(rig, "transform");
    rig_run_before(rig, fill);
    int64_t begun_us = world.now_us;
    g_autoptr(Outcome) outcome = rig_run(rig, fill);
    assert_kind(outcome, OUTCOME_DONE);
    return (world.now_us - begun_us) / 1000;
}

static void
rows_take_the_time_that_they_may_take(void)
{
    static const struct {
        const RigCase *kase;
        int rate, rows;
        const char *slowed;
    } cases[] = {
        {NEW_TABLE, 100, ROWS, "at most 100 rows a second, each range"}, /* inside the store */
        {FROM_FILE, 2, 4, "at most 2 rows a second, each range"},        /* row by row */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rig) rig =
            throttled(cases[i].kase, json_pack("{s:i}", "rows_per_second", cases[i].rate));
        g_assert_cmpint(fill_ms(rig), ==, cases[i].rows * 1000 / cases[i].rate);
        g_assert_cmpstr(world.slowed, ==, cases[i].slowed);
    }
}

static void
without_a_throttle_nobody_rests(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, NULL);
    g_assert_cmpint(fill_ms(rig), ==, 0);
    g_assert_cmpstr(world.slowed, ==, "");
    g_assert_cmpint(world.bytes, >, 0);
}

static void
bytes_take_the_time_that_they_may_take(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, json_pack("{s:i}", "bytes_per_second", 10000));
    const Step *fill = rig_step(rig, "transform");
    rig_run_before(rig, fill);
    int64_t begun_us = world.now_us;
    g_autoptr(Outcome) outcome = rig_run(rig, fill);
    assert_kind(outcome, OUTCOME_DONE);
    int64_t bytes = json_get_int(outcome->evidence, "bytes", 0);
    int64_t took_ms = (world.now_us - begun_us) / 1000;
    g_assert_cmpint(bytes, >, ROWS * 9);
    g_assert_cmpint(took_ms, >=, bytes * 1000 / 10000 - 10);
    g_assert_cmpint(took_ms, <=, bytes * 1000 / 10000 + 10); /* a millisecond for each range */
}

static void
bytes_of_ranges_that_were_in_already_are_not_told_as_none(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, NULL);
    const Step *fill = rig_step(rig, "transform");
    rig_run_before(rig, fill);
    g_autoptr(Outcome) first = rig_run(rig, fill);
    g_assert_cmpint(json_get_int(first->evidence, "bytes", 0), >, 0);
    g_autoptr(Outcome) again = rig_run(rig, fill);
    assert_kind(again, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(again->evidence, "rows_out", 0), ==, ROWS);
    g_assert_null(json_object_get(again->evidence, "bytes"));
}

static int64_t told;

static bool
note_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    told = done;
    return true;
}

static void
rows_that_are_done_are_not_taken_back_by_a_statement_that_has_none(void)
{
    StepEnv env = {.tick = note_tick};
    Ticker ticker = {&env, 10, "0001"};
    static const int64_t ticks[] = {4, -1, 0};
    for (size_t i = 0; i < G_N_ELEMENTS(ticks); i++) {
        g_assert_true(ticker_tick(ticks[i], &ticker));
        g_assert_cmpint(told, ==, 4);
    }
    g_assert_true(ticker_tick(2, &ticker)); /* the range is done again */
    g_assert_cmpint(told, ==, 2);
}

static void
a_change_meanwhile_holds_from_then_on(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, json_pack("{s:i}", "rows_per_second", 100));
    world.later = json_pack("{s:i}", "rows_per_second", 200);
    world.changed_us = world.now_us + 2000000;
    g_assert_cmpint(fill_ms(rig), ==, 2000 + 300 * 1000 / 200);
}

static void
busy_is(const Rig *rig, const char *number)
{
    g_autofree char *path = g_build_filename(rig->folder, "busy", NULL);
    g_assert_true(g_file_set_contents(path, number, -1, NULL));
}

static void
what_brakes_makes_a_range_wait_with_the_reason(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, json_pack("{s:s}", "command", "busy"));
    const Step *fill = rig_step(rig, "transform");
    busy_is(rig, "12\n");
    rig_run_before(rig, fill);
    g_autoptr(Outcome) split = rig_lease(rig, fill, "", NULL, RIG_RUN, false);
    assert_kind(split, OUTCOME_MORE);
    json_t *part = json_object_get(json_array_get(split->children, 0), "params");
    int64_t begun_us = world.now_us;
    g_autoptr(Outcome) waits = rig_lease(rig, fill, "0001", json_incref(part), RIG_RUN, false);
    assert_kind(waits, OUTCOME_WAIT);
    g_assert_cmpstr(waits->message, ==, "slowed: command 'busy': 12 > 5");
    g_assert_cmpint(world.now_us - begun_us, ==, 30000000); /* here first, then without a worker */
    busy_is(rig, "5\n");
    g_autoptr(Outcome) done = rig_lease(rig, fill, "0001", json_incref(part), RIG_RUN, false);
    assert_kind(done, OUTCOME_DONE);
}

static void
who_is_braked_hears_at_once_that_nothing_is_to_brake_any_more(void)
{
    g_autoptr(Rig) rig = throttled(NEW_TABLE, json_pack("{s:s}", "command", "busy"));
    busy_is(rig, "12\n");
    world.later = NULL;
    world.changed_us = world.now_us + 300000;
    g_assert_cmpint(fill_ms(rig), <=, 400);
}

static void
what_cannot_be_measured_brakes(void)
{
    static const struct {
        const char *said, *slowed;
    } cases[] = {
        {NULL, "command 'busy' says so (exit status 1)"},
        {"a lot\n", "command 'busy' printed 'a lot', expected a number"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rig) rig = throttled(NEW_TABLE, json_pack("{s:s}", "command", "busy"));
        world.later = NULL; /* lifted, so that it ends */
        world.changed_us = world.now_us + 1000000;
        if (cases[i].said != NULL)
            busy_is(rig, cases[i].said);
        fill_ms(rig);
        g_assert_cmpstr(world.slowed, ==, cases[i].slowed);
    }
}

static void
a_plan_names_no_command_that_nobody_has(void)
{
    g_autoptr(Rig) rig = rig_new(NEW_TABLE);
    g_autoptr(json_t) request = rig_request(NEW_TABLE);
    json_object_set_new(json_at(request, "entity.spec"), "throttle",
                        json_pack("{s:s}", "command", "buzy"));
    g_autoptr(Outcome) outcome = rig_draft(rig, request);
    g_autofree char *text = json_compact(outcome->evidence);
    g_assert_true(json_is_null(json_object_get(outcome->evidence, "digest")));
    g_assert_nonnull(strstr(text, "spec.throttle.command is 'buzy'"));
}

/* ---- the words ---- */

static void
limits_are_checked_changed_and_shared(void)
{
    static const struct {
        const char *throttle, *says;
    } wrong[] = {
        {"{'rows_per_second':-1}", "throttle.rows_per_second must be a whole number"},
        {"{'rows_per_second':1.5}", "throttle.rows_per_second must be a whole number"},
        {"{'load_percent':'80'}", "throttle.load_percent must be a whole number"},
        {"{'rows_per_secnd':1}", "did you mean 'rows_per_second'?"},
        {"{'command':'a b'}", "throttle.command must be the name"},
        {"[]", "no map of limits"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdelimit(g_strdup(wrong[i].throttle), "'", '"');
        g_autoptr(json_t) json = json_loads(text, 0, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_false(throttle_check(json, "throttle", &error));
        if (strstr(error->message, wrong[i].says) == NULL)
            g_error("'%s' is not in '%s'", wrong[i].says, error->message);
    }
    g_autoptr(json_t) was = json_pack("{s:i, s:i}", "rows_per_second", 10, "load_percent", 80);
    g_autoptr(json_t) more = json_pack("{s:i, s:s}", "load_percent", 0, "command", "quiet");
    g_autoptr(json_t) now = throttle_changed(was, more), share = throttle_share(now, 3);
    g_autofree char *text = throttle_text(now);
    g_assert_cmpstr(text, ==, "at most 10 rows a second; waits while 'quiet' says so");
    g_assert_cmpint(throttle_limit(share, THROTTLE_ROWS), ==, 3);
    g_autoptr(json_t) many = throttle_share(now, 100),
                      none = json_pack("{s:i, s:s}", "rows_per_second", 0, "command", "");
    g_assert_cmpint(throttle_limit(many, THROTTLE_ROWS), ==, 1);
    g_assert_null(throttle_changed(now, none));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/throttle/" path, function)
    TEST("limits are checked, changed and shared", limits_are_checked_changed_and_shared);
    TEST("rows take the time that they may take", rows_take_the_time_that_they_may_take);
    TEST("without a throttle nobody rests", without_a_throttle_nobody_rests);
    TEST("bytes take the time that they may take", bytes_take_the_time_that_they_may_take);
    TEST("bytes of ranges that were in already are not told as none",
         bytes_of_ranges_that_were_in_already_are_not_told_as_none);
    TEST("rows that are done are not taken back by a statement that has none",
         rows_that_are_done_are_not_taken_back_by_a_statement_that_has_none);
    TEST("a change meanwhile holds from then on", a_change_meanwhile_holds_from_then_on);
    TEST("what brakes makes a range wait, with the reason",
         what_brakes_makes_a_range_wait_with_the_reason);
    TEST("who is braked hears at once that nothing is to brake any more",
         who_is_braked_hears_at_once_that_nothing_is_to_brake_any_more);
    TEST("what cannot be measured brakes", what_cannot_be_measured_brakes);
    TEST("a plan names no command that nobody has", a_plan_names_no_command_that_nobody_has);
    return g_test_run();
}
