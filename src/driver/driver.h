/*
 * driver.h - how to speak with a store of data.
 *
 * Small role tables: what a store cannot do is NULL, and no plan asks for it. Only the wrappers
 * below call the pointers: they check the role, the bounds and the state, and add one clause of
 * context. One Conn belongs to one thread at a time.
 * src/driver/memory/ is the smallest example; tests/driver/conformance/ asks every driver whether it
 * keeps what is promised here.
 *
 * Bookkeeping inside a target, written in the same transaction as what it speaks of:
 *
 *   _honk_fence(scope, plan, token)
 *                                 who may still write. Scope is a plan, or one task of it: a
 *                                 transaction of task T of plan P with token t goes on only while
 *                                 the row of P exists with token <= t and that of T is missing or
 *                                 has token <= t, else FENCED. A probe raises the task's own row,
 *                                 so that its siblings go on; a way back (unstage, back) raises the
 *                                 plan's, or takes all rows along. Only stage() makes that of a plan
 *   _honk_ledger(plan, task, range, token, rows_in, rows_out, rejected, hash, at_ms)
 *                                 one row for each finished range
 *   _honk_quarantine(plan, task, row_id, row, target_column, reason, at_ms)
 *                                 rows put aside
 *   _honk_swap, _honk_written     how to swap back, and whether one may
 *
 * What is called `_honk_…` is never mentioned by describe() nor part of a fingerprint().
 */
#pragma once

#include "mapping/mapping.h"
#include "model/batch.h"
#include "model/config.h"
#include "model/schema.h"

typedef struct Driver Driver;
typedef struct Conn Conn;
typedef struct Scan Scan;
typedef struct BookSql BookSql; /* book.h */

/* Called now and then by whatever takes long, also in the middle of a statement; false: stop, with
 * STOPPED. `rows_done` counts within the current call, -1 when the store does not tell. */
typedef bool TickFn(int64_t rows_done, void *data);
/* May it still be done? */
typedef bool ConfirmFn(void *data, GError **error);

typedef struct {
    const char *object;
    const Schema
        *known; /* of a driver that finds columns: those that were found once; NULL: those of now */
    const SourceItem *items; /* NULL: all columns as they are */
    size_t item_count;
    const Schema *output; /* types of the items, in order; NULL with `items` NULL: as described */
    const char *where;    /* or NULL */
    const json_t *range;  /* or NULL: everything */
    int64_t rows_max; /* nobody will read more, so a store need not send them; 0: all are read */
} ScanSpec;

/* How large ranges are to be. Whoever does several at once is done earliest with some of equal size for each. */
typedef struct {
    int64_t rows; /* about so many at most */
    int64_t
        rows_min; /* rather some for each than fewer, as long as they have so many; 0: never mind */
} RangeSize;
/* For drivers: rows of each range of an object that has `total`; at least 1. */
int64_t range_size_of(const RangeSize *size, int64_t total);

typedef struct {
    const char *plan, *task;
    const char *range; /* name of the range: unique within the plan */
    int64_t token;
    bool in_bulk; /* of a range: rows go in as a whole, or not at all (LoadOps.takes_bulk) */
} Writer;         /* who writes: goes into fence checks and ledger rows */
/* FENCED: `what` ("plan" or "task") of that name has a fence above the writer's token. Always false. */
bool fail_fenced(const char *what, const char *scope, int64_t stands, const Writer *writer,
                 GError **error);

typedef struct {
    int64_t rows_in, rows_out, rejected;
    HashSum hash; /* over the rows as they are in the target */
    int64_t
        bytes; /* that were hashed; 0 when none were, and of a range that was there: no ledger keeps it */
    bool was_there; /* the ledger already had this range: nothing was written */
} RangeResult;

/* ---- a query that somebody else wrote ---- */

/* What a name means in the query. */
typedef struct {
    const char *name;
    const char *object; /* the rows of this */
    const char *where;  /* but only these; or NULL */
    Program *program;   /* through this mapping; NULL: as they are */
} QueryView;

typedef struct {
    const char *sql; /* one statement without parameters */
    const QueryView *views;
    size_t view_count;
    int64_t time_ms_max, rows_max;
} QuerySpec;

typedef enum { QUERY_NULL, QUERY_INT, QUERY_FLOAT, QUERY_TEXT, QUERY_BYTES } QueryKind;
typedef struct {
    QueryKind kind;
    int64_t integer;
    double real;
    const void *bytes; /* of texts, too; borrowed for the call */
    size_t size;
} QueryCell;
typedef void QueryRowFn(const QueryCell *cells, size_t count, void *data);

typedef struct {
    /* Run it so that it can change nothing, and give its rows in the order in which they come.
     * UNSUPPORTED: it cannot be run like this (it writes, has parameters, answers differently each
     * time); LIMIT: over its time or rows; INVALID: the store does not understand it. */
    bool (*run)(Conn *conn, const QuerySpec *spec, QueryRowFn *row, void *data,
                GPtrArray **ret_names, GError **error);
    /* A condition that about the first so many rows of the object meet. NULL: there are not so many, or nothing tells which
     * come first. */
    bool (*sample)(Conn *conn, const char *object, int64_t rows, char **ret, GError **error);
    /* A condition that only the rows of these ids, as a scan gives them, meet. UNSUPPORTED: no condition tells them. */
    bool (*rows_are)(Conn *conn, const char *object, const int64_t *ids, size_t count, char **ret,
                     GError **error);
} QueryOps;

typedef struct {
    /* Ranges of about that size, in order, covering everything once: the first is open at
     * its start, the last at its end. Array of {"from": …, "to": …, "rows": estimate}; positions
     * (rowid, key or byte) lie in [from, to), null is open. An empty object has one range; so has
     * one that cannot be divided (a view). Who does not know beforehand how many rows there are need not mind `rows_min`. */
    bool (*split)(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
                  GError **error);
    bool (*open)(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error);
    /* Fill an empty batch; zero rows mean the end. A record that cannot be read is told to `reject`
     * (in_row SIZE_MAX) and left out. */
    bool (*next)(Scan *scan, Batch *batch, RejectFn *reject, void *data, GError **error);
    void (*close)(Scan *scan);
    /* The whole original record, as an object, of a row of the last batch or of one that is just
     * told to `reject`. */
    bool (*record)(Scan *scan, int64_t row_id, json_t **ret, GError **error);
    bool (*count)(Conn *conn, const char *object, const char *where, int64_t *ret_rows,
                  GError **error);
    /* The sum of the hashes of all rows that a scan would give, without giving them. INVALID: some row cannot be hashed
     * where it is, read them. NULL: no row can. */
    bool (*sum)(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
    /* The same, of hashes of the store's own, which are made where the rows are, of values of the output's types: where two sums of
     * stores of this kind are equal, so are the rows, if both outputs agree in types and in which columns are nullable. Unequal sums say
     * nothing. INVALID: it cannot be had. NULL: it has none. */
    bool (*own_sum)(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
    /* Does the store see to it that no two rows of the object have the same values, as a scan gives them, in the key that
     * describe() tells? NULL: it never does. */
    bool (*keeps_key)(Conn *conn, const char *object, bool *ret, GError **error);
    bool has_sql; /* evaluates expr and where itself */
    /* Prepare an expression over `object`; false with *ret_message when the store refuses it. NULL
     * without SQL. */
    bool (*check_expr)(Conn *conn, const char *object, const char *sql, char **ret_message);
} ScanOps;

/* Which rows an object refuses by itself, before any is written: what is too long, too precise, of no value there. What only the whole table
 * shows (a CHECK, a key that is taken) is not told. Writes nothing. */
typedef struct {
    /* `is_there` false: what would be made for the schema. `object` NULL: nobody knows its name yet. `*ret` NULL: it refuses none, as far as
     * anybody knows. */
    bool (*begin)(Conn *conn, const char *object, bool is_there, const Schema *schema, void **ret,
                  GError **error);
    /* Why the value of that column of the schema is not kept; caller frees. NULL: it is. Either of these may be NULL. */
    char *(*cell)(void *look, const Batch *batch, size_t column, size_t row);
    char *(*row)(void *look, const Batch *batch, size_t row);
    void (*end)(void *look);
} LookOps;

typedef struct {
    /* Create the empty staging table: like the target (`like`) if it exists, else from `schema`.
     * Also makes the fence of the plan, or raises it to the writer's token. Same call again:
     * nothing changes. */
    bool (*stage)(Conn *conn, const char *stage, const char *like, const Schema *schema,
                  const Writer *writer, GError **error);
    /* Drop the stage and all bookkeeping of the plan (read the quarantine before), its fences too:
     * without them nobody gets through. Again: nothing. What has no row left is dropped too. */
    bool (*unstage)(Conn *conn, const char *stage, const Writer *writer, GError **error);
    bool (*exists)(Conn *conn, const char *object, bool *ret, GError **error);
    /* begin … put* … commit: rows, rejects and the ledger row in one transaction that holds the
     * fence. `begin` sets
     * `*ret_done` when the ledger already has the range (then neither put nor commit nor rollback).
     */
    bool (*begin)(Conn *conn, const char *stage, const Schema *schema, const Writer *writer,
                  bool *ret_done, RangeResult *ret_result, GError **error);
    /* A writer in bulk is not told which row is refused: put, quarantine and commit are INVALID then, and the range is done
     * again, one by one. For that it waits for no answer between puts. */
    bool takes_bulk;
    /* From begin to commit nobody else can write to the store: no place to rest. */
    bool locks_store;
    /* Columns whose names differ in upper and lower case only are one there. */
    bool names_fold;
    bool
        keeps_targets; /* one that has rows is never replaced: its copy needs a name that nothing has */
    /* Write the rows from `from` on. `*ret_next` is the first row that is not in: row_count on
     * success; after INVALID the row that the store refused, with the reason, so that the caller
     * puts it aside and goes on behind it. Other errors end the range. */
    bool (*put)(Conn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error);
    bool (*quarantine)(Conn *conn, int64_t row_id, const json_t *record, const char *column,
                       const char *reason, GError **error);
    bool (*commit)(Conn *conn, const RangeResult *result, GError **error);
    /* Within a range: take the rows with these keys out of the stage, those that are there. `key` are the columns of
     * `keys`. NULL: rows cannot be taken out. */
    bool (*remove)(Conn *conn, const char *stage, const Schema *key, const Batch *keys,
                   int64_t *ret_rows, GError **error);
    void (*rollback)(Conn *conn); /* harmless outside of a range */
    /* Raise the fence of the writer's task to its token, never lower it: whatever an earlier
     * attempt of this task still tries is FENCED; other tasks are not met. Without the plan's fence
     * there is nothing to raise: nobody gets through anyway. */
    bool (*fence)(Conn *conn, const Writer *writer, GError **error);
    bool (*ledger_find)(Conn *conn, const char *plan, const char *range, bool *ret_found,
                        RangeResult *ret, GError **error);
    bool (*ledger_sum)(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                       GError **error);
    /* Rows put aside by the plan, at most `rows_max`, oldest first: [{task, row_id, row, column,
     * reason}]. */
    bool (*quarantined)(Conn *conn, const char *plan, int64_t rows_max, json_t **ret,
                        GError **error);
    /* A key over columns in which no two of the rows that come have the same values (`unique`: names of columns of `schema`) may be made
     * when they are in, in one go: no row will have to be put aside for it. May one of `object` (NULL: of what would be made from
     * `schema`), whose types keep apart what is apart? NULL: keys never wait. */
    bool (*key_may_wait)(Conn *conn, const char *object, const Schema *schema,
                         const GPtrArray *unique, bool *ret, GError **error);
    /* An empty stage loses these keys until make_keys(); again, or when a range is in: nothing. */
    bool (*put_off_keys)(Conn *conn, const char *stage, const GPtrArray *unique,
                         const Writer *writer, GError **error);
    /* Those that `like`, or else `schema`, has and the stage has not. MISMATCH, with the values, when two rows have the same ones: none is
     * made then. Again: nothing. */
    bool (*make_keys)(Conn *conn, const char *stage, const char *like, const Schema *schema,
                      const Writer *writer, GError **error);
    /* The other indexes that `like` has, or else what comes along on `schema` (may be NULL) after the data; again: nothing. MISMATCH: the
     * rows do not fit them. */
    bool (*finish)(Conn *conn, const char *stage, const char *like, const Schema *schema,
                   const Writer *writer, GError **error);
    /* Do columns of this object bring values into a form of their own (jsonb sorts keys), so that other bytes come back
     * than were given? NULL: none does. */
    bool (*has_forms)(Conn *conn, const char *object, const Schema *schema, bool *ret,
                      GError **error);
    /* The rows of `in` as the object's columns will give them back, into an empty `out`. A value that its column's type
     * refuses is told to `reject`, and its row left out. Writes nothing. */
    bool (*as_kept)(Conn *conn, const char *object, const Schema *schema, const Batch *in,
                    Batch *out, RejectFn *reject, void *data, GError **error);
    const LookOps *look; /* NULL: nothing is known before rows are written */
    /* What stage() gives a table that it makes from a schema, of what hangs on that (along.h). NULL: nothing. */
    bool (*holds)(Conn *conn, const Schema *made, const Dependent *along);
    /* What hangs on such a table is said by the schema alone, also where another one of its name has something. */
    bool says_all;
} LoadOps;

/* Stores of one kind on both sides: a statement of the store does it, or rows go from one to the other as they are.
 * `source` is a connection to `store`, which may be `target` itself. `hash` false: rows are counted only. INVALID when a
 * row is refused (by the mapping or the store) or would not be exactly what the row-by-row way gives: nothing is written
 * then, and the caller takes that way. */
typedef void PlaceFn(size_t column, Place place, const char *why, void *data);
typedef struct {
    bool (*can)(Conn *target, const StoreConfig *source, const ScanSpec *spec);
    /* For people: what `range` would do with a column of the program's target, where it is not the mover that computes it, in
     * the object that is filled or one like it; NULL: one that would be made from the program's target. `*ret_note`: why it does
     * not do more; NULL: it does all of it. Moves and makes nothing. */
    bool (*look)(Conn *target, Conn *source, const StoreConfig *store, const ScanSpec *spec,
                 Program *program, const char *object, PlaceFn *tell, void *data, char **ret_note,
                 GError **error);
    bool (*range)(Conn *target, Conn *source, const StoreConfig *store, const ScanSpec *spec,
                  Program *program, const char *stage, const Writer *writer, bool hash,
                  RangeResult *ret, GError **error);
} PushOps;

/* Stop writers of a dataset, and let them again. Both may be called twice. */
typedef struct {
    bool (*freeze)(Conn *conn, const char *object, const char *why, GError **error);
    bool (*thaw)(Conn *conn, const char *object, GError **error);
    bool (*is_frozen)(Conn *conn, const char *object, bool *ret, GError **error);
    /* What writers hear, also where only some of what stops them is there; `*ret` NULL: nothing stops them. NULL: nobody can tell. */
    bool (*words)(Conn *conn, const char *object, char **ret, GError **error);
} FreezeOps;

/* The oldest changes of a watched dataset that were noted. */
typedef struct {
    int64_t last; /* what tells them, a new number for each part; 0: there are none */
    char *object; /* what holds the notes: the source's key columns, a row for each change */
    char *which;  /* SQL over it: these notes */
    char *rows;   /* SQL over the dataset: rows that they name, as far as they are (still) there */
} WriteNotes;
void write_notes_clear(WriteNotes *notes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WriteNotes, write_notes_clear)

/* How far whoever copies is behind those who write. */
typedef struct {
    int64_t notes;
    int64_t ms;    /* since the oldest of them was written; 0: the store does not tell */
    int64_t bytes; /* of the store's log had not been read yet, when it was asked for */
} Behind;
typedef enum {
    WATCH_TRIGGERS, /* in the transaction that writes them */
    WATCH_LOG,      /* from the store's own log, behind the back of those who write */
} WatchWay;

/* Note which rows of a dataset are written to, by their primary key, for whoever copies it meanwhile. A note that was not
 * seen is never done with. */
typedef struct {
    /* INVALID, with the reason, where not every write could be noted. */
    bool (*check)(Conn *conn, const char *object, GError **error);
    /* The same, and where it could be, it is from now on. Again: nothing. */
    bool (*watch)(Conn *conn, const char *object, WatchWay way, GError **error);
    /* `*ret_why` NULL: its log can be read; else what is missing, and what to do. NULL: there is no such log. */
    bool (*can_log)(Conn *conn, const char *object, char **ret_why, GError **error);
    bool (*unwatch)(Conn *conn, const char *object, GError **error);
    bool (*is_watched)(Conn *conn, const char *object, bool *ret, GError **error);
    /* All that was committed before the call counts. */
    bool (*behind)(Conn *conn, const char *object, Behind *ret, GError **error);
    bool (*next)(Conn *conn, const char *object, int64_t notes_max, WriteNotes *ret,
                 GError **error);
    /* Those that were told by `last` are done with. */
    bool (*forget)(Conn *conn, const char *object, int64_t last, GError **error);
    /* Notes of our own, by key: the columns of `keys` are called `columns` there (char *). */
    bool (*note)(Conn *conn, const char *object, const GPtrArray *columns, const Batch *keys,
                 GError **error);
} WatchOps;

/* What is written to a source, and to which stage, through which mapping. */
typedef struct {
    const ScanSpec *spec; /* all rows of the source, as they are mapped */
    const Program *program;
    const char *stage;     /* while it is only looked at: the target, or NULL when there is none */
    const Schema *key;     /* as the stage names it … */
    const GPtrArray *from; /* … and the source: char * */
} MirrorSpec;
/* Copies all that is noted; called while writers wait, so it is quick. */
typedef bool CatchUpFn(void *data, GError **error);

/* Of a source that is watched (WatchOps): each write to it is done to the stage, too, in the writer's own transaction. What the stage
 * refuses is noted instead, and the writer hears nothing of it. */
typedef struct {
    /* `*ret_why` NULL: it can be done; else what is in the way. */
    bool (*can)(Conn *conn, const MirrorSpec *spec, char **ret_why, GError **error);
    /* From one moment on, in which nobody writes and nothing is left to be copied. TRANSIENT where others hold the source
     * for too long. */
    bool (*begin)(Conn *conn, const MirrorSpec *spec, CatchUpFn *catch_up, void *data,
                  GError **error);
    /* Writes are noted again, and nothing else; of an object that is gone: nothing. */
    bool (*end)(Conn *conn, const char *object, GError **error);
    bool (*is_on)(Conn *conn, const char *object, bool *ret, GError **error);
} MirrorOps;

/* Read one state of a store, while others go on writing to it, for as long as a connection that does nothing else is open. */
typedef struct {
    /* `*ret_why` NULL: it can be done with this object; else what is in the way, and what to do. */
    bool (*can)(Conn *conn, const char *object, char **ret_why, GError **error);
    /* From here on all scans, counts and ranges of the connection are of one state: that of now, or what `other` holds,
     * a connection to the same store (NULL: none). TRANSIENT, here and whenever it reads: that state is lost for ever. */
    bool (*hold)(Conn *conn, const Conn *other, GError **error);
    bool is_shared; /* `other` need not be NULL */
    bool hands_on;  /* what PushOps.range reads is of that state, too */
} SnapshotOps;

/* HALF: begun, in a store that cannot do it in one change; swap() goes on, and back() takes back. */
typedef enum { SWAP_BEFORE, SWAP_AFTER, SWAP_OTHER, SWAP_HALF } SwapState;

/* Put `stage` in the place of `target`; the old one, if any, is kept as `kept`. Views, foreign
 * keys, triggers and index names go along: what spoke of `target` speaks of the new table. One
 * transaction; again: nothing. */
typedef struct {
    /* MISMATCH, with all of them named, when a view or trigger would no longer resolve, or a
     * foreign key no longer hold. */
    bool (*swap)(Conn *conn, const char *stage, const char *target, const char *kept,
                 const Writer *writer, GError **error);
    /* The way back. `*ret_rows` is how many rows of the target were written since: MISMATCH with
     * the count when there are any, unless `give_up` (then the new table is kept as `lost`, else it
     * is `stage` again). Raises the plan's fence. */
    bool (*back)(Conn *conn, const char *stage, const char *target, const char *kept,
                 const char *lost, bool give_up, const Writer *writer, int64_t *ret_rows,
                 GError **error);
    bool (*state)(Conn *conn, const char *stage, const char *target, const char *kept,
                  const char *plan, SwapState *ret, GError **error);
    /* How many rows were written to the target since the swap of `plan`; 0 when it was not swapped.
     */
    bool (*written)(Conn *conn, const char *plan, int64_t *ret_rows, GError **error);
    /* What was written since is elsewhere by now, too: it counts no more. NULL: it cannot be told so. */
    bool (*carried)(Conn *conn, const char *plan, GError **error);
    /* The way back ends here: the log and the note of the swap, ledger and fences of the plan go.
     * Rows that were put aside stay: they are people's, and nowhere else. Again: nothing. */
    bool (*settle)(Conn *conn, const char *plan, GError **error);
    /* INVALID when something still depends on it; gone: fine. */
    bool (*drop)(Conn *conn, const char *object, GError **error);
} SwapOps;

/* For drivers: the identity of a table. Caller owns. */
json_t *columns_identity(const Schema *schema);

/* How columns of a store are taken for types of ours, and the other way: what `honk mapping types` shows. */
typedef struct {
    const char *const
        *declared; /* words of the store, ended by NULL: one for each that is told apart */
    ColumnType (*type_of)(const char *declared);
    const char *const
        *made; /* by our type: what a column is called in a table or file that Honk makes */
    /* Is it said of texts and of bytes, as nobody told which they are, and what was seen had to do? NULL: never. */
    bool (*is_vague)(const char *declared);
} TypeOps;

/* How a store does at this moment. */
typedef enum {
    GAUGE_LAG_MS, /* how far the last of its replicas is behind, or itself when it is one; 0: there is none */
    GAUGE_SESSIONS, /* others that it works for right now */
} Gauge;

/* In this order, so that what is unique stays so. YIELD: rows of CHANGE as they are, but for what is unique in them and others want;
 * there are none where a store has no unique_columns(). */
typedef enum { REPAIR_REMOVE, REPAIR_YIELD, REPAIR_CHANGE, REPAIR_INSERT, REPAIR_KINDS } RepairKind;
typedef bool RepairRowFn(void *data, RepairKind kind, const Batch *batch, size_t row,
                         GError **error);
/* For drivers: each row of all batches, kind by kind, until one fails. */
CHECKED bool repair_each_row(GPtrArray *const batches[REPAIR_KINDS], RepairRowFn *each, void *data,
                             GError **error);

struct Driver {
    const char *name; /* "sqlite": written into plans, so it never changes */
    const char *summary;
    bool (*open)(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
    void (*close)(Conn *conn);
    /* NOT_FOUND when there is no such object; the message names near ones. No columns: a file of JSON without a record, which may
     * have any. */
    bool (*describe)(Conn *conn, const char *object, Schema **ret, GError **error);
    /* The same without what hangs on it, for those who only read or write rows, range after range. NULL: nothing hangs
     * on it, or to look costs nothing. */
    bool (*outline)(Conn *conn, const char *object, Schema **ret, GError **error);
    /* What pins the contents cheaply: {"bytes", "mtime_ns", …} for files, {"columns"} for tables, {} where nothing does. */
    bool (*identity)(Conn *conn, const char *object, json_t **ret, GError **error);
    /* A digest of everything about the object that Honk may change: schema, dependents, and all
     * rows. */
    bool (*fingerprint)(Conn *conn, const char *object, char **ret, GError **error);
    /* Nothing declares what columns there are: describe() tells what the rows show at that moment. What a row has beside those that
     * a scan knows puts it aside. */
    bool finds_columns;
    bool
        hides_nulls; /* and a column in which every row is NULL shows in none: a scan takes it for NULL */
    /* What a person does so that its rows have a key, where they have none; NULL: its tables declare it. */
    const char *key_advice;
    /* What a column of this name becomes there that is no value of a row like all others; NULL: it is one. NULL: all are. */
    const char *(*becomes)(const char *column);
    const TypeOps *types; /* NULL: it has no words of its own */
    bool keeps_odd;       /* what value.h calls odd, where a column takes it, is read and written */
    const ScanOps *scan;
    const LoadOps *load;
    const PushOps *push;
    const FreezeOps *freeze;
    const WatchOps *watch;
    const MirrorOps *mirror;
    const SnapshotOps *snapshot;
    const SwapOps *swap;
    const QueryOps *query;
    /* Rows of a table as they should be, named by the schema's key, which no two rows have: of each kind an array of
     * Batch *. One transaction (in Redis one for each part), each statement of which meets exactly one row; TRANSIENT when
     * one does not. NULL: the store changes no single rows. */
    bool (*repair)(Conn *conn, const char *object, const Schema *schema,
                   GPtrArray *const batches[REPAIR_KINDS], GError **error);
    /* Names of the columns that its unique indexes are over; char *, caller owns. NULL: it has no such indexes. */
    bool (*unique_columns)(Conn *conn, const char *object, GPtrArray **ret, GError **error);
    bool (*gauge)(Conn *conn, Gauge gauge, int64_t *ret,
                  GError **error);         /* NULL: it tells nothing */
    void (*keep_sessions)(bool is_wanted); /* NULL: connections leave nothing behind */
};

/* Every driver begins its own connection and scan structs with these. */
struct Conn {
    const Driver *driver;
    char *store;  /* name in honk.yaml */
    TickFn *tick; /* or NULL */
    void *tick_data;
    ConfirmFn *confirm; /* or NULL */
    void *confirm_data;
    ConfirmFn *last_look; /* or NULL */
    void *last_look_data;
    const BookSql *book;    /* NULL: its bookkeeping is no SQL */
    const char *book_place; /* "main": what stands before its tables' names; the driver's */
    bool passes_freeze;     /* its repairs are let through our own freeze */
};
struct Scan {
    Conn *conn;
    char *object;
    bool ids_are_unsigned; /* some are keys beyond 63 bits: below 0 as row_ids */
};

/* For processes that do many short tasks one after the other: what a connection that is closed may leave to the next one to
 * the same store is kept from now on (true), or let go of, and no longer kept (false). */
void drivers_keep_sessions(bool is_wanted);

/* Somebody waits for this process to end: who is spoken to from now on is not waited for as long when he says nothing (PostgreSQL,
 * MariaDB). What a server is at work for still takes as long as it does. */
void drivers_hurry(void);

const Driver *driver_by_name(const char *name); /* NULL when unknown */
/* That of a store; an unknown one is INVALID, with those that there are. */
CHECKED bool driver_find(const StoreConfig *store, const Driver **ret, GError **error);

/* Wrappers: same meaning as the pointers, plus checks and context; UNSUPPORTED when the role is
 * missing. */
CHECKED bool conn_open(const StoreConfig *store, Conn **ret, GError **error);
void conn_close(Conn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conn, conn_close)
/* From now on long calls on this connection call `tick` (NULL: none). */
void conn_set_tick(Conn *conn, TickFn *tick, void *data);
/* From now on each change on this connection is confirmed while nobody else can write to the store,
 * just before it counts; refused, it is undone, and the error is `confirm`'s (NULL: none). So a
 * writer that slept for longer than it may cannot change what others went on from. */
void conn_set_confirm(Conn *conn, ConfirmFn *confirm, void *data);
/* For drivers: the last thing before a change counts. */
CHECKED bool conn_confirm(Conn *conn, GError **error);
/* From now on each swap on this connection asks `look` before it changes anything: where the store has transactions for that,
 * inside of its own, when nobody else can change the target any more; elsewhere as late as it can. Refused, nothing is done, and
 * the error is `look`'s (NULL: none). */
void conn_set_last_look(Conn *conn, ConfirmFn *look, void *data);
CHECKED bool conn_last_look(Conn *conn, GError **error); /* for drivers */
CHECKED bool conn_describe(Conn *conn, const char *object, Schema **ret, GError **error);
/* Describes all of it in a store that tells no less. */
CHECKED bool conn_outline(Conn *conn, const char *object, Schema **ret, GError **error);
CHECKED bool conn_identity(Conn *conn, const char *object, json_t **ret, GError **error);
CHECKED bool conn_fingerprint(Conn *conn, const char *object, char **ret, GError **error);

CHECKED bool conn_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
                        GError **error);
CHECKED bool conn_scan(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error);
CHECKED bool scan_next(Scan *scan, Batch *batch, RejectFn *reject, void *data, GError **error);
CHECKED bool scan_record(Scan *scan, int64_t row_id, json_t **ret, GError **error);
/* A row's number as people know it. */
char *scan_row_text(const Scan *scan, int64_t row_id);
void scan_close(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_close)
CHECKED bool conn_count(Conn *conn, const char *object, const char *where, int64_t *ret_rows,
                        GError **error);
bool conn_can_sum(const Conn *conn); /* false without the role */
CHECKED bool conn_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
/* Have both sums that may be compared? */
bool conn_can_own_sum(const Conn *a, const Conn *b);
CHECKED bool conn_own_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
bool conn_has_sql(const Conn *conn);
bool conn_keeps_odd(const Conn *conn);     /* Driver.keeps_odd */
bool conn_finds_columns(const Conn *conn); /* Driver.finds_columns */
bool conn_hides_nulls(const Conn *conn);   /* Driver.hides_nulls */
/* A text that may as well be read as bytes (TypeOps.is_vague). */
bool conn_is_vague(const Conn *conn, const Column *column);
/* True with a store without SQL: there is nothing to ask. */
CHECKED bool conn_check_expr(Conn *conn, const char *object, const char *sql, char **ret_message);

bool conn_can_query(const Conn *conn);
/* `*ret_names`: char *, of the columns; caller frees. */
CHECKED bool conn_query(Conn *conn, const QuerySpec *spec, QueryRowFn *row, void *data,
                        GPtrArray **ret_names, GError **error);
/* The caller frees `*ret` of these. */
CHECKED bool conn_query_sample(Conn *conn, const char *object, int64_t rows, char **ret,
                               GError **error);
CHECKED bool conn_query_rows_are(Conn *conn, const char *object, const int64_t *ids, size_t count,
                                 char **ret, GError **error);

/* For drivers: "users" of "users__honk_0a1b2c3d", what a stage will be called; other names as they are. Caller frees. */
char *stage_target_name(const char *stage);
/* For drivers whose names have a length: what is to be called like a target with a long name, "users__honk_0a1b2c3d_kept", is called by the
 * target's beginning and a digest of it, always the same. Other names as they are, however long. Caller frees. */
typedef size_t StageNameLength(const char *name);
char *stage_name_within(const char *name, size_t most, StageNameLength *length);
CHECKED bool conn_stage(Conn *conn, const char *stage, const char *like, const Schema *schema,
                        const Writer *writer, GError **error);
CHECKED bool conn_unstage(Conn *conn, const char *stage, const Writer *writer, GError **error);
CHECKED bool conn_exists(Conn *conn, const char *object, bool *ret, GError **error);
CHECKED bool conn_begin(Conn *conn, const char *stage, const Schema *schema, const Writer *writer,
                        bool *ret_done, RangeResult *ret_result, GError **error);
bool conn_takes_bulk(const Conn *conn);
bool conn_locks_store(const Conn *conn);
bool conn_keeps_targets(const Conn *conn); /* LoadOps.keeps_targets */
CHECKED bool conn_put(Conn *conn, const Batch *batch, size_t from, size_t *ret_next,
                      GError **error);
CHECKED bool conn_quarantine(Conn *conn, int64_t row_id, const json_t *record, const char *column,
                             const char *reason, GError **error);
CHECKED bool conn_commit(Conn *conn, const RangeResult *result, GError **error);
void conn_rollback(Conn *conn);
CHECKED bool conn_fence(Conn *conn, const Writer *writer, GError **error);
CHECKED bool conn_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found,
                              RangeResult *ret, GError **error);
CHECKED bool conn_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                             GError **error);
CHECKED bool conn_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret,
                              GError **error);
/* False without the roles. */
CHECKED bool conn_keeps_key(Conn *conn, const char *object, bool *ret, GError **error);
CHECKED bool conn_key_may_wait(Conn *conn, const char *object, const Schema *schema,
                               const GPtrArray *unique, bool *ret, GError **error);
/* Nothing without the role. */
CHECKED bool conn_put_off_keys(Conn *conn, const char *stage, const GPtrArray *unique,
                               const Writer *writer, GError **error);
CHECKED bool conn_make_keys(Conn *conn, const char *stage, const char *like, const Schema *schema,
                            const Writer *writer, GError **error);
CHECKED bool conn_finish(Conn *conn, const char *stage, const char *like, const Schema *schema,
                         const Writer *writer, GError **error);

/* What hangs on a table that takes the place of its own source is said by the schema alone. */
bool conn_says_all(const Conn *conn);
/* For along_left(), of a Conn. False without the role. */
bool conn_holds(void *conn, const Schema *made, const Dependent *along);

/* False without the role, or where no column has one. */
CHECKED bool conn_has_forms(Conn *conn, const char *object, const Schema *schema, bool *ret,
                            GError **error);
CHECKED bool conn_as_kept(Conn *conn, const char *object, const Schema *schema, const Batch *in,
                          Batch *out, RejectFn *reject, void *data, GError **error);
/* Without the role, no row is told of. `object` NULL: it will be made. */
typedef struct RowLook RowLook;
/* The schema is borrowed until the end. */
CHECKED bool conn_look(Conn *conn, const char *object, const Schema *schema, RowLook **ret,
                       GError **error);
/* Tells `reject` of the rows that would be put aside, each once. */
void row_look_over(RowLook *look, const Batch *batch, RejectFn *reject, void *data);
void row_look_free(RowLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowLook, row_look_free)

/* False without the role. */
bool conn_can_push(Conn *target, const StoreConfig *source, const ScanSpec *spec);
CHECKED bool conn_push_look(Conn *target, Conn *source, const StoreConfig *store,
                            const ScanSpec *spec, Program *program, const char *object,
                            PlaceFn *tell, void *data, char **ret_note, GError **error);
CHECKED bool conn_push(Conn *target, Conn *source, const StoreConfig *store, const ScanSpec *spec,
                       Program *program, const char *stage, const Writer *writer, bool hash,
                       RangeResult *ret, GError **error);

bool conn_can_gauge(const Conn *conn);
CHECKED bool conn_gauge(Conn *conn, Gauge gauge, int64_t *ret, GError **error);

/* None without the role. */
CHECKED bool conn_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error);
bool conn_can_repair(const Conn *conn);
CHECKED bool conn_repair(Conn *conn, const char *object, const Schema *schema,
                         GPtrArray *const batches[REPAIR_KINDS], GError **error);

CHECKED bool conn_freeze(Conn *conn, const char *object, const char *why, GError **error);
CHECKED bool conn_thaw(Conn *conn, const char *object, GError **error);
CHECKED bool conn_is_frozen(Conn *conn, const char *object, bool *ret, GError **error);
/* What writers of a frozen object hear; `*ret` NULL: it is not frozen, or its store cannot tell. Caller frees. */
CHECKED bool conn_freeze_words(Conn *conn, const char *object, char **ret, GError **error);
/* The text in quotes behind `before` in some SQL; NULL: there is none. Caller frees. */
char *sql_text_behind(const char *sql, const char *before);

bool conn_can_watch(const Conn *conn);
/* `*ret_why` NULL: every write to the object could be noted. */
CHECKED bool conn_can_note(Conn *conn, const char *object, char **ret_why, GError **error);
CHECKED bool conn_watch(Conn *conn, const char *object, WatchWay way, GError **error);
/* `*ret_why` as in WatchOps; also where the store has no log. */
CHECKED bool conn_can_log(Conn *conn, const char *object, char **ret_why, GError **error);
CHECKED bool conn_unwatch(Conn *conn, const char *object, GError **error);
/* False without the role. */
CHECKED bool conn_is_watched(Conn *conn, const char *object, bool *ret, GError **error);
CHECKED bool conn_behind(Conn *conn, const char *object, Behind *ret, GError **error);
CHECKED bool conn_next_notes(Conn *conn, const char *object, int64_t notes_max, WriteNotes *ret,
                             GError **error);
CHECKED bool conn_forget_notes(Conn *conn, const char *object, int64_t last, GError **error);
CHECKED bool conn_note(Conn *conn, const char *object, const GPtrArray *columns, const Batch *keys,
                       GError **error);
/* `*ret_why` as in MirrorOps; also where the store has no role for it. */
CHECKED bool conn_can_mirror(Conn *conn, const MirrorSpec *spec, char **ret_why, GError **error);
CHECKED bool conn_mirror(Conn *conn, const MirrorSpec *spec, CatchUpFn *catch_up, void *data,
                         GError **error);
CHECKED bool conn_unmirror(Conn *conn, const char *object, GError **error);
/* False without the role. */
CHECKED bool conn_is_mirrored(Conn *conn, const char *object, bool *ret, GError **error);
bool conn_can_remove(const Conn *conn);
CHECKED bool conn_remove(Conn *conn, const char *stage, const Schema *key, const Batch *keys,
                         int64_t *ret_rows, GError **error);

/* `*ret_why` as in SnapshotOps; also where the store has no role for it. */
CHECKED bool conn_can_hold(Conn *conn, const char *object, char **ret_why, GError **error);
CHECKED bool conn_hold(Conn *conn, const Conn *other, GError **error);
/* False without the role. */
bool conn_shares_snapshot(const Conn *conn);
bool conn_hands_snapshot_on(const Conn *conn);

CHECKED bool conn_swap(Conn *conn, const char *stage, const char *target, const char *kept,
                       const Writer *writer, GError **error);
CHECKED bool conn_swap_back(Conn *conn, const char *stage, const char *target, const char *kept,
                            const char *lost, bool give_up, const Writer *writer, int64_t *ret_rows,
                            GError **error);
CHECKED bool conn_swap_state(Conn *conn, const char *stage, const char *target, const char *kept,
                             const char *plan, SwapState *ret, GError **error);
CHECKED bool conn_swap_written(Conn *conn, const char *plan, int64_t *ret_rows, GError **error);
CHECKED bool conn_swap_carried(Conn *conn, const char *plan, GError **error);
CHECKED bool conn_settle(Conn *conn, const char *plan, GError **error);
CHECKED bool conn_drop(Conn *conn, const char *object, GError **error);
