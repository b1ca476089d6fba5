/*
 * exchange.c - rows that come and rows that go change their names, all at once or some thousands at a time.
 *
 * A small script in the server does it, and never writes over a key that is there.
 */
#include "driver/redis/swap.h"

#define SWAP_KEYS_MAX 100000
#define RENAME_AT_ONCE 5000

/* ARGV: what rows that go get before their key; what rows that come have before it; how many come; their keys; those of the
 * rows that go. A row that was made meanwhile where one comes goes, too. Answers how many could not: their new name is taken. */
static const char script[] =
    "local out, into, count, left = ARGV[1], ARGV[2], tonumber(ARGV[3]), 0\n"
    "local function rename(from, to)\n"
    "  if redis.call('EXISTS', from) == 0 then return true end\n"
    "  return redis.call('RENAMENX', from, to) == 1\n"
    "end\n"
    "for i = 4 + count, #ARGV do\n"
    "  if not rename(ARGV[i], out .. ARGV[i]) then left = left + 1 end\n"
    "end\n"
    "for i = 4, 3 + count do\n"
    "  local key, waiting = ARGV[i], into .. ARGV[i]\n"
    "  if redis.call('EXISTS', waiting) == 1 and not (rename(key, out .. key) and rename(waiting, "
    "key))\n"
    "  then left = left + 1 end\n"
    "end\n"
    "return left\n";

static void
append_key(GString *to, const Keys *keys, guint index)
{
    Part key = keys_at(keys, index);
    resp_bytes(to, key.data, key.bytes);
}

/* The rows `in_from` to `in_to` come, `out_from` to `out_to` go. */
static void
append_eval(const Exchange *exchange, const Keys *in, guint in_from, guint in_to, const Keys *out,
            guint out_from, guint out_to, GString *to)
{
    resp_begin(to, 6 + in_to - in_from + out_to - out_from);
    resp_text(to, "EVAL");
    resp_text(to, script);
    resp_text(to, "0");
    resp_text(to, exchange->out != NULL ? exchange->out->prefix : "");
    resp_text(to, exchange->into != NULL ? exchange->into->prefix : "");
    resp_int(to, in_to - in_from);
    for (guint i = in_from; i < in_to; i++)
        append_key(to, in, i);
    for (guint i = out_from; i < out_to; i++)
        append_key(to, out, i);
}

static bool
check_left(const redisReply *done, GError **error)
{
    for (size_t i = 0; i < done->elements; i++)
        if (done->element[i]->type == REDIS_REPLY_ERROR)
            return redis_fail(done->element[i]->str, error);
    return done->element[0]->integer == 0 ||
           fail(error, ERR_MISMATCH,
                "%lld rows were written while their names were changed, and are in the way",
                done->element[0]->integer);
}

/* All keys of both, as long as they are not more than `most`; `*ret_fits` false: they are. */
static bool
gather_all(RedisConn *conn, const RedisObject *object, guint most, Keys *ret, bool *ret_fits,
           GError **error)
{
    g_auto(KeyWalk) walk = {0};
    g_auto(Keys) window;
    keys_init(&window);
    if (!key_walk_begin(conn, 0, SLOTS, &walk, error))
        return false;
    do {
        if (!key_walk_next(conn, conn->db, object, &walk, &window, error))
            return false;
        *ret_fits = ret->places->len + window.places->len <= most;
        for (guint i = 0; *ret_fits && i < window.places->len; i++) {
            Part key = keys_at(&window, i);
            KeyPlace place = {0, ret->heap->len, key.bytes};
            g_string_append_len(ret->heap, key.data, (gssize) key.bytes);
            g_array_append_val(ret->places, place);
        }
    } while (*ret_fits && window.places->len > 0);
    return true;
}

typedef struct {
    const Exchange *exchange;
    bool comes;
} Renaming;

static bool
rename_part(RedisConn *conn, const Keys *keys, guint from, guint to, void *data, GError **error)
{
    const Renaming *renaming = data;
    bool comes = renaming->comes;
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *done = NULL;
    if (!redis_tick(conn, -1, error) ||
        !redis_book_watch_staged(conn, conn->db, renaming->exchange->writer, error))
        return false;
    append_eval(renaming->exchange, keys, comes ? from : 0, comes ? to : 0, keys, comes ? 0 : from,
                comes ? 0 : to, commands);
    return redis_exec(conn, conn->db, commands, 1, &done, error) && check_left(done, error);
}

bool
redis_rename_in_steps(RedisConn *conn, const Exchange *exchange, const RedisObject *object,
                      bool comes, GError **error)
{
    Renaming renaming = {exchange, comes};
    return keys_each_part(conn, object, RENAME_AT_ONCE, rename_part, &renaming, error);
}

bool
redis_exchange_at_once(RedisConn *conn, const Exchange *exchange, GString *notes, int count,
                       bool *ret_done, GError **error)
{
    g_auto(Keys) in, out;
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *done = NULL;
    guint most = (guint) json_get_int(conn->settings, "swap_keys_max", SWAP_KEYS_MAX);
    bool in_fits = true, out_fits = true;
    keys_init(&in);
    keys_init(&out);
    *ret_done = false;
    if (exchange->into != NULL && !gather_all(conn, exchange->into, most, &in, &in_fits, error))
        return false;
    if (in_fits &&
        !gather_all(conn, exchange->target, most - in.places->len, &out, &out_fits, error))
        return false;
    if (!in_fits || !out_fits)
        return true;
    append_eval(exchange, &in, 0, in.places->len, &out, 0, out.places->len, commands);
    g_string_append_len(commands, notes->str, (gssize) notes->len);
    if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error))
        return false;
    if (!conn_confirm(&conn->base, error))
        return false; /* what is watched is forgotten by whoever watches next */
    *ret_done = true;
    return redis_exec(conn, conn->db, commands, count + 1, &done, error) && check_left(done, error);
}
