/* tree.h - a partitioned table with all that is below it, and the one that is made like it. */
#pragma once

#include "driver/postgres/postgres.h"

typedef struct {
    PgObject *object;
    int64_t parent; /* 0: it is the root */
    char *bound;    /* "FOR VALUES …"; NULL: it is the root */
    char *key;      /* "RANGE (day)" of what is partitioned; or NULL */
} PgBranch;

/* The table and its partitions, parents first. Array of PgBranch *; of a table that has none, itself. UNSUPPORTED where one of them
 * lies on another server, or is just being detached. */
CHECKED bool pg_branches(PgConn *conn, const PgObject *root, GPtrArray **ret, GError **error);
/* What the branch is called in a tree whose root has that name. Caller frees. */
char *pg_branch_name(const PgBranch *branch, const char *root);
/* The branches of `made`, in the order of those of `old`, like which it was made. DRIFT when they are not alike (any more). */
CHECKED bool pg_twins(PgConn *conn, const PgObject *made, const PgObject *old, GPtrArray **ret_made,
                      GPtrArray **ret_old, GError **error);
/* What a range is a part of: the object, or that partition of it, which then goes by the object's name in SQL. DRIFT when it is no
 * partition of it any more. */
CHECKED bool pg_object_of_range(PgConn *conn, const char *name, const json_t *range, PgObject **ret,
                                GError **error);

/* --- stage_like.c --- */
/* The empty table `stage` ("schema"."name" in `table`) like another one: with its partitions, keys and unique indexes. */
CHECKED bool pg_create_like(PgConn *conn, const char *stage, const char *table,
                            const PgObject *like, GError **error);
/* Its keys and unique indexes, those that are missing. */
CHECKED bool pg_keys_like(PgConn *conn, const PgObject *made, const PgObject *like, GError **error);
/* What else comes after the data. */
CHECKED bool pg_finish_like(PgConn *conn, const PgObject *made, const PgObject *like,
                            GError **error);
/* Its foreign keys are made sure of, as those of the other are; of a partitioned table they were when they were made. */
CHECKED bool pg_validate_like(PgConn *conn, const PgObject *made, const PgObject *like,
                              GError **error);
/* What an index that cannot be made means, of a table that is called `table`. Always false. */
bool pg_fail_index(PgConn *conn, const char *table, const char *name, GError *broken,
                   GError **error);
/* --- statistics.c --- */
/* Its extended statistics (CREATE STATISTICS), those that are missing. */
CHECKED bool pg_statistics_like(PgConn *conn, const PgObject *made, const PgObject *like,
                                GError **error);
