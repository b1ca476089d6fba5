/*
 * silence.c - a session that says nothing: is it at work, or lost?
 *
 * As with PostgreSQL (postgres/silence.c): after each minute without a byte a second session asks. Where three of them get no answer, the server
 * is gone; where the first one has been asleep for a while, what we said or what it answered is.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>
#include <sys/socket.h>

#define ASLEEP_S 10 /* so that no answer can still be on its way */

/* Why the session is lost, as far as a second one can tell; NULL: it is at work, or nobody can tell. `*ret_answered`: somebody
 * is there, who may be too full to let us in. */
static const char *
why_lost(MariaConn *conn, MYSQL *db, bool *ret_answered)
{
    MYSQL *other = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT 1 FROM information_schema.PROCESSLIST WHERE "
                                           "ID = %lu AND COMMAND = 'Sleep' AND TIME >= %d",
                                           mysql_thread_id(db), ASLEEP_S);
    if (!maria_connect(conn, true, &other, NULL)) {
        *ret_answered = !maria_is_of_library(conn->code);
        conn->code = 0; /* nothing is wrong with the statement */
        return *ret_answered ? NULL : "the server lets nobody in";
    }
    AUTO_ROWS *rows =
        mysql_real_query(other, sql, strlen(sql)) == 0 ? mysql_store_result(other) : NULL;
    *ret_answered = rows != NULL || !maria_is_of_library(mysql_errno(other));
    bool is_asleep = rows != NULL && mysql_fetch_row(rows) != NULL;
    mysql_close(other);
    return !*ret_answered ? "the server answers nobody"
           : is_asleep    ? "the server has nothing to do for it"
                          : NULL;
}

bool
maria_is_at_work(MariaConn *conn, MYSQL *db, Silence *silence, GError **error)
{
    bool is_answered = false;
    const char *why = why_lost(conn, db, &is_answered);
    if (silence_judge(silence, why, is_answered, conn->place, error))
        return true;
    shutdown((int) mysql_get_socket(db), SHUT_RDWR); /* whoever reads from it next hears so */
    return false;
}
