/*
 * written.c - rows that were written since a swap.
 *
 * Nothing tells us who writes afterwards. So before the swap the rows are read once, and their hashes are added up by slot: what
 * differs later was written since, counted as one row at least for each slot, and as many as its number of rows changed.
 */
#include "driver/redis/swap.h"

typedef struct {
    HashSum sums[SLOTS];
} Digest;

static void
add_to_slot(unsigned slot, RowHash hash, void *data)
{
    hash_sum_add(&((Digest *) data)->sums[slot], hash);
}

bool
redis_digest_save(RedisConn *conn, const char *plan, const RedisObject *stage, GError **error)
{
    g_autofree Digest *digest = g_new0(Digest, 1);
    g_autofree char *key = redis_book_key(conn, "digest", plan);
    g_autoptr(GString) commands = g_string_new(NULL);
    int count = 0;
    if (!redis_digest_rows(conn, stage, add_to_slot, digest, error))
        return false;
    resp_command(commands, "DEL", key, NULL);
    count++;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (digest->sums[slot].rows == 0)
            continue;
        g_autofree char *text = hash_sum_text(&digest->sums[slot]);
        g_autofree char *field = g_strdup_printf("%u", slot);
        resp_command(commands, "HSET", key, field, text, NULL);
        count++;
    }
    return redis_exec(conn, conn->db, commands, count, NULL, error);
}

bool
redis_count_written(RedisConn *conn, const char *plan, const SwapNote *note, int64_t *ret,
                    GError **error)
{
    g_autofree Digest *now = g_new0(Digest, 1), *then = g_new0(Digest, 1);
    g_autofree char *key = redis_book_key(conn, "digest", plan);
    g_autoptr(RedisObject) target = NULL, stage = NULL;
    AUTO_REPLY *saved = NULL;
    if (!redis_object_find(conn, note->target, &target, error) ||
        !redis_object_parse(conn, note->stage, note->stage_text, &stage, error) ||
        !redis_do(conn, &saved, error, "HGETALL", key, NULL))
        return false;
    target->kind = stage->kind; /* so that both are read in one way */
    for (size_t i = 0; i + 1 < saved->elements; i += 2) {
        unsigned slot = (unsigned) g_ascii_strtoull(saved->element[i]->str, NULL, 10) % SLOTS;
        if (!hash_sum_parse(saved->element[i + 1]->str, &then->sums[slot], error))
            return false;
    }
    if (!redis_digest_rows(conn, target, add_to_slot, now, error))
        return false;
    *ret = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (!hash_sum_equal(&now->sums[slot], &then->sums[slot]))
            *ret += MAX(ABS(now->sums[slot].rows - then->sums[slot].rows), 1);
    return true;
}
