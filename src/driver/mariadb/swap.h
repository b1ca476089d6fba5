/*
 * swap.h - the parts of a swap, none of which can be in one transaction with the others.
 *
 * RENAME TABLE exchanges both names at one moment, and is the one that counts: before it the target is what it was, after it
 * the target is the new table. What a name does not take along here (triggers and foreign keys stay with the old table) is
 * made anew behind it, from the note, by whoever looks next; until then nobody can write, so that nothing is written past a
 * trigger or a key.
 *
 *   the note is written, with all texts                 nothing has happened yet
 *   the log, and guards where something must follow     on the stage, and on tables that refer to the target
 *   RENAME TABLE
 *   triggers and foreign keys, guards off               again and again until done: each statement may be said twice
 *   the note says "done"
 */
#pragma once

#include "driver/mariadb/mariadb.h"

#define GUARD_PREFIX "_honk_hold_"

typedef struct {
    const char *plan;
    char *database, *stage, *target, *kept; /* names alone; `kept` NULL: there was no target */
    json_t *
        saved; /* {phase, out, own: [{name, text}], from: [{child, name, text}], triggers: [{name, mode, head, body}]} */
} MariaSwap;
void maria_swap_clear(MariaSwap *swap);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MariaSwap, maria_swap_clear)
/* INVALID when the names are not in one database. */
CHECKED bool maria_swap_names(MariaConn *conn, const char *plan, const char *stage,
                              const char *target, const char *kept, MariaSwap *ret, GError **error);
char *maria_swap_sql(const MariaSwap *swap, const char *name); /* "database"."name" */

/* --- swap_rest.c: what a RENAME does not take along --- */
/* What hangs on the target, into `saved`. */
CHECKED bool maria_swap_collect(MariaConn *conn, const MariaObject *target, MariaSwap *swap,
                                GError **error);
/* MISMATCH when a view or trigger would not fit the stage, or a foreign key not hold. Changes nothing that lasts. */
CHECKED bool maria_swap_check(MariaConn *conn, const MariaSwap *swap, GError **error);
/* Behind the RENAME: from the table called `out` to that in the target's place. */
CHECKED bool maria_swap_follow(MariaConn *conn, const MariaSwap *swap, const char *out,
                               GError **error);
/* Nobody writes to `table`, nor to those that refer to the target; only where something must follow. */
CHECKED bool maria_swap_hold(MariaConn *conn, const MariaSwap *swap, const char *table,
                             GError **error);
CHECKED bool maria_swap_let_go(MariaConn *conn, const MariaSwap *swap, const char *table,
                               GError **error);

/* --- swap_note.c --- */
CHECKED bool maria_log_start(MariaConn *conn, const MariaSwap *swap, const char *table,
                             GError **error);
CHECKED bool maria_log_stop(MariaConn *conn, const MariaSwap *swap, GError **error);
/* Is the log of this plan on that table? */
CHECKED bool maria_log_is_on(MariaConn *conn, const MariaSwap *swap, const char *table, bool *ret,
                             GError **error);
/* Written at once, outside of a transaction or inside of the caller's. */
CHECKED bool maria_note_phase(MariaConn *conn, MariaSwap *swap, const char *phase, const char *out,
                              GError **error);
/* Behind a RENAME: all that follows, and the note says so. */
CHECKED bool maria_swap_end_forth(MariaConn *conn, MariaSwap *swap, GError **error);
CHECKED bool maria_swap_end_back(MariaConn *conn, MariaSwap *swap, GError **error);
CHECKED bool maria_swap_of_note(MariaConn *conn, const char *plan, const BookNote *note,
                                MariaSwap *ret, GError **error);
