/*
 * pgprotocol.c - fuzz target: what a PostgreSQL server sends during a COPY, message by message, as far as they are whole.
 *
 * Every body lies within what was received. What is said of an error lies within its message. A message that lacks its last byte is not whole.
 */
#include "driver/postgres/protocol.h"
#include "target.h"

#include <string.h>

static void
check_text(const char *text, const ProtocolMessage *message)
{
    const char *end = message->body + message->bytes;
    if (text != NULL)
        g_assert(text >= message->body && text < end &&
                 memchr(text, '\0', (size_t) (end - text)) != NULL);
}

static void
check_problem(const ProtocolMessage *message)
{
    PgProblem problem;
    if (!protocol_problem(message->body, message->bytes, &problem))
        return;
    g_assert(problem.state != NULL && problem.message != NULL);
    check_text(problem.severity, message);
    check_text(problem.state, message);
    check_text(problem.message, message);
    check_text(problem.detail, message);
    check_text(problem.hint, message);
    check_text(problem.context, message);
    check_text(problem.column, message);
    check_text(problem.constraint, message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autofree char *received = g_malloc(bytes + 1); /* never nowhere, also when there is nothing */
    ProtocolMessage message, part;
    size_t at = 0;
    memcpy(received, data, bytes);
    while (protocol_read(received + at, bytes - at, &message) == PROTOCOL_WHOLE) {
        size_t whole = MESSAGE_HEAD_BYTES + message.bytes;
        g_assert(message.body == received + at + MESSAGE_HEAD_BYTES && whole <= bytes - at);
        g_assert(protocol_read(received + at, whole - 1, &part) == PROTOCOL_PART);
        check_problem(&message);
        at += whole;
    }
    return 0;
}
