/*
 * bytes.h - the bytes of a dataset, from any offset, whatever they lie in.
 *
 *   file     one file as it is
 *   parts    the finished ranges of a stage, one behind the other
 *
 * Offsets count the bytes as they are read here. One source belongs to one thread.
 */
#pragma once

#include "base/error.h"

#include <glib.h>

typedef struct ByteSource ByteSource;
struct ByteSource {
    /* Up to `count` bytes from `offset` on; 0 only at the end. */
    bool (*read)(ByteSource *self, char *to, size_t count, int64_t offset, size_t *ret,
                 GError **error);
    void (*close)(ByteSource *self);
    bool is_stream; /* to begin in the middle is to read all before it */
};

CHECKED bool byte_source_file(const char *path, ByteSource **ret, GError **error);
/* `paths` (char *) is stolen; all must be there. */
CHECKED bool byte_source_parts(GPtrArray *paths, ByteSource **ret, GError **error);
void byte_source_close(ByteSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ByteSource, byte_source_close)

CHECKED bool byte_source_read(ByteSource *source, char *to, size_t count, int64_t offset,
                              size_t *ret, GError **error);
