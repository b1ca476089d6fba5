/*
 * encode.c - rows as RESTORE takes them.
 *
 * RESTORE makes a whole row in one command: it refuses a key that is there instead of writing over it, and sets the end of the row
 * in the same breath. A hash of few and short fields is sent as the listpack that the server keeps it in, which costs it two thirds of
 * what HSET does; others are sent as lists of strings (rdb.h).
 */
#include "driver/ndjson/writer.h"
#include "driver/redis/redis.h"

#include <math.h>
#include <string.h>

/* --- columns --- */

static bool
is_in_value(const RedisObject *object, const char *name, bool is_part_of_key)
{
    return is_part_of_key ? object->repeats_key : g_strcmp0(object->expires, name) != 0;
}

static void
find_fields(RedisEncoder *encoder)
{
    size_t fields = 0;
    encoder->packs = true;
    for (size_t i = 0; i < encoder->count; i++) {
        const char *name = schema_column(encoder->object->schema, i)->name;
        FieldName *field = &encoder->fields[i];
        field->is_there = is_in_value(encoder->object, name, encoder->holes[i] >= 0);
        fields += field->is_there;
        if (strlen(name) > PACK_TEXT_MAX)
            encoder->packs = false;
        else
            field->bytes = (size_t) (pack_put(field->entry, name, strlen(name)) - field->entry);
    }
    encoder->packs = encoder->packs && fields <= PACK_ENTRIES_MAX / 2;
}

bool
redis_encoder_init(RedisEncoder *encoder, const RedisObject *object, const Schema *batch,
                   GError **error)
{
    size_t count = schema_count(object->schema);
    *encoder = (RedisEncoder){.object = object,
                              .count = count,
                              .columns = g_new0(size_t, count),
                              .holes = g_new(int, count),
                              .fields = g_new0(FieldName, count),
                              .payload = g_string_sized_new(PACK_BYTES_MAX),
                              .scratch = g_string_new(NULL)};
    for (guint i = 0; i < object->holes->len; i++)
        encoder->texts[i] = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        const char *name = schema_column(object->schema, i)->name;
        if (schema_find(batch, name, &encoder->columns[i]) == NULL)
            encoder->columns[i] = SIZE_MAX;
        encoder->holes[i] = -1;
        for (guint j = 0; j < object->holes->len; j++)
            if (strcmp(object->holes->pdata[j], name) == 0)
                encoder->holes[i] = (int) j;
    }
    find_fields(encoder);
    for (size_t i = 0; i < schema_count(batch); i++) {
        const Column *column = schema_column(batch, i);
        const Column *found = schema_find(object->schema, column->name, NULL);
        bool is_vague = found != NULL && column->type == TYPE_BYTES && redis_is_vague(found);
        if (found != NULL && (found->type == column->type || is_vague))
            continue;
        redis_encoder_clear(encoder);
        return fail(error, ERR_DRIFT, "'%s' has no column '%s' of type %s", object->name,
                    column->name, column_type_name(column->type));
    }
    return true;
}

void
redis_encoder_clear(RedisEncoder *encoder)
{
    if (encoder->payload == NULL)
        return;
    g_free(encoder->columns);
    g_free(encoder->holes);
    g_free(encoder->fields);
    g_string_free(encoder->payload, TRUE);
    g_string_free(encoder->scratch, TRUE);
    for (size_t i = 0; i < HOLES_MAX; i++)
        if (encoder->texts[i] != NULL)
            g_string_free(encoder->texts[i], TRUE);
    *encoder = (RedisEncoder){0};
}

static Value
value_at(const RedisEncoder *encoder, size_t column, const Batch *batch, size_t row)
{
    return encoder->columns[column] != SIZE_MAX ? batch_value(batch, encoder->columns[column], row)
                                                : (Value){.is_null = true};
}

/* --- keys --- */

/* Would the key be read as other parts than it is made of? */
static bool
is_read_back(const RedisObject *object, const Part *parts, const char *key, size_t bytes)
{
    Part seen[HOLES_MAX];
    if (!redis_key_parse(object, key, bytes, seen))
        return false;
    for (guint i = 0; i < object->holes->len; i++)
        if (seen[i].bytes != parts[i].bytes ||
            memcmp(seen[i].data, parts[i].data, parts[i].bytes) != 0)
            return false;
    return true;
}

bool
redis_encode_key(RedisEncoder *encoder, const Batch *batch, size_t row, GString *key,
                 char **ret_reason)
{
    const RedisObject *object = encoder->object;
    Part parts[HOLES_MAX];
    size_t begin = key->len;
    for (size_t i = 0; i < encoder->count; i++) {
        if (encoder->holes[i] < 0)
            continue;
        Value value = value_at(encoder, i, batch, row);
        GString *text = encoder->texts[encoder->holes[i]];
        g_string_truncate(text, 0);
        if (value.is_null) {
            *ret_reason = g_strdup_printf("'%s' must not be NULL: it is part of the key",
                                          schema_column(object->schema, i)->name);
            return false;
        }
        value_append_text(&value, text);
        parts[encoder->holes[i]] = (Part){text->str, text->len};
    }
    redis_key_build(object, parts, key);
    if (is_read_back(object, parts, key->str + begin, key->len - begin))
        return true;
    *ret_reason = g_strdup_printf("its key '%.*s' would be read as that of another row",
                                  (int) MIN(key->len - begin, 200), key->str + begin);
    g_string_truncate(key, begin);
    return false;
}

/* --- values --- */

static void
append_list(RedisEncoder *encoder, const Batch *batch, size_t row)
{
    GString *to = encoder->payload;
    size_t fields = 0;
    for (size_t i = 0; i < encoder->count; i++)
        fields += encoder->fields[i].is_there && !value_at(encoder, i, batch, row).is_null;
    g_string_append_c(to, RDB_HASH);
    rdb_append_length(to, MAX(fields, 1));
    if (fields == 0) {
        rdb_append_string(to, "", 0);
        rdb_append_string(to, "", 0);
    }
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (value.is_null || !encoder->fields[i].is_there)
            continue;
        const char *name = schema_column(encoder->object->schema, i)->name;
        g_string_truncate(encoder->scratch, 0);
        rdb_append_string(to, name, strlen(name));
        value_append_text(&value, encoder->scratch);
        rdb_append_string(to, encoder->scratch->str, encoder->scratch->len);
    }
}

/* Behind its name. NULL: it is too long. */
static uint8_t *
put_field(RedisEncoder *encoder, const FieldName *name, const Value *value, uint8_t *at)
{
    const char *text = value->s.data;
    size_t bytes = value->s.bytes;
    memcpy(at, name->entry, name->bytes);
    at += name->bytes;
    if (value->type == TYPE_INT)
        return pack_put_int(at, value->i);
    if (!type_has_bytes(value->type)) {
        g_string_truncate(encoder->scratch, 0);
        value_append_text(value, encoder->scratch);
        text = encoder->scratch->str;
        bytes = encoder->scratch->len;
    }
    return bytes <= PACK_TEXT_MAX ? pack_put(at, text, bytes) : NULL;
}

/* False, and nothing is appended, when a field is too long for it. */
static bool
append_pack(RedisEncoder *encoder, const Batch *batch, size_t row)
{
    uint8_t pack[PACK_BYTES_MAX], *at = pack + PACK_HEAD_BYTES;
    unsigned entries = 0;
    if (!encoder->packs)
        return false;
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (value.is_null || !encoder->fields[i].is_there)
            continue;
        at = put_field(encoder, &encoder->fields[i], &value, at);
        if (at == NULL)
            return false;
        entries += 2;
    }
    if (entries == 0) {
        at = pack_put_text(pack_put_text(at, "", 0), "", 0);
        entries = 2;
    }
    at = pack_end(pack, at, entries);
    g_string_append_c(encoder->payload, RDB_HASH_PACK);
    rdb_append_string(encoder->payload, (const char *) pack, (size_t) (at - pack));
    return true;
}

/* A hash without a field would be no key: a row of NULLs alone has one without a name. */
static bool
encode_hash(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    if (!append_pack(encoder, batch, row))
        append_list(encoder, batch, row);
    return true;
}

static bool
encode_json(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    g_autoptr(GString) json = g_string_new("{");
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (!encoder->fields[i].is_there)
            continue;
        const char *name = schema_column(encoder->object->schema, i)->name;
        g_string_append(json, json->len > 1 ? "," : "");
        json_append_text(name, strlen(name), json);
        g_string_append_c(json, ':');
        if (value.is_null) {
            g_string_append(json, "null");
            continue;
        }
        g_autofree char *problem = json_append_value(&value, encoder->scratch, json);
        if (problem == NULL)
            continue;
        *ret_reason = g_strdup_printf("column '%s': %s", name, problem);
        return false;
    }
    g_string_append_c(json, '}');
    g_string_append_c(encoder->payload, RDB_STRING);
    rdb_append_string(encoder->payload, json->str, json->len);
    return true;
}

static bool
encode_string(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (encoder->holes[i] >= 0 || !encoder->fields[i].is_there)
            continue;
        if (value.is_null) {
            *ret_reason = g_strdup("a string is never NULL");
            return false;
        }
        g_string_truncate(encoder->scratch, 0);
        value_append_text(&value, encoder->scratch);
        g_string_append_c(encoder->payload, RDB_STRING);
        rdb_append_string(encoder->payload, encoder->scratch->str, encoder->scratch->len);
    }
    return true;
}

/* --- rows --- */

static bool
is_complete(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
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

/* When the row goes, in milliseconds; 0: never. */
static bool
find_end(RedisEncoder *encoder, const Batch *batch, size_t row, int64_t *ret_ms, char **ret_reason)
{
    size_t column = 0;
    *ret_ms = 0;
    if (encoder->object->expires == NULL)
        return true;
    schema_find(encoder->object->schema, encoder->object->expires, &column);
    Value value = value_at(encoder, column, batch, row);
    if (value.is_null)
        return true;
    *ret_ms = value.i / 1000;
    if (value.i % 1000 != 0)
        *ret_reason = g_strdup_printf("'%s' is finer than a millisecond", encoder->object->expires);
    else if (value.i <= g_get_real_time())
        *ret_reason = g_strdup_printf("by '%s' it has gone already", encoder->object->expires);
    return *ret_reason == NULL;
}

static void
append_restore(const RedisEncoder *encoder, Part key, int64_t end_ms, GString *to)
{
    static const char plain[] = "*4\r\n$7\r\nRESTORE\r\n", ending[] = "*5\r\n$7\r\nRESTORE\r\n";
    g_string_append_len(to, end_ms > 0 ? ending : plain, sizeof plain - 1);
    resp_bytes(to, key.data, key.bytes);
    resp_int(to, end_ms);
    resp_bytes(to, encoder->payload->str, encoder->payload->len);
    if (end_ms > 0)
        resp_text(to, "ABSTTL");
}

bool
redis_encode_row(RedisEncoder *encoder, Part key, const Batch *batch, size_t row, GString *to,
                 char **ret_reason)
{
    static bool (*const encoders[])(RedisEncoder *, const Batch *, size_t, char **) = {
        [REDIS_HASH] = encode_hash, [REDIS_JSON] = encode_json, [REDIS_STRING] = encode_string};
    int64_t end_ms = 0;
    g_string_truncate(encoder->payload, 0);
    if (!is_complete(encoder, batch, row, ret_reason) ||
        !find_end(encoder, batch, row, &end_ms, ret_reason) ||
        !encoders[encoder->object->kind](encoder, batch, row, ret_reason))
        return false;
    rdb_append_end(encoder->payload);
    append_restore(encoder, key, end_ms, to);
    return true;
}
