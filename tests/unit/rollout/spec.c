/* spec.c - how a rollout is written down, and who goes when. */
#include "model/config.h"
#include "rollout/rollout.h"

#include <string.h>

static RolloutSpec *
spec_of(const char *text)
{
    g_autoptr(json_t) json = json_loads(text, 0, NULL);
    g_autoptr(GError) error = NULL;
    RolloutSpec *spec = NULL;

    g_assert_nonnull(json);
    g_assert_true(rollout_spec_from_json(json, &spec, &error));
    return spec;
}

static void
what_nobody_says_has_a_default(void)
{
    g_autoptr(RolloutSpec) spec = spec_of("{}");
    g_assert_cmpstr(spec->strategy->name, ==, "canary");
    g_assert_cmpint(spec->step_count, ==, 3);
    g_assert_cmpint(spec->max_instances, ==, 1);
    g_assert_cmpint(spec->min_healthy.percent, ==, 100);
    g_assert_cmpint(spec->failures_allowed, ==, 0);
}

static void
a_spec_comes_back_as_it_was(void)
{
    g_autoptr(RolloutSpec) spec = spec_of(
        "{\"strategy\":\"rolling\",\"max_instances\":3,\"soak_ms\":7,\"on_failure\":\"freeze\","
        "\"on_no_data\":\"go_on\",\"steps\":[{\"count\":2,\"gate\":\"look\"},{\"percent\":100}],"
        "\"min_healthy\":{\"count\":2},\"bake_ms\":5}");
    g_autoptr(json_t) json = rollout_spec_to_json(spec);
    g_autoptr(RolloutSpec) again = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(rollout_spec_from_json(json, &again, &error));
    g_autoptr(json_t) second = rollout_spec_to_json(again);
    g_assert_true(json_equal(json, second));
    g_assert_cmpint(again->on_failure, ==, ON_FAILURE_FREEZE);
    g_assert_cmpint(again->steps[1].bake_ms, ==, 5);
    g_assert_cmpstr(again->steps[0].gate, ==, "look");
}

static void
mistakes_say_what_was_expected(void)
{
    static const char *const cases[][2] = {
        {"{\"strategy\":\"canari\"}", "canary, blue-green, rolling"},
        {"{\"max_instances\":0}", "expected 1 to 500"},
        {"{\"steps\":[{\"count\":0}]}", "step 1 of the rollout"},
        {"{\"steps\":[{\"percent\":101}]}", "step 1 of the rollout"},
        {"{\"interval_ms\":1}", "expected at least 100"},
        {"{\"on_failure\":\"cry\"}", "rollback, freeze or pause"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) json = json_loads(cases[i][0], 0, NULL);
        g_autoptr(RolloutSpec) spec = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(rollout_spec_from_json(json, &spec, &error));
        g_assert_nonnull(strstr(error->message, cases[i][1]));
    }
}

static void
a_share_is_rounded_up_and_never_nobody(void)
{
    const Portion half = {.percent = 50}, two = {.count = 2, .percent = -1};
    g_assert_cmpint(portion_of(&half, 3), ==, 2);
    g_assert_cmpint(portion_of(&half, 1), ==, 1);
    g_assert_cmpint(portion_of(&two, 1), ==, 1);
    g_assert_cmpint(portion_of(&two, 9), ==, 2);
    g_assert_cmpint(portion_of(&half, 0), ==, 0);
}

static void
waves_take_everybody_once_in_order(void)
{
    const Portion waves[] = {{.count = 1, .percent = -1}, {.percent = 50}};
    for (int services = 1; services <= 12; services++) {
        int last = 0;
        for (int i = 0; i < services; i++) {
            int wave = rollout_wave_of(waves, 2, i, services);
            g_assert_cmpint(wave, >=, last);
            g_assert_cmpint(wave, <=, last + (i > 0 ? 1 : 0));
            last = wave;
        }
        g_assert_cmpint(last, ==, services == 1 ? 0 : services == 2 ? 1 : 2);
    }
    g_assert_cmpint(rollout_wave_of(NULL, 0, 5, 8), ==, 0);
}

/* honk.yaml checks the words of a group with their place, in a room that does not know this one. */
static void
honk_yaml_takes_exactly_the_strategies_that_there_are(void)
{
    const char *const *names = rollout_strategy_names();
    for (size_t i = 0; names[i] != NULL; i++) {
        g_autofree char *text =
            g_strdup_printf("fleet: { groups: { g: { strategy: %s } } }", names[i]);
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(Config) config = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(config_parse(text, strlen(text), "honk.yaml", diags, &config, &error));
    }
    g_assert_cmpint(g_strv_length((char **) names), ==, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spec/what nobody says has a default", what_nobody_says_has_a_default);
    g_test_add_func("/spec/a spec comes back as it was", a_spec_comes_back_as_it_was);
    g_test_add_func("/spec/mistakes say what was expected", mistakes_say_what_was_expected);
    g_test_add_func("/spec/a share is rounded up and never nobody",
                    a_share_is_rounded_up_and_never_nobody);
    g_test_add_func("/spec/waves take everybody once in order", waves_take_everybody_once_in_order);
    g_test_add_func("/spec/honk.yaml takes exactly the strategies that there are",
                    honk_yaml_takes_exactly_the_strategies_that_there_are);
    return g_test_run();
}
