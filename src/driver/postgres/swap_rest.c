/*
 * swap_rest.c - what goes along with a table apart from its names and keys: rights, sequences, triggers, policies, rules, views.
 */
#include "driver/postgres/swap.h"

#include <string.h>

/* --- who may do what --- */

bool
swap_plan_rights(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    const char *final = planner->final;
    g_autofree char *question = pg_sql(
        "WITH t AS (SELECT * FROM pg_class WHERE oid = %lld), s AS (SELECT * FROM pg_class WHERE "
        "oid = %lld) "
        "SELECT format('ALTER TABLE %s OWNER TO %%I', pg_get_userbyid(t.relowner)) FROM t, s WHERE "
        "t.relowner <> s.relowner "
        "UNION ALL SELECT format('REVOKE ALL ON %s FROM %%s', CASE g.grantee WHEN 0 THEN 'PUBLIC' "
        "ELSE g.grantee::regrole::text "
        "END) FROM (SELECT DISTINCT grantee FROM s, aclexplode(s.relacl) WHERE grantee <> "
        "s.relowner) g "
        "UNION ALL SELECT format('GRANT %%s ON %s TO %%s%%s', g.privilege_type, CASE g.grantee "
        "WHEN 0 THEN 'PUBLIC' ELSE "
        "g.grantee::regrole::text END, CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' "
        "END) FROM t, "
        "aclexplode(t.relacl) g WHERE g.grantee <> t.relowner "
        "UNION ALL SELECT format('GRANT %%s (%%I) ON %s TO %%s%%s', g.privilege_type, a.attname, "
        "CASE g.grantee WHEN 0 THEN "
        "'PUBLIC' ELSE g.grantee::regrole::text END, CASE WHEN g.is_grantable THEN ' WITH GRANT "
        "OPTION' ELSE '' END) FROM t "
        "JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) g "
        "UNION ALL SELECT format('COMMENT ON TABLE %s IS %%L', obj_description(t.oid, 'pg_class')) "
        "FROM t WHERE "
        "obj_description(t.oid, 'pg_class') IS NOT NULL "
        "UNION ALL SELECT 'ALTER TABLE %s ENABLE ROW LEVEL SECURITY' FROM t WHERE relrowsecurity "
        "UNION ALL SELECT 'ALTER TABLE %s FORCE ROW LEVEL SECURITY' FROM t WHERE "
        "relforcerowsecurity "
        "UNION ALL SELECT format('ALTER TABLE %s REPLICA IDENTITY %%s', CASE relreplident WHEN 'f' "
        "THEN 'FULL' ELSE 'NOTHING' END) "
        "FROM t WHERE relreplident IN ('f', 'n') "
        "UNION ALL SELECT format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %%I', x.relname) "
        "FROM t JOIN pg_index i ON "
        "i.indrelid = t.oid AND i.indisreplident JOIN pg_class x ON x.oid = i.indexrelid WHERE "
        "t.relreplident = 'i'",
        (long long) planner->sides->target->oid, (long long) planner->sides->stage->oid, final,
        final, final, final, final, final, final, final, final);
    if (!pg_run_on(planner->conn, planner->conn->db, question, &rows, error))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
    return true;
}

/* --- sequences --- */

/* Never lowered. */
static void
plan_value(SwapPlanner *planner, const char *sequence, const char *column)
{
    swap_forth(planner,
               pg_sql("SELECT setval(%Q, m.top) FROM (SELECT max(\"%w\") AS top FROM %s) m, %s "
                      "s WHERE m.top > "
                      "CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END",
                      sequence, column, planner->final, sequence));
}

bool
swap_plan_sequences(SwapPlanner *planner, GPtrArray *back_names, GError **error)
{
    AUTO_RESULT *rows = NULL;
    const SwapSides *sides = planner->sides;
    g_autofree char *question = pg_sql(
        "SELECT a.attname, d.deptype, format('%%I.%%I', n.nspname, q.relname), q.relname, "
        "o.relname, s.last_value FROM pg_depend d "
        "JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_namespace n ON n.oid = "
        "q.relnamespace JOIN pg_attribute a "
        "ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid JOIN pg_sequences s ON "
        "s.schemaname = n.nspname AND "
        "s.sequencename = q.relname LEFT JOIN (pg_depend e JOIN pg_class o ON o.oid = e.objid AND "
        "o.relkind = 'S' JOIN "
        "pg_attribute b ON b.attrelid = e.refobjid AND b.attnum = e.refobjsubid) ON e.refobjid = "
        "%lld AND e.deptype = 'i' AND "
        "b.attname = a.attname AND d.deptype = 'i' WHERE d.classid = 'pg_class'::regclass AND "
        "d.refclassid = "
        "'pg_class'::regclass AND d.refobjid = %lld AND d.deptype IN ('a', 'i') ORDER BY q.oid",
        (long long) sides->stage->oid, (long long) sides->target->oid);
    if (!pg_run_on(planner->conn, planner->conn->db, question, &rows, error))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *column = pg_cell(rows, i, 0), *sequence = pg_cell(rows, i, 2),
                   *name = pg_cell(rows, i, 3);
        const char *made = pg_cell(rows, i, 4), *schema = sides->stage->schema;
        int64_t has_column = 0;
        if (!pg_int(planner->conn, &has_column, error,
                    "SELECT count(*) FROM pg_attribute WHERE attrelid = %lld AND attname = %Q AND "
                    "NOT attisdropped",
                    (long long) sides->stage->oid, column))
            return false;
        if (has_column == 0)
            continue;
        if (pg_cell(rows, i, 1)[0] == 'a') {
            swap_forth(planner, pg_sql("ALTER SEQUENCE %s OWNED BY %s.\"%w\"", sequence,
                                       planner->final, column));
            swap_back(planner, pg_sql("ALTER SEQUENCE %s OWNED BY %s.\"%w\"", sequence,
                                      planner->final, column));
        } else if (made != NULL) {
            g_autofree char *aside = pg_made_name(sides->kept_name, name);
            swap_forth(planner, pg_sql("ALTER SEQUENCE %s RENAME TO \"%w\"", sequence, aside));
            swap_forth(planner,
                       pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"", schema, made, name));
            swap_forth(planner,
                       pg_sql("SELECT setval(%Q, o.last_value, o.is_called) FROM \"%w\".\"%w\" o",
                              sequence, schema, aside));
            g_ptr_array_add(back_names,
                            pg_sql("ALTER SEQUENCE %s RENAME TO \"%w\"", sequence, made));
            g_ptr_array_add(back_names, pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"",
                                               schema, aside, name));
        }
        plan_value(planner, sequence, column);
    }
    return true;
}

/* --- what does things by itself --- */

static bool
plan_made_again(SwapPlanner *planner, const char *question, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!swap_ask(planner, &rows, error, question))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
        if (pg_cell(rows, i, 1) != NULL)
            swap_undo(planner, pg_sql("%s %s", pg_cell(rows, i, 1), planner->final));
    }
    return true;
}

bool
swap_plan_triggers(SwapPlanner *planner, GError **error)
{
    g_autofree char *states =
        pg_sql("SELECT format('ALTER TABLE %s %%%%s TRIGGER %%%%I', CASE tgenabled WHEN 'D' THEN "
               "'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' "
               "ELSE 'ENABLE ALWAYS' END, tgname), NULL FROM pg_trigger WHERE tgrelid = %%lld AND "
               "NOT tgisinternal AND tgenabled <> 'O' "
               "AND tgname NOT LIKE '\\_honk\\_%%%%'",
               planner->final);
    g_autofree char *policies =
        pg_sql("SELECT format('CREATE POLICY %%%%I ON %s AS %%%%s FOR %%%%s TO %%%%s %%%%s %%%%s', "
               "polname, CASE WHEN polpermissive THEN "
               "'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' "
               "THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN "
               "'d' THEN 'DELETE' ELSE 'ALL' END, (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' "
               "ELSE r::regrole::text END, ', ') FROM "
               "unnest(polroles) r), 'USING (' || pg_get_expr(polqual, polrelid) || ')', 'WITH "
               "CHECK (' || pg_get_expr(polwithcheck, "
               "polrelid) || ')'), format('DROP POLICY %%%%I ON', polname) FROM pg_policy WHERE "
               "polrelid = %%lld ORDER BY polname",
               planner->final);
    return plan_made_again(
               planner,
               "SELECT pg_get_triggerdef(oid), format('DROP TRIGGER %%I ON', tgname) FROM "
               "pg_trigger WHERE tgrelid = "
               "%lld AND NOT tgisinternal AND tgname NOT LIKE '\\_honk\\_%%' ORDER BY tgname",
               error) &&
           plan_made_again(planner, states, error) && plan_made_again(planner, policies, error) &&
           plan_made_again(planner,
                           "SELECT pg_get_ruledef(oid), format('DROP RULE %%I ON', rulename) FROM "
                           "pg_rewrite WHERE ev_class = "
                           "%lld AND rulename <> '_RETURN' ORDER BY rulename",
                           error);
}

bool
swap_plan_views(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!swap_ask(
            planner, &rows, error,
            "SELECT DISTINCT format('CREATE OR REPLACE VIEW %%I.%%I %%s AS %%s', n.nspname, "
            "v.relname, 'WITH (' || "
            "array_to_string(v.reloptions, ', ') || ')', pg_get_viewdef(v.oid)) FROM pg_depend d "
            "JOIN pg_rewrite r ON d.classid = "
            "'pg_rewrite'::regclass AND r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class "
            "JOIN pg_namespace n ON n.oid = "
            "v.relnamespace WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %lld AND "
            "v.relkind = 'v' ORDER BY 1"))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
        swap_back(planner, g_strdup(pg_cell(rows, i, 0)));
    }
    return true;
}
