/*
 * blob.c - values named by their content. A blob never changes, so reading needs no lock; the
 * digest is checked again on reading, because a plan that is not what was approved must not run.
 */
#include "store/blob.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

#define DIGEST_PREFIX "sha256:"
#define HEX_DIGITS 64

struct Blobs {
    char *folder;
};

bool
blobs_open(const char *folder, Blobs **ret, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "blobs", NULL);
    if (g_mkdir_with_parents(path, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", path);
    Blobs *blobs = g_new0(Blobs, 1);
    blobs->folder = g_steal_pointer(&path);
    *ret = blobs;
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

/* The name comes from outside: nothing but a digest may become a path. */
static bool
blob_path(const Blobs *blobs, const char *digest, char **ret_folder, char **ret_path,
          GError **error)
{
    size_t prefix = strlen(DIGEST_PREFIX);
    const char *hex =
        digest != NULL && g_str_has_prefix(digest, DIGEST_PREFIX) ? digest + prefix : "";
    if (strlen(hex) != HEX_DIGITS || strspn(hex, "0123456789abcdef") != HEX_DIGITS)
        return fail(error, ERR_INVALID, "'%s' is no digest, expected sha256: and 64 hex digits",
                    digest != NULL ? digest : "");
    g_autofree char *first = g_strndup(hex, 2);
    *ret_folder = g_build_filename(blobs->folder, first, NULL);
    *ret_path = g_build_filename(*ret_folder, hex + 2, NULL);
    return true;
}

bool
blobs_put(Blobs *blobs, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    if (bytes > HTTP_BLOB_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "a blob of %zu bytes, at most %d are kept", bytes,
                    HTTP_BLOB_BYTES_MAX);
    g_autofree char *digest = sha256_of(data, bytes);
    g_autofree char *folder = NULL;
    g_autofree char *path = NULL;
    struct stat there;
    if (!blob_path(blobs, digest, &folder, &path, error))
        return false;
    if (stat(path, &there) != 0 || (size_t) there.st_size != bytes) {
        if (g_mkdir_with_parents(folder, 0700) != 0)
            return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
        if (!file_write_atomic(path, data, bytes, 0600, error))
            return false;
    }
    *ret_digest = g_steal_pointer(&digest);
    return true;
}

bool
blobs_get(Blobs *blobs, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    g_autofree char *folder = NULL;
    g_autofree char *path = NULL;
    g_autofree char *data = NULL;
    size_t bytes = 0;
    if (!blob_path(blobs, digest, &folder, &path, error))
        return false;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail(error, ERR_NOT_FOUND, "no blob '%s'", digest);
    if (!file_read(path, HTTP_BLOB_BYTES_MAX, &data, &bytes, error))
        return false;
    g_autofree char *now = sha256_of(data, bytes);
    if (strcmp(now, digest) != 0)
        return fail(error, ERR_CORRUPT, "blob '%s' has other contents ('%s')", digest, path);
    *ret = g_steal_pointer(&data);
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
