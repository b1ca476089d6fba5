/*
 * holder.c - which programs have a file of SQLite locked.
 *
 * SQLite does not know. Its locks are the system's own, which Linux lists with the number of the process: those on the file itself, or, where
 * it has a WAL, on the index beside it. A program in another container has a number that means nothing here, and is not told.
 */
#include "base/text.h"
#include "driver/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TOLD_MAX 3
#define LOCKS_BYTES_MAX (1024 * 1024)
#define COMM_BYTES_MAX 64

/* As the list names a file: "08:01:1234". Caller frees; NULL: there is none. */
static char *
file_mark(const char *path, const char *suffix)
{
    g_autofree char *name = g_strconcat(path, suffix, NULL);
    struct stat file;
    return stat(name, &file) == 0 ? g_strdup_printf("%02x:%02x:%lu", major(file.st_dev),
                                                    minor(file.st_dev), (unsigned long) file.st_ino)
                                  : NULL;
}

static void
tell(GString *told, GHashTable *seen, int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", pid);
    g_autofree char *name = NULL;
    if (!g_hash_table_add(seen, GINT_TO_POINTER(pid)) || g_hash_table_size(seen) > TOLD_MAX ||
        !file_read(path, COMM_BYTES_MAX, &name, NULL, NULL))
        return;
    g_autofree char *plain = text_printable(g_strchomp(name));
    g_string_append_printf(told, "%s%d (%s)", told->len > 0 ? ", " : "process ", pid, plain);
}

char *
sqlite_holder(const char *path)
{
    g_autofree char *locks = NULL;
    g_autofree char *file = file_mark(path, ""), *index = file_mark(path, "-shm");
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    if (!file_read("/proc/locks", LOCKS_BYTES_MAX, &locks, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char mark[64] = "";
        int pid = 0;
        /* "1: POSIX  ADVISORY  WRITE 42 08:01:1234 1073741824 1073742335"; who waits has "->" behind the number */
        if (sscanf(*line, "%*d: POSIX %*s %*s %d %63s", &pid, mark) != 2 || pid <= 0 ||
            pid == getpid())
            continue;
        if (g_strcmp0(mark, file) == 0 || g_strcmp0(mark, index) == 0)
            tell(told, seen, pid);
    }
    return told->len > 0 ? g_string_free(g_steal_pointer(&told), FALSE) : NULL;
}
