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

typedef struct {
    const PgObject *object;
    const char *why;
} Freeze;

static bool
freeze_inside(PgConn *conn, const void *data, GError **error)
{
    const Freeze *freeze = data;
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) ||
        !pg_run(conn, error,
                "CREATE SCHEMA IF NOT EXISTS %s; CREATE OR REPLACE FUNCTION %s._honk_frozen() "
                "RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN IF current_setting(''honk.repairs'', true) = TG_RELID::text THEN RETURN "
                "NULL; END IF; RAISE EXCEPTION ''frozen by honk: %%'', TG_ARGV[0] USING ERRCODE = "
                "''object_not_in_prerequisite_state''; "
                "END'",
                conn->book, conn->book) ||
        !pg_tree(conn, freeze->object, TRIGGER, &tables, error))
        return false;
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = pg_cell(tables, i, 0);
        if (pg_cell_int(tables, i, 1) > 0)
            continue;
        /* looking for it alone would wait for whoever reads, too */
        if (pg_cell_int(tables, i, 3) > 0 &&
            !pg_run(conn, error, "DROP TRIGGER " TRIGGER " ON %s", table))
            return false;
        if (!pg_run(
                conn, error,
                "CREATE TRIGGER " TRIGGER " BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s "
                "FOR EACH STATEMENT EXECUTE FUNCTION %s._honk_frozen(%Q); ALTER TABLE %s ENABLE "
                "ALWAYS TRIGGER " TRIGGER,
                table, conn->book, freeze->why != NULL ? freeze->why : "", table))
            return false;
    }
    return true;
}

static bool
thaw_inside(PgConn *conn, const void *data, GError **error)
{
    const PgObject *object = data;
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) || !pg_tree(conn, object, TRIGGER, &tables, error))
        return false;
    for (int i = 0; i < PQntuples(tables); i++)
        if (pg_cell_int(tables, i, 3) > 0 &&
            !pg_run(conn, error, "DROP TRIGGER " TRIGGER " ON %s", pg_cell(tables, i, 0)))
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
    Freeze freeze = {.object = object, .why = why};
    return pg_change(conn, freeze_inside, &freeze, error);
}

static bool
pg_thaw(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_find(conn, name, &object, error))
        return false;
    /* gone, and its triggers with it? */
    return object == NULL || pg_change(conn, thaw_inside, object, error);
}

static bool
pg_is_frozen(Conn *base, const char *name, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *tables = NULL;
    if (!pg_object_need(conn, name, &object, error) ||
        !pg_tree(conn, object, TRIGGER, &tables, error))
        return false;
    *ret = PQntuples(tables) > 0;
    for (int i = 0; i < PQntuples(tables); i++)
        *ret = *ret && pg_cell_int(tables, i, 1) > 0;
    return true;
}

static bool
pg_freeze_words(Conn *base, const char *name, char **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *rows = NULL;
    if (!pg_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return true;
    /* an argument ends with a NUL */
    if (!pg_rows(conn, &rows, error,
                 "SELECT convert_from(substring(tgargs FOR length(tgargs) - 1), "
                 "getdatabaseencoding()) FROM pg_trigger WHERE tgrelid = %lld AND tgname = "
                 "'" TRIGGER "' AND tgnargs = 1",
                 (long long) object->oid))
        return false;
    *ret = PQntuples(rows) > 0 ? g_strdup(pg_cell(rows, 0, 0)) : NULL;
    return true;
}

const FreezeOps pg_freeze_ops = {
    .freeze = pg_freeze,
    .thaw = pg_thaw,
    .is_frozen = pg_is_frozen,
    .words = pg_freeze_words,
};
