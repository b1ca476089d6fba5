/*
 * look.h - rows that are not written, looked at by the columns that they would go to (LookOps of driver.h): what drivers share whose
 * targets are an array of structures.
 */
#pragma once

#include "model/schema.h"

typedef struct {
    GArray *targets;
    const void **of; /* by column of the schema; NULL: it is not written */
} ColumnLook;

/* `take_targets`: structures that say at byte `column_at` (a size_t) which column of the schema they take. `look_columns_end` frees it. */
ColumnLook *look_columns(GArray *take_targets, size_t column_at, const Schema *schema);
void look_columns_end(void *look);
