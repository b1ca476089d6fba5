/*
 * blob.c - one file for each content, under its digest.
 *
 * "sha256:abcdef…" lies in blobs/ab/cdef…. Contents are checked when they are read: a blob that
 * does not match its name is CORRUPT, never returned.
 */
#include "store/blob.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_PREFIX "sha256:"
#define DIGEST_HEX 64
#define FOLDER_HEX 2

struct Blobs {
    char *folder;
};

bool
blobs_open(const char *folder, Blobs **ret, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "blobs", NULL);
    if (g_mkdir_with_parents(path, 0700) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", path);
    *ret = g_new0(Blobs, 1);
    (*ret)->folder = g_steal_pointer(&path);
    return true;
}

void
blobs_close(Blobs *blobs)
{
    if (blobs == NULL)
        return;
    g_free(blobs->folder);
    g_free(blobs);
}

/* A digest from outside becomes a path: nothing but lower-case hex may pass. */
static bool
blob_path(const Blobs *blobs, const char *digest, char **ret, GError **error)
{
    const char *hex = digest + strlen(DIGEST_PREFIX);
    if (!g_str_has_prefix(digest, DIGEST_PREFIX) || strlen(hex) != DIGEST_HEX ||
        strspn(hex, "0123456789abcdef") != DIGEST_HEX)
        return fail(error, ERR_INVALID,
                    "'%.80s' is no digest, expected 'sha256:' and %d hex digits", digest,
                    DIGEST_HEX);
    *ret = g_strdup_printf("%s/%.*s/%s", blobs->folder, FOLDER_HEX, hex, hex + FOLDER_HEX);
    return true;
}

/* The folder's own entry must survive a power cut as well as the file in it. */
static bool
folder_make(const Blobs *blobs, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST
                   ? true
                   : fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", folder);
    AUTO_FD fd = open(blobs->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot sync the folder '%s'", blobs->folder);
    return true;
}

bool
blobs_put(Blobs *blobs, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    if (bytes > HTTP_BLOB_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "a blob of %zu bytes is over the limit of %d MiB", bytes,
                    HTTP_BLOB_BYTES_MAX / (1024 * 1024));
    g_autofree char *digest = sha256_of(data, bytes), *path = NULL;
    if (!blob_path(blobs, digest, &path, error))
        return false;
    if (access(path, F_OK) != 0 &&
        (!folder_make(blobs, path, error) || !file_write_atomic(path, data, bytes, 0600, error)))
        return false;
    *ret_digest = g_steal_pointer(&digest);
    return true;
}

bool
blobs_get(Blobs *blobs, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    g_autofree char *path = NULL, *text = NULL, *found = NULL;
    size_t bytes = 0;
    if (!blob_path(blobs, digest, &path, error))
        return false;
    if (access(path, F_OK) != 0)
        return fail(error, ERR_NOT_FOUND, "there is no blob '%s'", digest);
    if (!file_read(path, HTTP_BLOB_BYTES_MAX, &text, &bytes, error))
        return false;
    found = sha256_of(text, bytes);
    if (strcmp(found, digest) != 0)
        return fail(error, ERR_CORRUPT, "blob '%s' does not hold what its name says: '%s'", digest,
                    path);
    *ret = g_steal_pointer(&text);
    if (ret_bytes != NULL)
        *ret_bytes = bytes;
    return true;
}

bool
blobs_put_json(Blobs *blobs, const json_t *value, char **ret_digest, GError **error)
{
    g_autofree char *text = NULL;
    return json_canonical(value, &text, error) &&
           blobs_put(blobs, text, strlen(text), ret_digest, error);
}

bool
blobs_get_json(Blobs *blobs, const char *digest, json_t **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return blobs_get(blobs, digest, &text, &bytes, error) &&
           json_parse(text, bytes, digest, ret, error);
}
