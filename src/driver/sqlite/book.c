/*
 * book.c - the bookkeeping that Honk keeps inside a target: fence, ledger, quarantine.
 *
 * It lies in the same file as the rows, because only then are both there or neither. The tables are made
 * by the first stage and dropped when no plan is fenced any more and they are empty. What a task with its token may find:
 *
 *   no table or no row of the plan in _honk_fence    nothing was staged, or all of it was undone: FENCED
 *   the plan's row has a higher token                the plan goes back, this far at least: FENCED
 *   the task's row has a higher token                a probe looked after this attempt: FENCED
 *   else                                             go on
 */
#include "driver/sqlite/sqlite.h"

#include "base/clock.h"

#include <string.h>

static const struct {
    const char *name;
    const char *columns;
} tables[] = {
    {"_honk_fence", "(scope TEXT PRIMARY KEY, plan TEXT NOT NULL, token INTEGER NOT NULL, "
                    "stage TEXT, target TEXT) WITHOUT ROWID"},
    {"_honk_ledger",
     "(plan TEXT, task TEXT, \"range\" TEXT, token INTEGER, rows_in INTEGER, rows_out INTEGER, "
     "rejected INTEGER, hash TEXT, at_ms INTEGER, PRIMARY KEY (plan, \"range\")) WITHOUT ROWID"},
    {"_honk_quarantine", "(plan TEXT, task TEXT, row_id INTEGER, row TEXT, target_column TEXT, "
                         "reason TEXT, at_ms INTEGER)"},
    {"_honk_swap", "(plan TEXT PRIMARY KEY, stage TEXT, target TEXT, kept TEXT, saved TEXT, "
                   "at_ms INTEGER) WITHOUT ROWID"},
    {"_honk_written", "(plan TEXT, row, PRIMARY KEY (plan, row)) WITHOUT ROWID"},
};

bool
book_has(SqliteConn *conn, const char *table, bool *ret, GError **error)
{
    int64_t count = 0;
    if (!sq_int(conn, &count, error,
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = %Q",
                table))
        return false;
    *ret = count > 0;
    return true;
}

bool
book_make(SqliteConn *conn, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        if (!sq_exec(conn, error, "CREATE TABLE IF NOT EXISTS main.%s %s", tables[i].name,
                     tables[i].columns))
            return false;
    return true;
}

static bool
has_rows(SqliteConn *conn, const char *table, bool *ret, GError **error)
{
    bool is_there = false;
    int64_t rows = 0;
    if (!book_has(conn, table, &is_there, error) ||
        (is_there && !sq_int(conn, &rows, error, "SELECT EXISTS (SELECT 1 FROM main.%s)", table)))
        return false;
    *ret = rows > 0;
    return true;
}

/* None while a plan is fenced, which needs all of them; else what has no row left. */
static bool
drop_empty(SqliteConn *conn, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        bool is_used = false;
        if (!has_rows(conn, tables[i].name, &is_used, error))
            return false;
        if (is_used && strcmp(tables[i].name, "_honk_fence") == 0)
            return true;
        if (!is_used && !sq_exec(conn, error, "DROP TABLE IF EXISTS main.%s", tables[i].name))
            return false;
    }
    return true;
}

bool
book_forget(SqliteConn *conn, const char *plan, BookExtent extent, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        bool is_there = false, is_quarantine = strcmp(tables[i].name, "_honk_quarantine") == 0;
        if (is_quarantine && extent == BOOK_BUT_QUARANTINE)
            continue;
        if (!book_has(conn, tables[i].name, &is_there, error))
            return false;
        if (is_there &&
            !sq_exec(conn, error, "DELETE FROM main.%s WHERE plan = %Q", tables[i].name, plan))
            return false;
    }
    return drop_empty(conn, error);
}

/* --- fence --- */

/* 0 when there is no row. */
static bool
read_fence(SqliteConn *conn, const char *scope, int64_t *ret_token, GError **error)
{
    return sq_int(conn, ret_token, error, "SELECT token FROM main._honk_fence WHERE scope = %Q",
                  scope);
}

static bool
fail_fenced(const char *what, const char *scope, int64_t stands, const Writer *writer,
            GError **error)
{
    return fail(error, ERR_FENCED,
                "the fence of %s '%s' stands at %" G_GINT64_FORMAT ", our token is "
                "%" G_GINT64_FORMAT,
                what, scope, stands, writer->token);
}

bool
book_passes(SqliteConn *conn, const Writer *writer, bool *ret_is_staged, GError **error)
{
    int64_t of_plan = 0, of_task = 0;
    bool is_there = false;
    *ret_is_staged = false;
    if (!book_has(conn, "_honk_fence", &is_there, error))
        return false;
    if (!is_there)
        return true;
    if (!read_fence(conn, writer->plan, &of_plan, error) ||
        !read_fence(conn, writer->task, &of_task, error))
        return false;
    *ret_is_staged = of_plan > 0;
    if (of_plan > writer->token)
        return fail_fenced("plan", writer->plan, of_plan, writer, error);
    if (of_task > writer->token)
        return fail_fenced("task", writer->task, of_task, writer, error);
    return true;
}

bool
book_raise(SqliteConn *conn, const char *scope, const Writer *writer, GError **error)
{
    return sq_exec(conn, error,
                   "INSERT INTO main._honk_fence (scope, plan, token) VALUES (%Q, %Q, %lld) "
                   "ON CONFLICT (scope) DO UPDATE SET token = max(token, excluded.token)",
                   scope, writer->plan, (long long) writer->token);
}

bool
book_begin(SqliteConn *conn, const Writer *writer, GError **error)
{
    bool is_staged = false;
    if (!sq_begin(conn, error))
        return false;
    if (book_passes(conn, writer, &is_staged, error) &&
        (is_staged ||
         fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan)))
        return true;
    sq_rollback(conn);
    return false;
}

bool
sqlite_fence(Conn *base, const Writer *writer, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    int64_t of_plan = 0;
    bool is_there = false;
    if (!sq_begin(conn, error))
        return false;
    if (book_has(conn, "_honk_fence", &is_there, error) &&
        (!is_there || read_fence(conn, writer->plan, &of_plan, error)) &&
        (of_plan == 0 || book_raise(conn, writer->task, writer, error)) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

/* --- ledger --- */

bool
book_write_range(SqliteConn *conn, const Writer *writer, const RangeResult *result, GError **error)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    return sq_exec(
        conn, error,
        "INSERT INTO main._honk_ledger (plan, task, \"range\", token, rows_in, rows_out, "
        "rejected, hash, at_ms) VALUES (%Q, %Q, %Q, %lld, %lld, %lld, %lld, %Q, %lld)",
        writer->plan, writer->task, writer->range, (long long) writer->token,
        (long long) result->rows_in, (long long) result->rows_out, (long long) result->rejected,
        hash, (long long) clock_wall_ms());
}

static bool
read_result(sqlite3_stmt *row, RangeResult *ret, GError **error)
{
    RangeResult result = {.rows_in = sqlite3_column_int64(row, 0),
                          .rows_out = sqlite3_column_int64(row, 1),
                          .rejected = sqlite3_column_int64(row, 2)};
    if (!hash_sum_parse((const char *) sqlite3_column_text(row, 3), &result.hash, error))
        return false;
    *ret = result;
    return true;
}

bool
sqlite_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found,
                   RangeResult *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    AUTO_STMT *find = NULL;
    bool row = false, is_there = false;
    if (!book_has(conn, "_honk_ledger", &is_there, error))
        return false;
    if (is_there && (!sq_prepare(conn, &find, error,
                                 "SELECT rows_in, rows_out, rejected, hash FROM main._honk_ledger "
                                 "WHERE plan = %Q AND \"range\" = %Q",
                                 plan, range) ||
                     !sq_step(conn, find, &row, error) || (row && !read_result(find, ret, error))))
        return false;
    if (row)
        ret->was_there = true;
    *ret_found = row;
    return true;
}

bool
sqlite_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                  GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    RangeResult sum = {0};
    int64_t ranges = 0;
    AUTO_STMT *all = NULL;
    bool row = false;
    if (!book_has(conn, "_honk_ledger", &row, error))
        return false;
    if (row && !sq_prepare(conn, &all, error,
                           "SELECT rows_in, rows_out, rejected, hash FROM main._honk_ledger "
                           "WHERE plan = %Q",
                           plan))
        return false;
    while (row) {
        RangeResult one;
        if (!sq_step(conn, all, &row, error) || (row && !read_result(all, &one, error)))
            return false;
        if (!row)
            break;
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
        ranges++;
    }
    *ret = sum;
    *ret_ranges = ranges;
    return true;
}

/* --- quarantine --- */

bool
sqlite_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(json_t) list = json_array();
    AUTO_STMT *all = NULL;
    bool row = false;
    if (!book_has(conn, "_honk_quarantine", &row, error))
        return false;
    if (row && !sq_prepare(conn, &all, error,
                           "SELECT task, row_id, row, target_column, reason FROM "
                           "main._honk_quarantine WHERE plan = %Q ORDER BY rowid LIMIT %lld",
                           plan, (long long) rows_max))
        return false;
    while (row) {
        if (!sq_step(conn, all, &row, error))
            return false;
        if (!row)
            break;
        json_t *item = json_object();
        json_set_string(item, "task", (const char *) sqlite3_column_text(all, 0));
        json_set_int(item, "row_id", sqlite3_column_int64(all, 1));
        const char *text = (const char *) sqlite3_column_text(all, 2);
        json_t *record =
            text != NULL ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
        json_object_set_new(item, "row", record != NULL ? record : json_null());
        json_set_string(item, "column", (const char *) sqlite3_column_text(all, 3));
        json_set_string(item, "reason", (const char *) sqlite3_column_text(all, 4));
        json_array_append_new(list, item);
    }
    *ret = g_steal_pointer(&list);
    return true;
}
