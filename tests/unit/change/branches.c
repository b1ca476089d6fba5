/* branches.c - our branch comes and goes, and nothing else of a repository changes. */
#include "world.h"

#include "base/text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define BRANCH "honk/users-v2-0a1b2c3d"

static void
remove_branch(World *world, bool *ret_was_there)
{
    g_autoptr(GError) error = NULL;
    if (!change_remove(world->repository, &world_name, NULL, ret_was_there, &error))
        g_error("%s", error->message);
}

static void
assert_refused(World *world, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;
    g_assert_false(world_try(world, NULL, &commit, &error));
    g_assert_error(error, error_quark(), ERR_WRONG_STATE);
    g_assert_nonnull(strstr(error->message, part));
}

static void
assert_stays(World *world, const char *part)
{
    g_autoptr(GError) error = NULL;
    bool was_there = false;
    g_assert_false(change_remove(world->repository, &world_name, NULL, &was_there, &error));
    g_assert_error(error, error_quark(), ERR_WRONG_STATE);
    g_assert_nonnull(strstr(error->message, part));
}

static BranchKind
kind_of(World *world)
{
    g_auto(BranchState) state = {0};
    g_autoptr(GError) error = NULL;
    if (!branch_look(world->repository, &world_name, &state, &error))
        g_error("%s", error->message);
    return state.kind;
}

static void
a_branch_is_one_commit_with_its_evidence(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *commit = world_change(world);
    g_autofree char *tip = world_git(world, "rev-parse", BRANCH, NULL);
    g_assert_true(g_str_has_prefix(tip, commit));
    g_autofree char *range = world_git(world, "rev-list", "--count", "main.." BRANCH, NULL);
    g_assert_cmpstr(range, ==, "1\n");
    g_autofree char *names = world_git(world, "diff", "--name-status", "main", BRANCH, NULL);
    g_assert_cmpstr(names, ==, "M\treports/active.sql\n");
    g_autofree char *text = world_file(world, commit, "reports/active.sql");
    g_assert_cmpstr(
        text, ==,
        "-- who listens\nSELECT u.user_id AS id, u.name AS first_name FROM users_v2 u;\n");

    g_autofree char *message =
        world_git(world, "log", "-1", "--format=%an <%ae>%n%B", BRANCH, NULL);
    static const char *const parts[] = {
        "Honk <honk@localhost>\nRead users_v2 instead of users_v1\n",
        "mapping map.yaml",
        "- places rewritten: 3\n",
        "\n\nKinds of edits:\n",
        "\n- users_v1 -> users_v2\n",
        "rewriting the changed files again changes nothing",
        "Approved by user:default/bo.",
        "\n\nHonk-Migration: component:default/users-v2\nHonk-Plan: sha256:0a1b2c3d\n",
        "\nHonk-Consumer: component:default/player\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(message, parts[i]) == NULL)
            g_error("'%s' is not in:\n%s", parts[i], message);
    g_autofree char *trailers =
        world_git(world, "log", "-1", "--format=%(trailers:key=Honk-Plan,valueonly)", BRANCH, NULL);
    g_assert_cmpstr(g_strstrip(trailers), ==, "sha256:0a1b2c3d");
    g_free(world_git(world, "fsck", "--strict", "--no-dangling", NULL));
}

/* The project's own name of the table stays, which is also what the dataset was called. */
static void
sources_of_dbt_are_looked_up_in_all_files_and_proven(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "shop/dbt_project.yml", "name: shop\nvars: { database: warehouse }\n");
    world_write(world, "shop/models/sources.yml",
                "sources:\n- name: crm\n  database: \"{{ var('database') }}\"\n  tables:\n"
                "  - name: users_v1\n    identifier: users_v1\n    columns: [ { name: id } ]\n");
    world_write(world, "shop/models/a.sql", "select id from {{ source('crm', 'users_v1') }}\n");
    world_commit(world, "Add models");
    g_autofree char *commit = world_change(world);
    g_autofree char *model = world_file(world, commit, "shop/models/a.sql"),
                    *yaml = world_file(world, commit, "shop/models/sources.yml");
    g_assert_cmpstr(model, ==, "select user_id as id from {{ source('crm', 'users_v1') }}\n");
    g_assert_nonnull(strstr(yaml, "  - name: users_v1\n    identifier: users_v2\n"
                                  "    columns: [ { name: user_id } ]\n"));
}

/* Forward, again, back, back again: only the branch comes, and goes. */
static void
go_there_and_back(World *world)
{
    g_autofree char *before = world_seen(world);
    g_autofree char *first = world_change(world), *again = world_change(world);
    g_assert_cmpstr(first, ==, again);
    g_assert_cmpint(kind_of(world), ==, BRANCH_OURS);
    g_autofree char *during = world_seen(world);
    g_assert_cmpstr(before, !=, during);
    bool was_there = false;
    remove_branch(world, &was_there);
    g_assert_true(was_there);
    remove_branch(world, &was_there);
    g_assert_false(was_there);
    g_autofree char *after = world_seen(world);
    g_assert_cmpstr(before, ==, after);
    g_autofree char *refs = g_build_filename(world->repository->git_dir, "refs/heads/honk", NULL);
    g_autofree char *logs =
        g_build_filename(world->repository->git_dir, "logs/refs/heads/honk", NULL);
    g_assert_false(g_file_test(refs, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(logs, G_FILE_TEST_EXISTS));
}

static void
the_way_back_leaves_refs_index_and_tree_as_they_were(void)
{
    g_autoptr(World) world = world_new(false);
    go_there_and_back(world);
}

static void
a_dirty_tree_stays_dirty(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "reports/active.sql", "SELECT id FROM users_v1 -- a person is at it\n");
    g_free(world_git(world, "add", "reports/active.sql", NULL));
    world_write(world, "reports/active.sql", "SELECT id FROM users_v1 -- and goes on\n");
    world_write(world, "new.sql", "SELECT * FROM users_v1\n");
    go_there_and_back(world);
}

static void
a_detached_head_stays_where_it_is(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "checkout", "-q", "--detach", NULL));
    world_commit(world, "On nobody's branch");
    go_there_and_back(world);
}

static void
a_bare_repository_gets_a_branch_too(void)
{
    g_autoptr(World) world = world_new(true);
    g_autofree char *before = world_git(world, "for-each-ref", NULL);
    g_autofree char *commit = world_change(world);
    g_autofree char *tip = world_git(world, "rev-parse", BRANCH, NULL);
    g_assert_true(g_str_has_prefix(tip, commit));
    bool was_there = false;
    remove_branch(world, &was_there);
    g_autofree char *after = world_git(world, "for-each-ref", NULL);
    g_assert_cmpstr(before, ==, after);
}

static void
a_working_tree_of_a_bare_repository_is_somebodys_too(void)
{
    g_autoptr(World) world = world_new(true);
    g_free(world_change(world));
    g_free(world_git(world, "worktree", "add", "-q", "../linked", BRANCH, NULL));
    assert_stays(world, "checked out");
}

static void
packed_refs_are_as_before_too(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "tag", "v1", NULL));
    g_free(world_git(world, "pack-refs", "--all", NULL));
    g_autofree char *path = g_build_filename(world->repository->git_dir, "packed-refs", NULL);
    g_autofree char *before = NULL, *after = NULL;
    g_assert_true(g_file_get_contents(path, &before, NULL, NULL));
    g_free(world_change(world));
    g_free(world_git(world, "pack-refs", "--all", NULL));
    bool was_there = false;
    remove_branch(world, &was_there);
    g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
    g_assert_cmpstr(before, ==, after);
}

static void
what_is_checked_out_is_not_taken_for_the_default_branch(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "checkout", "-q", "-b", "mine", NULL));
    world_write(world, "mine.sql", "SELECT id FROM users_v1\n");
    world_commit(world, "Mine");
    g_free(world_change(world));
    g_autofree char *names = world_git(world, "diff", "--name-only", "main", BRANCH, NULL);
    g_assert_cmpstr(names, ==, "reports/active.sql\n");
}

static void
a_branch_that_somebody_has_checked_out_is_left_to_them(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_change(world));
    g_free(world_git(world, "checkout", "-q", BRANCH, NULL));
    assert_stays(world, "checked out");
    assert_refused(world, "checked out");
    g_free(world_git(world, "checkout", "-q", "main", NULL));
    g_free(world_git(world, "worktree", "add", "-q", "../linked", BRANCH, NULL));
    assert_stays(world, "checked out");
    g_free(world_git(world, "worktree", "remove", "../linked", NULL));
    bool was_there = false;
    remove_branch(world, &was_there);
    g_assert_true(was_there);
}

static void
commits_of_people_on_top_are_left_to_them(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *commit = world_change(world);
    g_free(world_git(world, "checkout", "-q", BRANCH, NULL));
    world_commit(world, "One more thing");
    g_free(world_git(world, "checkout", "-q", "main", NULL));
    g_assert_cmpint(kind_of(world), ==, BRANCH_GROWN);
    assert_stays(world, "added commits");
    assert_refused(world, "added commits");
    g_autofree char *tip = world_git(world, "log", "-1", "--format=%s", BRANCH, NULL);
    g_assert_cmpstr(tip, ==, "One more thing\n");
    g_free(world_git(world, "branch", "-q", "-f", BRANCH, commit, NULL));
    bool was_there = false;
    remove_branch(world, &was_there);
    g_assert_true(was_there);
}

static void
a_branch_of_somebody_else_is_not_ours(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "branch", BRANCH, "main", NULL));
    g_autofree char *before = world_seen(world);
    assert_refused(world, "not Honk's");
    bool was_there = true;
    remove_branch(world, &was_there);
    g_assert_false(was_there);
    g_autofree char *after = world_seen(world);
    g_assert_cmpstr(before, ==, after);
}

static void
a_branch_called_honk_is_in_the_way(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_git(world, "branch", "honk", "main", NULL));
    assert_refused(world, "a branch 'honk'");
}

static void
a_repository_without_commits_says_so(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *path = g_build_filename(world->folder, "repos", "empty", NULL);
    g_free(world_git(world, "init", "-q", "-b", "main", path, NULL));
    g_autoptr(Repository) empty = NULL, none = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *branch = NULL, *commit = NULL;
    g_assert_true(repository_open(world->config, "acme:empty", &empty, &error));
    g_assert_false(repository_head(empty, &branch, &commit, &error));
    g_assert_error(error, error_quark(), ERR_WRONG_STATE);
    g_clear_error(&error);
    g_assert_false(repository_open(world->config, "acme:nobody", &none, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
}

/* ---- leases ---- */

static bool
never(void *data, GError **error)
{
    (*(int *) data)++;
    return fail(error, ERR_FENCED, "the lease is over");
}

static void
whoever_lost_the_lease_sets_no_branch_and_takes_none_away(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *before = world_seen(world), *commit = NULL, *made = NULL;
    int asked = 0;
    ChangeGuard guard = {never, &asked};
    g_autoptr(GError) error = NULL;
    g_assert_false(world_try(world, &guard, &commit, &error));
    g_assert_error(error, error_quark(), ERR_FENCED);
    g_autofree char *after = world_seen(world);
    g_assert_cmpstr(before, ==, after);
    g_clear_error(&error);

    made = world_change(world);
    bool was_there = false;
    g_assert_false(change_remove(world->repository, &world_name, &guard, &was_there, &error));
    g_assert_error(error, error_quark(), ERR_FENCED);
    g_assert_cmpint(kind_of(world), ==, BRANCH_OURS);
    g_assert_cmpint(asked, ==, 2);
}

typedef struct {
    World *world;
    bool is_let_go;
    bool was_free;
} Holding;

/* Asked with the lock held: then nobody else can take it. */
static bool
try_the_lock(void *data, GError **error)
{
    Holding *holding = data;
    AUTO_FD fd = g_open(holding->world->repository->git_dir, O_RDONLY | O_DIRECTORY, 0);
    holding->was_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    return true;
}

static void
the_server_is_asked_with_the_lock_held(void)
{
    g_autoptr(World) world = world_new(false);
    Holding holding = {.world = world, .was_free = true};
    ChangeGuard guard = {try_the_lock, &holding};
    g_autoptr(GError) error = NULL;
    g_autofree char *commit = NULL;
    g_assert_true(world_try(world, &guard, &commit, &error));
    g_assert_no_error(error);
    g_assert_false(holding.was_free);
}

static void *
hold_for_a_moment(void *data)
{
    int *lock = data;
    g_usleep(150 * 1000);
    fd_close(lock);
    return NULL;
}

static void
a_lock_that_somebody_holds_is_waited_for(void)
{
    g_autoptr(World) world = world_new(false);
    g_autoptr(GError) error = NULL;
    int lock = -1;
    g_assert_true(change_lock(world->repository, &lock, &error));
    GThread *thread = g_thread_new("holder", hold_for_a_moment, &lock);
    g_free(world_change(world));
    g_thread_join(thread);
    g_assert_cmpint(kind_of(world), ==, BRANCH_OURS);
}

/* ---- proving ---- */

/* Our branch as an enemy would make it: our message on top of another tree. */
static void
forge(World *world, const char *path, const char *text)
{
    g_free(world_change(world));
    g_autofree char *message = world_git(world, "log", "-1", "--format=%B", BRANCH, NULL);
    g_free(world_git(world, "checkout", "-q", BRANCH, NULL));
    if (text != NULL)
        world_write(world, path, text);
    else
        g_free(world_git(world, "update-index", "--chmod=+x", path, NULL));
    if (text != NULL)
        g_free(world_git(world, "add", "-A", NULL));
    g_free(world_git(world, "commit", "-q", "--amend", "-m", message, NULL));
    g_free(world_git(world, "checkout", "-q", "-f", "main", NULL));
    g_assert_cmpint(kind_of(world), ==, BRANCH_OURS);
}

static void
assert_found_out(const char *path, const char *text, const char *part)
{
    g_autoptr(World) world = world_new(false);
    forge(world, path, text);
    g_autoptr(Look) look = world_look(world);
    g_autoptr(GError) error = NULL;
    g_assert_false(change_prove(world->repository, &world_name, world->rules, look, &error));
    g_assert_error(error, error_quark(), ERR_MISMATCH);
    if (strstr(error->message, part) == NULL)
        g_error("'%s' is not in '%s'", part, error->message);
}

static void
a_branch_with_more_than_the_sites_is_found_out(void)
{
    assert_found_out("more.sql", "SELECT 1\n", "came or went");
    assert_found_out("README.md", "Other reports.\n", "no site in it");
    assert_found_out("reports/active.sql", NULL, "mode");
    assert_found_out(
        "reports/active.sql",
        "-- Who listens\nSELECT u.user_id AS id, u.name AS first_name FROM users_v2 u;\n",
        "differs elsewhere");
    assert_found_out(
        "reports/active.sql",
        "-- who listens\nSELECT u.user_id AS id, u.name AS first_name FROM users_v2 u;\n\n",
        "more at its end");
}

static void
a_file_that_only_imports_the_name_is_in_the_branch(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "jobs/config.py", "TABLE = \"warehouse.crm.users_v1\"\n");
    world_write(world, "jobs/a.py", "from config import TABLE\nq = f\"SELECT id FROM {TABLE}\"\n");
    world_commit(world, "A job");
    g_autofree char *commit = world_change(world);
    g_autofree char *set = world_file(world, commit, "jobs/config.py");
    g_autofree char *got = world_file(world, commit, "jobs/a.py");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(GError) error = NULL;
    g_assert_nonnull(strstr(set, "users_v2"));
    g_assert_cmpstr(got, ==,
                    "from config import TABLE\nq = f\"SELECT user_id AS id FROM {TABLE}\"\n");
    g_assert_true(change_prove(world->repository, &world_name, world->rules, look, &error));
    g_assert_no_error(error);
}

static void
a_model_that_the_manifest_knows_is_in_the_branch(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "shop/dbt_project.yml", "name: shop\n");
    world_write(world, "shop/models/a.sql", "select id as k from {{ ref('people') }}\n");
    world_write(world, "shop/target/manifest.json",
                "{\"metadata\": {\"dbt_schema_version\": \"https://x/dbt/manifest/v12.json\"}, "
                "\"sources\": {}, \"nodes\": {"
                "\"model.shop.people\": {\"resource_type\": \"model\", \"name\": \"people\", "
                "\"package_name\": \"shop\", \"database\": \"warehouse\", \"schema\": \"crm\", "
                "\"alias\": \"users_v1\"}, "
                "\"model.shop.people_next\": {\"resource_type\": \"model\", \"name\": "
                "\"people_next\", \"package_name\": \"shop\", \"database\": \"warehouse\", "
                "\"schema\": \"crm\", \"alias\": \"users_v2\"}}}");
    world_write(world, "other/target/manifest.json", "{");
    world_commit(world, "A project of dbt");
    g_autofree char *commit = world_change(world);
    g_autofree char *model = world_file(world, commit, "shop/models/a.sql");
    g_autoptr(Look) look = world_look(world);
    g_assert_cmpstr(model, ==, "select user_id as k from {{ ref('people_next') }}\n");
    g_assert_cmpuint(look->passed_over->len, ==, 1); /* the broken one */
    g_assert_nonnull(strstr(look->passed_over->pdata[0], "other/target/manifest.json"));
}

static void
a_list_of_columns_that_only_its_path_names_is_seen(void)
{
    static const char path[] = "sql/warehouse/crm/users_v1/schema.yaml";
    g_autoptr(World) world = world_new(false);
    world_write(world, path, "fields: [ { name: id, type: INTEGER } ]\n");
    world_write(world, "sql/warehouse/web/users_v1/schema.yaml", "fields: []\n");
    world_commit(world, "Tables");
    g_autoptr(Look) look = world_look(world);
    const LookFile *found = NULL;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (g_str_has_prefix(file->path, "sql/")) {
            g_assert_null(found);
            found = file;
        }
    }
    g_assert_nonnull(found);
    g_assert_cmpstr(found->path, ==, path);
    g_assert_false(found->is_edited);
    g_assert_cmpint(found->rewrite->count[DISPOSITION_NEEDS_PERSON], ==, 1);
}

static void
a_branch_on_another_base_is_found_out(void)
{
    g_autoptr(World) world = world_new(false);
    g_free(world_change(world));
    world_commit(world, "Elsewhere");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(GError) error = NULL;
    g_assert_false(change_prove(world->repository, &world_name, world->rules, look, &error));
    g_assert_error(error, error_quark(), ERR_MISMATCH);
    g_assert_nonnull(strstr(error->message, "stands on"));
}

static char *
change_anew(World *world, const Look *look, const char *replaces)
{
    ChangeStory story = {.name = &world_name,
                         .source = "resource:default/users-v1",
                         .target = "resource:default/users-v2",
                         .replaces = replaces};
    g_autofree char *message = change_message(&story, world->rules, look);
    g_autoptr(GError) error = NULL;
    char *commit = NULL;
    if (!change_make(world->repository, world->config, &world_name, world->rules, look, message,
                     replaces, NULL, &commit, &error))
        g_error("%s", error->message);
    return commit;
}

static void
assert_conflicts(World *world, const char *commit, bool expected)
{
    g_autoptr(GError) error = NULL;
    bool conflicts = !expected;
    if (!change_conflicts(world->repository, "main", commit, &conflicts, &error))
        g_error("%s", error->message);
    g_assert_cmpint(conflicts, ==, expected);
}

static void
a_commit_made_anew_takes_the_place_of_that_commit_alone(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *first = world_change(world);
    g_auto(BranchState) state = {0};
    g_autoptr(GError) error = NULL;
    assert_conflicts(world, first, false);
    world_write(world, "reports/active.sql",
                "-- who listens\nSELECT u.id, u.first_name FROM users_v1 u LIMIT 9;\n");
    world_commit(world, "Move on");
    assert_conflicts(world, first, true);
    g_autoptr(Look) look = world_look(world);
    g_autofree char *other = change_anew(world, look, look->commit);
    g_assert_cmpstr(other, ==, first);
    g_autofree char *second = change_anew(world, look, first);
    assert_conflicts(world, second, false);
    if (!branch_look(world->repository, &world_name, &state, &error) ||
        !change_prove(world->repository, &world_name, world->rules, look, &error))
        g_error("%s", error->message);
    g_assert_cmpstr(state.tip, ==, second);
    g_assert_cmpstr(state.ours, ==, second);
    g_assert_cmpstr(state.base, ==, look->commit);
    g_assert_cmpstr(state.replaced, ==, first);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/change/" path, function)
    TEST("a branch is one commit with its evidence", a_branch_is_one_commit_with_its_evidence);
    TEST("sources of dbt are looked up in all files, and proven",
         sources_of_dbt_are_looked_up_in_all_files_and_proven);
    TEST("a file that only imports the name is in the branch",
         a_file_that_only_imports_the_name_is_in_the_branch);
    TEST("a list of columns that only its path names is seen",
         a_list_of_columns_that_only_its_path_names_is_seen);
    TEST("a model that the manifest knows is in the branch",
         a_model_that_the_manifest_knows_is_in_the_branch);
    TEST("the way back leaves refs, index and tree as they were",
         the_way_back_leaves_refs_index_and_tree_as_they_were);
    TEST("a dirty tree stays dirty", a_dirty_tree_stays_dirty);
    TEST("a detached HEAD stays where it is", a_detached_head_stays_where_it_is);
    TEST("a bare repository gets a branch, too", a_bare_repository_gets_a_branch_too);
    TEST("a working tree of a bare repository is somebody's, too",
         a_working_tree_of_a_bare_repository_is_somebodys_too);
    TEST("packed refs are as before, too", packed_refs_are_as_before_too);
    TEST("what is checked out is not taken for the default branch",
         what_is_checked_out_is_not_taken_for_the_default_branch);
    TEST("a branch that somebody has checked out is left to them",
         a_branch_that_somebody_has_checked_out_is_left_to_them);
    TEST("commits of people on top are left to them", commits_of_people_on_top_are_left_to_them);
    TEST("a branch of somebody else is not ours", a_branch_of_somebody_else_is_not_ours);
    TEST("a branch called honk is in the way", a_branch_called_honk_is_in_the_way);
    TEST("a repository without commits says so", a_repository_without_commits_says_so);
    TEST("whoever lost the lease sets no branch and takes none away",
         whoever_lost_the_lease_sets_no_branch_and_takes_none_away);
    TEST("the server is asked with the lock held", the_server_is_asked_with_the_lock_held);
    TEST("a lock that somebody holds is waited for", a_lock_that_somebody_holds_is_waited_for);
    TEST("a branch with more than the sites is found out",
         a_branch_with_more_than_the_sites_is_found_out);
    TEST("a branch on another base is found out", a_branch_on_another_base_is_found_out);
    TEST("a commit made anew takes the place of that commit alone",
         a_commit_made_anew_takes_the_place_of_that_commit_alone);
    return g_test_run();
}
