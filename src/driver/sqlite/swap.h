/*
 * swap.h - exchanging two tables by name, inside of the schema table.
 */
#pragma once

#include "driver/sqlite/sqlite.h"

/* What a table and its indexes are called after an exchange. */
typedef struct {
    const char *from; /* the table now */
    const char *to;   /* its name afterwards */
    bool is_aside;    /* its indexes get names of their own, TABLE__INDEX, instead of theirs */
    bool is_inert;    /* without foreign keys afterwards: kept, but no part of the data any more */
    const json_t *texts; /* {name afterwards: CREATE text} to restore to the letter, or NULL */
} SwapSide;

/* `coming` takes the name, the place and the order of `going` (NULL: nothing was there), which gets its own
 * new name. Inside a transaction; the connection sees the new schema afterwards. `*ret_before` (may be NULL)
 * is what restores `going`: its texts under their old names. */
CHECKED bool schema_exchange(SqliteConn *conn, const SwapSide *coming, const SwapSide *going,
                             json_t **ret_before, GError **error);
