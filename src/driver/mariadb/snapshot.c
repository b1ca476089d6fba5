/*
 * snapshot.c - one state of InnoDB's tables, for all scans of a connection, while others go on writing.
 *
 * A session cannot take over what another one sees, so there is one for all scans, one after the other. It ends with that session.
 */
#include "driver/mariadb/mariadb.h"

static bool
maria_can_hold(Conn *base, const char *name, char **ret_why, GError **error)
{
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(maria_conn(base), name, &object, error))
        return false;
    if (object->is_view)
        *ret_why = g_strdup_printf("'%s' is a view: whether all its tables keep what was there "
                                   "before is not known",
                                   name);
    else if (g_strcmp0(object->engine, "InnoDB") != 0)
        *ret_why = g_strdup_printf("'%s' is a table of %s, which keeps only what is there now",
                                   name, object->engine);
    else
        *ret_why = NULL;
    return true;
}

static bool
maria_hold(Conn *base, const Conn *other, GError **error)
{
    MariaConn *conn = maria_conn(base);
    MYSQL *db = NULL;
    if (!maria_borrow(conn, &db, error))
        return false;
    if (!maria_begin_reading(conn, db, error)) {
        maria_give_back(conn, db, false);
        return false;
    }
    conn->holds = true;
    maria_give_back(conn, db, true);
    return true;
}

bool
maria_begin_reading(MariaConn *conn, MYSQL *db, GError **error)
{
    return conn->holds ||
           (maria_run_on(conn, db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", error) &&
            maria_run_on(conn, db, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", error));
}

bool
maria_end_reading(MariaConn *conn, MYSQL *db)
{
    return conn->holds || mysql_commit(db) == 0;
}

const SnapshotOps maria_snapshot_ops = {
    .can = maria_can_hold,
    .hold = maria_hold,
};
