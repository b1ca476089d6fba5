/*
 * encode.c - rows as records.
 *
 * The value is a JSON object, or an Avro record behind the number of its schema. The key is the text of its only column, or a
 * JSON object of several, or Avro; columns that are called kafka_… are the record's own parts, so that records of one topic stay
 * what they were in another.
 */
#include "driver/kafka/kafka.h"
#include "driver/kafka/registry.h"
#include "driver/ndjson/writer.h"

#include <string.h>

static bool
is_in_value(const char *column, void *data)
{
    return kafka_meta_of(column) == META_KINDS;
}

/* --- columns --- */

/* Has the schema a field for each column of the value? What it has beside, is written as NULL where it may be. */
static bool
covers(const KafkaObject *object, const AvroSchema *avro)
{
    g_autoptr(Schema) fields = schema_new("");
    avro_schema_columns(avro, fields);
    for (size_t i = 0; i < schema_count(object->schema); i++) {
        const char *name = schema_column(object->schema, i)->name;
        if (is_in_value(name, NULL) && schema_find(fields, name, NULL) == NULL)
            return false;
    }
    return true;
}

/* NULL: the topic has none. */
static bool
find_newest(KafkaConn *conn, const char *topic, RecordPart part, int32_t *ret_id,
            const AvroSchema **ret, GError **error)
{
    g_autoptr(GError) none = NULL;
    *ret = NULL;
    if (kafka_registry_newest(conn, topic, part, ret_id, ret, &none) ||
        error_is(none, ERR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&none));
    return false;
}

/* One of ours, which the registry hears of only if records are written. */
static bool
take_schema(KafkaConn *conn, KafkaEncoder *encoder, RecordPart part, const char *text,
            int32_t *ret_id, const AvroSchema **ret, GError **error)
{
    AvroSchema **own = &encoder->own[part == PART_KEY];
    if (!encoder->only_looks)
        return kafka_registry_put(conn, encoder->object->topic, part, text, ret_id, ret, error);
    if (!avro_schema_parse(text, strlen(text), own, error))
        return false;
    *ret = *own;
    return true;
}

/* The topic's newest schema where that has all columns, else one of ours. */
static bool
find_avro(KafkaConn *conn, KafkaEncoder *encoder, GError **error)
{
    const KafkaObject *object = encoder->object;
    g_autofree char *text = NULL;
    if (object->form == VALUE_JSON)
        return true;
    if (!find_newest(conn, object->topic, PART_VALUE, &encoder->schema_id, &encoder->avro, error))
        return false;
    if (encoder->avro != NULL && covers(object, encoder->avro))
        return true;
    return avro_schema_text(object->schema, object->topic, is_in_value, NULL, &text, error) &&
           take_schema(conn, encoder, PART_VALUE, text, &encoder->schema_id, &encoder->avro,
                       error) &&
           (covers(object, encoder->avro) ||
            fail(error, ERR_INVALID, "'%s' has a column that is another's record in Avro",
                 object->name));
}

/* Has it a field for each column of the key, and no other? One column may be one value alone. */
static bool
fits_key(const KafkaObject *object, const AvroSchema *avro)
{
    g_autoptr(Schema) fields = schema_new("");
    avro_schema_columns(avro, fields);
    bool fits = schema_count(fields) == object->key->len;
    for (guint i = 0; fits && avro_schema_is_record(avro) && i < object->key->len; i++)
        fits = schema_find(fields, object->key->pdata[i], NULL) != NULL;
    return fits;
}

/* Of one column its value alone, of several a record. */
static bool
make_key_schema(const KafkaObject *object, char **ret, GError **error)
{
    g_autoptr(Schema) columns = schema_new("");
    g_autofree char *name = g_strconcat(object->topic, "_key", NULL);
    for (guint i = 0; i < object->key->len; i++) {
        const Column *column = schema_find(object->schema, object->key->pdata[i], NULL);
        schema_add(columns, column->name, column->type, "", false);
    }
    if (object->key->len > 1)
        return avro_schema_text(columns, name, is_in_value, NULL, ret, error);
    *ret = avro_value_schema_text(schema_column(columns, 0));
    return true;
}

/* A key that is written by another schema is another key: so the newest one is taken as it is, or nothing is written. */
static bool
find_key_avro(KafkaConn *conn, KafkaEncoder *encoder, GError **error)
{
    const KafkaObject *object = encoder->object;
    g_autofree char *text = NULL;
    if (object->key_form == KEY_TEXT || object->key->len == 0)
        return true;
    if (!find_newest(conn, object->topic, PART_KEY, &encoder->key_schema_id, &encoder->key_avro,
                     error))
        return false;
    if (encoder->key_avro != NULL)
        return fits_key(object, encoder->key_avro) ||
               fail(error, ERR_INVALID,
                    "the schema of the keys of '%s' has other fields than the columns of its key",
                    object->topic);
    return make_key_schema(object, &text, error) &&
           take_schema(conn, encoder, PART_KEY, text, &encoder->key_schema_id, &encoder->key_avro,
                       error);
}

static bool
check_columns(const KafkaObject *object, const Schema *batch, GError **error)
{
    for (size_t i = 0; i < schema_count(batch); i++) {
        const Column *column = schema_column(batch, i);
        const Column *found = schema_find(object->schema, column->name, NULL);
        if (found == NULL || found->type != column->type)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s' of type %s", object->name,
                        column->name, column_type_name(column->type));
    }
    return true;
}

/* What is packed may be smaller than it looks: the broker says. */
static bool
find_limits(KafkaConn *conn, KafkaEncoder *encoder, GError **error)
{
    const char *packing = json_get_string(conn->settings, "compression", "none");
    if (!kafka_batch_bytes_max(conn, encoder->object->topic, &encoder->batch_bytes_max, error))
        return false;
    encoder->record_bytes_max =
        strcmp(packing, "none") == 0
            ? MIN(encoder->batch_bytes_max - KAFKA_FRAME_BYTES, KAFKA_RECORD_BYTES_MAX)
            : KAFKA_RECORD_BYTES_MAX;
    return true;
}

static bool
encoder_init(KafkaConn *conn, KafkaEncoder *encoder, const KafkaObject *object, const Schema *batch,
             bool only_looks, GError **error)
{
    size_t count = schema_count(object->schema);
    *encoder = (KafkaEncoder){.object = object,
                              .only_looks = only_looks,
                              .count = count,
                              .columns = g_new0(size_t, count),
                              .key_columns = g_new0(size_t, object->key->len),
                              .metas = g_new0(MetaKind, count),
                              .names = g_new0(GString *, count),
                              .key = g_string_new(NULL),
                              .value = g_string_new(NULL),
                              .scratch = g_string_new(NULL)};
    for (size_t i = 0; i < count; i++) {
        const char *name = schema_column(object->schema, i)->name;
        encoder->names[i] = g_string_new(NULL);
        json_append_text(name, strlen(name), encoder->names[i]);
        g_string_append_c(encoder->names[i], ':');
        encoder->metas[i] = kafka_meta_of(name);
        if (schema_find(batch, name, &encoder->columns[i]) == NULL)
            encoder->columns[i] = SIZE_MAX;
    }
    for (guint i = 0; i < object->key->len; i++)
        schema_find(object->schema, object->key->pdata[i], &encoder->key_columns[i]);
    if (check_columns(object, batch, error) && find_limits(conn, encoder, error) &&
        find_avro(conn, encoder, error) && find_key_avro(conn, encoder, error))
        return true;
    kafka_encoder_clear(encoder);
    return false;
}

bool
kafka_encoder_init(KafkaConn *conn, KafkaEncoder *encoder, const KafkaObject *object,
                   const Schema *batch, GError **error)
{
    return encoder_init(conn, encoder, object, batch, false, error);
}

bool
kafka_encoder_look(KafkaConn *conn, KafkaEncoder *encoder, const KafkaObject *object,
                   const Schema *batch, GError **error)
{
    return encoder_init(conn, encoder, object, batch, true, error);
}

void
kafka_encoder_clear(KafkaEncoder *encoder)
{
    if (encoder->value == NULL)
        return;
    for (size_t i = 0; i < encoder->count; i++)
        g_string_free(encoder->names[i], TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(encoder->own); i++)
        if (encoder->own[i] != NULL)
            avro_schema_free(encoder->own[i]);
    g_free(encoder->names);
    g_free(encoder->columns);
    g_free(encoder->key_columns);
    g_free(encoder->metas);
    g_string_free(encoder->key, TRUE);
    g_string_free(encoder->value, TRUE);
    g_string_free(encoder->scratch, TRUE);
    *encoder = (KafkaEncoder){0};
}

static Value
value_at(const KafkaEncoder *encoder, size_t column, const Batch *batch, size_t row)
{
    return encoder->columns[column] != SIZE_MAX ? batch_value(batch, encoder->columns[column], row)
                                                : (Value){.is_null = true};
}

/* --- values in Avro, of keys as well --- */

typedef struct {
    const KafkaEncoder *encoder;
    const Batch *batch;
    size_t row;
} RowAt;

/* One value alone has no name: it is the key's only column. */
static bool
value_of_field(const char *field, Value *ret, void *data)
{
    const RowAt *at = data;
    const KafkaObject *object = at->encoder->object;
    size_t column = 0;
    if (schema_find(object->schema, *field != '\0' ? field : object->key->pdata[0], &column) ==
        NULL)
        return false;
    *ret = value_at(at->encoder, column, at->batch, at->row);
    return true;
}

/* Behind the number of its schema. */
static bool
append_avro(const KafkaEncoder *encoder, const AvroSchema *avro, int32_t schema_id,
            const Batch *batch, size_t row, GString *to, char **ret_reason)
{
    RowAt at = {encoder, batch, row};
    uint32_t id = GUINT32_TO_BE((uint32_t) schema_id);
    g_string_truncate(to, 0);
    g_string_append_c(to, 0);
    g_string_append_len(to, (const char *) &id, sizeof id);
    return avro_encode(avro, value_of_field, &at, to, ret_reason);
}

/* --- keys --- */

static char *
fail_null_key(const char *column)
{
    return g_strdup_printf("'%s' must not be NULL: it is part of the key", column);
}

static bool
encode_avro_key(KafkaEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    const KafkaObject *object = encoder->object;
    for (guint i = 0; i < object->key->len; i++) {
        if (value_at(encoder, encoder->key_columns[i], batch, row).is_null) {
            *ret_reason = fail_null_key(object->key->pdata[i]);
            return false;
        }
    }
    return append_avro(encoder, encoder->key_avro, encoder->key_schema_id, batch, row, encoder->key,
                       ret_reason);
}

static bool
encode_key(KafkaEncoder *encoder, const Batch *batch, size_t row, RecordParts *parts,
           char **ret_reason)
{
    const KafkaObject *object = encoder->object;
    bool is_one = object->key->len == 1;
    parts->has_key = object->key->len > 0;
    if (encoder->key_avro != NULL)
        return encode_avro_key(encoder, batch, row, ret_reason);
    g_string_assign(encoder->key, is_one || object->key->len == 0 ? "" : "{");
    for (guint i = 0; i < object->key->len; i++) {
        size_t at = encoder->key_columns[i];
        const char *name = object->key->pdata[i];
        Value value = value_at(encoder, at, batch, row);
        if (value.is_null) {
            *ret_reason = fail_null_key(name);
            return false;
        }
        if (is_one) {
            value_append_text(&value, encoder->key);
            return true;
        }
        g_string_truncate(encoder->scratch, 0);
        value_append_text(&value, encoder->scratch);
        *ret_reason = text_unwritable(encoder->scratch->str, encoder->scratch->len);
        if (*ret_reason != NULL)
            return false;
        g_string_append(encoder->key, i > 0 ? "," : "");
        g_string_append_len(encoder->key, encoder->names[at]->str,
                            (gssize) encoder->names[at]->len);
        json_append_text(encoder->scratch->str, encoder->scratch->len, encoder->key);
    }
    if (parts->has_key)
        g_string_append_c(encoder->key, '}');
    return true;
}

/* --- the record's own parts --- */

static bool
append_hex(const char *hex, GString *to)
{
    for (; hex[0] != '\0'; hex += 2) {
        int high = g_ascii_xdigit_value(hex[0]),
            low = high >= 0 ? g_ascii_xdigit_value(hex[1]) : -1;
        if (low < 0)
            return false;
        g_string_append_c(to, (char) (high << 4 | low));
    }
    return true;
}

static bool
add_header(rd_kafka_headers_t *headers, const json_t *header, GString *scratch)
{
    const json_t *name = json_array_get(header, 0), *value = json_array_get(header, 1);
    const char *hex = json_get_string(value, "hex", NULL);
    g_string_truncate(scratch, 0);
    if (json_is_string(value))
        g_string_append_len(scratch, json_string_value(value), (gssize) json_string_length(value));
    else if (!json_is_null(value) && (hex == NULL || !append_hex(hex, scratch)))
        return false;
    return json_array_size(header) == 2 && json_is_string(name) &&
           rd_kafka_header_add(headers, json_string_value(name), -1,
                               json_is_null(value) ? NULL : scratch->str,
                               (ssize_t) scratch->len) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool
read_headers(KafkaEncoder *encoder, const Value *text, RecordParts *parts, char **ret_reason)
{
    g_autoptr(json_t) list = json_loadb(text->s.data, text->s.bytes, JSON_ALLOW_NUL, NULL);
    bool is_good = json_is_array(list);
    parts->headers = rd_kafka_headers_new(json_array_size(list));
    for (size_t i = 0; is_good && i < json_array_size(list); i++)
        is_good = add_header(parts->headers, json_array_get(list, i), encoder->scratch);
    if (!is_good)
        *ret_reason = g_strdup("headers are [[\"name\", \"value\"], …], with values as texts, null "
                               "or {\"hex\": \"…\"}");
    return is_good;
}

/* A row may have it as another type, a file's timestamp as a text: as long as the very same comes back. */
static bool
cast_meta(KafkaEncoder *encoder, MetaKind kind, Value *value, char **ret_reason)
{
    ColumnType type = kafka_meta_types[kind], was = value->type;
    g_autoptr(GString) before = g_string_new(NULL), again = g_string_new(NULL);
    Value cast, back;
    if (kind == META_KEY || was == type)
        return true;
    value_append_text(value, before);
    if (!value_cast(value, type, NULL, encoder->scratch, &cast, ret_reason))
        return false;
    *value = cast;
    bool is_same = value_cast(&cast, was, NULL, again, &back, NULL);
    if (is_same) {
        g_autoptr(GString) after = g_string_new(NULL);
        value_append_text(&back, after);
        is_same = g_string_equal(before, after);
    }
    if (!is_same)
        *ret_reason = g_strdup_printf("'%s' would not come back as it is from a record's %s",
                                      before->str, column_type_name(type));
    return is_same;
}

static bool
take_meta(KafkaEncoder *encoder, MetaKind kind, const Value *value, RecordParts *parts,
          char **ret_reason)
{
    switch (kind) {
    case META_KEY:
        parts->has_key = true;
        g_string_truncate(encoder->key, 0);
        value_append_text(value, encoder->key);
        return true;
    case META_TIMESTAMP:
        parts->timestamp_ms = value->i / 1000;
        if (value->i % 1000 != 0 || value->i <= 0)
            *ret_reason = g_strdup("a record's time is a whole millisecond after 1970");
        return *ret_reason == NULL;
    case META_HEADERS:
        return read_headers(encoder, value, parts, ret_reason);
    case META_TOMBSTONE:
        parts->is_tombstone = value->i != 0;
        return true;
    case META_PARTITION:
        parts->partition = (int32_t) CLAMP(value->i, 0, INT32_MAX);
        return true;
    case META_OFFSET:
    case META_KINDS:
        break;
    }
    *ret_reason = g_strdup("a topic numbers its records by itself");
    return false;
}

/* What the broker or its client says of a record for which nobody did. */
static bool
has_always(MetaKind kind)
{
    return kind == META_TIMESTAMP || kind == META_TOMBSTONE || kind == META_PARTITION;
}

static bool
take_metas(KafkaEncoder *encoder, const Batch *batch, size_t row, RecordParts *parts,
           char **ret_reason)
{
    for (size_t i = 0; i < encoder->count; i++) {
        if (encoder->metas[i] == META_KINDS)
            continue;
        Value value = value_at(encoder, i, batch, row);
        if (value.is_null && encoder->columns[i] != SIZE_MAX && has_always(encoder->metas[i])) {
            *ret_reason = g_strdup_printf("%s: NULL would not come back: a record always has one",
                                          kafka_meta_names[encoder->metas[i]]);
            return false;
        }
        if (!value.is_null && !cast_meta(encoder, encoder->metas[i], &value, ret_reason)) {
            g_autofree char *why = g_steal_pointer(ret_reason);
            *ret_reason = g_strdup_printf("%s: %s", kafka_meta_names[encoder->metas[i]], why);
            return false;
        }
        if (!value.is_null && !take_meta(encoder, encoder->metas[i], &value, parts, ret_reason))
            return false;
    }
    if (parts->is_tombstone && !parts->has_key)
        *ret_reason = g_strdup("a tombstone without a key says nothing");
    return *ret_reason == NULL;
}

/* --- values --- */

static bool
encode_json(KafkaEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    GString *json = encoder->value;
    g_string_assign(json, "{");
    for (size_t i = 0; i < encoder->count; i++) {
        if (encoder->metas[i] != META_KINDS)
            continue;
        Value value = value_at(encoder, i, batch, row);
        if (json->len > 1)
            g_string_append_c(json, ',');
        g_string_append_len(json, encoder->names[i]->str, (gssize) encoder->names[i]->len);
        if (value.is_null) {
            g_string_append(json, "null");
            continue;
        }
        g_autofree char *problem = json_append_value(&value, encoder->scratch, json);
        if (problem == NULL)
            continue;
        *ret_reason = g_strdup_printf("column '%s': %s",
                                      schema_column(encoder->object->schema, i)->name, problem);
        return false;
    }
    g_string_append_c(json, '}');
    return true;
}

static bool
is_complete(const KafkaEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    for (size_t i = 0; i < encoder->count; i++) {
        const Column *column = schema_column(encoder->object->schema, i);
        if (column->is_nullable || !value_at(encoder, i, batch, row).is_null)
            continue;
        *ret_reason = g_strdup_printf("'%s' must not be NULL", column->name);
        return false;
    }
    return true;
}

bool
kafka_encode_key(KafkaEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    RecordParts parts = {0};
    *ret_reason = NULL;
    if (!encode_key(encoder, batch, row, &parts, ret_reason))
        return false;
    for (size_t i = 0; i < encoder->count && !parts.has_key; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (encoder->metas[i] != META_KEY || value.is_null)
            continue;
        parts.has_key = true;
        value_append_text(&value, encoder->key);
    }
    if (!parts.has_key)
        *ret_reason = g_strdup("it has no key");
    return parts.has_key;
}

static bool
is_small_enough(const KafkaEncoder *encoder, const RecordParts *parts, char **ret_reason)
{
    size_t bytes =
        (parts->has_key ? encoder->key->len : 0) + (parts->is_tombstone ? 0 : encoder->value->len);
    if ((int64_t) bytes <= encoder->record_bytes_max)
        return true;
    *ret_reason = g_strdup_printf("the record has %zu bytes, at most %" G_GINT64_FORMAT, bytes,
                                  MAX(encoder->record_bytes_max, 0));
    return false;
}

bool
kafka_encode(KafkaEncoder *encoder, const Batch *batch, size_t row, RecordParts *ret,
             char **ret_reason)
{
    *ret = (RecordParts){.partition = -1};
    *ret_reason = NULL;
    bool is_good =
        encode_key(encoder, batch, row, ret, ret_reason) &&
        take_metas(encoder, batch, row, ret, ret_reason) &&
        (ret->is_tombstone ||
         (is_complete(encoder, batch, row, ret_reason) &&
          (encoder->avro != NULL ? append_avro(encoder, encoder->avro, encoder->schema_id, batch,
                                               row, encoder->value, ret_reason)
                                 : encode_json(encoder, batch, row, ret_reason)))) &&
        is_small_enough(encoder, ret, ret_reason);
    if (!is_good && ret->headers != NULL)
        rd_kafka_headers_destroy(ret->headers);
    return is_good;
}
