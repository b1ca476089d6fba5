/*
 * canonical.h - is a text exactly what we would write? Every cell that is read or hashed is asked this, so it
 * must be quick; whatever is not in this form goes to value_cast(), which knows all the others.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* As g_utf8_validate(), but NUL is a character like others. */
bool canonical_utf8(const char *text, size_t bytes);
/* "YYYY-MM-DD" */
bool canonical_date(const char *text, size_t bytes, int64_t *ret_days);
/* "YYYY-MM-DD HH:MM:SS[.ffffff]": a fraction only where there is one, without zeros at its end. */
bool canonical_timestamp(const char *text, size_t bytes, int64_t *ret_us);
