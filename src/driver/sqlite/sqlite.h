/*
 * sqlite.h - what the files of this driver share: the connection, statements, errors, objects.
 */
#pragma once

#include "driver/driver.h"
#include "model/sqlite_value.h"

#include <sqlite3.h>

#define AUTO_STMT __attribute__((cleanup(sq_done))) sqlite3_stmt

/* How the columns of a stage are written (load.c). */
typedef struct Loader Loader;

typedef struct {
    Conn base;
    sqlite3 *db;
    char *path;        /* of the file, as opened */
    bool is_utf8;      /* texts in the file are UTF-8, not UTF-16 */
    int64_t rows_done; /* told to the tick */
    char *attached;    /* path of the file that is attached as `honk_source`, or NULL */
    int timeout_ms;    /* for which a lock of others is waited for */
    Loader *loader;    /* while a range is being written */
} SqliteConn;

SqliteConn *sqlite_conn(Conn *conn); /* checked cast */

/* --- conn.c --- */
bool sqlite_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void sqlite_close(Conn *conn);
/* "busy", "no space"… as one of our codes, with SQLite's message. Returns false. */
bool sq_fail(SqliteConn *conn, GError **error);
ErrorCode sq_code(int extended);
/* printf-like as sqlite3_mprintf: %Q texts, "%w" names, %lld numbers. */
CHECKED bool sq_exec(SqliteConn *conn, GError **error, const char *format, ...);
CHECKED bool sq_prepare(SqliteConn *conn, sqlite3_stmt **ret, GError **error, const char *format,
                        ...);
/* `*ret_row` false at the end. */
CHECKED bool sq_step(SqliteConn *conn, sqlite3_stmt *statement, bool *ret_row, GError **error);
/* Run to the end; rows are ignored. */
CHECKED bool sq_run(SqliteConn *conn, sqlite3_stmt *statement, GError **error);
void sq_done(sqlite3_stmt **statement);
void sq_bind_text(sqlite3_stmt *statement, int index, const char *text); /* NULL binds NULL */
char *sq_text(sqlite3_stmt *statement, int column); /* a copy; NULL stays NULL */
/* First column of all rows: an array of texts, NULL stays NULL. Caller owns it. */
CHECKED bool sq_texts(SqliteConn *conn, GPtrArray **ret, GError **error, const char *format, ...);
/* First column of the first row; 0 when there is none. */
CHECKED bool sq_int(SqliteConn *conn, int64_t *ret, GError **error, const char *format, ...);
/* As many pages of the file as writing needs, which is what a connection begins with; else few, for those who read each page once. */
void sqlite_keep_pages(SqliteConn *conn, bool is_wanted);
CHECKED bool sq_begin(SqliteConn *conn, GError **error); /* BEGIN IMMEDIATE */
CHECKED bool sq_commit(SqliteConn *conn, GError **error);
void sq_rollback(SqliteConn *conn); /* harmless outside of a transaction */

/* --- object.c --- */
typedef enum { OBJECT_TABLE, OBJECT_VIEW, OBJECT_VIRTUAL } ObjectKind;

typedef struct {
    char *name; /* as written in the schema */
    ObjectKind kind;
    bool has_rowid, is_strict;
    char *sql;
    char
        *rowid; /* a name that reaches the rowid, or NULL: WITHOUT ROWID, view, hidden by columns */
    GPtrArray *key; /* char *: declared primary key, in order; may be empty */
} SqliteObject;

void sqlite_object_free(SqliteObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqliteObject, sqlite_object_free)
/* `*ret` NULL when there is none. */
CHECKED bool sqlite_object_find(SqliteConn *conn, const char *name, SqliteObject **ret,
                                GError **error);
/* NOT_FOUND names near ones. */
CHECKED bool sqlite_object_need(SqliteConn *conn, const char *name, SqliteObject **ret,
                                GError **error);
bool sqlite_is_ours(const char *name); /* "_honk_…" */

/* --- describe.c, dependents.c --- */
bool sqlite_outline(Conn *conn, const char *object, Schema **ret, GError **error);
bool sqlite_describe(Conn *conn, const char *object, Schema **ret, GError **error);
bool sqlite_keeps_key(Conn *conn, const char *object, bool *ret, GError **error);
bool sqlite_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool sqlite_fingerprint(Conn *conn, const char *object, char **ret, GError **error);
extern const TypeOps sqlite_type_ops;
extern const char *const sqlite_type_names[TYPE_COUNT]; /* of a table that we make (stage.c) */
ColumnType sqlite_column_type_of(const char *declared);
/* Adds indexes, views, triggers, foreign keys and checks of the object to the schema. */
CHECKED bool sqlite_add_dependents(SqliteConn *conn, const SqliteObject *object, Schema *schema,
                                   GError **error);
/* Views and triggers that do not resolve: name to SQLite's message. Caller unrefs. */
CHECKED bool sqlite_find_broken(SqliteConn *conn, GHashTable **ret, GError **error);

/* --- cell.c --- */
/* One cell into the batch. False with a reason when it is not of the column's type. */
bool cell_read(sqlite3_stmt *statement, int index, Batch *batch, size_t column, GString *scratch,
               char **ret_reason);
/* One cell into a hash, as cell_read() and batch_hash() would; false when it is not as sqlite_read_kept() wants it. */
bool cell_hash(sqlite3_value *cell, ColumnType type, bool takes_null, RowHasher *hasher,
               GString *scratch);
/* What a column of a declared type would change about a value, by its affinity. */
typedef enum { GUARD_NONE, GUARD_TEXT, GUARD_DECIMAL, GUARD_FLOAT, GUARD_TIME } CellGuard;
CellGuard cell_guard(const Column *column);
/* A cell of the batch to parameter `index`. False with a reason when the column would not keep it as it is.
 */
bool cell_bind(sqlite3_stmt *statement, int index, const Batch *batch, size_t column, size_t row,
               CellGuard guard, GString *scratch, char **ret_reason);
/* The same, of a cell that goes nowhere. */
bool cell_is_kept(const Batch *batch, size_t column, size_t row, CellGuard guard, GString *scratch,
                  char **ret_reason);
/* The same for a function or a virtual table that is asked for it. */
bool cell_result(sqlite3_context *context, const Batch *batch, size_t column, size_t row,
                 CellGuard guard, GString *scratch, char **ret_reason);
/* A row as an object by column names; blobs and broken texts as {"hex": …}. */
json_t *row_to_json(sqlite3_stmt *statement, int from_column);

/* --- scan.c --- */
extern const ScanOps sqlite_scan_ops;
bool sqlite_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
                  GError **error);
/* "FROM … WHERE …" of a spec, with the range's parameters as literals; `schema` is "main" or an attached one. */
CHECKED bool sqlite_from_where(const SqliteObject *object, const char *schema, const ScanSpec *spec,
                               char **ret, GError **error);
/* Double-quoted names are names, never texts, in statements prepared from now on (off for views). */
void sqlite_strict_names(SqliteConn *conn, bool strict);

/* --- sum.c --- */
bool sqlite_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error);
/* The columns of a scan as an SQL list. */
char *sqlite_item_list(const ScanSpec *spec, const Schema *output);

/* --- query.c --- */
extern const QueryOps sqlite_query_ops;

/* --- repair.c --- */
bool sqlite_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error);
bool sqlite_repair(Conn *conn, const char *object, const Schema *schema,
                   GPtrArray *const batches[REPAIR_KINDS], GError **error);

/* --- book.c --- */
extern const BookSql sqlite_book;

/* --- batch_table.c: what the one statement of a range in bulk reads --- */
#define BATCH_TABLE "_honk_batch"
typedef struct {
    size_t column_count;
    const size_t *columns;   /* of the batch, in the table's order: c0, c1, … */
    const CellGuard *guards; /* of each of them */
    const Batch *batch;      /* what is read now */
    size_t from;             /* and its first row */
    GString *scratch;
    sqlite3 *db;        /* on which it can be read, or NULL */
    size_t key;         /* of the columns, the one that is the target's rowid */
    sqlite3_stmt *last; /* asks for the largest one; NULL: each row's number is given to SQLite */
    int64_t next_id;    /* that SQLite would make, if it is above 1; 0: not known */
} BatchTable;
/* From now on `table`, which is borrowed, can be read on this connection, until it is cleared; no statement over it is left then.
 * `key` is the column that goes into the target's INTEGER PRIMARY KEY, or SIZE_MAX. */
CHECKED bool sqlite_batch_table(SqliteConn *conn, BatchTable *table, const SqliteObject *target,
                                size_t key, GError **error);
/* All rows of the batch from `from` on, by `insert`, which reads the table into the target. */
CHECKED bool sqlite_batch_table_put(SqliteConn *conn, BatchTable *table, sqlite3_stmt *insert,
                                    const Batch *batch, size_t from, GError **error);
void sqlite_batch_table_clear(BatchTable *table);

/* --- load.c, remove.c, stage.c, push.c, freeze.c, watch.c, swap.c --- */
extern const LoadOps sqlite_load_ops;
extern const PushOps sqlite_push_ops;
extern const FreezeOps sqlite_freeze_ops;
/* In a transaction: take off the triggers of a freeze. `*ret` are the statements (char *) that put them back. */
CHECKED bool sqlite_lift_freeze(SqliteConn *conn, const char *object, GPtrArray **ret,
                                GError **error);
extern const WatchOps sqlite_watch_ops;
extern const SnapshotOps sqlite_snapshot_ops;
extern const SwapOps sqlite_swap_ops;
bool sqlite_stage(Conn *conn, const char *stage, const char *like, const Schema *schema,
                  const Writer *writer, GError **error);
bool sqlite_unstage(Conn *conn, const char *stage, const Writer *writer, GError **error);
bool sqlite_exists(Conn *conn, const char *object, bool *ret, GError **error);
bool sqlite_remove(Conn *conn, const char *stage, const Schema *key, const Batch *keys,
                   int64_t *ret_rows, GError **error);
/* holder.c: the programs of this machine that have locks on the file, "42 (sqlite3)", as far as the system tells; NULL: it does not. Caller
 * frees. */
char *sqlite_holder(const char *path);
bool sqlite_holds(Conn *conn, const Schema *made, const Dependent *along);
bool sqlite_finish(Conn *conn, const char *stage, const char *like, const Schema *schema,
                   const Writer *writer, GError **error);
/* The columns of a table that is made from the schema, as describe() will tell them. Caller owns. */
Schema *sqlite_schema_to_be(const Schema *schema);
/* The columns that are written, quoted, in order: "a", "b". Generated ones are left out. */
char *sqlite_column_list(const Schema *schema);
/* Foreign keys of the stage are enforced while it is filled, if their parents are there and are not to be swapped. */
CHECKED bool sqlite_set_references(SqliteConn *conn, const char *stage, const Writer *writer,
                                   GError **error);
