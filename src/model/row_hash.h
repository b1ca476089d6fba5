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

#include "model/schema.h"

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
    uint8_t bytes[ROW_HASHER_BYTES];
} RowHasher;

void row_hasher_init(RowHasher *hasher);
void row_hasher_clear(RowHasher *hasher);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RowHasher, row_hasher_clear)

/* One call for each column, in order; then end. */
void row_hasher_begin(RowHasher *hasher);
void row_hasher_null(RowHasher *hasher);
void row_hasher_int(RowHasher *hasher, ColumnType type,
                    int64_t value); /* bool, int, date, timestamp */
void row_hasher_float(RowHasher *hasher, double value);
void row_hasher_bytes(RowHasher *hasher, ColumnType type, const void *data,
                      size_t bytes); /* decimal, text, bytes */
RowHash row_hasher_end(RowHasher *hasher);

void hash_sum_add(HashSum *sum, RowHash hash);
void hash_sum_merge(HashSum *sum, const HashSum *other);
bool hash_sum_equal(const HashSum *a, const HashSum *b);
/* "rows:lowhex:highhex"; caller frees. */
char *hash_sum_text(const HashSum *sum);
CHECKED bool hash_sum_parse(const char *text, HashSum *ret, GError **error);
