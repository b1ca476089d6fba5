/*
 * datetime.c - dates and times as texts, by a pattern or in ISO form.
 *
 * One walk over the pattern fills a Fields; a second step puts the fields together and refuses what
 * does not exist. Nothing depends on the locale or the time zone of the machine, and nothing is
 * allocated: a million dates a second pass through here.
 */
#include "model/datetime.h"

#include "model/value.h"

#include <string.h>

#define DAYS_MIN (-719162) /* 0001-01-01 */
#define DAYS_MAX 2932896   /* 9999-12-31 */

static const char *const month_names[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};
static const char *const day_names[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

typedef struct {
    int year, month, day, day_of_year, weekday; /* 0, or -1 for the weekday: not given */
    int hour, minute, second, micro, zone_minutes;
    bool is_half_day, is_afternoon;
} Fields;

typedef struct {
    const char *at, *end;
} Cursor;

/* --- the calendar --- */

/* Days from 0000-03-01 by whole eras of 400 years: the usual civil-from-days arithmetic, exact for
 * all of int64. */
static int64_t
civil_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool
year_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year_is_leap(year) ? 29 : days[month - 1];
}

bool
date_to_days(int year, int month, int day, int64_t *ret)
{
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return false;
    *ret = civil_days(year, month, day);
    return true;
}

void
days_to_date(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    /* int holds some two thousand million years; days beyond them do not come out of any text */
    days = CLAMP(days, -INT64_C(700000000000), INT64_C(700000000000));
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_of_year = (5 * day_of_year + 2) / 153;
    *ret_day = (int) (day_of_year - (153 * month_of_year + 2) / 5 + 1);
    *ret_month = (int) (month_of_year < 10 ? month_of_year + 3 : month_of_year - 9);
    *ret_year = (int) (year_of_era + era * 400 + (*ret_month <= 2));
}

int64_t
datetime_floor_days(int64_t us)
{
    return us / DAY_US - (us % DAY_US < 0);
}

bool
datetime_days_have_text(int64_t days)
{
    return days >= DAYS_MIN && days <= DAYS_MAX;
}

static int
weekday_of(int64_t days)
{
    return (int) (((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* --- reading --- */

static bool
read_number(Cursor *cursor, int digits_min, int digits_max, int *ret)
{
    int value = 0, digits = 0;
    while (digits < digits_max && cursor->at < cursor->end && g_ascii_isdigit(*cursor->at)) {
        value = value * 10 + (*cursor->at++ - '0');
        digits++;
    }
    *ret = value;
    return digits >= digits_min;
}

static bool
read_literal(Cursor *cursor, char letter)
{
    if (cursor->at == cursor->end || *cursor->at != letter)
        return false;
    cursor->at++;
    return true;
}

/* A name in full or by its first three letters. Index from 0. */
static bool
read_name(Cursor *cursor, const char *const *names, int count, int *ret)
{
    for (int i = 0; i < count; i++) {
        size_t full = strlen(names[i]), left = (size_t) (cursor->end - cursor->at);
        size_t length = left >= full && g_ascii_strncasecmp(cursor->at, names[i], full) == 0 ? full
                        : left >= 3 && g_ascii_strncasecmp(cursor->at, names[i], 3) == 0     ? 3
                                                                                             : 0;
        if (length == 0)
            continue;
        cursor->at += length;
        *ret = i;
        return true;
    }
    return false;
}

/* One to six digits, or up to `digits_max` of which the rest is cut away: the fraction of a second.
 */
static bool
read_fraction(Cursor *cursor, int digits_max, int *ret_micro, bool *ret_is_cut)
{
    int micro = 0, digits = 0;
    for (; cursor->at < cursor->end && g_ascii_isdigit(*cursor->at) && digits < digits_max;
         digits++) {
        int digit = *cursor->at++ - '0';
        if (digits < 6)
            micro = micro * 10 + digit;
        else if (digit != 0)
            *ret_is_cut = true;
    }
    for (int i = digits; i < 6; i++)
        micro *= 10;
    *ret_micro = micro;
    return digits > 0;
}

static bool
read_zone(Cursor *cursor, int *ret_minutes)
{
    if (read_literal(cursor, 'Z') || read_literal(cursor, 'z')) {
        *ret_minutes = 0;
        return true;
    }
    bool is_west = cursor->at < cursor->end && *cursor->at == '-';
    int hours = 0, minutes = 0;
    if ((!read_literal(cursor, '+') && !read_literal(cursor, '-')) ||
        !read_number(cursor, 2, 2, &hours))
        return false;
    bool has_colon = read_literal(cursor, ':');
    bool has_minutes = cursor->at < cursor->end && g_ascii_isdigit(*cursor->at);
    if ((has_colon || has_minutes) && !read_number(cursor, 2, 2, &minutes))
        return false;
    *ret_minutes = (is_west ? -1 : 1) * (hours * 60 + minutes);
    return hours <= 15 && minutes <= 59;
}

static bool
read_half_day(Cursor *cursor, Fields *fields)
{
    if (cursor->end - cursor->at < 2)
        return false;
    fields->is_half_day = true;
    fields->is_afternoon = g_ascii_toupper(cursor->at[0]) == 'P';
    bool fits = (fields->is_afternoon || g_ascii_toupper(cursor->at[0]) == 'A') &&
                g_ascii_toupper(cursor->at[1]) == 'M';
    cursor->at += 2;
    return fits;
}

static bool
read_year_of_century(Cursor *cursor, Fields *fields)
{
    if (!read_number(cursor, 2, 2, &fields->year))
        return false;
    fields->year += fields->year >= 69 ? 1900 : 2000;
    return true;
}

static bool
letter_is_numeric(char letter)
{
    return letter != '\0' && strchr("YymdejHIMSf", letter) != NULL;
}

/* One field of a pattern. `is_tight`: it touches another number, so it has all its digits. */
static bool
read_field(Cursor *cursor, char letter, bool is_tight, Fields *fields, bool *is_cut)
{
    int digits_min = is_tight ? 2 : 1;
    switch (letter) {
    case 'Y':
        return read_number(cursor, 4, 4, &fields->year);
    case 'y':
        return read_year_of_century(cursor, fields);
    case 'm':
        return read_number(cursor, digits_min, 2, &fields->month) && fields->month >= 1;
    case 'b':
    case 'B':
        return read_name(cursor, month_names, 12, &fields->month) && fields->month++ < 12;
    case 'e':
        while (!is_tight && read_literal(cursor, ' '))
            ;
        return read_number(cursor, digits_min, 2, &fields->day) && fields->day >= 1;
    case 'd':
        return read_number(cursor, digits_min, 2, &fields->day) && fields->day >= 1;
    case 'j':
        return read_number(cursor, is_tight ? 3 : 1, 3, &fields->day_of_year) &&
               fields->day_of_year >= 1;
    case 'a':
    case 'A':
        return read_name(cursor, day_names, 7, &fields->weekday);
    case 'H':
        return read_number(cursor, digits_min, 2, &fields->hour) && fields->hour <= 23;
    case 'I':
        return read_number(cursor, digits_min, 2, &fields->hour) && fields->hour >= 1 &&
               fields->hour <= 12;
    case 'M':
        return read_number(cursor, digits_min, 2, &fields->minute) && fields->minute <= 59;
    case 'S':
        return read_number(cursor, digits_min, 2, &fields->second) && fields->second <= 59;
    case 'f':
        return read_fraction(cursor, 6, &fields->micro, is_cut);
    case 'p':
        return read_half_day(cursor, fields);
    case 'z':
        return read_zone(cursor, &fields->zone_minutes);
    default:
        return read_literal(cursor, letter); /* %% */
    }
}

static bool
fields_to_us(const Fields *fields, int64_t *ret_us, const char **ret_reason)
{
    int64_t days = 0;
    if (fields->day_of_year > 0) {
        if (fields->day_of_year > (year_is_leap(fields->year) ? 366 : 365) ||
            !date_to_days(fields->year, 1, 1, &days)) {
            *ret_reason = "is a day that does not exist";
            return false;
        }
        days += fields->day_of_year - 1;
    } else if (!date_to_days(fields->year, fields->month, fields->day, &days)) {
        *ret_reason = "is a day that does not exist";
        return false;
    }
    if (fields->weekday >= 0 && fields->weekday != weekday_of(days)) {
        *ret_reason = "names the wrong day of the week";
        return false;
    }
    int hour = fields->hour;
    if (fields->is_half_day)
        hour = hour % 12 + (fields->is_afternoon ? 12 : 0);
    int64_t seconds = days * 86400 + hour * 3600 + fields->minute * 60 + fields->second -
                      (int64_t) fields->zone_minutes * 60;
    *ret_us = seconds * 1000000 + fields->micro;
    if (!datetime_days_have_text(datetime_floor_days(*ret_us))) {
        *ret_reason = "is outside of the years 1 to 9999";
        return false;
    }
    return true;
}

bool
datetime_parse(const char *text, size_t bytes, const char *pattern, int64_t *ret_us,
               const char **ret_reason)
{
    Cursor cursor = {.at = text, .end = text + bytes};
    Fields fields = {.weekday = -1};
    bool is_cut = false, after_number = false;
    *ret_reason = "does not match";
    for (const char *p = pattern; *p != '\0'; p++) {
        bool fits;
        if (*p == '%' && p[1] != '\0') {
            char letter = *++p;
            bool is_tight = letter_is_numeric(letter) &&
                            (after_number || (p[1] == '%' && letter_is_numeric(p[2])));
            fits = read_field(&cursor, letter, is_tight, &fields, &is_cut);
            after_number = letter_is_numeric(letter);
        } else {
            fits = read_literal(&cursor, *p);
            after_number = false;
        }
        if (!fits)
            return false;
    }
    if (cursor.at != cursor.end)
        return false;
    return fields_to_us(&fields, ret_us, ret_reason);
}

static bool
read_iso_date(Cursor *cursor, Fields *fields)
{
    return read_number(cursor, 4, 4, &fields->year) && read_literal(cursor, '-') &&
           read_number(cursor, 2, 2, &fields->month) && read_literal(cursor, '-') &&
           read_number(cursor, 2, 2, &fields->day);
}

static bool
read_iso_time(Cursor *cursor, Fields *fields, bool *ret_is_cut)
{
    if (!read_number(cursor, 2, 2, &fields->hour) || !read_literal(cursor, ':') ||
        !read_number(cursor, 2, 2, &fields->minute) || fields->hour > 23 || fields->minute > 59)
        return false;
    if (read_literal(cursor, ':')) {
        if (!read_number(cursor, 2, 2, &fields->second) || fields->second > 59)
            return false;
        if (read_literal(cursor, '.') && !read_fraction(cursor, 18, &fields->micro, ret_is_cut))
            return false;
    }
    return cursor->at == cursor->end || read_zone(cursor, &fields->zone_minutes);
}

bool
datetime_parse_iso_date(const char *text, size_t bytes, int64_t *ret_days)
{
    Cursor cursor = {.at = text, .end = text + bytes};
    Fields fields = {.weekday = -1};
    return bytes == 10 && read_iso_date(&cursor, &fields) &&
           date_to_days(fields.year, fields.month, fields.day, ret_days);
}

bool
datetime_parse_iso(const char *text, size_t bytes, int64_t *ret_us, bool *ret_is_cut)
{
    Cursor cursor = {.at = text, .end = text + bytes};
    Fields fields = {.weekday = -1};
    const char *reason = NULL;
    *ret_is_cut = false;
    if (!read_iso_date(&cursor, &fields))
        return false;
    if (cursor.at < cursor.end) {
        if (!read_literal(&cursor, ' ') && !read_literal(&cursor, 'T'))
            return false;
        if (!read_iso_time(&cursor, &fields, ret_is_cut) || cursor.at != cursor.end)
            return false;
    }
    return fields_to_us(&fields, ret_us, &reason);
}

/* --- writing --- */

static void
append_number(GString *to, int64_t value, int digits)
{
    char buffer[24], *at = buffer + sizeof buffer;
    uint64_t rest = value < 0 ? -(uint64_t) value : (uint64_t) value;
    for (int used = 0; rest > 0 || used < digits; used++) {
        *--at = (char) ('0' + rest % 10);
        rest /= 10;
    }
    if (value < 0)
        *--at = '-';
    g_string_append_len(to, at, buffer + sizeof buffer - at);
}

/* Of a year before 1 as it is counted there: before it comes 1 BC. */
static void
append_day(GString *to, int64_t days)
{
    int year, month, day;
    days_to_date(days, &year, &month, &day);
    append_number(to, year < YEAR_MIN ? 1 - (int64_t) year : year, 4);
    g_string_append_c(to, '-');
    append_number(to, month, 2);
    g_string_append_c(to, '-');
    append_number(to, day, 2);
}

static void
append_era(GString *to, int64_t days)
{
    if (days < DAYS_MIN)
        g_string_append(to, " BC");
}

void
datetime_append_iso_date(GString *to, int64_t days)
{
    append_day(to, days);
    append_era(to, days);
}

void
datetime_append_iso(GString *to, int64_t us)
{
    int64_t days = datetime_floor_days(us);
    /* not us - days * DAY_US: the first day that there is begins before the smallest number */
    int64_t rest = us % DAY_US + (us % DAY_US < 0 ? DAY_US : 0);
    append_day(to, days);
    g_string_append_c(to, ' ');
    append_number(to, rest / 3600000000, 2);
    g_string_append_c(to, ':');
    append_number(to, rest / 60000000 % 60, 2);
    g_string_append_c(to, ':');
    append_number(to, rest / 1000000 % 60, 2);
    if (rest % 1000000 != 0) {
        g_string_append_c(to, '.');
        append_number(to, rest % 1000000, 6);
        while (to->str[to->len - 1] == '0')
            g_string_truncate(to, to->len - 1);
    }
    append_era(to, days);
}

static void
append_field(GString *to, char letter, int64_t us)
{
    int year, month, day;
    int64_t days = datetime_floor_days(us), first = 0;
    int64_t rest = us % DAY_US + (us % DAY_US < 0 ? DAY_US : 0);
    int hour = (int) (rest / 3600000000);
    days_to_date(days, &year, &month, &day);
    switch (letter) {
    case 'Y':
        append_number(to, year, 4);
        break;
    case 'y':
        append_number(to, (year % 100 + 100) % 100, 2);
        break;
    case 'm':
        append_number(to, month, 2);
        break;
    case 'b':
        g_string_append_len(to, month_names[month - 1], 3);
        break;
    case 'B':
        g_string_append(to, month_names[month - 1]);
        break;
    case 'd':
        append_number(to, day, 2);
        break;
    case 'e':
        if (day < 10)
            g_string_append_c(to, ' ');
        append_number(to, day, 1);
        break;
    case 'j':
        first = civil_days(year, 1, 1);
        append_number(to, days - first + 1, 3);
        break;
    case 'a':
        g_string_append_len(to, day_names[weekday_of(days)], 3);
        break;
    case 'A':
        g_string_append(to, day_names[weekday_of(days)]);
        break;
    case 'H':
        append_number(to, hour, 2);
        break;
    case 'I':
        append_number(to, hour % 12 == 0 ? 12 : hour % 12, 2);
        break;
    case 'M':
        append_number(to, rest / 60000000 % 60, 2);
        break;
    case 'S':
        append_number(to, rest / 1000000 % 60, 2);
        break;
    case 'f':
        append_number(to, rest % 1000000, 6);
        break;
    case 'p':
        g_string_append(to, hour < 12 ? "AM" : "PM");
        break;
    case 'z':
        g_string_append_c(to, 'Z');
        break;
    default:
        g_string_append_c(to, letter);
        break;
    }
}

void
datetime_append(GString *to, int64_t us, const char *pattern)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '%' && p[1] != '\0')
            append_field(to, *++p, us);
        else
            g_string_append_c(to, *p);
    }
}

/* --- patterns --- */

bool
value_format_is_unix(const char *format)
{
    return format != NULL && (strcmp(format, "unix") == 0 || strcmp(format, "unix_ms") == 0);
}

static bool
pattern_problem(char **ret_problem, const char *problem)
{
    *ret_problem = g_strdup(problem);
    return false;
}

/* `seen` is the string of field letters. */
static bool
pattern_is_whole(const char *seen, char **ret_problem)
{
    bool has_year = strpbrk(seen, "Yy") != NULL;
    bool has_day =
        strchr(seen, 'j') != NULL || (strpbrk(seen, "mbB") != NULL && strpbrk(seen, "de") != NULL);
    if (!has_year || !has_day)
        return pattern_problem(
            ret_problem,
            "gives no whole date: it needs a year (%Y or %y), a month (%m or %b) and a "
            "day (%d), or a year and %j");
    if (strchr(seen, 'p') != NULL && strchr(seen, 'I') == NULL)
        return pattern_problem(ret_problem, "has %p, which needs the hour as %I");
    if (strchr(seen, 'I') != NULL && strchr(seen, 'p') == NULL)
        return pattern_problem(ret_problem, "has %I, which needs %p for the half of the day");
    return true;
}

bool
value_format_check(const char *format, bool parses, char **ret_problem)
{
    char seen[64] = "";
    size_t used = 0;
    if (value_format_is_unix(format))
        return true;
    for (const char *p = format; *p != '\0'; p++) {
        if (*p != '%')
            continue;
        p++;
        if (*p == '%')
            continue;
        if (*p == '\0' || strchr("YymbBdejaAHIMSfpz", *p) == NULL) {
            *ret_problem =
                *p == '\0'
                    ? g_strdup("ends in the middle of a field")
                    : g_strdup_printf("has an unknown field '%%%c'; known are %%Y %%y %%m %%b %%B "
                                      "%%d %%e %%j %%a %%A %%H %%I %%M %%S %%f %%p %%z %%%%",
                                      g_ascii_isprint(*p) ? *p : '?');
            return false;
        }
        if (used + 1 == sizeof seen || (parses && strchr(seen, *p) != NULL))
            return pattern_problem(ret_problem, "has a field twice");
        seen[used++] = *p;
        seen[used] = '\0';
    }
    if (used == 0)
        return pattern_problem(ret_problem, "has no field such as %Y");
    return !parses || pattern_is_whole(seen, ret_problem);
}
