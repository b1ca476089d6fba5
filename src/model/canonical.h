/*
 * canonical.h - is a text exactly what we would write? Every cell that is read or hashed is asked this, so it
 * must be quick; whatever is not in this form goes to value_cast(), which knows all the others.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As g_utf8_validate(), but NUL is a character like others, and no bytes may be at no address. Plain ASCII, which most cells
 * are, is told without a loop over its letters. */
bool canonical_utf8_letters(const char *text, size_t bytes);
bool canonical_ascii_long(const char *text, size_t bytes); /* of eight bytes and more */
static inline bool
canonical_utf8(const char *text, size_t bytes)
{
    uint32_t head, tail;
    if (bytes >= 8)
        return canonical_ascii_long(text, bytes) || canonical_utf8_letters(text, bytes);
    if (bytes < 4)
        return bytes == 0 || ((text[0] | text[bytes / 2] | text[bytes - 1]) & 0x80) == 0 ||
               canonical_utf8_letters(text, bytes);
    memcpy(&head, text, sizeof head);
    memcpy(&tail, text + bytes - sizeof tail, sizeof tail);
    return ((head | tail) & 0x80808080) == 0 || canonical_utf8_letters(text, bytes);
}
/* "YYYY-MM-DD" */
bool canonical_date(const char *text, size_t bytes, int64_t *ret_days);
/* "YYYY-MM-DD HH:MM:SS[.ffffff]": a fraction only where there is one, without zeros at its end. */
bool canonical_timestamp(const char *text, size_t bytes, int64_t *ret_us);
