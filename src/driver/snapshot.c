/* snapshot.c - driver.h's wrappers about reading one state of a store while others write to it. */
#include "driver/driver.h"

bool
conn_can_hold(Conn *conn, const char *object, char **ret_why, GError **error)
{
    const SnapshotOps *snapshot = conn->driver->snapshot;
    if (snapshot != NULL)
        return snapshot->can(conn, object, ret_why, error) ||
               fail_in(error, "cannot look whether a snapshot of '%s' in store '%s' can be held",
                       object, conn->store);
    *ret_why = g_strdup_printf("store '%s' (%s) shows only what is there now", conn->store,
                               conn->driver->name);
    return true;
}

bool
conn_hold(Conn *conn, const Conn *other, GError **error)
{
    const SnapshotOps *snapshot = conn->driver->snapshot;
    if (snapshot == NULL)
        return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) shows only what is there now",
                    conn->store, conn->driver->name);
    g_assert(other == NULL || (snapshot->is_shared && other->driver == conn->driver));
    return snapshot->hold(conn, other, error) ||
           fail_in(error, "cannot hold a snapshot of store '%s'", conn->store);
}

bool
conn_shares_snapshot(const Conn *conn)
{
    return conn->driver->snapshot != NULL && conn->driver->snapshot->is_shared;
}

bool
conn_hands_snapshot_on(const Conn *conn)
{
    return conn->driver->snapshot != NULL && conn->driver->snapshot->hands_on;
}
