/*
 * queries.h - proof without tests: the old query over the source, and the new one over what the mapping makes of the
 * source, give the same rows.
 *
 * The new dataset need not be there yet: its name stands for the mapping's SELECT over the source. What the mapping
 * leaves out (`where`) or refuses is left out of the source, too (query_rows.h), so that what differs is not declared anywhere.
 * Nothing is written, and each query has its limits; what cannot be run (templates, parameters, another dialect than the store's)
 * is said, and proves nothing.
 */
#pragma once

#include "change/query_names.h"
#include "change/query_rows.h"

typedef struct {
    Conn *conn;         /* to the source's store */
    const char *object; /* the source in it */
    const QueryNames *names;
    Program *program;      /* NULL: every column as it is */
    const QueryRows *rows; /* of the object, that both sides see */
    bool propagates;       /* output names change with the columns */
    bool
        is_stand_in; /* the queries are another store's: that this one lacks a word or function says nothing of them */
    int64_t time_ms_max; /* of one query; 0: QUERY_TIME_MS_DEFAULT */
    int64_t until_ms;    /* by the monotonic clock: no query is begun after it; 0: no end */
} QueryWorld;

#define QUERY_TIME_MS_DEFAULT 3000 /* a person waits for the plan meanwhile */
#define QUERY_SAMPLE_ROWS 50000    /* of a dataset: enough for every case of a mapping to come up */

/*
 * Adds to `proofs` one object for each query of the file that the rewriting changed:
 *   {"path", "line", "verdict": "same" | "different" | "not_run", "rows": n, "refused": rows that are left out of both since the
 *   mapping refuses them, "text": what a person reads}
 * `before` and `after` are the file's text. False only when asked to stop.
 */
CHECKED bool queries_prove(const QueryWorld *world, const char *path, const char *before,
                           const char *after, json_t *proofs, GError **error);
