/*
 * freeze.c - stopping the writers of a table with a trigger that refuses, and letting them again.
 *
 * The trigger is ENABLE ALWAYS: it holds for every role, superusers and replication too, until somebody takes it off or
 * disables it, which is DDL and needs the table's owner. Making it waits for whoever is writing at that moment. It stands on
 * every table of a tree, because a partition can be written to by its own name. Privileges are left alone.
 */
#include "driver/book.h"
#include "driver/postgres/postgres.h"

#define TRIGGER "_honk_freeze"

/* The table and all below it, as SQL names. */
static const char tree[] = "WITH RECURSIVE tree(oid) AS (SELECT %lld::oid UNION SELECT i.inhrelid "
                           "FROM pg_inherits i JOIN tree "
                           "ON i.inhparent = tree.oid) SELECT format('%%I.%%I', n.nspname, "
                           "c.relname), (SELECT count(*) FROM "
                           "pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = '" TRIGGER
                           "' AND t.tgenabled = 'A') FROM tree "
                           "JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = "
                           "c.relnamespace WHERE c.relkind IN ('r', "
                           "'p') ORDER BY c.oid";

static bool
freeze_inside(PgConn *conn, const PgObject *object, const char *why, GError **error)
{
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) ||
        !pg_run(conn, error,
                "CREATE SCHEMA IF NOT EXISTS %s; CREATE OR REPLACE FUNCTION %s._honk_frozen() "
                "RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN RAISE EXCEPTION ''frozen by honk: %%'', TG_ARGV[0] USING ERRCODE = "
                "''object_not_in_prerequisite_state''; "
                "END'",
                conn->book, conn->book) ||
        !pg_rows(conn, &tables, error, tree, (long long) object->oid))
        return false;
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = pg_cell(tables, i, 0);
        if (pg_cell_int(tables, i, 1) > 0)
            continue;
        if (!pg_run(conn, error,
                    "DROP TRIGGER IF EXISTS " TRIGGER " ON %s; CREATE TRIGGER " TRIGGER
                    " BEFORE INSERT OR UPDATE OR DELETE OR "
                    "TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s._honk_frozen(%Q); ALTER "
                    "TABLE %s ENABLE ALWAYS "
                    "TRIGGER " TRIGGER,
                    table, table, conn->book, why != NULL ? why : "", table))
            return false;
    }
    return true;
}

static bool
thaw_inside(PgConn *conn, const PgObject *object, GError **error)
{
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) ||
        !pg_rows(conn, &tables, error, tree, (long long) object->oid))
        return false;
    for (int i = 0; i < PQntuples(tables); i++)
        if (!pg_run(conn, error, "DROP TRIGGER IF EXISTS " TRIGGER " ON %s", pg_cell(tables, i, 0)))
            return false;
    return book_tidy(&conn->base, error);
}

static bool
pg_freeze(Conn *base, const char *name, const char *why, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_need(conn, name, &object, error))
        return false;
    if (object->kind != PG_TABLE && object->kind != PG_PARTITIONED)
        return fail(error, ERR_UNSUPPORTED, "'%s' is a %s: freeze the tables behind it", name,
                    pg_kind_name(object->kind));
    if (!pg_begin(conn, error))
        return false;
    if (freeze_inside(conn, object, why, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

static bool
pg_thaw(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_find(conn, name, &object, error))
        return false;
    if (object == NULL) /* gone, and its triggers with it */
        return true;
    if (!pg_begin(conn, error))
        return false;
    if (thaw_inside(conn, object, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

static bool
pg_is_frozen(Conn *base, const char *name, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *tables = NULL;
    if (!pg_object_need(conn, name, &object, error) ||
        !pg_rows(conn, &tables, error, tree, (long long) object->oid))
        return false;
    *ret = PQntuples(tables) > 0;
    for (int i = 0; i < PQntuples(tables); i++)
        *ret = *ret && pg_cell_int(tables, i, 1) > 0;
    return true;
}

const FreezeOps pg_freeze_ops = {
    .freeze = pg_freeze,
    .thaw = pg_thaw,
    .is_frozen = pg_is_frozen,
};
