/*
 * statistics.c - what CREATE STATISTICS said of several columns of a table together: on the stage, and at the swap.
 *
 * They are objects of their own: with a name, a schema, an owner and a target. Those of the stage are named STAGE__NAME, and are there
 * before its rows are counted (ANALYZE), so that the first queries after the swap know as much as those before it. At the swap names
 * change hands, as those of indexes do; one that came since, or that says something else by now, is made anew and is empty until the
 * server counts.
 */
#include "driver/postgres/swap.h"

#include <string.h>

/* Schema, name, what stands between "CREATE STATISTICS NAME" and "FROM TABLE", who owns it, how closely it looks (NULL: as the
 * server does by itself) and what is said of it. Only texts of columns are in between, so the table's name is the end. */
static const char listed[] =
    "SELECT n.nspname, s.stxname, substr(left(d.def, length(d.def) - length(' FROM ' || "
    "s.stxrelid::regclass::text)), length(format('CREATE STATISTICS %%I.%%I', n.nspname, "
    "s.stxname)) + 1), pg_get_userbyid(s.stxowner), "
    "nullif(to_jsonb(s) ->> 'stxstattarget', '-1'), obj_description(s.oid, 'pg_statistic_ext') "
    "FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace, "
    "pg_get_statisticsobjdef(s.oid) AS d(def) WHERE s.stxrelid = %lld ORDER BY s.oid";

enum { SCHEMA, NAME, TEXT, OWNER, LOOKS, SAID };

static char *
called(const PGresult *rows, int row, const char *name)
{
    return pg_sql("\"%w\".\"%w\"", pg_cell(rows, row, SCHEMA), name);
}

static int
row_of(const PGresult *rows, const char *schema, const char *name)
{
    for (int i = 0; i < PQntuples(rows); i++)
        if (strcmp(pg_cell(rows, i, SCHEMA), schema) == 0 &&
            strcmp(pg_cell(rows, i, NAME), name) == 0)
            return i;
    return -1;
}

bool
pg_statistics_like(PgConn *conn, const PgObject *made, const PgObject *like, GError **error)
{
    AUTO_RESULT *wanted = NULL;
    AUTO_RESULT *there = NULL;
    if (!pg_rows(conn, &wanted, error, listed, (long long) like->oid) ||
        !pg_rows(conn, &there, error, listed, (long long) made->oid))
        return false;
    for (int i = 0; i < PQntuples(wanted); i++) {
        g_autofree char *name = pg_made_name(made->name, pg_cell(wanted, i, NAME));
        g_autofree char *sql = called(wanted, i, name);
        if (row_of(there, pg_cell(wanted, i, SCHEMA), name) < 0 &&
            !pg_run(conn, error, "CREATE STATISTICS %s%s FROM %s", sql, pg_cell(wanted, i, TEXT),
                    made->sql))
            return false;
    }
    return true;
}

/* --- at the swap --- */

static void
rename_it(GPtrArray *steps, const PGresult *rows, int row, const char *from, const char *to)
{
    g_autofree char *sql = called(rows, row, from);
    g_ptr_array_add(steps, pg_sql("ALTER STATISTICS %s RENAME TO \"%w\"", sql, to));
}

/* What the new one is told, once it has its name. */
static void
say_again(SwapPlanner *planner, const PGresult *old, int row, const char *sql)
{
    const char *looks = pg_cell(old, row, LOOKS), *said = pg_cell(old, row, SAID);
    swap_forth(planner,
               pg_sql("ALTER STATISTICS %s OWNER TO \"%w\"", sql, pg_cell(old, row, OWNER)));
    if (looks != NULL)
        swap_forth(planner, pg_sql("ALTER STATISTICS %s SET STATISTICS %s", sql, looks));
    if (said != NULL)
        swap_forth(planner, pg_sql("COMMENT ON STATISTICS %s IS %Q", sql, said));
}

static void
plan_one(SwapPlanner *planner, const PGresult *old, int row, const PGresult *made)
{
    const SwapSides *sides = planner->sides;
    const char *name = pg_cell(old, row, NAME);
    g_autofree char *sql = called(old, row, name);
    g_autofree char *aside = pg_made_name(sides->kept_name, name);
    g_autofree char *twin_name = pg_made_name(sides->stage->name, name);
    int twin = row_of(made, pg_cell(old, row, SCHEMA), twin_name);
    bool is_same = twin >= 0 && strcmp(pg_cell(made, twin, TEXT), pg_cell(old, row, TEXT)) == 0;
    rename_it(planner->steps.forth, old, row, name, aside);
    if (is_same) {
        rename_it(planner->steps.forth, old, row, twin_name, name);
        rename_it(planner->undo, old, row, name, twin_name);
    } else {
        swap_forth(planner, pg_sql("CREATE STATISTICS %s%s FROM %s", sql, pg_cell(old, row, TEXT),
                                   planner->final));
        swap_undo(planner, pg_sql("DROP STATISTICS IF EXISTS %s", sql));
    }
    say_again(planner, old, row, sql);
    rename_it(planner->steps.back, old, row, aside, name);
}

/* Those of the stage that nothing is like any more. */
static void
drop_others(SwapPlanner *planner, const PGresult *old, const PGresult *made)
{
    g_autoptr(GHashTable) same = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < PQntuples(old); i++) {
        g_autofree char *twin = pg_made_name(planner->sides->stage->name, pg_cell(old, i, NAME));
        g_autofree char *sql = called(old, i, twin);
        g_hash_table_add(same, g_strconcat(sql, pg_cell(old, i, TEXT), NULL));
    }
    for (int i = 0; i < PQntuples(made); i++) {
        g_autofree char *sql = called(made, i, pg_cell(made, i, NAME));
        g_autofree char *whole = g_strconcat(sql, pg_cell(made, i, TEXT), NULL);
        if (!g_hash_table_contains(same, whole))
            swap_forth(planner, pg_sql("DROP STATISTICS %s", sql));
    }
}

bool
swap_plan_statistics(SwapPlanner *planner, GError **error)
{
    const SwapSides *sides = planner->sides;
    AUTO_RESULT *old = NULL;
    AUTO_RESULT *made = NULL;
    /* a materialized view is made anew at the swap: no stage has any for it */
    int64_t stage = sides->stage != sides->target ? sides->stage->oid : 0;
    if (!pg_rows(planner->conn, &old, error, listed, (long long) sides->target->oid) ||
        !pg_rows(planner->conn, &made, error, listed, (long long) stage))
        return false;
    drop_others(planner, old, made);
    for (int i = 0; i < PQntuples(old); i++)
        plan_one(planner, old, i, made);
    return true;
}
