/*
 * rows.c - which records are rows: all of them, or of each key the last one.
 *
 * For the latter, one partition is read through first, and the offset of the last record of each key is kept: a compacted
 * topic may still hold older ones, how many is up to its broker. A range gives those of its records that are the last
 * ones of their keys as of the end of the whole partition, so that ranges may be read apart. Older records that are compacted away
 * between the two readings are not missed: they are no rows.
 */
#include "driver/kafka/kafka.h"

#include "base/limits.h"

#include <string.h>
#include <xxhash.h>

#define KEYS_MAX                                                                                   \
    (10 * 1000 *                                                                                   \
     1000) /* of one partition, at 24 bytes in a table that is at most three quarters full */
#define FIRST_ROOM 4096

typedef struct {
    uint64_t low, high;
    int64_t offset; /* + 1; 0: free */
} KeyPlace;

struct KeyIndex {
    KeyPlace *places;
    size_t room, count; /* room is a power of two */
};

static void
index_free(KeyIndex *index)
{
    if (index == NULL)
        return;
    g_free(index->places);
    g_free(index);
}

static KeyPlace *
find(const KeyIndex *index, XXH128_hash_t hash)
{
    for (size_t at = hash.low64 & (index->room - 1);; at = (at + 1) & (index->room - 1)) {
        KeyPlace *place = &index->places[at];
        if (place->offset == 0 || (place->low == hash.low64 && place->high == hash.high64))
            return place;
    }
}

static void
grow(KeyIndex *index)
{
    KeyIndex larger = {.room = index->room > 0 ? index->room * 2 : FIRST_ROOM};
    larger.places = g_new0(KeyPlace, larger.room);
    for (size_t i = 0; i < index->room; i++)
        if (index->places[i].offset > 0)
            *find(&larger, (XXH128_hash_t){index->places[i].low, index->places[i].high}) =
                index->places[i];
    g_free(index->places);
    index->places = larger.places;
    index->room = larger.room;
}

static XXH128_hash_t
hash_key(const rd_kafka_message_t *record)
{
    return XXH3_128bits(record->key, record->key_len);
}

/* A record without a key is a row of its own. */
static void
note_key(KeyIndex *index, const rd_kafka_message_t *record)
{
    if (record->key == NULL)
        return;
    if (4 * (index->count + 1) > 3 * index->room)
        grow(index);
    XXH128_hash_t hash = hash_key(record);
    KeyPlace *place = find(index, hash);
    index->count += place->offset == 0;
    *place = (KeyPlace){hash.low64, hash.high64, record->offset + 1};
}

static bool
is_last(const KeyIndex *index, const rd_kafka_message_t *record)
{
    return record->key == NULL || index->room == 0 ||
           find(index, hash_key(record))->offset <= record->offset + 1;
}

static bool
make_index(KafkaConn *conn, const char *topic, int32_t partition, int64_t from, int64_t end,
           KeyIndex **ret, GError **error)
{
    size_t most = (size_t) json_get_int(conn->settings, "keys_max", KEYS_MAX);
    __attribute__((cleanup(record_reader_clear))) RecordReader reader = {0};
    const rd_kafka_message_t *record = NULL;
    KeyIndex *index = g_new0(KeyIndex, 1);
    bool done = record_reader_begin(conn, topic, partition, from, end, &reader, error);
    for (int64_t i = 0; done; i++) {
        done = (i % BATCH_ROWS_MAX != 0 || kafka_tick(conn, -1, error)) &&
               record_reader_next(&reader, &record, error);
        if (!done || record == NULL)
            break;
        note_key(index, record);
        if (index->count > most)
            done =
                fail(error, ERR_TOO_LARGE,
                     "partition %d of '%s' has more than %zu keys, for which its last records are "
                     "looked for in memory: "
                     "raise `keys_max` of the store (32 bytes each), or read it with `rows: all`",
                     partition, topic, most);
    }
    if (done)
        *ret = index;
    else
        index_free(index);
    return done;
}

bool
kafka_rows_begin(KafkaConn *conn, const KafkaObject *object, int32_t partition, int64_t from,
                 int64_t to, int64_t end, bool wants_tombstones, RowReader *ret, GError **error)
{
    *ret = (RowReader){.wants_tombstones = wants_tombstones || !object->is_latest};
    return (!object->is_latest ||
            make_index(conn, object->topic, partition, from, end, &ret->index, error)) &&
           record_reader_begin(conn, object->topic, partition, from, to, &ret->reader, error);
}

bool
kafka_rows_next(RowReader *reader, const rd_kafka_message_t **ret, GError **error)
{
    do {
        if (!record_reader_next(&reader->reader, ret, error))
            return false;
    } while (*ret != NULL && ((reader->index != NULL && !is_last(reader->index, *ret)) ||
                              ((*ret)->payload == NULL && !reader->wants_tombstones)));
    return true;
}

void
kafka_rows_clear(RowReader *reader)
{
    record_reader_clear(&reader->reader);
    index_free(reader->index);
    reader->index = NULL;
}

/* --- where a topic begins --- */

/* `from`: "0:1200,1:77" are offsets, else a moment. */
static bool
read_offsets(const KafkaObject *object, GArray *extents, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(object->from, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        char *end = NULL;
        guint64 partition = g_ascii_strtoull(*part, &end, 10);
        gint64 offset = *end == ':' ? g_ascii_strtoll(end + 1, &end, 10) : -1;
        if (*end != '\0' || offset < 0 || partition >= extents->len)
            return fail(error, ERR_INVALID,
                        "`from` of '%s' is '%s', expected a moment (2026-01-31 12:00:00) or "
                        "PARTITION:OFFSET, … with "
                        "partitions below %u",
                        object->name, object->from, extents->len);
        Extent *extent = &g_array_index(extents, Extent, partition);
        extent->begin = MAX(extent->begin, offset);
    }
    return true;
}

static bool
find_moment(KafkaConn *conn, const KafkaObject *object, int64_t moment_ms, GArray *extents,
            GError **error)
{
    rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new((int) extents->len);
    for (guint i = 0; i < extents->len; i++)
        rd_kafka_topic_partition_list_add(wanted, object->topic, (int32_t) i)->offset = moment_ms;
    bool done = kafka_offsets_at(conn, conn->look, wanted, "looking for a moment", error);
    for (int i = 0; done && i < wanted->cnt; i++) {
        Extent *extent = &g_array_index(extents, Extent, wanted->elems[i].partition);
        extent->begin =
            wanted->elems[i].offset < 0 ? extent->end : MAX(extent->begin, wanted->elems[i].offset);
    }
    rd_kafka_topic_partition_list_destroy(wanted);
    return done;
}

bool
kafka_object_extents(KafkaConn *conn, const KafkaObject *object, GArray **ret, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    if (!kafka_extents(conn, object->topic, &extents, error))
        return false;
    if (object->from != NULL) {
        g_autoptr(GString) scratch = g_string_new(NULL);
        Value text = {.type = TYPE_TEXT, .s = {object->from, strlen(object->from)}}, moment;
        bool is_moment = value_cast(&text, TYPE_TIMESTAMP, NULL, scratch, &moment, NULL);
        if (is_moment ? !find_moment(conn, object, moment.i / 1000, extents, error)
                      : !read_offsets(object, extents, error))
            return false;
    }
    *ret = g_steal_pointer(&extents);
    return true;
}

bool
kafka_count_rows(KafkaConn *conn, const KafkaObject *object, int64_t *ret, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    int64_t rows = 0;
    if (!kafka_object_extents(conn, object, &extents, error))
        return false;
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);
        __attribute__((cleanup(kafka_rows_clear))) RowReader reader = {0};
        const rd_kafka_message_t *record = NULL;
        if (!kafka_rows_begin(conn, object, (int32_t) i, extent->begin, extent->end, extent->end,
                              false, &reader, error))
            return false;
        for (;; rows++) {
            if ((rows % BATCH_ROWS_MAX == 0 && !kafka_tick(conn, -1, error)) ||
                !kafka_rows_next(&reader, &record, error))
                return false;
            if (record == NULL)
                break;
        }
    }
    *ret = rows;
    return true;
}
