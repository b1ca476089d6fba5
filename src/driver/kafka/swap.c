/*
 * swap.c - what a target's name means: from the swap on, the topic that the records of the stage lie in.
 *
 * Nothing moves, and nobody outside sees a change: consumers of the topic are moved to it by their rollout. The note of the
 * swap holds how far the topic went then, so that what was written since can be told.
 */
#include "driver/kafka/kafka.h"

#include <string.h>

static const json_t *
note_of(KafkaConn *conn, const char *plan)
{
    return kafka_book_get(conn, "swap", plan, NULL);
}

static bool
is_for(const json_t *note, const char *stage, const char *target)
{
    return strcmp(json_get_string(note, "stage", ""), stage) == 0 &&
           strcmp(json_get_string(note, "target", ""), target) == 0;
}

/* --- rows written since --- */

static bool
count_since(KafkaConn *conn, const json_t *note, int64_t *ret, GError **error)
{
    const char *topic = json_get_string(note, "topic", "");
    const json_t *ends = json_object_get(note, "ends");
    g_autoptr(GArray) extents = NULL;
    int64_t records = 0;
    if (!kafka_extents(conn, topic, &extents, error))
        return false;
    for (guint i = 0; i < extents->len; i++) {
        const Extent *now = &g_array_index(extents, Extent, i);
        int64_t then = json_integer_value(json_array_get(ends, i));
        __attribute__((cleanup(record_reader_clear))) RecordReader reader = {0};
        const rd_kafka_message_t *record = NULL;
        if (!record_reader_begin(conn, topic, (int32_t) i, MAX(then, now->begin), now->end, &reader,
                                 error))
            return false;
        for (;; records++) {
            if (!record_reader_next(&reader, &record, error))
                return false;
            if (record == NULL)
                break;
        }
    }
    *ret = records;
    return true;
}

static bool
kafka_written(Conn *base, const char *plan, int64_t *ret_rows, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    *ret_rows = 0;
    if (!kafka_book_read(conn, error))
        return false;
    const json_t *note = note_of(conn, plan);
    return note == NULL || count_since(conn, note, ret_rows, error);
}

/* --- the swap --- */

static bool
ends_of(KafkaConn *conn, const char *topic, json_t **ret, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    if (!kafka_extents(conn, topic, &extents, error))
        return false;
    *ret = json_array();
    for (guint i = 0; i < extents->len; i++)
        json_array_append_new(*ret, json_integer(g_array_index(extents, Extent, i).end));
    return true;
}

static bool
begin_swap(KafkaConn *conn, const char *stage, const char *target, const Writer *writer,
           GError **error)
{
    g_autoptr(KafkaObject) records = NULL, place = NULL;
    json_t *ends = NULL;
    if (!kafka_object_need(conn, stage, &records, error) ||
        !kafka_object_find(conn, target, &place, error))
        return false;
    if (place->is_noted || strcmp(place->topic, records->topic) != 0)
        return fail(error, ERR_INVALID,
                    "the records of '%s' lie in topic '%s', and '%s' is topic '%s'", stage,
                    records->topic, target, place->topic);
    if (!ends_of(conn, records->topic, &ends, error))
        return false;
    json_t *note = json_pack("{ss ss ss so so}", "stage", stage, "target", target, "topic",
                             records->topic, "ends", ends, "object", kafka_object_json(records));
    if (conn_confirm(&conn->base, error))
        return kafka_book_put(conn, note, error, "swap", writer->plan, NULL);
    json_decref(note);
    return false;
}

static bool
kafka_swap(Conn *base, const char *stage, const char *target, const char *kept,
           const Writer *writer, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    if (!kafka_check(conn, writer, error))
        return false;
    const json_t *note = note_of(conn, writer->plan);
    if (note != NULL && !is_for(note, stage, target))
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    json_get_string(note, "stage", ""), json_get_string(note, "target", ""));
    if (note == NULL &&
        (!conn_last_look(base, error) || !begin_swap(conn, stage, target, writer, error)))
        return false;
    return kafka_book_get(conn, "object", stage, NULL) == NULL ||
           (conn_confirm(base, error) && kafka_book_put(conn, NULL, error, "object", stage, NULL));
}

/* --- and back --- */

static bool
go_back(KafkaConn *conn, const json_t *note, const char *name, const Writer *writer, GError **error)
{
    g_autoptr(json_t) object = json_deep_copy(json_object_get(note, "object"));
    return conn_confirm(&conn->base, error) && kafka_raise_plan(conn, writer, error) &&
           kafka_stop_writers(conn, writer->plan, error) &&
           kafka_book_put(conn, json_incref(object), error, "object", name, NULL) &&
           kafka_book_put(conn, NULL, error, "swap", writer->plan, NULL);
}

static bool
kafka_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
           bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    bool is_staged = false;
    int64_t rows = 0;
    if (!kafka_read_past(conn, writer->plan, error) ||
        !kafka_passes(conn, writer, &is_staged, error))
        return false;
    const json_t *note = note_of(conn, writer->plan);
    *ret_rows = 0;
    if (note == NULL) /* never swapped, or back already */
        return true;
    if (!count_since(conn, note, &rows, error))
        return false;
    if (rows > 0 && !give_up)
        return fail(error, ERR_MISMATCH,
                    "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", rows, target);
    *ret_rows = rows;
    return go_back(conn, note, rows > 0 ? lost : stage, writer, error);
}

/* --- the rest --- */

static bool
kafka_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                 const char *plan, SwapState *ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    int partitions = 0;
    if (!kafka_book_read(conn, error))
        return false;
    const json_t *note = note_of(conn, plan);
    if (note != NULL &&
        !kafka_partitions(conn, json_get_string(note, "topic", ""), &partitions, error))
        return false;
    if (note == NULL)
        *ret = SWAP_BEFORE;
    else if (!is_for(note, stage, target) || partitions < 0)
        *ret = SWAP_OTHER;
    else
        *ret = kafka_book_get(conn, "object", stage, NULL) != NULL ? SWAP_HALF : SWAP_AFTER;
    return true;
}

static bool
kafka_settle(Conn *base, const char *plan, GError **error)
{
    return conn_confirm(base, error) &&
           kafka_forget(kafka_conn(base), plan, FORGET_BUT_ASIDE, error);
}

/* The topic first: as long as it is there, so is what the name means. */
static bool
kafka_drop(Conn *base, const char *name, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    bool is_there = false;
    if (!conn_confirm(base, error) || !kafka_object_find(conn, name, &object, error) ||
        !kafka_object_exists(conn, object, &is_there, error) ||
        (is_there && !kafka_drop_topic(conn, object->topic, error)))
        return false;
    return !object->is_noted || kafka_book_put(conn, NULL, error, "object", name, NULL);
}

const SwapOps kafka_swap_ops = {
    .swap = kafka_swap,
    .back = kafka_back,
    .state = kafka_swap_state,
    .written = kafka_written,
    .settle = kafka_settle,
    .drop = kafka_drop,
};
