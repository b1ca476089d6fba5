/*
 * silence.c - a session that says nothing: is it at work, or lost?
 *
 * As with PostgreSQL (postgres/silence.c): after a minute without a byte a second session asks. Where none can be had, or it gets no answer, the server
 * is gone; where the first one has been asleep for a while, what we said or what it answered is.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>
#include <sys/socket.h>

#define ASLEEP_S 10 /* so that no answer can still be on its way */

/* Why the session is lost, as far as a second one can tell; NULL: it is at work, or nobody can tell. */
static const char *
why_lost(MariaConn *conn, MYSQL *db)
{
    MYSQL *other = NULL;
    g_autoptr(GError) failed = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT 1 FROM information_schema.PROCESSLIST WHERE "
                                           "ID = %lu AND COMMAND = 'Sleep' AND TIME >= %d",
                                           mysql_thread_id(db), ASLEEP_S);
    if (!maria_connect(conn, true, &other, &failed))
        return error_is(failed, ERR_UNREACHABLE) ? "the server lets nobody in" : NULL;
    bool is_answered = mysql_real_query(other, sql, strlen(sql)) == 0;
    AUTO_ROWS *rows = is_answered ? mysql_store_result(other) : NULL;
    bool is_asleep = rows != NULL && mysql_fetch_row(rows) != NULL;
    mysql_close(other);
    return !is_answered ? "the server answers nobody"
           : is_asleep  ? "the server has nothing to do for it"
                        : NULL;
}

bool
maria_is_at_work(MariaConn *conn, MYSQL *db, GError **error)
{
    const char *why = why_lost(conn, db);
    if (why == NULL)
        return true;
    shutdown((int) mysql_get_socket(db), SHUT_RDWR); /* whoever reads from it next hears so */
    return fail(error, ERR_UNREACHABLE,
                "the session with %s is lost: it said nothing for %d s, and %s", conn->place,
                conn->silence_ms / 1000, why);
}
