/*
 * watch.c - how much of this machine the programs of a box use, asked of the kernel from outside.
 *
 * Limits of single processes do not add up to a limit of all, and for root some do not count at all. So all processes of the
 * box are counted, from its keeper down: who loses its parent in there becomes the child of the box's own init.
 */
#include "base/text.h"
#include "sandbox/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY_BYTES 1024 /* at least: empty files and links take a place on the disk, too */
#define CHILDREN_BYTES_MAX ((size_t) 1024 * 1024) /* a hundred thousand of one thread */

/* A file of /proc, whose size nobody knows; "" when the process is gone. Caller frees. */
static char *
proc_read(pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);
    g_autoptr(GString) text = g_string_new(NULL);
    FILE *file = fopen(path, "re");
    char chunk[4096];
    size_t got;
    while (file != NULL && text->len < CHILDREN_BYTES_MAX &&
           (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        g_string_append_len(text, chunk, (gssize) got);
    if (file != NULL)
        fclose(file);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
add_children(GArray *waiting, pid_t pid, const char *thread)
{
    g_autofree char *name = g_strdup_printf("task/%s/children", thread);
    g_autofree char *text = proc_read(pid, name);
    char *at = text, *end;
    for (long child = strtol(at, &end, 10); end != at; child = strtol(at, &end, 10)) {
        pid_t next = (pid_t) child;
        g_array_append_val(waiting, next);
        at = end;
    }
}

/* Its threads, and the children of each. */
static int
add_process(GArray *waiting, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    DIR *dir = opendir(path);
    int threads = 0;
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!g_ascii_isdigit(*entry->d_name))
            continue;
        threads++;
        add_children(waiting, pid, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return threads;
}

/* A line of /proc, such as "RssAnon:     1024 kB"; 0 when there is none. */
static int64_t
kib_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line != NULL ? strtoll(line + strlen(name), NULL, 10) : 0;
}

/* What it has for itself, and what it shares in memory alone; files and libraries that it has read it has not taken. Shared
 * memory counts once for each who has it: so that is asked again, and exactly, before it is held against anybody. */
static int64_t
memory_of(pid_t pid, bool is_exact)
{
    g_autofree char *text = proc_read(pid, is_exact ? "smaps_rollup" : "status");
    const char *own = is_exact ? "\nPss_Anon:" : "\nRssAnon:";
    const char *shared = is_exact ? "\nPss_Shmem:" : "\nRssShmem:";
    return (kib_of(text, own) + kib_of(text, shared)) * 1024;
}

static bool
count(pid_t pid, int processes_max, bool is_exact, Crowd *ret)
{
    g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(pid_t));
    Crowd crowd = {0};
    add_process(waiting, pid); /* is not counted itself */
    while (waiting->len > 0) {
        pid_t next = g_array_index(waiting, pid_t, waiting->len - 1);
        g_array_set_size(waiting, waiting->len - 1);
        crowd.processes += add_process(waiting, next);
        crowd.memory_bytes += memory_of(next, is_exact);
        if (crowd.processes + (int) waiting->len > processes_max)
            return false;
    }
    *ret = crowd;
    return true;
}

bool
crowd_count(pid_t pid, int processes_max, int64_t memory_max, Crowd *ret)
{
    if (!count(pid, processes_max, false, ret))
        return false;
    Crowd exact = {0};
    if (ret->memory_bytes > memory_max && count(pid, processes_max, true, &exact) &&
        exact.memory_bytes > 0)
        *ret = exact;
    return true;
}

bool
folder_size(const char *folder, int64_t bytes_max, int64_t *ret)
{
    char *roots[] = {(char *) folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    int64_t bytes = 0;
    bool is_open = walk != NULL;
    for (const FTSENT *entry; is_open && bytes <= bytes_max && (entry = fts_read(walk)) != NULL;) {
        bool is_gone = entry->fts_errno == ENOENT; /* while we looked */
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            is_open = is_gone;
        else if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS)
            bytes += MAX((int64_t) entry->fts_statp->st_blocks * 512, ENTRY_BYTES);
    }
    if (walk != NULL)
        fts_close(walk);
    *ret = bytes;
    return is_open;
}
