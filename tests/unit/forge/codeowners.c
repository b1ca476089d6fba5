/* codeowners.c - whom a repository names for its files is read as its host reads it, each kind in its own way. */
#include "forge/codeowners.h"

#include "base/clock.h"

#include <string.h>

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* "@a @b", sorted; "" for nobody. */
static void
assert_owners(ForgeKind kind, const char *text, const char *path, const char *expected)
{
    g_autoptr(CodeOwners) owners = codeowners_parse(kind, text, strlen(text));
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint count = 0;
    codeowners_add(owners, path, set);
    g_autofree char **names = (char **) g_hash_table_get_keys_as_array(set, &count);
    qsort(names, count, sizeof *names, by_text);
    g_autofree char *joined = g_strjoinv(" ", names);
    if (strcmp(joined, expected) != 0)
        g_error("'%s' of\n%s\nhas '%s', not '%s'", path, text, joined, expected);
}

/* ---- GitHub ---- */

static const char github[] = "# who sees to what\r\n"
                             "*       @acme/all\r\n"
                             "*.js    @js # inline\r\n"
                             "/build/logs/ @doctor\n"
                             "docs/*  docs@acme.example\n"
                             "apps/   @octo\n"
                             "/scripts/ @doctor @octo\n"
                             "**/logs @log\n"
                             "/apps/github\n"
                             "with\\ blank.sql @blank\n"
                             "!/apps/ @nobody\n"
                             "a?.sql @one\n";

static void
on_github_the_last_pattern_that_fits_has_the_last_word(void)
{
    assert_owners(FORGE_GITHUB, github, "README.md", "@acme/all");
    assert_owners(FORGE_GITHUB, github, "deep/down/x.js", "@js");
    assert_owners(FORGE_GITHUB, github, "build/logs/a/b.sql", "@log");
    assert_owners(FORGE_GITHUB, github, "build/logs.sql", "@acme/all");
    assert_owners(FORGE_GITHUB, github, "scripts/run.sh", "@doctor @octo");
    assert_owners(FORGE_GITHUB, github, "apps/github/x.sql", "");
    assert_owners(FORGE_GITHUB, github, "apps/other/x.sql", "@octo");
    assert_owners(FORGE_GITHUB, github, "with blank.sql", "@blank");
    assert_owners(FORGE_GITHUB, github, "x/a1.sql", "@one");
    assert_owners(FORGE_GITHUB, github, "x/a12.sql", "@acme/all");
}

static void
on_github_a_star_behind_a_folder_is_what_lies_in_the_folder_itself(void)
{
    assert_owners(FORGE_GITHUB, github, "docs/start.md", "docs@acme.example");
    assert_owners(FORGE_GITHUB, github, "docs/build/start.md", "@acme/all");
    assert_owners(FORGE_GITHUB, github, "deep/apps/start.md", "@octo");
    assert_owners(FORGE_GITHUB, "/src/**/test @t\n", "src/test/a", "@t");
    assert_owners(FORGE_GITHUB, "/src/**/test @t\n", "src/a/b/test", "@t");
    assert_owners(FORGE_GITHUB, "/src/**/test @t\n", "src/a/b/tests", "");
}

/* ---- GitLab ---- */

static const char gitlab[] = "* @everybody\n"
                             "[Data] @acme/data @ada\n"
                             "*.sql\n"
                             "reports/ @reports\n"
                             "!reports/old.sql\n"
                             "^[Docs][2] @writers\n"
                             "docs/\n"
                             "/top @top\n"
                             "[data]\n"
                             "last.sql @last @@maintainer\n";

static void
on_gitlab_each_section_has_a_word_of_its_own_and_its_owners_when_it_names_nobody(void)
{
    assert_owners(FORGE_GITLAB, gitlab, "a.txt", "@everybody");
    assert_owners(FORGE_GITLAB, gitlab, "deep/a.sql", "@acme/data @ada @everybody");
    assert_owners(FORGE_GITLAB, gitlab, "x/reports/deep/a.sql", "@everybody @reports");
    assert_owners(FORGE_GITLAB, gitlab, "docs/a/b.sql", "@acme/data @ada @everybody @writers");
}

static void
on_gitlab_a_section_goes_on_under_its_name_in_any_case_and_an_exclusion_ends_it(void)
{
    assert_owners(FORGE_GITLAB, gitlab, "last.sql", "@everybody @last");
    assert_owners(FORGE_GITLAB, gitlab, "reports/old.sql", "@everybody");
    assert_owners(FORGE_GITLAB, gitlab, "top/a.txt", "@everybody");
    assert_owners(FORGE_GITLAB, gitlab, "top", "@everybody @top");
    assert_owners(FORGE_GITLAB, "[ab].sql @x\n", "b.sql", "");
    assert_owners(FORGE_GITLAB, "/[ab].sql @x\n", "b.sql", "@x");
}

/* ---- Gitea ---- */

static const char gitea[] = "# expressions of Go\n"
                            ".*\\\\.sql @sql\n"
                            "reports/.* @acme/reports @ada\n"
                            "!docs/.* @not-docs\n"
                            "with\\ blank @blank\n"
                            "( @broken\n";

static void
on_gitea_every_expression_that_fits_the_whole_path_counts(void)
{
    assert_owners(FORGE_GITEA, gitea, "reports/a.sql", "@acme/reports @ada @not-docs @sql");
    assert_owners(FORGE_GITEA, gitea, "docs/a.sql", "@sql");
    assert_owners(FORGE_GITEA, gitea, "with blank", "@blank @not-docs");
    assert_owners(FORGE_GITEA, gitea, "x/reports/a", "@not-docs");
}

static void
an_expression_that_would_try_for_years_is_given_up(void)
{
    g_autofree char *path = g_strnfill(200, 'a');
    int64_t start_ms = clock_monotonic_ms();
    assert_owners(FORGE_GITEA, "((a+)+)+b @slow\n", path, "");
    g_assert_cmpint(clock_monotonic_ms() - start_ms, <, 5000);
    g_autofree char *stars = g_strnfill(1000, '*');
    g_autofree char *line = g_strdup_printf("%sb @slow\n", stars);
    assert_owners(FORGE_GITHUB, line, path, "");
}

/* ---- all of them ---- */

static void
what_is_no_name_of_anybody_is_passed_over(void)
{
    assert_owners(FORGE_GITHUB, "* ada @ @a!b @@x <@y> a@ @ok\n", "x", "@ok");
    assert_owners(FORGE_GITHUB, "\xff\xfe\n* @ok", "x", "@ok");
    assert_owners(FORGE_GITLAB, "[never closed @a\n[A] @b\n*\n", "x", "@b");
    assert_owners(FORGE_GITHUB, "", "x", "");
    g_autofree char *large = g_strnfill(CODEOWNERS_BYTES_MAX, ' ');
    g_autofree char *whole = g_strconcat("* @a\n", large, NULL);
    assert_owners(FORGE_GITHUB, whole, "x", "");
}

static void
each_kind_of_host_looks_in_places_of_its_own(void)
{
    g_assert_cmpstr(codeowners_paths(FORGE_GITHUB)[0], ==, ".github/CODEOWNERS");
    g_assert_cmpstr(codeowners_paths(FORGE_GITLAB)[0], ==, "CODEOWNERS");
    g_assert_cmpstr(codeowners_paths(FORGE_GITEA)[2], ==, ".gitea/CODEOWNERS");
    g_assert_cmpstr(codeowners_paths(FORGE_GIT)[0], ==, ".github/CODEOWNERS");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define CASE(name) g_test_add_func("/forge/codeowners/" #name, name)
    CASE(on_github_the_last_pattern_that_fits_has_the_last_word);
    CASE(on_github_a_star_behind_a_folder_is_what_lies_in_the_folder_itself);
    CASE(on_gitlab_each_section_has_a_word_of_its_own_and_its_owners_when_it_names_nobody);
    CASE(on_gitlab_a_section_goes_on_under_its_name_in_any_case_and_an_exclusion_ends_it);
    CASE(on_gitea_every_expression_that_fits_the_whole_path_counts);
    CASE(an_expression_that_would_try_for_years_is_given_up);
    CASE(what_is_no_name_of_anybody_is_passed_over);
    CASE(each_kind_of_host_looks_in_places_of_its_own);
    return g_test_run();
}
