/* encoding.c - texts that are not UTF-8, and back: see decode.h. */
#include "driver/files/decode.h"

#include <string.h>

#define NO_CHARACTER 0xff /* a byte that no UTF-8 has: its record is refused */

/* Windows-1252 from 0x80 to 0x9f, where it is not Latin-1; 0: no character. */
static const uint16_t windows1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

bool
encoding_from_name(const char *name, Encoding *ret, bool *ret_by_mark, GError **error)
{
    static const struct {
        const char *name;
        Encoding encoding;
        bool by_mark;
    } known[] = {
        {"utf-8", ENCODING_UTF8, true},
        {"utf-16", ENCODING_UTF16LE, true},
        {"utf-16le", ENCODING_UTF16LE, false},
        {"utf-16be", ENCODING_UTF16BE, false},
        {"latin-1", ENCODING_LATIN1, false},
        {"iso-8859-1", ENCODING_LATIN1, false},
        {"windows-1252", ENCODING_WINDOWS1252, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_ascii_strcasecmp(known[i].name, name) != 0)
            continue;
        *ret = known[i].encoding;
        *ret_by_mark = known[i].by_mark;
        return true;
    }
    return fail(error, ERR_INVALID,
                "format.encoding is '%s', expected one of utf-8, utf-16, utf-16le, utf-16be, "
                "latin-1, windows-1252",
                name);
}

/* --- reading --- */

static void
append_letter(GString *to, gunichar letter)
{
    if (letter == 0 || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000))
        g_string_append_c(to, letter == 0 ? '\0' : (char) NO_CHARACTER);
    else
        g_string_append_unichar(to, letter);
}

static size_t
read_utf16(bool is_big, const char *text, size_t count, bool is_end, GString *to)
{
    const unsigned char *bytes = (const unsigned char *) text;
    int high = is_big ? 0 : 1, low = 1 - high;
    size_t at = 0;
    for (; at + 2 <= count; at += 2) {
        gunichar unit = (gunichar) bytes[at + high] << 8 | bytes[at + low];
        if (unit < 0xd800 || unit >= 0xdc00) {
            append_letter(to, unit);
            continue;
        }
        if (at + 4 > count && !is_end)
            break;
        gunichar next =
            at + 4 <= count ? (gunichar) bytes[at + 2 + high] << 8 | bytes[at + 2 + low] : 0;
        bool is_pair = next >= 0xdc00 && next < 0xe000;
        append_letter(to, is_pair ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : unit);
        at += is_pair ? 2 : 0;
    }
    if (is_end && at < count) { /* half a unit */
        g_string_append_c(to, (char) NO_CHARACTER);
        at = count;
    }
    return at;
}

static void
read_bytes(Encoding encoding, const char *text, size_t count, GString *to)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char) text[i];
        if (byte < 0x80)
            g_string_append_c(to, (char) byte);
        else if (encoding == ENCODING_LATIN1 || byte >= 0xa0)
            g_string_append_unichar(to, byte);
        else if (windows1252[byte - 0x80] != 0)
            g_string_append_unichar(to, windows1252[byte - 0x80]);
        else
            g_string_append_c(to, (char) NO_CHARACTER);
    }
}

size_t
encoding_read(Encoding encoding, const char *bytes, size_t count, bool is_end, GString *to)
{
    switch (encoding) {
    case ENCODING_UTF8:
        g_string_append_len(to, bytes, (gssize) count);
        return count;
    case ENCODING_UTF16LE:
    case ENCODING_UTF16BE:
        return read_utf16(encoding == ENCODING_UTF16BE, bytes, count, is_end, to);
    case ENCODING_LATIN1:
    case ENCODING_WINDOWS1252:
        break;
    }
    read_bytes(encoding, bytes, count, to);
    return count;
}

/* --- writing --- */

/* The byte of a letter; -1 when there is none. */
static int
byte_of(Encoding encoding, gunichar letter)
{
    if (letter < 0x80 || (letter < 0x100 && (encoding == ENCODING_LATIN1 || letter >= 0xa0)))
        return (int) letter;
    for (int i = 0; encoding == ENCODING_WINDOWS1252 && i < 32; i++)
        if (windows1252[i] == letter)
            return 0x80 + i;
    return -1;
}

bool
encoding_has(Encoding encoding, const char *text, size_t bytes)
{
    if (encoding != ENCODING_LATIN1 && encoding != ENCODING_WINDOWS1252)
        return true;
    for (const char *p = text; p < text + bytes; p = g_utf8_next_char(p))
        if (byte_of(encoding, g_utf8_get_char(p)) < 0)
            return false;
    return true;
}

static void
append_unit(GString *to, gunichar unit, bool is_big)
{
    g_string_append_c(to, (char) (is_big ? unit >> 8 : unit & 0xff));
    g_string_append_c(to, (char) (is_big ? unit & 0xff : unit >> 8));
}

void
encoding_append(Encoding encoding, const char *text, size_t bytes, GString *to)
{
    bool is_big = encoding == ENCODING_UTF16BE;
    if (encoding == ENCODING_UTF8) {
        g_string_append_len(to, text, (gssize) bytes);
        return;
    }
    for (const char *p = text; p < text + bytes; p = g_utf8_next_char(p)) {
        gunichar letter = g_utf8_get_char(p);
        if (encoding == ENCODING_LATIN1 || encoding == ENCODING_WINDOWS1252) {
            g_string_append_c(to, (char) byte_of(encoding, letter));
        } else if (letter < 0x10000) {
            append_unit(to, letter, is_big);
        } else {
            append_unit(to, 0xd800 + ((letter - 0x10000) >> 10), is_big);
            append_unit(to, 0xdc00 + ((letter - 0x10000) & 0x3ff), is_big);
        }
    }
}
