/*
 * count_calls.c - preloaded into honk: counts its calls that change anything outside of it, and kills or
 * stops it at the one that was asked for.
 *
 * The program knows nothing of it, so the points are not of our choosing: every write, sync, truncation,
 * rename, link, unlink, mkdir and send of every library counts, and every COMMIT that is given to SQLite. All
 * processes of one role share one count, in a file, so that it goes on over deaths.
 *
 *   HONK_DIE_ROLE   "serve" or "worker": only a process with this word as an argument counts
 *   HONK_DIE_AT     the points, ascending: "12,34+,56/". N dies before call N, N+ after it, N/ half way
 *                   through what it writes or sends; N~ and N^ stop (SIGSTOP) before and after it
 *   HONK_DIE_KIND   count only calls of this kind: write, sync, cut, rename, send or commit
 *   HONK_DIE_SAYING count only what is written or sent with these words in it: statements of a database server
 *   HONK_DIE_FILE   the count: see Shared; made by whoever looks on
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define POINTS_MAX 8
#define WORDS_BYTES 256
#define KINDS_MAX 60000

/* Read by the scripts beside this file. */
typedef struct {
    atomic_llong calls;
    atomic_llong met;                    /* so many of the points */
    char words[POINTS_MAX][WORDS_BYTES]; /* which call each of them was */
    char kinds[KINDS_MAX];               /* w, y, t, r, s or c: of each call, from the first */
} Shared;

typedef struct {
    long long call;
    char how; /* 0, '+', '/', '~' or '^' */
} Point;

static Shared *shared; /* NULL: this process does not count */
static Point points[POINTS_MAX];
static int point_count;
static char only_kind;          /* 0: all of them */
static const char *only_saying; /* NULL: whatever it says */

/* ---- set up ---- */

/* Is `role` one of the words of our command line? */
static bool
has_role(const char *role)
{
    char line[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
    close(fd);
    if (bytes <= 0)
        return false;
    line[bytes] = '\0';
    for (const char *word = line; word < line + bytes; word += strlen(word) + 1)
        if (strcmp(word, role) == 0)
            return true;
    return false;
}

static void
read_points(const char *text)
{
    while (text != NULL && *text != '\0' && point_count < POINTS_MAX) {
        char *end = NULL;
        points[point_count].call = strtoll(text, &end, 10);
        points[point_count++].how = strchr("+/~^", *end) != NULL ? *end : '\0';
        text = end + strcspn(end, ",");
        text += *text == ',';
    }
}

static char
kind_letter(const char *kind)
{
    static const char *const kinds[] = {"write", "ysync", "tcut", "rename", "send", "commit"};
    for (size_t i = 0; kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], kind) == 0 || strcmp(kinds[i] + 1, kind) == 0)
            return kinds[i][0];
    return '\0';
}

static void __attribute__((constructor)) begin(void)
{
    const char *role = getenv("HONK_DIE_ROLE"), *path = getenv("HONK_DIE_FILE");
    if (role == NULL || path == NULL || !has_role(role))
        return;
    read_points(getenv("HONK_DIE_AT"));
    only_kind = kind_letter(getenv("HONK_DIE_KIND"));
    only_saying = getenv("HONK_DIE_SAYING");
    if (only_saying != NULL && *only_saying == '\0')
        only_saying = NULL;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    shared = map != MAP_FAILED ? map : NULL;
}

/* ---- counting ---- */

/* The descriptor's file, for people. */
static void
tell(char *words, const char *name, int fd, size_t bytes, const Point *point)
{
    char link[64], target[160] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = fd < 0 ? -1 : readlink(link, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    snprintf(words, WORDS_BYTES, "%s call %lld, %s(%s%s%zu)",
             point->how == '+'   ? "after"
             : point->how == '/' ? "in the middle of"
             : point->how == '~' ? "stopped before"
             : point->how == '^' ? "stopped after"
                                 : "before",
             point->call, name, target, length > 0 ? ", " : "", bytes);
}

static void
die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* One call; how it is to end: 0 for well. Dies or stops itself here when that comes before it. */
static char
count(char kind, const char *name, int fd, size_t bytes)
{
    bool has_data = kind == 'w' || kind == 's';
    if (shared == NULL || (only_kind != 0 && only_kind != kind) ||
        (only_saying != NULL && !has_data))
        return 0;
    long long call = atomic_fetch_add(&shared->calls, 1) + 1;
    if (call <= KINDS_MAX)
        shared->kinds[call - 1] = kind;
    long long next = atomic_load(&shared->met);
    if (next >= point_count || points[next].call != call)
        return 0;
    tell(shared->words[next], name, fd, bytes, &points[next]);
    atomic_store(&shared->met, next + 1);
    char how = points[next].how;
    if (how == '\0' || (how == '/' && bytes < 2))
        die();
    if (how == '~')
        kill(getpid(), SIGSTOP);
    return how == '~' ? '\0' : how;
}

/* Files and sockets. Standard output and error are for people, and what wakes our own threads changes
 * nothing outside. */
static char
count_fd(char kind, const char *name, int fd, size_t bytes)
{
    struct stat file;
    if (shared == NULL || fd <= STDERR_FILENO || fstat(fd, &file) != 0 ||
        (file.st_mode & S_IFMT) == 0)
        return 0;
    return count(kind, name, fd, bytes);
}

/* The same of data that has the words that are asked for; of several parts the first one tells. */
static char
count_said(char kind, const char *name, int fd, const void *data, size_t data_bytes, size_t bytes)
{
    if (only_saying != NULL && memmem(data, data_bytes, only_saying, strlen(only_saying)) == NULL)
        return 0;
    return count_fd(kind, name, fd, bytes);
}

#define NEXT(name) ((__typeof__(&(name))) dlsym(RTLD_NEXT, #name))

/* Do `call`, or `half` of it, and die when that is asked for. */
#define DO(type, how, call, half)                                                                  \
    do {                                                                                           \
        char how_it_ends = (how);                                                                  \
        type result = how_it_ends == '/' ? (half) : (call);                                        \
        if (how_it_ends == '^')                                                                    \
            kill(getpid(), SIGSTOP);                                                               \
        else if (how_it_ends != '\0')                                                              \
            die();                                                                                 \
        return result;                                                                             \
    } while (0)

/* ---- files ---- */

ssize_t
write(int fd, const void *data, size_t bytes)
{
    DO(ssize_t, count_said('w', "write", fd, data, bytes, bytes), NEXT(write)(fd, data, bytes),
       NEXT(write)(fd, data, bytes / 2));
}

ssize_t
writev(int fd, const struct iovec *parts, int part_count)
{
    size_t bytes = 0;
    for (int i = 0; i < part_count; i++)
        bytes += parts[i].iov_len;
    DO(ssize_t, count_said('w', "writev", fd, parts[0].iov_base, parts[0].iov_len, bytes),
       NEXT(writev)(fd, parts, part_count),
       NEXT(write)(fd, parts[0].iov_base, (parts[0].iov_len + 1) / 2));
}

ssize_t
pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    DO(ssize_t, count_said('w', "pwrite", fd, data, bytes, bytes),
       NEXT(pwrite)(fd, data, bytes, at), NEXT(pwrite)(fd, data, bytes / 2, at));
}

ssize_t
pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    DO(ssize_t, count_said('w', "pwrite64", fd, data, bytes, bytes),
       NEXT(pwrite64)(fd, data, bytes, at), NEXT(pwrite64)(fd, data, bytes / 2, at));
}

int
ftruncate(int fd, off_t bytes)
{
    DO(int, count_fd('t', "ftruncate", fd, 0), NEXT(ftruncate)(fd, bytes), 0);
}

int
ftruncate64(int fd, off64_t bytes)
{
    DO(int, count_fd('t', "ftruncate64", fd, 0), NEXT(ftruncate64)(fd, bytes), 0);
}

int
fsync(int fd)
{
    DO(int, count_fd('y', "fsync", fd, 0), NEXT(fsync)(fd), 0);
}

int
fdatasync(int fd)
{
    DO(int, count_fd('y', "fdatasync", fd, 0), NEXT(fdatasync)(fd), 0);
}

/* ---- names ---- */

int
rename(const char *from, const char *to)
{
    DO(int, count('r', "rename", -1, 0), NEXT(rename)(from, to), 0);
}

int
unlink(const char *path)
{
    DO(int, count('r', "unlink", -1, 0), NEXT(unlink)(path), 0);
}

int
link(const char *from, const char *to)
{
    DO(int, count('r', "link", -1, 0), NEXT(link)(from, to), 0);
}

int
symlink(const char *target, const char *path)
{
    DO(int, count('r', "symlink", -1, 0), NEXT(symlink)(target, path), 0);
}

int
mkdir(const char *path, mode_t mode)
{
    DO(int, count('r', "mkdir", -1, 0), NEXT(mkdir)(path, mode), 0);
}

/* ---- sends ---- */

ssize_t
send(int fd, const void *data, size_t bytes, int flags)
{
    DO(ssize_t, count_said('s', "send", fd, data, bytes, bytes), NEXT(send)(fd, data, bytes, flags),
       NEXT(send)(fd, data, bytes / 2, flags));
}

ssize_t
sendto(int fd, const void *data, size_t bytes, int flags, __CONST_SOCKADDR_ARG to,
       socklen_t to_bytes)
{
    DO(ssize_t, count_said('s', "sendto", fd, data, bytes, bytes),
       NEXT(sendto)(fd, data, bytes, flags, to, to_bytes),
       NEXT(sendto)(fd, data, bytes / 2, flags, to, to_bytes));
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
    size_t bytes = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        bytes += message->msg_iov[i].iov_len;
    DO(ssize_t,
       count_said('s', "sendmsg", fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len,
                  bytes),
       NEXT(sendmsg)(fd, message, flags),
       NEXT(send)(fd, message->msg_iov[0].iov_base, (message->msg_iov[0].iov_len + 1) / 2, flags));
}

/* ---- commits ---- */

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
extern int sqlite3_step(sqlite3_stmt *statement);
extern const char *sqlite3_sql(sqlite3_stmt *statement);

static char
count_commit(const char *sql)
{
    return shared != NULL && sql != NULL && strncasecmp(sql, "COMMIT", strlen("COMMIT")) == 0
               ? count('c', "COMMIT", -1, 0)
               : 0;
}

int
sqlite3_step(sqlite3_stmt *statement)
{
    const char *sql = shared != NULL ? NEXT(sqlite3_sql)(statement) : NULL;
    DO(int, count_commit(sql), NEXT(sqlite3_step)(statement), 0);
}
