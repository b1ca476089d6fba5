/* book.c - what the bookkeeping says in SQLite's words. A transaction that writes is alone, so there is nothing to lock. */
#include "driver/book.h"
#include "driver/sqlite/sqlite.h"

#define CELLS_MAX 8 /* more than any question of the bookkeeping has */

static bool
book_run(Conn *base, const char *sql, GError **error)
{
    return sq_exec(sqlite_conn(base), error, "%s", sql);
}

static bool
book_each(Conn *base, const char *sql, BookRowFn *fn, void *data, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    AUTO_STMT *all = NULL;
    bool row = true;
    if (!sq_prepare(conn, &all, error, "%s", sql))
        return false;
    int count = sqlite3_column_count(all);
    g_assert(count <= CELLS_MAX);
    for (;;) {
        const char *cells[CELLS_MAX];
        if (!sq_step(conn, all, &row, error))
            return false;
        if (!row)
            return true;
        for (int i = 0; i < count; i++)
            cells[i] = (const char *) sqlite3_column_text(all, i);
        if (!fn(cells, data, error))
            return false;
    }
}

static bool
book_find(Conn *base, const char *const *tables, size_t count, bool *ret, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        int64_t there = 0;
        if (!sq_int(sqlite_conn(base), &there, error,
                    "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = %Q",
                    tables[i]))
            return false;
        ret[i] = there > 0;
    }
    return true;
}

static bool
begin(Conn *base, const Writer *writer, GError **error)
{
    return sq_begin(sqlite_conn(base), error);
}

static bool
commit(Conn *base, GError **error)
{
    return sq_commit(sqlite_conn(base), error);
}

static void
rollback(Conn *base)
{
    sq_rollback(sqlite_conn(base));
}

const BookSql sqlite_book = {
    .columns =
        {
            [BOOK_FENCE] = "(scope TEXT PRIMARY KEY, plan TEXT NOT NULL, token INTEGER NOT NULL, "
                           "stage TEXT, target TEXT) WITHOUT ROWID",
            [BOOK_LEDGER] =
                "(plan TEXT, task TEXT, \"range\" TEXT, token INTEGER, rows_in INTEGER, "
                "rows_out INTEGER, rejected INTEGER, hash TEXT, at_ms INTEGER, "
                "PRIMARY KEY (plan, \"range\")) WITHOUT ROWID",
            [BOOK_QUARANTINE] = "(plan TEXT, task TEXT, row_id INTEGER, row TEXT, target_column "
                                "TEXT, reason TEXT, at_ms INTEGER)",
            [BOOK_SWAP] = "(plan TEXT PRIMARY KEY, stage TEXT, target TEXT, kept TEXT, saved TEXT, "
                          "at_ms INTEGER) WITHOUT ROWID",
            [BOOK_WRITTEN] = "(plan TEXT, row, PRIMARY KEY (plan, row)) WITHOUT ROWID",
        },
    .share = "",
    .raise = "ON CONFLICT (scope) DO UPDATE SET token = max(token, excluded.token)",
    .oldest = "rowid",
    .run = book_run,
    .each = book_each,
    .has = book_find,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
};
