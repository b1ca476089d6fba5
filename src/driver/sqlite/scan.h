/* scan.h - a scan, as its files see it. */
#pragma once

#include "driver/sqlite/sqlite.h"

typedef struct {
    Scan base;
    sqlite3_stmt *statement;
    sqlite3_stmt *record; /* prepared when first asked for */
    SqliteObject *object;
    Schema *output;
    GPtrArray *items; /* char *: the text of each column of the output */
    char *where;      /* or NULL */
    char *range;      /* condition: all of the range */
    char *from_where; /* FROM … WHERE …, range and condition */
    char *order;      /* "" where there is none */
    int64_t rows;     /* given or rejected so far */
    int64_t last_id;  /* of the last of them */
    bool reads_once;  /* each page; few of them are kept then */
    GString *scratch;
} SqliteScan;

/* --- split.c --- */
/* What positions are made of: the rowid, or the columns of the key. Quoted. Empty: nothing. */
GPtrArray *sqlite_position_columns(const SqliteObject *object);
/* " AND …" for each end that the range has. */
CHECKED bool sqlite_append_range(GString *sql, const SqliteObject *object, const json_t *range,
                                 GError **error);

/* --- scan.c, rescue.c --- */
/* Begin the statement (anew): rows that meet `condition`, with a LIMIT clause or "". */
CHECKED bool sqlite_scan_prepare(SqliteScan *scan, const char *condition, const char *limit,
                                 GError **error);
/* rescue.c: an expression failed in some row, and the statement with it. Tells that row to `reject`
 * and goes on behind it; false with the error (which is taken) when there is no such row. */
CHECKED bool sqlite_scan_rescue(SqliteScan *scan, GError *take_broken, RejectFn *reject, void *data,
                                GError **error);
