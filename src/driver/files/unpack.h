/* unpack.h - gzip and zstd, both ways, piece by piece. */
#pragma once

#include "driver/files/decode.h"

typedef struct Unpacker Unpacker;
Unpacker *unpacker_new(Packing packing);
void unpacker_free(Unpacker *unpacker);
/* Some of `bytes` unpacked, appended; `*ret_taken` of them are done with. INVALID when the stream is damaged; `offset` is
 * where `bytes` begin in the file, for the message. */
CHECKED bool unpacker_take(Unpacker *unpacker, const char *bytes, size_t count, int64_t offset,
                           GString *to, size_t *ret_taken, GError **error);
/* May the file end here? */
bool unpacker_is_whole(const Unpacker *unpacker);

typedef struct Packer Packer;
Packer *packer_new(Packing packing);
void packer_free(Packer *packer);
CHECKED bool packer_put(Packer *packer, const char *bytes, size_t count, bool is_end, GString *to,
                        GError **error);
