/*
 * book.c - the bookkeeping that Honk keeps inside a target: fence, ledger, quarantine.
 *
 * It lies in the same database as the rows, because only then are both there or neither; in a schema of its own, so that the
 * schemas of people stay as they are. Tables are made by the first stage and dropped, with the schema if it was ours, when no
 * plan is fenced any more and they are empty. What a task with its token may find is told in driver.h.
 *
 * Who waits for whom. Transactions of a task hold a share of its plan's fence row, and of an advisory lock that stands for the
 * task (its row may not be there yet). A probe takes the task's lock alone, a way back the plan's row: each waits for open
 * transactions that it fences off, for `lock_timeout_ms`, and for no other ones.
 */
#include "base/clock.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define LOCK_CLASS 0x686f6e6b /* "honk": the first half of advisory locks of ours */

static const struct {
    const char *name, *columns;
} tables[] = {
    {"_honk_fence",
     "(scope text PRIMARY KEY, plan text NOT NULL, token int8 NOT NULL, stage text, target text)"},
    {"_honk_ledger", "(plan text, task text, \"range\" text, token int8, rows_in int8, rows_out "
                     "int8, rejected int8, "
                     "hash text, at_ms int8, PRIMARY KEY (plan, \"range\"))"},
    {"_honk_quarantine", "(id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plan text, task text, "
                         "row_id int8, \"row\" text, "
                         "target_column text, reason text, at_ms int8)"},
    {"_honk_swap",
     "(plan text PRIMARY KEY, stage text, target text, kept text, saved text, at_ms int8)"},
    {"_honk_written", "(plan text, \"row\" text, PRIMARY KEY (plan, \"row\"))"},
};

bool
pg_book_has(PgConn *conn, const char *table, bool *ret, GError **error)
{
    int64_t count = 0;
    if (!pg_int(conn, &count, error,
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = %Q AND "
                "c.relname = %Q",
                conn->book_name, table))
        return false;
    *ret = count > 0;
    return true;
}

bool
pg_book_lock(PgConn *conn, GError **error)
{
    return pg_run(conn, error, "SELECT pg_advisory_xact_lock(%d, 0)", LOCK_CLASS);
}

bool
pg_book_make(PgConn *conn, GError **error)
{
    if (!pg_book_lock(conn, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        bool is_there = false;
        if (!pg_book_has(conn, tables[i].name, &is_there, error))
            return false;
        if (!is_there &&
            !pg_run(conn, error, "CREATE SCHEMA IF NOT EXISTS %s; CREATE TABLE %s.%s %s",
                    conn->book, conn->book, tables[i].name, tables[i].columns))
            return false;
    }
    return true;
}

static bool
has_rows(PgConn *conn, const char *table, bool *ret, GError **error)
{
    bool is_there = false;
    int64_t rows = 0;
    if (!pg_book_has(conn, table, &is_there, error) ||
        (is_there &&
         !pg_int(conn, &rows, error, "SELECT count(*) FROM (SELECT 1 FROM %s.%s LIMIT 1) t",
                 conn->book, table)))
        return false;
    *ret = rows > 0;
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

/* None while a plan is fenced, which needs all of them; else what has no row left, and functions that no trigger calls. */
bool
pg_book_tidy(PgConn *conn, GError **error)
{
    AUTO_RESULT *unused = NULL;
    if (!pg_book_lock(conn, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        bool is_used = false;
        if (!has_rows(conn, tables[i].name, &is_used, error))
            return false;
        if (is_used && strcmp(tables[i].name, "_honk_fence") == 0)
            return true;
        if (!is_used &&
            !pg_run(conn, error, "DROP TABLE IF EXISTS %s.%s", conn->book, tables[i].name))
            return false;
    }
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

bool
pg_book_forget(PgConn *conn, const char *plan, PgBookExtent extent, GError **error)
{
    if (!pg_book_lock(conn, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        bool is_there = false, is_quarantine = strcmp(tables[i].name, "_honk_quarantine") == 0;
        if (is_quarantine && extent == PG_BOOK_BUT_QUARANTINE)
            continue;
        if (!pg_book_has(conn, tables[i].name, &is_there, error))
            return false;
        if (is_there && !pg_run(conn, error, "DELETE FROM %s.%s WHERE plan = %Q", conn->book,
                                tables[i].name, plan))
            return false;
    }
    return pg_book_tidy(conn, error);
}

/* --- fence --- */

static bool
fail_fenced(const char *what, const char *scope, int64_t stands, const Writer *writer,
            GError **error)
{
    return fail(error, ERR_FENCED,
                "the fence of %s '%s' stands at %" G_GINT64_FORMAT
                ", our token is %" G_GINT64_FORMAT,
                what, scope, stands, writer->token);
}

static bool
lock_task(PgConn *conn, const Writer *writer, bool is_shared, GError **error)
{
    return pg_run(conn, error, "SELECT pg_advisory_xact_lock%s(%d, hashtext(%Q || '/' || %Q))",
                  is_shared ? "_shared" : "", LOCK_CLASS, writer->plan, writer->task);
}

/* 0 when there is no row. */
static bool
read_fence(PgConn *conn, const char *scope, const char *lock, int64_t *ret_token, GError **error)
{
    return pg_int(conn, ret_token, error, "SELECT token FROM %s._honk_fence WHERE scope = %Q%s",
                  conn->book, scope, lock);
}

bool
pg_book_passes(PgConn *conn, const Writer *writer, bool *ret_is_staged, GError **error)
{
    int64_t of_plan = 0, of_task = 0;
    bool is_there = false;
    *ret_is_staged = false;
    if (!pg_book_has(conn, "_honk_fence", &is_there, error))
        return false;
    if (!is_there)
        return true;
    if (!lock_task(conn, writer, true, error) ||
        !read_fence(conn, writer->plan, " FOR SHARE", &of_plan, error) ||
        !read_fence(conn, writer->task, "", &of_task, error))
        return false;
    *ret_is_staged = of_plan > 0;
    if (of_plan > writer->token)
        return fail_fenced("plan", writer->plan, of_plan, writer, error);
    if (of_task > writer->token)
        return fail_fenced("task", writer->task, of_task, writer, error);
    return true;
}

bool
pg_book_raise(PgConn *conn, const char *scope, const Writer *writer, GError **error)
{
    return pg_run(conn, error,
                  "INSERT INTO %s._honk_fence AS f (scope, plan, token) VALUES (%Q, %Q, %lld) "
                  "ON CONFLICT (scope) DO UPDATE SET token = greatest(f.token, excluded.token)",
                  conn->book, scope, writer->plan, (long long) writer->token);
}

bool
pg_book_begin(PgConn *conn, const Writer *writer, GError **error)
{
    bool is_staged = false;
    if (!pg_begin(conn, error))
        return false;
    if (pg_book_passes(conn, writer, &is_staged, error) &&
        (is_staged ||
         fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan)))
        return true;
    pg_rollback(conn);
    return false;
}

/* Two attempts at one range would otherwise meet at its first row, which the later one would take for somebody else's. */
bool
pg_book_begin_range(PgConn *conn, const Writer *writer, bool *ret_done, RangeResult *ret,
                    GError **error)
{
    if (!pg_book_begin(conn, writer, error))
        return false;
    if (pg_run(conn, error,
               "SELECT pg_advisory_xact_lock(%d, hashtext('range/' || %Q || '/' || %Q))",
               LOCK_CLASS, writer->plan, writer->range) &&
        pg_ledger_find(&conn->base, writer->plan, writer->range, ret_done, ret, error))
        return true;
    pg_rollback(conn);
    return false;
}

bool
pg_fence(Conn *base, const Writer *writer, GError **error)
{
    PgConn *conn = pg_conn(base);
    int64_t of_plan = 0;
    bool is_there = false;
    if (!pg_begin(conn, error))
        return false;
    if (pg_book_has(conn, "_honk_fence", &is_there, error) &&
        (!is_there || (lock_task(conn, writer, false, error) &&
                       read_fence(conn, writer->plan, "", &of_plan, error))) &&
        (of_plan == 0 || pg_book_raise(conn, writer->task, writer, error)) &&
        pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

/* --- ledger --- */

bool
pg_book_write_range(PgConn *conn, const Writer *writer, const RangeResult *result, GError **error)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    return pg_run(conn, error,
                  "INSERT INTO %s._honk_ledger (plan, task, \"range\", token, rows_in, rows_out, "
                  "rejected, hash, at_ms) "
                  "VALUES (%Q, %Q, %Q, %lld, %lld, %lld, %lld, %Q, %lld)",
                  conn->book, writer->plan, writer->task, writer->range, (long long) writer->token,
                  (long long) result->rows_in, (long long) result->rows_out,
                  (long long) result->rejected, hash, (long long) clock_wall_ms());
}

static bool
read_result(const PGresult *rows, int row, RangeResult *ret, GError **error)
{
    RangeResult result = {.rows_in = pg_cell_int(rows, row, 0),
                          .rows_out = pg_cell_int(rows, row, 1),
                          .rejected = pg_cell_int(rows, row, 2)};
    if (!hash_sum_parse(pg_cell(rows, row, 3), &result.hash, error))
        return false;
    *ret = result;
    return true;
}

bool
pg_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found, RangeResult *ret,
               GError **error)
{
    PgConn *conn = pg_conn(base);
    AUTO_RESULT *rows = NULL;
    bool is_there = false;
    if (!pg_book_has(conn, "_honk_ledger", &is_there, error))
        return false;
    *ret_found = false;
    if (!is_there)
        return true;
    if (!pg_rows(conn, &rows, error,
                 "SELECT rows_in, rows_out, rejected, hash FROM %s._honk_ledger WHERE plan = %Q "
                 "AND \"range\" = %Q",
                 conn->book, plan, range) ||
        (PQntuples(rows) > 0 && !read_result(rows, 0, ret, error)))
        return false;
    *ret_found = PQntuples(rows) > 0;
    if (*ret_found)
        ret->was_there = true;
    return true;
}

bool
pg_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges, GError **error)
{
    PgConn *conn = pg_conn(base);
    AUTO_RESULT *rows = NULL;
    RangeResult sum = {0};
    bool is_there = false;
    if (!pg_book_has(conn, "_honk_ledger", &is_there, error))
        return false;
    if (is_there &&
        !pg_rows(conn, &rows, error,
                 "SELECT rows_in, rows_out, rejected, hash FROM %s._honk_ledger WHERE plan = %Q",
                 conn->book, plan))
        return false;
    int count = rows != NULL ? PQntuples(rows) : 0;
    for (int i = 0; i < count; i++) {
        RangeResult one;
        if (!read_result(rows, i, &one, error))
            return false;
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
    }
    *ret = sum;
    *ret_ranges = count;
    return true;
}

/* --- quarantine --- */

bool
pg_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(json_t) list = json_array();
    AUTO_RESULT *rows = NULL;
    bool is_there = false;
    if (!pg_book_has(conn, "_honk_quarantine", &is_there, error))
        return false;
    if (is_there && !pg_rows(conn, &rows, error,
                             "SELECT task, row_id, \"row\", target_column, reason FROM "
                             "%s._honk_quarantine WHERE plan = %Q "
                             "ORDER BY id LIMIT %lld",
                             conn->book, plan, (long long) rows_max))
        return false;
    for (int i = 0; rows != NULL && i < PQntuples(rows); i++) {
        json_t *item = json_object();
        const char *text = pg_cell(rows, i, 2);
        json_t *record =
            text != NULL ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
        json_set_string(item, "task", pg_cell(rows, i, 0));
        json_set_int(item, "row_id", pg_cell_int(rows, i, 1));
        json_object_set_new(item, "row", record != NULL ? record : json_null());
        json_set_string(item, "column", pg_cell(rows, i, 3));
        json_set_string(item, "reason", pg_cell(rows, i, 4));
        json_array_append_new(list, item);
    }
    *ret = g_steal_pointer(&list);
    return true;
}
