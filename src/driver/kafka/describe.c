/*
 * describe.c - which columns rows have, and what all of them are.
 *
 * Where neither honk.yaml, a note of ours nor the registry says it, the first and last records of each partition are looked
 * at: members of JSON have the type that all of them have, as in files. A row with a member that none of them had is put aside.
 */
#include "driver/kafka/kafka.h"
#include "driver/kafka/registry.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

#define SAMPLE_RECORDS 1000 /* at either end of a partition */
#define SAMPLE_PARTITIONS 16
#define COLUMNS_MAX 4096

typedef struct {
    GPtrArray *names;    /* in the order in which they came */
    GHashTable *columns; /* name → what was seen */
    bool metas[META_KINDS], key_is_bytes, has_keyless;
    int64_t looked; /* records */
    bool is_sample; /* there are more */
} Sight;

static void
see_member(Sight *sight, const RecordValue *value, const JsonMember *member)
{
    char *name = g_strndup(value->text->str + member->name, member->name_bytes);
    unsigned now = json_saw(member->kind, value->text->str + member->text, member->text_bytes);
    void *known = NULL, *flags = NULL;
    if (g_hash_table_lookup_extended(sight->columns, name, &known, &flags)) {
        g_hash_table_insert(sight->columns, name, GUINT_TO_POINTER(GPOINTER_TO_UINT(flags) | now));
        return; /* the first name stays the key, this one is freed */
    }
    g_ptr_array_add(sight->names, name);
    g_hash_table_insert(sight->columns, name, GUINT_TO_POINTER(now));
}

static void
see_record(Sight *sight, const rd_kafka_message_t *record, const RecordValue *value)
{
    rd_kafka_headers_t *headers = NULL;
    sight->looked++;
    sight->metas[META_KEY] |= record->key != NULL;
    sight->has_keyless |= record->key == NULL;
    sight->metas[META_TIMESTAMP] = true;
    sight->metas[META_TOMBSTONE] |= record->payload == NULL;
    sight->metas[META_HEADERS] |=
        rd_kafka_message_headers(record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (record->key != NULL && utf8_length(record->key, record->key_len) < record->key_len)
        sight->key_is_bytes = true;
    for (guint i = 0; i < value->members->len; i++)
        see_member(sight, value, &g_array_index(value->members, JsonMember, i));
}

static bool
see_stretch(KafkaConn *conn, const KafkaObject *object, int32_t partition, int64_t from,
            int64_t end, Sight *sight, GError **error)
{
    __attribute__((cleanup(record_reader_clear))) RecordReader reader = {0};
    __attribute__((cleanup(record_value_clear))) RecordValue value;
    const rd_kafka_message_t *record = NULL;
    record_value_init(&value);
    if (!record_reader_begin(conn, object->topic, partition, from, end, &reader, error))
        return false;
    for (;;) {
        bool is_good = false;
        if (!record_reader_next(&reader, &record, error))
            return false;
        if (record == NULL)
            return true;
        if (!record_value_read(conn, object, record, &value, &is_good, error))
            return false;
        if (is_good)
            see_record(sight, record, &value);
        if (sight->names->len > COLUMNS_MAX)
            return fail(error, ERR_TOO_LARGE, "there are more than %d columns", COLUMNS_MAX);
    }
}

static bool
see_partition(KafkaConn *conn, const KafkaObject *object, int32_t partition, const Extent *extent,
              Sight *sight, GError **error)
{
    int64_t first = MIN(extent->begin + SAMPLE_RECORDS, extent->end);
    int64_t last = MAX(first, extent->end - SAMPLE_RECORDS);
    sight->is_sample |= first < last;
    return see_stretch(conn, object, partition, extent->begin, first, sight, error) &&
           see_stretch(conn, object, partition, last, extent->end, sight, error);
}

/* --- the schema --- */

static void
add_metas(KafkaObject *object, const Sight *sight)
{
    for (MetaKind kind = 0; kind < META_PARTITION; kind++) {
        bool is_column = sight->metas[kind] && (kind != META_KEY || object->key->len == 0) &&
                         (kind != META_TOMBSTONE || !object->is_latest);
        bool is_key = kind == META_KEY && object->is_latest;
        if (!is_column)
            continue;
        Column *column = schema_add(
            object->schema, kafka_meta_names[kind],
            kind == META_KEY && sight->key_is_bytes ? TYPE_BYTES : kafka_meta_types[kind], "",
            !is_key || sight->has_keyless);
        column->has_default = is_key; /* who writes rows names no key where their key makes it */
    }
}

/* One value alone has no name. */
static ColumnType
key_type(const AvroSchema *avro, const char *name)
{
    g_autoptr(Schema) columns = schema_new("");
    if (avro == NULL)
        return TYPE_TEXT;
    avro_schema_columns(avro, columns);
    const Column *found = schema_find(columns, avro_schema_is_record(avro) ? name : "", NULL);
    return found != NULL ? found->type : TYPE_TEXT;
}

/* What the value lacks of the key stands in front. */
static void
set_schema(KafkaObject *object, const Sight *sight, const AvroSchema *avro,
           const AvroSchema *key_avro)
{
    g_autoptr(Schema) fields = schema_new("");
    object->schema = schema_new(object->name);
    if (avro != NULL)
        avro_schema_columns(avro, fields);
    for (guint i = 0; i < object->key->len; i++) {
        const char *name = object->key->pdata[i];
        if (!g_hash_table_contains(sight->columns, name) && schema_find(fields, name, NULL) == NULL)
            schema_add(object->schema, name, key_type(key_avro, name), "", false);
    }
    if (avro != NULL)
        avro_schema_columns(avro, object->schema);
    for (guint i = 0; avro == NULL && i < sight->names->len; i++)
        schema_add(object->schema, sight->names->pdata[i],
                   json_type_of(GPOINTER_TO_UINT(
                       g_hash_table_lookup(sight->columns, sight->names->pdata[i]))),
                   "", !kafka_object_is_key(object, sight->names->pdata[i]));
    add_metas(object, sight);
    if (object->is_latest && object->key->len == 0 && sight->metas[META_KEY])
        schema_add_key(object->schema, kafka_meta_names[META_KEY]);
    for (guint i = 0; object->is_latest && i < object->key->len; i++)
        schema_add_key(object->schema, object->key->pdata[i]);
}

static bool
look(KafkaConn *conn, KafkaObject *object, Sight *sight, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    const AvroSchema *avro = NULL, *key_avro = NULL;
    int32_t id;
    bool has_avro_key = object->key_form == KEY_AVRO && object->key->len > 0;
    if (!kafka_object_extents(conn, object, &extents, error) ||
        (object->form == VALUE_AVRO &&
         !kafka_registry_newest(conn, object->topic, PART_VALUE, &id, &avro, error)) ||
        (has_avro_key &&
         !kafka_registry_newest(conn, object->topic, PART_KEY, &id, &key_avro, error)))
        return false;
    if (avro != NULL && !avro_schema_is_record(avro))
        return fail(error, ERR_INVALID,
                    "the schema of '%s' is no record: its values have no columns", object->topic);
    for (guint i = 0; i < MIN(extents->len, SAMPLE_PARTITIONS); i++)
        if (!see_partition(conn, object, (int32_t) i, &g_array_index(extents, Extent, i), sight,
                           error))
            return false;
    set_schema(object, sight, avro, key_avro);
    if (avro == NULL && (sight->is_sample || extents->len > SAMPLE_PARTITIONS))
        object->schema->rows_looked = sight->looked;
    return schema_count(object->schema) > 0 ||
           fail(error, ERR_NOT_FOUND,
                "topic '%s' has no record yet that would show its columns: say `columns` in the "
                "store's `topics`",
                object->topic);
}

bool
kafka_object_look(KafkaConn *conn, KafkaObject *object, GError **error)
{
    if (object->schema != NULL)
        return true;
    Sight sight = {.names = g_ptr_array_new(),
                   .columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    bool done = look(conn, object, &sight, error);
    g_hash_table_unref(sight.columns);
    g_ptr_array_unref(sight.names);
    return done;
}

bool
kafka_describe(Conn *base, const char *name, Schema **ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    if (!kafka_object_need(conn, name, &object, error) || !kafka_object_look(conn, object, error))
        return false;
    *ret = g_steal_pointer(&object->schema);
    g_free((*ret)->dataset);
    (*ret)->dataset = g_strdup(name);
    return true;
}

/* Nothing pins a topic: who may write goes on, and what came later is told by the comparison. */
bool
kafka_identity(Conn *base, const char *name, json_t **ret, GError **error)
{
    g_autoptr(KafkaObject) object = NULL;
    if (!kafka_object_need(kafka_conn(base), name, &object, error))
        return false;
    *ret = json_object();
    return true;
}

/* --- all of it --- */

/* But for offsets, partitions and times: two topics with the same records are the same. */
static void
hash_record(const rd_kafka_message_t *record, GString *headers, RowHasher *hasher, HashSum *sum)
{
    row_hasher_begin(hasher);
    if (record->key != NULL)
        row_hasher_bytes(hasher, TYPE_BYTES, record->key, record->key_len);
    else
        row_hasher_null(hasher);
    if (record->payload != NULL)
        row_hasher_bytes(hasher, TYPE_BYTES, record->payload, record->len);
    else
        row_hasher_null(hasher);
    g_string_truncate(headers, 0);
    if (kafka_headers_append(record, headers))
        row_hasher_bytes(hasher, TYPE_BYTES, headers->str, headers->len);
    hash_sum_add(sum, row_hasher_end(hasher));
}

static bool
hash_partition(KafkaConn *conn, const KafkaObject *object, int32_t partition, const Extent *extent,
               RowHasher *hasher, HashSum *sum, GError **error)
{
    __attribute__((cleanup(kafka_rows_clear))) RowReader reader = {0};
    g_autoptr(GString) headers = g_string_new(NULL);
    const rd_kafka_message_t *record = NULL;
    if (!kafka_rows_begin(conn, object, partition, extent->begin, extent->end, extent->end, true,
                          &reader, error))
        return false;
    for (int64_t i = 0;; i++) {
        if ((i % BATCH_ROWS_MAX == 0 && !kafka_tick(conn, -1, error)) ||
            !kafka_rows_next(&reader, &record, error))
            return false;
        if (record == NULL)
            return true;
        hash_record(record, headers, hasher, sum);
    }
}

bool
kafka_fingerprint(Conn *base, const char *name, char **ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    g_autoptr(GArray) extents = NULL;
    g_auto(RowHasher) hasher;
    HashSum sum = {0};
    row_hasher_init(&hasher);
    if (!kafka_object_need(conn, name, &object, error) || !kafka_object_look(conn, object, error) ||
        !kafka_object_extents(conn, object, &extents, error))
        return false;
    for (guint i = 0; i < extents->len; i++)
        if (!hash_partition(conn, object, (int32_t) i, &g_array_index(extents, Extent, i), &hasher,
                            &sum, error))
            return false;
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(object->schema);
    g_autofree char *all = g_strjoin("\n", columns, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}
