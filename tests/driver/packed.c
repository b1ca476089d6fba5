/* packed.c - files in gzip and zstd streams, whole and broken, read and written. */
#include "bench.h"

#include "driver/files/unpack.h"

#include <string.h>

#define ROWS 200000 /* some megabytes: more than is kept of a text, when it is 300 bytes a row */

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
files_init(Files *files, const char *driver, const char *name, const GString *bytes)
{
    g_autofree char *path = g_build_filename(test_folder(), name, NULL);
    g_assert_true(g_file_set_contents(path, bytes->str, (gssize) bytes->len, NULL));
    *files = (Files){.store = {.name = (char *) "files", .driver = (char *) driver}};
    files->store.settings = json_pack("{ss}", "path", test_folder());
    ASSERT_OK(conn_open(&files->store, &files->conn, &ERR));
}

static void
pack(Packing packing, const char *text, size_t bytes, GString *to)
{
    Packer *packer = packer_new(packing);
    ASSERT_OK(packer_put(packer, text, bytes / 2, false, to, &ERR));
    ASSERT_OK(packer_put(packer, text + bytes / 2, bytes - bytes / 2, true, to, &ERR));
    packer_free(packer);
}

static const Packing kinds[] = {PACKED_GZIP, PACKED_ZSTD};

static void
a_packed_file_is_read_as_what_is_in_it(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL), json = g_string_new(NULL);
        g_auto(Files) csv, lines;
        pack(kinds[i], "a,b\n1,x\n2,\"y\nz\"\n", 16, bytes);
        files_init(&csv, "csv", "called anything", bytes);
        ScanSpec spec = {.object = "called anything"};
        g_autofree char *seen = test_scan(csv.conn, &spec);
        g_assert_cmpstr(seen, ==, "1:1|x\n2:2|y\nz");
        pack(kinds[i], "[{\"a\":1},{\"a\":2}]", 17, json);
        files_init(&lines, "ndjson", "called anything", json);
        g_autofree char *records = test_scan(lines.conn, &spec);
        g_assert_cmpstr(records, ==, "1:1\n2:2");
    }
}

/* Members as gzip's own tools put them together, in the middle of a record; zeros of a tape behind them. */
static void
members_that_follow_each_other_are_one_text(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_auto(Files) files;
        pack(kinds[i], "a,b\n1,x\n2,", 10, bytes);
        pack(kinds[i], "", 0, bytes);
        pack(kinds[i], "y\n", 2, bytes);
        if (kinds[i] == PACKED_GZIP)
            g_string_append_len(bytes, "\0\0\0", 3);
        files_init(&files, "csv", "m", bytes);
        ScanSpec spec = {.object = "m"};
        g_autofree char *seen = test_scan(files.conn, &spec);
        g_assert_cmpstr(seen, ==, "1:1|x\n2:2|y");
    }
}

/* As `pzstd` writes them: before each frame one that says how long it is. */
static void
frames_that_are_to_be_skipped_are_no_part_of_the_text(void)
{
    static const char skipped[] = "\x5f\x2a\x4d\x18\x04\0\0\0size";
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_auto(Files) files;
    g_string_append_len(bytes, skipped, sizeof skipped - 1);
    pack(PACKED_ZSTD, "a,b\n1,x\n", 8, bytes);
    g_string_append_len(bytes, skipped, sizeof skipped - 1);
    pack(PACKED_ZSTD, "2,y\n", 4, bytes);
    files_init(&files, "csv", "parallel.csv", bytes);
    ScanSpec spec = {.object = "parallel.csv"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==, "1:1|x\n2:2|y");
}

static void
what_is_packed_in_utf_16_is_read_too(void)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_auto(Files) files;
    pack(PACKED_GZIP,
         "\xff\xfe"
         "a\0\n\0\xe9\0\n\0",
         10, bytes);
    files_init(&files, "csv", "u", bytes);
    ScanSpec spec = {.object = "u"};
    g_autofree char *seen = test_scan(files.conn, &spec);
    g_assert_cmpstr(seen, ==, "1:\xc3\xa9");
}

/* At every byte that it may be cut at: an error that says so, and never a shorter table. */
static void
a_stream_that_is_cut_short_is_never_a_shorter_table(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        pack(kinds[i], "a,b\n1,x\n2,y\n3,z\n", 16, bytes);
        for (size_t cut = 4; cut < bytes->len; cut++) {
            g_autoptr(GString) part = g_string_new_len(bytes->str, (gssize) cut);
            g_auto(Files) files;
            int64_t rows = -1;
            files_init(&files, "csv", "cut", part);
            ASSERT_FAILS(conn_count(files.conn, "cut", NULL, &rows, &ERR), ERR_INVALID,
                         "stream ends in the middle, at byte");
        }
    }
}

static void
a_damaged_stream_is_told_with_its_place(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_auto(Files) files, other;
        int64_t rows = -1;
        pack(kinds[i], "a,b\n1,x\n2,y\n3,z\n", 16, bytes);
        g_autoptr(GString) more = g_string_new_len(bytes->str, (gssize) bytes->len);
        bytes->str[bytes->len - (kinds[i] == PACKED_GZIP ? 6 : 1)] ^= 0x55; /* in the sum of it */
        files_init(&files, "csv", "bad", bytes);
        ASSERT_FAILS(conn_count(files.conn, "bad", NULL, &rows, &ERR), ERR_INVALID,
                     "is damaged near byte");
        g_string_append(more, "rubbish");
        files_init(&other, "csv", "more", more);
        ASSERT_FAILS(conn_count(other.conn, "more", NULL, &rows, &ERR), ERR_INVALID,
                     "is damaged near byte");
    }
}

/* One range, whatever was asked for; and records far behind are found again. */
static void
a_long_stream_is_one_range_and_its_records_are_found_again(void)
{
    g_autoptr(GString) text = g_string_new("id,fill\n"), bytes = g_string_new(NULL);
    g_autoptr(json_t) ranges = NULL;
    g_auto(Files) files;
    for (int id = 1; id <= ROWS; id++)
        g_string_append_printf(text, "%d,%0300d\n", id, id);
    pack(PACKED_ZSTD, text->str, text->len, bytes);
    files_init(&files, "csv", "long", bytes);
    ASSERT_OK(conn_split(files.conn, "long", &(RangeSize){.rows = 1000}, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), ==, 1);
    g_assert_cmpint(json_get_int(json_array_get(ranges, 0), "rows", 0), ==, ROWS);
    g_autoptr(Schema) schema = NULL;
    g_autoptr(Scan) scan = NULL;
    ASSERT_OK(conn_describe(files.conn, "long", &schema, &ERR));
    g_autoptr(Batch) batch = batch_new_for(schema);
    ScanSpec spec = {.object = "long"};
    ASSERT_OK(conn_scan(files.conn, &spec, &scan, &ERR));
    int64_t seen = 0;
    do {
        batch_reset(batch);
        ASSERT_OK(scan_next(scan, batch, NULL, NULL, &ERR));
        for (size_t row = 0; row < batch->row_count; row += 1500) {
            g_autoptr(json_t) record = NULL;
            g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, seen + (int64_t) row + 1);
            ASSERT_OK(scan_record(scan, batch->row_ids[row], &record, &ERR));
            g_assert_cmpstr(json_get_string(record, "id", ""), ==, id);
        }
        seen += (int64_t) batch->row_count;
    } while (batch->row_count > 0);
    g_assert_cmpint(seen, ==, ROWS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/packed/a packed file is read as what is in it",
                    a_packed_file_is_read_as_what_is_in_it);
    g_test_add_func("/packed/members that follow each other are one text",
                    members_that_follow_each_other_are_one_text);
    g_test_add_func("/packed/frames that are to be skipped are no part of the text",
                    frames_that_are_to_be_skipped_are_no_part_of_the_text);
    g_test_add_func("/packed/what is packed in UTF-16 is read too",
                    what_is_packed_in_utf_16_is_read_too);
    g_test_add_func("/packed/a stream that is cut short is never a shorter table",
                    a_stream_that_is_cut_short_is_never_a_shorter_table);
    g_test_add_func("/packed/a damaged stream is told with its place",
                    a_damaged_stream_is_told_with_its_place);
    g_test_add_func("/packed/a long stream is one range and its records are found again",
                    a_long_stream_is_one_range_and_its_records_are_found_again);
    return g_test_run();
}
