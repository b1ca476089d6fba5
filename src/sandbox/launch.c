/*
 * launch.c - the first thing that runs in a box whose program may ask somebody outside: it opens a socket on the box's own
 * loopback, hands it out through the channel, and becomes the program.
 *
 * So whoever is outside listens on a port of a network that nothing else reaches, and nothing has to run in between.
 */
#include "base/text.h"
#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MAX 64 /* a build asks for many packages at once */

extern char **environ;

bool
box_send_socket(int channel, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = {0}, byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

int
box_take_socket(int channel)
{
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
        return -1;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* A listening socket, and its port. */
static int
listen_here(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) != 0 ||
        listen(fd, WAITING_MAX) != 0 || getsockname(fd, (struct sockaddr *) &address, &bytes) != 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Never freed: it becomes the program's. */
static char *
filled(const char *text, const char *url)
{
    g_auto(GStrv) parts = g_strsplit(text, BOX_PROXY, -1);
    return g_strjoinv(url, parts);
}

int
box_launch(int argc, char **argv)
{
    int port = 0, channel = argc > 1 ? atoi(argv[0]) : -1, fd = listen_here(&port);
    if (fd < 0 || !box_send_socket(channel, fd)) {
        fprintf(stderr, "honk: no way out of the sandbox can be made: %s\n", strerror(errno));
        return 126;
    }
    close(channel);
    close(fd);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d", port);
    for (char **at = environ; *at != NULL; at++)
        *at = filled(*at, url);
    for (int i = 1; i < argc; i++)
        argv[i] = filled(argv[i], url);
    execvp(argv[1], argv + 1);
    fprintf(stderr, "honk: '%s' cannot be started: %s\n", argv[1], strerror(errno));
    return 127;
}
