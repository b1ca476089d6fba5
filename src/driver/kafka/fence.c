/*
 * fence.c - who may still write, and what was written.
 *
 * Fences are notes, and the cluster's own: each task writes through a transactional client of its name, and who opens one
 * shuts out whoever had it before, in the middle of a transaction, too. In this order nobody gets through:
 *   a writer    opens its client, notes its claim, then reads the notes, and goes on only if the fences let it;
 *   a probe     notes the new fence, then reads the notes, and opens (and so shuts) the client of every claim that it finds.
 * Either the writer sees the fence, or the probe sees the claim.
 */
#include "driver/kafka/kafka.h"

#include "base/clock.h"

#include <string.h>

static int64_t
token_of(KafkaConn *conn, const char *plan, const char *task)
{
    return json_get_int(kafka_book_get(conn, "fence", plan, task, NULL), "token", 0);
}

bool
kafka_passes(KafkaConn *conn, const Writer *writer, bool *ret_is_staged, GError **error)
{
    int64_t of_plan = token_of(conn, writer->plan, ""),
            of_task = token_of(conn, writer->plan, writer->task);
    *ret_is_staged = of_plan > 0;
    if (of_plan > writer->token)
        return fail_fenced("plan", writer->plan, of_plan, writer, error);
    if (of_task > writer->token)
        return fail_fenced("task", writer->task, of_task, writer, error);
    return true;
}

bool
kafka_check(KafkaConn *conn, const Writer *writer, GError **error)
{
    bool is_staged = false;
    return kafka_book_read(conn, error) && kafka_passes(conn, writer, &is_staged, error) &&
           (is_staged ||
            fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan));
}

/* Two who raise at once: the lower one looks once more, and gives way. */
static bool
raise_fence(KafkaConn *conn, const char *plan, const char *task, int64_t token, GError **error)
{
    int64_t stands = token_of(conn, plan, task);
    if (!kafka_book_put(conn, json_pack("{sI}", "token", (json_int_t) MAX(stands, token)), error,
                        "fence", plan, task, NULL))
        return false;
    return token_of(conn, plan, task) >= MAX(stands, token) ||
           fail(error, ERR_TRANSIENT, "somebody else raises the fence of '%s' at this moment",
                plan);
}

bool
kafka_raise_plan(KafkaConn *conn, const Writer *writer, GError **error)
{
    return raise_fence(conn, writer->plan, "", writer->token, error);
}

/* --- claims --- */

static void
add_task(json_t *key, const json_t *value, void *data)
{
    const char *task = json_string_value(json_array_get(key, 3));
    if (task != NULL && !g_ptr_array_find_with_equal_func(data, task, g_str_equal, NULL))
        g_ptr_array_add(data, g_strdup(task));
}

static bool
shut_out(KafkaConn *conn, const char *plan, const char *task, GError **error)
{
    rd_kafka_t *producer = NULL;
    if (!kafka_producer_new(conn, plan, task, KAFKA_RECORD_BYTES_MAX, &producer, error))
        return false;
    rd_kafka_destroy(producer);
    return true;
}

bool
kafka_stop_writers(KafkaConn *conn, const char *plan, GError **error)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
    kafka_book_each(conn, add_task, tasks, "claim", plan, NULL);
    for (guint i = 0; i < tasks->len; i++)
        if (!shut_out(conn, plan, tasks->pdata[i], error))
            return false;
    return kafka_book_read(conn, error);
}

/* A transaction that a dead writer of the plan left open stands in the way: who takes the plan back ends it first. */
bool
kafka_read_past(KafkaConn *conn, const char *plan, GError **error)
{
    g_autoptr(GError) stuck = NULL;
    if (kafka_book_read(conn, &stuck))
        return true;
    if (error_is(stuck, ERR_UNREACHABLE))
        return kafka_stop_writers(conn, plan, error);
    g_propagate_error(error, g_steal_pointer(&stuck));
    return false;
}

static void
take_first(json_t *key, const json_t *value, void *data)
{
    const char **first = data;
    if (*first == NULL)
        *first = json_string_value(json_array_get(key, 3));
}

static bool
check_claim(KafkaConn *conn, const Writer *writer, GError **error)
{
    const char *first = NULL;
    kafka_book_each(conn, take_first, &first, "claim", writer->plan, writer->range, NULL);
    return first == NULL || strcmp(first, writer->task) == 0 ||
           fail(error, ERR_TRANSIENT, "range '%s' is being written by another task", writer->range);
}

bool
kafka_claim(KafkaConn *conn, const Writer *writer, GError **error)
{
    bool is_staged = false;
    g_autoptr(GError) refusal = NULL, ignored = NULL;
    if (!check_claim(conn, writer, error) ||
        !kafka_book_put(conn, json_pack("{sI}", "token", (json_int_t) writer->token), error,
                        "claim", writer->plan, writer->range, writer->task, NULL))
        return false;
    if (kafka_passes(conn, writer, &is_staged, &refusal) && check_claim(conn, writer, &refusal) &&
        (is_staged ||
         fail(&refusal, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan)))
        return true;
    /* one of an older attempt stands for nothing: whoever finds it shuts out a client that nobody has */
    if (!kafka_book_put(conn, NULL, &ignored, "claim", writer->plan, writer->range, writer->task,
                        NULL))
        g_assert(ignored != NULL);
    g_propagate_error(error, g_steal_pointer(&refusal));
    return false;
}

typedef struct {
    const char *task;
    bool found;
} ClaimSearch;

static void
look_for_task(json_t *key, const json_t *value, void *data)
{
    ClaimSearch *search = data;
    search->found =
        search->found || g_strcmp0(json_string_value(json_array_get(key, 3)), search->task) == 0;
}

/* The client is shut first, so that a transaction that was left open does not keep us from reading the notes. */
bool
kafka_fence(Conn *base, const Writer *writer, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    ClaimSearch search = {writer->task, false};
    if (!conn_confirm(base, error) || !shut_out(conn, writer->plan, writer->task, error) ||
        !kafka_book_read(conn, error))
        return false;
    if (token_of(conn, writer->plan, "") == 0)
        return true;
    if (!raise_fence(conn, writer->plan, writer->task, writer->token, error))
        return false;
    kafka_book_each(conn, look_for_task, &search, "claim", writer->plan, NULL);
    return !search.found ||
           (shut_out(conn, writer->plan, writer->task, error) && kafka_book_read(conn, error));
}

/* --- ledger --- */

json_t *
kafka_result_json(const Writer *writer, const RangeResult *result)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    json_t *json = json_object();
    json_set_string(json, "task", writer->task);
    json_set_int(json, "token", writer->token);
    json_set_int(json, "rows_in", result->rows_in);
    json_set_int(json, "rows_out", result->rows_out);
    json_set_int(json, "rejected", result->rejected);
    json_set_string(json, "hash", hash);
    json_set_int(json, "at_ms", clock_wall_ms());
    return json;
}

static bool
parse_result(const json_t *json, RangeResult *ret, GError **error)
{
    RangeResult result = {.rows_in = json_get_int(json, "rows_in", 0),
                          .rows_out = json_get_int(json, "rows_out", 0),
                          .rejected = json_get_int(json, "rejected", 0)};
    if (!hash_sum_parse(json_get_string(json, "hash", ""), &result.hash, error))
        return false;
    *ret = result;
    return true;
}

bool
kafka_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found,
                  RangeResult *ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    if (!kafka_book_read(conn, error))
        return false;
    const json_t *row = kafka_book_get(conn, "ledger", plan, range, NULL);
    *ret_found = row != NULL;
    if (row == NULL)
        return true;
    if (!parse_result(row, ret, error))
        return false;
    ret->was_there = true;
    return true;
}

typedef struct {
    RangeResult sum;
    int64_t ranges;
    GError *error;
} LedgerSum;

static void
add_result(json_t *key, const json_t *value, void *data)
{
    LedgerSum *all = data;
    RangeResult one = {0};
    if (all->error != NULL || !parse_result(value, &one, &all->error))
        return;
    all->sum.rows_in += one.rows_in;
    all->sum.rows_out += one.rows_out;
    all->sum.rejected += one.rejected;
    hash_sum_merge(&all->sum.hash, &one.hash);
    all->ranges++;
}

bool
kafka_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                 GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    LedgerSum all = {0};
    if (!kafka_book_read(conn, error))
        return false;
    kafka_book_each(conn, add_result, &all, "ledger", plan, NULL);
    if (all.error != NULL) {
        g_propagate_error(error, all.error);
        return false;
    }
    *ret = all.sum;
    *ret_ranges = all.ranges;
    return true;
}

typedef struct {
    json_t *list;
    int64_t rows_max;
} Aside;

static void
add_aside(json_t *key, const json_t *value, void *data)
{
    Aside *aside = data;
    if ((int64_t) json_array_size(aside->list) < aside->rows_max)
        json_array_append_new(aside->list, json_deep_copy(value));
}

bool
kafka_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    if (!kafka_book_read(conn, error))
        return false;
    Aside aside = {json_array(), rows_max};
    kafka_book_each(conn, add_aside, &aside, "aside", plan, NULL);
    *ret = aside.list;
    return true;
}

/* --- the end --- */

static void
add_key(json_t *key, const json_t *value, void *data)
{
    g_ptr_array_add(data, json_incref(key));
}

static void
drop_key(void *key)
{
    json_decref(key);
}

/* Each record by itself. Fences come late: as long as one is there, so is the plan; the note of a swap last: as long as it is there, the plan
 * is not settled, and whoever looks does the rest. */
bool
kafka_forget(KafkaConn *conn, const char *plan, ForgetExtent extent, GError **error)
{
    static const char *const whats[] = {"aside", "claim", "ledger", "fence", "swap"};
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(drop_key);
    if (!kafka_book_read(conn, error))
        return false;
    for (size_t i = extent == FORGET_ALL ? 0 : 1; i < G_N_ELEMENTS(whats); i++)
        kafka_book_each(conn, add_key, keys, whats[i], plan, NULL);
    return kafka_book_remove(conn, keys, error);
}
