/*
 * book.c - the bookkeeping that Honk keeps beside the rows: fences, ledger, quarantine.
 *
 *   _honk:objects              HASH    name → what a stage, or a dataset that is kept, looks like (object.c)
 *   _honk:fence:PLAN           HASH    "" → the plan's token; task → the task's
 *   _honk:ledger:PLAN          HASH    range → {task, token, rows…, hash}
 *   _honk:aside:PLAN           LIST    rows put aside
 *   _honk:open:PLAN:RANGE      STRING  who is writing the range
 *   _honk:wrote:PLAN:RANGE     LIST    the keys of each part of a range that is not in yet (part.c)
 *   _honk:swap:PLAN            STRING  how to swap back; _honk:digest:PLAN HASH what was swapped in (swap.c)
 *   _honk:DIGEST:KEY                   a row of a stage, or of a dataset that is kept
 *
 * There are no locks but WATCH. Who changes something watches the fences of its plan, looks at them, confirms, and then
 * does all of it in one MULTI … EXEC, which the server refuses when somebody has touched what was watched. A probe touches
 * the fences in any case, so that whoever has looked before it is refused.
 */
#include "driver/redis/redis.h"

#include "base/clock.h"

#include <string.h>

char *
redis_book_key(const RedisConn *conn, const char *what, const char *plan)
{
    return g_strdup_printf("%s:%s:%s", conn->book, what, plan);
}

char *
redis_book_range_key(const RedisConn *conn, const char *what, const Writer *writer)
{
    return g_strdup_printf("%s:%s:%s:%s", conn->book, what, writer->plan, writer->range);
}

char *
redis_book_objects_key(const RedisConn *conn)
{
    return g_strdup_printf("%s:objects", conn->book);
}

/* --- fences --- */

static int64_t
token_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? g_ascii_strtoll(reply->str, NULL, 10) : 0;
}

bool
redis_book_watch(RedisConn *conn, redisContext *db, const Writer *writer, bool *ret_is_staged,
                 GError **error)
{
    g_autofree char *fence = redis_book_key(conn, "fence", writer->plan);
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *before = NULL, *watched = NULL, *tokens = NULL;
    resp_command(commands, "UNWATCH", NULL); /* whatever somebody looked at before, and left */
    resp_command(commands, "WATCH", fence, NULL);
    resp_command(commands, "HMGET", fence, "", writer->task, NULL);
    redisReply **const replies[] = {&before, &watched, &tokens};
    if (!redis_send(conn, db, commands, error) ||
        !redis_next_all(conn, db, replies, G_N_ELEMENTS(replies), error))
        return false;
    if (tokens->type != REDIS_REPLY_ARRAY || tokens->elements != 2)
        return fail(error, ERR_INTERNAL, "%s: an answer is none to what was asked", conn->place);
    int64_t of_plan = token_of(tokens->element[0]), of_task = token_of(tokens->element[1]);
    *ret_is_staged = of_plan > 0;
    if (of_plan > writer->token)
        return fail_fenced("plan", writer->plan, of_plan, writer, error);
    if (of_task > writer->token)
        return fail_fenced("task", writer->task, of_task, writer, error);
    return true;
}

bool
redis_book_watch_staged(RedisConn *conn, redisContext *db, const Writer *writer, GError **error)
{
    bool is_staged = false;
    return redis_book_watch(conn, db, writer, &is_staged, error) &&
           (is_staged ||
            fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan));
}

bool
redis_book_unwatch(RedisConn *conn, redisContext *db, GError **error)
{
    g_autoptr(GString) command = g_string_new(NULL);
    AUTO_REPLY *done = NULL;
    resp_command(command, "UNWATCH", NULL);
    return redis_send(conn, db, command, error) && redis_next(conn, db, &done, error);
}

void
redis_book_raise_plan(const RedisConn *conn, const Writer *writer, GString *to)
{
    g_autofree char *fence = redis_book_key(conn, "fence", writer->plan);
    resp_begin(to, 4);
    resp_text(to, "HSET");
    resp_text(to, fence);
    resp_text(to, "");
    resp_int(to, writer->token);
}

bool
redis_book_exec(RedisConn *conn, GString *commands, int count, GError **error)
{
    g_autoptr(GError) ignored = NULL;
    if (conn_confirm(&conn->base, error))
        return redis_exec(conn, conn->db, commands, count, NULL, error);
    if (!redis_book_unwatch(conn, conn->db, &ignored))
        g_assert(ignored != NULL);
    return false;
}

/* Touched in any case: whoever has looked at the fences before us is refused. */
static int
append_touch(const RedisConn *conn, const Writer *writer, bool is_staged, int64_t stands,
             GString *to)
{
    g_autofree char *fence = redis_book_key(conn, "fence", writer->plan);
    resp_begin(to, 4);
    resp_text(to, "HSET");
    resp_text(to, fence);
    resp_text(to, writer->task);
    resp_int(to, MAX(stands, writer->token));
    if (is_staged)
        return 1;
    resp_command(to, "DEL", fence, NULL);
    return 2;
}

bool
redis_fence(Conn *base, const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autofree char *fence = redis_book_key(conn, "fence", writer->plan);
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *tokens = NULL;
    if (!redis_book_unwatch(conn, conn->db, error) ||
        !redis_do(conn, NULL, error, "WATCH", fence, NULL) ||
        !redis_do(conn, &tokens, error, "HMGET", fence, "", writer->task, NULL))
        return false;
    int count = append_touch(conn, writer, token_of(tokens->element[0]) > 0,
                             token_of(tokens->element[1]), commands);
    return redis_book_exec(conn, commands, count, error);
}

/* --- ledger --- */

char *
redis_book_result_text(const Writer *writer, const RangeResult *result)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    g_autoptr(json_t) json = json_object();
    json_set_string(json, "task", writer->task);
    json_set_int(json, "token", writer->token);
    json_set_int(json, "rows_in", result->rows_in);
    json_set_int(json, "rows_out", result->rows_out);
    json_set_int(json, "rejected", result->rejected);
    json_set_string(json, "hash", hash);
    json_set_int(json, "at_ms", clock_wall_ms());
    return json_compact(json);
}

bool
redis_book_result_parse(const char *text, RangeResult *ret, GError **error)
{
    g_autoptr(json_t) json = NULL;
    RangeResult result = {0};
    if (!json_parse(text, strlen(text), "a row of our ledger", &json, error) ||
        !hash_sum_parse(json_get_string(json, "hash", ""), &result.hash, error))
        return false;
    result.rows_in = json_get_int(json, "rows_in", 0);
    result.rows_out = json_get_int(json, "rows_out", 0);
    result.rejected = json_get_int(json, "rejected", 0);
    *ret = result;
    return true;
}

bool
redis_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found,
                  RangeResult *ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autofree char *ledger = redis_book_key(conn, "ledger", plan);
    AUTO_REPLY *row = NULL;
    if (!redis_do(conn, &row, error, "HGET", ledger, range, NULL))
        return false;
    *ret_found = row->type == REDIS_REPLY_STRING;
    if (!*ret_found)
        return true;
    if (!redis_book_result_parse(row->str, ret, error))
        return false;
    ret->was_there = true;
    return true;
}

bool
redis_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                 GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autofree char *ledger = redis_book_key(conn, "ledger", plan);
    AUTO_REPLY *rows = NULL;
    RangeResult sum = {0};
    if (!redis_do(conn, &rows, error, "HVALS", ledger, NULL))
        return false;
    for (size_t i = 0; i < rows->elements; i++) {
        RangeResult one;
        if (!redis_book_result_parse(rows->element[i]->str, &one, error))
            return false;
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
    }
    *ret = sum;
    *ret_ranges = (int64_t) rows->elements;
    return true;
}

bool
redis_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autofree char *aside = redis_book_key(conn, "aside", plan);
    g_autofree char *last = g_strdup_printf("%" G_GINT64_FORMAT, rows_max - 1);
    g_autoptr(json_t) list = json_array();
    AUTO_REPLY *rows = NULL;
    if (rows_max > 0 && !redis_do(conn, &rows, error, "LRANGE", aside, "0", last, NULL))
        return false;
    for (size_t i = 0; rows != NULL && i < rows->elements; i++) {
        const redisReply *text = rows->element[i];
        json_t *row = json_loadb(text->str, (size_t) text->len, JSON_ALLOW_NUL, NULL);
        if (row == NULL)
            return fail(error, ERR_CORRUPT, "a row that was put aside is no JSON any more");
        json_array_append_new(list, row);
    }
    *ret = g_steal_pointer(&list);
    return true;
}

/* --- the end --- */

/* Keys of one name each for every range; the plan's fence is gone or raised, so nobody makes new ones. */
static bool
forget_ranges(RedisConn *conn, const char *what, const char *plan, GError **error)
{
    g_autofree char *begin = redis_book_key(conn, what, plan), *cursor = g_strdup("0");
    g_autoptr(GString) glob = g_string_new(NULL), removal = g_string_new(NULL);
    for (const char *at = begin; *at != '\0'; at++)
        g_string_append_printf(glob, strchr("*?[]^-\\", *at) != NULL ? "\\%c" : "%c", *at);
    g_string_append(glob, ":*");
    do {
        AUTO_REPLY *found = NULL;
        if (!redis_do(conn, &found, error, "SCAN", cursor, "MATCH", glob->str, "COUNT", "5000",
                      NULL))
            return false;
        const redisReply *keys = found->element[1];
        for (size_t i = 0; i < keys->elements; i++) {
            AUTO_REPLY *done = NULL;
            resp_begin(removal, 2);
            resp_text(removal, "UNLINK");
            resp_bytes(removal, keys->element[i]->str, (size_t) keys->element[i]->len);
            if (!redis_send(conn, conn->db, removal, error) ||
                !redis_next(conn, conn->db, &done, error))
                return false;
        }
        g_free(cursor);
        cursor = g_strdup(found->element[0]->str);
    } while (strcmp(cursor, "0") != 0);
    return true;
}

bool
redis_book_forget(RedisConn *conn, const char *plan, GError **error)
{
    /* last what tells that there is something to forget: a fence, and the note of a swap */
    static const char *const whats[] = {"ledger", "digest", "fence", "swap"};
    if (!forget_ranges(conn, "open", plan, error) || !forget_ranges(conn, "wrote", plan, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(whats); i++) {
        g_autofree char *key = redis_book_key(conn, whats[i], plan);
        if (!redis_do(conn, NULL, error, "UNLINK", key, NULL))
            return false;
    }
    return true;
}
