/* range.h - a range on its way in, as range.c and part.c see it. */
#pragma once

#include "driver/redis/redis.h"

struct RedisLoader {
    Writer writer; /* its texts are ours */
    redisContext *db;
    RedisObject *stage;
    RedisEncoder encoder;
    GString *rows;    /* commands that were not sent yet */
    KeySet keys;      /* of their rows */
    KeySet sent;      /* of an EXEC whose answer is not read yet, */
    bool is_sent;     /* if there is one */
    bool has_parts;   /* some rows are there already */
    GPtrArray *aside; /* char *: JSON */
    /* of the batch at hand, so that going on behind a refused row asks nothing twice */
    const Batch *batch;
    size_t next_row, first_row;
    Keys batch_keys; /* whole keys from `first_row` on; only the prefix: it has none */
    bool *taken;     /* is it there already? */
};

/* Who says that the range is theirs; caller frees. */
char *redis_claim_text(const Writer *writer);
/* Watches the fences and the right to the range; is it still ours? */
CHECKED bool redis_watch_claim(RedisConn *conn, RedisLoader *loader, GError **error);
/* Reads the answer to a part, if one is awaited. */
CHECKED bool redis_settle_part(RedisConn *conn, RedisLoader *loader, GError **error);
/* What EXEC answered to a part or, `is_end`, to the last one; its rows are the commands from `first` on. */
CHECKED bool redis_check_rows(RedisConn *conn, RedisLoader *loader, const ExecAnswer *done,
                              guint first, const KeySet *keys, bool is_end, GError **error);
