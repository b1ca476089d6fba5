/* value.c - what a record holds: members of its value, its headers, all of it for people. */
#include "driver/kafka/kafka.h"
#include "driver/kafka/registry.h"
#include "driver/ndjson/writer.h"

#include <string.h>

#define MAGIC_BYTES 5 /* of the registry: 0, and the number of a schema */

void
record_value_init(RecordValue *value)
{
    *value = (RecordValue){0};
    json_lexer_init(&value->json, NULL, 0, 1, false);
    value->decoded = g_array_new(FALSE, FALSE, sizeof(JsonMember));
    value->scratch = g_string_new(NULL);
}

void
record_value_clear(RecordValue *value)
{
    if (value->decoded == NULL)
        return;
    json_lexer_clear(&value->json);
    g_array_unref(value->decoded);
    g_string_free(value->scratch, TRUE);
    g_free(value->problem);
}

static bool
read_json(const rd_kafka_message_t *record, RecordValue *value)
{
    json_lexer_parse(&value->json, record->payload, record->len);
    value->members = value->json.members;
    value->text = value->json.scratch;
    value->problem = g_strdup(value->json.problem);
    return value->problem == NULL;
}

/* `*ret` NULL with a reason: it does not say by which schema it was written. */
static bool
schema_of(KafkaConn *conn, const char *what, const void *data, size_t size, const AvroSchema **ret,
          char **ret_reason, GError **error)
{
    const char *bytes = data;
    uint32_t id;
    *ret = NULL;
    if (size < MAGIC_BYTES || bytes[0] != 0) {
        *ret_reason = g_strdup_printf("its %s does not begin with the number of a schema", what);
        return true;
    }
    memcpy(&id, bytes + 1, sizeof id);
    return kafka_registry_schema(conn, (int32_t) GUINT32_FROM_BE(id), ret, error);
}

static bool
read_avro(KafkaConn *conn, const rd_kafka_message_t *record, RecordValue *value, bool *ret_is_good,
          GError **error)
{
    const AvroSchema *schema = NULL;
    const char *bytes = record->payload;
    if (!schema_of(conn, "value", bytes, record->len, &schema, &value->problem, error))
        return false;
    if (schema != NULL && !avro_schema_is_record(schema))
        value->problem = g_strdup("the schema of its value is no record: it has no columns");
    *ret_is_good = value->problem == NULL &&
                   avro_decode(schema, bytes + MAGIC_BYTES, record->len - MAGIC_BYTES,
                               value->decoded, value->scratch, &value->problem);
    return true;
}

bool
record_key_read(KafkaConn *conn, const rd_kafka_message_t *record, RecordKey *key,
                char **ret_reason, GError **error)
{
    const AvroSchema *schema = NULL;
    const char *bytes = record->key;
    g_array_set_size(key->members, 0);
    g_string_truncate(key->text, 0);
    *ret_reason = NULL;
    if (!schema_of(conn, "key", bytes, record->key_len, &schema, ret_reason, error))
        return false;
    return schema == NULL ||
           avro_decode(schema, bytes + MAGIC_BYTES, record->key_len - MAGIC_BYTES, key->members,
                       key->text, ret_reason) ||
           *ret_reason != NULL;
}

bool
record_value_read(KafkaConn *conn, const KafkaObject *object, const rd_kafka_message_t *record,
                  RecordValue *value, bool *ret_is_good, GError **error)
{
    g_clear_pointer(&value->problem, g_free);
    g_array_set_size(value->decoded, 0);
    g_string_truncate(value->scratch, 0);
    value->members = value->decoded;
    value->text = value->scratch;
    *ret_is_good = record->payload == NULL;
    if (record->payload == NULL)
        return true;
    if (object->form == VALUE_AVRO)
        return read_avro(conn, record, value, ret_is_good, error);
    *ret_is_good = read_json(record, value);
    return true;
}

static void
append_text_or_hex(const char *data, size_t bytes, GString *to)
{
    if (utf8_length(data, bytes) == bytes) {
        json_append_text(data, bytes, to);
        return;
    }
    g_string_append(to, "{\"hex\":\"");
    for (size_t i = 0; i < bytes; i++)
        g_string_append_printf(to, "%02x", (unsigned char) data[i]);
    g_string_append(to, "\"}");
}

bool
kafka_headers_append(const rd_kafka_message_t *record, GString *to)
{
    rd_kafka_headers_t *headers = NULL;
    const char *name;
    const void *data;
    size_t bytes;
    if (rd_kafka_message_headers(record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    g_string_append_c(to, '[');
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &data, &bytes) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        g_string_append(to, i > 0 ? ",[" : "[");
        append_text_or_hex(name, strlen(name), to);
        g_string_append_c(to, ',');
        if (data == NULL)
            g_string_append(to, "null");
        else
            append_text_or_hex(data, bytes, to);
        g_string_append_c(to, ']');
    }
    g_string_append_c(to, ']');
    return true;
}

static json_t *
bytes_json(const char *data, size_t bytes)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_text_or_hex(data, bytes, text);
    json_t *json = json_loadb(text->str, text->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return json != NULL ? json : json_null();
}

static json_t *
member_json(const RecordValue *value, const JsonMember *member)
{
    const char *text = value->text->str + member->text;
    if (member->kind == JSON_KIND_TEXT)
        return bytes_json(text, member->text_bytes);
    json_t *json = json_loadb(text, member->text_bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return json != NULL ? json : bytes_json(text, member->text_bytes);
}

json_t *
kafka_record_json(const rd_kafka_message_t *record, const RecordValue *value, bool is_good)
{
    json_t *json = json_object();
    for (guint i = 0; is_good && i < value->members->len; i++) {
        const JsonMember *member = &g_array_index(value->members, JsonMember, i);
        g_autofree char *name = g_strndup(value->text->str + member->name, member->name_bytes);
        json_object_set_new(json, name, member_json(value, member));
    }
    if (is_good && record->payload != NULL)
        return json;
    json_object_set_new(json, "kafka_key",
                        record->key != NULL ? bytes_json(record->key, record->key_len)
                                            : json_null());
    if (record->payload != NULL)
        json_object_set_new(json, "value", bytes_json(record->payload, record->len));
    else
        json_set_bool(json, kafka_meta_names[META_TOMBSTONE], true);
    return json;
}
