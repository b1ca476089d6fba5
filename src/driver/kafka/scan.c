/*
 * scan.c - reading: a range is a stretch of offsets of one partition, as of the moment when the topic was divided.
 *
 * What is written later is not part of it. By itself a partition is one range, so that its records reach a topic in the
 * order in which they came; with `ranges: offsets` it is divided, for targets where order is of no matter.
 * Rows are numbered by their offsets, through all partitions.
 */
#include "driver/kafka/kafka.h"

#include "base/limits.h"

#include <string.h>

typedef struct {
    int32_t partition;
    int64_t begin, stop,
        end; /* rows in [begin, stop); what is the last record of a key, those up to `end` say */
    int64_t row; /* number of the row at `begin` */
} Stretch;

typedef struct {
    Scan base;
    KafkaConn *conn;
    KafkaObject *object;
    GArray *stretches; /* Stretch */
    guint at;          /* the one being read, + 1 */
    RowReader reader;
    RecordValue value;
    size_t column_count;
    size_t *wanted;    /* place in the batch of each column of the object, + 1 */
    ColumnType *types; /* wanted of each column of the object */
    MetaKind *metas;   /* of each; META_KINDS: a member of the value */
    bool *filled;
    bool wants_tombstones;
    GString *scratch, *headers;
    RecordKey key;       /* of Avro, of the record at hand … */
    bool wants_avro_key; /* … where one of its columns is asked for */
} KafkaScan;

static void
kafka_scan_close(Scan *base)
{
    KafkaScan *scan = (KafkaScan *) base;
    kafka_rows_clear(&scan->reader);
    record_value_clear(&scan->value);
    kafka_object_free(scan->object);
    g_array_unref(scan->stretches);
    g_string_free(scan->scratch, TRUE);
    g_string_free(scan->headers, TRUE);
    g_array_unref(scan->key.members);
    g_string_free(scan->key.text, TRUE);
    g_free(scan->wanted);
    g_free(scan->types);
    g_free(scan->metas);
    g_free(scan->filled);
    g_free(scan);
}

/* --- ranges --- */

static json_t *
position(const Stretch *stretch, int64_t offset)
{
    return json_sprintf("%d:%" G_GINT64_FORMAT, stretch->partition, offset);
}

static void
add_range(json_t *ranges, const Stretch *stretch)
{
    json_t *range = json_object();
    json_object_set_new(range, "from", position(stretch, stretch->begin));
    json_object_set_new(range, "to", position(stretch, stretch->stop));
    json_set_int(range, "partition", stretch->partition);
    json_set_int(range, "begin", stretch->begin);
    json_set_int(range, "stop", stretch->stop);
    json_set_int(range, "end", stretch->end);
    json_set_int(range, "row", stretch->row);
    json_set_int(range, "rows", stretch->stop - stretch->begin);
    json_array_append_new(ranges, range);
}

static void
divide(json_t *ranges, const Stretch *whole, int64_t rows)
{
    for (int64_t begin = whole->begin; begin < whole->end;) {
        Stretch part = *whole;
        part.begin = begin;
        part.stop = whole->end - begin > rows ? begin + rows : whole->end;
        part.row = whole->row + begin - whole->begin;
        add_range(ranges, &part);
        begin = part.stop;
    }
}

static bool
stretches_of(KafkaConn *conn, const KafkaObject *object, GArray *stretches, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    int64_t row = 1;
    if (!kafka_object_extents(conn, object, &extents, error))
        return false;
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);
        Stretch stretch = {(int32_t) i, extent->begin, extent->end, extent->end, row};
        g_array_append_val(stretches, stretch);
        row += MAX(extent->end - extent->begin, 0);
    }
    return true;
}

static bool
kafka_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges,
            GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    g_autoptr(GArray) stretches = g_array_new(FALSE, FALSE, sizeof(Stretch));
    if (!kafka_object_need(conn, name, &object, error) ||
        !stretches_of(conn, object, stretches, error))
        return false;
    bool is_divided =
        strcmp(kafka_topic_setting(conn, name, "ranges", "partition"), "offsets") == 0;
    json_t *ranges = json_array();
    for (guint i = 0; i < stretches->len; i++)
        divide(ranges, &g_array_index(stretches, Stretch, i), is_divided ? size->rows : INT64_MAX);
    size_t count = json_array_size(ranges);
    if (count == 0) {
        json_array_append_new(ranges, json_pack("{sn sn si}", "from", "to", "rows", 0));
    } else {
        json_object_set_new(json_array_get(ranges, 0), "from", json_null());
        json_object_set_new(json_array_get(ranges, count - 1), "to", json_null());
    }
    *ret_ranges = ranges;
    return true;
}

static bool
kafka_count(Conn *base, const char *name, const char *where, int64_t *ret_rows, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    g_assert(where == NULL); /* has_sql is not set */
    return kafka_object_need(conn, name, &object, error) &&
           kafka_count_rows(conn, object, ret_rows, error);
}

static bool
is_open(const json_t *position)
{
    return position == NULL || json_is_null(position);
}

static bool
read_range(KafkaScan *scan, const json_t *range, GError **error)
{
    Stretch one = {(int32_t) json_get_int(range, "partition", -1), json_get_int(range, "begin", 0),
                   json_get_int(range, "stop", 0), json_get_int(range, "end", 0),
                   json_get_int(range, "row", 1)};
    if (one.partition >= 0) {
        g_array_append_val(scan->stretches, one);
        return true;
    }
    if (!is_open(json_object_get(range, "from")) || !is_open(json_object_get(range, "to")))
        return fail(error, ERR_INVALID,
                    "a position in '%s' is a partition and an offset, in a range that its topic "
                    "was divided into",
                    scan->object->name);
    if (range != NULL && json_object_get(range, "rows") != NULL)
        return true; /* there was nothing when it was divided */
    return stretches_of(scan->conn, scan->object, scan->stretches, error);
}

/* --- columns --- */

static bool
find_columns(KafkaScan *scan, const ScanSpec *spec, GError **error)
{
    const Schema *schema = scan->object->schema,
                 *output = spec->output != NULL ? spec->output : schema;
    scan->column_count = schema_count(schema);
    scan->wanted = g_new0(size_t, scan->column_count);
    scan->types = g_new0(ColumnType, scan->column_count);
    scan->metas = g_new0(MetaKind, scan->column_count);
    scan->filled = g_new0(bool, scan->column_count);
    for (size_t i = 0; i < scan->column_count; i++)
        scan->metas[i] = kafka_meta_of(schema_column(schema, i)->name);
    for (size_t i = 0; i < schema_count(output); i++) {
        const Column *wanted = schema_column(output, i);
        const char *name = spec->items != NULL ? spec->items[i].name : wanted->name;
        size_t at = 0;
        if (schema_find(schema, name, &at) == NULL)
            return fail(error, ERR_DRIFT, "there is no column '%s'", name);
        if (scan->wanted[at] != 0)
            return fail(error, ERR_INVALID, "column '%s' is asked for twice", name);
        scan->wanted[at] = i + 1;
        scan->types[at] = wanted->type;
        scan->wants_tombstones = scan->wants_tombstones || scan->metas[at] == META_TOMBSTONE;
        scan->wants_avro_key = scan->wants_avro_key || (scan->object->key_form == KEY_AVRO &&
                                                        kafka_object_is_key(scan->object, name));
    }
    return true;
}

/* Records may have shown others meanwhile. */
static bool
know_columns(KafkaConn *conn, KafkaObject *object, const Schema *known, GError **error)
{
    if (object->schema == NULL && known != NULL)
        object->schema = schema_copy(known);
    return kafka_object_look(conn, object, error);
}

static bool
kafka_scan_open(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    KafkaScan *scan = g_new0(KafkaScan, 1);
    scan->conn = kafka_conn(base);
    scan->stretches = g_array_new(FALSE, FALSE, sizeof(Stretch));
    scan->scratch = g_string_new(NULL);
    scan->headers = g_string_new(NULL);
    scan->key = (RecordKey){g_array_new(FALSE, FALSE, sizeof(JsonMember)), g_string_new(NULL)};
    record_value_init(&scan->value);
    if (kafka_object_need(scan->conn, spec->object, &scan->object, error) &&
        know_columns(scan->conn, scan->object, spec->known, error) &&
        find_columns(scan, spec, error) && read_range(scan, spec->range, error)) {
        *ret = &scan->base;
        return true;
    }
    kafka_scan_close(&scan->base);
    return false;
}

/* --- cells --- */

typedef struct {
    const char *column;
    char *reason;
} Refusal;

static bool
refuse(Refusal *refusal, const char *column, char *reason)
{
    refusal->column = column;
    refusal->reason = reason;
    return false;
}

static bool
put_text(KafkaScan *scan, size_t column, const char *text, size_t bytes, JsonKind kind,
         Batch *batch, Refusal *refusal)
{
    const char *name = schema_column(scan->object->schema, column)->name;
    size_t at = scan->wanted[column] - 1;
    ColumnType type = scan->types[column];
    Value value;
    char *reason = NULL;
    scan->filled[column] = true;
    if (bytes > CELL_BYTES_MAX)
        return refuse(refusal, name, g_strdup_printf("it has more than %d bytes", CELL_BYTES_MAX));
    if (type == TYPE_BYTES) {
        batch_put_bytes(batch, at, text, bytes);
        return true;
    }
    if (!json_cast(kind, text, bytes, type, scan->scratch, &value, &reason))
        return refuse(refusal, name, reason);
    batch_put_value(batch, at, &value);
    return true;
}

static bool
put_value(KafkaScan *scan, size_t column, const Value *given, Batch *batch, Refusal *refusal)
{
    Value value;
    char *reason = NULL;
    if (!value_cast(given, scan->types[column], NULL, scan->scratch, &value, &reason))
        return refuse(refusal, schema_column(scan->object->schema, column)->name, reason);
    batch_put_value(batch, scan->wanted[column] - 1, &value);
    return true;
}

static size_t
find_member(const KafkaScan *scan, const char *name, size_t bytes, size_t hint)
{
    const Schema *schema = scan->object->schema;
    for (size_t i = 0; i < scan->column_count; i++) {
        size_t at = (hint + i) % scan->column_count;
        const char *column = schema_column(schema, at)->name;
        if (strncmp(column, name, bytes) == 0 && column[bytes] == '\0' &&
            scan->metas[at] == META_KINDS)
            return at;
    }
    return SIZE_MAX;
}

static bool
put_members(KafkaScan *scan, Batch *batch, Refusal *refusal)
{
    const RecordValue *value = &scan->value;
    for (guint i = 0, hint = 0; i < value->members->len; i++) {
        const JsonMember *member = &g_array_index(value->members, JsonMember, i);
        const char *name = value->text->str + member->name;
        if (member->kind == JSON_KIND_NULL) /* also of no column: it says nothing */
            continue;
        size_t column = find_member(scan, name, member->name_bytes, hint);
        if (column == SIZE_MAX)
            return refuse(
                refusal, NULL,
                g_strdup_printf(
                    "it has a member '%.*s', which is no column: say `columns` in the store's "
                    "`topics`",
                    (int) MIN(member->name_bytes, 60), name));
        hint = (guint) column + 1;
        if (scan->wanted[column] == 0)
            continue;
        if (!put_text(scan, column, value->text->str + member->text, member->text_bytes,
                      member->kind, batch, refusal))
            return false;
    }
    return true;
}

/* --- keys and the rest --- */

static bool
put_key_text(KafkaScan *scan, size_t column, const char *text, size_t bytes, Batch *batch,
             Refusal *refusal)
{
    if (scan->types[column] != TYPE_BYTES && utf8_length(text, bytes) < bytes)
        return refuse(refusal, schema_column(scan->object->schema, column)->name,
                      g_strdup("the key is no UTF-8: say that the column is of type bytes"));
    return put_text(scan, column, text, bytes, JSON_KIND_TEXT, batch, refusal);
}

/* By its name; one value alone has none. */
static bool
put_avro_key_part(KafkaScan *scan, size_t column, Batch *batch, Refusal *refusal)
{
    const char *name = schema_column(scan->object->schema, column)->name;
    const RecordKey *key = &scan->key;
    for (guint i = 0; i < key->members->len; i++) {
        const JsonMember *member = &g_array_index(key->members, JsonMember, i);
        const char *its_name = key->text->str + member->name;
        bool is_it = member->name_bytes == 0 || (strlen(name) == member->name_bytes &&
                                                 memcmp(its_name, name, member->name_bytes) == 0);
        if (is_it && member->kind != JSON_KIND_NULL)
            return put_text(scan, column, key->text->str + member->text, member->text_bytes,
                            member->kind, batch, refusal);
    }
    return refuse(refusal, name, g_strdup("neither value nor key has it"));
}

/* A key of one column is its text, one of several a JSON object; or it is of Avro. */
static bool
put_key_part(KafkaScan *scan, size_t column, const rd_kafka_message_t *record, Batch *batch,
             Refusal *refusal)
{
    const char *name = schema_column(scan->object->schema, column)->name;
    if (scan->object->key_form == KEY_AVRO)
        return put_avro_key_part(scan, column, batch, refusal);
    if (scan->object->key->len == 1)
        return put_key_text(scan, column, record->key, record->key_len, batch, refusal);
    g_autoptr(json_t) key = json_loadb(record->key, record->key_len, JSON_ALLOW_NUL, NULL);
    const json_t *part = json_object_get(key, name);
    if (!json_is_string(part))
        return refuse(refusal, name, g_strdup("neither value nor key has it"));
    return put_key_text(scan, column, json_string_value(part), json_string_length(part), batch,
                        refusal);
}

/* True: it was put, or refused; false: there is nothing. */
static bool
put_meta(KafkaScan *scan, size_t column, const rd_kafka_message_t *record, Batch *batch,
         Refusal *refusal, bool *ret_is_good)
{
    rd_kafka_timestamp_type_t clock;
    Value value = {.type = TYPE_INT};
    switch (scan->metas[column]) {
    case META_KEY:
        if (record->key == NULL)
            return false;
        *ret_is_good = put_key_text(scan, column, record->key, record->key_len, batch, refusal);
        return true;
    case META_HEADERS:
        g_string_truncate(scan->headers, 0);
        if (!kafka_headers_append(record, scan->headers))
            return false;
        *ret_is_good = put_text(scan, column, scan->headers->str, scan->headers->len,
                                JSON_KIND_TEXT, batch, refusal);
        return true;
    case META_TIMESTAMP:
        value =
            (Value){.type = TYPE_TIMESTAMP, .i = rd_kafka_message_timestamp(record, &clock) * 1000};
        if (clock == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
            return false;
        break;
    case META_TOMBSTONE:
        value = (Value){.type = TYPE_BOOL, .i = record->payload == NULL};
        break;
    case META_PARTITION:
        value.i = record->partition;
        break;
    case META_OFFSET:
        value.i = record->offset;
        break;
    case META_KINDS:
        return false;
    }
    *ret_is_good = put_value(scan, column, &value, batch, refusal);
    return true;
}

static bool
put_rest(KafkaScan *scan, const rd_kafka_message_t *record, Batch *batch, Refusal *refusal)
{
    for (size_t i = 0; i < scan->column_count; i++) {
        const Column *column = schema_column(scan->object->schema, i);
        bool is_good = true;
        if (scan->wanted[i] == 0 || scan->filled[i])
            continue;
        if (scan->metas[i] != META_KINDS) {
            if (!put_meta(scan, i, record, batch, refusal, &is_good))
                batch_put_null(batch, scan->wanted[i] - 1);
        } else if (record->key != NULL && kafka_object_is_key(scan->object, column->name)) {
            is_good = put_key_part(scan, i, record, batch, refusal);
        } else {
            batch_put_null(batch, scan->wanted[i] - 1);
        }
        if (!is_good)
            return false;
    }
    return true;
}

static bool
put_record(KafkaScan *scan, const rd_kafka_message_t *record, Batch *batch, Refusal *refusal)
{
    memset(scan->filled, 0, scan->column_count);
    if (record->payload == NULL && !scan->wants_tombstones)
        return refuse(
            refusal, NULL,
            g_strdup_printf("it is a tombstone: read the topic with `rows: latest`, or map %s",
                            kafka_meta_names[META_TOMBSTONE]));
    return put_members(scan, batch, refusal) && put_rest(scan, record, batch, refusal);
}

/* --- rows --- */

/* The next record, of whatever stretch; NULL at the end. */
static bool
next_record(KafkaScan *scan, const rd_kafka_message_t **ret, int64_t *ret_row, GError **error)
{
    for (;;) {
        *ret = NULL;
        if (scan->at > 0 && !kafka_rows_next(&scan->reader, ret, error))
            return false;
        if (*ret != NULL) {
            const Stretch *stretch = &g_array_index(scan->stretches, Stretch, scan->at - 1);
            *ret_row = stretch->row + (*ret)->offset - stretch->begin;
            return true;
        }
        if (scan->at == scan->stretches->len)
            return true;
        const Stretch *next = &g_array_index(scan->stretches, Stretch, scan->at++);
        kafka_rows_clear(&scan->reader);
        if (!kafka_rows_begin(scan->conn, scan->object, next->partition, next->begin, next->stop,
                              next->end, scan->wants_tombstones, &scan->reader, error))
            return false;
    }
}

/* Value and key of a record; false with the refusal, or with an error. */
static bool
read_record(KafkaScan *scan, const rd_kafka_message_t *record, Refusal *refusal, GError **error)
{
    bool is_good = false;
    if (!record_value_read(scan->conn, scan->object, record, &scan->value, &is_good, error))
        return false;
    if (!is_good)
        return refuse(refusal, NULL, g_strdup(scan->value.problem));
    if (!scan->wants_avro_key || record->key == NULL)
        return true;
    char *reason = NULL;
    if (!record_key_read(scan->conn, record, &scan->key, &reason, error))
        return false;
    return reason == NULL || refuse(refusal, NULL, reason);
}

static bool
kafka_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    KafkaScan *scan = (KafkaScan *) base;
    if (!kafka_tick(scan->conn, -1, error))
        return false;
    while (!batch_is_full(batch)) {
        const rd_kafka_message_t *record = NULL;
        Refusal refusal = {0};
        int64_t row = 0;
        if (!next_record(scan, &record, &row, error))
            return false;
        if (record == NULL)
            return true;
        if (read_record(scan, record, &refusal, error) &&
            put_record(scan, record, batch, &refusal)) {
            batch_commit_row(batch, row);
            continue;
        }
        if (refusal.reason == NULL)
            return false;
        g_autofree char *reason =
            g_strdup_printf("partition %d, offset %" G_GINT64_FORMAT ": %s", record->partition,
                            record->offset, refusal.reason);
        g_free(refusal.reason);
        batch_drop_row(batch);
        reject(row, SIZE_MAX, refusal.column, reason, data);
    }
    return true;
}

static const Stretch *
stretch_of_row(const KafkaScan *scan, int64_t row)
{
    for (guint i = 0; i < scan->stretches->len; i++) {
        const Stretch *stretch = &g_array_index(scan->stretches, Stretch, i);
        if (row >= stretch->row && row < stretch->row + stretch->stop - stretch->begin)
            return stretch;
    }
    return NULL;
}

/* Read again by its offset. */
static bool
kafka_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    KafkaScan *scan = (KafkaScan *) base;
    const Stretch *stretch = stretch_of_row(scan, row_id);
    __attribute__((cleanup(record_reader_clear))) RecordReader reader = {0};
    __attribute__((cleanup(record_value_clear))) RecordValue value;
    const rd_kafka_message_t *record = NULL;
    bool is_good = false;
    record_value_init(&value);
    int64_t offset = stretch != NULL ? stretch->begin + row_id - stretch->row : 0;
    if (stretch != NULL &&
        (!record_reader_begin(scan->conn, scan->object->topic, stretch->partition, offset,
                              offset + 1, &reader, error) ||
         !record_reader_next(&reader, &record, error)))
        return false;
    if (record == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no record %" G_GINT64_FORMAT, row_id);
    if (!record_value_read(scan->conn, scan->object, record, &value, &is_good, error))
        return false;
    *ret = kafka_record_json(record, &value, is_good);
    return true;
}

const ScanOps kafka_scan_ops = {
    .split = kafka_split,
    .open = kafka_scan_open,
    .next = kafka_scan_next,
    .close = kafka_scan_close,
    .record = kafka_scan_record,
    .count = kafka_count,
};
