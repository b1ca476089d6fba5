/*
 * mariadb.h - what the files of this driver share: sessions, statements, errors, objects.
 *
 * A Conn has one session for all that changes something or is asked in passing; each scan borrows one of its own, so that
 * a table may be read while another one is written, through the same Conn.
 *
 * Statements that change what tables there are commit whatever is open, each by itself. So whatever consists of several of
 * them (a stage, a swap) is told to the bookkeeping before it is begun, and goes on from there after a crash.
 */
#pragma once

#include "driver/book.h"
#include "driver/driver.h"
#include "driver/mariadb/libmariadb.h"
#include "driver/silence.h"

#define AUTO_ROWS __attribute__((cleanup(maria_done))) MYSQL_RES

/* How the columns of a stage are written (load.c). */
typedef struct MariaLoader MariaLoader;

typedef struct {
    char *host, *user, *password, *database, *socket, *ca;
    unsigned port, connect_timeout_s;
} MariaPlace;

typedef struct {
    Conn base;
    MYSQL *db;
    MariaPlace at;
    char *place;     /* "database 'x' at 'host'": for messages, without any secret */
    char *book;      /* the database, quoted: fence, ledger and quarantine lie in it */
    char *setup;     /* what every session is told first */
    GPtrArray *idle; /* MYSQL *: sessions of scans that ended well */
    int silence_ms;  /* after so long without an answer a session is looked after */
    int64_t lock_timeout_s;
    char *holder;        /* who holds what the last statement waited for, in words; or NULL */
    size_t packet_bytes; /* the longest statement that the server takes */
    char *range_lock;    /* held until the transaction ends, or NULL */
    bool in_transaction, has_lock;
    bool has_failed;   /* something, on some session */
    int64_t rows_done; /* told to the tick */
    unsigned code;     /* of the last error, as the server counts them */
    char state[6];     /* and as SQL does */
    MariaLoader *loader;
    bool holds;  /* all scans are of one state */
    MYSQL *held; /* the session that sees it, while none of them has it */
} MariaConn;

MariaConn *maria_conn(Conn *conn); /* checked cast */

/* --- place.c: "mariadb://USER:PASSWORD@HOST:PORT/DATABASE?socket=PATH" --- */
CHECKED bool maria_place_read(const json_t *settings, MariaPlace *ret, GError **error);
void maria_place_clear(MariaPlace *place);

/* --- conn.c --- */
bool maria_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void maria_close(Conn *conn);
/* A session for a scan; to be given back, or closed if it is in the middle of something. */
CHECKED bool maria_borrow(MariaConn *conn, MYSQL **ret, GError **error);
void maria_give_back(MariaConn *conn, MYSQL *db, bool is_clean);
/* One more session with the server, set up or not. */
CHECKED bool maria_connect(MariaConn *conn, bool is_bare, MYSQL **ret, GError **error);

/* --- park.c --- */
void maria_keep_sessions(bool is_wanted);
/* One that is as good as new; NULL when there is none. */
MYSQL *maria_unpark(const MariaConn *conn);
/* Keep it for later, or end it. */
void maria_park(const MariaConn *conn, MYSQL *db);

/* --- snapshot.c --- */
extern const SnapshotOps maria_snapshot_ops;
/* Until its end a session sees one state, which is what is held, if anything is. */
CHECKED bool maria_begin_reading(MariaConn *conn, MYSQL *db, GError **error);
bool maria_end_reading(MariaConn *conn, MYSQL *db);

/* --- statement.c --- */
void maria_done(MYSQL_RES **rows);
/* What became of a statement, as one of our codes. Returns false. */
bool maria_fail(MariaConn *conn, MYSQL *db, GError **error);
/* Did no server say so? */
bool maria_is_of_library(unsigned code);
/* Was the last error about a row's values? */
bool maria_is_refusal(const MariaConn *conn);
/* One statement, of any bytes; its rows are then to be taken or left. Ticks while it waits. */
CHECKED bool maria_send(MariaConn *conn, MYSQL *db, const char *sql, size_t bytes, GError **error);
/* The next of the rows that are not stored; `*ret` NULL at their end. Ticks while it waits. */
CHECKED bool maria_next(MariaConn *conn, MYSQL *db, MYSQL_RES *rows, MYSQL_ROW *ret,
                        GError **error);
/* silence.c: after so long without a byte from it, is the session at work? Else it is ended here, too. */
CHECKED bool maria_is_at_work(MariaConn *conn, MYSQL *db, Silence *silence, GError **error);
/* holder.c: shortly before the server gives up waiting for a lock, a second session asks who holds it, as nobody knows afterwards. */
void maria_look_for_holder(MariaConn *conn, MYSQL *db);
/* Give up rows that are on their way; the session is lost. */
void maria_abandon(MYSQL *db, MYSQL_RES *rows);
CHECKED bool maria_run_on(MariaConn *conn, MYSQL *db, const char *sql, GError **error);
CHECKED bool maria_rows_on(MariaConn *conn, MYSQL *db, const char *sql, MYSQL_RES **ret,
                           GError **error);
/* printf-like as sqlite3_mprintf: %Q texts, \"%w\" names, %lld numbers. */
CHECKED bool maria_run(MariaConn *conn, GError **error, const char *format, ...);
CHECKED bool maria_rows(MariaConn *conn, MYSQL_RES **ret, GError **error, const char *format, ...);
/* First column of the first row; 0 when there is none. */
CHECKED bool maria_int(MariaConn *conn, int64_t *ret, GError **error, const char *format, ...);
int64_t maria_cell_int(const char *cell); /* 0 for NULL */
char *maria_name(const char *name);       /* quoted; caller frees */
/* "level message" of the first warning of the last statement; NULL: none. Caller frees. */
char *maria_warning(MariaConn *conn, MYSQL *db);
CHECKED bool maria_begin(MariaConn *conn, GError **error);
CHECKED bool maria_commit(MariaConn *conn, GError **error);           /* asks conn_confirm() */
CHECKED bool maria_commit_confirmed(MariaConn *conn, GError **error); /* has been asked */
void maria_rollback(MariaConn *conn); /* harmless outside of a transaction */

/* --- object.c --- */
typedef struct {
    char *database, *name;
    char *sql; /* both, quoted */
    char *engine;
    bool is_view;
    int64_t rows_guess;
    GPtrArray *key;     /* char *: columns of the primary key, or of a unique index without NULL */
    GArray *key_types;  /* ColumnType */
    GPtrArray *columns; /* MariaColumn *, as they were when it was found */
    bool key_is_primary, key_has_order; /* are its columns ordered as their texts say? */
    char *int_key; /* the key's only column, where it is a whole number; or NULL */
} MariaObject;

void maria_object_free(MariaObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MariaObject, maria_object_free)
/* `*ret` NULL when there is none. */
CHECKED bool maria_object_find(MariaConn *conn, const char *name, MariaObject **ret,
                               GError **error);
/* NOT_FOUND names near ones. */
CHECKED bool maria_object_need(MariaConn *conn, const char *name, MariaObject **ret,
                               GError **error);
/* "database.table", "table", either part in double quotes where it holds a dot; quoted for SQL. */
CHECKED bool maria_split_name(MariaConn *conn, const char *name, char **ret_database,
                              char **ret_name, GError **error);
CHECKED bool maria_sql_name(MariaConn *conn, const char *name, char **ret, GError **error);
bool maria_is_ours(const char *name); /* "_honk_…" */
/* To a refusal what is needed: who may read some columns only sees no others, nor keys. Returns false. */
bool maria_fail_rights(const MariaObject *object, GError **error);
/* A name of ours for what belongs to another name, at most 64 letters. Caller frees. */
char *maria_made_name(const char *prefix, const char *of, const char *ending);

/* --- describe.c, dependents.c, fingerprint.c --- */
typedef struct {
    char *name, *declared, *data_type;   /* "int(10) unsigned", "int" */
    char *charset, *collation, *comment; /* NULL: it has none */
    bool is_json;                        /* what JSON stands for: a text with a check */
    ColumnType type;
    bool is_unsigned, is_nullable, has_default, is_generated, is_counted; /* AUTO_INCREMENT */
    int64_t letters_max, bytes_max;                                       /* 0: no limit */
    int precision, scale; /* of decimals; scale: of a time's fraction, too */
} MariaColumn;
void maria_column_free(void *column);
/* What stands of it in information_schema.COLUMNS, to be taken as one row of them. */
#define MARIA_COLUMN_SQL                                                                           \
    "COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE = 'YES', COLUMN_DEFAULT IS NOT NULL, "       \
    "EXTRA, "                                                                                      \
    "CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, "                        \
    "coalesce(NUMERIC_SCALE, "                                                                     \
    "DATETIME_PRECISION), IS_GENERATED <> 'NEVER', CHARACTER_SET_NAME, COLLATION_NAME, "           \
    "COLUMN_COMMENT"
MariaColumn *maria_column_of(const MYSQL_ROW row);
const MariaColumn *maria_column_named(const GPtrArray *columns, const char *name);
/* An item of a SELECT so that nothing of it is lost on its way: a float as a double, a bit as a number. Caller frees. */
char *maria_read_sql(const char *item, const MYSQL_FIELD *field);
/* What the server calls the items of "SELECT … FROM …"; each of them is read as maria_read_sql() says, in its place. Also
 * without rows. */
CHECKED bool maria_look_at_items(MariaConn *conn, MYSQL *db, GPtrArray *items, const char *from,
                                 ColumnType **ret_types, GError **error);
/* Does a column bring texts into a form of its own (an enum, a uuid, a time)? */
bool maria_has_form(const MariaColumn *column);
extern const TypeOps maria_type_ops;
extern const char *const maria_type_names[TYPE_COUNT]; /* of a table that we make (own.c) */
ColumnType maria_type_of(const char *data_type, const char *declared);
/* The columns and the key, without what hangs on them, as they were when it was found. Caller owns. */
Schema *maria_outline(const MariaObject *object, const char *name);
bool maria_outline_of(Conn *conn, const char *object, Schema **ret, GError **error);
bool maria_describe(Conn *conn, const char *object, Schema **ret, GError **error);
bool maria_gauge(Conn *conn, Gauge gauge, int64_t *ret, GError **error);
bool maria_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool maria_fingerprint(Conn *conn, const char *object, char **ret, GError **error);
CHECKED bool maria_add_dependents(MariaConn *conn, const MariaObject *object, Schema *schema,
                                  GError **error);

/* --- cell.c --- */
/* A cell as the server prints it, as a typed value. Texts borrow the cell or `scratch`. False with a reason for what has no
 * value of ours: a date of zeros. */
CHECKED bool maria_value(const char *cell, unsigned long bytes, ColumnType type, GString *scratch,
                         Value *ret, char **ret_reason);

/* --- encode.c --- */
typedef struct {
    MariaColumn *of; /* owned */
    ColumnType type; /* of the batch */
    size_t column;   /* in the batch */
    bool is_own;     /* of the type that its values come from: they are in its form */
} MariaTarget;
/* --- own.c --- */
/* What such a column is made by again, here alone: a Column's `own`. Caller frees. */
char *maria_own_type(const MariaColumn *column);
/* Is this column of ours read as it is from one of the very type? */
bool maria_is_own(const Column *column, const MariaColumn *of);
/* The type of a column in a table that is made from the schema, and what is said behind it. Caller frees both. */
bool maria_holds(Conn *conn, const Schema *made, const Dependent *along);
char *maria_made_type(const Schema *schema, const Column *column, char **ret_rest);
/* Where the columns of `schema` go in the stage (NULL: in the table that would be made from it); DRIFT when it lacks one. Array of
 * MariaTarget. */
CHECKED bool maria_targets(MariaConn *conn, const char *stage, const Schema *schema, GArray **ret,
                           GError **error);
char *maria_target_list(const GArray *targets);
/* Will the column keep the value as it is? It is not NULL. */
CHECKED bool maria_keeps(const MariaTarget *target, const Value *value, char **ret_reason);
/* "(…)" of a row, appended. False with the column and the reason when a value would be bent by its column. */
CHECKED bool maria_encode_row(GString *to, const GArray *targets, const Batch *batch, size_t row,
                              size_t *ret_target, char **ret_reason);
/* Rows may go in as lines of LOAD DATA: fields by tabs, with backslashes before what would end them; and one of them. False: a value is refused, which
 * maria_encode_row() tells; nothing is appended. */
bool maria_takes_lines(const GArray *targets);
CHECKED bool maria_encode_line(GString *to, const GArray *targets, const Batch *batch, size_t row);

/* --- lines.c --- */
/* No file of ours is ever read for a server that asks for one. */
void maria_refuse_files(MYSQL *db);
/* Lines of `rows` rows into a table, by a statement that takes them from here. `*ret_done` false: some row would not have gone in as it
 * is, or the server takes no lines; nothing was written. */
CHECKED bool maria_put_lines(MariaConn *conn, const char *sql, const GString *lines, size_t rows,
                             bool *ret_done, GError **error);

void maria_append_text(GString *to, const char *text, size_t bytes); /* quoted */

/* --- remove.c --- */
bool maria_remove(Conn *conn, const char *stage, const Schema *key, const Batch *keys,
                  int64_t *ret_rows, GError **error);

/* --- split.c, scan.c, paged.c --- */
extern const ScanOps maria_scan_ops;
bool maria_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
                 GError **error);
/* " AND …" of a range, appended. INVALID when it is no range of this object. */
CHECKED bool maria_append_range(GString *sql, const MariaObject *object, const json_t *range,
                                GError **error);

/* --- book.c --- */
extern const BookSql maria_book;
/* Whoever makes or drops tables for Honk in this database is alone, until maria_unlock(). */
CHECKED bool maria_lock(Conn *conn, GError **error);
void maria_unlock(Conn *conn);

/* --- forms.c --- */
bool maria_has_forms(Conn *conn, const char *object, const Schema *schema, bool *ret,
                     GError **error);
extern const LookOps maria_look_ops;
bool maria_as_kept(Conn *conn, const char *object, const Schema *schema, const Batch *in,
                   Batch *out, RejectFn *reject, void *data, GError **error);

/* --- repair.c --- */
bool maria_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error);
bool maria_repair(Conn *conn, const char *object, const Schema *schema,
                  GPtrArray *const batches[REPAIR_KINDS], GError **error);

/* --- query.c --- */
extern const QueryOps maria_query_ops;
/* query_fill.c: a table of that session, of the view's name, with its rows. UNSUPPORTED: they cannot be there. */
CHECKED bool maria_query_fill(MariaConn *conn, MYSQL *db, const QueryView *view, GError **error);

/* --- load.c, stage.c, push.c, freeze.c, swap.c --- */
extern const LoadOps maria_load_ops;
extern const PushOps maria_push_ops;
extern const FreezeOps maria_freeze_ops;
extern const SwapOps maria_swap_ops;
/* push.c: what is computed must be of the type that is wanted: else it would be cast by the server's rules. INVALID. */
CHECKED bool maria_check_expressions(MariaConn *conn, const MariaObject *source,
                                     const Program *program, GError **error);
bool maria_stage(Conn *conn, const char *stage, const char *like, const Schema *schema,
                 const Writer *writer, GError **error);
/* "CREATE TABLE …" of a table that is made from its schema; `table` is quoted. Caller frees. */
char *maria_table_text(const char *table, const Schema *schema, bool is_temporary);
bool maria_unstage(Conn *conn, const char *stage, const Writer *writer, GError **error);
bool maria_exists(Conn *conn, const char *object, bool *ret, GError **error);
bool maria_finish(Conn *conn, const char *stage, const char *like, const Schema *schema,
                  const Writer *writer, GError **error);
/* Triggers of ours, one for each event, that refuse whatever is written to the table: made, removed, and all there? */
/* GUARD_BUT_REPAIRS lets a session through in which the variable MARIA_REPAIRS says what maria_repaired_name() gives. */
typedef enum { GUARD_ALL, GUARD_BUT_REPAIRS } GuardExtent;
#define MARIA_REPAIRS "@honk_repairs"
char *maria_repaired_name(const MariaObject *object); /* caller frees */
CHECKED bool maria_guard_make(MariaConn *conn, const MariaObject *object, const char *prefix,
                              GuardExtent extent, const char *why, GError **error);
CHECKED bool maria_guard_drop(MariaConn *conn, const MariaObject *object, const char *prefix,
                              GError **error);
/* UNSUPPORTED, with the foreign key that changes rows behind the back of triggers. */
CHECKED bool maria_fires_all(MariaConn *conn, const MariaObject *object, GError **error);
/* --- watch.c --- */
extern const WatchOps maria_watch_ops;
/* Stands in a condition that names rows by notes of ours, of which no more are read than it names. */
#define MARIA_OF_NOTES "/* _honk_changed_ */ "
/* --- text.c: what SHOW CREATE TABLE says --- */
typedef struct {
    char *name, *text; /* the text of its line, from its kind on */
} MariaPart;
/* Array of MariaPart: "KEY …" of indexes that are not unique, "FOREIGN KEY …" of foreign keys. */
CHECKED bool maria_indexes(MariaConn *conn, const MariaObject *object, GArray **ret,
                           GError **error);
CHECKED bool maria_foreign_keys(MariaConn *conn, const MariaObject *object, GArray **ret,
                                GError **error);
/* MISMATCH when rows of `child` refer to rows that `parent` lacks, by the key with this text. */
CHECKED bool maria_check_references(MariaConn *conn, const char *child_sql, const MariaPart *key,
                                    const char *parent_sql, GError **error);
/* What a key with this text refers to, as it stands there; caller frees. */
char *maria_referred(const char *text);

/* --- swap_note.c --- */
/* A swap that stopped between its statements goes on to its end. `*ret_note` NULL: there is none. Under maria_lock(). */
CHECKED bool maria_swap_recover(MariaConn *conn, const char *plan, BookNote **ret_note,
                                bool *ret_is_swapped, GError **error);
