/* file.c - where the files of a store lie, what they look like from outside, and how ranges of them are told. */
#include "driver/files/file.h"

#include "base/limits.h"
#include "base/text.h"
#include "driver/files/notes.h"

#include <string.h>
#include <sys/stat.h>

#define READ_BYTES (256 * 1024)
#define NAMES_MAX 10000 /* files of a folder that are looked at for near names */

bool
file_conn_open(const Driver *self, const FileFormat *format, const StoreConfig *store, Conn **ret,
               GError **error)
{
    const char *path = json_get_string(store->settings, "path", NULL);
    if (path == NULL)
        return fail(error, ERR_INVALID, "the settings lack 'path', a folder or a file");
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail(error, ERR_NOT_FOUND, "there is no folder or file '%s'", path);
    bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    FileConn *conn = g_new0(FileConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->format = format;
    conn->folder = is_folder ? g_strdup(path) : g_path_get_dirname(path);
    conn->only = is_folder ? NULL : g_path_get_basename(path);
    conn->settings = json_deep_copy(store->settings);
    *ret = &conn->base;
    return true;
}

void
file_conn_close(Conn *base)
{
    FileConn *conn = (FileConn *) base;
    conn_rollback(base); /* as every store does when a client is gone */
    g_free(base->store);
    g_free(conn->folder);
    g_free(conn->only);
    json_decref(conn->settings);
    g_free(conn);
}

bool
file_conn_missing(const FileConn *conn, const char *object, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(conn->folder, 0, NULL);
    const char *name;
    while (conn->only == NULL && dir != NULL && names->len < NAMES_MAX &&
           (name = g_dir_read_name(dir)) != NULL)
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    if (conn->only != NULL)
        g_ptr_array_add(names, g_strdup(conn->only));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(object, (const char *const *) names->pdata);
    return fail(error, ERR_NOT_FOUND, "there is no file '%s' in '%s'%s%s%s", object, conn->folder,
                near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?)" : "");
}

/* Outside of the folder, or among our own notes. */
static bool
leaves_folder(const char *object)
{
    g_auto(GStrv) parts = g_strsplit(object, "/", -1);
    for (char **part = parts; *part != NULL; part++)
        if (strcmp(*part, "..") == 0 || strcmp(*part, NOTES_FOLDER) == 0)
            return true;
    return object[0] == '/';
}

bool
file_conn_path(const FileConn *conn, const char *object, char **ret, GError **error)
{
    if (leaves_folder(object))
        return fail(error, ERR_INVALID, "'%s' leads out of the store's folder", object);
    /* beside the one file of a store there are only its own stages and what was kept of it */
    g_autofree char *ours = conn->only != NULL ? g_strconcat(conn->only, "__", NULL) : NULL;
    if (ours != NULL && strcmp(object, conn->only) != 0 && !g_str_has_prefix(object, ours))
        return file_conn_missing(conn, object, error);
    *ret = g_build_filename(conn->folder, object, NULL);
    return true;
}

char *
file_kind_name(const char *object)
{
    g_autofree char *name = stage_target_name(object);
    return packing_strip(name);
}

static const char *
encoding_setting(const FileConn *conn)
{
    return json_get_string(json_object_get(conn->settings, "format"), "encoding", NULL);
}

bool
file_conn_encoding(const FileConn *conn, Encoding *ret, GError **error)
{
    const char *setting = encoding_setting(conn);
    bool by_mark;
    *ret = ENCODING_UTF8;
    return setting == NULL || encoding_from_name(setting, ret, &by_mark, error);
}

void
file_object_clear(FileObject *object)
{
    byte_source_close(object->source);
    schema_free(object->schema);
    g_free(object->path);
    *object = (FileObject){0};
}

bool
file_object_open(const FileConn *conn, const char *object, FileObject *ret, GError **error)
{
    g_auto(FileObject) opened = {0};
    bool is_stage = false;
    if (!file_conn_path(conn, object, &opened.path, error))
        return false;
    if (g_file_test(opened.path, G_FILE_TEST_IS_REGULAR)) {
        if (!byte_source_file(opened.path, &opened.source, error))
            return false;
    } else if (!notes_open_stage(conn, object, &is_stage, &opened, error)) {
        return false;
    } else if (!is_stage) {
        return file_conn_missing(conn, object, error);
    }
    *ret = opened;
    opened = (FileObject){0};
    return true;
}

bool
file_object_open_text(const FileConn *conn, const char *object, FileObject *ret, GError **error)
{
    g_auto(FileObject) opened = {0};
    if (!file_object_open(conn, object, &opened, error))
        return false;
    if (!opened.is_bare && !byte_source_decoded(g_steal_pointer(&opened.source),
                                                encoding_setting(conn), &opened.source, error))
        return false;
    *ret = opened;
    opened = (FileObject){0};
    return true;
}

static void
add_time(json_t *identity, const char *key, const struct timespec *at)
{
    json_set_int(identity, key, (int64_t) at->tv_sec * 1000000000 + at->tv_nsec);
}

/* The time of the last change of any kind, too: that of the contents can be set to what it was. */
bool
file_conn_identity(Conn *base, const char *object, json_t **ret, GError **error)
{
    const FileConn *conn = (FileConn *) base;
    g_autofree char *path = NULL;
    struct stat info;
    if (!file_conn_path(conn, object, &path, error))
        return false;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return file_conn_missing(conn, object, error);
    json_t *identity = json_object();
    json_set_int(identity, "bytes", info.st_size);
    add_time(identity, "mtime_ns", &info.st_mtim);
    add_time(identity, "ctime_ns", &info.st_ctim);
    *ret = identity;
    return true;
}

bool
file_conn_fingerprint(Conn *base, const char *object, char **ret, GError **error)
{
    g_auto(FileObject) opened = {0};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *buffer = g_malloc(READ_BYTES);
    if (!file_object_open((FileConn *) base, object, &opened, error))
        return false;
    for (int64_t offset = 0;;) {
        size_t bytes = 0;
        if (!byte_source_read(opened.source, buffer, READ_BYTES, offset, &bytes, error))
            return false;
        if (bytes == 0)
            break;
        offset += (int64_t) bytes;
        g_checksum_update(sum, (const guchar *) buffer, (gssize) bytes);
        if (base->tick != NULL && !base->tick(-1, base->tick_data))
            return fail(error, ERR_STOPPED, "asked to stop");
    }
    *ret = g_strconcat("sha256:", g_checksum_get_string(sum), NULL);
    return true;
}
