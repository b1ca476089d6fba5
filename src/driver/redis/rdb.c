/* rdb.c - see rdb.h. */
#include "driver/redis/rdb.h"

#include <string.h>

#define RDB_VERSION                                                                                \
    10 /* of Redis 7.0: the first that has listpacks in hashes, and what every later server reads */
#define CRC_POLYNOMIAL UINT64_C(0x95ac9329ac4bc9b5) /* "Jones", its bits reversed */

/* --- CRC64, eight bytes at a time --- */

static uint64_t crc_tables[8][256];

static void
make_crc_tables(void)
{
    static size_t made;
    if (!g_once_init_enter(&made))
        return;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ CRC_POLYNOMIAL : crc >> 1;
        crc_tables[0][byte] = crc;
    }
    for (int table = 1; table < 8; table++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t before = crc_tables[table - 1][byte];
            crc_tables[table][byte] = crc_tables[0][before & 0xff] ^ before >> 8;
        }
    g_once_init_leave(&made, 1);
}

static uint64_t
crc64_of(const char *data, size_t bytes)
{
    const uint8_t *at = (const uint8_t *) data;
    uint64_t crc = 0;
    for (; bytes >= 8; bytes -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        crc ^= GUINT64_FROM_LE(word);
        crc = crc_tables[7][crc & 0xff] ^ crc_tables[6][crc >> 8 & 0xff] ^
              crc_tables[5][crc >> 16 & 0xff] ^ crc_tables[4][crc >> 24 & 0xff] ^
              crc_tables[3][crc >> 32 & 0xff] ^ crc_tables[2][crc >> 40 & 0xff] ^
              crc_tables[1][crc >> 48 & 0xff] ^ crc_tables[0][crc >> 56];
    }
    for (; bytes > 0; bytes--, at++)
        crc = crc_tables[0][(crc ^ *at) & 0xff] ^ crc >> 8;
    return crc;
}

/* --- strings --- */

void
rdb_append_length(GString *to, size_t length)
{
    if (length < 64) {
        g_string_append_c(to, (char) length);
    } else if (length < 16384) {
        const char two[] = {(char) (0x40 | length >> 8), (char) (length & 0xff)};
        g_string_append_len(to, two, sizeof two);
    } else {
        uint32_t big = GUINT32_TO_BE((uint32_t) length);
        g_string_append_c(to, (char) 0x80);
        g_string_append_len(to, (const char *) &big, sizeof big);
    }
}

void
rdb_append_string(GString *to, const char *data, size_t bytes)
{
    rdb_append_length(to, bytes);
    g_string_append_len(to, data, (gssize) bytes);
}

void
rdb_append_end(GString *to)
{
    static const char version[] = {RDB_VERSION, 0};
    make_crc_tables();
    g_string_append_len(to, version, sizeof version);
    uint64_t crc = GUINT64_TO_LE(crc64_of(to->str, to->len));
    g_string_append_len(to, (const char *) &crc, sizeof crc);
}

/* --- listpacks --- */

/* Behind each entry stands how long it is, so that it can be walked backwards: one byte up to 127. */
static uint8_t *
end_entry(const uint8_t *begin, uint8_t *at)
{
    *at = (uint8_t) (at - begin);
    return at + 1;
}

uint8_t *
pack_put_text(uint8_t *at, const char *data, size_t bytes)
{
    const uint8_t *begin = at;
    g_assert(bytes <= PACK_TEXT_MAX);
    if (bytes < 64) {
        *at++ = (uint8_t) (0x80 | bytes);
    } else {
        *at++ = (uint8_t) (0xe0 | bytes >> 8);
        *at++ = (uint8_t) (bytes & 0xff);
    }
    if (bytes > 0)
        memcpy(at, data, bytes);
    return end_entry(begin, at + bytes);
}

/* The lowest bytes of a number in two's complement, the lowest first. */
static uint8_t *
put_low_bytes(uint8_t *at, uint8_t mark, int64_t value, int bytes)
{
    *at++ = mark;
    for (int i = 0; i < bytes; i++)
        *at++ = (uint8_t) ((uint64_t) value >> (8 * i));
    return at;
}

uint8_t *
pack_put_int(uint8_t *at, int64_t value)
{
    const uint8_t *begin = at;
    if (value >= 0 && value <= 127) {
        *at++ = (uint8_t) value;
    } else if (value >= -4096 && value <= 4095) {
        *at++ = (uint8_t) (0xc0 | ((uint64_t) value >> 8 & 0x1f));
        *at++ = (uint8_t) (value & 0xff);
    } else if (value >= INT16_MIN && value <= INT16_MAX) {
        at = put_low_bytes(at, 0xf1, value, 2);
    } else if (value >= -(1 << 23) && value < 1 << 23) {
        at = put_low_bytes(at, 0xf2, value, 3);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        at = put_low_bytes(at, 0xf3, value, 4);
    } else {
        at = put_low_bytes(at, 0xf4, value, 8);
    }
    return end_entry(begin, at);
}

#define DIGITS_MAX 19 /* of the largest one; that many fit in 64 bits without a sign */

/* "0", "7", "-12", and nothing that would come back in another form. */
static bool
is_int(const char *text, size_t bytes, int64_t *ret)
{
    size_t i = bytes > 1 && text[0] == '-';
    uint64_t value = 0, most = (uint64_t) INT64_MAX + (i > 0);
    if (bytes - i == 0 || bytes - i > DIGITS_MAX || (text[i] == '0' && bytes > 1))
        return false;
    for (size_t at = i; at < bytes; at++) {
        if (!g_ascii_isdigit(text[at]))
            return false;
        value = value * 10 + (uint64_t) (text[at] - '0');
    }
    *ret = (int64_t) (i > 0 ? -value : value);
    return value <= most;
}

uint8_t *
pack_put(uint8_t *at, const char *data, size_t bytes)
{
    int64_t value;
    return is_int(data, bytes, &value) ? pack_put_int(at, value) : pack_put_text(at, data, bytes);
}

uint8_t *
pack_end(uint8_t *begin, uint8_t *at, unsigned entries)
{
    g_assert(entries <= PACK_ENTRIES_MAX);
    *at++ = 0xff;
    uint32_t bytes = GUINT32_TO_LE((uint32_t) (at - begin));
    uint16_t count = GUINT16_TO_LE((uint16_t) entries);
    memcpy(begin, &bytes, sizeof bytes);
    memcpy(begin + sizeof bytes, &count, sizeof count);
    return at;
}
