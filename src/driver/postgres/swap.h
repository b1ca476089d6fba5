/* swap.h - what a swap does and what undoes it, as statements. */
#pragma once

#include "driver/postgres/postgres.h"

typedef struct {
    const PgObject *stage, *target; /* `target` NULL: there is none yet */
    const char *target_name;        /* in the stage's schema */
    const char *kept_name;
    const char *plan;
} SwapSides;

typedef struct {
    GPtrArray *forth, *back; /* char *: SQL, in the order in which they are run */
} SwapSteps;
void swap_steps_clear(SwapSteps *steps);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SwapSteps, swap_steps_clear)

/* While it is worked out. */
typedef struct {
    PgConn *conn;
    const SwapSides *sides;
    char *old, *final; /* SQL: the kept table, and the name that both want */
    SwapSteps steps;
    GPtrArray *undo; /* run first on the way back, before names change */
} SwapPlanner;
/* One more statement of the swap; of the way back behind the names; of the way back before them. */
void swap_forth(SwapPlanner *planner, char *take_sql);
void swap_back(SwapPlanner *planner, char *take_sql);
void swap_undo(SwapPlanner *planner, char *take_sql);
/* `question` has one or two %lld, each the target's number. */
CHECKED bool swap_ask(SwapPlanner *planner, PGresult **ret, GError **error, const char *question);
/* swap_rest.c */
CHECKED bool swap_plan_rights(SwapPlanner *planner, GError **error);
CHECKED bool swap_plan_sequences(SwapPlanner *planner, GPtrArray *back_names, GError **error);
CHECKED bool swap_plan_triggers(SwapPlanner *planner, GError **error);
CHECKED bool swap_plan_views(SwapPlanner *planner, GError **error);

/* Everything that hangs on the target goes to the stage, and back. MISMATCH, with all of them named, when something hangs on
 * the target that cannot follow. Changes nothing. */
CHECKED bool swap_plan(PgConn *conn, const SwapSides *sides, SwapSteps *ret, GError **error);

/* --- swap_note.c --- */
typedef struct {
    char *stage, *target,
        *kept; /* names as the caller has them; `kept` NULL: there was no target */
    int64_t new_oid, old_oid;
    json_t *back; /* [SQL] */
} PgNote;
void pg_note_free(PgNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgNote, pg_note_free)
/* NULL when the plan has none. */
CHECKED bool pg_note_read(PgConn *conn, const char *plan, PgNote **ret, GError **error);
CHECKED bool pg_note_write(PgConn *conn, const char *plan, const PgNote *note, GError **error);
/* Is the table in the target's place still the one that was swapped in, and the old one still kept? */
CHECKED bool pg_is_in_force(PgConn *conn, const PgNote *note, bool *ret, GError **error);
/* Count from now on what is written to `target`. */
CHECKED bool pg_start_log(PgConn *conn, const char *target, const char *plan, GError **error);
CHECKED bool pg_stop_log(PgConn *conn, int64_t oid, GError **error);
