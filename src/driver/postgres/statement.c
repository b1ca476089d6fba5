/*
 * statement.c - statements on a session: sent, awaited with a tick, and how they fail.
 *
 * Each message is a way to the server and back, which is milliseconds where it is far away. So what gives no answer that anybody waits for
 * (BEGIN, a lock, the row of a ledger) is kept until there is a question, and said in front of it (pg_later()); and questions that do not need
 * each other's answers are one message (pg_run_all()). The server does one after the other, and nothing behind one that fails.
 *
 * Nothing here blocks for longer than TICK_MS without asking whether to go on. Whoever is told to stop cancels the
 * statement in the server and hears its end before anything else is done on that session.
 */
#include "driver/postgres/postgres.h"

#include <poll.h>
#include <sqlite3.h>
#include <string.h>

#define TICK_MS 100   /* a person who says stop waits no longer */
#define DRAIN_MS 5000 /* an end comes at once, or the session is not worth waiting for */

void
pg_done(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

/* --- errors --- */

static const struct {
    const char *state; /* or the beginning of one; the first that fits counts */
    ErrorCode code;
} codes[] = {
    {"08", ERR_UNREACHABLE},  {"57P", ERR_UNREACHABLE},   {"57014", ERR_TRANSIENT},
    {"53100", ERR_NO_SPACE},  {"53", ERR_TRANSIENT},      {"40", ERR_TRANSIENT},
    {"55P03", ERR_TRANSIENT}, {"55006", ERR_TRANSIENT},   {"25P0", ERR_TRANSIENT},
    {"25006", ERR_FORBIDDEN}, {"58030", ERR_TRANSIENT},   {"42501", ERR_FORBIDDEN},
    {"28", ERR_FORBIDDEN},    {"42P01", ERR_NOT_FOUND},   {"54000", ERR_INVALID},
    {"54", ERR_TOO_LARGE},    {"0A000", ERR_UNSUPPORTED}, {"XX001", ERR_CORRUPT},
    {"XX002", ERR_CORRUPT},   {"XX", ERR_INTERNAL},       {"F0", ERR_TRANSIENT},
};

static ErrorCode
code_of(const char *state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_str_has_prefix(state, codes[i].state))
            return codes[i].code;
    return ERR_INVALID;
}

bool
pg_state_is(const PgConn *conn, const char *prefix)
{
    return g_str_has_prefix(conn->state, prefix);
}

static char *
one_line(const char *text)
{
    char *copy = g_strdup(text != NULL ? text : "");
    g_strdelimit(copy, "\n\t", ' ');
    return g_strstrip(copy);
}

bool
pg_fail(PgConn *conn, PGconn *db, const PGresult *result, GError **error)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    g_strlcpy(conn->state, state != NULL ? state : "08006", sizeof conn->state);
    if (state == NULL || PQstatus(db) != CONNECTION_OK) {
        g_autofree char *why =
            one_line(state == NULL ? PQerrorMessage(db)
                                   : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        if (pg_state_is(conn, "08") || pg_state_is(conn, "57P"))
            return fail(error, ERR_UNREACHABLE, "the session with %s ended: %s", conn->place, why);
    }
    g_autofree char *message = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    g_autofree char *detail = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    if (pg_state_is(conn, "55P03"))
        return fail(error, ERR_TRANSIENT, "others hold a lock for longer than we wait (%s)%s%s",
                    message, conn->holder != NULL ? ": " : "",
                    conn->holder != NULL ? conn->holder : "");
    if (pg_state_is(conn, "57014"))
        return fail(error, ERR_TRANSIENT, "the server ended the statement: %s", message);
    return fail(error, code_of(conn->state), "%s%s%s", message, detail[0] != '\0' ? ": " : "",
                detail);
}

/* --- waiting --- */

static bool
ticks(PgConn *conn)
{
    return conn->base.tick == NULL || conn->base.tick(conn->rows_done, conn->base.tick_data);
}

bool
pg_ticks(PgConn *conn, GError **error)
{
    return ticks(conn) || fail(error, ERR_STOPPED, "asked to stop");
}

short
pg_events_of(PGconn *db)
{
    return PQflush(db) == 1 ? POLLIN | POLLOUT : POLLIN;
}

/* Who does not even hear that it should end is not waited for. */
static bool
stop(PGconn *db, GError **error)
{
    if (!pg_ask_to_end(db))
        pg_lose(db);
    return fail(error, ERR_STOPPED, "asked to stop");
}

/* Until there is something to take; for who is sending, until it may go on. */
static bool
await(PgConn *conn, PGconn *db, bool is_sending, GError **error)
{
    struct pollfd wait = {.fd = PQsocket(db), .events = pg_events_of(db)};
    if (is_sending && (wait.events & POLLOUT) == 0) /* all is said by now: nobody answers that */
        return true;
    Silence silence = silence_begin(TICK_MS);
    for (; PQstatus(db) == CONNECTION_OK && poll(&wait, 1, TICK_MS) == 0;
         silence.waited_ms += TICK_MS) {
        if (!ticks(conn))
            return stop(db, error);
        if (silence_ends_soon(&silence, conn->lock_timeout_ms, TICK_MS))
            pg_look_for_holder(conn, db);
        if (silence_is_due(&silence, conn->silence_ms, TICK_MS) &&
            !pg_is_at_work(conn, db, &silence, error))
            return false;
    }
    return PQconsumeInput(db) == 1 || pg_fail(conn, db, NULL, error);
}

bool
pg_put(PgConn *conn, PGconn *db, const GString *data, GError **error)
{
    int left = PQputCopyData(db, data->str, (int) data->len) == 1 ? PQflush(db) : -1;
    for (; left == 1; left = PQflush(db))
        if (!await(conn, db, true, error))
            return false;
    return left == 0 || pg_fail(conn, db, NULL, error);
}

static void
drain_copy(PGconn *db, int64_t until_us)
{
    char *data = NULL;
    int got = 0;
    while ((got = PQgetCopyData(db, &data, 1)) > 0 || (got == 0 && pg_await_end(db, until_us)))
        if (got > 0)
            PQfreemem(data);
}

/* The rest of what a session had to say; one that does not come to its end is lost. */
static void
drain(PGconn *db)
{
    int64_t until_us = g_get_monotonic_time() + DRAIN_MS * INT64_C(1000);
    for (;;) {
        while (PQisBusy(db) == 1 && pg_await_end(db, until_us))
            continue;
        AUTO_RESULT *rest = PQgetResult(db);
        if (rest == NULL || PQstatus(db) != CONNECTION_OK)
            return;
        if (PQresultStatus(rest) == PGRES_COPY_IN)
            PQputCopyEnd(db, "given up");
        if (PQresultStatus(rest) == PGRES_COPY_OUT)
            drain_copy(db, until_us);
    }
}

bool
pg_end_copy(PgConn *conn, GError **error)
{
    AUTO_RESULT *done = NULL;
    AUTO_RESULT *none = NULL;
    if (PQputCopyEnd(conn->db, NULL) != 1)
        return pg_fail(conn, conn->db, NULL, error);
    return pg_next_result(conn, conn->db, &done, error) &&
           pg_next_result(conn, conn->db, &none, error);
}

void
pg_give_up(PGconn *db)
{
    if (PQputCopyEnd(db, "given up") == 1)
        drain(db);
}

void
pg_cancel(PGconn *db)
{
    if (!pg_ask_to_end(db))
        pg_lose(db);
    drain(db);
}

void
pg_end_transaction(PGconn *db)
{
    drain(db); /* of what went before: libpq sends nothing until it is taken */
    if (PQsendQuery(db, "ROLLBACK") == 1)
        drain(db);
}

bool
pg_await_result(PgConn *conn, PGconn *db, GError **error)
{
    while (PQisBusy(db) == 1)
        if (!await(conn, db, false, error)) {
            drain(db);
            return false;
        }
    return true;
}

bool
pg_next_result(PgConn *conn, PGconn *db, PGresult **ret, GError **error)
{
    if (!pg_await_result(conn, db, error))
        return false;
    AUTO_RESULT *result = PQgetResult(db);
    ExecStatusType status = PQresultStatus(result);
    if (result != NULL && (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
                           status == PGRES_EMPTY_QUERY)) {
        pg_fail(conn, db, result, error);
        drain(db);
        return false;
    }
    *ret = g_steal_pointer(&result);
    return true;
}

bool
pg_copied(PgConn *conn, PGconn *db, char **ret, size_t *ret_bytes, GError **error)
{
    for (;;) {
        char *data = NULL;
        int got = PQgetCopyData(db, &data, 1);
        if (got == 0 && PQconsumeInput(db) == 1) /* mostly there is more already */
            got = PQgetCopyData(db, &data, 1);
        if (got > 0) {
            *ret = data;
            *ret_bytes = (size_t) got;
            return true;
        }
        if (got == -2)
            return pg_fail(conn, db, NULL, error);
        if (got == -1)
            break;
        if (!await(conn, db, false, error)) {
            drain(db);
            return false;
        }
    }
    AUTO_RESULT *end = NULL;
    AUTO_RESULT *none = NULL;
    *ret = NULL;
    return pg_next_result(conn, db, &end, error) && pg_next_result(conn, db, &none, error);
}

/* --- statements --- */

char *
pg_sql(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    g_assert(sql != NULL);
    char *copy = g_strdup(sql);
    sqlite3_free(sql);
    return copy;
}

/* With what was kept for this session in front. */
static bool
say(PgConn *conn, PGconn *db, const char *sql)
{
    g_clear_pointer(&conn->holder, g_free);
    if (db != conn->db || conn->later->len == 0)
        return PQsendQuery(db, sql) == 1;
    g_string_append(conn->later, sql);
    bool done = PQsendQuery(db, conn->later->str) == 1;
    g_string_truncate(conn->later, 0);
    return done;
}

static void
clear_result(void *result)
{
    PQclear(result);
}

bool
pg_run_all(PgConn *conn, PGconn *db, const char *sql, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(clear_result);
    if (!ticks(conn))
        return fail(error, ERR_STOPPED, "asked to stop");
    if (!say(conn, db, sql))
        return pg_fail(conn, db, NULL, error);
    for (;;) {
        PGresult *result = NULL;
        if (!pg_next_result(conn, db, &result, error))
            return false;
        if (result == NULL)
            break;
        g_ptr_array_add(all, result);
        if (PQresultStatus(result) == PGRES_COPY_OUT || PQresultStatus(result) == PGRES_COPY_IN)
            break; /* the caller goes on from here */
    }
    *ret = g_steal_pointer(&all);
    return true;
}

bool
pg_run_on(PgConn *conn, PGconn *db, const char *sql, PGresult **ret, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    if (!pg_run_all(conn, db, sql, &all, error))
        return false;
    if (ret != NULL)
        *ret = all->len > 0 ? g_ptr_array_steal_index(all, all->len - 1) : NULL;
    return true;
}

void
pg_later(PgConn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    g_assert(sql != NULL && conn->in_transaction);
    g_string_append_printf(conn->later, "%s; ", sql);
    sqlite3_free(sql);
}

static bool
run_v(PgConn *conn, PGresult **ret, GError **error, const char *format, va_list args)
{
    char *sql = sqlite3_vmprintf(format, args);
    g_assert(sql != NULL);
    bool done = pg_run_on(conn, conn->db, sql, ret, error);
    sqlite3_free(sql);
    return done;
}

bool
pg_run(PgConn *conn, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool done = run_v(conn, NULL, error, format, args);
    va_end(args);
    return done;
}

bool
pg_rows(PgConn *conn, PGresult **ret, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool done = run_v(conn, ret, error, format, args);
    va_end(args);
    return done;
}

bool
pg_int(PgConn *conn, int64_t *ret, GError **error, const char *format, ...)
{
    AUTO_RESULT *rows = NULL;
    va_list args;
    va_start(args, format);
    bool done = run_v(conn, &rows, error, format, args);
    va_end(args);
    if (!done)
        return false;
    *ret = PQntuples(rows) > 0 ? pg_cell_int(rows, 0, 0) : 0;
    return true;
}

const char *
pg_cell(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) == 1 ? NULL : PQgetvalue(rows, row, column);
}

int64_t
pg_cell_int(const PGresult *rows, int row, int column)
{
    const char *text = pg_cell(rows, row, column);
    return text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
}

bool
pg_cell_bool(const PGresult *rows, int row, int column)
{
    return g_strcmp0(pg_cell(rows, row, column), "t") == 0;
}

char *
pg_name(const char *name)
{
    return pg_sql("\"%w\"", name);
}

/* --- transactions --- */

/* Deferred constraints speak up at each statement, while it is known which rows they are about. */
void
pg_begin(PgConn *conn)
{
    g_assert(!conn->in_transaction);
    conn->in_transaction = true;
    pg_later(conn,
             "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET CONSTRAINTS ALL IMMEDIATE");
}

bool
pg_commit(PgConn *conn, GError **error)
{
    AUTO_RESULT *result = NULL;
    if (!conn_confirm(&conn->base, error) || !pg_rows(conn, &result, error, "COMMIT"))
        return false;
    conn->in_transaction = false;
    /* of a failed transaction, COMMIT says ROLLBACK and that all is well */
    return strcmp(PQcmdStatus(result), "COMMIT") == 0 ||
           fail(error, ERR_INTERNAL, "the transaction had failed before it was committed");
}

void
pg_rollback(PgConn *conn)
{
    if (conn->in_transaction &&
        PQtransactionStatus(conn->db) != PQTRANS_IDLE) /* else it is not begun */
        pg_end_transaction(conn->db);
    g_string_truncate(conn->later, 0);
    conn->in_transaction = false;
}
