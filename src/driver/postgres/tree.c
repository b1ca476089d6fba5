/*
 * tree.c - partitioned tables: what is below them, and how it is called in the tree that takes their place.
 *
 * A stage has a twin for each partition, in the partition's own schema, and of the same bounds. It is found by its name, which is
 * made of the stage's and the partition's (pg_made_name()), so nothing has to be noted.
 */
#include "driver/postgres/tree.h"

#include <string.h>

static void
branch_free(void *data)
{
    PgBranch *branch = data;
    pg_object_free(branch->object);
    g_free(branch->bound);
    g_free(branch->key);
    g_free(branch);
}

static bool
add_branch(PgConn *conn, const PGresult *rows, int row, GPtrArray *branches, GError **error)
{
    PgBranch *branch = g_new0(PgBranch, 1);
    branch->parent = pg_cell_int(rows, row, 1);
    branch->bound = g_strdup(row > 0 ? pg_cell(rows, row, 2) : NULL);
    branch->key = g_strdup(pg_cell(rows, row, 3));
    g_ptr_array_add(branches, branch);
    if (pg_cell(rows, row, 4) != NULL)
        return fail(error, ERR_UNSUPPORTED, "%s %s", pg_cell(rows, row, 0), pg_cell(rows, row, 4));
    return pg_object_need(conn, pg_cell(rows, row, 0), &branch->object, error);
}

bool
pg_branches(PgConn *conn, const PgObject *root, GPtrArray **ret, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GPtrArray) branches = g_ptr_array_new_with_free_func(branch_free);
    if (root->kind == PG_TABLE && !root->has_children) {
        PgBranch *alone = g_new0(PgBranch, 1);
        alone->object = pg_object_copy(root);
        g_ptr_array_add(branches, alone);
        *ret = g_steal_pointer(&branches);
        return true;
    }
    /* by its name: only newer servers can detach at leisure */
    if (!pg_rows(
            conn, &rows, error,
            "WITH RECURSIVE tree(oid, parent, depth, leaves) AS (SELECT %lld::oid, 0::oid, 0, "
            "false UNION ALL SELECT i.inhrelid, i.inhparent, depth + 1, coalesce((to_jsonb(i) "
            "->> 'inhdetachpending')::boolean, false) FROM pg_inherits i JOIN tree ON "
            "i.inhparent = tree.oid) SELECT format('%%I.%%I', n.nspname, c.relname), t.parent, "
            "pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN "
            "pg_get_partkeydef(c.oid) END, CASE WHEN c.relkind NOT IN ('r', 'p') THEN 'lies on "
            "another server' WHEN t.leaves THEN 'is just being detached' END FROM tree t JOIN "
            "pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY "
            "t.depth, c.oid",
            (long long) root->oid))
        return false;
    for (int row = 0; row < PQntuples(rows); row++)
        if (!add_branch(conn, rows, row, branches, error))
            return false;
    *ret = g_steal_pointer(&branches);
    return true;
}

char *
pg_branch_name(const PgBranch *branch, const char *root)
{
    return branch->bound == NULL ? g_strdup(root) : pg_made_name(root, branch->object->name);
}

/* Its place in the list is not known: it is looked for by name. */
static PgBranch *
steal_twin(GPtrArray *branches, const PgBranch *of, const char *root)
{
    g_autofree char *name = pg_branch_name(of, root);
    for (guint i = 0; i < branches->len; i++) {
        const PgBranch *branch = branches->pdata[i];
        if (strcmp(branch->object->name, name) == 0 &&
            strcmp(branch->object->schema, of->object->schema) == 0 &&
            branch->object->kind == of->object->kind && g_strcmp0(branch->bound, of->bound) == 0 &&
            g_strcmp0(branch->key, of->key) == 0)
            return g_ptr_array_steal_index(branches, i);
    }
    return NULL;
}

bool
pg_twins(PgConn *conn, const PgObject *made, const PgObject *old, GPtrArray **ret_made,
         GPtrArray **ret_old, GError **error)
{
    g_autoptr(GPtrArray) left = NULL;
    g_autoptr(GPtrArray) like = NULL;
    g_autoptr(GPtrArray) twins = g_ptr_array_new_with_free_func(branch_free);
    if (!pg_branches(conn, made, &left, error) || !pg_branches(conn, old, &like, error))
        return false;
    for (guint i = 0; i < like->len; i++) {
        const PgBranch *branch = like->pdata[i];
        PgBranch *twin = steal_twin(left, branch, made->name);
        if (twin == NULL)
            return fail(error, ERR_DRIFT,
                        "%s came, or changed its bounds, after '%s' was made like '%s'",
                        branch->object->sql, made->name, old->name);
        g_ptr_array_add(twins, twin);
    }
    if (left->len > 0)
        return fail(error, ERR_DRIFT, "'%s' has lost a partition after %s was made like it",
                    old->name, ((const PgBranch *) left->pdata[0])->object->sql);
    *ret_made = g_steal_pointer(&twins);
    *ret_old = g_steal_pointer(&like);
    return true;
}

bool
pg_object_of_range(PgConn *conn, const char *name, const json_t *range, PgObject **ret,
                   GError **error)
{
    const char *part = json_get_string(range, "partition", NULL);
    g_autoptr(PgObject) whole = NULL;
    g_autoptr(PgObject) object = NULL;
    int64_t above = 0;
    if (!pg_object_need(conn, name, &whole, error))
        return false;
    if (part == NULL) {
        *ret = g_steal_pointer(&whole);
        return true;
    }
    if (!pg_object_find(conn, part, &object, error) ||
        (object != NULL &&
         !pg_int(conn, &above, error,
                 "SELECT count(*) FROM pg_partition_ancestors(%lld) a WHERE a = %lld",
                 (long long) object->oid, (long long) whole->oid)))
        return false;
    if (above == 0)
        return fail(error, ERR_DRIFT, "%s is no partition of '%s' any more", part, name);
    char *plain = object->sql; /* SQL of people knows the whole by its name */
    object->sql = pg_sql("%s AS \"%w\"", plain, whole->name);
    g_free(plain);
    *ret = g_steal_pointer(&object);
    return true;
}
