/* sockets.c - bind and listen: see sockets.h. */
#include "server/sockets.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024        /* connections that come at once, as when a thousand screens are back */
#define PORTS_TRIED_MAX 100 /* beside the busy one */
#define PORT_MAX 65535

/* ----- the Unix socket ----- */

static bool
unix_address(const char *path, struct sockaddr_un *ret, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return fail(
            error, ERR_INVALID,
            "the socket's path '%s' is longer than %zu bytes: set a shorter 'socket:' in honk.yaml",
            path, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    *ret = address;
    return true;
}

/* Is anybody behind this file? */
static bool
unix_is_live(const struct sockaddr_un *address)
{
    AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *) address, sizeof(*address)) == 0;
}

static bool
unix_clear_stale(const struct sockaddr_un *address, GError **error)
{
    struct stat info;
    if (lstat(address->sun_path, &info) != 0)
        return true;
    if (!S_ISSOCK(info.st_mode))
        return fail(error, ERR_INVALID, "'%s' is in the way of our socket and is not a socket",
                    address->sun_path);
    if (unix_is_live(address))
        return fail(error, ERR_WRONG_STATE, "a server is already listening on '%s'",
                    address->sun_path);
    if (unlink(address->sun_path) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot remove the left-over socket '%s'",
                          address->sun_path);
    return true;
}

bool
socket_listen_unix(const char *path, int *ret_fd, GError **error)
{
    struct sockaddr_un address;
    g_autofree char *folder = g_path_get_dirname(path);

    if (!unix_address(path, &address, error))
        return false;
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make the folder '%s'", folder);
    if (!unix_clear_stale(&address, error))
        return false;

    AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make a socket");
    mode_t before = umask(0177); /* no other thread runs yet */
    int bound = bind(fd, (const struct sockaddr *) &address, sizeof(address));
    umask(before);
    if (bound != 0 || listen(fd, BACKLOG) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot listen on '%s'", path);
    *ret_fd = fd_steal(&fd);
    return true;
}

/* ----- TCP ----- */

bool
address_parse(const char *address, char **ret_host, int *ret_port, GError **error)
{
    const char *colon = strrchr(address, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;

    if (colon == NULL || colon == address || end == colon + 1 || *end != '\0' || port < 0 ||
        port > PORT_MAX)
        return fail(error, ERR_INVALID,
                    "'%s' is no address to listen on: expected '127.0.0.1:7420'", address);
    *ret_host = g_strndup(address, (gsize) (colon - address));
    *ret_port = (int) port;
    return true;
}

/* Loopback only: there is no encryption, and tokens are read by whoever can listen. */
static bool
loopback_address(const char *host, struct sockaddr_storage *ret, socklen_t *ret_bytes,
                 GError **error)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *) &storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &storage;
    bool is_loopback = false;

    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        *ret_bytes = sizeof(*v4);
        is_loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    } else if (strcmp(host, "[::1]") == 0) {
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        *ret_bytes = sizeof(*v6);
        is_loopback = true;
    }
    if (!is_loopback)
        return fail(error, ERR_UNSUPPORTED,
                    "cannot listen on '%s': only loopback is offered (127.0.0.1 or [::1]), because "
                    "there is no encryption yet",
                    host);
    *ret = storage;
    return true;
}

static void
address_set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *) address)->sin_port = htons((uint16_t) port);
    else
        ((struct sockaddr_in6 *) address)->sin6_port = htons((uint16_t) port);
}

static int
address_port(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *) address)->sin_port);
    return ntohs(((const struct sockaddr_in6 *) address)->sin6_port);
}

/* The descriptor, or -1 with errno. */
static int
tcp_try(struct sockaddr_storage *address, socklen_t bytes, int port)
{
    AUTO_FD fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    address_set_port(address, port);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        bind(fd, (const struct sockaddr *) address, bytes) != 0 || listen(fd, BACKLOG) != 0) {
        int why = errno;
        fd_close(&fd);
        errno = why;
        return -1;
    }
    return fd_steal(&fd);
}

static bool
fail_busy(int port, GError **error)
{
    g_autofree char *holder = port_holder(port);
    return fail(error, ERR_WRONG_STATE,
                "port %d is taken by %s: stop it, or choose another one (--port 0 takes any)", port,
                holder != NULL ? holder : "another program");
}

bool
socket_listen_tcp(const char *address_text, int port, int *ret_fd, char **ret_url, int *ret_port,
                  GError **error)
{
    g_autofree char *host = NULL;
    struct sockaddr_storage address;
    socklen_t bytes = sizeof(address);
    int first = 0;

    if (!address_parse(address_text, &host, &first, error) ||
        !loopback_address(host, &address, &bytes, error))
        return false;
    if (port >= 0)
        first = port;
    int tries = port >= 0 || first == 0 ? 1 : PORTS_TRIED_MAX;

    int fd = -1;
    for (int i = 0; i < tries && fd < 0 && first + i <= PORT_MAX; i++) {
        fd = tcp_try(&address, bytes, first + i);
        if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
            return fail_errno(error, ERR_INTERNAL, "cannot listen on '%s'", address_text);
    }
    if (fd < 0 && errno == EACCES)
        return fail(error, ERR_FORBIDDEN,
                    "port %d may only be taken by root: choose one from 1024 on", first);
    if (fd < 0)
        return fail_busy(first, error);
    if (getsockname(fd, (struct sockaddr *) &address, &bytes) != 0) {
        close(fd);
        return fail_errno(error, ERR_INTERNAL, "cannot see the port of our socket");
    }
    *ret_fd = fd;
    *ret_port = address_port(&address);
    *ret_url = g_strdup_printf("http://%s:%d", host, *ret_port);
    return true;
}
