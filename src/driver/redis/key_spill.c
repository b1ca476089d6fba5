/*
 * key_spill.c - the keys of more slots than memory is to hold, in one temporary file, window by window.
 *
 * They come in any order. Each window has a piece of memory; when it is full it goes to the end of the file, and the window notes where.
 * The file has no name: whoever dies leaves nothing behind.
 */
#include "driver/redis/redis.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFERS_BYTES (4 << 20) /* of all windows together … */
#define BUFFER_BYTES_MAX 16384  /* … and of one at most */

typedef struct {
    int64_t at;
    size_t bytes;
} Chunk;

/* Keys of one window: each with its slot and its length before it. */
typedef struct {
    GString *buffer;
    GArray *chunks; /* Chunk: what is in the file, before what is in the buffer */
} Bucket;

typedef struct {
    uint32_t slot, bytes;
} Head;

struct KeySpill {
    int file;
    int64_t end; /* of the file */
    unsigned from, width;
    size_t buffer_bytes;
    guint count;
    Bucket *buckets;
};

static bool
fail_file(const char *what, GError **error)
{
    return fail(error, ERR_TRANSIENT, "the names of keys, which are %s a file in %s: %s", what,
                g_get_tmp_dir(), g_strerror(errno));
}

bool
key_spill_new(unsigned from, unsigned end, unsigned width, KeySpill **ret, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) refused = NULL;
    int file = g_file_open_tmp("honk-keys-XXXXXX", &path, &refused);
    if (file < 0)
        return fail(error, ERR_TRANSIENT, "no file for the names of keys: %s", refused->message);
    unlink(path);
    KeySpill *spill = g_new0(KeySpill, 1);
    *spill = (KeySpill){
        .file = file, .from = from, .width = width, .count = (end - from - 1) / width + 1};
    spill->buffer_bytes = MIN(BUFFERS_BYTES / spill->count, BUFFER_BYTES_MAX);
    spill->buckets = g_new0(Bucket, spill->count);
    for (guint i = 0; i < spill->count; i++)
        spill->buckets[i] = (Bucket){.buffer = g_string_new(NULL),
                                     .chunks = g_array_new(FALSE, FALSE, sizeof(Chunk))};
    *ret = spill;
    return true;
}

void
key_spill_free(KeySpill *spill)
{
    if (spill == NULL)
        return;
    for (guint i = 0; i < spill->count; i++) {
        g_string_free(spill->buckets[i].buffer, TRUE);
        g_array_unref(spill->buckets[i].chunks);
    }
    g_free(spill->buckets);
    close(spill->file);
    g_free(spill);
}

static bool
write_out(KeySpill *spill, Bucket *bucket, GError **error)
{
    Chunk chunk = {spill->end, bucket->buffer->len};
    for (size_t done = 0; done < chunk.bytes;) {
        ssize_t wrote = pwrite(spill->file, bucket->buffer->str + done, chunk.bytes - done,
                               chunk.at + (int64_t) done);
        if (wrote < 0 && errno != EINTR)
            return fail_file("written to", error);
        done += wrote > 0 ? (size_t) wrote : 0;
    }
    spill->end += (int64_t) chunk.bytes;
    g_array_append_val(bucket->chunks, chunk);
    g_string_truncate(bucket->buffer, 0);
    return true;
}

bool
key_spill_put(KeySpill *spill, const Keys *keys, GError **error)
{
    for (guint i = 0; i < keys->places->len; i++) {
        const KeyPlace *place = &g_array_index(keys->places, KeyPlace, i);
        Bucket *bucket = &spill->buckets[(place->slot - spill->from) / spill->width];
        Head head = {place->slot, (uint32_t) place->bytes};
        g_string_append_len(bucket->buffer, (const char *) &head, sizeof head);
        g_string_append_len(bucket->buffer, keys->heap->str + place->at, (gssize) place->bytes);
        if (bucket->buffer->len >= spill->buffer_bytes && !write_out(spill, bucket, error))
            return false;
    }
    return true;
}

static bool
read_chunk(const KeySpill *spill, const Chunk *chunk, GString *to, GError **error)
{
    size_t before = to->len;
    g_string_set_size(to, before + chunk->bytes);
    for (size_t done = 0; done < chunk->bytes;) {
        ssize_t got = pread(spill->file, to->str + before + done, chunk->bytes - done,
                            chunk->at + (int64_t) done);
        if (got == 0)
            errno = EIO; /* somebody else cut it short */
        if (got <= 0 && errno != EINTR)
            return fail_file("read from", error);
        done += got > 0 ? (size_t) got : 0;
    }
    return true;
}

bool
key_spill_take(KeySpill *spill, unsigned slot, Keys *keys, GError **error)
{
    Bucket *bucket = &spill->buckets[(slot - spill->from) / spill->width];
    g_string_truncate(keys->heap, 0);
    for (guint i = 0; i < bucket->chunks->len; i++)
        if (!read_chunk(spill, &g_array_index(bucket->chunks, Chunk, i), keys->heap, error))
            return false;
    g_string_append_len(keys->heap, bucket->buffer->str, (gssize) bucket->buffer->len);
    for (size_t at = 0; at < keys->heap->len;) {
        Head head;
        memcpy(&head, keys->heap->str + at, sizeof head);
        KeyPlace place = {head.slot, at + sizeof head, head.bytes};
        g_array_append_val(keys->places, place);
        at += sizeof head + head.bytes;
    }
    return true;
}
