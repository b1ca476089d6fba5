/*
 * late_key.c - keys that are made when all rows are in.
 *
 * To keep an index up to date costs a row about twice what sorting all of them once costs, more where ranges are filled side by side.
 * A key has to be there before the rows only where one of them might break it: that row is put aside then. Where the source has no two rows
 * with the same key, it waits: an empty stage loses it, and it is made again, by the words of the table that the stage is like, in one
 * transaction after the data. Whoever looks at a stage without it sees that by the stage itself, so there is nothing to note.
 *
 * Only types wait that keep apart what is apart as a value of ours (a varchar(3) cuts spaces off, a uuid has two ways to be written).
 */
#include "driver/book.h"
#include "driver/postgres/tree.h"

#include <string.h>

/* Their names as pg_made_type() gives them, for tables that are not there yet. */
static const char *const keeping[] = {"int8",  "bigint",   "int4", "integer",
                                      "int2",  "smallint", "text", "character varying",
                                      "bytea", "date",     NULL};

static bool
is_wanted(const GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *) names, name, g_str_equal, NULL);
}

/* Primary keys and unique constraints over these columns, and maybe more: 20, 21, 23, 17, 1082 are integers, bytea and date; 25 and 1043
 * text and varchar, as long as they like. */
static bool
waiting_keys(PgConn *conn, const PgObject *object, const GPtrArray *unique, PGresult **ret,
             GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < unique->len; i++) {
        g_autofree char *name = pg_sql("%Q", (const char *) unique->pdata[i]);
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", name);
    }
    g_autofree char *sql = g_strdup_printf(
        "SELECT k.conname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid WHERE "
        "k.conrelid = %" G_GINT64_FORMAT
        " AND k.contype IN ('p', 'u') AND t.relkind = 'r' AND NOT t.relispartition AND NOT "
        "t.relhassubclass AND (SELECT count(*) FROM pg_attribute a LEFT JOIN pg_collation c ON "
        "c.oid = a.attcollation WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND "
        "a.attname IN (%s) AND (a.atttypid IN (20, 21, 23, 17, 1082) OR (a.atttypid IN (25, 1043) "
        "AND a.atttypmod < 0 AND c.collisdeterministic))) = %u ORDER BY k.conname",
        object->oid, names->str, unique->len);
    return pg_run_on(conn, conn->db, sql, ret, error);
}

/* Of a table that is not there yet. */
static bool
made_key_may_wait(PgConn *conn, const Schema *schema, const GPtrArray *unique, bool *ret,
                  GError **error)
{
    *ret = false;
    for (guint i = 0; i < unique->len; i++) {
        const Column *column = schema_find(schema, unique->pdata[i], NULL);
        g_autofree char *type = NULL;
        if (column == NULL || !is_wanted(schema->key, column->name))
            return true;
        if (!pg_made_type(conn, column, &type, error))
            return false;
        if (!g_strv_contains(keeping, type))
            return true;
    }
    *ret = true;
    return true;
}

bool
pg_key_may_wait(Conn *base, const char *object, const Schema *schema, const GPtrArray *unique,
                bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) there = NULL;
    AUTO_RESULT *keys = NULL;
    if (object == NULL)
        return made_key_may_wait(conn, schema, unique, ret, error);
    if (!pg_object_need(conn, object, &there, error) ||
        !waiting_keys(conn, there, unique, &keys, error))
        return false;
    *ret = PQntuples(keys) > 0;
    return true;
}

static bool
put_off_inside(PgConn *conn, const char *stage, const GPtrArray *unique, const Writer *writer,
               GError **error)
{
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *keys = NULL;
    RangeResult sum = {0};
    int64_t ranges = 0;
    if (!pg_object_need(conn, stage, &object, error))
        return false;
    pg_later(conn, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", object->sql);
    if (!book_ledger_sum(&conn->base, writer->plan, &sum, &ranges, error) ||
        (ranges == 0 && !waiting_keys(conn, object, unique, &keys, error)))
        return false;
    for (int i = 0; keys != NULL && i < PQntuples(keys); i++)
        pg_later(conn, "ALTER TABLE %s DROP CONSTRAINT \"%w\"", object->sql, pg_cell(keys, i, 0));
    return true;
}

bool
pg_put_off_keys(Conn *base, const char *stage, const GPtrArray *unique, const Writer *writer,
                GError **error)
{
    PgConn *conn = pg_conn(base);
    if (!book_begin(base, writer, error))
        return false;
    if (put_off_inside(conn, stage, unique, writer, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

/* --- after the data --- */

static bool
make_inside(PgConn *conn, const char *stage, const char *like, const Schema *schema, GError **error)
{
    g_autoptr(PgObject) made = NULL, old = NULL;
    if (!pg_object_need(conn, stage, &made, error) ||
        (like != NULL && !pg_object_find(conn, like, &old, error)))
        return false;
    if (old != NULL)
        return pg_keys_like(conn, made, old, error);
    if (schema == NULL)
        return true;
    g_autofree char *key = pg_key_text(schema);
    return (key == NULL || made->key_is_primary ||
            pg_run(conn, error, "ALTER TABLE %s ADD %s", made->sql, key)) &&
           pg_add_uniques(conn, made, schema, error);
}

/* What the source's key promised does not hold. */
static bool
fail_doubled(const char *why, GError **error)
{
    return fail(error, ERR_MISMATCH,
                "two rows have one key, though the key of the source should have kept them apart "
                "(%s): nothing was replaced; look for these rows in the source (is its index in "
                "order?), roll back and plan again",
                why);
}

bool
pg_make_keys(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GError) broken = NULL;
    if (!book_begin(base, writer, error))
        return false;
    if (make_inside(conn, stage, like, schema, &broken) && pg_commit(conn, &broken))
        return true;
    bool is_doubled = pg_state_is(conn, "23505");
    bool is_too_long = pg_state_is(conn, "54") && !error_is(broken, ERR_MISMATCH);
    pg_rollback(conn);
    if (is_too_long && !error_is(broken, ERR_STOPPED))
        return fail(error, ERR_MISMATCH,
                    "the key of '%s' cannot be made over the new rows: %s; roll back, choose "
                    "shorter columns as 'key' in the mapping, and plan again",
                    stage, broken->message);
    if (is_doubled && !error_is(broken, ERR_STOPPED))
        return fail_doubled(broken->message, error);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}
