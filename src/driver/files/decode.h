/*
 * decode.h - bytes that lie in something: a gzip or zstd stream, another encoding.
 *
 * What it is, its first bytes say, whatever the file is called. Members and frames that follow each other are one stream;
 * one that ends in the middle is an error, which names the place. A text in another encoding than UTF-8 is told by its
 * byte order mark (UTF-16) or by the setting `format: { encoding: … }`; a byte that is no character there is given as one
 * that is none in UTF-8 either, so that its record is refused and no other.
 *
 * Offsets are those of the text. Reading goes forward; what was read last is kept, as much as a batch of records has, and
 * further back it begins anew, at the start of the stream.
 */
#pragma once

#include "driver/files/bytes.h"

typedef enum {
    ENCODING_UTF8,
    ENCODING_UTF16LE,
    ENCODING_UTF16BE,
    ENCODING_LATIN1,
    ENCODING_WINDOWS1252,
} Encoding;
/* "utf-8", "utf-16" (by its mark, else little-endian), "utf-16le", "utf-16be", "latin-1", "windows-1252", in any case. */
CHECKED bool encoding_from_name(const char *name, Encoding *ret, bool *ret_by_mark, GError **error);
/* Can all of this UTF-8 text be written so? */
bool encoding_has(Encoding encoding, const char *text, size_t bytes);
/* The text in the encoding, appended; all of it can be written so, and no character is cut in two. */
void encoding_append(Encoding encoding, const char *text, size_t bytes, GString *to);
/* The other way: as much of `bytes` as is whole. Returns how many were taken. */
size_t encoding_read(Encoding encoding, const char *bytes, size_t count, bool is_end, GString *to);

typedef enum { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD } Packing;
Packing packing_of_name(const char *name);                 /* .gz, .zst */
Packing packing_of_bytes(const char *bytes, size_t count); /* the first four are enough */
char *packing_strip(const char *name);                     /* "x.csv" of "x.csv.gz". Caller frees */

/* `raw` is taken, whatever happens, and given back as it is where there is nothing to decode. `encoding` is the setting's
 * word or NULL. A byte order mark of UTF-16 is dropped, one of UTF-8 stays. */
CHECKED bool byte_source_decoded(ByteSource *raw, const char *encoding, ByteSource **ret,
                                 GError **error);
