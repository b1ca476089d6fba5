/* port.c - a port of 127.0.0.1 that nobody uses and no instance of the target remembers. */
#include "fleet/processes.h"

#include "base/text.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Below what the kernel gives to outgoing calls, so that none of those is in the way. */
#define PORT_FIRST 21000
#define PORT_COUNT 10000
#define TRIES_MAX 1000

static bool
is_free(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t) port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int yes = 1;
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* as servers do: one that has just ended leaves its port in waiting */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    return fd >= 0 && bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0;
}

static void
add_ports_of(const char *target, const char *service, GHashTable *ports)
{
    g_autofree char *folder = g_build_filename(target, service, NULL);
    g_autoptr(GPtrArray) instances = NULL;

    if (!instances_read(folder, &instances, NULL))
        return;
    for (guint i = 0; i < instances->len; i++)
        g_hash_table_add(ports, GINT_TO_POINTER(((Instance *) instances->pdata[i])->port));
}

/* What other services were promised: their instances may not listen yet. */
static GHashTable *
promised_ports(const char *target)
{
    GHashTable *ports = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GDir) dir = g_dir_open(target, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        add_ports_of(target, name, ports);
    return ports;
}

bool
port_pick(const char *target, const char *instance, int *ret, GError **error)
{
    g_autoptr(GHashTable) promised = promised_ports(target);
    guint start = g_str_hash(instance);

    for (guint i = 0; i < TRIES_MAX; i++) {
        int port = PORT_FIRST + (int) ((start + i * 7) % PORT_COUNT);
        if (g_hash_table_contains(promised, GINT_TO_POINTER(port)) || !is_free(port))
            continue;
        *ret = port;
        return true;
    }
    return fail(error, ERR_LIMIT, "no port from %d to %d is free", PORT_FIRST,
                PORT_FIRST + PORT_COUNT - 1);
}
