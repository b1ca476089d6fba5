/*
 * tls.h - a session with a server that is encrypted, as a socket that one speaks plainly with.
 */
#pragma once

#include "base/error.h"

typedef struct {
    const char *host;             /* whom its certificate must be of */
    const char *ca_file;          /* who signs it; NULL: whom the system believes */
    const char *certificate_file; /* our own, or NULL */
    const char *key_file;         /* NULL: in the same file */
    int timeout_ms;               /* of the handshake */
} TlsPeer;

/* `*ret` is the caller's, and a blocking socket: what is said into it goes encrypted through `fd`, which is taken whatever comes of it. Who
 * closes it ends the session, and where that ends, so does `*ret`. FORBIDDEN: the server is not whom we believe, or does not believe us;
 * UNREACHABLE: it does not answer, or speaks no TLS. */
CHECKED bool tls_connect(const TlsPeer *peer, int fd, int *ret, GError **error);
