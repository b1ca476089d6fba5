/*
 * count_calls.c - preloaded into honk: counts its calls that change anything outside of it, and kills it
 * with SIGKILL just before the one that was asked for.
 *
 * The program knows nothing of it, so the points are not of our choosing: every write, sync, truncation,
 * rename, unlink and send of every library counts.
 *
 *   HONK_DIE_ROLE   "serve" or "worker": only a process with this word as an argument counts
 *   HONK_DIE_AT     die before this call (from 1); 0 or absent: never, only count
 *   HONK_DIE_MARK   file that is made at death: it disarms whoever starts later
 *   HONK_DIE_COUNT  file into which a process that ends by itself writes its count
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long die_at;
static bool is_counting;

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

static void __attribute__((constructor)) begin(void)
{
    const char *role = getenv("HONK_DIE_ROLE"), *at = getenv("HONK_DIE_AT");
    const char *mark = getenv("HONK_DIE_MARK");
    is_counting = role != NULL && has_role(role) && (mark == NULL || access(mark, F_OK) != 0);
    die_at = at != NULL ? atol(at) : 0;
}

static void __attribute__((destructor)) end(void)
{
    const char *path = getenv("HONK_DIE_COUNT");
    FILE *file = is_counting && path != NULL ? fopen(path, "ae") : NULL;
    if (file == NULL)
        return;
    is_counting = false;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}

static void
count(void)
{
    if (!is_counting || atomic_fetch_add(&calls, 1) + 1 != die_at)
        return;
    const char *mark = getenv("HONK_DIE_MARK");
    if (mark != NULL)
        close(open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Standard error is for people; what is lost there changes nothing. */
static void
count_fd(int fd)
{
    if (fd > STDERR_FILENO)
        count();
}

#define NEXT(name) ((__typeof__(&(name))) dlsym(RTLD_NEXT, #name))

ssize_t
write(int fd, const void *data, size_t bytes)
{
    count_fd(fd);
    return NEXT(write)(fd, data, bytes);
}

ssize_t
writev(int fd, const struct iovec *parts, int part_count)
{
    count_fd(fd);
    return NEXT(writev)(fd, parts, part_count);
}

ssize_t
pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    count_fd(fd);
    return NEXT(pwrite)(fd, data, bytes, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    count_fd(fd);
    return NEXT(pwrite64)(fd, data, bytes, at);
}

int
ftruncate(int fd, off_t bytes)
{
    count_fd(fd);
    return NEXT(ftruncate)(fd, bytes);
}

int
ftruncate64(int fd, off64_t bytes)
{
    count_fd(fd);
    return NEXT(ftruncate64)(fd, bytes);
}

int
fsync(int fd)
{
    count_fd(fd);
    return NEXT(fsync)(fd);
}

int
fdatasync(int fd)
{
    count_fd(fd);
    return NEXT(fdatasync)(fd);
}

int
rename(const char *from, const char *to)
{
    count();
    return NEXT(rename)(from, to);
}

int
unlink(const char *path)
{
    count();
    return NEXT(unlink)(path);
}

ssize_t
send(int fd, const void *data, size_t bytes, int flags)
{
    count_fd(fd);
    return NEXT(send)(fd, data, bytes, flags);
}

ssize_t
sendto(int fd, const void *data, size_t bytes, int flags, __CONST_SOCKADDR_ARG to,
       socklen_t to_bytes)
{
    count_fd(fd);
    return NEXT(sendto)(fd, data, bytes, flags, to, to_bytes);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
    count_fd(fd);
    return NEXT(sendmsg)(fd, message, flags);
}
