/* program.c - mappings run over batches: what comes out, what is refused and why, and how fast. */
#include "mapping/mapping.h"

#include <math.h>
#include <string.h>

#define HEAD "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\n"

static Schema *
source_new(void)
{
    Schema *schema = schema_new("a");
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "first name", TYPE_TEXT, "", true);
    schema_add(schema, "last", TYPE_TEXT, "", true);
    schema_add(schema, "client.os", TYPE_TEXT, "", true);
    return schema;
}

static void
put_text(Batch *batch, size_t column, const char *text)
{
    if (text == NULL)
        batch_put_null(batch, column);
    else
        batch_put_bytes(batch, column, text, strlen(text));
}

static const char *const people[][3] = {
    {"Ada", "Lovelace", "linux"},
    {"Bo", NULL, "mac os x"},
    {NULL, "12x", ""},
    {"", "7", "Jun 12 1998"},
};

/* Only the columns that the program wants, as a driver does it. */
static Batch *
rows_for(const Program *program)
{
    const SourceItem *items = NULL;
    size_t count = program_items(program, &items);
    g_autoptr(Schema) source = source_new();
    Batch *batch = batch_new_for(program_input(program));
    for (size_t row = 0; row < G_N_ELEMENTS(people); row++) {
        for (size_t i = 0; i < count; i++) {
            size_t column = 0;
            g_assert_null(items[i].sql);
            g_assert_nonnull(schema_find(source, items[i].name, &column));
            if (column == 0)
                batch_put_int(batch, i, (int64_t) row + 1);
            else
                put_text(batch, i, people[row][column - 1]);
        }
        batch_commit_row(batch, (int64_t) (row + 1) * 10);
    }
    return batch;
}

static void
note_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    g_string_append_printf(data, "!%d %s: %s\n", (int) row_id, column, reason);
}

static void
append_cell(GString *to, const Batch *batch, size_t column, size_t row)
{
    Value value = {.type = batch->columns[column].type,
                   .is_null = batch_is_null(batch, column, row)};
    if (!value.is_null && value.type == TYPE_FLOAT)
        value.f = batch_float(batch, column, row);
    else if (!value.is_null &&
             (value.type == TYPE_TEXT || value.type == TYPE_DECIMAL || value.type == TYPE_BYTES))
        value.s.data = batch_bytes(batch, column, row, &value.s.bytes);
    else if (!value.is_null)
        value.i = batch_int(batch, column, row);
    value_append_text(&value, to);
}

/* Each row as "id|x|y", refused ones as "!row column: reason", in the order of their coming. */
static char *
run(const char *columns, const Schema *target)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(Schema) source = source_new();
    g_autofree char *text = g_strconcat(HEAD, columns, NULL);
    GString *out = g_string_new(NULL);
    if (!mapping_parse(text, strlen(text), "m", diags, &set, &error) ||
        !program_new(mapping_get(set, 0), source, target, false, &program, &error))
        g_error("%s\n%s", error->message, text);
    g_autoptr(Batch) in = rows_for(program), batch = batch_new_for(program_target(program));
    g_assert_true(program_apply(program, in, batch, note_reject, out, &error));
    for (size_t row = 0; row < batch->row_count; row++) {
        g_string_append_printf(out, "%d", (int) batch->row_ids[row]);
        for (size_t i = 0; i < batch->column_count; i++) {
            g_string_append_c(out, '|');
            append_cell(out, batch, i, row);
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static const struct {
    const char *columns, *expected;
} cases[] = {
    {"columns: { x: \"client.os\" }\n", "10|linux\n20|mac os x\n30|\n40|Jun 12 1998\n"},
    {"columns: { \"device.os\": { from: \"client.os\", values: { linux: l, \"\": null }, others: "
     "keep } }\n",
     "10|l\n20|mac os x\n30|NULL\n40|Jun 12 1998\n"},
    {"columns: { x: last, y: { concat: [ last, { text: \"!\" } ] }, z: last }\n",
     "10|Lovelace|Lovelace!|Lovelace\n20|NULL|NULL|NULL\n30|12x|12x!|12x\n40|7|7!|7\n"},
    {"columns: { x: { from: \"client.os\", values: { linux: l }, others: refuse } }\n",
     "!20 x: 'mac os x' is none of the mapped values\n!30 x: '' is none of the mapped values\n"
     "!40 x: 'Jun 12 1998' is none of the mapped values\n10|l\n"},
    {"columns: { x: { concat: [ id, { text: \": \" }, last ] } }\n",
     "10|1: Lovelace\n20|NULL\n30|3: 12x\n40|4: 7\n"},
    {"columns: { x: { from: \"client.os\", split: { by: \" \", part: -1 }, default: none } }\n",
     "10|linux\n20|x\n30|\n40|1998\n"},
    {"columns: { x: { from: \"client.os\", split: { by: \" \", part: 3 }, default: none } }\n",
     "10|none\n20|x\n30|none\n40|1998\n"},
    {"columns: { x: { from: last, type: int, default: -1 } }\n",
     "!10 x: 'Lovelace' is not a whole number\n!30 x: '12x' is not a whole number\n20|-1\n40|7\n"},
    {"columns: { x: { from: \"client.os\", type: date, format: \"%b %d %Y\" } }\n",
     "!10 x: 'linux' does not match the format '%b %d %Y'\n!20 x: 'mac os x' does not match the "
     "format '%b %d %Y'\n"
     "!30 x: '' does not match the format '%b %d %Y'\n40|1998-06-12\n"},
    {"columns: { x: { from: id, values: { 1: one, 2: two } } }\n", "10|one\n20|two\n30|3\n40|4\n"},
    {"columns: { x: { const: 1.5 }, y: { const: null }, z: _row }\n",
     "10|1.5|NULL|10\n20|1.5|NULL|20\n30|1.5|NULL|30\n40|1.5|NULL|40\n"},
    {"where: \"last IS NOT NULL AND _row < 40\"\ncolumns: { x: id }\n", "10|1\n30|3\n"},
    {"columns: { x: { expr: \"upper(\\\"first name\\\") || _row\" }, y: { expr: \"id * 2.5\", "
     "type: float } }\n",
     "10|ADA10|2.5\n20|BO20|5\n30|NULL|7.5\n40|40|10\n"},
    {"columns: { x: { expr: \"last\", type: int } }\n",
     "!10 x: 'Lovelace' is not a whole number\n!30 x: '12x' is not a whole "
     "number\n20|NULL\n40|7\n"},
    {"where: \"abs(id - 9223372036854775807 - 2) > 0\"\ncolumns: { x: id }\n",
     "!10 where: integer overflow\n20|2\n30|3\n40|4\n"},
};

static void
every_rule_gives_what_the_format_says(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = run(cases[i].columns, NULL);
        g_test_message("%s", cases[i].columns);
        g_assert_cmpstr(found, ==, cases[i].expected);
    }
}

static void
null_is_kept_out_of_columns_that_have_none_and_other_columns_are_left_alone(void)
{
    g_autoptr(Schema) target = schema_new("b");
    schema_add(target, "auto", TYPE_INT, "", false)->has_default = true;
    schema_add(target, "name", TYPE_TEXT, "", false);
    schema_add(target, "id", TYPE_TEXT, "", true);
    g_autofree char *found = run("columns: { id: id, name: last }\n", target);
    g_assert_cmpstr(found, ==,
                    "!20 name: the value is NULL, which column 'name' does not allow\n"
                    "10|Lovelace|1\n30|12x|3\n40|7|4\n");
}

static void
no_expression_takes_nan_for_null(void)
{
    static const char text[] =
        HEAD "columns: { x: { expr: \"coalesce(f, 0) + 1\", type: float } }\n";
    g_autoptr(Schema) source = schema_new("a");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) rejects = g_string_new(NULL);
    schema_add(source, "f", TYPE_FLOAT, "", true);
    g_assert_true(mapping_parse(text, strlen(text), "m", diags, &set, &error));
    g_assert_true(program_new(mapping_get(set, 0), source, NULL, false, &program, &error));
    g_autoptr(Batch) in = batch_new_for(program_input(program)),
                     out = batch_new_for(program_target(program));
    batch_put_float(in, 0, NAN);
    batch_commit_row(in, 10);
    batch_put_float(in, 0, 1.5);
    batch_commit_row(in, 20);
    batch_put_null(in, 0);
    batch_commit_row(in, 30);
    g_assert_true(program_apply(program, in, out, note_reject, rejects, &error));
    g_assert_cmpstr(rejects->str, ==,
                    "!10 x: a value that it reads is NaN, which expressions would take for NULL\n");
    g_assert_cmpuint(out->row_count, ==, 2);
    g_assert_cmpfloat(batch_value(out, 0, 0).f, ==, 2.5);
    g_assert_cmpfloat(batch_value(out, 0, 1).f, ==, 1);
}

/* Ten columns with casts. Not a gate, for machines differ; the number is in the log. */
static void
ten_columns_with_casts_take_about_a_microsecond_each(void)
{
    static const char text[] =
        HEAD "columns:\n"
             "  a: { from: id, type: text }\n  b: { from: int, type: int }\n  c: { from: float, "
             "type: float }\n"
             "  d: { from: date, type: date, format: \"%b %d %Y\" }\n  e: { from: iso, type: "
             "timestamp }\n"
             "  f: { from: cc, values: { UK: GB, DE: D } }\n  g: { concat: [ cc, { text: \" \" }, "
             "iso ] }\n"
             "  h: { from: iso, split: { by: \"-\", part: 1 } }\n  i: { from: flag, type: bool }\n "
             " j: { from: float, type: decimal }\n";
    static const char *const names[] = {"int", "float", "date", "iso", "cc", "flag"};
    static const char *const values[] = {
        "12345", "-74.637078", "Jun 12 1998", "1998-06-12 10:11:12", "UK", "yes"};
    g_autoptr(Schema) source = schema_new("a");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(GError) error = NULL;
    schema_add(source, "id", TYPE_INT, "", false);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        schema_add(source, names[i], TYPE_TEXT, "", true);
    g_assert_true(mapping_parse(text, strlen(text), "m", diags, &set, &error));
    g_assert_true(program_new(mapping_get(set, 0), source, NULL, false, &program, &error));
    g_autoptr(Batch) in = batch_new_for(program_input(program)),
                     out = batch_new_for(program_target(program));
    g_autoptr(GString) rejects = g_string_new(NULL);
    const SourceItem *items = NULL;
    size_t count = program_items(program, &items);
    for (int64_t row = 1; row <= 4096; row++) {
        for (size_t i = 0; i < count; i++) {
            size_t column = 0;
            (void) schema_find(source, items[i].name, &column);
            if (column == 0)
                batch_put_int(in, i, row);
            else
                put_text(in, i, values[column - 1]);
        }
        batch_commit_row(in, row);
    }
    g_test_timer_start();
    for (int i = 0; i < 20; i++) {
        batch_reset(out);
        g_assert_true(program_apply(program, in, out, note_reject, rejects, &error));
    }
    double seconds = g_test_timer_elapsed();
    g_assert_cmpuint(out->row_count, ==, 4096);
    g_test_message("%.0f ns a row and column", seconds * 1e9 / 20 / 4096 / 10);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/program/every rule gives what the format says",
                    every_rule_gives_what_the_format_says);
    g_test_add_func(
        "/program/null is kept out of columns that have none and other columns are left alone",
        null_is_kept_out_of_columns_that_have_none_and_other_columns_are_left_alone);
    g_test_add_func("/program/no expression takes NaN for NULL", no_expression_takes_nan_for_null);
    g_test_add_func("/program/ten columns with casts take about a microsecond each",
                    ten_columns_with_casts_take_about_a_microsecond_each);
    return g_test_run();
}
