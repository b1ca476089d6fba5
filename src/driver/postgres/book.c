/*
 * book.c - what the bookkeeping says in PostgreSQL's words.
 *
 * It has a schema of its own, so that the schemas of people stay as they are: made by the first stage, and dropped with its
 * tables if it was ours. The lock that stands for a task is an advisory one: its row may not be there yet.
 */
#include "driver/book.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define LOCK_CLASS 0x686f6e6b /* "honk": the first half of advisory locks of ours */
#define CELLS_MAX 8           /* more than any question of the bookkeeping has */

static bool
book_run(Conn *base, const char *sql, GError **error)
{
    return pg_run(pg_conn(base), error, "%s", sql);
}

static bool
book_each(Conn *base, const char *sql, BookRowFn *fn, void *data, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(pg_conn(base), &rows, error, "%s", sql))
        return false;
    int count = PQnfields(rows);
    g_assert(count <= CELLS_MAX);
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *cells[CELLS_MAX];
        for (int i = 0; i < count; i++)
            cells[i] = pg_cell(rows, row, i);
        if (!fn(cells, data, error))
            return false;
    }
    return true;
}

static bool
book_find(Conn *base, const char *table, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    int64_t count = 0;
    if (!pg_int(conn, &count, error,
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = %Q AND c.relname = %Q",
                conn->book_name, table))
        return false;
    *ret = count > 0;
    return true;
}

static bool
begin(Conn *base, const Writer *writer, GError **error)
{
    return pg_begin(pg_conn(base), error);
}

static bool
commit(Conn *base, GError **error)
{
    return pg_commit(pg_conn(base), error);
}

static void
rollback(Conn *base)
{
    pg_rollback(pg_conn(base));
}

/* --- locks --- */

bool
pg_book_lock(Conn *base, GError **error)
{
    return pg_run(pg_conn(base), error, "SELECT pg_advisory_xact_lock(%d, 0)", LOCK_CLASS);
}

static bool
lock_task(Conn *base, const Writer *writer, bool is_shared, GError **error)
{
    return pg_run(pg_conn(base), error,
                  "SELECT pg_advisory_xact_lock%s(%d, hashtext(%Q || '/' || %Q))",
                  is_shared ? "_shared" : "", LOCK_CLASS, writer->plan, writer->task);
}

static bool
lock_range(Conn *base, const Writer *writer, GError **error)
{
    return pg_run(pg_conn(base), error,
                  "SELECT pg_advisory_xact_lock(%d, hashtext('range/' || %Q || '/' || %Q))",
                  LOCK_CLASS, writer->plan, writer->range);
}

/* --- the schema --- */

static bool
make_place(Conn *base, GError **error)
{
    PgConn *conn = pg_conn(base);
    return pg_run(conn, error, "CREATE SCHEMA IF NOT EXISTS %s", conn->book);
}

/* A schema that somebody else chose for us is not ours to drop. */
static bool
drop_schema(PgConn *conn, GError **error)
{
    int64_t left = 1;
    if (strcmp(conn->book_name, "_honk") != 0)
        return true;
    if (!pg_int(conn, &left, error,
                "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid) + (SELECT "
                "count(*) FROM pg_proc WHERE "
                "pronamespace = n.oid) FROM pg_namespace n WHERE nspname = %Q",
                conn->book_name))
        return false;
    return left > 0 || pg_run(conn, error, "DROP SCHEMA IF EXISTS %s", conn->book);
}

/* Functions that no trigger calls go first. */
static bool
drop_place(Conn *base, GError **error)
{
    PgConn *conn = pg_conn(base);
    AUTO_RESULT *unused = NULL;
    if (!pg_rows(conn, &unused, error,
                 "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                 "WHERE n.nspname = %Q AND "
                 "p.proname LIKE '\\_honk\\_%%' AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE "
                 "t.tgfoid = p.oid)",
                 conn->book_name))
        return false;
    for (int i = 0; i < PQntuples(unused); i++)
        if (!pg_run(conn, error, "DROP FUNCTION %s.\"%w\"()", conn->book, pg_cell(unused, i, 0)))
            return false;
    return drop_schema(conn, error);
}

const BookSql pg_book = {
    .columns =
        {
            [BOOK_FENCE] = "(scope text PRIMARY KEY, plan text NOT NULL, token int8 NOT NULL, "
                           "stage text, target text)",
            [BOOK_LEDGER] = "(plan text, task text, \"range\" text, token int8, rows_in int8, "
                            "rows_out int8, rejected int8, hash text, at_ms int8, "
                            "PRIMARY KEY (plan, \"range\"))",
            [BOOK_QUARANTINE] = "(id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plan text, "
                                "task text, row_id int8, \"row\" text, target_column text, "
                                "reason text, at_ms int8)",
            [BOOK_SWAP] = "(plan text PRIMARY KEY, stage text, target text, kept text, saved text, "
                          "at_ms int8)",
            [BOOK_WRITTEN] = "(plan text, \"row\" text, PRIMARY KEY (plan, \"row\"))",
        },
    .share = " FOR SHARE",
    .raise = "ON CONFLICT (scope) DO UPDATE SET token = greatest(_honk_fence.token, "
             "excluded.token)",
    .oldest = "id",
    .run = book_run,
    .each = book_each,
    .has = book_find,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock = pg_book_lock,
    .lock_task = lock_task,
    .lock_range = lock_range,
    .make_place = make_place,
    .drop_place = drop_place,
};
