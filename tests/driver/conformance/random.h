/*
 * random.h - random schemas, rows, targets and mappings, of types of ours and of the store's own; decided by the test's seed.
 */
#pragma once

#include "own_types.h"
#include "rows.h"

#define ROWS_MAX 300
#define RANDOM_SOURCE "what is"
#define RANDOM_TARGET "what_becomes"
#define TARGET_COLUMNS 5

/* `id` first, which is a key but for a few that come twice. Both are the caller's. */
Schema *random_schema(const Fixture *fixture);
Batch *random_rows(const Schema *schema, const Fixture *fixture);
/* The same with COMPUTED as the last column of the schema. Caller owns. */
#define COMPUTED "computed"
Batch *random_rows_computed(const Schema *schema, const Batch *rows);

/* A table that is there already, for columns of the store's own types. */
typedef struct {
    Schema *schema;
    const char *from
        [TARGET_COLUMNS]; /* the source's column that it was made like, or NULL; borrowed of the source's schema */
    bool has_computed;
} RandomTarget;
/* NULL: none this time, or the store has no types of its own. */
RandomTarget *random_target(const Schema *source, const Fixture *from, const Fixture *to);
void random_target_free(RandomTarget *target);
/* NULL: the column is of a type of ours. */
const OwnType *random_target_type(const RandomTarget *target, const Fixture *fixture,
                                  const char *column);

/* Over the source as it is described, into what is there (`like` as it was made and `target` as it is described, or both NULL). Rules
 * that do not fit are left out. */
MappingSet *random_mapping(const Schema *source, bool has_sql, const RandomTarget *like,
                           const Schema *target);
