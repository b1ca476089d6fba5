/*
 * park.c - sessions that ended well, kept for whoever opens the same store next (driver/park.h).
 *
 * Nothing is left in a session that the next one could see: all that we set for a while is set in a transaction.
 */
#include "driver/park.h"
#include "driver/postgres/postgres.h"

#include <poll.h>

static void
end(void *session)
{
    PQfinish(session);
}

/* A server that says something unasked mostly says that it ends the session. */
static bool
is_alive(void *session)
{
    struct pollfd look = {.fd = PQsocket(session), .events = POLLIN};
    return poll(&look, 1, 0) == 0;
}

static Park park = {.end = end, .is_alive = is_alive};

void
pg_keep_sessions(bool is_wanted)
{
    park_keep(&park, is_wanted);
}

static char *
key_of(const PgConn *conn)
{
    g_autofree char *keywords = g_strjoinv("\n", conn->keywords);
    g_autofree char *values = g_strjoinv("\n", conn->values);
    return g_strjoin("\n", keywords, values, conn->setup, NULL);
}

PGconn *
pg_unpark(const PgConn *conn)
{
    g_autofree char *key = key_of(conn);
    return park_take(&park, key);
}

void
pg_park(const PgConn *conn, PGconn *db)
{
    g_autofree char *key = NULL;
    if (PQstatus(db) != CONNECTION_OK || PQtransactionStatus(db) != PQTRANS_IDLE) {
        PQfinish(db); /* takes NULL, too */
        return;
    }
    key = key_of(conn);
    park_put(&park, key, db);
}
