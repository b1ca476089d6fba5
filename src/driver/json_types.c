/* json_types.c - see json_types.h. */
#include "driver/json_types.h"

static const char *const declared_words[] = {
    "true or false", "whole number", "other number", "string", "array", "object", NULL};
static const char *const made_words[TYPE_COUNT] = {
    "true or false", "number", "number", "string",
    "string",        "string", "string", "string, if it is UTF-8"};

static ColumnType
type_of_declared(const char *declared)
{
    return declared[0] == 't'                    ? TYPE_BOOL
           : declared[0] == 'w'                  ? TYPE_INT
           : g_str_has_prefix(declared, "other") ? TYPE_FLOAT
                                                 : TYPE_TEXT;
}

const TypeOps json_type_ops = {
    .declared = declared_words, .type_of = type_of_declared, .made = made_words};
