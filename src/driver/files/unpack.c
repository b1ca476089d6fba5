/* unpack.c - see unpack.h. */
#include "driver/files/unpack.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE_BYTES (128 * 1024)
#define GZIP_WINDOW (15 + 16) /* the largest window, with gzip's header and sums */
#define GZIP_LEVEL 6
#define ZSTD_LEVEL 3
#define ZSTD_WINDOW_LOG_MAX                                                                        \
    27 /* 128 MiB: what `zstd --ultra -22` needs; more is for `--long` alone */

Packing
packing_of_bytes(const char *bytes, size_t count)
{
    if (count >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0)
        return PACKED_GZIP;
    /* a frame that is to be skipped, such as `pzstd` begins each of its own with: 0x184d2a50 to 5f */
    bool is_skipped =
        count >= 4 && (bytes[0] & '\xf0') == '\x50' && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0;
    bool is_zstd = count >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0;
    return is_zstd || is_skipped ? PACKED_ZSTD : PACKED_NOT;
}

static const struct {
    const char *ending;
    Packing packing;
} endings[] = {{".gz", PACKED_GZIP}, {".zst", PACKED_ZSTD}};

Packing
packing_of_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i].ending))
            return endings[i].packing;
    return PACKED_NOT;
}

char *
packing_strip(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i].ending))
            return g_strndup(name, strlen(name) - strlen(endings[i].ending));
    return g_strdup(name);
}

/* --- reading --- */

struct Unpacker {
    Packing packing;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool is_between; /* members: one has ended, or none has begun */
    char *piece;
};

Unpacker *
unpacker_new(Packing packing)
{
    Unpacker *unpacker = g_new0(Unpacker, 1);
    unpacker->packing = packing;
    unpacker->piece = g_malloc(PIECE_BYTES);
    if (packing == PACKED_GZIP && inflateInit2(&unpacker->gzip, GZIP_WINDOW) != Z_OK)
        g_error("no memory for gzip"); /* as g_malloc() would */
    if (packing == PACKED_ZSTD) {
        unpacker->zstd = ZSTD_createDStream();
        g_assert(unpacker->zstd != NULL);
        ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return unpacker;
}

void
unpacker_free(Unpacker *unpacker)
{
    if (unpacker == NULL)
        return;
    if (unpacker->packing == PACKED_GZIP)
        inflateEnd(&unpacker->gzip);
    ZSTD_freeDStream(unpacker->zstd);
    g_free(unpacker->piece);
    g_free(unpacker);
}

bool
unpacker_is_whole(const Unpacker *unpacker)
{
    return unpacker->is_between;
}

static bool
fail_damaged(const char *kind, int64_t offset, const char *why, GError **error)
{
    return fail(error, ERR_INVALID, "the %s stream is damaged near byte %" G_GINT64_FORMAT ": %s",
                kind, offset, why);
}

/* Behind a member there may be another one, or zeros that fill up a tape. */
static bool
begin_member(Unpacker *unpacker, const char *bytes, size_t count, int64_t offset, size_t *ret_taken,
             GError **error)
{
    size_t zeros = 0;
    while (zeros < count && bytes[zeros] == '\0')
        zeros++;
    *ret_taken = zeros;
    if (zeros > 0)
        return true;
    if ((unsigned char) bytes[0] != 0x1f)
        return fail_damaged("gzip", offset, "there is something else behind it", error);
    inflateReset(&unpacker->gzip);
    unpacker->is_between = false;
    return true;
}

static bool
take_gzip(Unpacker *unpacker, const char *bytes, size_t count, int64_t offset, GString *to,
          size_t *ret_taken, GError **error)
{
    z_stream *gzip = &unpacker->gzip;
    *ret_taken = 0;
    if (unpacker->is_between &&
        (!begin_member(unpacker, bytes, count, offset, ret_taken, error) || *ret_taken > 0))
        return *ret_taken > 0;
    gzip->next_in = (Bytef *) bytes;
    gzip->avail_in = (uInt) count;
    gzip->next_out = (Bytef *) unpacker->piece;
    gzip->avail_out = PIECE_BYTES;
    int status = inflate(gzip, Z_NO_FLUSH);
    g_string_append_len(to, unpacker->piece, PIECE_BYTES - gzip->avail_out);
    *ret_taken = count - gzip->avail_in;
    unpacker->is_between = status == Z_STREAM_END;
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
        return true;
    return fail_damaged("gzip", offset + (int64_t) *ret_taken,
                        gzip->msg != NULL ? gzip->msg : "it cannot be unpacked", error);
}

static bool
take_zstd(Unpacker *unpacker, const char *bytes, size_t count, int64_t offset, GString *to,
          size_t *ret_taken, GError **error)
{
    ZSTD_inBuffer in = {bytes, count, 0};
    ZSTD_outBuffer out = {unpacker->piece, PIECE_BYTES, 0};
    size_t status = ZSTD_decompressStream(unpacker->zstd, &out, &in);
    g_string_append_len(to, unpacker->piece, (gssize) out.pos);
    *ret_taken = in.pos;
    if (ZSTD_isError(status))
        return fail_damaged("zstd", offset + (int64_t) in.pos, ZSTD_getErrorName(status), error);
    unpacker->is_between = status == 0;
    return true;
}

bool
unpacker_take(Unpacker *unpacker, const char *bytes, size_t count, int64_t offset, GString *to,
              size_t *ret_taken, GError **error)
{
    return unpacker->packing == PACKED_GZIP
               ? take_gzip(unpacker, bytes, count, offset, to, ret_taken, error)
               : take_zstd(unpacker, bytes, count, offset, to, ret_taken, error);
}

/* --- writing --- */

struct Packer {
    Packing packing;
    z_stream gzip;
    ZSTD_CStream *zstd;
    char *piece;
};

Packer *
packer_new(Packing packing)
{
    Packer *packer = g_new0(Packer, 1);
    packer->packing = packing;
    packer->piece = g_malloc(PIECE_BYTES);
    if (packing == PACKED_GZIP && deflateInit2(&packer->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
                                               8, Z_DEFAULT_STRATEGY) != Z_OK)
        g_error("no memory for gzip");
    if (packing == PACKED_ZSTD) {
        packer->zstd = ZSTD_createCStream();
        g_assert(packer->zstd != NULL);
        ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1);
    }
    return packer;
}

void
packer_free(Packer *packer)
{
    if (packer == NULL)
        return;
    if (packer->packing == PACKED_GZIP)
        deflateEnd(&packer->gzip);
    ZSTD_freeCStream(packer->zstd);
    g_free(packer->piece);
    g_free(packer);
}

static void
put_gzip(Packer *packer, const char *bytes, size_t count, bool is_end, GString *to)
{
    z_stream *gzip = &packer->gzip;
    int status;
    gzip->next_in = (Bytef *) bytes;
    gzip->avail_in = (uInt) count;
    do {
        gzip->next_out = (Bytef *) packer->piece;
        gzip->avail_out = PIECE_BYTES;
        status = deflate(gzip, is_end ? Z_FINISH : Z_NO_FLUSH);
        g_assert(status != Z_STREAM_ERROR);
        g_string_append_len(to, packer->piece, PIECE_BYTES - gzip->avail_out);
    } while (gzip->avail_out == 0);
}

static bool
put_zstd(Packer *packer, const char *bytes, size_t count, bool is_end, GString *to, GError **error)
{
    ZSTD_inBuffer in = {bytes, count, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {packer->piece, PIECE_BYTES, 0};
        left = ZSTD_compressStream2(packer->zstd, &out, &in, is_end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return fail(error, ERR_INTERNAL, "zstd: %s", ZSTD_getErrorName(left));
        g_string_append_len(to, packer->piece, (gssize) out.pos);
    } while (is_end ? left > 0 : in.pos < in.size);
    return true;
}

bool
packer_put(Packer *packer, const char *bytes, size_t count, bool is_end, GString *to,
           GError **error)
{
    if (packer->packing == PACKED_ZSTD)
        return put_zstd(packer, bytes, count, is_end, to, error);
    put_gzip(packer, bytes, count, is_end, to);
    return true;
}
