/* avro.c - Avro's binary form: numbers of a few bytes each, and what they count. */
#include "driver/kafka/avro_node.h"

#include "base/limits.h"
#include "driver/ndjson/writer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ITEMS_MAX (1000 * 1000) /* of one array or map, also where an item has no bytes */
#define DECIMAL_BYTES_MAX 128   /* 300 digits */

/* --- reading --- */

typedef struct {
    const uint8_t *p, *end;
    GArray *members;
    GString *text;
    GPtrArray *open; /* records that are being flattened */
    char **reason;
    int64_t items; /* of all arrays and maps */
} Cursor;

static bool
problem(Cursor *cursor, const char *reason)
{
    *cursor->reason = g_strdup(reason);
    return false;
}

static bool
read_long(Cursor *cursor, int64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (cursor->p >= cursor->end)
            return problem(cursor, "the record ends inside of a number");
        uint8_t byte = *cursor->p++;
        value |= (uint64_t) (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret = (int64_t) (value >> 1) ^ -(int64_t) (value & 1);
            return true;
        }
    }
    return problem(cursor, "a number has more than ten bytes");
}

static bool
read_bytes(Cursor *cursor, size_t bytes, const char **ret)
{
    if ((size_t) (cursor->end - cursor->p) < bytes)
        return problem(cursor, "the record ends inside of a value");
    *ret = (const char *) cursor->p;
    cursor->p += bytes;
    return true;
}

static bool
read_text(Cursor *cursor, const char **ret, size_t *ret_bytes)
{
    int64_t bytes = 0;
    if (!read_long(cursor, &bytes))
        return false;
    if (bytes < 0 || bytes > CELL_BYTES_MAX)
        return problem(cursor, "a value is longer than one may be");
    *ret_bytes = (size_t) bytes;
    return read_bytes(cursor, (size_t) bytes, ret);
}

/* Of a union or enum. */
static bool
read_choice(Cursor *cursor, guint count, guint *ret)
{
    int64_t index = 0;
    if (!read_long(cursor, &index))
        return false;
    if (index < 0 || index >= (int64_t) count)
        return problem(cursor, "a choice is none of those of the schema");
    *ret = (guint) index;
    return true;
}

/* Two's complement, the highest byte first, as decimal digits. */
static bool
append_decimal(Cursor *cursor, const char *data, size_t bytes, int64_t scale)
{
    uint8_t digits[DECIMAL_BYTES_MAX + 1];
    g_autoptr(GString) reversed = g_string_new(NULL);
    if (bytes == 0 || bytes > DECIMAL_BYTES_MAX)
        return problem(cursor, "a decimal has no bytes, or more than 128");
    bool is_negative = (data[0] & 0x80) != 0, is_zero = false;
    for (size_t i = 0; i < bytes; i++)
        digits[i] = is_negative ? (uint8_t) ~data[i] : (uint8_t) data[i];
    for (size_t i = bytes; is_negative && i-- > 0 && ++digits[i] == 0;)
        ;
    while (!is_zero || (int64_t) reversed->len <= scale) {
        unsigned rest = 0;
        is_zero = true;
        for (size_t i = 0; i < bytes; i++) {
            unsigned value = rest << 8 | digits[i];
            digits[i] = (uint8_t) (value / 10);
            rest = value % 10;
            is_zero = is_zero && digits[i] == 0;
        }
        g_string_append_c(reversed, (char) ('0' + rest));
    }
    g_autoptr(GString) whole = g_string_new(is_negative ? "-" : "");
    for (size_t i = reversed->len; i-- > 0;) {
        g_string_append_c(whole, reversed->str[i]);
        if (scale > 0 && (int64_t) i == scale)
            g_string_append_c(whole, '.');
    }
    g_autoptr(GString) scratch = g_string_new(NULL);
    Value from = {.type = TYPE_TEXT, .s = {whole->str, whole->len}}, value;
    if (!value_cast(&from, TYPE_DECIMAL, NULL, scratch, &value, cursor->reason))
        return false;
    value_append_text(&value, cursor->text);
    return true;
}

static bool
append_number(Cursor *cursor, const AvroNode *node)
{
    Value value = {.type = node->logical == LOGICAL_NONE   ? TYPE_INT
                           : node->logical == LOGICAL_DATE ? TYPE_DATE
                                                           : TYPE_TIMESTAMP};
    if (!read_long(cursor, &value.i))
        return false;
    if (node->logical == LOGICAL_MILLIS && __builtin_mul_overflow(value.i, 1000, &value.i))
        return problem(cursor, "a moment is too far away");
    if (node->logical != LOGICAL_NONE) {
        int64_t days = node->logical == LOGICAL_DATE ? value.i : value.i / INT64_C(86400000000);
        if (days < -719162 || days > 2932896 ||
            (node->logical != LOGICAL_DATE && value.i < INT64_C(-62135596800000000)))
            return problem(cursor, "a date is before the year 1 or after 9999");
    }
    value_append_text(&value, cursor->text);
    return true;
}

static bool
append_real(Cursor *cursor, AvroKind kind)
{
    const char *bytes = NULL;
    Value value = {.type = TYPE_FLOAT};
    if (!read_bytes(cursor, kind == AVRO_FLOAT ? 4 : 8, &bytes))
        return false;
    if (kind == AVRO_FLOAT) {
        uint32_t bits;
        float single;
        memcpy(&bits, bytes, sizeof bits);
        bits = GUINT32_FROM_LE(bits);
        memcpy(&single, &bits, sizeof single);
        value.f = (double) single;
    } else {
        uint64_t bits;
        memcpy(&bits, bytes, sizeof bits);
        bits = GUINT64_FROM_LE(bits);
        memcpy(&value.f, &bits, sizeof bits);
    }
    value_append_text(&value, cursor->text);
    return true;
}

/* One cell, appended to the text as it is. */
static bool
append_scalar(Cursor *cursor, const AvroNode *node, JsonKind *ret)
{
    const char *data = NULL;
    size_t bytes = node->size;
    guint choice = 0;
    *ret = JSON_KIND_TEXT;
    switch (node->kind) {
    case AVRO_NULL:
        *ret = JSON_KIND_NULL;
        return true;
    case AVRO_BOOLEAN:
        *ret = JSON_KIND_BOOL;
        if (!read_bytes(cursor, 1, &data))
            return false;
        g_string_append(cursor->text, *data != 0 ? "true" : "false");
        return true;
    case AVRO_INT:
    case AVRO_LONG:
        *ret = node->logical == LOGICAL_NONE ? JSON_KIND_INT : JSON_KIND_TEXT;
        return append_number(cursor, node);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        *ret = JSON_KIND_NUMBER;
        return append_real(cursor, node->kind);
    case AVRO_ENUM:
        if (!read_choice(cursor, node->names->len, &choice))
            return false;
        g_string_append(cursor->text, node->names->pdata[choice]);
        return true;
    default:
        break;
    }
    if (node->kind == AVRO_FIXED ? !read_bytes(cursor, bytes, &data)
                                 : !read_text(cursor, &data, &bytes))
        return false;
    if (node->kind == AVRO_STRING && !g_utf8_validate_len(data, bytes, NULL) &&
        memchr(data, 0, bytes) == NULL)
        return problem(cursor, "a string is no UTF-8");
    if (node->logical == LOGICAL_DECIMAL)
        return append_decimal(cursor, data, bytes, node->scale);
    g_string_append_len(cursor->text, data, (gssize) bytes);
    return true;
}

/* --- cells that are JSON --- */

static bool append_json(Cursor *cursor, const AvroNode *node, int depth);

static bool
append_json_scalar(Cursor *cursor, const AvroNode *node)
{
    size_t begin = cursor->text->len;
    JsonKind kind;
    if (!append_scalar(cursor, node, &kind))
        return false;
    const char *text = cursor->text->str + begin;
    bool is_word = kind == JSON_KIND_BOOL || kind == JSON_KIND_INT ||
                   (kind == JSON_KIND_NUMBER && strpbrk(text, "NI") == NULL);
    if (kind == JSON_KIND_NULL) {
        g_string_append(cursor->text, "null");
    } else if (!is_word) {
        g_autofree char *bare = g_memdup2(text, cursor->text->len - begin + 1);
        size_t bytes = cursor->text->len - begin;
        g_string_truncate(cursor->text, begin);
        if (utf8_length(bare, bytes) < bytes)
            return problem(cursor, "bytes within a list are no UTF-8");
        json_append_text(bare, bytes, cursor->text);
    }
    return true;
}

/* Blocks of items, each behind its count, which is negative where the block's bytes are told as well. */
static bool
append_items(Cursor *cursor, const AvroNode *node, int depth)
{
    bool is_map = node->kind == AVRO_MAP;
    int64_t count = 0, bytes = 0, items = 0;
    g_string_append_c(cursor->text, is_map ? '{' : '[');
    for (;;) {
        if (!read_long(cursor, &count) || (count < 0 && !read_long(cursor, &bytes)))
            return false;
        if (count == 0)
            break;
        if (count == INT64_MIN || ABS(count) > ITEMS_MAX - cursor->items)
            return problem(cursor, "there are more than a million items");
        cursor->items += ABS(count);
        for (int64_t i = ABS(count); i > 0; i--, items++) {
            const char *key = NULL;
            size_t key_bytes = 0;
            g_string_append(cursor->text, items > 0 ? "," : "");
            if (is_map) {
                if (!read_text(cursor, &key, &key_bytes))
                    return false;
                if (utf8_length(key, key_bytes) < key_bytes)
                    return problem(cursor, "a key of a map is no UTF-8");
                json_append_text(key, key_bytes, cursor->text);
                g_string_append_c(cursor->text, ':');
            }
            if (!append_json(cursor, avro_part(node, 0), depth + 1))
                return false;
        }
    }
    g_string_append_c(cursor->text, is_map ? '}' : ']');
    return true;
}

static bool
append_json(Cursor *cursor, const AvroNode *node, int depth)
{
    guint choice = 0;
    if (depth > JSON_DEPTH_MAX || cursor->text->len > CELL_BYTES_MAX)
        return problem(cursor, "it is nested too deep, or too large");
    switch (node->kind) {
    case AVRO_UNION:
        return read_choice(cursor, node->parts->len, &choice) &&
               append_json(cursor, avro_part(node, choice), depth + 1);
    case AVRO_ARRAY:
    case AVRO_MAP:
        return append_items(cursor, node, depth);
    case AVRO_RECORD:
        g_string_append_c(cursor->text, '{');
        for (guint i = 0; i < node->names->len; i++) {
            g_string_append(cursor->text, i > 0 ? "," : "");
            json_append_text(node->names->pdata[i], strlen(node->names->pdata[i]), cursor->text);
            g_string_append_c(cursor->text, ':');
            if (!append_json(cursor, avro_part(node, i), depth + 1))
                return false;
        }
        g_string_append_c(cursor->text, '}');
        return true;
    default:
        return append_json_scalar(cursor, node);
    }
}

/* --- fields --- */

static bool
append_cell(Cursor *cursor, const AvroNode *node, JsonKind *ret)
{
    guint choice = 0;
    while (node->kind == AVRO_UNION) {
        if (!read_choice(cursor, node->parts->len, &choice))
            return false;
        node = avro_part(node, choice);
    }
    *ret = JSON_KIND_ARRAY;
    return node->kind == AVRO_ARRAY || node->kind == AVRO_MAP || node->kind == AVRO_RECORD
               ? append_json(cursor, node, 0)
               : append_scalar(cursor, node, ret);
}

static bool
read_record(Cursor *cursor, const AvroNode *record, const char *path)
{
    g_ptr_array_add(cursor->open, (void *) record);
    for (guint i = 0; i < record->names->len; i++) {
        const AvroNode *field = avro_part(record, i),
                       *inner = avro_flat_record(field, cursor->open);
        g_autofree char *name = g_strconcat(path, record->names->pdata[i], NULL);
        guint choice = 0;
        if (inner != NULL && field->kind == AVRO_UNION && !read_choice(cursor, 2, &choice))
            return false;
        if (inner != NULL) {
            g_autofree char *deeper = g_strconcat(name, ".", NULL);
            if (field->kind == AVRO_UNION && avro_part(field, choice)->kind == AVRO_NULL)
                continue;
            if (!read_record(cursor, inner, deeper))
                return false;
            continue;
        }
        JsonMember member = {.name = cursor->text->len, .name_bytes = strlen(name)};
        g_string_append(cursor->text, name);
        member.text = cursor->text->len;
        if (!append_cell(cursor, field, &member.kind))
            return false;
        member.text_bytes = cursor->text->len - member.text;
        g_array_append_val(cursor->members, member);
    }
    g_ptr_array_remove_index(cursor->open, cursor->open->len - 1);
    return true;
}

/* Without a name. */
static bool
read_value(Cursor *cursor, const AvroNode *node)
{
    JsonMember member = {.name = cursor->text->len, .text = cursor->text->len};
    if (!append_cell(cursor, node, &member.kind))
        return false;
    member.text_bytes = cursor->text->len - member.text;
    g_array_append_val(cursor->members, member);
    return true;
}

bool
avro_decode(const AvroSchema *schema, const void *data, size_t bytes, GArray *members,
            GString *text, char **ret_reason)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    Cursor cursor = {data, (const uint8_t *) data + bytes, members, text, open, ret_reason, 0};
    if (schema->root->kind != AVRO_RECORD ? !read_value(&cursor, schema->root)
                                          : !read_record(&cursor, schema->root, ""))
        return false;
    return cursor.p == cursor.end ||
           problem(&cursor, "there is more behind the record: it was written with another schema");
}

/* --- writing --- */

typedef struct {
    GString *to;
    AvroValueFn *value;
    void *data;
    char **reason;
} Writing;

static void
put_long(GString *to, int64_t value)
{
    uint64_t bits = (uint64_t) value << 1 ^ (uint64_t) (value >> 63);
    for (; bits >= 0x80; bits >>= 7)
        g_string_append_c(to, (char) (bits | 0x80));
    g_string_append_c(to, (char) bits);
}

static void
put_bytes(GString *to, const char *data, size_t bytes)
{
    put_long(to, (int64_t) bytes);
    g_string_append_len(to, data, (gssize) bytes);
}

static void
put_real(GString *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = GUINT64_TO_LE(bits);
    g_string_append_len(to, (const char *) &bits, sizeof bits);
}

static bool
refuse(const Writing *writing, const char *field, const char *why)
{
    *writing->reason = g_strdup_printf("column '%s': %s", field, why);
    return false;
}

static bool
put_text(const Writing *writing, const char *field, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    if (value->type == TYPE_BYTES && utf8_length(text->str, text->len) < text->len)
        return refuse(writing, field, "it is no UTF-8, and a string in the schema");
    put_bytes(writing->to, text->str, text->len);
    return true;
}

static bool
put_symbol(const Writing *writing, const char *field, const AvroNode *node, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    for (guint i = 0; i < node->names->len; i++)
        if (strcmp(node->names->pdata[i], text->str) == 0 && strlen(text->str) == text->len) {
            put_long(writing->to, i);
            return true;
        }
    return refuse(writing, field, "it is none of the symbols of the schema");
}

static bool
put_number(const Writing *writing, const char *field, const AvroNode *node, const Value *value)
{
    ColumnType wanted = node->logical == LOGICAL_NONE   ? TYPE_INT
                        : node->logical == LOGICAL_DATE ? TYPE_DATE
                                                        : TYPE_TIMESTAMP;
    if (value->type != wanted)
        return refuse(writing, field, "the schema has another type there");
    if (node->kind == AVRO_INT && value->i != (int32_t) value->i)
        return refuse(writing, field, "it does not fit into an int");
    if (node->logical == LOGICAL_MILLIS && value->i % 1000 != 0)
        return refuse(writing, field, "it is finer than a millisecond");
    put_long(writing->to, node->logical == LOGICAL_MILLIS ? value->i / 1000 : value->i);
    return true;
}

static bool
put_float(const Writing *writing, const char *field, AvroKind kind, const Value *value)
{
    float single = (float) value->f;
    uint32_t bits;
    if (value->type != TYPE_FLOAT)
        return refuse(writing, field, "the schema has a number with a fraction there");
    if (kind == AVRO_DOUBLE) {
        put_real(writing->to, value->f);
        return true;
    }
    if ((double) single < value->f || (double) single > value->f)
        return refuse(writing, field, "it is no float of 32 bits");
    memcpy(&bits, &single, sizeof bits);
    bits = GUINT32_TO_LE(bits);
    g_string_append_len(writing->to, (const char *) &bits, sizeof bits);
    return true;
}

static bool
put_scalar(const Writing *writing, const char *field, const AvroNode *node, const Value *value)
{
    bool is_bytes = value->type == TYPE_BYTES && node->logical == LOGICAL_NONE;
    switch (node->kind) {
    case AVRO_BOOLEAN:
        if (value->type != TYPE_BOOL)
            return refuse(writing, field, "the schema has a boolean there");
        g_string_append_c(writing->to, value->i != 0);
        return true;
    case AVRO_INT:
    case AVRO_LONG:
        return put_number(writing, field, node, value);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return put_float(writing, field, node->kind, value);
    case AVRO_STRING:
        return put_text(writing, field, value);
    case AVRO_ENUM:
        return put_symbol(writing, field, node, value);
    case AVRO_BYTES:
        if (!is_bytes)
            return refuse(writing, field, "the schema has bytes there");
        put_bytes(writing->to, value->s.data, value->s.bytes);
        return true;
    case AVRO_FIXED:
        if (!is_bytes || value->s.bytes != node->size)
            return refuse(writing, field, "the schema has bytes of another number there");
        g_string_append_len(writing->to, value->s.data, (gssize) value->s.bytes);
        return true;
    default:
        return refuse(writing, field,
                      "the schema has a list, a map or a record there, which is not written");
    }
}

static bool
put_field(const Writing *writing, const char *field, const AvroNode *node, const Value *value)
{
    guint branch = 0;
    if (node->kind == AVRO_UNION) {
        while (branch < node->parts->len &&
               (avro_part(node, branch)->kind == AVRO_NULL) != value->is_null)
            branch++;
        if (branch == node->parts->len)
            return refuse(writing, field, "the schema lets it not be NULL");
        put_long(writing->to, branch);
        node = avro_part(node, branch);
    }
    if (value->is_null)
        return node->kind == AVRO_NULL || refuse(writing, field, "the schema lets it not be NULL");
    return put_scalar(writing, field, node, value);
}

static bool
put_record(const Writing *writing, const AvroNode *record, const char *path, GPtrArray *open)
{
    g_ptr_array_add(open, (void *) record);
    for (guint i = 0; i < record->names->len; i++) {
        const AvroNode *field = avro_part(record, i), *inner = avro_flat_record(field, open);
        g_autofree char *name = g_strconcat(path, record->names->pdata[i], NULL);
        Value value = {.is_null = true};
        if (inner != NULL) {
            g_autofree char *deeper = g_strconcat(name, ".", NULL);
            if (field->kind == AVRO_UNION)
                put_long(writing->to, avro_part(field, 0) == inner ? 0 : 1);
            if (!put_record(writing, inner, deeper, open))
                return false;
            continue;
        }
        if (!writing->value(name, &value, writing->data))
            value.is_null = true;
        if (!put_field(writing, name, field, &value))
            return false;
    }
    g_ptr_array_remove_index(open, open->len - 1);
    return true;
}

bool
avro_encode(const AvroSchema *schema, AvroValueFn *value, void *data, GString *to,
            char **ret_reason)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    Writing writing = {to, value, data, ret_reason};
    Value only = {.is_null = true};
    if (schema->root->kind != AVRO_RECORD)
        return (value("", &only, data) || refuse(&writing, "", "there is no such column")) &&
               put_field(&writing, "", schema->root, &only);
    return put_record(&writing, schema->root, "", open);
}
