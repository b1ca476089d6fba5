/* file.c - paths, identities and windows: everything about a file but its format. */
#include "driver/file.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_BYTES (256 * 1024) /* read at once: far more than a record, far less than a cache */
#define RAW_BYTES_MAX 4096        /* of a broken record, as much as tells where to look */
#define NAMES_MAX 10000           /* files of a folder that are looked at for near names */

bool
file_conn_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    const char *path = json_get_string(store->settings, "path", NULL);
    if (path == NULL)
        return fail(error, ERR_INVALID, "the settings lack 'path', a folder or a file");
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail(error, ERR_NOT_FOUND, "there is no folder or file '%s'", path);
    FileConn *conn = g_new0(FileConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->path = g_strdup(path);
    conn->settings = json_deep_copy(store->settings);
    *ret = &conn->base;
    return true;
}

void
file_conn_close(Conn *base)
{
    FileConn *conn = (FileConn *) base;
    g_free(conn->base.store);
    g_free(conn->path);
    json_decref(conn->settings);
    g_free(conn);
}

static bool
fail_no_file(const FileConn *conn, const char *object, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(conn->path, 0, NULL);
    const char *name;
    while (dir != NULL && names->len < NAMES_MAX && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(object, (const char *const *) names->pdata);
    return fail(error, ERR_NOT_FOUND, "there is no file '%s' in '%s'%s%s%s", object, conn->path,
                near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?)" : "");
}

static bool
leaves_folder(const char *object)
{
    g_auto(GStrv) parts = g_strsplit(object, "/", -1);
    for (char **part = parts; *part != NULL; part++)
        if (strcmp(*part, "..") == 0)
            return true;
    return object[0] == '/';
}

bool
file_conn_path(const FileConn *conn, const char *object, char **ret, GError **error)
{
    g_autofree char *path = NULL;
    g_autofree char *base = g_path_get_basename(conn->path);
    if (leaves_folder(object))
        return fail(error, ERR_INVALID, "'%s' leads out of the store's folder", object);
    if (g_file_test(conn->path, G_FILE_TEST_IS_DIR))
        path = g_build_filename(conn->path, object, NULL);
    else if (strcmp(base, object) == 0)
        path = g_strdup(conn->path);
    if (path == NULL || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return fail_no_file(conn, object, error);
    *ret = g_steal_pointer(&path);
    return true;
}

bool
file_conn_identity(Conn *base, const char *object, json_t **ret, GError **error)
{
    g_autofree char *path = NULL;
    struct stat info;
    if (!file_conn_path((FileConn *) base, object, &path, error))
        return false;
    if (stat(path, &info) != 0)
        return fail_errno(error, ERR_TRANSIENT, "cannot look at '%s'", path);
    json_t *identity = json_object();
    json_set_int(identity, "bytes", info.st_size);
    json_set_int(identity, "mtime_ns",
                 (int64_t) info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec);
    *ret = identity;
    return true;
}

bool
file_conn_fingerprint(Conn *base, const char *object, char **ret, GError **error)
{
    g_autofree char *path = NULL;
    if (!file_conn_path((FileConn *) base, object, &path, error))
        return false;
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot open '%s'", path);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *buffer = g_malloc(WINDOW_BYTES);
    for (;;) {
        ssize_t bytes = read(fd, buffer, WINDOW_BYTES);
        if (bytes < 0 && errno != EINTR)
            return fail_errno(error, ERR_TRANSIENT, "cannot read '%s'", path);
        if (bytes == 0)
            break;
        if (bytes > 0)
            g_checksum_update(sum, (const guchar *) buffer, bytes);
        if (base->tick != NULL && !base->tick(-1, base->tick_data))
            return fail(error, ERR_STOPPED, "asked to stop");
    }
    *ret = g_strconcat("sha256:", g_checksum_get_string(sum), NULL);
    return true;
}

/* --- ranges --- */

void
file_add_range(json_t *ranges, const FilePlace *from, const FilePlace *to, int64_t rows)
{
    bool is_first = json_array_size(ranges) == 0;
    json_t *range = json_object();
    json_object_set_new(range, "from", is_first ? json_null() : json_integer(from->offset));
    json_object_set_new(range, "to", to == NULL ? json_null() : json_integer(to->offset));
    json_set_int(range, "row", from->row);
    json_set_int(range, "line", from->line);
    json_set_int(range, "rows", rows);
    json_array_append_new(ranges, range);
}

static bool
read_position(const json_t *range, const char *key, const char *object, int64_t *ret,
              GError **error)
{
    const json_t *position = json_object_get(range, key);
    *ret = -1;
    if (position == NULL || json_is_null(position))
        return true;
    *ret = json_is_integer(position) ? json_integer_value(position) : -1;
    if (*ret >= 0)
        return true;
    g_autofree char *shown = json_dumps(position, JSON_COMPACT | JSON_ENCODE_ANY);
    return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object);
}

bool
file_read_range(const json_t *range, const char *object, FilePlace *ret_from, int64_t *ret_end,
                GError **error)
{
    *ret_from =
        (FilePlace){.row = json_get_int(range, "row", 1), .line = json_get_int(range, "line", 1)};
    return read_position(range, "from", object, &ret_from->offset, error) &&
           read_position(range, "to", object, ret_end, error);
}

/* --- windows --- */

static size_t window_bytes = WINDOW_BYTES;

void
window_set_bytes_for_tests(size_t bytes)
{
    window_bytes = bytes > 0 ? bytes : WINDOW_BYTES;
}

void
window_init(Window *window, int fd, int64_t offset)
{
    *window = (Window){.fd = fd, .offset = offset};
}

void
window_clear(Window *window)
{
    g_free(window->bytes);
    window->bytes = NULL;
}

/* Twice as much each time: who begins a long record anew after each growth still reads it only a few times. */
bool
window_grow(Window *window, GError **error)
{
    size_t wanted = MAX(window_bytes, window->used);
    if (window->used + wanted > window->room) {
        window->room = window->used + wanted;
        window->bytes = g_realloc(window->bytes, window->room);
    }
    ssize_t bytes;
    do {
        bytes = pread(window->fd, window->bytes + window->used, wanted,
                      window->offset + (int64_t) window->used);
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0)
        return fail_errno(error, ERR_TRANSIENT, "cannot read the file");
    window->used += (size_t) bytes;
    window->is_end = bytes == 0;
    return true;
}

void
window_drop(Window *window, size_t bytes)
{
    g_assert(bytes <= window->used);
    if (bytes == 0) /* also when nothing was read yet, and there is no buffer */
        return;
    memmove(window->bytes, window->bytes + bytes, window->used - bytes);
    window->used -= bytes;
    window->offset += (int64_t) bytes;
}

bool
window_line_end(Window *window, size_t begin, size_t *ret, GError **error)
{
    for (size_t from = begin;;) {
        const char *lf =
            from < window->used ? memchr(window->bytes + from, '\n', window->used - from) : NULL;
        size_t end = lf != NULL ? (size_t) (lf - window->bytes) + 1 : window->used;
        bool is_long = end - begin > RECORD_BYTES_MAX;
        if (lf != NULL || window->is_end || is_long) {
            *ret = is_long ? 0 : end;
            return true;
        }
        from = window->used;
        if (!window_grow(window, error))
            return false;
    }
}

bool
window_skip_line(Window *window, size_t begin, GError **error)
{
    window_drop(window, begin);
    for (;;) {
        const char *lf = window->used > 0 ? memchr(window->bytes, '\n', window->used) : NULL;
        window_drop(window, lf != NULL ? (size_t) (lf - window->bytes) + 1 : window->used);
        if (lf != NULL || window->is_end)
            return true;
        if (!window_grow(window, error))
            return false;
    }
}

size_t
utf8_length(const char *text, size_t bytes)
{
    const char *end = text;
    g_utf8_validate(text, (gssize) bytes, &end); /* stops at NUL, too */
    return (size_t) (end - text);
}

char *
text_problem(const char *bytes, size_t count)
{
    size_t good = utf8_length(bytes, count);
    if (good == count)
        return NULL;
    if (bytes[good] == '\0')
        return g_strdup_printf("byte %zu is NUL, which no text can hold", good + 1);
    return g_strdup_printf("byte %zu (0x%02x) is not UTF-8; is the file in another encoding, such "
                           "as Latin-1?",
                           good + 1, (unsigned char) bytes[good]);
}

json_t *
raw_to_json(int64_t line, const char *bytes, size_t count)
{
    g_autofree char *piece = g_strndup(bytes, MIN(count, RAW_BYTES_MAX));
    g_autofree char *shown = text_printable(piece);
    json_t *raw = json_object();
    json_set_int(raw, "line", line);
    json_set_string(raw, "raw", shown);
    return raw;
}
