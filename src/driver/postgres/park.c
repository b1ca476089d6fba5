/*
 * park.c - sessions that ended well, kept for whoever opens the same store next.
 *
 * A worker moves a table range by range, and each range is a task that opens its own connections. A new session costs the server
 * some ten milliseconds (a process, and catalogs that it has not read yet): as much as five thousand rows. So a worker asks for its
 * sessions to be kept (drivers_keep_sessions()), and lets go of them before it waits for work.
 *
 * Nothing is left in a session that the next one could see: all that we set for a while is set in a transaction.
 */
#include "driver/postgres/postgres.h"

#include <poll.h>
#include <string.h>

#define PARKED_MAX 8 /* of both sides of a move, with those of their scans */

typedef struct {
    char *key; /* all that the session was opened with */
    PGconn *db;
} Parked;

static GMutex lock;
static GArray *parked; /* of Parked; NULL: nothing is kept */

static void
parked_clear(void *data)
{
    Parked *one = data;
    PQfinish(one->db);
    g_free(one->key);
}

void
pg_keep_sessions(bool is_wanted)
{
    g_mutex_lock(&lock);
    g_clear_pointer(&parked, g_array_unref);
    if (is_wanted) {
        parked = g_array_new(FALSE, FALSE, sizeof(Parked));
        g_array_set_clear_func(parked, parked_clear);
    }
    g_mutex_unlock(&lock);
}

static char *
key_of(const PgConn *conn)
{
    g_autofree char *keywords = g_strjoinv("\n", conn->keywords);
    g_autofree char *values = g_strjoinv("\n", conn->values);
    return g_strjoin("\n", keywords, values, conn->setup, NULL);
}

/* A server that says something unasked mostly says that it ends the session. */
static bool
is_alive(PGconn *db)
{
    struct pollfd look = {.fd = PQsocket(db), .events = POLLIN};
    return poll(&look, 1, 0) == 0;
}

/* Out of the list, whatever it is worth. */
static PGconn *
take(const char *key)
{
    PGconn *db = NULL;
    g_mutex_lock(&lock);
    for (guint i = 0; parked != NULL && db == NULL && i < parked->len; i++) {
        Parked *one = &g_array_index(parked, Parked, i);
        if (strcmp(one->key, key) == 0) {
            db = one->db;
            one->db = NULL;
            g_array_remove_index_fast(parked, i);
        }
    }
    g_mutex_unlock(&lock);
    return db;
}

PGconn *
pg_unpark(const PgConn *conn)
{
    g_autofree char *key = key_of(conn);
    PGconn *db;
    while ((db = take(key)) != NULL && !is_alive(db))
        PQfinish(db);
    return db;
}

void
pg_park(const PgConn *conn, PGconn *db)
{
    if (PQstatus(db) == CONNECTION_OK && PQtransactionStatus(db) == PQTRANS_IDLE) {
        g_mutex_lock(&lock);
        if (parked != NULL && parked->len < PARKED_MAX) {
            Parked one = {.key = key_of(conn), .db = db};
            g_array_append_val(parked, one);
            db = NULL;
        }
        g_mutex_unlock(&lock);
    }
    PQfinish(db); /* takes NULL, too */
}
