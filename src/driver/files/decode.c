/* decode.c - a source that unpacks and decodes what it reads: see decode.h. */
#include "driver/files/decode.h"

#include "driver/files/unpack.h"

#include <string.h>

#define RAW_BYTES (64 * 1024) /* read at once */
#define KEPT_BYTES                                                                                 \
    (16 * 1024 *                                                                                   \
     1024) /* of text that was read last: two batches, whose records may be asked for again */

typedef struct {
    ByteSource base;
    ByteSource *raw;
    Packing packing;
    Encoding encoding;
    Unpacker *unpacker; /* or NULL */
    char *bytes;        /* of the file */
    size_t used, taken;
    int64_t offset; /* of bytes[0] in the file */
    bool is_raw_end;
    GString *unpacked; /* not decoded yet */
    int64_t unpacked_bytes;
    GString *kept;
    int64_t kept_offset; /* of its first byte in the text */
    bool is_end;
} DecodedSource;

static void
decoded_close(ByteSource *self)
{
    DecodedSource *source = (DecodedSource *) self;
    byte_source_close(source->raw);
    unpacker_free(source->unpacker);
    g_free(source->bytes);
    g_string_free(source->unpacked, TRUE);
    g_string_free(source->kept, TRUE);
    g_free(source);
}

static void
rewind_source(DecodedSource *source)
{
    g_clear_pointer(&source->unpacker, unpacker_free);
    if (source->packing != PACKED_NOT)
        source->unpacker = unpacker_new(source->packing);
    source->used = source->taken = 0;
    source->offset = source->kept_offset = source->unpacked_bytes = 0;
    source->is_raw_end = source->is_end = false;
    g_string_truncate(source->unpacked, 0);
    g_string_truncate(source->kept, 0);
}

/* The next bytes of the file, when the last ones are used up. */
static bool
fill_bytes(DecodedSource *source, GError **error)
{
    if (source->taken < source->used || source->is_raw_end)
        return true;
    source->offset += (int64_t) source->used;
    source->taken = source->used = 0;
    if (!byte_source_read(source->raw, source->bytes, RAW_BYTES, source->offset, &source->used,
                          error))
        return false;
    source->is_raw_end = source->used == 0;
    return true;
}

static bool
unpack_more(DecodedSource *source, GError **error)
{
    size_t taken = 0, before = source->unpacked->len;
    const char *bytes = source->bytes + source->taken;
    if (!fill_bytes(source, error))
        return false;
    bytes = source->bytes + source->taken;
    if (source->is_raw_end && source->unpacker != NULL && !unpacker_is_whole(source->unpacker))
        return fail(error, ERR_INVALID,
                    "the %s stream ends in the middle, at byte %" G_GINT64_FORMAT
                    ": was the file cut short?",
                    source->packing == PACKED_GZIP ? "gzip" : "zstd", source->offset);
    if (source->is_raw_end)
        return true;
    if (source->unpacker == NULL) {
        taken = source->used - source->taken;
        g_string_append_len(source->unpacked, bytes, (gssize) taken);
    } else if (!unpacker_take(source->unpacker, bytes, source->used - source->taken,
                              source->offset + (int64_t) source->taken, source->unpacked, &taken,
                              error)) {
        return false;
    }
    source->taken += taken;
    source->unpacked_bytes += (int64_t) (source->unpacked->len - before);
    return true;
}

/* The mark of UTF-16, which is no character, is dropped from the first bytes. */
static void
decode_more(DecodedSource *source)
{
    GString *from = source->unpacked;
    bool is_first = source->kept_offset == 0 && source->kept->len == 0;
    bool has_mark =
        is_first && from->len >= 2 &&
        memcmp(from->str, source->encoding == ENCODING_UTF16LE ? "\xff\xfe" : "\xfe\xff", 2) == 0;
    bool is_utf16 = source->encoding == ENCODING_UTF16LE || source->encoding == ENCODING_UTF16BE;
    if (is_first && from->len < 2 && !source->is_raw_end)
        return;
    if (has_mark && is_utf16)
        g_string_erase(from, 0, 2);
    size_t taken =
        encoding_read(source->encoding, from->str, from->len, source->is_raw_end, source->kept);
    g_string_erase(from, 0, (gssize) taken);
    source->is_end = source->is_raw_end;
    if (source->kept->len <= 2 * KEPT_BYTES)
        return;
    size_t dropped = source->kept->len - KEPT_BYTES;
    g_string_erase(source->kept, 0, (gssize) dropped);
    source->kept_offset += (int64_t) dropped;
}

static bool
decoded_read(ByteSource *self, char *to, size_t count, int64_t offset, size_t *ret, GError **error)
{
    DecodedSource *source = (DecodedSource *) self;
    if (offset < source->kept_offset)
        rewind_source(source);
    while (offset >= source->kept_offset + (int64_t) source->kept->len && !source->is_end) {
        if (!unpack_more(source, error))
            return false;
        decode_more(source);
    }
    size_t from = (size_t) (offset - source->kept_offset);
    *ret = from < source->kept->len ? MIN(count, source->kept->len - from) : 0;
    memcpy(to, source->kept->str + from, *ret);
    return true;
}

static ByteSource *
decoded_new(ByteSource *take_raw, Packing packing, Encoding encoding)
{
    DecodedSource *source = g_new0(DecodedSource, 1);
    source->base = (ByteSource){.read = decoded_read, .close = decoded_close, .is_stream = true};
    source->raw = take_raw;
    source->packing = packing;
    source->encoding = encoding;
    source->bytes = g_malloc(RAW_BYTES);
    source->unpacked = g_string_new(NULL);
    source->kept = g_string_new(NULL);
    rewind_source(source);
    return &source->base;
}

/* By its mark, where the setting does not say otherwise. */
static Encoding
encoding_by_mark(const char *bytes, size_t count, Encoding otherwise)
{
    if (count >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return ENCODING_UTF16LE;
    return count >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0 ? ENCODING_UTF16BE : otherwise;
}

bool
byte_source_decoded(ByteSource *raw, const char *setting, ByteSource **ret, GError **error)
{
    g_autoptr(ByteSource) source = raw;
    Encoding encoding = ENCODING_UTF8;
    bool by_mark = true;
    char first[4];
    size_t got = 0;
    if ((setting != NULL && !encoding_from_name(setting, &encoding, &by_mark, error)) ||
        !byte_source_read(source, first, sizeof first, 0, &got, error))
        return false;
    Packing packing = packing_of_bytes(first, got);
    if (packing != PACKED_NOT) {
        source = decoded_new(g_steal_pointer(&source), packing, ENCODING_UTF8);
        if (!byte_source_read(source, first, sizeof first, 0, &got, error))
            return false;
    }
    if (by_mark)
        encoding = encoding_by_mark(first, got, encoding);
    if (encoding != ENCODING_UTF8)
        source = decoded_new(g_steal_pointer(&source), PACKED_NOT, encoding);
    *ret = g_steal_pointer(&source);
    return true;
}
