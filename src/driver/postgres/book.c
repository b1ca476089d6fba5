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
book_later(Conn *base, const char *sql, GError **error)
{
    pg_later(pg_conn(base), "%s", sql);
    return true;
}

static bool
take_rows(const PGresult *rows, BookRowFn *fn, void *data, GError **error)
{
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
book_each(Conn *base, const char *sql, BookRowFn *fn, void *data, GError **error)
{
    AUTO_RESULT *rows = NULL;
    return pg_rows(pg_conn(base), &rows, error, "%s", sql) && take_rows(rows, fn, data, error);
}

static bool
book_find(Conn *base, const char *const *tables, size_t count, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autofree char *list = book_list(tables, count);
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                 "WHERE n.nspname = %Q AND c.relname IN (%s)",
                 conn->book_name, list))
        return false;
    for (size_t i = 0; i < count; i++)
        ret[i] = false;
    for (int row = 0; row < PQntuples(rows); row++)
        book_tick_off(pg_cell(rows, row, 0), tables, count, ret);
    return true;
}

static bool
begin(Conn *base, const Writer *writer, GError **error)
{
    pg_begin(pg_conn(base));
    return true;
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
    pg_later(pg_conn(base), "SELECT pg_advisory_xact_lock(%d, 0)", LOCK_CLASS);
    return true;
}

static void
lock_task_later(PgConn *conn, const char *how, const Writer *writer)
{
    pg_later(conn, "SELECT pg_advisory_xact_lock%s(%d, hashtext(%Q || '/' || %Q))", how, LOCK_CLASS,
             writer->plan, writer->task);
}

static bool
lock_task(Conn *base, const Writer *writer, GError **error)
{
    lock_task_later(pg_conn(base), "", writer);
    return true;
}

/* --- the beginning of a range --- */

enum { LOOKS = 2, RANGES = 2 }; /* answers to look_sql() and range_sql() */

/* Each statement sees what was committed before it began, so the fences are read behind the lock, and the ledger behind the range's. */
static char *
look_sql(PgConn *conn, const Writer *writer)
{
    g_autofree char *of_plan = book_fence_question(&conn->base, writer->plan, pg_book.share);
    g_autofree char *of_task = book_fence_question(&conn->base, writer->task, "");
    return g_strdup_printf("%s; %s", of_plan, of_task);
}

/* The answers to it are those from `at` on. */
static bool
take_look(const GPtrArray *all, guint at, BookLook *ret, GError **error)
{
    return take_rows(all->pdata[at], book_take_token, &ret->of_plan, error) &&
           take_rows(all->pdata[at + 1], book_take_token, &ret->of_task, error);
}

static bool
look(Conn *base, const Writer *writer, BookLook *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GPtrArray) all = NULL;
    g_autofree char *sql = look_sql(conn, writer);
    lock_task_later(conn, "_shared", writer);
    return pg_run_all(conn, conn->db, sql, &all, error) &&
           take_look(all, all->len - LOOKS, ret, error);
}

/* Whoever is fenced off does not wait for those who are not. */
static char *
range_sql(PgConn *conn, const Writer *writer)
{
    g_autofree char *ledger = book_ledger_question(&conn->base, writer->plan, writer->range);
    return pg_sql("SELECT pg_advisory_xact_lock(%d, hashtext('range/' || %Q || '/' || %Q)) FROM "
                  "%s._honk_fence p WHERE scope = %Q AND token <= %lld AND NOT EXISTS (SELECT FROM "
                  "%s._honk_fence t WHERE t.scope = %Q AND t.token > %lld); %s",
                  LOCK_CLASS, writer->plan, writer->range, conn->book, writer->plan,
                  (long long) writer->token, conn->book, writer->task, (long long) writer->token,
                  ledger);
}

static bool
take_begin(PgConn *conn, const GPtrArray *all, const char *stage, const Writer *writer,
           bool *ret_done, RangeResult *ret, PgDescription *ret_stage, GError **error)
{
    BookLook seen = {0};
    guint at = all->len - LOOKS - RANGES - PG_DESCRIPTION;
    if (!take_look(all, at, &seen, error) ||
        !take_rows(all->pdata[at + LOOKS + 1], book_take_range, &seen.range, error) ||
        !book_judge(&seen, writer, ret_done, ret, error))
        return false;
    return *ret_done || pg_take_description(conn, stage, all, ret_stage, error);
}

bool
pg_begin_range(PgConn *conn, const char *stage, const Writer *writer, bool *ret_done,
               RangeResult *ret, PgDescription *ret_stage, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) broken = NULL;
    g_autofree char *described = NULL;
    g_autofree char *looked = look_sql(conn, writer), *range = range_sql(conn, writer);
    if (!pg_description_sql(stage, &described, error))
        return false;
    g_autofree char *sql = g_strdup_printf("%s; %s; %s", looked, range, described);
    pg_begin(conn);
    lock_task_later(conn, "_shared", writer);
    if (pg_run_all(conn, conn->db, sql, &all, &broken)
            ? take_begin(conn, all, stage, writer, ret_done, ret, ret_stage, error)
            : book_fail_look(writer, g_steal_pointer(&broken), error))
        return true;
    pg_rollback(conn);
    return false;
}

/* --- the schema --- */

static bool
make_place(Conn *base, GError **error)
{
    PgConn *conn = pg_conn(base);
    pg_later(conn, "CREATE SCHEMA IF NOT EXISTS %s", conn->book);
    return true;
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
    .later = book_later,
    .each = book_each,
    .has = book_find,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock = pg_book_lock,
    .lock_task = lock_task,
    .look = look,
    .make_place = make_place,
    .drop_place = drop_place,
};
