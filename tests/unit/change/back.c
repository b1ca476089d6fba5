/* back.c - the way back by the inverse of the mapping, tried and done. */
#include "world.h"

#include "change/back.h"

#include <string.h>

#define SQL "reports/active.sql"

static char *
take_back(World *world, char **ret_why)
{
    g_auto(BranchState) state = {0};
    g_autoptr(GError) error = NULL;
    char *commit = NULL;
    if (!branch_look(world->repository, &world_name, &state, &error) ||
        !back_revert(world->repository, world->config, world->rules, &state, "main",
                     "Take it back\n", &commit, ret_why, &error))
        g_error("%s", error->message);
    return commit;
}

/* People merge our branch, and write on. */
static void
merge_and_write(World *world, const char *text)
{
    g_free(world_change(world));
    g_free(world_git(world, "merge", "-q", "--ff-only", "honk/users-v2-0a1b2c3d", NULL));
    world_write(world, SQL, text);
    world_commit(world, "Write on");
}

static void
it_is_tried_on_what_the_files_will_be(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "reports/both.sql", "SELECT id FROM users_v1 JOIN users_v2 USING (id);\n");
    world_write(world, "reports/text.sql", "SELECT first_name FROM users_v1;\n");
    world_commit(world, "Write more");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) back = back_rehearse(world->rules, look);
    g_assert_cmpint(json_get_int(back, "files", 0), ==, look->files_edited);
    g_assert_cmpint(json_get_int(back, "same", 0) + json_get_int(back, "other", 0) +
                        json_get_int(back, "left", 0),
                    ==, look->files_edited);
    g_assert_cmpint(json_get_int(back, "same", 0) + json_get_int(back, "other", 0), >, 0);
    g_assert_cmpuint(json_array_size(json_object_get(back, "reasons")), ==,
                     json_get_int(back, "left", 0));
}

/* How many objects git counts, and the branches that there are. Caller frees. */
static char *
all_of(World *world)
{
    g_autofree char *objects = world_git(world, "count-objects", "-v", NULL),
                    *refs = world_git(world, "for-each-ref", NULL);
    return g_strconcat(objects, refs, NULL);
}

static void
the_commit_that_takes_it_out_is_tried_beside_the_repository(void)
{
    g_autoptr(World) world = world_new(false);
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) back = json_object();
    g_autofree char *before = all_of(world);
    back_rehearse_commit(world->repository, world->config, look, back);
    g_autofree char *after = all_of(world), *said = json_compact(back);
    g_assert_cmpstr(said, ==, "{\"reverts\":true}");
    g_assert_cmpstr(after, ==, before);
    g_autofree char *place = g_build_filename(world->config->state, "changes", NULL);
    g_autoptr(GDir) left = g_dir_open(place, 0, NULL);
    g_assert_nonnull(left);
    g_assert_null(g_dir_read_name(left));
}

/* What is wrong there is told to whoever says yes, and stops no plan. */
static void
what_git_cannot_do_there_is_told(void)
{
    g_autoptr(World) world = world_new(false);
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) back = json_object();
    g_autofree char *objects = g_build_filename(world->repository->git_dir, "objects", NULL);
    g_autofree char *away = g_strconcat(objects, "-away", NULL);
    g_assert_cmpint(rename(objects, away), ==, 0);
    back_rehearse_commit(world->repository, world->config, look, back);
    g_assert_false(json_get_bool(back, "reverts", true));
    g_assert_nonnull(strstr(json_get_string(back, "why_not", ""), "'git read-tree' failed"));
}

static void
lines_that_people_changed_read_the_old_dataset_again(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *why = NULL;
    merge_and_write(world,
                    "-- who listens\nSELECT u.user_id FROM users_v2 u WHERE u.user_id > 3;\n");
    world_write(world, "reports/new.sql", "SELECT user_id FROM users_v2;\n");
    world_commit(world, "A file of their own");
    g_autofree char *commit = take_back(world, &why);
    g_assert_cmpstr(why, ==, NULL);
    g_assert_nonnull(commit);
    g_autofree char *text = world_file(world, commit, SQL);
    g_assert_null(strstr(text, "users_v2"));
    g_assert_nonnull(strstr(text, "FROM users_v1 u WHERE u.id > 3;"));
    g_autofree char *theirs = world_file(world, commit, "reports/new.sql");
    g_assert_cmpstr(theirs, ==, "SELECT user_id FROM users_v2;\n");
}

/* The first of our files that names the new dataset on the default branch; or NULL. */
static char *
landed_in(World *world)
{
    g_auto(BranchState) state = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *branch = NULL;
    char *path = NULL;
    if (!branch_look(world->repository, &world_name, &state, &error) ||
        !change_landed(world->repository, world->rules, state.base, state.ours, &path, &branch,
                       &error))
        g_error("%s", error->message);
    return path;
}

static void
assert_landed(World *world, const char *text, bool expected)
{
    world_write(world, SQL, text);
    world_commit(world, "Write on");
    g_autofree char *path = landed_in(world);
    g_assert_cmpstr(path, ==, expected ? SQL : NULL);
}

static void
what_was_merged_is_seen_however_people_write_on(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_change(world));
    assert_landed(world,
                  "SELECT u.id, u.first_name FROM users_v1 u;\nSELECT user_id FROM users_v2;\n",
                  false);
    assert_landed(world, "SELECT u.user_id, u.name FROM users_v2 u LIMIT 9;\n", true);
    assert_landed(world, "SELECT u.id FROM users_v1 u LIMIT 9;\n", false);
}

static void
what_the_old_dataset_has_not_is_left_to_people(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *why = NULL;
    merge_and_write(world, "SELECT * FROM users_v2;\n");
    g_autofree char *commit = take_back(world, &why);
    g_assert_null(commit);
    g_assert_nonnull(why);
    g_assert_true(g_str_has_prefix(why, SQL ":1: "));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/change/back/" path, function)
    TEST("it is tried on what the files will be", it_is_tried_on_what_the_files_will_be);
    TEST("the commit that takes it out is tried beside the repository",
         the_commit_that_takes_it_out_is_tried_beside_the_repository);
    TEST("what git cannot do there is told", what_git_cannot_do_there_is_told);
    TEST("lines that people changed read the old dataset again",
         lines_that_people_changed_read_the_old_dataset_again);
    TEST("what was merged is seen however people write on",
         what_was_merged_is_seen_however_people_write_on);
    TEST("what the old dataset has not is left to people",
         what_the_old_dataset_has_not_is_left_to_people);
    return g_test_run();
}
