/*
 * range.c - a range on its way in.
 *
 * Rows are gathered here, and go in at most so many bytes at once, each time by one MULTI … EXEC that the fences of the plan
 * and the right to the range are watched for. The last one holds the ledger row, too: so a range that fits into one is in as a
 * whole or not at all. Of a larger one some rows are there before it is in; their keys are noted in the same EXEC, and whoever
 * writes the range anew removes exactly those first.
 *
 * While the server is at one part, the next is read and mapped: its answer is read when the next one is to be sent.
 */
#include "driver/redis/redis.h"

#include "base/limits.h"

#include <string.h>

#define PART_BYTES                                                                                 \
    (2 * 1024 * 1024)   /* of commands in one EXEC: some 10,000 rows, some 30 ms of the server's */
#define ASK_AT_ONCE 256 /* keys in one EXISTS */
#define UNDO_AT_ONCE 1000

struct RedisLoader {
    Writer writer; /* its texts are ours */
    redisContext *db;
    RedisObject *stage;
    RedisEncoder encoder;
    GString *rows;       /* commands that were not sent yet */
    GPtrArray *keys;     /* GBytes *: their whole keys */
    GHashTable *pending; /* the same, to look up */
    GPtrArray *sent;     /* those of an EXEC whose answer is not read yet; NULL: none */
    bool has_parts;      /* some rows are there already */
    GPtrArray *aside;    /* char *: JSON */
    /* of the batch at hand, so that going on behind a refused row asks nothing twice */
    const Batch *batch;
    size_t next_row, first_row;
    GPtrArray
        *batch_keys; /* GBytes *: whole keys from `first_row` on; only the prefix: it has none */
    bool *taken;     /* is it there already? */
};

static void
loader_free(RedisLoader *loader)
{
    if (loader == NULL)
        return;
    g_free((char *) loader->writer.plan);
    g_free((char *) loader->writer.task);
    g_free((char *) loader->writer.range);
    redisFree(loader->db);
    redis_encoder_clear(&loader->encoder);
    redis_object_free(loader->stage);
    g_string_free(loader->rows, TRUE);
    g_hash_table_unref(loader->pending);
    g_ptr_array_unref(loader->keys);
    g_clear_pointer(&loader->sent, g_ptr_array_unref);
    g_clear_pointer(&loader->batch_keys, g_ptr_array_unref);
    g_ptr_array_unref(loader->aside);
    g_free(loader->taken);
    g_free(loader);
}

static GPtrArray *
new_keys(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
}

static RedisLoader *
loader_new(const Writer *writer)
{
    RedisLoader *loader = g_new0(RedisLoader, 1);
    loader->writer = (Writer){.plan = g_strdup(writer->plan),
                              .task = g_strdup(writer->task),
                              .range = g_strdup(writer->range),
                              .token = writer->token};
    loader->rows = g_string_new(NULL);
    loader->keys = new_keys();
    loader->pending = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    loader->aside = g_ptr_array_new_with_free_func(g_free);
    return loader;
}

/* --- the right to a range --- */

static char *
claim_text(const Writer *writer)
{
    return g_strdup_printf("%s\n%" G_GINT64_FORMAT, writer->task, writer->token);
}

/* Watches the fences and the right; is it still ours? */
static bool
watch_claim(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autofree char *open = redis_book_range_key(conn, "open", &loader->writer);
    g_autofree char *ours = claim_text(&loader->writer);
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *watched = NULL, *claim = NULL;
    if (!redis_book_watch_staged(conn, loader->db, &loader->writer, error))
        return false;
    resp_command(commands, "WATCH", open, NULL);
    resp_command(commands, "GET", open, NULL);
    redisReply **const replies[] = {&watched, &claim};
    if (!redis_send(conn, loader->db, commands, error) ||
        !redis_next_all(conn, loader->db, replies, G_N_ELEMENTS(replies), error))
        return false;
    return reply_is_text(claim, ours) ||
           fail(error, ERR_TRANSIENT, "range '%s' is being written by somebody else",
                loader->writer.range);
}

/* A newer attempt of the same task takes the right over; that of another task is waited for. */
static bool
may_take(const redisReply *claim, const Writer *writer)
{
    size_t task = strlen(writer->task);
    if (claim->type != REDIS_REPLY_STRING)
        return true;
    return (size_t) claim->len > task && memcmp(claim->str, writer->task, task) == 0 &&
           claim->str[task] == '\n' &&
           g_ascii_strtoll(claim->str + task + 1, NULL, 10) <= writer->token;
}

static bool
take_claim(RedisConn *conn, RedisLoader *loader, bool *ret_done, RangeResult *ret, GError **error)
{
    const Writer *writer = &loader->writer;
    g_autofree char *open = redis_book_range_key(conn, "open", writer);
    g_autofree char *ledger = redis_book_key(conn, "ledger", writer->plan);
    g_autofree char *ours = claim_text(writer);
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *watched = NULL, *row = NULL, *claim = NULL;
    if (!redis_book_watch_staged(conn, loader->db, writer, error))
        return false;
    resp_command(commands, "WATCH", open, NULL);
    resp_command(commands, "HGET", ledger, writer->range, NULL);
    resp_command(commands, "GET", open, NULL);
    redisReply **const replies[] = {&watched, &row, &claim};
    if (!redis_send(conn, loader->db, commands, error) ||
        !redis_next_all(conn, loader->db, replies, G_N_ELEMENTS(replies), error))
        return false;
    *ret_done = row->type == REDIS_REPLY_STRING;
    if (*ret_done)
        return redis_book_result_parse(row->str, ret, error);
    if (!may_take(claim, writer))
        return fail(error, ERR_TRANSIENT, "range '%s' is being written by another task",
                    writer->range);
    resp_command(commands, "SET", open, ours, NULL);
    return redis_exec(conn, loader->db, commands, 1, NULL, error);
}

/* --- what an earlier attempt left --- */

static bool
undo_some(RedisConn *conn, RedisLoader *loader, const char *wrote, const redisReply *keys,
          GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    g_autofree char *rest = g_strdup_printf("%zu", keys->elements);
    if (!watch_claim(conn, loader, error))
        return false;
    resp_begin(commands, keys->elements + 1);
    resp_text(commands, "UNLINK");
    for (size_t i = 0; i < keys->elements; i++)
        resp_bytes(commands, keys->element[i]->str, (size_t) keys->element[i]->len);
    resp_command(commands, "LTRIM", wrote, rest, "-1", NULL);
    return redis_exec(conn, loader->db, commands, 2, NULL, error);
}

static bool
undo_parts(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", &loader->writer);
    g_autofree char *last = g_strdup_printf("%d", UNDO_AT_ONCE - 1);
    g_autoptr(GString) command = g_string_new(NULL);
    for (;;) {
        AUTO_REPLY *keys = NULL;
        resp_command(command, "LRANGE", wrote, "0", last, NULL);
        if (!redis_send(conn, loader->db, command, error) ||
            !redis_next(conn, loader->db, &keys, error))
            return false;
        if (keys->elements == 0)
            return true;
        if (!undo_some(conn, loader, wrote, keys, error))
            return false;
    }
}

bool
redis_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
            bool *ret_done, RangeResult *ret_result, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_assert(conn->loader == NULL);
    RedisLoader *loader = loader_new(writer);
    bool is_open = redis_connect(conn, &loader->db, error) &&
                   take_claim(conn, loader, ret_done, ret_result, error);
    if (is_open && *ret_done) {
        ret_result->was_there = true;
        loader_free(loader);
        return true;
    }
    conn->loader = loader;
    if (is_open && undo_parts(conn, loader, error) &&
        redis_object_need(conn, stage, &loader->stage, error) &&
        redis_object_look(conn, loader->stage, error) &&
        redis_encoder_init(&loader->encoder, loader->stage, schema, error))
        return true;
    redis_rollback(base);
    return false;
}

/* --- sending --- */

static void
append_keys(GString *to, const GPtrArray *keys)
{
    for (guint i = 0; i < keys->len; i++) {
        size_t bytes = 0;
        const void *key = g_bytes_get_data(keys->pdata[i], &bytes);
        resp_bytes(to, key, bytes);
    }
}

static void
append_wrote(const RedisConn *conn, const RedisLoader *loader, const GPtrArray *keys, GString *to)
{
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", &loader->writer);
    resp_begin(to, keys->len + 2);
    resp_text(to, "RPUSH");
    resp_text(to, wrote);
    append_keys(to, keys);
}

/* The answer to MULTI, `commands` and EXEC; `*ret` is EXEC's. */
static bool
read_exec(RedisConn *conn, RedisLoader *loader, guint commands, redisReply **ret, GError **error)
{
    AUTO_REPLY *done = NULL;
    g_autoptr(GError) refused = NULL;
    for (guint i = 0; i < 1 + commands; i++) {
        AUTO_REPLY *queued = NULL;
        if (!redis_next_any(conn, loader->db, &queued, error))
            return false;
        if (queued->type == REDIS_REPLY_ERROR && refused == NULL)
            redis_fail(queued, &refused);
    }
    if (!redis_next_any(conn, loader->db, &done, error))
        return false;
    if (refused != NULL) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    if (done->type == REDIS_REPLY_ERROR)
        return redis_fail(done, error);
    if (done->type == REDIS_REPLY_NIL)
        return watch_claim(conn, loader, error) &&
               fail(error, ERR_TRANSIENT, "the fences were touched while the range was written");
    *ret = g_steal_pointer(&done);
    return true;
}

static bool
is_refused(const redisReply *done, guint first, guint row)
{
    return done->element[first + row]->type == REDIS_REPLY_ERROR;
}

/* Another range has made a key between our look and our write, which the server refused. Only what we wrote ourselves is noted
 * as ours: the end is taken back, and a note of a part loses the key. */
static bool
mend(RedisConn *conn, RedisLoader *loader, const redisReply *done, guint first,
     const GPtrArray *keys, bool is_end, GError **error)
{
    const Writer *writer = &loader->writer;
    g_autofree char *ledger = redis_book_key(conn, "ledger", writer->plan);
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", writer);
    g_autofree char *open = redis_book_range_key(conn, "open", writer);
    g_autofree char *ours = claim_text(writer);
    g_autoptr(GString) commands = g_string_new(NULL);
    g_autoptr(GPtrArray) written = g_ptr_array_new();
    int count = is_end ? 2 : 0;
    if (is_end) {
        resp_command(commands, "HDEL", ledger, writer->range, NULL);
        resp_command(commands, "SET", open, ours, NULL);
    }
    for (guint i = 0; i < keys->len; i++) {
        size_t bytes = 0;
        const void *key = g_bytes_get_data(keys->pdata[i], &bytes);
        if (!is_refused(done, first, i)) {
            g_ptr_array_add(written, keys->pdata[i]);
        } else if (!is_end) {
            resp_begin(commands, 4);
            resp_text(commands, "LREM");
            resp_text(commands, wrote);
            resp_text(commands, "0");
            resp_bytes(commands, key, bytes);
            count++;
        }
    }
    if (is_end && written->len > 0) {
        append_wrote(conn, loader, written, commands);
        loader->has_parts = true;
        count++;
    }
    return redis_exec(conn, loader->db, commands, count, NULL, error) &&
           fail(error, ERR_TRANSIENT, "another range has just written the same key");
}

/* Did every row go in? They are the elements from `first` on. */
static bool
check_rows(RedisConn *conn, RedisLoader *loader, const redisReply *done, guint first,
           const GPtrArray *keys, bool is_end, GError **error)
{
    for (guint i = 0; i < done->elements; i++) {
        const redisReply *reply = done->element[i];
        if (reply->type != REDIS_REPLY_ERROR)
            continue;
        return g_str_has_prefix(reply->str, "BUSYKEY")
                   ? mend(conn, loader, done, first, keys, is_end, error)
                   : redis_fail(reply, error);
    }
    return true;
}

static bool
settle_part(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autoptr(GPtrArray) keys = g_steal_pointer(&loader->sent);
    AUTO_REPLY *done = NULL;
    return keys == NULL || (read_exec(conn, loader, keys->len + 1, &done, error) &&
                            check_rows(conn, loader, done, 1, keys, false, error));
}

/* A part that is not the last: its answer is read later. */
static bool
send_part(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autoptr(GString) all = g_string_sized_new(2 * loader->rows->len);
    if (!settle_part(conn, loader, error) || !watch_claim(conn, loader, error))
        return false;
    resp_command(all, "MULTI", NULL);
    append_wrote(conn, loader, loader->keys, all);
    g_string_append_len(all, loader->rows->str, (gssize) loader->rows->len);
    resp_command(all, "EXEC", NULL);
    g_string_truncate(loader->rows, 0);
    g_hash_table_remove_all(loader->pending);
    loader->sent = g_steal_pointer(&loader->keys);
    loader->keys = new_keys();
    loader->has_parts = true;
    return redis_send(conn, loader->db, all, error);
}

/* --- rows --- */

/* Which keys of the batch are there already: all of them are asked for in blocks, and one by one where a block has any. */
static bool
ask_blocks(RedisConn *conn, RedisLoader *loader, const GPtrArray *keys, size_t at_once,
           const bool *wanted, int64_t *ret_counts, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    size_t asked = 0;
    for (size_t from = 0; from < keys->len; from += at_once) {
        size_t to = MIN(from + at_once, keys->len);
        if (wanted != NULL && !wanted[from / ASK_AT_ONCE])
            continue;
        resp_begin(commands, to - from + 1);
        resp_text(commands, "EXISTS");
        for (size_t i = from; i < to; i++) {
            size_t bytes = 0;
            const void *key = g_bytes_get_data(keys->pdata[i], &bytes);
            resp_bytes(commands, key, bytes);
        }
        asked++;
    }
    if (asked == 0)
        return true;
    if (!redis_send(conn, loader->db, commands, error))
        return false;
    bool is_good = settle_part(conn, loader, error); /* its answer comes first */
    for (size_t from = 0; is_good && from < keys->len; from += at_once) {
        AUTO_REPLY *count = NULL;
        if (wanted != NULL && !wanted[from / ASK_AT_ONCE])
            continue;
        asked--;
        is_good = redis_next(conn, loader->db, &count, error);
        ret_counts[from / at_once] = is_good ? count->integer : 0;
    }
    if (!is_good)
        redis_pass_over(conn, loader->db, asked);
    return is_good;
}

static bool
ask_taken(RedisConn *conn, RedisLoader *loader, const GPtrArray *keys, bool *taken, GError **error)
{
    size_t blocks = keys->len / ASK_AT_ONCE + 1;
    g_autofree int64_t *counts = g_new0(int64_t, blocks), *each = g_new0(int64_t, keys->len + 1);
    g_autofree bool *wanted = g_new0(bool, blocks);
    if (!ask_blocks(conn, loader, keys, ASK_AT_ONCE, NULL, counts, error))
        return false;
    for (size_t i = 0; i < blocks; i++)
        wanted[i] = counts[i] > 0;
    if (!ask_blocks(conn, loader, keys, 1, wanted, each, error))
        return false;
    for (guint i = 0; i < keys->len; i++)
        taken[i] = each[i] > 0;
    return true;
}

static GPtrArray *
keys_of(RedisLoader *loader, const Batch *batch, size_t from)
{
    GPtrArray *keys = new_keys();
    g_autoptr(GString) key = g_string_new(NULL);
    for (size_t row = from; row < batch->row_count; row++) {
        g_autofree char *reason = NULL;
        g_string_assign(key, loader->stage->prefix);
        if (!redis_encode_key(&loader->encoder, batch, row, key, &reason))
            g_string_assign(key, loader->stage->prefix);
        g_ptr_array_add(keys, g_bytes_new(key->str, key->len));
    }
    return keys;
}

static bool
look_at_batch(RedisConn *conn, RedisLoader *loader, const Batch *batch, size_t from, GError **error)
{
    if (loader->batch == batch && loader->next_row == from && from > 0)
        return true;
    g_clear_pointer(&loader->batch_keys, g_ptr_array_unref);
    g_free(loader->taken);
    loader->batch_keys = keys_of(loader, batch, from);
    loader->taken = g_new0(bool, loader->batch_keys->len + 1);
    loader->batch = batch;
    loader->first_row = from;
    return ask_taken(conn, loader, loader->batch_keys, loader->taken, error);
}

static bool
put_row(RedisLoader *loader, const Batch *batch, size_t row, char **ret_reason)
{
    GBytes *whole = loader->batch_keys->pdata[row - loader->first_row];
    size_t bytes = 0, skip = strlen(loader->stage->prefix);
    const char *key = g_bytes_get_data(whole, &bytes);
    Part part = {key + skip, bytes - skip};
    if (part.bytes == 0) { /* it has none, which is told once more */
        g_autoptr(GString) again = g_string_new(NULL);
        bool has_key = redis_encode_key(&loader->encoder, batch, row, again, ret_reason);
        g_assert(!has_key);
        return false;
    }
    if (loader->taken[row - loader->first_row] || g_hash_table_contains(loader->pending, whole)) {
        *ret_reason = g_strdup_printf("the key '%.*s' is already taken", (int) MIN(part.bytes, 200),
                                      part.data);
        return false;
    }
    if (!redis_encode_row(&loader->encoder, part, batch, row, loader->rows, ret_reason))
        return false;
    g_ptr_array_add(loader->keys, g_bytes_ref(whole));
    g_hash_table_add(loader->pending, whole);
    return true;
}

bool
redis_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    RedisConn *conn = redis_conn(base);
    RedisLoader *loader = conn->loader;
    g_assert(loader != NULL);
    *ret_next = from;
    if (!redis_tick(conn, -1, error) || !look_at_batch(conn, loader, batch, from, error))
        return false;
    for (; *ret_next < batch->row_count; ++*ret_next) {
        g_autofree char *reason = NULL;
        if (!put_row(loader, batch, *ret_next, &reason)) {
            loader->next_row = *ret_next + 1;
            return fail(error, ERR_INVALID, "%s", reason);
        }
        if (loader->rows->len >= PART_BYTES && !send_part(conn, loader, error))
            return false;
    }
    loader->batch = NULL; /* its rows are filled anew */
    return true;
}

bool
redis_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                 const char *reason, GError **error)
{
    RedisLoader *loader = redis_conn(base)->loader;
    g_assert(loader != NULL);
    g_autoptr(json_t) row = json_object();
    json_set_string(row, "task", loader->writer.task);
    json_set_int(row, "row_id", row_id);
    json_object_set_new(row, "row", record != NULL ? json_deep_copy(record) : json_null());
    json_set_string(row, "column", column);
    json_set_string(row, "reason", reason);
    g_ptr_array_add(loader->aside, json_compact(row));
    return true;
}

/* --- the end --- */

/* Ledger row, rows put aside, and nothing that says the range is open. How many commands. */
static int
append_end(const RedisConn *conn, const RedisLoader *loader, const RangeResult *result, GString *to)
{
    const Writer *writer = &loader->writer;
    g_autofree char *ledger = redis_book_key(conn, "ledger", writer->plan);
    g_autofree char *aside = redis_book_key(conn, "aside", writer->plan);
    g_autofree char *open = redis_book_range_key(conn, "open", writer);
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", writer);
    g_autofree char *row = redis_book_result_text(writer, result);
    resp_command(to, "HSET", ledger, writer->range, row, NULL);
    resp_command(to, "DEL", open, wrote, NULL);
    for (guint i = 0; i < loader->aside->len; i++)
        resp_command(to, "RPUSH", aside, loader->aside->pdata[i], NULL);
    return 2 + (int) loader->aside->len;
}

static bool
exec_end(RedisConn *conn, RedisLoader *loader, const RangeResult *result, GError **error)
{
    g_autoptr(GString) all = g_string_sized_new(loader->rows->len + 4096);
    g_autoptr(GPtrArray) keys = g_steal_pointer(&loader->keys);
    AUTO_REPLY *done = NULL;
    loader->keys = new_keys();
    resp_command(all, "MULTI", NULL);
    g_string_append_len(all, loader->rows->str, (gssize) loader->rows->len);
    int more = append_end(conn, loader, result, all);
    resp_command(all, "EXEC", NULL);
    return redis_send(conn, loader->db, all, error) &&
           read_exec(conn, loader, keys->len + (guint) more, &done, error) &&
           check_rows(conn, loader, done, 0, keys, true, error);
}

bool
redis_commit(Conn *base, const RangeResult *result, GError **error)
{
    RedisConn *conn = redis_conn(base);
    RedisLoader *loader = conn->loader;
    g_assert(loader != NULL);
    if (!settle_part(conn, loader, error) || !watch_claim(conn, loader, error) ||
        !conn_confirm(base, error))
        return false;
    if (!exec_end(conn, loader, result, error))
        return false;
    loader_free(g_steal_pointer(&conn->loader));
    return true;
}

/* As far as it goes: whoever writes the range next does the rest. */
void
redis_rollback(Conn *base)
{
    RedisConn *conn = (RedisConn *) base;
    RedisLoader *loader = g_steal_pointer(&conn->loader);
    g_autoptr(GError) ignored = NULL;
    g_autoptr(GString) commands = g_string_new(NULL);
    if (loader == NULL)
        return;
    if (loader->db != NULL && settle_part(conn, loader, &ignored) &&
        (!loader->has_parts || undo_parts(conn, loader, &ignored)) &&
        watch_claim(conn, loader, &ignored)) {
        g_autofree char *open = redis_book_range_key(conn, "open", &loader->writer);
        resp_command(commands, "DEL", open, NULL);
        if (!redis_exec(conn, loader->db, commands, 1, NULL, &ignored))
            g_assert(ignored != NULL);
    }
    loader_free(loader);
}
