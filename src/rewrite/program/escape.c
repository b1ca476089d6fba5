/* escape.c - escapes of all kinds, undone. */
#include "rewrite/program/decode.h"

#include <string.h>

static size_t
put_character(Decoder *decoder, size_t begin, size_t end, gunichar character)
{
    char bytes[6];
    if (character == 0 || !g_unichar_validate(character))
        character = 0xFFFD;
    text_put(decoder->out, begin, end, bytes, (size_t) g_unichar_to_utf8(character, bytes));
    return end;
}

static size_t
decode_number(Decoder *decoder, size_t begin, size_t at, size_t digits_max, guint base)
{
    gunichar value = 0;
    size_t end = at;
    while (end < at + digits_max && g_ascii_isxdigit(byte(decoder, end)) &&
           (guint) g_ascii_xdigit_value(byte(decoder, end)) < base)
        value = value * base + (guint) g_ascii_xdigit_value(byte(decoder, end++));
    return put_character(decoder, begin, end, value);
}

/* \x41; where more digits may follow than there are, a new name could become a part of it: then it is not read. */
static size_t
decode_hexadecimal(Decoder *decoder, size_t at)
{
    size_t digits = decoder->language->hexadecimals > 0 ? decoder->language->hexadecimals : 2;
    size_t end = decode_number(decoder, at, at + 2, digits, 16);
    if (decoder->language->hexadecimals > 0 && end < at + 2 + digits)
        decoder->out->is_unread = true;
    return end;
}

static size_t
decode_c(Decoder *decoder, size_t at)
{
    static const char from[] = "ntrbfav0", to[] = "\n\t\r\b\f\a\v";
    char c = byte(decoder, at + 1);
    const char *simple = c != '\0' ? strchr(from, c) : NULL;
    if (c == 'x')
        return decode_hexadecimal(decoder, at);
    if (c == 'u' && byte(decoder, at + 2) == '{') {
        size_t end = decode_number(decoder, at, at + 3, 6, 16);
        return byte(decoder, end) == '}' ? end + 1 : end;
    }
    if (c == 'u' || c == 'U')
        return decode_number(decoder, at, at + 2, c == 'u' ? 4 : 8, 16);
    if (c >= '0' && c <= '7')
        return decode_number(decoder, at, at + 1, 3, 8);
    if (c == '\n') /* the line goes on */
        return at + 2;
    if (c == '\r' && byte(decoder, at + 2) == '\n')
        return at + 3;
    if (simple != NULL)
        text_put(decoder->out, at, at + 2, &to[simple - from], 1);
    else if (c != '\0')
        text_put(decoder->out, at, at + 2, &c, 1);
    return MIN(at + 2, decoder->end);
}

/* A backslash before anything else is itself, and is copied as such. */
static size_t
decode_php(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at + 1), next = byte(decoder, at + 2);
    bool is_known = (c != '\0' && strchr("nrtvf\\$", c) != NULL) || (c >= '0' && c <= '7') ||
                    (c == '"' && decoder->quoting->quote == '"') ||
                    (c == 'x' && g_ascii_isxdigit(next)) || (c == 'u' && next == '{');
    return is_known ? decode_c(decoder, at) : at;
}

/* 'it\'s' */
static size_t
decode_guarded_quote(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at + 1);
    if (c != '\\' && c != decoder->quoting->quote)
        return at;
    text_put(decoder->out, at, at + 2, &c, 1);
    return at + 2;
}

static size_t
decode_shell(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at + 1);
    if (c == '\n')
        return at + 2;
    bool is_escaped = c != '\0' && strchr("$`\"\\", c) != NULL;
    if (!is_escaped || (c == '"' && decoder->quoting->quote != '"'))
        return at;
    text_put(decoder->out, at, at + 2, &c, 1);
    return at + 2;
}

static size_t
decode_markup(Decoder *decoder, size_t at)
{
    static const struct {
        const char *name, *text;
    } names[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (starts(decoder, at, names[i].name)) {
            size_t end = at + strlen(names[i].name);
            text_put(decoder->out, at, end, names[i].text, 1);
            return end;
        }
    if (starts(decoder, at, "&#x"))
        return decode_number(decoder, at, at + 3, 6, 16) + 1;
    if (starts(decoder, at, "&#"))
        return decode_number(decoder, at, at + 2, 7, 10) + 1;
    return at;
}

size_t
decode_escape(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at);
    switch (decoder->quoting->escape) {
    case ESCAPE_C:
        return c == '\\' ? decode_c(decoder, at) : at;
    case ESCAPE_SHELL:
        return c == '\\' ? decode_shell(decoder, at) : at;
    case ESCAPE_PHP:
        return c == '\\' ? decode_php(decoder, at) : at;
    case ESCAPE_QUOTE:
        return c == '\\' ? decode_guarded_quote(decoder, at) : at;
    case ESCAPE_MARKUP:
        return c == '&' ? decode_markup(decoder, at) : at;
    case ESCAPE_DOUBLED:
        if (c != decoder->quoting->quote || byte(decoder, at + 1) != c)
            return at;
        text_put(decoder->out, at, at + 2, &c, 1);
        return at + 2;
    case ESCAPE_NONE:
    case ESCAPE_KEPT:
        break;
    }
    return at;
}
