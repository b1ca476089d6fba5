/*
 * box.c - what a box is made of: the words for bubblewrap, from the spec.
 *
 * The root of the box is empty and read only. The system's programs are mounted into it, of /etc only what programs need
 * to start (no secrets lie in that), and users and groups are made up.
 */
#include "sandbox/inside.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Between two looks (watch.c) a bomb gets no further than this. At the limit itself it would be refused, and never be seen beyond. */
#define NPROC_TIMES 4

/* What is the same for every box. `--new-session`: no terminal can be typed into. */
static const char *const always[] = {
    "bwrap",
    "--unshare-user",
    "--unshare-all",
    "--disable-userns",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "box",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/usr",
    "/usr",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
};

static const char *const roots[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64"};

static const char *const settings[] = {
    "/etc/alternatives",    "/etc/ld.so.cache",   "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime",       "/etc/timezone",      "/etc/mime.types", "/etc/ssl/certs",
    "/etc/ca-certificates", "/etc/java*",         "/etc/maven",      "/etc/gradle",
    "/etc/python3*",        "/etc/nsswitch.conf", "/etc/protocols",  "/etc/services",
};

/* Taken over, freed by the array. */
static void
add(GPtrArray *words, char *word)
{
    g_ptr_array_add(words, word);
}

static void
add_all(GPtrArray *words, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(words, g_strdup(list[i]));
}

static void
add_bind(GPtrArray *words, const char *how, const char *from, const char *to)
{
    add_all(words, (const char *const[]){how, from, to}, 3);
}

/* Links into /usr on today's systems, folders on older ones. */
static void
add_roots(GPtrArray *words)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        struct stat info;
        g_autofree char *link = NULL;
        if (lstat(roots[i], &info) != 0)
            continue;
        if (S_ISLNK(info.st_mode) && (link = g_file_read_link(roots[i], NULL)) != NULL)
            add_bind(words, "--symlink", link, roots[i]);
        else
            add_bind(words, "--ro-bind", roots[i], roots[i]);
    }
}

static void
add_settings(GPtrArray *words)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        glob_t found;
        if (glob(settings[i], 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++)
            add_bind(words, "--ro-bind", found.gl_pathv[k], found.gl_pathv[k]);
        globfree(&found);
    }
}

static bool
is_within(const char *path, const char *folder)
{
    size_t bytes = strlen(folder);
    return strncmp(path, folder, bytes) == 0 && (path[bytes] == '\0' || path[bytes] == '/');
}

/* By the system's programs, or by what comes before it in the list. */
static bool
is_there(const BoxSpec *spec, size_t count, const char *path)
{
    if (is_within(path, "/usr"))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++)
        if (is_within(path, roots[i]))
            return true;
    for (size_t i = 0; i < count; i++)
        if (is_within(path, spec->readable[i]))
            return true;
    return false;
}

/* Newer bubblewraps mount nothing on a link: one that is there already (/usr/bin/python3) needs what it leads to. */
static void
add_readable(GPtrArray *words, const BoxSpec *spec)
{
    for (size_t i = 0; spec->readable != NULL && spec->readable[i] != NULL; i++) {
        const char *path = spec->readable[i];
        char *target = is_there(spec, i, path) ? realpath(path, NULL) : NULL;
        const char *place = target != NULL ? target : path;
        if (target == NULL || !is_there(spec, i, target))
            add_bind(words, "--ro-bind", place, place);
        free(target);
    }
}

static void
add_tmpfs(GPtrArray *words, int mib, const char *place)
{
    add(words, g_strdup("--size"));
    add(words, g_strdup_printf("%lld", (long long) mib * 1024 * 1024));
    add(words, g_strdup("--tmpfs"));
    add(words, g_strdup(place));
}

static void
add_fd(GPtrArray *words, const char *how, int fd, const char *place)
{
    add(words, g_strdup(how));
    add(words, g_strdup_printf("%d", fd));
    if (place != NULL)
        add(words, g_strdup(place));
}

/* Files of one process; what all of them use is watched from outside (watch.c). */
static void
add_limits(GPtrArray *words, const BoxLimits *limits)
{
    add(words, g_strdup("/usr/bin/prlimit"));
    add(words, g_strdup_printf("--fsize=%lld", (long long) limits->disk_mib * 1024 * 1024));
    add(words, g_strdup_printf("--nproc=%d", NPROC_TIMES * limits->processes));
    add(words, g_strdup("--core=0"));
    add(words, g_strdup("--nofile=4096"));
    add(words, g_strdup("--"));
}

void
box_words(GPtrArray *words, const BoxSpec *spec, const int fds[3])
{
    add_all(words, always, G_N_ELEMENTS(always));
    add_roots(words);
    add_settings(words);
    add_fd(words, "--seccomp", fds[0], NULL);
    add_fd(words, "--ro-bind-data", fds[1], "/etc/passwd");
    add_fd(words, "--ro-bind-data", fds[2], "/etc/group");
    add_tmpfs(words, spec->limits.disk_mib, "/tmp");
    add_tmpfs(words, MIN(spec->limits.disk_mib, 64), "/dev/shm");
    add_all(words, (const char *const[]){"--dir", BOX_HOME}, 2);
    add_readable(words, spec);
    if (spec->brief != NULL)
        add_bind(words, "--ro-bind", spec->brief, BOX_BRIEF);
    add_bind(words, spec->is_read_only ? "--ro-bind" : "--bind", spec->folder, BOX_FOLDER);
    add_all(words, (const char *const[]){"--remount-ro", "/dev", "--remount-ro", "/"}, 4);
    add_all(words, (const char *const[]){"--chdir", BOX_FOLDER, "--"}, 3);
    add_limits(words, &spec->limits);
    for (size_t i = 0; spec->argv[i] != NULL; i++)
        add(words, g_strdup(spec->argv[i]));
}
