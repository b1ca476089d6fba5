/*
 * dependents.c - what hangs on a table or view: indexes, constraints, views, triggers, sequences, and who may do what.
 *
 * All that there is to ask is one message; each row is a kind (model/schema.h), a name and PostgreSQL's own text. What is ours is
 * left out: triggers by their name, all else by the schema that it lies in.
 */
#include "driver/postgres/along.h"
#include "model/along.h"

#define OF "%lld::oid"

/* The columns that are unique together, or by which rows are found, where other stores can say that, and mean the same: at once, whatever is
 * NULL, of values that are the same only if they are in every store (no citext, no collation of its own making). */
#define INDEX_EVERYWHERE                                                                           \
    "(SELECT CASE WHEN i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND "           \
    "coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false' AND (i.indisunique OR "    \
    "(m.amname = 'btree' AND i.indnkeyatts = i.indnatts AND 0 = ALL (i.indoption::int2[]) AND "    \
    "NOT EXISTS (SELECT 1 FROM unnest(i.indclass::oid[]) o(oid) JOIN pg_opclass USING (oid) "      \
    "WHERE NOT opcdefault))) AND bool_and("                                                        \
    "(a.atttypid IN (16, 17, 20, 21, 23, 25, 26, 700, 701, 1043, 1082, 1083, 1114, 1184, 1700, "   \
    "2950) OR t.typtype = 'e') AND coalesce(l.collisdeterministic, true) AND (i.indisunique OR "   \
    "a.attcollation = (i.indcollation::oid[])[k.at - 1])) THEN "                                   \
    "json_agg(a.attname ORDER BY k.at) END FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, "  \
    "at) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num JOIN pg_type t ON "   \
    "t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation WHERE k.at <= "         \
    "i.indnkeyatts)"

/* Of columns, those that some text of PostgreSQL's own names: their names, may it depend on letters, and has one a collation that a
 * new table would not have? A row of the table as a whole (`t.*`) is no column. */
#define NAMED(order)                                                                               \
    "json_agg(a.attname ORDER BY " order ") AS names, bool_or(a.attcollation <> 0) AS letters, "   \
    "bool_or(a.attcollation NOT IN (0, y.typcollation)) AS is_odd FROM pg_attribute a JOIN "       \
    "pg_type y ON y.oid = a.atttypid WHERE NOT a.attisdropped AND a.attnum > 0 AND a.attrelid = "
/* Does it name what is not built in, but for its table? */
#define BOUND(kind, oid, table)                                                                    \
    "EXISTS (SELECT 1 FROM pg_depend needs WHERE needs.classid = '" kind                           \
    "'::regclass AND needs.objid = " oid                                                           \
    " AND needs.deptype IN ('n', 'a') AND NOT (needs.refclassid = 'pg_class'::regclass AND "       \
    "needs.refobjid "                                                                              \
    "= " table ") AND needs.refclassid <> 'pg_constraint'::regclass)"
/* A text literal, or a call of a function, which may make one. */
#define LETTERS(text) text " ~ E'\\x27|[a-zA-Z_\\x22]\\\\('"
/* along.h: AlongReach. */
#define REACH(bound, letters) "CASE WHEN " bound " THEN 2 WHEN " letters " THEN 1 ELSE 0 END"

static const char *const questions[] = {
    /* indexes; those of keys and of constraints are told as such */
    "SELECT CASE WHEN i.indisunique THEN 'unique' ELSE 'index' END, x.relname, "
    "pg_get_indexdef(i.indexrelid), " INDEX_EVERYWHERE ", CASE WHEN i.indisvalid AND "
    "i.indimmediate AND NOT coalesce(c.is_odd, false) AND strpos(e.text, quote_ident(t.relname) || "
    "'.*') = 0 THEN substr(pg_get_indexdef(x.oid), length(format('CREATE %%sINDEX %%I ON "
    "%%s%%I.%%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname, CASE x.relkind "
    "WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, t.relname)) + 1) END, c.names, " REACH(
        BOUND("pg_class", "x.oid", "t.oid"),
        "e.text <> '' AND (c.letters OR " LETTERS(
            "e.text") ")") " "
                           "FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m "
                           "ON m.oid = x.relam JOIN "
                           "pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = "
                           "t.relnamespace JOIN LATERAL "
                           "(SELECT coalesce(pg_get_expr(i.indexprs, t.oid), '') || "
                           "coalesce(pg_get_expr(i.indpred, "
                           "t.oid), '') AS text) e ON true JOIN LATERAL (SELECT " NAMED(
                               "a.attnum") "t.oid AND "
                                           "(a.attnum = ANY (i.indkey::int2[]) OR EXISTS (SELECT 1 "
                                           "FROM pg_depend d WHERE d.classid = "
                                           "'pg_class'::regclass AND d.objid = x.oid AND "
                                           "d.refclassid = 'pg_class'::regclass AND "
                                           "d.refobjid = t.oid AND d.refobjsubid = a.attnum))) c "
                                           "ON true WHERE i.indrelid = " OF
                                           " AND NOT i.indisprimary "
                                           "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE "
                                           "c.conindid = i.indexrelid AND c.conrelid "
                                           "= i.indrelid "
                                           "AND c.contype = 'x')",
    /* keys to other tables: what stands behind REFERENCES, where the role may refer to it */
    "SELECT CASE contype WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign_key_to' "
    "END, conname, e.text, NULL, CASE WHEN coalesce(c.is_odd, false) OR strpos(e.text, "
    "quote_ident(t.relname) || '.*') > 0 OR 0 >= ANY (conkey) THEN NULL WHEN contype = 'c' THEN "
    "e.text WHEN contype = 'f' AND confrelid <> conrelid AND to_jsonb(k) ->> 'confdelsetcols' IS "
    "NULL AND coalesce(to_jsonb(k) ->> 'conperiod', 'false') = 'false' AND "
    "has_table_privilege(confrelid, 'REFERENCES') THEN substr(e.text, length('FOREIGN KEY (' || "
    "c.list || ') REFERENCES ') + 1) END, coalesce(c.names, '[]'), " REACH(
        "(contype = 'f' OR " BOUND("pg_constraint", "k.oid", "conrelid") ")",
        "(c.letters OR " LETTERS(
            "e.text") ")") " "
                           "FROM pg_constraint k JOIN pg_class t ON t.oid = conrelid JOIN LATERAL "
                           "(SELECT "
                           "pg_get_constraintdef(k.oid) AS text) e ON true JOIN LATERAL (SELECT "
                           "string_agg(quote_ident(a.attname), ', ' ORDER BY "
                           "array_position(conkey, a.attnum)) AS list, " NAMED(
                               "array_position(conkey, a.attnum)") "conrelid AND a.attnum = ANY "
                                                                   "(conkey)) c ON true "
                                                                   "WHERE conrelid = " OF
                                                                   " AND (contype IN ('c', 'x') OR "
                                                                   "(contype = 'f' AND conparentid "
                                                                   "= 0))",
    "SELECT 'foreign_key_from', format('%%s.%%s', conrelid::regclass, conname), "
    "pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE confrelid = " OF " AND contype = 'f' AND conparentid = 0 AND conrelid::regclass::text "
    "NOT LIKE '%%\\_\\_honk\\_%%'",
    "SELECT DISTINCT 'view', v.oid::regclass::text, pg_get_viewdef(v.oid) FROM pg_depend d JOIN "
    "pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid JOIN pg_class v ON "
    "v.oid = r.ev_class WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = " OF
    " AND v.oid <> d.refobjid AND v.relkind = 'v'",
    /* also those that read it through views: a swap makes them anew */
    "WITH RECURSIVE reader(oid) AS (SELECT " OF " UNION SELECT r.ev_class FROM reader b JOIN "
    "pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid AND d.classid = "
    "'pg_rewrite'::regclass JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = "
    "r.ev_class AND v.relkind IN ('v', 'm')) SELECT 'materialized_view', c.oid::regclass::text, "
    "pg_get_viewdef(c.oid) FROM reader JOIN pg_class c USING (oid) WHERE c.relkind = 'm' AND "
    "c.oid <> " OF,
    "SELECT 'rule', rulename, pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = " OF
    " AND rulename <> '_RETURN'",
    "SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = " OF
    " AND NOT tgisinternal AND tgname NOT LIKE '\\_honk\\_%%'",
    "SELECT 'policy', polname, format('%%s %%s USING (%%s) CHECK (%%s)', polcmd, "
    "polroles::regrole[], "
    "pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy WHERE "
    "polrelid = " OF,
    /* a default that no sequence gives */
    "SELECT CASE WHEN a.attgenerated <> '' THEN 'generated' ELSE 'default' END, a.attname, "
    "pg_get_expr(d.adbin, d.adrelid), NULL, CASE WHEN a.attgenerated = '' AND "
    "pg_get_expr(d.adbin, d.adrelid) !~ '(next|curr|set|last)val\\(' THEN pg_get_expr(d.adbin, "
    "d.adrelid) END, json_build_array(a.attname), " REACH(
        BOUND("pg_attrdef", "d.oid", "d.adrelid"),
        "false") " FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = "
                 "d.adrelid AND "
                 "a.attnum = d.adnum WHERE d.adrelid = " OF,
    "SELECT 'identity', attname, CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END "
    "FROM pg_attribute "
    "WHERE attrelid = " OF " AND attidentity <> '' AND NOT attisdropped",
    "SELECT 'comment', coalesce(a.attname, ''), d.description FROM pg_description d LEFT JOIN "
    "pg_attribute a ON "
    "a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 WHERE d.classoid = "
    "'pg_class'::regclass "
    "AND d.objoid = " OF,
    "SELECT 'owner', pg_get_userbyid(relowner), '' FROM pg_class WHERE oid = " OF,
    "SELECT 'grant', CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, "
    "string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY "
    "g.privilege_type) "
    "FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = " OF
    " AND g.grantee <> c.relowner GROUP BY g.grantee",
    "SELECT 'partition', c.oid::regclass::text, coalesce(pg_get_expr(c.relpartbound, c.oid), "
    "'INHERITS') FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = " OF,
    "SELECT 'partition_key', '', pg_get_partkeydef(" OF
    ") WHERE EXISTS (SELECT 1 FROM pg_partitioned_table WHERE "
    "partrelid = " OF ")",
};

/* Of a list in JSON. */
static GPtrArray *
names_of(const char *list)
{
    g_autoptr(json_t) json = json_loads(list, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < json_array_size(json); i++)
        g_ptr_array_add(names, g_strdup(json_string_value(json_array_get(json, i))));
    return names;
}

/* What is unique in words that any store has is made in these. */
static bool
set_along(PgConn *conn, const PGresult *rows, int row, Dependent *dependent, GError **error)
{
    const char *columns = pg_cell(rows, row, 3), *text = pg_cell(rows, row, 4);
    AlongReach reach = (AlongReach) pg_cell_int(rows, row, 6);
    char *own = NULL;
    if (columns != NULL)
        dependent_set_columns(dependent, names_of(columns));
    if (text == NULL || along_is_unique(dependent))
        return true;
    if (!pg_own_text(conn, reach, text, &own, error))
        return false;
    dependent_set_own(dependent, own, names_of(pg_cell(rows, row, 5)));
    return true;
}

bool
pg_add_dependents(PgConn *conn, const PgObject *object, Schema *schema, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GPtrArray) all = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
        g_autofree char *question =
            pg_sql(questions[i], (long long) object->oid, (long long) object->oid);
        g_string_append_printf(sql, "%s; ", question);
    }
    if (!pg_run_all(conn, conn->db, sql->str, &all, error))
        return false;
    guint first = all->len - (guint) G_N_ELEMENTS(questions);
    for (guint i = first; i < all->len; i++) {
        const PGresult *rows = all->pdata[i];
        for (int row = 0; row < PQntuples(rows); row++) {
            const char *definition = pg_cell(rows, row, 2);
            Dependent *dependent =
                schema_add_dependent(schema, pg_cell(rows, row, 0), pg_cell(rows, row, 1),
                                     definition != NULL ? definition : "");
            if (PQnfields(rows) > 3 && !set_along(conn, rows, row, dependent, error))
                return false;
        }
    }
    return true;
}
