/*
 * encode.c - rows of a batch in the forms that COPY … FROM STDIN takes.
 *
 * Binary where every column is of a type whose binary form we know: the server then parses nothing. Else text, in which each
 * type reads its own. Values that a column would bend in silence (digits beyond a numeric's scale, microseconds beyond a
 * timestamp's precision, a double in a real, blanks that a char drops) are refused here, with the reason.
 */
#include "driver/postgres/postgres.h"
#include "model/datetime.h"

#include <math.h>
#include <string.h>

#define EPOCH_DAYS 10957
#define HEADER_BYTES 4 /* of a length in type modifiers */
#define FRACTION_MAX 16383
#define DIGITS_SHOWN 40

static bool refuse(char **ret_reason, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool
refuse(char **ret_reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *ret_reason = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

/* --- what would be bent --- */

static bool
check_int(const PgTarget *target, int64_t value, char **ret_reason)
{
    int64_t least = target->base == OID_INT2   ? INT16_MIN
                    : target->base == OID_INT4 ? INT32_MIN
                    : target->base == OID_OID  ? 0
                                               : INT64_MIN;
    int64_t most = target->base == OID_INT2   ? INT16_MAX
                   : target->base == OID_INT4 ? INT32_MAX
                   : target->base == OID_OID  ? UINT32_MAX
                                              : INT64_MAX;
    return (value >= least && value <= most) ||
           refuse(ret_reason, "%" G_GINT64_FORMAT " is out of the column's range", value);
}

static bool
check_float(const PgTarget *target, double value, char **ret_reason)
{
    if (target->base != OID_FLOAT4 || isnan(value) || (double) (float) value == value)
        return true;
    return refuse(ret_reason, "%.17g has no exact value in a real", value);
}

/* Canonical decimals: minus, digits, fraction. */
static bool
check_decimal(const PgTarget *target, const char *text, size_t bytes, char **ret_reason)
{
    size_t begin = bytes > 0 && text[0] == '-';
    const char *point = memchr(text, '.', bytes);
    size_t whole = (point != NULL ? (size_t) (point - text) : bytes) - begin;
    size_t fraction = point != NULL ? bytes - begin - whole - 1 : 0;
    if (fraction > FRACTION_MAX)
        return refuse(ret_reason, "the number has %zu digits behind the point", fraction);
    if (target->base != OID_NUMERIC || target->modifier < HEADER_BYTES)
        return true;
    int bits = target->modifier - HEADER_BYTES;
    int precision = bits >> 16 & 0xffff, scale = ((bits & 0x7ff) ^ 1024) - 1024;
    size_t zeros = 0;
    while (zeros < whole && text[begin + whole - 1 - zeros] == '0')
        zeros++;
    bool is_zero = whole == 1 && text[begin] == '0';
    bool is_exact = scale >= 0 ? fraction <= (size_t) scale
                               : fraction == 0 && (is_zero || zeros >= (size_t) -scale);
    if (!is_exact)
        return refuse(ret_reason, "'%.*s' has more digits than numeric(%d,%d) keeps",
                      (int) MIN(bytes, DIGITS_SHOWN), text, precision, scale);
    return is_zero || (int) whole <= precision - scale ||
           refuse(ret_reason, "'%.*s' is too large for numeric(%d,%d)",
                  (int) MIN(bytes, DIGITS_SHOWN), text, precision, scale);
}

static size_t
letters(const char *text, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += ((unsigned char) text[i] & 0xc0) != 0x80;
    return count;
}

static bool
check_text(const PgTarget *target, const char *text, size_t bytes, char **ret_reason)
{
    if (memchr(text, '\0', bytes) != NULL)
        return refuse(ret_reason, "the text has a NUL, which PostgreSQL cannot keep");
    if (target->base == OID_BPCHAR && bytes > 0 && text[bytes - 1] == ' ')
        return refuse(ret_reason, "a char drops blanks at the end");
    bool is_limited = (target->base == OID_BPCHAR || target->base == OID_VARCHAR) &&
                      target->modifier >= HEADER_BYTES;
    size_t most = (size_t) MAX(0, target->modifier - HEADER_BYTES);
    if (is_limited && bytes > most && letters(text, bytes) > most)
        return refuse(ret_reason, "the text has %zu letters, the column takes %zu",
                      letters(text, bytes), most);
    return true;
}

static bool
check_time(const PgTarget *target, int64_t value, char **ret_reason)
{
    bool is_date = target->type == TYPE_DATE;
    int64_t step = 1;
    if (!datetime_days_have_text(is_date ? value : datetime_floor_days(value)))
        return refuse(ret_reason, "the year is outside of %d to %d", YEAR_MIN, YEAR_MAX);
    for (int i = target->modifier; !is_date && i >= 0 && i < 6; i++)
        step *= 10;
    return value % step == 0 ||
           refuse(ret_reason,
                  "the time is finer than the column, which keeps %d digits of a second",
                  target->modifier);
}

static bool
check(const PgTarget *target, const Value *value, char **ret_reason)
{
    switch (value->type) {
    case TYPE_INT:
        return check_int(target, value->i, ret_reason);
    case TYPE_FLOAT:
        return check_float(target, value->f, ret_reason);
    case TYPE_DECIMAL:
        return check_decimal(target, value->s.data, value->s.bytes, ret_reason);
    case TYPE_TEXT:
        return check_text(target, value->s.data, value->s.bytes, ret_reason);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return check_time(target, value->i, ret_reason);
    case TYPE_BOOL:
    case TYPE_BYTES:
    case TYPE_COUNT:
        break;
    }
    return true;
}

/* --- binary --- */

static void
put_be(GString *to, uint64_t value, int bytes)
{
    char out[8];
    for (int i = 0; i < bytes; i++)
        out[i] = (char) (value >> (8 * (bytes - 1 - i)));
    g_string_append_len(to, out, bytes);
}

static void
put_int(GString *to, uint64_t value, int bytes)
{
    put_be(to, (uint64_t) bytes, 4);
    put_be(to, value, bytes);
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

static void
put_decimal(GString *to, const char *text, size_t bytes)
{
    bool is_negative = text[0] == '-';
    text += is_negative;
    bytes -= is_negative;
    const char *point = memchr(text, '.', bytes);
    size_t whole = point != NULL ? (size_t) (point - text) : bytes;
    size_t fraction = point != NULL ? bytes - whole - 1 : 0;
    long before = ((long) whole + 3) / 4, after = ((long) fraction + 3) / 4, first = 0,
         last = before + after;
    g_autofree uint16_t *groups = g_new(uint16_t, (gsize) (before + after));
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
        put_int(to, (uint64_t) (value->i - EPOCH_DAYS), 4);
        return;
    case TYPE_TIMESTAMP:
        put_int(to, (uint64_t) (value->i - EPOCH_DAYS * DAY_US), 8);
        return;
    case TYPE_TEXT:
    case TYPE_BYTES:
        put_be(to, value->s.bytes, 4);
        g_string_append_len(to, value->s.data, (gssize) value->s.bytes);
        return;
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

bool
encode_is_binary(const PgTarget *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned base = targets[i].base;
        bool is_text = base == OID_TEXT || base == OID_VARCHAR || base == OID_BPCHAR ||
                       base == OID_NAME || base == OID_JSON;
        if (pg_type_of(base) != targets[i].type || (targets[i].type == TYPE_TEXT && !is_text))
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
put_text(GString *to, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->type == TYPE_BYTES) {
        g_string_append(to, "\\\\x");
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(to, "%02x", (unsigned char) value->s.data[i]);
        return;
    }
    value_append_text(value, text);
    put_escaped(to, text->str, text->len);
}

/* --- rows --- */

bool
encode_row(GString *to, bool is_binary, const PgTarget *targets, size_t count, const Batch *batch,
           size_t row, size_t *ret_target, char **ret_reason)
{
    gsize begin = to->len;
    if (is_binary)
        put_be(to, count, 2);
    for (size_t i = 0; i < count; i++) {
        Value value = batch_value(batch, targets[i].column, row);
        if (!is_binary && i > 0)
            g_string_append_c(to, '\t');
        if (value.is_null && is_binary) {
            put_be(to, UINT32_MAX, 4);
        } else if (value.is_null) {
            g_string_append(to, "\\N");
        } else if (!check(&targets[i], &value, ret_reason)) {
            g_string_truncate(to, begin);
            *ret_target = i;
            return false;
        } else if (is_binary) {
            put_binary(to, &targets[i], &value);
        } else {
            put_text(to, &value);
        }
    }
    if (!is_binary)
        g_string_append_c(to, '\n');
    return true;
}
