/*
 * copy_direct.c - a COPY on the session's own socket.
 *
 *   ► Query             ◄ CopyOutResponse, CopyData…, CopyDone, CommandComplete, ReadyForQuery
 *   ► Query             ◄ CopyInResponse   ► CopyData…, CopyDone   ◄ CommandComplete, ReadyForQuery
 *
 * It begins and ends with an idle session, so libpq misses nothing but the end of a transaction that failed, which an empty
 * statement teaches it. While something is sent, what the server says is heard: else both sides could wait for each other. A server that has
 * ended a COPY passes over the rest of what is sent for it. Rows count only when CommandComplete has been heard.
 */
#include "driver/postgres/copy.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define TICK_MS 100
#define SILENCE_MS_MAX 30000          /* of a server that was told to stop */
#define BUFFER_BYTES (256 * 1024)     /* grows with a longer row, as it comes in */
#define WORDS_BYTES_MAX (1024 * 1024) /* of an error that is kept */

bool
direct_is_possible(PGconn *db)
{
    PGTransactionStatusType status = PQtransactionStatus(db);
    return PQstatus(db) == CONNECTION_OK && status != PQTRANS_ACTIVE && status != PQTRANS_UNKNOWN &&
           PQsslInUse(db) == 0 && PQgssEncInUse(db) == 0;
}

void
direct_cut(PGconn *db)
{
    char rest[4096];
    int fd = PQsocket(db);
    if (fd < 0)
        return;
    shutdown(fd, SHUT_RDWR);
    while (recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
    }
    (void) PQconsumeInput(db); /* it sees the end */
}

/* The session has ended, by itself or since it cannot go on. */
static bool
lose(PgCopy *copy, GError **error)
{
    direct_cut(copy->db);
    copy->is_open = false;
    return pg_fail_said(copy->conn, copy->db, copy->said != NULL ? &copy->problem : NULL, error);
}

static bool
fail_protocol(PgCopy *copy, GError **error)
{
    direct_cut(copy->db);
    copy->is_open = false;
    return fail(error, ERR_UNREACHABLE, "the session with %s was ended: it sent what is no message",
                copy->conn->place);
}

/* Until something can be read or written, or for a moment. */
static bool
await(PgCopy *copy, short events, GError **error)
{
    struct pollfd wait = {.fd = PQsocket(copy->db), .events = events};
    if (poll(&wait, 1, TICK_MS) != 0) {
        copy->silent_ms = 0;
        return true;
    }
    if (copy->is_stopping) {
        copy->silent_ms += TICK_MS;
        return copy->silent_ms < SILENCE_MS_MAX || lose(copy, error);
    }
    copy->is_stopping = !pg_ticks(copy->conn, NULL);
    if (copy->is_stopping)
        pg_ask_to_end(copy->db);
    return true;
}

/* --- what is received --- */

static void
make_room(PgCopy *copy)
{
    if (copy->begin > 0) {
        copy->end -= copy->begin;
        memmove(copy->buffer, copy->buffer + copy->begin, copy->end);
        copy->begin = 0;
    }
    if (copy->end < copy->room)
        return;
    copy->room = copy->room > 0 ? 2 * copy->room : BUFFER_BYTES;
    copy->buffer = g_realloc(copy->buffer, copy->room);
}

/* What has come; `*ret_some` false: nothing yet. */
static bool
receive(PgCopy *copy, bool *ret_some, GError **error)
{
    make_room(copy);
    ssize_t got;
    do
        got = recv(PQsocket(copy->db), copy->buffer + copy->end, copy->room - copy->end,
                   MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    *ret_some = got > 0;
    if (got > 0)
        copy->end += (size_t) got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) || lose(copy, error);
}

/* A message that is there. */
static bool
take(PgCopy *copy, ProtocolMessage *ret, bool *ret_some, GError **error)
{
    ProtocolState state = protocol_read(copy->buffer + copy->begin, copy->end - copy->begin, ret);
    *ret_some = state == PROTOCOL_WHOLE;
    if (*ret_some)
        copy->begin += MESSAGE_HEAD_BYTES + ret->bytes;
    return state != PROTOCOL_BROKEN || fail_protocol(copy, error);
}

static bool
next_message(PgCopy *copy, ProtocolMessage *ret, GError **error)
{
    for (;;) {
        bool is_some = false;
        if (!take(copy, ret, &is_some, error))
            return false;
        if (is_some)
            return true;
        if (!receive(copy, &is_some, error) || (!is_some && !await(copy, POLLIN, error)))
            return false;
    }
}

static bool
keep_problem(PgCopy *copy, const ProtocolMessage *message, GError **error)
{
    if (copy->said != NULL) /* the first one says why */
        return true;
    if (message->bytes > WORDS_BYTES_MAX)
        return fail_protocol(copy, error);
    copy->said = g_memdup2(message->body, message->bytes);
    if (copy->said != NULL && protocol_problem(copy->said, message->bytes, &copy->problem))
        return true;
    g_clear_pointer(&copy->said, g_free);
    return fail_protocol(copy, error);
}

/* As libpq does it. */
static void
show_notice(const ProtocolMessage *message)
{
    PgProblem notice;
    if (!protocol_problem(message->body, message->bytes, &notice))
        return;
    g_printerr("%s:  %s\n", notice.severity != NULL ? notice.severity : "NOTICE", notice.message);
    if (notice.detail != NULL)
        g_printerr("DETAIL:  %s\n", notice.detail);
    if (notice.hint != NULL)
        g_printerr("HINT:  %s\n", notice.hint);
}

static bool
hear_idle(PgCopy *copy, const ProtocolMessage *message, GError **error)
{
    if (message->bytes != 1 || strchr("ITE", message->body[0]) == NULL ||
        message->body[0] == '\0' || copy->begin != copy->end)
        return fail_protocol(copy, error);
    copy->is_open = false;
    copy->status = message->body[0] == 'I'   ? PQTRANS_IDLE
                   : message->body[0] == 'T' ? PQTRANS_INTRANS
                                             : PQTRANS_INERROR;
    return true;
}

/* What the session is now, as libpq is to know it, too. Not before a message that we are at has been sent whole: the server may have
 * ended the COPY in its middle, and takes whatever comes then for the rest of it. */
static void
tell_libpq(PgCopy *copy)
{
    if (!copy->is_open && PQtransactionStatus(copy->db) != copy->status)
        PQclear(PQexec(copy->db, ""));
}

/* A message that is no row. */
static bool
hear(PgCopy *copy, const ProtocolMessage *message, GError **error)
{
    switch (message->kind) {
    case 'E':
        return keep_problem(copy, message, error);
    case 'N':
        show_notice(message);
        return true;
    case 'A':
    case 'S':
        return true;
    case 'H':
    case 'G':
        if (copy->has_begun)
            return fail_protocol(copy, error);
        copy->has_begun = true;
        copy->is_out = message->kind == 'H';
        return true;
    case 'c':
        copy->has_ended = true;
        return true;
    case 'C':
        copy->is_complete =
            copy->said == NULL && copy->has_begun && (copy->has_ended || !copy->is_out);
        return true;
    case 'd': /* of a COPY that is given up */
        return copy->is_out || fail_protocol(copy, error);
    case 'Z':
        return hear_idle(copy, message, error);
    default:
        return fail_protocol(copy, error);
    }
}

/* Until the session is idle, or lost. */
static bool
hear_all(PgCopy *copy, GError **error)
{
    while (copy->is_open) {
        ProtocolMessage message;
        if (!next_message(copy, &message, error) || !hear(copy, &message, error))
            return false;
    }
    tell_libpq(copy);
    return true;
}

/* The session is idle: what became of the COPY. */
static bool
outcome(PgCopy *copy, GError **error)
{
    if (copy->is_stopping)
        return fail(error, ERR_STOPPED, "asked to stop");
    if (copy->said != NULL)
        return pg_fail_said(copy->conn, copy->db, &copy->problem, error);
    return copy->is_complete || fail_protocol(copy, error);
}

/* --- what is sent --- */

/* All that is there already, while we would rather write. */
static bool
hear_in_passing(PgCopy *copy, GError **error)
{
    bool is_some = false;
    if (!receive(copy, &is_some, error))
        return false;
    while (is_some) {
        ProtocolMessage message;
        if (!take(copy, &message, &is_some, error) || (is_some && !hear(copy, &message, error)))
            return false;
    }
    return true;
}

/* The server does not listen any more, but may have said why. */
static bool
hear_last_words(PgCopy *copy, GError **error)
{
    return hear_all(copy, error) && lose(copy, error);
}

static bool
send_message(PgCopy *copy, char kind, const char *body, size_t bytes, GError **error)
{
    char head[MESSAGE_HEAD_BYTES] = {kind};
    uint32_t length = GUINT32_TO_BE((uint32_t) (bytes + sizeof length));
    memcpy(head + 1, &length, sizeof length);
    for (size_t sent = 0; sent < sizeof head + bytes;) {
        size_t of_head = MIN(sent, sizeof head), of_body = sent - of_head;
        struct iovec parts[] = {{.iov_base = head + of_head, .iov_len = sizeof head - of_head},
                                {.iov_base = (char *) body + of_body, .iov_len = bytes - of_body}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};
        ssize_t written = sendmsg(PQsocket(copy->db), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written > 0)
            sent += (size_t) written;
        else if (written < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return hear_last_words(copy, error);
        else if (!await(copy, POLLIN | POLLOUT, error) || !hear_in_passing(copy, error))
            return false;
    }
    tell_libpq(copy);
    return true;
}

/* --- COPY --- */

bool
direct_begin(PgCopy *copy, const char *sql, GError **error)
{
    copy->is_open = true;
    make_room(copy);
    if (!send_message(copy, 'Q', sql, strlen(sql) + 1, error))
        return false;
    while (copy->is_open && !copy->has_begun) {
        ProtocolMessage message;
        if (!next_message(copy, &message, error) || !hear(copy, &message, error))
            return false;
    }
    tell_libpq(copy);
    return copy->is_open || outcome(copy, error);
}

bool
direct_next(PgCopy *copy, const char **ret, size_t *ret_bytes, GError **error)
{
    while (copy->is_open) {
        ProtocolMessage message;
        if (!next_message(copy, &message, error))
            return false;
        if (message.kind == 'd' && !copy->is_stopping) {
            *ret = message.body;
            *ret_bytes = message.bytes;
            return !copy->has_ended || fail_protocol(copy, error);
        }
        if (!hear(copy, &message, error))
            return false;
    }
    *ret = NULL;
    tell_libpq(copy);
    return outcome(copy, error);
}

bool
direct_put(PgCopy *copy, const char *data, size_t bytes, GError **error)
{
    if (copy->said != NULL) /* nothing of it counts any more */
        return true;
    return send_message(copy, 'd', data, bytes, error) &&
           (!copy->is_stopping || fail(error, ERR_STOPPED, "asked to stop"));
}

bool
direct_end(PgCopy *copy, GError **error)
{
    return (copy->said != NULL || send_message(copy, 'c', "", 0, error)) && hear_all(copy, error) &&
           outcome(copy, error);
}

void
direct_drop(PgCopy *copy)
{
    static const char reason[] = "given up";
    g_autoptr(GError) ignored = NULL;
    copy->is_stopping = true;
    if (copy->is_out)
        pg_ask_to_end(copy->db);
    else if (copy->said == NULL && !send_message(copy, 'f', reason, sizeof reason, &ignored))
        return;
    if (!hear_all(copy, &ignored))
        return;
}
