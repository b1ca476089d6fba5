/* row_hash.c - canonical bytes of a row, through XXH3, and sums of the results. */
#include "model/row_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

const uint8_t row_hash_classes[TYPE_COUNT] = {
    [TYPE_BOOL] = 1, [TYPE_INT] = 2,  [TYPE_FLOAT] = 3,     [TYPE_DECIMAL] = 4,
    [TYPE_TEXT] = 5, [TYPE_DATE] = 6, [TYPE_TIMESTAMP] = 7, [TYPE_BYTES] = 8,
};

void
row_hasher_init(RowHasher *hasher)
{
    hasher->used = 0;
    hasher->stream = NULL;
    hasher->is_streaming = false;
    hasher->total_bytes = 0;
}

void
row_hasher_clear(RowHasher *hasher)
{
    if (hasher->stream != NULL)
        XXH3_freeState(hasher->stream);
    hasher->stream = NULL;
}

void
row_hasher_flush(RowHasher *hasher)
{
    if (hasher->stream == NULL)
        hasher->stream = XXH3_createState();
    g_assert(hasher->stream != NULL);
    if (!hasher->is_streaming)
        XXH3_128bits_reset(hasher->stream);
    hasher->is_streaming = true;
    XXH3_128bits_update(hasher->stream, hasher->bytes, hasher->used);
    hasher->total_bytes += (int64_t) hasher->used;
    hasher->used = 0;
}

static void
put_u64(uint8_t *to, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(to, &value, sizeof value);
}

void
row_hasher_float(RowHasher *hasher, double value)
{
    uint64_t bits;
    double canonical = value == 0.0 ? 0.0 : value;
    memcpy(&bits, &canonical, sizeof bits);
    if (value != value)
        bits = 0x7ff8000000000000u;
    uint8_t *to = row_hasher_room(hasher, 9);
    to[0] = row_hash_classes[TYPE_FLOAT];
    put_u64(to + 1, bits);
}

/* What does not fit behind the values before it. */
void
row_hasher_long(RowHasher *hasher, ColumnType type, const void *data, size_t bytes)
{
    uint8_t *to = row_hasher_room(hasher, 9);
    to[0] = row_hash_classes[type];
    put_u64(to + 1, bytes);
    row_hasher_flush(hasher);
    if (bytes > 0)
        XXH3_128bits_update(hasher->stream, data, bytes);
    hasher->total_bytes += (int64_t) bytes;
}

RowHash
row_hasher_end(RowHasher *hasher)
{
    XXH128_hash_t hash;
    if (G_LIKELY(!hasher->is_streaming)) {
        hash = XXH3_128bits(hasher->bytes, hasher->used);
        hasher->total_bytes += (int64_t) hasher->used;
    } else {
        row_hasher_flush(hasher);
        hash = XXH3_128bits_digest(hasher->stream);
    }
    return (RowHash){.low = hash.low64, .high = hash.high64};
}

void
hash_sum_add(HashSum *sum, RowHash hash)
{
    sum->low += hash.low;
    sum->high += hash.high;
    sum->rows++;
}

void
hash_sum_merge(HashSum *sum, const HashSum *other)
{
    sum->low += other->low;
    sum->high += other->high;
    sum->rows += other->rows;
}

bool
hash_sum_equal(const HashSum *a, const HashSum *b)
{
    return a->low == b->low && a->high == b->high && a->rows == b->rows;
}

char *
hash_sum_text(const HashSum *sum)
{
    return g_strdup_printf("%" G_GINT64_FORMAT ":%016" G_GINT64_MODIFIER "x:%016" G_GINT64_MODIFIER
                           "x",
                           sum->rows, sum->low, sum->high);
}

static bool
parse_hex16(const char *text, uint64_t *ret)
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) {
        int digit = g_ascii_xdigit_value(text[i]);
        if (digit < 0 || g_ascii_isupper(text[i]))
            return false;
        value = value << 4 | (uint64_t) digit;
    }
    *ret = value;
    return true;
}

bool
hash_sum_parse(const char *text, HashSum *ret, GError **error)
{
    HashSum sum;
    char *end = NULL;
    bool is_digit = g_ascii_isdigit(text[0]);
    sum.rows = is_digit ? g_ascii_strtoll(text, &end, 10) : -1;
    if (sum.rows < 0 || strlen(end) != 34 || end[0] != ':' || !parse_hex16(end + 1, &sum.low) ||
        end[17] != ':' || !parse_hex16(end + 18, &sum.high))
        return fail(error, ERR_INVALID,
                    "'%s' is not a sum of row hashes, expected rows:16 hex digits:16 hex digits",
                    text);
    *ret = sum;
    return true;
}
