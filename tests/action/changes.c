/* changes.c - consumers' code that moves while its dataset does, and workers that come late. */
#include "cases.h"

#include "planner/planner.h"

#include <string.h>

#define QUERY "SELECT p.id FROM people p JOIN orders o ON o.person = p.id\n"

static const RigCase *
code_case(void)
{
    for (size_t i = 0; i < rig_case_count; i++)
        if (rig_cases[i].code != NULL)
            return &rig_cases[i];
    g_assert_not_reached();
}

static Rig *
planned(void)
{
    Rig *rig = rig_new(code_case());
    rig_plan(rig, code_case());
    return rig;
}

static char *
branch_of(Rig *rig)
{
    return plan_branch_name(rig->plan);
}

static bool
has_branch(Rig *rig, int n)
{
    g_autofree char *branch = branch_of(rig);
    g_autofree char *found = rig_git(rig, n, "branch", "--list", branch, NULL);
    return *found != '\0';
}

static Outcome *
change(Rig *rig, RigMode mode)
{
    return rig_lease(rig, rig_step(rig, "rewrite"), "code:reader-0", json_object(), mode, false);
}

static void
assert_left_to_a_person(Rig *rig, const char *part)
{
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, "mismatch");
    g_assert_true(outcome->before_effect);
    g_assert_nonnull(strstr(outcome->message, "consumer 'component:default/reader-0'"));
    if (strstr(outcome->message, part) == NULL)
        g_error("'%s' is not in '%s'", part, outcome->message);
    g_assert_false(has_branch(rig, 0));
}

static void
code_that_moved_is_changed_inside_of_what_was_approved(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "report.sql", "-- whose orders\n" QUERY);
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_DONE);
    g_assert_true(json_get_bool(outcome->evidence, "replanned", false));
    g_autofree char *branch = branch_of(rig);
    g_autofree char *message = rig_git(rig, 0, "log", "-1", "--format=%B", branch, NULL);
    g_assert_nonnull(strstr(message, "The code moved since the plan was made."));
    g_autofree char *base = rig_git(rig, 0, "merge-base", "main", branch, NULL);
    g_autofree char *head = rig_git(rig, 0, "rev-parse", "main", NULL);
    g_assert_cmpstr(base, ==, head);
}

static void
what_moved_elsewhere_is_no_news(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "other.sql", "SELECT 1\n");
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_DONE);
    g_assert_false(json_get_bool(outcome->evidence, "replanned", false));
}

static void
more_places_than_approved_are_left_to_a_person(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "second.sql", QUERY);
    assert_left_to_a_person(rig, "'second.sql' in 'code:reader-0' is not as the plan saw it");
    g_free(rig_git(rig, 0, "reset", "-q", "--hard", "HEAD^", NULL));
    g_autoptr(Outcome) again = change(rig, RIG_RUN);
    assert_kind(again, OUTCOME_DONE);
}

static void
other_kinds_of_edits_than_approved_are_left_to_a_person(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "report.sql", "SELECT p.id FROM people p WHERE p.country = 'UK'\n");
    assert_left_to_a_person(rig, "it would edit 'uk -> gb', which no edit of the plan does");
}

static void
new_places_for_people_are_theirs_to_see_first(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "job.py", "df = load('people')\n");
    assert_left_to_a_person(rig, "left to people");
}

static void
what_somebody_did_by_hand_needs_no_branch(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 0, "report.sql", "SELECT p.person_id FROM persons p\n");
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_DONE);
    g_assert_true(json_is_null(json_object_get(outcome->evidence, "commit")));
    g_assert_false(has_branch(rig, 0));
    g_autoptr(Outcome) back = change(rig, RIG_REVERSE);
    assert_kind(back, OUTCOME_DONE);
}

static void
preflight_names_the_consumer_and_the_file(void)
{
    g_autoptr(Rig) rig = planned();
    rig_code_write(rig, 1, "report.sql", "SELECT p.id FROM people p\n");
    rig_code_write(rig, 0, "new.sql", "SELECT p.id FROM people p\n");
    g_autoptr(Outcome) outcome = rig_preflight(rig, NULL);
    assert_kind(outcome, OUTCOME_DRIFT);
    g_assert_cmpstr(
        outcome->message, ==,
        "consumer 'component:default/reader-0': 'new.sql' names it now; consumer "
        "'component:default/reader-1': 'report.sql' was edited since the plan was made");
    g_autoptr(Outcome) later = rig_preflight(rig, json_pack("{s:b}", "effects", 1));
    assert_kind(later, OUTCOME_DONE);
}

static void
the_first_repository_goes_alone(void)
{
    g_autoptr(Rig) rig = planned();
    g_autoptr(Outcome) wave = rig_lease(rig, rig_step(rig, "rewrite"), "", NULL, RIG_RUN, false);
    assert_kind(wave, OUTCOME_MORE);
    g_assert_cmpuint(json_array_size(wave->children), ==, 1);
    g_autoptr(Outcome) all = rig_run(rig, rig_step(rig, "rewrite"));
    assert_kind(all, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(all->evidence, "changes", 0), ==, RIG_REPOSITORIES);
    g_assert_cmpint(json_get_int(all->evidence, "rewritten", 0), ==, 3 * RIG_REPOSITORIES);
}

static void
a_dataset_that_changes_between_two_waves_stops_the_next(void)
{
    g_autoptr(Rig) rig = planned();
    g_autoptr(Outcome) first = rig_lease(rig, rig_step(rig, "rewrite"), "", NULL, RIG_RUN, false);
    assert_kind(first, OUTCOME_MORE);
    rig_sql(rig, "ALTER TABLE people ADD COLUMN fax TEXT");
    g_autoptr(Outcome) second = rig_lease(rig, rig_step(rig, "rewrite"), "", NULL, RIG_RUN, true);
    assert_kind(second, OUTCOME_DRIFT);
    g_assert_nonnull(strstr(second->message, "fax"));
}

static bool is_fenced;

static bool
confirm(StepEnv *env, GError **error)
{
    return !is_fenced || fail(error, ERR_FENCED, "the lease of task 't' is over");
}

/* It looked, wrote its commit, fell asleep; meanwhile it was probed, and all was taken back. */
static void
a_worker_that_comes_late_sets_no_branch(void)
{
    g_autoptr(Rig) rig = planned();
    g_autofree char *before = rig_world(rig);
    rig->env.confirm = confirm;
    is_fenced = false;
    g_autoptr(Outcome) probed = change(rig, RIG_PROBE);
    assert_kind(probed, OUTCOME_NOT_APPLIED);
    is_fenced = true;
    g_autoptr(Outcome) late = change(rig, RIG_RUN);
    assert_kind(late, OUTCOME_ERROR);
    g_assert_cmpstr(late->error_code, ==, "fenced");
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
    is_fenced = false;
    g_autoptr(Outcome) anew = change(rig, RIG_RUN);
    assert_kind(anew, OUTCOME_DONE);
    is_fenced = true;
    g_autoptr(Outcome) late_back = change(rig, RIG_REVERSE);
    assert_kind(late_back, OUTCOME_ERROR);
    g_assert_true(has_branch(rig, 0));
}

static void
a_tick_that_says_stop_stops_before_anything(void)
{
    g_autoptr(Rig) rig = planned();
    rig->ticks_left = 1;
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_RELEASED);
    g_assert_false(has_branch(rig, 0));
}

/* A service runs a commit that is not on the default branch; the plan says so, or does not. */
static char *
let_run(Rig *rig, bool is_planned)
{
    g_free(rig_git(rig, 0, "checkout", "-q", "-b", "honk/earlier", NULL));
    rig_code_write(rig, 0, "earlier.sql", "SELECT 1\n");
    char *commit = g_strchomp(rig_git(rig, 0, "rev-parse", "HEAD", NULL));
    g_free(rig_git(rig, 0, "checkout", "-q", "main", NULL));
    json_object_set_new(rig->plan->json, "services",
                        json_pack("[{s:s, s:s, s:s, s:{s:s, s:{}}}]", "service", "player",
                                  "repository", "code:reader-0", "deploy", "branch", "from", "code",
                                  commit, "datasets"));
    if (is_planned)
        json_object_set_new(json_array_get(json_object_get(rig->plan->json, "changes"), 0), "upon",
                            json_pack("{s:s, s:s}", "service", "player", "commit", commit));
    return commit;
}

static void
a_change_stands_on_what_the_plan_says_that_a_service_runs(void)
{
    g_autoptr(Rig) rig = planned();
    g_autofree char *earlier = let_run(rig, true), *branch = branch_of(rig);
    g_autofree char *before = rig_git(rig, 0, "for-each-ref", NULL);
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_DONE);
    g_assert_cmpstr(json_get_string(outcome->evidence, "base", ""), ==, earlier);
    g_assert_cmpstr(json_get_string(outcome->evidence, "upon", ""), ==, "player");
    g_assert_false(json_get_bool(outcome->evidence, "replanned", false));
    g_autofree char *parent = g_strconcat(branch, "^", NULL);
    g_autofree char *base = g_strchomp(rig_git(rig, 0, "rev-parse", parent, NULL));
    g_assert_cmpstr(base, ==, earlier);
    g_autofree char *message = rig_git(rig, 0, "log", "-1", "--format=%B", branch, NULL);
    g_assert_nonnull(strstr(message, "which service 'player' runs"));
    g_autoptr(Outcome) found = change(rig, RIG_PROBE);
    assert_kind(found, OUTCOME_APPLIED);
    g_assert_cmpstr(json_get_string(found->evidence, "base", ""), ==, earlier);
    g_assert_cmpstr(json_get_string(found->evidence, "upon", ""), ==, "player");
    g_autoptr(Outcome) back = change(rig, RIG_REVERSE);
    assert_kind(back, OUTCOME_DONE);
    g_autofree char *after = rig_git(rig, 0, "for-each-ref", NULL);
    g_assert_cmpstr(before, ==, after);
}

/* Nobody who approved it could have seen what it would stand on. */
static void
running_code_that_the_plan_does_not_name_is_left_to_a_person(void)
{
    g_autoptr(Rig) rig = planned();
    g_free(let_run(rig, false));
    assert_left_to_a_person(rig, "the plan does not say that its change stands on that");
}

static void
a_default_branch_that_moves_beside_what_runs_waits_for_a_merge(void)
{
    g_autoptr(Rig) rig = planned();
    g_free(let_run(rig, true));
    rig_code_write(rig, 0, "other.sql", "SELECT 2\n");
    g_autoptr(Outcome) outcome = change(rig, RIG_RUN);
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, "wrong_state");
    g_assert_nonnull(strstr(outcome->message, "into 'main'"));
    g_assert_false(has_branch(rig, 0));
    g_free(rig_git(rig, 0, "merge", "-q", "--no-ff", "-m", "Merge", "honk/earlier", NULL));
    g_autoptr(Outcome) again = change(rig, RIG_RUN);
    assert_kind(again, OUTCOME_DONE);
    g_autofree char *head = g_strchomp(rig_git(rig, 0, "rev-parse", "main", NULL));
    g_assert_cmpstr(json_get_string(again->evidence, "base", ""), ==, head);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/changes/" path, function)
    TEST("code that moved is changed inside of what was approved",
         code_that_moved_is_changed_inside_of_what_was_approved);
    TEST("what moved elsewhere is no news", what_moved_elsewhere_is_no_news);
    TEST("more places than approved are left to a person",
         more_places_than_approved_are_left_to_a_person);
    TEST("other kinds of edits than approved are left to a person",
         other_kinds_of_edits_than_approved_are_left_to_a_person);
    TEST("new places for people are theirs to see first",
         new_places_for_people_are_theirs_to_see_first);
    TEST("what somebody did by hand needs no branch", what_somebody_did_by_hand_needs_no_branch);
    TEST("preflight names the consumer and the file", preflight_names_the_consumer_and_the_file);
    TEST("the first repository goes alone", the_first_repository_goes_alone);
    TEST("a dataset that changes between two waves stops the next",
         a_dataset_that_changes_between_two_waves_stops_the_next);
    TEST("a worker that comes late sets no branch", a_worker_that_comes_late_sets_no_branch);
    TEST("a tick that says stop stops before anything",
         a_tick_that_says_stop_stops_before_anything);
    TEST("a change stands on what the plan says that a service runs",
         a_change_stands_on_what_the_plan_says_that_a_service_runs);
    TEST("running code that the plan does not name is left to a person",
         running_code_that_the_plan_does_not_name_is_left_to_a_person);
    TEST("a default branch that moves beside what runs waits for a merge",
         a_default_branch_that_moves_beside_what_runs_waits_for_a_merge);
    return g_test_run();
}
