/*
 * growth.c - eight times the text compares about eight times as many names, not sixty-four times. What it costs in time is
 * measured by the bench.
 */
#include "mapping/mapping.h"
#include "rewrite/project.h"

#include <string.h>

#define LINES 1000
#define TIMES 8
#define WORSE 16.0 /* n log n stays below it, n * n is at 64 */

typedef struct {
    const char *path, *head, *line, *middle, *again, *foot; /* %u of the lines: their number */
    bool propagates;
} Shape;

static Renames *renames;

static void
add_lines(GString *text, const char *line, guint lines)
{
    g_auto(GStrv) parts = g_strsplit(line, "%u", -1);
    for (guint i = 0; i < lines; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        g_autofree char *whole = g_strjoinv(number, parts);
        g_string_append(text, whole);
    }
}

static char *
text_of(const Shape *shape, guint lines)
{
    GString *text = g_string_new(shape->head);
    add_lines(text, shape->line, lines);
    g_string_append(text, shape->middle);
    add_lines(text, shape->again, lines);
    g_string_append(text, shape->foot);
    return g_string_free(text, FALSE);
}

/* So many names of SQL are compared in a text of so many lines. */
static double
compared_in(const Shape *shape, guint lines)
{
    g_autofree char *text = text_of(shape, lines);
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    ProjectFile file = {.path = shape->path, .text = text, .bytes = strlen(text)};
    RewriteOptions options = {.propagates = shape->propagates};
    g_ptr_array_add(files, &file);
    uint64_t before = sql_names_compared;
    project_rewrite(files, renames, &options, 1);
    g_assert_nonnull(file.rewrite);
    g_assert_cmpuint(file.rewrite->sites->len, >=, lines);
    g_assert_true(rewrite_is_decided(file.rewrite));
    rewrite_free(file.rewrite);
    return (double) (sql_names_compared - before);
}

static void
test_growth(const void *data)
{
    double few = compared_in(data, LINES), many = compared_in(data, LINES * TIMES);
    g_assert_cmpfloat(few, >, 0);
    g_test_message("%u lines: %.0f names, %u lines: %.0f", LINES, few, LINES * TIMES, many);
    g_assert_cmpfloat(many, <=, few * WORSE);
}

/* clang-format off */
static const struct {
    const char *name;
    Shape shape;
} cases[] = {
    {"outputs that are sorted by", {"a.sql", "SELECT ", "amount AS a%u, ", "id FROM shop.orders ORDER BY ", "a%u, ", "id;\n", false}},
    {"tables that are made and read", {"a.sql", "", "CREATE TABLE shop.t%u AS SELECT 1 AS one;\n", "", "SELECT one, amount FROM shop.t%u CROSS JOIN shop.orders;\n", "", false}},
};
/* clang-format on */

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const char text[] =
        "apiVersion: honk/v1\nkind: Mapping\nsource: shop.orders\ntarget: sales.orders_v2\n"
        "columns:\n  order_id: { from: id }\n  total_cents: { from: amount }\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(MappingSet) mappings = NULL;
    g_autoptr(Diags) diags = diags_new();
    bool done = mapping_parse(text, strlen(text), "growth.yaml", diags, &mappings, &error);
    g_assert_no_error(error);
    g_assert_true(done);
    renames = renames_new(mappings);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/rewrite/growth/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i].shape, test_growth);
    }
    int failed = g_test_run();
    renames_free(renames);
    return failed;
}
