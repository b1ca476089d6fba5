/*
 * repair.c - single rows put right in their place.
 *
 * A row is written as a whole. Rows go in parts, each in one MULTI … EXEC for which its keys are watched: those that are to
 * go or to change must be there, those that are to come must not. So a part is done or not, and what somebody else changes at
 * that moment is not changed over. A repair of several parts that stops in the middle has done some of them; the next one does
 * the rest.
 */
#include "driver/redis/redis.h"

#include <string.h>

#define PART_BYTES (2 * 1024 * 1024) /* of commands in one EXEC, some 30 ms of the server's */
#define PART_KEYS 1000

typedef struct {
    RedisConn *conn;
    RedisObject *object;
    RedisEncoder encoder;
    GPtrArray *keys;   /* GBytes *: whole keys of the part */
    GString *commands; /* what is done to them */
    int count;
} Repair;

static void
repair_clear(Repair *repair)
{
    redis_encoder_clear(&repair->encoder);
    redis_object_free(repair->object);
    g_ptr_array_unref(repair->keys);
    g_string_free(repair->commands, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repair, repair_clear)

/* --- what can be repaired --- */

/* Rows are found by the parts of their keys, and by nothing else. */
static bool
check_key(const RedisObject *object, const Schema *schema, GError **error)
{
    guint named = 0;
    for (guint i = 0; i < object->holes->len; i++) {
        const char *hole = object->holes->pdata[i];
        if (*hole == '\0')
            return fail(error, ERR_INVALID,
                        "a part of the keys of '%s' is no column: no row is named by its columns",
                        object->name);
        named += schema_is_key(schema, hole);
    }
    return (named == object->holes->len && named == schema->key->len) ||
           fail(error, ERR_INVALID,
                "rows of '%s' are named by their keys, and the mapping by others", object->name);
}

/* What the mapping leaves alone would be lost with a row that is written anew. */
static bool
check_columns(const Repair *repair, GError **error)
{
    for (size_t i = 0; i < repair->encoder.count; i++)
        if (repair->encoder.columns[i] == SIZE_MAX && repair->encoder.holes[i] < 0)
            return fail(error, ERR_INVALID,
                        "the mapping says nothing of '%s', which a row of '%s' would lose: it is "
                        "written as a whole",
                        schema_column(repair->object->schema, i)->name, repair->object->name);
    return true;
}

/* --- a part --- */

static void
append_keys(const Repair *repair, const char *command, GString *to)
{
    resp_begin(to, repair->keys->len + 1);
    resp_text(to, command);
    for (guint i = 0; i < repair->keys->len; i++) {
        size_t bytes = 0;
        const void *key = g_bytes_get_data(repair->keys->pdata[i], &bytes);
        resp_bytes(to, key, bytes);
    }
}

/* Watches the keys; are as many of them there as should be? */
static bool
watch_keys(const Repair *repair, RepairKind kind, GError **error)
{
    g_autoptr(GString) ask = g_string_new(NULL);
    AUTO_REPLY *watched = NULL, *there = NULL;
    append_keys(repair, "WATCH", ask);
    append_keys(repair, "EXISTS", ask);
    redisReply **const replies[] = {&watched, &there};
    if (!redis_send(repair->conn, repair->conn->db, ask, error) ||
        !redis_next_all(repair->conn, repair->conn->db, replies, G_N_ELEMENTS(replies), error))
        return false;
    int64_t expected = kind == REPAIR_INSERT ? 0 : repair->keys->len;
    if (there->integer == expected)
        return true;
    return redis_book_unwatch(repair->conn, repair->conn->db, error) &&
           fail(error, ERR_TRANSIENT,
                "%lld of %u rows are there by now, expected %" G_GINT64_FORMAT
                ": somebody else changes '%s'",
                there->integer, repair->keys->len, expected, repair->object->name);
}

static bool
do_part(Repair *repair, RepairKind kind, GError **error)
{
    if (repair->keys->len == 0)
        return true;
    if (!redis_tick(repair->conn, -1, error) || !watch_keys(repair, kind, error) ||
        !conn_confirm(&repair->conn->base, error) ||
        !redis_exec(repair->conn, repair->conn->db, repair->commands, repair->count, NULL, error))
        return false;
    g_ptr_array_set_size(repair->keys, 0);
    repair->count = 0;
    return true;
}

/* --- rows --- */

static void
append_unlink(Repair *repair, GBytes *key)
{
    size_t bytes = 0;
    const void *data = g_bytes_get_data(key, &bytes);
    resp_begin(repair->commands, 2);
    resp_text(repair->commands, "UNLINK");
    resp_bytes(repair->commands, data, bytes);
    repair->count++;
}

static bool
add_row(Repair *repair, RepairKind kind, const Batch *batch, size_t row, GError **error)
{
    g_autoptr(GString) whole = g_string_new(repair->object->prefix);
    g_autofree char *reason = NULL;
    if (!redis_encode_key(&repair->encoder, batch, row, whole, &reason))
        return fail(error, ERR_INVALID, "row %" G_GINT64_FORMAT ": %s", batch->row_ids[row],
                    reason);
    GBytes *key = g_bytes_new(whole->str, whole->len);
    g_ptr_array_add(repair->keys, key);
    if (kind != REPAIR_INSERT)
        append_unlink(repair, key);
    if (kind == REPAIR_REMOVE)
        return true;
    Part part = {whole->str, whole->len};
    repair->count++;
    return redis_encode_row(&repair->encoder, part, batch, row, repair->commands, &reason) ||
           fail(error, ERR_INVALID, "row '%.*s': %s", (int) MIN(part.bytes, 200), part.data,
                reason);
}

static bool
repair_kind(Repair *repair, RepairKind kind, const GPtrArray *batches, GError **error)
{
    for (guint i = 0; i < batches->len; i++) {
        const Batch *batch = batches->pdata[i];
        for (size_t row = 0; row < batch->row_count; row++) {
            bool is_full = repair->commands->len >= PART_BYTES || repair->keys->len >= PART_KEYS;
            if ((is_full && !do_part(repair, kind, error)) ||
                !add_row(repair, kind, batch, row, error))
                return false;
        }
    }
    return do_part(repair, kind, error);
}

bool
redis_repair(Conn *base, const char *object, const Schema *schema,
             GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    g_auto(Repair) repair = {.conn = redis_conn(base),
                             .keys = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref),
                             .commands = g_string_new(NULL)};
    if (!redis_object_need(repair.conn, object, &repair.object, error) ||
        !redis_object_look(repair.conn, repair.object, error))
        return false;
    for (size_t i = 0; i < schema_count(schema); i++)
        redis_object_expect(repair.object, schema_column(schema, i)->name,
                            schema_column(schema, i)->type);
    if (!check_key(repair.object, schema, error) ||
        !redis_encoder_init(&repair.encoder, repair.object, schema, error) ||
        (batches[REPAIR_CHANGE]->len > 0 && !check_columns(&repair, error)))
        return false;
    for (int kind = 0; kind < REPAIR_KINDS; kind++)
        if (!repair_kind(&repair, (RepairKind) kind, batches[kind], error))
            return false;
    return true;
}
