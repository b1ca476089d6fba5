/*
 * swap_plan.c - the statements of a swap and of its way back, worked out before anything is changed.
 *
 * PostgreSQL holds things together by number, not by name: after a rename, views, foreign keys of others and sequences would
 * still belong to the old table. So each is made anew by PostgreSQL's own text of it, which means the new table once that has
 * the name. What follows, in the order in which it is done:
 *
 *   foreign keys of others      dropped, and added again: validated, as long as reading the referring tables takes
 *   foreign keys of the target  dropped from the old table, so that nobody reaches into it; the stage has its own
 *   indexes and constraints     names change hands
 *   the tables                  names change hands
 *   owner, grants, comment, row security, replica identity    said again of the new one
 *   sequences                   owned ones change hands; those of identity columns change names; moved past the largest value
 *   triggers, policies, rules   made again on the new one; the old one keeps its own
 *   views                       CREATE OR REPLACE, with their options
 *
 * Materialized views, functions and types that are bound to the table, and publications that name it cannot follow: they are
 * named, and nothing is done.
 */
#include "driver/postgres/swap.h"

#include <string.h>

#define NAMED_MAX 20

void
swap_steps_clear(SwapSteps *steps)
{
    g_clear_pointer(&steps->forth, g_ptr_array_unref);
    g_clear_pointer(&steps->back, g_ptr_array_unref);
}

void
swap_forth(SwapPlanner *planner, char *take_sql)
{
    g_ptr_array_add(planner->steps.forth, take_sql);
}

void
swap_back(SwapPlanner *planner, char *take_sql)
{
    g_ptr_array_add(planner->steps.back, take_sql);
}

void
swap_undo(SwapPlanner *planner, char *take_sql)
{
    g_ptr_array_add(planner->undo, take_sql);
}

bool
swap_ask(SwapPlanner *planner, PGresult **ret, GError **error, const char *question)
{
    g_autofree char *sql = pg_sql(question, (long long) planner->sides->target->oid,
                                  (long long) planner->sides->target->oid);
    return pg_run_on(planner->conn, planner->conn->db, sql, ret, error);
}

/* --- what cannot follow --- */

static bool
check_followers(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!swap_ask(
            planner, &rows, error,
            "SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d JOIN "
            "pg_class t ON t.oid = %lld "
            "LEFT JOIN pg_type y ON y.oid = t.reltype WHERE d.deptype = 'n' AND ("
            "(d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = "
            "'pg_proc'::regclass) OR "
            "(d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray))) "
            "UNION SELECT 'materialized view ' || v.oid::regclass FROM pg_depend d JOIN "
            "pg_rewrite r ON d.classid = "
            "'pg_rewrite'::regclass AND r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class "
            "WHERE d.refobjid = %lld AND "
            "d.refclassid = 'pg_class'::regclass AND v.relkind = 'm'"))
        return false;
    AUTO_RESULT *published = NULL;
    if (!swap_ask(
            planner, &published, error,
            "SELECT 'publication ' || p.pubname FROM pg_publication_rel r JOIN pg_publication p "
            "ON p.oid = r.prpubid WHERE "
            "r.prrelid = %lld"))
        return false;
    g_autoptr(GString) list = g_string_new(NULL);
    const PGresult *all[] = {rows, published};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        for (int row = 0; row < MIN(PQntuples(all[i]), NAMED_MAX); row++)
            g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "",
                                   pg_cell(all[i], row, 0));
    return list->len == 0 || fail(error, ERR_MISMATCH,
                                  "what is bound to '%s' would stay with the old table: %s; drop "
                                  "it before and make it again after",
                                  planner->sides->target_name, list->str);
}

/* --- foreign keys --- */

static bool
plan_foreign_keys(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *others = NULL;
    AUTO_RESULT *own = NULL;
    if (!swap_ask(
            planner, &others, error,
            "SELECT format('%%I.%%I', n.nspname, c.relname), k.conname, "
            "pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN "
            "pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
            "k.confrelid = %lld AND "
            "k.conrelid <> k.confrelid AND k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2") ||
        !swap_ask(
            planner, &own, error,
            "SELECT conname, pg_get_constraintdef(oid), confrelid = conrelid FROM pg_constraint "
            "WHERE conrelid = %lld AND "
            "contype = 'f' ORDER BY 1"))
        return false;
    for (int i = 0; i < PQntuples(others); i++) {
        const char *table = pg_cell(others, i, 0), *name = pg_cell(others, i, 1);
        g_autofree char *drop = pg_sql("ALTER TABLE %s DROP CONSTRAINT \"%w\"", table, name);
        swap_forth(planner, g_strdup(drop));
        swap_undo(planner, g_strdup(drop));
    }
    for (int i = 0; i < PQntuples(own); i++) {
        const char *name = pg_cell(own, i, 0);
        if (!pg_cell_bool(own, i, 2))
            swap_forth(planner, pg_sql("ALTER TABLE %s DROP CONSTRAINT \"%w\"",
                                       planner->sides->target->sql, name));
        else
            swap_undo(planner,
                      pg_sql("ALTER TABLE %s DROP CONSTRAINT \"%w\"", planner->final, name));
    }
    return true;
}

/* After the names have changed hands, on either way. */
static bool
plan_foreign_keys_again(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *keys = NULL;
    if (!swap_ask(
            planner, &keys, error,
            "SELECT format('%%I.%%I', n.nspname, c.relname), k.conname, "
            "pg_get_constraintdef(k.oid), k.conrelid = k.confrelid FROM "
            "pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE "
            "k.confrelid = %lld AND k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2"))
        return false;
    for (int i = 0; i < PQntuples(keys); i++) {
        g_autofree char *add =
            pg_sql("ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", pg_cell(keys, i, 0),
                   pg_cell(keys, i, 1), pg_cell(keys, i, 2));
        swap_forth(planner, g_strdup(add));
        if (!pg_cell_bool(keys, i, 3)) /* the old table kept the one to itself */
            swap_back(planner, g_strdup(add));
    }
    AUTO_RESULT *own = NULL;
    if (!swap_ask(
            planner, &own, error,
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %lld "
            "AND confrelid <> conrelid AND "
            "contype = 'f' ORDER BY 1"))
        return false;
    for (int i = 0; i < PQntuples(own); i++)
        swap_back(planner, pg_sql("ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", planner->final,
                                  pg_cell(own, i, 0), pg_cell(own, i, 1)));
    return true;
}

/* --- names --- */

static void
rename_index(SwapPlanner *planner, const char *from, const char *to)
{
    const char *schema = planner->sides->stage->schema;
    swap_forth(planner, pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema, from, to));
}

/* Indexes of the stage: their own names, or the target's in place of the stage's. `back` is the other way round. */
static bool
plan_indexes(SwapPlanner *planner, GPtrArray *back_names, GError **error)
{
    const SwapSides *sides = planner->sides;
    const char *schema = sides->stage->schema;
    AUTO_RESULT *old = NULL;
    AUTO_RESULT *made = NULL;
    const char *question = "SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = "
                           "i.indexrelid WHERE i.indrelid = %lld "
                           "ORDER BY x.oid";
    g_autofree char *of_stage = pg_sql(question, (long long) sides->stage->oid);
    g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if ((sides->target != NULL && !swap_ask(planner, &old, error, question)) ||
        !pg_run_on(planner->conn, planner->conn->db, of_stage, &made, error))
        return false;
    for (int i = 0; old != NULL && i < PQntuples(old); i++) {
        const char *name = pg_cell(old, i, 0);
        g_autofree char *aside = pg_made_name(sides->kept_name, name);
        rename_index(planner, name, aside);
        g_ptr_array_add(back_names,
                        pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema, aside, name));
        g_hash_table_insert(wanted, pg_made_name(sides->stage->name, name), g_strdup(name));
    }
    for (int i = 0; i < PQntuples(made); i++) {
        const char *name = pg_cell(made, i, 0), *own = g_hash_table_lookup(wanted, name);
        size_t prefix = strlen(sides->stage->name);
        g_autofree char *made_up = own == NULL && g_str_has_prefix(name, sides->stage->name)
                                       ? g_strdup_printf("%s%s", sides->target_name, name + prefix)
                                       : NULL;
        const char *to = own != NULL ? own : made_up;
        if (to == NULL || strlen(to) > 63)
            continue;
        rename_index(planner, name, to);
        g_ptr_array_insert(back_names, 0,
                           pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema, to, name));
    }
    return true;
}

static void
plan_names(SwapPlanner *planner, GPtrArray *back_names)
{
    const SwapSides *sides = planner->sides;
    if (sides->target != NULL)
        swap_forth(planner,
                   pg_sql("ALTER TABLE %s RENAME TO \"%w\"", sides->target->sql, sides->kept_name));
    swap_forth(planner,
               pg_sql("ALTER TABLE %s RENAME TO \"%w\"", sides->stage->sql, sides->target_name));
    g_ptr_array_insert(
        back_names, 0,
        pg_sql("ALTER TABLE %s RENAME TO \"%w\"", planner->final, sides->stage->name));
    if (sides->target != NULL)
        g_ptr_array_insert(
            back_names, 1,
            pg_sql("ALTER TABLE %s RENAME TO \"%w\"", planner->old, sides->target_name));
}

/* --- all of it --- */

static bool
plan_all(SwapPlanner *planner, GPtrArray *back_names, GError **error)
{
    if (planner->sides->target == NULL) {
        if (!plan_indexes(planner, back_names, error))
            return false;
        plan_names(planner, back_names);
        return true;
    }
    if (!check_followers(planner, error) || !plan_foreign_keys(planner, error) ||
        !plan_indexes(planner, back_names, error))
        return false;
    plan_names(planner, back_names);
    return swap_plan_rights(planner, error) && swap_plan_sequences(planner, back_names, error) &&
           swap_plan_triggers(planner, error) && swap_plan_views(planner, error) &&
           plan_foreign_keys_again(planner, error);
}

bool
swap_plan(PgConn *conn, const SwapSides *sides, SwapSteps *ret, GError **error)
{
    g_autoptr(GPtrArray) back_names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *old = pg_sql("\"%w\".\"%w\"", sides->stage->schema, sides->kept_name);
    g_autofree char *final = pg_sql("\"%w\".\"%w\"", sides->stage->schema, sides->target_name);
    g_autoptr(GPtrArray) undone = g_ptr_array_new_with_free_func(g_free);
    SwapPlanner planner = {
        .conn = conn, .sides = sides, .old = old, .final = final, .undo = undone};
    planner.steps.forth = g_ptr_array_new_with_free_func(g_free);
    planner.steps.back = g_ptr_array_new_with_free_func(g_free);
    if (!plan_all(&planner, back_names, error)) {
        swap_steps_clear(&planner.steps);
        return false;
    }
    /* what was made on the new table, then the names, then what the old one gets again */
    for (guint i = back_names->len; i-- > 0;)
        g_ptr_array_insert(planner.steps.back, 0, g_strdup(back_names->pdata[i]));
    for (guint i = undone->len; i-- > 0;)
        g_ptr_array_insert(planner.steps.back, 0, g_strdup(undone->pdata[i]));
    *ret = planner.steps;
    return true;
}
