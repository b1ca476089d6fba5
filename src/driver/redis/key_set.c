/* key_set.c - the keys of one part of a range, each once, in the form in which they are noted. */
#include "driver/redis/redis.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#define SLOTS_MIN 1024

void
key_set_init(KeySet *set)
{
    set->note = g_string_new(NULL);
    set->places = g_array_new(FALSE, FALSE, sizeof(KeyPlace));
    set->slot_count = SLOTS_MIN;
    set->slots = g_new0(uint32_t, set->slot_count);
}

void
key_set_clear(KeySet *set)
{
    if (set->note == NULL)
        return;
    g_string_free(set->note, TRUE);
    g_array_unref(set->places);
    g_free(set->slots);
    *set = (KeySet){0};
}

void
key_set_empty(KeySet *set)
{
    g_string_truncate(set->note, 0);
    g_array_set_size(set->places, 0);
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
}

/* Where the key is, or where it would be: slots hold the number of a key, from 1. */
static uint32_t *
find_slot(const KeySet *set, Part key)
{
    size_t mask = set->slot_count - 1, at = XXH3_64bits(key.data, key.bytes) & mask;
    for (; set->slots[at] != 0; at = (at + 1) & mask) {
        Part other = key_set_at(set, set->slots[at] - 1);
        if (other.bytes == key.bytes && memcmp(other.data, key.data, key.bytes) == 0)
            break;
    }
    return &set->slots[at];
}

static void
grow(KeySet *set)
{
    g_free(set->slots);
    set->slot_count *= 2;
    set->slots = g_new0(uint32_t, set->slot_count);
    for (guint i = 0; i < set->places->len; i++)
        *find_slot(set, key_set_at(set, i)) = i + 1;
}

bool
key_set_has(const KeySet *set, Part key)
{
    return *find_slot(set, key) != 0;
}

void
key_set_add(KeySet *set, Part key)
{
    resp_bytes(set->note, key.data, key.bytes);
    KeyPlace place = {.at = set->note->len - key.bytes - 2, .bytes = key.bytes};
    g_array_append_val(set->places, place);
    if (set->places->len > set->slot_count / 2)
        grow(set);
    else
        *find_slot(set, key) = set->places->len;
}

/* One key of a note: "$LENGTH\r\nKEY\r\n". NULL: it is none. */
static const char *
skip_key(const char *at, const char *end)
{
    uint64_t bytes = 0;
    if (at == end || *at++ != '$')
        return NULL;
    for (; at < end && g_ascii_isdigit(*at) && bytes < G_MAXUINT32; at++)
        bytes = bytes * 10 + (uint64_t) (*at - '0');
    if (end - at < 4 || memcmp(at, "\r\n", 2) != 0 || (uint64_t) (end - at) < bytes + 4 ||
        memcmp(at + 2 + bytes, "\r\n", 2) != 0)
        return NULL;
    return at + bytes + 4;
}

bool
key_note_count(const char *note, size_t bytes, size_t *ret_keys, GError **error)
{
    const char *end = note + bytes;
    *ret_keys = 0;
    for (const char *at = note; at < end; ++*ret_keys) {
        at = skip_key(at, end);
        if (at == NULL)
            return fail(error, ERR_CORRUPT, "a note of which keys were written is none of ours");
    }
    return true;
}
