/*
 * book.c - the bookkeeping: a compacted topic of one partition beside the others, read into memory and followed.
 *
 *   ["object", NAME]                  what a stage, or a dataset that was swapped out again, is (object.c)
 *   ["fence", PLAN, ""]               {token}: the plan's; ["fence", PLAN, TASK]: a task's
 *   ["claim", PLAN, RANGE, TASK]      {token}: who is writing the range; the first one has it
 *   ["ledger", PLAN, RANGE]           {task, token, rows…, hash}: written in the transaction of the range's records
 *   ["aside", PLAN, RANGE, NUMBER]    a row put aside, likewise
 *   ["swap", PLAN]                    how to swap back (swap.c)
 *
 * Whoever must know what is committed by now asks how far anybody has written, and reads up to there: a transaction that is
 * about to be committed is waited for.
 */
#include "driver/kafka/kafka.h"

#include <string.h>

#define BOOK_BYTES_MAX                                                                             \
    (256 * 1024 * 1024) /* 100,000 rows put aside of 2 KiB; the rest is 300 bytes a range */

typedef struct {
    json_t *key, *value;
    int64_t offset;
    size_t bytes;
} Entry;

struct KafkaBook {
    GHashTable *entries; /* key as text → Entry */
    size_t bytes;
    RecordReader reader; /* begun when the topic is there */
    bool is_there;
};

static void
entry_free(void *data)
{
    Entry *entry = data;
    json_decref(entry->key);
    json_decref(entry->value);
    g_free(entry);
}

void
kafka_book_free(KafkaBook *book)
{
    if (book == NULL)
        return;
    record_reader_clear(&book->reader);
    g_hash_table_unref(book->entries);
    g_free(book);
}

static json_t *
key_of(const char *first, va_list args)
{
    json_t *key = json_array();
    for (const char *word = first; word != NULL; word = va_arg(args, const char *))
        json_array_append_new(key, json_string(word));
    return key;
}

/* --- reading --- */

static bool
take_record(KafkaConn *conn, const rd_kafka_message_t *record, GError **error)
{
    KafkaBook *book = conn->book;
    g_autofree char *text = g_strndup(record->key != NULL ? record->key : "", record->key_len);
    Entry *old = g_hash_table_lookup(book->entries, text);
    g_autoptr(json_t) key = NULL, value = NULL;
    book->bytes -= old != NULL ? old->bytes : 0;
    if (record->payload == NULL) {
        g_hash_table_remove(book->entries, text);
        return true;
    }
    key = json_loads(text, 0, NULL);
    value = json_loadb(record->payload, record->len, JSON_ALLOW_NUL,
                       NULL); /* of a row that was put aside */
    if (!json_is_array(key) || !json_is_object(value))
        return fail(error, ERR_CORRUPT,
                    "record %" G_GINT64_FORMAT " of topic '%s' is no note of ours", record->offset,
                    conn->book_topic);
    Entry *entry = g_new0(Entry, 1);
    entry->key = g_steal_pointer(&key);
    entry->value = g_steal_pointer(&value);
    entry->offset = record->offset;
    entry->bytes = record->key_len + record->len;
    book->bytes += entry->bytes;
    g_hash_table_replace(book->entries, g_steal_pointer(&text), entry);
    return book->bytes <= BOOK_BYTES_MAX ||
           fail(error, ERR_TOO_LARGE,
                "topic '%s' of our notes holds more than %d MiB: settle or roll back old plans",
                conn->book_topic, BOOK_BYTES_MAX / 1024 / 1024);
}

static bool
begin_book(KafkaConn *conn, GError **error)
{
    int partitions = 0;
    if (conn->book == NULL) {
        conn->book = g_new0(KafkaBook, 1);
        conn->book->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    }
    if (conn->book->is_there)
        return true;
    if (!kafka_partitions(conn, conn->book_topic, &partitions, error))
        return false;
    conn->book->is_there = partitions > 0;
    return partitions <= 1 ||
           fail(error, ERR_INVALID,
                "topic '%s' has %d partitions, expected one: our notes must keep their order",
                conn->book_topic, partitions);
}

bool
kafka_book_read(KafkaConn *conn, GError **error)
{
    const rd_kafka_message_t *record = NULL;
    int64_t end = 0;
    if (!begin_book(conn, error))
        return false;
    RecordReader *reader = &conn->book->reader;
    if (!conn->book->is_there)
        return true;
    if (!kafka_high_watermark(conn, conn->book_topic, &end, error) ||
        (reader->queue == NULL && end > 0 &&
         !record_reader_begin(conn, conn->book_topic, 0, RD_KAFKA_OFFSET_BEGINNING, end, reader,
                              error)))
        return false;
    reader->end = end;
    do {
        if (!record_reader_next(reader, &record, error))
            return fail_in(
                error,
                "our notes (a transaction that is open there ends by itself within its time)");
        if (record != NULL && !take_record(conn, record, error))
            return false;
    } while (record != NULL);
    return true;
}

const json_t *
kafka_book_get(KafkaConn *conn, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    g_autoptr(json_t) key = key_of(first, args);
    va_end(args);
    g_autofree char *text = json_compact(key);
    const Entry *entry = conn->book != NULL ? g_hash_table_lookup(conn->book->entries, text) : NULL;
    return entry != NULL ? entry->value : NULL;
}

static bool
begins_with(const json_t *key, const json_t *words)
{
    size_t i;
    json_t *word;
    json_array_foreach((json_t *) words, i,
                       word) if (!json_equal(word, json_array_get(key, i))) return false;
    return true;
}

static int
compare_entries(const void *a, const void *b)
{
    const Entry *left = *(const Entry *const *) a, *right = *(const Entry *const *) b;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

void
kafka_book_each(KafkaConn *conn, BookEntryFn *entry, void *data, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    g_autoptr(json_t) words = key_of(first, args);
    va_end(args);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    GHashTableIter iter;
    void *one;
    if (conn->book == NULL)
        return;
    g_hash_table_iter_init(&iter, conn->book->entries);
    while (g_hash_table_iter_next(&iter, NULL, &one))
        if (begins_with(((Entry *) one)->key, words))
            g_ptr_array_add(found, one);
    g_ptr_array_sort(found, compare_entries);
    for (guint i = 0; i < found->len; i++)
        entry(((Entry *) found->pdata[i])->key, ((Entry *) found->pdata[i])->value, data);
}

/* --- writing --- */

static bool
need_book(KafkaConn *conn, GError **error)
{
    static const char *const settings[] = {"cleanup.policy", "compact", NULL};
    if (!begin_book(conn, error) ||
        (!conn->book->is_there && !kafka_make_topic(conn, conn->book_topic, 1, settings, error)))
        return false;
    conn->book->is_there = true;
    if (conn->note != NULL)
        return true;
    return kafka_client_new(conn, RD_KAFKA_PRODUCER, &conn->note, error, "enable.idempotence",
                            "true", "linger.ms", "0", NULL) &&
           kafka_introduce(conn, conn->note, conn->book_topic, error);
}

static bool
produce(KafkaConn *conn, rd_kafka_t *producer, const json_t *key, const json_t *value,
        rd_kafka_resp_err_t *failure, GError **error)
{
    g_autofree char *key_text = json_compact(key),
                    *text = value != NULL ? json_compact(value) : NULL;
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = conn->book_topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key_text, strlen(key_text)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {text, text != NULL ? strlen(text) : 0}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = failure},
    };
    rd_kafka_error_t *failed = rd_kafka_produceva(producer, parts, G_N_ELEMENTS(parts));
    return failed == NULL ||
           kafka_fail_with(conn, kafka_why_refused(conn, producer, failed), "our notes", error);
}

static bool
settle_notes(KafkaConn *conn, const rd_kafka_resp_err_t *failure, GError **error)
{
    int64_t deadline = g_get_monotonic_time() + conn->timeout_ms * INT64_C(1000);
    while (rd_kafka_outq_len(conn->note) > 0 && g_get_monotonic_time() < deadline)
        rd_kafka_poll(conn->note, conn->timeout_ms);
    bool is_late = rd_kafka_outq_len(conn->note) > 0;
    if (!is_late && *failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_book_read(conn, error);
    /* what is still queued points to `failure` */
    rd_kafka_purge(conn->note, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(conn->note, conn->timeout_ms);
    rd_kafka_destroy(conn->note);
    conn->note = NULL;
    return is_late ? kafka_fail_untaken(conn, "our notes", error)
                   : kafka_fail(conn, *failure, "our notes", error);
}

bool
kafka_book_put(KafkaConn *conn, json_t *take_value, GError **error, const char *first, ...)
{
    va_list args;
    va_start(args, first);
    g_autoptr(json_t) key = key_of(first, args), value = take_value;
    va_end(args);
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    return need_book(conn, error) && produce(conn, conn->note, key, value, &failure, error) &&
           settle_notes(conn, &failure, error);
}

bool
kafka_book_remove(KafkaConn *conn, GPtrArray *keys, GError **error)
{
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (keys->len == 0)
        return true;
    if (!need_book(conn, error))
        return false;
    for (guint i = 0; i < keys->len; i++) {
        g_autoptr(GError) full = NULL;
        if (produce(conn, conn->note, keys->pdata[i], NULL, &failure, &full))
            continue;
        if (!settle_notes(conn, &failure, error) || /* the queue was full */
            !produce(conn, conn->note, keys->pdata[i], NULL, &failure, error))
            return false;
    }
    return settle_notes(conn, &failure, error);
}

bool
kafka_book_produce(KafkaConn *conn, rd_kafka_t *producer, json_t *take_value, GError **error,
                   const char *first, ...)
{
    va_list args;
    va_start(args, first);
    g_autoptr(json_t) key = key_of(first, args), value = take_value;
    va_end(args);
    return need_book(conn, error) && produce(conn, producer, key, value, NULL, error);
}
