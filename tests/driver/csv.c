/* csv.c - CSV as it should be and as it is met. */
#include "bench.h"

#include "base/limits.h"

#include <string.h>

typedef struct {
    char *folder;
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

/* A store over the test's folder with one file "f.csv" in it. */
static void
files_init(Files *files, const char *text, gssize bytes, const char *format)
{
    g_autofree char *path = g_build_filename(test_folder(), "f.csv", NULL);
    g_assert_true(g_file_set_contents(path, text, bytes, NULL));
    *files = (Files){.store = {.name = (char *) "files", .driver = (char *) "csv"}};
    files->store.settings = json_pack("{ss}", "path", test_folder());
    if (format != NULL)
        json_object_set_new(files->store.settings, "format", json_loads(format, 0, NULL));
    ASSERT_OK(conn_open(&files->store, &files->conn, &ERR));
}

typedef struct {
    const char *name, *text;
    gssize bytes; /* -1: to the zero */
    const char *format, *expected;
} Case;

/* clang-format off */
static const Case cases[] = {
    {"plain", "a,b\n1,x\n2,y\n", -1, NULL, "1:1|x\n2:2|y"},
    {"no line end at the end", "a,b\n1,x\n2,y", -1, NULL, "1:1|x\n2:2|y"},
    {"CRLF", "a,b\r\n1,x\r\n\"2\",\"y\"\r\n", -1, NULL, "1:1|x\n2:2|y"},
    {"byte order mark", "\xef\xbb\xbf" "a,b\n1,x", -1, NULL, "1:1|x"},
    {"quotes", "a,b\n\"1,\"\"2\"\"\",\"x\ny\"\n\"\"\"\",\"\"\n", -1, NULL, "1:1,\"2\"|x\ny\n2:\"|"},
    {"a quote in the middle is a character", "a,b\n5\" disk,x\"y\"\n", -1, NULL, "1:5\" disk|x\"y\""},
    {"empty is NULL, quoted empty is not", "a,b\n,\"\"\n", -1, NULL, "1:NULL|"},
    {"another word for NULL", "a,b\nNA,\n\"NA\",x\n", -1, "{\"null\": \"NA\"}", "1:NULL|\n2:NA|x"},
    {"another delimiter", "a;b\n1,5;\"x;y\"\n", -1, "{\"delimiter\": \";\"}", "1:1,5|x;y"},
    {"tabs", "a\tb\n1\t\n", -1, "{\"delimiter\": \"\\t\"}", "1:1|NULL"},
    {"one column with a name like two, which is quoted", "\"a;b\"\n1\n", -1, NULL, "1:1"},
    {"one column with a name like two, as it is said", "a;b\n1\n", -1, "{\"delimiter\": \",\"}", "1:1"},
    {"no header", "1,x\n2,y\n", -1, "{\"header\": false}", "1:1|x\n2:2|y"},
    {"empty lines are no records", "a,b\n\n1,x\n\r\n\n2,y\n\n", -1, NULL, "1:1|x\n2:2|y"},
    {"ragged", "a,b\n1\n1,2,3\n4,5\n", -1, NULL, "!1 -: line 2: the record has 1 field, expected 2\n"
        "!2 -: line 3: the record has 3 fields, expected 2\n3:4|5"},
    {"too many fields and no line end", "a,b\n1,x\n2,y,z", -1, NULL, "!2 -: line 3: the record has 3 fields, expected 2\n1:1|x"},
    {"text behind a quote", "a,b\n\"x\"y,2\n3,4\n", -1, NULL, "!1 -: line 2: there is text behind a closing quote\n2:3|4"},
    {"never closed", "a,b\n1,\"x\n2,y\n", -1, NULL, "!1 -: line 2: a quote is opened and never closed\n2:2|y"},
    {"NUL", "a,b\n1,x\0y\n2,z\n", 14, NULL, "!1 -: line 2: byte 4 is NUL, which no text can hold\n2:2|z"},
    {"not UTF-8", "a,b\n1,\xe4\n2,\xc3\xa4\n", -1, NULL, "!1 -: line 2: byte 3 (0xe4) is not UTF-8; is the file in another encoding, such as Latin-1?\n2:2|ä"},
    {"lines are counted through quotes", "a,b\n\"1\n2\n3\",x\n7\n", -1, NULL, "!2 -: line 5: the record has 1 field, expected 2\n1:1\n2\n3|x"},
    {"only a header", "a,b\n", -1, NULL, ""},
    {"carriage returns alone", "a,b\r1,\"x\ry\"\r\r2,y\r", -1, NULL, "1:1|x\ry\n2:2|y"},
    {"one carriage return", "a,b\r1,x", -1, NULL, "1:1|x"},
    {"a line feed in quotes is none of a file's lines", "a,\"b\nc\"\r1,\"x\ny\"\r2\r", -1, NULL,
        "!2 -: line 3: the record has 1 field, expected 2\n1:1|x\ny"},
    {"UTF-16 by its mark", "\xff" "\xfe" "a\x00" ",\x00" "b\x00" "\x0a" "\x00" "1\x00" ",\x00" "\xe9" "\x00" "=\xd8" "\x00" "\xde" "\x0a" "\x00" "", 22, NULL, "1:1|\xc3\xa9\xf0\x9f\x98\x80"},
    {"UTF-16, the other way round", "\xfe" "\xff" "\x00" "a\x00" ",\x00" "b\x00" "\x0a" "\x00" "1\x00" ",\x00" "\xe9" "\xd8" "=\xde" "\x00" "\x00" "\x0a" "", 22, NULL, "1:1|\xc3\xa9\xf0\x9f\x98\x80"},
    {"UTF-16 without a mark", "\x00" "a\x00" ",\x00" "b\x00" "\x0a" "\x00" "1\x00" ",\x00" "\xe9" "\xd8" "=\xde" "\x00" "\x00" "\x0a" "", 20, "{\"encoding\": \"utf-16be\"}", "1:1|\xc3\xa9\xf0\x9f\x98\x80"},
    {"half a character of UTF-16", "\xff" "\xfe" "a\x00" ",\x00" "b\x00" "\x0a" "\x00" "1\x00" ",\x00" "\x00" "\xd8" "\x0a" "\x00" "2\x00" ",\x00" "y\x00" "\x0a" "\x00" "", 26, NULL,
        "!1 -: line 2: byte 3 (0xff) is not UTF-8; is the file in another encoding, such as Latin-1?\n2:2|y"},
    {"half a unit of UTF-16", "\xff" "\xfe" "a\x00" ",\x00" "b\x00" "\x0a" "\x00" "1\x00" ",\x00" "x\x00" "y", 17, NULL,
        "!1 -: line 2: byte 4 (0xff) is not UTF-8; is the file in another encoding, such as Latin-1?"},
    {"Latin-1, when it is said", "a,b\n1,\xe4\xdf\n", -1, "{\"encoding\": \"latin-1\"}", "1:1|\xc3\xa4\xc3\x9f"},
    {"Windows-1252, when it is said", "a,b\n1,\x80\x92\n2,\x81\n", -1, "{\"encoding\": \"Windows-1252\"}",
        "!2 -: line 3: byte 3 (0xff) is not UTF-8; is the file in another encoding, such as Latin-1?\n1:1|\xe2\x82\xac\xe2\x80\x99"},
    {"DOS ends a file with Ctrl-Z", "a,b\r\n1,x\r\n2,y\r\n\x1a", -1, NULL, "1:1|x\n2:2|y"},
    {"behind the last field, too", "a,b\n1,x\n2,y\x1a\x1a\x1a", -1, NULL, "1:1|x\n2:2|y"},
    {"and behind a quote", "a,b\n1,x\n2,\"y\"\x1a", -1, NULL, "1:1|x\n2:2|y"},
    {"Ctrl-Z elsewhere is a character", "a,b\n1,x\x1a\n2,\"\x1a\"\n", -1, NULL, "1:1|x\x1a\n2:2|\x1a"},
    {"a lone carriage return is a character", "a,b\n1\r2,x\n", -1, NULL, "1:1\r2|x"},
};
/* clang-format on */

static void
records_are_read_as_they_are_met(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Files) files;
        g_test_message("%s", cases[i].name);
        files_init(&files, cases[i].text, cases[i].bytes, cases[i].format);
        ScanSpec spec = {.object = "f.csv"};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_assert_cmpstr(seen, ==, cases[i].expected);
    }
}

/* Its end must not be taken for a record, which in a file of one column it would be. */
static void
a_line_of_any_length_is_one_refusal(void)
{
    g_autoptr(GString) text = g_string_new("a\n1\n");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, "%*s", 1024 * 1024, "x");
    g_string_append(text, "\n3\n");
    g_auto(Files) files;
    files_init(&files, text->str, -1, NULL);
    ScanSpec spec = {.object = "f.csv"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(
        seen, ==,
        "!2 -: line 3: the record is longer than 32 MiB (is a quote not closed?)\n1:1\n3:3");
}

/* What is behind the edge of what is read at once belongs to the broken line, too. */
static void
a_broken_line_is_broken_to_its_end(void)
{
    g_autoptr(GString) text = g_string_new("a\n\"x\"y");
    g_string_append_printf(text, "%*s\n3\n", 1024 * 1024, "x");
    g_auto(Files) files;
    files_init(&files, text->str, -1, NULL);
    ScanSpec spec = {.object = "f.csv"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==, "!1 -: line 2: there is text behind a closing quote\n2:3");
}

static void
what_is_no_table_is_told(void)
{
    static const struct {
        const char *text, *format, *message;
    } bad[] = {
        {"", NULL, "is empty, expected a header"},
        {"a,b,a\n", NULL, "the header has column 'a' twice"},
        {"a,,c\n", NULL, "column 2 of the header has no name"},
        {"a;b\n1;2\n", NULL, "the header is one column, 'a;b': does something else than ',' stand"},
        {"a\tb\n1\t2\n", NULL, "the header is one column, 'a\tb'"},
        {"a\n", "{\"encoding\": \"ebcdic\"}", "format.encoding is 'ebcdic', expected one of utf-8"},
        {"\"a\n", NULL, "line 1: a quote is opened and never closed"},
        {"a\n", "{\"delimiter\": \"::\"}", "format.delimiter is '::', expected one character"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Files) files;
        files_init(&files, bad[i].text, -1, bad[i].format);
        Schema *schema = NULL;
        ASSERT_FAILS(conn_describe(files.conn, "f.csv", &schema, &ERR), ERR_INVALID,
                     bad[i].message);
    }
    g_auto(Files) files;
    files_init(&files, "a\n", -1, NULL);
    Schema *schema = NULL;
    ASSERT_FAILS(conn_describe(files.conn, "../f.csv", &schema, &ERR), ERR_INVALID, "leads out of");
    ASSERT_FAILS(conn_describe(files.conn, "/etc/passwd", &schema, &ERR), ERR_INVALID,
                 "leads out of");
}

/* Nobody could say how many rows are missing, so these are not put aside. */
static void
a_file_that_was_cut_short_is_an_error(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"a,b\n1,x\n2,\"y", "line 3: a quote is opened and never closed, and the last line of the "
                            "file has no end: was it cut short? If not, end that line"},
        {"a,b\n1,\"x\n2,y", "line 2: a quote is opened and never closed"},
        {"a,b\r1,x\r2", "line 3: the record has 1 field, expected 2, and the last line"},
        {"a,b\n1,x\n\"2\"", "line 3: the record has 1 field, expected 2"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Files) files;
        g_autoptr(Schema) schema = NULL;
        g_autoptr(Scan) scan = NULL;
        int64_t rows;
        ScanSpec spec = {.object = "f.csv"};
        g_test_message("%s", bad[i].text);
        files_init(&files, bad[i].text, -1, NULL);
        ASSERT_OK(conn_describe(files.conn, "f.csv", &schema, &ERR));
        ASSERT_FAILS(conn_count(files.conn, "f.csv", NULL, &rows, &ERR), ERR_INVALID,
                     bad[i].message);
        g_autoptr(Batch) batch = batch_new_for(schema);
        ASSERT_OK(conn_scan(files.conn, &spec, &scan, &ERR));
        ASSERT_FAILS(scan_next(scan, batch, NULL, NULL, &ERR), ERR_INVALID, bad[i].message);
    }
}

static char *
scan_in_ranges(Conn *conn, int64_t rows, size_t *ret_ranges)
{
    g_autoptr(json_t) ranges = NULL;
    GString *text = g_string_new(NULL);
    ASSERT_OK(conn_split(conn, "f.csv", &(RangeSize){.rows = rows}, &ranges, &ERR));
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        ScanSpec spec = {.object = "f.csv", .range = json_array_get(ranges, i)};
        g_autofree char *part = test_scan(conn, &spec);
        g_string_append_printf(text, "%s%s", text->len > 0 && part[0] != '\0' ? "\n" : "", part);
    }
    *ret_ranges = json_array_size(ranges);
    return g_string_free(text, FALSE);
}

/* Any bytes at all: ranges of any size give the records of the whole, with the same numbers. */
static void
ranges_cover_every_record_once(void)
{
    static const char letters[] = "ab,,\"\"\"\n\n\r\n1 \xc3\xa4";
    for (int round = 0; round < 300; round++) {
        g_autoptr(GString) text = g_string_new("x,y\n");
        int bytes = g_test_rand_int_range(0, 200);
        for (int i = 0; i < bytes; i++)
            g_string_append_c(text, letters[g_test_rand_int_range(0, sizeof letters - 1)]);
        g_string_append_c(text, '\n'); /* else most of these files were cut short */
        g_auto(Files) files;
        files_init(&files, text->str, (gssize) text->len, NULL);
        ScanSpec spec = {.object = "f.csv"};
        g_autofree char *expected = test_scan(files.conn, &spec);
        g_auto(GStrv) a = g_strsplit(expected, "\n", -1);
        for (int64_t rows = 1; rows < 20; rows += 6) {
            size_t ranges = 0;
            g_autofree char *seen = scan_in_ranges(files.conn, rows, &ranges);
            g_auto(GStrv) b = g_strsplit(seen, "\n", -1);
            g_assert_cmpuint(g_strv_length(a), ==, g_strv_length(b));
            for (char **line = a; *line != NULL; line++)
                g_assert_true(g_strv_contains((const char *const *) b, *line));
        }
    }
}

static void
a_record_larger_than_the_window_is_whole(void)
{
    g_autoptr(GString) text = g_string_new("a,b\n1,\"");
    for (int i = 0; i < 300000; i++)
        g_string_append(text, i % 1000 == 0 ? "\"\"" : "x\n");
    g_string_append(text, "\"\n2,y\n");
    g_auto(Files) files;
    files_init(&files, text->str, (gssize) text->len, NULL);
    int64_t rows = 0;
    ASSERT_OK(conn_count(files.conn, "f.csv", NULL, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
    ScanSpec spec = {.object = "f.csv"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_true(g_str_has_suffix(seen, "\n2:2|y"));
    g_assert_cmpuint(strlen(seen), ==, 4 + 300 + 299700 * 2 + 6);
}

/* A field has its own limit, below that of a record; the next record is read as ever. */
static void
a_huge_field_is_refused_with_its_name_and_size(void)
{
    g_autoptr(GString) text = g_string_new("a,b\n1,");
    g_string_append_printf(text, "%*s\n2,x\n", CELL_BYTES_MAX + 1, "x");
    g_auto(Files) files;
    files_init(&files, text->str, (gssize) text->len, NULL);
    ScanSpec spec = {.object = "f.csv"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==, "!1 -: line 2: 'b' has 16777217 bytes, at most 16777216\n2:2|x");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/records are read as they are met", records_are_read_as_they_are_met);
    g_test_add_func("/csv/what is no table is told", what_is_no_table_is_told);
    g_test_add_func("/csv/a file that was cut short is an error",
                    a_file_that_was_cut_short_is_an_error);
    g_test_add_func("/csv/a line of any length is one refusal",
                    a_line_of_any_length_is_one_refusal);
    g_test_add_func("/csv/a broken line is broken to its end", a_broken_line_is_broken_to_its_end);
    g_test_add_func("/csv/a huge field is refused with its name and size",
                    a_huge_field_is_refused_with_its_name_and_size);
    g_test_add_func("/csv/ranges cover every record once", ranges_cover_every_record_once);
    g_test_add_func("/csv/a record larger than the window is whole",
                    a_record_larger_than_the_window_is_whole);
    return g_test_run();
}
