/*
 * object.c - what a name means: which topic, and what its records hold.
 *
 * A name is looked for in three places:
 *   - our own notes (book.c): stages, and datasets that were swapped out again. Each is a topic that nobody else is told of
 *     under that name; as long as a note speaks of a topic, the topic's own name means nothing here;
 *   - the setting `topics` of the store: {topic, value, key, rows, columns, from};
 *   - else it is the name of a topic, whose records are looked at.
 */
#include "driver/kafka/kafka.h"

#include "base/text.h"

#include <string.h>

const ColumnType kafka_meta_types[META_KINDS] = {
    [META_KEY] = TYPE_TEXT,       [META_TIMESTAMP] = TYPE_TIMESTAMP, [META_HEADERS] = TYPE_TEXT,
    [META_TOMBSTONE] = TYPE_BOOL, [META_PARTITION] = TYPE_INT,       [META_OFFSET] = TYPE_INT,
};

const char *const kafka_meta_names[META_KINDS] = {
    [META_KEY] = "kafka_key",
    [META_TIMESTAMP] = "kafka_timestamp",
    [META_HEADERS] = "kafka_headers",
    [META_TOMBSTONE] = "kafka_tombstone",
    [META_PARTITION] = "kafka_partition",
    [META_OFFSET] = "kafka_offset",
};

MetaKind
kafka_meta_of(const char *column)
{
    MetaKind kind = 0;
    while (kind < META_KINDS && strcmp(kafka_meta_names[kind], column) != 0)
        kind++;
    return kind;
}

const char *
kafka_becomes(const char *column)
{
    static const char *const parts[META_KINDS + 1] = {
        [META_KEY] = "the key of each record",
        [META_TIMESTAMP] = "the time of each record",
        [META_HEADERS] = "the headers of each record",
        [META_TOMBSTONE] = "whether a record has no value",
        [META_PARTITION] = "the partition of each record",
    };
    return parts[kafka_meta_of(column)];
}

void
kafka_object_free(KafkaObject *object)
{
    if (object == NULL)
        return;
    g_free(object->name);
    g_free(object->topic);
    g_ptr_array_unref(object->key);
    schema_free(object->schema);
    g_free(object->from);
    g_free(object->plan);
    g_free(object);
}

static KafkaObject *
object_new(const char *name, const char *topic)
{
    KafkaObject *object = g_new0(KafkaObject, 1);
    object->name = g_strdup(name);
    object->topic = g_strdup(topic);
    object->key = g_ptr_array_new_with_free_func(g_free);
    return object;
}

bool
kafka_object_is_key(const KafkaObject *object, const char *column)
{
    for (guint i = 0; i < object->key->len; i++)
        if (strcmp(object->key->pdata[i], column) == 0)
            return true;
    return false;
}

/* --- as it is written down --- */

static bool
read_key(KafkaObject *object, const json_t *key, GError **error)
{
    size_t i;
    json_t *column;
    if (json_is_string(key))
        g_ptr_array_add(object->key, g_strdup(json_string_value(key)));
    json_array_foreach((json_t *) key, i, column)
    {
        if (!json_is_string(column))
            return fail(error, ERR_INVALID, "the key of '%s' is a list of columns", object->name);
        g_ptr_array_add(object->key, g_strdup(json_string_value(column)));
    }
    return true;
}

static bool
read_forms(KafkaObject *object, const json_t *json, GError **error)
{
    const char *value = json_get_string(json, "value", "json"),
               *rows = json_get_string(json, "rows", "all"),
               *keys = json_get_string(json, "keys", "text");
    object->form = strcmp(value, "avro") == 0 ? VALUE_AVRO : VALUE_JSON;
    object->key_form = strcmp(keys, "avro") == 0 ? KEY_AVRO : KEY_TEXT;
    object->is_latest = strcmp(rows, "latest") == 0;
    if (object->form == VALUE_JSON && strcmp(value, "json") != 0)
        return fail(error, ERR_INVALID, "values of '%s' are '%s', expected json or avro",
                    object->name, value);
    if (object->key_form == KEY_TEXT && strcmp(keys, "text") != 0)
        return fail(error, ERR_INVALID, "keys of '%s' are '%s', expected text or avro",
                    object->name, keys);
    if (!object->is_latest && strcmp(rows, "all") != 0)
        return fail(error, ERR_INVALID, "rows of '%s' are '%s', expected all or latest",
                    object->name, rows);
    return read_key(object, json_object_get(json, "key"), error);
}

static bool
read_columns(KafkaObject *object, const json_t *columns, GError **error)
{
    const char *name;
    json_t *type_name;
    object->schema = schema_new(object->name);
    for (guint i = 0; i < object->key->len; i++)
        if (json_object_get(columns, object->key->pdata[i]) == NULL)
            schema_add(object->schema, object->key->pdata[i], TYPE_TEXT, "", false);
    json_object_foreach((json_t *) columns, name, type_name)
    {
        ColumnType type;
        if (!json_is_string(type_name) ||
            !column_type_from_name(json_string_value(type_name), &type))
            return fail(error, ERR_INVALID,
                        "column '%s' of '%s' needs a type: bool, int, float, decimal, text, date, "
                        "timestamp or bytes",
                        name, object->name);
        schema_add(object->schema, name, type, "", !kafka_object_is_key(object, name));
    }
    for (guint i = 0; object->is_latest && i < object->key->len; i++)
        schema_add_key(object->schema, object->key->pdata[i]);
    return true;
}

static bool
read_declared(KafkaConn *conn, KafkaObject *object, const json_t *declared, GError **error)
{
    static const char *const known[] = {"topic",   "value", "key",        "keys",   "rows",
                                        "columns", "from",  "partitions", "ranges", NULL};
    const json_t *columns = json_object_get(declared, "columns");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *) declared, name, value)
    {
        const char *near = text_nearest(name, known);
        if (!g_strv_contains(known, name))
            return fail(error, ERR_INVALID, "topic '%s' of the store: unknown setting '%s'%s%s",
                        object->name, name, near != NULL ? ", did you mean " : "",
                        near != NULL ? near : "");
    }
    object->from = g_strdup(json_get_string(declared, "from", NULL));
    return read_forms(object, declared, error) &&
           (columns == NULL || read_columns(object, columns, error));
}

bool
kafka_object_parse(const char *name, const json_t *json, KafkaObject **ret, GError **error)
{
    g_autoptr(KafkaObject) object = object_new(name, json_get_string(json, "topic", name));
    const json_t *schema = json_object_get(json, "schema");
    if (!read_forms(object, json, error) ||
        (schema != NULL && !schema_from_json(schema, &object->schema, error)))
        return false;
    object->plan = g_strdup(json_get_string(json, "plan", NULL));
    object->is_made = json_get_bool(json, "made", false);
    object->is_noted = true;
    *ret = g_steal_pointer(&object);
    return true;
}

json_t *
kafka_object_json(const KafkaObject *object)
{
    json_t *json = json_object(), *key = json_array();
    for (guint i = 0; i < object->key->len; i++)
        json_array_append_new(key, json_string(object->key->pdata[i]));
    json_set_string(json, "topic", object->topic);
    json_set_string(json, "value", object->form == VALUE_AVRO ? "avro" : "json");
    json_set_string(json, "rows", object->is_latest ? "latest" : "all");
    json_set_string(json, "keys", object->key_form == KEY_AVRO ? "avro" : "text");
    json_object_set_new(json, "key", key);
    json_set_bool(json, "made", object->is_made);
    json_set_string(json, "plan", object->plan);
    if (object->schema != NULL)
        json_object_set_new(json, "schema", schema_to_json(object->schema));
    return json;
}

/* --- finding --- */

typedef struct {
    const char *topic;
    bool is_hidden;
} Hiding;

static void
look_for_topic(json_t *key, const json_t *value, void *data)
{
    Hiding *hiding = data;
    hiding->is_hidden =
        hiding->is_hidden || strcmp(json_get_string(value, "topic", ""), hiding->topic) == 0;
}

static bool
take_outside(KafkaConn *conn, const char *name, KafkaObject **ret, GError **error)
{
    const json_t *declared = json_object_get(json_object_get(conn->settings, "topics"), name);
    g_autoptr(KafkaObject) object = object_new(name, json_get_string(declared, "topic", name));
    int partitions = 0;
    if (declared != NULL && !read_declared(conn, object, declared, error))
        return false;
    if (g_str_has_prefix(object->topic, conn->book_topic))
        return fail(error, ERR_INVALID, "'%s' is bookkeeping of ours", name);
    if (json_object_get(declared, "rows") == NULL &&
        (!kafka_partitions(conn, object->topic, &partitions, error) ||
         (partitions > 0 && !kafka_is_compacted(conn, object->topic, &object->is_latest, error))))
        return false;
    if (object->schema != NULL && object->schema->key->len == 0)
        for (guint i = 0; object->is_latest && i < object->key->len; i++)
            schema_add_key(object->schema, object->key->pdata[i]);
    *ret = g_steal_pointer(&object);
    return true;
}

bool
kafka_object_find(KafkaConn *conn, const char *name, KafkaObject **ret, GError **error)
{
    if (!kafka_book_read(conn, error))
        return false;
    const json_t *note = kafka_book_get(conn, "object", name, NULL);
    return note != NULL ? kafka_object_parse(name, note, ret, error)
                        : take_outside(conn, name, ret, error);
}

bool
kafka_object_exists(KafkaConn *conn, const KafkaObject *object, bool *ret, GError **error)
{
    int partitions = 0;
    Hiding hiding = {object->topic, false};
    if (!object->is_noted)
        kafka_book_each(conn, look_for_topic, &hiding, "object", NULL);
    if (!kafka_partitions(conn, object->topic, &partitions, error))
        return false;
    *ret = partitions > 0 && !hiding.is_hidden;
    return true;
}

static bool
fail_unknown(KafkaConn *conn, const KafkaObject *object, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    const char *declared;
    json_t *value;
    if (!kafka_topics(conn, &names, error))
        return false;
    json_object_foreach(json_object_get(conn->settings, "topics"), declared, value)
        g_ptr_array_add(names, g_strdup(declared));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(object->name, (const char *const *) names->pdata);
    return fail(error, ERR_NOT_FOUND, "there is no topic '%s'%s%s%s", object->topic,
                near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "");
}

bool
kafka_object_need(KafkaConn *conn, const char *name, KafkaObject **ret, GError **error)
{
    g_autoptr(KafkaObject) object = NULL;
    bool is_there = false;
    if (!kafka_object_find(conn, name, &object, error) ||
        !kafka_object_exists(conn, object, &is_there, error))
        return false;
    if (!is_there)
        return fail_unknown(conn, object, error);
    *ret = g_steal_pointer(&object);
    return true;
}
