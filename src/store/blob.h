/*
 * blob.h - plans, diffs, evidence and slices as files named by their SHA-256, under
 * `folder`/blobs/ab/cdef…
 *
 * Written to a temporary name, synced, renamed: a blob is there whole or not at all. Any thread may
 * call.
 */
#pragma once

#include "base/json.h"

typedef struct Blobs Blobs;

CHECKED bool blobs_open(const char *folder, Blobs **ret, GError **error);
void blobs_close(Blobs *blobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Blobs, blobs_close)
/* `*ret_digest` "sha256:…"; already there: nothing is written. Caller frees. */
CHECKED bool blobs_put(Blobs *blobs, const void *data, size_t bytes, char **ret_digest,
                       GError **error);
CHECKED bool blobs_get(Blobs *blobs, const char *digest, char **ret, size_t *ret_bytes,
                       GError **error);
CHECKED bool blobs_put_json(Blobs *blobs, const json_t *value, char **ret_digest,
                            GError **error); /* canonical */
CHECKED bool blobs_get_json(Blobs *blobs, const char *digest, json_t **ret, GError **error);
