/*
 * generated.h - proof where no rows are at hand: the queries of a file, old and new, over small tables that are made up.
 *
 * The tables have the columns that the schemas, the mapping and the queries speak of. Their values are those that the mapping
 * knows what to do with, those that the queries compare with (so that filters and joins find something), ends of years and
 * months, NULLs, and the same more than once. The same file always gets the same rows. What agrees on them is weaker evidence
 * than what agrees on rows of people: it says how many rows were made up.
 */
#pragma once

#include "change/queries.h"
#include "mapping/mapping.h"
#include "sql/sql.h"

typedef struct {
    const Mapping *mapping;
    const Schema *schema; /* of the source, or NULL: what the mapping and the queries tell */
    /* Columns of other tables, and their types in the same order (may be NULL): of a schema file. Both may be NULL. */
    SqlColumnsFn *columns, *types;
    void *columns_data;
    const Dialect *dialect; /* of the queries; NULL: guessed */
    bool propagates;
    int64_t until_ms; /* as of QueryWorld */
    TickFn *tick;     /* may stop a query; or NULL */
    void *tick_data;
} GeneratedSpec;

/*
 * Adds to `proofs` as queries_prove() does, with "generated": how many rows of the source were made up. A query that gives no
 * row over them is not run: agreeing on nothing proves nothing. False only when asked to stop.
 */
CHECKED bool generated_prove(const GeneratedSpec *spec, const char *path, const char *before,
                             const char *after, json_t *proofs, GError **error);
