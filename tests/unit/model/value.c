/* value.c - casts as a table: what goes in, what is wanted, what comes out or the reason why not.
 */
#include "model/value.h"

#include "model/datetime.h"
#include "model/digits.h"

#include <float.h>
#include <math.h>
#include <string.h>

static Value
text_value(ColumnType type, const char *text)
{
    return (Value){.type = type, .s = {.data = text, .bytes = strlen(text)}};
}

/* A value of any type from its text, by way of the casts from text. */
static Value
value_of(ColumnType type, const char *text, GString *scratch)
{
    Value value = text_value(TYPE_TEXT, text), ret;
    bool made = value_cast(&value, type, NULL, scratch, &ret, NULL);
    g_assert(made);
    return ret;
}

typedef struct {
    ColumnType from;
    const char *text;
    ColumnType to;
    const char *format;
    const char *expected; /* the result as text, or "! reason" */
    const char *lossy;    /* NULL: the same */
} Case;

/* clang-format off */
static const Case cases[] = {
    {TYPE_TEXT, "007", TYPE_INT, NULL, "7"},
    {TYPE_TEXT, "-0", TYPE_INT, NULL, "0"},
    {TYPE_TEXT, "+5", TYPE_INT, NULL, "5"},
    {TYPE_TEXT, "12.0", TYPE_INT, NULL, "12"},
    {TYPE_TEXT, "1e3", TYPE_INT, NULL, "1000"},
    {TYPE_TEXT, "12x", TYPE_INT, NULL, "! '12x' is not a whole number"},
    {TYPE_TEXT, "", TYPE_INT, NULL, "! '' is not a whole number (it is empty)"},
    {TYPE_TEXT, "-", TYPE_INT, NULL, "! '-' is not a whole number"},
    {TYPE_TEXT, " 12 ", TYPE_INT, NULL, "! ' 12 ' is not a whole number (it has blanks around it)"},
    {TYPE_TEXT, "1,234", TYPE_INT, NULL, "! '1,234' is not a whole number (no thousands separators, the decimal sign is a point)"},
    {TYPE_TEXT, "0x1F", TYPE_INT, NULL, "! '0x1F' is not a whole number"},
    {TYPE_TEXT, "2.5", TYPE_INT, NULL, "! '2.5' is not a whole number", "2"},
    {TYPE_TEXT, "-2.9", TYPE_INT, NULL, "! '-2.9' is not a whole number", "-2"},
    {TYPE_TEXT, "9223372036854775807", TYPE_INT, NULL, "9223372036854775807"},
    {TYPE_TEXT, "9223372036854775808", TYPE_INT, NULL, "! '9223372036854775808' is outside of the 64-bit whole numbers"},
    {TYPE_TEXT, "-9223372036854775808", TYPE_INT, NULL, "-9223372036854775808"},
    {TYPE_TEXT, "-9223372036854775809", TYPE_INT, NULL, "! '-9223372036854775809' is outside of the 64-bit whole numbers"},
    {TYPE_TEXT, "1e99999999999999999999", TYPE_INT, NULL, "! '1e99999999999999999999' is outside of the 64-bit whole numbers"},
    {TYPE_TEXT, "0e99999999999999999999", TYPE_INT, NULL, "0"},
    {TYPE_TEXT, "\t1\n", TYPE_INT, NULL, "! '\\u00091\\u000a' is not a whole number (it has blanks around it)"},

    {TYPE_TEXT, "6.1", TYPE_FLOAT, NULL, "6.1"},
    {TYPE_TEXT, "-74.637078", TYPE_FLOAT, NULL, "-74.637078"},
    {TYPE_TEXT, "1e400", TYPE_FLOAT, NULL, "! '1e400' is too large for a float"},
    {TYPE_TEXT, "nan", TYPE_FLOAT, NULL, "NaN"},
    {TYPE_TEXT, "NaN", TYPE_FLOAT, NULL, "NaN"},
    {TYPE_TEXT, "-nan", TYPE_FLOAT, NULL, "NaN"},
    {TYPE_TEXT, "inf", TYPE_FLOAT, NULL, "Infinity"},
    {TYPE_TEXT, "+Inf", TYPE_FLOAT, NULL, "Infinity"},
    {TYPE_TEXT, "Infinity", TYPE_FLOAT, NULL, "Infinity"},
    {TYPE_TEXT, "-inf", TYPE_FLOAT, NULL, "-Infinity"},
    {TYPE_TEXT, "-INFINITY", TYPE_FLOAT, NULL, "-Infinity"},
    {TYPE_TEXT, "infinite", TYPE_FLOAT, NULL, "! 'infinite' is not a number"},
    {TYPE_TEXT, "-", TYPE_FLOAT, NULL, "! '-' is not a number"},
    {TYPE_TEXT, "", TYPE_FLOAT, NULL, "! '' is not a number (it is empty)"},
    {TYPE_TEXT, "nan", TYPE_DECIMAL, NULL, "! 'nan' is not a decimal number"},
    {TYPE_TEXT, "inf", TYPE_INT, NULL, "! 'inf' is not a whole number"},
    {TYPE_TEXT, "4.9e-324", TYPE_FLOAT, NULL, "5e-324"},
    {TYPE_TEXT, "1e-310", TYPE_FLOAT, NULL, "1e-310"},
    {TYPE_TEXT, "123456789012345678901234567890", TYPE_FLOAT, NULL, "1.23456789012346e+29", NULL},
    {TYPE_TEXT, ".5", TYPE_FLOAT, NULL, "0.5"},
    {TYPE_TEXT, "5.", TYPE_FLOAT, NULL, "5"},
    {TYPE_TEXT, ".", TYPE_FLOAT, NULL, "! '.' is not a number"},
    {TYPE_TEXT, "0x10", TYPE_FLOAT, NULL, "! '0x10' is not a number"},
    {TYPE_TEXT, "1e", TYPE_FLOAT, NULL, "! '1e' is not a number"},

    {TYPE_TEXT, "00.500", TYPE_DECIMAL, NULL, "0.5"},
    {TYPE_TEXT, "-0.00", TYPE_DECIMAL, NULL, "0"},
    {TYPE_TEXT, "-12.50", TYPE_DECIMAL, NULL, "-12.5"},
    {TYPE_TEXT, "1200", TYPE_DECIMAL, NULL, "1200"},
    {TYPE_TEXT, "1.2e3", TYPE_DECIMAL, NULL, "1200"},
    {TYPE_TEXT, "1.25e-2", TYPE_DECIMAL, NULL, "0.0125"},
    {TYPE_TEXT, "99999999999999999999.000000000000000000001", TYPE_DECIMAL, NULL, "99999999999999999999.000000000000000000001"},
    {TYPE_TEXT, "1e5000", TYPE_DECIMAL, NULL, "! '1e5000' has too many digits"},
    {TYPE_TEXT, "12 EUR", TYPE_DECIMAL, NULL, "! '12 EUR' is not a decimal number"},

    {TYPE_TEXT, "TRUE", TYPE_BOOL, NULL, "true"},
    {TYPE_TEXT, "n", TYPE_BOOL, NULL, "false"},
    {TYPE_TEXT, "on", TYPE_BOOL, NULL, "! 'on' is not a truth (true/false, t/f, yes/no, y/n, 1/0)"},
    {TYPE_INT, "2", TYPE_BOOL, NULL, "! '2' is neither 0 nor 1", "true"},
    {TYPE_FLOAT, "0.5", TYPE_BOOL, NULL, "! '0.5' is neither 0 nor 1", "true"},
    {TYPE_FLOAT, "NaN", TYPE_BOOL, NULL, "! 'NaN' is neither 0 nor 1"},
    {TYPE_DECIMAL, "1", TYPE_BOOL, NULL, "true"},
    {TYPE_DECIMAL, "10", TYPE_BOOL, NULL, "! '10' is neither 0 nor 1", "true"},
    {TYPE_DECIMAL, "-1", TYPE_BOOL, NULL, "! '-1' is neither 0 nor 1", "true"},

    {TYPE_BOOL, "yes", TYPE_INT, NULL, "1"},
    {TYPE_BOOL, "yes", TYPE_DECIMAL, NULL, "1"},
    {TYPE_BOOL, "no", TYPE_TEXT, NULL, "false"},
    {TYPE_INT, "9007199254740993", TYPE_FLOAT, NULL, "! '9007199254740993' has no exact value as float", "9.00719925474099e+15"},
    {TYPE_INT, "9223372036854775807", TYPE_FLOAT, NULL, "! '9223372036854775807' has no exact value as float", "9.22337203685478e+18"},
    {TYPE_INT, "-5", TYPE_DECIMAL, NULL, "-5"},
    {TYPE_FLOAT, "2.5", TYPE_INT, NULL, "! '2.5' is not a whole number", "2"},
    {TYPE_FLOAT, "-2.5", TYPE_INT, NULL, "! '-2.5' is not a whole number", "-2"},
    {TYPE_FLOAT, "3", TYPE_INT, NULL, "3"},
    {TYPE_FLOAT, "1e19", TYPE_INT, NULL, "! '1e+19' is outside of the 64-bit whole numbers"},
    {TYPE_FLOAT, "Infinity", TYPE_INT, NULL, "! 'Infinity' is outside of the 64-bit whole numbers"},
    {TYPE_FLOAT, "0.1", TYPE_DECIMAL, NULL, "0.1"},
    {TYPE_FLOAT, "1e21", TYPE_DECIMAL, NULL, "1000000000000000000000"},
    {TYPE_FLOAT, "NaN", TYPE_DECIMAL, NULL, "! 'NaN' has no decimal form"},
    {TYPE_FLOAT, "6", TYPE_TEXT, NULL, "6"},
    {TYPE_DECIMAL, "12.5", TYPE_INT, NULL, "! '12.5' is not a whole number", "12"},
    {TYPE_DECIMAL, "12.5", TYPE_FLOAT, NULL, "12.5"},
    {TYPE_DECIMAL, "0.1", TYPE_FLOAT, NULL, "0.1"},
    {TYPE_DECIMAL, "0.12345678901234567890", TYPE_FLOAT, NULL, "! '0.1234567890123456789' has more digits than a float keeps", "0.123456789012346"},

    {TYPE_TEXT, "2024-02-29", TYPE_DATE, NULL, "2024-02-29"},
    {TYPE_TEXT, "2024-02-30", TYPE_DATE, NULL, "! '2024-02-30' is not a date (YYYY-MM-DD)"},
    {TYPE_TEXT, "1900-02-29", TYPE_DATE, NULL, "! '1900-02-29' is not a date (YYYY-MM-DD)"},
    {TYPE_TEXT, "24-02-03", TYPE_DATE, NULL, "! '24-02-03' is not a date (YYYY-MM-DD)"},
    {TYPE_TEXT, "0001-01-01", TYPE_DATE, NULL, "0001-01-01"},
    {TYPE_TEXT, "0000-01-01", TYPE_DATE, NULL, "! '0000-01-01' is not a date (YYYY-MM-DD)"},
    {TYPE_TEXT, "Jun 12 1998", TYPE_DATE, "%b %d %Y", "1998-06-12"},
    {TYPE_TEXT, "june 2 1998", TYPE_DATE, "%B %d %Y", "1998-06-02"},
    {TYPE_TEXT, "Jun 31 1998", TYPE_DATE, "%b %d %Y", "! 'Jun 31 1998' is a day that does not exist"},
    {TYPE_TEXT, "Jun 12 98", TYPE_DATE, "%b %d %Y", "! 'Jun 12 98' does not match the format '%b %d %Y'"},
    {TYPE_TEXT, "12.6.98", TYPE_DATE, "%d.%m.%y", "1998-06-12"},
    {TYPE_TEXT, "12.6.68", TYPE_DATE, "%d.%m.%y", "2068-06-12"},
    {TYPE_TEXT, "20240315", TYPE_DATE, "%Y%m%d", "2024-03-15"},
    {TYPE_TEXT, "2024315", TYPE_DATE, "%Y%m%d", "! '2024315' does not match the format '%Y%m%d'"},
    {TYPE_TEXT, "2024-366", TYPE_DATE, "%Y-%j", "2024-12-31"},
    {TYPE_TEXT, "2023-366", TYPE_DATE, "%Y-%j", "! '2023-366' is a day that does not exist"},
    {TYPE_TEXT, "Mon, 12 Jun 1998", TYPE_DATE, "%a, %d %b %Y", "! 'Mon, 12 Jun 1998' names the wrong day of the week"},
    {TYPE_TEXT, "Fri, 12 Jun 1998", TYPE_DATE, "%a, %d %b %Y", "1998-06-12"},
    {TYPE_TEXT, "1998-06-12 10:00", TYPE_DATE, "%Y-%m-%d %H:%M", "! '1998-06-12 10:00' has a time of day, which a date cannot keep", "1998-06-12"},
    {TYPE_TEXT, "6/12/1998 12:05 AM", TYPE_TIMESTAMP, "%m/%d/%Y %I:%M %p", "1998-06-12 00:05:00"},
    {TYPE_TEXT, "6/12/1998 12:05 PM", TYPE_TIMESTAMP, "%m/%d/%Y %I:%M %p", "1998-06-12 12:05:00"},
    {TYPE_TEXT, "1998-06-12T10:00:00.5+02:00", TYPE_TIMESTAMP, NULL, "1998-06-12 08:00:00.5"},
    {TYPE_TEXT, "1998-06-12", TYPE_TIMESTAMP, NULL, "1998-06-12 00:00:00"},
    {TYPE_TEXT, "1998-06-12 10:00:00Z", TYPE_TIMESTAMP, NULL, "1998-06-12 10:00:00"},
    {TYPE_TEXT, "1998-06-12 24:00:00", TYPE_TIMESTAMP, NULL, "! '1998-06-12 24:00:00' is not a timestamp (YYYY-MM-DD HH:MM:SS)"},
    {TYPE_TEXT, "1998-06-12 10:00:00.1234567", TYPE_TIMESTAMP, NULL, "! '1998-06-12 10:00:00.1234567' has more digits than microseconds", "1998-06-12 10:00:00.123456"},
    {TYPE_TEXT, "1998-06-12 10:00:00.123456000", TYPE_TIMESTAMP, NULL, "1998-06-12 10:00:00.123456"},
    {TYPE_TEXT, "0001-01-01T00:00:00+02:00", TYPE_TIMESTAMP, NULL, "! '0001-01-01T00:00:00+02:00' is not a timestamp (YYYY-MM-DD HH:MM:SS)"},

    {TYPE_DATE, "1969-12-31", TYPE_TIMESTAMP, NULL, "1969-12-31 00:00:00"},
    {TYPE_DATE, "1998-06-02", TYPE_TEXT, "%e. %B %Y, %A, day %j", " 2. June 1998, Tuesday, day 153"},
    {TYPE_DATE, "1970-01-02", TYPE_INT, "unix", "86400"},
    {TYPE_DATE, "1970-01-02", TYPE_INT, NULL, "! a value of type date cannot become int without format: unix or unix_ms"},
    {TYPE_TIMESTAMP, "1969-12-31 23:59:59.5", TYPE_DATE, NULL, "! '1969-12-31 23:59:59.5' has a time of day, which a date cannot keep", "1969-12-31"},
    {TYPE_TIMESTAMP, "1969-12-31 23:59:59.5", TYPE_INT, "unix", "! '1969-12-31 23:59:59.5' has a fraction that the number cannot keep", "-1"},
    {TYPE_TIMESTAMP, "1969-12-31 23:59:59.5", TYPE_INT, "unix_ms", "-500"},
    {TYPE_TIMESTAMP, "2024-01-02 03:04:05.06", TYPE_TEXT, "%y/%m/%d %I:%M:%S.%f %p%%", "24/01/02 03:04:05.060000 AM%"},
    {TYPE_INT, "86400", TYPE_DATE, "unix", "1970-01-02"},
    {TYPE_INT, "1", TYPE_TIMESTAMP, "unix_ms", "1970-01-01 00:00:00.001"},
    {TYPE_INT, "9223372036854775807", TYPE_TIMESTAMP, "unix", "! '9223372036854775807' is outside of the years 1 to 9999"},
    {TYPE_INT, "1", TYPE_DATE, NULL, "! a value of type int cannot become date without format: unix or unix_ms"},
    {TYPE_FLOAT, "1", TYPE_DATE, NULL, "! a value of type float cannot become date"},
    {TYPE_BOOL, "1", TYPE_BYTES, NULL, "! a value of type bool cannot become bytes"},
    {TYPE_BYTES, "caf\xc3\xa9", TYPE_TEXT, NULL, "caf\xc3\xa9"},
    {TYPE_BYTES, "caf\xe9", TYPE_TEXT, NULL, "! 'caf\\xe9' is not UTF-8 text"},
    {TYPE_TEXT, "caf\xc3\xa9", TYPE_BYTES, NULL, "caf\xc3\xa9"},
};
/* clang-format on */

static void
check_case(const Case *c, bool lossy)
{
    g_autoptr(GString) in = g_string_new(NULL);
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *reason = NULL;
    Value from = value_of(c->from, c->text, in), ret = {.type = TYPE_COUNT};
    bool cast =
        (lossy ? value_cast_lossy : value_cast)(&from, c->to, c->format, scratch, &ret, &reason);
    if (cast) {
        g_assert_cmpint(ret.type, ==, c->to);
        g_assert_null(reason);
        value_append_text(&ret, out);
    } else {
        g_assert_cmpint(ret.type, ==, TYPE_COUNT); /* untouched */
        g_string_append_printf(out, "! %s", reason);
    }
    const char *expected = lossy && c->lossy != NULL ? c->lossy : c->expected;
    /* floats of 16 or 17 digits: compare what they read back as */
    if (c->to == TYPE_FLOAT && cast && strlen(expected) > 14) {
        g_autofree char *short_form = g_strdup_printf("%.15g", ret.f);
        g_assert_cmpstr(short_form, ==, expected);
        return;
    }
    g_assert_cmpstr(out->str, ==, expected);
}

static void
every_cast_is_exact_or_refused_with_a_reason(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check_case(&cases[i], false);
}

static void
a_lossy_cast_takes_the_nearest_answer_and_refuses_what_has_none(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check_case(&cases[i], true);
}

static void
null_stays_null_in_every_type(void)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (ColumnType from = 0; from < TYPE_COUNT; from++)
        for (ColumnType to = 0; to < TYPE_COUNT; to++) {
            Value ret, null = {.is_null = true, .type = from};
            g_assert_true(value_cast(&null, to, NULL, scratch, &ret, NULL));
            g_assert_true(ret.is_null);
            g_assert_cmpint(ret.type, ==, to);
        }
}

static void
every_day_of_ten_thousand_years_is_the_day_after_the_one_before(void)
{
    int64_t expected = 0, days = 0;
    g_assert_true(date_to_days(1, 1, 1, &expected));
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; date_to_days(year, month, day, &days); day++) {
                int y, m, d;
                g_assert_cmpint(days, ==, expected++);
                days_to_date(days, &y, &m, &d);
                g_assert_cmpint(y * 10000 + m * 100 + d, ==, year * 10000 + month * 100 + day);
            }
    g_assert_cmpint(expected, ==, 2932897);
    g_assert_true(datetime_days_have_text(2932896) && !datetime_days_have_text(2932897));
}

static void
floats_survive_the_way_through_text(void)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t bits;
            double f;
        } number = {.bits = (uint64_t) g_test_rand_int() << 32 ^
                            (uint64_t) (uint32_t) g_test_rand_int()};
        if (i % 2 == 0)
            number.f = g_test_rand_int() / pow(10, g_test_rand_int_range(0, 9));
        if (!isfinite(number.f))
            continue;
        g_autoptr(GString) text = g_string_new(NULL);
        Value from = {.type = TYPE_FLOAT, .f = number.f}, back;
        value_append_text(&from, text);
        char shortest[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(shortest, sizeof shortest, "%.15g", number.f);
        bool is_short = g_ascii_strtod(shortest, NULL) == number.f;
        if (is_short && fabs(number.f) >= DBL_MIN)
            g_assert_cmpstr(text->str, ==, shortest);
        if (is_short && fabs(number.f) < DBL_MIN) /* fewer digits tell such a number apart */
            g_assert_cmpuint(text->len, <=, strlen(shortest));
        Value written = {.type = TYPE_TEXT, .s = {text->str, text->len}};
        g_assert_true(value_cast(&written, TYPE_FLOAT, NULL, scratch, &back, NULL));
        g_assert_true(value_equal(&from, &back));
    }
}

/* The quick way for short numbers must round as strtod does. */
static void
short_decimals_become_the_nearest_float(void)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (int i = 0; i < 50000; i++) {
        g_autofree char *text = g_strdup_printf(
            "%s%d.%0*d", g_test_rand_bit() ? "-" : "", (int) g_test_rand_int_range(0, 100000000),
            (int) g_test_rand_int_range(1, 10), (int) g_test_rand_int_range(0, 1000));
        Value from = text_value(TYPE_TEXT, text), ret;
        g_assert_true(value_cast(&from, TYPE_FLOAT, NULL, scratch, &ret, NULL));
        g_assert_true(ret.f == g_ascii_strtod(text, NULL));
    }
}

static void
a_format_must_give_a_whole_date(void)
{
    static const struct {
        const char *format, *problem;
    } formats[] = {
        {"%b %d %Y", NULL},
        {"unix_ms", NULL},
        {"%Y-%j", NULL},
        {"%Y-%m", "needs a year"},
        {"%Q", "unknown field '%Q'"},
        {"100%", "ends in the middle"},
        {"plain", "has no field"},
        {"%Y-%m-%d %Y", "twice"},
        {"%Y-%m-%d %I:%M", "needs %p"},
        {"%Y-%m-%d %p", "as %I"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *problem = NULL;
        bool fits = value_format_check(formats[i].format, true, &problem);
        g_assert_cmpint(fits, ==, formats[i].problem == NULL);
        if (!fits)
            g_assert_nonnull(strstr(problem, formats[i].problem));
    }
    g_autofree char *problem = NULL;
    g_assert_true(value_format_check("%Y-%m", false, &problem));
}

static void
a_cast_kind_says_before_any_row_what_may_happen(void)
{
    g_assert_cmpint(value_cast_kind(TYPE_TEXT, TYPE_TEXT, NULL), ==, CAST_SAME);
    g_assert_cmpint(value_cast_kind(TYPE_INT, TYPE_TEXT, NULL), ==, CAST_EXACT);
    g_assert_cmpint(value_cast_kind(TYPE_INT, TYPE_BOOL, NULL), ==, CAST_CHECKED);
    g_assert_cmpint(value_cast_kind(TYPE_FLOAT, TYPE_INT, NULL), ==, CAST_LOSSY);
    g_assert_cmpint(value_cast_kind(TYPE_INT, TYPE_DATE, NULL), ==, CAST_NEVER);
    g_assert_cmpint(value_cast_kind(TYPE_INT, TYPE_DATE, "unix"), ==, CAST_CHECKED);
    g_assert_cmpint(value_cast_kind(TYPE_FLOAT, TYPE_DATE, "unix"), ==, CAST_NEVER);
}

static void
long_and_binary_values_are_cut_and_made_visible_in_messages(void)
{
    g_autofree char *long_text = g_strnfill(1000, 'x');
    g_autoptr(GString) out = g_string_new(NULL);
    Value value = text_value(TYPE_TEXT, long_text);
    value_append_quoted(&value, out);
    g_assert_cmpuint(out->len, <, 64);
    g_assert_true(g_str_has_suffix(out->str, "…'"));
    g_string_truncate(out, 0);
    value = (Value){.type = TYPE_TEXT, .s = {"a\0\x1b[31m\xff", 8}};
    value_append_quoted(&value, out);
    g_assert_cmpstr(out->str, ==, "'a\\x00\\u001b[31m\\xff'");
}

/* Nothing of a number is lost for its length, nor does a short text unfold to a long one. */
static void
every_digit_that_is_written_is_kept(void)
{
    static const struct {
        const char *before;
        int zeros;
        const char *behind;
        bool is_kept;
    } numbers[] = {
        {"5", 1500000, "7", true}, {"-5.", 1500000, "7", true}, {"0.", 1001, "1", true},
        {"1e", 4, "999", true},    {"1e", 0, "1000", false},    {"1e-", 0, "1000", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *zeros = g_strnfill((gsize) numbers[i].zeros, '0');
        g_autofree char *text = g_strconcat(numbers[i].before, zeros, numbers[i].behind, NULL);
        g_autoptr(GString) kept = g_string_new(NULL);
        Digits digits;
        g_assert_true(digits_read(text, strlen(text), &digits));
        g_assert_true(digits_append(&digits, kept) == numbers[i].is_kept);
        if (numbers[i].zeros > 4 && strcmp(kept->str, text) != 0)
            g_error("%.20s… became %.20s…", text, kept->str);
    }
}

/* The power of ten takes away what is written: it is 1. */
static void
a_power_of_ten_is_as_large_as_it_is_written(void)
{
    g_autofree char *zeros = g_strnfill(150000, '0');
    g_autofree char *text = g_strconcat("0.", zeros, "1e150001", NULL);
    g_autoptr(GString) kept = g_string_new(NULL);
    Digits digits;
    g_assert_true(digits_read(text, strlen(text), &digits));
    g_assert_true(digits_append(&digits, kept));
    g_assert_cmpstr(kept->str, ==, "1");
}

/* They are what a column without a scale shows, and nothing of the number. */
static void
zeros_at_the_end_of_a_fraction_count_for_nothing(void)
{
    static const char *const texts[][2] = {
        {"100.00", "100"}, {"0.00", "0"},      {"-1.50", "-1.5"}, {"100", "100"},
        {"0", "0"},        {"10.01", "10.01"}, {"NaN", "NaN"},    {"Infinity", "Infinity"}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        Value value = {.type = TYPE_DECIMAL, .s = {texts[i][0], strlen(texts[i][0])}};
        g_autoptr(GString) shown = g_string_new(NULL);
        value_append_text(&value, shown);
        g_assert_cmpstr(shown->str, ==, texts[i][1]);
    }
}

/* As PostgreSQL says what no other store has a word for. */
static void
infinite_times_and_far_years_have_words(void)
{
    static const struct {
        ColumnType type;
        int64_t i;
        const char *text;
    } times[] = {
        {TYPE_DATE, TIME_INFINITE, "infinity"},
        {TYPE_TIMESTAMP, TIME_MINUS_INFINITE, "-infinity"},
        {TYPE_DATE, -719163, "0001-12-31 BC"},
        {TYPE_DATE, 2932897, "10000-01-01"},
        {TYPE_TIMESTAMP, -719163 * DAY_US + 1, "0001-12-31 00:00:00.000001 BC"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        Value value = {.type = times[i].type, .i = times[i].i};
        g_autoptr(GString) shown = g_string_new(NULL);
        value_append_text(&value, shown);
        g_assert_cmpstr(shown->str, ==, times[i].text);
        g_assert_false(value_has_text(&value));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/value/every cast is exact or refused with a reason",
                    every_cast_is_exact_or_refused_with_a_reason);
    g_test_add_func("/value/a lossy cast takes the nearest answer and refuses what has none",
                    a_lossy_cast_takes_the_nearest_answer_and_refuses_what_has_none);
    g_test_add_func("/value/zeros at the end of a fraction count for nothing",
                    zeros_at_the_end_of_a_fraction_count_for_nothing);
    g_test_add_func("/value/infinite times and far years have words",
                    infinite_times_and_far_years_have_words);
    g_test_add_func("/value/null stays null in every type", null_stays_null_in_every_type);
    g_test_add_func("/value/every day of ten thousand years is the day after the one before",
                    every_day_of_ten_thousand_years_is_the_day_after_the_one_before);
    g_test_add_func("/value/floats survive the way through text",
                    floats_survive_the_way_through_text);
    g_test_add_func("/value/short decimals become the nearest float",
                    short_decimals_become_the_nearest_float);
    g_test_add_func("/value/a format must give a whole date", a_format_must_give_a_whole_date);
    g_test_add_func("/value/a cast kind says before any row what may happen",
                    a_cast_kind_says_before_any_row_what_may_happen);
    g_test_add_func("/value/long and binary values are cut and made visible in messages",
                    long_and_binary_values_are_cut_and_made_visible_in_messages);
    g_test_add_func("/value/every digit that is written is kept",
                    every_digit_that_is_written_is_kept);
    g_test_add_func("/value/a power of ten is as large as it is written",
                    a_power_of_ten_is_as_large_as_it_is_written);
    return g_test_run();
}
