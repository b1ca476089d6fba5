/* Classes of change: what is the same after the names are taken out, and nothing else. */
#include "review/classes.h"

/* A plan that moves `table` of `store`, with this rule for its first column. Caller owns. */
static json_t *
plan_of(const char *store, const char *table, const char *reader, const char *rule)
{
    return json_pack("{s:o, s:s, s:{s:o, s:o}, s:{s:o, s:o}, s:{s:s}, s:[{s:s, s:s, s:o}], "
                     "s:[{s:s, s:s}], s:{s:s, s:s}}",
                     "migration", json_sprintf("migration:default/%s-v2", table), "author",
                     "user:default/ada", "source", "url", json_sprintf("%s:%s_v1", store, table),
                     "ref", json_sprintf("resource:default/%s-v1", table), "target", "url",
                     json_sprintf("%s:%s_v2", store, table), "ref",
                     json_sprintf("resource:default/%s-v2", table), "mapping", "rule", rule,
                     "steps", "action", "stage", "name", "stage", "text",
                     json_sprintf("make '%s_v2__honk_%08x', with the index %s_v1_name", table,
                                  g_str_hash(table), table),
                     "consumers", "ref", reader, "access", "reads", "guards", "source_schema",
                     table, "strategy", "bulk-copy@1");
}

static void
shapes_equal(json_t *take_one, json_t *take_other, bool expected)
{
    g_autoptr(json_t) one = take_one, other = take_other;
    g_autoptr(json_t) first = plan_shape(one), second = plan_shape(other);
    g_assert_cmpint(json_equal(first, second), ==, expected);
    g_autoptr(json_t) differences = shape_differences(first, second, 8);
    g_assert_cmpint(json_array_size(differences) == 0, ==, expected);
}

static void
moves_that_only_differ_in_names_are_of_one_class(void)
{
    shapes_equal(plan_of("a", "users", "component:default/x", "from id"),
                 plan_of("b", "t1", "component:default/y", "from id"), true);
}

static void
whatever_else_differs_makes_another_class_and_is_named(void)
{
    shapes_equal(plan_of("a", "users", "component:default/x", "from id"),
                 plan_of("a", "orders", "component:default/x", "from uid"), false);
    g_autoptr(json_t) one = plan_of("a", "users", "component:default/x", "from id");
    g_autoptr(json_t) other = plan_of("a", "orders", "component:default/x", "from uid");
    g_autoptr(json_t) first = plan_shape(one), second = plan_shape(other);
    g_autoptr(json_t) differences = shape_differences(first, second, 8);
    g_assert_cmpuint(json_array_size(differences), ==, 1);
    g_assert_cmpstr(json_get_string(json_array_get(differences, 0), "at", ""), ==, "mapping.rule");
}

static void
a_consumer_more_is_another_class(void)
{
    json_t *more = plan_of("a", "users", "component:default/x", "from id");
    json_array_append_new(
        json_object_get(more, "consumers"),
        json_pack("{s:s, s:s}", "ref", "component:default/z", "access", "writes"));
    shapes_equal(plan_of("a", "users", "component:default/x", "from id"), more, false);
}

static void
a_name_inside_of_another_word_is_no_name(void)
{
    shapes_equal(plan_of("a", "t1", "component:default/x", "from t1_v12"),
                 plan_of("a", "t2", "component:default/x", "from t2_v12"), false);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/classes/moves that only differ in names are of one class",
                    moves_that_only_differ_in_names_are_of_one_class);
    g_test_add_func("/classes/whatever else differs makes another class and is named",
                    whatever_else_differs_makes_another_class_and_is_named);
    g_test_add_func("/classes/a consumer more is another class", a_consumer_more_is_another_class);
    g_test_add_func("/classes/a name inside of another word is no name",
                    a_name_inside_of_another_word_is_no_name);
    return g_test_run();
}
