/*
 * change.c - a change of tables that others use: in one transaction, whose locks are waited for only so long.
 *
 * Whoever waits for a lock on a table holds up all who come after. So after `lock_timeout_ms` it is given up, everybody else goes
 * on for a moment, and it is tried again, a few times. What is in the way for longer than that, a person should know.
 */
#include "driver/postgres/postgres.h"

#define TRIES 5
#define PAUSE_MS 200

bool
pg_may_try_again(PgConn *conn, int tries, const GError *problem)
{
    bool is_lock = pg_state_is(conn, "55P03") || pg_state_is(conn, "40P01");
    if (!is_lock || tries >= TRIES || !error_is(problem, ERR_TRANSIENT))
        return false;
    g_usleep((gulong) (PAUSE_MS * 1000 * tries));
    return conn->base.tick == NULL || conn->base.tick(-1, conn->base.tick_data);
}

bool
pg_change(PgConn *conn, PgChangeFn *change, const void *data, GError **error)
{
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        pg_begin(conn);
        if (change(conn, data, &problem) && pg_commit(conn, &problem))
            return true;
        pg_rollback(conn);
        if (pg_may_try_again(conn, tries, problem))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

bool
pg_tree(PgConn *conn, const PgObject *object, const char *trigger, PGresult **ret, GError **error)
{
    return pg_rows(
        conn, ret, error,
        "WITH RECURSIVE tree(oid) AS (SELECT %lld::oid UNION SELECT i.inhrelid FROM pg_inherits i "
        "JOIN tree ON i.inhparent = tree.oid) SELECT format('%%I.%%I', n.nspname, c.relname), "
        "h.always, c.relkind, h.any FROM tree JOIN pg_class c USING (oid) JOIN pg_namespace n ON "
        "n.oid = c.relnamespace, LATERAL (SELECT count(*) AS any, count(*) FILTER (WHERE tgenabled "
        "= 'A') AS always FROM pg_trigger t WHERE t.tgrelid = c.oid AND starts_with(t.tgname, %Q)) "
        "h WHERE c.relkind IN ('r', 'p') ORDER BY c.oid",
        (long long) object->oid, trigger);
}

bool
pg_has_foreign(PgConn *conn, const PgObject *object, bool *ret, GError **error)
{
    int64_t foreign = 0;
    if (!pg_int(conn, &foreign, error,
                "WITH RECURSIVE tree(oid) AS (SELECT %lld::oid UNION SELECT i.inhrelid FROM "
                "pg_inherits i JOIN tree ON i.inhparent = tree.oid) SELECT count(*) FROM tree JOIN "
                "pg_class c USING (oid) WHERE c.relkind = 'f'",
                (long long) object->oid))
        return false;
    *ret = foreign > 0;
    return true;
}
