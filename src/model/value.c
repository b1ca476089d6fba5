/*
 * value.c - one typed value, and every way from one type to another.
 *
 * The way between two types is a row of the table at the end of the file: what kind of cast it is,
 * whatever the values, and the function that does it. Strict and lossy casts are the same
 * functions; `Cast.lossy` says which answer is wanted where there is no exact one:
 *
 *   float, decimal or text to int   the fraction is cut (towards zero): -2.9 becomes -2
 *   int or decimal to float         the nearest float
 *   timestamp to date               the day it is in
 *   timestamp to int (unix)         the second it is in, rounded down
 *   text to timestamp               digits after the sixth of a fraction are cut
 *   numbers to bool                 0 is false, everything else is true
 *
 * Texts are numbers only as people write them for machines: no blanks, no thousands separators, no
 * hexadecimal.
 */
#include "model/value.h"

#include "model/datetime.h"
#include "model/digits.h"

#include <math.h>
#include <string.h>

#define QUOTED_BYTES_MAX 48 /* enough to recognise a value in a message */

typedef struct {
    ColumnType type;    /* wanted */
    const char *format; /* or NULL */
    bool lossy;
    GString *scratch;
    char **ret_reason;
} Cast;

typedef bool CastFn(const Cast *cast, const Value *from, Value *ret);

/* --- reasons --- */

void
value_append_quoted(const Value *value, GString *to)
{
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    g_string_append_c(to, '\'');
    size_t used = 0;
    for (const char *p = text->str; used < text->len && used < QUOTED_BYTES_MAX;) {
        gunichar letter = g_utf8_get_char_validated(p, (gssize) (text->len - used));
        size_t bytes = 1;
        if (letter == (gunichar) -1 || letter == (gunichar) -2 || letter == 0) {
            g_string_append_printf(to, "\\x%02x", (unsigned char) *p);
        } else if (!g_unichar_isprint(letter)) {
            bytes = (size_t) (g_utf8_next_char(p) - p);
            g_string_append_printf(to, "\\u%04x", letter);
        } else {
            bytes = (size_t) (g_utf8_next_char(p) - p);
            g_string_append_len(to, p, (gssize) bytes);
        }
        p += bytes;
        used += bytes;
    }
    g_string_append(to, used < text->len ? "…'" : "'");
}

/* "'VALUE' what", and false. */
static bool
refuse(const Cast *cast, const Value *value, const char *what)
{
    if (cast->ret_reason != NULL) {
        g_autoptr(GString) reason = g_string_new(NULL);
        value_append_quoted(value, reason);
        g_string_append_printf(reason, " %s", what);
        *cast->ret_reason = g_string_free(g_steal_pointer(&reason), FALSE);
    }
    return false;
}

static bool
refuse_never(const Cast *cast, const Value *from, Value *ret)
{
    if (cast->ret_reason != NULL)
        *cast->ret_reason = g_strdup_printf(
            "a value of type %s cannot become %s%s", column_type_name(from->type),
            column_type_name(cast->type),
            value_cast_kind(from->type, cast->type, "unix") != CAST_NEVER && cast->format == NULL
                ? " without format: unix or unix_ms"
                : "");
    return false;
}

/* Why a text is not the number it should be: the common mistakes by name. */
static bool
refuse_number(const Cast *cast, const Value *from, const char *kind)
{
    const char *text = from->s.data;
    size_t bytes = from->s.bytes;
    const char *why = "";
    if (bytes == 0)
        why = " (it is empty)";
    else if (g_ascii_isspace(text[0]) || g_ascii_isspace(text[bytes - 1]))
        why = " (it has blanks around it)";
    else if (memchr(text, ',', bytes) != NULL)
        why = " (no thousands separators, the decimal sign is a point)";
    g_autofree char *what = g_strdup_printf("is not %s%s", kind, why);
    return refuse(cast, from, what);
}

/* --- casts --- */

static bool
put_int(int64_t value, Value *ret)
{
    ret->i = value;
    return true;
}

/* Hands the scratch text out as the result. */
static bool
put_scratch(const Cast *cast, Value *ret)
{
    ret->s.data = cast->scratch->str;
    ret->s.bytes = cast->scratch->len;
    return true;
}

static bool
cast_same(const Cast *cast, const Value *from, Value *ret)
{
    ColumnType type = ret->type;
    *ret = *from;
    ret->type = type;
    return true;
}

static bool
cast_bool_to_float(const Cast *cast, const Value *from, Value *ret)
{
    ret->f = (double) from->i;
    return true;
}

static bool
cast_to_text(const Cast *cast, const Value *from, Value *ret)
{
    value_append_text(from, cast->scratch);
    return put_scratch(cast, ret);
}

static bool
cast_bool_to_decimal(const Cast *cast, const Value *from, Value *ret)
{
    g_string_append_c(cast->scratch, from->i != 0 ? '1' : '0');
    return put_scratch(cast, ret);
}

static bool
cast_int_to_bool(const Cast *cast, const Value *from, Value *ret)
{
    if (from->i != 0 && from->i != 1 && !cast->lossy)
        return refuse(cast, from, "is neither 0 nor 1");
    return put_int(from->i != 0, ret);
}

static bool
cast_int_to_float(const Cast *cast, const Value *from, Value *ret)
{
    ret->f = (double) from->i;
    /* 2^63 as a double is one more than fits: converting it back would be undefined */
    if (!cast->lossy && (ret->f >= 9223372036854775808.0 || (int64_t) ret->f != from->i))
        return refuse(cast, from, "has no exact value as float");
    return true;
}

static bool
cast_float_to_bool(const Cast *cast, const Value *from, Value *ret)
{
    if (isnan(from->f) || (from->f != 0 && from->f != 1 && !cast->lossy))
        return refuse(cast, from, "is neither 0 nor 1");
    return put_int(from->f != 0, ret);
}

static bool
cast_float_to_int(const Cast *cast, const Value *from, Value *ret)
{
    double whole = trunc(from->f);
    if (isnan(whole) || whole < -9223372036854775808.0 || whole >= 9223372036854775808.0)
        return refuse(cast, from, "is outside of the 64-bit whole numbers");
    if (whole != from->f && !cast->lossy)
        return refuse(cast, from, "is not a whole number");
    return put_int((int64_t) whole, ret);
}

static bool
cast_float_to_decimal(const Cast *cast, const Value *from, Value *ret)
{
    if (float_append_short(cast->scratch, from->f))
        return put_scratch(cast, ret);
    Digits digits;
    g_autoptr(GString) text = g_string_sized_new(32);
    float_append(text, from->f);
    if (!digits_read(text->str, text->len, &digits) || !digits_append(&digits, cast->scratch))
        return refuse(cast, from, "has no decimal form");
    return put_scratch(cast, ret);
}

/* --- text and decimal to numbers: the same digits, other words in the refusals --- */

static bool
cast_digits_to_bool(const Cast *cast, const Value *from, Value *ret)
{
    Digits digits;
    int high = 0, low = 0;
    if (!digits_read(from->s.data, from->s.bytes, &digits))
        return refuse_number(cast, from, "a number");
    bool is_true = digits_span(&digits, &high, &low);
    bool is_one =
        is_true && high == 0 && low == 0 && digits_at(&digits, 0) == '1' && !digits.is_negative;
    if (is_true && !is_one && !cast->lossy)
        return refuse(cast, from, "is neither 0 nor 1");
    return put_int(is_true, ret);
}

/* Short plain digits, which is what most of them are. */
static bool
int_quick(const char *text, size_t bytes, int64_t *ret)
{
    size_t i = bytes > 0 && text[0] == '-';
    int64_t value = 0;
    if (bytes - i == 0 || bytes - i > 18)
        return false;
    for (; i < bytes; i++) {
        if (!g_ascii_isdigit(text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret = text[0] == '-' ? -value : value;
    return true;
}

static bool
cast_digits_to_int(const Cast *cast, const Value *from, Value *ret)
{
    Digits digits;
    bool is_cut = false;
    if (int_quick(from->s.data, from->s.bytes, &ret->i))
        return true;
    if (!digits_read(from->s.data, from->s.bytes, &digits))
        return refuse_number(cast, from, "a whole number");
    if (!digits_to_int(&digits, &ret->i, &is_cut))
        return refuse(cast, from, "is outside of the 64-bit whole numbers");
    if (is_cut && !cast->lossy)
        return refuse(cast, from, "is not a whole number");
    return true;
}

static bool
cast_text_to_float(const Cast *cast, const Value *from, Value *ret)
{
    Digits digits;
    if (!digits_read(from->s.data, from->s.bytes, &digits))
        return float_read_odd(from->s.data, from->s.bytes, &ret->f) ||
               refuse_number(cast, from, "a number");
    if (!digits_to_float(&digits, from->s.data, from->s.bytes, &ret->f))
        return refuse(cast, from, "is too large for a float");
    return true;
}

static bool
cast_decimal_to_float(const Cast *cast, const Value *from, Value *ret)
{
    Value back;
    if (!cast_text_to_float(cast, from, ret))
        return false;
    if (cast->lossy)
        return true;
    /* exact here means: nothing of the decimal is gone, the float reads back as the same decimal */
    Value number = {.type = TYPE_FLOAT, .f = ret->f};
    if (!cast_float_to_decimal(&(Cast){.scratch = cast->scratch}, &number, &back) ||
        back.s.bytes != from->s.bytes || memcmp(back.s.data, from->s.data, back.s.bytes) != 0)
        return refuse(cast, from, "has more digits than a float keeps");
    return true;
}

static bool
cast_text_to_decimal(const Cast *cast, const Value *from, Value *ret)
{
    Digits digits;
    if (!digits_read(from->s.data, from->s.bytes, &digits))
        return refuse_number(cast, from, "a decimal number");
    if (!digits_append(&digits, cast->scratch))
        return refuse(cast, from, "has too many digits");
    return put_scratch(cast, ret);
}

static bool
cast_text_to_bool(const Cast *cast, const Value *from, Value *ret)
{
    static const struct {
        const char *word;
        bool is_true;
    } words[] = {{"true", true}, {"false", false}, {"t", true},  {"f", false}, {"yes", true},
                 {"no", false},  {"y", true},      {"n", false}, {"1", true},  {"0", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strlen(words[i].word) == from->s.bytes &&
            g_ascii_strncasecmp(words[i].word, from->s.data, from->s.bytes) == 0)
            return put_int(words[i].is_true, ret);
    return refuse(cast, from, "is not a truth (true/false, t/f, yes/no, y/n, 1/0)");
}

/* --- bytes --- */

static bool
cast_bytes_to_text(const Cast *cast, const Value *from, Value *ret)
{
    if (!g_utf8_validate_len(from->s.data, from->s.bytes, NULL))
        return refuse(cast, from, "is not UTF-8 text");
    return cast_same(cast, from, ret);
}

/* --- dates and times --- */

/* Microseconds to what is wanted: a timestamp, or a date at midnight. */
static bool
put_us(const Cast *cast, const Value *from, int64_t us, Value *ret)
{
    if (cast->type == TYPE_TIMESTAMP)
        return put_int(us, ret);
    int64_t days = datetime_floor_days(us);
    if (us % DAY_US != 0 && !cast->lossy)
        return refuse(cast, from, "has a time of day, which a date cannot keep");
    return put_int(days, ret);
}

static bool
cast_text_to_time(const Cast *cast, const Value *from, Value *ret)
{
    int64_t us = 0;
    bool is_cut = false;
    if (cast->format != NULL) {
        const char *why = NULL;
        if (datetime_parse(from->s.data, from->s.bytes, cast->format, &us, &why))
            return put_us(cast, from, us, ret);
        g_autofree char *what =
            g_strcmp0(why, "does not match") == 0
                ? g_strdup_printf("does not match the format '%s'", cast->format)
                : g_strdup(why);
        return refuse(cast, from, what);
    }
    if (cast->type == TYPE_DATE) {
        if (!datetime_parse_iso_date(from->s.data, from->s.bytes, &ret->i))
            return refuse(cast, from, "is not a date (YYYY-MM-DD)");
        return true;
    }
    if (!datetime_parse_iso(from->s.data, from->s.bytes, &us, &is_cut))
        return refuse(cast, from, "is not a timestamp (YYYY-MM-DD HH:MM:SS)");
    if (is_cut && !cast->lossy)
        return refuse(cast, from, "has more digits than microseconds");
    return put_int(us, ret);
}

static int64_t
unix_us(const char *format)
{
    return strcmp(format, "unix_ms") == 0 ? 1000 : 1000000;
}

static bool
cast_int_to_time(const Cast *cast, const Value *from, Value *ret)
{
    int64_t us = 0;
    if (!value_format_is_unix(cast->format))
        return refuse_never(cast, from, ret);
    if (__builtin_mul_overflow(from->i, unix_us(cast->format), &us) ||
        !datetime_days_have_text(datetime_floor_days(us)))
        return refuse(cast, from, "is outside of the years 1 to 9999");
    return put_us(cast, from, us, ret);
}

static bool
cast_time_to_int(const Cast *cast, const Value *from, Value *ret)
{
    int64_t us = from->i;
    if (!value_format_is_unix(cast->format))
        return refuse_never(cast, from, ret);
    if (from->type == TYPE_DATE && __builtin_mul_overflow(from->i, DAY_US, &us))
        return refuse(cast, from, "is outside of the years 1 to 9999");
    int64_t unit = unix_us(cast->format);
    if (us % unit != 0 && !cast->lossy)
        return refuse(cast, from, "has a fraction that the number cannot keep");
    return put_int(us / unit - (us % unit < 0), ret);
}

static bool
cast_time_to_text(const Cast *cast, const Value *from, Value *ret)
{
    int64_t days = from->type == TYPE_DATE ? from->i : datetime_floor_days(from->i);
    if (!datetime_days_have_text(days))
        return refuse(cast, from, "is outside of the years 1 to 9999");
    if (cast->format == NULL)
        value_append_text(from, cast->scratch);
    else
        datetime_append(cast->scratch, from->type == TYPE_DATE ? from->i * DAY_US : from->i,
                        cast->format);
    return put_scratch(cast, ret);
}

static bool
cast_date_to_timestamp(const Cast *cast, const Value *from, Value *ret)
{
    if (__builtin_mul_overflow(from->i, DAY_US, &ret->i))
        return refuse(cast, from, "is outside of the years 1 to 9999");
    return true;
}

static bool
cast_timestamp_to_date(const Cast *cast, const Value *from, Value *ret)
{
    return put_us(cast, from, from->i, ret);
}

/* --- the table --- */

typedef struct {
    CastKind kind;
    CastFn *run;
} CastWay;

/* clang-format off */
#define SAME        {CAST_SAME, cast_same}
#define NEVER       {CAST_NEVER, refuse_never}
#define EXACT(fn)   {CAST_EXACT, fn}
#define CHECK(fn)   {CAST_CHECKED, fn}
#define LOSSY(fn)   {CAST_LOSSY, fn}
#define UNIX(fn)    {CAST_NEVER, fn} /* with a unix format: CAST_CHECKED */

/* to:            BOOL                        INT                        FLOAT                         DECIMAL
 *                TEXT                        DATE                       TIMESTAMP                     BYTES */
static const CastWay ways[TYPE_COUNT][TYPE_COUNT] = {
[TYPE_BOOL]    = {SAME,                       EXACT(cast_same),          EXACT(cast_bool_to_float),    EXACT(cast_bool_to_decimal),
                  EXACT(cast_to_text),        NEVER,                     NEVER,                        NEVER},
[TYPE_INT]     = {CHECK(cast_int_to_bool),    SAME,                      CHECK(cast_int_to_float),     EXACT(cast_to_text),
                  EXACT(cast_to_text),        UNIX(cast_int_to_time),    UNIX(cast_int_to_time),       NEVER},
[TYPE_FLOAT]   = {CHECK(cast_float_to_bool),  LOSSY(cast_float_to_int),  SAME,                         CHECK(cast_float_to_decimal),
                  EXACT(cast_to_text),        NEVER,                     NEVER,                        NEVER},
[TYPE_DECIMAL] = {CHECK(cast_digits_to_bool), LOSSY(cast_digits_to_int), LOSSY(cast_decimal_to_float), SAME,
                  EXACT(cast_same),           NEVER,                     NEVER,                        NEVER},
[TYPE_TEXT]    = {CHECK(cast_text_to_bool),   CHECK(cast_digits_to_int), CHECK(cast_text_to_float),    CHECK(cast_text_to_decimal),
                  SAME,                       CHECK(cast_text_to_time),  CHECK(cast_text_to_time),     EXACT(cast_same)},
[TYPE_DATE]    = {NEVER,                      UNIX(cast_time_to_int),    NEVER,                        NEVER,
                  EXACT(cast_time_to_text),   SAME,                      EXACT(cast_date_to_timestamp), NEVER},
[TYPE_TIMESTAMP] = {NEVER,                    UNIX(cast_time_to_int),    NEVER,                        NEVER,
                  EXACT(cast_time_to_text),   LOSSY(cast_timestamp_to_date), SAME,                     NEVER},
[TYPE_BYTES]   = {NEVER,                      NEVER,                     NEVER,                        NEVER,
                  CHECK(cast_bytes_to_text),  NEVER,                     NEVER,                        SAME},
};
/* clang-format on */

CastKind
value_cast_kind(ColumnType from, ColumnType to, const char *format)
{
    const CastWay *way = &ways[from][to];
    if (way->kind == CAST_NEVER && way->run != refuse_never && value_format_is_unix(format))
        return CAST_CHECKED;
    return way->kind;
}

static bool
cast_run(const Value *value, const Cast *cast, Value *ret)
{
    if (value->is_null) {
        *ret = (Value){.is_null = true, .type = cast->type};
        return true;
    }
    Value result = {.type = cast->type};
    g_string_truncate(cast->scratch, 0);
    if (!ways[value->type][cast->type].run(cast, value, &result))
        return false;
    *ret = result;
    return true;
}

bool
value_cast(const Value *value, ColumnType type, const char *format, GString *scratch, Value *ret,
           char **ret_reason)
{
    Cast cast = {.type = type, .format = format, .scratch = scratch, .ret_reason = ret_reason};
    return cast_run(value, &cast, ret);
}

bool
value_cast_lossy(const Value *value, ColumnType type, const char *format, GString *scratch,
                 Value *ret, char **ret_reason)
{
    Cast cast = {.type = type,
                 .format = format,
                 .lossy = true,
                 .scratch = scratch,
                 .ret_reason = ret_reason};
    return cast_run(value, &cast, ret);
}

bool
value_has_text(const Value *value)
{
    if (value->is_null || (value->type != TYPE_DATE && value->type != TYPE_TIMESTAMP))
        return true;
    return datetime_days_have_text(value->type == TYPE_DATE ? value->i
                                                            : datetime_floor_days(value->i));
}

/* What is odd, as PostgreSQL says it. */
static void
append_time(const Value *value, GString *to)
{
    if (value->i == TIME_INFINITE || value->i == TIME_MINUS_INFINITE)
        g_string_append(to, value->i == TIME_INFINITE ? "infinity" : "-infinity");
    else if (value->type == TYPE_DATE)
        datetime_append_iso_date(to, value->i);
    else
        datetime_append_iso(to, value->i);
}

void
value_append_text(const Value *value, GString *to)
{
    if (value->is_null) {
        g_string_append(to, "NULL");
        return;
    }
    switch (value->type) {
    case TYPE_BOOL:
        g_string_append(to, value->i != 0 ? "true" : "false");
        break;
    case TYPE_INT:
        int_append(to, value->i);
        break;
    case TYPE_FLOAT:
        float_append(to, value->f);
        break;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        append_time(value, to);
        break;
    case TYPE_DECIMAL:
        g_string_append_len(to, value->s.data,
                            (gssize) digits_without_zeros(value->s.data, value->s.bytes));
        break;
    case TYPE_TEXT:
    case TYPE_BYTES:
        g_string_append_len(to, value->s.data, (gssize) value->s.bytes);
        break;
    case TYPE_COUNT:
        g_assert_not_reached();
    }
}

bool
value_equal(const Value *a, const Value *b)
{
    if (a->type != b->type || a->is_null != b->is_null)
        return false;
    if (a->is_null)
        return true;
    switch (a->type) {
    case TYPE_FLOAT:
        return a->f == b->f || (isnan(a->f) && isnan(b->f));
    case TYPE_DECIMAL:
    case TYPE_TEXT:
    case TYPE_BYTES:
        return a->s.bytes == b->s.bytes &&
               (a->s.bytes == 0 || memcmp(a->s.data, b->s.data, a->s.bytes) == 0);
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return a->i == b->i;
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}
