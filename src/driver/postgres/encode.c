/*
 * encode.c - rows of a batch in the forms that COPY … FROM STDIN takes.
 *
 * Binary where every column is of a type whose binary form we know: the server then parses nothing. Else text, in which each
 * type reads its own. Values that a column would bend in silence (digits beyond a numeric's scale, microseconds beyond a
 * timestamp's precision, a double in a real, blanks that a char drops) are refused (bend.c), with the reason.
 */
#include "base/copy.h"
#include "driver/postgres/postgres.h"
#include "model/datetime.h"

#include <string.h>

#define EPOCH_DAYS 10957
#define UUID_LETTERS 36

/* --- binary --- */

/* Room for a few bytes at the end: this is done for every cell. */
static char *
room(GString *to, size_t bytes)
{
    gsize begin = to->len;
    if (G_UNLIKELY(begin + bytes >= to->allocated_len))
        g_string_set_size(to, begin + bytes);
    else
        to->len = begin + bytes;
    return to->str + begin;
}

static inline void
put_be(GString *to, uint64_t value, size_t bytes)
{
    uint64_t turned = GUINT64_TO_BE(value);
    memcpy(room(to, bytes), (const char *) &turned + sizeof turned - bytes, bytes);
}

static inline void
put_int(GString *to, uint64_t value, size_t bytes)
{
    uint32_t length = GUINT32_TO_BE((uint32_t) bytes);
    uint64_t turned = GUINT64_TO_BE(value);
    char *at = room(to, sizeof length + bytes);
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, (const char *) &turned + sizeof turned - bytes, bytes);
}

static void
put_bytes(GString *to, const void *data, size_t bytes)
{
    copy_bytes(room(to, bytes), data, bytes);
}

static void
put_float(GString *to, const PgTarget *target, double value)
{
    if (target->base == OID_FLOAT4) {
        float small = (float) value;
        uint32_t bits;
        memcpy(&bits, &small, sizeof bits);
        put_int(to, bits, 4);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_int(to, bits, 8);
}

/* Digit `index` of base 10,000, counted from the first one before the point. */
static unsigned
group(const char *text, size_t bytes, long first)
{
    unsigned digit = 0;
    for (long i = first; i < first + 4; i++)
        digit = digit * 10 + (i >= 0 && (size_t) i < bytes ? (unsigned) (text[i] - '0') : 0);
    return digit;
}

/* What is odd has neither digits nor a weight. */
static void
put_odd_decimal(GString *to, const char *text)
{
    put_be(to, 8, 4);
    put_be(to, 0, 4);
    put_be(to, *text == 'N' ? 0xC000 : *text == 'I' ? 0xD000 : 0xF000, 2);
    put_be(to, 0, 2);
}

static bool
is_odd_decimal(const char *text, size_t bytes)
{
    return bytes > 1 && (*text == 'N' || *text == 'I' || text[1] == 'I');
}

#define GROUPS_KEPT 64 /* more than nearly all decimals have; longer ones allocate */

static void
put_decimal(GString *to, const char *text, size_t bytes)
{
    bool is_negative = text[0] == '-';
    if (is_odd_decimal(text, bytes)) {
        put_odd_decimal(to, text);
        return;
    }
    text += is_negative;
    bytes -= is_negative;
    const char *point = memchr(text, '.', bytes);
    size_t whole = point != NULL ? (size_t) (point - text) : bytes;
    size_t fraction = point != NULL ? bytes - whole - 1 : 0;
    long before = ((long) whole + 3) / 4, after = ((long) fraction + 3) / 4, first = 0,
         last = before + after;
    uint16_t few[GROUPS_KEPT];
    g_autofree uint16_t *many = last > GROUPS_KEPT ? g_new(uint16_t, (gsize) last) : NULL;
    uint16_t *groups = many != NULL ? many : few;
    for (long i = 0; i < before; i++)
        groups[i] = (uint16_t) group(text, whole, (long) whole - 4 * (before - i));
    for (long i = 0; i < after; i++)
        groups[before + i] = (uint16_t) group(point + 1, fraction, 4 * i);
    while (first < last && groups[first] == 0)
        first++;
    while (last > first && groups[last - 1] == 0)
        last--;
    put_be(to, (uint64_t) (8 + 2 * (last - first)), 4);
    put_be(to, (uint64_t) (last - first), 2);
    put_be(to, (uint64_t) (last > first ? before - 1 - first : 0), 2);
    put_be(to, is_negative && last > first ? 0x4000 : 0, 2);
    put_be(to, (uint64_t) fraction, 2);
    for (long i = first; i < last; i++)
        put_be(to, groups[i], 2);
}

/* In the form that check_text() has seen. */
static void
put_uuid(GString *to, const char *text)
{
    put_be(to, 16, 4);
    for (const char *at = text; at < text + UUID_LETTERS; at += 2) {
        at += *at == '-';
        put_be(to, (uint64_t) (g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1])), 1);
    }
}

static void
put_text(GString *to, const PgTarget *target, const Value *value)
{
    if (target->base == OID_UUID) {
        put_uuid(to, value->s.data);
        return;
    }
    bool is_jsonb = target->base == OID_JSONB;
    put_be(to, value->s.bytes + is_jsonb, 4);
    if (is_jsonb)
        put_be(to, 1, 1); /* the version */
    put_bytes(to, value->s.data, value->s.bytes);
}

void
encode_null(GString *to)
{
    put_be(to, UINT32_MAX, 4);
}

void
encode_cell(GString *to, const void *data, size_t bytes)
{
    uint32_t length = GUINT32_TO_BE((uint32_t) bytes);
    char *at = room(to, sizeof length + bytes);
    memcpy(at, &length, sizeof length);
    copy_bytes(at + sizeof length, data, bytes);
}

void
encode_whole(GString *to, const void *data, size_t bytes)
{
    put_bytes(to, data, bytes);
}

void
encode_count(GString *to, size_t count)
{
    put_be(to, count, 2);
}

static void
put_time(GString *to, const Value *value)
{
    size_t bytes = value->type == TYPE_DATE ? 4 : 8;
    int64_t unit = value->type == TYPE_DATE ? 1 : DAY_US;
    if (value->i == TIME_INFINITE)
        put_int(to, bytes == 4 ? INT32_MAX : INT64_MAX, bytes);
    else if (value->i == TIME_MINUS_INFINITE)
        put_int(to, bytes == 4 ? (uint64_t) INT32_MIN : (uint64_t) INT64_MIN, bytes);
    else
        put_int(to, (uint64_t) (value->i - EPOCH_DAYS * unit), bytes);
}

static void
put_binary(GString *to, const PgTarget *target, const Value *value)
{
    switch (value->type) {
    case TYPE_BOOL:
        put_int(to, value->i != 0, 1);
        return;
    case TYPE_INT:
        put_int(to, (uint64_t) value->i,
                target->base == OID_INT8   ? 8
                : target->base == OID_INT2 ? 2
                                           : 4);
        return;
    case TYPE_FLOAT:
        put_float(to, target, value->f);
        return;
    case TYPE_DECIMAL:
        put_decimal(to, value->s.data, value->s.bytes);
        return;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        put_time(to, value);
        return;
    case TYPE_TEXT:
        put_text(to, target, value);
        return;
    case TYPE_BYTES:
        encode_cell(to, value->s.data, value->s.bytes);
        return;
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

bool
encode_value(GString *to, const PgTarget *target, const Value *value, char **ret_reason)
{
    if (value->is_null) {
        encode_null(to);
        return true;
    }
    if (!pg_keeps(target, value, ret_reason))
        return false;
    put_binary(to, target, value);
    return true;
}

bool
encode_is_binary(const PgTarget *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned base = targets[i].base;
        if (pg_type_of(base) != targets[i].type || !(wire_is_known(base) || base == OID_BPCHAR))
            return false;
    }
    return true;
}

void
encode_begin(GString *to, bool is_binary)
{
    if (is_binary)
        g_string_append_len(to, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
}

void
encode_end(GString *to, bool is_binary)
{
    if (is_binary)
        put_be(to, UINT16_MAX, 2);
}

/* --- text --- */

static void
put_escaped(GString *to, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        char letter = text[i];
        bool is_special = letter == '\\' || letter == '\n' || letter == '\r' || letter == '\t';
        if (is_special)
            g_string_append_c(to, '\\');
        g_string_append_c(to, letter == '\n'   ? 'n'
                              : letter == '\r' ? 'r'
                              : letter == '\t' ? 't'
                                               : letter);
    }
}

static void
put_shown(GString *to, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->type == TYPE_BYTES) {
        g_string_append(to, "\\\\x");
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(to, "%02x", (unsigned char) value->s.data[i]);
        return;
    }
    if (value->type == TYPE_DECIMAL) /* with its zeros */
        g_string_append_len(text, value->s.data, (gssize) value->s.bytes);
    else
        value_append_text(value, text);
    put_escaped(to, text->str, text->len);
}

static bool
put_printed(GString *to, const PgTarget *target, const Value *value, bool is_next,
            char **ret_reason)
{
    if (is_next)
        g_string_append_c(to, '\t');
    if (value->is_null)
        g_string_append(to, "\\N");
    else if (!pg_keeps(target, value, ret_reason))
        return false;
    else
        put_shown(to, value);
    return true;
}

/* --- rows --- */

/* A text as it is, in a column that takes any without a NUL. */
static bool
takes_any_text(const PgTarget *target)
{
    return target->type == TYPE_TEXT && (target->base == OID_TEXT || target->base == OID_JSON ||
                                         (target->base == OID_VARCHAR && target->modifier < 0));
}

void
encode_look(PgTarget *targets, size_t count, const Batch *batch)
{
    for (size_t i = 0; i < count; i++) {
        const BatchColumn *column = &batch->columns[targets[i].column];
        size_t bytes = takes_any_text(&targets[i]) ? column->offsets[batch->row_count] : 0;
        targets[i].is_plain = takes_any_text(&targets[i]) &&
                              (bytes == 0 || memchr(column->heap, '\0', bytes) == NULL);
    }
}

static bool
encode_binary(GString *to, const PgTarget *target, const Batch *batch, size_t row,
              char **ret_reason)
{
    size_t bytes;
    const char *data;
    if (target->is_plain && !batch_is_null(batch, target->column, row)) {
        data = batch_bytes(batch, target->column, row, &bytes);
        encode_cell(to, data, bytes);
        return true;
    }
    Value value = batch_value(batch, target->column, row);
    return encode_value(to, target, &value, ret_reason);
}

bool
encode_row(GString *to, bool is_binary, const PgTarget *targets, size_t count, const Batch *batch,
           size_t row, size_t *ret_target, char **ret_reason)
{
    gsize begin = to->len;
    bool is_good = true;
    if (is_binary)
        encode_count(to, count);
    for (size_t i = 0; i < count && is_good; i++) {
        *ret_target = i;
        if (is_binary) {
            is_good = encode_binary(to, &targets[i], batch, row, ret_reason);
            continue;
        }
        Value value = batch_value(batch, targets[i].column, row);
        is_good = put_printed(to, &targets[i], &value, i > 0, ret_reason);
    }
    if (!is_good)
        g_string_truncate(to, begin);
    else if (!is_binary)
        g_string_append_c(to, '\n');
    return is_good;
}
