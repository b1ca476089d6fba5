/* kafka_bench.c - see kafka_bench.h. */
#include "kafka_bench.h"

#include "driver/kafka/kafka.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 30000

static char *servers, *registry;
static pid_t children[2];
static rd_kafka_t *writer;

static void
stop(void)
{
    if (writer != NULL)
        rd_kafka_destroy(writer);
    for (size_t i = 0; i < G_N_ELEMENTS(children); i++)
        if (children[i] != 0) {
            kill(children[i], SIGKILL);
            waitpid(children[i], NULL, 0);
        }
}

/* A program that says where it listens. */
static char *
start(const char *variable, pid_t *ret_child)
{
    const char *program = g_getenv(variable);
    int pipes[2];
    char line[128];
    g_assert_nonnull(program);
    g_assert_cmpint(pipe(pipes), ==, 0);
    *ret_child = fork();
    g_assert_cmpint(*ret_child, >=, 0);
    if (*ret_child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        execl(program, program, (char *) NULL);
        _exit(127);
    }
    close(pipes[1]);
    FILE *said = fdopen(pipes[0], "r");
    if (said == NULL || fgets(line, sizeof line, said) == NULL)
        g_error("%s did not start", program);
    line[strcspn(line, "\n")] = '\0';
    return g_strdup(line); /* the pipe stays open: it may say more */
}

const char *
test_registry_url(void)
{
    const char *real = g_getenv("HONK_TEST_REGISTRY_URL");
    if (registry == NULL && real != NULL)
        registry = g_strdup(real);
    if (registry == NULL) {
        g_autofree char *server = start("HONK_TEST_REGISTRY", &children[1]);
        registry = g_strconcat("http://", server, NULL);
    }
    return registry;
}

const char *
test_kafka_servers(void)
{
    const char *real = g_getenv("HONK_TEST_KAFKA_BROKER");
    if (servers != NULL)
        return servers;
    ASSERT_OK(librdkafka_load(&ERR));
    if (real != NULL)
        servers = g_strdup(real);
    else
        servers = start("HONK_TEST_KAFKA", &children[0]);
    atexit(stop);
    return servers;
}

bool
test_kafka_hang(bool hangs)
{
    if (children[0] == 0)
        return false;
    g_assert_cmpint(kill(children[0], hangs ? SIGSTOP : SIGCONT), ==, 0);
    return true;
}

char *
test_kafka_name(const char *what)
{
    static int count;
    return g_strdup_printf("%s-%d-%" G_GINT64_FORMAT "-%d", what, getpid(),
                           g_get_real_time() / 1000 % 100000000, ++count);
}

TestDb *
test_kafka_db(json_t *settings)
{
    TestDb *db = g_new0(TestDb, 1);
    g_autofree char *url = g_strconcat("kafka://", test_kafka_servers(), NULL);
    g_autofree char *book = test_kafka_name("_honk");
    db->path = g_strdup(book);
    db->store.name = g_strdup("store");
    db->store.driver = g_strdup("kafka");
    db->store.settings = settings != NULL ? settings : json_object();
    json_set_string(db->store.settings, "url", url);
    json_set_string(db->store.settings, "bookkeeping", book);
    ASSERT_OK(conn_open(&db->store, &db->conn, &ERR));
    return db;
}

char *
test_kafka_topic(const char *what, int partitions, bool is_compacted)
{
    const char *const settings[] = {"cleanup.policy", is_compacted ? "compact" : "delete", NULL};
    static TestDb *db;
    if (db == NULL)
        db = test_kafka_db(NULL);
    char *name = test_kafka_name(what);
    if (partitions > 0)
        ASSERT_OK(kafka_make_topic((KafkaConn *) db->conn, name, partitions, settings, &ERR));
    return name;
}

static void
need_writer(void)
{
    char reason[256];
    if (writer != NULL)
        return;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    g_assert_cmpint(
        rd_kafka_conf_set(conf, "bootstrap.servers", test_kafka_servers(), reason, sizeof reason),
        ==, 0);
    g_assert_cmpint(rd_kafka_conf_set(conf, "partitioner", "murmur2_random", reason, sizeof reason),
                    ==, 0);
    g_assert_cmpint(rd_kafka_conf_set(conf, "enable.idempotence", "true", reason, sizeof reason),
                    ==, 0);
    g_assert_cmpint(rd_kafka_conf_set(conf, "linger.ms", "1", reason, sizeof reason), ==, 0);
    writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    g_assert_nonnull(writer);
}

static void
write_one(const TestRecord *record)
{
    size_t value_bytes = record->value != NULL && record->value_bytes == 0 ? strlen(record->value)
                                                                           : record->value_bytes;
    rd_kafka_vu_t parts[8] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *) record->value, value_bytes}},
    };
    size_t count = 5;
    if (record->key != NULL)
        parts[count++] = (rd_kafka_vu_t){
            .vtype = RD_KAFKA_VTYPE_KEY,
            .u.mem = {(void *) record->key,
                      record->key_bytes > 0 ? record->key_bytes : strlen(record->key)}};
    if (record->header != NULL)
        parts[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADER,
                                         .u.header = {record->header, record->header_value,
                                                      record->header_value != NULL
                                                          ? (ssize_t) strlen(record->header_value)
                                                          : 0}};
    g_assert_null(rd_kafka_produceva(writer, parts, count));
}

void
test_kafka_write(const TestRecord *records, size_t count)
{
    static KafkaConn told = {.timeout_ms = WAIT_MS};
    need_writer();
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(records[i].topic, records[i - 1].topic) != 0)
            ASSERT_OK(kafka_introduce(&told, writer, records[i].topic, &ERR));
    for (size_t i = 0; i < count; i++)
        write_one(&records[i]);
    g_assert_cmpint(rd_kafka_flush(writer, WAIT_MS), ==, 0);
}

static void
append_record(const rd_kafka_message_t *record, bool with_times, GString *text)
{
    rd_kafka_timestamp_type_t clock;
    g_autoptr(GString) headers = g_string_new(NULL);
    g_string_append_printf(text, "%d:%" G_GINT64_FORMAT " %.*s=%.*s", record->partition,
                           record->offset, record->key != NULL ? (int) record->key_len : 4,
                           record->key != NULL ? (const char *) record->key : "NULL",
                           record->payload != NULL ? (int) record->len : 4,
                           record->payload != NULL ? (const char *) record->payload : "NULL");
    if (kafka_headers_append(record, headers))
        g_string_append_printf(text, " %s", headers->str);
    if (with_times)
        g_string_append_printf(text, " @%" G_GINT64_FORMAT,
                               rd_kafka_message_timestamp(record, &clock));
    g_string_append_c(text, '\n');
}

char *
test_kafka_read(const char *topic, bool with_times)
{
    static TestDb *db;
    GString *text = g_string_new(NULL);
    g_autoptr(GArray) extents = NULL;
    if (db == NULL)
        db = test_kafka_db(NULL);
    KafkaConn *conn = (KafkaConn *) db->conn;
    ASSERT_OK(kafka_extents(conn, topic, &extents, &ERR));
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);
        const rd_kafka_message_t *record = NULL;
        RecordReader reader = {0};
        ASSERT_OK(record_reader_begin(conn, topic, (int32_t) i, extent->begin, extent->end, &reader,
                                      &ERR));
        do {
            ASSERT_OK(record_reader_next(&reader, &record, &ERR));
            if (record != NULL)
                append_record(record, with_times, text);
        } while (record != NULL);
        record_reader_clear(&reader);
    }
    return g_string_free(text, FALSE);
}
