/* swap.h - what a swap does and what undoes it, as statements. */
#pragma once

#include "driver/postgres/tree.h"

/* Two tables that change places: the roots, or a partition and its twin. */
typedef struct {
    const PgObject *stage, *target; /* `target` NULL: there is none yet */
    char *target_name;              /* in the stage's schema */
    char *kept_name;
} SwapSides;

typedef struct {
    GPtrArray *forth, *back; /* char *: SQL, in the order in which they are run */
    GPtrArray *settle;       /* char *: SQL that ends the way back */
    json_t *tables;          /* [[new, old]]: the numbers of all tables that change places */
} SwapSteps;
void swap_steps_clear(SwapSteps *steps);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SwapSteps, swap_steps_clear)

/* While it is worked out. */
typedef struct {
    PgConn *conn;
    const SwapSides *sides; /* those that it is about right now */
    char *old, *final;      /* SQL: the kept table, and the name that both want */
    SwapSteps steps;
    GPtrArray *undo;       /* run first on the way back, before names change */
    GPtrArray *back_names; /* then these, which change them back */
} SwapPlanner;
/* One more statement of the swap; of the way back behind the names; of the way back before them. */
void swap_forth(SwapPlanner *planner, char *take_sql);
void swap_back(SwapPlanner *planner, char *take_sql);
void swap_undo(SwapPlanner *planner, char *take_sql);
/* `question` has one or two %lld, each the target's number. */
CHECKED bool swap_ask(SwapPlanner *planner, PGresult **ret, GError **error, const char *question);
/* Has no table, index or sequence of the stage's schema that name? */
CHECKED bool swap_is_free(SwapPlanner *planner, const char *name, bool *ret, GError **error);
CHECKED bool swap_check_followers(SwapPlanner *planner, GError **error);
/* From here on it is about these two. */
void swap_turn_to(SwapPlanner *planner, const SwapSides *sides);
/* swap_materialized.c: of all tables that change places. */
CHECKED bool swap_plan_materialized(SwapPlanner *planner, const SwapSides *roots, GError **error);
/* What a question begins with: the name that both tables want, in SQL, and the numbers of both. */
#define SWAP_ME "WITH me AS (SELECT %Q::text AS name, %lld::oid AS old, %lld::oid AS new) "
/* Each row of the answer is a statement about the new table. */
CHECKED bool swap_plan_statements(SwapPlanner *planner, const char *question, GError **error);
/* swap_words.c */
CHECKED bool swap_plan_words(SwapPlanner *planner, GError **error);
/* statistics.c */
CHECKED bool swap_plan_statistics(SwapPlanner *planner, GError **error);
/* swap_rest.c */
CHECKED bool swap_plan_rights(SwapPlanner *planner, GError **error);
CHECKED bool swap_plan_sequences(SwapPlanner *planner, GError **error);
/* Those of a table that takes the place of none. */
CHECKED bool swap_plan_counters(SwapPlanner *planner, GError **error);
CHECKED bool swap_plan_triggers(SwapPlanner *planner, GError **error);
CHECKED bool swap_plan_views(SwapPlanner *planner, GError **error);

/* Everything that hangs on the target and its partitions goes to the stage and theirs, and back. MISMATCH, with all of them named,
 * when something hangs on them that cannot follow; DRIFT when the trees are no longer alike. Changes nothing. */
CHECKED bool swap_plan(PgConn *conn, const SwapSides *roots, SwapSteps *ret, GError **error);

/* --- swap_note.c --- */
typedef struct {
    char *stage, *target,
        *kept; /* names as the caller has them; `kept` NULL: there was no target */
    int64_t new_oid, old_oid;
    json_t *back;   /* [SQL] */
    json_t *settle; /* [SQL]; NULL: none */
    json_t *tables; /* as in SwapSteps; NULL: these two alone */
} PgNote;
void pg_note_free(PgNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgNote, pg_note_free)
/* NULL when the plan has none. */
CHECKED bool pg_note_read(PgConn *conn, const char *plan, PgNote **ret, GError **error);
CHECKED bool pg_note_write(PgConn *conn, const char *plan, const PgNote *note, GError **error);
/* Is the table in the target's place still the one that was swapped in, and the old one still kept? */
CHECKED bool pg_is_in_force(PgConn *conn, const PgNote *note, bool *ret, GError **error);
/* WRONG_STATE when the new table has other partitions than those that were swapped in: they would be lost. */
CHECKED bool pg_check_tree(PgConn *conn, const PgNote *note, GError **error);
/* Count from now on what is written to `target`, also by way of its partitions. */
CHECKED bool pg_start_log(PgConn *conn, const char *target, const char *plan, GError **error);
CHECKED bool pg_stop_log(PgConn *conn, const char *plan, GError **error);
