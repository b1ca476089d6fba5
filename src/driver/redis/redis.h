/*
 * redis.h - what the files of this driver share: connections, commands, objects, keys, bookkeeping.
 *
 * Redis has no tables. An object is all keys of one form, `users:{id}`: each key is a row, what stands for `{id}` is a
 * column, and the other columns are in the value. Rows have an order of ours: by slot (the CRC16 that a cluster uses),
 * then by key; so ranges are slots, and stay what they are when the server is restarted.
 *
 * A Conn has one connection for bookkeeping, one for a range that is being written, and each scan has its own, so that
 * rows are read and written at once through the same Conn.
 */
#pragma once

#include "driver/driver.h"
#include "driver/ndjson/lexer.h"
#include "driver/redis/rdb.h"

#include <hiredis/hiredis.h>

#define SLOTS 16384
#define HOLES_MAX 16            /* parts of a key */
#define REDIS_SAMPLE_ROWS 10000 /* looked at for the columns that nobody has said */

typedef struct RedisLoader RedisLoader;

typedef struct {
    Conn base;
    redisContext *db;
    json_t *settings;
    char *place;    /* "host:port/0": for messages, without any secret */
    char *password; /* or NULL */
    int timeout_ms; /* how long one answer may take */
    char *book;     /* what names of our own keys begin with: "_honk" */
    RedisLoader *loader;
    char *looked_name,
        *looked_text; /* what was described last, and what was found: redis_object_text() */
} RedisConn;

RedisConn *redis_conn(Conn *conn); /* checked cast */
bool redis_tick(RedisConn *conn, int64_t rows_done, GError **error);

/* --- conn.c --- */
bool redis_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void redis_close(Conn *conn);
/* WRONG_STATE where the server makes room by removing keys of anybody. */
CHECKED bool redis_keeps_rows(const RedisConn *conn, GError **error);
/* One more connection; redisFree() it. */
CHECKED bool redis_connect(const RedisConn *conn, redisContext **ret, GError **error);

/* --- command.c: commands as bytes, replies as values --- */
#define AUTO_REPLY __attribute__((cleanup(redis_reply_clear))) redisReply
void redis_reply_clear(redisReply **reply);
void resp_begin(GString *to, size_t arguments);
void resp_bytes(GString *to, const void *data, size_t bytes);
void resp_text(GString *to, const char *text);
void resp_int(GString *to, int64_t number);
/* A whole command of texts, NULL at the end. */
void resp_command(GString *to, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* Send commands, whose replies are read by redis_next(), one each. `commands` is emptied. */
CHECKED bool redis_send(const RedisConn *conn, redisContext *db, GString *commands, GError **error);
CHECKED bool redis_send_bytes(const RedisConn *conn, redisContext *db, const char *data,
                              size_t bytes, GError **error);
/* The next reply, whatever it is. */
CHECKED bool redis_next_any(const RedisConn *conn, redisContext *db, redisReply **ret,
                            GError **error);
/* The same; an error reply is an error. */
CHECKED bool redis_next(const RedisConn *conn, redisContext *db, redisReply **ret, GError **error);
/* The replies of a few commands that were sent at once. All are read, also behind an error: else the next ones would be taken for them. */
CHECKED bool redis_next_all(const RedisConn *conn, redisContext *db, redisReply **const *rets,
                            size_t count, GError **error);
/* So many replies that nobody needs any more; what they say does not matter. */
void redis_pass_over(const RedisConn *conn, redisContext *db, size_t count);
/* What an error reply says as one of our codes; a connection that is no more. Both return false. */
bool redis_fail(const char *says, GError **error);
bool redis_fail_lost(const RedisConn *conn, const redisContext *db, GError **error);
/* One command of texts, NULL at the end, and its reply (`ret` may be NULL). */
CHECKED bool redis_do(const RedisConn *conn, redisReply **ret, GError **error, const char *first,
                      ...) G_GNUC_NULL_TERMINATED;
/* MULTI, these commands, EXEC: all of them or none. TRANSIENT when what was watched has changed. With `ret`, what each
 * of them answered is for the caller to look at. */
CHECKED bool redis_exec(const RedisConn *conn, redisContext *db, GString *commands, int count,
                        redisReply **ret, GError **error);
bool reply_is_text(const redisReply *reply, const char *text);

/* --- answer.c: EXEC's answer to many commands --- */
typedef struct {
    char *refused; /* why a command was not even taken, so that EXEC was refused; or NULL */
    char *failed;  /* why EXEC was; or NULL */
    bool is_nil;   /* what was watched has changed */
    GArray *wrong; /* guint: commands that failed, by number */
    char *reason;  /* of the first of them */
    bool awaits_commands;
} ExecAnswer;
void exec_answer_clear(ExecAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecAnswer, exec_answer_clear)
/* The answers to MULTI, so many commands, and EXEC. */
CHECKED bool redis_read_exec(const RedisConn *conn, redisContext *db, guint commands,
                             ExecAnswer *ret, GError **error);

/* --- object.c --- */
typedef enum {
    REDIS_UNKNOWN, /* look at the values */
    REDIS_HASH,    /* a column is a field; NULL is no field */
    REDIS_JSON,    /* a string with one JSON object */
    REDIS_STRING,  /* a string: one column */
} RedisKind;

/* Where nobody says otherwise, the column of a row's end, and the word that tells it from any other column of that name. */
#define REDIS_EXPIRES "expires_at"
#define REDIS_END_WORD "end of a row"
#define REDIS_KEY_WORD "part of the key"

/* `literals[0]` hole `literals[1]` hole …: one literal more than holes. */
typedef struct {
    char *name;
    GPtrArray *literals, *holes; /* char *; a hole without a name is no column */
    RedisKind kind;
    char *expires; /* the column that says when a row goes by itself; or NULL */
    bool repeats_key;
    Schema *schema; /* NULL: look at the values */
    char *prefix;   /* before each key: where rows are that have no place of their own yet; or "" */
    bool is_made;   /* by us, and in our list of objects */
    char *plan;     /* of a stage; else NULL */
    bool is_declared;
} RedisObject;

void redis_object_free(RedisObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisObject, redis_object_free)
/* What the name means, whether there are rows or not. */
CHECKED bool redis_object_find(RedisConn *conn, const char *name, RedisObject **ret,
                               GError **error);
CHECKED bool redis_object_exists(RedisConn *conn, const RedisObject *object, bool *ret,
                                 GError **error);
/* NOT_FOUND names near ones. */
CHECKED bool redis_object_need(RedisConn *conn, const char *name, RedisObject **ret,
                               GError **error);
/* The one that is made for rows which will be keys of `target`, a name; its kind and schema are the caller's to set. */
CHECKED bool redis_object_make(RedisConn *conn, const char *name, const RedisObject *target,
                               RedisObject **ret, GError **error);
bool redis_same_keys(const RedisObject *a, const RedisObject *b);
/* What our list says of it, and the other way; caller frees. */
char *redis_object_text(const RedisObject *object);
CHECKED bool redis_object_parse(RedisConn *conn, const char *name, const char *text,
                                RedisObject **ret, GError **error);
/* The command that notes it in our list, appended. */
void redis_object_note(const RedisConn *conn, const RedisObject *object, GString *to);
const char *redis_kind_name(RedisKind kind);
bool redis_kind_from_name(const char *name, RedisKind *ret);

typedef struct {
    const char *data;
    size_t bytes;
} Part;
/* UTF-8, in which NUL is a character like others. */
bool part_is_text(Part text);
/* The parts of a key without its prefix, one for each hole; false when it has another form. */
bool redis_key_parse(const RedisObject *object, const char *key, size_t bytes, Part *parts);
void redis_key_build(const RedisObject *object, const Part *parts, GString *to);
/* What SCAN is told to look for. Appended. */
void redis_key_glob(const RedisObject *object, GString *to);

/* --- keys.c --- */
unsigned redis_slot(const char *key, size_t bytes);
typedef struct {
    unsigned slot;
    size_t at, bytes;
} KeyPlace;
/* Keys without their prefix, each once, by slot and then bytewise. */
typedef struct {
    GString *heap;
    GArray *places; /* KeyPlace */
} Keys;
void keys_init(Keys *keys);
void keys_clear(Keys *keys);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Keys, keys_clear)
static inline Part
keys_at(const Keys *keys, guint index)
{
    const KeyPlace *place = &g_array_index(keys->places, KeyPlace, index);
    return (Part){keys->heap->str + place->at, place->bytes};
}
/* --- key_set.c: the keys of one part of a range --- */
/* `note` is what an UNLINK of them has as its arguments, and how they are noted in one piece. */
typedef struct {
    GString *note;
    GArray *places;  /* KeyPlace in it; `slot` says nothing */
    uint32_t *slots; /* to look up */
    size_t slot_count;
} KeySet;
void key_set_init(KeySet *set);
void key_set_clear(KeySet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeySet, key_set_clear)
void key_set_empty(KeySet *set);
bool key_set_has(const KeySet *set, Part key);
/* It must not be there. */
void key_set_add(KeySet *set, Part key);
static inline Part
key_set_at(const KeySet *set, guint index)
{
    const KeyPlace *place = &g_array_index(set->places, KeyPlace, index);
    return (Part){set->note->str + place->at, place->bytes};
}
/* How many keys a note has; CORRUPT when it is none. */
CHECKED bool key_note_count(const char *note, size_t bytes, size_t *ret_keys, GError **error);

/* --- key_spill.c: keys that wait for their window --- */
typedef struct KeySpill KeySpill;
/* For the slots from `from` to before `end`, in windows of `width`. TRANSIENT where there is no room for a file. */
CHECKED bool key_spill_new(unsigned from, unsigned end, unsigned width, KeySpill **ret,
                           GError **error);
void key_spill_free(KeySpill *spill);
CHECKED bool key_spill_put(KeySpill *spill, const Keys *keys, GError **error);
/* The keys of the window with that slot, as they came. */
CHECKED bool key_spill_take(KeySpill *spill, unsigned slot, Keys *keys, GError **error);

/* Walks over slots in windows, so that not more keys are held at once than memory allows; the server is asked for them once. */
typedef struct {
    unsigned slot, end, width; /* the next window; behind the last; of each */
    bool is_look;              /* the first window may be all that is wanted */
    KeySpill *spill; /* of all windows; NULL: there is one, or nobody has asked for more */
} KeyWalk;
CHECKED bool key_walk_begin(RedisConn *conn, unsigned from, unsigned to, KeyWalk *ret,
                            GError **error);
void key_walk_clear(KeyWalk *walk);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeyWalk, key_walk_clear)
/* The keys of the next window that has any; none at the end. */
CHECKED bool key_walk_next(RedisConn *conn, redisContext *db, const RedisObject *object,
                           KeyWalk *walk, Keys *keys, GError **error);
/* Whether there is one; the server is asked no further than to the first. */
CHECKED bool keys_any(RedisConn *conn, const RedisObject *object, bool *ret, GError **error);
/* All keys of an object, no more than `most` at a time: those from `from` to before `to`, which live until it returns. */
typedef bool KeysFn(RedisConn *conn, const Keys *keys, guint from, guint to, void *data,
                    GError **error);
CHECKED bool keys_each_part(RedisConn *conn, const RedisObject *object, guint most, KeysFn *part,
                            void *data, GError **error);
/* Remove all rows of an object. */
CHECKED bool redis_remove_rows(RedisConn *conn, const RedisObject *object, GError **error);

/* --- value.c: what a key holds --- */
typedef struct {
    Part name, value; /* names of JSON are dotted paths */
    JsonKind kind;    /* of JSON; else JSON_KIND_TEXT */
} Field;
/* What was read of one row. */
typedef struct {
    GArray *fields; /* Field: those borrow the reply, or `json` */
    JsonLexer json;
    int64_t expires_ms; /* -1: never */
} RedisRow;
void redis_row_init(RedisRow *row);
void redis_row_clear(RedisRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RedisRow, redis_row_clear)
/* The commands that read a row; two replies. */
void redis_row_ask(const RedisObject *object, Part key, GString *to);
/* Their answers. `*ret_is_there` false: it is gone by now. False with a reason when it is no row. */
CHECKED bool redis_row_take(RedisKind kind, const redisReply *value, const redisReply *expires,
                            RedisRow *row, bool *ret_is_there, char **ret_reason);
/* The row as people see it: its columns, as texts where the value has no types. */
json_t *redis_row_json(const RedisObject *object, Part key, const RedisRow *row);
json_t *redis_text_json(const char *data, size_t bytes);
/* --- reader.c: the rows of some slots, asked for before they are needed --- */
typedef struct {
    RedisConn *conn;
    redisContext *db;
    const RedisObject *object;
    KeyWalk walk;
    Keys keys;
    guint asked, taken; /* of the keys of this window */
    GString *commands;
} RowReader;
CHECKED bool row_reader_begin(RedisConn *conn, redisContext *db, const RedisObject *object,
                              unsigned from, unsigned to, RowReader *ret, GError **error);
void row_reader_clear(RowReader *reader);
/* The keys of the next window that has any, before a row of it is asked for; what is left of this one is passed over. */
CHECKED bool row_reader_gather(RowReader *reader, GError **error);
/* The key, borrowed until the next window begins, and the two answers of redis_row_ask(); `*ret_value` NULL at the end. */
CHECKED bool row_reader_next(RowReader *reader, Part *ret_key, redisReply **ret_value,
                             redisReply **ret_expires, GError **error);
/* Nothing is left of this window. */
static inline bool
row_reader_is_at_edge(const RowReader *reader)
{
    return reader->taken == reader->keys.places->len;
}

/* --- describe.c --- */
extern const TypeOps redis_type_ops;
/* What rows with these columns were in Redis; REDIS_UNKNOWN: their words are not those of rows that were looked at there. */
RedisKind redis_kind_of_words(const Schema *schema);
/* Was it taken for a text since most of what was seen is one? */
bool redis_is_vague(const Column *column);
/* The object with kind and schema, found from its first rows if they were not known. */
CHECKED bool redis_object_look(RedisConn *conn, RedisObject *object, GError **error);
/* The same, from what described it before: rows are not looked at again, unless `known` does not tell what they are. */
CHECKED bool redis_object_know(RedisConn *conn, RedisObject *object, const Schema *known,
                               GError **error);
/* A column that no row had which was looked at, and that somebody asks for: it is NULL in them. Not where somebody has said what there is. */
void redis_object_expect(RedisObject *object, const char *name, ColumnType type);
/* As it was described last through this connection, if that took a look at its rows. */
bool redis_object_recall(RedisConn *conn, const char *name, RedisObject **ret);
bool redis_describe(Conn *conn, const char *object, Schema **ret, GError **error);
bool redis_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool redis_fingerprint(Conn *conn, const char *object, char **ret, GError **error);
/* Told for each row: over its key, its value and when it goes. */
typedef void RowDigestFn(unsigned slot, RowHash hash, void *data);
CHECKED bool redis_digest_rows(RedisConn *conn, const RedisObject *object, RowDigestFn *tell,
                               void *data, GError **error);

/* --- scan.c --- */
extern const ScanOps redis_scan_ops;

/* --- encode.c: rows as RESTORE takes them --- */
/* A column of the object as a field of its hash. */
typedef struct {
    bool is_there; /* else it is in the key alone, or says when the row goes */
    uint8_t entry[PACK_ENTRY_BYTES];
    size_t bytes; /* of the entry of its name */
} FieldName;
typedef struct {
    const RedisObject *object;
    size_t count;
    size_t *columns; /* of the batch, for each of the object; SIZE_MAX: none, NULL */
    int *holes;      /* which hole a column of the object is; -1: none */
    FieldName *fields;
    bool packs; /* names, and how many there are, fit into a listpack */
    GString *payload, *scratch, *texts[HOLES_MAX];
} RedisEncoder;
/* DRIFT when the object lacks a column of the batch. */
CHECKED bool redis_encoder_init(RedisEncoder *encoder, const RedisObject *object,
                                const Schema *batch, GError **error);
void redis_encoder_clear(RedisEncoder *encoder);
/* The key without prefix, appended; false with the reason. */
CHECKED bool redis_encode_key(RedisEncoder *encoder, const Batch *batch, size_t row, GString *key,
                              char **ret_reason);
/* The command that makes a row which is not there, of its whole key, appended; false with the reason, and nothing appended. */
CHECKED bool redis_encode_row(RedisEncoder *encoder, Part key, const Batch *batch, size_t row,
                              GString *to, char **ret_reason);

/* --- book.c --- */
/* Names of our own keys: "_honk:WHAT:PLAN". Callers free. */
char *redis_book_key(const RedisConn *conn, const char *what, const char *plan);
char *redis_book_range_key(const RedisConn *conn, const char *what, const Writer *writer);
char *redis_book_objects_key(const RedisConn *conn);
/* Watches the fences of the plan, and looks whether the writer passes them. */
CHECKED bool redis_book_watch(RedisConn *conn, redisContext *db, const Writer *writer,
                              bool *ret_is_staged, GError **error);
/* The same, and FENCED where nothing is staged. */
CHECKED bool redis_book_watch_staged(RedisConn *conn, redisContext *db, const Writer *writer,
                                     GError **error);
CHECKED bool redis_book_unwatch(RedisConn *conn, redisContext *db, GError **error);
/* The command that raises the plan's own fence, appended. */
void redis_book_raise_plan(const RedisConn *conn, const Writer *writer, GString *to);
/* Confirms, and does all of these commands or none. */
CHECKED bool redis_book_exec(RedisConn *conn, GString *commands, int count, GError **error);
/* Everything of the plan but the rows that it put aside. */
CHECKED bool redis_book_forget(RedisConn *conn, const char *plan, GError **error);
char *redis_book_result_text(const Writer *writer, const RangeResult *result);
CHECKED bool redis_book_result_parse(const char *text, RangeResult *ret, GError **error);
bool redis_fence(Conn *conn, const Writer *writer, GError **error);
bool redis_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found,
                       RangeResult *ret, GError **error);
bool redis_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                      GError **error);
bool redis_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret,
                       GError **error);

/* --- repair.c --- */
bool redis_repair(Conn *conn, const char *object, const Schema *schema,
                  GPtrArray *const batches[REPAIR_KINDS], GError **error);

/* --- load.c, range.c, swap.c --- */
extern const LoadOps redis_load_ops;
extern const SwapOps redis_swap_ops;
bool redis_begin(Conn *conn, const char *stage, const Schema *schema, const Writer *writer,
                 bool *ret_done, RangeResult *ret_result, GError **error);
bool redis_put(Conn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error);
bool redis_quarantine(Conn *conn, int64_t row_id, const json_t *record, const char *column,
                      const char *reason, GError **error);
bool redis_commit(Conn *conn, const RangeResult *result, GError **error);
void redis_rollback(Conn *conn);
/* Is the plan's stage swapped in? */
CHECKED bool redis_is_swapped(RedisConn *conn, const char *plan, bool *ret, GError **error);
