/* sockets.h - the two listening sockets, with errors that say what is in the way. */
#pragma once

#include "base/error.h"

/* Mode 0600. A socket file that nobody listens on any more is replaced; a live one is an error. */
CHECKED bool socket_listen_unix(const char *path, int *ret_fd, GError **error);
/* `address` is honk.yaml's "127.0.0.1:7420"; only loopback is taken. `port` -1: the address's port, or the next free one
 * when it is busy; 0: any free one; else exactly that. Caller frees the url. */
CHECKED bool socket_listen_tcp(const char *address, int port, int *ret_fd, char **ret_url,
                               int *ret_port, GError **error);
/* The port in "127.0.0.1:7420". */
CHECKED bool address_parse(const char *address, char **ret_host, int *ret_port, GError **error);
/* "process 4711 (python3)" that listens on a loopback port, or NULL when it cannot be seen. Caller frees. */
char *port_holder(int port);
