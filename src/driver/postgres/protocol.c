/* protocol.c - see protocol.h. */
#include "driver/postgres/protocol.h"

#include <string.h>

#define ROW_BYTES_MAX ((1U << 30) - 1) /* what the server itself can hold of a row, and of a text */
#define OTHER_BYTES_MAX 30000          /* of messages that have always few bytes */

static size_t
bytes_max(char kind)
{
    switch (kind) {
    case 'd': /* CopyData */
    case 'E': /* ErrorResponse */
    case 'N': /* NoticeResponse */
    case 'A': /* NotificationResponse */
        return ROW_BYTES_MAX;
    case 'H': /* CopyOutResponse */
    case 'G': /* CopyInResponse */
    case 'c': /* CopyDone */
    case 'C': /* CommandComplete */
    case 'S': /* ParameterStatus */
    case 'Z': /* ReadyForQuery */
        return OTHER_BYTES_MAX;
    default:
        return 0;
    }
}

ProtocolState
protocol_read(const char *data, size_t bytes, ProtocolMessage *ret)
{
    uint32_t length;
    *ret = (ProtocolMessage){0};
    if (bytes > 0 && bytes_max(data[0]) == 0)
        return PROTOCOL_BROKEN;
    if (bytes < MESSAGE_HEAD_BYTES)
        return PROTOCOL_PART;
    memcpy(&length, data + 1, sizeof length);
    length = GUINT32_FROM_BE(length);
    if (length < sizeof length || length > bytes_max(data[0]))
        return PROTOCOL_BROKEN;
    *ret = (ProtocolMessage){
        .kind = data[0], .body = data + MESSAGE_HEAD_BYTES, .bytes = length - sizeof length};
    return ret->bytes <= bytes - MESSAGE_HEAD_BYTES ? PROTOCOL_WHOLE : PROTOCOL_PART;
}

static const char **
field_of(PgProblem *problem, char letter)
{
    switch (letter) {
    case 'S':
        return &problem->severity;
    case 'C':
        return &problem->state;
    case 'M':
        return &problem->message;
    case 'D':
        return &problem->detail;
    case 'H':
        return &problem->hint;
    case 'W':
        return &problem->context;
    case 'c':
        return &problem->column;
    case 'n':
        return &problem->constraint;
    default:
        return NULL;
    }
}

bool
protocol_problem(const char *body, size_t bytes, PgProblem *ret)
{
    const char *end = body + bytes;
    *ret = (PgProblem){0};
    while (body < end && *body != '\0') {
        const char **field = field_of(ret, *body++);
        const char *zero = memchr(body, '\0', (size_t) (end - body));
        if (zero == NULL)
            return false;
        if (field != NULL)
            *field = body;
        body = zero + 1;
    }
    return body < end && ret->state != NULL && ret->message != NULL;
}
