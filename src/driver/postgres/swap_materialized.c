/*
 * swap_materialized.c - materialized views that read what is swapped, by themselves or through other views.
 *
 * A materialized view is bound to its tables by number, and nothing can bind it to others. So the old one goes aside, with its
 * indexes, still bound to the old tables and holding the rows that it had; a new one of its text takes its name, is filled if the
 * old one was (by its owner, as REFRESH does it), and views that read it are made again. All of it happens in the swap, whose readers
 * wait for as long as filling takes. The way back gives the old one its name again: its rows are those of before. When the way back is
 * over, the old one is dropped.
 */
#include "driver/postgres/swap.h"

/* Those that come first are read by those that come later. */
static bool
list_views(SwapPlanner *planner, PGresult **ret, GError **error)
{
    g_autoptr(GString) tables = g_string_new(NULL);
    json_t *pair;
    size_t i;
    json_array_foreach(planner->steps.tables, i, pair)
        g_string_append_printf(tables, "%s%" JSON_INTEGER_FORMAT, i > 0 ? ", " : "",
                               json_integer_value(json_array_get(pair, 1)));
    return pg_rows(
        planner->conn, ret, error,
        "WITH RECURSIVE reader(oid, depth) AS (SELECT t.oid, 0 FROM unnest(ARRAY[%s]::oid[]) "
        "t(oid) UNION SELECT r.ev_class, b.depth + 1 FROM reader b JOIN pg_depend d ON "
        "d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid AND d.classid = "
        "'pg_rewrite'::regclass JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = "
        "r.ev_class AND v.relkind IN ('v', 'm') WHERE r.ev_class <> b.oid) "
        "SELECT format('%%I.%%I', n.nspname, c.relname), c.relispopulated, format('CREATE "
        "MATERIALIZED VIEW %%I.%%I USING %%I %%s %%s AS %%s WITH NO DATA', n.nspname, c.relname, "
        "a.amname, 'WITH (' || array_to_string(c.reloptions, ', ') || ')', 'TABLESPACE ' || "
        "quote_ident(s.spcname), rtrim(pg_get_viewdef(c.oid), ';')), format('ALTER MATERIALIZED "
        "VIEW %%I.%%I OWNER TO %%I', n.nspname, c.relname, pg_get_userbyid(c.relowner)) FROM "
        "(SELECT oid, max(depth) AS depth FROM reader GROUP BY oid) f JOIN pg_class c ON c.oid = "
        "f.oid AND c.relkind = 'm' JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON "
        "a.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace ORDER BY f.depth, "
        "c.oid",
        tables->str);
}

/* What its columns say of themselves. */
static bool
plan_comments(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(
            planner->conn, &rows, error,
            "SELECT format('COMMENT ON COLUMN %%s.%%I IS %%L', %Q::text, a.attname, "
            "d.description) FROM pg_description d JOIN pg_attribute a ON a.attrelid = d.objoid "
            "AND a.attnum = d.objsubid WHERE d.classoid = 'pg_class'::regclass AND d.objoid = "
            "%lld AND d.objsubid > 0",
            planner->final, (long long) planner->sides->target->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
    return true;
}

/* Names, texts, and which one the rows are ordered by. */
static bool
ask_indexes(SwapPlanner *planner, PGresult **ret, GError **error)
{
    return swap_ask(planner, ret, error,
                    "SELECT x.relname, pg_get_indexdef(x.oid), i.indisclustered FROM pg_index i "
                    "JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = %lld ORDER BY "
                    "x.oid");
}

static void
plan_aside(SwapPlanner *planner, const char *aside, const PGresult *indexes, const char *kept)
{
    const char *schema = planner->sides->target->schema;
    swap_forth(planner,
               pg_sql("ALTER MATERIALIZED VIEW %s RENAME TO \"%w\"", planner->final, aside));
    for (int i = 0; i < PQntuples(indexes); i++) {
        g_autofree char *name = pg_made_name(kept, pg_cell(indexes, i, 0));
        swap_forth(planner, pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", schema,
                                   pg_cell(indexes, i, 0), name));
    }
}

/* Whoever gets rights on all that is made by us by itself gets none on this. */
static char *
revoke_all(const char *view)
{
    g_autofree char *revoke = pg_sql("REVOKE ALL ON %s FROM ", view);
    return pg_sql("DO $honk$DECLARE g oid; BEGIN FOR g IN SELECT DISTINCT a.grantee FROM pg_class "
                  "c, aclexplode(c.relacl) a WHERE c.oid = %Q::regclass AND a.grantee <> "
                  "c.relowner LOOP EXECUTE %Q || CASE g WHEN 0 THEN 'PUBLIC' ELSE "
                  "g::regrole::text END; END LOOP; END$honk$",
                  view, revoke);
}

static bool
plan_new(SwapPlanner *planner, const PGresult *views, int row, const PGresult *indexes,
         GError **error)
{
    swap_forth(planner, g_strdup(pg_cell(views, row, 2)));
    swap_forth(planner, g_strdup(pg_cell(views, row, 3)));
    swap_forth(planner, revoke_all(planner->final));
    if (!swap_plan_rights(planner, error) || !plan_comments(planner, error) ||
        !swap_plan_statistics(planner, error))
        return false;
    if (pg_cell_bool(views, row, 1))
        swap_forth(planner, pg_sql("REFRESH MATERIALIZED VIEW %s", planner->final));
    for (int i = 0; i < PQntuples(indexes); i++) {
        swap_forth(planner, g_strdup(pg_cell(indexes, i, 1)));
        if (pg_cell_bool(indexes, i, 2))
            swap_forth(planner, pg_sql("ALTER MATERIALIZED VIEW %s CLUSTER ON \"%w\"",
                                       planner->final, pg_cell(indexes, i, 0)));
    }
    return true;
}

/* The new one is dropped at the very end, when nothing reads it any more. */
static void
plan_way_back(SwapPlanner *planner, const char *aside, const char *away, const PGresult *indexes,
              const char *kept)
{
    const PgObject *view = planner->sides->target;
    for (int i = 0; i < PQntuples(indexes); i++)
        swap_back(planner, pg_sql("DROP INDEX IF EXISTS \"%w\".\"%w\"", view->schema,
                                  pg_cell(indexes, i, 0)));
    swap_back(planner, pg_sql("ALTER MATERIALIZED VIEW %s RENAME TO \"%w\"", planner->final, away));
    swap_back(planner, pg_sql("ALTER MATERIALIZED VIEW \"%w\".\"%w\" RENAME TO \"%w\"",
                              view->schema, aside, view->name));
    for (int i = 0; i < PQntuples(indexes); i++) {
        g_autofree char *name = pg_made_name(kept, pg_cell(indexes, i, 0));
        swap_back(planner, pg_sql("ALTER INDEX \"%w\".\"%w\" RENAME TO \"%w\"", view->schema, name,
                                  pg_cell(indexes, i, 0)));
    }
}

static bool
plan_one(SwapPlanner *planner, const SwapSides *roots, const PGresult *views, int row,
         GPtrArray *dropped, GError **error)
{
    g_autoptr(PgObject) view = NULL;
    AUTO_RESULT *indexes = NULL;
    if (!pg_object_need(planner->conn, pg_cell(views, row, 0), &view, error))
        return false;
    /* nothing takes its place: what is asked about it is said of it again */
    SwapSides own = {.stage = view, .target = view, .target_name = view->name};
    g_autofree char *aside = pg_made_name(roots->kept_name, view->name);
    g_autofree char *away = pg_made_name(roots->stage->name, view->name);
    own.kept_name = aside;
    swap_turn_to(planner, &own);
    if (!swap_check_followers(planner, error) || !ask_indexes(planner, &indexes, error))
        return false;
    plan_aside(planner, aside, indexes, roots->kept_name);
    if (!plan_new(planner, views, row, indexes, error))
        return false;
    plan_way_back(planner, aside, away, indexes, roots->kept_name);
    g_ptr_array_add(dropped, pg_sql("DROP MATERIALIZED VIEW \"%w\".\"%w\"", view->schema, away));
    g_ptr_array_insert(
        planner->steps.settle, 0,
        pg_sql("DROP MATERIALIZED VIEW IF EXISTS \"%w\".\"%w\"", view->schema, aside));
    return swap_plan_views(planner, error);
}

bool
swap_plan_materialized(SwapPlanner *planner, const SwapSides *roots, GError **error)
{
    AUTO_RESULT *views = NULL;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(g_free);
    if (!list_views(planner, &views, error))
        return false;
    for (int row = 0; row < PQntuples(views); row++)
        if (!plan_one(planner, roots, views, row, dropped, error))
            return false;
    for (guint i = dropped->len; i-- > 0;)
        swap_back(planner, g_strdup(dropped->pdata[i]));
    return true;
}
