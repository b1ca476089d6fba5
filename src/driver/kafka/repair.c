/*
 * repair.c - single rows of a topic put right, where rows are the last records of their keys: a later record of the key is the row, and
 * a tombstone takes it away.
 *
 * The topic is read through for where its keys lie, however whoever wrote them spread them: a record goes where those before it
 * are. All records are one transaction of a client that shuts out whoever repairs the same topic. Nothing binds other writers: what
 * they write between our last look and the commit is found by the comparison that comes after.
 */
#include "driver/kafka/kafka.h"

#include "base/limits.h"

#include <string.h>

/* What is known of a key, through all partitions. */
typedef struct {
    int rows;          /* partitions in which it is a row */
    int32_t partition; /* that it lies in; -1: it was never there */
    int32_t seen_in;   /* the last one in which it was met, and what its last record there is */
    bool is_row_there;
} KeySight;

typedef struct {
    KafkaConn *conn;
    KafkaObject *object;
    KafkaEncoder encoder;
    GHashTable *keys; /* GBytes * → KeySight * */
    GArray *extents;  /* as of the look */
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    bool is_begun; /* there is a transaction */
} Repair;

static void
repair_clear(Repair *repair)
{
    rd_kafka_error_t *failed = NULL;
    if (repair->is_begun) /* readers of what is committed would wait for it */
        failed = rd_kafka_abort_transaction(repair->producer, repair->conn->timeout_ms);
    if (failed != NULL)
        rd_kafka_error_destroy(failed); /* its time ends it, or its successor */
    if (repair->topic != NULL)
        rd_kafka_topic_destroy(repair->topic);
    if (repair->producer != NULL)
        kafka_producer_drop(repair->producer);
    kafka_encoder_clear(&repair->encoder);
    kafka_object_free(repair->object);
    g_hash_table_unref(repair->keys);
    g_clear_pointer(&repair->extents, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repair, repair_clear)

/* --- what can be repaired --- */

static bool
check_key(const KafkaObject *object, const Schema *schema, GError **error)
{
    bool is_same = object->key->len > 0
                       ? schema->key->len == object->key->len
                       : schema->key->len == 1 && schema_is_key(schema, kafka_meta_names[META_KEY]);
    if (!object->is_latest)
        return fail(error, ERR_INVALID,
                    "each record of '%s' is a row, and none can be changed: a topic with `rows: "
                    "latest` can be repaired",
                    object->name);
    for (guint i = 0; i < object->key->len; i++)
        is_same = is_same && schema_is_key(schema, object->key->pdata[i]);
    return is_same || fail(error, ERR_INVALID,
                           "rows of '%s' are named by the keys of its records, and the mapping "
                           "names them by others",
                           object->name);
}

/* What the mapping leaves alone would be lost with a record that is written anew; its time and place are never kept. */
static bool
check_columns(const Repair *repair, GError **error)
{
    for (size_t i = 0; i < repair->encoder.count; i++) {
        const char *name = schema_column(repair->object->schema, i)->name;
        MetaKind meta = repair->encoder.metas[i];
        if (repair->encoder.columns[i] == SIZE_MAX &&
            (meta == META_KINDS || meta == META_HEADERS) &&
            !kafka_object_is_key(repair->object, name))
            return fail(error, ERR_INVALID,
                        "the mapping says nothing of '%s', which a row of '%s' would lose: it is "
                        "written as a whole",
                        name, repair->object->name);
    }
    return true;
}

/* Where tombstones are rows, none can be taken away by one. */
static bool
check_tombstones(const Repair *repair, const GPtrArray *removed, GError **error)
{
    for (size_t i = 0; i < repair->encoder.count; i++)
        if (repair->encoder.metas[i] == META_TOMBSTONE && repair->encoder.columns[i] != SIZE_MAX &&
            removed->len > 0)
            return fail(error, ERR_INVALID,
                        "with kafka_tombstone each key of '%s' is a row, and none can be removed",
                        repair->object->name);
    return true;
}

/* --- where the keys are --- */

/* Of the key that was encoded last. */
static KeySight *
sight_of(const Repair *repair)
{
    g_autoptr(GBytes) key = g_bytes_new_static(repair->encoder.key->str, repair->encoder.key->len);
    return g_hash_table_lookup(repair->keys, key);
}

static bool
fail_row(const Batch *batch, size_t row, const char *reason, GError **error)
{
    return fail(error, ERR_INVALID, "row %" G_GINT64_FORMAT ": %s", batch->row_ids[row], reason);
}

static bool
note_row(void *data, RepairKind kind, const Batch *batch, size_t row, GError **error)
{
    Repair *repair = data;
    g_autofree char *reason = NULL;
    if (!kafka_encode_key(&repair->encoder, batch, row, &reason))
        return fail_row(batch, row, reason, error);
    KeySight *sight = g_new0(KeySight, 1);
    *sight = (KeySight){.partition = -1, .seen_in = -1};
    g_hash_table_replace(repair->keys,
                         g_bytes_new(repair->encoder.key->str, repair->encoder.key->len), sight);
    return true;
}

static void
see_record(const Repair *repair, const rd_kafka_message_t *record)
{
    if (record->key == NULL)
        return;
    g_autoptr(GBytes) key = g_bytes_new_static(record->key, record->key_len);
    KeySight *sight = g_hash_table_lookup(repair->keys, key);
    if (sight == NULL)
        return;
    if (sight->seen_in == record->partition)
        sight->rows -= sight->is_row_there;
    sight->seen_in = record->partition;
    sight->is_row_there = record->payload != NULL;
    if (sight->is_row_there || sight->rows == 0)
        sight->partition = record->partition;
    sight->rows += sight->is_row_there;
}

static bool
look_at_partition(const Repair *repair, int32_t partition, GError **error)
{
    const Extent *extent = &g_array_index(repair->extents, Extent, partition);
    __attribute__((cleanup(record_reader_clear))) RecordReader reader = {0};
    const rd_kafka_message_t *record = NULL;
    if (!record_reader_begin(repair->conn, repair->object->topic, partition, extent->begin,
                             extent->end, &reader, error))
        return false;
    for (int64_t i = 0;; i++) {
        if ((i % BATCH_ROWS_MAX == 0 && !kafka_tick(repair->conn, -1, error)) ||
            !record_reader_next(&reader, &record, error))
            return false;
        if (record == NULL)
            return true;
        see_record(repair, record);
    }
}

static bool
look_for_keys(Repair *repair, GError **error)
{
    if (!kafka_object_extents(repair->conn, repair->object, &repair->extents, error))
        return false;
    for (guint i = 0; i < repair->extents->len; i++)
        if (!look_at_partition(repair, (int32_t) i, error))
            return false;
    return true;
}

/* Nobody wrote since. */
static bool
check_extents(const Repair *repair, GError **error)
{
    g_autoptr(GArray) now = NULL;
    if (!kafka_object_extents(repair->conn, repair->object, &now, error))
        return false;
    for (guint i = 0; i < repair->extents->len && i < now->len; i++)
        if (g_array_index(now, Extent, i).end != g_array_index(repair->extents, Extent, i).end)
            return fail(error, ERR_TRANSIENT, "somebody else writes to '%s'", repair->object->name);
    return true;
}

/* --- records --- */

static bool
send_tombstone(const Repair *repair, int32_t partition, GError **error)
{
    RecordParts parts = {.has_key = true, .is_tombstone = true, .partition = partition};
    return kafka_send_record(repair->conn, repair->producer, repair->topic, &repair->encoder,
                             &parts, error);
}

/* A row whose partition is a column, and another than it was, leaves a tombstone where it lay. */
static bool
send_row(Repair *repair, const KeySight *sight, const Batch *batch, size_t row, GError **error)
{
    RecordParts parts;
    g_autofree char *reason = NULL;
    if (!kafka_encode(&repair->encoder, batch, row, &parts, &reason))
        return fail_row(batch, row, reason, error);
    if (parts.partition < 0)
        parts.partition = sight->partition;
    bool has_moved = sight->rows > 0 && parts.partition != sight->partition;
    return kafka_send_record(repair->conn, repair->producer, repair->topic, &repair->encoder,
                             &parts, error) &&
           (!has_moved || send_tombstone(repair, sight->partition, error));
}

static bool
repair_row(void *data, RepairKind kind, const Batch *batch, size_t row, GError **error)
{
    Repair *repair = data;
    g_autofree char *reason = NULL;
    if (!kafka_encode_key(&repair->encoder, batch, row, &reason))
        return fail_row(batch, row, reason, error);
    const KeySight *sight = sight_of(repair);
    int expected = kind == REPAIR_INSERT ? 0 : 1;
    if (sight->rows != expected)
        return fail(error, ERR_TRANSIENT,
                    "the key '%.*s' is a row in %d partitions of '%s' by now, expected %d",
                    (int) MIN(repair->encoder.key->len, 200), repair->encoder.key->str, sight->rows,
                    repair->object->name, expected);
    return kind == REPAIR_REMOVE ? send_tombstone(repair, sight->partition, error)
                                 : send_row(repair, sight, batch, row, error);
}

/* --- all of it --- */

static bool
open_producer(Repair *repair, GError **error)
{
    if (!kafka_producer_new(repair->conn, "repair", repair->object->topic,
                            repair->encoder.batch_bytes_max, &repair->producer, error) ||
        !kafka_introduce(repair->conn, repair->producer, repair->object->topic, error))
        return false;
    repair->topic = rd_kafka_topic_new(repair->producer, repair->object->topic, NULL);
    return repair->topic != NULL ||
           kafka_fail(repair->conn, rd_kafka_last_error(), "a topic", error);
}

static bool
begin(Repair *repair, GError **error)
{
    repair->is_begun = kafka_transaction_begin(repair->conn, repair->producer, error);
    return repair->is_begun;
}

static bool
commit(Repair *repair, GError **error)
{
    if (!conn_confirm(&repair->conn->base, error) ||
        !kafka_transaction_commit(repair->conn, repair->producer, error))
        return false;
    repair->is_begun = false;
    return true;
}

bool
kafka_repair(Conn *base, const char *object, const Schema *schema,
             GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_auto(Repair) repair = {.conn = conn,
                             .keys = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                                           (GDestroyNotify) g_bytes_unref, g_free)};
    if (!kafka_object_need(conn, object, &repair.object, error) ||
        !check_key(repair.object, schema, error) ||
        !kafka_object_look(conn, repair.object, error) ||
        !kafka_encoder_init(conn, &repair.encoder, repair.object, schema, error) ||
        (batches[REPAIR_CHANGE]->len > 0 && !check_columns(&repair, error)) ||
        !check_tombstones(&repair, batches[REPAIR_REMOVE], error) ||
        !repair_each_row(batches, note_row, &repair, error))
        return false;
    return open_producer(&repair, error) && look_for_keys(&repair, error) &&
           check_extents(&repair, error) && begin(&repair, error) &&
           repair_each_row(batches, repair_row, &repair, error) && commit(&repair, error);
}
