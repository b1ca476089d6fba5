/*
 * transfer.h - move and compare rows, range by range.
 *
 * A Transfer binds a source, a target, a mapping and a writer. Ranges are named, and each is
 * written together with its ledger row, so that doing one twice is the same as once.
 *
 *   split ─► range, range, range … ─► conn_make_keys, conn_finish ─► hash, hash, hash …
 *
 * The merged sums of the hashes must equal the sum in the ledger; if not, compare finds the rows.
 */
#pragma once

#include "driver/driver.h"

/* More rows of one range than that are put aside only where somebody allowed for more: it is rather a
 * wrong mapping than bad data. */
#define REJECTS_PER_RANGE 10000
/* Told in one answer, at 300 bytes each: under HTTP_BODY_BYTES_MAX. Larger datasets get larger ranges. */
#define RANGES_MAX 40000

typedef struct {
    const StoreConfig *source_store;
    const char *source; /* object */
    const Schema
        *source_schema; /* as it was planned, for stores that find columns; NULL: as it is now */
    const StoreConfig *target_store;
    const char *target; /* object; its schema decides types if it exists and the stage does not */
    const char *stage;  /* object that is filled; its schema decides types if it exists */
    const Mapping *mapping;  /* NULL: every column as it is */
    const char *plan, *task; /* `plan` NULL: only to compare, there is no ledger */
    const char *
        aside_of; /* with `plan` NULL: the plan whose rows that were put aside may be missing; or NULL */
    const json_t *
        aside; /* likewise, rows that may be missing where they are as they were: [{"record", "column", "reason"}]; or NULL */
    int64_t token;
    int64_t rejects_max; /* rows of one range that may be put aside; 0: REJECTS_PER_RANGE */
    bool
        repairs; /* with `plan` NULL: rows of the target are to be changed, so what it computes itself is not compared */
    bool hash;   /* hash while copying (comparison needs it) */
    bool push_allowed;  /* inside one store: let the store do it */
    bool passes_freeze; /* rows of a frozen target are repaired all the same */
    bool holds; /* all that is read of the source is as it was when it was opened (SnapshotOps) */
    bool holds_both; /* and so is the target, in the same store: nothing can be written then */
    const struct Transfer
        *beside; /* … or as this one sees it, which stays open for longer; or NULL */
    int64_t rows_per_s_max,
        bytes_per_s_max; /* faster than that nobody moves them, so ranges are smaller; 0: no limit */
} TransferSpec;

typedef struct Transfer Transfer;

/* The spec's strings and stores are borrowed until the end. */
CHECKED bool transfer_open(const TransferSpec *spec, Transfer **ret, GError **error);
void transfer_close(Transfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_close)
/* The columns that are written, with their types and key. Borrowed. */
const Schema *transfer_schema(const Transfer *transfer);

/* Where each column of transfer_schema() is computed, and why there: like program_columns(), with what the stores do by themselves. `*ret_note`
 * (caller frees) says why they do not do more, or that they cannot be asked before the target is there; NULL: nothing to say. Array of ProgramColumn *; caller owns. */
CHECKED bool transfer_places(Transfer *transfer, GPtrArray **ret, char **ret_note, GError **error);
/* What along_left() tells of a table that is made, as a line of that note. */
#define TRANSFER_LEFT "the new '%s' is without: %s"
/* What nobody has declared may be otherwise in a row that nobody has looked at: in how many it was found; NULL: declared, or found in all.
 * transfer_places() says it, too. Caller frees. */
char *transfer_looked(const Schema *source, const char *object);
/* Can several transfers hold one state of the source? */
bool transfer_shares_snapshot(const Transfer *transfer);
/* Rows of the source that the ranges are to read; -1: its condition fails in one of them. */
CHECKED bool transfer_count(Transfer *transfer, int64_t *ret_rows, GError **error);

/* Hashed so far, in the range that is filled. */
int64_t transfer_bytes(const Transfer *transfer);
/* May a tick keep it waiting in the middle of a range? Else everybody who writes to the target would wait. */
bool transfer_may_rest(const Transfer *transfer);

/* See conn_set_confirm(). */
void transfer_set_confirm(Transfer *transfer, ConfirmFn *confirm, void *data);
/* Ranges of the source, sized so that each takes about `range_ms` (rate measured on a first batch), at
 * most RANGES_MAX.
 * Array of {"name": "0001", "from", "to", "rows"}. Caller owns. */
CHECKED bool transfer_split(Transfer *transfer, int64_t range_ms, json_t **ret_ranges,
                            GError **error);
/* What would become of the rows: all of a small source, or some of many places of a large one, are read, mapped and hashed,
 * and none is written; what the target's columns would refuse is seen, and what only all of its rows or its server show (a
 * key that is taken, a CHECK) is not. The spec needs no stage.
 * {"rows", "rows_read", "rows_out", "rejected", "bytes", "rows_per_s" (of one who reads, maps and writes; 0: too few to tell), "inside": the
 *  store would do it by itself, "whole": all were read, "places": {"columns", "note"} as of transfer_places(),
 *  "parts": [{"rows_read", "rows_out", "rejected", "bytes"}], "reasons": [{"column", "reason", "rows"}]}; `rows` are those
 * that there are, but for what the source's own condition leaves out. Caller owns. */
CHECKED bool transfer_try(Transfer *transfer, TickFn *tick, void *data, json_t **ret,
                          GError **error);
/* Keys of the target that no row can break, as the source has no two that would have the same ones, leave the stage, if it is empty: they
 * are made when all rows are in (conn_make_keys()). Only where all ranges see one state of the source. */
CHECKED bool transfer_put_off_keys(Transfer *transfer, GError **error);
/* Fill one range. Rows that cannot be mapped or that the target refuses are quarantined with a
 * reason. The budget is the caller's: rejected counts come back. `tick` is called between batches
 * and, when pushed down, from the store's progress handler; when it says stop, the range is undone
 * and STOPPED comes back. */
CHECKED bool transfer_range(Transfer *transfer, const json_t *range, TickFn *tick, void *data,
                            RangeResult *ret, GError **error);
/* Was the range written? Raises the task's fence to the spec's token first, then looks. */
CHECKED bool transfer_probe(Transfer *transfer, const json_t *range, bool *ret_applied,
                            RangeResult *ret, GError **error);

/* Notes that are taken together, unless rows stand in each other's way: a transaction that writers do not feel. */
#define NOTES_AT_ONCE 1000

/* What was copied again. */
typedef struct {
    int64_t rows, rejected;
    int64_t waiting; /* rows that the target does not take as yet: noted again */
    Behind behind;   /* what is left, with those */
} Followed;
/* Copy the rows again that the oldest notes of the watched source name (WatchOps), by key. `is_last`: nobody writes any more,
 * so what the target refuses is put aside; else it waits. `ret->behind.notes` > `ret->waiting`: call again. */
CHECKED bool transfer_follow(Transfer *transfer, bool is_last, TickFn *tick, void *data,
                             Followed *ret, GError **error);
/* Notes of the watched source, in the snapshot that is held, if one is. */
CHECKED bool transfer_behind(Transfer *transfer, int64_t *ret_notes, GError **error);
/* From now on what is written to the watched source is written to the stage, too, by the writer itself (MirrorOps); what was noted
 * before is copied first. `*ret` is what was. */
CHECKED bool transfer_mirror(Transfer *transfer, TickFn *tick, void *data, Followed *ret,
                             GError **error);
/* `*ret_why` NULL: it can. The spec needs no stage. */
CHECKED bool transfer_can_mirror(Transfer *transfer, char **ret_why, GError **error);

/* Reading back, in parts: ranges of `object` in the target store (the stage, or the target after
 * the swap), and the sum over one of them. The sums of all parts, merged, must equal the ledger's.
 * A row that cannot be read as its column's type is MISMATCH. */
CHECKED bool transfer_hash_split(Transfer *transfer, const char *object, int64_t range_ms,
                                 json_t **ret_ranges, GError **error);
CHECKED bool transfer_hash(Transfer *transfer, const char *object, const json_t *range,
                           TickFn *tick, void *data, HashSum *ret, GError **error);

/* Rows that differ, as far as they were looked for. */
typedef struct {
    int64_t rows_missing, rows_extra, rows_differing;
    int64_t
        rows_aside; /* missing as they should be: they were put aside (TransferSpec.aside_of, .aside) */
    bool is_complete; /* false: there are more, of which nothing is known */
} DifferenceCounts;

typedef struct {
    int64_t rows_source, rows_target, rows_quarantined;
    bool equal;
    json_t *
        differences; /* first rows: [{"key": {…}, "row_id", "what": "differs" | "missing" | "extra", and
                            "columns": [{"column", "source", "target"}] or "row": {…}}], values as text; empty
                            when equal or when it was not asked for any */
    json_t *
        asides; /* first rows that `aside` of the spec names: [{"key", "row_id", "what": "aside", "column", "reason"}] */
    DifferenceCounts counts;
    char *
        hash; /* sum of the target; of hashes that a kind of stores has of its own, behind the name of its driver */
    char *
        unmappable; /* why the first row of the source cannot be mapped ("row 7, day: …"), or NULL */
    int64_t rows_unreadable; /* of the target: among its rows, and compared with none */
    char *unreadable;        /* why the first one of them, or NULL */
} Comparison;
void comparison_clear(Comparison *comparison);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Comparison, comparison_clear)

/* Put the target's rows right that differ, by key, as far as one search finds them (200,000): those that are not
 * expected go, the others are changed or inserted. INVALID without a key, or where two rows share one. */
typedef struct {
    int64_t removed, changed, inserted;
    bool is_complete; /* false: there are more; again */
} Repaired;
CHECKED bool transfer_repair(Transfer *transfer, const char *object, TickFn *tick, void *data,
                             Repaired *ret, GError **error);

/* Read the whole target object back and compare its sum with the ledger's; without a ledger of the
 * plan (honk compare) map the source again. Where sums differ, narrow down to rows and columns
 * (first `differences_max` rows), which reads both sides two times more. */
CHECKED bool transfer_compare(Transfer *transfer, const char *object, size_t differences_max,
                              TickFn *tick, void *data, Comparison *ret, GError **error);
