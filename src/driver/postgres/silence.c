/*
 * silence.c - a session that says nothing: is it at work, or lost?
 *
 * A statement may take hours, so waiting has no limit. But a server that hangs, or something in between that takes what we say and hands nothing on,
 * would be waited for for ever. So after each minute without a byte a second session asks. Whatever a server answers, it is there: also that it lets
 * nobody else in, since it is full. One that says nothing may be overfull for a moment, with many waiting to be let in; so it is gone only when
 * three of them have got no answer, one after the other. Where the first session has had nothing to do for a while, what we said or what it
 * answered is gone.
 */
#include "driver/postgres/postgres.h"

#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#define ANSWER_MS 10000
#define CANCEL_S 3

bool
pg_ask_beside(PGconn *other, const char *sql, PGresult **ret)
{
    gint64 until_us = g_get_monotonic_time() + ANSWER_MS * 1000;
    struct pollfd wait = {.fd = PQsocket(other), .events = POLLIN};
    if (PQsendQuery(other, sql) != 1)
        return false;
    while (PQisBusy(other) == 1) {
        gint64 left_ms = (until_us - g_get_monotonic_time()) / 1000;
        if (left_ms <= 0 || poll(&wait, 1, (int) left_ms) == 0 || PQconsumeInput(other) != 1)
            return false;
    }
    *ret = PQgetResult(other);
    return true;
}

/* A server's own words begin with how grave it is, in whatever language: "FATAL:  sorry, too many clients already". The
 * library's have no such beginning. */
bool
pg_says_why(const PGconn *other)
{
    return strstr(PQerrorMessage(other), ":  ") != NULL;
}

/* Why the session is lost, as far as the second one can tell; NULL: it is at work, or nobody can tell. `*ret_answered`: somebody
 * is there. */
static const char *
why_lost(PGconn *other, PGconn *db, bool *ret_answered)
{
    AUTO_RESULT *rows = NULL;
    *ret_answered = PQstatus(other) == CONNECTION_OK || pg_says_why(other);
    if (PQstatus(other) != CONNECTION_OK)
        return *ret_answered ? NULL : "the server lets nobody in";
    /* behind a pooler the number may be somebody else's: so it must be one of ours, too. Who waits to read what was said to the end waits
     * for what has got lost, unless some of it is still here. */
    int unsent = 0;
    bool is_said = ioctl(PQsocket(db), SIOCOUTQ, &unsent) == 0 && unsent == 0;
    g_autofree char *sql = pg_sql(
        "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = %d AND "
        "application_name = pg_catalog.current_setting('application_name') AND "
        "CASE WHEN state LIKE 'idle%%' "
        "THEN state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %d) "
        "ELSE %s AND wait_event = 'ClientRead' END",
        PQbackendPID(db), ANSWER_MS / 1000, is_said ? "true" : "false");
    *ret_answered = pg_ask_beside(other, sql, &rows);
    if (!*ret_answered)
        return "the server answers nobody";
    return PQntuples(rows) > 0 ? "the server has nothing to do for it" : NULL;
}

bool
pg_is_at_work(PgConn *conn, PGconn *db, Silence *silence, GError **error)
{
    bool is_answered = false;
    PGconn *other = PQconnectdbParams((const char *const *) conn->keywords,
                                      (const char *const *) conn->values, 0);
    const char *why = why_lost(other, db, &is_answered);
    PQfinish(other);
    if (silence_judge(silence, why, is_answered, conn->place, error))
        return true;
    pg_lose(db);
    g_strlcpy(conn->state, "08006", sizeof conn->state);
    return false;
}

void
pg_lose(PGconn *db)
{
    shutdown(PQsocket(db), SHUT_RDWR);
}

bool
pg_await_end(PGconn *db, int64_t until_us)
{
    struct pollfd wait = {.fd = PQsocket(db), .events = pg_events_of(db)};
    int64_t left_ms = (until_us - g_get_monotonic_time()) / 1000;
    if (PQstatus(db) != CONNECTION_OK) /* it has no socket to wait at */
        return false;
    if (left_ms > 0 && poll(&wait, 1, (int) left_ms) != 0)
        return PQconsumeInput(db) == 1;
    pg_lose(db);
    (void) PQconsumeInput(db); /* so that libpq knows, too */
    return false;
}

/* --- ending a statement --- */

/* Two hold it: who asks, and who waits for that. */
typedef struct {
    PGcancel *handle;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t heard;
    bool is_over, is_heard;
    int holders;
} Cancelling;

static Cancelling *
cancelling_new(PGcancel *handle)
{
    Cancelling *cancelling = g_new0(Cancelling, 1);
    pthread_condattr_t clock;
    cancelling->handle = handle;
    cancelling->holders = 2;
    pthread_mutex_init(&cancelling->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&cancelling->heard, &clock);
    pthread_condattr_destroy(&clock);
    return cancelling;
}

static void
let_go(Cancelling *cancelling)
{
    pthread_mutex_lock(&cancelling->lock);
    bool is_last = --cancelling->holders == 0;
    pthread_mutex_unlock(&cancelling->lock);
    if (!is_last)
        return;
    PQfreeCancel(cancelling->handle);
    pthread_cond_destroy(&cancelling->heard);
    pthread_mutex_destroy(&cancelling->lock);
    g_free(cancelling);
}

static void *
cancel_there(void *data)
{
    Cancelling *cancelling = data;
    char ignored[256];
    bool is_heard = PQcancel(cancelling->handle, ignored, sizeof ignored) == 1;
    pthread_mutex_lock(&cancelling->lock);
    cancelling->is_over = true;
    cancelling->is_heard = is_heard;
    pthread_cond_signal(&cancelling->heard);
    pthread_mutex_unlock(&cancelling->lock);
    let_go(cancelling);
    return NULL;
}

static bool
await_heard(Cancelling *cancelling)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CANCEL_S;
    pthread_mutex_lock(&cancelling->lock);
    while (!cancelling->is_over &&
           pthread_cond_timedwait(&cancelling->heard, &cancelling->lock, &until) == 0)
        continue;
    bool is_heard = cancelling->is_heard;
    pthread_mutex_unlock(&cancelling->lock);
    return is_heard;
}

/* libpq waits for a server that hangs as long as it does; so somebody else waits, and we go on. */
bool
pg_ask_to_end(PGconn *db)
{
    PGcancel *handle = PQgetCancel(db);
    bool is_heard = false;
    pthread_t thread;
    if (handle == NULL)
        return false;
    Cancelling *cancelling = cancelling_new(handle);
    if (pthread_create(&thread, NULL, cancel_there, cancelling) == 0) {
        pthread_detach(thread);
        is_heard = await_heard(cancelling);
    } else {
        let_go(cancelling); /* the other one is not there */
    }
    let_go(cancelling);
    return is_heard;
}
