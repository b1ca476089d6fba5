/* sink.h - where the bytes of a whole file go: through the encoding and the compression that its name asks for. */
#pragma once

#include "driver/files/file.h"

typedef struct ByteSink ByteSink;
/* `fd` is borrowed. INVALID for an encoding that cannot be written. */
CHECKED bool byte_sink_new(const FileConn *conn, const char *name, int fd, ByteSink **ret,
                           GError **error);
CHECKED bool byte_sink_write(ByteSink *sink, const char *bytes, size_t count, GError **error);
/* What is still held back, and the end mark. */
CHECKED bool byte_sink_end(ByteSink *sink, GError **error);
void byte_sink_free(ByteSink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ByteSink, byte_sink_free)
