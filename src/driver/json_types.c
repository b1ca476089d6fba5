/* json_types.c - see json_types.h. */
#include "driver/json_types.h"

enum { SAW_BOOL = 1, SAW_INT = 2, SAW_NUMBER = 4, SAW_TEXT = 8, SAW_LARGE = 16 };

#define EXACT_INT_MAX (INT64_C(1) << 53) /* beyond it a float is not exact */

/* A whole number as a lexer let it through: digits, perhaps behind a minus. False when it does not fit. */
static bool
int_of(const char *text, size_t bytes, int64_t *ret)
{
    bool is_negative = bytes > 0 && *text == '-', fits = true;
    int64_t value = 0;
    for (size_t i = is_negative; i < bytes && fits; i++) {
        int64_t digit = is_negative ? '0' - text[i] : text[i] - '0';
        fits = !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, digit, &value);
    }
    *ret = value;
    return fits;
}

unsigned
json_saw(JsonKind kind, const char *text, size_t bytes)
{
    static const unsigned kinds[] = {[JSON_KIND_NULL] = 0,        [JSON_KIND_BOOL] = SAW_BOOL,
                                     [JSON_KIND_INT] = SAW_INT,   [JSON_KIND_NUMBER] = SAW_NUMBER,
                                     [JSON_KIND_TEXT] = SAW_TEXT, [JSON_KIND_ARRAY] = SAW_TEXT};
    int64_t value = 0;
    if (kind != JSON_KIND_INT)
        return kinds[kind];
    if (!int_of(text, bytes, &value))
        return SAW_TEXT;
    return value > EXACT_INT_MAX || value < -EXACT_INT_MAX ? SAW_INT | SAW_LARGE : SAW_INT;
}

ColumnType
json_type_of(unsigned seen)
{
    if (seen == SAW_BOOL)
        return TYPE_BOOL;
    if ((seen & ~(unsigned) SAW_LARGE) == SAW_INT)
        return TYPE_INT;
    return seen == SAW_NUMBER || seen == (SAW_NUMBER | SAW_INT) ? TYPE_FLOAT : TYPE_TEXT;
}

bool
json_cast(JsonKind kind, const char *text, size_t bytes, ColumnType type, GString *scratch,
          Value *ret, char **ret_reason)
{
    Value from = {.type = TYPE_TEXT, .s = {text, bytes}};
    int64_t whole = 0;
    if (kind == JSON_KIND_BOOL)
        from = (Value){.type = TYPE_BOOL, .i = *text == 't'};
    else if (kind == JSON_KIND_INT && type == TYPE_FLOAT && int_of(text, bytes, &whole))
        from = (Value){.type = TYPE_INT, .i = whole};
    else if (kind == JSON_KIND_INT && type == TYPE_FLOAT) /* a large one: its digits come back */
        from.type = TYPE_DECIMAL;
    return value_cast(&from, type, NULL, scratch, ret, ret_reason);
}

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
