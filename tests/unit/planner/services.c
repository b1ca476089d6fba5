/* services.c - services in plans: what is kept, what is a guard, what drift is told, the plan of one alone. */
#include "planner/services.h"
#include "planner/planner.h"

#include <string.h>

static json_t *
row(const char *service, const char *access, int wave, const char *from, const char *to)
{
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:{s:n, s:{s:s}}, s:{s:n, s:{s:s}}, s:{s:s, s:i, s:[]}, s:s, "
        "s:i}",
        "service", service, "access", access, "target", "here", "wave", wave, "group", "g", "from",
        "code", "datasets", "USERS", from, "to", "code", "datasets", "USERS", to, "rollout",
        "strategy", "canary", "max_instances", 2, "steps", "how", "canary", "estimate_ms", 1000);
}

static json_t *
slice_of(json_t *services)
{
    return json_pack("{s:o, s:{s:s, s:i}, s:s}", "services", services, "policy", "digest",
                     "sha256:p", "rollback_window_ms", 5000, "author", "user:default/ada");
}

static void
who_has_nothing_to_do_is_in_no_plan(void)
{
    json_t *idle = row("b", "reads", 0, "s:old", "s:old");
    json_set_bool(idle, "idle", true);
    g_autoptr(json_t) slice =
        slice_of(json_pack("[o, o]", row("a", "reads", 1, "s:old", "s:new"), idle));
    g_autoptr(json_t) planned = services_planned(slice);
    g_assert_cmpint(json_array_size(planned), ==, 1);
    g_autofree char *summary = services_summary(planned);
    g_assert_cmpstr(summary, ==, "1 service in 1 wave");
    g_autoptr(json_t) nothing = slice_of(json_pack("[O]", idle));
    g_assert_null(services_planned(nothing));
}

static void
what_cannot_be_rolled_out_is_told_and_makes_no_step(void)
{
    json_t *stays = row("a", "writes", 0, "s:old", "s:new");
    json_set_string(stays, "problem", "it does not run");
    g_autoptr(json_t) services = json_pack("[o]", stays);
    g_assert_false(services_any(services));
    g_autoptr(json_t) labels = services_labels(services);
    g_assert_cmpint(json_array_size(labels), ==, 0);
}

static void
only_what_runs_is_a_guard(void)
{
    g_autoptr(json_t) one = json_pack("[o]", row("a", "reads", 1, "s:old", "s:new"));
    g_autoptr(json_t) same = json_pack("[o]", row("a", "writes", 2, "s:old", "s:other"));
    g_autoptr(json_t) moved = json_pack("[o]", row("a", "reads", 1, "s:third", "s:new"));
    g_autofree char *first = NULL, *second = NULL, *third = NULL;
    g_assert_true(services_guard(one, &first, NULL));
    g_assert_true(services_guard(same, &second, NULL));
    g_assert_true(services_guard(moved, &third, NULL));
    g_assert_cmpstr(first, ==, second);
    g_assert_cmpstr(first, !=, third);
}

static void
drift_names_the_service_and_what_it_names_now(void)
{
    static const char *const expected[] = {
        "service 'a' named 's:old' as USERS, names 's:third'",
        "service 'b' has nothing to do with it any more",
        "service 'c' names it now",
    };
    g_autoptr(json_t) before = json_pack("[o, o]", row("a", "reads", 1, "s:old", "s:new"),
                                         row("b", "reads", 1, "s:old", "s:new"));
    g_autoptr(json_t) now = json_pack("[o, o]", row("a", "reads", 1, "s:third", "s:third"),
                                      row("c", "reads", 1, "s:old", "s:new"));
    g_autoptr(json_t) said = json_array();
    services_drift(said, before, now);
    g_assert_cmpint(json_array_size(said), ==, G_N_ELEMENTS(expected));
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpstr(json_string_value(json_array_get(said, i)), ==, expected[i]);
    g_autoptr(json_t) none = json_array();
    services_drift(none, before, before);
    g_assert_cmpint(json_array_size(none), ==, 0);
}

static void
an_agents_wish_is_what_is_planned(void)
{
    g_autoptr(json_t) services = json_pack("[o]", row("a", "reads", 1, "s:old", "s:new"));
    g_autoptr(json_t) wish =
        json_pack("{s:s, s:i}", "rollout_strategy", "rolling", "max_instances", 5);
    services_wish(services, wish);
    const json_t *how = json_object_get(json_array_get(services, 0), "rollout");
    g_assert_cmpstr(json_get_string(how, "strategy", ""), ==, "rolling");
    g_assert_cmpint(json_get_int(how, "max_instances", 0), ==, 5);
    g_assert_null(json_object_get(how, "steps"));
}

static void
a_rollout_of_its_own_is_a_plan_with_one_step(void)
{
    g_autoptr(json_t) slice = slice_of(json_pack("[o]", row("player", "", 1, "s:old", "s:new")));
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) error = NULL;
    if (!services_own_plan(slice, &plan, &error))
        g_error("%s", error->message);
    g_assert_cmpint(plan->steps->len, ==, 1);
    const Step *step = plan_step(plan, "rollout");
    g_assert_cmpint(step->action->id, ==, ACTION_ROLLOUT);
    g_assert_cmpstr(step->needs->pdata[0], ==, "fleet:here");
    g_assert_cmpstr(json_get_string(plan->json, "migration", ""), ==, "service:default/player");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/services/who has nothing to do is in no plan",
                    who_has_nothing_to_do_is_in_no_plan);
    g_test_add_func("/services/what cannot be rolled out is told and makes no step",
                    what_cannot_be_rolled_out_is_told_and_makes_no_step);
    g_test_add_func("/services/only what runs is a guard", only_what_runs_is_a_guard);
    g_test_add_func("/services/drift names the service and what it names now",
                    drift_names_the_service_and_what_it_names_now);
    g_test_add_func("/services/an agent's wish is what is planned",
                    an_agents_wish_is_what_is_planned);
    g_test_add_func("/services/a rollout of its own is a plan with one step",
                    a_rollout_of_its_own_is_a_plan_with_one_step);
    return g_test_run();
}
