/*
 * swap_rest.c - what goes along with a table apart from its names and keys: rights, sequences, triggers, policies, rules, views.
 */
#include "driver/postgres/swap.h"

#include <string.h>

static bool
ask_me(SwapPlanner *planner, const char *question, PGresult **ret, GError **error)
{
    const SwapSides *sides = planner->sides;
    g_autofree char *sql = pg_sql(question, planner->final, (long long) sides->target->oid,
                                  (long long) sides->stage->oid);
    return pg_run_on(planner->conn, planner->conn->db, sql, ret, error);
}

/* --- who may do what --- */

#define ROLE(oid) "CASE " oid " WHEN 0 THEN 'PUBLIC' ELSE " oid "::regrole::text END"
#define GRANTABLE "CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"

/* Each row is a statement about the new table. */
static const char rights[] = SWAP_ME
    ", t AS (SELECT c.*, me.name AS me FROM pg_class c, me WHERE c.oid = me.old), "
    "s AS (SELECT c.*, me.name AS me FROM pg_class c, me WHERE c.oid = me.new) "
    "SELECT format('ALTER TABLE %%s OWNER TO %%I', t.me, pg_get_userbyid(t.relowner)) FROM t, s "
    "WHERE t.relowner <> s.relowner "
    "UNION ALL SELECT format('REVOKE ALL ON %%s FROM %%s', g.me, " ROLE(
        "g.grantee") ") FROM (SELECT "
                     "DISTINCT s.me, a.grantee FROM s, aclexplode(s.relacl) a WHERE a.grantee <> "
                     "s.relowner) g "
                     "UNION ALL SELECT format('GRANT %%s ON %%s TO %%s%%s', g.privilege_type, "
                     "t.me, " ROLE(
                         "g.grantee") ", " GRANTABLE ") FROM t, aclexplode(t.relacl) g WHERE "
                                      "g.grantee <> t.relowner "
                                      "UNION ALL SELECT format('GRANT %%s (%%I) ON %%s TO %%s%%s', "
                                      "g.privilege_type, a.attname, t.me, " ROLE(
                                          "g.grantee") ", " GRANTABLE ") FROM t JOIN pg_attribute "
                                                       "a ON a.attrelid = t.oid, "
                                                       "aclexplode(a.attacl) g "
                                                       "UNION ALL SELECT format('COMMENT ON %%s "
                                                       "%%s IS %%L', CASE t.relkind WHEN 'm' THEN "
                                                       "'MATERIALIZED VIEW' ELSE 'TABLE' END, "
                                                       "t.me, obj_description(t.oid, 'pg_class')) "
                                                       "FROM t WHERE obj_description(t.oid, "
                                                       "'pg_class') IS NOT NULL "
                                                       "UNION ALL SELECT format('ALTER TABLE %%s "
                                                       "ENABLE ROW LEVEL SECURITY', me) FROM t "
                                                       "WHERE "
                                                       "relrowsecurity "
                                                       "UNION ALL SELECT format('ALTER TABLE %%s "
                                                       "FORCE ROW LEVEL SECURITY', me) FROM t "
                                                       "WHERE "
                                                       "relforcerowsecurity "
                                                       "UNION ALL SELECT format('ALTER TABLE %%s "
                                                       "REPLICA IDENTITY %%s', me, CASE "
                                                       "relreplident WHEN 'f' "
                                                       "THEN 'FULL' ELSE 'NOTHING' END) FROM t "
                                                       "WHERE relreplident IN ('f', 'n') "
                                                       "UNION ALL SELECT format('ALTER TABLE %%s "
                                                       "REPLICA IDENTITY USING INDEX %%I', me, "
                                                       "x.relname) FROM t "
                                                       "JOIN pg_index i ON i.indrelid = t.oid AND "
                                                       "i.indisreplident JOIN pg_class x ON x.oid "
                                                       "= "
                                                       "i.indexrelid WHERE t.relreplident = 'i'";

bool
swap_plan_statements(SwapPlanner *planner, const char *question, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!ask_me(planner, question, &rows, error))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
    return true;
}

bool
swap_plan_rights(SwapPlanner *planner, GError **error)
{
    return swap_plan_statements(planner, rights, error);
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

/* Those of the old table's columns, and beside them the new table's own, of columns of the same name. */
static const char sequences[] = SWAP_ME
    ", owned AS (SELECT d.refobjid AS of, a.attname, d.deptype, q.relname, format('%%I.%%I', "
    "n.nspname, "
    "q.relname) AS sql, q.oid FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = "
    "'S' JOIN "
    "pg_namespace n ON n.oid = q.relnamespace JOIN pg_attribute a ON a.attrelid = d.refobjid AND "
    "a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND d.refclassid = "
    "'pg_class'::regclass AND d.deptype IN ('a', 'i')) "
    "SELECT o.attname, o.deptype, o.sql, o.relname, n.relname FROM me JOIN owned o ON o.of = "
    "me.old JOIN "
    "pg_attribute b ON b.attrelid = me.new AND b.attname = o.attname AND NOT b.attisdropped LEFT "
    "JOIN "
    "owned n ON n.of = me.new AND n.attname = o.attname AND n.deptype = 'i' AND o.deptype = 'i' "
    "ORDER BY o.oid";

/* The sequence of a serial column goes over to the other table. */
static void
plan_owned(SwapPlanner *planner, const char *sequence, const char *column)
{
    g_autofree char *sql =
        pg_sql("ALTER SEQUENCE %s OWNED BY %s.\"%w\"", sequence, planner->final, column);
    swap_forth(planner, g_strdup(sql));
    swap_back(planner, g_strdup(sql));
}

/* Each identity column has its own, which change names; the new one goes on where the old one was. */
static void
plan_identity(SwapPlanner *planner, const char *sequence, const char *name, const char *made)
{
    GPtrArray *back_names = planner->back_names;
    const char *schema = planner->sides->stage->schema;
    g_autofree char *aside = pg_made_name(planner->sides->kept_name, name);
    swap_forth(planner, pg_sql("ALTER SEQUENCE %s RENAME TO \"%w\"", sequence, aside));
    swap_forth(planner,
               pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"", schema, made, name));
    swap_forth(planner, pg_sql("SELECT setval(%Q, o.last_value, o.is_called) FROM \"%w\".\"%w\" o",
                               sequence, schema, aside));
    g_ptr_array_add(back_names, pg_sql("ALTER SEQUENCE %s RENAME TO \"%w\"", sequence, made));
    g_ptr_array_add(back_names,
                    pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"", schema, aside, name));
}

bool
swap_plan_sequences(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!ask_me(planner, sequences, &rows, error))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *column = pg_cell(rows, i, 0), *sequence = pg_cell(rows, i, 2);
        const char *made = pg_cell(rows, i, 4);
        if (pg_cell(rows, i, 1)[0] == 'a')
            plan_owned(planner, sequence, column);
        else if (made != NULL)
            plan_identity(planner, sequence, pg_cell(rows, i, 3), made);
        plan_value(planner, sequence, column);
    }
    return true;
}

/* Each is called after its table, and goes on behind the numbers that came with the rows. A name that is taken stays as it is. */
static const char counters[] =
    "SELECT a.attname, q.relname, %Q || substr(q.relname, length(%Q) + 1) FROM pg_depend d JOIN "
    "pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_attribute a ON a.attrelid = "
    "d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND "
    "d.refclassid = 'pg_class'::regclass AND d.deptype = 'i' AND d.refobjid = %lld ORDER BY 1";

bool
swap_plan_counters(SwapPlanner *planner, GError **error)
{
    const SwapSides *sides = planner->sides;
    const char *schema = sides->stage->schema;
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(planner->conn, &rows, error, counters, sides->target_name, sides->stage->name,
                 (long long) sides->stage->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *made = pg_cell(rows, i, 1), *name = pg_cell(rows, i, 2);
        bool may = false;
        if (!swap_is_free(planner, name, &may, error))
            return false;
        may = may && g_str_has_prefix(made, sides->stage->name) && strlen(name) <= OBJECT_NAME_MAX;
        if (may) {
            swap_forth(planner,
                       pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"", schema, made, name));
            g_ptr_array_add(
                planner->back_names,
                pg_sql("ALTER SEQUENCE \"%w\".\"%w\" RENAME TO \"%w\"", schema, name, made));
        }
        g_autofree char *sequence = pg_sql("\"%w\".\"%w\"", schema, may ? name : made);
        plan_value(planner, sequence, pg_cell(rows, i, 0));
    }
    return true;
}

/* --- what does things by itself --- */

static bool
plan_made_again(SwapPlanner *planner, const char *question, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!ask_me(planner, question, &rows, error))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        swap_forth(planner, g_strdup(pg_cell(rows, i, 0)));
        if (pg_cell(rows, i, 1) != NULL)
            swap_undo(planner, pg_sql("%s %s", pg_cell(rows, i, 1), planner->final));
    }
    return true;
}

/* Those that a partition has from its parent come with the parent's; older servers call these internal. */
#define IS_OWN                                                                                     \
    "NOT tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0' AND tgname NOT LIKE "  \
    "'\\_honk\\_%%'"

static const char triggers[] = SWAP_ME
    "SELECT pg_get_triggerdef(t.oid), format('DROP TRIGGER %%I ON', tgname) FROM pg_trigger t, "
    "me WHERE "
    "tgrelid = me.old AND " IS_OWN " ORDER BY tgname";

static const char trigger_states[] = SWAP_ME
    "SELECT format('ALTER TABLE %%s %%s TRIGGER %%I', me.name, CASE tgenabled WHEN 'D' THEN "
    "'DISABLE' WHEN "
    "'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, tgname), NULL FROM pg_trigger t, me "
    "WHERE tgrelid = me.old AND tgenabled <> 'O' AND " IS_OWN;

static const char policies[] = SWAP_ME
    "SELECT format('CREATE POLICY %%I ON %%s AS %%s FOR %%s TO %%s %%s %%s', polname, me.name, "
    "CASE WHEN "
    "polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE polcmd WHEN 'r' THEN 'SELECT' "
    "WHEN 'a' "
    "THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, (SELECT "
    "string_agg(" ROLE("r") ", ', ') FROM unnest(polroles) r), 'USING (' || "
                            "pg_get_expr(polqual, polrelid) || ')', 'WITH CHECK (' || "
                            "pg_get_expr(polwithcheck, polrelid) || ')'), format('DROP POLICY "
                            "%%I ON', polname) FROM pg_policy, me "
                            "WHERE polrelid = me.old ORDER BY polname";

static const char rules[] =
    SWAP_ME "SELECT pg_get_ruledef(r.oid), format('DROP RULE %%I ON', rulename) "
            "FROM pg_rewrite r, me WHERE "
            "ev_class = me.old AND rulename <> '_RETURN' ORDER BY rulename";

bool
swap_plan_triggers(SwapPlanner *planner, GError **error)
{
    return plan_made_again(planner, triggers, error) &&
           plan_made_again(planner, trigger_states, error) &&
           plan_made_again(planner, policies, error) && plan_made_again(planner, rules, error);
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
