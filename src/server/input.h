/*
 * input.h - what a route accepts, as tables: members of its body, parameters of its address.
 *
 * Everything that comes from outside is checked against such a table before a handler sees it, and the tables are what
 * `honk serve --routes` prints, so that the OpenAPI document is tested against the truth.
 */
#pragma once

#include "base/json.h"
#include "server/target.h"

typedef enum {
    INPUT_TEXT,   /* a string without control characters */
    INPUT_COUNT,  /* a whole number from 0 */
    INPUT_FLAG,   /* true or false; in an address also 1 and 0 */
    INPUT_TEXTS,  /* a list of strings; in an address separated by commas */
    INPUT_OBJECT, /* anything in braces */
} InputKind;

typedef struct {
    const char *name; /* NULL ends a table */
    InputKind kind;
    bool is_required;
    int64_t
        max; /* bytes of a text, a count's greatest value, items of a list; 0: NAME_BYTES_MAX, INT64_MAX, 100 */
    const char *text; /* what it is, for messages and documents */
} Input;

/* INVALID with the place: unknown members (with the nearest name), missing ones, wrong types, over their maximum. */
CHECKED bool input_check_body(const Input *inputs, const json_t *body, GError **error);
CHECKED bool input_check_parameters(const Input *inputs, const Target *target, GError **error);

/* After the check; the fallback when absent. */
int64_t target_count(const Target *target, const char *name, int64_t fallback);
bool target_flag(const Target *target, const char *name);

const char *input_kind_name(InputKind kind); /* "text", "count"… */
