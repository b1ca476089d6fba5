/*
 * digits.h - numbers as people write them for machines, without floating point in between: sign, digits, a power of ten.
 */
#pragma once

#include "base/error.h"

typedef struct {
    bool is_negative;
    const char *whole, *fraction; /* digits only, into the text that was read, which must stay */
    size_t whole_digits, fraction_digits;
    int exponent;
} Digits;

/* [+-] digits [. digits] [e [+-] digits], with at least one digit before the exponent, and nothing around it; else false. */
CHECKED bool digits_read(const char *text, size_t bytes, Digits *ret);
/* The digit at `place`, a power of ten (0 is the ones); '0' outside of what is written. */
char digits_at(const Digits *digits, int place);
/* The highest and lowest power of ten with a digit other than 0; false for zero. */
CHECKED bool digits_span(const Digits *digits, int *ret_high, int *ret_low);
/* Appends the canonical form of a decimal (schema.h); false when it would have too many digits. */
CHECKED bool digits_append(const Digits *digits, GString *to);
/* The whole part as int64; false when it does not fit. `*ret_is_cut`: there was a fraction. */
CHECKED bool digits_to_int(const Digits *digits, int64_t *ret, bool *ret_is_cut);
/* The nearest double, of the text that the digits were read from; false when that is infinite. */
CHECKED bool digits_to_float(const Digits *digits, const char *text, size_t bytes, double *ret);

/* How much of a decimal's text is canonical: all but zeros at the end of a fraction, and the point of one that has nothing else. */
size_t digits_without_zeros(const char *text, size_t bytes);
void int_append(GString *to, int64_t value);
/* The shortest text that reads back as the same number; NaN, Infinity, -Infinity. */
void float_append(GString *to, double value);
/* What is a float and no number, as people and machines write it: nan, inf, infinity in any case, with a sign or without. A NaN has no sign of
 * its own. False for everything else; digits_read() takes none of them. */
CHECKED bool float_read_odd(const char *text, size_t bytes, double *ret);
/* The same for numbers of few decimal places, as nearly all are; false, and nothing appended, for others. */
CHECKED bool float_append_short(GString *to, double value);
