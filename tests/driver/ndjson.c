/* ndjson.c - JSON lines and arrays, whole and broken. */
#include "bench.h"

#include <string.h>

typedef struct {
    StoreConfig store;
    Conn *conn;
} Files;

static void
files_clear(Files *files)
{
    conn_close(files->conn);
    json_decref(files->store.settings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

static void
files_init(Files *files, const char *text)
{
    g_autofree char *path = g_build_filename(test_folder(), "f.json", NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    *files = (Files){.store = {.name = (char *) "files", .driver = (char *) "ndjson"}};
    files->store.settings = json_pack("{ss}", "path", test_folder());
    ASSERT_OK(conn_open(&files->store, &files->conn, &ERR));
}

/* clang-format off */
static const struct {
    const char *name, *text, *columns, *rows;
} cases[] = {
    {"lines", "{\"a\": 1, \"b\": \"x\"}\n{\"b\": \"y\", \"a\": 2}\n", "a int, b text", "1:1|x\n2:2|y"},
    {"an array", "[{\"a\": 1}, {\"a\": 2},\n {\"a\": null}]\n", "a int", "1:1\n2:2\n3:NULL"},
    {"an array over lines", "[\n{\n\"a\":\n1\n}\n,\n{\"a\": 2}\n]", "a int", "1:1\n2:2"},
    {"types", "{\"b\": true, \"f\": 1, \"m\": 1, \"n\": null}\n{\"b\": false, \"f\": 1.5, \"m\": \"x\", \"o\": 1}\n",
        "b bool, f float, m text, n text, o int", "1:true|1|1|NULL|NULL\n2:false|1.5|x|NULL|1"},
    {"large numbers", "{\"a\": 9007199254740993, \"b\": 9007199254740993, \"c\": 99999999999999999999}\n{\"b\": 0.5}\n",
        "a int, b text, c text", "1:9007199254740993|9007199254740993|99999999999999999999\n2:NULL|0.5|NULL"},
    {"nested", "{\"a\": {\"b\": 1, \"c\": {\"d\": \"x\"}}, \"e\": [1, {\"f\": 2}]}\n", "a.b int, a.c.d text, e text",
        "1:1|x|[1,{\"f\":2}]"},
    {"escapes", "{\"a\": \"\\u00e4\\n\\\"\\ud83d\\ude00\\/\"}\n", "a text", "1:ä\n\"😀/"},
    {"a broken line", "{\"a\": 1}\n{\"a\": \n{\"a\": 3}\n", "a int",
        "!2 -: line 2: the record ends, expected a value\n1:1\n3:3"},
    {"what is expected is told", "{\"a\" 1}\n{a: 1}\n{\"a\": 1,}\n[1]\n{\"a\": 01}\n{\"a\": 1} x\n{\"a\": 1, \"a\": 2}\n{\"a\": \"\\q\"}\n{\"a\": 5}\n", "a int",
        "!1 -: line 1: '1' at byte 6, expected ':'\n!2 -: line 2: 'a' at byte 2, expected a name in double quotes\n"
        "!3 -: line 3: '}' at byte 9, expected a name in double quotes\n!4 -: line 4: '[' at byte 1, expected an object\n"
        "!5 -: line 5: '01' at byte 7, expected a value\n!6 -: line 6: there is more behind the object\n!7 -: line 7: 'a' comes twice\n"
        "!8 -: line 8: there is no escape '\\q'\n9:5"},
    {"words that are no values of JSON", "{\"a\": 1}\n{\"a\": NaN}\n{\"a\": -Infinity}\n{\"a\": 'x'}\n{\"a\": trueish}\n", "a int",
        "!2 -: line 2: 'NaN' at byte 7, expected a value\n!3 -: line 3: '-Infinity' at byte 7, expected a value\n"
        "!4 -: line 4: ''' at byte 7, expected a value\n!5 -: line 5: 'i' at byte 11, expected ',' or '}'\n1:1"},
    {"an array goes on behind a broken element", "[\n{\"a\": 1},\n{\"a\": 2 \"b\"},\n{\"a\": 3,\n{\"a\": 4}\n]\n", "a int",
        "!2 -: line 3: '\"' at byte 9, expected ',' or '}'\n!3 -: line 4: '{' at byte 10, expected a name in double quotes\n1:1\n4:4"},
    {"elements that are no objects", "[\n1,\n{\"a\": 1},\nnull\n]", "a int",
        "!1 -: line 2: '1' at byte 1, expected an object\n!3 -: line 4: 'n' at byte 1, expected an object\n2:1"},
    {"elements on one line", "[{\"a\":1},null,\"],{\",[1],{\"a\":1x},{\"a\":5}]", "a int",
        "!2 -: line 1: 'n' at byte 1, expected an object\n!3 -: line 1: '\"' at byte 1, expected an object\n"
        "!4 -: line 1: '[' at byte 1, expected an object\n!5 -: line 1: 'x' at byte 7, expected ',' or '}'\n1:1\n6:5"},
    {"a last line without an end", "{\"a\": 1}\n{\"a\": 2}", "a int", "1:1\n2:2"},
    {"a broken last line", "{\"a\": 1}\n{\"a\":\n", "a int", "!2 -: line 2: the record ends, expected a value\n1:1"},
    {"something behind the last line", "{\"a\": 1}\n{\"a\": 2} x", "a int", "!2 -: line 2: there is more behind the object\n1:1"},
    {"lines that end with DOS's Ctrl-Z", "{\"a\": 1}\r\n{\"a\": 2}\r\n\x1a", "a int", "1:1\n2:2"},
    {"a last line that ends with it", "{\"a\": 1}\n{\"a\": 2}\x1a", "a int", "1:1\n2:2"},
    {"an array that ends with it", "[{\"a\": 1},\r\n{\"a\": 2}]\r\n\x1a\x1a", "a int", "1:1\n2:2"},
    {"members in other orders, and some of them",
        "{\"a\": 1, \"b\": 2, \"c\": 3}\n{\"a\": 4, \"b\": 5}\n{\"b\": 6, \"a\": 7, \"c\": 8}\n{\"a\": 9, \"b\": 10, \"b\": 11}\n"
        "{\"a\": 12, \"b\": 13, \"b\": 14}\n{\"a\": 15, \"b\": 16, \"c\": 17}\n{\"c\": 18, \"a\": 19, \"a\": 20}\n{}\n", "a int, b int, c int",
        "!4 -: line 4: 'b' comes twice\n!5 -: line 5: 'b' comes twice\n!7 -: line 7: 'a' comes twice\n"
        "1:1|2|3\n2:4|5|NULL\n3:7|6|8\n6:15|16|17\n8:NULL|NULL|NULL"},
};
/* clang-format on */

static void
records_are_read_as_they_are_met(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Files) files;
        g_autoptr(Schema) schema = NULL;
        g_autoptr(GString) columns = g_string_new(NULL);
        g_test_message("%s", cases[i].name);
        files_init(&files, cases[i].text);
        ASSERT_OK(conn_describe(files.conn, "f.json", &schema, &ERR));
        for (size_t c = 0; c < schema_count(schema); c++)
            g_string_append_printf(columns, "%s%s %s", c > 0 ? ", " : "",
                                   schema_column(schema, c)->name,
                                   column_type_name(schema_column(schema, c)->type));
        g_assert_cmpstr(columns->str, ==, cases[i].columns);
        ScanSpec spec = {.object = "f.json"};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_assert_cmpstr(seen, ==, cases[i].rows);
    }
}

/* Nobody could say how many rows are missing, so these are not put aside. */
static void
a_file_that_was_cut_short_is_an_error(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"[{\"a\": 1},\n{\"a\": 2}\n",
         "line 3: the array is never closed: was the file cut short?"},
        {"[{\"a\": 1},\n{\"a\": 2},", "line 2: the array is never closed"},
        {"[{\"a\": 1},\n{\"a\": \"x", "line 2: the array is never closed"},
        {"[", "line 1: the array is never closed"},
        {"{\"a\": 1}\n{\"a\": \"x",
         "line 2: a text is opened and never closed, and the file ends there: was it cut short?"},
        {"{\"a\": 1}\n{\"a\": 2, \"b\": {\"c\": 1}",
         "line 2: the record ends, expected ',' or '}'"},
        {"{", "line 1: the record ends"},
        {"[{\"a\": 1}]\n[{\"a\": 2}]\n",
         "line 2: there is more behind the array, expected one in a file"},
        {"[{\"a\": 1}, {\"a\": \"x}, {\"a\": 3}, {\"a\": 4},\n{\"a\": \"5\"}]\n",
         "line 1: the element at byte 11 of the file is broken"},
        {"[{\"a\": 1}, {\"a\": {\"b\": 2}, {\"a\": 3}\n]\n",
         "and where the next one on its line begins cannot be told"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Files) files;
        g_autoptr(Schema) schema = NULL;
        g_test_message("%s", bad[i].text);
        files_init(&files, bad[i].text);
        ASSERT_FAILS(conn_describe(files.conn, "f.json", &schema, &ERR), ERR_INVALID,
                     bad[i].message);
    }
}

static void
a_line_of_any_length_is_one_refusal(void)
{
    g_autoptr(GString) text = g_string_new("{\"a\":1}\n{\"a\":\"");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, "%*s", 1024 * 1024, "x");
    g_string_append(text, "\"}\n{\"a\":3}\n");
    g_auto(Files) files;
    files_init(&files, text->str);
    ScanSpec spec = {.object = "f.json"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==, "!2 -: line 2: the line is longer than 32 MiB\n1:1\n3:3");
}

static void
ranges_cover_every_record_once(void)
{
    for (int is_array = 0; is_array < 2; is_array++) {
        g_autoptr(GString) text = g_string_new(is_array ? "[" : "");
        for (int i = 0; i < 50; i++)
            g_string_append_printf(text, "%s{\"a\": %d}%s", is_array && i > 0 ? "," : "", i,
                                   is_array && i % 3 > 0 ? "" : "\n");
        g_string_append(text, is_array ? "]" : "");
        g_auto(Files) files;
        files_init(&files, text->str);
        ScanSpec whole = {.object = "f.json"};
        g_autofree char *expected = test_scan(files.conn, &whole);
        for (int64_t rows = 1; rows < 60; rows += 7) {
            g_autoptr(json_t) ranges = NULL;
            g_autoptr(GString) seen = g_string_new(NULL);
            ASSERT_OK(conn_split(files.conn, "f.json", &(RangeSize){.rows = rows}, &ranges, &ERR));
            for (size_t i = 0; i < json_array_size(ranges); i++) {
                ScanSpec part = {.object = "f.json", .range = json_array_get(ranges, i)};
                g_autofree char *some = test_scan(files.conn, &part);
                g_string_append_printf(seen, "%s%s", seen->len > 0 && some[0] != '\0' ? "\n" : "",
                                       some);
            }
            g_assert_cmpstr(seen->str, ==, expected);
        }
    }
}

/* A record of up to six members out of five, and what is to be seen of it. */
static void
random_record(int line, GString *text, GString *refused, GString *rows)
{
    char values[5][12] = {"NULL", "NULL", "NULL", "NULL", "NULL"};
    int twice = -1, count = g_test_rand_int_range(0, 7);
    for (int i = 0; i < count; i++) {
        int name = g_test_rand_bit() ? MIN(i, 4) : g_test_rand_int_range(0, 5);
        g_string_append_printf(text, "%s\"%c\": %d", i > 0 ? ", " : "{", 'a' + name, line * 10 + i);
        if (strcmp(values[name], "NULL") != 0 && twice < 0)
            twice = name;
        g_snprintf(values[name], sizeof values[name], "%d", line * 10 + i);
    }
    g_string_append(text, count > 0 ? "}\n" : "{}\n");
    if (twice >= 0)
        g_string_append_printf(refused, "!%d -: line %d: '%c' comes twice\n", line, line,
                               'a' + twice);
    else
        g_string_append_printf(rows, "%d:%s|%s|%s|%s|%s\n", line, values[0], values[1], values[2],
                               values[3], values[4]);
}

static void
members_come_in_any_order_and_once(void)
{
    for (int round = 0; round < 50; round++) {
        g_autoptr(GString) text =
            g_string_new("{\"a\": 0, \"b\": 0, \"c\": 0, \"d\": 0, \"e\": 0}\n");
        g_autoptr(GString) refused = g_string_new(NULL), rows = g_string_new("1:0|0|0|0|0\n");
        for (int line = 2; line < 40; line++)
            random_record(line, text, refused, rows);
        g_auto(Files) files;
        files_init(&files, text->str);
        ScanSpec spec = {.object = "f.json"};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_string_append(refused, rows->str);
        g_string_truncate(refused, refused->len - 1);
        g_assert_cmpstr(seen, ==, refused->str);
    }
}

static void
what_the_file_did_not_have_puts_a_record_aside(void)
{
    g_auto(Files) files;
    g_autoptr(Schema) known = NULL;
    files_init(&files, "{\"a\": 1, \"b\": 1}\n");
    ASSERT_OK(conn_describe(files.conn, "f.json", &known, &ERR));
    files_clear(&files);
    files_init(&files, "{\"a\": 1}\n{\"a\": 2, \"c\": 2}\n{\"b\": 3, \"a\": 3}\n");
    SourceItem only_a = {.name = (char *) "a"};
    g_autoptr(Schema) output = schema_new("f.json");
    schema_add(output, "a", TYPE_INT, "", true);
    ScanSpec spec = {
        .object = "f.json", .known = known, .items = &only_a, .item_count = 1, .output = output};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==,
                    "!2 -: line 2: it has a member 'c', which no record had when the file was "
                    "described\n1:1\n3:3");
}

static void
no_bytes_do_harm(void)
{
    static const char letters[] = "{}[]\",:\\ \n1ae.-nultrfs\xc3\xa4";
    for (int round = 0; round < 500; round++) {
        g_autoptr(GString) text = g_string_new(round % 2 ? "[{\"a\":1},\n" : "{\"a\":1}\n");
        for (int i = g_test_rand_int_range(0, 120); i > 0; i--)
            g_string_append_c(text, letters[g_test_rand_int_range(0, sizeof letters - 1)]);
        g_auto(Files) files;
        files_init(&files, text->str);
        g_autoptr(Schema) schema = NULL;
        g_autoptr(GError) cut = NULL;
        if (!conn_describe(files.conn, "f.json", &schema, &cut)) {
            g_assert_error(cut, error_quark(), ERR_INVALID);
            continue;
        }
        ScanSpec spec = {.object = "f.json", .output = schema};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_assert_nonnull(seen);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ndjson/records are read as they are met", records_are_read_as_they_are_met);
    g_test_add_func("/ndjson/a file that was cut short is an error",
                    a_file_that_was_cut_short_is_an_error);
    g_test_add_func("/ndjson/a line of any length is one refusal",
                    a_line_of_any_length_is_one_refusal);
    g_test_add_func("/ndjson/ranges cover every record once", ranges_cover_every_record_once);
    g_test_add_func("/ndjson/members come in any order, and once",
                    members_come_in_any_order_and_once);
    g_test_add_func("/ndjson/what the file did not have puts a record aside",
                    what_the_file_did_not_have_puts_a_record_aside);
    g_test_add_func("/ndjson/no bytes do harm", no_bytes_do_harm);
    return g_test_run();
}
