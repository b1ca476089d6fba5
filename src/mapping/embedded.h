/*
 * embedded.h - SQL expressions over rows of a store that has no SQL (files): an SQLite in memory evaluates them, row by
 * row, with the source columns as values under their names, and _row as the record's number.
 *
 * Columns come as SQLite keeps their type (sqlite_value.h) and without affinity: a text compares as text. What could give
 * another answer tomorrow (random(), the current time) is refused, and an expression that runs too long is stopped.
 */
#pragma once

#include "mapping/eval.h"

typedef struct Embedded Embedded;

CHECKED bool embedded_new(const Schema *source, Embedded **ret, GError **error);
/* Expressions of it must be freed before. */
void embedded_free(Embedded *embedded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Embedded, embedded_free)

/* Which inputs an expression needs: called once for each column that it names, gives the input's index. */
typedef size_t EmbeddedInputFn(const char *column, void *data);
/* INVALID with SQLite's words when it cannot be prepared. */
CHECKED bool embedded_prepare(Embedded *embedded, const char *sql, EmbeddedInputFn *input,
                              void *data, EmbeddedExpr **ret, GError **error);
void embedded_expr_free(EmbeddedExpr *expr);

CHECKED bool embedded_eval(EmbeddedExpr *expr, const Row *row, ColumnType type, GString *scratch,
                           Value *ret, char **ret_reason);
/* Is it true (not false, not NULL)? */
CHECKED bool embedded_test(EmbeddedExpr *expr, const Row *row, bool *ret, char **ret_reason);

/* "(sql)" with a line end where a comment would swallow the bracket. Caller frees. */
char *sql_in_brackets(const char *sql);
/* False: a bracket closes that it did not open, so `a) OR (b` would reach out of those around it. True where that cannot be told for all dialects. */
bool sql_stays_in_brackets(const char *sql);
/* "name" with its quotes doubled. Appended. */
void sql_append_name(GString *to, const char *name);
/* 'text' with its quotes doubled. Appended. */
void sql_append_text(GString *to, const char *text, size_t bytes);
