/* files.c - what only files do as targets: what is written, what is left beside it, whose it is. */
#include "bench.h"

#include "driver/files/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    g_free(files->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

static void
files_init(Files *files, const char *driver, const char *format)
{
    *files = (Files){.store = {.name = (char *) "files", .driver = (char *) driver}};
    files->folder = test_path("");
    g_assert_cmpint(g_mkdir(files->folder, 0777), ==, 0);
    files->store.settings = json_pack("{ss si}", "path", files->folder, "timeout_ms", 50);
    if (format != NULL)
        json_object_set_new(files->store.settings, "format", json_loads(format, 0, NULL));
    ASSERT_OK(conn_open(&files->store, &files->conn, &ERR));
}

static char *
path_of(const Files *files, const char *name)
{
    return g_build_filename(files->folder, name, NULL);
}

static char *
text_of(const Files *files, const char *name)
{
    g_autofree char *path = path_of(files, name);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
make_file(const Files *files, const char *name, const char *text)
{
    g_autofree char *path = path_of(files, name);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static Schema *
two_columns(void)
{
    Schema *schema = schema_new("x");
    schema_add(schema, "a", TYPE_TEXT, "", true);
    schema_add(schema, "b \"1\"", TYPE_FLOAT, "", true);
    return schema;
}

/* Texts that need care, and NULL. */
static Batch *
odd_rows(void)
{
    static const char *const texts[] = {"plain",      "",       "a,b", "say \"x\"",
                                        "two\nlines", " blank", NULL,  "NA"};
    g_autoptr(Schema) schema = two_columns();
    Batch *batch = batch_new_for(schema);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i] == NULL)
            batch_put_null(batch, 0);
        else
            batch_put_bytes(batch, 0, texts[i], strlen(texts[i]));
        batch_put_float(batch, 1, (double) i / 2);
        batch_commit_row(batch, (int64_t) i + 1);
    }
    return batch;
}

static Writer
writer(const char *range)
{
    return (Writer){.plan = "p", .task = "t", .range = range, .token = 1};
}

static void
write_range(Files *files, const char *stage, const char *range, const Batch *rows)
{
    g_autoptr(Schema) schema = two_columns();
    Writer by = writer(range);
    RangeResult result = {.rows_in = (int64_t) rows->row_count,
                          .rows_out = (int64_t) rows->row_count};
    bool is_done = true;
    size_t next = 0;
    ASSERT_OK(conn_begin(files->conn, stage, schema, &by, &is_done, &result, &ERR));
    g_assert_false(is_done);
    ASSERT_OK(conn_put(files->conn, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(files->conn, &result, &ERR));
}

/* A stage of the name, with the rows, ready to be swapped in. */
static void
stage_rows(Files *files, const char *target, const Batch *rows)
{
    g_autofree char *stage = g_strconcat(target, "__honk_1", NULL);
    g_autoptr(Schema) schema = two_columns();
    Writer by = writer("0001");
    ASSERT_OK(conn_stage(files->conn, stage, NULL, schema, &by, &ERR));
    write_range(files, stage, "0001", rows);
    ASSERT_OK(conn_finish(files->conn, stage, NULL, NULL, &by, &ERR));
}

static bool
swap_in(Files *files, const char *target, GError **error)
{
    g_autofree char *stage = g_strconcat(target, "__honk_1", NULL);
    g_autofree char *kept = g_strconcat(target, "__honk_1_kept", NULL);
    Writer by = writer("0001");
    return conn_swap(files->conn, stage, target, kept, &by, error);
}

static void
assert_written(const char *driver, const char *format, const char *name, const char *expected)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    files_init(&files, driver, format);
    stage_rows(&files, name, rows);
    ASSERT_OK(swap_in(&files, name, &ERR));
    g_autofree char *text = text_of(&files, name);
    g_assert_cmpstr(text, ==, expected);
}

static void
rows_are_written_as_the_name_and_the_settings_say(void)
{
    assert_written("csv", NULL, "x.csv",
                   "a,\"b \"\"1\"\"\"\nplain,0\n\"\",0.5\n\"a,b\",1\n\"say \"\"x\"\"\",1.5\n"
                   "\"two\nlines\",2\n\" blank\",2.5\n,3\nNA,3.5\n");
    assert_written("csv", "{\"null\": \"NA\"}", "x.tsv",
                   "a\t\"b \"\"1\"\"\"\nplain\t0\n\"\"\t0.5\na,b\t1\n\"say \"\"x\"\"\"\t1.5\n"
                   "\"two\nlines\"\t2\n\" blank\"\t2.5\nNA\t3\n\"NA\"\t3.5\n");
    assert_written(
        "ndjson", NULL, "x.ndjson",
        "{\"a\":\"plain\",\"b \\\"1\\\"\":0.0}\n{\"a\":\"\",\"b \\\"1\\\"\":0.5}\n"
        "{\"a\":\"a,b\",\"b \\\"1\\\"\":1.0}\n{\"a\":\"say \\\"x\\\"\",\"b \\\"1\\\"\":1.5}\n"
        "{\"a\":\"two\\nlines\",\"b \\\"1\\\"\":2.0}\n{\"a\":\" blank\",\"b \\\"1\\\"\":2.5}\n"
        "{\"a\":null,\"b \\\"1\\\"\":3.0}\n{\"a\":\"NA\",\"b \\\"1\\\"\":3.5}\n");
}

static void
an_array_of_many_ranges_is_one_array(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    g_autoptr(Schema) schema = two_columns();
    Writer by = writer("0001");
    json_error_t where;
    files_init(&files, "ndjson", NULL);
    ASSERT_OK(conn_stage(files.conn, "x.json__honk_1", NULL, schema, &by, &ERR));
    write_range(&files, "x.json__honk_1", "0001", rows);
    write_range(&files, "x.json__honk_1", "10000", rows);
    write_range(&files, "x.json__honk_1", "0002", rows);
    ASSERT_OK(conn_finish(files.conn, "x.json__honk_1", NULL, NULL, &by, &ERR));
    ASSERT_OK(swap_in(&files, "x.json", &ERR));
    g_autofree char *text = text_of(&files, "x.json");
    g_autoptr(json_t) array = json_loads(text, 0, &where);
    g_assert_cmpuint(json_array_size(array), ==, 3 * rows->row_count);
}

static void
a_row_that_no_record_can_hold_is_refused(void)
{
    g_auto(Files) files;
    g_autoptr(Schema) schema = schema_new("x");
    g_autoptr(Batch) rows = NULL;
    Writer by = writer("0001");
    RangeResult result = {0};
    bool is_done = true;
    size_t next = 0;
    schema_add(schema, "a", TYPE_TEXT, "", true);
    rows = batch_new_for(schema);
    batch_put_null(rows, 0);
    batch_commit_row(rows, 1);
    files_init(&files, "csv", NULL);
    ASSERT_OK(conn_stage(files.conn, "x__honk_1", NULL, schema, &by, &ERR));
    ASSERT_OK(conn_begin(files.conn, "x__honk_1", schema, &by, &is_done, &result, &ERR));
    ASSERT_FAILS(conn_put(files.conn, rows, 0, &next, &ERR), ERR_INVALID, "an empty line");
    conn_rollback(files.conn);
}

/* Its columns are gone with its rows. */
static void
json_without_a_record_is_a_table_without_columns(void)
{
    static const char *const written[][2] = {{"x.json", "[\n\n]\n"}, {"x.ndjson", ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(written); i++) {
        g_auto(Files) files;
        g_autoptr(Schema) schema = two_columns(), seen = NULL;
        g_autoptr(Batch) none = batch_new_for(schema);
        int64_t rows = -1;
        files_init(&files, "ndjson", NULL);
        stage_rows(&files, written[i][0], none);
        ASSERT_OK(swap_in(&files, written[i][0], &ERR));
        g_autofree char *text = text_of(&files, written[i][0]);
        g_assert_cmpstr(text, ==, written[i][1]);
        ASSERT_OK(conn_describe(files.conn, written[i][0], &seen, &ERR));
        g_assert_cmpuint(schema_count(seen), ==, 0);
        ASSERT_OK(conn_count(files.conn, written[i][0], NULL, &rows, &ERR));
        g_assert_cmpint(rows, ==, 0);
    }
}

static bool
has_notes(const Files *files)
{
    g_autofree char *path = path_of(files, ".honk_notes");
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
nothing_of_ours_is_left_at_the_end(void)
{
    g_autoptr(Batch) rows = odd_rows();
    for (int settles = 0; settles < 2; settles++) {
        g_auto(Files) files;
        Writer by = writer("0001");
        files_init(&files, "csv", NULL);
        stage_rows(&files, "x.csv", rows);
        g_assert_true(has_notes(&files));
        if (settles) {
            ASSERT_OK(swap_in(&files, "x.csv", &ERR));
            ASSERT_OK(conn_settle(files.conn, "p", &ERR));
        } else {
            ASSERT_OK(conn_unstage(files.conn, "x.csv__honk_1", &by, &ERR));
        }
        g_assert_false(has_notes(&files));
        ASSERT_OK(conn_fence(files.conn, &by, &ERR));
        g_assert_false(has_notes(&files));
    }
}

static void
the_rights_of_the_old_file_are_those_of_the_new_one(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    struct stat info;
    files_init(&files, "csv", NULL);
    make_file(&files, "x.csv", "a,\"b \"\"1\"\"\"\n1,2\n");
    g_autofree char *path = path_of(&files, "x.csv");
    g_assert_cmpint(g_chmod(path, 0640), ==, 0);
    stage_rows(&files, "x.csv", rows);
    ASSERT_OK(swap_in(&files, "x.csv", &ERR));
    g_assert_cmpint(stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0640);
}

static bool
not_any_more(void *data, GError **error)
{
    return fail(error, ERR_FENCED, "not yours any more");
}

static void
no_file_is_swapped_that_is_not_confirmed(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    Writer by = writer("0001");
    int64_t given_up = 0;
    files_init(&files, "csv", NULL);
    make_file(&files, "x.csv", "old\n");
    stage_rows(&files, "x.csv", rows);
    conn_set_confirm(files.conn, not_any_more, NULL);
    ASSERT_FAILS(swap_in(&files, "x.csv", &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(conn_drop(files.conn, "x.csv", &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(conn_settle(files.conn, "p", &ERR), ERR_FENCED, "not yours");
    g_autofree char *before = text_of(&files, "x.csv");
    g_assert_cmpstr(before, ==, "old\n");
    conn_set_confirm(files.conn, NULL, NULL);
    ASSERT_OK(swap_in(&files, "x.csv", &ERR));
    conn_set_confirm(files.conn, not_any_more, NULL);
    ASSERT_FAILS(conn_swap_back(files.conn, "x.csv__honk_1", "x.csv", "x.csv__honk_1_kept", "lost",
                                false, &by, &given_up, &ERR),
                 ERR_FENCED, "not yours");
}

/* A death between the second name of the old file and the rename. */
static void
a_swap_that_died_half_way_has_not_happened(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    Writer by = writer("0001");
    SwapState state = SWAP_OTHER;
    files_init(&files, "csv", NULL);
    make_file(&files, "x.csv", "old\n");
    stage_rows(&files, "x.csv", rows);
    ASSERT_OK(swap_in(&files, "x.csv", &ERR));
    /* as it was before the last rename: the new file where it was made, the old one under both names */
    g_autofree char *target = path_of(&files, "x.csv");
    g_autofree char *kept = path_of(&files, "x.csv__honk_1_kept");
    g_autofree char *whole = path_of(&files, ".honk_notes/plans/p/whole");
    g_assert_cmpint(rename(target, whole), ==, 0);
    g_assert_cmpint(link(kept, target), ==, 0);
    ASSERT_OK(conn_swap_state(files.conn, "x.csv__honk_1", "x.csv", "x.csv__honk_1_kept", "p",
                              &state, &ERR));
    g_assert_cmpint(state, ==, SWAP_BEFORE);
    ASSERT_OK(swap_in(&files, "x.csv", &ERR));
    ASSERT_OK(conn_swap_state(files.conn, "x.csv__honk_1", "x.csv", "x.csv__honk_1_kept", "p",
                              &state, &ERR));
    g_assert_cmpint(state, ==, SWAP_AFTER);
    g_assert_cmpint(rename(target, whole), ==, 0);
    g_assert_cmpint(link(kept, target), ==, 0);
    ASSERT_OK(conn_unstage(files.conn, "x.csv__honk_1", &by, &ERR));
    g_assert_false(g_file_test(kept, G_FILE_TEST_EXISTS));
    g_autofree char *text = text_of(&files, "x.csv");
    g_assert_cmpstr(text, ==, "old\n");
    g_assert_false(has_notes(&files));
}

static void
a_change_shows_even_with_its_time_put_back(void)
{
    g_auto(Files) files;
    g_autoptr(json_t) before = NULL, after = NULL;
    struct stat info;
    files_init(&files, "csv", NULL);
    make_file(&files, "x.csv", "a\n1\n");
    g_autofree char *path = path_of(&files, "x.csv");
    g_assert_cmpint(stat(path, &info), ==, 0);
    ASSERT_OK(conn_identity(files.conn, "x.csv", &before, &ERR));
    g_usleep(20000); /* file systems count time in ticks */
    FILE *file = fopen(path, "r+");
    g_assert_cmpint(fputs("a\n2\n", file), >=, 0);
    fclose(file);
    struct timespec times[] = {info.st_atim, info.st_mtim};
    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
    ASSERT_OK(conn_identity(files.conn, "x.csv", &after, &ERR));
    g_assert_cmpint(json_get_int(before, "mtime_ns", 0), ==, json_get_int(after, "mtime_ns", 1));
    g_assert_false(json_equal(before, after));
}

static void
a_store_of_one_file_has_no_other(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    Schema *schema = NULL;
    bool exists = true;
    files_init(&files, "csv", NULL);
    make_file(&files, "x.csv", "a,\"b \"\"1\"\"\"\n1,2\n");
    make_file(&files, "y.csv", "a\n1\n");
    g_autofree char *path = path_of(&files, "x.csv");
    json_set_string(files.store.settings, "path", path);
    conn_close(files.conn);
    ASSERT_OK(conn_open(&files.store, &files.conn, &ERR));
    ASSERT_FAILS(conn_describe(files.conn, "y.csv", &schema, &ERR), ERR_NOT_FOUND, "'x.csv'?");
    ASSERT_FAILS(conn_exists(files.conn, "../x.csv", &exists, &ERR), ERR_INVALID, "leads out");
    stage_rows(&files, "x.csv", rows);
    ASSERT_OK(swap_in(&files, "x.csv", &ERR));
    int64_t count = 0;
    ASSERT_OK(conn_count(files.conn, "x.csv", NULL, &count, &ERR));
    g_assert_cmpint(count, ==, (int64_t) rows->row_count);
}

static void
a_finished_stage_takes_no_more_rows(void)
{
    g_auto(Files) files;
    g_autoptr(Batch) rows = odd_rows();
    g_autoptr(Schema) schema = two_columns();
    Writer by = writer("0002");
    RangeResult result = {.rows_in = 8, .rows_out = 8};
    bool is_done = true;
    size_t next = 0;
    files_init(&files, "csv", NULL);
    stage_rows(&files, "x.csv", rows);
    ASSERT_OK(conn_begin(files.conn, "x.csv__honk_1", schema, &by, &is_done, &result, &ERR));
    ASSERT_OK(conn_put(files.conn, rows, 0, &next, &ERR));
    result = (RangeResult){.rows_in = 8, .rows_out = 8};
    ASSERT_FAILS(conn_commit(files.conn, &result, &ERR), ERR_WRONG_STATE, "is finished");
    conn_rollback(files.conn);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/files/rows are written as the name and the settings say",
                    rows_are_written_as_the_name_and_the_settings_say);
    g_test_add_func("/files/an array of many ranges is one array",
                    an_array_of_many_ranges_is_one_array);
    g_test_add_func("/files/a row that no record can hold is refused",
                    a_row_that_no_record_can_hold_is_refused);
    g_test_add_func("/files/JSON without a record is a table without columns",
                    json_without_a_record_is_a_table_without_columns);
    g_test_add_func("/files/nothing of ours is left at the end",
                    nothing_of_ours_is_left_at_the_end);
    g_test_add_func("/files/the rights of the old file are those of the new one",
                    the_rights_of_the_old_file_are_those_of_the_new_one);
    g_test_add_func("/files/no file is swapped that is not confirmed",
                    no_file_is_swapped_that_is_not_confirmed);
    g_test_add_func("/files/a swap that died half way has not happened",
                    a_swap_that_died_half_way_has_not_happened);
    g_test_add_func("/files/a change shows even with its time put back",
                    a_change_shows_even_with_its_time_put_back);
    g_test_add_func("/files/a store of one file has no other", a_store_of_one_file_has_no_other);
    g_test_add_func("/files/a finished stage takes no more rows",
                    a_finished_stage_takes_no_more_rows);
    return g_test_run();
}
