/*
 * datetime.h - dates and times as texts, by a pattern or in ISO form. Used by value.c alone; others
 * call value_cast().
 *
 * A pattern is literal text and these fields (English names, any case; numbers may lack their leading
 * zero unless two fields touch, as in %Y%m%d):
 *
 *   %Y      year, four digits        %y    year, two digits: 69-99 are 19xx, 00-68 are 20xx
 *   %m      month                    %b %B month's name
 *   %d %e   day of the month         %j    day of the year, three digits
 *   %a %A   weekday's name, which must be the right one
 *   %H      hour 0-23                %I    hour 1-12, with %p AM or PM
 *   %M      minute                   %S    second
 *   %f      fraction, one to six digits
 *   %z      Z, +HH, +HHMM or +HH:MM  %%    a percent sign
 *
 * "unix", "unix_ms" instead of a pattern: seconds or milliseconds since 1970-01-01 00:00 UTC.
 */
#pragma once

#include "base/error.h"

#define DAY_US INT64_C(86400000000)
#define YEAR_MIN 1
#define YEAR_MAX 9999

/* Microseconds since 1970-01-01 00:00 UTC. False with a short reason (static text) when `text` does
 * not match. The texts are not zero-terminated. Digits of a fraction beyond the sixth set
 * `*ret_is_cut`. */
CHECKED bool datetime_parse(const char *text, size_t bytes, const char *pattern, int64_t *ret_us,
                            const char **ret_reason);
/* "YYYY-MM-DD" and nothing else; days since 1970-01-01. */
CHECKED bool datetime_parse_iso_date(const char *text, size_t bytes, int64_t *ret_days);
/* "YYYY-MM-DD", or that and a blank or T, HH:MM, :SS, fraction, zone. */
CHECKED bool datetime_parse_iso(const char *text, size_t bytes, int64_t *ret_us, bool *ret_is_cut);

void datetime_append(GString *to, int64_t us, const char *pattern);
void datetime_append_iso_date(GString *to, int64_t days);
void datetime_append_iso(GString *to, int64_t us);

/* Years outside of YEAR_MIN to YEAR_MAX have no text form. */
bool datetime_days_have_text(int64_t days);
int64_t datetime_floor_days(int64_t us);
