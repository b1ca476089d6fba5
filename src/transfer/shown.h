/*
 * shown.h - values as texts that can be told apart: two different values of one type never have the same one.
 */
#pragma once

#include "model/value.h"

/* One that is kept and compared: a backslash is two, NUL is a backslash and a 0. NULL for NULL; caller frees. */
char *shown_text(const Value *value);
/* Such a text for people, as JSON: the value itself; of a long one its beginning, how long it is, and what tells it from others that begin
 * so. Caller owns. */
json_t *shown_json(const char *text);
