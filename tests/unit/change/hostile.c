/* hostile.c - repositories are not trusted: what they say git should run is not run, what they are full of is read as
 * bytes. */
#include "world.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define BRANCH "honk/users-v2-0a1b2c3d"

/* A program that leaves a trace when it is run. */
static char *
make_trap(World *world, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\necho %s >> '%s/trace'\ncat\nexit 1\n", name, world->folder);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    return g_steal_pointer(&path);
}

static void
assert_no_trace(World *world)
{
    g_autofree char *trace = g_build_filename(world->folder, "trace", NULL);
    g_autofree char *found = NULL;
    if (g_file_get_contents(trace, &found, NULL, NULL))
        g_error("was run: %s", found);
}

static void
there_and_back(World *world)
{
    g_free(world_change(world));
    g_autoptr(GError) error = NULL;
    bool was_there = false;
    if (!change_remove(world->repository, &world_name, NULL, &was_there, &error))
        g_error("%s", error->message);
    g_assert_true(was_there);
}

static void
no_hook_is_run(void)
{
    static const char *const hooks[] = {
        "reference-transaction", "post-index-change", "pre-commit", "commit-msg",
        "post-checkout",         "post-rewrite"};
    g_autoptr(World) world = world_new(false);
    g_autofree char *folder = g_build_filename(world->repository->git_dir, "hooks", NULL);
    g_autofree char *other = g_build_filename(world->folder, "other-hooks", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(hooks); i++) {
        g_free(make_trap(world, folder, hooks[i]));
        g_free(make_trap(world, other, hooks[i]));
    }
    there_and_back(world);
    g_autofree char *set = g_strdup_printf("[core]\n\thooksPath = %s\n", other);
    g_autofree char *config = g_build_filename(world->repository->git_dir, "config", NULL);
    FILE *file = g_fopen(config, "a");
    fputs(set, file);
    fclose(file);
    there_and_back(world);
    assert_no_trace(world);
}

static void
add_settings(World *world, const char *settings, const char *trap)
{
    g_autofree char *config = g_build_filename(world->repository->git_dir, "config", NULL);
    g_auto(GStrv) parts = g_strsplit(settings, "TRAP", -1);
    g_autofree char *text = g_strjoinv(trap, parts);
    FILE *file = g_fopen(config, "a");
    fputs(text, file);
    fclose(file);
}

static void
no_program_of_its_settings_is_run(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *trap = make_trap(world, world->folder, "trap");
    world_write(world, ".gitattributes", "*.sql filter=evil diff=evil text eol=crlf\n");
    world_commit(world, "Attributes");
    static const char settings[] =
        "[core]\n\tfsmonitor = TRAP\n\tpager = TRAP\n\tsshCommand = TRAP\n\teditor = TRAP\n"
        "\tautocrlf = true\n\talternateRefsCommand = TRAP\n"
        "[filter \"evil\"]\n\tclean = TRAP\n\tsmudge = TRAP\n\tprocess = TRAP\n\trequired = true\n"
        "[diff]\n\texternal = TRAP\n[diff \"evil\"]\n\ttextconv = TRAP\n\tcommand = TRAP\n"
        "[gpg]\n\tprogram = TRAP\n[commit]\n\tgpgSign = true\n[log]\n\tshowSignature = true\n"
        "[credential]\n\thelper = TRAP\n[uploadpack]\n\tpackObjectsHook = TRAP\n"
        "[alias]\n\tls-tree = !TRAP\n";
    add_settings(world, settings, trap);
    there_and_back(world);
    assert_no_trace(world);
}

static void
what_a_person_has_in_the_environment_does_not_count(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *trap = make_trap(world, world->folder, "trap");
    static const char *const names[] = {
        "GIT_DIR",       "GIT_INDEX_FILE",        "GIT_EXTERNAL_DIFF",   "GIT_WORK_TREE",
        "GIT_NAMESPACE", "GIT_CONFIG_PARAMETERS", "GIT_OBJECT_DIRECTORY"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        g_setenv(names[i], trap, TRUE);
    g_autofree char *commit = NULL;
    g_autoptr(GError) error = NULL;
    bool is_done = world_try(world, NULL, &commit, &error);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
    g_assert_no_error(error);
    g_assert_true(is_done);
    assert_no_trace(world);
}

static void
replaced_objects_do_not_count(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *before = world_git(world, "rev-parse", "main:reports/active.sql", NULL);
    world_write(world, "evil.sql", "SELECT id FROM elsewhere -- users_v1\n");
    world_commit(world, "Evil");
    g_autofree char *evil = world_git(world, "rev-parse", "main:evil.sql", NULL);
    g_free(world_git(world, "replace", g_strchomp(before), g_strchomp(evil), NULL));
    g_autoptr(Look) look = world_look(world);
    g_assert_cmpint(look->count[DISPOSITION_REWRITTEN], ==, 3);
}

static void
names_are_bytes(void)
{
    static const char *const names[] = {
        "a b.sql",      "-rf.sql", "new\nline.sql", "tab\tx.sql",    "\"q'.sql",
        "\xff\xfe.sql", "*.sql",   ":(top)x.sql",   "deep/er/;.sql", "$(touch x).sql"};
    g_autoptr(World) world = world_new(false);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        world_write(world, names[i], "SELECT id FROM users_v1\n");
    world_commit(world, "Names");
    g_autoptr(Look) look = world_look(world);
    g_assert_cmpint(look->files_edited, ==, (int) G_N_ELEMENTS(names) + 1);
    g_autoptr(json_t) blobs = look_blobs(look);
    g_assert_cmpuint(json_object_size(blobs), ==, G_N_ELEMENTS(names) + 1);
    g_autofree char *commit = world_change(world);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = world_file(world, commit, names[i]);
        g_assert_cmpstr(text, ==, "SELECT user_id AS id FROM users_v2\n");
    }
    g_free(world_git(world, "diff", "--name-only", "-z", "main", BRANCH, NULL));
}

static void
huge_files_are_named_and_not_read(void)
{
    g_autoptr(World) world = world_new(false);
    const size_t bytes = 17 * 1024 * 1024;
    g_autofree char *text = g_malloc(bytes);
    memset(text, 'x', bytes);
    memcpy(text, "SELECT id FROM users_v1 ", 24);
    world_write_bytes(world, "dump.sql", text, bytes);
    world_commit(world, "A dump");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) reasons = look_reasons(look);
    g_assert_cmpint(look->files_edited, ==, 1);
    g_assert_cmpstr(json_get_string(json_array_get(reasons, 0), "path", ""), ==, "dump.sql");
    g_assert_cmpstr(json_get_string(json_array_get(reasons, 0), "code", ""), ==, "too-large");
}

static void
links_submodules_and_what_others_wrote_are_left_alone(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *link = g_build_filename(world->path, "link.sql", NULL);
    g_assert_cmpint(symlink("SELECT id FROM users_v1", link), ==, 0);
    world_write(world, "node_modules/x/x.sql", "SELECT id FROM users_v1\n");
    world_write(world, ".hidden/x.sql", "SELECT id FROM users_v1\n");
    world_write_bytes(world, "data.bin", "users_v1\0users_v1", 17);
    world_commit(world, "Things");
    g_autofree char *head = world_git(world, "rev-parse", "HEAD", NULL);
    g_autofree char *entry = g_strdup_printf("160000,%s,sub", g_strchomp(head));
    g_free(world_git(world, "update-index", "--add", "--cacheinfo", entry, NULL));
    g_free(world_git(world, "commit", "-q", "-m", "A submodule", NULL));
    g_free(world_change(world));
    g_autofree char *names = world_git(world, "diff", "--name-only", "main", BRANCH, NULL);
    g_assert_cmpstr(names, ==, "reports/active.sql\n");
    g_autofree char *sub = world_git(world, "ls-tree", BRANCH, "sub", "link.sql", NULL);
    g_assert_nonnull(strstr(sub, "160000 commit"));
    g_assert_nonnull(strstr(sub, "120000 blob"));
}

/* What it names of other places stays there: no submodule is fetched or updated, no large file got. */
static void
nothing_is_fetched_for_it(void)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n"
                                  "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2c"
                                  "a24d17e2393\nsize 12345\n";
    static const char modules[] =
        "[submodule \"sub\"]\n\tpath = sub\n\turl = ext::TRAP\n\tupdate = !TRAP\n"
        "\tfetchRecurseSubmodules = true\n";
    static const char settings[] =
        "[submodule]\n\trecurse = true\n\tactive = .\n"
        "[submodule \"sub\"]\n\turl = ext::TRAP\n\tupdate = !TRAP\n[protocol]\n\tallow = always\n"
        "[filter \"lfs\"]\n\tclean = TRAP\n\tsmudge = TRAP\n\tprocess = TRAP\n\trequired = true\n"
        "[lfs]\n\tstandalonetransferagent = evil\n"
        "[lfs \"customtransfer.evil\"]\n\tpath = TRAP\n";
    g_autoptr(World) world = world_new(false);
    g_autofree char *trap = make_trap(world, world->folder, "trap");
    g_auto(GStrv) parts = g_strsplit(modules, "TRAP", -1);
    g_autofree char *hostile = g_strjoinv(trap, parts);
    world_write(world, "users_v1.csv", pointer);
    world_commit(world, "A large file");
    world_write(world, ".gitattributes", "*.csv filter=lfs diff=lfs merge=lfs -text\n");
    world_write(world, ".gitmodules", hostile);
    world_write(world, ".lfsconfig", "[lfs]\n\turl = http://localhost:1/\n");
    world_commit(world, "Settings");
    g_autofree char *head = world_git(world, "rev-parse", "HEAD", NULL);
    g_autofree char *entry = g_strdup_printf("160000,%s,sub", g_strchomp(head));
    g_free(world_git(world, "update-index", "--add", "--cacheinfo", entry, NULL));
    g_free(world_git(world, "commit", "-q", "-m", "A submodule", NULL));
    add_settings(world, settings, trap);
    there_and_back(world);
    g_autofree char *commit = world_change(world), *after = NULL, *sub = NULL;
    after = world_file(world, commit, "users_v1.csv");
    sub = world_git(world, "ls-tree", BRANCH, "sub", NULL);
    g_assert_cmpstr(after, ==, pointer);
    g_assert_nonnull(strstr(sub, "160000 commit"));
    assert_no_trace(world);
}

/* Attributes that have git write other bytes than there are. */
static void
attributes_change_no_byte(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *trap = make_trap(world, world->folder, "trap");
    world_write(world, "dated.sql", "-- $Id$ $Format:%H$\nSELECT id FROM users_v1\n");
    world_commit(world, "A report");
    world_write(world, ".gitattributes",
                "*.sql text eol=crlf ident export-subst working-tree-encoding=UTF-16LE merge=evil "
                "filter=evil\n");
    g_free(world_git(world, "add", ".gitattributes", NULL)); /* and nothing by its rules */
    g_free(world_git(world, "commit", "-q", "-m", "Attributes", NULL));
    add_settings(world,
                 "[merge \"evil\"]\n\tdriver = TRAP\n[filter \"evil\"]\n\tclean = TRAP\n\tsmudge = "
                 "TRAP\n\trequired = true\n",
                 trap);
    g_autofree char *commit = world_change(world);
    g_autofree char *after = world_file(world, commit, "dated.sql");
    g_assert_cmpstr(after, ==, "-- $Id$ $Format:%H$\nSELECT user_id AS id FROM users_v2\n");
    assert_no_trace(world);
}

static void
line_ends_and_modes_are_kept(void)
{
    g_autoptr(World) world = world_new(false);
    static const char text[] = "SELECT id\r\nFROM users_v1\r\n-- no end";
    g_free(world_git(world, "config", "core.autocrlf", "false", NULL));
    world_write(world, "crlf.sql", text);
    g_autofree char *path = g_build_filename(world->path, "crlf.sql", NULL);
    g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    world_commit(world, "From another system");
    g_free(world_git(world, "config", "core.autocrlf", "input", NULL));
    g_autofree char *commit = world_change(world);
    g_autofree char *after = world_file(world, commit, "crlf.sql");
    g_assert_cmpstr(after, ==, "SELECT user_id AS id\r\nFROM users_v2\r\n-- no end");
    g_autofree char *entry = world_git(world, "ls-tree", BRANCH, "crlf.sql", NULL);
    g_assert_true(g_str_has_prefix(entry, "100755 "));
}

static void
a_file_with_one_place_for_a_person_stays_as_it_is(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "half.sql", "SELECT id FROM users_v1;\nDROP TABLE users_v1;\n");
    world_write(world, "job.py", "load('users_v1')\n");
    world_commit(world, "Hard ones");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) counts = look_counts(look), reasons = look_reasons(look);
    g_autoptr(json_t) classes = look_classes(look);
    g_assert_cmpint(json_get_int(counts, "rewritten", 0), ==, 3);
    g_assert_cmpint(json_get_int(counts, "needs_person", 0), >=, 3);
    g_assert_cmpint(look->files_edited, ==, 1);
    g_assert_cmpuint(json_array_size(reasons), ==, 2);
    g_autofree char *first = json_compact(json_array_get(reasons, 0));
    g_assert_nonnull(strstr(first, "\"line\":2,\"code\":\"statement\""));
    g_autofree char *classes_text = json_compact(classes);
    g_assert_cmpstr(classes_text, ==,
                    "[\"+ as first_name\",\"+ as id\",\"first_name -> name\",\"id -> "
                    "user_id\",\"users_v1 -> users_v2\"]");
    g_free(world_change(world));
    g_autofree char *names = world_git(world, "diff", "--name-only", "main", BRANCH, NULL);
    g_assert_cmpstr(names, ==, "reports/active.sql\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/change/" path, function)
    TEST("no hook is run", no_hook_is_run);
    TEST("no program of its settings is run", no_program_of_its_settings_is_run);
    TEST("what a person has in the environment does not count",
         what_a_person_has_in_the_environment_does_not_count);
    TEST("replaced objects do not count", replaced_objects_do_not_count);
    TEST("names are bytes", names_are_bytes);
    TEST("huge files are named and not read", huge_files_are_named_and_not_read);
    TEST("links, submodules and what others wrote are left alone",
         links_submodules_and_what_others_wrote_are_left_alone);
    TEST("nothing is fetched for it", nothing_is_fetched_for_it);
    TEST("attributes change no byte", attributes_change_no_byte);
    TEST("line ends and modes are kept", line_ends_and_modes_are_kept);
    TEST("a file with one place for a person stays as it is",
         a_file_with_one_place_for_a_person_stays_as_it_is);
    return g_test_run();
}
