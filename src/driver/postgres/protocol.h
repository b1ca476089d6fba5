/*
 * protocol.h - messages of PostgreSQL's protocol (version 3), as far as a COPY needs them: a letter, a length that counts itself
 * (4 bytes, the highest first), the body. They come from a server and are believed nothing.
 */
#pragma once

#include "base/error.h"

#include <stdint.h>

#define MESSAGE_HEAD_BYTES 5

typedef struct {
    char kind;
    const char *body; /* borrows what was read */
    size_t bytes;
} ProtocolMessage;

typedef enum {
    PROTOCOL_WHOLE, /* `ret` is set; the message is MESSAGE_HEAD_BYTES and its body long */
    PROTOCOL_PART, /* more has to be read; `ret->bytes` is the body's length, where that is known, else 0 */
    PROTOCOL_BROKEN, /* no server sends this */
} ProtocolState;

ProtocolState protocol_read(const char *data, size_t bytes, ProtocolMessage *ret);

/* What a server says of an error or as a warning; each is NULL where it is not said. */
typedef struct {
    const char *severity, *state, *message, *detail, *hint, *context, *column, *constraint;
} PgProblem;

/* From the body of such a message, which the texts borrow. False: it is none. */
CHECKED bool protocol_problem(const char *body, size_t bytes, PgProblem *ret);
