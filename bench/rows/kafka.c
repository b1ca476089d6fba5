/*
 * kafka.c - records a second into a topic: ours, in transactions with hash and ledger, and a plain producer, in turns.
 *
 * Both make the same JSON out of the same rows, and send it to the tests' broker, a process of its own that keeps batches as
 * they come. What is counted is the processor time of this process, and elapsed time.
 */
#include "driver/kafka/kafka.h"
#include "base/error.h"
#include "driver/driver.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_MAX 51
#define RANGE_ROWS 100000

static char servers[128];

static void
must(bool done, GError **error)
{
    if (!done)
        g_error("%s", *error != NULL ? (*error)->message : "failed");
}

/* --- the broker: a child that ends with us --- */

static void
start_broker(const char *program)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        g_error("no pipe");
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(pipes[1], STDOUT_FILENO);
        execl(program, program, (char *) NULL);
        _exit(127);
    }
    close(pipes[1]);
    ssize_t bytes = read(pipes[0], servers, sizeof servers - 1);
    servers[MAX(bytes, 0)] = '\0';
    servers[strcspn(servers, "\n")] = '\0';
}

static Conn *
connect_store(void)
{
    g_autofree char *url = g_strconcat("kafka://", servers, NULL);
    g_autoptr(json_t) settings = json_pack("{ss}", "url", url);
    StoreConfig store = {(char *) "k", (char *) "kafka", settings};
    GError *error = NULL;
    Conn *conn = NULL;
    must(conn_open(&store, &conn, &error), &error);
    return conn;
}

/* --- the rows --- */

static Schema *
schema_of(const char *name)
{
    Schema *schema = schema_new(name);
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "name", TYPE_TEXT, "", true);
    schema_add(schema, "page", TYPE_TEXT, "", true);
    schema_add(schema, "ms", TYPE_INT, "", true);
    schema_add_key(schema, "id");
    return schema;
}

static Batch *
next_rows(Batch *batch, int64_t *id, int64_t end)
{
    batch_reset(batch);
    for (; *id < end && !batch_is_full(batch); ++*id) {
        char name[64], page[96];
        int name_bytes =
            g_snprintf(name, sizeof name, "visitor number %" G_GINT64_FORMAT, *id * 7 % 100003);
        int page_bytes =
            g_snprintf(page, sizeof page, "/shop/products/%" G_GINT64_FORMAT "/details/and/reviews",
                       *id % 5003);
        batch_put_int(batch, 0, *id);
        batch_put_bytes(batch, 1, name, (size_t) name_bytes);
        batch_put_bytes(batch, 2, page, (size_t) page_bytes);
        batch_put_int(batch, 3, 1700000000000 + *id);
        batch_commit_row(batch, *id);
    }
    return batch;
}

/* --- ours --- */

static void
ours(int64_t rows, int round)
{
    g_autofree char *stage = g_strdup_printf("t%d__honk_1", 2 * round),
                    *plan = g_strdup_printf("p-%d", round);
    g_autoptr(Schema) schema = schema_of(stage);
    g_autoptr(Batch) batch = batch_new_for(schema);
    g_auto(RowHasher) hasher;
    GError *error = NULL;
    Conn *conn = connect_store();
    Writer writer = {.plan = plan, .task = "fill", .token = 1};
    row_hasher_init(&hasher);
    must(conn_stage(conn, stage, NULL, schema, &writer, &error), &error);
    for (int64_t id = 1; id <= rows;) {
        g_autofree char *range = g_strdup_printf("%06" G_GINT64_FORMAT, id / RANGE_ROWS);
        int64_t from = id, end = MIN(id + RANGE_ROWS, rows + 1);
        RangeResult result = {0};
        bool is_done = false;
        writer.range = range;
        must(conn_begin(conn, stage, schema, &writer, &is_done, &result, &error), &error);
        while (id < end) {
            size_t next = 0;
            next_rows(batch, &id, end);
            batch_hash(batch, &hasher, &result.hash);
            must(conn_put(conn, batch, 0, &next, &error), &error);
        }
        result.rows_in = result.rows_out = end - from;
        must(conn_commit(conn, &result, &error), &error);
    }
    must(conn_unstage(conn, stage, &writer, &error), &error);
    conn_close(conn);
}

/* --- a plain producer, with the same settings --- */

static rd_kafka_t *
plain_producer(void)
{
    static const char *const settings[] = {"linger.ms",
                                           "20",
                                           "batch.size",
                                           "1000000",
                                           "queue.buffering.max.kbytes",
                                           "65536",
                                           "queue.buffering.max.messages",
                                           "500000",
                                           "acks",
                                           "all",
                                           "delivery.report.only.error",
                                           "true",
                                           "partitioner",
                                           "murmur2_random"};
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", servers, reason, sizeof reason);
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i += 2)
        if (rd_kafka_conf_set(conf, settings[i], settings[i + 1], reason, sizeof reason) !=
            RD_KAFKA_CONF_OK)
            g_error("%s", reason);
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
}

static void
send_one(rd_kafka_t *producer, const char *topic, char *key, size_t key_bytes, char *value,
         size_t bytes)
{
    rd_kafka_vu_t parts[] = {{.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
                             {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
                             {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, key_bytes}},
                             {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value, bytes}}};
    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_produceva(producer, parts, G_N_ELEMENTS(parts));
        if (failed == NULL)
            return;
        rd_kafka_error_destroy(failed);
        rd_kafka_poll(producer, 100);
    }
}

static void
plain(int64_t rows, int round)
{
    g_autofree char *topic = g_strdup_printf("t%d", 2 * round + 1);
    g_autoptr(Schema) schema = schema_of(topic);
    g_autoptr(Batch) batch = batch_new_for(schema);
    static const char *const no_settings[] = {NULL};
    g_autoptr(Conn) conn = connect_store();
    GError *error = NULL;
    must(kafka_make_topic((KafkaConn *) conn, topic, 1, no_settings, &error), &error);
    rd_kafka_t *producer = plain_producer();
    for (int64_t id = 1; id <= rows;) {
        next_rows(batch, &id, rows + 1);
        for (size_t row = 0; row < batch->row_count; row++) {
            size_t name_bytes, page_bytes;
            char key[32], value[512];
            const char *name = batch_bytes(batch, 1, row, &name_bytes),
                       *page = batch_bytes(batch, 2, row, &page_bytes);
            int key_bytes =
                snprintf(key, sizeof key, "%" G_GINT64_FORMAT, batch_int(batch, 0, row));
            int bytes =
                snprintf(value, sizeof value,
                         "{\"id\":%" G_GINT64_FORMAT
                         ",\"name\":\"%.*s\",\"page\":\"%.*s\",\"ms\":%" G_GINT64_FORMAT "}",
                         batch_int(batch, 0, row), (int) name_bytes, name, (int) page_bytes, page,
                         batch_int(batch, 3, row));
            send_one(producer, topic, key, (size_t) key_bytes, value, (size_t) bytes);
        }
        rd_kafka_poll(producer, 0);
    }
    if (rd_kafka_flush(producer, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        g_error("the plain producer did not come to its end");
    rd_kafka_destroy(producer);
    must(kafka_drop_topic((KafkaConn *) conn, topic, &error), &error);
}

/* --- figures --- */

typedef struct {
    double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
} Figures;

static double
cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double) (used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double) (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void
measure(void (*way)(int64_t rows, int round), int64_t rows, int round, Figures *figures)
{
    double cpu = cpu_s();
    gint64 begun = g_get_monotonic_time();
    way(rows, round);
    figures->cpu[round] = cpu_s() - cpu;
    figures->wall[round] = (double) (g_get_monotonic_time() - begun) / 1e6;
}

static int
compare_figures(const void *a, const void *b)
{
    return (*(const double *) a > *(const double *) b) -
           (*(const double *) a < *(const double *) b);
}

static double
median(double *figures, int count)
{
    qsort(figures, (size_t) count, sizeof *figures, compare_figures);
    return figures[count / 2];
}

int
main(int argc, char **argv)
{
    int64_t rows = argc > 2 ? g_ascii_strtoll(argv[2], NULL, 10) : 1000000;
    int rounds = CLAMP(argc > 3 ? atoi(argv[3]) : 5, 1, ROUNDS_MAX);
    Figures mine = {0}, peers = {0};
    GError *error = NULL;
    must(librdkafka_load(&error), &error);
    start_broker(argv[1]);
    for (int round = 0; round < rounds; round++) {
        measure(plain, rows, round, &peers);
        measure(ours, rows, round, &mine);
    }
    double cpu = median(mine.cpu, rounds), wall = median(mine.wall, rounds);
    double peer_cpu = median(peers.cpu, rounds), peer_wall = median(peers.wall, rounds);
    double million = (double) rows / 1e6;
    printf("%" G_GINT64_FORMAT " records, %d rounds\n", rows, rounds);
    printf("plain producer   %.2f CPU s  %.2f s  %.2f million a second\n", peer_cpu, peer_wall,
           million / peer_wall);
    printf("ours             %.2f CPU s  %.2f s  %.2f million a second\n", cpu, wall,
           million / wall);
    printf("ours / plain     %.2f of CPU seconds, %.2f of elapsed time (aim 0.80)\n",
           peer_cpu / cpu, peer_wall / wall);
    return 0;
}
