/* sink.c - see sink.h. */
#include "driver/files/sink.h"

#include "base/text.h"
#include "driver/files/unpack.h"

#define PIECE_BYTES (256 * 1024) /* gathered before it is packed */

struct ByteSink {
    int fd;
    Encoding encoding;
    Packer *packer;            /* or NULL */
    GString *text;             /* in UTF-8: what is not encoded yet */
    GString *encoded, *packed; /* empty between two calls */
};

bool
byte_sink_new(const FileConn *conn, const char *name, int fd, ByteSink **ret, GError **error)
{
    Encoding encoding;
    if (!file_conn_encoding(conn, &encoding, error))
        return false;
    ByteSink *sink = g_new0(ByteSink, 1);
    sink->fd = fd;
    sink->encoding = encoding;
    if (packing_of_name(name) != PACKED_NOT)
        sink->packer = packer_new(packing_of_name(name));
    sink->text = g_string_new(NULL);
    sink->encoded = g_string_new(NULL);
    sink->packed = g_string_new(NULL);
    if (encoding == ENCODING_UTF16LE || encoding == ENCODING_UTF16BE)
        g_string_append(sink->text, "\xef\xbb\xbf"); /* a mark, in whatever it is written */
    *ret = sink;
    return true;
}

/* Characters are not cut in two: what is at the end of the text may be half of one. */
static size_t
whole_characters(const GString *text)
{
    size_t bytes = text->len;
    for (int back = 0;
         back < 3 && bytes > 0 && ((unsigned char) text->str[bytes - 1] & 0xc0) == 0x80; back++)
        bytes--;
    if (bytes > 0 && ((unsigned char) text->str[bytes - 1] & 0xc0) == 0xc0) {
        size_t wanted = (size_t) g_utf8_skip[(unsigned char) text->str[bytes - 1]];
        return bytes - 1 + wanted <= text->len ? bytes - 1 + wanted : bytes - 1;
    }
    return text->len;
}

static bool
flush(ByteSink *sink, bool is_end, GError **error)
{
    size_t bytes = is_end ? sink->text->len : whole_characters(sink->text);
    encoding_append(sink->encoding, sink->text->str, bytes, sink->encoded);
    g_string_erase(sink->text, 0, (gssize) bytes);
    const GString *out = sink->encoded;
    if (sink->packer != NULL) {
        if (!packer_put(sink->packer, out->str, out->len, is_end, sink->packed, error))
            return false;
        out = sink->packed;
    }
    if (!fd_write_all(sink->fd, out->str, out->len))
        return fail_errno(error, ERR_INTERNAL, "cannot write the file");
    g_string_truncate(sink->encoded, 0);
    g_string_truncate(sink->packed, 0);
    return true;
}

bool
byte_sink_write(ByteSink *sink, const char *bytes, size_t count, GError **error)
{
    g_string_append_len(sink->text, bytes, (gssize) count);
    return sink->text->len < PIECE_BYTES || flush(sink, false, error);
}

bool
byte_sink_end(ByteSink *sink, GError **error)
{
    return flush(sink, true, error);
}

void
byte_sink_free(ByteSink *sink)
{
    if (sink == NULL)
        return;
    packer_free(sink->packer);
    g_string_free(sink->text, TRUE);
    g_string_free(sink->encoded, TRUE);
    g_string_free(sink->packed, TRUE);
    g_free(sink);
}
