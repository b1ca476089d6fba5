/* rows.h - rows to put into stores, and rows read from them, as texts that can be compared. */
#pragma once

#include "world.h"

/* {id int (key), name text not NULL, score float}, rows `from` to `to` - 1, made by rule. Both are
 * the caller's. */
Schema *people_schema(const char *name);
Batch *people(int64_t from, int64_t to);

/* A column of each type under names that need care, and every extreme value that `holds` says yes to
 * (NULL: all), others as NULL. */
Schema *extreme_schema(const char *name);
Batch *extreme_rows(bool (*holds)(const Value *value));

/* Each row as "cell|cell|…", with types: what is equal as text is equal. */
char *row_text(const Batch *batch, size_t row);
/* The same after a cast of each column to what the fixture shows: what a scan should give. */
GPtrArray *rows_shown(const Fixture *fixture, const Batch *batch);

typedef struct {
    GPtrArray *rows;    /* texts */
    GArray *ids;        /* int64_t, of the same rows */
    GPtrArray *rejects; /* "id column: reason" */
    GPtrArray *records; /* json_t * of the rejects, as told while they were rejected */
    guint batches;
} Seen;
void seen_clear(Seen *seen);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)
/* All that a scan gives. `range` may be NULL. */
Seen read_object(Conn *conn, const char *object, const json_t *range);
Seen read_spec(Conn *conn, const ScanSpec *spec);
/* The same rows, in the same order if the store keeps the one in which they were written; sorts both. */
void assert_has_rows(const Fixture *fixture, GPtrArray *seen, GPtrArray *expected);
void assert_same_rows(const GPtrArray *seen, const GPtrArray *expected);
