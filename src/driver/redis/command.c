/* command.c - commands as the bytes that go to the server, and what it answers. */
#include "driver/redis/redis.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

void
redis_reply_clear(redisReply **reply)
{
    freeReplyObject(*reply);
}

/* --- commands --- */

/* The digits of a number, backwards from `end`; returns where they begin. */
static char *
put_digits(char *end, uint64_t number)
{
    do
        *--end = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    return end;
}

static void
append_header(GString *to, char mark, size_t number)
{
    char text[24], *end = text + sizeof text, *at;
    end[-2] = '\r';
    end[-1] = '\n';
    at = put_digits(end - 2, number);
    *--at = mark;
    g_string_append_len(to, at, end - at);
}

void
resp_begin(GString *to, size_t arguments)
{
    append_header(to, '*', arguments);
}

void
resp_bytes(GString *to, const void *data, size_t bytes)
{
    append_header(to, '$', bytes);
    g_string_append_len(to, data, (gssize) bytes);
    g_string_append_len(to, "\r\n", 2);
}

void
resp_text(GString *to, const char *text)
{
    resp_bytes(to, text, strlen(text));
}

void
resp_int(GString *to, int64_t number)
{
    char text[24], *end = text + sizeof text;
    char *at = put_digits(end, number < 0 ? -(uint64_t) number : (uint64_t) number);
    if (number < 0)
        *--at = '-';
    resp_bytes(to, at, (size_t) (end - at));
}

static void
append_command(GString *to, const char *first, va_list args)
{
    va_list counted;
    size_t count = 1;
    va_copy(counted, args);
    while (va_arg(counted, const char *) != NULL)
        count++;
    va_end(counted);
    resp_begin(to, count);
    for (const char *text = first; text != NULL; text = va_arg(args, const char *))
        resp_text(to, text);
}

void
resp_command(GString *to, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    append_command(to, first, args);
    va_end(args);
}

/* --- both ways --- */

bool
redis_fail_lost(const RedisConn *conn, const redisContext *db, GError **error)
{
    if (db->err == REDIS_ERR_IO && strcmp(db->errstr, g_strerror(EAGAIN)) == 0)
        return fail(error, ERR_UNREACHABLE, "%s: it does not answer within %d ms (timeout_ms)",
                    conn->place, conn->timeout_ms);
    return fail(error, ERR_UNREACHABLE, "%s: %s", conn->place,
                db->errstr[0] != '\0' ? db->errstr : "the connection is lost");
}

static void
lose(redisContext *db, const char *reason)
{
    db->err = REDIS_ERR_IO;
    g_strlcpy(db->errstr, reason, sizeof db->errstr);
}

/* Whoever stands between us and the server may hold no more answers, and take nothing before some of them are fetched. */
static void
wait_for_room(const RedisConn *conn, redisContext *db)
{
    struct pollfd ready = {.fd = db->fd, .events = POLLIN | POLLOUT};
    int count = poll(&ready, 1, conn->timeout_ms);
    if (count == 0)
        lose(db, "nothing is taken, and nothing answered");
    else if (count < 0 && errno != EINTR)
        lose(db, g_strerror(errno));
    else if (count > 0 && (ready.revents & POLLIN) != 0)
        redisBufferRead(db); /* its own error says the rest */
}

/* Past hiredis, which would copy all of it first, and by a call that raises no signal where the other side has closed. */
bool
redis_send_bytes(const RedisConn *conn, redisContext *db, const char *data, size_t bytes,
                 GError **error)
{
    while (bytes > 0 && db->err == 0) {
        ssize_t sent = send(db->fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            data += sent;
            bytes -= (size_t) sent;
        } else if (errno == EAGAIN) {
            wait_for_room(conn, db);
        } else if (errno != EINTR) {
            lose(db, g_strerror(errno));
        }
    }
    return db->err == 0 || redis_fail_lost(conn, db, error);
}

bool
redis_send(const RedisConn *conn, redisContext *db, GString *commands, GError **error)
{
    bool is_sent = redis_send_bytes(conn, db, commands->str, commands->len, error);
    g_string_truncate(commands, 0);
    return is_sent;
}

bool
redis_next_any(const RedisConn *conn, redisContext *db, redisReply **ret, GError **error)
{
    void *reply = NULL;
    if (db->err != 0 || redisGetReply(db, &reply) != REDIS_OK)
        return redis_fail_lost(conn, db, error);
    *ret = reply;
    return true;
}

bool
redis_next(const RedisConn *conn, redisContext *db, redisReply **ret, GError **error)
{
    AUTO_REPLY *reply = NULL;
    if (!redis_next_any(conn, db, &reply, error))
        return false;
    if (reply->type == REDIS_REPLY_ERROR)
        return redis_fail(reply->str, error);
    *ret = g_steal_pointer(&reply);
    return true;
}

bool
redis_next_all(const RedisConn *conn, redisContext *db, redisReply **const *rets, size_t count,
               GError **error)
{
    for (size_t i = 0; i < count; i++) {
        if (redis_next(conn, db, rets[i], error))
            continue;
        redis_pass_over(conn, db, count - i - 1);
        return false;
    }
    return true;
}

void
redis_pass_over(const RedisConn *conn, redisContext *db, size_t count)
{
    g_autoptr(GError) lost = NULL;
    for (size_t i = 0; i < count && lost == NULL; i++) {
        AUTO_REPLY *reply = NULL;
        if (!redis_next_any(conn, db, &reply, &lost))
            g_assert(lost != NULL); /* whoever asks next is told */
    }
}

bool
redis_fail(const char *says, GError **error)
{
    static const struct {
        const char *begins;
        ErrorCode code;
    } kinds[] = {
        {"NOAUTH", ERR_FORBIDDEN},
        {"WRONGPASS", ERR_FORBIDDEN},
        {"NOPERM", ERR_FORBIDDEN},
        {"LOADING", ERR_TRANSIENT},
        {"BUSY", ERR_TRANSIENT},
        {"TRYAGAIN", ERR_TRANSIENT},
        {"ERR max number of clients", ERR_TRANSIENT},
        {"MASTERDOWN", ERR_TRANSIENT},
        {"NOREPLICAS", ERR_TRANSIENT},
        {"OOM", ERR_NO_SPACE},
        {"MISCONF", ERR_NO_SPACE},
        {"READONLY", ERR_UNSUPPORTED},
    };
    ErrorCode code = ERR_INTERNAL;
    if (strstr(says, "unknown command") != NULL)
        code = ERR_UNSUPPORTED;
    if (strstr(says, "invalid password") != NULL || strstr(says, "without any password") != NULL)
        code = ERR_FORBIDDEN;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(says, kinds[i].begins))
            code = kinds[i].code;
    return fail(error, code, "the server says: %s", says);
}

bool
redis_do(const RedisConn *conn, redisReply **ret, GError **error, const char *first, ...)
{
    g_autoptr(GString) command = g_string_new(NULL);
    AUTO_REPLY *reply = NULL;
    va_list args;
    va_start(args, first);
    append_command(command, first, args);
    va_end(args);
    if (!redis_send(conn, conn->db, command, error) || !redis_next(conn, conn->db, &reply, error))
        return false;
    if (ret != NULL)
        *ret = g_steal_pointer(&reply);
    return true;
}

bool
redis_exec(const RedisConn *conn, redisContext *db, GString *commands, int count, redisReply **ret,
           GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GError) refused = NULL;
    AUTO_REPLY *done = NULL;
    resp_command(all, "MULTI", NULL);
    g_string_append_len(all, commands->str, (gssize) commands->len);
    g_string_truncate(commands, 0);
    resp_command(all, "EXEC", NULL);
    if (!redis_send(conn, db, all, error))
        return false;
    for (int i = 0; i < count + 1; i++) {
        AUTO_REPLY *queued = NULL;
        if (!redis_next_any(conn, db, &queued, error))
            return false;
        if (queued->type == REDIS_REPLY_ERROR && refused == NULL)
            redis_fail(queued->str, &refused); /* why EXEC will be refused */
    }
    if (!redis_next_any(conn, db, &done, error))
        return false;
    if (refused != NULL) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    if (done->type == REDIS_REPLY_ERROR)
        return redis_fail(done->str, error);
    if (done->type == REDIS_REPLY_NIL)
        return fail(error, ERR_TRANSIENT, "somebody has changed what is noted here meanwhile");
    for (size_t i = 0; ret == NULL && i < done->elements; i++)
        if (done->element[i]->type == REDIS_REPLY_ERROR)
            return redis_fail(done->element[i]->str, error);
    if (ret != NULL)
        *ret = g_steal_pointer(&done);
    return true;
}

bool
reply_is_text(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
           strcmp(reply->str, text) == 0;
}
