/* split.c - a repository's change in parts, by the owners of what changes: what stands alone, and what stays together. */
#include "world.h"

#include "change/split.h"

#include <string.h>

/* Whoever the first folder is called after; nobody's lie in the root. */
static const char *
owner_by_folder(const char *path, void *data)
{
    GString *owner = data;
    const char *slash = strchr(path, '/');
    g_string_truncate(owner, 0);
    if (slash != NULL)
        g_string_append_len(owner, path, slash - path);
    return owner->str;
}

typedef struct {
    World *world;
    Look *look;
    GPtrArray *parts;
} Case;

static void
case_clear(Case *one)
{
    g_ptr_array_unref(one->parts);
    look_free(one->look);
    world_free(one->world);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* A repository's build: red with only some of the files that begin with `needs` ("ab") edited, and always with `red`. */
typedef struct {
    const char *needs;
    bool is_red;
    Look *look;
    int runs;
} Tried;

static bool
build(void *data, json_t **ret_checks, char **ret_red, GError **error)
{
    Tried *tried = data;
    size_t edited = 0;
    (void) error;
    tried->runs++;
    for (guint i = 0; i < tried->look->files->len; i++) {
        const LookFile *file = tried->look->files->pdata[i];
        edited += file->is_edited && strchr(tried->needs, *file->shown) != NULL;
    }
    bool is_red = tried->is_red || (edited > 0 && edited < strlen(tried->needs));
    *ret_red = is_red ? g_strdup("make") : NULL;
    *ret_checks = json_pack("[{s:s}]", "after", is_red ? "failed" : "passed");
    return true;
}

/* `files`: path, text, …, NULL. The world has one of reports/ besides. */
static Case
try_split(bool propagates, const SplitTrial *trial, const char *const *files)
{
    g_autoptr(GError) error = NULL;
    Case one = {.world = world_new(false)};
    g_autoptr(GString) owner = g_string_new(NULL);
    one.world->rules->options.propagates = propagates;
    for (; *files != NULL; files += 2)
        world_write(one.world, files[0], files[1]);
    world_commit(one.world, "Write more");
    one.look = world_look(one.world);
    Tried *tried = trial != NULL ? trial->data : NULL;
    if (tried != NULL)
        tried->look = one.look;
    if (!look_split(one.look, one.world->rules, owner_by_folder, owner, trial, &one.parts, &error))
        g_error("%s", error->message);
    return one;
}

static Case
split(bool propagates, const char *const *files)
{
    return try_split(propagates, NULL, files);
}

/* The owners of each part, "a+b c". Caller frees. */
static char *
owners_of(const Case *one)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < one->parts->len; i++) {
        const SplitPart *part = one->parts->pdata[i];
        g_ptr_array_add(part->owners, NULL);
        g_autofree char *names = g_strjoinv("+", (char **) part->owners->pdata);
        g_ptr_array_remove_index(part->owners, part->owners->len - 1);
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", names);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The edited files of a part alone. Caller frees. */
static char *
edited_by(const Case *one, guint index)
{
    g_autoptr(GString) text = g_string_new(NULL);
    look_narrow(one->look, one->world->rules, ((SplitPart *) one->parts->pdata[index])->scope);
    for (guint i = 0; i < one->look->files->len; i++) {
        const LookFile *file = one->look->files->pdata[i];
        if (file->is_edited)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", file->shown);
    }
    g_assert_cmpint(one->look->files_edited > 0, ==, text->len > 0);
    look_narrow(one->look, one->world->rules, NULL);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        g_autofree char *seen = (text);                                                            \
        g_assert_cmpstr(seen, ==, expected);                                                       \
    } while (0)

static void
files_of_two_owners_are_two_parts_and_each_has_its_own_only(void)
{
    g_auto(Case) one =
        split(false, (const char *const[]){"mails/to.sql", "SELECT id FROM users_v1;\n",
                                           "mails/no.sql", "SELECT 1;\n", NULL});
    assert_text(owners_of(&one), "mails reports");
    assert_text(edited_by(&one, 0), "mails/to.sql");
    assert_text(edited_by(&one, 1), "reports/active.sql");
    g_assert_cmpint(one.look->files_edited, ==, 2);
    g_assert_cmpuint(((SplitPart *) one.parts->pdata[0])->why->len, ==, 0);
}

static void
one_owner_s_files_are_one_part(void)
{
    g_auto(Case) one =
        split(false, (const char *const[]){"reports/to.sql", "SELECT id FROM users_v1;\n", NULL});
    assert_text(owners_of(&one), "reports");
    assert_text(edited_by(&one, 0), "reports/active.sql reports/to.sql");
}

static void
what_only_mentions_the_dataset_makes_no_part_and_is_the_first_one_s(void)
{
    g_auto(Case) one =
        split(false, (const char *const[]){"a.sql", "SELECT id FROM users_v1;\n", "notes/later.sql",
                                           "SELECT 1; -- not of users_v1\n", NULL});
    assert_text(owners_of(&one), " reports");
    const SplitPart *first = one.parts->pdata[0], *second = one.parts->pdata[1];
    g_assert_true(change_scope_has(first->scope, "notes/later.sql"));
    g_assert_false(change_scope_has(second->scope, "notes/later.sql"));
    g_assert_true(change_scope_has(first->scope, "written/tomorrow.sql"));
}

static void
a_query_that_follows_another_owner_s_view_stays_together_with_it_and_says_why(void)
{
    g_auto(Case) one =
        split(true, (const char *const[]){"mails/to.sql", "SELECT first_name FROM users_v1;\n",
                                          "views/v.sql",
                                          "CREATE VIEW known AS SELECT id FROM users_v1;\n",
                                          "apps/ask.sql", "SELECT id FROM known;\n", NULL});
    assert_text(owners_of(&one), "apps+views mails reports");
    const SplitPart *joined = one.parts->pdata[0];
    g_assert_cmpuint(joined->why->len, ==, 1);
    g_assert_cmpstr(joined->why->pdata[0], ==,
                    "'apps/ask.sql' needs what the files of views become");
    assert_text(edited_by(&one, 0), "apps/ask.sql views/v.sql");
    assert_text(edited_by(&one, 1), "mails/to.sql");
}

static const char *const of_three[] = {"a/x.sql", "SELECT id FROM users_v1;\n", "b/x.sql",
                                       "SELECT id FROM users_v1;\n", NULL};

static void
what_does_not_build_alone_stays_together_and_says_what_failed(void)
{
    Tried tried = {.needs = "ar"};
    g_auto(Case) one = try_split(false, &(const SplitTrial){build, &tried}, of_three);
    assert_text(owners_of(&one), "a+reports b");
    const SplitPart *joined = one.parts->pdata[0];
    g_assert_cmpstr(joined->why->pdata[0], ==,
                    "alone, what changes of a fails make, and not with the files of reports");
    for (guint i = 0; i < one.parts->len; i++) {
        const SplitPart *part = one.parts->pdata[i];
        g_assert_cmpstr(json_get_string(json_array_get(part->checks, 0), "after", ""), ==,
                        "passed");
    }
    assert_text(edited_by(&one, 0), "a/x.sql reports/active.sql");
}

static void
what_builds_only_with_all_is_one(void)
{
    Tried tried = {.needs = "abr"};
    g_auto(Case) one = try_split(false, &(const SplitTrial){build, &tried}, of_three);
    assert_text(owners_of(&one), "a+b+reports");
}

static void
what_builds_alone_is_apart_and_what_never_builds_keeps_nobody_together(void)
{
    for (int is_red = 0; is_red < 2; is_red++) {
        Tried tried = {.needs = "", .is_red = is_red};
        g_auto(Case) one = try_split(false, &(const SplitTrial){build, &tried}, of_three);
        assert_text(owners_of(&one), "a b reports");
        g_assert_cmpint(tried.runs, ==, is_red ? 1 : 4);
    }
}

static void
three_owners_in_a_row_stay_together(void)
{
    g_auto(Case) one = split(
        true, (const char *const[]){"a/v.sql", "CREATE VIEW known AS SELECT id FROM users_v1;\n",
                                    "b/w.sql", "CREATE VIEW few AS SELECT id FROM known;\n",
                                    "c/ask.sql", "SELECT id FROM few;\n", NULL});
    assert_text(owners_of(&one), "a+b+c reports");
    assert_text(edited_by(&one, 0), "a/v.sql b/w.sql c/ask.sql");
}

static void
parts_are_called_by_their_owners_in_signs_that_git_and_shells_take(void)
{
    static const char *const owners[] = {"", "@acme/Data-Team", "@ada @bo",
                                         "group:default/data.team"};
    static const char *const expected[] = {"rest", "data_team", "ada_bo", "data_team_2"};
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    SplitPart part[G_N_ELEMENTS(owners)] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
        part[i].owners = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(part[i].owners, g_strdup(owners[i]));
        g_ptr_array_add(parts, &part[i]);
    }
    g_autoptr(GPtrArray) names = split_names(parts);
    for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
        g_assert_cmpstr(names->pdata[i], ==, expected[i]);
        g_ptr_array_unref(part[i].owners);
    }
}

static void
the_branch_of_a_part_has_its_files_and_is_nobody_else_s(void)
{
    g_auto(Case) one =
        split(false, (const char *const[]){"mails/to.sql", "SELECT id FROM users_v1;\n", NULL});
    World *world = one.world;
    g_autoptr(GError) error = NULL;
    char *commits[2] = {NULL, NULL};
    for (guint i = 0; i < one.parts->len; i++) {
        g_autoptr(GPtrArray) names = split_names(one.parts);
        g_autofree char *branch =
            g_strdup_printf("%s-%s", world_name.branch, (char *) names->pdata[i]);
        ChangeName name = world_name;
        name.branch = branch;
        name.part = names->pdata[i];
        ChangeStory story = {.name = &name, .source = "a", .target = "b"};
        look_narrow(one.look, world->rules, ((SplitPart *) one.parts->pdata[i])->scope);
        g_autofree char *message = change_message(&story, world->rules, one.look);
        if (!change_make(world->repository, world->config, &name, world->rules, one.look, message,
                         NULL, NULL, &commits[i], &error) ||
            !change_prove(world->repository, &name, world->rules, one.look, &error))
            g_error("%s", error->message);
        g_auto(BranchState) state = {0};
        ChangeName other = name;
        other.part = "another";
        g_assert_true(branch_look(world->repository, &other, &state, &error));
        g_assert_cmpint(state.kind, ==, BRANCH_FOREIGN);
    }
    g_autofree char *mails = world_git(world, "diff", "--name-only", "main", commits[0], NULL);
    g_autofree char *reports = world_git(world, "diff", "--name-only", "main", commits[1], NULL);
    g_assert_cmpstr(g_strchomp(mails), ==, "mails/to.sql");
    g_assert_cmpstr(g_strchomp(reports), ==, "reports/active.sql");
    g_free(commits[0]);
    g_free(commits[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/split/files of two owners are two parts, and each has its own only",
                    files_of_two_owners_are_two_parts_and_each_has_its_own_only);
    g_test_add_func("/split/one owner's files are one part", one_owner_s_files_are_one_part);
    g_test_add_func("/split/what only mentions the dataset makes no part, and is the first one's",
                    what_only_mentions_the_dataset_makes_no_part_and_is_the_first_one_s);
    g_test_add_func(
        "/split/a query that follows another owner's view stays together with it, and says why",
        a_query_that_follows_another_owner_s_view_stays_together_with_it_and_says_why);
    g_test_add_func("/split/what does not build alone stays together, and says what failed",
                    what_does_not_build_alone_stays_together_and_says_what_failed);
    g_test_add_func("/split/what builds only with all is one", what_builds_only_with_all_is_one);
    g_test_add_func(
        "/split/what builds alone is apart, and what never builds keeps nobody together",
        what_builds_alone_is_apart_and_what_never_builds_keeps_nobody_together);
    g_test_add_func("/split/three owners in a row stay together",
                    three_owners_in_a_row_stay_together);
    g_test_add_func("/split/parts are called by their owners, in signs that git and shells take",
                    parts_are_called_by_their_owners_in_signs_that_git_and_shells_take);
    g_test_add_func("/split/the branch of a part has its files, and is nobody else's",
                    the_branch_of_a_part_has_its_files_and_is_nobody_else_s);
    return g_test_run();
}
