/* along.h - what hangs on a table of PostgreSQL and needs its words to be made again on another one (`own` of a dependent). */
#pragma once

#include "driver/postgres/postgres.h"

/* What the text means, it means… */
typedef enum {
    ALONG_EVERYWHERE, /* in every server that is not older */
    ALONG_LETTERS,    /* where letters are ordered and folded alike */
    ALONG_HERE,       /* in this database: it names what others have not */
} AlongReach;

/* What `own` is for such a text. Caller frees. */
CHECKED bool pg_own_text(PgConn *conn, AlongReach reach, const char *text, char **ret,
                         GError **error);
/* On the empty stage (`table` in SQL), in its transaction: what a row may break, and defaults. */
CHECKED bool pg_along_before(PgConn *conn, const char *stage, const char *table,
                             const Schema *schema, GError **error);
/* When all rows are in: indexes, and what is not validated in the source, either; again: nothing. */
CHECKED bool pg_along_after(PgConn *conn, const PgObject *stage, const Schema *schema,
                            GError **error);
/* The same, of keys to other tables, of which pg_along_validate() makes sure: nobody who writes to these waits as long as that. */
CHECKED bool pg_along_references(PgConn *conn, const PgObject *stage, const Schema *schema,
                                 GError **error);
CHECKED bool pg_validate(PgConn *conn, const PgObject *stage, const char *name, GError **error);
CHECKED bool pg_along_validate(PgConn *conn, const char *stage, const Schema *schema,
                               GError **error);
