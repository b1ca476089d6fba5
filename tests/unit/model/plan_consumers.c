/* plan_consumers.c - whom a plan concerns, in short. */
#include "model/plan.h"

static json_t *
consumers_of(const char *text)
{
    g_autoptr(json_t) plan = json_loads(text, 0, NULL);
    g_assert_nonnull(plan);
    return plan_consumers(plan);
}

static const char *
planned(const char *change)
{
    g_autofree char *text = g_strdup_printf("{\"changes\": [{\"consumer\": \"a\", %s}]}", change);
    g_autoptr(json_t) lines = consumers_of(text);
    return g_intern_string(json_get_string(json_array_get(lines, 0), "planned", NULL));
}

static void
what_is_planned_for_it_is_a_word(void)
{
    g_assert_cmpstr(planned("\"counts\": {}"), ==, "nothing");
    g_assert_cmpstr(planned("\"counts\": {\"already\": 3, \"unaffected\": 1}"), ==, "nothing");
    g_assert_cmpstr(planned("\"counts\": {\"rewritten\": 2}"), ==, "change");
    g_assert_cmpstr(planned("\"counts\": {\"rewritten\": 2, \"needs_person\": 1}"), ==, "person");
    g_assert_cmpstr(planned("\"counts\": {\"unparsable\": 1}"), ==, "person");
    g_assert_cmpstr(planned("\"counts\": {}, \"problem\": \"no such repository\""), ==, "person");
}

static void
what_a_coding_agent_is_let_at_is_not_left_to_people(void)
{
    g_assert_cmpstr(planned("\"counts\": {\"needs_person\": 2}, \"coding\": {\"sites\": 2}"), ==,
                    "change");
    g_assert_cmpstr(planned("\"counts\": {\"needs_person\": 2}, \"coding\": {\"sites\": 1}"), ==,
                    "person");
}

static void
who_reads_and_writes_is_one_line_and_keeps_three_reasons(void)
{
    g_autoptr(json_t) lines = consumers_of(
        "{\"consumers\": [{\"ref\": \"a\", \"owner\": \"g\", \"access\": \"reads\"}, "
        "{\"ref\": \"a\", \"owner\": \"g\", \"access\": \"writes\"}], "
        "\"changes\": [{\"consumer\": \"a\", \"repository\": \"code:a\", \"counts\": "
        "{\"needs_person\": 4}, \"reasons\": [{\"line\": 1}, {\"line\": 2}, {\"line\": 3}, "
        "{\"line\": 4}]}, {\"consumer\": \"b\", \"owner\": \"h\", \"counts\": {}}]}");
    g_assert_cmpint(json_array_size(lines), ==, 2);
    const json_t *a = json_array_get(lines, 0), *b = json_array_get(lines, 1);
    g_assert_cmpint(json_array_size(json_object_get(a, "access")), ==, 2);
    g_assert_cmpint(json_array_size(json_object_get(a, "reasons")), ==, 3);
    g_assert_cmpint(json_get_int(a, "left", 0), ==, 4);
    g_assert_cmpstr(json_get_string(b, "owner", ""), ==, "h");
    g_assert_cmpint(json_array_size(json_object_get(b, "access")), ==, 0);
}

static void
a_consumer_whose_change_is_split_has_a_line_for_each_part(void)
{
    g_autoptr(json_t) lines = consumers_of(
        "{\"consumers\": [{\"ref\": \"a\", \"owner\": \"g\", \"access\": \"reads\"}], "
        "\"changes\": [{\"consumer\": \"a\", \"owner\": \"@x\", \"repository\": \"code:a\", "
        "\"key\": \"code:a#x\", \"part\": {\"name\": \"x\"}, \"counts\": {\"rewritten\": 2}}, "
        "{\"consumer\": \"a\", \"owner\": \"@y\", \"repository\": \"code:a\", "
        "\"key\": \"code:a#y\", \"part\": {\"name\": \"y\"}, \"counts\": {\"rewritten\": 3}}]}");
    g_assert_cmpint(json_array_size(lines), ==, 2);
    const json_t *x = json_array_get(lines, 0), *y = json_array_get(lines, 1);
    g_assert_cmpstr(json_get_string(x, "owner", ""), ==, "@x");
    g_assert_cmpstr(json_get_string(y, "owner", ""), ==, "@y");
    g_assert_cmpstr(json_get_string(y, "key", ""), ==, "code:a#y");
    g_assert_cmpstr(json_get_string(y, "consumer", ""), ==, "a");
    g_assert_cmpint(json_get_int(x, "rewritten", 0), ==, 2);
    g_assert_cmpint(json_get_int(y, "rewritten", 0), ==, 3);
    g_assert_cmpint(json_array_size(json_object_get(y, "access")), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan_consumers/what is planned for it is a word",
                    what_is_planned_for_it_is_a_word);
    g_test_add_func("/plan_consumers/what a coding agent is let at is not left to people",
                    what_a_coding_agent_is_let_at_is_not_left_to_people);
    g_test_add_func("/plan_consumers/who reads and writes is one line and keeps three reasons",
                    who_reads_and_writes_is_one_line_and_keeps_three_reasons);
    g_test_add_func("/plan_consumers/a consumer whose change is split has a line for each part",
                    a_consumer_whose_change_is_split_has_a_line_for_each_part);
    return g_test_run();
}
