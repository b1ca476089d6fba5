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
        "!2 -: line 2: expected a value\n1:1\n3:3"},
    {"what is expected is told", "{\"a\" 1}\n{a: 1}\n{\"a\": 1,}\n[1]\n{\"a\": 01}\n{\"a\": 1} x\n{\"a\": 1, \"a\": 2}\n{\"a\": \"\\q\"}\n{\"a\": 5}\n", "a int",
        "!1 -: line 1: '1' at byte 6, expected ':'\n!2 -: line 2: 'a' at byte 2, expected a name in double quotes\n"
        "!3 -: line 3: '}' at byte 9, expected a name in double quotes\n!4 -: line 4: '[' at byte 1, expected an object\n"
        "!5 -: line 5: expected a value\n!6 -: line 6: there is more behind the object\n!7 -: line 7: 'a' comes twice\n"
        "!8 -: line 8: there is no escape '\\q'\n9:5"},
    {"an array goes on behind a broken element", "[\n{\"a\": 1},\n{\"a\": 2 \"b\"},\n{\"a\": 3,\n{\"a\": 4}\n]\n", "a int",
        "!2 -: line 3: '\"' at byte 9, expected ',' or '}'\n!3 -: line 4: '{' at byte 10, expected a name in double quotes\n1:1\n4:4"},
    {"elements that are no objects", "[\n1,\n{\"a\": 1},\nnull\n]", "a int",
        "!1 -: line 2: '1' at byte 1, expected an object\n!3 -: line 4: 'n' at byte 1, expected an object\n2:1"},
    {"elements on one line", "[{\"a\":1},null,\"],{\",[1],{\"a\":1x},{\"a\":5}]", "a int",
        "!2 -: line 1: 'n' at byte 1, expected an object\n!3 -: line 1: '\"' at byte 1, expected an object\n"
        "!4 -: line 1: '[' at byte 1, expected an object\n!5 -: line 1: 'x' at byte 7, expected ',' or '}'\n1:1\n6:5"},
    {"an array that was cut short", "[{\"a\": 1},\n{\"a\": 2}\n", "a int",
        "!3 -: line 3: the array is never closed: was the file cut short?\n1:1\n2:2"},
    {"more behind an array", "[{\"a\": 1}]\n[{\"a\": 2}]\n", "a int",
        "!2 -: line 1: there is more behind the array\n1:1"},
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
        ScanSpec spec = {.object = "f.json"};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_assert_nonnull(seen);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ndjson/records are read as they are met", records_are_read_as_they_are_met);
    g_test_add_func("/ndjson/a line of any length is one refusal",
                    a_line_of_any_length_is_one_refusal);
    g_test_add_func("/ndjson/ranges cover every record once", ranges_cover_every_record_once);
    g_test_add_func("/ndjson/no bytes do harm", no_bytes_do_harm);
    return g_test_run();
}
