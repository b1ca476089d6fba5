/* redis.c - a database of a real server for each world. Objects are said in the store's settings, as people do. */
#include "world.h"

#include "../redis_bench.h"

#include <string.h>

static void
begin_store(World *world)
{
    world->path = test_redis_url();
    freeReplyObject(test_redis(world->path, "HSET elsewhere:1 x 1"));
    world->store.settings = json_pack("{sss{s{s{ss}}}}", "url", world->path, "objects", "elsewhere",
                                      "columns", "x", "int");
}

static ColumnType
shows_all(ColumnType type)
{
    return type;
}

static bool
holds_all(const Value *value)
{
    return true;
}

/* Without a key of their own, rows are told apart by their number, which is no column then. */
static char *
form_of(const Schema *schema)
{
    GString *form = g_string_new(schema->dataset);
    if (schema->key->len == 0)
        g_string_append(form, ":{}");
    for (guint i = 0; i < schema->key->len; i++)
        g_string_append_printf(form, ":{%s}", (char *) schema->key->pdata[i]);
    return g_string_free(form, FALSE);
}

static void
declare(World *world, const Schema *schema)
{
    g_autofree char *form = form_of(schema);
    json_t *columns = json_object();
    for (size_t i = 0; i < schema_count(schema); i++)
        json_set_string(columns, schema_column(schema, i)->name,
                        column_type_name(schema_column(schema, i)->type));
    json_object_set_new(json_object_get(world->store.settings, "objects"), schema->dataset,
                        json_pack("{ssso}", "keys", form, "columns", columns));
}

typedef struct {
    GPtrArray *texts; /* GString * */
    const char *data[64];
    size_t bytes[64];
    int count;
} Arguments;

static void
add(Arguments *arguments, const char *data, size_t bytes)
{
    GString *text = g_string_new_len(data, (gssize) bytes);
    g_ptr_array_add(arguments->texts, text);
    arguments->data[arguments->count] = text->str;
    arguments->bytes[arguments->count++] = text->len;
}

static void
free_text(void *text)
{
    g_string_free(text, TRUE);
}

static bool
is_key(const Schema *schema, const char *name)
{
    for (guint i = 0; i < schema->key->len; i++)
        if (strcmp(schema->key->pdata[i], name) == 0)
            return true;
    return false;
}

static void
write_row(World *world, const Schema *schema, const Batch *rows, size_t row)
{
    Arguments arguments = {.texts = g_ptr_array_new_with_free_func(free_text)};
    g_autoptr(GString) key = g_string_new(schema->dataset), text = g_string_new(NULL);
    if (schema->key->len == 0)
        g_string_append_printf(key, ":%" G_GINT64_FORMAT, rows->row_ids[row]);
    for (size_t i = 0; i < rows->column_count; i++)
        if (is_key(schema, schema_column(schema, i)->name)) {
            Value value = batch_value(rows, i, row);
            g_string_append_c(key, ':');
            value_append_text(&value, key);
        }
    add(&arguments, "HSET", 4);
    add(&arguments, key->str, key->len);
    for (size_t i = 0; i < rows->column_count; i++) {
        const char *name = schema_column(schema, i)->name;
        Value value = batch_value(rows, i, row);
        if (value.is_null || is_key(schema, name))
            continue;
        g_string_truncate(text, 0);
        value_append_text(&value, text);
        add(&arguments, name, strlen(name));
        add(&arguments, text->str, text->len);
    }
    if (arguments.count == 2) { /* a row of NULLs */
        add(&arguments, "", 0);
        add(&arguments, "", 0);
    }
    freeReplyObject(test_redis_argv(world->path, arguments.count, arguments.data, arguments.bytes));
    g_ptr_array_unref(arguments.texts);
}

static void
make(World *world, const Schema *schema, const Batch *rows)
{
    redisReply *old = test_redis(world->path, "KEYS *");
    for (size_t i = 0; i < old->elements; i++) {
        size_t name = strlen(schema->dataset);
        if (strncmp(old->element[i]->str, schema->dataset, name) == 0 &&
            old->element[i]->str[name] == ':')
            freeReplyObject(test_redis(world->path, "DEL %b", old->element[i]->str,
                                       (size_t) old->element[i]->len));
    }
    freeReplyObject(old);
    declare(world, schema);
    for (size_t row = 0; row < rows->row_count; row++)
        write_row(world, schema, rows, row);
}

static bool
insert(World *world, const char *object, const Batch *rows)
{
    g_autoptr(Schema) schema = schema_new(object);
    g_autoptr(Schema) seen = NULL;
    ASSERT_OK(conn_describe(world->conn, object, &seen, &ERR));
    for (size_t i = 0; i < schema_count(seen); i++)
        schema_add(schema, schema_column(seen, i)->name, schema_column(seen, i)->type, "", true);
    for (guint i = 0; i < seen->key->len; i++)
        schema_add_key(schema, seen->key->pdata[i]);
    for (size_t row = 0; row < rows->row_count; row++)
        write_row(world, schema, rows, row);
    return true;
}

static bool
erase(World *world, const char *object, int64_t row_id)
{
    freeReplyObject(test_redis(world->path, "DEL %s:%lld", object, (long long) row_id));
    return true;
}

const Fixture fixture_redis = {
    .driver = "redis",
    .open = begin_store,
    .make = make,
    .shows = shows_all,
    .holds = holds_all,
    .keeps = holds_all,
    .insert = insert,
    .erase = erase,
    .has_own_order = true,
    .has_no_identity = true,
};
