/* bytes.c - files and rows of files, read from any offset. */
#include "driver/files/bytes.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
byte_source_close(ByteSource *source)
{
    if (source != NULL)
        source->close(source);
}

bool
byte_source_read(ByteSource *source, char *to, size_t count, int64_t offset, size_t *ret,
                 GError **error)
{
    return source->read(source, to, count, offset, ret, error);
}

static bool
read_at(int fd, char *to, size_t count, int64_t offset, size_t *ret, GError **error)
{
    ssize_t bytes;
    do {
        bytes = pread(fd, to, count, offset);
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0)
        return fail_errno(error, ERR_TRANSIENT, "cannot read the file");
    *ret = (size_t) bytes;
    return true;
}

static bool
open_file(const char *path, int *ret, GError **error)
{
    *ret = open(path, O_RDONLY | O_CLOEXEC);
    return *ret >= 0 || fail_errno(error, ERR_FORBIDDEN, "cannot open '%s'", path);
}

/* --- one file --- */

typedef struct {
    ByteSource base;
    int fd;
} FileSource;

static bool
file_source_read(ByteSource *self, char *to, size_t count, int64_t offset, size_t *ret,
                 GError **error)
{
    return read_at(((FileSource *) self)->fd, to, count, offset, ret, error);
}

static void
file_source_close(ByteSource *self)
{
    fd_close(&((FileSource *) self)->fd);
    g_free(self);
}

bool
byte_source_file(const char *path, ByteSource **ret, GError **error)
{
    AUTO_FD fd = -1;
    if (!open_file(path, &fd, error))
        return false;
    FileSource *source = g_new0(FileSource, 1);
    source->base = (ByteSource){.read = file_source_read, .close = file_source_close};
    source->fd = fd_steal(&fd);
    *ret = &source->base;
    return true;
}

/* --- many files as one --- */

typedef struct {
    ByteSource base;
    GPtrArray *paths;
    GArray *begins; /* int64_t: where each begins; one more for the end */
    guint at;       /* which one is open */
    int fd;
} PartsSource;

static void
parts_source_close(ByteSource *self)
{
    PartsSource *source = (PartsSource *) self;
    fd_close(&source->fd);
    g_ptr_array_unref(source->paths);
    g_array_unref(source->begins);
    g_free(source);
}

/* The part that holds `offset`, opened; false with no error at the end. */
static bool
part_open(PartsSource *source, int64_t offset, bool *ret_is_end, GError **error)
{
    const int64_t *begins = (const int64_t *) source->begins->data;
    guint low = 0, high = source->paths->len;
    *ret_is_end = offset >= begins[high];
    if (*ret_is_end)
        return true;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        *(begins[middle] <= offset ? &low : &high) = middle;
    }
    while (begins[low + 1] <= offset) /* over empty ones, which begin where the next one does */
        low++;
    if (source->fd >= 0 && source->at == low)
        return true;
    fd_close(&source->fd);
    source->at = low;
    return open_file(source->paths->pdata[low], &source->fd, error);
}

static bool
parts_source_read(ByteSource *self, char *to, size_t count, int64_t offset, size_t *ret,
                  GError **error)
{
    PartsSource *source = (PartsSource *) self;
    bool is_end = false;
    *ret = 0;
    if (!part_open(source, offset, &is_end, error) || is_end)
        return is_end;
    const int64_t *begins = (const int64_t *) source->begins->data;
    size_t rest = (size_t) MIN((int64_t) count, begins[source->at + 1] - offset);
    if (!read_at(source->fd, to, rest, offset - begins[source->at], ret, error))
        return false;
    return *ret > 0 || fail(error, ERR_DRIFT, "'%s' became shorter while it was read",
                            (const char *) source->paths->pdata[source->at]);
}

bool
byte_source_parts(GPtrArray *paths, ByteSource **ret, GError **error)
{
    g_autoptr(GPtrArray) owned = paths;
    g_autoptr(GArray) begins = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int64_t begin = 0;
    g_array_append_val(begins, begin);
    for (guint i = 0; i < paths->len; i++) {
        struct stat info;
        if (stat(paths->pdata[i], &info) != 0)
            return fail_errno(error, ERR_TRANSIENT, "cannot look at '%s'",
                              (const char *) paths->pdata[i]);
        begin += info.st_size;
        g_array_append_val(begins, begin);
    }
    PartsSource *source = g_new0(PartsSource, 1);
    source->base = (ByteSource){.read = parts_source_read, .close = parts_source_close};
    source->paths = g_steal_pointer(&owned);
    source->begins = g_steal_pointer(&begins);
    source->fd = -1;
    *ret = &source->base;
    return true;
}
