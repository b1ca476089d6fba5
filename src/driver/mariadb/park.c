/*
 * park.c - sessions that ended well, kept for whoever opens the same store next (driver/park.h).
 *
 * Nothing is left in a session that the next one could see, as long as all went well in it: what is set for a while is set back, locks are given
 * back. So none of a connection on which anything has failed is kept.
 */
#include "driver/park.h"
#include "driver/mariadb/mariadb.h"

#include <poll.h>

static void
end(void *session)
{
    mysql_close(session);
}

/* A server that says something unasked says that it ends the session. */
static bool
is_alive(void *session)
{
    struct pollfd look = {.fd = (int) mysql_get_socket(session), .events = POLLIN};
    return poll(&look, 1, 0) == 0;
}

static Park park = {.end = end, .is_alive = is_alive};

void
maria_keep_sessions(bool is_wanted)
{
    park_keep(&park, is_wanted);
}

static char *
key_of(const MariaConn *conn)
{
    const MariaPlace *at = &conn->at;
    return g_strdup_printf("%s\n%s\n%s\n%s\n%s\n%s\n%u\n%d\n%s", at->host, at->user, at->password,
                           at->database, at->socket, at->ca, at->port, conn->silence_ms,
                           conn->setup);
}

MYSQL *
maria_unpark(const MariaConn *conn)
{
    g_autofree char *key = key_of(conn);
    return park_take(&park, key);
}

void
maria_park(const MariaConn *conn, MYSQL *db)
{
    bool is_clean = !conn->has_failed && !conn->has_lock && conn->range_lock == NULL &&
                    db->status == MYSQL_STATUS_READY &&
                    (db->server_status & SERVER_STATUS_IN_TRANS) == 0;
    if (!is_clean) {
        mysql_close(db);
        return;
    }
    g_autofree char *key = key_of(conn);
    park_put(&park, key, db);
}
