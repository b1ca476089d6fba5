/*
 * query_rows.h - which rows of a dataset its queries are tried over, old and new: about the first so many, without those that
 * the mapping leaves out (`where`), and without those that it refuses, which would lie in quarantine.
 */
#pragma once

#include "driver/driver.h"

typedef struct {
    char *where;     /* a condition on the dataset's rows; NULL: all of them */
    int64_t rows;    /* that the mapping maps */
    int64_t refused; /* rows that it does not, of the same */
    char *reason;    /* of one of these; or NULL */
    char *why_not;   /* nothing can be tried over them; or NULL */
} QueryRows;

/* `program` may be NULL: every row as it is. Reads the rows once; with `sample_rows` 0 all of them. */
CHECKED bool query_rows_find(Conn *conn, const char *object, Program *program, int64_t sample_rows,
                             QueryRows *ret, GError **error);
void query_rows_clear(QueryRows *rows);
