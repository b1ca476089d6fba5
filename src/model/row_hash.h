/*
 * row_hash.h - a row as 128 bits, and many rows as a sum: how copies are compared.
 *
 * A row is hashed over its values in canonical form (schema.h), column by column: one byte for the
 * type's class or for NULL, then eight bytes of value, or eight bytes of length and the bytes.
 * Nothing else is mixed in, so the same row gives the same hash in every store and in any order.
 * Hashes of rows are added (never XORed: pairs would cancel), with their count.
 *
 *   RowHasher hasher;
 *   row_hasher_begin(&hasher);
 *   row_hasher_int(&hasher, TYPE_INT, 7);
 *   row_hasher_null(&hasher);
 *   hash_sum_add(&sum, row_hasher_end(&hasher));
 */
#pragma once

#include "base/copy.h"
#include "model/schema.h"

#include <string.h>

typedef struct {
    uint64_t low, high;
} RowHash;

typedef struct {
    uint64_t low, high; /* sums modulo 2^64 */
    int64_t rows;
} HashSum;

#define ROW_HASHER_BYTES 2048 /* longer rows are streamed, with the same result */

typedef struct {
    size_t used;
    void *stream; /* XXH3_state_t while a long row is streamed; kept for the next one */
    bool is_streaming;
    int64_t
        total_bytes; /* of all rows since init: what "bytes" means to people, in every store the same */
    uint8_t bytes[ROW_HASHER_BYTES];
} RowHasher;

void row_hasher_init(RowHasher *hasher);
void row_hasher_clear(RowHasher *hasher);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RowHasher, row_hasher_clear)

/* What stands before each value, one byte: NULL is 0. Integers of different types differ, because a date is not a
 * number. */
extern const uint8_t row_hash_classes[TYPE_COUNT];
/* Room for a few bytes more; inline, as this is done for every cell of every row. */
void row_hasher_flush(RowHasher *hasher);
static inline uint8_t *
row_hasher_room(RowHasher *hasher, size_t bytes)
{
    if (G_UNLIKELY(hasher->used + bytes > sizeof hasher->bytes))
        row_hasher_flush(hasher);
    uint8_t *room = hasher->bytes + hasher->used;
    hasher->used += bytes;
    return room;
}

/* One call for each column, in order; then end. */
static inline void
row_hasher_begin(RowHasher *hasher)
{
    hasher->used = 0;
    hasher->is_streaming = false;
}

static inline void
row_hasher_null(RowHasher *hasher)
{
    *row_hasher_room(hasher, 1) = 0;
}

/* Of bool, int, date, timestamp. Little-endian on every machine, so that sums may be compared between them. */
static inline void
row_hasher_int(RowHasher *hasher, ColumnType type, int64_t value)
{
    uint64_t bits = GUINT64_TO_LE((uint64_t) value);
    uint8_t *to = row_hasher_room(hasher, 1 + sizeof bits);
    to[0] = row_hash_classes[type];
    memcpy(to + 1, &bits, sizeof bits);
}

void row_hasher_float(RowHasher *hasher, double value);

/* Of decimal, text, bytes. */
void row_hasher_long(RowHasher *hasher, ColumnType type, const void *data, size_t bytes);
static inline void
row_hasher_bytes(RowHasher *hasher, ColumnType type, const void *data, size_t bytes)
{
    uint64_t length = GUINT64_TO_LE((uint64_t) bytes);
    size_t used = hasher->used, head = 1 + sizeof length, most = sizeof hasher->bytes - head;
    if (G_UNLIKELY(bytes > most || used > most - bytes)) {
        row_hasher_long(hasher, type, data, bytes);
        return;
    }
    uint8_t *to = hasher->bytes + used;
    to[0] = row_hash_classes[type];
    memcpy(to + 1, &length, sizeof length);
    copy_bytes(to + head, data, bytes);
    hasher->used = used + head + bytes;
}
RowHash row_hasher_end(RowHasher *hasher);

void hash_sum_add(HashSum *sum, RowHash hash);
void hash_sum_merge(HashSum *sum, const HashSum *other);
bool hash_sum_equal(const HashSum *a, const HashSum *b);
/* "rows:lowhex:highhex"; caller frees. */
char *hash_sum_text(const HashSum *sum);
CHECKED bool hash_sum_parse(const char *text, HashSum *ret, GError **error);
