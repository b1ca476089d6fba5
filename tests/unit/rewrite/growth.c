/*
 * growth.c - eight times the text compares about eight times as many names, and looks at about eight times as many pieces of
 * programs, not sixty-four times. What it costs in time is measured by the bench.
 */
#include "mapping/mapping.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/project/project.h"

#include <string.h>

#define LINES 400
#define TIMES 8
#define WORSE 16.0 /* n log n stays below it, n * n is at 64 */

typedef struct {
    const char *path, *head, *line, *middle, *again,
        *foot; /* %u of the lines: their number; %v: the next one */
    bool propagates, needs_person;
} Shape;

static Renames *renames;

static void
add_lines(GString *text, const char *line, guint lines)
{
    for (guint i = 0; i < lines; i++) {
        g_autofree char *number = g_strdup_printf("%u", i), *next = g_strdup_printf("%u", i + 1);
        g_autoptr(GString) one = g_string_new(line);
        g_string_replace(one, "%u", number, 0);
        g_string_replace(one, "%v", next, 0);
        g_string_append_len(text, one->str, (gssize) one->len);
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

/* So many names of SQL, and pieces of programs, are looked at in a text of so many lines. */
static double
compared_in(const Shape *shape, guint lines)
{
    g_autofree char *text = text_of(shape, lines);
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    ProjectFile file = {.path = shape->path, .text = text, .bytes = strlen(text)};
    RewriteOptions options = {.propagates = shape->propagates};
    g_ptr_array_add(files, &file);
    uint64_t before = sql_names_compared + program_steps;
    project_rewrite(files, renames, &options, 1);
    g_assert_nonnull(file.rewrite);
    g_assert_cmpuint(file.rewrite->sites->len, >=, lines);
    g_assert_true(rewrite_is_decided(file.rewrite) == !shape->needs_person);
    rewrite_free(file.rewrite);
    return (double) (sql_names_compared + program_steps - before);
}

static void
test_growth(const void *data)
{
    double few = compared_in(data, LINES), many = compared_in(data, LINES * TIMES);
    g_assert_cmpfloat(few, >, 0);
    g_test_message("%u lines: %.0f steps, %u lines: %.0f", LINES, few, LINES * TIMES, many);
    g_assert_cmpfloat(many, <=, few * WORSE);
}

/* Each name may be any table's, and each table is asked once: as the square of the joins, and no worse. */
static void
test_joins_that_say_one_name(void)
{
    const Shape shape = {.path = "a.sql",
                         .head = "SELECT v.amount FROM shop.orders v ",
                         .line = "JOIN shop.others t%u ON t%u.x = amount ",
                         .middle = "",
                         .again = "",
                         .foot = ""};
    double few = compared_in(&shape, 100), many = compared_in(&shape, 400);
    g_test_message("100 joins: %.0f steps, 400 joins: %.0f", few, many);
    g_assert_cmpfloat(many, <=, few * 20);
}

/* ---- models of dbt that read each other, one after the other ---- */

#define MODELS 600 /* more than there are rounds */

/* Named so that each stands in front of what it reads. */
static ProjectFile *
model_of(guint i)
{
    g_autofree char *read = i > 0 ? g_strdup_printf("m%04u", MODELS - i) : g_strdup("orders");
    ProjectFile *file = g_new0(ProjectFile, 1);
    file->path = g_strdup_printf("models/m%04u.sql", MODELS - 1 - i);
    file->text = g_strdup_printf("SELECT id, amount FROM {{ ref('%s') }}\n", read);
    file->bytes = strlen(file->text);
    return file;
}

static void
file_free(void *data)
{
    ProjectFile *file = data;
    rewrite_free(file->rewrite);
    g_free((char *) file->path);
    g_free((char *) file->text);
    g_free(file);
}

static void
test_chain_of_models(void)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
    ProjectFile *settings = g_new0(ProjectFile, 1);
    *settings = (ProjectFile){.path = g_strdup("dbt_project.yml"),
                              .text = g_strdup("name: a\n"),
                              .bytes = strlen("name: a\n")};
    RewriteOptions options = {.propagates = true};
    g_ptr_array_add(files, settings);
    for (guint i = MODELS; i-- > 0;)
        g_ptr_array_add(files, model_of(i));
    uint64_t before = sql_names_compared;
    project_rewrite(files, renames, &options, 1);
    for (guint i = 1; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        g_assert_nonnull(file->rewrite);
        g_assert_cmpuint(file->rewrite->edits->len, >=, 2);
    }
    g_assert_cmpuint(sql_names_compared - before, <, (uint64_t) MODELS * 1000);
}

/* A table of more columns than are followed, which nobody has to follow where all names are kept. */
static void
test_more_columns_than_are_followed(void)
{
    g_autoptr(GString) made = g_string_new("CREATE TABLE shop.copied AS SELECT amount");
    add_lines(made, ", a%u", 3000);
    g_string_append(made, " FROM shop.orders;\n");
    static const char program[] = "T = \"shop.orders\"\nQ = \"SELECT id FROM shop.copied\"\n";
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    ProjectFile maker = {.path = "a.sql", .text = made->str, .bytes = made->len},
                reader = {.path = "b.py", .text = program, .bytes = strlen(program)};
    RewriteOptions options = {0};
    g_ptr_array_add(files, &maker);
    g_ptr_array_add(files, &reader);
    project_rewrite(files, renames, &options, 1);
    g_assert_cmpuint(maker.rewrite->edits->len, ==, 3);
    g_assert_cmpuint(reader.rewrite->edits->len, ==, 1);
    rewrite_free(maker.rewrite);
    rewrite_free(reader.rewrite);
}

static double
looked_through(const char *template, guint times)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < times; i++)
        g_string_append(text, template);
    uint64_t before = program_steps;
    g_array_unref(jinja_templates(text->str, text->len));
    return (double) (program_steps - before);
}

static void
test_templates_without_an_end(void)
{
    static const char *const templates[] = {"{{ a ", "{% a ", "{{ a }} {% a "};
    for (size_t i = 0; i < G_N_ELEMENTS(templates); i++) {
        double few = looked_through(templates[i], LINES);
        g_assert_cmpfloat(few, >, 0);
        g_assert_cmpfloat(looked_through(templates[i], LINES * TIMES), <=, few * WORSE);
    }
}

/* clang-format off */
static const struct {
    const char *name;
    Shape shape;
} cases[] = {
    {"outputs that are sorted by", {"a.sql", "SELECT ", "amount AS a%u, ", "id FROM shop.orders ORDER BY ", "a%u, ", "id;\n", false}},
    {"tables that are made and read", {"a.sql", "", "CREATE TABLE shop.t%u AS SELECT 1 AS one;\n", "", "SELECT one, amount FROM shop.t%u CROSS JOIN shop.orders;\n", "", false}},
    {"tables of WITH that read the one before", {"a.sql", "WITH p0 AS (SELECT * FROM shop.orders)", ", p%v AS (SELECT * FROM p%u)", "", ", r%u AS (SELECT amount FROM p%u)", " SELECT amount FROM r0;\n", false}},
    {"tables of WITH under names that travel", {"a.sql", "WITH p0 AS (SELECT * FROM shop.orders)", ", p%v AS (SELECT * FROM p%u)", "", ", r%u AS (SELECT amount FROM p%u)", " SELECT amount FROM r0;\n", true}},
    {"tables of WITH that double the one before", {"a.sql", "WITH p0 AS (SELECT id, amount FROM shop.orders)", ", p%v AS (SELECT a.*, b.* FROM p%u a JOIN p%u b ON a.id = b.id)", "", ", r%u AS (SELECT amount FROM shop.orders)", " SELECT amount FROM r0;\n"}},
    {"lists of dbt that are made of themselves", {"a.sql", "{% set names = ['id'] %}\n", "{% set names = names + ['amount'] %}\n", "", "", "SELECT {{ names | join(', ') }} FROM shop.orders\n"}},
    {"variables of dbt that are tables", {"a.sql", "", "{% set t%u = ref('orders') %}\n", "", "SELECT amount FROM {{ t%u }};\n", "SELECT id FROM shop.orders\n"}},
    {"queries that templates put together", {"a.sql", "", "{% set r%u = run_query(\"select max(amount) from \" ~ ref('orders')) %}\n", "", "", "SELECT id FROM shop.orders\n"}},
    {"texts that are set and run", {"a.sql", "", "SET @q%u = 'SELECT amount FROM shop.orders';\nEXEC (@q%u);\n", "", "", ""}},
    {"texts that are the table's own name", {"a.sql", "", "SELECT amount, 'orders' AS t%u FROM shop.orders;\n", "", "", ""}},
    {"texts among the columns of statements", {"a.sql", "", "SELECT amount FROM shop.orders o WHERE o.id > %u AND o.user_id <> 'shop.orders';\n", "", "", "", .needs_person = true}},
    {"views that are made of the one before", {"a.sql", "CREATE VIEW v0 AS SELECT id, amount FROM shop.orders;\n", "CREATE VIEW v%v AS SELECT id, amount FROM v%u;\n", "", "", "", true}},
    {"views that let through what the one before has", {"a.sql", "CREATE VIEW v0 AS SELECT * FROM shop.orders;\n", "CREATE VIEW v%v AS SELECT * FROM v%u WHERE id > 1;\n", "", "", "", true}},
    {"lists that are read by a list", {"a.sql", "WITH p0 AS (SELECT id, amount FROM shop.orders)", ", p%v AS (SELECT id, amount FROM p%u)", "", ", r%u AS (SELECT amount FROM p%u)", " SELECT amount FROM r0;\n", false}},
    {"variables of Python", {"a.py", "", "Q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "", ""}},
    {"strings of Python put together", {"a.py", "Q = ", "\"SELECT amount FROM shop.orders UNION ALL \" + \\\n", "\"SELECT 1\"", "", "\n"}},
    {"constants of Python", {"a.py", "", "T%u = \"shop.orders\"\n", "", "client.query(f\"SELECT amount FROM {T%u}\")\n", ""}},
    {"one line of Python", {"a.py", "x = [", "\"shop.orders\", ", "1]\n", "", ""}},
    {"nested dictionaries of Python", {"a.py", "D = ", "{\"table\": \"shop.orders\", \"a\": ", "1", "}", "\n"}},
    {"arguments of one call in Python", {"a.py", "f(dataset=\"shop\",\n", "  table=\"orders\",\n", ")", "", "\n", .needs_person = true}},
    {"fields of Java", {"a.java", "class A {\n", "  String q%u = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "", "", "}\n"}},
    {"calls in Java beside Hibernate", {"a.java", "import org.hibernate.Session;\nclass A {\n", "  void f%u() { db.createQuery(\"SELECT amount FROM shop.orders WHERE id = %u\"); }\n", "", "  String r%u = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "}\n", .needs_person = true}},
    {"texts that grow in Java", {"a.java", "class A {\n", "  sb.append(\"SELECT amount FROM shop.orders WHERE id = %u\");\n", "", "", "}\n"}},
    {"fields of Scala", {"a.scala", "object A {\n", "  val q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "  val t%u = \"shop.orders\"\n", "}\n"}},
    {"fields of Kotlin", {"a.kt", "class A {\n", "  val q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "  val t%u = \"shop.orders\"\n", "}\n"}},
    {"fields of C#", {"a.cs", "class A {\n", "  string q%u = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "", "  string t%u = \"shop.orders\";\n", "}\n"}},
    {"variables of Go", {"a.go", "package a\n", "var q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "var t%u = \"shop.orders\"\n", ""}},
    {"errors of Go", {"a.go", "package a\n", "var e%u = errors.New(\"shop.orders\")\n", "", "var q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", ""}},
    {"objects of JavaScript", {"a.js", "const a = [", "{ dataset: \"shop\", table: \"orders\" },\n", "", "", "];\n"}},
    {"templates of TypeScript", {"a.ts", "", "const q%u = `SELECT amount FROM shop.orders WHERE id = ${x}`;\n", "", "", ""}},
    {"queries of knex", {"a.js", "const knex = require(\"knex\");\n", "const q%u = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "", "db(\"shop.orders\").count(\"* as n\");\n", ""}},
    {"variables of R", {"a.R", "", "q%u <- \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "t%u <- \"shop.orders\"\n", ""}},
    {"variables of PHP", {"a.php", "<?php\n", "$q%u = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "", "$t%u = \"shop.orders\";\n", ""}},
    {"variables of Ruby", {"a.rb", "", "q%u = \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "t%u = \"shop.orders\"\n", ""}},
    {"constants of Rust", {"a.rs", "", "const Q%u: &str = \"SELECT amount FROM shop.orders WHERE id = %u\";\n", "", "const T%u: &str = \"shop.orders\";\n", ""}},
    {"attributes of Elixir", {"a.ex", "defmodule A do\n", "  @q%u \"SELECT amount FROM shop.orders WHERE id = %u\"\n", "", "  @t%u \"shop.orders\"\n", "end\n"}},
    {"commands of a shell", {"a.sh", "T=shop.orders\n", "bq query \"SELECT amount FROM $T\"\n", "", "bq query \"SELECT amount FROM shop.orders WHERE id = %u\"\n", ""}},
    {"here-documents of a shell", {"a.sh", "", "bq query <<EOF\nSELECT amount FROM shop.orders\nEOF\n", "", "", ""}},
    {"items of YAML", {"a.yaml", "", "- dataset: shop\n  table: orders\n", "", "- sql: SELECT amount FROM shop.orders\n", ""}},
    {"keys of one block of YAML", {"a.yaml", "dataset: shop\n", "table: orders\n", "", "k%u: shop.orders\n", "", .needs_person = true}},
    {"names of YAML without their schema", {"a.yaml", "", "- name: orders\n", "", "- table: orders\n", "", .needs_person = true}},
    {"keys of one object of JSON", {"a.json", "{\"dataset\": \"shop\"", ",\n\"table\": \"orders\"", "", ",\n\"k%u\": \"shop.orders\"", "}\n", .needs_person = true}},
    {"nested objects of JSON", {"a.json", "", "{\"table\": \"shop.orders\", \"a\": ", "1", "}", "\n"}},
    {"resources of HCL", {"a.tf", "", "x \"q%u\" {\n  dataset_id = \"shop\"\n  table_id = \"orders\"\n}\n", "", "y \"q%u\" {\n  query = \"SELECT amount FROM shop.orders WHERE id = %u\"\n}\n", ""}},
    {"statements of mappers of MyBatis", {"a.xml", "<mapper namespace=\"a\">\n", "<select id=\"q%u\">SELECT amount FROM shop.orders WHERE id = #{x}</select>\n", "", "", "</mapper>\n"}},
};
/* clang-format on */

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const char text[] =
        "apiVersion: honk/v1\nkind: Mapping\nsource: shop.orders\ntarget: sales.orders_v2\n"
        "columns:\n  order_id: { from: id }\n  total_cents: { from: amount }\n"
        "dbt: { ref: orders, target: orders_v2 }\n";
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
    g_test_add_func("/rewrite/growth/joins that say one name ask each table once",
                    test_joins_that_say_one_name);
    g_test_add_func("/rewrite/growth/templates without an end", test_templates_without_an_end);
    g_test_add_func("/rewrite/growth/a table of more columns than are followed holds up nobody",
                    test_more_columns_than_are_followed);
    g_test_add_func("/rewrite/growth/columns travel through a chain of models of any length",
                    test_chain_of_models);
    int failed = g_test_run();
    renames_free(renames);
    return failed;
}
