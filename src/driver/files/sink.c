/* sink.c - see sink.h. */
#include "driver/files/sink.h"

#include "base/text.h"

struct ByteSink {
    int fd;
};

bool
byte_sink_new(const FileConn *conn, const char *name, int fd, ByteSink **ret, GError **error)
{
    ByteSink *sink = g_new0(ByteSink, 1);
    sink->fd = fd;
    *ret = sink;
    return true;
}

bool
byte_sink_write(ByteSink *sink, const char *bytes, size_t count, GError **error)
{
    return fd_write_all(sink->fd, bytes, count) ||
           fail_errno(error, ERR_INTERNAL, "cannot write the file");
}

bool
byte_sink_end(ByteSink *sink, GError **error)
{
    return true;
}

void
byte_sink_free(ByteSink *sink)
{
    g_free(sink);
}
