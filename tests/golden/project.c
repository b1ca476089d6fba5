/*
 * project.c - what becomes of many files together, case by case: tests/golden/project/TOPIC.cases
 *
 *   ### the name of the case, a sentence [keep one-way guess snowflake postgres returns]
 *   === models/a.sql
 *   select …
 *   ---
 *   === models/a.sql       what becomes of it; files that are not named stay as they are and need nobody
 *   select …
 *   ! models/b.sql code    it needs a person, and stays as it is
 *   ~ models/c.sql words   it tells so in a note
 *
 * Every case also keeps the laws: edits lie apart, undoing them gives the texts, doing it twice changes nothing, and,
 * unless it is `one-way`, the inverse of the mapping gives the texts back. With `returns` all lines end in CR LF, before and after.
 */
#include "cases.h"

#include "rewrite/project/project.h"

#include <string.h>

static MappingSet *mappings, *inverse;

typedef struct {
    const char *options;
    GPtrArray *files; /* ProjectFile *, which own path and text */
} Case;

static ProjectFile *
file_new(const char *path, const char *text)
{
    ProjectFile *file = g_new0(ProjectFile, 1);
    *file = (ProjectFile){.path = g_strdup(path), .text = g_strdup(text), .bytes = strlen(text)};
    return file;
}

static void
file_free(void *data)
{
    ProjectFile *file = data;
    g_free((char *) file->path);
    g_free((char *) file->text);
    rewrite_free(file->rewrite);
    g_free(file);
}

static ProjectFile *
find(const GPtrArray *files, const char *path)
{
    for (guint i = 0; i < files->len; i++) {
        ProjectFile *file = g_ptr_array_index(files, i);
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static bool
has_option(const Case *one, const char *word)
{
    g_auto(GStrv) words = g_strsplit(one->options, " ", -1);
    return g_strv_contains((const char *const *) words, word);
}

/* target/manifest.json of each project, and the catalog beside it. */
static DbtManifests *
read_manifests(const GPtrArray *files)
{
    DbtManifests *manifests = dbt_manifests_new();
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        const char *at = strstr(file->path, "target/manifest.json");
        if (at == NULL)
            continue;
        g_autofree char *prefix = g_strndup(file->path, (size_t) (at - file->path));
        g_autofree char *beside = g_strconcat(prefix, "target/catalog.json", NULL);
        const ProjectFile *catalog = find(files, beside);
        g_autoptr(GError) error = NULL;
        if (!dbt_manifests_read(manifests, prefix, file->text, file->bytes, file->path, &error) ||
            (catalog != NULL &&
             !dbt_manifests_read_catalog(manifests, catalog->text, catalog->bytes, beside, &error)))
            g_error("%s", error->message);
    }
    return manifests;
}

static void
rewrite(const Case *one, GPtrArray *files, const MappingSet *set)
{
    g_autoptr(Renames) renames = renames_new(set);
    g_autoptr(DbtManifests) manifests = read_manifests(one->files);
    const char *dialect = has_option(one, "guess")       ? "" /* nobody says */
                          : has_option(one, "snowflake") ? "snowflake"
                          : has_option(one, "postgres")  ? "postgres"
                                                         : "bigquery";
    RewriteOptions options = {.dialect = dialect_by_name(dialect),
                              .propagates = !has_option(one, "keep"),
                              .manifests = manifests};
    project_rewrite(files, renames, &options, 2);
}

static bool
is_changed(const ProjectFile *file)
{
    return file->rewrite != NULL && file->rewrite->edits->len > 0 &&
           rewrite_is_decided(file->rewrite);
}

static char *
text_after(const ProjectFile *file)
{
    size_t bytes = 0;
    return is_changed(file) ? rewrite_apply(file->rewrite, file->text, file->bytes, &bytes)
                            : g_strdup(file->text);
}

/* The files as they are afterwards. */
static GPtrArray *
files_after(const GPtrArray *files)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(file_free);
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        g_autofree char *after = text_after(file);
        g_ptr_array_add(list, file_new(file->path, after));
    }
    return list;
}

/* ---- what is expected ---- */

static char *
outcome(const GPtrArray *files)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        g_autofree char *after = text_after(file);
        if (is_changed(file))
            g_string_append_printf(text, "=== %s\n%s", file->path, after);
        if (file->rewrite == NULL)
            continue;
        g_autoptr(GString) codes = g_string_new(NULL);
        for (guint s = 0; s < file->rewrite->sites->len; s++) {
            const Site *site = g_ptr_array_index(file->rewrite->sites, s);
            if (site->code[0] != '\0')
                g_string_append_printf(codes, " %s", site->code);
            if (site->kind == SITE_FILE && site->disposition == DISPOSITION_UNAFFECTED)
                g_string_append_printf(text, "~ %s %s\n", file->path, site->reason);
        }
        if (codes->len > 0)
            g_string_append_printf(text, "! %s%s\n", file->path, codes->str);
    }
    return g_string_free(text, FALSE);
}

static void
say_sites(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        for (guint s = 0; file->rewrite != NULL && s < file->rewrite->sites->len; s++) {
            const Site *site = g_ptr_array_index(file->rewrite->sites, s);
            g_test_message("%s:%d:%d %s %s %s", file->path, site->line, site->column,
                           disposition_name(site->disposition), site->before,
                           site->reason != NULL ? site->reason : "");
        }
    }
}

/* ---- laws ---- */

static void
can_be_undone(const ProjectFile *file)
{
    size_t bytes = 0;
    if (file->rewrite == NULL)
        return;
    g_autofree char *after = rewrite_apply(file->rewrite, file->text, file->bytes, &bytes);
    g_autoptr(GPtrArray) undo = rewrite_undo(file->rewrite, file->text);
    Rewrite back = {.edits = undo};
    g_autofree char *again = rewrite_apply(&back, after, bytes, &bytes);
    g_assert_cmpstr(again, ==, file->text);
}

static void
keeps_the_laws(const Case *one)
{
    g_autoptr(GPtrArray) after = files_after(one->files);
    for (guint i = 0; i < one->files->len; i++)
        can_be_undone(g_ptr_array_index(one->files, i));
    rewrite(one, after, mappings);
    for (guint i = 0; i < after->len; i++) {
        const ProjectFile *file = g_ptr_array_index(after, i);
        g_assert_false(is_changed(file));
    }
    if (has_option(one, "one-way"))
        return;
    g_autoptr(GPtrArray) there = files_after(one->files);
    rewrite(one, there, inverse);
    for (guint i = 0; i < there->len; i++) {
        const ProjectFile *file = g_ptr_array_index(there, i);
        g_autofree char *back = text_after(file);
        g_assert_cmpstr(back, ==, find(one->files, file->path)->text);
    }
}

static char *
replaced(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);
    return g_strjoinv(to, parts);
}

static void
add_files(const Case *one, const char *text)
{
    g_auto(GStrv) chunks = g_strsplit(text, "=== ", -1);
    for (size_t i = 1; chunks[i] != NULL; i++) {
        char *line = strchr(chunks[i], '\n');
        *line = '\0';
        g_autofree char *lines =
            replaced(line + 1, "\n", has_option(one, "returns") ? "\r\n" : "\n");
        g_ptr_array_add(one->files, file_new(chunks[i], lines));
    }
}

/* What is expected, with the ends of lines of files that are changed. */
static char *
expected_of(const Case *one, const char *text)
{
    if (!has_option(one, "returns"))
        return g_strdup(text);
    g_autofree char *returned = replaced(text, "\n", "\r\n");
    GString *lines = g_string_new(NULL);
    for (const char *at = returned, *end; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        bool is_ours = strncmp(at, "=== ", 4) == 0 || strncmp(at, "! ", 2) == 0;
        g_string_append_len(lines, at, end - at - (is_ours ? 1 : 0));
        g_string_append_c(lines, '\n');
    }
    return g_string_free(lines, FALSE);
}

static void
one_case(const void *data)
{
    const GoldenCase *said = data;
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
    Case one = {.options = said->options, .files = files};
    add_files(&one, said->text);
    rewrite(&one, files, mappings);
    g_autofree char *found = outcome(files), *expected = expected_of(&one, said->expected);
    if (strcmp(found, expected) != 0)
        say_sites(files);
    g_assert_cmpstr(found, ==, expected);
    keeps_the_laws(&one);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* one case says nothing of the next */
    mappings = cases_mappings(argv[1], "mapping.yaml");
    inverse = cases_mappings(argv[1], "inverse.yaml");
    cases_add(argv[1], "", one_case);
    int status = g_test_run();
    mapping_set_free(mappings);
    mapping_set_free(inverse);
    return status;
}
