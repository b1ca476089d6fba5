/* mariadb_lines.c - rows by LOAD DATA: what goes in is what was given, and what would not is told as before. */
#include "mariadb_bench.h"

#include <signal.h>
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

/* The server's number of the session that whoever opens the store gets. */
static int64_t
session_of_next(TestDb *db, bool has_failed)
{
    g_autoptr(Conn) conn = NULL;
    bool exists = false;
    int64_t rows;
    ASSERT_OK(conn_open(&db->store, &conn, &ERR));
    ASSERT_OK(conn_exists(conn, "t", &exists, &ERR));
    if (has_failed)
        ASSERT_FAILS(conn_count(conn, "t", "nothing", &rows, &ERR), ERR_INVALID, "nothing");
    g_autofree char *last = test_maria_query(
        db->path, "SELECT max(id) FROM information_schema.processlist WHERE id <> connection_id()");
    return g_ascii_strtoll(last, NULL, 10);
}

static void
a_session_serves_the_next_connection_unless_something_failed_in_it(void)
{
    g_autoptr(TestDb) db = test_maria_db(TABLE);
    drivers_keep_sessions(true);
    int64_t first = session_of_next(db, false), second = session_of_next(db, true);
    int64_t third = session_of_next(db, false);
    drivers_keep_sessions(false);
    int64_t fourth = session_of_next(db, false);
    g_assert_cmpint(first, ==, second);
    g_assert_cmpint(second, <, third);
    g_assert_cmpint(third, <, fourth);
}

typedef struct {
    int64_t until_us;
    pid_t stopped; /* a server that says nothing from then on; 0: it goes on */
} Patience;

static bool
run_out_of_patience(int64_t rows, void *data)
{
    Patience *patience = data;
    if (g_get_monotonic_time() < patience->until_us)
        return true;
    if (patience->stopped != 0)
        kill(patience->stopped, SIGSTOP);
    return false;
}

/* A session that waits for locks as long as nobody gives up. */
static Conn *
open_patient(TestDb *db)
{
    Conn *conn = NULL;
    json_object_set_new(db->store.settings, "lock_timeout_ms", json_integer(60000));
    ASSERT_OK(conn_open(&db->store, &conn, &ERR));
    return conn;
}

static pid_t
server_process(TestDb *db)
{
    g_autofree char *path = test_maria_query(db->path, "SELECT @@pid_file"), *number = NULL;
    g_assert_true(g_file_get_contents(path, &number, NULL, NULL));
    return atoi(number);
}

/* Another range holds a key of the lines, and is not committed. */
static void
assert_stops_within(int seconds, bool server_hangs)
{
    static const Writer theirs = {.plan = "p-1", .task = "t-2", .range = "0002", .token = 5};
    g_autoptr(TestDb) db = test_maria_db(TABLE);
    g_autoptr(Schema) schema = begin(db);
    g_autoptr(Batch) rows = batch_new_for(schema), first = batch_new_for(schema);
    Conn *other = open_patient(db), *conn = open_patient(db);
    Patience patience = {.stopped = server_hangs ? server_process(db) : 0};
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    conn_rollback(db->conn);
    add_row(first, 1, "x", 1);
    for (int i = 0; i < ROWS; i++)
        add_row(rows, i + 1, "x", 1);
    ASSERT_OK(conn_begin(other, "s", schema, &theirs, &is_done, &result, &ERR));
    ASSERT_OK(conn_put(other, first, 0, &next, &ERR));
    ASSERT_OK(conn_begin(conn, "s", schema, &writer, &is_done, &result, &ERR));
    int64_t begun_us = g_get_monotonic_time();
    patience.until_us = begun_us + 300 * 1000;
    conn_set_tick(conn, run_out_of_patience, &patience);
    ASSERT_FAILS(conn_put(conn, rows, 0, &next, &ERR), ERR_STOPPED, "asked to stop");
    conn_rollback(conn);
    int64_t took_us = g_get_monotonic_time() - begun_us;
    if (server_hangs)
        kill(patience.stopped, SIGCONT);
    g_assert_cmpint(took_us, <, seconds * G_USEC_PER_SEC);
    conn_close(conn);
    conn_close(other);
}

static void
who_is_told_to_stop_while_lines_wait_for_a_lock_stops_at_once(void)
{
    assert_stops_within(3, false);
}

static void
who_is_told_to_stop_while_the_server_hangs_stops_soon(void)
{
    assert_stops_within(8, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/mariadb-lines/" #name, name)
    TEST(letters_that_end_fields_and_lines_come_back);
    TEST(a_row_that_is_refused_is_told_and_all_others_are_in);
    TEST(a_server_that_takes_no_lines_gets_statements);
    TEST(a_session_serves_the_next_connection_unless_something_failed_in_it);
    TEST(who_is_told_to_stop_while_lines_wait_for_a_lock_stops_at_once);
    TEST(who_is_told_to_stop_while_the_server_hangs_stops_soon);
    return g_test_run();
}
