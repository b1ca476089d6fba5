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
 *   extended statistics         names change hands, and owner, target and comment are said again (statistics.c)
 *   sequences                   owned ones change hands; those of identity columns change names; moved past the largest value
 *   triggers, policies, rules   made again on the new one; the old one keeps its own
 *   views                       CREATE OR REPLACE, with their options
 *   comments                    of all of these, and of columns how closely they are looked at (SET STATISTICS, n_distinct)
 *   materialized views          made again, and filled; the old ones are kept for the way back (swap_materialized.c)
 *
 * A partitioned table takes its partitions along: each changes places with its twin (tree.h), with all that hangs on it alone; what
 * it has from its parent comes with the parent's.
 *
 * Functions and types that are bound to the table, and publications that name it cannot follow: they are named, and nothing is
 * done.
 */
#include "driver/postgres/swap.h"

#include <string.h>

#define NAMED_MAX 20

void
swap_steps_clear(SwapSteps *steps)
{
    g_clear_pointer(&steps->forth, g_ptr_array_unref);
    g_clear_pointer(&steps->back, g_ptr_array_unref);
    g_clear_pointer(&steps->settle, g_ptr_array_unref);
    g_clear_pointer(&steps->tables, json_decref);
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

bool
swap_check_followers(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!swap_ask(planner, &rows, error,
                  "SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d JOIN "
                  "pg_class t ON t.oid = %lld "
                  "LEFT JOIN pg_type y ON y.oid = t.reltype WHERE d.deptype = 'n' AND ("
                  "(d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = "
                  "'pg_proc'::regclass) OR "
                  "(d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)))"))
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
            "WHERE conrelid = %lld AND contype = 'f' AND conparentid = 0 ORDER BY 1"))
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
            "AND confrelid <> conrelid AND contype = 'f' AND conparentid = 0 ORDER BY 1"))
        return false;
    for (int i = 0; i < PQntuples(own); i++)
        swap_back(planner, pg_sql("ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", planner->final,
                                  pg_cell(own, i, 0), pg_cell(own, i, 1)));
    return true;
}

/* --- names --- */

bool
swap_is_free(SwapPlanner *planner, const char *name, bool *ret, GError **error)
{
    int64_t there = 0;
    if (!pg_int(planner->conn, &there, error,
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relname = %Q AND n.nspname = %Q",
                name, planner->sides->stage->schema))
        return false;
    *ret = there == 0;
    return true;
}

/* Of an index that is named after its table: something else may be called so. Of a target that is there the indexes have given their
 * names up by then. */
static bool
may_be_called(SwapPlanner *planner, const char *to, bool *ret, GError **error)
{
    *ret = true;
    return planner->sides->target != NULL || swap_is_free(planner, to, ret, error);
}

static void
rename_index(SwapPlanner *planner, const char *from, const char *to)
{
    const char *schema = planner->sides->stage->schema;
    swap_forth(planner, pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema, from, to));
}

/* What an index of the stage is to be called that has no name of the target's, as it takes the place of none: STAGE_NAME after the new table;
 * STAGE__NAME, which was made so (along.c), NAME where that is free. NULL: as it is. */
static bool
name_made_up(SwapPlanner *planner, const char *name, bool is_named, char **ret, GError **error)
{
    const SwapSides *sides = planner->sides;
    const char *behind = name + strlen(sides->stage->name);
    bool is_free = false;
    *ret = NULL;
    if (!g_str_has_prefix(name, sides->stage->name))
        return true;
    if (is_named && g_str_has_prefix(behind, "__")) {
        behind += strlen("__");
        if (!swap_is_free(planner, behind, &is_free, error))
            return false;
        *ret = is_free ? g_strdup(behind) : g_strdup_printf("%s_%s", sides->target_name, behind);
    } else
        *ret = g_strdup_printf("%s%s", sides->target_name, behind);
    return true;
}

/* Indexes of the stage: their own names, or the target's in place of the stage's. `back` is the other way round. */
static bool
plan_indexes(SwapPlanner *planner, GPtrArray *back_names, GError **error)
{
    const SwapSides *sides = planner->sides;
    const char *schema = sides->stage->schema;
    AUTO_RESULT *old = NULL;
    AUTO_RESULT *made = NULL;
    const char *question =
        "SELECT x.relname, NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.oid AND "
        "c.conrelid = i.indrelid) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE "
        "i.indrelid = %lld ORDER BY x.oid";
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
        bool may = false, is_named = sides->target == NULL && pg_cell_bool(made, i, 1);
        g_autofree char *made_up = NULL;
        if (own == NULL && !name_made_up(planner, name, is_named, &made_up, error))
            return false;
        const char *to = own != NULL ? own : made_up;
        if (to == NULL || strlen(to) > OBJECT_NAME_MAX)
            continue;
        if (!may_be_called(planner, to, &may, error))
            return false;
        if (!may)
            continue;
        rename_index(planner, name, to);
        g_ptr_array_insert(back_names, 0,
                           pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema, to, name));
    }
    return true;
}

/* Those of one table: the new one gives its name back first, then the old one takes it again. */
static bool
plan_names(SwapPlanner *planner, GError **error)
{
    const SwapSides *sides = planner->sides;
    g_autoptr(GPtrArray) back = g_ptr_array_new_with_free_func(g_free);
    if (!plan_indexes(planner, back, error))
        return false;
    if (sides->target != NULL)
        swap_forth(planner,
                   pg_sql("ALTER TABLE %s RENAME TO \"%w\"", sides->target->sql, sides->kept_name));
    swap_forth(planner,
               pg_sql("ALTER TABLE %s RENAME TO \"%w\"", sides->stage->sql, sides->target_name));
    g_ptr_array_add(planner->back_names,
                    pg_sql("ALTER TABLE %s RENAME TO \"%w\"", planner->final, sides->stage->name));
    if (sides->target != NULL)
        g_ptr_array_add(planner->back_names, pg_sql("ALTER TABLE %s RENAME TO \"%w\"", planner->old,
                                                    sides->target_name));
    g_ptr_array_extend_and_steal(planner->back_names, g_steal_pointer(&back));
    return true;
}

/* --- all of it --- */

typedef bool PartFn(SwapPlanner *planner, GError **error);

/* One kind of thing after the other, each of all tables: what is made again means tables that have their names by then. */
static PartFn *const parts[] = {
    swap_check_followers,    plan_foreign_keys,   plan_names,         swap_plan_rights,
    swap_plan_statistics,    swap_plan_sequences, swap_plan_triggers, swap_plan_views,
    plan_foreign_keys_again, swap_plan_words,
};

void
swap_turn_to(SwapPlanner *planner, const SwapSides *sides)
{
    g_free(planner->old);
    g_free(planner->final);
    planner->sides = sides;
    planner->old = pg_sql("\"%w\".\"%w\"", sides->stage->schema, sides->kept_name);
    planner->final = pg_sql("\"%w\".\"%w\"", sides->stage->schema, sides->target_name);
}

static bool
plan_all(SwapPlanner *planner, const GArray *pairs, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        for (guint pair = 0; pair < pairs->len; pair++) {
            swap_turn_to(planner, &g_array_index(pairs, SwapSides, pair));
            if (!parts[i](planner, error))
                return false;
        }
    return true;
}

static void
sides_clear(void *data)
{
    SwapSides *sides = data;
    g_free(sides->target_name);
    g_free(sides->kept_name);
}

/* The roots, then each partition and its twin; the branches are lent by both arrays. */
static GArray *
pairs_of(const SwapSides *roots, const GPtrArray *made, const GPtrArray *old)
{
    GArray *pairs = g_array_new(FALSE, TRUE, sizeof(SwapSides));
    g_array_set_clear_func(pairs, sides_clear);
    for (guint i = 0; i < old->len; i++) {
        const PgBranch *new_branch = made->pdata[i], *old_branch = old->pdata[i];
        SwapSides sides = {.stage = new_branch->object,
                           .target = old_branch->object,
                           .target_name =
                               g_strdup(i == 0 ? roots->target_name : old_branch->object->name),
                           .kept_name = pg_branch_name(old_branch, roots->kept_name)};
        g_array_append_val(pairs, sides);
    }
    return pairs;
}

/* What was made on the new tables, then the names, then what the old ones get again. */
static void
put_back_together(SwapPlanner *planner)
{
    GPtrArray *behind = planner->steps.back;
    planner->steps.back = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_extend_and_steal(planner->steps.back, g_steal_pointer(&planner->undo));
    g_ptr_array_extend_and_steal(planner->steps.back, g_steal_pointer(&planner->back_names));
    g_ptr_array_extend_and_steal(planner->steps.back, behind);
}

static void
list_tables(SwapPlanner *planner, const GArray *pairs)
{
    planner->steps.tables = json_array();
    for (guint i = 0; i < pairs->len; i++) {
        const SwapSides *sides = &g_array_index(pairs, SwapSides, i);
        json_array_append_new(
            planner->steps.tables,
            json_pack("[II]", (json_int_t) sides->stage->oid, (json_int_t) sides->target->oid));
    }
}

/* A table that takes the place of none has nothing to follow it but its names. */
static bool
plan_first(SwapPlanner *planner, const SwapSides *roots, GError **error)
{
    swap_turn_to(planner, roots);
    return plan_names(planner, error) && swap_plan_counters(planner, error);
}

static bool
plan_pairs(SwapPlanner *planner, const SwapSides *roots, GError **error)
{
    g_autoptr(GPtrArray) made = NULL, old = NULL;
    if (!pg_twins(planner->conn, roots->stage, roots->target, &made, &old, error))
        return false;
    g_autoptr(GArray) pairs = pairs_of(roots, made, old);
    list_tables(planner, pairs);
    return plan_all(planner, pairs, error) && swap_plan_materialized(planner, roots, error);
}

bool
swap_plan(PgConn *conn, const SwapSides *roots, SwapSteps *ret, GError **error)
{
    SwapPlanner planner = {.conn = conn,
                           .undo = g_ptr_array_new_with_free_func(g_free),
                           .back_names = g_ptr_array_new_with_free_func(g_free)};
    planner.steps.forth = g_ptr_array_new_with_free_func(g_free);
    planner.steps.back = g_ptr_array_new_with_free_func(g_free);
    planner.steps.settle = g_ptr_array_new_with_free_func(g_free);
    bool done = roots->target == NULL ? plan_first(&planner, roots, error)
                                      : plan_pairs(&planner, roots, error);
    g_free(planner.old);
    g_free(planner.final);
    put_back_together(&planner);
    *ret = planner.steps;
    return done;
}
