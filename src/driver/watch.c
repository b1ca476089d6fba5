/* watch.c - driver.h's wrappers about rows that are written to while a dataset is copied. */
#include "driver/driver.h"

void
write_notes_clear(WriteNotes *notes)
{
    g_clear_pointer(&notes->object, g_free);
    g_clear_pointer(&notes->which, g_free);
    g_clear_pointer(&notes->rows, g_free);
}

static bool
need_watch(const Conn *conn, GError **error)
{
    return conn_can_watch(conn) ||
           fail(error, ERR_UNSUPPORTED, "store '%s' (%s) cannot note what is written to it",
                conn->store, conn->driver->name);
}

static bool
fail_watch(const Conn *conn, const char *verb, const char *object, GError **error)
{
    return fail_in(error, "cannot %s '%s' in store '%s'", verb, object, conn->store);
}

bool
conn_can_watch(const Conn *conn)
{
    return conn->driver->watch != NULL;
}

bool
conn_can_note(Conn *conn, const char *object, char **ret_why, GError **error)
{
    g_autoptr(GError) found = NULL;
    bool can = need_watch(conn, &found) && conn->driver->watch->check(conn, object, &found);
    if (!can && !error_is(found, ERR_INVALID) && !error_is(found, ERR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&found));
        return fail_watch(conn, "look at", object, error);
    }
    *ret_why = can ? NULL : g_strdup(found->message);
    return true;
}

bool
conn_watch(Conn *conn, const char *object, WatchWay way, GError **error)
{
    if (!need_watch(conn, error))
        return false;
    if (way == WATCH_LOG && conn->driver->watch->can_log == NULL)
        return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) has no log that could be read",
                    conn->store, conn->driver->name);
    return conn->driver->watch->watch(conn, object, way, error) ||
           fail_watch(conn, "watch", object, error);
}

bool
conn_can_log(Conn *conn, const char *object, char **ret_why, GError **error)
{
    if (conn_can_watch(conn) && conn->driver->watch->can_log != NULL)
        return conn->driver->watch->can_log(conn, object, ret_why, error) ||
               fail_watch(conn, "look at the log of", object, error);
    *ret_why = g_strdup_printf("store '%s' (%s) has no log that could be read", conn->store,
                               conn->driver->name);
    return true;
}

bool
conn_unwatch(Conn *conn, const char *object, GError **error)
{
    return need_watch(conn, error) && (conn->driver->watch->unwatch(conn, object, error) ||
                                       fail_watch(conn, "stop watching", object, error));
}

bool
conn_is_watched(Conn *conn, const char *object, bool *ret, GError **error)
{
    *ret = false;
    return !conn_can_watch(conn) || conn->driver->watch->is_watched(conn, object, ret, error) ||
           fail_watch(conn, "look at", object, error);
}

bool
conn_behind(Conn *conn, const char *object, Behind *ret, GError **error)
{
    return need_watch(conn, error) && (conn->driver->watch->behind(conn, object, ret, error) ||
                                       fail_watch(conn, "count the changes of", object, error));
}

bool
conn_next_notes(Conn *conn, const char *object, int64_t notes_max, WriteNotes *ret, GError **error)
{
    g_assert(notes_max > 0);
    return need_watch(conn, error) &&
           (conn->driver->watch->next(conn, object, notes_max, ret, error) ||
            fail_watch(conn, "read the changes of", object, error));
}

bool
conn_forget_notes(Conn *conn, const char *object, int64_t last, GError **error)
{
    return need_watch(conn, error) && (conn->driver->watch->forget(conn, object, last, error) ||
                                       fail_watch(conn, "clear the changes of", object, error));
}

bool
conn_note(Conn *conn, const char *object, const GPtrArray *columns, const Batch *keys,
          GError **error)
{
    g_assert(keys->column_count == columns->len);
    return need_watch(conn, error) &&
           (conn->driver->watch->note(conn, object, columns, keys, error) ||
            fail_watch(conn, "note rows of", object, error));
}

static bool
need_mirror(const Conn *conn, GError **error)
{
    return conn->driver->mirror != NULL ||
           fail(error, ERR_UNSUPPORTED, "store '%s' (%s) writes to no two tables at once",
                conn->store, conn->driver->name);
}

bool
conn_can_mirror(Conn *conn, const MirrorSpec *spec, char **ret_why, GError **error)
{
    g_autoptr(GError) lacking = NULL;
    if (!need_mirror(conn, &lacking)) {
        *ret_why = g_strdup(lacking->message);
        return true;
    }
    return conn->driver->mirror->can(conn, spec, ret_why, error) ||
           fail_watch(conn, "look at", spec->spec->object, error);
}

bool
conn_mirror(Conn *conn, const MirrorSpec *spec, CatchUpFn *catch_up, void *data, GError **error)
{
    return need_mirror(conn, error) &&
           (conn->driver->mirror->begin(conn, spec, catch_up, data, error) ||
            fail_watch(conn, "mirror", spec->spec->object, error));
}

bool
conn_unmirror(Conn *conn, const char *object, GError **error)
{
    return need_mirror(conn, error) && (conn->driver->mirror->end(conn, object, error) ||
                                        fail_watch(conn, "stop mirroring", object, error));
}

bool
conn_is_mirrored(Conn *conn, const char *object, bool *ret, GError **error)
{
    *ret = false;
    return conn->driver->mirror == NULL || conn->driver->mirror->is_on(conn, object, ret, error) ||
           fail_watch(conn, "look at", object, error);
}

bool
conn_can_remove(const Conn *conn)
{
    return conn->driver->load != NULL && conn->driver->load->remove != NULL;
}

bool
conn_remove(Conn *conn, const char *stage, const Schema *key, const Batch *keys, int64_t *ret_rows,
            GError **error)
{
    if (!conn_can_remove(conn))
        return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) takes no rows out of a stage",
                    conn->store, conn->driver->name);
    return conn->driver->load->remove(conn, stage, key, keys, ret_rows, error) ||
           fail_watch(conn, "take rows out of", stage, error);
}
