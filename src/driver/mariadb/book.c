/*
 * book.c - what the bookkeeping says in MariaDB's words.
 *
 * The tables lie beside those of people, because who may write to one database seldom may make another. A lock is on a row,
 * so the row of a task must be there before it can be shared: it is made, with token 0, before the transaction begins.
 * Tables are made and dropped by statements that commit whatever is open; whoever does that takes a lock by name first.
 */
#include "driver/mariadb/mariadb.h"

#define CELLS_MAX 8 /* more than any question of the bookkeeping has */
#define NAME "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
#define TEXT "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

static bool
book_run(Conn *base, const char *sql, GError **error)
{
    MariaConn *conn = maria_conn(base);
    return maria_run_on(conn, conn->db, sql, error);
}

static bool
book_each(Conn *base, const char *sql, BookRowFn *fn, void *data, GError **error)
{
    MariaConn *conn = maria_conn(base);
    AUTO_ROWS *rows = NULL;
    if (!maria_rows_on(conn, conn->db, sql, &rows, error))
        return false;
    unsigned count = mysql_num_fields(rows);
    g_assert(count <= CELLS_MAX);
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        const char *cells[CELLS_MAX];
        for (unsigned i = 0; i < count; i++)
            cells[i] = row[i];
        if (!fn(cells, data, error))
            return false;
    }
    return true;
}

static bool
book_find(Conn *base, const char *const *tables, size_t count, bool *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *list = book_list(tables, count);
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %Q AND "
                    "TABLE_NAME IN (%s)",
                    conn->at.database, list))
        return false;
    for (size_t i = 0; i < count; i++)
        ret[i] = false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;)
        book_tick_off(row[0], tables, count, ret);
    return true;
}

/* --- locks --- */

static char *
lock_name(const MariaConn *conn, const char *what, const char *which)
{
    g_autofree char *whole = g_strjoin("\n", conn->at.database, what, which, NULL);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA1, whole, -1);
    return g_strconcat("honk:", digest, NULL);
}

/* A session whose program died on another host keeps its locks until the server notices; a person may be faster. */
static bool
fail_taken(MariaConn *conn, const char *name, const char *what, GError **error)
{
    int64_t holder = 0;
    if (!maria_int(conn, &holder, error, "SELECT IS_USED_LOCK(%Q)", name))
        return false;
    return fail(error, ERR_TRANSIENT,
                "another session of Honk, %lld, %s here for longer than we wait; if its program is "
                "gone, KILL %lld frees it",
                (long long) holder, what, (long long) holder);
}

static bool
take_lock(MariaConn *conn, const char *name, const char *what, GError **error)
{
    int64_t is_mine = 0;
    return maria_int(conn, &is_mine, error, "SELECT GET_LOCK(%Q, %lld)", name,
                     (long long) conn->lock_timeout_s) &&
           (is_mine == 1 || fail_taken(conn, name, what, error));
}

bool
maria_lock(Conn *base, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *name = lock_name(conn, "tables", "");
    conn->has_lock = conn->has_lock || take_lock(conn, name, "changes tables", error);
    return conn->has_lock;
}

void
maria_unlock(Conn *base)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *name = lock_name(conn, "tables", "");
    TickFn *tick = base->tick;
    base->tick = NULL; /* also who is told to stop gives it back */
    if (conn->has_lock && !maria_run(conn, NULL, "DO RELEASE_LOCK(%Q)", name))
        g_debug("the lock goes with its session");
    conn->has_lock = false;
    base->tick = tick;
}

static bool
lock_task(Conn *base, const Writer *writer, GError **error)
{
    MariaConn *conn = maria_conn(base);
    return maria_run(conn, error, "SELECT token FROM %s._honk_fence WHERE scope = %Q FOR UPDATE",
                     conn->book, writer->task);
}

static bool
lock_range(Conn *base, const Writer *writer, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *which = g_strjoin("\n", writer->plan, writer->range, NULL);
    g_autofree char *name = lock_name(conn, "range", which);
    if (!take_lock(conn, name, "writes this range", error))
        return false;
    conn->range_lock = g_steal_pointer(&name);
    return true;
}

/* The lock is on the task's own row, so whoever takes it sees its token, and both are locked as they are read. */
static bool
look(Conn *base, const Writer *writer, BookLook *ret, GError **error)
{
    g_autofree char *of_task = book_fence_question(base, writer->task, maria_book.share);
    g_autofree char *of_plan = book_fence_question(base, writer->plan, maria_book.share);
    return book_each(base, of_task, book_take_token, &ret->of_task, error) &&
           book_each(base, of_plan, book_take_token, &ret->of_plan, error);
}

/* --- transactions --- */

/* Who may not write here is told so of the fence, whether there is one or not. */
static bool
has_no_fence(MariaConn *conn)
{
    static const char *const fence[] = {"_honk_fence"};
    bool is_there = true;
    return book_find(&conn->base, fence, G_N_ELEMENTS(fence), &is_there, NULL) && !is_there;
}

/* Where there is no bookkeeping, there is no row to be locked. */
static bool
make_row(MariaConn *conn, const Writer *writer, GError **error)
{
    g_autoptr(GError) missing = NULL;
    if (maria_run(conn, &missing,
                  "INSERT IGNORE INTO %s._honk_fence (scope, plan, token) SELECT %Q, %Q, 0 FROM "
                  "%s._honk_fence WHERE scope = %Q LOCK IN SHARE MODE",
                  conn->book, writer->task, writer->plan, conn->book, writer->plan) ||
        error_is(missing, ERR_NOT_FOUND) ||
        (error_is(missing, ERR_FORBIDDEN) && has_no_fence(conn)))
        return true;
    g_propagate_error(error, g_steal_pointer(&missing));
    return false;
}

static bool
begin(Conn *base, const Writer *writer, GError **error)
{
    MariaConn *conn = maria_conn(base);
    return (writer == NULL || make_row(conn, writer, error)) && maria_begin(conn, error);
}

static bool
commit(Conn *base, GError **error)
{
    return maria_commit(maria_conn(base), error);
}

static void
rollback(Conn *base)
{
    maria_rollback(maria_conn(base));
}

const BookSql maria_book = {
    .columns =
        {
            [BOOK_FENCE] = "(scope " NAME " PRIMARY KEY, plan " NAME " NOT NULL, token BIGINT NOT "
                           "NULL, stage " NAME ", target " NAME ", KEY (plan)) ENGINE=InnoDB",
            [BOOK_LEDGER] = "(plan " NAME ", task " NAME ", \"range\" " NAME ", token BIGINT, "
                            "rows_in BIGINT, rows_out BIGINT, rejected BIGINT, hash " NAME
                            ", at_ms BIGINT, PRIMARY KEY (plan, \"range\")) ENGINE=InnoDB",
            [BOOK_QUARANTINE] = "(id BIGINT AUTO_INCREMENT PRIMARY KEY, plan " NAME ", task " NAME
                                ", row_id BIGINT, \"row\" " TEXT ", target_column " NAME
                                ", reason " TEXT ", at_ms BIGINT, KEY (plan)) ENGINE=InnoDB",
            [BOOK_SWAP] = "(plan " NAME " PRIMARY KEY, stage " NAME ", target " NAME ", kept " NAME
                          ", saved " TEXT ", at_ms BIGINT) ENGINE=InnoDB",
            [BOOK_WRITTEN] =
                "(plan " NAME ", \"row\" " NAME ", PRIMARY KEY (plan, \"row\")) ENGINE=InnoDB",
        },
    .share = " LOCK IN SHARE MODE",
    .raise = "ON DUPLICATE KEY UPDATE token = greatest(token, VALUES(token))",
    .oldest = "id",
    .run = book_run,
    .each = book_each,
    .has = book_find,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock = maria_lock,
    .lock_task = lock_task,
    .lock_range = lock_range,
    .look = look,
};
