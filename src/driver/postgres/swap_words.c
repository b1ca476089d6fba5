/*
 * swap_words.c - what is said of a table's parts: comments, and of its columns how closely they are looked at for the plans of queries.
 */
#include "driver/postgres/swap.h"

/* What the new table has not (a name that was too long) has no comment either: that stops no swap. */
static const char comments[] =
    SWAP_ME ", part AS (SELECT 'pg_constraint'::regclass AS class, k.oid, format('CONSTRAINT "
            "%%I ON %%s', k.conname, me.name) AS what FROM pg_constraint k JOIN me ON k.conrelid "
            "= me.old "
            "UNION ALL SELECT 'pg_class'::regclass, x.oid, format('INDEX %%I.%%I', n.nspname, "
            "x.relname) FROM pg_index i JOIN me ON i.indrelid = me.old JOIN pg_class x ON x.oid = "
            "i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace "
            "UNION ALL SELECT 'pg_trigger'::regclass, t.oid, format('TRIGGER %%I ON %%s', "
            "t.tgname, me.name) FROM pg_trigger t JOIN me ON t.tgrelid = me.old "
            "UNION ALL SELECT 'pg_policy'::regclass, p.oid, format('POLICY %%I ON %%s', "
            "p.polname, me.name) FROM pg_policy p JOIN me ON p.polrelid = me.old "
            "UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, format('RULE %%I ON %%s', "
            "r.rulename, me.name) FROM pg_rewrite r JOIN me ON r.ev_class = me.old) "
            "SELECT format('DO %%L', format('BEGIN COMMENT ON %%s IS %%L; EXCEPTION WHEN "
            "undefined_object OR undefined_table THEN NULL; END', part.what, d.description)) FROM "
            "part JOIN pg_description d ON d.classoid = part.class AND d.objoid = part.oid";

/* Options that begin with pg_ are the server's own: newer ones keep pg_attver for each column. */
static const char closeness[] =
    SWAP_ME ", a AS (SELECT me.name AS me, a.attname, a.attstattarget, ARRAY(SELECT said FROM "
            "unnest(a.attoptions) said WHERE left(said, 3) <> 'pg_') AS options FROM pg_attribute "
            "a JOIN me ON a.attrelid = me.old WHERE a.attnum > 0 AND NOT a.attisdropped) "
            "SELECT format('ALTER TABLE ONLY %%s ALTER COLUMN %%I SET STATISTICS %%s', a.me, "
            "a.attname, a.attstattarget) FROM a WHERE a.attstattarget >= 0 "
            "UNION ALL SELECT format('ALTER TABLE ONLY %%s ALTER COLUMN %%I SET (%%s)', a.me, "
            "a.attname, array_to_string(a.options, ', ')) FROM a WHERE a.options <> '{}'";

/* Of foreign keys that are made anew on the way back, and, those of other tables, on either way. */
static const char of_keys[] =
    "SELECT format('COMMENT ON CONSTRAINT %%I ON %%I.%%I IS %%L', k.conname, n.nspname, c.relname, "
    "d.description), k.conrelid <> t.oid FROM pg_class t JOIN pg_constraint k ON k.contype = 'f' "
    "AND k.conparentid = 0 AND k.conrelid <> k.confrelid AND t.oid IN (k.conrelid, k.confrelid) "
    "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN "
    "pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid WHERE t.oid "
    "= %lld ORDER BY 1";

bool
swap_plan_words(SwapPlanner *planner, GError **error)
{
    AUTO_RESULT *keys = NULL;
    if (!swap_plan_statements(planner, comments, error) ||
        !swap_plan_statements(planner, closeness, error) ||
        !swap_ask(planner, &keys, error, of_keys))
        return false;
    for (int i = 0; i < PQntuples(keys); i++) {
        swap_back(planner, g_strdup(pg_cell(keys, i, 0)));
        if (pg_cell_bool(keys, i, 1))
            swap_forth(planner, g_strdup(pg_cell(keys, i, 0)));
    }
    return true;
}
