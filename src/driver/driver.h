/*
 * driver.h - how to speak with a store of data.
 *
 * Small role tables: what a store cannot do is NULL, and no plan asks for it. Only the wrappers below call the
 * pointers: they check the role, the bounds and the state, and add one clause of context. One Conn belongs to one
 * thread at a time.
 *
 * Bookkeeping inside a target, written in the same transaction as the rows it speaks of:
 *   _honk_fence(scope TEXT PRIMARY KEY, token INTEGER)   scope is a plan id; a forward transaction of a task with token t
 *       goes on only while its row exists and token <= t; probing or rolling back writes a higher one first
 *   _honk_ledger(plan, task, range, token, rows_in, rows_out, rejected, hash, at_ms)  one row per finished range
 *   _honk_quarantine(plan, task, row_id, key, row, target_column, reason, at_ms)      rows put aside
 */
#pragma once

#include "mapping/mapping.h"
#include "model/batch.h"
#include "model/config.h"
#include "model/schema.h"

typedef struct Driver Driver;
typedef struct Conn Conn;
typedef struct Scan Scan;

/* A part of a dataset: rows whose position (rowid, key or record number) lies in [from, to). Opaque to all but the
 * driver that made it: {"from": …, "to": …, "rows": estimate}. */
typedef struct {
    json_t *json;
} Range;

typedef struct {
    const char *object;
    const SourceItem *items; /* NULL: all columns as they are */
    size_t item_count;
    const Schema *output;    /* types of the items, in order */
    const char *where;       /* or NULL */
    const json_t *range;     /* or NULL: everything */
} ScanSpec;

typedef struct {
    const char *plan, *task;
    const char *range;  /* name of the range: unique within the task's step */
    int64_t token;
} Writer; /* who writes: goes into fence checks and ledger rows */

typedef struct {
    int64_t rows_in, rows_out, rejected;
    HashSum hash;       /* over the rows as they are in the target */
    bool was_there;     /* the ledger already had this range: nothing was written */
} RangeResult;

typedef struct {
    /* Ranges of about `rows` rows each, in order, covering everything once. Array of json_t. */
    bool (*split)(Conn *conn, const char *object, int64_t rows, json_t **ret_ranges, GError **error);
    bool (*open)(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error);
    /* Fill an empty batch; zero rows mean the end. A record that cannot be read is told to `reject` and left out. */
    bool (*next)(Scan *scan, Batch *batch, RejectFn *reject, void *data, GError **error);
    void (*close)(Scan *scan);
    bool (*count)(Conn *conn, const char *object, const char *where, int64_t *ret_rows, GError **error);
    bool has_sql; /* evaluates expr and where itself */
    /* Prepare an expression over `object`; false with *ret_message when the store refuses it. NULL without SQL. */
    bool (*check_expr)(Conn *conn, const char *object, const char *sql, char **ret_message);
    /* Raw text of one record (for quarantine): JSON. May be NULL. */
    bool (*record)(Conn *conn, const char *object, int64_t row_id, json_t **ret, GError **error);
} ScanOps;

typedef struct {
    /* Create the empty staging table: like the target (`like`) if it exists, else from `schema`. Also makes the fence row
     * of the plan. Same call again with the same token: nothing changes. */
    bool (*stage)(Conn *conn, const char *stage, const char *like, const Schema *schema, const Writer *writer, GError **error);
    bool (*unstage)(Conn *conn, const char *stage, const Writer *writer, GError **error); /* drop it and the plan's ledger */
    bool (*exists)(Conn *conn, const char *object, bool *ret, GError **error);
    /* begin … put* … commit: rows, rejects and the ledger row in one transaction that holds the fence. `begin` sets
     * `*ret_done` when the ledger already has the range (then neither put nor commit). */
    bool (*begin)(Conn *conn, const char *stage, const Schema *schema, const Writer *writer, bool *ret_done,
                  RangeResult *ret_result, GError **error);
    /* All or the offending row: `*ret_bad_row` is the index of a row that the store refused, with the reason in error
     * (INVALID); nothing of the batch is then in. SIZE_MAX for failures that are not about a row. */
    bool (*put)(Conn *conn, const Batch *batch, size_t *ret_bad_row, GError **error);
    bool (*quarantine)(Conn *conn, int64_t row_id, const json_t *record, const char *column, const char *reason,
                       GError **error);
    bool (*commit)(Conn *conn, const RangeResult *result, GError **error);
    void (*rollback)(Conn *conn);
    /* Raise the plan's fence to `token` (creates the row only if the table is there), and say whether `range` is in the
     * ledger: the probe. */
    bool (*fence)(Conn *conn, const char *plan, int64_t token, GError **error);
    bool (*ledger_find)(Conn *conn, const char *plan, const char *range, bool *ret_found, RangeResult *ret, GError **error);
    bool (*ledger_sum)(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges, GError **error);
    bool (*finish)(Conn *conn, const char *stage, GError **error); /* indexes after the data; again: nothing */
} LoadOps;

/* Same store on both sides: one statement does it. `hash` false: rows are counted only. */
typedef struct {
    bool (*can)(Conn *conn, const StoreConfig *source, const StoreConfig *target);
    bool (*range)(Conn *target, const StoreConfig *source, const ScanSpec *spec, Program *program, const char *stage,
                  const Writer *writer, bool hash, RangeResult *ret, GError **error);
} PushOps;

/* Stop writers of a dataset, and let them again. Both may be called twice. */
typedef struct {
    bool (*freeze)(Conn *conn, const char *object, const char *why, GError **error);
    bool (*thaw)(Conn *conn, const char *object, GError **error);
    bool (*is_frozen)(Conn *conn, const char *object, bool *ret, GError **error);
} FreezeOps;

typedef enum { SWAP_BEFORE, SWAP_AFTER, SWAP_OTHER } SwapState;

/* Put `stage` in the place of `target`; the old one, if any, is kept as `kept`. Views, foreign keys, triggers and index
 * names go along: what spoke of `target` speaks of the new table. One transaction. */
typedef struct {
    bool (*swap)(Conn *conn, const char *stage, const char *target, const char *kept, const Writer *writer, GError **error);
    /* The way back. MISMATCH with the count when rows were written to the target since, unless `give_up` (then they are
     * kept as `lost`, and counted in `*ret_rows`). */
    bool (*back)(Conn *conn, const char *stage, const char *target, const char *kept, const char *lost, bool give_up,
                 const Writer *writer, int64_t *ret_rows, GError **error);
    bool (*state)(Conn *conn, const char *stage, const char *target, const char *kept, const char *plan, SwapState *ret,
                  GError **error);
    bool (*drop)(Conn *conn, const char *object, GError **error); /* INVALID when something still depends on it; gone: fine */
} SwapOps;

struct Driver {
    const char *name;    /* "sqlite": written into plans, so it never changes */
    const char *summary;
    bool (*open)(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
    void (*close)(Conn *conn);
    /* NOT_FOUND when there is no such object; the message names near ones. */
    bool (*describe)(Conn *conn, const char *object, Schema **ret, GError **error);
    /* What pins the contents cheaply: {"bytes", "mtime_ns", …} for files, {} for databases. */
    bool (*identity)(Conn *conn, const char *object, json_t **ret, GError **error);
    /* A digest of everything about the object that Honk may change: schema, dependents, and all rows. */
    bool (*fingerprint)(Conn *conn, const char *object, char **ret, GError **error);
    const ScanOps *scan;
    const LoadOps *load;
    const PushOps *push;
    const FreezeOps *freeze;
    const SwapOps *swap;
};

/* Every driver begins its own connection struct with this. */
struct Conn {
    const Driver *driver;
    char *store; /* name in honk.yaml */
};

const Driver *driver_by_name(const char *name); /* NULL when unknown */
const Driver *driver_at(size_t index);          /* NULL after the last */

/* Wrappers: same meaning as the pointers, plus checks and context; UNSUPPORTED when the role is missing. */
CHECKED bool conn_open(const StoreConfig *store, Conn **ret, GError **error);
void conn_close(Conn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conn, conn_close)
CHECKED bool conn_describe(Conn *conn, const char *object, Schema **ret, GError **error);
