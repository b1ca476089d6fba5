/* redis_rows.c - rows that go into Redis: kept as the server itself would keep them, each key once. */
#include "redis_bench.h"

#include "model/datetime.h"

#include <string.h>

#define STAGE "x:{id}__honk_1"
#define ROWS 300

static const Writer writer = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};

static Schema *
make_schema(void)
{
    Schema *schema = schema_new("x");
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "text", TYPE_TEXT, "", true);
    schema_add(schema, "number", TYPE_INT, "", true);
    schema_add(schema, "share", TYPE_DECIMAL, "", true);
    schema_add(schema, "at", TYPE_TIMESTAMP, "", true);
    schema_add(schema, "12", TYPE_BOOL, "", true);
    return schema;
}

static TestDb *
staged(const Schema *schema)
{
    TestDb *db = test_redis_db(NULL);
    RangeResult result = {0};
    bool is_done;
    ASSERT_OK(conn_stage(db->conn, STAGE, NULL, schema, &writer, &ERR));
    ASSERT_OK(conn_begin(db->conn, STAGE, schema, &writer, &is_done, &result, &ERR));
    return db;
}

/* --- as the server would --- */

static const char *const texts[] = {
    "0",
    "-0",
    "007",
    "+7",
    "7",
    "-7",
    "",
    "-",
    "127",
    "128",
    "4095",
    "-4096",
    "-4097",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "12345678901234567890123",
    "123456789012345678901234567890123456789012345678901234567890123",
    "1234567890123456789012345678901234567890123456789012345678901234",
    "sixty-four bytes, which is as long as a field of a listpack may b",
    "sixty-three bytes, so that one byte says how long the text is..",
    "1.50",
    "1 ",
};

/* Around every length that a number may have there. */
static int64_t
any_number(int row)
{
    int bits = g_test_rand_int_range(0, 64);
    uint64_t value = (uint64_t) (uint32_t) g_test_rand_int() << 32 | (uint32_t) g_test_rand_int();
    uint64_t edge = (uint64_t) 1 << bits;
    if (row % 3 == 0)
        return (int64_t) (edge + (uint64_t) g_test_rand_int_range(-2, 3));
    if (row % 3 == 1)
        return (int64_t) - (edge + (uint64_t) g_test_rand_int_range(-2, 3));
    return (int64_t) (value >> bits);
}

static void
fill_row(Batch *rows, int row)
{
    char digits[32];
    g_snprintf(digits, sizeof digits, "%d.%d", row, row % 9 + 1);
    const char *text = texts[row % (int) G_N_ELEMENTS(texts)];
    batch_put_int(rows, 0, row);
    batch_put_bytes(rows, 1, text, MIN(strlen(text), 64));
    batch_put_int(rows, 2, any_number(row));
    if (row % 5 == 0)
        batch_put_null(rows, 3);
    else
        batch_put_bytes(rows, 3, digits, strlen(digits));
    batch_put_int(rows, 4, row * DAY_US);
    batch_put_int(rows, 5, row % 2);
    batch_commit_row(rows, row + 1);
}

/* HSET of the same row. */
static void
set_alike(const TestDb *db, const Schema *schema, const Batch *rows, size_t row)
{
    const char *words[16] = {"HSET", "alike"};
    size_t lengths[16] = {4, 5};
    int count = 2;
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 1; i < schema_count(schema); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        Value value = batch_value(rows, i, row);
        if (value.is_null)
            continue;
        value_append_text(&value, text);
        words[count] = schema_column(schema, i)->name;
        lengths[count] = strlen(words[count]);
        lengths[++count] = text->len;
        words[count++] = g_string_free(g_steal_pointer(&text), FALSE);
        g_ptr_array_add(kept, (char *) words[count - 1]);
    }
    freeReplyObject(test_redis(db->path, "DEL alike"));
    freeReplyObject(test_redis_argv(db->path, count, words, lengths));
}

static void
a_row_is_kept_as_the_server_would_keep_it(void)
{
    g_autoptr(Schema) schema = make_schema();
    g_autoptr(TestDb) db = staged(schema);
    g_autoptr(Batch) rows = batch_new_for(schema);
    RangeResult result = {.rows_in = ROWS, .rows_out = ROWS};
    size_t next = 0;
    for (int i = 0; i < ROWS; i++)
        fill_row(rows, i);
    ASSERT_OK(conn_put(db->conn, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    g_autofree char *key = test_redis_text(db->path, "KEYS *:x:7");
    g_autofree char *prefix = g_strndup(key, strlen(key) - 1);
    for (int i = 0; i < ROWS; i++) {
        set_alike(db, schema, rows, (size_t) i);
        redisReply *ours = test_redis(db->path, "DUMP %s%d", prefix, i);
        redisReply *theirs = test_redis(db->path, "DUMP alike");
        g_assert_cmpmem(ours->str, (gsize) ours->len, theirs->str, (gsize) theirs->len);
        freeReplyObject(ours);
        freeReplyObject(theirs);
    }
}

static void
a_row_that_is_too_long_for_a_listpack_has_all_of_its_fields(void)
{
    g_autoptr(Schema) schema = make_schema();
    g_autoptr(TestDb) db = staged(schema);
    g_autoptr(Batch) rows = batch_new_for(schema);
    RangeResult result = {.rows_in = 1, .rows_out = 1};
    g_autofree char *text = g_strnfill(65, 'x');
    size_t next = 0;
    batch_put_int(rows, 0, 1);
    batch_put_bytes(rows, 1, text, 65);
    batch_put_int(rows, 2, -70000);
    for (size_t i = 3; i < 6; i++)
        batch_put_null(rows, i);
    batch_commit_row(rows, 1);
    ASSERT_OK(conn_put(db->conn, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    g_autofree char *key = test_redis_text(db->path, "KEYS *:x:1");
    g_autofree char *seen = test_redis_text(db->path, "HMGET %s text number share", key);
    g_autofree char *expected = g_strdup_printf("%s|-70000|NULL", text);
    g_autofree char *fields = test_redis_text(db->path, "HLEN %s", key);
    g_assert_cmpstr(seen, ==, expected);
    g_assert_cmpstr(fields, ==, "2");
}

/* --- keys --- */

static void
put_large_row(Batch *rows, int64_t id)
{
    static char large[1500000];
    memset(large, 'x', sizeof large);
    batch_put_int(rows, 0, id);
    batch_put_bytes(rows, 1, large, sizeof large);
    for (size_t i = 2; i < 6; i++)
        batch_put_null(rows, i);
    batch_commit_row(rows, (int64_t) rows->row_count + 1);
}

/* The first of both has gone with an earlier part, after the batch was looked at. */
static void
a_key_that_a_batch_has_twice_is_put_aside_also_in_another_part(void)
{
    g_autoptr(Schema) schema = make_schema();
    g_autoptr(TestDb) db = staged(schema);
    g_autoptr(Batch) rows = batch_new_for(schema);
    RangeResult result = {.rows_in = 4, .rows_out = 3, .rejected = 1};
    size_t next = 0;
    put_large_row(rows, 1);
    put_large_row(rows, 2);
    put_large_row(rows, 1);
    put_large_row(rows, 3);
    ASSERT_FAILS(conn_put(db->conn, rows, 0, &next, &ERR), ERR_INVALID, "'x:1' is already taken");
    g_assert_cmpuint(next, ==, 2);
    ASSERT_OK(conn_put(db->conn, rows, 3, &next, &ERR));
    ASSERT_OK(conn_commit(db->conn, &result, &ERR));
    g_autofree char *keys =
        test_redis_text(db->path, "EVAL %s 0", "return #redis.call('KEYS', '_honk:*:x:*')");
    g_assert_cmpstr(keys, ==, "3");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/redis-rows/" #name, name)
    TEST(a_row_is_kept_as_the_server_would_keep_it);
    TEST(a_row_that_is_too_long_for_a_listpack_has_all_of_its_fields);
    TEST(a_key_that_a_batch_has_twice_is_put_aside_also_in_another_part);
    return g_test_run();
}
