/*
 * query.h - for drivers that run queries which somebody else wrote: what all of them say of one, in the same words, and how its
 * names get rows.
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
bool query_fail_rows(const char *object, GError **error); /* UNSUPPORTED: nothing tells them */

/* A decimal as its digits: whole numbers are whole whatever they are kept in, and "1.50" is "1.5". Borrows the text. */
QueryCell query_decimal(const char *text, size_t size);

/* "a, b AS c": the mapping's items, named as the target's columns, quoted by `quote`. NULL: SQL does not say them all. Caller frees. */
char *query_items(const Program *program, TypedSql in, char *(*quote)(const char *name));
/* "id IN (1, 2)". Caller frees. */
char *query_ids(const char *id, const int64_t *ids, size_t count);

/* Rows of the view's object through its mapping, as a move would read them, batch by batch; false from `put` ends it. */
typedef bool QueryFillFn(const Batch *rows, void *data, GError **error);
CHECKED bool query_map_rows(Conn *conn, const QueryView *view, RejectFn *reject, void *reject_data,
                            QueryFillFn *put, void *data, GError **error);
/* The same where SQL cannot say the mapping. UNSUPPORTED: a row is refused, which the view's condition is to leave out. */
CHECKED bool query_fill(Conn *conn, const QueryView *view, QueryFillFn *put, void *data,
                        GError **error);
