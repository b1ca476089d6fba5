/* reader.c - the rows of some slots in our order: while some are looked at, the next ones are on their way. */
#include "driver/redis/redis.h"

#define ASK_AT_ONCE 500 /* rows: 100 KB each way, so that neither side waits for the other */

bool
row_reader_begin(RedisConn *conn, redisContext *db, const RedisObject *object, unsigned from,
                 unsigned to, RowReader *ret, GError **error)
{
    *ret = (RowReader){.conn = conn, .db = db, .object = object};
    keys_init(&ret->keys);
    ret->commands = g_string_new(NULL);
    return key_walk_begin(conn, from, to, &ret->walk, error);
}

void
row_reader_clear(RowReader *reader)
{
    if (reader->commands == NULL)
        return;
    keys_clear(&reader->keys);
    key_walk_clear(&reader->walk);
    g_string_free(reader->commands, TRUE);
    reader->commands = NULL;
}

bool
row_reader_gather(RowReader *reader, GError **error)
{
    reader->asked = reader->taken = 0;
    return key_walk_next(reader->conn, reader->db, reader->object, &reader->walk, &reader->keys,
                         error);
}

static bool
ask_more(RowReader *reader, GError **error)
{
    guint to = MIN(reader->asked + ASK_AT_ONCE, reader->keys.places->len);
    for (; reader->asked < to; reader->asked++)
        redis_row_ask(reader->object, keys_at(&reader->keys, reader->asked), reader->commands);
    return redis_send(reader->conn, reader->db, reader->commands, error);
}

bool
row_reader_next(RowReader *reader, Part *ret_key, redisReply **ret_value, redisReply **ret_expires,
                GError **error)
{
    AUTO_REPLY *value = NULL, *expires = NULL;
    *ret_value = *ret_expires = NULL;
    if (row_reader_is_at_edge(reader)) {
        if (!row_reader_gather(reader, error))
            return false;
        if (reader->keys.places->len == 0)
            return true;
    }
    if (reader->asked - reader->taken < ASK_AT_ONCE && reader->asked < reader->keys.places->len &&
        !ask_more(reader, error))
        return false;
    if (!redis_next_any(reader->conn, reader->db, &value, error) ||
        !redis_next_any(reader->conn, reader->db, &expires, error))
        return false;
    *ret_key = keys_at(&reader->keys, reader->taken++);
    *ret_value = g_steal_pointer(&value);
    *ret_expires = g_steal_pointer(&expires);
    return true;
}
