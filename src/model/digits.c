/* digits.c - numbers read and written digit by digit, exactly. */
#include "model/digits.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define UNFOLDED_DIGITS_MAX                                                                        \
    1000 /* what '1e999' may unfold to; digits that are written may be more */
#define SPAN_MAX (INT32_MAX / 4) /* more than the digits of any value, CELL_BYTES_MAX */

bool
digits_read(const char *text, size_t bytes, Digits *ret)
{
    const char *p = text, *end = text + bytes;
    Digits digits = {0};
    if (p < end && (*p == '-' || *p == '+'))
        digits.is_negative = *p++ == '-';
    for (digits.whole = p; p < end && g_ascii_isdigit(*p); p++)
        digits.whole_digits++;
    if (p < end && *p == '.') {
        for (digits.fraction = ++p; p < end && g_ascii_isdigit(*p); p++)
            digits.fraction_digits++;
    }
    if (digits.whole_digits + digits.fraction_digits == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool is_negative = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        const char *first = p;
        for (; p < end && g_ascii_isdigit(*p); p++)
            digits.exponent = (int) MIN(digits.exponent * INT64_C(10) + (*p - '0'), SPAN_MAX);
        if (p == first)
            return false;
        if (is_negative)
            digits.exponent = -digits.exponent;
    }
    *ret = digits;
    return p == end;
}

char
digits_at(const Digits *digits, int place)
{
    int64_t index = (int64_t) digits->whole_digits - 1 - ((int64_t) place - digits->exponent);
    if (index < 0)
        return '0';
    if (index < (int64_t) digits->whole_digits)
        return digits->whole[index];
    index -= (int64_t) digits->whole_digits;
    return index < (int64_t) digits->fraction_digits ? digits->fraction[index] : '0';
}

bool
digits_span(const Digits *digits, int *ret_high, int *ret_low)
{
    g_assert(digits->whole_digits < SPAN_MAX && digits->fraction_digits < SPAN_MAX);
    int high = (int) digits->whole_digits - 1 + digits->exponent;
    int low = digits->exponent - (int) digits->fraction_digits;
    while (high >= low && digits_at(digits, high) == '0')
        high--;
    if (high < low)
        return false;
    while (digits_at(digits, low) == '0')
        low++;
    *ret_high = high;
    *ret_low = low;
    return true;
}

bool
digits_append(const Digits *digits, GString *to)
{
    int high = 0, low = 0;
    if (!digits_span(digits, &high, &low)) {
        g_string_append_c(to, '0');
        return true;
    }
    size_t unfolded = (size_t) (MAX(high, 0) - MIN(low, 0)) + 1;
    if (unfolded > MAX(UNFOLDED_DIGITS_MAX, digits->whole_digits + digits->fraction_digits))
        return false;
    if (digits->is_negative)
        g_string_append_c(to, '-');
    for (int place = MAX(high, 0); place >= MIN(low, 0); place--) {
        if (place == -1)
            g_string_append_c(to, '.');
        g_string_append_c(to, digits_at(digits, place));
    }
    return true;
}

bool
digits_to_int(const Digits *digits, int64_t *ret, bool *ret_is_cut)
{
    int high = 0, low = 0;
    uint64_t value = 0;
    *ret_is_cut = false;
    if (!digits_span(digits, &high, &low)) {
        *ret = 0;
        return true;
    }
    if (high > 18)
        return false;
    for (int place = high; place >= 0; place--)
        value = value * 10 + (uint64_t) (digits_at(digits, place) - '0');
    *ret_is_cut = low < 0;
    if (value > (uint64_t) INT64_MAX + (digits->is_negative ? 1 : 0))
        return false;
    *ret = digits->is_negative ? (int64_t) -value : (int64_t) value;
    return true;
}

/* Up to 19 digits with a small power of ten are exact in a double when the digits stay below 2^53
 * (both operands are then exact, and one multiplication or division rounds once); everything else
 * goes the slow, equally correct way. */
static bool
float_quick(const Digits *digits, double *ret)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits->whole_digits + digits->fraction_digits > 19)
        return false;
    uint64_t mantissa = 0;
    for (size_t i = 0; i < digits->whole_digits; i++)
        mantissa = mantissa * 10 + (uint64_t) (digits->whole[i] - '0');
    for (size_t i = 0; i < digits->fraction_digits; i++)
        mantissa = mantissa * 10 + (uint64_t) (digits->fraction[i] - '0');
    int exponent = digits->exponent - (int) digits->fraction_digits;
    if (mantissa > (UINT64_C(1) << 53) || exponent < -22 || exponent > 22)
        return false;
    double value =
        exponent < 0 ? (double) mantissa / powers[-exponent] : (double) mantissa * powers[exponent];
    *ret = digits->is_negative ? -value : value;
    return true;
}

bool
digits_to_float(const Digits *digits, const char *text, size_t bytes, double *ret)
{
    if (float_quick(digits, ret))
        return true;
    char small[64];
    g_autofree char *large = bytes < sizeof small ? NULL : g_strndup(text, bytes);
    if (large == NULL) {
        memcpy(small, text, bytes);
        small[bytes] = '\0';
    }
    *ret = g_ascii_strtod(large != NULL ? large : small, NULL);
    return isfinite(*ret);
}

size_t
digits_without_zeros(const char *text, size_t bytes)
{
    size_t left = bytes;
    if (bytes == 0 || text[bytes - 1] != '0' || memchr(text, '.', bytes) == NULL)
        return bytes; /* nearly all */
    while (text[left - 1] == '0')
        left--;
    return left - (text[left - 1] == '.');
}

void
int_append(GString *to, int64_t value)
{
    char buffer[24], *at = buffer + sizeof buffer;
    uint64_t rest = value < 0 ? -(uint64_t) value : (uint64_t) value;
    do
        *--at = (char) ('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--at = '-';
    g_string_append_len(to, at, buffer + sizeof buffer - at);
}

/*
 * Numbers of few decimal places, as nearly all are. Both the digits and the power of ten are exact as doubles, so if
 * their quotient is the number, then no other decimal of 15 digits is nearer to it.
 */
bool
float_append_short(GString *to, double value)
{
    static const double powers[] = {1, 10, 100, 1000, 10000};
    for (size_t places = 0; places < G_N_ELEMENTS(powers); places++) {
        double digits = nearbyint(value * powers[places]);
        if (!(fabs(digits) < 1e15))
            return false;
        if (digits / powers[places] != value)
            continue;
        int64_t power = (int64_t) powers[places], whole = (int64_t) fabs(digits);
        if (digits < 0)
            g_string_append_c(to, '-');
        int_append(to, whole / power);
        if (places > 0)
            g_string_append_c(to, '.');
        for (int64_t place = power / 10; place > 0; place /= 10)
            g_string_append_c(to, (char) ('0' + whole / place % 10));
        return true;
    }
    return false;
}

static const char *const odd_words[] = {"NaN", "Infinity", "-Infinity"};

bool
float_read_odd(const char *text, size_t bytes, double *ret)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan", NAN}, {"inf", INFINITY}, {"infinity", INFINITY}};
    size_t sign = bytes > 0 && (text[0] == '-' || text[0] == '+');
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strlen(words[i].word) != bytes - sign ||
            g_ascii_strncasecmp(words[i].word, text + sign, bytes - sign) != 0)
            continue;
        bool is_negative = text[0] == '-' && !isnan(words[i].value);
        *ret = is_negative ? -words[i].value : words[i].value;
        return true;
    }
    return false;
}

void
float_append(GString *to, double value)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(value) || isinf(value)) {
        g_string_append(to, odd_words[isnan(value) ? 0 : value > 0 ? 1 : 2]);
        return;
    }
    if (float_append_short(to, value))
        return;
    /* near zero a double has less of them, down to one */
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        char format[sizeof "%.17g"];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(buffer, sizeof buffer, format, value);
        if (digits == 17 || g_ascii_strtod(buffer, NULL) == value)
            break;
    }
    g_string_append(to, buffer);
}
