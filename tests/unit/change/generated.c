/*
 * generated.c - do rows that are made up tell a right edit from a wrong one? The demo company's queries, with each edit made
 * wrong on purpose; the folder of the demo is the argument.
 */
#include "change/generated.h"

#include "base/text.h"
#include "rewrite/rewrite.h"

#include <string.h>

static const char *demo;

typedef struct {
    MappingSet *set;
    Renames *renames;
    GeneratedSpec spec;
} World;

static void
world_of(World *world, const char *text)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    bool ok = mapping_parse(text, strlen(text), "m.yaml", diags, &world->set, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    world->renames = renames_new(world->set);
    world->spec = (GeneratedSpec){.mapping = mapping_get(world->set, 0)};
}

static void
world_of_demo(World *world, const char *mapping)
{
    g_autofree char *path = g_strdup_printf("%s/mappings/%s.yaml", demo, mapping), *text = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(file_read(path, 100000, &text, NULL, &error));
    world_of(world, text);
}

static void
world_clear(World *world)
{
    renames_free(world->renames);
    mapping_set_free(world->set);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static json_t *
prove(const World *world, const char *before, const char *after)
{
    g_autoptr(GError) error = NULL;
    json_t *proofs = json_array();
    bool ok = generated_prove(&world->spec, "a.sql", before, after, proofs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return proofs;
}

/* The verdict on the only query. Caller frees. */
static char *
verdict(const World *world, const char *before, const char *after)
{
    g_autoptr(json_t) proofs = prove(world, before, after);
    const json_t *proof = json_array_get(proofs, 0);
    return g_strdup(json_get_string(proof, "verdict", "none"));
}

static void
expect(const World *world, const char *before, const char *after, const char *expected)
{
    g_autofree char *found = verdict(world, before, after);
    if (strcmp(found, expected) != 0)
        g_error("expected '%s', got '%s' for: %s", expected, found, after);
}

/* ---- a mapping of our own ---- */

static const char *const mapping_text =
    "apiVersion: honk/v1\nkind: Mapping\nsource: acme.shop.users\ntarget: acme.shop.people\nkey: "
    "[user_id]\ncolumns:\n  user_id: { from: id }\n  name: { from: name }\n  country: { from: "
    "country_code, values: { UK: GB, EL: GR }, others: keep }\n  since: { from: created, type: "
    "date, "
    "format: \"%d.%m.%Y\" }\n  score: { from: points }\n";

static void
right_edits_give_the_same_rows_and_wrong_ones_others(void)
{
    g_auto(World) world = {0};
    world_of(&world, mapping_text);
    const char *before =
        "SELECT u.id, u.name FROM users u WHERE u.country_code = 'UK' AND points > 7";
    expect(&world, before,
           "SELECT u.user_id AS id, u.name FROM people u WHERE u.country = 'GB' AND score > 7",
           "same");
    expect(&world, before,
           "SELECT u.user_id AS id, u.name FROM people u WHERE u.country = 'UK' AND score > 7",
           "different");
    expect(&world, before,
           "SELECT u.user_id AS id, u.name FROM people u WHERE u.country = 'GB' AND score > 8",
           "different");
    expect(&world, before,
           "SELECT u.user_id, u.name FROM people u WHERE u.country = 'GB' AND score > 7",
           "different");
}

static void
names_of_many_parts_are_found_in_tables_of_one(void)
{
    g_auto(World) world = {0};
    world_of(&world, mapping_text);
    world.spec.dialect = dialect_by_name("bigquery");
    expect(&world,
           "SELECT count(*) AS n FROM `acme.shop.users` JOIN acme.shop.orders o ON o.user_id = "
           "users.id",
           "SELECT count(*) AS n FROM `acme.shop.people` JOIN acme.shop.orders o ON o.user_id = "
           "people.user_id",
           "same");
}

static void
queries_that_group_by_an_alias_beside_another_table_are_run(void)
{
    g_auto(World) world = {0};
    world_of(&world, mapping_text);
    expect(&world,
           "SELECT u.id, u.name AS who, count(*) AS n FROM users u JOIN orders o ON o.user_id = "
           "u.id GROUP BY u.id, who ORDER BY n DESC, 1, 2",
           "SELECT u.user_id AS id, u.name AS who, count(*) AS n FROM people u JOIN orders o ON "
           "o.user_id = u.user_id GROUP BY u.user_id, who ORDER BY n DESC, 1, 2",
           "same");
}

static void
what_cannot_be_run_proves_nothing(void)
{
    g_auto(World) world = {0};
    world_of(&world, mapping_text);
    expect(&world, "SELECT SAFE_DIVIDE(id, 2) FROM users",
           "SELECT SAFE_DIVIDE(user_id, 2) FROM people", "not_run");
    expect(&world, "SELECT MIN(created) AS a FROM users",
           "SELECT MIN(FORMAT_DATE('%d', since)) AS a FROM people", "not_run");
    expect(&world, "SELECT MIN(created) AS a FROM users", "SELECT MIN(sinse) AS a FROM people",
           "different");
    expect(&world, "SELECT id FROM users WHERE 1 = 0",
           "SELECT user_id AS id FROM people WHERE 1 = 0", "not_run");
    expect(&world, "SELECT id FROM users WHERE id = :x",
           "SELECT user_id AS id FROM people WHERE user_id = :x", "not_run");
}

static void
the_same_text_gets_the_same_rows(void)
{
    g_auto(World) world = {0};
    world_of(&world, mapping_text);
    const char *before = "SELECT name FROM users WHERE points BETWEEN 3 AND 5 OR name LIKE 'b%'",
               *after = "SELECT name FROM people WHERE score BETWEEN 3 AND 5 OR name LIKE 'b%'";
    g_autoptr(json_t) once = prove(&world, before, after);
    g_autoptr(json_t) again = prove(&world, before, after);
    g_assert_true(json_equal(once, again));
    g_assert_cmpint(json_get_int(json_array_get(once, 0), "generated", 0), >, 100);
}

/* ---- the demo's queries, made wrong ---- */

typedef struct {
    int right, made, caught;
    GString *missed;
} Mutants;

/* The text with one of the edits written otherwise. Caller frees. */
static char *
applied_with(const Rewrite *rewrite, const char *text, guint index, const char *instead)
{
    g_autoptr(GPtrArray) edits = g_ptr_array_copy(rewrite->edits, NULL, NULL);
    Edit wrong = *(const Edit *) rewrite->edits->pdata[index];
    Rewrite mutant = {.edits = edits};
    size_t bytes = 0;
    wrong.text = instead;
    edits->pdata[index] = &wrong;
    return rewrite_apply(&mutant, text, strlen(text), &bytes);
}

static void
try_mutant(const World *world, const char *path, const char *text, const char *mutant,
           Mutants *mutants)
{
    g_autofree char *found = verdict(world, text, mutant);
    mutants->made++;
    mutants->caught += strcmp(found, "different") == 0;
    if (strcmp(found, "different") != 0)
        g_string_append_printf(mutants->missed, "%s (%s): %s\n", path, found, mutant);
}

/* Not made at all, or with the name of another column. */
static void
try_edit(const World *world, const char *path, const char *text, const Rewrite *rewrite,
         guint index, Mutants *mutants)
{
    const Edit *edit = rewrite->edits->pdata[index];
    g_autoptr(GPtrArray) targets = mapping_targets(world->spec.mapping);
    g_autofree char *old = g_strndup(text + edit->begin, edit->end - edit->begin);
    bool is_column = false;
    for (guint i = 0; i < targets->len; i++)
        is_column = is_column || strcmp(targets->pdata[i], edit->text) == 0;
    if (is_column || edit->begin == edit->end) {
        g_autofree char *undone = applied_with(rewrite, text, index, old);
        try_mutant(world, path, text, undone, mutants);
    }
    for (guint i = 0; is_column && i < targets->len; i++) {
        if (strcmp(targets->pdata[i], edit->text) == 0)
            continue;
        g_autofree char *other = applied_with(rewrite, text, index, targets->pdata[i]);
        try_mutant(world, path, text, other, mutants);
    }
}

static void
try_file(const World *world, const char *path, Mutants *mutants)
{
    static const RewriteOptions options = {0};
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    size_t bytes = 0;
    g_assert_true(file_read(path, 100000, &text, &bytes, &error));
    g_autoptr(Rewrite) rewrite = rewrite_text(path, text, bytes, world->renames, &options);
    if (rewrite->edits->len == 0 || !rewrite_is_decided(rewrite))
        return;
    g_autofree char *after = rewrite_apply(rewrite, text, bytes, &bytes);
    g_autofree char *right = verdict(world, text, after);
    g_assert_cmpstr(right, !=, "different");
    if (strcmp(right, "same") != 0)
        return;
    mutants->right++;
    for (guint i = 0; i < rewrite->edits->len; i++)
        try_edit(world, path, text, rewrite, i, mutants);
}

static void
try_folder(const World *world, const char *folder, Mutants *mutants)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            try_folder(world, path, mutants);
        else if (g_str_has_suffix(name, ".sql"))
            try_file(world, path, mutants);
    }
}

static void
wrong_edits_of_the_demo_are_caught(void)
{
    static const char *const mappings[] = {"users", "streams"};
    g_autoptr(GString) missed = g_string_new(NULL);
    Mutants mutants = {.missed = missed};
    g_autofree char *repositories = g_build_filename(demo, "repositories", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(mappings); i++) {
        g_auto(World) world = {0};
        world_of_demo(&world, mappings[i]);
        try_folder(&world, repositories, &mutants);
    }
    g_test_message("%d queries, %d of %d wrong edits caught; not these:\n%s", mutants.right,
                   mutants.caught, mutants.made, missed->str);
    g_assert_cmpint(mutants.right, >=, 15);
    g_assert_cmpint(mutants.made, >=, 150);
    g_assert_cmpint(mutants.caught * 100, >=, mutants.made * 95);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    demo = argv[1];
    g_test_add_func("/generated/right edits give the same rows and wrong ones others",
                    right_edits_give_the_same_rows_and_wrong_ones_others);
    g_test_add_func("/generated/names of many parts are found in tables of one",
                    names_of_many_parts_are_found_in_tables_of_one);
    g_test_add_func("/generated/queries that group by an alias beside another table are run",
                    queries_that_group_by_an_alias_beside_another_table_are_run);
    g_test_add_func("/generated/what cannot be run proves nothing",
                    what_cannot_be_run_proves_nothing);
    g_test_add_func("/generated/the same text gets the same rows",
                    the_same_text_gets_the_same_rows);
    g_test_add_func("/generated/wrong edits of the demo are caught",
                    wrong_edits_of_the_demo_are_caught);
    return g_test_run();
}
