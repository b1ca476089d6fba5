/* gauge.c - how a MariaDB does: how far it is behind as a replica, and how many sessions it works for. */
#include "driver/mariadb/mariadb.h"

#include <string.h>

/* A primary does not know how far its replicas are: `replicas` of the store names those that can be asked. */
#define LAG_COLUMN "Seconds_Behind_Master"
#define STOPPED_LAG_MS (24 * INT64_C(3600000)) /* it does not even try to catch up */

static int
column_of(MYSQL_RES *rows, const char *name)
{
    unsigned count = mysql_num_fields(rows);
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return (int) i;
    return -1;
}

static bool
lag(MariaConn *conn, int64_t *ret, GError **error)
{
    AUTO_ROWS *rows = NULL;
    MYSQL_ROW row;
    *ret = 0;
    if (!maria_rows(conn, &rows, error, "SHOW ALL SLAVES STATUS"))
        return false;
    int column = column_of(rows, LAG_COLUMN);
    while (column >= 0 && (row = mysql_fetch_row(rows)) != NULL) {
        int64_t ms = row[column] != NULL ? maria_cell_int(row[column]) * 1000 : STOPPED_LAG_MS;
        *ret = MAX(*ret, ms);
    }
    return true;
}

/* Who has no right to see those of others reads of its own alone, as if there were no others. All of them, of whatever user, are counted
 * for everybody. */
static const char sessions_sql[] =
    "SELECT CASE WHEN count(*) < (SELECT variable_value + 0 FROM information_schema.global_status "
    "WHERE variable_name = 'Threads_connected') THEN -1 ELSE "
    "coalesce(sum(command IN ('Query', 'Execute') AND "
    "user <> substring_index(current_user(), '@', 1)), 0) END FROM information_schema.processlist";

static bool
sessions(MariaConn *conn, int64_t *ret, GError **error)
{
    if (!maria_int(conn, ret, error, "%s", sessions_sql))
        return false;
    return *ret >= 0 || fail(error, ERR_FORBIDDEN,
                             "our user may not see those of others, expected the right PROCESS");
}

bool
maria_gauge(Conn *base, Gauge gauge, int64_t *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    return gauge == GAUGE_LAG_MS ? lag(conn, ret, error) : sessions(conn, ret, error);
}
