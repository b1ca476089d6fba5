/* kafka.c - what only Kafka does: records' own parts, tombstones, positions, order, clients that are shut out, Avro. */
#include "kafka_bench.h"

#include "driver/kafka/kafka.h"
#include "driver/kafka/registry.h"
#include "transfer/transfer.h"

#include <string.h>

static const Writer writer = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};

/* --- reading --- */

static char *
columns_of(TestDb *db, const char *object)
{
    g_autoptr(Schema) schema = NULL;
    GString *text = g_string_new(NULL);
    ASSERT_OK(conn_describe(db->conn, object, &schema, &ERR));
    for (size_t i = 0; i < schema_count(schema); i++)
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", schema_column(schema, i)->name,
                               column_type_name(schema_column(schema, i)->type));
    return g_string_free(text, FALSE);
}

static void
assert_columns(TestDb *db, const char *object, const char *expected)
{
    g_autofree char *seen = columns_of(db, object);
    g_assert_cmpstr(seen, ==, expected);
}

static void
assert_rows(TestDb *db, const char *object, const char *expected)
{
    ScanSpec spec = {.object = object};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_cmpstr(seen, ==, expected);
}

/* Only these columns of them. */
static void
assert_rows_of(TestDb *db, const char *object, const char *columns, const char *expected)
{
    g_auto(GStrv) names = g_strsplit(columns, ", ", -1);
    g_autoptr(Schema) schema = NULL, output = schema_new(object);
    SourceItem items[8] = {0};
    size_t count = 0;
    ASSERT_OK(conn_describe(db->conn, object, &schema, &ERR));
    for (; names[count] != NULL; count++) {
        items[count].name = names[count];
        schema_add(output, names[count], schema_find(schema, names[count], NULL)->type, "", true);
    }
    ScanSpec spec = {.object = object, .items = items, .item_count = count, .output = output};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_cmpstr(seen, ==, expected);
}

/* {"topics": {"t": {"topic": TOPIC, NAME: VALUE…}}}, names and values as JSON without braces. */
static TestDb *
db_with(const char *topic, const char *more)
{
    g_autofree char *text = g_strdup_printf("{\"topics\": {\"t\": {\"topic\": \"%s\"%s%s}}}", topic,
                                            *more != '\0' ? ", " : "", more);
    json_t *settings = json_loads(text, 0, NULL);
    g_assert_nonnull(settings);
    return test_kafka_db(settings);
}

static void
columns_are_found_in_the_records_and_beside_them(void)
{
    g_autofree char *topic = test_kafka_topic("found", 2, false);
    const TestRecord records[] = {{topic, 0, "k1", "{\"a\":1,\"b\":{\"c\":true},\"d\":[1,2]}", 0,
                                   1700000000123, "trace", "x"},
                                  {topic, 1, NULL, "{\"a\":2.5,\"b\":{\"c\":null},\"d\":\"é\"}", 0,
                                   1700000000456, NULL, NULL}};
    test_kafka_write(records, G_N_ELEMENTS(records));
    g_autoptr(TestDb) db = test_kafka_db(NULL);
    assert_columns(
        db, topic,
        "a float, b.c bool, d text, kafka_key text, kafka_timestamp timestamp, kafka_headers text");
    assert_rows(db, topic,
                "1:1|true|[1,2]|k1|2023-11-14 22:13:20.123|[[\"trace\",\"x\"]]\n"
                "2:2.5|NULL|é|NULL|2023-11-14 22:13:20.456|NULL");
}

static void
the_latest_record_of_a_key_is_the_row_and_a_tombstone_takes_it_away(void)
{
    g_autofree char *topic = test_kafka_topic("latest", 1, true);
    const TestRecord records[] = {{topic, 0, "1", "{\"id\":1,\"v\":\"a\"}"},
                                  {topic, 0, "2", "{\"id\":2,\"v\":\"b\"}"},
                                  {topic, 0, "1", "{\"id\":1,\"v\":\"c\"}"},
                                  {topic, 0, "3", "{\"id\":3,\"v\":\"d\"}"},
                                  {topic, 0, "2", NULL}};
    int64_t rows = 0;
    test_kafka_write(records, G_N_ELEMENTS(records));
    g_autoptr(TestDb) db =
        db_with(topic, "\"key\": \"id\", \"columns\": {\"id\": \"int\", \"v\": \"text\"}");
    assert_rows(db, "t", "3:1|c\n4:3|d"); /* by its broker's word it is compacted */
    ASSERT_OK(conn_count(db->conn, "t", NULL, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
    g_autoptr(TestDb) all =
        db_with(topic, "\"rows\": \"all\", \"columns\": {\"id\": \"int\", \"v\": \"text\"}");
    assert_rows(all, "t",
                "!5 -: partition 0, offset 4: it is a tombstone: read the topic with `rows: "
                "latest`, or map "
                "kafka_tombstone\n1:1|a\n2:2|b\n3:1|c\n4:3|d");
}

static void
reading_begins_where_it_is_told_to(void)
{
    g_autofree char *topic = test_kafka_topic("from", 2, false);
    const TestRecord records[] = {{topic, 0, "a", "{\"n\":1}", 0, 1700000000000},
                                  {topic, 0, "a", "{\"n\":2}", 0, 1700000001000},
                                  {topic, 0, "a", "{\"n\":3}", 0, 1700000002000},
                                  {topic, 1, "b", "{\"n\":4}", 0, 1700000000000}};
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++)
        test_kafka_write(&records[i], 1); /* a batch each, so that times are told apart */
    g_autoptr(TestDb) offsets =
        db_with(topic, "\"columns\": {\"n\": \"int\"}, \"from\": \"0:1,1:1\"");
    assert_rows(offsets, "t", "1:2\n2:3");
    g_autoptr(TestDb) moment =
        db_with(topic, "\"columns\": {\"n\": \"int\"}, \"from\": \"2023-11-14 22:13:21.500\"");
    assert_rows(moment, "t", "1:3");
    g_autoptr(TestDb) wrong = db_with(topic, "\"columns\": {\"n\": \"int\"}, \"from\": \"7:1\"");
    json_t *ranges = NULL;
    ASSERT_FAILS(conn_split(wrong->conn, "t", &(RangeSize){.rows = 10}, &ranges, &ERR), ERR_INVALID,
                 "partitions below 2");
}

static void
what_comes_later_is_no_part_of_a_range(void)
{
    g_autofree char *topic = test_kafka_topic("later", 1, false);
    g_autoptr(TestDb) db = db_with(topic, "\"columns\": {\"n\": \"int\"}, \"ranges\": \"offsets\"");
    g_autoptr(json_t) ranges = NULL;
    const TestRecord records[] = {{topic, 0, NULL, "{\"n\":1}"},
                                  {topic, 0, NULL, "{\"n\":2}"},
                                  {topic, 0, NULL, "{\"n\":3}"}};
    test_kafka_write(records, 3);
    ASSERT_OK(conn_split(db->conn, "t", &(RangeSize){.rows = 2}, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), ==, 2);
    test_kafka_write(records, 3);
    static const char *const expected[] = {"1:1\n2:2", "3:3"};
    for (size_t i = 0; i < 2; i++) {
        ScanSpec spec = {.object = "t", .range = json_array_get(ranges, i)};
        g_autofree char *seen = test_scan(db->conn, &spec);
        g_assert_cmpstr(seen, ==, expected[i]);
    }
}

static void
settings_that_mean_nothing_are_refused(void)
{
    static const struct {
        const char *more, *reason;
    } declared[] = {{"\"valeu\": \"json\"", "did you mean value"},
                    {"\"value\": \"xml\"", "expected json or avro"},
                    {"\"rows\": \"some\"", "expected all or latest"},
                    {"\"columns\": {\"a\": \"number\"}", "needs a type"},
                    {"\"value\": \"avro\"", "the setting `registry`"}};
    static const char *const urls[] = {"http://x", "kafka://", "kafka://a:b@c:1"};
    g_autofree char *topic = test_kafka_topic("settings", 1, false);
    Schema *schema = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(declared); i++) {
        g_autoptr(TestDb) db = db_with(topic, declared[i].more);
        ASSERT_FAILS(conn_describe(db->conn, "t", &schema, &ERR), ERR_INVALID, declared[i].reason);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(json_t) settings = json_pack("{ss}", "url", urls[i]);
        StoreConfig store = {(char *) "k", (char *) "kafka", settings};
        Conn *conn = NULL;
        ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_INVALID, "its 'url'");
    }
    g_autoptr(json_t) nobody =
        json_pack("{ss si}", "url", "kafka://127.0.0.1:1", "timeout_ms", 300);
    StoreConfig store = {(char *) "k", (char *) "kafka", nobody};
    Conn *conn = NULL;
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_UNREACHABLE, "127.0.0.1:1");
}

static void
who_asks_a_broker_that_hangs_is_told_so_within_its_time(void)
{
    g_autofree char *topic = test_kafka_topic("hangs", 2, false);
    g_autoptr(TestDb) db = test_kafka_db(json_pack("{si}", "timeout_ms", 500));
    KafkaConn *conn = (KafkaConn *) db->conn;
    g_autoptr(GArray) extents = NULL;
    int64_t end = 0;
    ASSERT_OK(kafka_extents(conn, topic, &extents, &ERR)); /* it knows whom to ask */
    if (!test_kafka_hang(true)) {
        g_test_skip("a real broker is not stopped");
        return;
    }
    ASSERT_FAILS(kafka_high_watermark(conn, topic, &end, &ERR), ERR_UNREACHABLE, topic);
    test_kafka_hang(false);
    ASSERT_OK(kafka_high_watermark(conn, topic, &end, &ERR));
    g_assert_cmpint(end, ==, 0);
}

/* --- moving --- */

/* A stage of `to` filled with all of `from`, swapped in; both in this store. */
static void
move_all(TestDb *source, const char *from, TestDb *target, const char *to)
{
    g_autofree char *stage = g_strconcat(to, "__honk_1", NULL);
    g_autoptr(Schema) schema = NULL;
    g_autoptr(json_t) ranges = NULL;
    ASSERT_OK(conn_describe(source->conn, from, &schema, &ERR));
    ASSERT_OK(conn_stage(target->conn, stage, to, schema, &writer, &ERR));
    TransferSpec spec = {.source_store = &source->store,
                         .source = from,
                         .target_store = &target->store,
                         .target = to,
                         .stage = stage,
                         .plan = "p-1",
                         .task = "t-1",
                         .token = 5,
                         .hash = true};
    g_autoptr(Transfer) transfer = NULL;
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_split(transfer, 1000, &ranges, &ERR));
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        RangeResult result = {0};
        ASSERT_OK(transfer_range(transfer, json_array_get(ranges, i), NULL, NULL, &result, &ERR));
        g_assert_cmpint(result.rejected, ==, 0);
    }
    g_auto(Comparison) same = {0};
    ASSERT_OK(transfer_compare(transfer, stage, 5, NULL, NULL, &same, &ERR));
    g_assert_true(same.equal);
    ASSERT_OK(conn_swap(target->conn, stage, to, "kept", &writer, &ERR));
}

/* The numbers of offsets aside: markers of transactions have some. */
static char *
without_offsets(const char *text)
{
    GString *bare = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL && **line != '\0'; line++)
        g_string_append_printf(bare, "%.*s%s\n", (int) strcspn(*line, ":"), *line,
                               strchr(*line, ' '));
    return g_string_free(bare, FALSE);
}

static void
from_topic_to_topic_keys_headers_times_tombstones_and_order_stay(void)
{
    g_autofree char *from = test_kafka_topic("from", 3, false),
                    *to = test_kafka_topic("to", 3, false);
    TestRecord records[60];
    char keys[20][8];
    char values[60][32];
    for (int i = 0; i < 60; i++) {
        g_snprintf(keys[i % 20], 8, "k%d", i % 20);
        g_snprintf(values[i], 32, "{\"n\":%d}", i);
        records[i] = (TestRecord){from,
                                  -1,
                                  keys[i % 20],
                                  i % 11 == 5 ? NULL : values[i],
                                  0,
                                  1700000000000 + i * 7,
                                  i % 3 == 0 ? "trace" : NULL,
                                  i % 2 == 0 ? values[i] : NULL};
    }
    test_kafka_write(records, 60);
    g_autoptr(TestDb) source = test_kafka_db(NULL), target = test_kafka_db(NULL);
    move_all(source, from, target, to);
    g_autofree char *before = test_kafka_read(from, true), *after = test_kafka_read(to, true);
    g_autofree char *expected = without_offsets(before), *seen = without_offsets(after);
    g_assert_cmpstr(seen, ==, expected);
}

static void
a_table_becomes_a_compacted_topic_and_a_table_again(void)
{
    g_autofree char *name = test_kafka_name("users");
    g_autoptr(TestDb) lite =
        test_db("CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT, score REAL);"
                "INSERT INTO users VALUES (1, 'Ñ', 0.5), (2, NULL, 2), (30, 'x', NULL);");
    g_autoptr(TestDb) db = test_kafka_db(NULL);
    bool is_compacted = false;
    move_all(lite, "users", db, name);
    ASSERT_OK(kafka_is_compacted((KafkaConn *) db->conn, name, &is_compacted, &ERR));
    g_assert_true(is_compacted);
    g_autofree char *text = test_kafka_read(name, false), *records = without_offsets(text);
    g_assert_nonnull(strstr(records, " 1={\"id\":1,\"name\":\"Ñ\",\"score\":0.5}\n"));
    g_assert_nonnull(strstr(records, " 2={\"id\":2,\"name\":null,\"score\":2.0}\n"));
    const TestRecord later[] = {{name, -1, "2", NULL},
                                {name, -1, "1", "{\"id\":1,\"name\":\"new\",\"score\":1.5}"}};
    test_kafka_write(later, 2);
    g_autoptr(TestDb) back =
        test_db("CREATE TABLE other (id INTEGER PRIMARY KEY NOT NULL, name TEXT, score REAL);");
    json_t *topics = json_object();
    json_object_set_new(topics, name,
                        json_pack("{ss s{ss ss ss}}", "key", "id", "columns", "id", "int", "name",
                                  "text", "score", "float"));
    g_autoptr(TestDb) reader = test_kafka_db(json_pack("{so}", "topics", topics));
    move_all(reader, name, back, "other");
    g_autofree char *rows = test_query(back->path, "SELECT * FROM other ORDER BY id");
    g_assert_cmpstr(rows, ==, "1|new|1.5\n30|x|NULL");
}

static void
what_was_written_since_the_swap_is_counted_and_kept_at_the_way_back(void)
{
    g_autofree char *name = test_kafka_name("back"), *stage = g_strconcat(name, "__honk_1", NULL);
    g_autoptr(TestDb) lite =
        test_db("CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT);"
                "INSERT INTO users VALUES (1, 'a'), (2, 'b');");
    g_autoptr(TestDb) db = test_kafka_db(NULL);
    int64_t rows = -1;
    bool is_there = true;
    int partitions = 0;
    move_all(lite, "users", db, name);
    ASSERT_OK(conn_swap_written(db->conn, "p-1", &rows, &ERR));
    g_assert_cmpint(rows, ==, 0);
    const TestRecord later[] = {{name, -1, "7", "{\"id\":7,\"name\":\"c\"}"},
                                {name, -1, "1", NULL}};
    test_kafka_write(later, 2);
    ASSERT_FAILS(conn_swap_back(db->conn, stage, name, "kept", "lost", false, &writer, &rows, &ERR),
                 ERR_MISMATCH, "2 rows of");
    ASSERT_OK(conn_swap_back(db->conn, stage, name, "kept", "lost", true, &writer, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
    ASSERT_OK(conn_exists(db->conn, name, &is_there, &ERR));
    g_assert_false(is_there);
    ASSERT_OK(conn_count(db->conn, "lost", NULL, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
    ASSERT_OK(conn_drop(db->conn, "lost", &ERR));
    ASSERT_OK(kafka_partitions((KafkaConn *) db->conn, name, &partitions, &ERR));
    g_assert_cmpint(partitions, ==, -1);
}

static void
a_topic_with_records_is_no_target(void)
{
    g_autofree char *topic = test_kafka_topic("taken", 1, false),
                    *stage = g_strconcat(topic, "__honk_1", NULL);
    g_autoptr(TestDb) db = test_kafka_db(NULL);
    g_autoptr(Schema) schema = schema_new(stage);
    const TestRecord record = {topic, 0, NULL, "{\"n\":1}"};
    schema_add(schema, "n", TYPE_INT, "", true);
    test_kafka_write(&record, 1);
    ASSERT_FAILS(conn_stage(db->conn, stage, topic, schema, &writer, &ERR), ERR_WRONG_STATE,
                 "name a new one");
    g_autofree char *seen = test_kafka_read(topic, false);
    g_assert_cmpstr(seen, ==, "0:0 NULL={\"n\":1}\n");
}

/* --- a writer that was thought dead --- */

static Batch *
numbers(int64_t from, int64_t to)
{
    g_autoptr(Schema) schema = schema_new("n");
    schema_add(schema, "n", TYPE_INT, "", true);
    Batch *batch = batch_new_for(schema);
    for (int64_t n = from; n < to; n++) {
        batch_put_int(batch, 0, n);
        batch_commit_row(batch, n);
    }
    return batch;
}

/* Its records are with the broker when its successor comes; what it says then counts for nothing. */
static void
a_writer_that_wakes_up_is_refused_by_the_cluster_and_leaves_nothing(void)
{
    g_autofree char *topic = test_kafka_name("zombie"),
                    *stage = g_strconcat(topic, "__honk_1", NULL);
    g_autoptr(TestDb) old = test_kafka_db(NULL);
    g_autoptr(Schema) schema = schema_new(stage);
    g_autoptr(Batch) rows = numbers(0, 50);
    g_autoptr(Conn) newer = NULL;
    Writer successor = writer;
    RangeResult result = {.rows_in = 50, .rows_out = 50}, found = {0};
    bool is_done = false, is_there = true;
    size_t next = 0;
    int64_t count = -1;
    schema_add(schema, "n", TYPE_INT, "", true);
    ASSERT_OK(conn_stage(old->conn, stage, topic, schema, &writer, &ERR));
    ASSERT_OK(conn_begin(old->conn, stage, schema, &writer, &is_done, &found, &ERR));
    ASSERT_OK(conn_put(old->conn, rows, 0, &next, &ERR));
    rd_kafka_t *asleep = ((KafkaConn *) old->conn)->producer;
    g_assert_cmpint(rd_kafka_flush(asleep, 10000), ==, 0);
    successor.token = 6;
    ASSERT_OK(conn_open(&old->store, &newer, &ERR));
    ASSERT_OK(conn_fence(newer, &successor, &ERR));
    rd_kafka_error_t *refused = rd_kafka_commit_transaction(asleep, 10000);
    g_assert_nonnull(refused);
    g_test_message("%s", rd_kafka_error_string(refused));
    rd_kafka_error_destroy(refused);
    ASSERT_FAILS(conn_commit(old->conn, &result, &ERR), ERR_FENCED, "stands at 6, our token is 5");
    conn_rollback(old->conn);
    ASSERT_OK(conn_ledger_find(newer, "p-1", "0001", &is_there, &found, &ERR));
    g_assert_false(is_there);
    ASSERT_OK(conn_begin(newer, stage, schema, &successor, &is_done, &found, &ERR));
    ASSERT_OK(conn_put(newer, rows, 0, &next, &ERR));
    ASSERT_OK(conn_commit(newer, &result, &ERR));
    ASSERT_OK(conn_count(newer, stage, NULL, &count, &ERR));
    g_assert_cmpint(count, ==, 50);
    ASSERT_OK(conn_unstage(newer, stage, &successor, &ERR));
}

/* --- Avro --- */

#define AVRO_SCHEMA                                                                                \
    "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["                       \
    "{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"name\",\"type\":[\"null\",\"string\"]},"      \
    "{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"         \
    "{\"name\":\"day\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}},"                     \
    "{\"name\":\"cost\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9," \
    "\"scale\":2}},"                                                                               \
    "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"K\",\"symbols\":[\"A\",\"B\"]}},"   \
    "{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"                      \
    "{\"name\":\"device\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"D\",\"fields\":["     \
    "{\"name\":\"os\",\"type\":\"string\"}]}]}]}"

/* As it stands before the value; a registry of somebody's may be in the thousands. */
#define BIG_ENDIAN_ID(id) (char) ((id) >> 24), (char) ((id) >> 16), (char) ((id) >> 8), (char) (id)

/* A store with a registry, whose topic `t` is of Avro and called `topic`. */
static TestDb *
avro_db(const char *topic, const char *more)
{
    g_autofree char *text =
        g_strdup_printf("{\"registry\": \"%s\", \"topics\": {\"%s\": {\"value\": \"avro\"%s%s}}}",
                        test_registry_url(), topic, *more != '\0' ? ", " : "", more);
    json_t *settings = json_loads(text, 0, NULL);
    g_assert_nonnull(settings);
    return test_kafka_db(settings);
}

static int
register_part(TestDb *db, const char *topic, RecordPart part, const char *schema)
{
    const AvroSchema *parsed = NULL;
    int32_t id = 0;
    ASSERT_OK(kafka_registry_put((KafkaConn *) db->conn, topic, part, schema, &id, &parsed, &ERR));
    return id;
}

static int
register_schema(TestDb *db, const char *topic, const char *schema)
{
    return register_part(db, topic, PART_VALUE, schema);
}

/* Written by hand, as another program's encoder does it. */
static void
avro_is_read_by_the_schema_that_it_was_written_with(void)
{
    static const char first[] = "\x0e\x02\x04\xc3\xa9\xf6\xa1\xab\xfe\xf9\x62\x8c\xb5\x02\x04\xfb"
                                "\x1e\x02\x04\x02\x78\x04\x79\x22\x00\x02\x0a\x6c\x69\x6e\x75\x78";
    static const char second[] = "\x0f\x00\x00\x00\x02\x00\x00\x00\x00";
    g_autofree char *topic = test_kafka_topic("avro", 1, false);
    g_autoptr(TestDb) db = avro_db(topic, "");
    int id = register_schema(db, topic, AVRO_SCHEMA);
    char values[3][64] = {{0}, {0}, {0}};
    size_t sizes[] = {sizeof first - 1, sizeof second - 1, 2};
    const char *bodies[] = {first, second, "\x0e\x02"};
    TestRecord records[3];
    for (int i = 0; i < 3; i++) {
        memcpy(values[i] + 1, (const char[]){BIG_ENDIAN_ID(id)}, 4);
        memcpy(values[i] + 5, bodies[i], sizes[i]);
        records[i] = (TestRecord){topic, 0, NULL, values[i], 5 + sizes[i], 1700000000000 + i};
    }
    test_kafka_write(records, 3);
    assert_columns(db, topic,
                   "id int, name text, at timestamp, day date, cost decimal, kind text, tags text, "
                   "device.os text, "
                   "kafka_timestamp timestamp");
    ScanSpec spec = {.object = topic};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_cmpstr(seen, ==,
                    "!3 -: partition 0, offset 2: the record ends inside of a number\n"
                    "1:7|é|2023-11-14 "
                    "22:13:20.123|2024-02-29|-12.5|B|[\"x\",\"y\\\"\"]|linux|2023-11-14 22:13:20\n"
                    "2:-8|NULL|1970-01-01 00:00:00|1970-01-01|0|A|[]|NULL|2023-11-14 22:13:20.001");
}

static void
a_table_becomes_avro_and_a_table_again(void)
{
    g_autofree char *name = test_kafka_name("avro");
    g_autoptr(TestDb) lite =
        test_db("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, name TEXT, score REAL, raw BLOB, "
                "day DATE, at TIMESTAMP, "
                "cost DECIMAL(20,4), ok BOOLEAN, \"device.os\" TEXT);"
                "INSERT INTO t VALUES (1, 'Ñ', 0.5, x'00ff', '2024-02-29', '2024-02-29 "
                "12:00:00.000001', '12.5', 1, 'linux'),"
                "(-9223372036854775807, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);");
    g_autoptr(TestDb) db = avro_db(name, "\"key\": \"id\"");
    move_all(lite, "t", db, name);
    g_autoptr(TestDb) back = test_db("CREATE TABLE u (id INTEGER PRIMARY KEY NOT NULL, name TEXT, "
                                     "score REAL, raw BLOB, day DATE, at TIMESTAMP, "
                                     "cost DECIMAL(20,4), ok BOOLEAN, \"device.os\" TEXT);");
    move_all(db, name, back, "u");
    g_autofree char *before = test_query(lite->path, "SELECT *, hex(raw) FROM t ORDER BY id");
    g_autofree char *after = test_query(back->path, "SELECT *, hex(raw) FROM u ORDER BY id");
    g_assert_cmpstr(before, ==, after);
}

/* Of the newest schema where that has all columns: what it has beside, is NULL. */
static void
rows_are_written_by_the_newest_schema_where_it_fits(void)
{
    g_autofree char *name = test_kafka_name("newest");
    g_autoptr(TestDb) lite = test_db("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v INTEGER);"
                                     "INSERT INTO t VALUES (1, 70000), (2, 5);");
    g_autoptr(TestDb) db = avro_db(name, "");
    const AvroSchema *newest = NULL;
    int32_t found = 0;
    int id = register_schema(
        db, name,
        "{\"type\":\"record\",\"name\":\"V\",\"fields\":[{\"name\":\"id\",\"type\":\"int\"},"
        "{\"name\":\"more\",\"type\":[\"string\",\"null\"]},{\"name\":\"v\",\"type\":[\"null\","
        "\"long\"]}]}");
    move_all(lite, "t", db, name);
    ASSERT_OK(
        kafka_registry_newest((KafkaConn *) db->conn, name, PART_VALUE, &found, &newest, &ERR));
    g_assert_cmpint(found, ==, id);
    ScanSpec spec = {.object = name};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_nonnull(strstr(seen, "1|NULL|70000|"));
}

/* --- keys of Avro --- */

/* Another program's keys: one value alone, and a record. */
static void
keys_of_avro_are_columns_by_the_schema_that_they_were_written_with(void)
{
    g_autofree char *one = test_kafka_topic("one", 1, true),
                    *two = test_kafka_topic("two", 1, true);
    g_autoptr(TestDb) db = avro_db(one, "\"keys\": \"avro\", \"key\": \"id\", \"value\": \"json\"");
    g_autoptr(TestDb) other =
        avro_db(two, "\"keys\": \"avro\", \"key\": [\"day\", \"code\"], \"value\": \"json\"");
    int of_one = register_part(db, one, PART_KEY, "\"long\"");
    int of_two = register_part(
        other, two, PART_KEY,
        "{\"type\":\"record\",\"name\":\"K\",\"fields\":[{\"name\":\"code\",\"type\":\"string\"},"
        "{\"name\":\"day\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}}]}");
    const char small[] = {0, BIG_ENDIAN_ID(of_one), 0x0f},
               large[] = {0, BIG_ENDIAN_ID(of_one), (char) 0xf4, 0x03};
    const char pair[] = {0, BIG_ENDIAN_ID(of_two), 4, 'a', 'b', 2},
               broken[] = {0, BIG_ENDIAN_ID(of_two), 4, 'a'};
    const TestRecord records[] = {
        {one, 0, small, "{\"v\":1}", .key_bytes = sizeof small},
        {one, 0, large, "{\"v\":2}", .key_bytes = sizeof large},
        {one, 0, small, "{\"v\":3}", .key_bytes = sizeof small},
        {two, 0, pair, "{\"v\":1}", .key_bytes = sizeof pair},
        {two, 0, broken, "{\"v\":2}", .key_bytes = sizeof broken},
        {two, 0, "x", "{\"v\":3}"},
    };
    test_kafka_write(records, G_N_ELEMENTS(records));
    assert_columns(db, one, "id int, v int, kafka_timestamp timestamp");
    assert_columns(other, two, "day date, code text, v int, kafka_timestamp timestamp");
    assert_rows_of(db, one, "id, v", "2:250|2\n3:-8|3");
    assert_rows_of(
        other, two, "day, code, v",
        "!2 -: partition 0, offset 1: the record ends inside of a value\n"
        "!3 -: partition 0, offset 2: its key does not begin with the number of a schema\n"
        "1:1970-01-02|ab|1");
}

static void
a_table_becomes_records_with_keys_of_avro_and_is_repaired_there(void)
{
    static const struct {
        const char *key, *sql, *schema;
    } cases[] = {
        {"\"id\"", "id INTEGER PRIMARY KEY NOT NULL, b TEXT NOT NULL, v REAL", "\"long\""},
        {"[\"id\", \"b\"]", "id INTEGER NOT NULL, b TEXT NOT NULL, v REAL, PRIMARY KEY (id, b)",
         NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = test_kafka_name("avro-key");
        g_autofree char *more = g_strdup_printf("\"keys\": \"avro\", \"key\": %s", cases[i].key);
        g_autofree char *sql = g_strdup_printf(
            "CREATE TABLE t (%s); INSERT INTO t VALUES (1, 'x', 1), (-70000, 'y', 2);",
            cases[i].sql);
        g_autoptr(TestDb) lite = test_db(sql), db = avro_db(name, more);
        const AvroSchema *schema = NULL;
        int32_t id = 0;
        move_all(lite, "t", db, name);
        ASSERT_OK(
            kafka_registry_newest((KafkaConn *) db->conn, name, PART_KEY, &id, &schema, &ERR));
        g_assert_true(avro_schema_is_record(schema) == (cases[i].schema == NULL));
        test_exec(lite->path, "UPDATE t SET v = 7 WHERE id = 1; DELETE FROM t WHERE id < 0; INSERT "
                              "INTO t VALUES (5, 'z', NULL)");
        TransferSpec spec = {.source_store = &lite->store,
                             .source = "t",
                             .target_store = &db->store,
                             .target = name,
                             .hash = true};
        g_autoptr(Transfer) transfer = NULL;
        Repaired done = {0};
        g_auto(Comparison) seen = {0};
        ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
        ASSERT_OK(transfer_repair(transfer, name, NULL, NULL, &done, &ERR));
        g_assert_cmpint(done.inserted * 100 + done.changed * 10 + done.removed, ==, 111);
        ASSERT_OK(transfer_compare(transfer, name, 5, NULL, NULL, &seen, &ERR));
        g_assert_true(seen.equal);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kafka/columns are found in the records and beside them",
                    columns_are_found_in_the_records_and_beside_them);
    g_test_add_func("/kafka/the latest record of a key is the row and a tombstone takes it away",
                    the_latest_record_of_a_key_is_the_row_and_a_tombstone_takes_it_away);
    g_test_add_func("/kafka/reading begins where it is told to",
                    reading_begins_where_it_is_told_to);
    g_test_add_func("/kafka/what comes later is no part of a range",
                    what_comes_later_is_no_part_of_a_range);
    g_test_add_func("/kafka/settings that mean nothing are refused",
                    settings_that_mean_nothing_are_refused);
    g_test_add_func("/kafka/who asks a broker that hangs is told so within its time",
                    who_asks_a_broker_that_hangs_is_told_so_within_its_time);
    g_test_add_func("/kafka/from topic to topic keys, headers, times, tombstones and order stay",
                    from_topic_to_topic_keys_headers_times_tombstones_and_order_stay);
    g_test_add_func("/kafka/a table becomes a compacted topic and a table again",
                    a_table_becomes_a_compacted_topic_and_a_table_again);
    g_test_add_func("/kafka/what was written since the swap is counted and kept at the way back",
                    what_was_written_since_the_swap_is_counted_and_kept_at_the_way_back);
    g_test_add_func("/kafka/a topic with records is no target", a_topic_with_records_is_no_target);
    g_test_add_func("/kafka/a writer that wakes up is refused by the cluster and leaves nothing",
                    a_writer_that_wakes_up_is_refused_by_the_cluster_and_leaves_nothing);
    g_test_add_func("/kafka/Avro is read by the schema that it was written with",
                    avro_is_read_by_the_schema_that_it_was_written_with);
    g_test_add_func("/kafka/a table becomes Avro and a table again",
                    a_table_becomes_avro_and_a_table_again);
    g_test_add_func("/kafka/rows are written by the newest schema where it fits",
                    rows_are_written_by_the_newest_schema_where_it_fits);
    g_test_add_func("/kafka/keys of Avro are columns, by the schema that they were written with",
                    keys_of_avro_are_columns_by_the_schema_that_they_were_written_with);
    g_test_add_func("/kafka/a table becomes records with keys of Avro, and is repaired there",
                    a_table_becomes_records_with_keys_of_avro_and_is_repaired_there);
    return g_test_run();
}
