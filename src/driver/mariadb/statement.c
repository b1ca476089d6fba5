/*
 * statement.c - statements on a session: sent, awaited with a tick, and how they fail.
 *
 * Nothing here waits for longer than TICK_MS without asking whether to go on. Whoever is told to stop ends the statement in
 * the server, through a session of its own, and hears its end before anything else is done on the first one.
 */
#include "base/clock.h"
#include "driver/mariadb/mariadb.h"

#include <ma_pvio.h>
#include <poll.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>

#define TICK_MS 100 /* a person who says stop waits no longer */
#define TICK_ROWS 4096
#define KILL_S 3    /* who asked to stop waits for it */
#define END_MS 5000 /* for that, too */

void
maria_done(MYSQL_RES **rows)
{
    mysql_free_result(*rows);
    *rows = NULL;
}

/* --- errors --- */

static const struct {
    unsigned number;
    ErrorCode code;
} codes[] = {
    {1205, ERR_TRANSIENT}, /* lock wait timeout */
    {1213, ERR_TRANSIENT}, /* deadlock */
    {1969, ERR_TRANSIENT}, /* max_statement_time */
    {1412, ERR_TRANSIENT}, /* the table changed under a snapshot */
    {1020, ERR_TRANSIENT}, /* a record did; the transaction is undone */
    {1206, ERR_TRANSIENT}, /* no room for more locks; likewise */
    {1040, ERR_TRANSIENT}, /* too many sessions */
    {1317, ERR_STOPPED},     {1044, ERR_FORBIDDEN},   {1045, ERR_FORBIDDEN},
    {1142, ERR_FORBIDDEN},   {1143, ERR_FORBIDDEN},   {1227, ERR_FORBIDDEN},
    {1370, ERR_FORBIDDEN},   {1290, ERR_FORBIDDEN},   {1792, ERR_FORBIDDEN},
    {1836, ERR_FORBIDDEN},   {1419, ERR_FORBIDDEN},   {1146, ERR_NOT_FOUND},
    {1051, ERR_NOT_FOUND},   {1021, ERR_NO_SPACE},    {1114, ERR_NO_SPACE},
    {1153, ERR_TOO_LARGE},   {1118, ERR_TOO_LARGE},   {1235, ERR_UNSUPPORTED},
    {1289, ERR_UNSUPPORTED}, {1194, ERR_CORRUPT},     {1712, ERR_CORRUPT},
    {1877, ERR_CORRUPT},     {1053, ERR_UNREACHABLE}, {1927, ERR_UNREACHABLE},
    {1158, ERR_UNREACHABLE}, {1159, ERR_UNREACHABLE}, {1160, ERR_UNREACHABLE},
    {1161, ERR_UNREACHABLE},
};

bool
maria_is_of_library(unsigned code)
{
    return code >= 2000 && code < 3000;
}

bool
maria_fail(MariaConn *conn, MYSQL *db, GError **error)
{
    conn->code = mysql_errno(db);
    conn->has_failed = true;
    g_strlcpy(conn->state, mysql_sqlstate(db), sizeof conn->state);
    g_autofree char *message = g_strdup(mysql_error(db));
    g_strdelimit(message, "\n\t", ' ');
    if (conn->code == 1205)
        return fail(error, ERR_TRANSIENT, "others hold a lock for longer than we wait (%s)%s%s",
                    message, conn->holder != NULL ? ": " : "",
                    conn->holder != NULL ? conn->holder : "");
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (codes[i].number == conn->code)
            return fail(error, codes[i].code, "%s", message);
    if (maria_is_of_library(conn->code))
        return fail(error, ERR_UNREACHABLE, "the session with %s ended: %s", conn->place, message);
    return fail(error, ERR_INVALID, "%s", message);
}

/* Class 22: what is wrong with a value; 23: what a constraint says; 45: what a trigger says. */
bool
maria_is_refusal(const MariaConn *conn)
{
    static const unsigned others[] = {1265, 1364, 1366, 1367, 1977, 1292, 1411, 1690};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (conn->code == others[i])
            return true;
    return g_str_has_prefix(conn->state, "22") || g_str_has_prefix(conn->state, "23") ||
           g_str_has_prefix(conn->state, "45");
}

/* --- waiting --- */

static bool
ticks(MariaConn *conn)
{
    return conn->base.tick == NULL || conn->base.tick(conn->rows_done, conn->base.tick_data);
}

/* The server ends the statement of a session only when another one asks for it. False: it has not heard so. */
static bool
end_statement(MariaConn *conn, MYSQL *db)
{
    MYSQL *other = NULL;
    g_autofree char *sql = g_strdup_printf("KILL QUERY %lu", mysql_thread_id(db));
    unsigned patience_s = conn->at.connect_timeout_s;
    conn->at.connect_timeout_s = MIN(patience_s, KILL_S);
    bool is_open = maria_connect(conn, true, &other, NULL);
    conn->at.connect_timeout_s = patience_s;
    if (!is_open)
        return false;
    bool is_heard = mysql_real_query(other, sql, strlen(sql)) == 0;
    mysql_close(other);
    return is_heard;
}

/* What is said to a session or heard from it. The library leaves off wherever it would have to wait (its non-blocking calls), also in the
 * middle of the lines of LOAD DATA or of a row, so that all waiting is ours. */
typedef struct {
    enum { SAYING, HEARING, STORING, FETCHING } part;
    MYSQL *db;
    int wanted; /* MYSQL_WAIT_…; 0: it is over */
    int failed; /* of SAYING and HEARING */
    MYSQL_RES *rows;
    MYSQL_ROW row;
} Talk;

static void
go_on(Talk *talk, int ready)
{
    my_bool failed = 0;
    switch (talk->part) {
    case SAYING:
        talk->wanted = mysql_send_query_cont(&talk->failed, talk->db, ready);
        break;
    case HEARING:
        talk->wanted = mysql_read_query_result_cont(&failed, talk->db, ready);
        talk->failed = failed;
        break;
    case STORING:
        talk->wanted = mysql_store_result_cont(&talk->rows, talk->db, ready);
        break;
    case FETCHING:
        talk->wanted = mysql_fetch_row_cont(&talk->row, talk->rows, ready);
        break;
    }
}

/* What of the wanted is there after `wait_ms` at most; 0: nothing. */
static int
poll_for(const Talk *talk, int wait_ms)
{
    struct pollfd wait = {.fd = (int) mysql_get_socket(talk->db)};
    wait.events = (short) ((talk->wanted & MYSQL_WAIT_READ ? POLLIN : 0) |
                           (talk->wanted & MYSQL_WAIT_WRITE ? POLLOUT : 0));
    if (poll(&wait, 1, wait_ms) == 0)
        return 0;
    int ready = (wait.revents & POLLIN ? MYSQL_WAIT_READ : 0) |
                (wait.revents & POLLOUT ? MYSQL_WAIT_WRITE : 0);
    return ready != 0 ? ready : talk->wanted & ~MYSQL_WAIT_TIMEOUT; /* an end is heard, too */
}

/* Of what is not waited for any longer; a session that does not come to its end is lost. */
static void
hear_end(MariaConn *conn, Talk *talk, bool is_lost)
{
    bool is_heard = !is_lost && talk->part == HEARING && end_statement(conn, talk->db);
    int64_t until_us = clock_monotonic_us() + END_MS * INT64_C(1000);
    while (talk->wanted != 0) {
        int64_t left_us = MAX(until_us - clock_monotonic_us(), 0);
        int ready = is_heard ? poll_for(talk, (int) (left_us / 1000)) : 0;
        if (ready == 0)
            shutdown((int) mysql_get_socket(talk->db), SHUT_RDWR);
        is_heard = ready != 0;
        go_on(talk, ready != 0 ? ready : talk->wanted & ~MYSQL_WAIT_TIMEOUT);
    }
    if (talk->part == HEARING && talk->failed == 0 && mysql_field_count(talk->db) > 0)
        maria_abandon(talk->db, mysql_use_result(talk->db));
}

/* To the end of what was begun. False: it was given up. */
static bool
await(MariaConn *conn, Talk *talk, GError **error)
{
    Silence silence = silence_begin(TICK_MS);
    GError *failed = NULL;
    while (talk->wanted != 0 && failed == NULL) {
        int ready = poll_for(talk, TICK_MS);
        if (ready != 0) {
            go_on(talk, ready);
            silence = silence_begin(TICK_MS);
        } else if (!ticks(conn)) {
            fail(&failed, ERR_STOPPED, "asked to stop");
        } else if (silence_ends_soon(&silence, conn->lock_timeout_s * 1000, TICK_MS)) {
            maria_look_for_holder(conn, talk->db);
            silence.waited_ms += TICK_MS;
        } else if (!silence_is_due(&silence, conn->silence_ms, TICK_MS) ||
                   maria_is_at_work(conn, talk->db, &silence, &failed)) {
            silence.waited_ms += TICK_MS;
        }
    }
    if (failed == NULL)
        return true;
    conn->has_failed = true;
    hear_end(conn, talk, !error_is(failed, ERR_STOPPED));
    g_propagate_error(error, failed);
    return false;
}

bool
maria_send(MariaConn *conn, MYSQL *db, const char *sql, size_t bytes, GError **error)
{
    Talk saying = {.part = SAYING, .db = db}, hearing = {.part = HEARING, .db = db};
    my_bool failed = 0;
    conn->code = 0;
    conn->state[0] = '\0';
    g_clear_pointer(&conn->holder, g_free);
    if (!ticks(conn))
        return fail(error, ERR_STOPPED, "asked to stop");
    saying.wanted = mysql_send_query_start(&saying.failed, db, sql, bytes);
    if (!await(conn, &saying, error))
        return false;
    if (saying.failed != 0)
        return maria_fail(conn, db, error);
    hearing.wanted = mysql_read_query_result_start(&failed, db);
    hearing.failed = failed;
    return await(conn, &hearing, error) && (hearing.failed == 0 || maria_fail(conn, db, error));
}

/* Is all of the next row here? Three bytes of each message say how long it is. */
static bool
has_row(const MYSQL *db)
{
    const MARIADB_PVIO *io = db->net.pvio;
    const unsigned char *at = io != NULL ? io->cache_pos : NULL;
    size_t here = at != NULL ? (size_t) (io->cache + io->cache_size - at) : 0;
    return here >= 4 && here - 4 >= (at[0] | (size_t) at[1] << 8 | (size_t) at[2] << 16);
}

bool
maria_next(MariaConn *conn, MYSQL *db, MYSQL_RES *rows, MYSQL_ROW *ret, GError **error)
{
    Talk talk = {.part = FETCHING, .db = db, .rows = rows};
    if (has_row(db))
        talk.row = mysql_fetch_row(rows);
    else
        talk.wanted = mysql_fetch_row_start(&talk.row, rows);
    if (!await(conn, &talk, error))
        return false;
    *ret = talk.row;
    if (*ret == NULL)
        return mysql_errno(db) == 0 || maria_fail(conn, db, error);
    conn->rows_done++;
    return conn->rows_done % TICK_ROWS != 0 || ticks(conn) ||
           fail(error, ERR_STOPPED, "asked to stop");
}

/* Else all rows that are still to come would be read to their end. */
void
maria_abandon(MYSQL *db, MYSQL_RES *rows)
{
    shutdown((int) mysql_get_socket(db), SHUT_RDWR);
    mysql_free_result(rows);
}

/* --- statements --- */

bool
maria_rows_on(MariaConn *conn, MYSQL *db, const char *sql, MYSQL_RES **ret, GError **error)
{
    if (!maria_send(conn, db, sql, strlen(sql), error))
        return false;
    Talk talk = {.part = STORING, .db = db};
    talk.wanted = mysql_store_result_start(&talk.rows, db);
    if (!await(conn, &talk, error))
        return false;
    *ret = talk.rows;
    return talk.rows != NULL || mysql_errno(db) == 0 || maria_fail(conn, db, error);
}

bool
maria_run_on(MariaConn *conn, MYSQL *db, const char *sql, GError **error)
{
    AUTO_ROWS *ignored = NULL;
    return maria_rows_on(conn, db, sql, &ignored, error);
}

static bool
rows_v(MariaConn *conn, MYSQL_RES **ret, GError **error, const char *format, va_list args)
{
    char *sql = sqlite3_vmprintf(format, args);
    g_assert(sql != NULL);
    bool done = maria_rows_on(conn, conn->db, sql, ret, error);
    sqlite3_free(sql);
    return done;
}

bool
maria_rows(MariaConn *conn, MYSQL_RES **ret, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool done = rows_v(conn, ret, error, format, args);
    va_end(args);
    return done;
}

bool
maria_run(MariaConn *conn, GError **error, const char *format, ...)
{
    AUTO_ROWS *ignored = NULL;
    va_list args;
    va_start(args, format);
    bool done = rows_v(conn, &ignored, error, format, args);
    va_end(args);
    return done;
}

bool
maria_int(MariaConn *conn, int64_t *ret, GError **error, const char *format, ...)
{
    AUTO_ROWS *rows = NULL;
    va_list args;
    va_start(args, format);
    bool done = rows_v(conn, &rows, error, format, args);
    va_end(args);
    if (!done)
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    *ret = row != NULL ? maria_cell_int(row[0]) : 0;
    return true;
}

int64_t
maria_cell_int(const char *cell)
{
    return cell != NULL ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

char *
maria_name(const char *name)
{
    return book_text("\"%w\"", name);
}

char *
maria_warning(MariaConn *conn, MYSQL *db)
{
    AUTO_ROWS *rows = NULL;
    if (mysql_warning_count(db) == 0 ||
        !maria_rows_on(conn, db, "SHOW WARNINGS LIMIT 1", &rows, NULL) || rows == NULL)
        return NULL;
    MYSQL_ROW row = mysql_fetch_row(rows);
    return row != NULL ? g_strdup(row[2]) : NULL; /* notes are off */
}

/* --- transactions --- */

bool
maria_begin(MariaConn *conn, GError **error)
{
    g_assert(!conn->in_transaction);
    if (!maria_run(conn, error, "START TRANSACTION READ WRITE"))
        return false;
    conn->in_transaction = true;
    return true;
}

static void
release_range(MariaConn *conn)
{
    if (conn->range_lock != NULL && !maria_run(conn, NULL, "DO RELEASE_LOCK(%Q)", conn->range_lock))
        g_debug("the lock of a range goes with its session");
    g_clear_pointer(&conn->range_lock, g_free);
}

bool
maria_commit_confirmed(MariaConn *conn, GError **error)
{
    if (!maria_run(conn, error, "COMMIT"))
        return false;
    conn->in_transaction = false;
    release_range(conn);
    return true;
}

bool
maria_commit(MariaConn *conn, GError **error)
{
    return conn_confirm(&conn->base, error) && maria_commit_confirmed(conn, error);
}

/* Without ticks: whoever was told to stop still has to end what it began. */
void
maria_rollback(MariaConn *conn)
{
    if (conn->in_transaction)
        mysql_rollback(conn->db);
    conn->in_transaction = false;
    TickFn *tick = conn->base.tick;
    conn->base.tick = NULL;
    release_range(conn);
    conn->base.tick = tick;
}
