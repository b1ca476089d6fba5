/*
 * rewrite.c - what becomes of a text, case by case: tests/golden/rewrite/TOPIC.cases
 *
 *   ### the name of the case, a sentence [dialect=bigquery propagate file=a.py]
 *   SELECT …
 *   ---
 *   SELECT …            or  ! code code …   when it is refused, with the codes in the order of the text
 *                       or  =               when it stays as it is
 *                       or, with [advice],  ! line code: what it advises, for each of these
 *
 * Every case also keeps the laws: edits lie apart, undoing them gives the text, and what was rewritten stays.
 */
#include "cases.h"

#include "rewrite/rewrite.h"

#include <string.h>

static MappingSet *mappings;

/* The tables beside the mapped ones that the cases speak of. */
static const char *const *
columns_of(const SqlSource *table, bool *ret_is_open, void *data)
{
    static const char *const streams[] = {"id", "user_id", "track", "played", NULL};
    static const char *const countries[] = {"code", "title", NULL};
    static const char *const orders[] = {"id", "user_id", "amount", "created", NULL};
    static const char *const parted[] = {"one", "label", "sort", "v", NULL};
    *ret_is_open = false;
    const char *name = table->path.count > 0 ? table->path.parts[table->path.count - 1].text : "";
    return strcmp(name, "streams") == 0     ? streams
           : strcmp(name, "countries") == 0 ? countries
           : strcmp(name, "orders") == 0    ? orders
           : strcmp(name, "parted") == 0    ? parted
                                            : NULL;
}

static char *
option(const GoldenCase *one, const char *key)
{
    g_auto(GStrv) words = g_strsplit(one->options, " ", -1);
    size_t bytes = strlen(key);
    for (size_t i = 0; words[i] != NULL; i++)
        if (strncmp(words[i], key, bytes) == 0 &&
            (words[i][bytes] == '=' || words[i][bytes] == '\0'))
            return g_strdup(words[i][bytes] == '=' ? words[i] + bytes + 1 : "");
    return NULL;
}

static Rewrite *
rewritten(const GoldenCase *one, const char *text)
{
    g_autofree char *dialect = option(one, "dialect"), *propagate = option(one, "propagate");
    g_autofree char *schema = option(one, "schema"), *file = option(one, "file"),
                    *in = option(one, "default");
    g_autoptr(Renames) renames = renames_new(mappings);
    if (in != NULL)
        g_assert_true(renames_set_default(renames, in, NULL));
    const char *said = dialect != NULL ? dialect : file != NULL ? "guess" : "ansi";
    RewriteOptions options = {.dialect = dialect_by_name(said), /* NULL: guessed */
                              .propagates = propagate != NULL,
                              .columns = schema != NULL ? columns_of : NULL};
    g_assert_true(options.dialect != NULL || strcmp(said, "guess") == 0);
    return rewrite_text(file != NULL ? file : "case.sql", text, strlen(text), renames, &options);
}

/* What people are told to write, place by place. */
static char *
advice(const Rewrite *rewrite)
{
    GString *told = g_string_new(NULL);
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site->code[0] == '\0')
            continue;
        g_string_append_printf(told, "! %d %s: %s\n", site->line, site->code,
                               site->advice != NULL ? site->advice : "-");
        g_assert_true(site->advice == NULL || strstr(site->reason, site->advice) != NULL);
    }
    return g_string_free(told, FALSE);
}

static char *
outcome(const GoldenCase *one, const Rewrite *rewrite, const char *text)
{
    size_t bytes = 0;
    g_autofree char *advises = option(one, "advice");
    if (advises != NULL)
        return advice(rewrite);
    if (rewrite_is_decided(rewrite))
        return rewrite_apply(rewrite, text, strlen(text), &bytes);
    GString *codes = g_string_new("!");
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site->code[0] != '\0')
            g_string_append_printf(codes, " %s", site->code);
    }
    g_string_append_c(codes, '\n');
    return g_string_free(codes, FALSE);
}

static void
keeps_the_laws(const GoldenCase *one, const Rewrite *rewrite)
{
    size_t bytes = 0;
    g_autofree char *after = rewrite_apply(rewrite, one->text, strlen(one->text), &bytes);
    g_autoptr(GPtrArray) undo = rewrite_undo(rewrite, one->text);
    Rewrite back = {.edits = undo};
    g_autofree char *again = rewrite_apply(&back, after, bytes, &bytes);
    g_assert_cmpstr(again, ==, one->text);
    if (!rewrite_is_decided(rewrite))
        return;
    g_autoptr(Rewrite) second = rewritten(one, after);
    g_assert_cmpuint(second->edits->len, ==, 0);
}

static void
one_case(const void *data)
{
    const GoldenCase *one = data;
    g_autoptr(Rewrite) rewrite = rewritten(one, one->text);
    g_autofree char *found = outcome(one, rewrite, one->text);
    const char *expected = strcmp(one->expected, "=\n") == 0 ? one->text : one->expected;
    if (strcmp(found, expected) != 0)
        for (guint i = 0; i < rewrite->sites->len; i++) {
            const Site *site = g_ptr_array_index(rewrite->sites, i);
            g_test_message("%d:%d %s %s %s", site->line, site->column,
                           disposition_name(site->disposition), site->before,
                           site->reason != NULL ? site->reason : "");
        }
    g_assert_cmpstr(found, ==, expected);
    keeps_the_laws(one, rewrite);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* one case says nothing of the next */
    mappings = cases_mappings(argv[1], "mapping.yaml");
    cases_add(argv[1], "", one_case);
    int status = g_test_run();
    mapping_set_free(mappings);
    return status;
}
