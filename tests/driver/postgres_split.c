/* postgres_split.c - how large ranges of large tables are, and what looking at the first rows of one leaves behind. */
#include "postgres_bench.h"

#include "base/limits.h"

#include <string.h>

#define ROWS 60000 /* more than 8 MiB: a sample says where to cut */

static TestDb *
large_table(const char *key)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE t (id int8 %s, s text); INSERT INTO t SELECT i, repeat('x', 200) FROM "
        "generate_series(1, %d) i; ANALYZE t",
        key, ROWS);
    return test_pg_db(sql);
}

/* As many ranges, none of which is a tenth larger than the others on the average. */
static void
assert_divided(Conn *conn, RangeSize size, size_t count)
{
    g_autoptr(json_t) ranges = NULL;
    json_t *range;
    size_t i;
    int64_t total = 0;
    ASSERT_OK(conn_split(conn, "t", &size, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), ==, count);
    json_array_foreach(ranges, i, range)
    {
        ScanSpec spec = {.object = "t", .range = range};
        HashSum sum = {0};
        ASSERT_OK(conn_sum(conn, &spec, &sum, &ERR));
        g_assert_cmpint(sum.rows, <=, ROWS / (int64_t) count * 11 / 10);
        total += sum.rows;
    }
    g_assert_cmpint(total, ==, ROWS);
}

static void
a_large_table_is_divided_into_equal_ranges(void)
{
    static const char *const keys[] = {"PRIMARY KEY", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(TestDb) db = large_table(keys[i]);
        assert_divided(db->conn, (RangeSize){.rows = ROWS}, 1);
        assert_divided(db->conn, (RangeSize){.rows = ROWS - 1}, 2);
        assert_divided(db->conn, (RangeSize){.rows = ROWS / 5}, 5);
        /* there are as many for each who does them, but none that is not worth it */
        assert_divided(db->conn, (RangeSize){.rows = ROWS, .rows_min = 1000}, 8);
        assert_divided(db->conn, (RangeSize){.rows = ROWS, .rows_min = ROWS / 3}, 2);
        assert_divided(db->conn, (RangeSize){.rows = ROWS, .rows_min = ROWS / 7 + 1}, 6);
        assert_divided(db->conn, (RangeSize){.rows = ROWS / 3 + 1, .rows_min = ROWS / 3}, 4);
        assert_divided(db->conn, (RangeSize){.rows = ROWS, .rows_min = ROWS * 2}, 1);
    }
}

/* A block's first places are empty, or point to a newer version; half of the blocks are empty, or of rows that came late. */
static void
ranges_are_equal_whatever_became_of_the_rows(void)
{
    static const char came_late[] =
        "DELETE FROM t WHERE id % 40 < 30; INSERT INTO t SELECT i, 'late' FROM "
        "generate_series(1, 60000) i WHERE i % 40 < 30";
    static const char *const became[] = {"UPDATE t SET s = repeat('y', 200)",
                                         "UPDATE t SET s = repeat('y', 20)", came_late};
    for (size_t i = 0; i < G_N_ELEMENTS(became); i++) {
        g_autoptr(TestDb) db = large_table("PRIMARY KEY");
        test_pg_exec(db->path, became[i]);
        test_pg_exec(db->path, "VACUUM t");
        assert_divided(db->conn, (RangeSize){.rows = ROWS / 5}, 5);
        test_pg_exec(db->path, "UPDATE t SET s = s || '!' WHERE id % 3 = 0");
        assert_divided(db->conn, (RangeSize){.rows = ROWS / 5}, 5);
    }
}

static void
a_look_at_the_first_rows_leaves_its_session_as_good_as_new(void)
{
    g_autoptr(TestDb) db = large_table("PRIMARY KEY");
    g_autoptr(Schema) schema = NULL;
    g_autofree char *before = NULL, *after = NULL;
    static const char ours[] = "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM "
                               "pg_stat_activity WHERE application_name = 'honk'";
    ScanSpec spec = {.object = "t", .rows_max = 2 * BATCH_ROWS_MAX}; /* of which half are read */
    ASSERT_OK(conn_describe(db->conn, "t", &schema, &ERR));
    g_autoptr(Batch) batch = batch_new_for(schema);
    for (int i = 0; i < 2; i++) {
        g_autoptr(Scan) scan = NULL;
        batch_reset(batch);
        ASSERT_OK(conn_scan(db->conn, &spec, &scan, &ERR));
        ASSERT_OK(scan_next(scan, batch, NULL, NULL, &ERR));
        g_assert_cmpuint(batch->row_count, ==, BATCH_ROWS_MAX);
        g_clear_pointer(&scan, scan_close);
        *(i == 0 ? &before : &after) = test_pg_query(db->path, ours);
    }
    g_assert_nonnull(strchr(before, ' ')); /* its own, and the connection's */
    g_assert_cmpstr(before, ==, after);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/postgres-split/a large table is divided into equal ranges",
                    a_large_table_is_divided_into_equal_ranges);
    g_test_add_func("/postgres-split/ranges are equal whatever became of the rows",
                    ranges_are_equal_whatever_became_of_the_rows);
    g_test_add_func("/postgres-split/a look at the first rows leaves its session as good as new",
                    a_look_at_the_first_rows_leaves_its_session_as_good_as_new);
    return g_test_run();
}
