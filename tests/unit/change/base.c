/* base.c - what a change stands on: the default branch, or what services run upon it. */
#include "world.h"

#include "change/base.h"

#include <string.h>

#define QUERY "reports/active.sql"

/* A branch with one commit upon what is checked out; then main again. Caller frees the commit. */
static char *
branch_with(World *world, const char *branch, const char *path, const char *text)
{
    g_free(world_git(world, "checkout", "-q", "-b", branch, NULL));
    world_write(world, path, text);
    world_commit(world, branch);
    char *commit = g_strchomp(world_git(world, "rev-parse", "HEAD", NULL));
    g_free(world_git(world, "checkout", "-q", "main", NULL));
    return commit;
}

static char *
head_of(World *world, const char *name)
{
    return g_strchomp(world_git(world, "rev-parse", name, NULL));
}

static void
assert_base(World *world, const RunningCode *running, size_t count, const char *commit,
            const char *service)
{
    g_auto(ChangeBase) base = {0};
    g_autoptr(GError) error = NULL;
    if (!change_base(world->repository, running, count, &base, &error))
        g_error("%s", error->message);
    g_assert_cmpstr(base.branch, ==, "main");
    g_assert_cmpstr(base.commit, ==, commit);
    g_assert_cmpstr(base.service, ==, service);
}

static void
assert_no_base(World *world, const RunningCode *running, size_t count, const char *part)
{
    g_auto(ChangeBase) base = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(change_base(world->repository, running, count, &base, &error));
    g_assert_error(error, error_quark(), ERR_WRONG_STATE);
    if (strstr(error->message, part) == NULL)
        g_error("'%s' is not in: %s", part, error->message);
}

static void
what_runs_on_the_default_branch_changes_nothing(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *first = head_of(world, "main");
    world_commit(world, "Go on");
    g_autofree char *head = head_of(world, "main");
    const RunningCode old[] = {{"player", first}, {"other", head}};
    assert_base(world, NULL, 0, head, NULL);
    assert_base(world, old, 2, head, NULL);
}

static void
what_runs_upon_the_default_branch_is_the_base(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *one = branch_with(world, "one", QUERY, "SELECT 1\n");
    const RunningCode running[] = {{"player", one}};
    assert_base(world, running, 1, one, "player");
}

static void
of_two_that_run_the_base_is_the_one_that_holds_the_other(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *one = branch_with(world, "one", QUERY, "SELECT 1\n");
    g_free(world_git(world, "checkout", "-q", "one", NULL));
    g_autofree char *two = branch_with(world, "two", "reports/other.sql", "SELECT 2\n");
    const RunningCode up[] = {{"player", one}, {"profile", two}};
    const RunningCode down[] = {{"profile", two}, {"player", one}};
    assert_base(world, up, 2, two, "profile");
    assert_base(world, down, 2, two, "profile");
}

static void
of_two_that_hold_different_things_neither_is_the_base(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *one = branch_with(world, "one", QUERY, "SELECT 1\n");
    g_autofree char *two = branch_with(world, "two", "reports/other.sql", "SELECT 2\n");
    const RunningCode running[] = {{"player", one}, {"profile", two}};
    assert_no_base(world, running, 2, "neither holds the other: merge both into 'main'");
}

static void
a_default_branch_that_moved_on_beside_what_runs_is_refused(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *one = branch_with(world, "one", QUERY, "SELECT 1\n");
    world_write(world, "README.md", "Something else.\n");
    world_commit(world, "Go on");
    const RunningCode running[] = {{"player", one}};
    g_autofree char *words = g_strdup_printf("merge %.12s into 'main'", one);
    assert_no_base(world, running, 1, words);
    g_free(world_git(world, "merge", "-q", "--no-ff", "-m", "Merge", "one", NULL));
    g_autofree char *head = head_of(world, "main");
    assert_base(world, running, 1, head, NULL);
}

/* Squashed, with a file that moved on beside it. */
static void
what_the_default_branch_took_over_in_other_commits_counts(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *one = branch_with(world, "one", QUERY, "SELECT 1\n");
    world_write(world, "README.md", "Something else.\n");
    world_write(world, QUERY, "SELECT 1\n");
    world_commit(world, "Go on, and take it over");
    g_autofree char *head = head_of(world, "main");
    const RunningCode running[] = {{"player", one}};
    assert_base(world, running, 1, head, NULL);
    world_write(world, QUERY, "SELECT 3\n");
    world_commit(world, "Take it back");
    assert_no_base(world, running, 1, "has moved on beside it");
}

static void
a_commit_of_another_history_is_refused(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "checkout", "-q", "--orphan", "apart", NULL));
    world_commit(world, "Begin anew");
    g_autofree char *apart = head_of(world, "HEAD");
    g_free(world_git(world, "checkout", "-q", "main", NULL));
    const RunningCode running[] = {{"player", apart}};
    assert_no_base(world, running, 1, "has moved on beside it");
}

static void
a_commit_that_is_not_there_is_refused(void)
{
    g_autoptr(World) world = world_new(false);
    const RunningCode gone[] = {{"player", "0123456789012345678901234567890123456789"}};
    const RunningCode hostile[] = {{"player", "--output=/tmp/x"}};
    assert_no_base(world, gone, 1, "does not have");
    assert_no_base(world, hostile, 1, "does not have");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/change/" path, function)
    TEST("what runs on the default branch changes nothing",
         what_runs_on_the_default_branch_changes_nothing);
    TEST("what runs upon the default branch is the base",
         what_runs_upon_the_default_branch_is_the_base);
    TEST("of two that run the base is the one that holds the other",
         of_two_that_run_the_base_is_the_one_that_holds_the_other);
    TEST("of two that hold different things neither is the base",
         of_two_that_hold_different_things_neither_is_the_base);
    TEST("a default branch that moved on beside what runs is refused",
         a_default_branch_that_moved_on_beside_what_runs_is_refused);
    TEST("what the default branch took over in other commits counts",
         what_the_default_branch_took_over_in_other_commits_counts);
    TEST("a commit of another history is refused", a_commit_of_another_history_is_refused);
    TEST("a commit that is not there is refused", a_commit_that_is_not_there_is_refused);
    return g_test_run();
}
