/* decide.c - what a rollout does next, move by move, in a fleet that is as told. */
#include "rollout/rollout.h"

#include <string.h>

#define INSTANCES_MAX 20

typedef struct {
    RolloutSpec *spec;
    Rollout *rollout;
    Scene scene;
    SceneInstance instances[INSTANCES_MAX];
    char ids[INSTANCES_MAX][8];
    int born;
    int64_t now_ms;
    Verdict new_health;
} Stage;

static void
add_instance(Stage *stage, const char *revision, bool in_traffic)
{
    size_t at = stage->scene.count++;
    g_snprintf(stage->ids[at], sizeof(stage->ids[at]), "i%d", ++stage->born);
    stage->instances[at] = (SceneInstance){.id = stage->ids[at],
                                           .revision = revision,
                                           .is_alive = true,
                                           .in_traffic = in_traffic,
                                           .started_ms = stage->now_ms};
}

static void
stage_open(Stage *stage, const char *spec)
{
    g_autoptr(json_t) json = json_loads(spec, 0, NULL);
    g_autoptr(GError) error = NULL;

    *stage = (Stage){.now_ms = 1000};
    g_assert_true(rollout_spec_from_json(json, &stage->spec, &error));
    stage->rollout = rollout_new("new", 4, stage->now_ms);
    stage->scene = (Scene){.instances = stage->instances,
                           .template = "old",
                           .template_count = 4,
                           .is_free = true,
                           .is_prepared = true};
    for (int i = 0; i < 4; i++)
        add_instance(stage, "old", true);
}

static void
stage_close(Stage *stage)
{
    rollout_spec_free(stage->spec);
    rollout_free(stage->rollout);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stage, stage_close)

static void
instance_drop(Stage *stage, const char *id)
{
    for (size_t i = 0; i < stage->scene.count; i++)
        if (strcmp(stage->instances[i].id, id) == 0)
            stage->instances[i].is_draining = true, stage->instances[i].is_alive = false;
}

static void
obey(Stage *stage, const Order *order)
{
    for (int i = 0; i < order->count; i++)
        add_instance(stage, order->kind == ORDER_START_NEW ? "new" : "old", false);
    if (order->kind == ORDER_TEMPLATE_NEW || order->kind == ORDER_TEMPLATE_OLD)
        stage->scene.template = order->kind == ORDER_TEMPLATE_NEW ? "new" : "old";
    for (size_t i = 0; order->kind == ORDER_TRAFFIC && i < stage->scene.count; i++)
        stage->instances[i].in_traffic =
            g_ptr_array_find_with_equal_func(order->ids, stage->instances[i].id, g_str_equal, NULL);
    for (guint i = 0; order->kind == ORDER_STOP && i < order->ids->len; i++)
        instance_drop(stage, order->ids->pdata[i]);
}

/* Those that were stopped are gone by the next look. */
static void
sweep(Stage *stage)
{
    size_t kept = 0;
    for (size_t i = 0; i < stage->scene.count; i++) {
        if (!stage->instances[i].is_alive)
            continue;
        SceneInstance instance = stage->instances[i];
        memmove(stage->ids[kept], stage->ids[i], sizeof(stage->ids[i]));
        instance.id = stage->ids[kept];
        instance.health = strcmp(instance.revision, "new") == 0 ? stage->new_health : VERDICT_PASS;
        stage->instances[kept++] = instance;
    }
    stage->scene.count = kept;
}

static void
decide_once(Stage *stage, const char *signal)
{
    g_auto(Decision) decision = {0};
    g_autoptr(json_t) signals =
        signal != NULL ? json_pack("[{s:i, s:s, s:s}]", "n", 1, "signal", signal, "actor", "ada")
                       : NULL;

    sweep(stage);
    rollout_decide(stage->spec, stage->rollout, &stage->scene, signals, stage->now_ms, &decision);
    for (guint i = 0; decision.orders != NULL && i < decision.orders->len; i++)
        obey(stage, decision.orders->pdata[i]);
    stage->now_ms = MAX(decision.look_ms, stage->now_ms + 1);
}

static void
until(Stage *stage, RolloutState state)
{
    for (int i = 0; i < 200 && stage->rollout->state != state; i++)
        decide_once(stage, NULL);
    g_assert_cmpstr(rollout_state_name(stage->rollout->state), ==, rollout_state_name(state));
}

static int
count(const Stage *stage, const char *revision, bool only_traffic)
{
    int found = 0;
    for (size_t i = 0; i < stage->scene.count; i++)
        found += stage->instances[i].is_alive &&
                 strcmp(stage->instances[i].revision, revision) == 0 &&
                 (!only_traffic || stage->instances[i].in_traffic);
    return found;
}

static void
a_canary_goes_step_by_step_and_keeps_the_old_ones_until_the_soak_is_over(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"bake_ms\":2000,\"soak_ms\":3000,\"max_instances\":2}");
    until(&stage, ROLLOUT_ANALYSING);
    g_assert_cmpint(count(&stage, "new", true), ==, 1);
    g_assert_cmpint(count(&stage, "old", true), ==, 3);
    g_assert_cmpint(count(&stage, "old", false), ==, 4);
    until(&stage, ROLLOUT_STEPPING);
    until(&stage, ROLLOUT_ANALYSING);
    g_assert_cmpint(stage.rollout->step, ==, 1);
    g_assert_cmpint(count(&stage, "new", true), ==, 2);
    until(&stage, ROLLOUT_SOAKING);
    g_assert_cmpint(count(&stage, "new", true), ==, 4);
    g_assert_cmpint(count(&stage, "old", true), ==, 0);
    g_assert_cmpint(count(&stage, "old", false), ==, 4);
    until(&stage, ROLLOUT_HEALTHY);
    sweep(&stage);
    g_assert_cmpint(count(&stage, "old", false), ==, 0);
    g_assert_cmpstr(stage.rollout->completion, ==, "promoted");
    g_assert_cmpstr(stage.scene.template, ==, "new");
}

static void
blue_green_gives_no_traffic_before_all_are_promoted(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"strategy\":\"blue-green\",\"bake_ms\":2000,\"max_instances\":4}");
    until(&stage, ROLLOUT_ANALYSING);
    g_assert_cmpint(count(&stage, "new", false), ==, 4);
    g_assert_cmpint(count(&stage, "new", true), ==, 0);
    until(&stage, ROLLOUT_PROMOTING);
    decide_once(&stage, NULL);
    g_assert_cmpint(count(&stage, "new", true), ==, 4);
    g_assert_cmpint(count(&stage, "old", true), ==, 0);
    until(&stage, ROLLOUT_HEALTHY);
}

static void
rolling_never_has_more_than_one_beyond(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"strategy\":\"rolling\",\"bake_ms\":0,\"max_instances\":1}");
    for (int i = 0; i < 200 && stage.rollout->state != ROLLOUT_HEALTHY; i++) {
        decide_once(&stage, NULL);
        g_assert_cmpint(count(&stage, "new", false) + count(&stage, "old", false), <=, 5);
    }
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_HEALTHY);
}

static void
so_many_failures_are_tolerated_and_one_more_is_not(void)
{
    for (int allowed = 0; allowed < 4; allowed++) {
        g_autofree char *spec =
            g_strdup_printf("{\"bake_ms\":60000,\"failures_allowed\":%d}", allowed);
        g_auto(Stage) stage;
        stage_open(&stage, spec);
        until(&stage, ROLLOUT_ANALYSING);
        decide_once(&stage, NULL);
        stage.new_health = VERDICT_FAIL;
        for (int failures = 1; failures <= allowed; failures++) {
            stage.now_ms = stage.rollout->next_check_ms;
            decide_once(&stage, NULL);
            g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_ANALYSING);
            g_assert_cmpint(stage.rollout->fails, ==, failures);
        }
        stage.now_ms = stage.rollout->next_check_ms;
        decide_once(&stage, NULL);
        g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_ABORTING);
        g_assert_cmpint(count(&stage, "new", true), ==, 0); /* safe in the same breath */
        g_assert_cmpint(count(&stage, "old", true), ==, 4);
        until(&stage, ROLLOUT_ROLLED_BACK);
        g_assert_cmpint(stage.rollout->safe_ms, >, 0);
        g_assert_cmpint(count(&stage, "new", false), ==, 0);
    }
}

static void
what_a_failure_leads_to_is_the_plans_word(void)
{
    static const struct {
        const char *word;
        RolloutState state;
    } cases[] = {
        {"rollback", ROLLOUT_ABORTING}, {"freeze", ROLLOUT_FROZEN}, {"pause", ROLLOUT_PAUSED}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *spec = g_strdup_printf("{\"on_failure\":\"%s\"}", cases[i].word);
        g_auto(Stage) stage;
        stage_open(&stage, spec);
        until(&stage, ROLLOUT_ANALYSING);
        stage.new_health = VERDICT_FAIL;
        until(&stage, cases[i].state);
    }
}

static void
each_unclear_answer_has_its_own_policy(void)
{
    static const struct {
        Verdict verdict;
        const char *key, *word;
        RolloutState state;
    } cases[] = {
        {VERDICT_NO_DATA, "on_no_data", "pause", ROLLOUT_PAUSED},
        {VERDICT_NO_DATA, "on_no_data", "rollback", ROLLOUT_ABORTING},
        {VERDICT_NO_DATA, "on_no_data", "go_on", ROLLOUT_STEPPING},
        {VERDICT_INCONCLUSIVE, "on_inconclusive", "pause", ROLLOUT_PAUSED},
        {VERDICT_INCONCLUSIVE, "on_inconclusive", "rollback", ROLLOUT_ABORTING},
        {VERDICT_INCONCLUSIVE, "on_inconclusive", "go_on", ROLLOUT_STEPPING},
        {VERDICT_ERROR, "on_error", "pause", ROLLOUT_PAUSED},
        {VERDICT_ERROR, "on_error", "rollback", ROLLOUT_ABORTING},
        {VERDICT_ERROR, "on_error", "go_on", ROLLOUT_STEPPING},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *spec =
            g_strdup_printf("{\"unclear_allowed\":1,\"%s\":\"%s\"}", cases[i].key, cases[i].word);
        g_auto(Stage) stage;
        stage_open(&stage, spec);
        until(&stage, ROLLOUT_ANALYSING);
        stage.new_health = cases[i].verdict;
        until(&stage, cases[i].state);
        if (cases[i].state != ROLLOUT_PAUSED)
            continue;
        stage.new_health = VERDICT_PASS; /* the reason is gone */
        until(&stage, ROLLOUT_ANALYSING);
    }
}

static void
a_gate_waits_for_a_person(void)
{
    g_auto(Stage) stage;
    stage_open(&stage,
               "{\"bake_ms\":0,\"steps\":[{\"count\":1,\"gate\":\"look\"},{\"percent\":100}]}");
    until(&stage, ROLLOUT_PAUSED);
    for (int i = 0; i < 20; i++)
        decide_once(&stage, NULL);
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_PAUSED);
    g_assert_nonnull(strstr(stage.rollout->why, "look"));
    decide_once(&stage, "promote");
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_STEPPING);
    g_assert_cmpint(stage.rollout->step, ==, 1);
}

static void
deadlines_stand_still_while_it_is_paused(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"bake_ms\":5000}");
    until(&stage, ROLLOUT_ANALYSING);
    int64_t before_ms = stage.rollout->bake_until_ms;
    decide_once(&stage, "pause");
    int64_t paused_ms = stage.rollout->since_ms;
    stage.now_ms += 3600 * 1000;
    decide_once(&stage, "resume");
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_ANALYSING);
    g_assert_cmpint(stage.rollout->bake_until_ms, ==,
                    before_ms + stage.rollout->since_ms - paused_ms);
}

static void
while_its_plan_stands_still_it_stands_too_and_then_goes_on_where_it_was(void)
{
    static const RolloutState states[] = {ROLLOUT_STEPPING, ROLLOUT_ANALYSING, ROLLOUT_PROMOTING,
                                          ROLLOUT_SOAKING};
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        g_auto(Stage) stage;
        stage_open(&stage, "{\"bake_ms\":5000,\"soak_ms\":5000,\"pause_ms\":1000}");
        until(&stage, states[i]);
        int instances = (int) stage.scene.count;
        stage.scene.is_held = true;
        for (int look = 0; look < 30; look++)
            decide_once(&stage, look == 9 ? "promote" : NULL);
        g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_PAUSED);
        g_assert_cmpstr(stage.rollout->code, ==, "held");
        g_assert_cmpint(stage.scene.count, ==, instances);
        stage.scene.is_held = false;
        decide_once(&stage, NULL);
        g_assert_cmpint(stage.rollout->state, ==, states[i]);
        until(&stage, ROLLOUT_HEALTHY);
    }
}

static void
what_fails_while_it_is_paused_goes_back_whoever_paused_it(void)
{
    static const struct {
        const char *word; /* NULL: its plan stands still */
        const char *on_failure;
        RolloutState state;
    } cases[] = {{"pause", "rollback", ROLLOUT_ABORTING}, {NULL, "rollback", ROLLOUT_ABORTING},
                 {"pause", "freeze", ROLLOUT_FROZEN},     {NULL, "freeze", ROLLOUT_FROZEN},
                 {"pause", "pause", ROLLOUT_PAUSED},      {NULL, "pause", ROLLOUT_PAUSED}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *spec =
            g_strdup_printf("{\"bake_ms\":60000,\"failures_allowed\":1,\"on_failure\":\"%s\"}",
                            cases[i].on_failure);
        g_auto(Stage) stage;
        stage_open(&stage, spec);
        until(&stage, ROLLOUT_ANALYSING);
        stage.scene.is_held = cases[i].word == NULL;
        decide_once(&stage, cases[i].word);
        g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_PAUSED);
        stage.new_health = VERDICT_FAIL;
        stage.now_ms = MAX(stage.now_ms, stage.rollout->next_check_ms);
        decide_once(&stage, NULL);
        g_assert_cmpint(stage.rollout->fails, ==, 1); /* tolerated */
        g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_PAUSED);
        stage.now_ms = stage.rollout->next_check_ms;
        decide_once(&stage, NULL);
        g_assert_cmpint(stage.rollout->state, ==, cases[i].state);
        g_assert_cmpstr(stage.rollout->code, ==, "check_failed");
        if (cases[i].state == ROLLOUT_ABORTING)
            until(&stage, ROLLOUT_ROLLED_BACK); /* its plan does not hold up the way back */
    }
}

static void
a_gate_is_not_unanswered_while_its_plan_stands_still(void)
{
    g_auto(Stage) stage;
    stage_open(&stage,
               "{\"bake_ms\":0,\"pause_ms\":3000,\"steps\":[{\"count\":1,\"gate\":\"look\"}]}");
    until(&stage, ROLLOUT_PAUSED);
    stage.scene.is_held = true;
    for (int look = 0; look < 20; look++)
        decide_once(&stage, NULL);
    g_assert_cmpstr(stage.rollout->code, ==, "gate");
    int64_t went_on_ms = stage.now_ms;
    stage.scene.is_held = false;
    until(&stage, ROLLOUT_ABORTING);
    g_assert_cmpstr(stage.rollout->code, ==, "unanswered");
    g_assert_cmpint(stage.rollout->since_ms - went_on_ms, >=, 1500);
}

static void
a_rollback_is_heard_before_anything_else(void)
{
    g_auto(Stage) stage;
    g_autoptr(json_t) signals = json_loads("[{\"n\":1,\"signal\":\"promote_full\"},"
                                           "{\"n\":2,\"signal\":\"rollback\"}]",
                                           0, NULL);
    g_auto(Decision) decision = {0};
    stage_open(&stage, "{}");
    until(&stage, ROLLOUT_ANALYSING);
    rollout_decide(stage.spec, stage.rollout, &stage.scene, signals, stage.now_ms, &decision);
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_ABORTING);
}

static void
an_ill_old_version_does_not_block_the_fix(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"bake_ms\":0,\"max_instances\":4}");
    for (int i = 0; i < 200 && stage.rollout->state != ROLLOUT_HEALTHY; i++) {
        for (size_t k = 0; k < stage.scene.count; k++)
            if (strcmp(stage.instances[k].revision, "old") == 0)
                stage.instances[k].started_ms = 0;
        sweep(&stage);
        for (size_t k = 0; k < stage.scene.count; k++)
            if (strcmp(stage.instances[k].revision, "old") == 0)
                stage.instances[k].health = VERDICT_FAIL;
        g_auto(Decision) decision = {0};
        rollout_decide(stage.spec, stage.rollout, &stage.scene, NULL, stage.now_ms, &decision);
        for (guint k = 0; decision.orders != NULL && k < decision.orders->len; k++)
            obey(&stage, decision.orders->pdata[k]);
        stage.now_ms = MAX(decision.look_ms, stage.now_ms + 1);
    }
    g_assert_cmpint(stage.rollout->state, ==, ROLLOUT_HEALTHY);
}

static void
a_checkpoint_comes_back_as_it_was(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{}");
    until(&stage, ROLLOUT_ANALYSING);
    g_autoptr(json_t) json = rollout_to_json(stage.rollout);
    g_autoptr(Rollout) again = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(rollout_from_json(json, &again, &error));
    g_autoptr(json_t) second = rollout_to_json(again);
    g_assert_true(json_equal(json, second));
    g_assert_cmpstr(json_get_string(json, "state", ""), ==, "analysing");
    g_assert_cmpint(json_array_size(json_object_get(json, "allowed_actions")), >, 0);
}

/* A pause before anything was touched can only be ended, or sent back; one in the middle can also be let go on. */
static void
only_words_that_would_do_something_are_allowed(void)
{
    static const struct {
        RolloutState left;
        bool is_saved, at_gate;
        const char *allowed;
    } cases[] = {
        {ROLLOUT_PENDING, false, false, "[\"rollback\",\"resume\"]"},
        {ROLLOUT_PREPARING, true, false, "[\"rollback\",\"promote_full\",\"resume\"]"},
        {ROLLOUT_ANALYSING, true, true, "[\"rollback\",\"promote_full\",\"promote\",\"resume\"]"},
        {ROLLOUT_STEPPING, true, false, "[\"rollback\",\"promote_full\",\"promote\",\"resume\"]"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rollout) rollout = rollout_new("new", 4, 1);
        rollout->state = ROLLOUT_PAUSED;
        rollout->left = cases[i].left;
        rollout->is_saved = cases[i].is_saved;
        rollout->at_gate = cases[i].at_gate;
        g_autoptr(json_t) allowed = rollout_allowed(rollout);
        g_autofree char *text = json_dumps(allowed, JSON_COMPACT);
        g_assert_cmpstr(text, ==, cases[i].allowed);
    }
}

static void
the_newest_checks_are_kept_with_what_they_saw(void)
{
    g_auto(Stage) stage;
    stage_open(&stage, "{\"bake_ms\":3600000}");
    until(&stage, ROLLOUT_ANALYSING);
    for (size_t i = 0; i < stage.scene.count; i++)
        stage.instances[i].answer_ms = (int) i + 1;
    for (int i = 0; i < 3 * ROLLOUT_CHECKS_MAX; i++)
        decide_once(&stage, NULL);
    const json_t *checks = stage.rollout->checks;
    g_assert_cmpint(json_array_size(checks), ==, ROLLOUT_CHECKS_MAX);
    int64_t before_ms = 0;
    for (size_t i = 0; i < ROLLOUT_CHECKS_MAX; i++) {
        const json_t *check = json_array_get(checks, i);
        g_assert_cmpstr(json_get_string(check, "verdict", ""), ==, "pass");
        g_assert_cmpint(json_get_int(check, "asked", 0), ==, count(&stage, "new", false));
        g_assert_cmpint(json_get_int(check, "passed", 0), ==, count(&stage, "new", false));
        g_assert_cmpint(json_get_int(check, "slowest_ms", 0), ==, (int) stage.scene.count);
        g_assert_cmpint(json_get_int(check, "at_ms", 0), >, before_ms);
        before_ms = json_get_int(check, "at_ms", 0);
    }
    stage.new_health = VERDICT_FAIL;
    decide_once(&stage, NULL);
    const json_t *last = json_array_get(checks, json_array_size(checks) - 1);
    g_assert_cmpstr(json_get_string(last, "verdict", ""), ==, "fail");
    g_assert_cmpint(json_get_int(last, "passed", -1), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/decide/a canary goes step by step and keeps the old ones until the soak is over",
        a_canary_goes_step_by_step_and_keeps_the_old_ones_until_the_soak_is_over);
    g_test_add_func("/decide/blue green gives no traffic before all are promoted",
                    blue_green_gives_no_traffic_before_all_are_promoted);
    g_test_add_func("/decide/rolling never has more than one beyond",
                    rolling_never_has_more_than_one_beyond);
    g_test_add_func("/decide/so many failures are tolerated and one more is not",
                    so_many_failures_are_tolerated_and_one_more_is_not);
    g_test_add_func("/decide/what a failure leads to is the plan's word",
                    what_a_failure_leads_to_is_the_plans_word);
    g_test_add_func("/decide/each unclear answer has its own policy",
                    each_unclear_answer_has_its_own_policy);
    g_test_add_func("/decide/a gate waits for a person", a_gate_waits_for_a_person);
    g_test_add_func("/decide/deadlines stand still while it is paused",
                    deadlines_stand_still_while_it_is_paused);
    g_test_add_func(
        "/decide/while its plan stands still it stands too and then goes on where it was",
        while_its_plan_stands_still_it_stands_too_and_then_goes_on_where_it_was);
    g_test_add_func("/decide/what fails while it is paused goes back whoever paused it",
                    what_fails_while_it_is_paused_goes_back_whoever_paused_it);
    g_test_add_func("/decide/a gate is not unanswered while its plan stands still",
                    a_gate_is_not_unanswered_while_its_plan_stands_still);
    g_test_add_func("/decide/a rollback is heard before anything else",
                    a_rollback_is_heard_before_anything_else);
    g_test_add_func("/decide/an ill old version does not block the fix",
                    an_ill_old_version_does_not_block_the_fix);
    g_test_add_func("/decide/only words that would do something are allowed",
                    only_words_that_would_do_something_are_allowed);
    g_test_add_func("/decide/the newest checks are kept with what they saw",
                    the_newest_checks_are_kept_with_what_they_saw);
    g_test_add_func("/decide/a checkpoint comes back as it was", a_checkpoint_comes_back_as_it_was);
    return g_test_run();
}
