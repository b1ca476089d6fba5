/*
 * snapshot.c - one state of the database, for all that is read through a connection, while others go on writing.
 *
 * The connection's own session exports it and keeps its transaction open; every session that a scan borrows takes it over. It ends with
 * that transaction, and nothing brings it back: who comes later is told so, and begins anew.
 */
#include "driver/postgres/postgres.h"

#define BEGIN_READING "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

static bool
pg_can_hold(Conn *base, const char *name, char **ret_why, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    bool has_foreign = false;
    if (!pg_object_need(conn, name, &object, error) ||
        !pg_has_foreign(conn, object, &has_foreign, error))
        return false;
    *ret_why = has_foreign ? g_strdup_printf("%s'%s' lies on another server",
                                             object->kind == PG_FOREIGN ? "" : "a part of ", name)
                           : NULL;
    return true;
}

static bool
pg_hold(Conn *base, const Conn *other, GError **error)
{
    PgConn *conn = pg_conn(base);
    AUTO_RESULT *rows = NULL;
    g_assert(conn->snapshot == NULL && !conn->in_transaction && conn->idle->len == 0);
    if (other != NULL) {
        conn->snapshot = g_strdup(((const PgConn *) other)->snapshot);
        return pg_take_over(conn, conn->db, error);
    }
    if (!pg_rows(conn, &rows, error, BEGIN_READING "; SELECT pg_export_snapshot()"))
        return false;
    conn->snapshot = g_strdup(pg_cell(rows, 0, 0));
    return true;
}

/* An unlucky statement ended the session's own transaction, too. */
static bool
is_over(PGconn *db)
{
    return PQtransactionStatus(db) == PQTRANS_INERROR;
}

bool
pg_take_over(PgConn *conn, PGconn *db, GError **error)
{
    g_autoptr(GError) gone = NULL;
    if (conn->snapshot == NULL)
        return true;
    if (is_over(db))
        pg_end_transaction(db);
    g_autofree char *sql = pg_sql(BEGIN_READING "; SET TRANSACTION SNAPSHOT %Q", conn->snapshot);
    if (pg_run_on(conn, db, sql, NULL, &gone))
        return true;
    /* 22023: there is no such file; 55000: whose file it was is gone */
    if (pg_state_is(conn, "22023") || pg_state_is(conn, "55000"))
        return fail(error, ERR_TRANSIENT,
                    "the session that held the snapshot has ended, and the snapshot with it");
    g_propagate_error(error, g_steal_pointer(&gone));
    return false;
}

bool
pg_read_on(PgConn *conn, PGconn *db, GError **error)
{
    return !is_over(db) || pg_take_over(conn, db, error);
}

const SnapshotOps pg_snapshot_ops = {
    .can = pg_can_hold,
    .hold = pg_hold,
    .is_shared = true,
    .hands_on = true,
};
