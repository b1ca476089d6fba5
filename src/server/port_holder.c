/*
 * port_holder.c - who has the port? /proc/net/tcp names a socket's inode, /proc/PID/fd names its process. Only processes of
 * our own user can be seen, which is who is in the way nearly always.
 */
#include "base/text.h"
#include "server/sockets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_BYTES_MAX (4 * 1024 * 1024) /* 25,000 sockets */
#define STATE_LISTEN 0x0a

static unsigned long
inode_in(const char *table, int port)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!file_read(table, TABLE_BYTES_MAX, &text, &bytes, NULL))
        return 0;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        unsigned local_port = 0;
        unsigned state = 0;
        unsigned long inode = 0;
        /* sl local:port remote:port state tx:rx tr:when retransmits uid timeout inode */
        if (sscanf(*line, "%*d: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*u %*u %lu", &local_port,
                   &state, &inode) == 3 &&
            (int) local_port == port && state == STATE_LISTEN)
            return inode;
    }
    return 0;
}

static bool
process_has(const char *pid, const char *socket_name)
{
    g_autofree char *folder = g_strdup_printf("/proc/%s/fd", pid);
    DIR *entries = opendir(folder);
    bool is_found = false;
    struct dirent *entry;

    while (entries != NULL && !is_found && (entry = readdir(entries)) != NULL) {
        char target[64];
        g_autofree char *path = g_build_filename(folder, entry->d_name, NULL);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        if (length > 0) {
            target[length] = '\0';
            is_found = strcmp(target, socket_name) == 0;
        }
    }
    if (entries != NULL)
        closedir(entries);
    return is_found;
}

static char *
process_name(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid);
    g_autofree char *name = NULL;
    size_t bytes = 0;
    if (!file_read(path, NAME_MAX, &name, &bytes, NULL))
        return g_strdup_printf("process %s", pid);
    return g_strdup_printf("process %s (%s)", pid, g_strchomp(name));
}

char *
port_holder(int port)
{
    unsigned long inode = inode_in("/proc/net/tcp", port);
    if (inode == 0)
        inode = inode_in("/proc/net/tcp6", port);
    if (inode == 0)
        return NULL;

    g_autofree char *socket_name = g_strdup_printf("socket:[%lu]", inode);
    DIR *processes = opendir("/proc");
    char *holder = NULL;
    struct dirent *entry;
    while (processes != NULL && holder == NULL && (entry = readdir(processes)) != NULL) {
        if (g_ascii_isdigit(entry->d_name[0]) && process_has(entry->d_name, socket_name))
            holder = process_name(entry->d_name);
    }
    if (processes != NULL)
        closedir(processes);
    return holder;
}
