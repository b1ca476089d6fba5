/* canonical.c - see canonical.h. */
#include "model/canonical.h"

#include "model/datetime.h"
#include "model/value.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

bool
canonical_utf8_letters(const char *text, size_t bytes)
{
    const char *end = text + bytes;
    while (text < end) {
        uint64_t word;
        if ((size_t) (end - text) >= sizeof word) {
            memcpy(&word, text, sizeof word);
            if ((word & HIGH_BITS) == 0) {
                text += sizeof word;
                continue;
            }
        }
        if ((*text & 0x80) == 0) {
            text++;
            continue;
        }
        gunichar letter = g_utf8_get_char_validated(text, end - text);
        if (letter == (gunichar) -1 || letter == (gunichar) -2)
            return false;
        text = g_utf8_next_char(text);
    }
    return true;
}

/* Words, the last of which overlaps the one before. */
bool
canonical_ascii_long(const char *text, size_t bytes)
{
    uint64_t word, all = 0;
    for (size_t i = 0; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        all |= word;
    }
    memcpy(&word, text + bytes - sizeof word, sizeof word);
    return ((all | word) & HIGH_BITS) == 0;
}

static bool
two_digits(const char *text, int *ret)
{
    if (!g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]))
        return false;
    *ret = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

bool
canonical_date(const char *text, size_t bytes, int64_t *ret)
{
    int century, year, month, day;
    return bytes == 10 && text[4] == '-' && text[7] == '-' && two_digits(text, &century) &&
           two_digits(text + 2, &year) && two_digits(text + 5, &month) &&
           two_digits(text + 8, &day) && date_to_days(century * 100 + year, month, day, ret);
}

bool
canonical_timestamp(const char *text, size_t bytes, int64_t *ret)
{
    int64_t days;
    int hour, minute, second, micros = 0;
    if (bytes < 19 || !canonical_date(text, 10, &days) || text[10] != ' ' || text[13] != ':' ||
        text[16] != ':' || !two_digits(text + 11, &hour) || !two_digits(text + 14, &minute) ||
        !two_digits(text + 17, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (bytes > 19) {
        if (bytes > 26 || bytes < 21 || text[19] != '.' || text[bytes - 1] == '0')
            return false;
        for (size_t i = 20; i < 26; i++) {
            if (i < bytes && !g_ascii_isdigit(text[i]))
                return false;
            micros = micros * 10 + (i < bytes ? text[i] - '0' : 0);
        }
    }
    *ret = days * DAY_US + ((hour * 60 + minute) * 60 + second) * INT64_C(1000000) + micros;
    return true;
}
