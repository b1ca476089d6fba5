/* scan.h - a scan and its parts. Rows stream (scan.c), or come page by page where the mapping's own SQL is run (paged.c). */
#pragma once

#include "driver/mariadb/mariadb.h"

#define RECORD_SHOWN_MAX 65536 /* bytes of a cell in a record that was put aside */

typedef struct {
    Scan base;
    MariaConn *conn;
    MYSQL *db;
    MYSQL_RES *rows; /* on their way */
    MariaObject *object;
    Schema *output;
    GPtrArray *items;  /* char *: SQL */
    ColumnType *types; /* of the items, as the server has them */
    char *from, *condition, *where;
    GString *scratch;
    int64_t count; /* rows that were read */
    bool has_sql, is_over;
    bool is_of_notes; /* only rows that notes of ours name */
    /* paged.c */
    bool is_paged, has_last;
    char *last;  /* key of the last row that was given */
    size_t page; /* rows to ask for */
} MariaScan;

/* "SELECT …" with the id of each row before its items; `more` is a condition and what follows it. */
CHECKED bool maria_scan_send(MariaScan *scan, const char *more, GError **error);
typedef struct {
    int64_t row_id;
    const char *column;
    char *reason;
} MariaReject;
/* A row into the batch; false: `*ret` says why not, and the row is dropped. */
CHECKED bool maria_scan_take(MariaScan *scan, MYSQL_ROW row, Batch *batch, MariaReject *ret);

/* --- paged.c --- */
CHECKED bool maria_scan_paged(MariaScan *scan, Batch *batch, RejectFn *reject, void *data,
                              GError **error);
