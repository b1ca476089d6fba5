/*
 * holder.c - who holds the lock that a session waits for.
 *
 * When a wait has come to its end, nobody knows any more what it was for. So shortly before that, a second session asks. What it tells is
 * said with the failure, if there is one: it changes nothing, and where it cannot be asked, nothing is said.
 */
#include "base/text.h"
#include "driver/postgres/postgres.h"

#define TOLD_MAX "3"
#define QUERY_LETTERS "60"
#define NAME_LETTERS "40"

/* Behind a pooler the number may be somebody else's: so it must be one of ours, too. A transaction that is prepared has no session. */
static const char question[] =
    "SELECT CASE WHEN a.pid IS NULL THEN 'a prepared transaction' "
    "ELSE format('session %%s of %%s', a.pid, left(coalesce(a.usename, "
    "a.backend_type), " NAME_LETTERS ")) || CASE WHEN a.application_name <> '' THEN format(' "
    "(%%s)', left(a.application_name, " NAME_LETTERS
    ")) ELSE '' END || coalesce(format(', in a transaction since %%s UTC', "
    "to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')), '') || CASE WHEN a.state "
    "LIKE 'idle%%' THEN ', now idle' ELSE '' END || CASE WHEN a.query <> '' THEN format(': %%s', "
    "left(a.query, " QUERY_LETTERS ")) ELSE '' END END FROM pg_catalog.pg_stat_activity me CROSS "
    "JOIN LATERAL (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids(me.pid)) AS pid) b LEFT JOIN "
    "pg_catalog.pg_stat_activity a ON a.pid = b.pid WHERE me.pid = %d AND me.application_name = "
    "pg_catalog.current_setting('application_name') ORDER BY a.xact_start LIMIT " TOLD_MAX;

void
pg_look_for_holder(PgConn *conn, PGconn *db)
{
    g_autofree char *sql = pg_sql(question, PQbackendPID(db));
    g_autoptr(GString) told = g_string_new(NULL);
    PGconn *other = PQconnectdbParams((const char *const *) conn->keywords,
                                      (const char *const *) conn->values, 0);
    AUTO_RESULT *rows = NULL;
    bool is_told = PQstatus(other) == CONNECTION_OK && pg_ask_beside(other, sql, &rows);
    for (int i = 0; is_told && i < PQntuples(rows); i++)
        g_string_append_printf(told, "%s%s", i > 0 ? "; " : "held by ", pg_cell(rows, i, 0));
    PQfinish(other);
    g_clear_pointer(&conn->holder, g_free);
    if (told->len > 0)
        conn->holder = text_printable(told->str);
}
