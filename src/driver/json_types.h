/* json_types.h - what stores share whose values are JSON: their words for `honk mapping types`, and which type values have. */
#pragma once

#include "driver/driver.h"

typedef enum {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INT,
    JSON_KIND_NUMBER,
    JSON_KIND_TEXT,
    JSON_KIND_ARRAY
} JsonKind;
/* What one value shows of its column, as bits; those of several are joined with |. `text` is the number as it is written. */
unsigned json_saw(JsonKind kind, const char *text, size_t bytes);
/* The type that all of them have; text where they have none, and where whole numbers that no float keeps stand among others. */
ColumnType json_type_of(unsigned seen);
/* One that is not null as a value of the column's type; false with the reason (which may be NULL). A text and an array are cast from text; a whole number
 * becomes a float only where that is exact. */
CHECKED bool json_cast(JsonKind kind, const char *text, size_t bytes, ColumnType type,
                       GString *scratch, Value *ret, char **ret_reason);

extern const TypeOps json_type_ops;
