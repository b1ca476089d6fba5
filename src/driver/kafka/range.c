/*
 * range.c - a range on its way in: its records, the rows that it put aside and its ledger row are one transaction.
 *
 * Records wait in the library, at most QUEUE_KB of them; while the cluster takes them, the next ones are read and mapped. Who reads only
 * what is committed sees all of a range or nothing, and a client that dies leaves nothing: what it had begun is undone by the cluster,
 * when its successor opens the task's client, or its time is over.
 */
#include "driver/kafka/kafka.h"

#include "base/limits.h"

#include <string.h>

struct KafkaLoader {
    Writer writer; /* its texts are ours */
    KafkaObject *stage;
    KafkaEncoder encoder;
    rd_kafka_topic_t *topic; /* of the producer: no record has to look it up */
    bool is_begun;           /* there is a transaction */
    GPtrArray *
        aside; /* json_t *: in the notes at the end, as whoever reads those waits for open transactions */
};

static void
loader_free(KafkaLoader *loader)
{
    g_free((char *) loader->writer.plan);
    g_free((char *) loader->writer.task);
    g_free((char *) loader->writer.range);
    kafka_encoder_clear(&loader->encoder);
    if (loader->topic != NULL)
        rd_kafka_topic_destroy(loader->topic);
    kafka_object_free(loader->stage);
    g_ptr_array_unref(loader->aside);
    g_free(loader);
}

/* --- the client of a task --- */

static void
drop_producer(KafkaConn *conn)
{
    if (conn->producer == NULL)
        return;
    kafka_producer_drop(conn->producer);
    conn->producer = NULL;
    g_clear_pointer(&conn->producer_task, g_free);
}

/* One is used for all ranges of an attempt. */
static bool
need_producer(KafkaConn *conn, const KafkaLoader *loader, GError **error)
{
    const Writer *writer = &loader->writer;
    g_autofree char *name =
        g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT, writer->plan, writer->task, writer->token);
    if (g_strcmp0(conn->producer_task, name) == 0)
        return true;
    drop_producer(conn);
    if (!kafka_producer_new(conn, writer->plan, writer->task, loader->encoder.batch_bytes_max,
                            &conn->producer, error))
        return false;
    conn->producer_task = g_steal_pointer(&name);
    return kafka_introduce(conn, conn->producer, loader->stage->topic, error) &&
           kafka_introduce(conn, conn->producer, conn->book_topic, error);
}

static bool
need_transaction(KafkaConn *conn, GError **error)
{
    if (conn->loader->is_begun)
        return true;
    conn->loader->is_begun = kafka_transaction_begin(conn, conn->producer, error);
    return conn->loader->is_begun;
}

/* --- begin --- */

static bool
need_topic(KafkaConn *conn, KafkaLoader *loader, GError **error)
{
    loader->topic = rd_kafka_topic_new(conn->producer, loader->stage->topic, NULL);
    return loader->topic != NULL || kafka_fail(conn, rd_kafka_last_error(), "a topic", error);
}

static bool
open_range(KafkaConn *conn, KafkaLoader *loader, const char *stage, const Schema *schema,
           bool *ret_done, RangeResult *ret, GError **error)
{
    const Writer *writer = &loader->writer;
    if (!kafka_check(conn, writer, error) ||
        !kafka_ledger_find(&conn->base, writer->plan, writer->range, ret_done, ret, error))
        return false;
    return *ret_done || (kafka_object_need(conn, stage, &loader->stage, error) &&
                         kafka_object_look(conn, loader->stage, error) &&
                         kafka_encoder_init(conn, &loader->encoder, loader->stage, schema, error) &&
                         need_producer(conn, loader, error) && need_topic(conn, loader, error) &&
                         kafka_claim(conn, writer, error));
}

static void
drop_json(void *json)
{
    json_decref(json);
}

bool
kafka_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
            bool *ret_done, RangeResult *ret_result, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_assert(conn->loader == NULL);
    KafkaLoader *loader = g_new0(KafkaLoader, 1);
    loader->aside = g_ptr_array_new_with_free_func(drop_json);
    loader->writer = (Writer){.plan = g_strdup(writer->plan),
                              .task = g_strdup(writer->task),
                              .range = g_strdup(writer->range),
                              .token = writer->token};
    if (open_range(conn, loader, stage, schema, ret_done, ret_result, error) && !*ret_done) {
        conn->loader = loader;
        return true;
    }
    loader_free(loader);
    return *ret_done;
}

/* --- records --- */

bool
kafka_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    KafkaLoader *loader = conn->loader;
    if (!need_transaction(conn, error))
        return false;
    for (*ret_next = from; *ret_next < batch->row_count; ++*ret_next) {
        RecordParts parts;
        g_autofree char *reason = NULL;
        if (!kafka_encode(&loader->encoder, batch, *ret_next, &parts, &reason))
            return fail(error, ERR_INVALID, "%s", reason);
        if (!kafka_send_record(conn, conn->producer, loader->topic, &loader->encoder, &parts,
                               error))
            return false;
    }
    rd_kafka_poll(conn->producer, 0);
    return true;
}

/* A record that is too large for a note stays where it came from: its number tells where. */
#define ASIDE_BYTES_MAX (512 * 1024)

bool
kafka_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                 const char *reason, GError **error)
{
    KafkaLoader *loader = kafka_conn(base)->loader;
    g_autofree char *text = record != NULL ? json_compact(record) : NULL;
    bool is_small = text != NULL && strlen(text) <= ASIDE_BYTES_MAX;
    json_t *row = json_object();
    json_set_string(row, "task", loader->writer.task);
    json_set_int(row, "row_id", row_id);
    json_object_set_new(row, "row", is_small ? json_deep_copy(record) : json_null());
    json_set_string(row, "column", column);
    json_set_string(row, "reason", reason);
    g_ptr_array_add(loader->aside, row);
    return true;
}

static bool
write_aside(KafkaConn *conn, GError **error)
{
    const KafkaLoader *loader = conn->loader;
    for (guint i = 0; i < loader->aside->len; i++) {
        g_autofree char *number = g_strdup_printf("%08u", i);
        if (!kafka_book_produce(conn, conn->producer, json_incref(loader->aside->pdata[i]), error,
                                "aside", loader->writer.plan, loader->writer.range, number, NULL))
            return false;
    }
    return true;
}

/* --- the end --- */

/* Refused by the cluster: has somebody raised a fence? */
static bool
fail_commit(KafkaConn *conn, const Writer *writer, GError *take_failure, GError **error)
{
    g_autoptr(GError) failure = take_failure, fenced = NULL;
    if (!kafka_check(conn, writer, &fenced) && error_is(fenced, ERR_FENCED))
        g_propagate_error(error, g_steal_pointer(&fenced));
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
kafka_commit(Conn *base, const RangeResult *result, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    const Writer *writer = &conn->loader->writer;
    GError *failure = NULL;
    if (!kafka_check(conn, writer, error) || !conn_confirm(base, error))
        return false;
    if (!need_transaction(conn, &failure) || !write_aside(conn, &failure) ||
        !kafka_book_produce(conn, conn->producer, NULL, &failure, "claim", writer->plan,
                            writer->range, writer->task, NULL) ||
        !kafka_book_produce(conn, conn->producer, kafka_result_json(writer, result), &failure,
                            "ledger", writer->plan, writer->range, NULL) ||
        !kafka_transaction_commit(conn, conn->producer, &failure))
        return fail_commit(conn, writer, failure, error);
    loader_free(conn->loader);
    conn->loader = NULL;
    return true;
}

void
kafka_rollback(Conn *base)
{
    KafkaConn *conn = (KafkaConn *) base;
    KafkaLoader *loader = g_steal_pointer(&conn->loader);
    g_autoptr(GError) ignored = NULL;
    if (loader == NULL)
        return;
    rd_kafka_error_t *failed =
        loader->is_begun ? rd_kafka_abort_transaction(conn->producer, conn->timeout_ms) : NULL;
    if (failed != NULL) {
        rd_kafka_error_destroy(failed);
        rd_kafka_topic_destroy(
            g_steal_pointer(&loader->topic)); /* before the client that it is of */
        drop_producer(conn);
    }
    if (!kafka_book_put(conn, NULL, &ignored, "claim", loader->writer.plan, loader->writer.range,
                        loader->writer.task, NULL))
        g_assert(ignored != NULL); /* the next attempt of the task takes its place */
    loader_free(loader);
}
