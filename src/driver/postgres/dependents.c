/*
 * dependents.c - what hangs on a table or view: indexes, constraints, views, triggers, sequences, and who may do what.
 *
 * All that there is to ask is one message; each row is a kind (model/schema.h), a name and PostgreSQL's own text. What is ours is
 * left out: triggers by their name, all else by the schema that it lies in.
 */
#include "driver/postgres/postgres.h"

#define OF "%lld::oid"

/* The columns that are unique together, where other stores can say that, and mean the same: at once, whatever is NULL, of values that
 * are the same only if they are in every store (no citext, no collation of its own making). */
#define UNIQUE_EVERYWHERE                                                                          \
    "(SELECT CASE WHEN i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS "  \
    "NULL AND coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false' AND bool_and("    \
    "(a.atttypid IN (16, 17, 20, 21, 23, 25, 26, 700, 701, 1043, 1082, 1083, 1114, 1184, 1700, "   \
    "2950) OR t.typtype = 'e') AND coalesce(l.collisdeterministic, true)) THEN "                   \
    "json_agg(a.attname ORDER BY k.at) END FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, "  \
    "at) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num JOIN pg_type t ON "   \
    "t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation WHERE k.at <= "         \
    "i.indnkeyatts)"

static const char *const questions[] = {
    /* indexes; those of keys and of constraints are told as such */
    "SELECT CASE WHEN i.indisunique THEN 'unique' ELSE 'index' END, x.relname, "
    "pg_get_indexdef(i.indexrelid), " UNIQUE_EVERYWHERE " "
    "FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = " OF
    " AND NOT i.indisprimary "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid "
    "= i.indrelid "
    "AND c.contype = 'x')",
    "SELECT CASE contype WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign_key_to' "
    "END, conname, "
    "pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = " OF
    " AND (contype IN ('c', 'x') OR (contype = 'f' AND conparentid = 0))",
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
    "SELECT CASE WHEN a.attgenerated <> '' THEN 'generated' ELSE 'default' END, a.attname, "
    "pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = "
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
            if (PQnfields(rows) > 3 && pg_cell(rows, row, 3) != NULL)
                dependent_set_columns(dependent, names_of(pg_cell(rows, row, 3)));
        }
    }
    return true;
}
