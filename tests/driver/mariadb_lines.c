/* mariadb_lines.c - rows by LOAD DATA: what goes in is what was given, and what would not is told as before. */
#include "mariadb_bench.h"

#include <string.h>

#define ROWS 300
#define TABLE                                                                                      \
    "CREATE TABLE t (id int PRIMARY KEY, name varchar(40) NOT NULL, note text, share "             \
    "decimal(9,2), at datetime(6), is_on tinyint(1))"

static const Writer writer = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};

static Schema *
begin(TestDb *db)
{
    Schema *schema = NULL;
    RangeResult result = {0};
    bool is_done;
    ASSERT_OK(conn_describe(db->conn, "t", &schema, &ERR));
    ASSERT_OK(conn_stage(db->conn, "s", "t", NULL, &writer, &ERR));
    ASSERT_OK(conn_begin(db->conn, "s", schema, &writer, &is_done, &result, &ERR));
    return schema;
}

static void
add_row(Batch *rows, int64_t id, const char *name, size_t bytes)
{
    batch_put_int(rows, 0, id);
    batch_put_bytes(rows, 1, name, bytes);
    if (id % 3 == 0)
        batch_put_null(rows, 2);
    else
        batch_put_bytes(rows, 2, "", 0);
    batch_put_bytes(rows, 3, "-12.5", 5);
    batch_put_int(rows, 4, 1);
    batch_put_int(rows, 5, id % 2);
    batch_commit_row(rows, id);
}

static int
loads(TestDb *db)
{
    g_autofree char *text =
        test_maria_query(db->path, "SELECT variable_value FROM information_schema.global_status "
                                   "WHERE variable_name = 'Com_load'");
    return atoi(text);
}

static void
letters_that_end_fields_and_lines_come_back(void)
{
    static const char *const names[] = {
        "a\tb", "a\nb", "\\N", "\\", "a\\tb", "'\"", "\r\n", "é\xf0\x9f\x98\x80", " x ", ""};
    g_autoptr(TestDb) db = test_maria_db(TABLE);
    g_autoptr(Schema) schema = begin(db);
    g_autoptr(Batch) rows = batch_new_for(schema);
    RangeResult result = {.rows_in = ROWS, .rows_out = ROWS};
    size_t next = 0;
    int before = loads(db);
    for (int i = 0; i < ROWS; i++)
        add_row(rows, i + 1, names[i % 10], strlen(names[i % 10]));
    add_row(rows, ROWS + 1, "a\0b", 3);
    ASSERT_OK(conn_put(db->conn, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    g_assert_cmpint(loads(db), >, before);
    ScanSpec spec = {.object = "s", .output = schema};
    g_autoptr(Scan) scan = NULL;
    g_autoptr(Batch) seen = batch_new_for(schema);
    ASSERT_OK(conn_scan(db->conn, &spec, &scan, &ERR));
    ASSERT_OK(scan_next(scan, seen, NULL, NULL, &ERR));
    g_assert_cmpuint(seen->row_count, ==, ROWS + 1);
    for (size_t row = 0; row < seen->row_count; row++)
        for (size_t column = 0; column < schema_count(schema); column++) {
            Value a = batch_value(rows, column, row), b = batch_value(seen, column, row);
            if (!value_equal(&a, &b))
                g_error("row %zu, %s", row, schema_column(schema, column)->name);
        }
}

/* LOAD DATA LOCAL would leave the row out, or cut it, and go on. */
static void
a_row_that_is_refused_is_told_and_all_others_are_in(void)
{
    g_autoptr(TestDb) db = test_maria_db(TABLE);
    g_autoptr(Schema) schema = begin(db);
    g_autoptr(Batch) rows = batch_new_for(schema);
    RangeResult result = {.rows_in = ROWS, .rows_out = ROWS - 2, .rejected = 2};
    size_t next = 0;
    for (int i = 0; i < ROWS; i++)
        add_row(rows, i == 200 ? 7 : i == 250 ? INT64_C(5000000000) : i + 1, "x", 1);
    ASSERT_FAILS(conn_put(db->conn, rows, 0, &next, &ERR), ERR_INVALID, "already taken");
    g_assert_cmpuint(next, ==, 200);
    ASSERT_FAILS(conn_put(db->conn, rows, 201, &next, &ERR), ERR_INVALID, "id");
    g_assert_cmpuint(next, ==, 250);
    ASSERT_OK(conn_put(db->conn, rows, 251, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    g_autofree char *seen = test_maria_query(db->path, "SELECT count(*), sum(id) FROM s");
    g_autofree char *expected =
        g_strdup_printf("%d|%d", ROWS - 2, ROWS * (ROWS + 1) / 2 - 201 - 251);
    g_assert_cmpstr(seen, ==, expected);
}

static void
a_server_that_takes_no_lines_gets_statements(void)
{
    g_autoptr(TestDb) db = test_maria_db(TABLE);
    RangeResult result = {.rows_in = ROWS, .rows_out = ROWS};
    size_t next = 0;
    test_maria_exec(db->path, "SET GLOBAL local_infile = 0");
    g_autoptr(Schema) schema = begin(db);
    g_autoptr(Batch) rows = batch_new_for(schema);
    for (int i = 0; i < ROWS; i++)
        add_row(rows, i + 1, "x", 1);
    ASSERT_OK(conn_put(db->conn, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    test_maria_exec(db->path, "SET GLOBAL local_infile = 1");
    g_autofree char *seen = test_maria_query(db->path, "SELECT count(*) FROM s");
    g_assert_cmpstr(seen, ==, "300");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/mariadb-lines/" #name, name)
    TEST(letters_that_end_fields_and_lines_come_back);
    TEST(a_row_that_is_refused_is_told_and_all_others_are_in);
    TEST(a_server_that_takes_no_lines_gets_statements);
    return g_test_run();
}
