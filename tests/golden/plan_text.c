/*
 * plan_text.c - what `honk plan` prints, held against what was agreed.
 *
 * plan/NAME.slice.json is planned and printed; plan/NAME.state.json, if there is one, is the
 * migration's state as the API shows it ("@digest" in it stands for the plan's). The text must
 * equal plan/NAME.txt; GOLDEN_WRITE=1 writes that file anew, for a person to read the difference.
 */
#include "base/text.h"
#include "planner/planner.h"

#include <string.h>

static const char *folder;

static json_t *
read_json(const char *name, const char *suffix)
{
    g_autofree char *path = g_strdup_printf("%s/%s%s", folder, name, suffix);
    json_t *json = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    if (!json_read_file(path, &json, &error))
        g_error("%s", error->message);
    return json;
}

static Plan *
plan_of(const char *name, json_t **ret_observations)
{
    g_autoptr(json_t) slice = read_json(name, ".slice.json");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    Plan *plan = NULL;

    if (!planner_plan(slice, diags, &plan, ret_observations, &error))
        g_error("%s", error->message);
    return plan;
}

static json_t *
state_of(const char *name, const Plan *plan)
{
    json_t *state = read_json(name, ".state.json"), *approval;
    size_t i;

    json_array_foreach(json_object_get(state, "approvals"), i,
                       approval) if (strcmp(json_get_string(approval, "digest", ""), "@digest") ==
                                     0) json_set_string(approval, "digest", plan->digest);
    return state;
}

/* What must hold for any plan at any width. */
static void
check_lines(const char *text, int width)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    g_assert_true(g_utf8_validate(text, -1, NULL));
    for (size_t i = 0; lines[i] != NULL; i++) {
        size_t length = strlen(lines[i]);
        if (length > 0 && lines[i][length - 1] == ' ')
            g_error("a blank at the end of '%s'", lines[i]);
        if (g_utf8_strlen(lines[i], -1) > width)
            g_error("over %d columns: '%s'", width, lines[i]);
    }
}

static void
check_case(const char *name)
{
    g_autoptr(json_t) observations = NULL;
    g_autoptr(Plan) plan = plan_of(name, &observations);
    g_autoptr(json_t) state = state_of(name, plan);
    g_autofree char *text = plan_text(plan, observations, state, 100, false);
    g_autofree char *path = g_strdup_printf("%s/%s.txt", folder, name);
    g_autofree char *agreed = NULL;

    for (int width = 60; width <= 140; width += 20) {
        g_autofree char *other = plan_text(plan, observations, state, width, false);
        check_lines(other, width);
    }
    if (g_getenv("GOLDEN_WRITE") != NULL)
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_true(g_file_get_contents(path, &agreed, NULL, NULL));
    g_assert_cmpstr(text, ==, agreed);
}

static void
a_transform_reads_as_agreed(void)
{
    check_case("users");
}

static void
a_copy_that_replaces_reads_as_agreed(void)
{
    check_case("airports");
}

/* Without the escapes, the coloured text is the plain one. */
static void
colour_adds_nothing_but_colour(void)
{
    g_autoptr(json_t) observations = NULL;
    g_autoptr(Plan) plan = plan_of("users", &observations);
    g_autofree char *plain = plan_text(plan, observations, NULL, 100, false);
    g_autofree char *coloured = plan_text(plan, observations, NULL, 100, true);
    g_autoptr(GRegex) escapes = g_regex_new("\033\\[[0-9]+m", 0, 0, NULL);
    g_autofree char *stripped = g_regex_replace_literal(escapes, coloured, -1, 0, "", 0, NULL);

    g_assert_cmpstr(stripped, ==, plain);
    g_assert_cmpstr(coloured, !=, plain);
}

/* All of a large catalog may read a dataset: the terminal shows a page, and how many there are. */
static void
many_consumers_are_counted_and_not_all_listed(void)
{
    g_autoptr(json_t) slice = read_json("users", ".slice.json");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Plan) plan = NULL;
    g_autoptr(json_t) observations = NULL;
    json_t *consumers = json_array();

    for (int i = 0; i < 1000; i++)
        json_array_append_new(consumers,
                              json_pack("{s:o, s:s, s:s, s:b}", "ref",
                                        json_sprintf("component:default/job-%03d", i), "owner",
                                        "group:default/jobs", "access", "reads", "direct", true));
    json_object_set_new(slice, "consumers", consumers);
    g_assert_true(planner_plan(slice, diags, &plan, &observations, NULL));
    g_autofree char *text = plan_text(plan, NULL, NULL, 100, false);
    g_assert_nonnull(strstr(text, "component:default/job-024"));
    g_assert_null(strstr(text, "component:default/job-025"));
    g_assert_nonnull(strstr(text, "and 975 more"));
    g_assert_nonnull(strstr(text, "1000 readers, 0 writers, 1 owner"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = argv[1];
    g_test_add_func("/golden/plan/a transform reads as agreed", a_transform_reads_as_agreed);
    g_test_add_func("/golden/plan/a copy that replaces reads as agreed",
                    a_copy_that_replaces_reads_as_agreed);
    g_test_add_func("/golden/plan/many consumers are counted and not all listed",
                    many_consumers_are_counted_and_not_all_listed);
    g_test_add_func("/golden/plan/colour adds nothing but colour", colour_adds_nothing_but_colour);
    return g_test_run();
}
