/*
 * http.h - libmicrohttpd, one thread per connection, on a Unix socket and on loopback TCP.
 *
 * Threads may block in handlers; that is why the connection timeout is longer than any wait of a handler, and why nothing
 * is ever suspended (stopping the library with a suspended connection aborts the program).
 */
#pragma once

#include "server/context.h"

/* Both sockets are listening when this returns; nothing is answered before http_start(). Fills server->url, port, socket.
 * A busy port is an error if it was asked for, else the next free one is taken. */
CHECKED bool http_listen(Server *server, int port, const char *socket_path, Http **ret,
                         GError **error);
CHECKED bool http_start(Http *http, GError **error);
/* Ends all connections and joins their threads: every waiting question must have been answered. Removes the socket. */
void http_stop(Http *http);
