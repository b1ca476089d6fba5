/* producer.c - transactional clients, and the records that they send. */
#include "driver/kafka/kafka.h"

#define QUEUE_KB "65536"       /* as much as is under way in the network, and once more */
#define QUEUE_RECORDS "500000" /* of 130 bytes each, the same */
#define BATCH_BYTES                                                                                \
    1000000 /* in one request to a partition: what brokers take unless they are told otherwise */
#define LINGER_MS "20" /* so that requests are full, where records come as fast as they do here */
#define TRANSACTION_MS 900000 /* what brokers allow at most, unless they are told otherwise */
#define WAIT_MS 100           /* for room in the queue, between looks whether to stop */
#define TRIES_MAX 5 /* of a commit whose answer was lost, and of a coordinator that begins */

/* A cluster that was started, or whose leader changed, first reads what transactions there were: which takes longer the more there are. */
static bool
is_beginning(const rd_kafka_error_t *failed)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
    return code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
}

static bool
open_transactions(const KafkaConn *conn, rd_kafka_t *producer, const char *id, GError **error)
{
    for (int tries = 1;; tries++) {
        rd_kafka_error_t *failed = rd_kafka_init_transactions(producer, conn->timeout_ms);
        if (failed == NULL)
            return true;
        if (tries == TRIES_MAX || !is_beginning(failed)) {
            g_autofree char *what = g_strdup_printf("opening the transactional client '%s'", id);
            return kafka_fail_with(conn, failed, what, error);
        }
        rd_kafka_error_destroy(failed);
    }
}

bool
kafka_producer_new(const KafkaConn *conn, const char *plan, const char *task,
                   int64_t batch_bytes_max, rd_kafka_t **ret, GError **error)
{
    g_autofree char *batch =
        g_strdup_printf("%" G_GINT64_FORMAT, CLAMP(batch_bytes_max, 1, BATCH_BYTES));
    g_autofree char *id = g_strdup_printf("honk-%s-%s", plan, task);
    g_autofree char *time_ms = g_strdup_printf(
        "%" G_GINT64_FORMAT, json_get_int(conn->settings, "transaction_ms", TRANSACTION_MS));
    rd_kafka_t *producer = NULL;
    if (!kafka_client_new(
            conn, RD_KAFKA_PRODUCER, &producer, error, "transactional.id", id,
            "transaction.timeout.ms", time_ms, "partitioner", "murmur2_random", "compression.codec",
            json_get_string(conn->settings, "compression", "none"), "queue.buffering.max.kbytes",
            QUEUE_KB, "queue.buffering.max.messages", QUEUE_RECORDS, "batch.size", batch,
            "linger.ms", LINGER_MS, "delivery.report.only.error", "true", NULL))
        return false;
    if (open_transactions(conn, producer, id, error)) {
        *ret = producer;
        return true;
    }
    rd_kafka_destroy(producer);
    return false;
}

void
kafka_producer_drop(rd_kafka_t *producer)
{
    rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(producer);
}

bool
kafka_transaction_begin(KafkaConn *conn, rd_kafka_t *producer, GError **error)
{
    conn->record_failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_error_t *failed = rd_kafka_begin_transaction(producer);
    return failed == NULL || kafka_fail_with(conn, failed, "beginning a transaction", error);
}

bool
kafka_transaction_commit(const KafkaConn *conn, rd_kafka_t *producer, GError **error)
{
    for (int tries = 1;; tries++) {
        rd_kafka_error_t *failed = rd_kafka_commit_transaction(producer, conn->timeout_ms);
        if (failed == NULL)
            return true;
        bool is_late = rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR__TIMED_OUT;
        bool is_over = !rd_kafka_error_is_retriable(failed) || tries == TRIES_MAX;
        if (is_over && !is_late)
            return kafka_fail_with(conn, failed, "committing", error);
        rd_kafka_error_destroy(failed);
        if (is_over)
            return kafka_fail_untaken(conn, "committing", error);
    }
}

/* --- records --- */

rd_kafka_error_t *
kafka_why_refused(const KafkaConn *conn, rd_kafka_t *producer, rd_kafka_error_t *take_failed)
{
    rd_kafka_error_t *why = NULL;
    if (producer != conn->note && rd_kafka_error_code(take_failed) == RD_KAFKA_RESP_ERR__STATE)
        why = rd_kafka_commit_transaction(producer, conn->timeout_ms);
    if (why == NULL)
        return take_failed;
    rd_kafka_error_destroy(take_failed);
    return why;
}

static rd_kafka_error_t *
produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, const KafkaEncoder *encoder,
        const RecordParts *parts)
{
    rd_kafka_vu_t part[8] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u.i32 = parts->partition >= 0 ? parts->partition : RD_KAFKA_PARTITION_UA},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = parts->timestamp_ms},
    };
    size_t count = 4;
    if (parts->has_key)
        part[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY,
                                        .u.mem = {encoder->key->str, encoder->key->len}};
    if (!parts->is_tombstone)
        part[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE,
                                        .u.mem = {encoder->value->str, encoder->value->len}};
    if (parts->headers != NULL)
        part[count++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = parts->headers};
    return rd_kafka_produceva(producer, part, count);
}

/* What is wrong with this record alone is INVALID. */
static bool
fail_record(const KafkaConn *conn, rd_kafka_t *producer, rd_kafka_error_t *failed, GError **error)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
    bool is_its_own = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                      code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    rd_kafka_poll(producer, 0); /* tells what became of those before it */
    if (!is_its_own && conn->record_failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_error_destroy(failed);
        return kafka_fail_sent(conn, error);
    }
    if (!is_its_own)
        return kafka_fail_with(conn, kafka_why_refused(conn, producer, failed), "writing", error);
    fail(error, ERR_INVALID, "%s", rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
    return false;
}

static bool
wait_for_room(KafkaConn *conn, rd_kafka_t *producer, int64_t until_us, GError **error)
{
    rd_kafka_poll(producer, WAIT_MS);
    if (g_get_monotonic_time() > until_us)
        return kafka_fail_untaken(conn, "writing", error);
    return kafka_tick(conn, -1, error);
}

bool
kafka_send_record(KafkaConn *conn, rd_kafka_t *producer, rd_kafka_topic_t *topic,
                  const KafkaEncoder *encoder, const RecordParts *parts, GError **error)
{
    int64_t until_us = 0; /* nobody looks at the clock for a record that is taken */
    for (;;) {
        rd_kafka_error_t *failed = produce(producer, topic, encoder, parts);
        if (failed == NULL)
            return true; /* the headers are its own now */
        bool is_full = rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (is_full) {
            rd_kafka_error_destroy(failed);
            if (until_us == 0)
                until_us = g_get_monotonic_time() + conn->timeout_ms * INT64_C(1000);
            if (wait_for_room(conn, producer, until_us, error))
                continue;
        } else {
            fail_record(conn, producer, failed, error);
        }
        if (parts->headers != NULL)
            rd_kafka_headers_destroy(parts->headers);
        return false;
    }
}
