/*
 * stage_like.c - the empty table that is like another one, with its partitions, and what comes after the data.
 *
 * Each partition has a twin (tree.h). Indexes are made on the twins first, by names of ours, so that the one on their parent takes
 * them as its parts instead of making some by names of its own.
 */
#include "driver/postgres/along.h"
#include "driver/postgres/tree.h"

/* --- indexes and keys --- */

/* Rows come in the order of their key, range by range: to sort whole numbers that nearly are in order already is less work than to start
 * helpers for it (a third more of a processor for a million rows, and not sooner). */
static bool
add_constraint(PgConn *conn, const PgObject *stage, const char *name, const char *text,
               bool is_of_numbers, GError **error)
{
    const char *alone = is_of_numbers ? "SET LOCAL max_parallel_maintenance_workers = 0; " : "";
    const char *again =
        is_of_numbers ? "; SET LOCAL max_parallel_maintenance_workers TO DEFAULT" : "";
    return pg_run(conn, error, "%sALTER TABLE %s ADD CONSTRAINT \"%w\" %s%s", alone, stage->sql,
                  name, text, again);
}

/* Its rows are good for the table, but not for an index that comes after them: a value is too long for it, or its expression fails. */
bool
pg_fail_index(PgConn *conn, const char *table, const char *name, GError *broken, GError **error)
{
    bool is_of_rows = pg_state_is(conn, "54") || pg_state_is(conn, "22");
    if (is_of_rows && !error_is(broken, ERR_STOPPED))
        return fail(error, ERR_MISMATCH,
                    "the index '%s' of '%s' cannot be made over the new rows: %s; roll back, make "
                    "such values shorter in the mapping or leave those rows out with 'where', or "
                    "drop the index (one over md5(COLUMN) takes any length), and plan again",
                    name, table, broken->message);
    g_propagate_error(error, g_error_copy(broken));
    return false;
}

/* Indexes of `like` as those of the stage; each row of `question`: name, text behind the name, and, of constraints (`create_index` NULL), are all
 * of its columns whole numbers? */
static bool
copy_named(PgConn *conn, const char *question, const PgObject *stage, const PgObject *like,
           const char *create_index, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error, question, (long long) like->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        g_autoptr(GError) broken = NULL;
        g_autofree char *name = pg_made_name(stage->name, pg_cell(rows, i, 0));
        int64_t there = 0;
        if (!pg_int(conn, &there, error,
                    "SELECT count(*) FROM pg_class c WHERE c.relname = %Q AND c.relnamespace = "
                    "(SELECT relnamespace FROM "
                    "pg_class WHERE oid = %lld)",
                    name, (long long) stage->oid))
            return false;
        const char *text = pg_cell(rows, i, 1);
        bool done =
            there > 0 ||
            (create_index != NULL
                 ? pg_run(conn, &broken, "%s \"%w\" ON %s %s", create_index, name, stage->sql, text)
                 : add_constraint(conn, stage, name, text, pg_cell_bool(rows, i, 2), &broken));
        if (!done)
            return pg_fail_index(conn, like->name, pg_cell(rows, i, 0), broken, error);
    }
    return true;
}

/* Primary key, unique and exclusion constraints, and unique indexes that are none of these. */
static bool
copy_keys(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    return copy_named(conn,
                      "SELECT conname, pg_get_constraintdef(oid), NOT EXISTS (SELECT 1 FROM "
                      "pg_attribute a WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND "
                      "a.atttypid NOT IN (20, 21, 23)) FROM pg_constraint WHERE conrelid "
                      "= %lld AND contype IN "
                      "('p', 'u', 'x') ORDER BY contype, conname",
                      stage, like, NULL, error) &&
           copy_named(conn,
                      "SELECT x.relname, substr(pg_get_indexdef(x.oid), length(format('CREATE "
                      "UNIQUE INDEX %%I ON %%s%%I.%%I ', x.relname, CASE x.relkind WHEN 'I' THEN "
                      "'ONLY ' ELSE '' END, n.nspname, t.relname)) + 1) FROM pg_index i JOIN "
                      "pg_class x ON "
                      "x.oid = i.indexrelid JOIN "
                      "pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = "
                      "t.relnamespace WHERE i.indrelid = %lld "
                      "AND i.indisunique AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE "
                      "c.conindid = x.oid AND "
                      "c.contype IN ('p', 'u', 'x')) ORDER BY x.relname",
                      stage, like, "CREATE UNIQUE INDEX", error);
}

static bool
copy_indexes(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    return copy_named(conn,
                      "SELECT x.relname, substr(pg_get_indexdef(x.oid), length(format('CREATE "
                      "INDEX %%I ON %%s%%I.%%I ', x.relname, CASE x.relkind WHEN 'I' THEN 'ONLY ' "
                      "ELSE '' END, n.nspname, t.relname)) + 1) FROM pg_index i JOIN pg_class x ON "
                      "x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN "
                      "pg_namespace n ON n.oid = t.relnamespace WHERE i.indrelid = %lld AND NOT "
                      "i.indisunique AND NOT i.indisexclusion ORDER BY x.relname",
                      stage, like, "CREATE INDEX", error);
}

/* --- CREATE --- */

/* Only the root says how numbers come into a column of identity. */
static bool
create_one(PgConn *conn, const char *table, const PgBranch *like, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT relpersistence = 'u', array_to_string(reloptions, ', ') FROM pg_class "
                 "WHERE oid = %lld",
                 (long long) like->object->oid))
        return false;
    const char *options = pg_cell(rows, 0, 1);
    g_autofree char *with = options != NULL ? g_strdup_printf(" WITH (%s)", options) : g_strdup("");
    g_autofree char *by =
        like->key != NULL ? g_strdup_printf(" PARTITION BY %s", like->key) : g_strdup("");
    return pg_run(conn, error,
                  "CREATE %s TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED%s INCLUDING "
                  "CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS%s)%s%s",
                  pg_cell_bool(rows, 0, 0) ? "UNLOGGED" : "", table, like->object->sql,
                  like->bound == NULL ? " INCLUDING IDENTITY" : "",
                  conn->version >= 140000 ? " INCLUDING COMPRESSION" : "", by, with);
}

static const char *
parent_of(const GPtrArray *branches, const GPtrArray *tables, const PgBranch *branch)
{
    for (guint i = 0; i < tables->len; i++)
        if (((const PgBranch *) branches->pdata[i])->object->oid == branch->parent)
            return tables->pdata[i];
    g_assert_not_reached(); /* parents come first */
}

static bool
create_branch(PgConn *conn, const char *stage, const GPtrArray *like, GPtrArray *tables,
              GError **error)
{
    const PgBranch *branch = like->pdata[tables->len];
    g_autofree char *name = pg_branch_name(branch, stage);
    g_autofree char *table = pg_sql("\"%w\".\"%w\"", branch->object->schema, name);
    if (!create_one(conn, table, branch, error) ||
        !pg_run(conn, error, "ALTER TABLE %s ATTACH PARTITION %s %s",
                parent_of(like, tables, branch), table, branch->bound))
        return false;
    g_ptr_array_add(tables, g_steal_pointer(&table));
    return true;
}

bool
pg_keys_like(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    g_autoptr(GPtrArray) made = NULL, old = NULL;
    if (!pg_twins(conn, stage, like, &made, &old, error))
        return false;
    for (guint i = old->len; i-- > 0;)
        if (!copy_keys(conn, ((const PgBranch *) made->pdata[i])->object,
                       ((const PgBranch *) old->pdata[i])->object, error))
            return false;
    return true;
}

static bool
check_can_be_replaced(const PgObject *like, GError **error)
{
    bool is_child = like->kind == PG_TABLE && (like->is_partition || like->has_children);
    bool is_own = like->kind == PG_TABLE || (like->kind == PG_PARTITIONED && !like->is_partition);
    return (is_own && !is_child) ||
           fail(error, ERR_UNSUPPORTED,
                "'%s' is a %s, which cannot be replaced: expected a table of its own", like->name,
                is_child || like->is_partition ? "part of a tree of tables"
                                               : pg_kind_name(like->kind));
}

bool
pg_create_like(PgConn *conn, const char *stage, const char *table, const PgObject *like,
               GError **error)
{
    g_autoptr(PgObject) root = NULL;
    g_autoptr(GPtrArray) branches = NULL;
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    if (!check_can_be_replaced(like, error) || !pg_branches(conn, like, &branches, error) ||
        !create_one(conn, table, branches->pdata[0], error) ||
        !pg_object_need(conn, stage, &root, error))
        return false;
    g_ptr_array_add(tables, g_strdup(table));
    while (tables->len < branches->len)
        if (!create_branch(conn, root->name, branches, tables, error))
            return false;
    return pg_keys_like(conn, root, like, error);
}

/* --- after the data --- */

/* Those that a partition has from its parent are made with the parent's. Of a plain table they are not valid yet: nobody who writes to what
 * they refer to waits until all rows are looked at. */
static bool
add_foreign_keys(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GError) broken = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT conname, pg_get_constraintdef(k.oid) || CASE WHEN convalidated AND "
                 "t.relkind = 'r' AND NOT t.relispartition THEN ' NOT VALID' ELSE '' END FROM "
                 "pg_constraint k JOIN pg_class "
                 "t ON t.oid = conrelid WHERE conrelid = %lld AND contype = 'f' AND "
                 "confrelid <> conrelid AND conparentid = 0 AND NOT EXISTS (SELECT 1 FROM "
                 "pg_constraint o WHERE "
                 "o.conrelid = %lld AND o.conname = "
                 "k.conname) ORDER BY conname",
                 (long long) like->oid, (long long) stage->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        if (pg_run(conn, &broken, "ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", stage->sql,
                   pg_cell(rows, i, 0), pg_cell(rows, i, 1)))
            continue;
        if (pg_state_is(conn, "23503"))
            return fail(error, ERR_MISMATCH, "the foreign key '%s' does not hold: %s",
                        pg_cell(rows, i, 0), broken->message);
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    return true;
}

bool
pg_validate_like(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT k.conname FROM pg_constraint k JOIN pg_constraint o USING (conname) WHERE "
                 "k.conrelid = %lld AND o.conrelid = %lld AND k.contype = 'f' AND o.convalidated "
                 "AND NOT k.convalidated ORDER BY 1",
                 (long long) stage->oid, (long long) like->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        if (!pg_validate(conn, stage, pg_cell(rows, i, 0), error))
            return false;
    return true;
}

bool
pg_finish_like(PgConn *conn, const PgObject *stage, const PgObject *like, GError **error)
{
    g_autoptr(GPtrArray) made = NULL, old = NULL;
    if (!pg_twins(conn, stage, like, &made, &old, error))
        return false;
    for (guint i = old->len; i-- > 0;) {
        const PgObject *to = ((const PgBranch *) made->pdata[i])->object;
        const PgObject *from = ((const PgBranch *) old->pdata[i])->object;
        if (!copy_indexes(conn, to, from, error) || !pg_statistics_like(conn, to, from, error))
            return false;
    }
    for (guint i = 0; i < old->len; i++)
        if (!add_foreign_keys(conn, ((const PgBranch *) made->pdata[i])->object,
                              ((const PgBranch *) old->pdata[i])->object, error))
            return false;
    return true;
}
