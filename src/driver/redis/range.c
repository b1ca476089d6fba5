/*
 * range.c - a range on its way in.
 *
 * Rows are gathered here, and go in at most so many bytes at once, each time by one MULTI … EXEC that the fences of the plan
 * and the right to the range are watched for. The last one holds the ledger row, too: so a range that fits into one is in as a
 * whole or not at all. Of a larger one some rows are there before it is in; their keys are noted in the same EXEC, and whoever
 * writes the range anew removes exactly those first. part.c is what one of them takes.
 */
#include "driver/redis/range.h"

#include <string.h>

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
    key_set_clear(&loader->keys);
    key_set_clear(&loader->sent);
    keys_clear(&loader->batch_keys);
    g_ptr_array_unref(loader->aside);
    g_free(loader->taken);
    g_free(loader);
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
    key_set_init(&loader->keys);
    key_set_init(&loader->sent);
    keys_init(&loader->batch_keys);
    loader->aside = g_ptr_array_new_with_free_func(g_free);
    return loader;
}

/* --- the right to a range --- */

char *
redis_claim_text(const Writer *writer)
{
    return g_strdup_printf("%s\n%" G_GINT64_FORMAT, writer->task, writer->token);
}

bool
redis_watch_claim(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autofree char *open = redis_book_range_key(conn, "open", &loader->writer);
    g_autofree char *ours = redis_claim_text(&loader->writer);
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
    g_autofree char *ours = redis_claim_text(writer);
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

/* The keys of the oldest part that is noted, which is as large as one EXEC may be. */
static bool
undo_part(RedisConn *conn, RedisLoader *loader, const char *wrote, const redisReply *note,
          GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    size_t keys = 0;
    if (!key_note_count(note->str, (size_t) note->len, &keys, error) ||
        !redis_watch_claim(conn, loader, error))
        return false;
    resp_begin(commands, keys + 1);
    resp_text(commands, "UNLINK");
    g_string_append_len(commands, note->str, (gssize) note->len);
    resp_command(commands, "LPOP", wrote, NULL);
    return redis_exec(conn, loader->db, commands, 2, NULL, error);
}

static bool
undo_parts(RedisConn *conn, RedisLoader *loader, GError **error)
{
    g_autofree char *wrote = redis_book_range_key(conn, "wrote", &loader->writer);
    g_autoptr(GString) command = g_string_new(NULL);
    for (;;) {
        AUTO_REPLY *note = NULL;
        resp_command(command, "LINDEX", wrote, "0", NULL);
        if (!redis_send(conn, loader->db, command, error) ||
            !redis_next(conn, loader->db, &note, error))
            return false;
        if (note->type != REDIS_REPLY_STRING)
            return true;
        if (!undo_part(conn, loader, wrote, note, error))
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
static guint
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
    return 2 + loader->aside->len;
}

static bool
exec_end(RedisConn *conn, RedisLoader *loader, const RangeResult *result, GError **error)
{
    g_autoptr(GString) begin = g_string_new(NULL), end = g_string_new(NULL);
    g_auto(ExecAnswer) done = {0};
    guint rows = loader->keys.places->len;
    resp_command(begin, "MULTI", NULL);
    guint more = append_end(conn, loader, result, end);
    resp_command(end, "EXEC", NULL);
    return redis_send(conn, loader->db, begin, error) &&
           redis_send(conn, loader->db, loader->rows, error) &&
           redis_send(conn, loader->db, end, error) &&
           redis_read_exec(conn, loader->db, rows + more, &done, error) &&
           redis_check_rows(conn, loader, &done, 0, &loader->keys, true, error);
}

bool
redis_commit(Conn *base, const RangeResult *result, GError **error)
{
    RedisConn *conn = redis_conn(base);
    RedisLoader *loader = conn->loader;
    g_assert(loader != NULL);
    if (!redis_settle_part(conn, loader, error) || !redis_watch_claim(conn, loader, error) ||
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
    if (loader->db != NULL && redis_settle_part(conn, loader, &ignored) &&
        (!loader->has_parts || undo_parts(conn, loader, &ignored)) &&
        redis_watch_claim(conn, loader, &ignored)) {
        g_autofree char *open = redis_book_range_key(conn, "open", &loader->writer);
        resp_command(commands, "DEL", open, NULL);
        if (!redis_exec(conn, loader->db, commands, 1, NULL, &ignored))
            g_assert(ignored != NULL);
    }
    loader_free(loader);
}
