/* kafka_repair.c - single rows of a topic put right: later records of their keys, tombstones, and what is refused. */
#include "kafka_bench.h"

#include "driver/kafka/kafka.h"
#include "transfer/transfer.h"

#include <string.h>

/* A store whose topic `t` is called `topic`; `more` is JSON of a topic's settings, without braces. */
static TestDb *
db_of(const char *topic, const char *more)
{
    g_autofree char *text =
        g_strdup_printf("{\"topics\": {\"t\": {\"topic\": \"%s\", %s}}}", topic, more);
    json_t *settings = json_loads(text, 0, NULL);
    g_assert_nonnull(settings);
    return test_kafka_db(settings);
}

static Transfer *
between(TestDb *source, TestDb *target)
{
    TransferSpec spec = {.source_store = &source->store,
                         .source = "t",
                         .target_store = &target->store,
                         .target = "t",
                         .hash = true};
    Transfer *transfer = NULL;
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    return transfer;
}

static void
assert_equal(Transfer *transfer, bool expected)
{
    g_auto(Comparison) seen = {0};
    ASSERT_OK(transfer_compare(transfer, "t", 5, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal == expected);
}

#define ID_AND_V                                                                                   \
    "\"rows\": \"latest\", \"key\": \"id\", \"columns\": {\"id\": \"int\", \"v\": \"text\"}"

/* 1 is as it should be, 2 differs, 3 should not be, 4 was taken away, 5 was never there. None lies where murmur2 would put it. */
static void
write_wrong_rows(const char *topic)
{
    const TestRecord records[] = {
        {topic, 0, "1", "{\"id\":1,\"v\":\"a\"}"},     {topic, 2, "2", "{\"id\":2,\"v\":\"old\"}"},
        {topic, 2, "2", "{\"id\":2,\"v\":\"older\"}"}, {topic, 0, "3", "{\"id\":3,\"v\":\"c\"}"},
        {topic, 1, "4", "{\"id\":4,\"v\":\"d\"}"},     {topic, 1, "4", NULL}};
    test_kafka_write(records, G_N_ELEMENTS(records));
}

static TestDb *
right_rows(void)
{
    return test_db("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT);"
                   "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (4, 'd2'), (5, NULL);");
}

static void
a_row_is_put_right_by_a_record_where_its_key_lies_or_by_a_tombstone(void)
{
    g_autofree char *topic = test_kafka_topic("repair", 3, true);
    Repaired done = {0};
    write_wrong_rows(topic);
    g_autoptr(TestDb) source = right_rows(), target = db_of(topic, ID_AND_V);
    g_autoptr(Transfer) transfer = between(source, target);
    assert_equal(transfer, false);
    ASSERT_OK(transfer_repair(transfer, "t", NULL, NULL, &done, &ERR));
    g_assert_cmpint(done.inserted, ==, 2);
    g_assert_cmpint(done.changed, ==, 1);
    g_assert_cmpint(done.removed, ==, 1);
    g_assert_true(done.is_complete);
    assert_equal(transfer, true);
    g_autofree char *seen = test_kafka_read(topic, false);
    g_assert_nonnull(
        strstr(seen, "0:0 1={\"id\":1,\"v\":\"a\"}\n0:1 3={\"id\":3,\"v\":\"c\"}\n0:2 3=NULL\n"));
    g_assert_nonnull(strstr(seen, "\n1:2 4={\"id\":4,\"v\":\"d2\"}\n"));
    g_assert_nonnull(strstr(seen, "\n2:2 2={\"id\":2,\"v\":\"b\"}\n"));
    g_assert_nonnull(strstr(seen, " 5={\"id\":5,\"v\":null}\n"));
    done = (Repaired){0};
    ASSERT_OK(transfer_repair(transfer, "t", NULL, NULL, &done, &ERR));
    g_assert_cmpint(done.inserted + done.changed + done.removed, ==, 0);
}

/* Keys of several columns; and those that are no columns of the value. */
static void
keys_of_several_columns_and_bare_keys_are_found(void)
{
    g_autofree char *pairs = test_kafka_topic("pairs", 2, true),
                    *bare = test_kafka_topic("bare", 2, true);
    const TestRecord records[] = {{pairs, 1, "{\"a\":\"1\",\"b\":\"x\"}", "{\"v\":1}"},
                                  {pairs, 0, "{\"a\":\"1\",\"b\":\"y\"}", "{\"v\":2}"},
                                  {bare, 1, "k1", "{\"v\":1}"},
                                  {bare, 0, "k2", "{\"v\":2}"}};
    Repaired done = {0};
    test_kafka_write(records, G_N_ELEMENTS(records));
    g_autoptr(TestDb) wanted_pairs = test_db("CREATE TABLE t (a INTEGER NOT NULL, b TEXT NOT NULL, "
                                             "v INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;"
                                             "INSERT INTO t VALUES (1, 'x', 10), (2, 'z', 3);");
    g_autoptr(TestDb) has_pairs = db_of(
        pairs,
        "\"key\": [\"a\", \"b\"], \"columns\": {\"a\": \"int\", \"b\": \"text\", \"v\": \"int\"}");
    g_autoptr(Transfer) of_pairs = between(wanted_pairs, has_pairs);
    ASSERT_OK(transfer_repair(of_pairs, "t", NULL, NULL, &done, &ERR));
    g_assert_cmpint(done.inserted * 100 + done.changed * 10 + done.removed, ==, 111);
    assert_equal(of_pairs, true);
    g_autoptr(TestDb) wanted_bare =
        test_db("CREATE TABLE t (kafka_key TEXT PRIMARY KEY NOT NULL, v INTEGER) WITHOUT ROWID;"
                "INSERT INTO t VALUES ('k1', 5);");
    g_autoptr(TestDb) has_bare = db_of(bare, "\"rows\": \"latest\"");
    g_autoptr(Transfer) of_bare = between(wanted_bare, has_bare);
    ASSERT_OK(transfer_repair(of_bare, "t", NULL, NULL, &done, &ERR));
    assert_equal(of_bare, true);
    g_autofree char *seen = test_kafka_read(bare, false);
    g_assert_cmpstr(seen, ==,
                    "0:0 k2={\"v\":2}\n0:1 k2=NULL\n1:0 k1={\"v\":1}\n1:1 k1={\"v\":5}\n");
}

static bool
refuse(void *data, GError **error)
{
    return fail(error, ERR_FENCED, "the lease is gone");
}

static int64_t
count_of(Conn *conn, const char *object)
{
    int64_t rows = -1;
    ASSERT_OK(conn_count(conn, object, NULL, &rows, &ERR));
    return rows;
}

static void
a_repair_that_is_refused_at_the_last_moment_leaves_nothing(void)
{
    g_autofree char *topic = test_kafka_topic("refused", 3, true);
    write_wrong_rows(topic);
    g_autoptr(TestDb) source = right_rows(), target = db_of(topic, ID_AND_V);
    g_autofree char *before = test_kafka_read(topic, false);
    g_autoptr(Transfer) transfer = between(source, target);
    Repaired done = {0};
    transfer_set_confirm(transfer, refuse, NULL);
    ASSERT_FAILS(transfer_repair(transfer, "t", NULL, NULL, &done, &ERR), ERR_FENCED,
                 "the lease is gone");
    g_autofree char *after = test_kafka_read(topic, false);
    g_assert_cmpstr(after, ==, before);
    g_assert_cmpint(count_of(target->conn, "t"), ==, 3);
}

static void
what_names_no_row_or_would_lose_something_is_refused(void)
{
    static const struct {
        const char *more, *source, *reason;
        const char *header;
        bool is_twice;
    } cases[] = {
        {"\"rows\": \"all\", \"key\": \"id\", \"columns\": {\"id\": \"int\", \"v\": \"text\"}",
         "id INTEGER PRIMARY KEY NOT NULL, v TEXT", "has no key", NULL, false},
        {"\"rows\": \"latest\", \"key\": \"id\", \"columns\": {\"id\": \"int\", \"v\": \"text\", "
         "\"w\": \"text\"}",
         "id INTEGER PRIMARY KEY NOT NULL, v TEXT", "says nothing of 'w'", NULL, false},
        {"\"rows\": \"latest\", \"key\": \"id\"", "id INTEGER PRIMARY KEY NOT NULL, v TEXT",
         "says nothing of 'kafka_headers'", "trace", false},
        {ID_AND_V, "id INTEGER PRIMARY KEY NOT NULL, v TEXT", "two rows share a key", NULL, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *topic = test_kafka_topic("no", 2, true);
        g_autofree char *sql = g_strdup_printf(
            "CREATE TABLE t (%s); INSERT INTO t VALUES (1, 'new');", cases[i].source);
        const TestRecord records[] = {
            {topic, 0, "1", "{\"id\":1,\"v\":\"old\"}", 0, 0, cases[i].header, "x"},
            {topic, 1, "1", "{\"id\":1,\"v\":\"other\"}"}};
        test_kafka_write(records, cases[i].is_twice ? 2 : 1);
        g_autofree char *before = test_kafka_read(topic, false);
        g_autoptr(TestDb) source = test_db(sql), target = db_of(topic, cases[i].more);
        g_autoptr(Transfer) transfer = between(source, target);
        Repaired done = {0};
        ASSERT_FAILS(transfer_repair(transfer, "t", NULL, NULL, &done, &ERR), ERR_INVALID,
                     cases[i].reason);
        g_autofree char *after = test_kafka_read(topic, false);
        g_assert_cmpstr(after, ==, before);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/kafka/repair/a row is put right by a record where its key lies, or by a tombstone",
        a_row_is_put_right_by_a_record_where_its_key_lies_or_by_a_tombstone);
    g_test_add_func("/kafka/repair/keys of several columns and bare keys are found",
                    keys_of_several_columns_and_bare_keys_are_found);
    g_test_add_func("/kafka/repair/a repair that is refused at the last moment leaves nothing",
                    a_repair_that_is_refused_at_the_last_moment_leaves_nothing);
    g_test_add_func("/kafka/repair/what names no row, or would lose something, is refused",
                    what_names_no_row_or_would_lose_something_is_refused);
    return g_test_run();
}
