/*
 * bend.c - what a column would bend in silence is refused, with the reason.
 */
#include "driver/postgres/postgres.h"
#include "model/datetime.h"
#include "model/digits.h"

#include <math.h>
#include <string.h>

#define HEADER_BYTES 4 /* of a length in type modifiers */
#define FRACTION_MAX 16383
#define DIGITS_SHOWN 40
#define UUID_LETTERS 36

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

/* A numeric of any length has room for NaN, and only one without for infinity. */
static bool
is_odd_and_fits(const PgTarget *target, const char *text, size_t bytes)
{
    bool is_nan = bytes > 0 && *text == 'N';
    bool is_infinite = bytes > 1 && (*text == 'I' || text[1] == 'I');
    return target->takes_odd && (is_nan || (is_infinite && target->modifier < HEADER_BYTES));
}

/* Canonical decimals: minus, digits, fraction. */
static bool
check_decimal(const PgTarget *target, const char *text, size_t bytes, char **ret_reason)
{
    if (is_odd_and_fits(target, text, bytes))
        return true;
    bytes = digits_without_zeros(text, bytes);
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
is_uuid(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes && bytes == UUID_LETTERS; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
    }
    return bytes == UUID_LETTERS;
}

static bool
check_text(const PgTarget *target, const char *text, size_t bytes, char **ret_reason)
{
    if (memchr(text, '\0', bytes) != NULL)
        return refuse(ret_reason, "the text has a NUL, which PostgreSQL cannot keep");
    if (target->base == OID_UUID && !is_uuid(text, bytes))
        return refuse(ret_reason, "'%.*s' is not as a uuid is written",
                      (int) MIN(bytes, DIGITS_SHOWN), text);
    if (target->base == OID_BPCHAR && bytes > 0 && text[bytes - 1] == ' ')
        return refuse(ret_reason, "a char drops blanks at the end");
    if (target->base == OID_NAME && bytes > OBJECT_NAME_MAX)
        return refuse(ret_reason, "the text has %zu bytes, a name keeps %d", bytes,
                      OBJECT_NAME_MAX);
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
    if (target->takes_odd && (value == TIME_INFINITE || value == TIME_MINUS_INFINITE))
        return true;
    if (!target->takes_odd &&
        !datetime_days_have_text(is_date ? value : datetime_floor_days(value)))
        return refuse(ret_reason, "the year is outside of %d to %d", YEAR_MIN, YEAR_MAX);
    for (int i = target->modifier; !is_date && i >= 0 && i < 6; i++)
        step *= 10;
    return value % step == 0 ||
           refuse(ret_reason,
                  "the time is finer than the column, which keeps %d digits of a second",
                  target->modifier);
}

bool
pg_keeps(const PgTarget *target, const Value *value, char **ret_reason)
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
