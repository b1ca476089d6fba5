/*
 * memory.h - what tests do with the store that lives in this process, beside what drivers can do:
 * make tables, and write to them as other programs would.
 */
#pragma once

#include "driver/driver.h"

/* A table with these rows in the place of whatever has its name. The schema tells name, columns and
 * key. */
void memory_make(const char *store, const Schema *schema, const Batch *rows);
/* Writes of other programs: FORBIDDEN while the table is frozen, counted after a swap. */
CHECKED bool memory_insert(const char *store, const char *object, const Batch *rows,
                           GError **error);
CHECKED bool memory_delete(const char *store, const char *object, int64_t row_id, GError **error);
/* The store and all that is in it. Nothing may be connected to it any more. */
void memory_forget(const char *store);
