/*
 * postgres.h - what the files of this driver share: sessions, statements, errors, objects.
 *
 * A Conn has one session for all that changes something or is asked in passing; each scan borrows one of its own, so that
 * a table may be read while another one is written, through the same Conn.
 */
#pragma once

#include "base/limits.h"
#include "driver/driver.h"
#include "driver/postgres/libpq.h"
#include "driver/silence.h"

#define AUTO_RESULT __attribute__((cleanup(pg_done))) PGresult
#define SQLSTATE_BYTES 6
#define OBJECT_NAME_MAX 63 /* bytes of a name, as servers are built by default */

/* How the columns of a stage are written (load.c). */
typedef struct PgLoader PgLoader;

typedef struct {
    Conn base;
    PGconn *db;
    char *place; /* "database 'x' at 'host'": for messages, without any secret */
    char *url;   /* as configured */
    char *path;  /* where objects without a schema are looked for, in SQL; "": as the role has it */
    char **keywords, **values; /* of a session, with its secrets */
    char *setup;               /* what every session is told first */
    char *book;                /* schema of the bookkeeping, quoted */
    char *book_name;           /* the same as it is */
    GPtrArray *idle;           /* PGconn *: sessions of scans that ended well */
    bool is_ascii;             /* the server knows nothing of encodings */
    bool in_transaction;
    GString *later;          /* statements that go in front of the session's next message */
    int version;             /* 150018 */
    int64_t rows_done;       /* told to the tick */
    int silence_ms;          /* after so long without an answer a session is looked after */
    int64_t lock_timeout_ms; /* 0: no limit */
    char *holder;            /* who holds what the last statement waited for, in words; or NULL */
    int64_t slot_bytes_max;  /* of log that the server may keep for one slot of ours */
    char state[SQLSTATE_BYTES]; /* of the last error */
    PgLoader *loader;           /* while a range is being written */
    char *here, *letters; /* this database; how it takes letters (along.c). NULL: not asked yet */
    char *snapshot;       /* its name, while everything that is read is of one state; or NULL */
} PgConn;

PgConn *pg_conn(Conn *conn); /* checked cast */
/* Does a name mean the same thing in both, so that one session can do what both were opened for? */
bool pg_is_one_place(const PgConn *a, const PgConn *b);

/* --- conn.c --- */
bool pg_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void pg_close(Conn *conn);
/* A session for a scan; to be given back, or finished if it is in the middle of something. */
CHECKED bool pg_borrow(PgConn *conn, PGconn **ret, GError **error);
void pg_give_back(PgConn *conn, PGconn *db, bool is_clean);

/* --- snapshot.c --- */
extern const SnapshotOps pg_snapshot_ops;
/* A session that reads begins to see what is held, if anything is. TRANSIENT: it is gone. */
CHECKED bool pg_take_over(PgConn *conn, PGconn *db, GError **error);
/* After a statement that failed: what is held is seen again. */
CHECKED bool pg_read_on(PgConn *conn, PGconn *db, GError **error);

/* --- park.c --- */
void pg_keep_sessions(bool is_wanted);
/* One that is as good as new; NULL when there is none. */
PGconn *pg_unpark(const PgConn *conn);
/* Keep it for later, or end it. NULL is ignored. */
void pg_park(const PgConn *conn, PGconn *db);

/* --- statement.c --- */
void pg_done(PGresult **result);
/* What became of a statement, as one of our codes. Returns false. `result` may be NULL: the session is lost. */
bool pg_fail(PgConn *conn, PGconn *db, const PGresult *result, GError **error);
bool pg_state_is(const PgConn *conn, const char *prefix);
/* printf-like as sqlite3_mprintf: %Q texts, \"%w\" names, %lld numbers. The text is the caller's. */
char *pg_sql(const char *format, ...);
/* Run one or more statements; the last one's rows, if wanted. Ticks while it waits. */
CHECKED bool pg_run(PgConn *conn, GError **error, const char *format, ...);
CHECKED bool pg_rows(PgConn *conn, PGresult **ret, GError **error, const char *format, ...);
CHECKED bool pg_run_on(PgConn *conn, PGconn *db, const char *sql, PGresult **ret, GError **error);
/* Several statements in one message, the last of which may be a COPY that begins; what each gave, PGresult * in order. */
CHECKED bool pg_run_all(PgConn *conn, PGconn *db, const char *sql, GPtrArray **ret, GError **error);
/* In a transaction: said in front of the next message, which fails if this does. */
void pg_later(PgConn *conn, const char *format, ...);
/* For loops over rows: is it to go on? */
CHECKED bool pg_ticks(PgConn *conn, GError **error);
/* Until PQgetResult() would not wait. */
CHECKED bool pg_await_result(PgConn *conn, PGconn *db, GError **error);
/* silence.c: after so long without a byte from it, is the session at work? Else it is ended here, too. */
CHECKED bool pg_is_at_work(PgConn *conn, PGconn *db, Silence *silence, GError **error);
/* One question of a second session; false: no answer in time. */
CHECKED bool pg_ask_beside(PGconn *other, const char *sql, PGresult **ret);
/* holder.c: shortly before the server gives up waiting for a lock, a second session asks who holds it, as nobody knows afterwards. */
void pg_look_for_holder(PgConn *conn, PGconn *db);
/* Are the words about a session that was not opened the server's own? */
bool pg_says_why(const PGconn *other);
/* Whoever reads from it next hears that it has ended. */
void pg_lose(PGconn *db);
/* What poll() is to wait for: something to take, and room for what was said and lies here still. */
short pg_events_of(PGconn *db);
/* Until there is something to take; false: the time is over, and the session lost. */
bool pg_await_end(PGconn *db, int64_t until_us);
/* Tell the server to end what the session is doing, and wait a few seconds for its having heard. False: it has not. */
bool pg_ask_to_end(PGconn *db);
/* End whatever the session is doing, and hear the end of it. */
void pg_cancel(PGconn *db);
/* ROLLBACK; a session that does not hear it is lost, and so is its transaction. */
void pg_end_transaction(PGconn *db);
/* Rows of a COPY … FROM STDIN, until the system has taken them; asked now and then whether to go on. */
CHECKED bool pg_put(PgConn *conn, PGconn *db, const GString *data, GError **error);
/* End a COPY … FROM STDIN, and hear what became of its rows. */
CHECKED bool pg_end_copy(PgConn *conn, GError **error);
/* End a COPY … FROM STDIN without its rows; its transaction has failed then. */
void pg_give_up(PGconn *db);
/* Wait for the next result; `*ret` NULL at the end of a statement. */
CHECKED bool pg_next_result(PgConn *conn, PGconn *db, PGresult **ret, GError **error);
/* One row of a running COPY … TO STDOUT; `*ret` NULL at its end, which is looked at. PQfreemem() it. */
CHECKED bool pg_copied(PgConn *conn, PGconn *db, char **ret, size_t *ret_bytes, GError **error);
/* First column of the first row; 0 when there is none. */
CHECKED bool pg_int(PgConn *conn, int64_t *ret, GError **error, const char *format, ...);
const char *pg_cell(const PGresult *rows, int row, int column); /* NULL for NULL */
int64_t pg_cell_int(const PGresult *rows, int row, int column);
bool pg_cell_bool(const PGresult *rows, int row, int column);
/* With the next message. */
void pg_begin(PgConn *conn);
CHECKED bool pg_commit(PgConn *conn, GError **error); /* asks conn_confirm() */
void pg_rollback(PgConn *conn);                       /* harmless outside of a transaction */
char *pg_name(const char *name);                      /* quoted; caller frees */

/* --- change.c --- */
typedef bool PgChangeFn(PgConn *conn, const void *data, GError **error);
/* Run it in one transaction; again, where others hold locks that it needs. */
CHECKED bool pg_change(PgConn *conn, PgChangeFn *change, const void *data, GError **error);
/* Whoever holds a lock is let go on, then waited for once more. */
bool pg_may_try_again(PgConn *conn, int tries, const GError *problem);

/* --- object.c --- */
typedef enum {
    PG_TABLE = 'r',
    PG_PARTITIONED = 'p',
    PG_VIEW = 'v',
    PG_MATERIALIZED = 'm',
    PG_FOREIGN = 'f',
} PgKind;

typedef struct {
    int64_t oid;
    char *schema, *name;
    char *sql; /* both, quoted */
    PgKind kind;
    bool is_partition, has_children;
    int64_t blocks;     /* of a table that has its rows itself */
    int64_t rows_guess; /* -1: never counted */
    GPtrArray
        *key; /* char *: columns of the primary key, or of another unique index without NULL */
    GPtrArray *key_types; /* char *: their types in SQL */
    bool key_is_primary;
    char *int_key; /* the key's only column, where it is a whole number; or NULL */
} PgObject;

void pg_object_free(PgObject *object);
PgObject *pg_object_copy(const PgObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgObject, pg_object_free)
/* `*ret` NULL when there is none. */
CHECKED bool pg_object_find(PgConn *conn, const char *name, PgObject **ret, GError **error);
/* NOT_FOUND names near ones. */
CHECKED bool pg_object_need(PgConn *conn, const char *name, PgObject **ret, GError **error);
/* "schema.table", "table", either part in double quotes where it holds a dot. `*ret_schema` NULL: not said. INVALID for a
 * name that PostgreSQL would cut. */
CHECKED bool pg_split_name(const char *name, char **ret_schema, char **ret_name, GError **error);
/* Where an object that is not there yet goes: the schema said, else that of `beside` (may be NULL), else the session's. */
CHECKED bool pg_place_new(PgConn *conn, const char *name, const PgObject *beside, char **ret_schema,
                          char **ret_name, GError **error);
const char *pg_kind_name(PgKind kind);
bool pg_is_ours(const char *name); /* "_honk_…" */
/* The table and all below it (change.c): name in SQL, how many triggers whose name begins so fire always, kind, how many there
 * are. */
CHECKED bool pg_tree(PgConn *conn, const PgObject *object, const char *trigger, PGresult **ret,
                     GError **error);
/* Does it lie on another server, or a part of it? */
CHECKED bool pg_has_foreign(PgConn *conn, const PgObject *object, bool *ret, GError **error);
/* PREFIX__NAME, cut to what PostgreSQL keeps of a name and still its own. Caller frees. */
char *pg_made_name(const char *prefix, const char *name);

/* --- describe.c, dependents.c --- */
/* Oids of built-in types, which never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18, /* "char", of one byte; char(n) is BPCHAR */
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_JSON = 114,
    OID_BIT = 1560,
    OID_VARBIT = 1562,
    OID_UUID = 2950,
    OID_JSONB = 3802,
};
bool pg_gauge(Conn *conn, Gauge gauge, int64_t *ret, GError **error);
extern const TypeOps pg_type_ops;
extern const char *const pg_type_names[TYPE_COUNT]; /* of a table that we make (stage.c) */
ColumnType pg_type_of(unsigned oid);                /* text for all that we have no word for */

/* One column as the catalog has it. */
typedef struct {
    char *name, *declared;
    unsigned base; /* oid of the type, below all domains */
    int modifier;  /* its length, precision…; -1: none */
    bool is_nullable, has_default, is_generated, is_identity, is_domain;
} PgColumn;
void pg_column_free(void *column);
/* Array of PgColumn *, in order. */
CHECKED bool pg_columns(PgConn *conn, const PgObject *object, GPtrArray **ret, GError **error);
/* The question of pg_columns(), of a table whose oid is said in SQL, and its answer. Caller frees. */
char *pg_columns_sql(const char *oid);
GPtrArray *pg_take_columns(const PGresult *rows);

/* An object with its columns. */
typedef struct {
    PgObject *object;
    GPtrArray *columns; /* PgColumn * */
} PgDescription;
void pg_description_clear(PgDescription *description);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PgDescription, pg_description_clear)
/* In one message; NOT_FOUND names near ones. */
CHECKED bool pg_describe_columns(PgConn *conn, const char *name, PgDescription *ret,
                                 GError **error);
/* The same for those who ask more at once: so many questions, of which the answers are the last ones of `all`. */
enum { PG_DESCRIPTION = 2 };
CHECKED bool pg_description_sql(const char *name, char **ret, GError **error);
CHECKED bool pg_take_description(PgConn *conn, const char *name, const GPtrArray *all,
                                 PgDescription *ret, GError **error);
bool pg_outline(Conn *conn, const char *object, Schema **ret, GError **error);
bool pg_describe(Conn *conn, const char *object, Schema **ret, GError **error);
bool pg_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool pg_fingerprint(Conn *conn, const char *object, char **ret, GError **error);
CHECKED bool pg_add_dependents(PgConn *conn, const PgObject *object, Schema *schema,
                               GError **error);

/* --- wire.c: cells in COPY's binary form --- */
typedef struct {
    const uint8_t *data;
    size_t bytes;
    bool is_null;
} WireCell;
/* Walks over what COPY gives: each call is one row. */
typedef struct {
    bool has_begun;
    size_t head; /* bytes that stand before the row that was read: only the first has some */
} WireReader;
/* The cells of one row; `*ret_count` 0 at the end mark. False when it is not COPY's format. */
CHECKED bool wire_row(WireReader *reader, const char *data, size_t bytes, WireCell *cells,
                      size_t cells_max, size_t *ret_count);
int64_t wire_int(const WireCell *cell);
/* Is the binary form of this type known here? All others travel as texts. */
bool wire_is_known(unsigned oid);
/* What a cell is sent as, and whether it may be odd (value.h). */
typedef struct {
    unsigned oid;
    bool takes_odd;
    bool keeps_zeros; /* of a numeric, those at the end of its fraction */
} WireType;
/* A cell as a typed value, of pg_type_of(). Texts borrow the cell or `scratch`. False with a reason for what has no value of ours, or is odd
 * where that may not be. */
CHECKED bool wire_value_of(const WireCell *cell, WireType type, GString *scratch, Value *ret,
                           char **ret_reason);
/* The same; most cells are texts. */
static inline CHECKED bool
wire_value(const WireCell *cell, WireType type, GString *scratch, Value *ret, char **ret_reason)
{
    bool is_text = type.oid == OID_TEXT || type.oid == OID_VARCHAR;
    if (!is_text || cell->is_null || cell->bytes > CELL_BYTES_MAX)
        return wire_value_of(cell, type, scratch, ret, ret_reason);
    *ret = (Value){.type = TYPE_TEXT, .s = {(const char *) cell->data, cell->bytes}};
    return true;
}

/* --- encode.c: cells of a batch for COPY … FROM STDIN --- */
typedef struct {
    unsigned base;
    int modifier;
    ColumnType type; /* of the batch */
    size_t column;   /* in the batch */
    char *name;
    bool takes_odd; /* as the batch's column (schema.h) */
    bool is_plain;  /* its texts in the batch that encode_look() has seen go as they are */
} PgTarget;
/* Can all of them be said in the binary form? */
bool encode_is_binary(const PgTarget *targets, size_t count);
void encode_begin(GString *to, bool is_binary);
void encode_end(GString *to, bool is_binary);
/* In the binary form: a row's count of cells, then each. A cell that is handed on as it came, and one that is made: false with
 * the reason when its column would bend it. */
void encode_count(GString *to, size_t count);
void encode_null(GString *to);
void encode_cell(GString *to, const void *data, size_t bytes);
/* A row as it came, with its count. */
void encode_whole(GString *to, const void *data, size_t bytes);
CHECKED bool encode_value(GString *to, const PgTarget *target, const Value *value,
                          char **ret_reason);
/* Before the rows of a batch: what need not be asked of each of its cells. */
void encode_look(PgTarget *targets, size_t count, const Batch *batch);
/* A row, appended. False with the column and the reason when a value would be bent by its column. */
CHECKED bool encode_row(GString *to, bool is_binary, const PgTarget *targets, size_t count,
                        const Batch *batch, size_t row, size_t *ret_target, char **ret_reason);

/* --- bend.c --- */
/* Will the column keep the value as it is? It is not NULL. */
CHECKED bool pg_keeps(const PgTarget *target, const Value *value, char **ret_reason);

/* --- split.c, scan.c, rescue.c --- */
extern const ScanOps pg_scan_ops;
bool pg_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
              GError **error);
/* " AND …" of a range, appended. INVALID when it is no range of this object. */
CHECKED bool pg_append_range(GString *sql, const PgObject *object, const json_t *range,
                             GError **error);
/* What tells a row of the object, as an SQL expression; NULL: nothing does. */
char *pg_row_id_sql(const PgObject *object);
/* The same the other way: a condition. */
char *pg_row_id_is(const PgObject *object, int64_t row_id);

/* --- query.c --- */
extern const QueryOps pg_query_ops;
/* query_fill.c: a table of that session, of the view's name, with its rows. UNSUPPORTED: they cannot be there. */
CHECKED bool pg_query_fill(PgConn *conn, PGconn *db, const QueryView *view, GError **error);

/* --- book.c --- */
extern const BookSql pg_book;
/* Nobody else makes or removes bookkeeping until the transaction ends. */
CHECKED bool pg_book_lock(Conn *conn, GError **error);
/* Begin, as book_begin_range() does, and what the stage is like by then: all in one message. */
CHECKED bool pg_begin_range(PgConn *conn, const char *stage, const Writer *writer, bool *ret_done,
                            RangeResult *ret, PgDescription *ret_stage, GError **error);

/* --- form.c, forms.c --- */
/* What a column of this type (jsonb, uuid) gives back for a text, into `to`. False: not known here, the server knows. */
bool pg_form(unsigned base, const char *text, size_t bytes, GString *to);
/* Does the column bring texts into a form of its own? */
bool pg_has_form(const PgTarget *target);
bool pg_has_forms(Conn *conn, const char *object, const Schema *schema, bool *ret, GError **error);
extern const LookOps pg_look_ops;
bool pg_as_kept(Conn *conn, const char *object, const Schema *schema, const Batch *in, Batch *out,
                RejectFn *reject, void *data, GError **error);

/* --- load.c, stage.c, push.c, freeze.c, watch.c, swap.c --- */
extern const LoadOps pg_load_ops;
extern const PushOps pg_push_ops;
extern const FreezeOps pg_freeze_ops;
extern const WatchOps pg_watch_ops;
extern const MirrorOps pg_mirror_ops;
extern const SwapOps pg_swap_ops;
bool pg_stage(Conn *conn, const char *stage, const char *like, const Schema *schema,
              const Writer *writer, GError **error);
bool pg_unstage(Conn *conn, const char *stage, const Writer *writer, GError **error);
bool pg_exists(Conn *conn, const char *object, bool *ret, GError **error);
/* late_key.c */
bool pg_key_may_wait(Conn *conn, const char *object, const Schema *schema, const GPtrArray *unique,
                     bool *ret, GError **error);
bool pg_put_off_keys(Conn *conn, const char *stage, const GPtrArray *unique, const Writer *writer,
                     GError **error);
bool pg_make_keys(Conn *conn, const char *stage, const char *like, const Schema *schema,
                  const Writer *writer, GError **error);
/* "PRIMARY KEY (…)" of a table that is made from its schema; NULL: it has none. Caller frees. */
char *pg_key_text(const Schema *schema);
/* stage.c: what is unique beside the key, as far as the table has it not. */
CHECKED bool pg_add_uniques(PgConn *conn, const PgObject *object, const Schema *schema,
                            GError **error);
bool pg_holds(Conn *conn, const Schema *made, const Dependent *along);
bool pg_finish(Conn *conn, const char *stage, const char *like, const Schema *schema,
               const Writer *writer, GError **error);
/* push.c: a refusal of a row, of whatever kind, becomes INVALID: it would fail the other way as well, which knows which one. */
void pg_soften(const PgConn *conn, GError **error);
/* relay.c: rows from one session to another, in the open transaction of `to`. INVALID: they have to go the other way. */
CHECKED bool pg_relay(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program,
                      const PgDescription *stage, bool hash, RangeResult *ret, GError **error);
/* The same for people (PushOps.look). */
CHECKED bool pg_relay_look(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program,
                           const char *object, PlaceFn *tell, void *data, char **ret_note,
                           GError **error);
/* remove.c */
bool pg_remove(Conn *conn, const char *stage, const Schema *key, const Batch *keys,
               int64_t *ret_rows, GError **error);
/* repair.c */
/* As the column's own type reads it. */
void pg_append_literal(GString *sql, const Value *value);
/* object.c */
bool pg_keeps_key(Conn *conn, const char *object, bool *ret, GError **error);
bool pg_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error);
bool pg_repair(Conn *conn, const char *object, const Schema *schema,
               GPtrArray *const batches[REPAIR_KINDS], GError **error);
/* What a column is called in a table that is made from its schema: the declared type, where it is a type of this server, written as we
 * write it (describe.c), and means the same. Caller frees. */
CHECKED bool pg_made_type(PgConn *conn, const Column *column, char **ret, GError **error);
/* Where the columns of `schema` go in the stage (NULL: in the table that would be made from it); DRIFT when it lacks one. Array of
 * PgTarget, count in its `len`. */
CHECKED bool pg_targets(PgConn *conn, const char *stage, const Schema *schema, GArray **ret,
                        GError **error);
/* The same of one that is described already. */
CHECKED bool pg_targets_of(const PgDescription *stage, const Schema *schema, GArray **ret,
                           GError **error);
/* The same of the stage that is being loaded, whose session may be in the middle of a COPY and can be asked nothing; NULL when it is not. The
 * loader's. */
const GArray *pg_load_targets(const PgConn *conn, const char *stage);
/* "a", "b": those that are written. */
char *pg_target_list(const GArray *targets);
