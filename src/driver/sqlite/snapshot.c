/*
 * snapshot.c - one state of the file, for all that is read through a connection, while others go on writing.
 *
 * It is a transaction that only reads. With a WAL nobody waits for it; what is written meanwhile stays in the WAL, which cannot
 * be brought into the file as long as somebody reads what was there before. Without one, nobody could commit.
 */
#include "driver/sqlite/sqlite.h"

static bool
sqlite_can_hold(Conn *base, const char *name, char **ret_why, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    AUTO_STMT *mode = NULL;
    bool row = false;
    if (!sqlite_object_need(conn, name, &object, error) ||
        !sq_prepare(conn, &mode, error, "PRAGMA main.journal_mode") ||
        !sq_step(conn, mode, &row, error))
        return false;
    const char *is = row ? (const char *) sqlite3_column_text(mode, 0) : "";
    *ret_why = g_strcmp0(is, "wal") == 0
                   ? NULL
                   : g_strdup_printf("the journal of its file is '%s', where whoever reads keeps "
                                     "writers out: PRAGMA journal_mode = WAL",
                                     is);
    return true;
}

static bool
sqlite_hold(Conn *base, const Conn *other, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    int64_t ignored = 0;
    /* it begins with what is read first */
    return sq_exec(conn, error, "BEGIN") &&
           sq_int(conn, &ignored, error, "SELECT count(*) FROM main.sqlite_schema");
}

const SnapshotOps sqlite_snapshot_ops = {
    .can = sqlite_can_hold,
    .hold = sqlite_hold,
};
