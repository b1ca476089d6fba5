/* scan.h - an open scan, as scan.c and rescue.c see it. */
#pragma once

#include "driver/postgres/postgres.h"

#define RECORD_SHOWN_MAX 65536 /* bytes of a cell in a record that was put aside */

/* Cells of most columns of many tables: nothing is asked of them but how long they are. */
typedef enum { PLAIN_NOT, PLAIN_TEXT, PLAIN_INT } PlainCell;

typedef struct {
    Scan base;
    PgConn *conn;
    PGconn *db;
    PgObject *object;
    Schema *output;
    GPtrArray *items, *names; /* char *: in SQL; as the caller knows them */
    WireType *types;          /* of the items, as they are sent */
    PlainCell *plain;
    int *modifiers;          /* and their lengths, precisions…; -1: none */
    char *row_id;            /* SQL, or NULL */
    guint id_item;           /* the item that is the row's id already; G_MAXUINT: none */
    char *condition, *where; /* " AND …" of the range; the mapping's, or NULL */
    bool has_sql;            /* something in it may fail in a row */
    bool is_bare;            /* only the items come, not the row's id */
    bool is_copying;
    WireReader reader;
    WireCell *cells; /* the row's id, then the items */
    int64_t rows;
    int64_t rows_max; /* that are wanted; 0: all */
    GString *scratch;
    GHashTable *given; /* int64_t row ids so far, where a rescue may be needed */
    GArray *left;      /* int64_t: rows that are still to be read one by one; NULL: no rescue */
    guint left_at;
} PgScan;

PgScan *pg_scan_new(PgConn *conn);
void pg_scan_free(PgScan *scan);
/* Everything but the beginning: names, types, range, and a session if it has none. */
CHECKED bool pg_scan_prepare(PgScan *scan, const ScanSpec *spec, GError **error);
/* Begin COPY; where it may fail at once, the session stays usable. */
CHECKED bool pg_scan_start(PgScan *scan, const char *condition, const char *where, GError **error);
/* The next row into the batch; `*ret_row` false at the end. */
CHECKED bool pg_scan_step(PgScan *scan, Batch *batch, bool *ret_row, RejectFn *reject, void *data,
                          GError **error);
void pg_scan_take(PgScan *scan, Batch *batch, RejectFn *reject, void *data);
int64_t pg_row_id(const PgScan *scan, const WireCell *cell);

/* --- sum.c --- */
/* Of cells as they came. False with the column and the reason when one of them has no value of ours. */
CHECKED bool pg_hash_cells(const WireCell *cells, const WireType *types, size_t count,
                           GString *scratch, RowHasher *hasher, RowHash *ret, size_t *ret_column,
                           char **ret_reason);
bool pg_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
/* INVALID where cells are not what the caller takes them for, without a cast. */
CHECKED bool pg_check_types(const PgScan *scan, GError **error);
/* --- own_sum.c --- */
bool pg_own_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);

/* --- rescue.c --- */
/* COPY ended with `take_broken`: if it is about a row, list what is left to be read. */
CHECKED bool pg_scan_rescue(PgScan *scan, GError *take_broken, GError **error);
/* Go on through that list, slice by slice; a row that fails alone is told. */
CHECKED bool pg_scan_careful(PgScan *scan, Batch *batch, RejectFn *reject, void *data,
                             GError **error);
