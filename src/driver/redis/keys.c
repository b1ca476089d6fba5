/*
 * keys.c - the keys of an object, in an order that stays: by slot, then bytewise.
 *
 * SCAN gives keys in an order of the server's own, some of them twice, and another one after a restart. So keys are
 * gathered, and sorted window by window of slots, and each is taken once. A window is as wide as memory allows. SCAN walks over
 * all keys of the database, at some 0.3 microseconds a key, so it does that once: keys of later windows wait in a file.
 */
#include "driver/redis/redis.h"

#include <string.h>

#define KEYS_IN_MEMORY 400000 /* some 30 MB of ours */
#define SCAN_COUNT "5000"     /* keys looked at in one call: a millisecond or two of the server's */
#define REMOVE_AT_ONCE 1000

/* CRC16 as the cluster's specification has it (XMODEM: polynomial 0x1021), bit by bit once for each byte there is. */
static uint16_t crc_table[256];

static void
make_crc_table(void)
{
    static size_t made;
    if (!g_once_init_enter(&made))
        return;
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
        crc_table[byte] = (uint16_t) crc;
    }
    g_once_init_leave(&made, 1);
}

/* Of what is in the first braces, if there is anything in them. */
unsigned
redis_slot(const char *key, size_t bytes)
{
    const char *open = memchr(key, '{', bytes);
    const char *close =
        open != NULL ? memchr(open + 1, '}', bytes - (size_t) (open + 1 - key)) : NULL;
    uint16_t crc = 0;
    make_crc_table();
    if (close != NULL && close > open + 1) {
        key = open + 1;
        bytes = (size_t) (close - key);
    }
    for (size_t i = 0; i < bytes; i++)
        crc = (uint16_t) (crc << 8 ^ crc_table[(crc >> 8 ^ (uint8_t) key[i]) & 0xff]);
    return crc % SLOTS;
}

void
keys_init(Keys *keys)
{
    keys->heap = g_string_new(NULL);
    keys->places = g_array_new(FALSE, FALSE, sizeof(KeyPlace));
}

void
keys_clear(Keys *keys)
{
    g_string_free(keys->heap, TRUE);
    g_array_unref(keys->places);
}

static int
compare_places(const void *a, const void *b, void *heap)
{
    const KeyPlace *left = a, *right = b;
    if (left->slot != right->slot)
        return left->slot < right->slot ? -1 : 1;
    const char *bytes = ((GString *) heap)->str;
    int order = memcmp(bytes + left->at, bytes + right->at, MIN(left->bytes, right->bytes));
    if (order != 0)
        return order;
    return left->bytes < right->bytes ? -1 : left->bytes > right->bytes;
}

static void
sort_and_take_once(Keys *keys)
{
    guint kept = 0;
    g_array_sort_with_data(keys->places, compare_places, keys->heap);
    for (guint i = 0; i < keys->places->len; i++) {
        const KeyPlace *place = &g_array_index(keys->places, KeyPlace, i);
        if (kept > 0 && compare_places(place, &g_array_index(keys->places, KeyPlace, kept - 1),
                                       keys->heap) == 0)
            continue;
        g_array_index(keys->places, KeyPlace, kept++) = *place;
    }
    g_array_set_size(keys->places, kept);
}

typedef struct {
    unsigned from, end;
} SlotRange;

static void
take_key(const RedisConn *conn, const RedisObject *object, const redisReply *reply, SlotRange slots,
         Keys *keys)
{
    size_t skip = strlen(object->prefix), book = strlen(conn->book);
    const char *key = reply->str + skip;
    size_t bytes = (size_t) reply->len - skip;
    Part parts[HOLES_MAX];
    if (skip == 0 && bytes > book && memcmp(key, conn->book, book) == 0 && key[book] == ':')
        return; /* bookkeeping */
    unsigned slot = redis_slot(key, bytes);
    if (slot < slots.from || slot >= slots.end || !redis_key_parse(object, key, bytes, parts))
        return;
    KeyPlace place = {slot, keys->heap->len, bytes};
    g_string_append_len(keys->heap, key, (gssize) bytes);
    g_array_append_val(keys->places, place);
}

/* One answer of SCAN; the cursor is "0" behind the last one. */
static bool
scan_once(RedisConn *conn, redisContext *db, const RedisObject *object, const char *glob,
          SlotRange slots, char **cursor, Keys *keys, GError **error)
{
    g_autoptr(GString) command = g_string_new(NULL);
    AUTO_REPLY *reply = NULL;
    resp_command(command, "SCAN", *cursor, "MATCH", glob, "COUNT", SCAN_COUNT, NULL);
    if (!redis_tick(conn, -1, error) || !redis_send(conn, db, command, error) ||
        !redis_next(conn, db, &reply, error))
        return false;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return fail(error, ERR_UNSUPPORTED, "SCAN is answered in another form");
    const redisReply *found = reply->element[1];
    for (size_t i = 0; i < found->elements; i++)
        take_key(conn, object, found->element[i], slots, keys);
    g_free(*cursor);
    *cursor = g_strdup(reply->element[0]->str);
    return true;
}

static void
forget(Keys *keys)
{
    g_string_truncate(keys->heap, 0);
    g_array_set_size(keys->places, 0);
}

/* All keys of these slots, or as many as come with the first ones. */
static bool
gather(RedisConn *conn, redisContext *db, const RedisObject *object, SlotRange slots,
       bool is_some_enough, Keys *keys, GError **error)
{
    g_autoptr(GString) glob = g_string_new(NULL);
    g_autofree char *cursor = g_strdup("0");
    redis_key_glob(object, glob);
    forget(keys);
    do {
        if (!scan_once(conn, db, object, glob->str, slots, &cursor, keys, error))
            return false;
    } while (strcmp(cursor, "0") != 0 && !(is_some_enough && keys->places->len > 0));
    sort_and_take_once(keys);
    return true;
}

/* All keys of what is left of a walk, which memory may not hold. */
static bool
spill_all(RedisConn *conn, redisContext *db, const RedisObject *object, KeyWalk *walk, Keys *keys,
          GError **error)
{
    g_autoptr(GString) glob = g_string_new(NULL);
    g_autofree char *cursor = g_strdup("0");
    redis_key_glob(object, glob);
    if (!key_spill_new(walk->slot, walk->end, walk->width, &walk->spill, error))
        return false;
    do {
        forget(keys);
        if (!scan_once(conn, db, object, glob->str, (SlotRange){walk->slot, walk->end}, &cursor,
                       keys, error) ||
            !key_spill_put(walk->spill, keys, error))
            return false;
    } while (strcmp(cursor, "0") != 0);
    return true;
}

bool
keys_any(RedisConn *conn, const RedisObject *object, bool *ret, GError **error)
{
    g_auto(Keys) keys;
    keys_init(&keys);
    if (!gather(conn, conn->db, object, (SlotRange){0, SLOTS}, true, &keys, error))
        return false;
    *ret = keys.places->len > 0;
    return true;
}

bool
key_walk_begin(RedisConn *conn, unsigned from, unsigned to, KeyWalk *ret, GError **error)
{
    AUTO_REPLY *size = NULL;
    if (!redis_do(conn, &size, error, "DBSIZE", NULL))
        return false;
    int64_t most = MAX(json_get_int(conn->settings, "keys_in_memory", KEYS_IN_MEMORY), 1);
    int64_t windows = size->integer / most + 1;
    *ret = (KeyWalk){.slot = from, .end = to, .width = (unsigned) MAX(SLOTS / windows, 1)};
    return true;
}

void
key_walk_clear(KeyWalk *walk)
{
    g_clear_pointer(&walk->spill, key_spill_free);
}

static bool
take_window(RedisConn *conn, redisContext *db, const RedisObject *object, KeyWalk *walk,
            SlotRange slots, Keys *keys, GError **error)
{
    if (walk->spill == NULL && (walk->is_look || slots.end == walk->end)) {
        walk->is_look = false;
        return gather(conn, db, object, slots, false, keys, error);
    }
    if (walk->spill == NULL && !spill_all(conn, db, object, walk, keys, error))
        return false;
    forget(keys);
    if (!key_spill_take(walk->spill, slots.from, keys, error))
        return false;
    sort_and_take_once(keys);
    return true;
}

bool
key_walk_next(RedisConn *conn, redisContext *db, const RedisObject *object, KeyWalk *walk,
              Keys *keys, GError **error)
{
    forget(keys);
    while (walk->slot < walk->end && keys->places->len == 0) {
        SlotRange slots = {walk->slot, MIN(walk->slot + walk->width, walk->end)};
        if (!take_window(conn, db, object, walk, slots, keys, error))
            return false;
        walk->slot = slots.end;
    }
    return true;
}

bool
keys_each_part(RedisConn *conn, const RedisObject *object, guint most, KeysFn *part, void *data,
               GError **error)
{
    g_auto(Keys) keys;
    g_auto(KeyWalk) walk = {0};
    keys_init(&keys);
    if (!key_walk_begin(conn, 0, SLOTS, &walk, error))
        return false;
    for (;;) {
        if (!key_walk_next(conn, conn->db, object, &walk, &keys, error))
            return false;
        if (keys.places->len == 0)
            return true;
        for (guint from = 0; from < keys.places->len; from += most)
            if (!part(conn, &keys, from, MIN(from + most, keys.places->len), data, error))
                return false;
    }
}

/* Of this object. */
static bool
remove_part(RedisConn *conn, const Keys *keys, guint from, guint to, void *data, GError **error)
{
    const RedisObject *object = data;
    g_autoptr(GString) command = g_string_new(NULL), key = g_string_new(NULL);
    AUTO_REPLY *done = NULL;
    resp_begin(command, to - from + 1);
    resp_text(command, "UNLINK");
    for (guint i = from; i < to; i++) {
        Part part = keys_at(keys, i);
        g_string_assign(key, object->prefix);
        g_string_append_len(key, part.data, (gssize) part.bytes);
        resp_bytes(command, key->str, key->len);
    }
    return redis_send(conn, conn->db, command, error) && redis_next(conn, conn->db, &done, error);
}

bool
redis_remove_rows(RedisConn *conn, const RedisObject *object, GError **error)
{
    return keys_each_part(conn, object, REMOVE_AT_ONCE, remove_part, (void *) object, error);
}
