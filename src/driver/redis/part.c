/*
 * part.c - the rows of a range, part by part.
 *
 * While the server is at one part, the next is read and mapped: its answer is read when the next one is to be sent.
 */
#include "driver/redis/range.h"

#include "base/limits.h"

#include <string.h>

#define PART_BYTES                                                                                 \
    (2 * 1024 * 1024)   /* of commands in one EXEC: some 10,000 rows, some 30 ms of the server's */
#define ASK_AT_ONCE 256 /* keys in one EXISTS */

/* --- sending --- */

static void
append_wrote(const RedisConn *conn, const RedisLoader *loader, const KeySet *keys, GString *to)
{
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", &loader->writer);
    resp_begin(to, 3);
    resp_text(to, "RPUSH");
    resp_text(to, wrote);
    resp_bytes(to, keys->note->str, keys->note->len);
}

/* The note of the last part, of these keys from now on. */
static void
append_note_again(const RedisConn *conn, const RedisLoader *loader, const KeySet *keys, GString *to)
{
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", &loader->writer);
    if (keys->places->len == 0) {
        resp_command(to, "RPOP", wrote, NULL);
        return;
    }
    resp_begin(to, 4);
    resp_text(to, "LSET");
    resp_text(to, wrote);
    resp_text(to, "-1");
    resp_bytes(to, keys->note->str, keys->note->len);
}

static void
find_written(const ExecAnswer *done, guint first, const KeySet *keys, KeySet *written)
{
    guint next = 0;
    for (guint i = 0; i < keys->places->len; i++) {
        bool is_refused =
            next < done->wrong->len && g_array_index(done->wrong, guint, next) == first + i;
        if (is_refused)
            next++;
        else
            key_set_add(written, key_set_at(keys, i));
    }
}

/* Another range has made a key between our look and our write, which the server refused. Only what we wrote ourselves is noted
 * as ours: the end is taken back, and a note of a part loses the key. */
static bool
mend(RedisConn *conn, RedisLoader *loader, const ExecAnswer *done, guint first, const KeySet *keys,
     bool is_end, GError **error)
{
    const Writer *writer = &loader->writer;
    g_autofree char *ledger = redis_book_key(conn, "ledger", writer->plan);
    g_autofree char *open = redis_book_range_key(conn, "open", writer);
    g_autofree char *ours = redis_claim_text(writer);
    g_autoptr(GString) commands = g_string_new(NULL);
    g_auto(KeySet) written;
    int count = 1;
    key_set_init(&written);
    find_written(done, first, keys, &written);
    if (!is_end) {
        append_note_again(conn, loader, &written, commands);
    } else {
        resp_command(commands, "HDEL", ledger, writer->range, NULL);
        resp_command(commands, "SET", open, ours, NULL);
        count = 2;
    }
    if (is_end && written.places->len > 0) {
        append_wrote(conn, loader, &written, commands);
        loader->has_parts = true;
        count++;
    }
    return redis_exec(conn, loader->db, commands, count, NULL, error) &&
           fail(error, ERR_TRANSIENT, "another range has just written the same key");
}

static bool
fail_exec(RedisConn *conn, RedisLoader *loader, const ExecAnswer *done, GError **error)
{
    const char *says = done->refused != NULL ? done->refused : done->failed;
    if (says != NULL)
        return redis_fail(says, error);
    return redis_watch_claim(conn, loader, error) &&
           fail(error, ERR_TRANSIENT, "the fences were touched while the range was written");
}

bool
redis_check_rows(RedisConn *conn, RedisLoader *loader, const ExecAnswer *done, guint first,
                 const KeySet *keys, bool is_end, GError **error)
{
    if (done->refused != NULL || done->failed != NULL || done->is_nil)
        return fail_exec(conn, loader, done, error);
    if (done->wrong->len == 0)
        return true;
    return g_str_has_prefix(done->reason, "BUSYKEY")
               ? mend(conn, loader, done, first, keys, is_end, error)
               : redis_fail(done->reason, error);
}

/* Of the part that is on its way, if one is. Nothing may be asked of the server because of it before all else that was asked by
 * then is answered, too. */
static bool
read_part(RedisConn *conn, RedisLoader *loader, ExecAnswer *ret, bool *ret_is_sent, GError **error)
{
    *ret_is_sent = loader->is_sent;
    loader->is_sent = false;
    return !*ret_is_sent ||
           redis_read_exec(conn, loader->db, loader->sent.places->len + 1, ret, error);
}

static bool
check_part(RedisConn *conn, RedisLoader *loader, const ExecAnswer *done, bool is_sent,
           GError **error)
{
    return !is_sent || redis_check_rows(conn, loader, done, 1, &loader->sent, false, error);
}

bool
redis_settle_part(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_auto(ExecAnswer) done = {0};
    bool is_sent = false;
    return read_part(conn, loader, &done, &is_sent, error) &&
           check_part(conn, loader, &done, is_sent, error);
}

/* A part that is not the last: its answer is read later. */
static bool
send_part(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autoptr(GString) begin = g_string_new(NULL), end = g_string_new(NULL);
    if (!redis_settle_part(conn, loader, error) || !redis_watch_claim(conn, loader, error))
        return false;
    resp_command(begin, "MULTI", NULL);
    append_wrote(conn, loader, &loader->keys, begin);
    resp_command(end, "EXEC", NULL);
    KeySet sent = loader->keys;
    loader->keys = loader->sent;
    loader->sent = sent;
    loader->is_sent = loader->has_parts = true;
    key_set_empty(&loader->keys);
    return redis_send(conn, loader->db, begin, error) &&
           redis_send(conn, loader->db, loader->rows, error) &&
           redis_send(conn, loader->db, end, error);
}

/* --- keys that are taken --- */

/* One for each block that was asked for. */
static bool
read_counts(RedisConn *conn, RedisLoader *loader, size_t at_once, const bool *wanted, size_t asked,
            int64_t *ret_counts, GError **error)
{
    size_t count = loader->batch_keys.places->len;
    for (size_t from = 0; from < count; from += at_once) {
        AUTO_REPLY *there = NULL;
        if (wanted != NULL && !wanted[from / ASK_AT_ONCE])
            continue;
        asked--;
        if (!redis_next(conn, loader->db, &there, error)) {
            redis_pass_over(conn, loader->db, asked);
            return false;
        }
        ret_counts[from / at_once] = there->integer;
    }
    return true;
}

/* Which keys of the batch are there already: all of them are asked for in blocks, and one by one where a block has any. */
static bool
ask_blocks(RedisConn *conn, RedisLoader *loader, size_t at_once, const bool *wanted,
           int64_t *ret_counts, GError **error)
{
    const Keys *keys = &loader->batch_keys;
    g_autoptr(GString) commands = g_string_new(NULL);
    size_t asked = 0, count = keys->places->len;
    for (size_t from = 0; from < count; from += at_once) {
        size_t to = MIN(from + at_once, count);
        if (wanted != NULL && !wanted[from / ASK_AT_ONCE])
            continue;
        resp_begin(commands, to - from + 1);
        resp_text(commands, "EXISTS");
        for (size_t i = from; i < to; i++) {
            Part key = keys_at(keys, (guint) i);
            resp_bytes(commands, key.data, key.bytes);
        }
        asked++;
    }
    if (asked == 0)
        return true;
    g_auto(ExecAnswer) done = {0};
    g_autoptr(GError) unread = NULL;
    bool is_sent = false;
    if (!redis_send(conn, loader->db, commands, error) ||
        !read_part(conn, loader, &done, &is_sent, error)) /* its answer comes first */
        return false;
    bool is_read = read_counts(conn, loader, at_once, wanted, asked, ret_counts, &unread);
    if (!check_part(conn, loader, &done, is_sent, error))
        return false;
    if (!is_read)
        g_propagate_error(error, g_steal_pointer(&unread));
    return is_read;
}

static bool
ask_taken(RedisConn *conn, RedisLoader *loader, GError **error)
{
    size_t count = loader->batch_keys.places->len, blocks = count / ASK_AT_ONCE + 1;
    g_autofree int64_t *counts = g_new0(int64_t, blocks), *each = g_new0(int64_t, count + 1);
    g_autofree bool *wanted = g_new0(bool, blocks);
    if (!ask_blocks(conn, loader, ASK_AT_ONCE, NULL, counts, error))
        return false;
    for (size_t i = 0; i < blocks; i++)
        wanted[i] = counts[i] > 0;
    if (!ask_blocks(conn, loader, 1, wanted, each, error))
        return false;
    for (size_t i = 0; i < count; i++)
        loader->taken[i] = each[i] > 0;
    return true;
}

static void
find_keys(RedisLoader *loader, const Batch *batch, size_t from)
{
    Keys *keys = &loader->batch_keys;
    g_string_truncate(keys->heap, 0);
    g_array_set_size(keys->places, 0);
    for (size_t row = from; row < batch->row_count; row++) {
        g_autofree char *reason = NULL;
        KeyPlace place = {.at = keys->heap->len};
        g_string_append(keys->heap, loader->stage->prefix);
        if (!redis_encode_key(&loader->encoder, batch, row, keys->heap, &reason))
            g_assert(reason != NULL); /* told when its turn comes */
        place.bytes = keys->heap->len - place.at;
        g_array_append_val(keys->places, place);
    }
}

static bool
look_at_batch(RedisConn *conn, RedisLoader *loader, const Batch *batch, size_t from, GError **error)
{
    if (loader->batch == batch && loader->next_row == from && from > 0)
        return true;
    find_keys(loader, batch, from);
    g_free(loader->taken);
    loader->taken = g_new0(bool, loader->batch_keys.places->len + 1);
    loader->batch = batch;
    loader->first_row = from;
    return ask_taken(conn, loader, error);
}

/* What has just gone was not there when the batch was looked at. */
static void
take_sent_keys(RedisLoader *loader, size_t row)
{
    for (guint i = (guint) (row - loader->first_row); i < loader->batch_keys.places->len; i++)
        loader->taken[i] =
            loader->taken[i] || key_set_has(&loader->sent, keys_at(&loader->batch_keys, i));
}

/* --- rows --- */

static bool
put_row(RedisLoader *loader, const Batch *batch, size_t row, char **ret_reason)
{
    guint in_batch = (guint) (row - loader->first_row);
    Part whole = keys_at(&loader->batch_keys, in_batch);
    size_t skip = strlen(loader->stage->prefix);
    Part part = {whole.data + skip, whole.bytes - skip};
    if (part.bytes == 0) { /* it has none, which is told once more */
        g_autoptr(GString) again = g_string_new(NULL);
        bool has_key = redis_encode_key(&loader->encoder, batch, row, again, ret_reason);
        g_assert(!has_key);
        return false;
    }
    if (loader->taken[in_batch] || key_set_has(&loader->keys, whole)) {
        *ret_reason = g_strdup_printf("the key '%.*s' is already taken", (int) MIN(part.bytes, 200),
                                      part.data);
        return false;
    }
    if (!redis_encode_row(&loader->encoder, whole, batch, row, loader->rows, ret_reason))
        return false;
    key_set_add(&loader->keys, whole);
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
        if (loader->rows->len < PART_BYTES)
            continue;
        if (!send_part(conn, loader, error))
            return false;
        take_sent_keys(loader, *ret_next + 1);
    }
    loader->batch = NULL; /* its rows are filled anew */
    return true;
}

bool
part_is_text(Part text)
{
    const char *at = text.data, *end = text.data + text.bytes, *stop = at;
    while (!g_utf8_validate_len(at, (gsize) (end - at), &stop) && *stop == '\0')
        at = stop + 1;
    return stop == end;
}
