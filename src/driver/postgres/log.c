/*
 * log.c - what is written to a table, from the server's own log: nothing is done in the transactions of those who write.
 *
 * A publication says which table, and a replication slot of the server's own plugin keeps the log from its making on. A slot
 * begins when all transactions that were open have ended, so whatever is read from the table afterwards has what came before it.
 * Both are named after the table's number; the slot after the database's, too, since slots belong to the whole server.
 *
 * A slot keeps log as long as nobody reads it, and no lease outlives that. So it is read at each range, its notes are kept in our
 * table and not in the log, and it goes before the swap, not when the way back ends. What a plan that stands still may keep is
 * for the server to bound (max_slot_wal_keep_size), and is told in the plan; a slot beyond `slot_bytes_max` goes when it is looked at.
 */
#include "driver/postgres/watch.h"

#include "driver/book.h"

#define MAKING_PAUSE_US 50000
#define MAKING_TRIES 600
#define TWICE_TRIES 5

char *
pg_log_slot(const PgConn *conn, int64_t oid)
{
    return g_strdup_printf("(SELECT '_honk_' || oid || '_%" G_GINT64_FORMAT
                           "' FROM pg_database WHERE datname = current_database())",
                           oid);
}

char *
pg_log_publication(const PgConn *conn, int64_t oid)
{
    return g_strdup_printf("_honk_%" G_GINT64_FORMAT, oid);
}

/* The first that is missing, with what to do about it; none: NULL. */
static const char missing[] =
    "WITH t AS (SELECT c.*, c.oid::regclass::text AS me FROM pg_class c WHERE c.oid = %lld) SELECT "
    "CASE "
    "WHEN current_setting('wal_level') <> 'logical' THEN format('wal_level is %%L: set it to '"
    "'logical'' and restart the server', current_setting('wal_level')) "
    "WHEN NOT (r.rolreplication OR r.rolsuper) THEN format('role %%I may not read the log: ALTER "
    "ROLE "
    "%%I REPLICATION', current_user, current_user) "
    "WHEN t.relkind <> 'r' OR t.relhassubclass OR t.relispartition THEN format('%%s has or is a "
    "partition', t.me) "
    "WHEN NOT " PG_LOG_NAMES_KEY " THEN format('the log does not "
    "name its rows by the primary key: ALTER TABLE %%s REPLICA IDENTITY DEFAULT', t.me) "
    "WHEN t.relpersistence <> 'p' THEN format('%%s is not logged: ALTER TABLE %%s SET LOGGED', "
    "t.me, "
    "t.me) "
    "WHEN NOT pg_has_role(t.relowner, 'USAGE') THEN format('a publication needs the owner of %%s: "
    "GRANT "
    "%%I TO %%I', t.me, pg_get_userbyid(t.relowner), current_user) "
    "WHEN NOT has_database_privilege(current_database(), 'CREATE') THEN format('a publication "
    "needs "
    "it: GRANT CREATE ON DATABASE %%I TO %%I', current_database(), current_user) "
    "WHEN (SELECT count(*) FROM pg_replication_slots s WHERE s.slot_name <> %s) >= "
    "current_setting('max_replication_slots')::int THEN format('all %%s replication slots are "
    "taken: "
    "raise max_replication_slots', current_setting('max_replication_slots')) "
    "END FROM t, pg_roles r WHERE r.rolname = current_user";

bool
pg_log_can(PgConn *conn, const PgObject *object, char **ret_why, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autofree char *slot = pg_log_slot(conn, object->oid);
    if (!pg_rows(conn, &rows, error, missing, (long long) object->oid, slot))
        return false;
    *ret_why = g_strdup(PQntuples(rows) > 0 ? pg_cell(rows, 0, 0) : "the table is gone");
    return true;
}

/* A slot is seen before it has its beginning. So it is when the session of a worker that died still makes it: what is read from the
 * table meanwhile may lack what that slot does not have either. */
bool
pg_log_settle(PgConn *conn, int64_t oid, GError **error)
{
    g_autofree char *slot = pg_log_slot(conn, oid);
    for (int tries = 0; tries < MAKING_TRIES; tries++) {
        int64_t making = 0;
        if (!pg_int(conn, &making, error,
                    "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND "
                    "confirmed_flush_lsn IS NULL",
                    slot))
            return false;
        if (making == 0)
            return true;
        g_usleep(MAKING_PAUSE_US);
        if (conn->base.tick != NULL && !conn->base.tick(-1, conn->base.tick_data))
            return fail(error, ERR_STOPPED, "asked to stop");
    }
    return fail(error, ERR_TRANSIENT,
                "another session still makes the slot for the log; it waits for those who were "
                "writing when it began");
}

bool
pg_log_find(PgConn *conn, int64_t oid, bool *ret, bool *ret_lost, GError **error)
{
    g_autofree char *publication = pg_log_publication(conn, oid), *slot = pg_log_slot(conn, oid);
    const char *lost = conn->version >= 130000 ? " AND wal_status IS DISTINCT FROM 'lost'" : "";
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT (SELECT count(*) FROM pg_publication WHERE pubname = %Q), count(*), "
                 "count(confirmed_flush_lsn) FROM pg_replication_slots WHERE slot_name = %s%s",
                 publication, slot, lost))
        return false;
    bool is_published = pg_cell_int(rows, 0, 0) > 0, has_slot = pg_cell_int(rows, 0, 1) > 0;
    *ret = is_published && pg_cell_int(rows, 0, 2) > 0;
    *ret_lost = is_published && !has_slot;
    return true;
}

static bool
publish_inside(PgConn *conn, const void *data, GError **error)
{
    const PgObject *object = data;
    g_autofree char *publication = pg_log_publication(conn, object->oid);
    int64_t is_there = 0;
    return pg_book_lock(&conn->base, error) && pg_make_notes(conn, object, error) &&
           pg_int(conn, &is_there, error, "SELECT count(*) FROM pg_publication WHERE pubname = %Q",
                  publication) &&
           (is_there > 0 || pg_run(conn, error, "CREATE PUBLICATION \"%w\" FOR TABLE ONLY %s",
                                   publication, object->sql));
}

static bool
make_slot_once(PgConn *conn, int64_t oid, GError **error)
{
    g_autofree char *slot = pg_log_slot(conn, oid);
    return pg_log_settle(conn, oid, error) &&
           pg_run(conn, error,
                  "SELECT pg_create_logical_replication_slot(%s, 'pgoutput') WHERE NOT EXISTS "
                  "(SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND "
                  "confirmed_flush_lsn IS NOT NULL)",
                  slot, slot);
}

/* It waits for all transactions that are open, and holds up nobody. */
static bool
make_slot(PgConn *conn, int64_t oid, GError **error)
{
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        if (make_slot_once(conn, oid, &problem))
            return true;
        bool is_twice =
            pg_state_is(conn, "42710") && tries < TWICE_TRIES; /* one that came between */
        if (is_twice || pg_may_try_again(conn, tries, problem))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

bool
pg_log_start(PgConn *conn, const PgObject *object, GError **error)
{
    g_autofree char *why = NULL;
    if (!pg_log_can(conn, object, &why, error))
        return false;
    if (why != NULL)
        return fail(error, ERR_INVALID, "the server's log cannot be read: %s", why);
    return pg_change(conn, publish_inside, object, error) && make_slot(conn, object->oid, error);
}

bool
pg_log_lose(PgConn *conn, int64_t oid, GError **error)
{
    g_autofree char *slot = pg_log_slot(conn, oid);
    return pg_run(conn, error,
                  "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE "
                  "slot_name = %s",
                  slot);
}

bool
pg_log_stop(PgConn *conn, int64_t oid, GError **error)
{
    g_autofree char *publication = pg_log_publication(conn, oid);
    return pg_log_lose(conn, oid, error) &&
           pg_run(conn, error, "DROP PUBLICATION IF EXISTS \"%w\"", publication);
}
