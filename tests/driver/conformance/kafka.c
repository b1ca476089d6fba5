/* kafka.c - topics of a broker, each new. Columns are said in the store's settings, as people do. */
#include "world.h"

#include "../kafka_bench.h"

#include <string.h>

/* What stages of the suite are for: a topic that nobody has had. Two rows of one key are one where only the latest ones are
 * rows, so random ones are all kept. */
static const char *const targets[] = {"people", "others", "what_becomes"};

static void
begin_store(World *world)
{
    world->path = test_kafka_name("_honk");
    world->store.settings = json_object();
    g_autofree char *url = g_strconcat("kafka://", test_kafka_servers(), NULL);
    json_set_string(world->store.settings, "url", url);
    json_set_string(world->store.settings, "bookkeeping", world->path);
    json_t *topics = json_object();
    json_object_set_new(world->store.settings, "topics", topics);
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *topic = test_kafka_name(targets[i]);
        json_object_set_new(topics, targets[i],
                            json_pack("{ss ss}", "topic", topic, "rows",
                                      strcmp(targets[i], "people") == 0 ? "latest" : "all"));
    }
}

static ColumnType
shows_all(ColumnType type)
{
    return type;
}

/* Under this name from now on: a topic without records. */
static const char *
declare(World *world, const Schema *schema)
{
    g_autofree char *topic = test_kafka_topic("object", 1, false);
    json_t *columns = json_object(), *key = json_array();
    for (size_t i = 0; i < schema_count(schema); i++)
        json_set_string(columns, schema_column(schema, i)->name,
                        column_type_name(schema_column(schema, i)->type));
    for (guint i = 0; i < schema->key->len; i++)
        json_array_append_new(key, json_string(schema->key->pdata[i]));
    json_t *declared = json_pack("{ss so so ss}", "topic", topic, "columns", columns, "key", key,
                                 "rows", schema->key->len > 0 ? "latest" : "all");
    json_object_set_new(json_object_get(world->store.settings, "topics"), schema->dataset,
                        declared);
    return json_get_string(declared, "topic", NULL);
}

static char *
key_of(const Schema *schema, const Batch *rows, size_t row)
{
    GString *key = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        Value value = batch_value(rows, i, row);
        if (schema->key->len == 1 &&
            strcmp(schema->key->pdata[0], schema_column(schema, i)->name) == 0)
            value_append_text(&value, key);
    }
    return g_string_free(key, FALSE);
}

static void
write_rows(const char *topic, const Schema *schema, const Batch *rows)
{
    g_autofree TestRecord *records = g_new0(TestRecord, rows->row_count);
    for (size_t row = 0; row < rows->row_count; row++)
        records[row] = (TestRecord){.topic = topic,
                                    .key = schema->key->len == 1 ? key_of(schema, rows, row) : NULL,
                                    .value = row_as_json(schema, rows, row)};
    test_kafka_write(records, rows->row_count);
    for (size_t row = 0; row < rows->row_count; row++) {
        g_free((char *) records[row].key);
        g_free((char *) records[row].value);
    }
}

static void
make(World *world, const Schema *schema, const Batch *rows)
{
    write_rows(declare(world, schema), schema, rows);
}

static const char *
topic_of(World *world, const char *object)
{
    return json_get_string(
        json_object_get(json_object_get(world->store.settings, "topics"), object), "topic", object);
}

static bool
insert(World *world, const char *object, const Batch *rows)
{
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(world->conn, object, &schema, &ERR));
    write_rows(topic_of(world, object), schema, rows);
    return true;
}

static void
make_broken(World *world)
{
    g_autoptr(Schema) schema = schema_new("broken");
    schema_add(schema, "a", TYPE_TEXT, "", true);
    const char *topic = declare(world, schema);
    const TestRecord records[] = {{.topic = topic, .value = "{\"a\":\"one\"}"},
                                  {.topic = topic, .value = "{\"a\":\"t\xe9wo\"}"},
                                  {.topic = topic, .value = "{\"a\":"},
                                  {.topic = topic, .value = "{\"a\":\"four\"}"}};
    test_kafka_write(records, G_N_ELEMENTS(records));
}

static bool
holds(const Value *value)
{
    return fixture_ndjson.holds(value);
}

static bool
keeps(const Value *value)
{
    return fixture_ndjson.keeps(value);
}

const Fixture fixture_kafka = {
    .driver = "kafka",
    .open = begin_store,
    .make = make,
    .shows = shows_all,
    .holds = holds,
    .keeps = keeps,
    .make_broken = make_broken,
    .insert = insert,
    .has_no_keys = true,
    .has_no_replacing = true,
    .has_no_identity = true,
};
