/*
 * wire.c - what COPY gives in its binary form: big-endian numbers, lengths before bytes.
 *
 * Binary, because it is exact (floats), because the server need not print dates, and because a text is where it lies.
 */
#include "driver/postgres/postgres.h"
#include "model/datetime.h"

#include <string.h>

#define EPOCH_DAYS 10957 /* from 1970-01-01 to 2000-01-01 */
#define HEAD_BYTES 19
static const char signature[11] = "PGCOPY\n\377\r\n"; /* and its zero */

/* numeric: base 10,000 digits */
enum {
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_PLUS_INF = 0xD000,
    NUMERIC_MINUS_INF = 0xF000
};
#define NUMERIC_HEAD_BYTES 8

static uint16_t
u16(const uint8_t *data)
{
    uint16_t value;
    memcpy(&value, data, sizeof value);
    return GUINT16_FROM_BE(value);
}

static uint32_t
u32(const uint8_t *data)
{
    uint32_t value;
    memcpy(&value, data, sizeof value);
    return GUINT32_FROM_BE(value);
}

static uint64_t
u64(const uint8_t *data)
{
    uint64_t value;
    memcpy(&value, data, sizeof value);
    return GUINT64_FROM_BE(value);
}

bool
wire_row(WireReader *reader, const char *text, size_t bytes, WireCell *cells, size_t cells_max,
         size_t *ret_count)
{
    const uint8_t *data = (const uint8_t *) text, *end = data + bytes;
    reader->head = 0;
    if (!reader->has_begun) {
        if (bytes < HEAD_BYTES || memcmp(data, signature, sizeof signature) != 0 ||
            u32(data + 15) > bytes - HEAD_BYTES)
            return false;
        reader->head = HEAD_BYTES + u32(data + 15);
        data += reader->head;
        reader->has_begun = true;
    }
    if (end - data < 2)
        return false;
    uint16_t count = u16(data);
    data += 2;
    *ret_count = 0;
    if (count == UINT16_MAX)
        return true;
    if (count > cells_max)
        return false;
    for (uint16_t i = 0; i < count; i++) {
        if (end - data < 4)
            return false;
        uint32_t length = u32(data);
        data += 4;
        cells[i] = (WireCell){.is_null = length == UINT32_MAX};
        if (cells[i].is_null)
            continue;
        if (length > (size_t) (end - data))
            return false;
        cells[i].data = data;
        cells[i].bytes = length;
        data += length;
    }
    *ret_count = count;
    return data == end;
}

int64_t
wire_int(const WireCell *cell)
{
    switch (cell->bytes) {
    case 2:
        return (int16_t) u16(cell->data);
    case 4:
        return (int32_t) u32(cell->data);
    case 8:
        return (int64_t) u64(cell->data);
    default:
        return cell->bytes > 0 ? cell->data[0] : 0;
    }
}

static double
wire_float(const WireCell *cell)
{
    if (cell->bytes == 4) {
        uint32_t bits = u32(cell->data);
        float value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint64_t bits = u64(cell->data);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool
refuse(char **ret_reason, const char *why)
{
    if (ret_reason != NULL)
        *ret_reason = g_strdup(why);
    return false;
}

/* One digit of base 10,000, four of ours. */
static void
append_four(GString *to, unsigned digit)
{
    char four[4] = {(char) ('0' + digit / 1000), (char) ('0' + digit / 100 % 10),
                    (char) ('0' + digit / 10 % 10), (char) ('0' + digit % 10)};
    g_string_append_len(to, four, 4);
}

static unsigned
digit_at(const WireCell *cell, int index, int count)
{
    return index >= 0 && index < count ? u16(cell->data + NUMERIC_HEAD_BYTES + 2 * index) : 0;
}

/* Each below 10,000, and no zero in front. */
static bool
has_digits(const WireCell *cell, int count)
{
    for (int i = 0; i < count; i++)
        if (digit_at(cell, i, count) > 9999)
            return false;
    return count == 0 || digit_at(cell, 0, count) > 0;
}

static void
append_numeric(GString *to, const WireCell *cell, int count, int weight)
{
    for (int i = 0; i <= weight; i++) {
        if (i == 0)
            g_string_append_printf(to, "%u", digit_at(cell, 0, count));
        else
            append_four(to, digit_at(cell, i, count));
    }
    if (weight < 0)
        g_string_append_c(to, '0');
    if (count <= weight + 1)
        return;
    g_string_append_c(to, '.');
    for (int i = weight + 1; i < count; i++)
        append_four(to, digit_at(cell, i, count));
    gsize length = to->len;
    while (to->str[length - 1] == '0')
        length--;
    g_string_truncate(to, to->str[length - 1] == '.' ? length - 1 : length);
}

static bool
refuse_unless(bool is_fine, const char *why, char **ret_reason)
{
    return is_fine || refuse(ret_reason, why);
}

/* NaN and infinities, or NULL. */
static const char *
odd_number(unsigned sign)
{
    return sign == NUMERIC_NAN         ? "NaN"
           : sign == NUMERIC_PLUS_INF  ? "Infinity"
           : sign == NUMERIC_MINUS_INF ? "-Infinity"
                                       : NULL;
}

static bool
wire_odd_number(const char *word, bool takes_odd, Value *ret, char **ret_reason)
{
    ret->s.data = word;
    ret->s.bytes = strlen(word);
    return refuse_unless(
        takes_odd, *word == 'N' ? "NaN is no decimal number" : "infinity is no decimal number",
        ret_reason);
}

/* As many digits behind the point as the number is shown with. */
static void
append_zeros(GString *to, unsigned wanted)
{
    const char *point = memchr(to->str, '.', to->len);
    gsize has = point != NULL ? to->len - 1 - (gsize) (point - to->str) : 0;
    if (point == NULL && wanted > 0)
        g_string_append_c(to, '.');
    for (; has < wanted; has++)
        g_string_append_c(to, '0');
}

static bool
wire_numeric(const WireCell *cell, WireType type, GString *scratch, Value *ret, char **ret_reason)
{
    if (cell->bytes < NUMERIC_HEAD_BYTES)
        return refuse(ret_reason, "the number cannot be read");
    int count = u16(cell->data), weight = (int16_t) u16(cell->data + 2);
    unsigned sign = u16(cell->data + 4);
    if (odd_number(sign) != NULL)
        return wire_odd_number(odd_number(sign), type.takes_odd, ret, ret_reason);
    if (cell->bytes != NUMERIC_HEAD_BYTES + 2 * (size_t) count ||
        (sign != 0 && sign != NUMERIC_NEGATIVE) || !has_digits(cell, count))
        return refuse(ret_reason, "the number cannot be read");
    g_string_truncate(scratch, 0);
    if (count == 0)
        g_string_append_c(scratch, '0');
    else {
        if (sign == NUMERIC_NEGATIVE)
            g_string_append_c(scratch, '-');
        append_numeric(scratch, cell, count, weight);
    }
    if (type.keeps_zeros)
        append_zeros(scratch, u16(cell->data + 6));
    ret->s.data = scratch->str;
    ret->s.bytes = scratch->len;
    return true;
}

/* The least and the greatest number of its type. */
static bool
wire_infinite(bool is_below, bool takes_odd, const char *why, Value *ret, char **ret_reason)
{
    ret->i = is_below ? TIME_MINUS_INFINITE : TIME_INFINITE;
    return refuse_unless(takes_odd, why, ret_reason);
}

static bool
wire_date(const WireCell *cell, bool takes_odd, Value *ret, char **ret_reason)
{
    int32_t days = (int32_t) u32(cell->data);
    if (days == INT32_MAX || days == INT32_MIN)
        return wire_infinite(days < 0, takes_odd, "infinity is no date", ret, ret_reason);
    ret->i = (int64_t) days + EPOCH_DAYS;
    return refuse_unless(takes_odd || datetime_days_have_text(ret->i), VALUE_NO_YEAR, ret_reason);
}

static bool
wire_timestamp(const WireCell *cell, bool takes_odd, Value *ret, char **ret_reason)
{
    int64_t us = (int64_t) u64(cell->data);
    if (us == INT64_MAX || us == INT64_MIN)
        return wire_infinite(us < 0, takes_odd, "infinity is no timestamp", ret, ret_reason);
    if (us >= INT64_MAX - EPOCH_DAYS * DAY_US)
        return refuse(ret_reason, VALUE_NO_YEAR);
    ret->i = us + EPOCH_DAYS * DAY_US;
    return refuse_unless(takes_odd || datetime_days_have_text(datetime_floor_days(ret->i)),
                         VALUE_NO_YEAR, ret_reason);
}

#define UUID_BYTES 16

static bool
wire_uuid(const WireCell *cell, GString *scratch, Value *ret, char **ret_reason)
{
    static const char digits[] = "0123456789abcdef";
    if (cell->bytes != UUID_BYTES)
        return refuse(ret_reason, "the uuid cannot be read");
    g_string_truncate(scratch, 0);
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            g_string_append_c(scratch, '-');
        g_string_append_c(scratch, digits[cell->data[i] >> 4]);
        g_string_append_c(scratch, digits[cell->data[i] & 15]);
    }
    ret->s.data = scratch->str;
    ret->s.bytes = scratch->len;
    return true;
}

/* A text, behind the byte that tells a jsonb's version. */
static bool
wire_text(const WireCell *cell, unsigned oid, Value *ret, char **ret_reason)
{
    size_t head = oid == OID_JSONB;
    if (cell->bytes < head || (head > 0 && cell->data[0] != 1))
        return refuse(ret_reason, "the jsonb cannot be read");
    ret->s.data = (const char *) cell->data + head;
    ret->s.bytes = cell->bytes - head;
    return ret->s.bytes <= CELL_BYTES_MAX || refuse(ret_reason, "the value has more than 16 MiB");
}

bool
wire_is_known(unsigned oid)
{
    return pg_type_of(oid) != TYPE_TEXT || oid == OID_TEXT || oid == OID_VARCHAR ||
           oid == OID_NAME || oid == OID_JSON || oid == OID_JSONB || oid == OID_UUID;
}

/* Bytes of a type that has always as many; else 0. */
static size_t
width_of(unsigned oid)
{
    switch (oid) {
    case OID_BOOL:
        return 1;
    case OID_INT2:
        return 2;
    case OID_INT4:
    case OID_OID:
    case OID_FLOAT4:
    case OID_DATE:
        return 4;
    case OID_INT8:
    case OID_FLOAT8:
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        return 8;
    default:
        return 0;
    }
}

bool
wire_value_of(const WireCell *cell, WireType type, GString *scratch, Value *ret, char **ret_reason)
{
    unsigned oid = type.oid;
    *ret = (Value){.type = pg_type_of(oid), .is_null = cell->is_null};
    if (cell->is_null)
        return true;
    size_t width = width_of(oid);
    if (width > 0 && cell->bytes != width)
        return refuse(ret_reason, "the value is shorter or longer than its type");
    switch (ret->type) {
    case TYPE_BOOL:
        ret->i = cell->data[0] != 0;
        return true;
    case TYPE_INT:
        ret->i = oid == OID_OID ? (int64_t) u32(cell->data) : wire_int(cell);
        return true;
    case TYPE_FLOAT:
        ret->f = wire_float(cell);
        return true;
    case TYPE_DECIMAL:
        return wire_numeric(cell, type, scratch, ret, ret_reason);
    case TYPE_DATE:
        return wire_date(cell, type.takes_odd, ret, ret_reason);
    case TYPE_TIMESTAMP:
        return wire_timestamp(cell, type.takes_odd, ret, ret_reason);
    case TYPE_TEXT:
    case TYPE_BYTES:
        return oid == OID_UUID ? wire_uuid(cell, scratch, ret, ret_reason)
                               : wire_text(cell, oid, ret, ret_reason);
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}
