/*
 * value.h - one typed value: what the reference evaluator computes with, and the one place where
 * texts become dates, numbers and truths, and back.
 */
#pragma once

#include "model/schema.h"

typedef struct {
    bool is_null;
    ColumnType type;
    union {
        int64_t i; /* bool, int, date, timestamp */
        double f;
        struct {
            const char *data; /* borrowed; not zero-terminated */
            size_t bytes;
        } s; /* text, decimal, bytes */
    };
} Value;

/* What no other store has a word for is odd: infinite dates and timestamps, years before 1 and after 9999, NaN and infinity as decimals
 * ("NaN", "Infinity", "-Infinity"), zeros at the end of a decimal's fraction ("1.50"), which count for nothing when it is hashed or shown. It
 * comes only in columns that say so (Column.takes_odd). As `i` of a date or timestamp: */
#define TIME_INFINITE INT64_MAX
#define TIME_MINUS_INFINITE INT64_MIN

/* Convert to `type`. `format` is NULL or a strptime-like pattern (see datetime.h) for text to date
 * or timestamp (or for date/timestamp to text); "unix", "unix_ms" for ints. Text results are
 * written to `scratch`, which is emptied first, so `value` must not lie in it; or they borrow the
 * bytes of `value`. On failure `*ret_reason` (may be NULL; caller frees) is a short sentence about
 * the value ("'12x' is not a whole number"). Exact or refused: 2.5 to int is refused, '007' to int
 * is 7, '' is not a number, 2024-02-30 is no date. */
CHECKED bool value_cast(const Value *value, ColumnType type, const char *format, GString *scratch,
                        Value *ret, char **ret_reason);
/* The same, but what has a nearest answer takes it: fractions are cut towards zero, times of day
 * are cut from dates, large numbers round to the nearest float, numbers other than 0 are true. What
 * has none is still refused. */
CHECKED bool value_cast_lossy(const Value *value, ColumnType type, const char *format,
                              GString *scratch, Value *ret, char **ret_reason);

typedef enum {
    CAST_SAME,    /* nothing to do */
    CAST_EXACT,   /* every value has an exact answer */
    CAST_CHECKED, /* single values may be refused; none is changed in silence */
    CAST_LOSSY,   /* ordinary values have no exact answer: they are refused unless the lossy form is
                     asked for */
    CAST_NEVER,   /* no meaning without a format, or none at all */
} CastKind;
/* What a cast from one type to another is, whatever the values. `format` as above, already found
 * valid. */
CastKind value_cast_kind(ColumnType from, ColumnType to, const char *format);
/* Is `format` a pattern that gives whole dates (TYPE_DATE) or timestamps? `parses`: text is to be
 * read by it, else only written. On failure `*ret_problem` says what is wrong with it; caller
 * frees. */
CHECKED bool value_format_check(const char *format, bool parses, char **ret_problem);
bool value_format_is_unix(const char *format);

/* As text in the canonical form of schema.h; appended. Floats are the shortest text that reads back
 * as the same number
 * ("6", "0.1", "1e+300"). */
void value_append_text(const Value *value, GString *to);
/* Has it that form? Dates and timestamps outside of the years 1 to 9999 have none; the reason is ready. */
bool value_has_text(const Value *value);
#define VALUE_NO_YEAR "the year is outside of 1 to 9999"
/* 'text in quotes', control characters made visible, cut after a few words: for messages. Appended.
 */
void value_append_quoted(const Value *value, GString *to);
/* Same type and same value; NULL equals NULL. */
bool value_equal(const Value *a, const Value *b);
/* Proleptic Gregorian days since 1970-01-01; false for a date that does not exist (years 1 to
 * 9999). */
CHECKED bool date_to_days(int year, int month, int day, int64_t *ret);
void days_to_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);
