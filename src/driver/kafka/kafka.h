/*
 * kafka.h - what the files of this driver share: connections, clients, topics, records, bookkeeping.
 *
 * An object is a topic, and a row is a record of it, or of a compacted topic the last record of each key. Rows have the
 * order of their partition and offset; a range is a stretch of offsets of one partition, whose end was fixed when the topic was divided.
 *
 * Each scan, and each range that is written, has a client of its own; clients of scans are kept and used again.
 */
#pragma once

#include "driver/driver.h"
#include "driver/kafka/librdkafka.h"
#include "driver/ndjson/lexer.h"

typedef struct KafkaLoader KafkaLoader;
typedef struct KafkaBook KafkaBook;
typedef struct KafkaRegistry KafkaRegistry;

typedef struct {
    Conn base;
    json_t *settings;
    char *place;          /* "host:port,host:port": for messages, without any secret */
    char *password;       /* or NULL */
    char *book_topic;     /* "_honk" */
    int timeout_ms;       /* one answer */
    char *refusal;        /* why brokers let no client in, as the library told it last; or NULL */
    bool is_unknown;      /* because of who we say we are */
    rd_kafka_t *look;     /* asks about topics; reads what is not committed, too */
    GPtrArray *idle;      /* rd_kafka_t *: clients that read, and are not reading now */
    rd_kafka_t *note;     /* writes single records of ours; NULL until then */
    rd_kafka_t *producer; /* transactional, of `producer_task`; NULL until a range is written */
    char *producer_task;
    rd_kafka_resp_err_t
        record_failure;      /* of the first record of the transaction that was refused; or none */
    KafkaBook *book;         /* NULL until it is first asked */
    KafkaRegistry *registry; /* NULL until it is first asked */
    KafkaLoader *loader;     /* of the range that is being written, or NULL */
} KafkaConn;

KafkaConn *kafka_conn(Conn *conn); /* checked cast */
bool kafka_tick(KafkaConn *conn, int64_t rows_done, GError **error);

/* --- conn.c --- */
bool kafka_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void kafka_close(Conn *conn);
/* The settings of every client; takes `...` as pairs of names and values, NULL at the end. */
CHECKED bool kafka_client_new(const KafkaConn *conn, rd_kafka_type_t type, rd_kafka_t **ret,
                              GError **error, ...) G_GNUC_NULL_TERMINATED;
const char *kafka_topic_setting(const KafkaConn *conn, const char *object, const char *name,
                                const char *otherwise);

/* --- client.c: errors, and clients that read --- */
/* Somebody who is not let in waits like somebody who meets nobody: what the library told meanwhile is looked at. */
bool kafka_is_refused(KafkaConn *conn);
/* As one of our codes: what may go away by itself is TRANSIENT or UNREACHABLE. Returns false. */
bool kafka_fail(const KafkaConn *conn, rd_kafka_resp_err_t code, const char *what, GError **error);
/* Why the transaction cannot go on: the cluster refused a record that was sent before (`record_failure`), which is none of those at
 * hand, so it is never INVALID. Returns false. */
bool kafka_fail_sent(const KafkaConn *conn, GError **error);
/* Nothing was refused, and nothing taken, for `timeout_ms`. Returns false. */
bool kafka_fail_untaken(const KafkaConn *conn, const char *what, GError **error);
/* Takes `failure`. */
bool kafka_fail_with(const KafkaConn *conn, rd_kafka_error_t *failure, const char *what,
                     GError **error);
CHECKED bool kafka_reading_client(KafkaConn *conn, rd_kafka_t **ret, GError **error);
/* Before a client reads from a topic, or writes to it. */
CHECKED bool kafka_introduce(const KafkaConn *conn, rd_kafka_t *client, const char *topic,
                             GError **error);
void kafka_reading_client_done(KafkaConn *conn, rd_kafka_t *client);

typedef struct {
    int64_t begin,
        end; /* offsets of the first record that is kept, and behind the last one that is committed */
} Extent;

/* Records of one partition in [next, end), in order, but for those of transactions that are open or were undone. */
typedef struct {
    KafkaConn *conn;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    int32_t partition;
    int64_t next, end;
    GPtrArray *messages; /* rd_kafka_message_t * of the last answer */
    guint taken;
} RecordReader;
CHECKED bool record_reader_begin(KafkaConn *conn, const char *topic, int32_t partition,
                                 int64_t from, int64_t end, RecordReader *ret, GError **error);
/* Borrowed until the next call; NULL at the end. */
CHECKED bool record_reader_next(RecordReader *reader, const rd_kafka_message_t **ret,
                                GError **error);
void record_reader_clear(RecordReader *reader);

/* --- topic.c: topics as the cluster has them --- */
/* -1: there is none. */
CHECKED bool kafka_partitions(KafkaConn *conn, const char *topic, int *ret, GError **error);
/* Names of all, sorted; char *. */
CHECKED bool kafka_topics(KafkaConn *conn, GPtrArray **ret, GError **error);
/* Of each partition; array of Extent. Waits a moment for transactions that are being committed. */
CHECKED bool kafka_extents(KafkaConn *conn, const char *topic, GArray **ret, GError **error);
/* Of each partition in `wanted`, instead of the moment in ms that its offset says, that of the first record since; -1: there is none.
 * Waits, `timeout_ms` at most, for whoever can answer. `what`: for the error. */
CHECKED bool kafka_offsets_at(const KafkaConn *conn, rd_kafka_t *client,
                              rd_kafka_topic_partition_list_t *wanted, const char *what,
                              GError **error);
/* Of the first partition, as far as anybody has written, committed or not. */
CHECKED bool kafka_high_watermark(KafkaConn *conn, const char *topic, int64_t *ret, GError **error);
CHECKED bool kafka_is_compacted(KafkaConn *conn, const char *topic, bool *ret, GError **error);
/* What the topic takes in one piece (`max.message.bytes`); enough for any record that the client takes where nobody says so. */
CHECKED bool kafka_batch_bytes_max(KafkaConn *conn, const char *topic, int64_t *ret,
                                   GError **error);
/* Again: nothing. `settings`: pairs, NULL at the end. */
CHECKED bool kafka_make_topic(KafkaConn *conn, const char *topic, int partitions,
                              const char *const *settings, GError **error);
CHECKED bool kafka_drop_topic(KafkaConn *conn, const char *topic, GError **error);
/* Remove all records that are there. */
CHECKED bool kafka_empty_topic(KafkaConn *conn, const char *topic, GError **error);

/* --- object.c: what a name means --- */
typedef enum { VALUE_JSON, VALUE_AVRO } ValueForm;
typedef enum {
    KEY_TEXT,
    KEY_AVRO
} KeyForm; /* a text, or JSON of several; Avro of one, or a record */

/* What of a record is a column beside the members of its value. */
typedef enum {
    META_KEY,       /* the key as a text (or bytes) */
    META_TIMESTAMP, /* when it was written, as its producer or the broker says */
    META_HEADERS,   /* [["name", "value"], …]: values that are no text as {"hex": "…"} */
    META_TOMBSTONE, /* true where there is no value */
    META_PARTITION,
    META_OFFSET,
    META_KINDS
} MetaKind;
extern const char *const kafka_meta_names[META_KINDS]; /* "kafka_key", … */
extern const ColumnType kafka_meta_types[META_KINDS];  /* the key is of bytes where it is no text */
/* META_KINDS when it is none. */
MetaKind kafka_meta_of(const char *column);
const char *kafka_becomes(const char *column); /* NULL: a member of its value */

typedef struct {
    char *name, *topic;
    ValueForm form;
    KeyForm key_form;
    bool is_latest; /* rows are the last records of their keys */
    GPtrArray *
        key; /* char *: columns that the key of a record is made of; empty: it is only seen as kafka_key */
    Schema *schema; /* NULL: look at the records */
    char *from;     /* where reading begins, as it was said; or NULL */
    char *plan;     /* of a stage; else NULL */
    bool is_noted;  /* in our bookkeeping, and no topic of its own name */
    bool is_made;   /* the topic was made by us */
} KafkaObject;
void kafka_object_free(KafkaObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KafkaObject, kafka_object_free)
CHECKED bool kafka_object_find(KafkaConn *conn, const char *name, KafkaObject **ret,
                               GError **error);
CHECKED bool kafka_object_exists(KafkaConn *conn, const KafkaObject *object, bool *ret,
                                 GError **error);
/* NOT_FOUND names near ones. */
CHECKED bool kafka_object_need(KafkaConn *conn, const char *name, KafkaObject **ret,
                               GError **error);
json_t *kafka_object_json(const KafkaObject *object);
CHECKED bool kafka_object_parse(const char *name, const json_t *json, KafkaObject **ret,
                                GError **error);
bool kafka_object_is_key(const KafkaObject *object, const char *column);

/* --- value.c: what a record holds --- */
typedef struct {
    const GArray *members; /* JsonMember, whose places are in `text` */
    const GString *text;
    JsonLexer json;  /* where JSON is read into */
    GArray *decoded; /* where Avro is */
    GString *scratch;
    char *problem; /* why the last one could not be read, or NULL */
} RecordValue;
/* A key of Avro: members, with their text. */
typedef struct {
    GArray *members; /* JsonMember */
    GString *text;
} RecordKey;
void record_value_init(RecordValue *value);
void record_value_clear(RecordValue *value);
/* False with `problem`; an error only where the registry has none. */
CHECKED bool record_value_read(KafkaConn *conn, const KafkaObject *object,
                               const rd_kafka_message_t *record, RecordValue *value,
                               bool *ret_is_good, GError **error);
/* The members of a key of Avro; one value alone has no name. Its old ones go. `*ret_reason`: why it could not be read, or NULL; an error only where the registry has none. */
CHECKED bool record_key_read(KafkaConn *conn, const rd_kafka_message_t *record, RecordKey *key,
                             char **ret_reason, GError **error);
/* Headers as JSON, appended; false: there are none. */
bool kafka_headers_append(const rd_kafka_message_t *record, GString *to);
/* The whole record, as people see it. */
json_t *kafka_record_json(const rd_kafka_message_t *record, const RecordValue *value, bool is_good);

/* --- describe.c --- */
/* The object with its schema, found from its first records if it was not known. */
CHECKED bool kafka_object_look(KafkaConn *conn, KafkaObject *object, GError **error);
bool kafka_describe(Conn *conn, const char *object, Schema **ret, GError **error);
bool kafka_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool kafka_fingerprint(Conn *conn, const char *object, char **ret, GError **error);

/* --- rows.c: which records are rows --- */
typedef struct KeyIndex KeyIndex;
/* Rows of one partition: all records, or the last ones of their keys as of `end`. */
typedef struct {
    RecordReader reader;
    KeyIndex *index; /* NULL: all */
    bool wants_tombstones;
} RowReader;
CHECKED bool kafka_rows_begin(KafkaConn *conn, const KafkaObject *object, int32_t partition,
                              int64_t from, int64_t to, int64_t end, bool wants_tombstones,
                              RowReader *ret, GError **error);
CHECKED bool kafka_rows_next(RowReader *reader, const rd_kafka_message_t **ret, GError **error);
void kafka_rows_clear(RowReader *reader);
/* Where reading the object begins and ends; array of Extent. */
CHECKED bool kafka_object_extents(KafkaConn *conn, const KafkaObject *object, GArray **ret,
                                  GError **error);
CHECKED bool kafka_count_rows(KafkaConn *conn, const KafkaObject *object, int64_t *ret,
                              GError **error);

/* --- scan.c --- */
extern const ScanOps kafka_scan_ops;

/* --- encode.c: rows as records --- */
typedef struct {
    const KafkaObject *object;
    size_t count;        /* columns of the object */
    size_t *columns;     /* of the batch, for each of the object; SIZE_MAX: none, NULL */
    size_t *key_columns; /* of the object, for each of its key */
    MetaKind *metas;     /* of each; META_KINDS: it is in the value */
    GString **names;     /* `"name":` as JSON */
    const struct AvroSchema *avro, *key_avro; /* NULL: JSON, and a text */
    int32_t schema_id, key_schema_id;
    struct AvroSchema *own[2]; /* of values and of keys, that no registry knows; or NULL */
    bool only_looks;
    int64_t batch_bytes_max;  /* of the object's topic: kafka_batch_bytes_max() */
    int64_t record_bytes_max; /* of key and value, so that the record goes into one */
    GString *key, *value, *scratch;
} KafkaEncoder;
#define KAFKA_RECORD_BYTES_MAX 1000000 /* key and value: as the client takes them */
#define KAFKA_FRAME_BYTES                                                                          \
    80 /* around the only record of a batch: its head, and lengths, where there are no headers */
typedef struct {
    bool has_key, is_tombstone;
    int32_t partition;           /* -1: by the key */
    int64_t timestamp_ms;        /* 0: now */
    rd_kafka_headers_t *headers; /* or NULL; the caller's */
} RecordParts;                   /* key and value are in the encoder */
CHECKED bool kafka_encoder_init(KafkaConn *conn, KafkaEncoder *encoder, const KafkaObject *object,
                                const Schema *batch, GError **error);
/* For rows that are not written: the registry is only asked. */
CHECKED bool kafka_encoder_look(KafkaConn *conn, KafkaEncoder *encoder, const KafkaObject *object,
                                const Schema *batch, GError **error);
void kafka_encoder_clear(KafkaEncoder *encoder);
/* False with the reason. */
CHECKED bool kafka_encode(KafkaEncoder *encoder, const Batch *batch, size_t row, RecordParts *ret,
                          char **ret_reason);
/* The row's key alone. */
CHECKED bool kafka_encode_key(KafkaEncoder *encoder, const Batch *batch, size_t row,
                              char **ret_reason);

/* --- book.c --- */
/* What stands under this key; NULL: nothing. Keys are lists of words, NULL at the end. Borrowed until the book is read again. */
const json_t *kafka_book_get(KafkaConn *conn, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Read on to the end of what is committed by now. */
CHECKED bool kafka_book_read(KafkaConn *conn, GError **error);
/* Write this record by itself, and read on. `value` is taken; NULL removes. Whether it may be done, callers confirm before. */
CHECKED bool kafka_book_put(KafkaConn *conn, json_t *value, GError **error, const char *first,
                            ...) G_GNUC_NULL_TERMINATED;
/* Remove what stands under these keys (json_t *, arrays), in this order. */
CHECKED bool kafka_book_remove(KafkaConn *conn, GPtrArray *keys, GError **error);
/* The same as put within the transaction of a range. */
CHECKED bool kafka_book_produce(KafkaConn *conn, rd_kafka_t *producer, json_t *value,
                                GError **error, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Every entry whose key begins with these words, in the order in which they were written. */
typedef void BookEntryFn(json_t *key, const json_t *value, void *data);
void kafka_book_each(KafkaConn *conn, BookEntryFn *entry, void *data, const char *first,
                     ...) G_GNUC_NULL_TERMINATED;
void kafka_book_free(KafkaBook *book);

/* --- fence.c: who may write, and what was written --- */
/* Does the writer pass the fences, as far as the book was read? FENCED else. */
CHECKED bool kafka_passes(KafkaConn *conn, const Writer *writer, bool *ret_is_staged,
                          GError **error);
/* The same, read anew, and FENCED where nothing is staged. */
CHECKED bool kafka_check(KafkaConn *conn, const Writer *writer, GError **error);
CHECKED bool kafka_raise_plan(KafkaConn *conn, const Writer *writer, GError **error);
/* Nobody who writes for the plan gets through any more, also in the middle of a transaction. */
CHECKED bool kafka_stop_writers(KafkaConn *conn, const char *plan, GError **error);
/* Reads the notes; where they do not end, stops the plan's writers first. */
CHECKED bool kafka_read_past(KafkaConn *conn, const char *plan, GError **error);
typedef enum { FORGET_ALL, FORGET_BUT_ASIDE } ForgetExtent;
/* Everything of the plan, or but the rows that it put aside. */
CHECKED bool kafka_forget(KafkaConn *conn, const char *plan, ForgetExtent extent, GError **error);
/* The right to write a range: TRANSIENT while another task has it. Then the fences are looked at once more. */
CHECKED bool kafka_claim(KafkaConn *conn, const Writer *writer, GError **error);
json_t *kafka_result_json(const Writer *writer, const RangeResult *result);
bool kafka_fence(Conn *conn, const Writer *writer, GError **error);
bool kafka_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found,
                       RangeResult *ret, GError **error);
bool kafka_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                      GError **error);
bool kafka_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret,
                       GError **error);

/* --- range.c --- */
bool kafka_begin(Conn *conn, const char *stage, const Schema *schema, const Writer *writer,
                 bool *ret_done, RangeResult *ret_result, GError **error);
bool kafka_put(Conn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error);
bool kafka_quarantine(Conn *conn, int64_t row_id, const json_t *record, const char *column,
                      const char *reason, GError **error);
bool kafka_commit(Conn *conn, const RangeResult *result, GError **error);
void kafka_rollback(Conn *conn);

/* --- producer.c --- */
/* A transactional client of this task: whoever had one before is shut out, and what it had begun undone. */
CHECKED bool kafka_producer_new(const KafkaConn *conn, const char *plan, const char *task,
                                int64_t batch_bytes_max, rd_kafka_t **ret, GError **error);
/* With all that it has not sent; topics that were taken of it are given back before. */
void kafka_producer_drop(rd_kafka_t *producer);
CHECKED bool kafka_transaction_begin(KafkaConn *conn, rd_kafka_t *producer, GError **error);
CHECKED bool kafka_transaction_commit(const KafkaConn *conn, rd_kafka_t *producer, GError **error);
/* A transaction that has failed takes no more records, and why it did, the library tells only who would commit it: that, in the place
 * of what it told who would send a record. Takes `take_failed`; the caller has the answer. */
rd_kafka_error_t *kafka_why_refused(const KafkaConn *conn, rd_kafka_t *producer,
                                    rd_kafka_error_t *take_failed);
/* The record that was encoded last, within the transaction; waits for room. Takes its headers. INVALID: it is the record's fault. */
CHECKED bool kafka_send_record(KafkaConn *conn, rd_kafka_t *producer, rd_kafka_topic_t *topic,
                               const KafkaEncoder *encoder, const RecordParts *parts,
                               GError **error);

/* --- repair.c --- */
bool kafka_repair(Conn *conn, const char *object, const Schema *schema,
                  GPtrArray *const batches[REPAIR_KINDS], GError **error);

/* --- load.c, swap.c --- */
extern const LoadOps kafka_load_ops;
extern const SwapOps kafka_swap_ops;
