/*
 * query.h - for drivers that run queries which somebody else wrote: what all of them say of one, in the same words.
 */
#pragma once

#include "driver/driver.h"

/* All return false. */
bool query_fail_late(const QuerySpec *spec, GError **error); /* LIMIT */
bool query_fail_many(const QuerySpec *spec, GError **error); /* LIMIT: rows */
bool query_fail_parameters(GError **error);                  /* UNSUPPORTED */
bool query_fail_statements(GError **error);                  /* UNSUPPORTED: none, or several */
bool query_fail_writes(GError **error);                      /* UNSUPPORTED */
bool query_fail_fickle(const char *function,
                       GError **error);                   /* UNSUPPORTED: answers anew each time */
bool query_fail_mapping(GError **error);                  /* UNSUPPORTED: has no SQL */
bool query_fail_rows(const char *object, GError **error); /* UNSUPPORTED: nothing tells them */

/* A decimal as its digits: whole numbers are whole whatever they are kept in, and "1.50" is "1.5". Borrows the text. */
QueryCell query_decimal(const char *text, size_t size);

/* "id IN (1, 2)". Caller frees. */
char *query_ids(const char *id, const int64_t *ids, size_t count);
