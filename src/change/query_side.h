/*
 * query_side.h - what one of two queries gives, without its rows: names, a sum over all rows, one over their order; and, run
 * once more, the rows that the other one does not give.
 */
#pragma once

#include "driver/driver.h"
#include "model/row_hash.h"

typedef struct {
    const char *sql;    /* borrowed */
    GPtrArray *names;   /* char *, of its columns, once it has run */
    const guint *order; /* columns in the order in which they are hashed; NULL: as they come */
    RowHasher hasher;
    HashSum sum;
    RowHash chain;    /* of the rows in their order */
    GHashTable *kept; /* text of the hash -> how many, of the other one's rows; or NULL */
    GPtrArray *shown; /* char *: rows that the other side did not give */
} QuerySide;

void query_side_init(QuerySide *side, const char *sql);
void query_side_clear(QuerySide *side);
/* Before it runs, also again. */
void query_side_begin(QuerySide *side);
/* A QueryRowFn. */
void query_side_take(const QueryCell *cells, size_t count, void *side);

/* Which rows does only `one` give? Begin, run `other`, then `one`; let go gives some of them as "(1, 'a'), (2, NULL)", where
 * `is_wanted` and there are any. Caller frees. */
void query_sides_keep(QuerySide *one, QuerySide *other);
bool query_side_kept_all(const QuerySide *side); /* they were not too many */
char *query_sides_let_go(QuerySide *one, QuerySide *other, bool is_wanted);
