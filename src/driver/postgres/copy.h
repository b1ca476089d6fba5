/*
 * copy.h - a running COPY, either way.
 *
 * On a session without encryption it is spoken on the session's own socket (copy_direct.c): rows lie where they were received, and go out from
 * where they were made, while libpq copies each both times, and allocates it once. libpq finds the session as it left it. On all
 * others, and where HONK_COPY_BY_LIBPQ is in the environment (tests), it is libpq that does it, with the same results.
 */
#pragma once

#include "driver/postgres/postgres.h"

struct PgCopy {
    PgConn *conn;
    PGconn *db;
    bool is_direct;
    bool is_out;       /* rows come; else they go */
    bool is_open;      /* the session is in the middle of it */
    PgProblem problem; /* what the server said; without a message: nothing */
    /* by libpq */
    PGresult *result; /* the problem's */
    char *row;        /* the last one */
    /* directly */
    char *said; /* the problem's message */
    char *buffer;
    size_t begin, end, room; /* of it: what was received and not taken; its size */
    bool has_begun, has_ended, is_complete;
    PGTransactionStatusType status; /* of the session, when it is idle again */
    bool is_stopping;               /* it was cancelled, and only its end is waited for */
    int silent_ms;                  /* since then */
};

/* INTERNAL when the statement is no COPY. The session is idle when this fails, or lost. */
CHECKED bool pg_copy_begin(PgConn *conn, PGconn *db, const char *sql, PgCopy **ret, GError **error);
/* In the middle of it, the session is lost with it. */
void pg_copy_free(PgCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgCopy, pg_copy_free)
/* The next row, which lies here until the next call; `*ret` NULL at the end, and the session is idle then. When this fails
 * because of what the server says, or since we are asked to stop, the session is idle, too. */
CHECKED bool pg_copied(PgCopy *copy, const char **ret, size_t *ret_bytes, GError **error);
/* Send rows, and empty the buffer. A refusal is told at the end. */
CHECKED bool pg_copy_put(PgCopy *copy, GString *rows, GError **error);
/* That was all: what became of it? The session is idle then, or lost. `copy->problem` has the server's words. */
CHECKED bool pg_copy_end(PgCopy *copy, GError **error);
/* End it in the middle; a transaction around it has failed then. */
void pg_copy_drop(PgCopy *copy);

/* --- copy_direct.c --- */
bool direct_is_possible(PGconn *db);
CHECKED bool direct_begin(PgCopy *copy, const char *sql, GError **error);
CHECKED bool direct_next(PgCopy *copy, const char **ret, size_t *ret_bytes, GError **error);
CHECKED bool direct_put(PgCopy *copy, const char *data, size_t bytes, GError **error);
CHECKED bool direct_end(PgCopy *copy, GError **error);
void direct_drop(PgCopy *copy);
/* Nothing more can be said on this session, and libpq knows it. */
void direct_cut(PGconn *db);
