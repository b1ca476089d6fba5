/*
 * holder.c - who holds the lock that a session waits for.
 *
 * As with PostgreSQL (postgres/holder.c): asked shortly before the wait ends, and said with the failure. Who keeps others from a row is
 * known. Who keeps them from changing a table is not, without a plugin that hardly any server has: it is one of those whose transactions are open.
 */
#include "base/text.h"
#include "driver/mariadb/mariadb.h"

#include <string.h>

static const char question[] =
    "SELECT w.row_wait, concat('session ', p.ID, ' of ', left(p.USER, 40), '@', left(p.HOST, 60), "
    "', in a transaction since ', x.trx_started, ' UTC', IF(p.COMMAND = 'Sleep', ', now idle', "
    "''), "
    "IF(coalesce(p.INFO, '') = '', '', concat(': ', left(p.INFO, 60)))) FROM (SELECT (SELECT "
    "count(*) FROM information_schema.INNODB_TRX r WHERE r.trx_mysql_thread_id = %lu AND "
    "r.trx_state = 'LOCK WAIT') AS row_wait, (SELECT count(*) FROM information_schema.PROCESSLIST "
    "q "
    "WHERE q.ID = %lu AND q.STATE LIKE 'Waiting for table%%') AS table_wait) w JOIN "
    "information_schema.INNODB_TRX x JOIN information_schema.PROCESSLIST p ON p.ID = "
    "x.trx_mysql_thread_id WHERE p.ID <> %lu AND (w.row_wait = 0 AND w.table_wait > 0 OR x.trx_id "
    "IN "
    "(SELECT l.blocking_trx_id FROM information_schema.INNODB_LOCK_WAITS l JOIN "
    "information_schema.INNODB_TRX r ON r.trx_id = l.requesting_trx_id WHERE "
    "r.trx_mysql_thread_id = %lu)) ORDER BY x.trx_started LIMIT 3";

void
maria_look_for_holder(MariaConn *conn, MYSQL *db)
{
    unsigned long id = mysql_thread_id(db);
    g_autofree char *sql = g_strdup_printf(question, id, id, id, id);
    g_autoptr(GString) told = g_string_new(NULL);
    unsigned code = conn->code;
    MYSQL *other = NULL;
    if (maria_connect(conn, true, &other, NULL)) {
        AUTO_ROWS *rows =
            mysql_real_query(other, sql, strlen(sql)) == 0 ? mysql_store_result(other) : NULL;
        for (MYSQL_ROW row; rows != NULL && (row = mysql_fetch_row(rows)) != NULL;)
            g_string_append_printf(told, "%s%s",
                                   told->len > 0                ? "; "
                                   : maria_cell_int(row[0]) > 0 ? "held by "
                                                                : "it may be ",
                                   row[1]);
        mysql_close(other);
    }
    conn->code = code; /* nothing is wrong with the statement */
    g_clear_pointer(&conn->holder, g_free);
    if (told->len > 0)
        conn->holder = text_printable(told->str);
}
