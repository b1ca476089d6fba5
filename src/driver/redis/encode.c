/*
 * encode.c - rows as RESTORE takes them.
 *
 * RESTORE makes a whole row in one command: it costs the server no more than HSET, refuses a key that is there instead of
 * writing over it, and sets the end of the row in the same breath. What it takes is what DUMP gives: the value in the
 * format of RDB files (version 7, which every server since has read: type 0 a string, type 4 a hash as a list of strings),
 * the version, and a CRC64 over both.
 */
#include "driver/ndjson/writer.h"
#include "driver/redis/redis.h"

#include <math.h>
#include <string.h>

#define RDB_VERSION 7
#define RDB_STRING 0
#define RDB_HASH 4
#define CRC_POLYNOMIAL UINT64_C(0x95ac9329ac4bc9b5) /* "Jones", its bits reversed */

/* --- CRC64, eight bytes at a time --- */

static uint64_t crc_tables[8][256];

static void
make_crc_tables(void)
{
    static size_t made;
    if (!g_once_init_enter(&made))
        return;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ CRC_POLYNOMIAL : crc >> 1;
        crc_tables[0][byte] = crc;
    }
    for (int table = 1; table < 8; table++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t before = crc_tables[table - 1][byte];
            crc_tables[table][byte] = crc_tables[0][before & 0xff] ^ before >> 8;
        }
    g_once_init_leave(&made, 1);
}

static uint64_t
crc64_of(const char *data, size_t bytes)
{
    const uint8_t *at = (const uint8_t *) data;
    uint64_t crc = 0;
    for (; bytes >= 8; bytes -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        crc ^= GUINT64_FROM_LE(word);
        crc = crc_tables[7][crc & 0xff] ^ crc_tables[6][crc >> 8 & 0xff] ^
              crc_tables[5][crc >> 16 & 0xff] ^ crc_tables[4][crc >> 24 & 0xff] ^
              crc_tables[3][crc >> 32 & 0xff] ^ crc_tables[2][crc >> 40 & 0xff] ^
              crc_tables[1][crc >> 48 & 0xff] ^ crc_tables[0][crc >> 56];
    }
    for (; bytes > 0; bytes--, at++)
        crc = crc_tables[0][(crc ^ *at) & 0xff] ^ crc >> 8;
    return crc;
}

/* --- RDB --- */

static void
append_length(GString *to, size_t length)
{
    if (length < 64) {
        g_string_append_c(to, (char) length);
    } else if (length < 16384) {
        const char two[] = {(char) (0x40 | length >> 8), (char) (length & 0xff)};
        g_string_append_len(to, two, sizeof two);
    } else {
        uint32_t big = GUINT32_TO_BE((uint32_t) length);
        g_string_append_c(to, (char) 0x80);
        g_string_append_len(to, (const char *) &big, sizeof big);
    }
}

static void
append_string(GString *to, const char *data, size_t bytes)
{
    append_length(to, bytes);
    g_string_append_len(to, data, (gssize) bytes);
}

static void
append_end(GString *to)
{
    static const char version[] = {RDB_VERSION, 0};
    g_string_append_len(to, version, sizeof version);
    uint64_t crc = GUINT64_TO_LE(crc64_of(to->str, to->len));
    g_string_append_len(to, (const char *) &crc, sizeof crc);
}

/* --- columns --- */

bool
redis_encoder_init(RedisEncoder *encoder, const RedisObject *object, const Schema *batch,
                   GError **error)
{
    size_t count = schema_count(object->schema);
    make_crc_tables();
    *encoder = (RedisEncoder){.object = object,
                              .count = count,
                              .columns = g_new0(size_t, count),
                              .holes = g_new(int, count),
                              .payload = g_string_new(NULL),
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
    for (size_t i = 0; i < schema_count(batch); i++) {
        const Column *column = schema_column(batch, i);
        const Column *found = schema_find(object->schema, column->name, NULL);
        if (found != NULL && found->type == column->type)
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

static bool
is_in_value(const RedisEncoder *encoder, size_t column)
{
    const RedisObject *object = encoder->object;
    if (encoder->holes[column] >= 0)
        return object->repeats_key;
    return g_strcmp0(object->expires, schema_column(object->schema, column)->name) != 0;
}

static bool
encode_hash(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    GString *to = encoder->payload;
    size_t fields = 0;
    for (size_t i = 0; i < encoder->count; i++)
        fields += is_in_value(encoder, i) && !value_at(encoder, i, batch, row).is_null;
    g_string_append_c(to, RDB_HASH);
    append_length(to, MAX(fields, 1));
    if (fields ==
        0) { /* a hash without a field would be no key: a row of NULLs alone has one without a name */
        append_string(to, "", 0);
        append_string(to, "", 0);
    }
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (value.is_null || !is_in_value(encoder, i))
            continue;
        const char *name = schema_column(encoder->object->schema, i)->name;
        g_string_truncate(encoder->scratch, 0);
        append_string(to, name, strlen(name));
        value_append_text(&value, encoder->scratch);
        append_string(to, encoder->scratch->str, encoder->scratch->len);
    }
    return true;
}

static bool
encode_json(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    g_autoptr(GString) json = g_string_new("{");
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (!is_in_value(encoder, i))
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
    append_string(encoder->payload, json->str, json->len);
    return true;
}

static bool
encode_string(RedisEncoder *encoder, const Batch *batch, size_t row, char **ret_reason)
{
    for (size_t i = 0; i < encoder->count; i++) {
        Value value = value_at(encoder, i, batch, row);
        if (encoder->holes[i] >= 0 || !is_in_value(encoder, i))
            continue;
        if (value.is_null) {
            *ret_reason = g_strdup("a string is never NULL");
            return false;
        }
        g_string_truncate(encoder->scratch, 0);
        value_append_text(&value, encoder->scratch);
        g_string_append_c(encoder->payload, RDB_STRING);
        append_string(encoder->payload, encoder->scratch->str, encoder->scratch->len);
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
    GString *whole = encoder->scratch;
    g_string_assign(whole, encoder->object->prefix);
    g_string_append_len(whole, key.data, (gssize) key.bytes);
    resp_begin(to, end_ms > 0 ? 5 : 4);
    resp_text(to, "RESTORE");
    resp_bytes(to, whole->str, whole->len);
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
    append_end(encoder->payload);
    append_restore(encoder, key, end_ms, to);
    return true;
}
