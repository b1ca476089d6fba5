/*
 * value.h - one typed value: what the reference evaluator computes with, and the one place where texts become dates,
 * numbers and truths, and back.
 */
#pragma once

#include "model/schema.h"

typedef struct {
    bool is_null;
    ColumnType type;
    union {
        int64_t i;  /* bool, int, date, timestamp */
        double f;
        struct {
            const char *data; /* borrowed; not zero-terminated */
            size_t bytes;
        } s; /* text, decimal, bytes */
    };
} Value;

/* Convert to `type`. `format` is NULL or a strptime-like pattern (%Y %m %d %b %B %e %y %H %M %S %f %p %j %z, literals) for
 * text to date or timestamp (or for date/timestamp to text); "unix", "unix_ms" for ints. Text results are written to
 * `scratch`. On failure `*ret_reason` is a short sentence about the value ("'12x' is not a whole number").
 * Exact or refused: 2.5 to int is refused, '007' to int is 7, '' is not a number, 2024-02-30 is no date. */
CHECKED bool value_cast(const Value *value, ColumnType type, const char *format, GString *scratch, Value *ret,
                        char **ret_reason);
/* As text in the canonical form of schema.h; appended. */
void value_append_text(const Value *value, GString *to);
bool value_equal(const Value *a, const Value *b);
/* Proleptic Gregorian days since 1970-01-01; false for a date that does not exist. */
CHECKED bool date_to_days(int year, int month, int day, int64_t *ret);
void days_to_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);
