/*
 * inside.h - a mapping said in SQL inside of one database, where the result is what the row-by-row way writes: rules in a form with one
 * meaning (mapping/select_typed.c), expressions of the very type that is wanted, and columns that bend nothing on assignment.
 */
#pragma once

#include "driver/postgres/scan.h"

typedef struct {
    GArray *targets;            /* PgTarget, of what is written */
    GString *items, *returning; /* lists: what is selected, and how its rows come back */
    bool may_bend;              /* columns that round or cut are fine: somebody looks afterwards */
    GString *bent_items, *bent_columns; /* what these get, and their names; empty: none may */
    char *from;                         /* "source WHERE …"; more may be added by AND */
    char *insert;                       /* INSERT … SELECT … FROM `from` */
} Inside;

void inside_init(Inside *inside);
void inside_clear(Inside *inside);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inside, inside_clear)
/* The lists alone, of the object that is written or one like it (NULL: it would be made). INVALID, here and below: the mapping cannot be said in SQL, or a
 * column might bend what it gets. */
CHECKED bool inside_look(PgConn *conn, const PgObject *source, const Program *program,
                         const PgDescription *object, Inside *ret, GError **error);
/* All of it. */
CHECKED bool inside_say(PgConn *conn, const ScanSpec *spec, const Program *program,
                        const PgDescription *stage, Inside *ret, GError **error);
/* Of a stage that is not there yet, and will be as the mapping makes it. */
CHECKED bool inside_can(PgConn *conn, const PgObject *source, const Program *program,
                        GError **error);
