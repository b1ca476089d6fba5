/* client.c - errors as codes of ours, and clients that read one partition. */
#include "driver/kafka/kafka.h"

#include <string.h>

#define AT_ONCE 2000       /* records of one answer of the library */
#define QUEUED_MIN "20000" /* records that are read ahead … */
#define QUEUED_KB "8192"   /* … in as much memory */
#define WAIT_MS "10"       /* for the end of a partition, where a transaction ended */
#define IDLE_MAX 4         /* clients that are kept: each has threads and sockets of its own */

static ErrorCode
code_of(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        return ERR_UNREACHABLE;
    case RD_KAFKA_RESP_ERR__SSL: /* a certificate does not get better */
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return ERR_FORBIDDEN;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return ERR_INVALID;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return ERR_TOO_LARGE;
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
        return ERR_NO_SPACE;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        return ERR_UNSUPPORTED;
    default:
        return ERR_TRANSIENT;
    }
}

bool
kafka_is_refused(KafkaConn *conn)
{
    rd_kafka_poll(conn->look, 0); /* tells */
    return conn->refusal != NULL;
}

bool
kafka_fail(const KafkaConn *conn, rd_kafka_resp_err_t code, const char *what, GError **error)
{
    return fail(error, code_of(code), "%s: %s: %s", conn->place, what, rd_kafka_err2str(code));
}

/* The library sends again and again, and does not say what it is told. */
bool
kafka_fail_untaken(const KafkaConn *conn, const char *what, GError **error)
{
    return fail(error, ERR_UNREACHABLE,
                "%s: %s: the brokers have taken no record for %d ms: is a disk full, or a "
                "partition without a leader?",
                conn->place, what, conn->timeout_ms);
}

bool
kafka_fail_sent(const KafkaConn *conn, GError **error)
{
    ErrorCode code = code_of(conn->record_failure);
    return fail(error, code == ERR_INVALID ? ERR_WRONG_STATE : code, "%s: writing: %s", conn->place,
                rd_kafka_err2str(conn->record_failure));
}

bool
kafka_fail_with(const KafkaConn *conn, rd_kafka_error_t *failure, const char *what, GError **error)
{
    ErrorCode code = code_of(rd_kafka_error_code(failure));
    bool is_for_people = code == ERR_FORBIDDEN || code == ERR_NO_SPACE || code == ERR_TOO_LARGE;
    if ((rd_kafka_error_is_retriable(failure) || rd_kafka_error_txn_requires_abort(failure)) &&
        !is_for_people)
        code = code == ERR_UNREACHABLE ? ERR_UNREACHABLE : ERR_TRANSIENT;
    fail(error, code, "%s: %s: %s", conn->place, what, rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
    return false;
}

bool
kafka_reading_client(KafkaConn *conn, rd_kafka_t **ret, GError **error)
{
    if (conn->idle->len > 0) {
        *ret = g_ptr_array_steal_index_fast(conn->idle, conn->idle->len - 1);
        return true;
    }
    return kafka_client_new(conn, RD_KAFKA_CONSUMER, ret, error, "isolation.level",
                            "read_committed", "enable.partition.eof", "true", "auto.offset.reset",
                            "error", "queued.min.messages", QUEUED_MIN,
                            "queued.max.messages.kbytes", QUEUED_KB, "fetch.wait.max.ms", WAIT_MS,
                            "check.crcs", "true", NULL);
}

void
kafka_reading_client_done(KafkaConn *conn, rd_kafka_t *client)
{
    if (conn->idle->len < IDLE_MAX)
        g_ptr_array_add(conn->idle, client);
    else
        rd_kafka_destroy(client);
}

/* A client that meets a topic without having asked for it notices its leader up to a second later. */
bool
kafka_introduce(const KafkaConn *conn, rd_kafka_t *client, const char *name, GError **error)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    if (topic == NULL)
        return kafka_fail(conn, rd_kafka_last_error(), "a topic", error);
    rd_kafka_resp_err_t failed = rd_kafka_metadata(client, 0, topic, &found, conn->timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(conn, failed, "asking for a topic", error);
    rd_kafka_metadata_destroy(found);
    return true;
}

/* --- records of one partition --- */

bool
record_reader_begin(KafkaConn *conn, const char *topic, int32_t partition, int64_t from,
                    int64_t end, RecordReader *ret, GError **error)
{
    *ret = (RecordReader){.conn = conn, .partition = partition, .next = from, .end = end};
    ret->messages = g_ptr_array_new_with_free_func((GDestroyNotify) rd_kafka_message_destroy);
    if (from >= end)
        return true;
    if (!kafka_reading_client(conn, &ret->client, error) ||
        !kafka_introduce(conn, ret->client, topic, error))
        return false;
    ret->topic = rd_kafka_topic_new(ret->client, topic, NULL);
    if (ret->topic == NULL)
        return kafka_fail(conn, rd_kafka_last_error(), "a topic", error);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(ret->client);
    if (rd_kafka_consume_start_queue(ret->topic, partition, from, queue) != 0) {
        rd_kafka_queue_destroy(queue);
        return kafka_fail(conn, rd_kafka_last_error(), "reading", error);
    }
    ret->queue = queue;
    return true;
}

void
record_reader_clear(RecordReader *reader)
{
    if (reader->messages == NULL)
        return;
    g_ptr_array_unref(reader->messages); /* before the queue that they came from */
    if (reader->queue != NULL) {
        rd_kafka_consume_stop(reader->topic, reader->partition);
        rd_kafka_queue_destroy(reader->queue);
    }
    if (reader->topic != NULL)
        rd_kafka_topic_destroy(reader->topic);
    if (reader->client != NULL)
        kafka_reading_client_done(reader->conn, reader->client);
    *reader = (RecordReader){0};
}

/* Many at once would be waited for until they are as many: so one is, and the others are taken along. */
static bool
fill(RecordReader *reader, GError **error)
{
    rd_kafka_message_t *messages[AT_ONCE];
    g_ptr_array_set_size(reader->messages, 0);
    reader->taken = 0;
    rd_kafka_message_t *first = rd_kafka_consume_queue(reader->queue, reader->conn->timeout_ms);
    if (first == NULL)
        return fail(error, ERR_UNREACHABLE,
                    "%s: no record for %d ms, expected up to offset %" G_GINT64_FORMAT,
                    reader->conn->place, reader->conn->timeout_ms, reader->end);
    g_ptr_array_add(reader->messages, first);
    ssize_t count = rd_kafka_consume_batch_queue(reader->queue, 0, messages, AT_ONCE);
    for (ssize_t i = 0; i < count; i++)
        g_ptr_array_add(reader->messages, messages[i]);
    return count >= 0 || kafka_fail(reader->conn, rd_kafka_last_error(), "reading", error);
}

bool
record_reader_next(RecordReader *reader, const rd_kafka_message_t **ret, GError **error)
{
    *ret = NULL;
    while (reader->next < reader->end) {
        if (reader->taken == reader->messages->len && !fill(reader, error))
            return false;
        const rd_kafka_message_t *message = reader->messages->pdata[reader->taken++];
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            reader->next = MAX(reader->next, message->offset);
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return kafka_fail(reader->conn, message->err, "reading", error);
        reader->next = message->offset + 1;
        if (message->offset >= reader->end)
            return true;
        *ret = message;
        return true;
    }
    return true;
}
